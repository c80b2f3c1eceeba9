/* world.h -- what a pure reader was told of the world around the bytes it reads, and what it would like to be told.
 * Room: read. Pure. A reader looks things up here; what is not there becomes a need; the gate answers needs and asks the reader
 * again, at most WORLD_MAX_ROUNDS times. What stays unanswered is unknown, never absent.
 */
#ifndef PAWL_READ_WORLD_H
#define PAWL_READ_WORLD_H

#include "base/arena.h"

#define WORLD_MAX_ROUNDS 8
#define WORLD_MAX_NEEDS 256	      /* of one request; more are not asked: unknown */
#define WORLD_MAX_FILE ((size_t)1 << 20) /* a larger file is not read */

enum need_kind {
	NEED_FILE,	 /* its text: script, package.json, Makefile, .env, .sql */
	NEED_PATH,	 /* what stands there */
	NEED_REPOSITORY, /* the git repository a folder is in */
	NEED_PROGRAM,	 /* what a name is found as in PATH: its real path */
};

struct need {
	enum need_kind kind;
	struct str name; /* absolute path; for PROGRAM the name */
	struct need *next;
};

struct world_file {
	struct str path;
	struct str text;
	bool found, too_large;
	bool outside; /* of the workspace: not opened */
	struct world_file *next;
};

enum world_path_type { WORLD_NOTHING, WORLD_REGULAR, WORLD_FOLDER, WORLD_LINK, WORLD_OTHER, WORLD_NO_ACCESS };

struct world_path {
	struct str path;	    /* as asked, absolute, not resolved */
	struct str real;	    /* symlinks in the folders resolved; the last part not */
	struct str target;	    /* of a LINK: where it ends, resolved */
	enum world_path_type type;
	bool mount;		    /* something is mounted on it or below it */
	uint64_t files, bytes;	    /* of it and all below; counted up to a cap */
	bool capped;
	struct world_path *next;
};

struct world_remote {
	struct str name, url;
	struct world_remote *next;
};

/* What git does not track: a file, or a folder with all below it. */
struct world_untracked {
	struct str path; /* that of the work tree: a name nobody could read */
	bool ignored, folder;
	struct world_untracked *next;
};

/* Of one git work tree. Counts are what would be lost, not what exists. */
struct world_repository {
	struct str folder;	/* as asked */
	struct str root;	/* STR_NONE: no repository */
	struct str git_dir;
	struct str branch;	/* STR_NONE: detached */
	struct str upstream;	/* "origin/main" */
	struct str default_branch; /* of the remote, where it is known */
	struct world_remote *remotes;
	uint32_t modified, untracked, ignored, stashes, unpushed; /* UINT32_MAX: not known */
	struct world_untracked *vaults; /* of what is untracked: what holds a vault, is one or is in one */
	struct world_repository *next;
};

struct world_program {
	struct str name, path, real; /* path STR_NONE: not found */
	struct world_program *next;
};

struct world_variable {
	struct str name, value;
};

/* Where pawl's own backups lie. */
struct world_vault {
	struct str name;
	struct str path, real; /* a folder, as backup.yaml says and resolved; STR_NONE */
	struct str repository; /* of restic, or a remote of rclone; STR_NONE */
	struct str bucket;     /* of S3, with the prefix behind a slash; STR_NONE */
	struct str user;       /* who keeps it; STR_NONE: whoever takes backups */
	const struct str *targets; /* whose backups may lie there; none: of any name */
	size_t n_targets;
	struct world_vault *next;
};

struct world {
	struct str cwd;		/* absolute, resolved; STR_NONE: unknown */
	struct str home;
	struct str workspace;	/* root of the project the agent works in; STR_NONE: none */
	struct str state_dir, config_dir; /* pawl's own */
	const struct world_vault *vaults; /* those that are there, once they were wanted; read through world_vaults() */
	bool vaults_wanted;		  /* … by a reader, or to answer one about a repository */
	struct str user;
	uint32_t uid;
	const struct world_variable *env; /* whole environment of the agent's tool call, sorted by name */
	size_t n_env;
	/* Answers, grown by the gate. */
	struct world_file *files;
	struct world_path *paths;
	struct world_repository *repositories;
	struct world_program *programs;
	/* Needs, grown by readers in this round. */
	struct need *needs;
	size_t n_needs;
	struct arena *arena; /* of needs */
};

/* Each returns the answer, or NULL and notes the need (once). ${path} must be absolute; "." and ".." are taken out first. */
const struct world_file *world_file(struct world *w, struct str path);
const struct world_path *world_path(struct world *w, struct str path);
const struct world_repository *world_repository(struct world *w, struct str folder);
const struct world_program *world_program(struct world *w, struct str name);
/* NULL also where nobody looked yet: then it is noted that they are wanted, and the reader is asked again when there are any. */
const struct world_vault *world_vaults(struct world *w);
/* Value of an environment variable; false when it is not set. */
bool world_env(const struct world *w, struct str name, struct str *ret) PAWL_MUST_USE;

/* ${path} seen from ${cwd}: absolute, without "//", "." and ".." (by text, as a shell's cd does). */
struct str world_absolute(struct str cwd, struct str path, struct arena *arena);
/* Is ${path} ${folder} or below it? Both absolute and normal. */
bool world_within(struct str path, struct str folder);

#endif
