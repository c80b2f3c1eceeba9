#include "gate/postgres/statement.h"

#include "core/judge.h"
#include "core/policy_budget.h"
#include "gate/postgres/statement_inner.h"

#define JUDGED_MAX 200 /* changes of one statement judged one by one; more are asked about */

bool statement_has(const struct change *c, enum sql_meaning means)
{
	return str_eq(c->finding, sql_finding(means)->code);
}

bool statement_next(const struct weighing *w, const struct statement *s, struct statement_each *e)
{
	if (!e->chunk) {
		size_t skip = s->first_change;

		e->chunk = w->answer->changes.first;
		while (e->chunk && skip >= e->chunk->n) {
			skip -= e->chunk->n;
			e->chunk = e->chunk->next;
		}
		e->at = skip;
	}
	while (e->chunk && e->at >= e->chunk->n) {
		e->chunk = e->chunk->next;
		e->at = 0;
	}
	if (!e->chunk || e->seen >= s->n_changes)
		return false;
	e->change = &e->chunk->item[e->at++];
	e->seen++;
	return true;
}

/* --- what the policy says --- */

/* Rows named by a WHERE, rows added: what budgets and the witness bound, and what a tightened credential may still do. */
static bool bounded(const struct change *c)
{
	static const enum sql_meaning rows[] = { SQL_MEANS_READ,   SQL_MEANS_ROW_LOCK, SQL_MEANS_NEXTVAL, SQL_MEANS_INSERT,
						 SQL_MEANS_UPDATE, SQL_MEANS_DELETE,   SQL_MEANS_UPSERT };

	if (c->kind == CHANGE_READ)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (statement_has(c, rows[i]))
			return true;
	}
	return false;
}

/* Of those, what a policy may want kept nevertheless. */
static bool replaces_rows(const struct change *c)
{
	return statement_has(c, SQL_MEANS_UPDATE) || statement_has(c, SQL_MEANS_DELETE) || statement_has(c, SQL_MEANS_UPSERT);
}

static void locate(const struct weighing *w, struct change *c)
{
	if (!w->c->upstream)
		return;
	c->place = &w->c->upstream->place;
	c->environment = w->c->upstream->environment;
}

struct weighed {
	enum verdict verdict;
	const struct change *denied;
	struct rule_ref rule;
	bool destroys; /* allowed, and something may have to be kept first */
	bool writes;   /* no plain read */
};

static struct weighed judge_all(const struct weighing *w, const struct statement *s)
{
	struct request request = { .gate = GATE_POSTGRES, .tool = STR("postgresql"), .principal.kind = PRINCIPAL_AGENT };
	struct evidence evidence = { .now_us = 0, .frozen = w->c->host->frozen && w->c->host->frozen(w->c->host->ctx) };
	struct weighed all = { .verdict = VERDICT_ALLOW };
	bool rows_too = policy_trash(w->c->host->policy).bounded;
	size_t n = 0;

	if (w->c->session)
		request.principal.name = w->c->session->name;
	if (w->c->upstream)
		request.place = w->c->upstream->place;
	if (!w->several)
		request.changes = w->answer->changes;
	STATEMENT_EACH(e, w, s) {
		struct judged_change j;

		locate(w, e.change);
		if (n++ >= JUDGED_MAX) {
			all.verdict = verdict_stricter(all.verdict, VERDICT_HOLD);
			break;
		}
		j = judge_change(w->c->host->policy, &request, &evidence, e.change);
		all.writes = all.writes || e.change->kind != CHANGE_READ || !statement_has(e.change, SQL_MEANS_SEARCH_PATH);
		all.destroys = all.destroys || (rows_too && replaces_rows(e.change)) ||
			       (change_is_destructive(e.change) && !bounded(e.change));
		if (j.verdict != VERDICT_ALLOW && j.verdict != VERDICT_HOLD && !all.denied) {
			all.denied = e.change;
			all.rule = j.rule;
		}
		all.verdict = verdict_stricter(all.verdict, j.verdict);
	}
	return all;
}

static bool tightened(const struct weighing *w, const struct statement *s, const struct change **ret)
{
	const struct database_host *h = w->c->host;

	if (!h->tightened || !w->c->session)
		return false;
	STATEMENT_EACH(e, w, s) {
		if (bounded(e.change))
			continue;
		*ret = e.change;
		return h->tightened(h->ctx, w->c->session);
	}
	return false;
}

/* --- rulings --- */

/* Nothing runs yet: what it would do is asked about where it is executed. What is denied outright is refused here. */
static void prepares(const struct weighing *w, struct statement *s)
{
	struct weighed all = judge_all(w, s);

	if (all.verdict == VERDICT_ALLOW || all.verdict == VERDICT_HOLD) {
		s->prepares = s->shape->name;
		s->ruling = RULING_SESSION;
	} else {
		statement_denied(w, s, all.denied ? all.denied : &(struct change){ .kind = CHANGE_OPAQUE }, &all.rule);
	}
}

static enum ruling sent(const struct weighing *w, const struct statement *s)
{
	if (statement_sets(s))
		return RULING_SESSION;
	return statement_alone(w, s) && !w->c->in_transaction ? RULING_ALONE : RULING_WRITE;
}

static void by_policy(const struct weighing *w, struct statement *s)
{
	/* What is made to be thrown away is not kept, and nobody asked. */
	bool keeps = w->c->environment.kind != ENVIRONMENT_SCRATCH && policy_trash(w->c->host->policy).on;
	const struct change *stopped = NULL;
	struct weighed all;

	if (tightened(w, s, &stopped)) {
		struct str why = arena_fmt(w->arena, "refused before, so this credential may only read, and change rows that a WHERE "
						     "names: %.*s", STR_ARG(statement_about(w, s, stopped)));

		statement_refuse(w, s, "PW005", why, STR("Do not retry, on this connection or another: a person lifts it with "
							 "`pawl postgres keys --lift`."));
		return;
	}
	all = judge_all(w, s);
	s->passed = sent(w, s);
	if (all.verdict == VERDICT_ALLOW)
		s->ruling = all.destroys && keeps ? RULING_ASK : all.writes || statement_sets(s) ? s->passed : RULING_READ;
	else if (all.verdict == VERDICT_HOLD || w->c->host->decide)
		s->ruling = RULING_ASK; /* a refusal is recorded there, and tightens the credential */
	else
		statement_denied(w, s, all.denied ? all.denied : &(struct change){ .kind = CHANGE_OPAQUE }, &all.rule);
}

static void unread(const struct weighing *w, struct statement *s)
{
	struct str start = str_sub(s->text, 0, 120);

	statement_refuse(w, s, "PW004", arena_fmt(w->arena, "not understood, so not sent: %.*s", STR_ARG(start)),
			 STR("Mend the syntax (pawl reads SQL as PostgreSQL 15 does), or ask the person to run it."));
}

static bool too_much(const struct weighing *w, const struct statement *s)
{
	STATEMENT_EACH(e, w, s) {
		if (statement_has(e.change, SQL_MEANS_TOO_MUCH))
			return true;
	}
	return false;
}

/* Does a READ ONLY transaction refuse all of it, whatever else it would do? Programs, files, other servers and other sessions are reached
 * from within one as well. */
static bool refused_by_server(const struct weighing *w, const struct statement *s)
{
	static const enum sql_meaning rows[] = { SQL_MEANS_READ,   SQL_MEANS_ROW_LOCK,   SQL_MEANS_NEXTVAL,
						 SQL_MEANS_INSERT, SQL_MEANS_UPDATE,	 SQL_MEANS_DELETE,
						 SQL_MEANS_UPSERT, SQL_MEANS_UPDATE_ALL, SQL_MEANS_DELETE_ALL,
						 SQL_MEANS_MERGE,  SQL_MEANS_TRUNCATE,	 SQL_MEANS_DROP };

	STATEMENT_EACH(e, w, s) {
		size_t i = 0;

		while (i < ARRAY_LEN(rows) && !statement_has(e.change, rows[i]))
			i++;
		if (i == ARRAY_LEN(rows))
			return false;
	}
	return true;
}

/* The server refuses it in its own words: the client's transaction is read only. */
static void only_reads(const struct weighing *w, struct statement *s)
{
	if (!w->c->read_only || s->passed == RULING_ALONE)
		return;
	if (s->ruling == RULING_WRITE || (s->ruling == RULING_ASK && !w->several && refused_by_server(w, s)))
		s->ruling = RULING_READ;
	else if (s->ruling == RULING_ASK && s->passed == RULING_WRITE)
		s->passed = RULING_READ;
	else
		return;
	s->of_read_only = true;
}

static void rule(const struct weighing *w, struct statement *s, const struct sql_statement *read)
{
	STATEMENT_EACH(e, w, s) {
		if (!statement_sets(s) && statement_has(e.change, SQL_MEANS_SEARCH_PATH))
			s->path_changed = true;
		s->defines = s->defines || !bounded(e.change);
	}
	if (!read->parsed || !read->shape || too_much(w, s)) {
		unread(w, s);
		s->unread = !read->parsed && !too_much(w, s);
		return;
	}
	if (statement_guards(w, s) || statement_transaction(w, s) || statement_session(w, s))
		return;
	s->passed = sent(w, s);
	if (s->shape->prepared == SQL_PREPARED_PREPARE)
		prepares(w, s);
	else if (!s->n_changes)
		s->ruling = statement_reads(s) ? RULING_READ : s->passed;
	else
		by_policy(w, s);
	only_reads(w, s);
}

static struct statement *statement_of(struct weighing *w, const struct sql_statement *read)
{
	struct statement *s = ARENA_NEW(w->arena, struct statement);

	if (!s)
		return NULL;
	s->text = read->text;
	s->verb = read->verb;
	s->shape = read->shape;
	s->first_change = read->first_change;
	s->n_changes = read->n_changes;
	if (w->anew)
		statement_effects(w, s, read, w->answer->sql);
	statement_spare(w, s);
	return s;
}

/* Memory is full: nothing of the text may pass. */
static void too_large(struct statement_answer *ret, struct str text)
{
	*ret = (struct statement_answer){ .n = 1 };
	ret->whole = (struct statement){
		.text = text,
		.ruling = RULING_REFUSE,
		.sqlstate = "PW004",
		.message = STR_INIT("pawl: too large to be judged, so not sent"),
		.hint = STR_INIT("Split it."),
	};
	ret->statements = &ret->whole;
}

void statement_weigh(const struct statement_context *c, struct str text, struct arena *arena, struct statement_answer *ret)
{
	struct sql_input in = { .text = text, .shape = true };
	struct sql_answer *sql = ARENA_NEW(arena, struct sql_answer);
	struct weighing w = { .c = c, .arena = arena, .answer = ret };
	struct statement **end = &ret->statements;

	*ret = (struct statement_answer){ 0 };
	if (sql)
		sql_read(&in, arena, sql);
	if (!sql || arena->full) {
		too_large(ret, text);
		return;
	}
	ret->sql = sql;
	ret->n = sql->n;
	ret->schema_version = catalogue_version(c->catalogue);
	w.several = sql->n > 1;
	w.anew = statement_touches(&w, sql);
	if (!w.anew)
		ret->changes = sql->changes;
	for (const struct sql_statement *read = sql->statements; read; read = read->next) {
		struct statement *s = statement_of(&w, read);

		if (!s)
			break;
		rule(&w, s, read);
		*end = s;
		end = &s->next;
	}
	if (arena->full)
		too_large(ret, text);
}
