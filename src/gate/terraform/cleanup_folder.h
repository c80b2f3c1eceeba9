/* cleanup_folder.h -- a folder of its own for the clean-up: the configuration, and a state with nothing but proven duplicates.
 * Room: gate/terraform. Not pure.
 * Why: a destroy in the folder at hand would act on whatever state lies there now, adopted objects and all. Here the state is a
 * local file that pawl wrote, so terraform cannot reach what is not in it.
 * On disk: STATE/cleanup/TIME-PID/… the module tree, with terraform.tfstate beside the root module.
 */
#ifndef PAWL_GATE_TERRAFORM_CLEANUP_FOLDER_H
#define PAWL_GATE_TERRAFORM_CLEANUP_FOLDER_H

#include "base/buf.h"
#include "gate/terraform/tree.h"

#define CLEANUP_PLAN "cleanup.tfplan"

struct cleanup_folder {
	char root[TREE_PATH_MAX];    /* STATE/cleanup/… */
	char dir[TREE_PATH_MAX];     /* the root module in it: here the plan is applied */
	char plan[TREE_PATH_MAX];    /* dir/cleanup.tfplan */
	char program[TREE_PATH_MAX]; /* terraform */
	char **env;		     /* owned */
};

struct cleanup_folder_from {
	const char *config;    /* absolute, real: the root module whose providers are used */
	const char *state_dir; /* STATE */
	const char *program;
	char *const *env;
	struct str state; /* what is to be in it */
};

void cleanup_folder_free(struct cleanup_folder *f);
#define auto_cleanup_folder __attribute__((cleanup(cleanup_folder_free))) struct cleanup_folder

/* Copy, write the state, init from the configuration's own providers where they are. */
bool cleanup_folder_make(const struct cleanup_folder_from *from, struct cleanup_folder *ret,
			 struct err *err) PAWL_MUST_USE;
/* ${plan}: the words of the command that plans; NULL-terminated, its output to errout on failure. */
bool cleanup_folder_run(const struct cleanup_folder *f, char *const argv[], struct buf *out,
			struct err *err) PAWL_MUST_USE;
bool cleanup_folder_remove(struct cleanup_folder *f, struct err *err);

#endif
