/* PostgreSQL: restored into a scratch server, every table copied out and compared, every answer asked again. */
#include <libpq-fe.h>
#include <stdlib.h>

#include "recovery/drill_exec.h"
#include "recovery/drill_beside.h"
#include "recovery/drill_rows.h"
#include "recovery/restore.h"
#include "recovery/roles.h"
#include "recovery/scratch.h"
#include "recovery/source.h"
#include "recovery/tools.h"

struct postgres {
	struct drill_run *r;
	struct scratch *server;
	PGconn *c;
	struct restore *restore;
	struct drill_beside *beside;
};

/* --- the server --- */

static bool exec(struct postgres *p, const char *sql)
{
	PGresult *one = drill_exec(p->r, p->c, sql);
	bool good =
		PQresultStatus(one) == PGRES_COMMAND_OK || PQresultStatus(one) == PGRES_TUPLES_OK;

	PQclear(one);
	return good;
}

/* Hints of a server that nobody will see again. */
static void quiet(void *ctx, const char *says)
{
	(void)ctx;
	(void)says;
}

#define AS_DUMPED                                                                                                                         \
	"-c DateStyle=ISO -c IntervalStyle=postgres -c extra_float_digits=3 -c TimeZone=UTC -c bytea_output=hex -c xmloption=content "    \
	"-c synchronize_seqscans=off"

/* How long it may take to come about, in seconds, and what it is begun with. */
struct session {
	const char *waits, *options;
};

static const struct session first = { "60", AS_DUMPED };
/* It only makes it faster: where it does not come about soon, the drill goes on without. What a row names (regclass) is written out
 * with its schema, as in the dump. */
static const struct session second = { "10", AS_DUMPED " -c search_path=" };

/* NULL only when there is no memory. May run in a thread of its own. */
static PGconn *begin(const struct postgres *p, const struct session *s)
{
	const char *const names[] = {
		"host", "port", "user", "dbname", "options", "client_encoding", "connect_timeout", NULL
	};
	const char *const values[] = { scratch_socket(p->server),
				       SCRATCH_PORT,
				       SCRATCH_USER,
				       SCRATCH_DATABASE,
				       s->options,
				       "UTF8",
				       s->waits,
				       NULL };
	PGconn *c = PQconnectdbParams(names, values, 0);

	PQsetNoticeProcessor(c, quiet, NULL);
	return c;
}

/* The first does what the dump says, and is told when that is done. */
static bool as_in_the_dump(struct drill_run *r, PGconn *c)
{
	PGresult *one = drill_exec(r, c, "SET search_path = ''");
	bool good = PQresultStatus(one) == PGRES_COMMAND_OK;

	PQclear(one);
	return good;
}

static PGconn *beside(void *ctx)
{
	PGconn *c = begin(ctx, &second);

	if (PQstatus(c) == CONNECTION_OK)
		return c;
	PQfinish(c);
	return NULL;
}

static struct pg_conn *second_of_restore(void *ctx)
{
	return (struct pg_conn *)beside(ctx);
}

static bool connect(struct postgres *p)
{
	stall_watch_fd(p->r->stall, -1);
	PQfinish(p->c);
	p->c = begin(p, &first);
	stall_watch_fd(p->r->stall, PQsocket(p->c));
	return PQstatus(p->c) == CONNECTION_OK ||
	       drill_because(p->r, DRILL_BROKE_OFF, "the scratch server does not answer: %.200s",
		       PQerrorMessage(p->c));
}

static bool start(struct postgres *p)
{
	struct scratch_opts o = { .major = tools_major(p->r->done->manifest.server),
				  .cache = p->r->ask->cache,
				  .folder = scratch_where(p->r->ask->folder, p->r->done->manifest.plain_bytes),
				  .confined = p->r->ask->confined,
				  .single = true };
	struct err err = { 0 };
	unsigned major = 0;

	if (!scratch_start(&o, &p->server, &major, &err))
		return drill_because(p->r,
			       !major		 ? DRILL_NO_SERVER
			       : major < o.major ? DRILL_OLDER_SERVER
						 : DRILL_BROKE_OFF,
			       "%s", err.msg);
	return connect(p);
}

static bool quoted(struct postgres *p, const char *before, struct str name, const char *after,
		   struct str *ret)
{
	char *q = PQescapeIdentifier(p->c, name.ptr ? name.ptr : "", name.len);

	*ret = q ? arena_fmt(p->r->arena, "%s%s%s", before, q, after) : STR_NONE;
	PQfreemem(q);
	return ret->ptr || drill_because(p->r, DRILL_BROKE_OFF, "out of memory");
}

/* Roles that own something there. */
static bool prepare(struct postgres *p)
{
	struct str sql;

	for (const struct manifest_word *w = p->r->done->manifest.roles; w; w = w->next) {
		if (str_is(w->text, SCRATCH_USER))
			continue;
		if (!quoted(p, "CREATE ROLE ", w->text, "", &sql))
			return false;
		if (!exec(p, sql.ptr))
			return drill_because(p->r, DRILL_ROLE, "role %.*s cannot be made: %.200s",
				       STR_ARG(w->text), PQerrorMessage(p->c));
	}
	for (const struct manifest_right *w = p->r->done->manifest.rights; w; w = w->next) {
		/* Who makes it all is one of them already. */
		if (str_is(w->role, SCRATCH_USER))
			continue;
		sql = roles_give(p->c, w, STR(SCRATCH_DATABASE), p->r->arena);
		if (!sql.ptr || !exec(p, sql.ptr))
			return drill_because(p->r, DRILL_ROLE, "role %.*s cannot be what it was: %.200s", STR_ARG(w->role),
					     PQerrorMessage(p->c));
	}
	return true;
}

static bool has_extension(struct postgres *p, struct str name)
{
	const char *const values[] = { arena_fmt(p->r->arena, "%.*s", STR_ARG(name)).ptr };
	PGresult *one = drill_exec_heard(p->r, p->c,
					 PQexecParams(p->c, "SELECT 1 FROM pg_available_extensions WHERE name = $1", 1, NULL, values,
						      NULL, NULL, 0));
	bool there = PQresultStatus(one) == PGRES_TUPLES_OK && PQntuples(one) == 1;

	PQclear(one);
	return there;
}

static bool extensions(struct postgres *p)
{
	bool all = true;

	for (const struct manifest_word *w = p->r->done->manifest.extensions; w; w = w->next) {
		if (!has_extension(p, w->text))
			all = drill_because(p->r, DRILL_NO_EXTENSION,
				      "the extension %.*s is not installed for the PostgreSQL "
				      "here: install it, and drill again",
				      STR_ARG(w->text));
	}
	return all;
}

/* --- restoring --- */

/* What the server had no room, no time or no disk for says nothing of the backup. */
static enum drill_code error_code(const struct restore_error *e)
{
	if (!strncmp(e->state, "08", 2) || !strncmp(e->state, "53", 2) || !strncmp(e->state, "57", 2) ||
	    !strncmp(e->state, "58", 2) || !strncmp(e->state, "XX", 2))
		return DRILL_BROKE_OFF;
	return !strcmp(e->state, "42704") && str_starts(e->says, STR("role ")) ? DRILL_ROLE
									       : DRILL_ERROR;
}

static void say_errors(struct postgres *p, const struct restore_error *e, uint64_t n)
{
	for (const struct restore_error *x = e; x; x = x->next)
		p->r->lost |= !x->state[0]; /* no server said so */
	for (; e; e = e->next)
		(void)drill_because(p->r, error_code(e), "%.*s (SQLSTATE %s, at: %.*s)", STR_ARG(e->says),
			      e->state, STR_ARG(e->on));
	if (n > RESTORE_ERRORS_MAX)
		(void)drill_because(p->r, DRILL_BROKE_OFF, "and %llu errors more",
			      (unsigned long long)(n - RESTORE_ERRORS_MAX));
}

/* No server before the first bytes were checked: most of what is wrong with a backup is told without one. */
static bool ready(struct postgres *p)
{
	if (!start(p) || !prepare(p) || !extensions(p))
		return false;
	p->restore = restore_new((struct pg_conn *)p->c, p->r->arena);
	if (!p->restore)
		return drill_because(p->r, DRILL_BROKE_OFF, "out of memory");
	restore_throw_away(p->restore);
	p->beside = drill_beside_new(p->r, beside, p);
	if (!p->beside)
		return drill_because(p->r, DRILL_BROKE_OFF, "out of memory");
	if (!restore_beside(p->restore, second_of_restore, p))
		return drill_because(p->r, DRILL_BROKE_OFF, "out of memory");
	restore_tell(p->restore, drill_beside_statement, p->beside);
	return true;
}

static bool take(void *ctx, const void *bytes, size_t n, struct err *err)
{
	struct postgres *p = ctx;

	return (p->restore || ready(p)) && restore_take(p->restore, bytes, n, err);
}

static bool restore(struct postgres *p)
{
	const struct restore_error *errors;
	struct err err = { 0 };
	uint64_t n;

	if (!drill_unpack(p->r, take, p))
		return false;
	if (!restore_end(p->restore, &errors, &n, &err))
		return drill_because(p->r, DRILL_BROKE_OFF, "%s", err.msg);
	say_errors(p, errors, n);
	return !n;
}

/* --- comparing --- */

struct copied {
	uint64_t rows;
	struct digest digest;
};

static bool copy_out(struct postgres *p, struct digest_lanes *lanes, const struct fingerprint_table *t, struct copied *ret)
{
	struct digest_tree *tree;
	bool good;

	if (!drill_rows_begin(p->c, t, p->r))
		return drill_because(p->r, DRILL_TABLE_LOST, "%.*s was not restored: %.200s", STR_ARG(t->name),
				     PQerrorMessage(p->c));
	tree = digest_tree_begin(lanes, NULL);
	if (!tree)
		return drill_because(p->r, DRILL_BROKE_OFF, "out of memory");
	good = drill_rows_read(p->c, tree, p->r->stall, NULL, &ret->rows);
	digest_tree_end(tree, &ret->digest);
	digest_lanes_wait(lanes);
	p->r->lost |= !good;
	return good || drill_because(p->r, DRILL_BROKE_OFF, "%.*s cannot be read back: %.200s", STR_ARG(t->name), PQerrorMessage(p->c));
}

static bool compare_tables(struct postgres *p)
{
	struct digest_lanes *lanes = digest_lanes_new(DIGEST_LANES_MANY);
	bool all = true;
	size_t i = 0;

	if (!lanes)
		return drill_because(p->r, DRILL_BROKE_OFF, "out of memory");
	for (const struct fingerprint_table *t = p->r->done->manifest.tables; t; t = t->next) {
		struct copied c = { .rows = t->rows, .digest = t->digest };

		if (!drill_beside_equal(p->beside, i++) && !copy_out(p, lanes, t, &c)) {
			all = false;
		} else if (c.rows != t->rows) {
			all = drill_because(p->r, DRILL_ROWS, "%.*s has %llu rows, the backup had %llu",
				      STR_ARG(t->name), (unsigned long long)c.rows,
				      (unsigned long long)t->rows);
		} else if (!digest_eq(&c.digest, &t->digest)) {
			all = drill_because(p->r, DRILL_VALUES,
				      "%.*s has as many rows as the backup had, and other values",
				      STR_ARG(t->name));
		} else {
			p->r->done->tables++;
			p->r->done->rows += c.rows;
		}
	}
	digest_lanes_free(lanes);
	return all;
}

/* Tables that nobody dumped: triggers or functions of the dump made them. */
static bool no_more_tables(struct postgres *p)
{
	PGresult *one = drill_exec(
		p->r, p->c, "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
		      "LEFT JOIN pg_depend d ON d.objid = c.oid AND d.classid = "
		      "'pg_class'::regclass AND d.deptype = 'e' "
		      "WHERE relkind = 'r' AND d.objid IS NULL AND nspname !~ '^pg_' AND nspname "
		      "<> 'information_schema'");
	uint64_t there = 0, want = 0;
	bool good = PQresultStatus(one) == PGRES_TUPLES_OK &&
		    str_to_u64(str_from(PQgetvalue(one, 0, 0)), &there);

	PQclear(one);
	for (const struct fingerprint_table *t = p->r->done->manifest.tables; t; t = t->next)
		want++;
	if (!good)
		return drill_because(p->r, DRILL_BROKE_OFF, "the tables cannot be counted: %.200s",
			       PQerrorMessage(p->c));
	return there <= want ||
	       drill_because(p->r, DRILL_TABLE_MORE, "there are %llu tables, the backup had %llu",
		       (unsigned long long)there, (unsigned long long)want);
}

static bool answer(struct postgres *p, struct str name, struct str sql, struct str want,
		   enum drill_code code)
{
	struct str text = arena_fmt(p->r->arena, "%.*s", STR_ARG(sql));
	PGresult *one = drill_exec(p->r, p->c, text.ptr);
	bool good = PQresultStatus(one) == PGRES_TUPLES_OK && PQntuples(one) == 1 &&
		    PQnfields(one) == 1;

	if (!good)
		(void)drill_because(p->r, code, "%.*s cannot be answered: %.200s", STR_ARG(name),
				    PQerrorMessage(p->c));
	else
		good = drill_answer(p->r, code, name,
				    PQgetisnull(one, 0, 0) ? STR("NULL")
							   : str_from(PQgetvalue(one, 0, 0)),
				    want);
	PQclear(one);
	return good;
}

static bool compare_answers(struct postgres *p)
{
	bool all = true;

	for (const struct manifest_invariant *i = p->r->done->manifest.invariants; i; i = i->next)
		all &= answer(p, i->name, i->sql, i->value, DRILL_INVARIANT);
	for (const struct drill_query *q = p->r->ask->queries; q; q = q->next)
		all &= answer(p, q->name, q->sql, q->expect, DRILL_QUERY);
	return all;
}

static bool whole(struct postgres *p)
{
	bool good;

	/* The dump's own settings end with its session. */
	if (!restore(p) || !connect(p))
		return false;
	good = as_in_the_dump(p->r, p->c) || drill_because(p->r, DRILL_BROKE_OFF, "%.200s", PQerrorMessage(p->c));
	if (good)
		drill_beside_end(p->beside, p->c);
	good = good && compare_tables(p);
	good = exec(p, "RESET search_path") && no_more_tables(p) && good;
	return compare_answers(p) && good;
}

static bool drill_postgres(struct drill_run *r)
{
	struct postgres p = { .r = r };
	bool good = whole(&p);

	drill_beside_free(p.beside);
	restore_free(p.restore);
	stall_watch_fd(r->stall, -1);
	PQfinish(p.c);
	scratch_stop(p.server);
	return good;
}

const struct source source_postgres = { BACKUP_POSTGRES, DUMP_POSTGRES, false, backup_postgres, drill_postgres,
						"every row and every answer equal to what was dumped" };
