#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

char *buf_reserve(struct buf *b, size_t n)
{
	size_t want, cap;
	char *p;

	if (b->failed)
		return NULL;
	if (n > b->max || b->len > b->max - n) {
		b->failed = true;
		return NULL;
	}
	want = b->len + n + 1;
	if (want <= b->cap)
		return b->ptr + b->len;
	cap = b->cap ? b->cap : 256;
	while (cap < want)
		cap = cap > SIZE_MAX / 2 ? want : cap * 2;
	p = realloc(b->ptr, cap);
	if (!p) {
		b->failed = true;
		return NULL;
	}
	b->ptr = p;
	b->cap = cap;
	return b->ptr + b->len;
}

void buf_add(struct buf *b, struct str s)
{
	char *p = buf_reserve(b, s.len);

	if (!p)
		return;
	if (s.len)
		memcpy(p, s.ptr, s.len);
	b->len += s.len;
	b->ptr[b->len] = '\0';
}

void buf_adds(struct buf *b, const char *cstr)
{
	buf_add(b, str_from(cstr));
}

void buf_addc(struct buf *b, char c)
{
	buf_add(b, (struct str){ &c, 1 });
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;
	char *p;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0) {
		b->failed = true;
		return;
	}
	p = buf_reserve(b, (size_t)n);
	if (!p)
		return;
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->ptr)
		b->ptr[0] = '\0';
}

void buf_wipe(struct buf *b)
{
	if (b->ptr)
		explicit_bzero(b->ptr, b->cap);
	buf_clear(b);
}

void buf_free(struct buf *b)
{
	free(b->ptr);
	*b = (struct buf){ .max = b->max };
}

struct str buf_str(const struct buf *b)
{
	return (struct str){ b->ptr, b->len };
}
