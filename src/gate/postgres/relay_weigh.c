/* Rulings for one session: what it knows, handed to the judge; and the schema, read again when somebody changed it. */
#include "base/clock.h"
#include "gate/postgres/session.h"

#define SCHEMA_AGE (60 * CLOCK_SECOND)

static void catalogue_now(struct session *s)
{
	struct relay *r = &s->relay;
	struct upstream *u = s->upstream;
	uint64_t now = __atomic_load_n(&u->generation, __ATOMIC_ACQUIRE);

	if (r->catalogue && now == r->generation)
		return;
	catalogue_unref(r->catalogue);
	r->catalogue = upstream_catalogue(u);
	r->generation = now;
}

void relay_context(struct session *s, struct statement_context *ret)
{
	struct relay *r = &s->relay;

	catalogue_now(s);
	*ret = (struct statement_context){
		.upstream = s->upstream->of,
		.session = &s->who,
		.host = s->worker->server->o.host,
		.catalogue = r->catalogue,
		.search_path = str_from(r->search_path),
		.environment = s->upstream->environment,
		.in_transaction = r->block != BLOCK_NONE,
		.failed = r->tx == 'E',
		/* Not where ROLLBACK TO or BEGIN READ WRITE may have made it otherwise. */
		.read_only = r->block == BLOCK_CLIENT_READ_ONLY || (r->block == BLOCK_NONE && r->read_only_session),
		.prepared = relay_by_name,
		/* Where all passes nothing need be written otherwise. */
		.temporary = s->worker->server->o.permissive ? NULL : relay_is_temporary,
		.relay = s,
	};
}

/* For tests of conformance: what would be refused or asked about passes, as it would once a person said yes. */
static void permit(struct statement *st)
{
	if (st->ruling != RULING_REFUSE && st->ruling != RULING_ASK)
		return;
	st->ruling = st->passed != RULING_REFUSE && st->passed != RULING_ASK ? st->passed : RULING_WRITE;
}

void relay_weigh(struct session *s, struct str text, struct statement_answer *ret)
{
	struct statement_context c;

	arena_reset(&s->worker->arena);
	relay_context(s, &c);
	statement_weigh(&c, text, &s->worker->arena, ret);
	if (!s->worker->server->o.permissive)
		return;
	for (struct statement *st = ret->statements; st; st = st->next)
		permit(st);
}

static bool first_word(struct str verb, const char *word)
{
	size_t n = strlen(word);

	return verb.len >= n && !memcmp(verb.ptr, word, n) && (verb.len == n || verb.ptr[n] == ' ');
}

bool relay_copies_in(const struct statement *st)
{
	return first_word(st->verb, "COPY") && st->ruling != RULING_READ;
}

bool relay_is_ddl(const struct statement *st)
{
	static const char *const rows[] = { "SELECT",	 "INSERT", "UPDATE",   "DELETE", "MERGE",
					    "COPY",	 "LOCK",   "EXPLAIN",  "FETCH",	 "DECLARE",
					    "CLOSE",	 "MOVE",   "VALUES",   "TABLE",	 "WITH",
					    "NOTIFY",	 "LISTEN", "UNLISTEN", "VACUUM", "ANALYZE",
					    "CHECKPOINT" };

	if (!st->defines || (st->ruling != RULING_WRITE && st->ruling != RULING_ASK && st->ruling != RULING_ALONE))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (first_word(st->verb, rows[i]))
			return false;
	}
	return true;
}

bool relay_is_plain(const struct relay *r, const struct statement_answer *a)
{
	for (const struct statement *st = a->statements; st; st = st->next) {
		bool reads = st->ruling == RULING_READ || st->ruling == RULING_SESSION;
		/* Outside of a transaction LOCK is an error, which the server says. */
		bool inside = st->ruling == RULING_WRITE &&
			      (r->block == BLOCK_CLIENT || (r->block == BLOCK_NONE && a->n == 1 && str_is(st->verb, "LOCK")));

		if ((!reads && !inside) || relay_effects_any(st) || st->instead.len)
			return false;
	}
	return true;
}

/* --- the schema --- */

struct read_job {
	struct asking_job job; /* first */
	struct session *session;
	struct upstream *upstream;
};

static void read_work(struct asking_job *job)
{
	struct read_job *j = (struct read_job *)(void *)job;

	upstream_read(j->upstream);
}

static void read_done(struct loop_note *n)
{
	struct read_job *j = (struct read_job *)(void *)n;
	struct session *s = j->session;

	free(j);
	if (!s)
		return;
	s->job = NULL;
	s->job_session = NULL;
	s->relay.stopped = false;
	s->client_kept = true;
	session_pump(s);
}

void relay_schema_changed(struct session *s)
{
	pthread_mutex_lock(&s->upstream->lock);
	s->upstream->stale = true;
	pthread_mutex_unlock(&s->upstream->lock);
}

static bool claim(struct upstream *u, int64_t now)
{
	bool stale;

	pthread_mutex_lock(&u->lock);
	stale = u->stale || now - u->read_us > SCHEMA_AGE;
	u->stale = false;
	if (stale)
		u->read_us = now;
	pthread_mutex_unlock(&u->lock);
	return stale;
}

bool relay_schema_stale(struct session *s)
{
	struct upstream *u = s->upstream;
	struct read_job *j;

	if (!__atomic_load_n(&u->stale, __ATOMIC_RELAXED) && s->worker->loop.now_us - u->read_us <= SCHEMA_AGE)
		return false;
	if (!claim(u, s->worker->loop.now_us))
		return false;
	j = calloc(1, sizeof(*j));
	if (!j)
		return false;
	*j = (struct read_job){ .job = { .note = { .run = read_done },
					 .work = read_work,
					 .home = &s->worker->loop },
				.session = s,
				.upstream = u };
	if (!asking_submit(&s->worker->server->connects, &j->job)) {
		free(j);
		relay_schema_changed(s);
		return false;
	}
	s->job = &j->job;
	s->job_session = &j->session;
	s->relay.stopped = true;
	return true;
}
