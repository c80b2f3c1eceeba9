/* workcopy.h -- the private copy of a configuration in which pawl plans and applies by itself.
 * Room: gate/terraform. Not pure.
 * Why: a saved plan does not say where it acts; the folder it was made in can be changed between the yes and the apply. So pawl
 * copies the whole module tree under its own state folder (0700), sets the backend there to the absolute place of the
 * original's, so that the original's state is read, locked and written, and lets terraform work in the copy. Without that,
 * an apply in a copy leaves the original's state behind and the next apply does everything twice.
 * On disk: STATE/work/ID/tree/… the copy, STATE/work/ID/work.json what is known of it, STATE/work/ID/plan the plan made there.
 */
#ifndef PAWL_GATE_TERRAFORM_WORKCOPY_H
#define PAWL_GATE_TERRAFORM_WORKCOPY_H

#include "base/buf.h"
#include "base/digest.h"
#include "gate/terraform/tree.h"

#define WORKCOPY_ID_LEN 32
#define WORKCOPY_NAME_MAX 128
#define WORKCOPY_LIFE_S (INT64_C(14) * 86400) /* longer than a hold stays open */
#define WORKCOPY_MAX_STATE ((size_t)512 << 20)

struct workcopy {
	char id[WORKCOPY_ID_LEN + 1];
	char root[TREE_PATH_MAX];	/* STATE/work/ID */
	char dir[TREE_PATH_MAX];	/* the root module in the copy */
	char original[TREE_PATH_MAX];	/* the root module it was copied from */
	char data[TREE_PATH_MAX];	/* the original's .terraform */
	char plan[TREE_PATH_MAX];	/* STATE/work/ID/plan */
	char workspace[WORKCOPY_NAME_MAX];
	char backend[WORKCOPY_NAME_MAX]; /* type: "local", "s3" */
	char program[TREE_PATH_MAX];	/* terraform or tofu */
	char **env;			/* for everything run in the copy; owned */
	/* as it was when the copy was made: */
	char lineage[WORKCOPY_NAME_MAX];
	char serial[24];
	struct digest state;		/* of the original's state as pulled */
	struct buf pulled;		/* owned; empty when there is no state */
};

struct workcopy_from {
	const char *original;  /* absolute, real: the root module */
	const char *program;
	const char *state_dir; /* STATE */
	char *const *env;      /* of the asker */
};

void workcopy_free(struct workcopy *w);
#define auto_workcopy __attribute__((cleanup(workcopy_free))) struct workcopy

/* Copy, bind to the original's backend, init (from the original's own providers and modules: no network). */
bool workcopy_make(const struct workcopy_from *from, struct workcopy *ret, struct err *err) PAWL_MUST_USE;
/* One made before; ${env} is that of today's asker. */
bool workcopy_open(const char *state_dir, struct str id, char *const *env, struct workcopy *ret, struct err *err) PAWL_MUST_USE;
/* Take it away. */
bool workcopy_remove(struct workcopy *w, struct err *err);

/* The state as it is now, through the copy's backend: bytes, and lineage and serial off its head. An absent state is empty. */
bool workcopy_pull(struct workcopy *w, struct buf *ret, struct err *err) PAWL_MUST_USE;
void workcopy_state_head(struct str state, char ret_lineage[WORKCOPY_NAME_MAX], char ret_serial[24]);

/* The environment a terraform of ours runs in: the asker's without what would add words, move the data or fix the workspace. */
char **workcopy_env(char *const *env, const char *workspace);
void workcopy_env_free(char **env);
/* Set a variable for everything run in the copy, in place of what it was. */
bool workcopy_set(struct workcopy *w, const char *name, const char *value, struct err *err) PAWL_MUST_USE;

#endif
