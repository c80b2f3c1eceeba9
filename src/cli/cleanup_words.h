/* cleanup_words.h -- the clean-up's findings as text and as JSON.
 * Room: cli, pawl-full.
 */
#ifndef PAWL_CLI_CLEANUP_WORDS_H
#define PAWL_CLI_CLEANUP_WORDS_H

#include "cli/cleanup_gather.h"
#include "cli/cleanup_plan.h"

void cleanup_words_text(const struct cleanup_case *c, struct buf *out);
void cleanup_words_plan(const struct cleanup_plan_made *plan, struct buf *out);
/* ${plan} may be NULL. */
void cleanup_words_json(const struct cleanup_case *c, const struct cleanup_plan_made *plan,
			struct buf *out);

#endif
