/* base.h -- what every room may assume: banned functions, always-on assertions, small attributes.
 * Room: base. Include it first; it holds no logic.
 */
#ifndef PAWL_BASE_BASE_H
#define PAWL_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
/* Before the bans, so that the fortified headers keep their own words. */
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Printf-checked, and "the caller must look at what comes back". */
#define PAWL_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define PAWL_BYTE __attribute__((packed)) /* an enum of one byte */
#define PAWL_INLINE inline __attribute__((always_inline))
#define PAWL_NOINLINE __attribute__((noinline)) /* keeps the frames small of what recurs */
#define PAWL_MUST_USE __attribute__((warn_unused_result))

/* Length of an array known to the compiler. */
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* We are wrong: end the process. On in releases too: an abort must mean no. */
#define PAWL_ASSERT(cond)                                                                          \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abort();                                                                   \
	} while (0)

/* Unbounded, unchecked, or a shell in disguise: not to be had here. */
#undef strcpy
#undef strcat
#undef sprintf
#undef vsprintf
#undef strtok
#undef atoi
#undef atol
#undef ctime
#undef gets
#define strcpy(a, b) pawl_banned_strcpy
#define strcat(a, b) pawl_banned_strcat
#define sprintf(...) pawl_banned_sprintf
#define vsprintf(...) pawl_banned_vsprintf
#define strtok(a, b) pawl_banned_strtok
#define atoi(a) pawl_banned_atoi
#define atol(a) pawl_banned_atol
#define ctime(a) pawl_banned_ctime
#define system(a) pawl_banned_system
#define popen(a, b) pawl_banned_popen

#endif
