/* relay_script.h -- the statements of one simple query, on their way through.
 * Room: gate/postgres, private to relay_script*.c.
 */
#ifndef PAWL_GATE_POSTGRES_RELAY_SCRIPT_H
#define PAWL_GATE_POSTGRES_RELAY_SCRIPT_H

#include "gate/postgres/session.h"

struct script_statement {
	struct str text; /* in relay_script.text */
	struct str instead;
	size_t added_at, added; /* as in struct statement */
	enum ruling ruling;
	enum control control;
	bool ask, copies_in, ddl, effective, chain;
	size_t announces_at, announces_len, n_announces; /* in relay_script.announced */
	struct relay_effects effects;
};

struct relay_script {
	struct relay_passage *passage;
	char *text;
	size_t n_text, n, at;
	struct buf announced;
	size_t counted, characters; /* of text that lies before the statement that was sent */
	const struct script_statement *last; /* whose effects are to be applied once it succeeded */
	struct script_statement st[];
};

/* NULL: too many of them. Whole only where its n is the answer's, and its text is there. */
struct relay_script *relay_script_new(const struct relay *r, const struct statement_answer *a, struct str text);

#endif
