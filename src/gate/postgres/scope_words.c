/* Numbers as cards have them. */
#include "gate/postgres/scope.h"

struct str scope_number(uint64_t n, struct arena *arena)
{
	char digits[24], out[32];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n), at = 0;

	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			out[at++] = ',';
		out[at++] = digits[i];
	}
	return arena_str(arena, (struct str){ out, at });
}

struct str scope_bytes(uint64_t n, struct arena *arena)
{
	static const char *const units[] = { "bytes", "kB", "MB", "GB", "TB", "PB" };
	double v = (double)n;
	size_t u = 0;

	while (v >= 1000 && u + 1 < ARRAY_LEN(units)) {
		v /= 1000;
		u++;
	}
	return u ? arena_fmt(arena, "%.1f %s", v, units[u]) : arena_fmt(arena, "%.0f bytes", v);
}
