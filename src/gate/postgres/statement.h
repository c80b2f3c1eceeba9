/* statement.h -- what one statement needs before it may be sent on: decided from memory, in a microsecond or two.
 * Room: gate/postgres. No I/O: text, the connection's own state, the catalogue's snapshot and the policy in; ruling out.
 */
#ifndef PAWL_GATE_POSTGRES_STATEMENT_H
#define PAWL_GATE_POSTGRES_STATEMENT_H

#include "gate/database/database.h"
#include "gate/postgres/catalogue.h"
#include "read/sql/sql.h"

enum ruling {
	RULING_REFUSE = 0,  /* never sent: sqlstate, message, hint */
	RULING_READ,	    /* sent as it is; the server runs it read-only */
	RULING_WRITE,	    /* sent in a transaction that may write; the witness looks before it commits */
	RULING_CONTROL,	    /* begins, ends or marks a transaction: the relay acts on `control` */
	RULING_ALONE,	    /* allowed, and cannot run in a transaction block (VACUUM): sent alone, may write, no witness */
	RULING_ASK,	    /* needs the slow way: scope, a person, something to be kept first, a denial that is to be recorded */
	RULING_SESSION,	    /* SET, RESET, DISCARD, LISTEN, DEALLOCATE …: sent as it is, read-only stays on */
};

enum control {
	CONTROL_NONE = 0,
	CONTROL_BEGIN,	       /* to be sent as BEGIN READ WRITE with the client's other modes */
	CONTROL_BEGIN_READ_ONLY, /* the client asked for read only: as it is */
	CONTROL_COMMIT,	       /* the witness first */
	CONTROL_ROLLBACK,
	CONTROL_SAVEPOINT, CONTROL_RELEASE, CONTROL_ROLLBACK_TO, /* as they are */
	CONTROL_PREPARE,       /* PREPARE TRANSACTION: the witness first */
};

/* Does the client want its transaction, or all that follow, to be read only? The gate's own wall is never what it hears of. */
enum read_only { READ_ONLY_UNSAID = 0, READ_ONLY_ON, READ_ONLY_OFF };

/* What a statement does to temporary tables of its session, once it succeeded. */
enum temporary {
	TEMPORARY_UNSAID = 0,
	TEMPORARY_MADE,
	TEMPORARY_FOR_NOW, /* to the end of the transaction */
	TEMPORARY_DROPPED,
	TEMPORARY_NONE_LEFT,
};

/* One of the statements in a text. */
struct statement {
	struct str text; /* in the message */
	struct str instead; /* sent in its place, the client sees the same answer; STR_NONE: as it is. BEGIN … gets READ WRITE */
	size_t added_at, added; /* `added` bytes of `instead`, from `added_at` on, are not the client's; 0: none */
	enum ruling ruling;
	enum ruling passed; /* of RULING_ASK: how it is sent once it passed: WRITE, ALONE or SESSION */
	enum control control;
	bool chain; /* COMMIT AND CHAIN */
	bool defines; /* more is said of it than rows that are read, added or named by a WHERE */
	bool of_read_only; /* READ as far as the client's own transaction is read only, and not beyond it */
	bool forgets; /* DEALLOCATE ALL, DISCARD ALL: prepared statements are gone when it succeeds, the gate's own too */
	enum read_only read_only; /* what the client says by it, once it succeeded: of this transaction, or with `session` of the session */
	bool session;
	bool path_known; /* it sets search_path to `path`, once it succeeded; not known where false and `path_changed` */
	bool path_changed;
	struct str path;     /* "a, b" as catalogue_find takes it; STR_NONE: the role's own */
	struct str prepares; /* PREPARE: to be remembered with `text` once it succeeded (statement_context.prepared); else STR_NONE */
	enum temporary temporary;
	struct str temporary_name;
	bool nothing;	     /* it drops what is not there: nothing is announced */
	struct str verb;     /* "DROP TABLE" */
	const struct sql_shape *shape; /* what it names, where it may run; NULL: not read by PostgreSQL's parser */
	bool unread; /* refused because PostgreSQL's parser, as pawl has it, does not take it */
	char sqlstate[6]; /* of a refusal; "" otherwise */
	struct str message, hint;
	size_t first_change, n_changes; /* in statement_answer.changes */
	struct statement *next;
};

struct statement_answer {
	struct statement *statements;
	size_t n; /* 0: an empty query */
	struct change_list changes;
	const struct sql_answer *sql;
	uint64_t schema_version; /* of the snapshot it was weighed against */
	struct statement whole;	 /* the only one where memory ran out */
};

/* What is known of the connection, kept by the relay. */
struct statement_context {
	const struct database_upstream *upstream;
	const struct database_session *session;
	const struct database_host *host;
	const struct catalogue *catalogue; /* snapshot; held by the caller while weighing; NULL: not read yet, nothing is known */
	struct str search_path;		   /* as last set; STR_NONE: the role's own */
	struct environment environment;
	bool in_transaction, failed; /* by the server's last ReadyForQuery */
	/* By the client's wish the statement's transaction is surely READ ONLY: what writes is sent for the server to refuse. */
	bool read_only;
	/* The text behind a name prepared earlier, by PREPARE; false: not known, or not by PREPARE. NULL: none is. */
	bool (*prepared)(void *relay, struct str name, struct str *ret_text);
	/* Did the session make a temporary table of that name? NULL: not known, so none. */
	bool (*temporary)(void *relay, struct str name);
	void *relay;
};

/* Total. Linear in ${text}. Thread-safe: one arena a thread. */
void statement_weigh(const struct statement_context *c, struct str text, struct arena *arena, struct statement_answer *ret);

/* Of rows alone: what does so locks a relation as any write does, and no more. */
bool statement_of_rows(const struct change *c);
/* Is it of an EXECUTE whose statement the context does not know? Its name is that of the prepared statement. */
bool statement_executes(const struct change *c);

/* For the slow way, on an asker thread with a connection of the gate's own (scope.c): rows, bytes, cascades, estimate, criticality and
 * what will be kept, written into the question's changes. False: scope could not be had; the card then says so. */
struct postgres_aside; /* aside.h: a connection of the gate's own to one upstream */
bool scope_fill(struct postgres_aside *aside, const struct catalogue *c, const struct sql_answer *sql, size_t nth, struct arena *arena,
		struct change_list *changes, struct err *err) PAWL_MUST_USE;

#endif
