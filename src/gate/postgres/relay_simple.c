/* Simple queries: sent as they came where nothing of them needs the gate, else run statement by statement (relay_script.c). */
#include "gate/postgres/session.h"

struct inside {
	unsigned writes;
	bool copies, goes_back;
};

/* Sent as it came; false: between its statements, or before its copy begins, the witness must look. */
static bool in_one(const struct session *s, const struct statement_answer *a, struct inside *ret)
{
	bool due = relay_statement_due(s), copies = false;
	unsigned writes = 0, back = 0;

	for (const struct statement *st = a->statements; st; st = st->next) {
		writes += st->ruling == RULING_WRITE;
		back += st->control == CONTROL_ROLLBACK_TO;
		copies = copies || relay_copies_in(st);
	}
	*ret = (struct inside){ writes, copies, back != 0 };
	return (writes + back < 2 || !s->by_statement) &&
	       !(due && (copies || ((writes || back || s->relay.open) && relay_ready_awaited(&s->relay))));
}

static enum relay_did pass(struct session *s, const struct statement_answer *a, struct inside has)
{
	struct relay *r = &s->relay;

	if ((has.writes || has.goes_back) && relay_statement_due(s))
		relay_statement_look(s);
	if (!has.writes)
		relay_read(s);
	if (r->n_looks)
		relay_sync(s, HOW_NONE);
	relay_announce_all(r, a);
	for (unsigned i = 0; i < has.writes; i++)
		relay_wrote(s);
	r->moved = (struct message_moved){ .by = 0 };
	relay_sent(s, 'Q', HOW_ALL, NULL);
	/* Should a limit be passed, what comes next must not be on its way; nor is it known yet whose the data behind a copy is. */
	if (r->n_looks || has.copies)
		relay_when_quiet(s, relay_resume);
	return RELAY_PASS;
}

enum relay_did relay_simple(struct session *s, struct str message)
{
	struct str body = str_sub(message, MESSAGE_HEAD, message.len), text;
	struct relay *r = &s->relay;
	const struct statement *no;
	struct statement_answer a;
	struct inside has;

	if (!message_text(&body, &text) || body.len) {
		session_fatal(s, "08P01", STR("pawl: a Query that is not well formed"));
		return RELAY_ENDED;
	}
	if (relay_schema_stale(s))
		return RELAY_WAITS;
	relay_weigh(s, text, &a);
	no = relay_first_refused(&a);
	if (no) {
		struct message_error e = { "ERROR", no->sqlstate[0] ? no->sqlstate : "PW004", no->message, no->hint };

		if (no->unread)
			relay_refuse_unread(s, &e, text, true);
		else
			relay_refuse(s, &e, true);
		return RELAY_DONE;
	}
	if (relay_is_plain(r, &a) && in_one(s, &a, &has))
		return pass(s, &a, has);
	if (r->n_sent) {
		relay_when_quiet(s, relay_resume);
		return RELAY_WAITS;
	}
	if (!relay_script_start(s, &a, text)) {
		struct message_error e = { "ERROR", "54000",
					   STR("pawl: too many statements in one message"),
					   STR("Send fewer at a time.") };

		relay_refuse(s, &e, true);
	}
	return RELAY_DONE;
}
