/* backup_file.h -- backup.yaml written: begun, and targets added behind those that stand there.
 * Room: cli, pawl-full.
 */
#ifndef PAWL_CLI_BACKUP_FILE_H
#define PAWL_CLI_BACKUP_FILE_H

#include "recovery/config.h"

struct backup_file_vault {
	const char *name, *directory;
	const char *user, *points, *state; /* NULL: of whoever takes the backup */
};

/* A whole file without targets. */
void backup_file_begin(struct buf *b, const uint8_t key[ED25519_KEY_LEN], const struct backup_file_vault *v);
/* One target of PostgreSQL, as an item of `targets`. */
void backup_file_target(struct buf *b, struct str name, struct str connect);
/* ${text} with ${items} behind its targets, checked by reading it. False where that is not how the file is laid out: ${err} has what to
 * write by hand. */
bool backup_file_add(const char *path, struct str text, struct str items, struct buf *ret, struct err *err) PAWL_MUST_USE;
/* A name for a target made of a database's; not one of ${c}'s (may be NULL) nor of those in ${others}. */
void backup_file_name(struct str database, const struct backup_config *c, const struct buf *others, char ret[65]);

#endif
