/* The hour's counts in a file: a line for what each commit adds, or gives back, and now and then all of them anew.
 * A last line that is not whole was being written when the gate died: its transaction was not committed. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "gate/database/budget_inner.h"

#define FILE_MAX ((size_t)512 << 20)
#define LINES_MAX ((size_t)1 << 20)
#define LINE_ARENA ((size_t)1 << 20)
#define PATH_LEN 4200

struct budget_keep {
	char path[PATH_LEN];
	int fd, lock;
	size_t size, most;
	bool broken; /* a line in it may not be whole: nothing is added before it was written anew */
	struct buf lines;
};

/* --- lines --- */

struct line {
	struct str session, environment, relation;
	bool critical, others, back;
	int64_t minute; /* of the first of `rows`; each is a minute before the last */
	const uint64_t *rows;
	size_t n;
};

static void write_line(struct buf *b, const struct line *l)
{
	struct json_out o = { .buf = b };

	json_out_open(&o, '{');
	json_out_kv(&o, "session", l->session);
	json_out_kv(&o, "environment", l->environment);
	json_out_kv(&o, "relation", l->relation);
	if (l->critical) {
		json_out_key(&o, "critical");
		json_out_bool(&o, true);
	}
	if (l->others) {
		json_out_key(&o, "others");
		json_out_bool(&o, true);
	}
	if (l->back) {
		json_out_key(&o, "back");
		json_out_bool(&o, true);
	}
	json_out_key(&o, "minute");
	json_out_i64(&o, l->minute);
	json_out_key(&o, "rows");
	json_out_open(&o, '[');
	for (size_t i = 0; i < l->n; i++)
		json_out_u64(&o, l->rows[i]);
	json_out_close(&o, ']');
	json_out_close(&o, '}');
	buf_addc(b, '\n');
}

static void write_entry(struct buf *b, const struct budget_member *m, const struct budget_entry *e)
{
	uint64_t rows[BUDGET_WINDOW];
	struct line l = { m->session, m->environment, e->relation, e->critical, e->others, false, e->minute, rows, 0 };

	for (size_t i = 0; i < BUDGET_WINDOW && e->minute >= (int64_t)i; i++) {
		rows[i] = e->rows[(e->minute - (int64_t)i) % BUDGET_WINDOW];
		l.n = rows[i] ? i + 1 : l.n;
	}
	if (l.n)
		write_line(b, &l);
}

static bool read_rows(const struct json *v, uint64_t rows[BUDGET_WINDOW], size_t *ret_n)
{
	const struct json *list = json_get(v, "rows");
	size_t n = 0;

	if (!json_is(list, JSON_ARRAY) || list->n > BUDGET_WINDOW)
		return false;
	JSON_EACH(one, list) {
		if (!json_is(one, JSON_NUMBER) || !str_to_u64(one->text, &rows[n++]))
			return false;
	}
	*ret_n = n;
	return true;
}

static struct budget_entry *others_of(struct budget_member *m)
{
	struct budget_entry *e = m->entries;

	while (e && !e->others)
		e = e->next;
	return e;
}

static void recall_rows(struct budget_entry *e, const struct line *l, int64_t now)
{
	for (size_t i = 0; i < l->n; i++) {
		int64_t minute = l->minute - (int64_t)i;
		uint64_t *at, rows = l->rows[i];

		if (minute <= now - BUDGET_WINDOW || minute < 0)
			continue;
		at = &e->rows[minute % BUDGET_WINDOW];
		if (l->back)
			rows = rows < *at ? rows : *at;
		else if (e->sum + rows < rows)
			rows = UINT64_MAX - e->sum;
		*at = l->back ? *at - rows : *at + rows;
		e->sum = l->back ? e->sum - rows : e->sum + rows;
	}
}

static bool recall(struct budget_ledger *l, const struct line *line, int64_t now)
{
	const struct budget_asker who = { NULL, line->environment, line->session };
	const struct budget_count k = { .relation = line->relation, .critical = line->critical };
	struct budget_member *m;
	struct budget_entry *e;

	if (line->minute <= now - BUDGET_WINDOW)
		return true;
	m = budget_member(l, &who, now);
	e = m && line->others ? others_of(m) : NULL;
	if (m && !e)
		e = budget_entry(m, &k, now);
	if (!e)
		return false;
	e->others = e->others || line->others;
	recall_rows(e, line, now);
	return true;
}

/* A clock that was ahead when it was written binds no longer than an hour from now. */
static bool read_line(struct budget_ledger *l, struct str text, int64_t now, struct arena *arena)
{
	uint64_t rows[BUDGET_WINDOW], minute;
	struct line line = { .rows = rows };
	struct json *v;

	arena_reset(arena);
	if (!json_parse(text, arena, &v, NULL) || !json_u64(v, "minute", &minute) || !read_rows(v, rows, &line.n) ||
	    !json_is(json_get(v, "session"), JSON_STRING) || !json_is(json_get(v, "relation"), JSON_STRING) ||
	    !json_is(json_get(v, "environment"), JSON_STRING))
		return false;
	line.session = json_str(v, "session");
	line.environment = json_str(v, "environment");
	line.relation = json_str(v, "relation");
	line.critical = json_true(v, "critical");
	line.others = json_true(v, "others");
	line.back = json_true(v, "back");
	line.minute = minute < (uint64_t)now ? (int64_t)minute : now;
	return recall(l, &line, now);
}

static bool read_all(struct budget_ledger *l, const char *path, int64_t now, struct err *err)
{
	auto_buf b = BUF_MAX(FILE_MAX);
	struct arena arena;
	struct err why = { 0 };
	struct str left;
	bool ok = true;
	size_t n = 0;

	if (!file_exists(path))
		return true;
	if (!file_read(path, &b, &why) || !arena_map(&arena, LINE_ARENA))
		return err_set(err, ERR_IO, "the hour's counts cannot be read: %.300s", why.msg[0] ? why.msg : path);
	left = buf_str(&b);
	for (size_t end; ok && (end = str_find_char(left, '\n')) != SIZE_MAX; n++) {
		ok = read_line(l, str_sub(left, 0, end), now, &arena);
		left = str_sub(left, end + 1, left.len);
	}
	arena_unmap(&arena);
	return ok || err_set(err, ERR_BROKEN,
			     "%.300s, line %zu: not what pawl wrote there. It holds keys to their rows an hour: see who changed it, "
			     "then remove it", path, n);
}

/* --- the file --- */

static bool write_anew(struct budget_ledger *l, struct err *err)
{
	struct budget_keep *k = l->keep;
	auto_buf b = BUF_MAX(FILE_MAX);

	for (size_t i = 0; i < BUDGET_HEADS; i++) {
		for (const struct budget_member *m = l->heads[i]; m; m = m->next) {
			for (const struct budget_entry *e = m->entries; e; e = e->next)
				write_entry(&b, m, e);
		}
	}
	if (b.failed)
		return err_set(err, ERR_LIMIT, "no memory for the hour's counts");
	if (!file_replace(k->path, buf_str(&b), 0600, err))
		return false;
	fd_close(&k->fd);
	k->fd = open(k->path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	if (k->fd < 0)
		return err_sys(err, "%s", k->path);
	k->size = b.len;
	k->most = 2 * b.len > BUDGET_KEEP_BYTES ? 2 * b.len : BUDGET_KEEP_BYTES;
	k->broken = false;
	return true;
}

bool budget_keep_add(struct budget_ledger *l, const struct budget_asker *who, const struct budget_step *step)
{
	struct budget_keep *k = l->keep;

	if (!k)
		return true;
	/* All that is counted is in it then, this too. */
	if (k->broken || k->size > k->most) {
		bool ok = write_anew(l, NULL);

		k->most = ok ? k->most : 2 * k->size;
		if (ok || k->broken)
			return ok;
	}
	buf_clear(&k->lines);
	for (size_t i = 0; i < step->n; i++) {
		const struct budget_count *c = &step->counts[i];
		uint64_t rows = budget_changed(c);
		struct line line = { who->session, who->environment, c->relation, c->critical, false, step->back, step->minute, &rows, 1 };

		if (rows)
			write_line(&k->lines, &line);
	}
	if (k->lines.failed || !fd_write_all(k->fd, k->lines.ptr, k->lines.len, NULL)) {
		k->lines.failed = false;
		k->broken = true;
		return write_anew(l, NULL);
	}
	k->size += k->lines.len;
	return true;
}

void budget_keep_free(struct budget_keep *k)
{
	if (!k)
		return;
	fd_close(&k->fd);
	fd_close(&k->lock);
	buf_free(&k->lines);
	free(k);
}

static bool lock(struct budget_keep *k, struct err *err)
{
	char path[PATH_LEN + 8];

	snprintf(path, sizeof(path), "%s.lock", k->path);
	k->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (k->lock < 0)
		return err_sys(err, "%s", path);
	return flock(k->lock, LOCK_EX | LOCK_NB) == 0 ||
	       err_set(err, ERR_IO,
		       "another gate keeps the hour's counts in %.300s: stop it first, or give this one an XDG_STATE_HOME of its own",
		       k->path);
}

bool budget_ledger_keep(struct budget_ledger *l, const char *path, int64_t now_us, struct err *err)
{
	struct budget_keep *k = calloc(1, sizeof(*k));
	int n = k ? snprintf(k->path, sizeof(k->path), "%s", path) : -1;

	if (n < 0 || (size_t)n >= sizeof(k->path)) {
		free(k);
		return err_set(err, ERR_LIMIT, "%.300s: no memory, or too long a path", path);
	}
	k->fd = k->lock = -1;
	k->lines = BUF_MAX(LINES_MAX);
	l->keep = k; /* freed with it */
	return lock(k, err) && read_all(l, path, now_us > 0 ? now_us / BUDGET_MINUTE_US : 0, err) && write_anew(l, err);
}
