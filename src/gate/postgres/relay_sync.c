/* Sync: the end of a transaction of the gate's own, and of a pipeline. */
#include "gate/postgres/session.h"

static void rolled_back(struct session *s)
{
	struct relay *r = &s->relay;

	if (r->refusal.len) {
		relay_held_drop(s);
		stream_copy(&s->client, buf_str(&r->refusal));
		buf_free(&r->refusal);
	}
	relay_ready(s);
}

static void roll_back(struct session *s)
{
	struct relay *r = &s->relay;

	r->skipping = false;
	if (r->server_skips)
		relay_sync(s, HOW_NONE);
	relay_finish(s, HELPER_ROLLBACK);
	relay_when_quiet(s, rolled_back);
}

static void committed(struct session *s)
{
	struct relay *r = &s->relay;
	bool ok = !r->failed;

	if (r->tx != 'I') { /* something before the COMMIT failed, with which the server skipped that */
		roll_back(s);
		return;
	}
	r->skipping = false; /* an error of the commit itself is behind the client's Sync */
	if (ok)
		relay_held_go(s);
	else
		relay_held_drop(s);
	relay_ready(s);
}

static void commit(struct session *s)
{
	relay_finish(s, HELPER_COMMIT);
	relay_when_quiet(s, committed);
}

static void looked(struct session *s)
{
	if (!s->relay.skipping && s->relay.may_commit)
		commit(s);
	else
		roll_back(s);
}

static void sync_ours(struct session *s)
{
	if (s->relay.skipping)
		roll_back(s);
	else if (relay_looks_none(s))
		commit(s);
	else
		relay_look(s, looked);
}

enum relay_did relay_client_sync(struct session *s)
{
	struct relay *r = &s->relay;
	bool alone = r->alone;

	if (r->block == BLOCK_GATE) {
		sync_ours(s);
		return RELAY_DONE;
	}
	r->skipping = r->alone = false;
	r->ddl |= alone;
	if (alone) {
		relay_sync(s, HOW_READY);
		relay_help(s, HELPER_READ_ONLY, HOW_QUIET);
		relay_sync(s, HOW_NONE);
	} else {
		relay_sent(s, 'S', HOW_READY, NULL);
	}
	if (r->n_looks) /* should a limit be passed, what comes next must not be on its way */
		relay_when_quiet(s, relay_resume);
	return alone ? RELAY_DONE : RELAY_PASS;
}
