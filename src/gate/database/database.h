/* database.h -- words shared by every gate before a database: who is connected, what may be asked of the rest of pawl.
 * Room: gate/database; base and core. Knows no protocol and no dialect: gate/postgres is one user, MySQL's gate would be another.
 */
#ifndef PAWL_GATE_DATABASE_DATABASE_H
#define PAWL_GATE_DATABASE_DATABASE_H

#include "base/buf.h"
#include "core/evidence.h"
#include "core/policy.h"
#include "core/request.h"

/* One database that agents may reach. Read from postgres.yaml by the cli; immutable while the gate runs. */
struct database_upstream {
	struct str name;	/* what the agent connects to */
	struct str connect;	/* how pawl reaches it: conninfo words or a URL, without a password where a service or passfile has it */
	struct str secret_command; /* prints the password; words, quoted where they hold blanks; no shell. STR_NONE: none */
	struct str environment; /* as named by its file; STR_NONE: the policy names it by host and database */
	const struct str *critical; /* relations of the owner's list, "schema.name" globs */
	size_t n_critical;
	struct place place;	/* host and database as known */
};

/* Whose key opened this connection. */
struct database_session {
	struct str id;	 /* of the key: "agent-7": the credential that budgets and refusals are counted by, over connections */
	struct str name; /* the principal's name */
};

/* What a client must prove that it has. Never the key itself: a SCRAM-SHA-256 verifier. */
struct database_key {
	struct database_session session;
	int64_t expires_us; /* 0: never */
	unsigned iterations;
	unsigned char salt[16], stored_key[32], server_key[32];
};

/* What one held or asked statement ends in. */
enum database_answer {
	DATABASE_REFUSED = 0, /* zero: whatever was not answered is refused */
	DATABASE_PASSED,
};

/* Why it was refused; a protocol makes its own code of it. */
enum database_refusal {
	DATABASE_NOT_REFUSED = 0,
	DATABASE_HELD,	    /* waits for a person: PW001 */
	DATABASE_DENIED,    /* by the policy, a person, a freeze, or because it could not be decided: PW002 */
	DATABASE_BUDGET,    /* PW003 */
	DATABASE_OPAQUE,    /* not understood: PW004 */
	DATABASE_TIGHTENED, /* the credential was refused before: PW005 */
};

/* How a passed statement must be run. */
struct database_passage {
	enum database_answer answer;
	enum database_refusal why;
	char hold[24];	  /* "H-12", used or refused by; "" none */
	char keep[24];	  /* "K-3": what was or will be kept; "" none */
	struct str message, hint; /* of a refusal; in the asker's arena */
};

/* A statement that cannot be decided from memory: the whole of it, copied for another thread. */
struct database_question {
	const struct database_upstream *upstream;
	struct database_session session;
	struct request request;	 /* redacted; changes with scope; bytes: digest of parse tree, parameters and schema version */
	struct str text;	 /* the statement as it came */
	struct digest statement; /* of parse tree and parameters alone, without the schema's version: what a rehearsed plan is made of */
	uint64_t schema;	 /* version of the schema it was weighed against */
	struct evidence_note *notes; /* for the card, and bound by an approval: "cannot be undone: …" */
	struct arena *arena;	 /* owns all of the above; the answer's texts too */
	/* Told at most once, when it begins to wait for a person: in words for its client. NULL: nobody listens. */
	void (*waits)(void *waits_ctx, struct str message, struct str hint);
	void *waits_ctx;
};

/* What is about to be destroyed in a database, and can be kept there first. */
struct database_keeping {
	const struct database_session *session;
	const struct database_upstream *upstream;
	struct str command;
	int64_t expires_s;
	/* Told the number it has there ("K-12.3fa9c1") and here, and a file for a dump: how it is kept, or false when it need not
	 * be, or with ${err} set cannot. */
	bool (*fill)(void *ctx, const char *item, const char *id, const char *dump,
		     struct str *ret_says, uint64_t *ret_dumped, struct err *err);
	void *ctx;
};

/**
 * What the gate may ask of the rest of pawl: filled in by the cli (src/cli/gate_asks.c). Called from asker threads, never from a
 * thread that moves bytes, except where said.
 */
struct database_host {
	void *ctx;
	const struct policy *policy; /* any thread; immutable */
	/**
	 * decide(ctx, q, gone, gone_ctx, ret): judge ${q} with fresh evidence (freeze, tightening, elevation), use an approved grant, else
	 * open a hold and wait for its answer as long as its owner says, looking now and then whether ${gone} says that the client went.
	 * Every refusal and every pass of something held is in the ledger before it returns. Never fails: what goes wrong is a refusal.
	 */
	void (*decide)(void *ctx, struct database_question *q, bool (*gone)(void *gone_ctx), void *gone_ctx,
		       struct database_passage *ret);
	/* A budget was passed and the transaction rolled back, or the witness saw what was not announced: recorded, paged, and the
	 * credential is tightened. ${what} is one sentence. */
	void (*breach)(void *ctx, const struct database_session *s, const struct database_upstream *u, struct str what,
		       const struct change_list *saw);
	/* Is this credential tightened (refused before, budget passed)? From memory, cheap, any thread. */
	bool (*tightened)(void *ctx, const struct database_session *s);
	/* Is there a freeze (`pawl freeze`)? Then nothing that changes anything passes. From memory, cheap, any thread. */
	bool (*frozen)(void *ctx);
	/* A number of the keep's for ${what}, so that `pawl undo` finds it: in the ledger before it returns. Asker threads. False
	 * without an ${err}: there was nothing to keep. NULL: nothing is kept. */
	bool (*keep)(void *ctx, const struct database_keeping *what, char ret_id[24], struct err *err);
	/* The verifier of the key that ${user} logs in with. False: no such key, or expired. Any thread; memory and a small file. */
	bool (*key)(void *ctx, struct str user, struct database_key *ret);
};

/* Where ${u} is: what the policy names by its place, else what its owner's file says, else unnamed, which counts as production. */
struct environment database_environment(const struct policy *p, const struct database_upstream *u);
/* What ${u}'s secret command prints, its last newline taken off; at most DATABASE_SECRET_MAX bytes, DATABASE_SECRET_S seconds. Without a
 * command nothing. Wipe it when it is used. */
#define DATABASE_SECRET_MAX 8192
#define DATABASE_SECRET_S 30
bool database_secret(const struct database_upstream *u, struct buf *ret, struct err *err) PAWL_MUST_USE;
/* A text as words: blanks part them, '…' and "…" hold them together. At most ${max}; false when there are more, or a quote is open. */
bool database_words(struct str text, struct arena *arena, char **ret, size_t max);
/* Let every change of ${r} say so too, for the judge. ${u} outlives ${r}. */
void database_locate(const struct database_upstream *u, struct request *r);

#endif
