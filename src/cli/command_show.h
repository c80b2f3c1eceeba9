/* command_show.h -- a command on the screen: the part of its text that matters underlined, and what every part was read as.
 * Room: cli; for both programs.
 */
#ifndef PAWL_CLI_COMMAND_SHOW_H
#define PAWL_CLI_COMMAND_SHOW_H

#include "base/buf.h"
#include "cli/command_weigh.h"

/* The text, line by line, with ^^^ under what makes changes; lines without such a part are left out where there are many. */
void command_show_text(struct str text, const struct command_answer *a, bool colour, struct buf *out);
/* What every part was read as, a paragraph each. */
void command_show_readings(struct str text, const struct command_answer *a, bool colour, struct buf *out);
/* The card, or with json its JSON with "readings", "kept". */
void command_show_card(const struct command_ask *ask, const struct command_weighed *w, const struct card_style *style, struct buf *out);
void command_show_json(const struct command_ask *ask, const struct command_weighed *w, struct buf *out);

#endif
