/* err.h -- the world failed: who, where, and what to do, in one caller-owned struct.
 * Room: base. Pure. No allocation; the message is cut, never overrun.
 */
#ifndef PAWL_BASE_ERR_H
#define PAWL_BASE_ERR_H

#include "base/base.h"

enum err_code {
	ERR_NONE = 0,
	ERR_IO,	    /* the system said no; sys holds errno */
	ERR_INPUT,  /* the bytes are not what they should be */
	ERR_LIMIT,  /* larger or deeper than allowed */
	ERR_STATE,  /* not now: locked, already used, expired */
	ERR_TOOL,   /* a program we ran failed or is missing */
	ERR_DENIED, /* understood, and refused */
	ERR_BROKEN, /* something of ours is damaged: store, ledger */
};

struct err {
	enum err_code code;
	int sys;       /* errno, or 0 */
	unsigned line; /* 1-based line in the input, or 0 */
	char msg[1000]; /* one or more sentences: what, where, what to do. No final newline. */
};

/* Fill ${err} (which may be NULL) and yield false, so that `return err_set(…)` reads as a failure. */
bool err_set(struct err *err, enum err_code code, const char *fmt, ...) PAWL_PRINTF(3, 4);
/* The same with strerror(errno) behind the text. */
bool err_sys(struct err *err, const char *fmt, ...) PAWL_PRINTF(2, 3);
/* Put "text: " before what is there. */
bool err_prefix(struct err *err, const char *fmt, ...) PAWL_PRINTF(2, 3);

/* What a library or a program said over several lines, as one: a line that begins a sentence ends the one before. ${ret} gets at most
 * ${size} bytes with the NUL, and is not ${said}. */
void err_line(const char *said, char *ret, size_t size);
/* As err_set: "WHAT: its words", or its words alone where ${what} is NULL. */
bool err_said(struct err *err, enum err_code code, const char *what, const char *said);

#endif
