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

static bool refused(sqlite3 *db, const char *what, struct err *err)
{
	return err_set(err, ERR_TOOL, "%s: %s", what, db ? sqlite3_errmsg(db) : "no memory");
}

/* --- asking --- */

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
static bool fingerprint_of(sqlite3 *db, struct fingerprint_table *t, struct err *err)
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
		t->rows++;
	}
	if (d) {
		digest_tree_end(d, &t->digest);
		digest_lanes_wait(lanes);
	}
	digest_lanes_free(lanes);
	sqlite3_finalize(s);
	sqlite3_free(sql);
	return code == SQLITE_DONE || refused(db, t->name.ptr, err);
}

static bool tables(sqlite3 *db, struct arena *arena, const struct fingerprint_table **ret,
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
		good = t->name.ptr ? fingerprint_of(db, t, err)
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
		*end = i;
		end = (const struct manifest_invariant **)(uintptr_t)&i->next;
	}
	return true;
}

/* --- taking --- */

static bool copy_pages(sqlite3 *from, const char *path, struct err *err)
{
	sqlite3 *to = NULL;
	sqlite3_backup *b = NULL;
	int code = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE, NULL);

	if (code == SQLITE_OK)
		b = sqlite3_backup_init(to, "main", from, "main");
	for (code = b ? SQLITE_OK : SQLITE_ERROR; code == SQLITE_OK;)
		code = sqlite3_backup_step(b, STEP_PAGES);
	if (code != SQLITE_DONE)
		(void)err_set(err, ERR_TOOL, "its pages cannot be copied: %s",
			      b ? sqlite3_errstr(code) : to ? sqlite3_errmsg(to) : "no memory");
	sqlite3_backup_finish(b);
	sqlite3_close(to);
	return code == SQLITE_DONE;
}

static bool stream_file(struct backup_run *r, const char *path, struct err *err)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	char *p = malloc(CHUNK);
	bool good = p && fd >= 0;
	ssize_t n = 1;

	if (!good)
		(void)err_sys(err, "%s", path);
	while (good && (n = read(fd, p, CHUNK)) > 0)
		good = backup_chunk(r, p, (size_t)n, err);
	if (n < 0)
		good = err_sys(err, "%s", path);
	free(p);
	return good;
}

static bool snapshot(sqlite3 *db, struct backup_run *r, const char *copy, struct err *err)
{
	struct str pages;

	if (sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK ||
	    !value(db, STR("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"), r->arena,
		   &pages, err))
		return refused(db, "it cannot be read", err);
	r->m->taken_us = clock_now_us();
	if (!str_to_u64(pages, &r->about))
		r->about = 0;
	return answers(db, r, err) && tables(db, r->arena, &r->m->tables, err) &&
	       copy_pages(db, copy, err) && stream_file(r, copy, err);
}

static bool take_sqlite(struct backup_run *r, struct err *err)
{
	char file[PATH_LEN], copy[PATH_LEN];
	const char *tmp = getenv("TMPDIR");
	sqlite3 *db = NULL;
	auto_fd fd = -1;
	bool good;

	snprintf(file, sizeof(file), "%.*s", STR_ARG(r->ask->connect));
	snprintf(copy, sizeof(copy), "%s/pawl-sqlite-XXXXXX", tmp ? tmp : "/var/tmp");
	fd = mkostemp(copy, O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "%s", copy);
	r->m->server = r->m->tool = arena_fmt(r->arena, "SQLite %s", sqlite3_libversion());
	if (!r->m->host.len)
		r->m->host = r->ask->connect;
	good = (sqlite3_open_v2(file, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
		sqlite3_busy_timeout(db, BUSY_MS) == SQLITE_OK) ||
	       refused(db, "it cannot be opened", err);
	good = (good && snapshot(db, r, copy, err)) || err_prefix(err, "%s", file);
	sqlite3_close(db);
	unlink(copy);
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

static bool whole_pages(struct drill_run *r, sqlite3 *db)
{
	struct err err = { 0 };
	struct str says = STR_NONE;

	if (!value(db, STR("SELECT group_concat(integrity_check, '; ') FROM pragma_integrity_check(5)"),
		   r->arena, &says, &err))
		return drill_because(r, DRILL_ERROR, "it is no database that SQLite can read: %s",
				     err.msg);
	return str_is(says, "ok") ||
	       drill_because(r, DRILL_ERROR, "integrity_check: %.*s", STR_ARG(says));
}

static bool answer(struct drill_run *r, sqlite3 *db, enum drill_code code,
		   const struct manifest_invariant *i)
{
	struct err err = { 0 };
	struct str got = STR_NONE;

	return value(db, i->sql, r->arena, &got, &err)
		       ? drill_answer(r, code, i->name, got, i->value)
		       : drill_because(r, code, "%.*s cannot be answered: %s", STR_ARG(i->name),
				       err.msg);
}

static bool compare(struct drill_run *r, sqlite3 *db)
{
	const struct fingerprint_table *found = NULL;
	struct err err = { 0 };
	bool all = whole_pages(r, db);

	if (!tables(db, r->arena, &found, &err))
		return drill_because(r, DRILL_ERROR, "%s", err.msg);
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
static bool open_restored(struct drill_run *r, const char *path, sqlite3 **ret)
{
	char uri[PATH_LEN + 32];

	snprintf(uri, sizeof(uri), "file:%s?immutable=1", path);
	if (sqlite3_open_v2(uri, ret, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) != SQLITE_OK ||
	    sqlite3_db_config(*ret, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL) != SQLITE_OK)
		return drill_because(r, DRILL_ERROR, "it cannot be opened: %s",
				     *ret ? sqlite3_errmsg(*ret) : "no memory");
	return true;
}

static bool drill_sqlite(struct drill_run *r)
{
	struct restored f = { .r = r };
	char path[PATH_LEN];
	sqlite3 *db = NULL;
	bool good;

	snprintf(path, sizeof(path), "%.*s/pawl-sqlite-XXXXXX", STR_ARG(r->ask->folder));
	f.fd = mkostemp(path, O_CLOEXEC);
	if (f.fd < 0)
		return drill_because(r, DRILL_BROKE_OFF, "%s: nothing can be restored there", path);
	good = drill_unpack(r, write_down, &f) && open_restored(r, path, &db) && compare(r, db);
	sqlite3_close(db);
	fd_close(&f.fd);
	unlink(path);
	return good;
}

const struct source source_sqlite = { BACKUP_SQLITE, DUMP_BYTES, true, take_sqlite, drill_sqlite };
