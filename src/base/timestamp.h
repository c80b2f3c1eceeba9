/* timestamp.h -- microseconds since 1970 as text and back; pure, for rooms that may not ask the clock.
 * Room: base. Pure. Text is RFC 3339 in UTC: 2026-11-21T09:15:00Z.
 */
#ifndef PAWL_BASE_TIMESTAMP_H
#define PAWL_BASE_TIMESTAMP_H

#include "base/str.h"

#define TIMESTAMP_LEN 20

struct timestamp_parts {
	int year, month, day, hour, minute, second;
	int weekday; /* 0 Sunday */
};

/* Years 1970..9999; others are clamped. */
struct timestamp_parts timestamp_split(int64_t us);
void timestamp_text(int64_t us, char ret_text[TIMESTAMP_LEN + 1]);
/* Accepts fractions of a second and +hh:mm offsets. */
bool timestamp_parse(struct str text, int64_t *ret_us) PAWL_MUST_USE;

/* "90s", "30m", "24h", "7d" to seconds; a unit is demanded. */
bool duration_parse(struct str text, int64_t *ret_seconds) PAWL_MUST_USE;
/* "3 h", "2 d 4 h", "45 s": two units at the most, rounded down. */
size_t duration_text(int64_t seconds, char *ret_text, size_t size);
/* "45 s", "90 min", "5 d": the largest unit that needs no rounding. */
size_t duration_exact(int64_t seconds, char *ret_text, size_t size);

#endif
