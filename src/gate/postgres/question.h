/* question.h -- what a person is asked about a text: its scope, the digest that an approval binds to, and whether the schema is still the
 * one it was judged against when it is to run.
 * Room: gate/postgres. For asker threads.
 */
#ifndef PAWL_GATE_POSTGRES_QUESTION_H
#define PAWL_GATE_POSTGRES_QUESTION_H

#include "base/digest.h"
#include "gate/postgres/scope.h"
#include "gate/postgres/statement.h"

struct question_about {
	struct str text;	/* the whole message */
	struct str types;	/* of its parameters, as in its Parse behind the text; STR_NONE: none */
	struct str parameters;	/* of its Bind, as it came behind its names; STR_NONE: none */
	struct str prepared;	/* a digest of what the names stand for that it executes; STR_NONE: it executes none */
	struct str database;	/* the upstream's name */
	struct str search_path;
	uint64_t schema_version; /* statement_answer's */
};

/**
 * question_digest(about, arena):
 * The same for texts that PostgreSQL's parser reads as the same statements: comments, spacing and the case of plain names do not matter,
 * constants, parameters with their types, database, search_path and the version of the schema do. A statement without a fingerprint counts
 * by its text.
 */
struct digest question_digest(const struct question_about *about, struct arena *arena);

/* Scope of every statement of the answer that is asked about, written into its changes; ${ret_says}: one line for the summary, "drops 63
 * tables, 4.1 GB, about 1,943,200 rows", STR_NONE where nothing was measured. What could not be measured says so on its change. */
void question_measure(struct postgres_aside *aside, const struct catalogue *c, struct statement_answer *a, const struct scope_asked *how,
		      struct arena *arena, struct str *ret_says);

/* Is the schema still what ${version} says? False: it is not, or cannot be asked; ${err} says which, for the client. To be asked once more
 * after a person said yes, before anything is sent. */
bool question_schema_same(struct postgres_aside *aside, uint64_t version, struct err *err) PAWL_MUST_USE;

#endif
