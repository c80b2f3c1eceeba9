/* sql_digest.h -- the fingerprint of a statement: what PostgreSQL's parser made of it, constants and all, but not where it stood.
 * Room: read/sql.
 */
#ifndef PAWL_READ_SQL_SQL_DIGEST_H
#define PAWL_READ_SQL_SQL_DIGEST_H

#include "base/arena.h"
#include "base/digest.h"

/**
 * sql_digest(arena, tree, places, ret):
 * SHA-256 over every field of every node of ${tree}, in the order of PostgreSQL's headers; a list by its length and its items, a text by
 * its length and bytes. Comments, spacing and the case of plain names do not matter; a constant's spelling does ('a' and 'b', 1 and 1.0).
 * With ${places}, also where in the text each node stood. False when a node is not known, or the arena is full: such a statement has no
 * fingerprint. Linear; no recursion.
 */
bool sql_digest(struct arena *arena, const void *tree, bool places, struct digest *ret);

/* For tests: does sql_quick_parse make of ${text} what PostgreSQL's parser makes? */
enum sql_same { SQL_SAME_NOT_PLAIN = 1, SQL_SAME_YES, SQL_SAME_NO };
enum sql_same sql_digest_quick(struct arena *arena, struct str text);

#endif
