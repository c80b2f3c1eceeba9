#include "core/card_paint.h"

#define LABEL_COLUMNS 13

static const char *const codes[PAINT_COUNT] = {
	[PAINT_NONE] = "",	    [PAINT_BOLD] = "\033[1m",	[PAINT_DIM] = "\033[2m",
	[PAINT_RED] = "\033[1;31m", [PAINT_YELLOW] = "\033[33m", [PAINT_GREEN] = "\033[32m",
};

void card_paint(struct card_page *p, enum paint paint, struct str text)
{
	bool dressed = p->colour && paint != PAINT_NONE;

	if (dressed)
		buf_adds(p->out, codes[paint]);
	card_escape(text, p->out);
	if (dressed)
		buf_adds(p->out, "\033[0m");
}

static void pad(struct card_page *p, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		buf_addc(p->out, ' ');
}

/* What is hidden is counted as one, which is near enough for wrapping. */
static unsigned columns(struct str s)
{
	return (unsigned)str_characters(s);
}

void card_wrap(struct card_page *p, enum paint paint, unsigned indent, unsigned at, struct str text)
{
	bool first = true;

	while (text.len > 0) {
		size_t cut = str_find_char(text, ' ');
		struct str word = str_sub(text, 0, cut);
		unsigned w = columns(word);

		text = cut == SIZE_MAX ? STR_NONE : str_sub(text, cut + 1, text.len);
		if (!first && at + 1 + w > p->width) {
			buf_addc(p->out, '\n');
			pad(p, indent);
			at = indent;
		} else if (!first) {
			buf_addc(p->out, ' ');
			at++;
		}
		card_paint(p, paint, word);
		at += w;
		first = false;
	}
	buf_addc(p->out, '\n');
}

void card_field(struct card_page *p, const char *label, enum paint paint, struct str text)
{
	struct str l = str_from(label);

	if (!text.len)
		return;
	pad(p, 2);
	card_paint(p, PAINT_DIM, l);
	pad(p, columns(l) < LABEL_COLUMNS - 2 ? LABEL_COLUMNS - 2 - columns(l) : 1);
	card_wrap(p, paint, LABEL_COLUMNS, LABEL_COLUMNS, text);
}

void card_heading(struct card_page *p, const char *text)
{
	buf_addc(p->out, '\n');
	card_paint(p, PAINT_BOLD, str_from(text));
	buf_addc(p->out, '\n');
}
