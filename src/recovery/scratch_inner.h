/* scratch_inner.h -- what scratch servers of every kind share: a user, a folder, a cached template, a process. Room: recovery, inner. */
#ifndef PAWL_RECOVERY_SCRATCH_INNER_H
#define PAWL_RECOVERY_SCRATCH_INNER_H

#include <sys/types.h>

#include "recovery/scratch.h"
#include "recovery/tools.h"

#define PATH_LEN TOOLS_PATH

struct scratch {
	pid_t pid;
	char folder[PATH_LEN]; /* with data/ and socket/ */
	char also[PATH_LEN];   /* a folder of the caller's that data/ leads to; "": none */
	char socket[PATH_LEN + 16];
	char binaries[PATH_LEN];
	char as[16], group[16]; /* to run as; "": ours */
	uid_t uid;
	gid_t gid;
	unsigned port; /* of TCP, that it listens on; 0: none */
	bool confined; /* scratch_opts */
	int ends; /* the signal that ends it at once; 0: SIGQUIT */
	int owner; /* held locked while this run lives; -1: none */
};

struct scratch_kind {
	const char *user; /* to run as when we are root */
	const char *name; /* of the template: with the version */
	bool (*make)(struct scratch *s, char *data, struct err *err); /* a fresh data folder */
};

/* NULL when there is no memory. scratch_stop() frees it. */
struct scratch *scratch_new(struct err *err);
/* The folder, with nothing in it yet but the socket's; ${user}: as whom when we are root. */
bool scratch_empty(struct scratch *s, const struct scratch_opts *o, const char *user, struct err *err) PAWL_MUST_USE;
/* The folder with a fresh data folder in it. */
bool scratch_prepare(struct scratch *s, const struct scratch_opts *o, const struct scratch_kind *k,
		     struct err *err) PAWL_MUST_USE;
/* ${argv} has room for SCRATCH_WORDS more. Runs to its end; ${own}: as ourselves, not as the server's user. */
#define SCRATCH_WORDS 10
bool scratch_run(struct scratch *s, char **argv, bool own, struct err *err) PAWL_MUST_USE;
/* Of a program whose status is its answer, for at most ${timeout_s}: false when it gave none, for it could not be started, took longer, or
 * was ended by a signal. A status that is not 0 is in ${err} as well, with what the program said. */
bool scratch_run_for(struct scratch *s, char **argv, int timeout_s, int *ret_status, struct err *err) PAWL_MUST_USE;
bool scratch_run_with(struct scratch *s, char **argv, struct str input, struct err *err) PAWL_MUST_USE;
/* The server itself; ends with us, whatever ends us. Its output goes to the file log. */
bool scratch_spawn(struct scratch *s, char **argv, struct err *err) PAWL_MUST_USE;
/* Until ${file} of the folder says ${says}, or the server died: then its last words are in ${err}. */
bool scratch_wait(struct scratch *s, const char *file, const char *says,
		  struct err *err) PAWL_MUST_USE;
/* As scratch_wait(), for as long as it lives; or until ${stall}, which may be NULL, is over. Its log is a sign of life. */
struct stall;
bool scratch_wait_long(struct scratch *s, const char *file, const char *says, struct stall *stall, struct err *err) PAWL_MUST_USE;

/* The file of ${folder} that says that its run lives: held locked until closed. -1 with ${err}. */
int scratch_own(const char *folder, struct err *err);
/* The folder of a template that is not whole yet, held locked until closed. -1 with errno. */
int scratch_half(const char *path);
/* Removes those in the cache ${folder} that nobody holds any more. Best effort. */
void scratch_sweep_halves(const char *folder, uid_t uid);
/* Ends and removes what runs that died left in ${folder}: servers of this user's or of ${uid}. Best effort. */
void scratch_sweep(struct str folder, uid_t uid);

#endif
