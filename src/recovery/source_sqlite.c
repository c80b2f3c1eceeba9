/* SQLite: a read transaction is the snapshot; the owner's questions and every table's rows are read in it, and SQLite's own
 * backup copies its pages, so that a WAL beside the file, or a writer, changes nothing. The drill opens what came back and asks again.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "recovery/source.h"

#define PATH_LEN 4096
#define CHUNK ((size_t)128 << 10)
#define STEP_PAGES 1024
#define BUSY_MS 10000
#define NAMELESS_LEN 64
#define OPS 100000 /* of SQLite's machine between two looks at the clock: about a millisecond */
#define MANY_ROWS 1024

static bool refused(sqlite3 *db, const char *what, struct err *err)
{
	if (db && (sqlite3_errcode(db) & 0xff) == SQLITE_INTERRUPT)
		return err_set(err, ERR_TOOL, "%s: it took too long, and was broken off", what);
	return err_set(err, ERR_TOOL, "%s: %s", what, db ? sqlite3_errmsg(db) : "no memory");
}

/* --- a file without a name: whatever ends us, no clear copy of the database stays --- */

static int nameless(const char *folder, struct err *err)
{
	char path[PATH_LEN];
	int fd;

	snprintf(path, sizeof(path), "%s/pawl-sqlite-XXXXXX", folder);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0 || unlink(path) != 0) {
		(void)err_sys(err, "%s", path);
		fd_close(&fd);
	}
	return fd;
}

/* SQLite would follow the link, to a name that is gone. */
static int as_it_is(sqlite3_vfs *vfs, const char *name, int n, char *ret)
{
	(void)vfs;
	return snprintf(ret, (size_t)n, "%s", name) < n ? SQLITE_OK : SQLITE_CANTOPEN;
}

#define BY_NUMBER "/proc/self/fd/"

/* Nor would it open what is a link. */
static int open_it(const char *name, int flags, int mode)
{
	return open(name, strncmp(name, BY_NUMBER, strlen(BY_NUMBER)) ? flags : flags & ~O_NOFOLLOW, mode);
}

static const char *by_number(void)
{
	static sqlite3_vfs vfs;
	sqlite3_vfs *usual = sqlite3_vfs_find(NULL);

	if (vfs.zName || !usual)
		return vfs.zName;
	vfs = *usual;
	vfs.pNext = NULL;
	vfs.zName = "pawl";
	vfs.xFullPathname = as_it_is;
	if (vfs.iVersion < 3 || vfs.xSetSystemCall(&vfs, "open", (sqlite3_syscall_ptr)open_it) != SQLITE_OK ||
	    sqlite3_vfs_register(&vfs, 0) != SQLITE_OK)
		vfs.zName = NULL;
	return vfs.zName;
}

/* An error code of SQLite's. ${flags}: as of sqlite3_open_v2; ${more}: behind the name in its URI. */
static int open_nameless(int fd, const char *more, int flags, sqlite3 **ret)
{
	char uri[NAMELESS_LEN];
	const char *vfs = by_number();

	snprintf(uri, sizeof(uri), "file:" BY_NUMBER "%d%s", fd, more);
	return vfs ? sqlite3_open_v2(uri, ret, flags | SQLITE_OPEN_URI, vfs) : SQLITE_NOMEM;
}

/* --- asking --- */

static int given_up(void *stall)
{
	return stall_over(stall);
}

/* Whatever it is asked ends when we are given up: with SQLITE_INTERRUPT. */
static void watch(sqlite3 *db, struct stall *stall)
{
	sqlite3_progress_handler(db, OPS, given_up, stall);
}

/* One row with one value, as text. */
static bool value(sqlite3 *db, struct str sql, struct arena *arena, struct str *ret, struct err *err)
{
	sqlite3_stmt *s = NULL;
	bool good = sql.len < 1 << 20 &&
		    sqlite3_prepare_v2(db, sql.ptr, (int)sql.len, &s, NULL) == SQLITE_OK && s;

	if (!good || sqlite3_step(s) != SQLITE_ROW || sqlite3_column_count(s) != 1) {
		good = refused(db, "one row with one value is wanted", err);
	} else if (sqlite3_column_type(s, 0) == SQLITE_NULL) {
		*ret = STR("NULL");
	} else {
		*ret = arena_fmt(arena, "%s", (const char *)sqlite3_column_text(s, 0));
		good = ret->ptr || err_set(err, ERR_LIMIT, "no memory for an answer");
	}
	if (good && sqlite3_step(s) != SQLITE_DONE)
		good = err_set(err, ERR_INPUT, "more than one row");
	sqlite3_finalize(s);
	return good;
}

static void add_value(struct digest_tree *d, sqlite3_stmt *s, int i)
{
	int type = sqlite3_column_type(s, i);
	double real = sqlite3_column_double(s, i);
	const void *p = type == SQLITE_BLOB ? sqlite3_column_blob(s, i) : sqlite3_column_text(s, i);
	size_t n = type == SQLITE_NULL ? 0 : (size_t)sqlite3_column_bytes(s, i);
	unsigned char head[9] = { (unsigned char)('0' + type) };

	/* As text two numbers may look alike. */
	if (type == SQLITE_FLOAT) {
		p = &real;
		n = sizeof(real);
	}
	for (size_t k = 0; k < 8; k++)
		head[1 + k] = (unsigned char)((uint64_t)n >> (56 - 8 * k));
	digest_tree_add(d, head, sizeof(head));
	digest_tree_add(d, p, n);
}

/* In the order of its pages: the copy has the same. */
static bool fingerprint_of(sqlite3 *db, struct stall *stall, struct fingerprint_table *t, struct err *err)
{
	char *sql = sqlite3_mprintf("SELECT * FROM \"%w\"", t->name.ptr);
	sqlite3_stmt *s = NULL;
	struct digest_lanes *lanes = digest_lanes_new(DIGEST_LANES_MANY);
	struct digest_tree *d = lanes ? digest_tree_begin(lanes, NULL) : NULL;
	int code = sql && d ? sqlite3_prepare_v2(db, sql, -1, &s, NULL) : SQLITE_NOMEM;

	while (code == SQLITE_OK || code == SQLITE_ROW) {
		code = sqlite3_step(s);
		if (code != SQLITE_ROW)
			break;
		for (int i = 0; i < sqlite3_column_count(s); i++) {
			add_value(d, s, i);
			t->bytes += (uint64_t)sqlite3_column_bytes(s, i);
		}
		if (++t->rows % MANY_ROWS == 0)
			stall_moved(stall);
	}
	stall_moved(stall);
	if (d) {
		digest_tree_end(d, &t->digest);
		digest_lanes_wait(lanes);
	}
	digest_lanes_free(lanes);
	sqlite3_finalize(s);
	sqlite3_free(sql);
	return code == SQLITE_DONE || refused(db, t->name.ptr, err);
}

static bool tables(sqlite3 *db, struct stall *stall, struct arena *arena, const struct fingerprint_table **ret,
		   struct err *err)
{
	const struct fingerprint_table **end = ret;
	sqlite3_stmt *s = NULL;
	bool good = true;
	int code = sqlite3_prepare_v2(
		db,
		"SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE "
		"'\\' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name",
		-1, &s, NULL);

	*ret = NULL;
	while (good && (code == SQLITE_OK || code == SQLITE_ROW)) {
		struct fingerprint_table *t;

		code = sqlite3_step(s);
		if (code != SQLITE_ROW)
			break;
		t = arena_alloc(arena, sizeof(*t));
		if (!t) {
			good = err_set(err, ERR_LIMIT, "more tables than can be remembered");
			break;
		}
		*t = (struct fingerprint_table){
			.name = arena_fmt(arena, "%s", (const char *)sqlite3_column_text(s, 0))
		};
		good = t->name.ptr ? fingerprint_of(db, stall, t, err)
				   : err_set(err, ERR_LIMIT, "more tables than can be remembered");
		*end = t;
		end = (const struct fingerprint_table **)(uintptr_t)&t->next;
	}
	sqlite3_finalize(s);
	return good && (code == SQLITE_DONE || refused(db, "tables", err));
}

static const struct backup_question of_objects = {
	STR_INIT("objects"),
	STR_INIT("SELECT group_concat(type || ' ' || n, ', ') FROM (SELECT type, count(*) n FROM sqlite_schema GROUP "
		 "BY type ORDER BY type)"),
	NULL
};

static bool answers(sqlite3 *db, struct backup_run *r, struct err *err)
{
	const struct manifest_invariant **end = &r->m->invariants;
	struct backup_question first = of_objects;

	first.next = (struct backup_question *)(uintptr_t)r->ask->questions;
	for (const struct backup_question *q = &first; q; q = q->next) {
		struct manifest_invariant *i = arena_alloc(r->arena, sizeof(*i));

		if (!i)
			return err_set(err, ERR_LIMIT, "no memory to take a backup");
		*i = (struct manifest_invariant){ .name = q->name, .sql = q->sql };
		if (!value(db, q->sql, r->arena, &i->value, err))
			return err_prefix(err, "invariant %.*s", STR_ARG(q->name));
		stall_moved(r->stall);
		*end = i;
		end = (const struct manifest_invariant **)(uintptr_t)&i->next;
	}
	return true;
}

/* --- taking --- */

static bool copy_pages(sqlite3 *from, struct stall *stall, int fd, struct err *err)
{
	sqlite3 *to = NULL;
	sqlite3_backup *b = NULL;
	int code = open_nameless(fd, "", SQLITE_OPEN_READWRITE, &to);

	/* A journal would have a name, and be of no use. */
	if (code == SQLITE_OK)
		code = sqlite3_exec(to, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", NULL, NULL, NULL);
	if (code == SQLITE_OK)
		b = sqlite3_backup_init(to, "main", from, "main");
	for (code = b ? SQLITE_OK : SQLITE_ERROR; code == SQLITE_OK; stall_moved(stall))
		code = stall_over(stall) ? SQLITE_INTERRUPT : sqlite3_backup_step(b, STEP_PAGES);
	if (code != SQLITE_DONE)
		(void)err_set(err, ERR_TOOL, "its pages cannot be copied: %s",
			      b ? sqlite3_errstr(code) : to ? sqlite3_errmsg(to) : "no memory");
	sqlite3_backup_finish(b);
	sqlite3_close(to);
	return code == SQLITE_DONE;
}

static bool stream_file(struct backup_run *r, int fd, struct err *err)
{
	char *p = malloc(CHUNK);
	bool good = p || err_set(err, ERR_LIMIT, "no memory to read a backup");
	ssize_t n = 1;

	while (good && (n = read(fd, p, CHUNK)) > 0)
		good = backup_chunk(r, p, (size_t)n, err);
	if (n < 0)
		good = err_sys(err, "its copy");
	free(p);
	return good;
}

static bool snapshot(sqlite3 *db, struct backup_run *r, int copy, struct err *err)
{
	struct str pages;

	watch(db, r->stall);
	if (sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK ||
	    !value(db, STR("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"), r->arena,
		   &pages, err))
		return refused(db, "it cannot be read", err);
	r->m->taken_us = clock_now_us();
	if (!str_to_u64(pages, &r->about))
		r->about = 0;
	return answers(db, r, err) && tables(db, r->stall, r->arena, &r->m->tables, err) &&
	       copy_pages(db, r->stall, copy, err) && stream_file(r, copy, err);
}

static bool take_sqlite(struct backup_run *r, struct err *err)
{
	char file[PATH_LEN];
	const char *tmp = getenv("TMPDIR");
	sqlite3 *db = NULL;
	auto_fd copy = nameless(tmp ? tmp : "/var/tmp", err);
	bool good;

	if (copy < 0)
		return false;
	snprintf(file, sizeof(file), "%.*s", STR_ARG(r->ask->connect));
	r->m->server = r->m->tool = arena_fmt(r->arena, "SQLite %s", sqlite3_libversion());
	if (!r->m->host.len)
		r->m->host = r->ask->connect;
	good = (sqlite3_open_v2(file, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
		sqlite3_busy_timeout(db, BUSY_MS) == SQLITE_OK) ||
	       refused(db, "it cannot be opened", err);
	good = good && snapshot(db, r, copy, err);
	good = good || err_prefix(err, "%s", file);
	sqlite3_close(db);
	return good;
}

/* --- drilling --- */

struct restored {
	struct drill_run *r;
	int fd;
};

static bool write_down(void *ctx, const void *p, size_t n, struct err *err)
{
	struct restored *f = ctx;

	return fd_write_all(f->fd, p, n, err) ||
	       drill_because(f->r, DRILL_BROKE_OFF, "there is no room to restore it: %s", err->msg);
}

/* What this machine lacks says nothing of the backup. */
static enum drill_code or_unknown(sqlite3 *db, enum drill_code code)
{
	int why = sqlite3_errcode(db) & 0xff;

	return why == SQLITE_NOMEM || why == SQLITE_FULL || why == SQLITE_CANTOPEN || why == SQLITE_INTERRUPT ? DRILL_BROKE_OFF : code;
}

static bool whole_pages(struct drill_run *r, sqlite3 *db)
{
	struct err err = { 0 };
	struct str says = STR_NONE;

	if (!value(db, STR("SELECT group_concat(integrity_check, '; ') FROM pragma_integrity_check(5)"),
		   r->arena, &says, &err))
		return drill_because(r, or_unknown(db, DRILL_ERROR), "it is no database that SQLite can read: %s",
				     err.msg);
	return str_is(says, "ok") ||
	       drill_because(r, DRILL_ERROR, "integrity_check: %.*s", STR_ARG(says));
}

static bool answer(struct drill_run *r, sqlite3 *db, enum drill_code code,
		   const struct manifest_invariant *i)
{
	struct err err = { 0 };
	struct str got = STR_NONE;

	stall_moved(r->stall);
	return value(db, i->sql, r->arena, &got, &err)
		       ? drill_answer(r, code, i->name, got, i->value)
		       : drill_because(r, or_unknown(db, code), "%.*s cannot be answered: %s", STR_ARG(i->name),
				       err.msg);
}

static bool compare(struct drill_run *r, sqlite3 *db)
{
	const struct fingerprint_table *found = NULL;
	struct err err = { 0 };
	bool all;

	watch(db, r->stall);
	all = whole_pages(r, db);
	if (!tables(db, r->stall, r->arena, &found, &err))
		return drill_because(r, err.code == ERR_LIMIT ? DRILL_BROKE_OFF : or_unknown(db, DRILL_ERROR), "%s", err.msg);
	all &= drill_same_tables(r, "what was restored", found);
	for (; all && found; found = found->next) {
		r->done->tables++;
		r->done->rows += found->rows;
	}
	for (const struct manifest_invariant *i = r->done->manifest.invariants; i; i = i->next)
		all &= answer(r, db, DRILL_INVARIANT, i);
	for (const struct drill_query *q = r->ask->queries; q; q = q->next) {
		const struct manifest_invariant i = { q->name, q->sql, q->expect, NULL };

		all &= answer(r, db, DRILL_QUERY, &i);
	}
	return all;
}

/* Nothing else writes to it, and nothing in it is trusted. */
static bool open_restored(struct drill_run *r, int fd, sqlite3 **ret)
{
	if (open_nameless(fd, "?immutable=1", SQLITE_OPEN_READONLY, ret) != SQLITE_OK ||
	    sqlite3_db_config(*ret, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL) != SQLITE_OK)
		return drill_because(r, DRILL_BROKE_OFF, "it cannot be opened: %s",
				     *ret ? sqlite3_errmsg(*ret) : "no memory");
	return true;
}

static bool drill_sqlite(struct drill_run *r)
{
	struct restored f = { .r = r };
	char folder[PATH_LEN];
	struct err err = { 0 };
	sqlite3 *db = NULL;
	bool good;

	snprintf(folder, sizeof(folder), "%.*s", STR_ARG(r->ask->folder));
	f.fd = nameless(folder, &err);
	if (f.fd < 0)
		return drill_because(r, DRILL_BROKE_OFF, "nothing can be restored there: %s", err.msg);
	good = drill_unpack(r, write_down, &f) && open_restored(r, f.fd, &db) && compare(r, db);
	sqlite3_close(db);
	fd_close(&f.fd);
	return good;
}

const struct source source_sqlite = { BACKUP_SQLITE, DUMP_BYTES, true, take_sqlite, drill_sqlite,
						"every row and every answer equal to what was copied" };
