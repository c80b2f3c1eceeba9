/* Limits of one statement in a transaction of several. The witness looks between two statements that write, in the same breath as the
 * second: so a transaction that writes once costs nothing more. Before the commit it looks once more, for the last; what deferred
 * triggers do at the end belongs to the transaction, and of a transaction that writes once to its statement.
 * One that passed its limit is found when the next is on its way: what that one says is dropped, the client hears of the limit in its
 * place, and the transaction has failed. */
#include "gate/postgres/session.h"

#define TRANSACTION_ARENA ((size_t)4 << 20)
#define CELLS 64

/* A DataRow's cells; false: not well formed. */
static bool cells_of(struct str row, struct str *cells, size_t *ret_n)
{
	size_t n;

	if (row.len < 2)
		return false;
	n = message_u16(row.ptr);
	row = str_sub(row, 2, row.len);
	if (n > CELLS)
		return false;
	for (size_t i = 0; i < n; i++) {
		uint32_t len;

		if (row.len < 4)
			return false;
		len = message_u32(row.ptr);
		row = str_sub(row, 4, row.len);
		if (len == UINT32_MAX) {
			cells[i] = STR_NONE;
			continue;
		}
		if (len > row.len)
			return false;
		cells[i] = (struct str){ row.ptr, len };
		row = str_sub(row, len, row.len);
	}
	*ret_n = n;
	return row.len == 0;
}

bool relay_rows(struct str left, struct witness_saw *w)
{
	struct str cells[CELLS];
	size_t n;

	while (left.len >= 4) {
		size_t len = message_u32(left.ptr);

		if (len > left.len - 4 || !cells_of(str_sub(left, 4, len), cells, &n))
			return false;
		witness_row(w, cells, n);
		left = str_sub(left, 4 + len, left.len);
	}
	return witness_end(w);
}

bool relay_writes(const struct relay_prepared *p)
{
	return p && (p->ruling == RULING_ASK ? p->passed : p->ruling) == RULING_WRITE;
}

static bool counts_here(const struct session *s)
{
	const struct relay *r = &s->relay;

	return !s->unseen && !s->worker->server->o.permissive && (r->block == BLOCK_CLIENT || r->block == BLOCK_GATE);
}

/* In a transaction that failed nothing can be asked, and nothing is written. */
static bool can_look(const struct session *s)
{
	return counts_here(s) && s->relay.tx != 'E' && !s->relay.over.len;
}

/* Until something else writes, all that was done is what a person approved. */
static bool all_approved(const struct relay *r)
{
	return r->approved && !r->unapproved;
}

bool relay_statement_due(const struct session *s)
{
	const struct relay *r = &s->relay;

	return can_look(s) && (r->due || r->chained || all_approved(r));
}

static void look(struct session *s, enum relay_helper h, uint16_t how)
{
	struct relay *r = &s->relay;

	r->failed = r->due = false;
	r->witness_state[0] = '\0';
	if (!r->n_looks++)
		buf_clear(&r->witness);
	relay_help(s, h, how | HOW_WITNESS | HOW_STATEMENT | HOW_QUIET);
	relay_help_closed(s, h);
}

void relay_statement_look(struct session *s)
{
	struct relay *r = &s->relay;

	/* The quick one, whatever there is: its counters need no locks, of which the transaction has none yet. */
	if (r->chained) {
		r->chained = false;
		look(s, HELPER_QUICK, HOW_BASE);
		return;
	}
	look(s, relay_witness(s), all_approved(r) ? HOW_APPROVED : 0);
}

void relay_wrote(struct session *s)
{
	if (!counts_here(s))
		return;
	s->relay.unapproved = true;
	s->relay.due = s->by_statement;
	s->relay.n_statements++;
}

bool relay_approved(struct session *s, bool copies)
{
	struct relay *r = &s->relay;
	bool others = r->unapproved || r->chained;

	if (copies && others)
		return false;
	if (others && can_look(s))
		relay_statement_look(s);
	r->approved = r->asked = true;
	r->n_statements++;
	return true;
}

void relay_approved_look(struct session *s)
{
	if (can_look(s) && s->relay.unapproved)
		look(s, relay_witness(s), HOW_APPROVED);
}

static void tell(struct session *s);

void relay_statement_over(struct relay *r)
{
	/* Of a transaction that the client ended in the same breath it is told all the same. */
	if (r->when_quiet != tell && !r->over_waits)
		buf_clear(&r->over);
	r->memory = r->excused = r->base = (struct witness_memory){ .n = 0 };
	r->chained = false;
	if (r->transaction.mem)
		arena_reset(&r->transaction);
	r->due = false;
}

/* --- a limit was passed --- */

static void told(struct session *s)
{
	struct relay *r = &s->relay;
	bool ready = r->over_ready;

	buf_clear(&r->over);
	r->over_ready = false;
	relay_held_drop(s); /* of it, it may be, that it was done */
	relay_refuse_now(s, ready);
}

static void tell(struct session *s)
{
	struct relay *r = &s->relay;

	relay_breach(s, r->over_why, buf_str(&r->over), told);
}

/* What is on its way is not for the client any more. True: it was told to expect a ReadyForQuery. */
static bool drop_answers(struct relay *r)
{
	bool ready = false;

	for (unsigned i = 0; i < r->n_sent; i++) {
		struct relay_sent *e = &r->sent[(r->first_sent + i) % RELAY_SENT];

		ready |= (e->kind == 'S' || e->kind == 'Q' || e->kind == 'F') && e->how & HOW_READY;
		e->how &= (uint16_t)~(HOW_READY | HOW_ERROR | HOW_REST | HOW_HOLD);
	}
	return ready;
}

static void over(struct session *s, enum database_refusal why, struct str says)
{
	struct relay *r = &s->relay;

	if (r->over.len)
		return;
	buf_add(&r->over, says);
	r->over_why = why;
	r->over_ready = drop_answers(r);
	/* A message's statements are run one by one, and before a commit it is asked: both see it. */
	if (r->script || relay_looks(r))
		return;
	r->failed = true;
	if (r->client_left && !r->client_drops)
		r->over_waits = r->stopped = true;
	else
		relay_when_quiet(s, tell);
}

void relay_statement_waited(struct session *s)
{
	struct relay *r = &s->relay;

	if (r->over_waits && !r->client_left) {
		r->over_waits = false;
		relay_when_quiet(s, tell);
	}
}

void relay_statement_unseen(struct session *s)
{
	over(s, DATABASE_OPAQUE, STR("what a statement did could not be seen; the transaction was rolled back"));
}

void relay_statement_seen(struct session *s, uint16_t how)
{
	struct relay *r = &s->relay;
	struct arena *arena = &s->worker->arena;
	struct witness_expected any = { .any = true };
	struct budget_passed p;
	struct witness_saw w;
	bool ok;

	arena_reset(arena);
	witness_begin(&w, s->upstream->of, r->catalogue, &any, arena);
	w.base = &r->base;
	w.collects = how & HOW_BASE ? &r->base : NULL;
	w.collects_in = &r->transaction;
	if (how & HOW_BASE)
		r->base = (struct witness_memory){ .n = 0 };
	ok = (r->transaction.mem || arena_map(&r->transaction, TRANSACTION_ARENA)) && !r->witness.failed;
	ok = ok && relay_rows(buf_str(&r->witness), &w);
	buf_clear(&r->witness);
	if (ok)
		witness_statement(&w, &r->memory, &r->transaction);
	if (ok && how & HOW_APPROVED)
		witness_excuse(&w, &r->excused, &r->transaction);
	if (!ok || w.broken || arena->full || r->transaction.full) {
		relay_statement_unseen(s);
		return;
	}
	if (how & HOW_APPROVED)
		return;
	p = budget_check(s->worker->server->o.host->policy, s->upstream->environment.name, BUDGET_STATEMENT, w.counts, w.n_counts);
	if (p.is)
		over(s, DATABASE_BUDGET, relay_budget_says(p, arena));
}
