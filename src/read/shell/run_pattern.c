/* Patterns of case, ${x#…} and [[ ]]: * ? […] and the extended forms, backtracking over the last star alone but for those.
 * Cost: len(pattern) × len(text) without extended forms; those are bounded by a budget: then they match (the wider answer).
 */
#include "read/shell/run_parts.h"

struct match {
	struct str p, s;
	unsigned budget;
};

static bool in_range(struct str set, char c)
{
	bool invert = set.len && (set.ptr[0] == '!' || set.ptr[0] == '^'), in = false;
	size_t i = invert ? 1 : 0;

	while (i < set.len) {
		char from = set.ptr[i];

		if (from == '\\' && i + 1 < set.len)
			from = set.ptr[++i];
		if (from == '[' && i + 1 < set.len && set.ptr[i + 1] == ':') {
			size_t end = str_find(str_sub(set, i, set.len), STR(":]"));
			struct str name = end == SIZE_MAX ? STR_NONE : str_sub(set, i + 2, end - 2);
			bool digit = c >= '0' && c <= '9', upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z';

			in |= (str_is(name, "digit") && digit) || (str_is(name, "upper") && upper) ||
			      (str_is(name, "lower") && lower) || (str_is(name, "alpha") && (upper || lower)) ||
			      (str_is(name, "alnum") && (upper || lower || digit)) ||
			      (str_is(name, "space") && memchr(" \t\n\r\v\f", c, 6)) ||
			      (str_is(name, "punct") && c > ' ' && c < 127 && !upper && !lower && !digit);
			i += end == SIZE_MAX ? 1 : end + 2;
			continue;
		}
		if (i + 2 < set.len && set.ptr[i + 1] == '-') {
			in |= (unsigned char)c >= (unsigned char)from && (unsigned char)c <= (unsigned char)set.ptr[i + 2];
			i += 3;
			continue;
		}
		in |= c == from;
		i++;
	}
	return in != invert;
}

/* Length of […] at the start of p with its brackets; 0: it is no set. */
static size_t set_length(struct str p)
{
	size_t i = 1;

	if (i < p.len && (p.ptr[i] == '!' || p.ptr[i] == '^'))
		i++;
	if (i < p.len && p.ptr[i] == ']')
		i++;
	for (; i < p.len && p.ptr[i] != ']'; i++) {
		if (p.ptr[i] == '\\')
			i++;
		else if (p.ptr[i] == '[' && i + 1 < p.len && p.ptr[i + 1] == ':') {
			size_t end = str_find(str_sub(p, i, p.len), STR(":]"));

			if (end != SIZE_MAX)
				i += end + 1;
		}
	}
	return i < p.len ? i + 1 : 0;
}

/* Where @( … ) closes, from its `('; 0: it does not. */
static size_t group_end(struct str p)
{
	size_t depth = 0;

	for (size_t i = 0; i < p.len; i++) {
		if (p.ptr[i] == '\\')
			i++;
		else if (p.ptr[i] == '(')
			depth++;
		else if (p.ptr[i] == ')' && --depth == 0)
			return i;
	}
	return 0;
}

static bool match(struct match *m, struct str p, struct str s, unsigned depth);

/* One alternative of the group against s. */
static bool match_any(struct match *m, struct str group, struct str s, unsigned depth)
{
	size_t from = 0, level = 0;

	for (size_t i = 0; i <= group.len; i++) {
		if (i < group.len && group.ptr[i] == '\\') {
			i++;
		} else if (i < group.len && group.ptr[i] == '(') {
			level++;
		} else if (i < group.len && group.ptr[i] == ')') {
			level--;
		} else if (i == group.len || (group.ptr[i] == '|' && level == 0)) {
			if (match(m, str_sub(group, from, i - from), s, depth + 1))
				return true;
			from = i + 1;
		}
	}
	return false;
}

static bool match_group(struct match *m, struct str p, struct str s, unsigned depth)
{
	char kind = p.ptr[0];
	size_t end = group_end(str_sub(p, 1, p.len)) + 1;
	struct str group = str_sub(p, 2, end - 2), rest = str_sub(p, end + 1, p.len);

	if ((kind == '?' || kind == '*') && match(m, rest, s, depth + 1))
		return true;
	for (size_t n = 0; n <= s.len; n++) {
		struct str head = str_sub(s, 0, n), tail = str_sub(s, n, s.len);
		bool is = match_any(m, group, head, depth + 1);

		if (m->budget == 0)
			return true;
		if (kind == '!' ? !is && match(m, rest, tail, depth + 1) : is && match(m, rest, tail, depth + 1))
			return true;
		if (is && n > 0 && (kind == '*' || kind == '+') && match_group(m, p, tail, depth + 1))
			return true;
	}
	return false;
}

/* One byte of s against one element of p; its length, or 0. */
static size_t match_one(struct str p, char c)
{
	size_t n;

	if (p.ptr[0] == '?')
		return 1;
	if (p.ptr[0] == '[') {
		n = set_length(p);
		if (n)
			return in_range(str_sub(p, 1, n - 2), c) ? n : 0;
	}
	if (p.ptr[0] == '\\' && p.len > 1)
		return p.ptr[1] == c ? 2 : 0;
	return p.ptr[0] == c ? 1 : 0;
}

static bool match(struct match *m, struct str p, struct str s, unsigned depth)
{
	struct str star_p = STR_NONE, star_s = STR_NONE;
	bool star = false;
	size_t n;

	if (depth > 64)
		m->budget = 0;
	for (;;) {
		if (m->budget == 0)
			return true;
		m->budget--;
		if (p.len > 1 && p.ptr[1] == '(' && memchr("@?*+!", p.ptr[0], 5) && group_end(str_sub(p, 1, p.len))) {
			if (match_group(m, p, s, depth + 1))
				return true;
		} else if (p.len && p.ptr[0] == '*') {
			star = true;
			p = str_sub(p, 1, p.len);
			star_p = p;
			star_s = s;
			continue;
		} else if (p.len == 0 && s.len == 0) {
			return true;
		} else if (p.len && s.len && (n = match_one(p, s.ptr[0])) > 0) {
			p = str_sub(p, n, p.len);
			s = str_sub(s, 1, s.len);
			continue;
		}
		if (!star || star_s.len == 0)
			return false;
		star_s = str_sub(star_s, 1, star_s.len);
		p = star_p;
		s = star_s;
	}
}

bool run_pattern_match(struct str pattern, struct str s)
{
	struct match m = { .budget = 200000 };

	return match(&m, pattern, s, 0);
}
