/* pawl approvers, pawl approvers add */
#include <stdio.h>

#include "base/fd.h"
#include "cli/commands.h"
#include "cli/desk.h"

#define FILE_MAX ((size_t)1 << 20)

static void put_one(const struct cli *c, const struct signer *s, struct json_out *o)
{
	char where[300] = "";
	bool hardware = str_starts(s->key.type, STR("sk-")), near = !hardware && keygen_reachable(&s->key, where, sizeof(where));

	if (c->json) {
		json_out_open(o, '{');
		json_out_kv(o, "name", s->name);
		json_out_kv(o, "type", s->key.type);
		json_out_kv(o, "key", str_from(s->key.fingerprint));
		json_out_kv(o, "from", s->from);
		json_out_key(o, "roles");
		json_out_open(o, '[');
		for (const struct str_list *r = s->roles; r; r = r->next)
			json_out_str(o, r->item);
		json_out_close(o, ']');
		json_out_key(o, "within_reach");
		json_out_bool(o, near);
		json_out_close(o, '}');
		return;
	}
	card_escape(s->name, o->buf);
	buf_addf(o->buf, "  %.*s %s  (%.*s)", STR_ARG(s->key.type), s->key.fingerprint, STR_ARG(s->from));
	for (const struct str_list *r = s->roles; r; r = r->next) {
		buf_addc(o->buf, ' ');
		card_escape(r->item, o->buf);
	}
	if (near)
		buf_addf(o->buf, "\n    within reach of this user, and so of an agent: %s", where);
	buf_addc(o->buf, '\n');
}

static bool list(const struct cli *c, struct desk *d, struct buf *b, struct err *err)
{
	struct json_out o = { .buf = b };
	struct signer *first;

	if (!signer_list(&d->host, &d->arena, &first, err))
		return false;
	if (c->json) {
		json_out_open(&o, '{');
		json_out_key(&o, "approvers");
		json_out_open(&o, '[');
	}
	for (const struct signer *s = first; s; s = s->next)
		put_one(c, s, &o);
	if (c->json) {
		json_out_close(&o, ']');
		json_out_close(&o, '}');
		buf_addc(b, '\n');
	} else if (!first) {
		buf_adds(b, "Nobody may approve yet. Make a key, best on hardware (ssh-keygen -t ed25519-sk), then\n"
			    "  pawl approvers add NAME --key FILE.pub\n");
	}
	return true;
}

int cmd_approvers(struct cli *c)
{
	auto_buf b = BUF_MAX(FILE_MAX);
	struct err err = { 0 };
	struct desk d;
	int status = EXIT_ALLOW;

	if (!desk_open(&d, &err) || !list(c, &d, &b, &err))
		status = cli_fail(c, &err);
	else if (!cli_print(&b))
		status = EXIT_ERROR;
	desk_close(&d);
	return status;
}

static bool name_ok(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char ch = name.ptr[i];

		if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || strchr("._@+-", ch)))
			return false;
	}
	return name.len > 0 && name.len <= 100;
}

/* TYPE BASE64 of a .pub file. */
static bool public_line(const char *file, struct buf *out, struct err *err)
{
	auto_buf text = BUF_MAX(65536);
	size_t n = strlen(file);
	char path[4200];
	struct str line;
	size_t first, second;

	snprintf(path, sizeof(path), "%s%s", file, n > 4 && strcmp(file + n - 4, ".pub") == 0 ? "" : ".pub");
	if (!file_read(path, &text, err))
		return false;
	line = str_trim(str_sub(buf_str(&text), 0, str_find_char(buf_str(&text), '\n')));
	first = str_find_char(line, ' ');
	if (first == SIZE_MAX)
		return err_set(err, ERR_INPUT, "%s: no public key", path);
	second = str_find_char(str_sub(line, first + 1, SIZE_MAX), ' ');
	buf_add(out, second == SIZE_MAX ? line : str_sub(line, 0, first + 1 + second));
	return true;
}

struct added {
	char path[PLACES_MAX + 32];
	struct sshkey key;
	bool again; /* that key stands there under another name */
};

static bool add(const struct cli *c, struct added *ret, struct arena *arena, struct err *err)
{
	auto_buf text = BUF_MAX(FILE_MAX), line = BUF_MAX(65536), one = BUF_MAX(FILE_MAX);
	struct err missing = { 0 };
	struct places places;

	if (!places_find(NULL, &places, err) || !dir_make(places.config, 0700, err) ||
	    !public_line(cli_value(c, "key"), &line, err) || !sshsig_key(buf_str(&line), arena, &ret->key, err))
		return false;
	snprintf(ret->path, sizeof(ret->path), "%s/allowed_signers", places.config);
	if (!file_read(ret->path, &text, &missing) && missing.sys != 2)
		return err_set(err, ERR_IO, "%s", missing.msg);
	if (text.len && text.ptr[text.len - 1] != '\n')
		buf_addc(&text, '\n');
	buf_addf(&one, "%s namespaces=\"%s\" %.*s\n", c->args[0], HOLD_NAMESPACE, STR_ARG(buf_str(&line)));
	if (!one.failed && str_find(buf_str(&text), buf_str(&one)) != SIZE_MAX)
		return true; /* stands there already */
	ret->again = str_find(buf_str(&text), buf_str(&line)) != SIZE_MAX;
	buf_add(&text, buf_str(&one));
	if (text.failed || one.failed)
		return err_set(err, ERR_LIMIT, "%s: too large", ret->path);
	return file_replace(ret->path, buf_str(&text), 0600, err);
}

int cmd_approvers_add(struct cli *c)
{
	struct added made = { .again = false };
	struct arena arena = { 0 };
	struct err err = { 0 };
	int status = EXIT_ALLOW;

	if (c->n_args != 1 || !cli_value(c, "key"))
		return cli_usage(c, "a name and --key FILE.pub are needed");
	if (!name_ok(str_from(c->args[0])))
		return cli_usage(c, "'%s': a name of letters, digits and . _ @ + - is needed", c->args[0]);
	if (!arena_map(&arena, (size_t)1 << 20))
		return cli_fail(c, &(struct err){ .msg = "no memory" });
	if (!add(c, &made, &arena, &err))
		status = cli_fail(c, &err);
	else if (c->json)
		printf("{\"name\":\"%s\",\"key\":\"%s\"}\n", c->args[0], made.key.fingerprint);
	else
		printf("%s may approve with %s (%s).\n%s"
		       "What keeps whoever asks from approving is where the private key lies, not the name: `pawl doctor` "
		       "says what stands between them here.\n",
		       c->args[0], made.key.fingerprint, made.path,
		       made.again ? "That key stands there under another name too: one key is one person, whatever its names.\n" : "");
	arena_unmap(&arena);
	return status;
}
