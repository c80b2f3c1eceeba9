/* everyday.h -- what the shell's own commands and the plainest programs are: for explanations, and so that they are no unknown programs.
 * Room: facts. Pure: rows.
 */
#ifndef PAWL_FACTS_EVERYDAY_H
#define PAWL_FACTS_EVERYDAY_H

#include "base/str.h"

/* In words, by base name; STR_NONE where it is none. */
struct str everyday_words(struct str program);

#endif
