/* A backup and a drill without the command line's configuration, for tests.
 * usage: recovery_tool key FILE | backup VAULT KEY TARGET CONNECT [NAME=SQL ...] | drill VAULT KEY TARGET SCRATCH [ID] [OPTION ...]
 * CONNECT may say another kind first: mysql:WORDS, sqlite:FILE, state:FILE, command:PROGRAM (its words split at spaces).
 * OPTION: last=ID, rpo=SECONDS, rto=SECONDS, query:NAME=EXPECT=SQL, check=PROGRAM (its words split at spaces).
 * In the environment: RECOVERY_PATIENCE=SECONDS a source may be silent; RECOVERY_FOLDER, where scratch servers are made (/tmp).
 * backup prints its id; drill prints the result, then a line "CODE TEXT" for each reason.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
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

static char **split(const char *s, char *words[16])
{
	struct str rest = str_from(s);
	size_t n = 0;

	while (rest.len && n < 15) {
		size_t k = str_find_char(rest, ' ');

		words[n++] = (char *)(uintptr_t)arena_str(&arena, str_sub(rest, 0, k)).ptr;
		rest = str_sub(rest, k < rest.len ? k + 1 : k, rest.len);
	}
	words[n] = NULL;
	return words;
}

static void kind_of(struct backup_ask *ask, char *words[16])
{
	static const struct {
		const char *before;
		enum backup_kind kind;
	} kinds[] = { { "physical:", BACKUP_POSTGRES_PHYSICAL },
		    { "mysql:", BACKUP_MYSQL }, { "sqlite:", BACKUP_SQLITE }, { "state:", BACKUP_STATE }, { "command:", BACKUP_COMMAND } };
	const char *password = getenv("RECOVERY_PASSWORD");

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct str before = str_from(kinds[i].before);

		if (!str_starts(ask->connect, before))
			continue;
		ask->kind = kinds[i].kind;
		ask->connect = str_sub(ask->connect, before.len, ask->connect.len);
		if (ask->kind == BACKUP_COMMAND)
			ask->command = split(ask->connect.ptr, words);
	}
	if (password)
		ask->password = str_from(password);
}

/* RECOVERY_PATIENCE: seconds. */
static unsigned patience(void)
{
	const char *s = getenv("RECOVERY_PATIENCE");
	uint64_t n;

	return s && str_to_u64(str_from(s), &n) && n < 3600 ? (unsigned)n : 0;
}

static int backup(char **argv)
{
	char *words[16];
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
	ask.patience_s = patience();
	kind_of(&ask, words);
	if (!open_vault(argv[2], &ask.vault) || !read_key(argv[3], &ask.pem, key) || !backup_take(&ask, &arena, &m, &err))
		return fail();
	printf("%.*s\n", STR_ARG(m.id));
	vault_close(ask.vault);
	return 0;
}

static bool option(struct drill_ask *ask, struct str s, char *words[16])
{
	size_t eq = str_find_char(s, '=');
	struct str name = str_sub(s, 0, eq), value = str_sub(s, eq + 1, s.len);
	struct drill_query *q;
	uint64_t n;

	if (str_is(name, "last")) {
		ask->last = value;
	} else if (str_is(name, "check")) {
		ask->check = split(value.ptr, words);
	} else if ((str_is(name, "rpo") || str_is(name, "rto")) && str_to_u64(value, &n)) {
		*(str_is(name, "rpo") ? &ask->rpo_s : &ask->rto_s) = (int64_t)n;
	} else if (str_starts(name, STR("query:")) && (q = arena_alloc(&arena, sizeof(*q)))) {
		eq = str_find_char(value, '=');
		*q = (struct drill_query){ .name = str_sub(name, 6, name.len),
					   .expect = str_sub(value, 0, eq),
					   .sql = str_sub(value, eq + 1, value.len) };
		ask->queries = q;
	} else {
		return err_set(&err, ERR_INPUT, "no such option: %.*s", STR_ARG(s));
	}
	return true;
}

static int drill(char **argv)
{
	char *words[16];
	char **more = argv + 6;
	uint8_t key[ED25519_KEY_LEN];
	struct str pem;
	struct drill_ask ask = { .target = str_from(argv[4]), .key = key, .cache = str_from(argv[5]), .folder = STR("/tmp") };
	struct drill_done d;

	ask.patience_s = patience();
	if (getenv("RECOVERY_FOLDER"))
		ask.folder = str_from(getenv("RECOVERY_FOLDER"));
	if (*more && !strchr(*more, '='))
		ask.id = str_from(*more++);
	for (; *more; more++) {
		if (!option(&ask, str_from(*more), words))
			return fail();
	}

	if (!open_vault(argv[2], &ask.vault) || !read_key(argv[3], &pem, key))
		return fail();
	drill_run(&ask, &arena, &d);
	printf("%.*s %llu tables %llu rows %.1f ms %llu beside\n", STR_ARG(recovery_result_name(d.result)), (unsigned long long)d.tables,
	       (unsigned long long)d.rows, (double)d.took_us / 1e3, (unsigned long long)d.beside);
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
