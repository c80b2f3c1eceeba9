/* proc.h -- run a program, give it bytes, take what it says, within a time and a size.
 * Room: base, not pure. Never a shell. argv and env are NULL-terminated; env NULL means ours.
 */
#ifndef PAWL_BASE_PROC_H
#define PAWL_BASE_PROC_H

#include "base/buf.h"
#include "base/err.h"

struct proc_opts {
	const char *cwd; /* NULL: ours */
	char *const *env;
	struct str input; /* to its standard input; nothing gives /dev/null */
	struct buf *out, *errout; /* NULL: inherited. May be the same buffer. */
	int timeout_s; /* 0: none. On expiry the process group gets SIGTERM, 5 s later SIGKILL. */
	bool inherit_input; /* standard input is ours (a person answers) */
};

/* Runs ${argv} to its end. False when it could not be started, timed out or said more than the buffers hold;
 * otherwise *ret_status is its exit status, 128 + signal when a signal ended it. */
bool proc_run(char *const argv[], const struct proc_opts *opts, int *ret_status, struct err *err) PAWL_MUST_USE;
/* First executable of that name on ${path} (a PATH value), into ret; skips ${skip_dir} when given. */
bool proc_find(const char *name, const char *path, const char *skip_dir, char *ret, size_t size) PAWL_MUST_USE;

#endif
