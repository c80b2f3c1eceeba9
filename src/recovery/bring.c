#include "recovery/bring_inner.h"

#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "recovery/pack.h"
#include "recovery/roles.h"

struct bringing {
	const struct bring_ask *ask;
	const struct bring_place *to;
	struct arena *arena;
	struct bring_done *done;
	struct restore *restore;
	uint64_t bytes;
	bool gave; /* rights, to roles made here */
};

#define UNDO_S 120	  /* one question's silence while it is undone */
#define UP_AGAIN_S 5	  /* a server that fell over */
#define UP_AGAIN_US 500000

/* Behind what ${err} says already. */
static void PAWL_PRINTF(2, 3) say_also(struct err *err, const char *fmt, ...)
{
	size_t n = strlen(err->msg);
	va_list args;

	va_start(args, fmt);
	vsnprintf(err->msg + n, sizeof(err->msg) - n, fmt, args);
	va_end(args);
}

/* --- where to --- */

/* Anything of a user's: a relation, a function, a type, a schema. */
#define HOLDS                                                                                                                     \
	"SELECT EXISTS (SELECT FROM pg_namespace n WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND ("              \
	"nspname <> 'public' OR EXISTS (SELECT FROM pg_class WHERE relnamespace = n.oid) OR EXISTS (SELECT FROM pg_proc WHERE "    \
	"pronamespace = n.oid) OR EXISTS (SELECT FROM pg_type WHERE typnamespace = n.oid)))"

static bool yes(PGconn *c, const char *sql, const char *value, bool *ret, struct err *err)
{
	PGresult *r;
	bool good;

	bring_asks(c);
	r = value ? PQexecParams(c, sql, 1, NULL, &value, NULL, NULL, 0) : PQexec(c, sql);
	good = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1;
	if (good)
		*ret = PQgetvalue(r, 0, 0)[0] == 't';
	PQclear(r);
	return good || bring_says(c, "the server was asked", err);
}

/* By way of any database that is there: the one that is to come back may be gone. */
static PGconn *outside(const struct bring_place *p, struct err *err)
{
	static const char *const names[] = { "postgres", "template1" };
	struct bring_place as_said = *p;
	PGconn *c;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		c = bring_connect(p, str_from(names[i]), err);
		if (c)
			return c;
	}
	as_said.database = STR_NONE;
	return bring_connect(&as_said, STR_NONE, err);
}

bool bring_look(const struct bring_place *place, bool *ret_there, bool *ret_empty, struct err *err)
{
	auto_pg around = outside(place, err);
	auto_pg in = NULL;
	char name[256];
	bool there = false, holds = false;

	snprintf(name, sizeof(name), "%.*s", STR_ARG(place->database));
	if (!around || !yes(around, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name, &there, err))
		return false;
	if (there && (!(in = bring_connect(place, STR_NONE, err)) || !yes(in, HOLDS, NULL, &holds, err)))
		return false;
	*ret_there = there;
	*ret_empty = !holds;
	return true;
}

static bool quoted(PGconn *c, const char *before, struct str name, const char *after, struct err *err)
{
	char sql[600], *q = PQescapeIdentifier(c, name.ptr, name.len);
	int n = q ? snprintf(sql, sizeof(sql), "%s%s%s", before, q, after) : -1;

	PQfreemem(q);
	if (n < 0 || (size_t)n >= sizeof(sql))
		return err_set(err, ERR_LIMIT, "a name is too long");
	return bring_exec(c, sql, err);
}

/* Behind a refusal: is it for want of that attribute of the role's? */
static void say_right(PGconn *c, const char *attribute, const char *word, struct err *err)
{
	struct err ignored = { 0 };
	char sql[200];
	bool may = true;

	snprintf(sql, sizeof(sql), "SELECT rolsuper OR %s FROM pg_roles WHERE rolname = current_user", attribute);
	if (yes(c, sql, NULL, &may, &ignored) && !may)
		say_also(err, ". The role %s may not: name a server, and one who may, with --server \"host=… user=… dbname=postgres\", "
			 "or have a superuser say ALTER ROLE … %s",
			 PQuser(c), word);
}

static bool add_role(struct bringing *b, PGconn *c, struct str name, struct err *err)
{
	struct manifest_word *w;
	char text[256];
	bool there;

	snprintf(text, sizeof(text), "%.*s", STR_ARG(name));
	if (!yes(c, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", text, &there, err))
		return false;
	if (there)
		return true;
	w = ARENA_NEW(b->arena, struct manifest_word);
	if (!w || !quoted(c, "CREATE ROLE ", name, " NOLOGIN", err)) {
		say_right(c, "rolcreaterole", "CREATEROLE", err);
		return err_prefix(err, "the role %s owns something there and is not here", text);
	}
	w->text = name;
	w->next = (struct manifest_word *)(uintptr_t)b->done->made_roles;
	b->done->made_roles = w;
	return true;
}

static bool prepare(struct bringing *b, struct err *err)
{
	struct str name = b->to->database;
	bool there, empty;

	if (!bring_look(b->to, &there, &empty, err))
		return false;
	if (!empty)
		return err_set(err, ERR_DENIED, "the database %.*s is not empty: nothing is restored over what is there; "
			       "name a new one with --into", STR_ARG(name));
	auto_pg c = outside(b->to, err);
	if (!c)
		return false;
	for (const struct manifest_word *w = b->done->manifest.roles; w; w = w->next) {
		if (!add_role(b, c, w->text, err))
			return false;
	}
	if (there)
		return true;
	b->done->made = quoted(c, "CREATE DATABASE ", name, " TEMPLATE template0 ENCODING 'UTF8'", err);
	if (!b->done->made && PQstatus(c) != CONNECTION_OK)
		say_also(err, "; nobody knows whether the database %.*s was made there: look, and drop it if it is empty", STR_ARG(name));
	else if (!b->done->made)
		say_right(c, "rolcreatedb", "CREATEDB", err);
	return b->done->made;
}

/* What of our own is still at work in it, behind a connection that broke, goes first. */
static bool drop_made(struct bringing *b, const struct bring_place *at, struct err *err)
{
	auto_pg c = outside(at, err);

	if (!c || !quoted(c, "DROP DATABASE ", at->database, PQserverVersion(c) >= 130000 ? " WITH (FORCE)" : "", err))
		return false;
	b->done->made = false;
	return true;
}

/* --- what roles may while it is restored --- */

/* By us, just now: of those that were there nothing is changed. */
static bool made_here(const struct bring_done *d, struct str role)
{
	for (const struct manifest_word *w = d->made_roles; w; w = w->next) {
		if (str_eq(w->text, role))
			return true;
	}
	return false;
}

static bool to_give(const struct bring_done *d, const struct manifest_right *r)
{
	if (!made_here(d, r->role) || r->power == MANIFEST_OWNER)
		return false;
	return r->power != MANIFEST_MEMBER || str_starts(r->of, STR("pg_")) || made_here(d, r->of);
}

/* What cannot be given here, is not: whatever needs it says so. */
static bool give_rights(struct bringing *b, struct err *err)
{
	auto_pg c = outside(b->to, err);
	struct err ignored = { 0 };

	b->gave = c;
	for (const struct manifest_right *r = b->done->manifest.rights; c && r; r = r->next) {
		struct str sql = to_give(b->done, r) ? roles_give(c, r, STR_NONE, b->arena) : STR_NONE;

		if (sql.ptr && !bring_exec(c, sql.ptr, &ignored))
			continue;
	}
	return c;
}

static bool reaches_beyond(const struct bring_done *d, const struct manifest_right *r)
{
	return to_give(d, r) && (r->power != MANIFEST_MEMBER || str_starts(r->of, STR("pg_")));
}

bool bring_lower(const struct bring_place *place, const struct bring_done *done, struct arena *arena, struct err *err)
{
	static const char high[] = "SELECT rolsuper OR rolbypassrls OR EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles g ON "
				   "g.oid = m.roleid WHERE m.member = r.oid AND g.rolname ~ '^pg_') FROM pg_roles r WHERE rolname = $1";
	auto_pg c = done->made_roles ? outside(place, err) : NULL;
	bool good = c || !done->made_roles;

	for (const struct manifest_right *r = done->manifest.rights; c && r; r = r->next) {
		struct str name = arena_fmt(arena, "%.*s", STR_ARG(r->role)), sql;
		bool is = true;

		if (!reaches_beyond(done, r))
			continue;
		sql = roles_take_away(c, r, arena);
		if (!name.ptr || !sql.ptr)
			good = err_set(err, ERR_LIMIT, "no memory to take rights away from %.*s", STR_ARG(r->role));
		else if (!yes(c, high, name.ptr, &is, err) || (is && !bring_exec(c, sql.ptr, err)))
			good = false;
	}
	return good;
}

/* --- undone --- */

static void say_roles(const struct bringing *b, const struct err *why, struct err *err)
{
	auto_buf names = BUF_MAX(200);
	struct str last = STR_NONE;

	for (const struct manifest_right *r = b->done->manifest.rights; r; r = r->next) {
		if (!reaches_beyond(b->done, r) || str_eq(r->role, last))
			continue;
		buf_addf(&names, "%s%.*s", names.len ? ", " : "", STR_ARG(r->role));
		last = r->role;
	}
	if (last.len)
		say_also(err, "; and roles made there may keep what they may while it is restored, such as SUPERUSER (%.*s): take it "
			 "away (%.150s)",
			 names.failed ? 8 : (int)names.len, names.failed ? "too many" : names.ptr, why->msg);
}

static bool up_again(const struct bring_place *at, struct err *err)
{
	int64_t until = stall_clock() + UP_AGAIN_S;

	for (;;) {
		auto_pg c = outside(at, err);

		if (c || stall_clock() >= until)
			return c;
		usleep(UP_AGAIN_US);
	}
}

/* With a watch of its own: behind one that is over every connection is ended. */
static void undo(struct bringing *b, struct err *err)
{
	struct bring_place at = *b->to;
	struct err why = { 0 };
	bool up;

	if (!b->gave && !b->done->made)
		return;
	at.stall = NULL;
	up = stall_begin(UNDO_S, &at.stall, &why);
	stall_undoes(at.stall);
	up = up && up_again(&at, &why);
	if (b->gave && !(up && bring_lower(&at, b->done, b->arena, &why)))
		say_roles(b, &why, err);
	if (b->done->made && !(up && drop_made(b, &at, &why)))
		say_also(err, "; and the database %.*s, made there and not whole, could not be dropped: drop it (%.150s)",
			 STR_ARG(at.database), why.msg);
	stall_end(at.stall);
}

/* --- the dump --- */

static bool take(void *ctx, const void *p, size_t n, struct err *err)
{
	struct bringing *b = ctx;

	b->bytes += n;
	stall_moved(b->to->stall);
	if (b->ask->progress.tell)
		b->ask->progress.tell(b->ask->progress.ctx, b->bytes, b->done->manifest.plain_bytes);
	return restore_take(b->restore, p, n, err);
}

/* One statement after another is no silence, be they of one piece of the dump. */
static void moves(void *ctx, struct str text, uint64_t tables)
{
	struct bringing *b = ctx;

	(void)text;
	(void)tables;
	stall_moved(b->to->stall);
}

static bool stream(struct bringing *b, struct err *err)
{
	const struct manifest *m = &b->done->manifest;
	struct unpack_from from = { b->ask->vault, b->ask->filter, m, DUMP_POSTGRES, b->arena, NULL };
	struct fingerprint_found found;
	auto_pg c = bring_connect(b->to, STR_NONE, err);
	bool good;

	if (!c)
		return false;
	b->restore = restore_new((struct pg_conn *)c, b->arena);
	if (!b->restore)
		return err_set(err, ERR_LIMIT, "no memory to restore with");
	restore_only(b->restore, b->ask->table);
	restore_tell(b->restore, moves, b);
	good = unpack(&from, take, b, &found, err) && restore_end(b->restore, &b->done->errors, &b->done->n_errors, err);
	restore_free(b->restore);
	b->restore = NULL;
	return good;
}

static bool no_errors(const struct bringing *b, struct err *err)
{
	const struct restore_error *e = b->done->errors;

	if (!b->done->n_errors || b->ask->table.len)
		return true;
	if (b->to->closed) /* a value stands in a message, or in quotes */
		return err_set(err, ERR_TOOL, "%llu thing%s of the backup could not be restored; the first: SQLSTATE %s, at: %.*s",
			       (unsigned long long)b->done->n_errors, b->done->n_errors == 1 ? "" : "s", e ? e->state : "",
			       STR_ARG(e ? str_sub(e->on, 0, str_find_char(e->on, '\'')) : STR_NONE));
	return err_set(err, ERR_TOOL, "%llu thing%s of the backup could not be restored; the first: %.*s (%s, at: %.*s)",
		       (unsigned long long)b->done->n_errors, b->done->n_errors == 1 ? "" : "s", STR_ARG(e ? e->says : STR_NONE),
		       e ? e->state : "", STR_ARG(e ? e->on : STR_NONE));
}

/* --- is it what the manifest says? --- */

static bool compare_one(struct bringing *b, PGconn *c, const struct fingerprint_table *t, struct err *err)
{
	struct digest_lanes *lanes;
	struct digest_tree *tree;
	struct digest found;
	uint64_t rows = 0;
	bool there;
	char *row;
	int n;

	if (!bring_copy(c, t->name, t->columns, b->arena, &there, err))
		return false;
	if (!there)
		return err_set(err, ERR_BROKEN, "%.*s was not restored", STR_ARG(t->name));
	lanes = digest_lanes_new(DIGEST_LANES_MANY);
	tree = lanes ? digest_tree_begin(lanes, NULL) : NULL;
	if (!tree) {
		digest_lanes_free(lanes);
		return err_set(err, ERR_LIMIT, "no memory to compare with");
	}
	for (; (n = bring_row(c, &row, err)) > 0; rows++) {
		digest_tree_add(tree, row, (size_t)n);
		PQfreemem(row);
	}
	digest_tree_end(tree, &found);
	digest_lanes_wait(lanes);
	digest_lanes_free(lanes);
	if (n < 0)
		return false;
	if (rows != t->rows || !digest_eq(&found, &t->digest))
		return err_set(err, ERR_BROKEN, "%.*s came back with %llu rows and is not what the manifest says (%llu rows)",
			       STR_ARG(t->name), (unsigned long long)rows, (unsigned long long)t->rows);
	return true;
}

static bool compare_all(struct bringing *b, struct err *err)
{
	struct bring_table **at = &b->done->tables;
	auto_pg c = bring_connect(b->to, STR_NONE, err);

	if (!c)
		return false;
	for (const struct fingerprint_table *t = b->done->manifest.tables; t; t = t->next) {
		struct bring_table *one;

		if (b->ask->table.len && !str_eq(t->name, b->ask->table))
			continue;
		if (!compare_one(b, c, t, err))
			return false;
		one = ARENA_NEW(b->arena, struct bring_table);
		if (!one)
			return err_set(err, ERR_LIMIT, "no memory to compare with");
		*one = (struct bring_table){ .name = t->name, .columns = t->columns, .rows = t->rows };
		b->done->rows += t->rows;
		*at = one;
		at = &one->next;
	}
	return true;
}

bool bring_back(const struct bring_ask *ask, const struct bring_place *to, struct arena *arena, struct bring_done *ret, struct err *err)
{
	struct bring_done done = { .made = false };
	struct bringing b = { .ask = ask, .to = to, .arena = arena, .done = &done };
	bool good;

	if (!backup_manifest(ask->vault, ask->target, ask->id, ask->key, arena, &done.manifest, err))
		return false;
	if (done.manifest.kind != BACKUP_POSTGRES)
		return err_set(err, ERR_INPUT, "%.*s is a backup of kind %.*s: --out FILE gets it back as it was", STR_ARG(ask->target),
			       STR_ARG(backup_kind_name(done.manifest.kind)));
	if (ask->table.len && !bring_named(&done.manifest, ask->table, ask->live ? ask->live : to, arena, err))
		return false;
	good = prepare(&b, err) && give_rights(&b, err) && stream(&b, err) && no_errors(&b, err) && compare_all(&b, err);
	good = good && (ask->keeps_rights || bring_lower(to, &done, arena, err));
	if (!good && stall_over(to->stall))
		stall_why(to->stall, "the server", err);
	if (!good && !ask->keeps_rights)
		undo(&b, err);
	if (!good)
		return false;
	*ret = done;
	return true;
}
