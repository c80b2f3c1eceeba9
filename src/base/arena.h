/* arena.h -- one bounded piece of memory per decision.
 * Room: base. arena_alloc and friends are pure; arena_map and arena_unmap ask the kernel.
 * Invariant: memory handed out is zeroed, aligned to 16 bytes and lives until the arena is reset or unmapped.
 * A request that does not fit sets `full`, which stays set until reset: the caller looks once, at the end, and refuses.
 * When full, allocations return NULL; every user of an arena must bear that.
 */
#ifndef PAWL_BASE_ARENA_H
#define PAWL_BASE_ARENA_H

#include "base/str.h"

struct arena {
	char *mem;
	size_t size; /* bytes in mem */
	size_t used;
	size_t dirty; /* bytes that may be other than zero: only these are zeroed when handed out */
	bool full;
};

/* Use caller's memory, whatever stands in it. */
void arena_init(struct arena *a, void *mem, size_t size);
/* Reserve ${size} bytes of address space; pages cost memory only once touched. False when the kernel refuses. */
bool arena_map(struct arena *a, size_t size) PAWL_MUST_USE;
void arena_unmap(struct arena *a);
/* Forget everything handed out. It is zeroed when it is handed out again, a piece at a time: then it is written at once anyway. */
void arena_reset(struct arena *a);

#define ARENA_ALIGN ((size_t)16)

void *arena_refuse(struct arena *a); /* sets full; NULL */

static inline PAWL_MUST_USE void *arena_alloc(struct arena *a, size_t size)
{
	size_t need = (size + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
	void *p;

	if (a->full || need < size || need > a->size - a->used)
		return arena_refuse(a);
	p = a->mem + a->used;
	if (a->used < a->dirty)
		memset(p, 0, need);
	a->used += need;
	if (a->used > a->dirty)
		a->dirty = a->used;
	return p;
}

/* n × size with overflow check. */
void *arena_array(struct arena *a, size_t n, size_t size) PAWL_MUST_USE;
/* A copy, NUL-terminated behind its end for convenience. STR_NONE when full. */
struct str arena_str(struct arena *a, struct str s);
/* Formatted text; STR_NONE when full. */
struct str arena_fmt(struct arena *a, const char *fmt, ...) PAWL_PRINTF(2, 3);
/* a followed by b. */
struct str arena_join(struct arena *a, struct str x, struct str y);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, n, type) ((type *)arena_array((a), (n), sizeof(type)))

#endif
