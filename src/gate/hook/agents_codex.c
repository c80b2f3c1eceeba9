/* Codex's config.toml. Its hooks run only when [features] says so and its user trusts each by a hash of what it is; both stand in
 * that file, the trust as [hooks.state."PATH:pre_tool_use:GROUP:HANDLER"] trusted_hash = "sha256:…". The hash is of the hook as
 * canonical JSON. */
#include "base/digest.h"
#include "base/json.h"
#include "gate/hook/agents.h"
#include "gate/hook/jsonc.h"

void agent_codex_hash(const char *program, char ret_hash[80])
{
	auto_buf identity = BUF_MAX(65536), command = BUF_MAX(65536);
	struct json_out o = { .buf = &identity };
	char hex[DIGEST_HEX_LEN + 1];
	struct digest d;

	/* Members sorted by name, no blanks. */
	agent_command(program, HOOK_CODEX, &command);
	buf_adds(&identity, "{\"event_name\":\"pre_tool_use\",\"hooks\":[{\"async\":false,\"command\":");
	json_out_str(&o, buf_str(&command));
	buf_adds(&identity, ",\"timeout\":15,\"type\":\"command\"}]}");
	d = digest_of(identity.ptr, identity.len);
	digest_hex(&d, hex);
	snprintf(ret_hash, 80, "sha256:%s", hex);
}

/* Offset of the line that is ${line} (blanks and a comment behind it aside), or SIZE_MAX. */
static size_t find_line(struct str text, struct str line)
{
	size_t at = 0;

	while (at < text.len) {
		struct str rest = str_sub(text, at, SIZE_MAX);
		size_t end = str_find_char(rest, '\n');
		struct str one = str_sub(rest, 0, end);

		one = str_trim(str_sub(one, 0, str_find_char(one, '#')));
		if (str_eq(one, line))
			return at;
		if (end == SIZE_MAX)
			break;
		at += end + 1;
	}
	return SIZE_MAX;
}

/* The table that begins at ${at}, up to the next. */
static struct str table_at(struct str text, size_t at)
{
	size_t end = str_find(str_sub(text, at + 1, SIZE_MAX), STR("\n["));

	return str_sub(text, at, end == SIZE_MAX ? SIZE_MAX : end + 2);
}

/* The value of a key in a table, "true"; STR_NONE: it is not there. */
static struct str value_in(struct str table, struct str key)
{
	while (table.len) {
		size_t end = str_find_char(table, '\n');
		struct str line = str_trim(str_sub(table, 0, end)), rest;

		table = end == SIZE_MAX ? STR_NONE : str_sub(table, end + 1, SIZE_MAX);
		if (!str_starts(line, key))
			continue;
		rest = str_trim(str_sub(line, key.len, SIZE_MAX));
		if (rest.len && rest.ptr[0] == '=') {
			rest = str_sub(rest, 1, SIZE_MAX);
			return str_trim(str_sub(rest, 0, str_find_char(rest, '#')));
		}
	}
	return STR_NONE;
}

static bool add_feature(struct str text, struct buf *out, struct err *err)
{
	size_t at = find_line(text, STR("[features]"));
	struct str value = at == SIZE_MAX ? STR_NONE : value_in(table_at(text, at), STR("hooks"));

	if (str_is(value, "true")) {
		buf_add(out, text);
		return true;
	}
	if (value.len || str_find(text, STR("features.hooks")) != SIZE_MAX || value_in(text, STR("features")).len)
		return err_set(err, ERR_STATE,
			       "says something else about `features.hooks`: set it to true there, then run this again");
	if (at == SIZE_MAX) {
		buf_add(out, text);
		if (text.len && text.ptr[text.len - 1] != '\n')
			buf_addc(out, '\n');
		buf_addf(out, "%s[features]\nhooks = true\n", text.len ? "\n" : "");
		return true;
	}
	at += str_find_char(str_sub(text, at, SIZE_MAX), '\n') == SIZE_MAX
		      ? str_sub(text, at, SIZE_MAX).len
		      : str_find_char(str_sub(text, at, SIZE_MAX), '\n') + 1;
	buf_add(out, str_sub(text, 0, at));
	if (out->len && out->ptr[out->len - 1] != '\n')
		buf_addc(out, '\n');
	buf_adds(out, "hooks = true\n");
	buf_add(out, str_sub(text, at, SIZE_MAX));
	return true;
}

bool agent_write_codex(const struct agent_codex *codex, struct str text, struct buf *out, struct err *err)
{
	auto_buf head = BUF_MAX(65536), quoted = BUF_MAX(65536), path = BUF_MAX(65536);
	size_t groups = jsonc_count(codex->hooks, "hooks.PreToolUse"), at;
	struct json_out o = { .buf = &quoted };
	char hash[80];

	if (!groups)
		return err_set(err, ERR_STATE, "cannot trust a hook that is not there");
	agent_codex_hash(codex->program, hash);
	buf_addf(&path, "%.*s:pre_tool_use:%zu:0", STR_ARG(codex->hooks_path), groups - 1);
	json_out_str(&o, buf_str(&path));
	buf_addf(&head, "[hooks.state.%.*s]", STR_ARG(buf_str(&quoted)));
	if (!add_feature(text, out, err))
		return false;
	at = find_line(buf_str(out), buf_str(&head));
	if (at != SIZE_MAX) {
		struct str there = value_in(table_at(buf_str(out), at), STR("trusted_hash"));

		if (there.len == strlen(hash) + 2 && memcmp(there.ptr + 1, hash, strlen(hash)) == 0)
			return true;
		return err_set(err, ERR_STATE, "trusts another hook at the place of pawl's: look at `/hooks` in Codex");
	}
	buf_addf(out, "%s\n%.*s\ntrusted_hash = \"%s\"\n", out->len && out->ptr[out->len - 1] != '\n' ? "\n" : "",
		 STR_ARG(buf_str(&head)), hash);
	return !out->failed || err_set(err, ERR_LIMIT, "is too large");
}

void agent_unwrite_codex(const char *program, struct str text, struct buf *out)
{
	auto_buf line = BUF_MAX(200);
	char hash[80];
	size_t at, head;

	agent_codex_hash(program, hash);
	buf_addf(&line, "trusted_hash = \"%s\"", hash);
	at = find_line(text, buf_str(&line));
	head = at == SIZE_MAX ? SIZE_MAX : str_rfind_char(str_sub(text, 0, at ? at - 1 : 0), '\n');
	head = head == SIZE_MAX ? 0 : head + 1;
	/* Only the two lines that pawl writes; a table that has more in it, or another head, stays. */
	if (at == SIZE_MAX || !str_starts(str_sub(text, head, SIZE_MAX), STR("[hooks.state."))) {
		buf_add(out, text);
		return;
	}
	at += str_find_char(str_sub(text, at, SIZE_MAX), '\n') == SIZE_MAX
		      ? line.len
		      : str_find_char(str_sub(text, at, SIZE_MAX), '\n') + 1;
	if (head >= 2 && text.ptr[head - 1] == '\n' && text.ptr[head - 2] == '\n')
		head--;
	buf_add(out, str_sub(text, 0, head));
	buf_add(out, str_sub(text, at, SIZE_MAX));
}
