/* command_paths_keeper.h -- what the readers of restic's and rclone's words share.
 * Room: read; only command_paths_keeper*.c include it. Pure.
 */
#ifndef PAWL_READ_COMMAND_PATHS_KEEPER_H
#define PAWL_READ_COMMAND_PATHS_KEEPER_H

#include "read/command_paths.h"
#include "read/command_words.h"

enum keeper_role {
	KEEPER_NONE,
	KEEPER_READ,  /* comes from there */
	KEEPER_GOES,  /* it goes, and what is below */
	KEEPER_EMPTY, /* so does only what is empty or was deleted before: nothing of a folder above it */
	KEEPER_WRITE, /* something is put there */
};

struct keeper_how {
	enum keeper_role role;
	bool other_config; /* of rclone: a remote's name says nothing of what it is */
};

/* What becomes of REMOTE:path, SCHEME:…, a folder. */
void keeper_operand(struct paths *p, struct shell_value operand, const struct keeper_how *how);
/* The settings of a remote go, or become others. */
void keeper_remote(struct paths *p, struct str name);
/* rclone's words that are another's: rc, backend, config, and what hands a remote on; item[${at}] is the verb. */
void keeper_far(struct paths *p, const struct command_words *s, size_t at, const struct keeper_how *how);

#endif
