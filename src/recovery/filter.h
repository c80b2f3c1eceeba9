/* filter.h -- a program that bytes go through: written to and read from at once, so that neither side waits for the other for ever.
 * Room: recovery, inner. I/O.
 */
#ifndef PAWL_RECOVERY_FILTER_H
#define PAWL_RECOVERY_FILTER_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

struct filter {
	pid_t pid;
	int in, out; /* its standard input and output; -1: closed */
	bool early;  /* it ended, with 0, before it had read all */
	int says;    /* a file with what it says on standard error */
	char name[64];
	bool (*take)(void *ctx, const void *p, size_t n, struct err *err); /* what comes out */
	void *ctx;
};

/* ${take} and ctx are set by the caller before. */
bool filter_begin(struct filter *f, char *const argv[], struct err *err) PAWL_MUST_USE;
bool filter_add(struct filter *f, const void *p, size_t n, struct err *err) PAWL_MUST_USE;
/* More of what comes out; *${ret_end}: nothing more will. */
bool filter_wait(struct filter *f, bool *ret_end, struct err *err) PAWL_MUST_USE;
/* No more goes in; what is left comes out. False when it ended otherwise than with 0: ${err} has its words. */
bool filter_end(struct filter *f, struct err *err) PAWL_MUST_USE;
/* Ends it, where it runs yet. */
void filter_stop(struct filter *f);

#endif
