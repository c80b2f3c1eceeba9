/* terraform_commands.h -- what each command and option of terraform, tofu and terragrunt would do, and the safer way.
 * Room: facts. Pure: rows. Read by read/terraform_argv.c; walked, with their examples, by tests/unit/facts_terraform_commands.c.
 */
#ifndef PAWL_FACTS_TERRAFORM_COMMANDS_H
#define PAWL_FACTS_TERRAFORM_COMMANDS_H

#include "base/str.h"

/* What pawl does with a command line. Zero is refusal. Later is stricter, but for UNSET. */
enum terraform_way {
	TERRAFORM_WAY_UNSET = 0,
	TERRAFORM_WAY_PASS,	  /* reads only (or prepares the folder): the real program runs, untouched */
	TERRAFORM_WAY_PLAN,	  /* makes a plan: with -out by pawl, in a private copy, so that `pawl apply` can act on it */
	TERRAFORM_WAY_APPLY_FILE, /* applies a saved plan: `pawl apply FILE` */
	TERRAFORM_WAY_APPLY,	  /* would plan and act at once: becomes a plan, a verdict and a hold */
	TERRAFORM_WAY_REFUSE,
};

#define TERRAFORM_TOOL_TERRAFORM 1u
#define TERRAFORM_TOOL_TOFU 2u
#define TERRAFORM_TOOL_TERRAGRUNT 4u
#define TERRAFORM_TOOL_ALL 7u

enum terraform_flag_value {
	FLAG_ANY = 0, /* given at all */
	FLAG_TRUE,    /* a switch: given, and not spelled false */
	FLAG_FALSE,   /* a switch that is spelled false: 0 f F false False FALSE */
};

struct terraform_rule {
	struct str name; /* stable: "state-rm" */
	unsigned tools;
	struct str command;  /* alternatives with '|', each a glob: "state rm|state mv"; "" is no command at all */
	struct str flag;     /* without dashes: "lock"; STR_NONE: the command alone decides */
	enum terraform_flag_value value;
	struct str variable; /* an environment variable whose being set matches; STR_NONE */
	enum terraform_way way;
	struct str why;	  /* one sentence */
	struct str safer; /* what to do instead; STR_NONE where it passes */
	struct str yes;	  /* a command line this row decides */
	struct str no;	  /* one that it does not match; STR_NONE where it is its own opposite */
};

/* NULL past the end. */
const struct terraform_rule *terraform_rule_nth(size_t i);
/* Does ${flag} (without dashes) take its value from the next word when none stands behind '='? */
bool terraform_flag_takes_value(struct str flag);
/* Options that apply has and plan has not. */
bool terraform_flag_apply_only(struct str flag);
/* First word of a two-word command: state, workspace … */
bool terraform_command_group(struct str word);

#endif
