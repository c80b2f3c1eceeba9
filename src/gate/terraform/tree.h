/* tree.h -- which files a root module is made of, and a copy of them.
 * Room: gate/terraform. Not pure.
 */
#ifndef PAWL_GATE_TERRAFORM_TREE_H
#define PAWL_GATE_TERRAFORM_TREE_H

#include "base/err.h"

#define TREE_PATH_MAX 4096
#define TREE_MAX_BYTES ((uint64_t)256 << 20)
#define TREE_MAX_FILES 20000u
#define TREE_MAX_DEPTH 48u

struct tree_size {
	uint64_t bytes;
	unsigned files;
};

/**
 * tree_root(module, ret):
 * The folder that holds everything the root module ${module} (absolute, real) may read by relative paths: the git work tree
 * it lies in, else the common ancestor of it and of the local modules it calls (and they call).
 */
void tree_root(const char *module, char ret[TREE_PATH_MAX]);
/* The same without looking for git: the tighter one, for work trees too large to copy. */
void tree_ancestor(const char *module, char ret[TREE_PATH_MAX]);

/**
 * tree_copy(from, to, ret, err):
 * Copy the folder ${from} to ${to}, which is made, 0700 all the way. Left out: .git, .terraform, states and their backups,
 * devices, and links that point out of the tree. ERR_LIMIT past TREE_MAX_BYTES or TREE_MAX_FILES.
 */
bool tree_copy(const char *from, const char *to, struct tree_size *ret, struct err *err) PAWL_MUST_USE;
/* All of a folder, links followed never, nothing left out: for .terraform/modules. A missing one is fine. */
bool tree_copy_all(const char *from, const char *to, struct err *err) PAWL_MUST_USE;

/* dir + "/" + name; false when too long. */
bool tree_join(char ret[TREE_PATH_MAX], const char *dir, const char *name, struct err *err) PAWL_MUST_USE;

#endif
