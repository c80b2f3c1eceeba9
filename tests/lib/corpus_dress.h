/* corpus_dress.h -- the same command in other clothes: quoted, split, wrapped, written down first. What it does stays, so its verdict may
 * never soften; words that are data never harden one. For the property fuzzing of fuzz/command.c and its run over the corpus.
 */
#ifndef PAWL_TESTS_CORPUS_DRESS_H
#define PAWL_TESTS_CORPUS_DRESS_H

#include "base/arena.h"
#include "core/verdict.h"

enum dress_promise {
	DRESS_NO_SOFTER, /* does the same: at least as strict */
	DRESS_SAME,	 /* does the same, and something harmless: as strict, no more */
	DRESS_REFUSED,	 /* and something terrible: never allowed */
	DRESS_ALLOWED,	 /* the text is data: always allowed */
};

struct dress {
	const char *name;
	enum dress_promise promise;
	const char *pattern; /* see corpus_dress.c */
	unsigned needs;
};

extern const struct dress corpus_dresses[];
extern const size_t corpus_n_dresses;

/* What is true of a text, once, for all dresses. */
struct dress_text {
	struct str text;
	unsigned has;
	struct str words[40];
	size_t n_words; /* when it is one command of plain words; else 0 */
};

void dress_look(struct str text, struct arena *arena, struct dress_text *ret);
bool dress_fits(const struct dress *d, const struct dress_text *t);
/* ${random} moves on: how words are quoted and where they are split. */
struct str dress_put_on(const struct dress *d, const struct dress_text *t, uint64_t *random, struct arena *arena);
/* Is the promise kept, by the verdicts of the text and of the dressed text? */
bool dress_keeps(enum dress_promise promise, enum verdict before, enum verdict after);
/* A seed made of the bytes: the same text is dressed the same way again. */
uint64_t dress_seed(struct str text);

#endif
