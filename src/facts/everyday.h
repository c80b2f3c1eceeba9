/* everyday.h -- what the shell's own commands and the plainest programs are: for explanations, and so that they are no unknown programs.
 * Room: facts. Pure: rows.
 */
#ifndef PAWL_FACTS_EVERYDAY_H
#define PAWL_FACTS_EVERYDAY_H

#include "base/str.h"

/* In words, by base name; STR_NONE where it is none. */
struct str everyday_words(struct str program);

/* Programs that only read the files they are given. Lists with a blank before and behind each. */
struct everyday_looker {
	const char *names;
	const char *unless; /* flags with which they write what they are given; "" none */
	const char *only;   /* flags of which one must be there; "" none */
	const char *into;   /* flags whose value is written */
};

/* NULL: it may write what it is given. */
const struct everyday_looker *everyday_looker(struct str program);
/* A program that copies from its first operands to its last. */
bool everyday_copies(struct str program);

#endif
