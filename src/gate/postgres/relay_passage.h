/* relay_passage.h -- a text on its way to those who decide about it, and back.
 * Room: gate/postgres, inner.
 */
#ifndef PAWL_GATE_POSTGRES_RELAY_PASSAGE_H
#define PAWL_GATE_POSTGRES_RELAY_PASSAGE_H

#include "gate/postgres/relay.h"

struct keeping_plan;

struct relay_keep {
	struct str lock; /* to be run, and dumped, before all else; STR_NONE: there is no need, or no more */
	struct str before, instead, after, tag;
	const struct keeping_plan *plan; /* as it was before anybody was asked; NULL: nothing is kept */
};

struct passage_name {
	struct str name, text;
	bool parsed; /* by a Parse: its text is the statement alone */
	struct passage_name *next;
};

struct relay_passage {
	struct asking_job job; /* first */
	struct session *session; /* NULL: gone; the worker's */
	struct loop_note waiting; /* posted before the job comes home */
	struct str waits, how_to_answer; /* for the client, while it waits */
	bool gone, cancelled;	 /* atomic */
	struct arena arena;
	struct database_question question;
	struct database_passage passage;
	struct upstream *upstream;
	const struct database_host *host;
	struct statement_context context;
	struct database_session who;
	struct str text, types, parameters;
	struct str prepared; /* as in struct question_about */
	struct str *temporary; /* tables of the session */
	size_t n_temporary;
	struct passage_name *names; /* of prepared statements, and what they stand for */
	struct relay_keep *keeps; /* by statement */
	size_t n_keeps;
	const struct statement_answer *answer;
	size_t dumping;		/* which of its statements */
	uint64_t dumped;	/* atomic: bytes of it so far */
	int64_t told_us;	/* the asker's */
	bool telling;		/* atomic: tell is on its way */
	struct loop_note tell;
	struct str kept;		/* for the card */
	struct evidence_note *notes;
	void (*then)(struct session *s);
};
/* Ask about the statements of a text that have to be; ${then} is called when that is answered, with relay.passage set. ${types} as in its
 * Parse, ${parameters} as in its Bind; STR_NONE: a simple query. */
void relay_ask(struct session *s, struct str text, struct str types, struct str parameters, void (*then)(struct session *s));
/* Of a passage that was not passed; in the worker's arena. */
void relay_ask_error(struct session *s, const struct relay_passage *p, struct message_error *ret);
void relay_passage_free(struct relay_passage *p);
void relay_ask_gone(struct session *s);
/* Hand it to an asker; ${p}->then is called with relay.passage set. False: too many wait; it is the caller's still. */
bool relay_ask_submit(struct session *s, struct relay_passage *p);
/* Atomic, any thread: does nobody wait for its answer any more? */
bool relay_passage_gone(void *passage);

#endif
