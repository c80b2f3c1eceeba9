/* run.h -- run terraform with its progress shown, and pass a wish to stop on to it politely.
 * Room: gate/terraform. Not pure.
 */
#ifndef PAWL_GATE_TERRAFORM_RUN_H
#define PAWL_GATE_TERRAFORM_RUN_H

#include "base/err.h"

struct run_opts {
	const char *cwd;
	char *const *env;
	bool to_stderr; /* its standard output goes to our standard error: ours carries JSON */
	bool quiet;	/* its standard output is thrown away */
	int errout;	/* descriptor for its standard error; 0: ours */
};

struct run_result {
	int status; /* exit status, 128 + signal when a signal ended it */
	int asked;  /* the signal by which we were asked to stop, 0 when nobody did */
};

/**
 * run_streaming(argv, opts, ret, err):
 * Run to the end. SIGINT, SIGTERM and SIGHUP that reach us meanwhile are passed on as SIGINT, the first time only: a second
 * one would make terraform stop without writing its state. Terraform runs in a process group of its own, so that a Ctrl-C reaches it once.
 * If we are killed, terraform goes on to its end: stopping it half way is what leaves objects that no state holds.
 */
bool run_streaming(char *const argv[], const struct run_opts *opts, struct run_result *ret, struct err *err) PAWL_MUST_USE;

#endif
