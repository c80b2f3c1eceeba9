/* wire_model.h -- for the fuzz target `wire`: a server as far as a gate can tell, which knows what may never be run.
 * It takes the bytes that the gate sends, checks that they are framed, and answers; what would run in a real server is judged once
 * more, from its bytes alone, and has to be what somebody said yes to.
 */
#ifndef PAWL_FUZZ_WIRE_MODEL_H
#define PAWL_FUZZ_WIRE_MODEL_H

#include "base/buf.h"
#include "gate/postgres/statement.h"

#define MODEL_NAMES 64
#define MODEL_YES 256

struct model_name {
	char *name, *text; /* of statements, portals and PREPARE's; NULL: free */
	bool own, done;	   /* the gate's; run to its end */
};

struct model {
	const struct statement_context *judge;
	struct arena arena;
	struct buf in, out;
	struct model_name statements[MODEL_NAMES], portals[MODEL_NAMES], by_name[MODEL_NAMES];
	char *yes[MODEL_YES]; /* texts that may run once more each */
	size_t n_yes;
	char tx;
	bool may_write, may_write_alone; /* this transaction; by default_transaction_read_only */
	bool wrote, looked, look_good;	 /* in this transaction; a look came behind the last write; and it found nothing */
	bool asked;			 /* one of its statements was */
	bool unseen;			 /* nobody looks in this session */
	bool keeps;			 /* something was begun that wants an end before the transaction's */
	bool read_only;			 /* the client spoke of reading alone */
	bool skips, copies, copies_simply;
	bool lies;  /* the fuzzer spoke in its place: what the gate then believes is not held against it */
	bool ended; /* Terminate came */
	size_t messages;
};

void model_begin(struct model *m, const struct statement_context *judge);
void model_end(struct model *m);
/* ${text} was passed by a person or the policy's slow way. */
void model_yes(struct model *m, struct str text);
void model_takes(struct model *m, const char *bytes, size_t n);
/* The next message; ${vary}: 128 an error, 64 a notice, 32 a ParameterStatus, 16 a notification, 7 what the witness sees. False: none. */
bool model_answers(struct model *m, uint8_t vary);

/* Rows of the gate's own connection: a schema of two tables, or nothing. Shared with the fakes of wire.c. */
extern const char model_lock[], model_before[], model_instead[], model_after[];

#endif
