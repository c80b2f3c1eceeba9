#include "cli/linediff.h"

#include "core/card.h"

#define MAX_LINES 4000 /* of what differs; more is shown as one block */
#define AROUND 3

struct lines {
	struct str *at;
	size_t n;
};

static struct lines split(struct str text)
{
	struct lines l = { NULL, 0 };
	size_t count = 1;

	for (size_t i = 0; i < text.len; i++)
		count += text.ptr[i] == '\n';
	l.at = calloc(count, sizeof(*l.at));
	while (l.at && text.len) {
		size_t end = str_find_char(text, '\n');

		l.at[l.n++] = str_sub(text, 0, end);
		text = end == SIZE_MAX ? STR_NONE : str_sub(text, end + 1, SIZE_MAX);
	}
	return l;
}

static void put(struct buf *out, char sign, struct str line, bool colour)
{
	const char *paint = !colour || sign == ' ' ? "" : sign == '+' ? "\033[32m" : "\033[31m";

	buf_addf(out, "    %s%c ", paint, sign);
	for (size_t i = 0; i < line.len; i++) {
		/* A tab is seen as one. */
		if (line.ptr[i] == '\t')
			buf_adds(out, "\t");
		else
			card_escape(str_sub(line, i, 1), out);
	}
	buf_addf(out, "%s\n", *paint ? "\033[0m" : "");
}

/* Longest common run of lines, by the usual table; a, b: what differs. */
static void put_middle(struct lines a, struct lines b, bool colour, struct buf *out)
{
	size_t wide = b.n + 1, i = 0, j = 0;
	uint16_t *best = a.n < MAX_LINES && b.n < MAX_LINES ? calloc((a.n + 1) * wide, sizeof(*best)) : NULL;

	for (size_t x = a.n; best && x-- > 0;) {
		for (size_t y = b.n; y-- > 0;) {
			uint16_t skip_a = best[(x + 1) * wide + y], skip_b = best[x * wide + y + 1];

			best[x * wide + y] = str_eq(a.at[x], b.at[y]) ? (uint16_t)(best[(x + 1) * wide + y + 1] + 1)
					     : skip_a > skip_b	      ? skip_a
								      : skip_b;
		}
	}
	while (i < a.n || j < b.n) {
		if (best && i < a.n && j < b.n && str_eq(a.at[i], b.at[j])) {
			put(out, ' ', a.at[i], colour);
			i++, j++;
		} else if (j == b.n || (i < a.n && (!best || best[(i + 1) * wide + j] >= best[i * wide + j + 1]))) {
			put(out, '-', a.at[i++], colour);
		} else {
			put(out, '+', b.at[j++], colour);
		}
	}
	free(best);
}

void linediff(struct str before, struct str after, bool colour, struct buf *out)
{
	struct lines a = split(before), b = split(after), ma, mb;
	size_t head = 0, tail = 0;

	while (head < a.n && head < b.n && str_eq(a.at[head], b.at[head]))
		head++;
	while (tail < a.n - head && tail < b.n - head && str_eq(a.at[a.n - 1 - tail], b.at[b.n - 1 - tail]))
		tail++;
	ma = (struct lines){ a.at ? a.at + head : NULL, a.n - head - tail };
	mb = (struct lines){ b.at ? b.at + head : NULL, b.n - head - tail };
	for (size_t i = head > AROUND ? head - AROUND : 0; i < head; i++)
		put(out, ' ', a.at[i], colour);
	put_middle(ma, mb, colour, out);
	for (size_t i = a.n - tail; i < a.n && i < a.n - tail + AROUND; i++)
		put(out, ' ', a.at[i], colour);
	free(a.at);
	free(b.at);
}
