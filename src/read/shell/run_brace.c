/* {1..9} {a..e} {01..10..2}: what a range stands for. */
#include "read/shell/run_parts.h"

struct range {
	int64_t from, to, step;
	bool letters;
	size_t width; /* of numbers with zeros before them */
};

static bool letter(struct str s)
{
	return s.len == 1 && ((s.ptr[0] >= 'a' && s.ptr[0] <= 'z') || (s.ptr[0] >= 'A' && s.ptr[0] <= 'Z'));
}

static bool padded(struct str s)
{
	size_t sign = s.len && (s.ptr[0] == '-' || s.ptr[0] == '+');

	return s.len > sign + 1 && s.ptr[sign] == '0';
}

static bool parse(struct str text, struct range *ret)
{
	size_t dots = str_find(text, STR(".."));
	struct str a, b, c = STR_NONE;

	if (dots == SIZE_MAX)
		return false;
	a = str_sub(text, 0, dots);
	b = str_sub(text, dots + 2, text.len);
	dots = str_find(b, STR(".."));
	if (dots != SIZE_MAX) {
		c = str_sub(b, dots + 2, b.len);
		b = str_sub(b, 0, dots);
	}
	*ret = (struct range){ .step = 1 };
	if (letter(a) && letter(b)) {
		ret->letters = true;
		ret->from = a.ptr[0];
		ret->to = b.ptr[0];
	} else if (!run_number(a, &ret->from) || !run_number(b, &ret->to)) {
		return false;
	}
	if (c.len && !run_number(c, &ret->step))
		return false;
	if (ret->step < 0)
		ret->step = -ret->step;
	if (ret->step == 0)
		ret->step = 1;
	if (!ret->letters && (padded(a) || padded(b)))
		ret->width = a.len > b.len ? a.len : b.len;
	return true;
}

static struct str nth(struct run *r, const struct range *g, int64_t v)
{
	char c = (char)v;

	if (g->letters)
		return arena_str(r->arena, (struct str){ &c, 1 });
	if (g->width)
		return arena_fmt(r->arena, "%0*lld", (int)(g->width < 32 ? g->width : 32), (long long)v);
	return arena_fmt(r->arena, "%lld", (long long)v);
}

struct shell_word *run_range(struct run *r, struct str text)
{
	struct shell_word *first = NULL, **at = &first;
	struct range g;
	int64_t n = 0, limit = INT64_C(1) << 40;

	if (!parse(text, &g) || g.from > limit || g.from < -limit || g.to > limit || g.to < -limit || g.step > limit)
		return NULL;
	for (int64_t v = g.from; n < RUN_MAX_WORDS && (g.from <= g.to ? v <= g.to : v >= g.to); n++) {
		struct shell_part *p = run_alloc(r, sizeof(*p));
		struct shell_word *w = run_alloc(r, sizeof(*w));

		if (!p || !w || !run_step(r, 1))
			return first;
		*p = (struct shell_part){ .kind = SHELL_PART_TEXT, .text = nth(r, &g, v) };
		w->first = p;
		*at = w;
		at = &w->next;
		v += g.from <= g.to ? g.step : -g.step;
	}
	return n < RUN_MAX_WORDS ? first : NULL;
}
