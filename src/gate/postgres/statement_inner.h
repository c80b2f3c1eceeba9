/* statement_inner.h -- shared by the files that weigh statements.
 * Room: gate/postgres.
 */
#ifndef PAWL_GATE_POSTGRES_STATEMENT_INNER_H
#define PAWL_GATE_POSTGRES_STATEMENT_INNER_H

#include "core/judge.h"
#include "facts/sql_findings.h"
#include "gate/postgres/statement.h"

#define STATEMENT_WORDS 12
#define STATEMENT_SAYS 600 /* bytes of a message or hint */

struct weighing {
	const struct statement_context *c;
	struct arena *arena;
	struct statement_answer *answer;
	bool several; /* statements in the text */
	bool anew;    /* changes are told anew, with what the schema adds */
};

bool statement_has(const struct change *c, enum sql_meaning means);
/* The i-th change of ${s}, from 0. */
#define STATEMENT_EACH(it, w, s) for (struct statement_each it = { 0 }; statement_next((w), (s), &it);)
struct statement_each {
	struct change_chunk *chunk;
	size_t at, seen;
	struct change *change;
};
bool statement_next(const struct weighing *w, const struct statement *s, struct statement_each *e);

/* statement_spare.c: what takes nothing from anybody has no changes; what it does to temporary tables is said. */
void statement_spare(const struct weighing *w, struct statement *s);

/* statement_words.c */
void statement_refuse(const struct weighing *w, struct statement *s, const char *sqlstate, struct str why, struct str hint);
/* Of a change that the policy denies. */
void statement_denied(const struct weighing *w, struct statement *s, const struct change *c, const struct rule_ref *r);
struct str statement_about(const struct weighing *w, const struct statement *s, const struct change *c);

/* statement_session.c: what switches the session itself. True: ruled. Below, statement_kind.c's: of statements that have a shape. */
bool statement_transaction(const struct weighing *w, struct statement *s);
bool statement_session(const struct weighing *w, struct statement *s);
/* Settings without which the walls do not stand are no matter of policy. True: refused. */
bool statement_guards(const struct weighing *w, struct statement *s);
/* Can it not run in a transaction block? */
bool statement_alone(const struct weighing *w, const struct statement *s);
/* Is it among the statements that only read when no change is told of it? */
bool statement_reads(const struct statement *s);
bool statement_sets(const struct statement *s);


/* statement_effect.c: what the schema adds: does it say anything of any statement of the answer? Then its changes are told anew. */
bool statement_touches(const struct weighing *w, const struct sql_answer *sql);
void statement_effects(struct weighing *w, struct statement *s, const struct sql_statement *read, const struct sql_answer *sql);

#endif
