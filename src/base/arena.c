#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

void arena_init(struct arena *a, void *mem, size_t size)
{
	*a = (struct arena){ .mem = mem, .size = size, .dirty = size };
}

bool arena_map(struct arena *a, size_t size)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (mem == MAP_FAILED)
		return false;
	*a = (struct arena){ .mem = mem, .size = size };
	return true;
}

void arena_unmap(struct arena *a)
{
	if (a->mem)
		munmap(a->mem, a->size);
	*a = (struct arena){ 0 };
}

void arena_reset(struct arena *a)
{
	a->used = 0;
	a->full = false;
}

void *arena_refuse(struct arena *a)
{
	a->full = true;
	return NULL;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes)) {
		a->full = true;
		return NULL;
	}
	return arena_alloc(a, bytes);
}

struct str arena_str(struct arena *a, struct str s)
{
	return arena_join(a, s, STR_NONE);
}

struct str arena_join(struct arena *a, struct str x, struct str y)
{
	size_t len;
	char *p;

	if (__builtin_add_overflow(x.len, y.len, &len) || len == SIZE_MAX) {
		a->full = true;
		return STR_NONE;
	}
	p = arena_alloc(a, len + 1);
	if (!p)
		return STR_NONE;
	if (x.len)
		memcpy(p, x.ptr, x.len);
	if (y.len)
		memcpy(p + x.len, y.ptr, y.len);
	return (struct str){ p, len };
}

struct str arena_fmt(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	int n;
	char *p;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return STR_NONE;
	p = arena_alloc(a, (size_t)n + 1);
	if (!p)
		return STR_NONE;
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return (struct str){ p, (size_t)n };
}
