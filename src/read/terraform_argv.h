/* terraform_argv.h -- what a command line of terraform, tofu or terragrunt would do.
 * Room: read. Pure and total: any words give an answer, at worst TERRAFORM_WAY_REFUSE with a reason.
 * The words are put together as terraform does it (main.go): -chdir off the front, then TF_CLI_ARGS and TF_CLI_ARGS_command
 * right behind the command's name, split like a shell would. What is not understood is refused, never passed.
 */
#ifndef PAWL_READ_TERRAFORM_ARGV_H
#define PAWL_READ_TERRAFORM_ARGV_H

#include "base/arena.h"
#include "facts/terraform_commands.h"

#define TERRAFORM_ARGV_MAX_WORDS 8192
#define TERRAFORM_ARGV_MAX_BYTES ((size_t)1 << 20)

struct terraform_variable {
	struct str name, value;
};

struct terraform_words {
	struct str *item;
	size_t n;
};

struct terraform_argv_input {
	unsigned tool; /* one TERRAFORM_TOOL_ bit */
	const struct str *words; /* behind the program's name */
	size_t n_words;
	const struct terraform_variable *env; /* those whose names start with TF_, TG_ or TERRAGRUNT_ */
	size_t n_env;
};

struct terraform_argv {
	enum terraform_way way;
	struct str command;	/* "state rm"; "" when there is none */
	struct str rule;	/* name of the row behind it; "unknown", "words", "arguments" where none is */
	struct str why, safer;
	struct str chdir;	/* of -chdir; STR_NONE: the current folder */
	struct str workspace;	/* of TF_WORKSPACE */
	struct str plan_file;	/* of `apply FILE` */
	struct str out;		/* of `plan -out` */
	bool destroy;		/* plan or apply in destroy mode */
	struct terraform_words words; /* merged, without -chdir */
	struct terraform_words options; /* for PLAN and APPLY: what `terraform plan` is given, without -out */
};

void terraform_argv_read(const struct terraform_argv_input *in, struct arena *arena, struct terraform_argv *ret);

/**
 * terraform_argv_split(text, arena, ret):
 * Split as terraform splits TF_CLI_ARGS: blanks, single and double quotes, backslash. False where it could be understood in
 * two ways (an open quote, or ` ( ) ; & | < > outside quotes).
 */
bool terraform_argv_split(struct str text, struct arena *arena, struct terraform_words *ret) PAWL_MUST_USE;

/* "pass", "plan", "apply-file", "apply", "refuse". */
struct str terraform_way_name(enum terraform_way way);

#endif
