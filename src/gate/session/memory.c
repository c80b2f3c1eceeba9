#include "gate/session/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/redact.h"

#define LINE_MAX_BYTES ((size_t)512 << 10)

struct str memory_shape(struct str words, struct arena *arena)
{
	size_t end, slash, n = 0;
	char *out;

	words = str_trim(words);
	end = str_find_char(words, ' ');
	slash = str_rfind_char(str_sub(words, 0, end), '/');
	if (slash != SIZE_MAX)
		words = str_sub(words, slash + 1, words.len);
	out = arena_alloc(arena, words.len + 1);
	if (!out)
		return STR_NONE;
	for (size_t i = 0; i < words.len; i++) {
		bool blank = words.ptr[i] == ' ' || words.ptr[i] == '\t' || words.ptr[i] == '\n';

		if (!blank)
			out[n++] = words.ptr[i];
		else if (n && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	return (struct str){ out, n };
}

void memory_json(const struct session_memory *m, struct json_out *o)
{
	size_t n = 0;

	json_out_kv(o, "id", m->id);
	if (m->why.len)
		json_out_kv(o, "why", m->why);
	json_out_kv(o, "words", str_sub(m->words, 0, 1000));
	json_out_kv(o, "bytes", m->bytes);
	json_out_key(o, "time_us");
	json_out_i64(o, m->at_us);
	json_out_key(o, "shapes");
	json_out_open(o, '[');
	for (size_t i = 0; i < m->shapes.n && i < SESSION_SHAPES_MAX; i++)
		json_out_str(o, str_sub(m->shapes.item[i], 0, 2000));
	json_out_close(o, ']');
	json_out_key(o, "changes");
	json_out_open(o, '[');
	CHANGE_EACH(c, &m->changes)
	{
		if (c->kind != CHANGE_READ && n++ < SESSION_CHANGES_MAX)
			change_to_json(c, o);
	}
	json_out_close(o, ']');
}

static bool parse_shapes(const struct json *v, struct arena *arena, struct session_words *ret)
{
	struct str *list = ARENA_ARRAY(arena, v && v->n < SESSION_SHAPES_MAX ? v->n + 1 : SESSION_SHAPES_MAX, struct str);

	ret->item = list;
	JSON_EACH(one, v)
	{
		if (list && ret->n < SESSION_SHAPES_MAX)
			list[ret->n++] = arena_str(arena, json_text(one));
	}
	return list != NULL;
}

bool memory_parse(const struct json *v, struct arena *arena, struct session_memory *ret)
{
	struct session_memory m = { .id = json_str(v, "id"), .why = json_str(v, "why"), .words = json_str(v, "words"),
				    .bytes = json_str(v, "bytes") };
	uint64_t at = 0;

	if (!m.id.len || !json_u64(v, "time_us", &at) || !parse_shapes(json_get(v, "shapes"), arena, &m.shapes))
		return false;
	m.at_us = (int64_t)at;
	JSON_EACH(one, json_get(v, "changes"))
	{
		struct change *c = change_add(&m.changes, arena);

		if (!c || !change_from_json(one, arena, c, NULL))
			return false;
	}
	*ret = m;
	return true;
}

bool memory_path(const struct session_where *w, const char *kind, bool make, char ret[4096], struct err *err)
{
	struct digest_run run;
	struct digest d;
	char hex[DIGEST_HEX_LEN + 1], dir[4096];
	int n;

	digest_begin(&run);
	digest_field(&run, STR("project"), w->project);
	digest_field(&run, STR("session"), w->id);
	d = digest_end(&run);
	digest_hex(&d, hex);
	n = snprintf(dir, sizeof(dir), "%.*s/%s", STR_ARG(w->state_dir), kind);
	if (n <= 0 || (size_t)n >= sizeof(dir) - DIGEST_HEX_LEN - 2)
		return err_set(err, ERR_LIMIT, "path too long");
	if (make && !dir_make(dir, 0700, err))
		return false;
	snprintf(ret, 4096, "%.4000s/%.32s", dir, hex);
	return true;
}

bool memory_append(const char *path, const struct buf *line, struct err *err)
{
	auto_buf safe = BUF_MAX(LINE_MAX_BYTES);

	if (line->failed)
		return err_set(err, ERR_LIMIT, "%s: too long to be remembered", path);
	redact_json(buf_str(line), &safe);
	buf_addc(&safe, '\n');
	auto_fd fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_sys(err, "%s", path);
	return (!safe.failed || err_set(err, ERR_LIMIT, "%s: too long to be remembered", path)) &&
	       fd_write_all(fd, safe.ptr, safe.len, err);
}

bool memory_lines(const char *path, struct arena *arena, void (*each)(const struct json *v, void *ctx), void *ctx, struct err *err)
{
	auto_buf b = BUF_MAX(4 * SESSION_JOURNAL_MAX);
	struct str left;
	struct err why = { .code = ERR_NONE };

	if (!file_read(path, &b, &why)) {
		if (why.code == ERR_IO && why.sys == ENOENT)
			return true;
		return err_set(err, why.code, "%s", why.msg);
	}
	left = arena_str(arena, buf_str(&b));
	while (left.len) {
		size_t end = str_find_char(left, '\n');
		struct json *v;

		if (end == SIZE_MAX)
			break; /* a write that was cut off */
		if (json_parse(str_sub(left, 0, end), arena, &v, NULL) && json_is(v, JSON_OBJECT))
			each(v, ctx);
		left = str_sub(left, end + 1, left.len);
	}
	return !arena->full || err_set(err, ERR_LIMIT, "%s: larger than the memory there is", path);
}
