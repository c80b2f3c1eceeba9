#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "gate/session/memory.h"

#define LINE_MAX_BYTES ((size_t)256 << 10)
#define LIFE_US (30 * 86400 * CLOCK_SECOND)
#define SWEEP_MAX 1000

struct reading {
	struct session_journal *journal;
	struct arena *arena;
};

static void one(const struct json *v, void *ctx)
{
	struct reading *r = ctx;
	struct str what = json_str(v, "what");

	if (str_is(what, "refused")) {
		struct session_memory *m = ARENA_NEW(r->arena, struct session_memory);

		if (!m || !memory_parse(v, r->arena, m))
			return;
		m->next = r->journal->refused;
		r->journal->refused = m;
	} else if (str_is(what, "wrote")) {
		struct session_write *f = ARENA_NEW(r->arena, struct session_write);

		if (!f)
			return;
		*f = (struct session_write){ json_str(v, "path"), json_str(v, "hold"), r->journal->wrote };
		r->journal->wrote = f;
	}
}

bool journal_read(const struct session_where *w, struct arena *arena, struct session_journal *ret, struct err *err)
{
	struct session_journal j = { NULL, NULL };
	struct reading r = { &j, arena };
	char path[4096];

	if (w->id.len && (!memory_path(w, "sessions", false, path, err) || !memory_lines(path, arena, one, &r, err)))
		return false;
	*ret = j;
	return true;
}

/* Journals of sessions that are long over. */
static void sweep(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[4096];
	unsigned n = 0;
	DIR *d;

	snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
	d = opendir(dir);
	for (struct dirent *e; d && (e = readdir(d)) && n < SWEEP_MAX; n++) {
		struct stat st;

		if (e->d_name[0] != '.' && fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
		    clock_now_us() - st.st_mtim.tv_sec * CLOCK_SECOND > LIFE_US)
			unlinkat(dirfd(d), e->d_name, 0);
	}
	if (d)
		closedir(d);
}

/* The newer half of a journal that has become too long. */
static bool shorten(const char *path, struct err *err)
{
	auto_buf b = BUF_MAX(2 * SESSION_JOURNAL_MAX);
	struct str half;
	size_t end;

	if (!file_read(path, &b, err))
		return false;
	half = str_sub(buf_str(&b), b.len / 2, b.len);
	end = str_find_char(half, '\n');
	return file_replace(path, end == SIZE_MAX ? STR_NONE : str_sub(half, end + 1, half.len), 0600, err);
}

static bool append(const struct session_where *w, const struct buf *line, struct err *err)
{
	char path[4096];
	struct stat st;

	if (!memory_path(w, "sessions", true, path, err))
		return false;
	if (lstat(path, &st) != 0)
		sweep(path);
	else if ((size_t)st.st_size > SESSION_JOURNAL_MAX && !shorten(path, err))
		return false;
	return memory_append(path, line, err);
}

bool journal_refused(const struct session_where *w, const struct session_asked *asked, struct str hold, struct err *err)
{
	struct session_memory m = { .id = hold, .words = asked->request->summary, .at_us = clock_now_us(), .shapes = asked->shapes,
				    .changes = asked->request->changes };
	auto_buf b = BUF_MAX(LINE_MAX_BYTES);
	struct json_out o = { .buf = &b };
	char hex[DIGEST_HEX_LEN + 1];

	if (!w->id.len)
		return true;
	digest_hex(&asked->request->bytes, hex);
	m.bytes = str_from(hex);
	json_out_open(&o, '{');
	json_out_kv(&o, "what", STR("refused"));
	memory_json(&m, &o);
	json_out_close(&o, '}');
	return append(w, &b, err);
}

bool journal_wrote(const struct session_where *w, const struct session_journal *j, struct str path, struct str content, struct err *err)
{
	for (const struct session_memory *m = w->id.len ? j->refused : NULL; m; m = m->next) {
		auto_buf b = BUF_MAX(LINE_MAX_BYTES);
		struct json_out o = { .buf = &b };
		struct str name;

		if (!attempt_names(m, content, &name))
			continue;
		json_out_open(&o, '{');
		json_out_kv(&o, "what", STR("wrote"));
		json_out_kv(&o, "path", path);
		json_out_kv(&o, "hold", m->id);
		json_out_close(&o, '}');
		return append(w, &b, err);
	}
	return true;
}
