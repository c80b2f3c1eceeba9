#include "read/shell/run_parts.h"

void *run_alloc(struct run *r, size_t size)
{
	void *p = arena_alloc(r->arena, size);

	if (!p)
		r->stopped = true;
	return p;
}

static bool grow(struct run_text *t, size_t n)
{
	size_t cap = t->cap ? t->cap : 32;
	char *p;

	while (cap < t->len + n)
		cap *= 2;
	if (cap == t->cap)
		return true;
	p = arena_alloc(t->arena, cap);
	if (!p)
		return false;
	if (t->len)
		memcpy(p, t->ptr, t->len);
	t->ptr = p;
	t->cap = cap;
	return true;
}

void run_text_add(struct run_text *t, struct str s)
{
	if (t->over || s.len == 0)
		return;
	if (t->len + s.len > RUN_MAX_VALUE) {
		t->over = true;
		s = (struct str){ "", 1 }; /* one unknown part */
	}
	if (!grow(t, s.len))
		return;
	memcpy(t->ptr + t->len, s.ptr, s.len);
	t->len += s.len;
}

void run_text_addc(struct run_text *t, char c)
{
	run_text_add(t, (struct str){ &c, 1 });
}

struct str run_text_str(const struct run_text *t)
{
	return (struct str){ t->ptr ? t->ptr : "", t->len };
}

bool run_known(struct str s)
{
	return s.len == 0 || !memchr(s.ptr, SHELL_UNKNOWN, s.len);
}

bool run_all_unknown(struct str s)
{
	bool mark = false;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == SHELL_UNKNOWN)
			mark = true;
		else if (s.ptr[i] != ' ' && s.ptr[i] != '\n' && s.ptr[i] != '\t')
			return false;
	}
	return mark;
}

struct str run_mask(struct run *r, struct str s)
{
	char *p;

	if (run_known(s))
		return s;
	p = run_alloc(r, s.len);
	if (!p)
		return STR("");
	for (size_t i = 0; i < s.len; i++)
		p[i] = s.ptr[i] == SHELL_UNKNOWN ? RUN_MARK : s.ptr[i];
	return (struct str){ p, s.len };
}

struct shell_value run_value(struct str text, struct shell_span span)
{
	return (struct shell_value){ .text = text, .known = run_known(text), .span = span };
}

void run_list_add(struct run *r, struct run_list *l, struct shell_value v)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 4;
		struct shell_value *item = run_alloc(r, cap * sizeof(*item));

		if (!item)
			return;
		if (l->n)
			memcpy(item, l->item, l->n * sizeof(*item));
		l->item = item;
		l->cap = cap;
	}
	l->item[l->n++] = v;
}

bool run_number(struct str s, int64_t *ret)
{
	bool minus = s.len > 1 && s.ptr[0] == '-';
	uint64_t n;

	s = str_trim(s);
	if (minus || (s.len > 1 && s.ptr[0] == '+'))
		s = str_sub(s, 1, s.len);
	if (s.len == 0 || !str_to_u64(s, &n) || n > INT64_MAX)
		return false;
	*ret = minus ? -(int64_t)n : (int64_t)n;
	return true;
}

bool run_line(struct str s, size_t *at, struct str *ret)
{
	struct str rest = str_sub(s, *at, s.len);
	size_t nl;

	if (*at >= s.len)
		return false;
	nl = str_find_char(rest, '\n');
	*ret = str_sub(rest, 0, nl == SIZE_MAX ? rest.len : nl);
	*at += ret->len + 1;
	return true;
}
