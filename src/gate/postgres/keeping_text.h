/* keeping_text.h -- the SQL of keeping_*.sql, put together for one statement.
 * Room: gate/postgres, private. Pure.
 */
#ifndef PAWL_GATE_POSTGRES_KEEPING_TEXT_H
#define PAWL_GATE_POSTGRES_KEEPING_TEXT_H

#include "base/arena.h"

struct keeping_word {
	const char *name; /* "ITEM" stands in the text as @ITEM@ */
	struct str value;
};

/* The text of that name as a DO statement, with its parts in it. STR_NONE when the arena is full or a statement is too long to be kept. */
struct str keeping_text(const char *name, const struct keeping_word *words, size_t n, struct arena *arena);
/* 'it''s' */
struct str keeping_literal(struct str s, struct arena *arena);

#endif
