/* card_paint.h -- lines of a card: colour where it is wished, wrapping at the width, names made safe to show.
 * Room: core. Pure. Only card.c and card_touch.c include it.
 */
#ifndef PAWL_CORE_CARD_PAINT_H
#define PAWL_CORE_CARD_PAINT_H

#include "core/card.h"

enum paint { PAINT_NONE = 0, PAINT_BOLD, PAINT_DIM, PAINT_RED, PAINT_YELLOW, PAINT_GREEN, PAINT_COUNT };

struct card_page {
	struct buf *out;
	bool colour;
	unsigned width;
	bool full;
};

/* Text in a colour, escaped; no line end. */
void card_paint(struct card_page *p, enum paint paint, struct str text);
/* Words wrapped to the width, every line after ${indent} blanks; ends the line. The first line starts where the cursor is,
 * taken to be ${at} columns in. */
void card_wrap(struct card_page *p, enum paint paint, unsigned indent, unsigned at, struct str text);
/* "  label     text", wrapped under the text. */
void card_field(struct card_page *p, const char *label, enum paint paint, struct str text);
/* A heading on a line of its own, after an empty line. */
void card_heading(struct card_page *p, const char *text);

/* Answer 1: everything touched, by environment and by what holds data. */
void card_touch(struct card_page *p, const struct judgement *j);

#endif
