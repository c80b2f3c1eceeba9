/* A backup and a drill without the command line's configuration, for tests.
 * usage: recovery_tool key FILE | backup VAULT KEY TARGET CONNECT [NAME=SQL ...] | drill VAULT KEY TARGET SCRATCH [ID]
 * backup prints its id; drill prints the result, then a line "CODE TEXT" for each reason.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "recovery/drill.h"

static struct arena arena;
static struct err err;

static int fail(void)
{
	fprintf(stderr, "%s\n", err.msg);
	return 1;
}

static int make_key(const char *path)
{
	char pem[ED25519_PEM_MAX];
	size_t n;

	return ed25519_make(pem, &n) && file_replace(path, (struct str){ pem, n }, 0600, &err) ? 0 : fail();
}

static bool open_vault(const char *folder, struct vault **ret)
{
	struct vault_place p = { .name = STR("test"), .kind = VAULT_DIRECTORY, .directory = str_from(folder) };

	return vault_open(&p, ret, &err);
}

static bool read_key(const char *path, struct str *ret_pem, uint8_t ret_key[ED25519_KEY_LEN])
{
	auto_buf b = BUF_MAX(4096);
	uint8_t signature[ED25519_SIGNATURE_LEN];

	if (!file_read(path, &b, &err))
		return false;
	*ret_pem = arena_str(&arena, buf_str(&b));
	return ed25519_sign(*ret_pem, STR("x"), ret_key, signature) || err_set(&err, ERR_INPUT, "no key");
}

static int backup(char **argv)
{
	struct backup_question *q = NULL, **end = &q;
	uint8_t key[ED25519_KEY_LEN];
	struct backup_ask ask = { .target = str_from(argv[4]), .kind = BACKUP_POSTGRES, .connect = str_from(argv[5]) };
	struct manifest m;

	for (char **a = argv + 6; *a; a++) {
		struct backup_question *one = arena_alloc(&arena, sizeof(*one));
		struct str s = str_from(*a);
		size_t eq = str_find_char(s, '=');

		if (!one)
			return 1;
		*one = (struct backup_question){ .name = str_sub(s, 0, eq), .sql = str_sub(s, eq + 1, s.len) };
		*end = one;
		end = &one->next;
	}
	ask.questions = q;
	if (!open_vault(argv[2], &ask.vault) || !read_key(argv[3], &ask.pem, key) || !backup_take(&ask, &arena, &m, &err))
		return fail();
	printf("%.*s\n", STR_ARG(m.id));
	vault_close(ask.vault);
	return 0;
}

static int drill(char **argv)
{
	uint8_t key[ED25519_KEY_LEN];
	struct str pem;
	struct drill_ask ask = { .target = str_from(argv[4]), .key = key, .cache = str_from(argv[5]), .folder = STR("/tmp"),
				 .id = argv[6] ? str_from(argv[6]) : STR_NONE };
	struct drill_done d;

	if (!open_vault(argv[2], &ask.vault) || !read_key(argv[3], &pem, key))
		return fail();
	drill_run(&ask, &arena, &d);
	printf("%.*s %llu tables %llu rows %.1f ms\n", STR_ARG(recovery_result_name(d.result)), (unsigned long long)d.tables,
	       (unsigned long long)d.rows, (double)d.took_us / 1e3);
	for (const struct drill_reason *r = d.reasons; r; r = r->next)
		printf("%.*s %.*s\n", STR_ARG(drill_code_name(r->code)), STR_ARG(r->text));
	vault_close(ask.vault);
	return 0;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (!arena_map(&arena, (size_t)64 << 20))
		return 1;
	if (argc == 3 && !strcmp(argv[1], "key"))
		return make_key(argv[2]);
	if (argc >= 6 && !strcmp(argv[1], "backup"))
		return backup(argv);
	if (argc >= 6 && !strcmp(argv[1], "drill"))
		return drill(argv);
	fprintf(stderr, "usage: recovery_tool key|backup|drill ...\n");
	return 2;
}
