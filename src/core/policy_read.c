#include "core/policy_read.h"

#include <stdarg.h>

#include "base/timestamp.h"

#define WORD_MAX 32
#define MOST_SECONDS (INT64_C(3650) * 86400)

bool policy_fail(const struct policy_file *f, const struct doc *at, const char *fmt, ...)
{
	char what[700];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	err_set(f->err, ERR_INPUT, "%.*s:%u:%u: %s", STR_ARG(f->source->path), at->line, at->column, what);
	if (f->err)
		f->err->line = at->line;
	return false;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance between short words; WORD_MAX when one is long. */
static size_t distance(struct str a, struct str b)
{
	size_t row[WORD_MAX + 1];

	if (a.len > WORD_MAX || b.len > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= b.len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			size_t up = row[j];

			row[j] = least(least(up, row[j - 1]) + 1, diagonal + (a.ptr[i - 1] != b.ptr[j - 1]));
			diagonal = up;
		}
	}
	return row[b.len];
}

const char *policy_nearest(struct str word, const char *(*next)(size_t i, const void *ctx), const void *ctx)
{
	size_t best = word.len <= 4 ? 2 : 3;
	const char *found = NULL, *w;

	for (size_t i = 0; (w = next(i, ctx)) != NULL; i++) {
		size_t d = distance(word, str_from(w));

		if (d < best || (d == best && !found)) {
			best = d;
			found = w;
		}
	}
	return found;
}

static const char *key_name(size_t i, const void *keys)
{
	return ((const struct policy_key *)keys)[i].name;
}

static bool unknown_key(const struct policy_file *f, const struct doc *m, const struct policy_key *keys)
{
	const char *near = policy_nearest(m->key, key_name, keys);
	struct doc at = { .line = m->key_line, .column = m->key_column };
	char known[400];
	size_t n = 0;

	if (near)
		return policy_fail(f, &at, "unknown key '%.*s'; did you mean '%s'?", STR_ARG(str_sub(m->key, 0, 60)), near);
	known[0] = '\0';
	for (size_t i = 0; keys[i].name && n < sizeof(known); i++)
		n += (size_t)snprintf(known + n, sizeof(known) - n, "%s%s", i ? ", " : "", keys[i].name);
	return policy_fail(f, &at, "unknown key '%.*s'; known here: %s", STR_ARG(str_sub(m->key, 0, 60)), known);
}

bool policy_map(struct policy_file *f, const struct doc *v, const struct policy_key *keys, void *target)
{
	if (v->type != DOC_MAP)
		return policy_fail(f, v, "a mapping (key: value) is wanted here");
	DOC_EACH(m, v) {
		size_t i = 0;

		while (keys[i].name && !str_is(m->key, keys[i].name))
			i++;
		if (!keys[i].name)
			return unknown_key(f, m, keys);
		if (!keys[i].take(f, m, target))
			return false;
	}
	return true;
}

bool policy_each(struct policy_file *f, const struct doc *v, bool (*take)(struct policy_file *f, const struct doc *item))
{
	if (v->type != DOC_LIST)
		return policy_fail(f, v, "'%.*s' is a list: each item begins with '-'", STR_ARG(v->key));
	DOC_EACH(it, v) {
		if (!take(f, it))
			return false;
	}
	return true;
}

bool policy_text(struct policy_file *f, const struct doc *v, struct str *ret)
{
	if (v->type != DOC_TEXT || !v->text.len)
		return policy_fail(f, v, "'%.*s' wants a text", STR_ARG(v->key));
	*ret = v->text;
	return true;
}

bool policy_list(struct policy_file *f, const struct doc *v, struct str_list **ret)
{
	struct str_list *first = NULL, **end = &first;
	const struct doc *it = v->type == DOC_LIST ? v->child : v;

	if (v->type == DOC_MAP || !it)
		return policy_fail(f, v, "'%.*s' wants a text or a list of texts", STR_ARG(v->key));
	for (; it; it = v->type == DOC_LIST ? it->next : NULL) {
		struct str_list *l = ARENA_NEW(f->arena, struct str_list);

		if (it->type != DOC_TEXT || !it->text.len)
			return policy_fail(f, it, "'%.*s' wants texts that are not empty", STR_ARG(v->key));
		if (!l)
			return policy_fail(f, it, "too large for a policy");
		l->item = it->text;
		*end = l;
		end = &l->next;
	}
	*ret = first;
	return true;
}

bool policy_duration(struct policy_file *f, const struct doc *v, int64_t *ret_seconds)
{
	int64_t s;

	if (v->type != DOC_TEXT || !duration_parse(v->text, &s) || s <= 0 || s > MOST_SECONDS)
		return policy_fail(f, v, "'%.*s' wants a time with its unit: 90s, 30m, 24h, 7d (at most 3650d)", STR_ARG(v->key));
	*ret_seconds = s;
	return true;
}

bool policy_number(struct policy_file *f, const struct doc *v, uint64_t *ret)
{
	if (v->type != DOC_TEXT || !str_to_u64(v->text, ret))
		return policy_fail(f, v, "'%.*s' wants a whole number", STR_ARG(v->key));
	return true;
}

bool policy_more_than(struct policy_file *f, const struct doc *v, uint64_t *ret_from)
{
	struct str s = v->type == DOC_TEXT ? v->text : STR_NONE;
	bool equal = str_starts(s, STR(">="));
	uint64_t n;

	if (!str_starts(s, STR(">")) || !str_to_u64(str_trim(str_sub(s, equal ? 2 : 1, s.len)), &n) || n == UINT64_MAX)
		return policy_fail(f, v, "'%.*s' wants \">10\" or \">=10\", in quotes", STR_ARG(v->key));
	*ret_from = equal ? n : n + 1;
	return true;
}

bool policy_bytes(struct policy_file *f, const struct doc *v, uint64_t *ret)
{
	static const struct {
		struct str unit;
		uint64_t bytes;
	} units[] = {
		{ STR_INIT("KiB"), UINT64_C(1) << 10 }, { STR_INIT("MiB"), UINT64_C(1) << 20 },
		{ STR_INIT("GiB"), UINT64_C(1) << 30 }, { STR_INIT("KB"), 1000 },
		{ STR_INIT("MB"), 1000000 },		{ STR_INIT("GB"), 1000000000 },
	};
	struct str s = v->type == DOC_TEXT ? v->text : STR_NONE;
	uint64_t n;

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (!str_ends(s, units[i].unit))
			continue;
		if (str_to_u64(str_trim(str_sub(s, 0, s.len - units[i].unit.len)), &n) && n && n < (UINT64_C(1) << 30)) {
			*ret = n * units[i].bytes;
			return true;
		}
	}
	return policy_fail(f, v, "'%.*s' wants a size with its unit: 512MiB, 1GiB", STR_ARG(v->key));
}

bool policy_choice(struct policy_file *f, const struct doc *v, const char *no, const char *yes, bool *ret_yes)
{
	if (v->type == DOC_TEXT && (str_is(v->text, no) || str_is(v->text, yes))) {
		*ret_yes = str_is(v->text, yes);
		return true;
	}
	return policy_fail(f, v, "'%.*s' is '%s' or '%s'", STR_ARG(v->key), no, yes);
}

/* --- hours --- */

static bool clock_time(struct str s, unsigned *ret_minute)
{
	uint64_t h, m;
	size_t colon = str_find_char(s, ':');

	if (colon == SIZE_MAX || s.len != 5 || !str_to_u64(str_sub(s, 0, colon), &h) ||
	    !str_to_u64(str_sub(s, colon + 1, s.len), &m) || m > 59 || h * 60 + m > 1440)
		return false;
	*ret_minute = (unsigned)(h * 60 + m);
	return true;
}

static bool weekday(struct str s, unsigned *ret)
{
	static const struct str days[] = { STR_INIT("sun"), STR_INIT("mon"), STR_INIT("tue"), STR_INIT("wed"),
					   STR_INIT("thu"), STR_INIT("fri"), STR_INIT("sat") };

	for (unsigned i = 0; i < ARRAY_LEN(days); i++) {
		if (str_eq_nocase(s, days[i])) {
			*ret = i;
			return true;
		}
	}
	return false;
}

/* "mon-fri", "mon,wed" or both, as bits; nothing is every day. */
static bool weekdays(struct str s, unsigned *ret_bits)
{
	unsigned bits = 0, from, to;

	if (!s.len) {
		*ret_bits = 0x7f;
		return true;
	}
	while (s.len) {
		size_t comma = str_find_char(s, ',');
		struct str part = str_trim(str_sub(s, 0, comma));
		size_t dash = str_find_char(part, '-');

		if (!weekday(str_sub(part, 0, dash), &from))
			return false;
		to = from;
		if (dash != SIZE_MAX && !weekday(str_sub(part, dash + 1, part.len), &to))
			return false;
		for (unsigned d = from;; d = (d + 1) % 7) {
			bits |= 1u << d;
			if (d == to)
				break;
		}
		s = comma == SIZE_MAX ? STR_NONE : str_sub(s, comma + 1, s.len);
	}
	*ret_bits = bits;
	return true;
}

bool policy_hours(struct policy_file *f, const struct doc *v, struct demands *d)
{
	struct str s = v->type == DOC_TEXT ? str_trim(v->text) : STR_NONE;
	size_t blank = str_find_char(s, ' ');
	struct str hours = str_sub(s, 0, blank), days = blank == SIZE_MAX ? STR_NONE : str_trim(str_sub(s, blank, s.len));
	size_t dash = str_find_char(hours, '-');
	unsigned from, to, bits;

	if (dash == SIZE_MAX || !clock_time(str_sub(hours, 0, dash), &from) ||
	    !clock_time(str_sub(hours, dash + 1, hours.len), &to) || !weekdays(days, &bits))
		return policy_fail(f, v, "'hours' wants \"09:00-17:00 mon-fri\" (UTC)");
	if (from >= to)
		return policy_fail(f, v, "'hours' begin before they end, within one day (UTC)");
	d->has_hours = true;
	d->from_minute = from;
	d->to_minute = to;
	d->weekdays = bits;
	return true;
}
