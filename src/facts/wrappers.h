/* wrappers.h -- programs that start another program: where in their words its command stands, and what changes for it.
 * Room: facts. Pure: rows. Read by read/shell/run_unwrap.c; walked with their examples by tests/unit/facts_wrappers.c.
 * Programs that need more than a row (bash, env, xargs, find, make, npm …) are read by code there.
 */
#ifndef PAWL_FACTS_WRAPPERS_H
#define PAWL_FACTS_WRAPPERS_H

#include "base/str.h"

#define WRAPPER_ROOT 1u	       /* runs as root where no user is named */
#define WRAPPER_ASSIGN 2u      /* NAME=value may stand before the command */
#define WRAPPER_REMOTE 4u      /* runs elsewhere: our files, folder and environment are not its */
#define WRAPPER_JOIN 8u	       /* words are joined by blanks and read by a shell */
#define WRAPPER_LOSES 16u      /* may drop the environment */
#define WRAPPER_DASHES 32u     /* the command stands behind `--' where there is one, options may stand between operands */
#define WRAPPER_SHELL_STDIN 64u /* without a command a shell reads standard input */
#define WRAPPER_EACH 128u      /* every operand is a shell text of its own */
#define WRAPPER_PACKAGE 256u   /* the command may carry @version and a scope: npx prisma@5 */
#define WRAPPER_MAYBE_SHELL 512u /* one word alone is a shell text, more are argv */
#define WRAPPER_ONLY_DASHES 1024u /* without `--' nothing is run */
#define WRAPPER_TEXT_ONLY 2048u /* runs what its text option says, no operands */
#define WRAPPER_IMAGE 4096u /* the operand before the command names a program of its own: docker run amazon/aws-cli, nix run p#terraform */
#define WRAPPER_ENV 8192u   /* -e NAME=value is the environment inside */

struct wrapper {
	struct str program; /* alternatives with '|' */
	struct str verb;    /* words that must follow: "exec", "compose exec"; alternatives with '|'; "" none */
	struct str globals; /* options with a value before the verb, between blanks */
	struct str valued;  /* options with a value behind it */
	unsigned skip;	    /* operands before the command: a container, a duration */
	unsigned flags;
	struct str text;  /* options whose value is a shell text: "-c --command" */
	struct str user;  /* options whose value is a user */
	struct str example; /* a command line; what it runs stands in runs */
	struct str runs;
};

/* The program that ${image} starts when it is given words alone; STR_NONE: what the words say. */
struct str wrapper_image(struct str image);
/* NULL past the end. */
const struct wrapper *wrapper_nth(size_t i);
/* The i-th row of ${program}, a base name; NULL past the last. */
const struct wrapper *wrapper_of(struct str program, size_t i);
/* Is ${word} one of ${list}, words between blanks (or '|')? */
bool wrapper_lists(struct str list, struct str word);

#endif
