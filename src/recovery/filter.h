/* filter.h -- a program that bytes go through: written to and read from at once, so that neither side waits for the other for ever.
 * Room: recovery, inner. I/O.
 */
#ifndef PAWL_RECOVERY_FILTER_H
#define PAWL_RECOVERY_FILTER_H

#include <spawn.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "recovery/stall.h"

#define FILTER_SILENT_S 900

struct filter {
	pid_t pid;
	int in, out; /* its standard input and output; -1: closed */
	int status;  /* how it ended, once it was waited for; 0 before */
	bool early;  /* it ended, with 0, before it had read all */
	int says;    /* a file with what it says on standard error */
	char name[64];
	bool (*take)(void *ctx, const void *p, size_t n, struct err *err); /* what comes out; NULL: nobody wants it */
	void *ctx;
	/* It may take nothing and give nothing, and not end, for so long; 0: as long as ${stall} lets it, FILTER_SILENT_S without one. */
	unsigned silent_s;
	struct stall *stall; /* NULL: none; given up, the program is ended */
};

/* ${take}, ctx, silent_s and stall are set by the caller before. Whatever waits below ends a program that is silent, and is false. */
bool filter_begin(struct filter *f, char *const argv[], struct err *err) PAWL_MUST_USE;
bool filter_add(struct filter *f, const void *p, size_t n, struct err *err) PAWL_MUST_USE;
/* More of what comes out; *${ret_end}: nothing more will. */
bool filter_wait(struct filter *f, bool *ret_end, struct err *err) PAWL_MUST_USE;
/* No more goes in; what is left comes out. False when it ended otherwise than with 0: ${err} has its words. */
bool filter_end(struct filter *f, struct err *err) PAWL_MUST_USE;
/* Something can be read of ${out}, or it ended. */
bool filter_ready(struct filter *f, struct err *err) PAWL_MUST_USE;
/* Ends it, where it runs yet. */
void filter_stop(struct filter *f);

/* What we ignore (SIGPIPE, SIGXFSZ) or block is no child's to inherit: `yes | head` ends by it. Adds to the flags of ${attr}. */
bool filter_signals(posix_spawnattr_t *attr) PAWL_MUST_USE;

#endif
