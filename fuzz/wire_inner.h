/* wire_inner.h -- what the two halves of wire_model.c and wire_run.c share. */
#ifndef PAWL_FUZZ_WIRE_INNER_H
#define PAWL_FUZZ_WIRE_INNER_H

#include "wire_model.h"

void model_put(struct model_name *all, struct str name, struct str text, bool own);
void model_forget(struct model_name *all);
/* The same bytes judged in the transaction that this server is in. */
void model_weigh(struct model *m, struct str text, struct statement_answer *ret);
/* False, having said so. */
bool model_error(struct model *m, const char *state);
void model_row(struct model *m, const char *const *cells, size_t n);

/* wire_run.c: one statement, the gate's own or the client's; false: an error was said. */
bool model_runs_own(struct model *m, struct str text, uint8_t vary);
bool model_runs(struct model *m, const struct statement *st);
/* wire_call.c: a FunctionCall, which is no SELECT and has to be passed as one. */
bool model_calls(struct model *m, struct str body);
bool model_has(struct str text, const char *words);

#endif
