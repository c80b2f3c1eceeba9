/* relay.h -- what stands between a client and its server once both are logged in: its state.
 * Room: gate/postgres, inner. What may be done with it: relay_send.h, relay_parts.h.
 */
#ifndef PAWL_GATE_POSTGRES_RELAY_H
#define PAWL_GATE_POSTGRES_RELAY_H

#include "gate/postgres/relay_types.h"

/* Savepoints that are open, by name's hash; the witness releases the outermost. */
#define RELAY_SAVEPOINTS 64
struct relay_savepoints {
	uint64_t names[RELAY_SAVEPOINTS];
	char *paths[RELAY_SAVEPOINTS]; /* search_path as it was; NULL: the role's own */
	size_t n; /* more than there is room for: not released one by one */
	char *outermost;
};

struct relay {
	struct relay_sent sent[RELAY_SENT];
	unsigned first_sent, n_sent;
	void (*when_quiet)(struct session *s);
	bool stopped;	     /* client messages are not read: something waits */
	char tx;	     /* of the last ReadyForQuery */
	enum relay_block block; /* as it will be when all that was sent has run */
	bool unsynced;	     /* messages of the extended protocol were sent since the last Sync */
	bool executed;	     /* one of them an Execute */
	bool alone;	     /* one of them runs alone: read-only comes back behind Sync */
	bool skipping;	     /* the client was told of an error: its messages until Sync are dropped */
	bool server_skips;   /* the server does so too, and needs a Sync */
	bool failed;	     /* something was answered by an error since this was last cleared */
	bool theirs_failed;  /* a message of the client's was, since the look before a commit was sent behind it */
	bool copy_in;
	bool rolled_back;    /* the transaction that ends did not commit */
	bool chains;	     /* it ends AND CHAIN: another begins with its end */
	unsigned segment;    /* counts Syncs */
	/* a message larger than what is read at once */
	uint32_t client_left, server_left;
	bool client_drops;
	uint8_t server_does; /* enum relay_does */
	struct buf held;
	bool holding;
	struct message_moved moved; /* of the statement that was sent, in its message */
	struct buf refusal;  /* an ErrorResponse that waits for its turn */
	struct buf unread;   /* a text that the server is asked about first */
	struct buf execute;  /* an Execute that waits for the witness */
	/* names */
	struct relay_prepared *prepared[64], *pending, **pending_end, *spare;
	size_t n_prepared, prepared_bytes;
	struct relay_special *specials; /* [0] is the unnamed portal */
	unsigned n_specials;
	bool helper_ready[HELPERS], helper_sent[HELPERS];
	unsigned helper_round;
	uint32_t helper_random;
	/* what is known of the session */
	char *search_path, *path_before;
	bool path_saved;     /* in path_before, from before this transaction */
	bool path_undone;    /* one was rolled back, and no ReadyForQuery came yet */
	bool path_late;	     /* and another set behind it, which stays */
	bool read_only_session;
	struct relay_prepared *by_name; /* PREPARE's */
	unsigned n_by_name;
	struct relay_temporary *temporary; /* tables */
	size_t n_temporary;
	const struct catalogue *catalogue; /* a reference */
	uint64_t generation; /* of it */
	/* the transaction */
	struct buf announced; /* relations, each ended by a NUL */
	size_t n_announced;
	unsigned n_statements; /* that write */
	bool approved;	     /* one of its statements, by a person */
	bool unapproved;     /* another that writes was sent */
	bool asked;	     /* about one of its statements */
	bool unasked;	     /* another that writes was sent */
	uint16_t open;	     /* leave (relay_statement.c) of what was sent since the last look, while it is of one kind */
	bool ddl, defines;   /* defines: by a statement that nobody was asked about */
	struct buf witness;  /* DataRows' bodies, each behind its length */
	bool witness_said, witness_broken;
	bool may_write;	     /* the transaction that is open */
	bool counters;	     /* of a transaction without a witness may still run */
	bool may_commit;     /* what the look came to; if not, why is in refusal */
	void (*looked)(struct session *s);
	struct buf after;    /* what is kept wants to be ended so, before the commit */
	struct relay_savepoints *savepoints; /* NULL: none */
	/* limits of a statement: relay_statement.c */
	struct witness_memory memory, excused, base; /* in `transaction` */
	struct witness_acts acts;
	bool chained;	     /* counters of the one before run on: they are to be looked at */
	struct arena transaction;
	bool due;	     /* rows were written since the last look */
	unsigned n_looks;    /* of that kind on their way */
	struct buf over;     /* what was passed; the transaction must not go on */
	enum database_refusal over_why;
	bool over_ready;     /* the client awaits a ReadyForQuery */
	bool over_waits;     /* for the end of a client's message that passes by */
	unsigned n_runs;
	char tag[64];	     /* of the last command of the gate's own */
	char witness_state[6], witness_why[128]; /* SQLSTATE and message of its failure */
	struct budget_count *reserved;
	size_t n_reserved;
	int64_t reserved_us;
	struct relay_script *script;
	struct relay_passage *passage; /* answered, and about to be used */
	bool *asking;	     /* under cancel_lock: set it to end the wait; NULL: nothing waits */
};

#endif
