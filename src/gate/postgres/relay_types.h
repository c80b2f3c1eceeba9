/* relay_types.h -- what a relay remembers: messages on their way, prepared statements, portals.
 * Room: gate/postgres, inner.
 * Every message sent to the server is remembered in `sent` until it is answered, with what is to be done with the
  * answer. What reads goes by
 * as it comes and may be pipelined. Whatever else is met first waits until everything sent was answered
  * (relay_when_quiet): from then on the
 * state of the transaction is known, and the gate's own messages are the only ones on their way.
 */
#ifndef PAWL_GATE_POSTGRES_RELAY_TYPES_H
#define PAWL_GATE_POSTGRES_RELAY_TYPES_H

#include "gate/postgres/statement.h"
#include "gate/database/loop.h"
#include "gate/postgres/asking.h"
#include "gate/postgres/message.h"
#include "gate/postgres/witness.h"

#define RELAY_SENT 128		/* messages on their way */
#define RELAY_PREPARED 10000	/* statements of one client */
#define RELAY_PREPARED_BYTES ((size_t)32 << 20)
#define RELAY_HELD ((size_t)64 << 10)
#define RELAY_SPECIALS 64

struct session;

/* What to do with the answer to a message. */
enum relay_how {
	HOW_READY = 1,	/* ReadyForQuery goes to the client */
	HOW_ERROR = 2,	/* an error does */
	HOW_REST = 4,	/* everything else does */
	HOW_HOLD = 8,	/* from the last CommandComplete on it is held back */
	HOW_WITNESS = 16, /* its rows are the witness's */
	HOW_QUIET = 32, /* its notices are the gate's own doing */
	HOW_BETWEEN = 64, /* its ReadyForQuery ends no transaction of anybody's */
	HOW_TRIED = 128, /* an error in what it says is told; that it says several things is none */
	HOW_STATEMENT = 256, /* with HOW_WITNESS: it looks at one statement, in the middle of a transaction */
	HOW_APPROVED = 512, /* with HOW_STATEMENT: at what a person approved */
	HOW_ASKED = 2048, /* with HOW_STATEMENT: what was done besides rows is of what somebody was asked about */
	HOW_ACTS = 4096, /* with HOW_STATEMENT: nothing else is looked at */
	HOW_BASE = 1024, /* with HOW_STATEMENT: at what the transaction before left behind */
};
#define HOW_ALL (HOW_READY | HOW_ERROR | HOW_REST)
#define HOW_NONE 0

/* A transaction that begins by AND CHAIN is read only as the one before was when the witness looked. */
#define RELAY_WRITES_AGAIN "SET TRANSACTION READ WRITE"

/* Statements of the gate's own, prepared where they are first needed. */
enum relay_helper {
	HELPER_BEGIN,
	HELPER_COMMIT,
	HELPER_ROLLBACK,
	HELPER_BEFORE_1, /* what the witness wants done first */
	HELPER_BEFORE_2,
	HELPER_WITNESS,
	HELPER_QUICK,
	HELPER_FORGET,	 /* its counters, where no witness ended a transaction */
	HELPER_WRITABLE, /* around a statement that runs alone */
	HELPER_READ_ONLY,
	HELPERS
};

/* What a statement does to what the gate knows of the session, once it succeeded. */
struct relay_effects {
	enum control control; /* of a savepoint */
	bool forgets, read_only_session, path_known, path_changed;
	enum read_only read_only;
	enum temporary temporary;
	char *path, *prepares, *text, *savepoint, *deallocates, *temporary_name; /* NULL: none */
};

/* A statement that the client prepared by Parse. */
struct relay_prepared {
	struct relay_prepared *next;
	unsigned users; /* messages on their way and portals that name it */
	bool gone;	/* freed when nobody names it any more */
	char *name;
	char *text;
	size_t n_text;
	struct str types; /* of its parameters, as in its Parse; behind the text */
	unsigned segment;    /* of the pipeline, in which it was sent */
	uint64_t generation; /* of all that it was weighed against */
	enum ruling ruling, passed;
	enum control control;
	bool plain;	     /* READ or SESSION without effects: nothing to do */
	bool anew;	     /* what it comes to hangs on more than the schema: weighed at every Bind */
	bool replaced;	     /* the server has another text than the client's, which is safe as it is */
	bool ddl;
	bool copies_in;
	bool chain; /* COMMIT AND CHAIN, ROLLBACK AND CHAIN */
	struct relay_effects effects;
};

struct relay_sent {
	char kind;
	uint16_t how;
	uint8_t helper;	     /* kind 'P' of a helper: its number + 1 */
	struct relay_prepared *p; /* kind 'P': what it makes; 'E': what runs, where it has effects; 'C': what it closes */
};

/* A portal whose Execute is not simply passed on. */
struct relay_special {
	char name[64];
	bool is;
	enum control control;
	struct relay_prepared *p; /* for its effects; NULL: none */
	bool copies_in, chain;
	uint16_t leave; /* 0: nobody was asked; HOW_ASKED, HOW_APPROVED: by a person */
	bool instead; /* the gate ran something in its place */
	char tag[64];
};

enum relay_block {
	BLOCK_NONE = 0,
	BLOCK_GATE,   /* the gate's own, around writes in autocommit */
	BLOCK_CLIENT,
	BLOCK_CLIENT_READ_ONLY,
};

struct relay_script;
struct relay_passage;

/* One message, whole but for Bind's values. What becomes of it: */
enum relay_did {
	RELAY_DONE,  /* used up */
	RELAY_WAITS, /* to be looked at again when the relay goes on */
	RELAY_MORE,  /* more of it is needed */
	RELAY_PASS,  /* its bytes go to the server */
	RELAY_ENDED,
};

#endif
