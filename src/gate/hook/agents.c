#include "gate/hook/agents.h"

#include "base/digest.h"
#include "base/json.h"
#include "gate/hook/jsonc.h"

#define TEXT_MAX ((size_t)16 << 20)

const struct agent *agent_of(enum hook_host host)
{
	for (const struct agent *a = agents; a->host != HOOK_HOST_NONE; a++) {
		if (a->host == host)
			return a;
	}
	return NULL;
}

static bool plain_path(const char *path)
{
	for (; *path; path++) {
		bool letter =
			(*path >= 'a' && *path <= 'z') || (*path >= 'A' && *path <= 'Z') || (*path >= '0' && *path <= '9');

		if (!letter && !strchr("/._+-", *path))
			return false;
	}
	return true;
}

void agent_command(const char *program, enum hook_host host, struct buf *out)
{
	if (plain_path(program)) {
		buf_adds(out, program);
	} else {
		buf_addc(out, '\'');
		for (const char *p = program; *p; p++) {
			if (*p == '\'')
				buf_adds(out, "'\\''");
			else
				buf_addc(out, *p);
		}
		buf_addc(out, '\'');
	}
	buf_addf(out, " hook %s", hook_host_row(host)->name);
}

/* ${text} as a JSON string without its quotes. A basic string of TOML takes the same escapes. */
static void add_escaped(struct buf *out, struct str text)
{
	auto_buf quoted = BUF_MAX(TEXT_MAX);
	struct json_out o = { .buf = &quoted };

	json_out_str(&o, text);
	if (quoted.len >= 2)
		buf_add(out, str_sub(buf_str(&quoted), 1, quoted.len - 2));
}

/* ${text} with its marks filled in. */
static void fill_in(const char *text, const char *program, enum hook_host host, struct buf *out)
{
	struct str left = str_from(text);
	size_t at;
	auto_buf command = BUF_MAX(TEXT_MAX);

	agent_command(program, host, &command);
	while ((at = str_find_char(left, '@')) != SIZE_MAX) {
		struct str rest = str_sub(left, at, SIZE_MAX);

		buf_add(out, str_sub(left, 0, at));
		if (str_starts(rest, STR("@COMMAND@"))) {
			add_escaped(out, buf_str(&command));
			left = str_sub(rest, 9, SIZE_MAX);
		} else if (str_starts(rest, STR("@COMMAND_PLAIN@"))) {
			buf_add(out, buf_str(&command));
			left = str_sub(rest, 15, SIZE_MAX);
		} else if (str_starts(rest, STR("@PAWL_JS@"))) {
			buf_addc(out, '"');
			add_escaped(out, str_from(program));
			buf_addc(out, '"');
			left = str_sub(rest, 9, SIZE_MAX);
		} else {
			buf_addc(out, '@');
			left = str_sub(rest, 1, SIZE_MAX);
		}
	}
	buf_add(out, left);
}

/* What stands in a settings file where a hook of pawl's does, whatever the program's path: " hook claude-code". */
static void needle_of(enum hook_host host, struct buf *out)
{
	buf_addf(out, " hook %s\"", hook_host_row(host)->name);
}

/* One list of a JSON file. An older hook of pawl's (another path) makes room for the new one. */
static bool write_one(const struct agent_insert *insert, enum hook_host host, const char *program, struct str text,
		      struct buf *out, struct err *err)
{
	auto_buf element = BUF_MAX(TEXT_MAX);

	if (str_ends(str_from(insert->path), STR("="))) {
		struct str name = str_sub(str_from(insert->path), 0, strlen(insert->path) - 1);
		auto_buf quoted = BUF_MAX(200);

		buf_addf(&quoted, "\"%.*s\"", STR_ARG(name));
		if (str_find(text, buf_str(&quoted)) != SIZE_MAX) {
			buf_add(out, text);
			return true;
		}
	}
	fill_in(insert->element, program, host, &element);
	return jsonc_append(text, insert->path, buf_str(&element), out, err);
}

static bool write_json(const struct agent_file *file, enum hook_host host, const char *program, struct str text,
		       struct buf *out, struct err *err)
{
	auto_buf now = BUF_MAX(TEXT_MAX), next = BUF_MAX(TEXT_MAX), command = BUF_MAX(TEXT_MAX), plain = BUF_MAX(TEXT_MAX);
	struct buf swap;
	struct err none;

	if (!jsonc_check(text, err))
		return false;
	agent_command(program, host, &plain);
	buf_addc(&command, '"');
	add_escaped(&command, buf_str(&plain));
	buf_addc(&command, '"');
	buf_add(&now, text);
	if (str_find(text, buf_str(&command)) != SIZE_MAX) {
		buf_add(out, text);
		return true;
	}
	while (agent_unwrite(file, host, buf_str(&now), &next, &none)) {
		swap = now, now = next, next = swap;
		buf_clear(&next);
	}
	for (const struct agent_insert *i = file->inserts; i->path; i++) {
		buf_clear(&next);
		if (!write_one(i, host, program, buf_str(&now), &next, err))
			return false;
		swap = now, now = next, next = swap;
	}
	buf_add(out, buf_str(&now));
	return !out->failed || err_set(err, ERR_LIMIT, "is too large");
}

bool agent_write(const struct agent_file *file, enum hook_host host, const char *program, struct str text, struct buf *out,
		 struct err *err)
{
	auto_buf mine = BUF_MAX(TEXT_MAX), needle = BUF_MAX(200);

	switch (file->format) {
	case AGENT_JSON:
		return write_json(file, host, program, text, out, err);
	case AGENT_OWN:
		buf_addf(&needle, "hook %s", hook_host_row(host)->name);
		if (text.len && str_find(text, STR("pawl")) == SIZE_MAX)
			return err_set(
				err, ERR_STATE,
				"is somebody else's, and the agent has room for one alone: call `%s hook %s` in it by hand",
				program, hook_host_row(host)->name);
		fill_in(file->text, program, host, out);
		return true;
	case AGENT_TOML:
		fill_in(file->text, program, host, &mine);
		buf_add(out, text);
		needle_of(host, &needle);
		if (str_find(text, buf_str(&needle)) != SIZE_MAX)
			return str_find(text, buf_str(&mine)) != SIZE_MAX ||
			       err_set(err, ERR_STATE, "has an older hook of pawl's: `pawl init --uninit` first");
		if (text.len && text.ptr[text.len - 1] != '\n')
			buf_addc(out, '\n');
		buf_add(out, buf_str(&mine));
		return true;
	case AGENT_CODEX_CONFIG:
		break;
	}
	return err_set(err, ERR_STATE, "is written otherwise");
}

/* Without the TOML block that begins at the mark of ours. */
static bool unwrite_toml(struct str text, struct buf *out, struct err *err)
{
	size_t at = str_find(text, STR("\n[[hooks]] # pawl\n")), end;

	if (at == SIZE_MAX)
		return err_set(err, ERR_INPUT, "holds nothing of pawl's");
	end = str_find(str_sub(text, at + 2, SIZE_MAX), STR("\n["));
	buf_add(out, str_sub(text, 0, at));
	if (end != SIZE_MAX)
		buf_add(out, str_sub(text, at + 2 + end, SIZE_MAX));
	return true;
}

bool agent_unwrite(const struct agent_file *file, enum hook_host host, struct str text, struct buf *out, struct err *err)
{
	auto_buf needle = BUF_MAX(200);

	switch (file->format) {
	case AGENT_JSON:
		needle_of(host, &needle);
		/* Where pawl has a member of its own, that goes whole. */
		if (str_starts(str_from(file->inserts[0].path), STR("pawl.")) && str_find(text, buf_str(&needle)) != SIZE_MAX)
			return jsonc_remove_member(text, STR("pawl"), out, err);
		return jsonc_remove(text, buf_str(&needle), out, err);
	case AGENT_OWN:
		return str_find(text, STR("pawl")) != SIZE_MAX || err_set(err, ERR_INPUT, "holds nothing of pawl's");
	case AGENT_TOML:
		return unwrite_toml(text, out, err);
	case AGENT_CODEX_CONFIG:
		break;
	}
	return err_set(err, ERR_INPUT, "holds nothing of pawl's");
}
