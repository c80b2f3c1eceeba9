#include "recovery/physical.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

/* --- positions --- */

static bool hex(struct str s, uint64_t *ret)
{
	uint64_t n = 0;

	if (!s.len || s.len > 8)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		unsigned d = c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10) : 16;

		if (d == 16)
			return false;
		n = n << 4 | d;
	}
	*ret = n;
	return true;
}

bool physical_lsn(struct str s, uint64_t *ret)
{
	size_t slash = str_find_char(s, '/');
	uint64_t high, low;

	if (slash == SIZE_MAX || !hex(str_sub(s, 0, slash), &high) || !hex(str_sub(s, slash + 1, s.len), &low))
		return false;
	*ret = high << 32 | low;
	return true;
}

bool physical_segment(struct str name, uint64_t size, uint32_t *ret_timeline, uint64_t *ret_number)
{
	uint64_t timeline, high, low;

	if (name.len != PHYSICAL_SEGMENT_LEN || size < 1 << 20 || !hex(str_sub(name, 0, 8), &timeline) ||
	    !hex(str_sub(name, 8, 8), &high) || !hex(str_sub(name, 16, 8), &low) || low >= ((uint64_t)1 << 32) / size)
		return false;
	*ret_timeline = (uint32_t)timeline;
	*ret_number = high * (((uint64_t)1 << 32) / size) + low;
	return true;
}

void physical_segment_name(uint32_t timeline, uint64_t number, uint64_t size, char ret[PHYSICAL_SEGMENT_LEN + 1])
{
	uint64_t each = ((uint64_t)1 << 32) / size;

	snprintf(ret, PHYSICAL_SEGMENT_LEN + 1, "%08X%08X%08X", (unsigned)timeline, (unsigned)(number / each), (unsigned)(number % each));
}

/* --- the end --- */

static const struct {
	const char *name;
	size_t at;
} lines[] = {
	{ "position ", offsetof(struct physical_end, position) }, { "snapshot ", offsetof(struct physical_end, snapshot) },
	{ "system ", offsetof(struct physical_end, system) },	  { "role ", offsetof(struct physical_end, role) },
	{ "database ", offsetof(struct physical_end, database) },
};

struct str physical_end_text(const struct physical_end *e, struct arena *arena)
{
	struct str all = STR(""), line;

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		const struct str *value = (const struct str *)(const void *)((const char *)e + lines[i].at);

		/* One line each: what cannot be said is not said wrong. */
		if (!value->len || str_find_char(*value, '\n') != SIZE_MAX)
			return STR_NONE;
		line = arena_fmt(arena, "%s%.*s\n", lines[i].name, STR_ARG(*value));
		all = arena_join(arena, all, line);
		if (!line.ptr || !all.ptr)
			return STR_NONE;
	}
	return all;
}

bool physical_end_read(struct str text, struct physical_end *ret, struct err *err)
{
	struct physical_end e;

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct str *value = (struct str *)(void *)((char *)&e + lines[i].at), name = str_from(lines[i].name);
		size_t end = str_find_char(text, '\n');

		if (end == SIZE_MAX || !str_starts(text, name))
			return err_set(err, ERR_INPUT, "its last words are not those of a physical backup");
		*value = str_sub(text, name.len, end - name.len);
		text = str_sub(text, end + 1, text.len);
	}
	*ret = e;
	return true;
}

/* --- unpacking --- */

static bool path_of(const struct physical_unpack *u, const char *name, char ret[PATH_LEN + TAR_NAME_MAX])
{
	return snprintf(ret, PATH_LEN + TAR_NAME_MAX, "%s/%s", u->folder, name) < PATH_LEN + TAR_NAME_MAX;
}

static bool give(const struct physical_unpack *u, const char *path, struct err *err)
{
	return !u->owned || lchown(path, u->uid, u->gid) == 0 || err_sys(err, "%s", path);
}

static bool on_member(void *ctx, const struct tar_member *m, struct err *err)
{
	struct physical_unpack *u = ctx;
	char path[PATH_LEN + TAR_NAME_MAX];

	if (u->ended)
		return err_set(err, ERR_INPUT, "there is more behind its end");
	u->at_end = !strcmp(m->name, PHYSICAL_END);
	if (u->at_end)
		return m->bytes <= sizeof(u->end) || err_set(err, ERR_INPUT, "its last words are too many");
	if (!path_of(u, m->name, path))
		return err_set(err, ERR_INPUT, "too long a name: %s", m->name);
	if (m->folder)
		return ((mkdir(path, 0700) == 0 || errno == EEXIST) || err_sys(err, "%s", path)) && give(u, path, err);
	u->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (u->fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return err_set(err, ERR_INPUT, "%s has no folder there: some of it is missing", m->name);
	if (u->list)
		physical_list_file(u->list, str_from(m->name));
	return u->fd >= 0 ? give(u, path, err) : err_sys(err, "%s", path);
}

static bool on_bytes(void *ctx, const void *p, size_t n, struct err *err)
{
	struct physical_unpack *u = ctx;

	if (!u->at_end && u->list)
		physical_list_bytes(u->list, p, n);
	if (!u->at_end)
		return fd_write_all(u->fd, p, n, err);
	memcpy(u->end + u->end_len, p, n);
	u->end_len += n;
	return true;
}

static bool on_end(void *ctx, struct err *err)
{
	struct physical_unpack *u = ctx;

	u->ended = u->at_end;
	if (u->fd >= 0 && close(fd_take(&u->fd)) != 0)
		return err_sys(err, "%s", u->folder);
	return true;
}

static const struct tar_events unpacking = { on_member, on_bytes, on_end };

void physical_unpack_begin(struct physical_unpack *u)
{
	u->tar = (struct tar){ .events = &unpacking, .ctx = u };
	u->fd = -1;
	u->end_len = 0;
	u->at_end = u->ended = false;
}

bool physical_unpack_add(struct physical_unpack *u, const void *p, size_t n, struct err *err)
{
	return tar_add(&u->tar, p, n, err);
}

bool physical_unpack_end(struct physical_unpack *u, struct physical_end *ret, struct err *err)
{
	if (!tar_end(&u->tar, err))
		return false;
	if (!u->ended)
		return err_set(err, ERR_INPUT, "it ends early: files or WAL are missing");
	return physical_end_read((struct str){ u->end, u->end_len }, ret, err);
}

void physical_unpack_stop(struct physical_unpack *u)
{
	fd_close(&u->fd);
}

bool physical_put(const struct physical_unpack *u, const char *name, struct str text, struct err *err)
{
	char path[PATH_LEN + TAR_NAME_MAX];

	if (!path_of(u, name, path))
		return err_set(err, ERR_INPUT, "too long a name: %s", name);
	return file_replace(path, text, 0600, err) && give(u, path, err);
}
