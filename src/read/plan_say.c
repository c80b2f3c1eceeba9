#include "read/plan_say.h"

#include <stdarg.h>

static void add(struct plan_say *s, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

static void add(struct plan_say *s, const char *fmt, va_list ap)
{
	size_t room = sizeof(s->text) - s->len;
	int n = vsnprintf(s->text + s->len, room, fmt, ap);

	if (n > 0)
		s->len += (size_t)n < room ? (size_t)n : room - 1;
}

void plan_say(struct plan_say *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(s, fmt, ap);
	va_end(ap);
}

void plan_say_clause(struct plan_say *s, const char *fmt, ...)
{
	va_list ap;

	if (s->len)
		plan_say(s, "; ");
	va_start(ap, fmt);
	add(s, fmt, ap);
	va_end(ap);
}

struct str plan_say_cut(struct str s, size_t max)
{
	if (s.len <= max)
		return s;
	s.len = max;
	while (s.len > 0 && ((unsigned char)s.ptr[s.len] & 0xc0) == 0x80)
		s.len--;
	return s;
}

struct str plan_say_keep(const struct plan_say *s, struct arena *arena)
{
	struct str text = { s->text, s->len };

	/* Full: the last character may have lost its tail. */
	if (s->len == sizeof(s->text) - 1) {
		while (text.len > 0 && !str_is_utf8(str_sub(text, text.len > 4 ? text.len - 4 : 0, 4)) &&
		       ((unsigned char)text.ptr[text.len - 1] & 0x80))
			text.len--;
	}
	return arena_str(arena, text);
}
