#include "base/json_memory.h"

#include "base/base.h"

static void *take(void *ctx, size_t n)
{
	void *p = malloc(n);

	(void)ctx;
	PAWL_ASSERT(p || n == 0);
	return p;
}

static void *grow(void *ctx, void *old, size_t n)
{
	void *p = realloc(old, n);

	(void)ctx;
	PAWL_ASSERT(p || n == 0);
	return p;
}

static void give(void *ctx, void *p)
{
	(void)ctx;
	free(p);
}

yajl_alloc_funcs *json_memory(void)
{
	static yajl_alloc_funcs funcs = { .malloc = take, .realloc = grow, .free = give };

	return &funcs;
}
