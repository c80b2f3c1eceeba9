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

bool relay_all_asked(const struct relay *r)
{
	return r->asked && !r->unasked;
}

bool relay_statement_due(const struct session *s)
{
	const struct relay *r = &s->relay;

	return can_look(s) && (r->due || r->chained || r->open);
}

static void look(struct session *s, enum relay_helper h, uint16_t how)
{
	struct relay *r = &s->relay;

	if (!(how & HOW_ACTS)) {
		r->due = false;
		r->open = 0;
	}
	r->failed = false;
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
	/* The quick one does not tell of locks. */
	look(s, r->asked ? HELPER_WITNESS : relay_witness(s), r->open);
}

void relay_wrote(struct session *s)
{
	if (!counts_here(s))
		return;
	s->relay.unapproved = s->relay.unasked = true;
	s->relay.due = s->by_statement;
	s->relay.n_statements++;
}

bool relay_read_due(const struct session *s)
{
	return s->relay.open && relay_statement_due(s);
}

void relay_read(struct session *s)
{
	if (!counts_here(s))
		return;
	if (relay_read_due(s))
		relay_statement_look(s);
	s->relay.unasked = true;
}

bool relay_back_due(const struct session *s, enum control c)
{
	return c == CONTROL_ROLLBACK_TO && relay_statement_due(s);
}

uint16_t relay_leave_of(const struct relay_passage *p)
{
	return !p ? 0 : p->passage.hold[0] ? HOW_ASKED | HOW_APPROVED : HOW_ASKED;
}

/* Of another kind than those that were sent before it. */
static bool others(const struct relay *r, uint16_t leave)
{
	return r->unasked || (leave & HOW_APPROVED ? r->unapproved : r->approved);
}

bool relay_let(struct session *s, uint16_t leave, bool copies)
{
	struct relay *r = &s->relay;
	bool looks = r->chained || others(r, leave) || (!(leave & HOW_APPROVED) && r->due);

	if (!leave || (copies && looks))
		return false;
	r->asked = true;
	if (looks && can_look(s))
		relay_statement_look(s);
	if (leave & HOW_APPROVED) {
		r->approved = true;
	} else {
		r->unapproved = true;
		r->due = s->by_statement;
	}
	r->open = leave;
	r->n_statements++;
	return true;
}

void relay_let_look(struct session *s)
{
	if (can_look(s) && s->relay.open && others(&s->relay, s->relay.open))
		relay_statement_look(s);
}

void relay_after_look(struct session *s, bool behind)
{
	if (can_look(s) && s->relay.asked && !relay_all_asked(&s->relay))
		look(s, HELPER_WITNESS, behind ? HOW_ACTS | HOW_ASKED : HOW_ACTS);
}

static void tell(struct session *s);

void relay_statement_over(struct relay *r)
{
	/* Of a transaction that the client ended in the same breath it is told all the same. */
	if (r->when_quiet != tell && !r->over_waits)
		buf_clear(&r->over);
	r->memory = r->excused = r->base = (struct witness_memory){ .n = 0 };
	r->acts = (struct witness_acts){ .n = 0 };
	r->open = 0;
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
	if (how & HOW_BASE) {
		r->base = (struct witness_memory){ .n = 0 };
	} else {
		w.acts = &r->acts;
		w.acts_in = &r->transaction;
		w.asked = how & HOW_ASKED;
	}
	ok = (r->transaction.mem || arena_map(&r->transaction, TRANSACTION_ARENA)) && !r->witness.failed;
	ok = ok && relay_rows(buf_str(&r->witness), &w);
	buf_clear(&r->witness);
	if (ok && !(how & HOW_ACTS))
		witness_statement(&w, &r->memory, &r->transaction);
	if (ok && how & HOW_APPROVED)
		witness_excuse(&w, &r->excused, &r->transaction);
	if (!ok || w.broken || arena->full || r->transaction.full) {
		relay_statement_unseen(s);
		return;
	}
	if (how & (HOW_APPROVED | HOW_ACTS))
		return;
	p = budget_check(s->worker->server->o.host->policy, s->upstream->environment.name, BUDGET_STATEMENT, w.counts, w.n_counts);
	if (p.is)
		over(s, DATABASE_BUDGET, relay_budget_says(p, arena));
}
