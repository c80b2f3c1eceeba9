/* backup_seen.h -- how one backup lies in its vault, as far as that is seen without reading its data: marks, signature, the sizes of files.
 * Room: cli, pawl-full.
 */
#ifndef PAWL_CLI_BACKUP_SEEN_H
#define PAWL_CLI_BACKUP_SEEN_H

#include "recovery/backup.h"
#include "recovery/config.h"

struct backup_seen {
	struct vault *open;
	const struct config_vault *vault;
	const uint8_t *key; /* whose manifests are believed */
	struct arena *arena;
};

enum backup_lies {
	BACKUP_LIES_WHOLE,
	BACKUP_LIES_UNKNOWN, /* it could not be looked at just now */
	BACKUP_LIES_BROKEN,
};

/* *${ret_wrong}: why it is not whole, or not known to be; STR_NONE: it is, and *${ret} is its manifest. A file that is not as long as its
 * manifest says is seen where the vault is a folder or S3. */
enum backup_lies backup_seen(const struct backup_seen *s, const struct vault_entry *e, struct manifest *ret, struct str *ret_wrong);

#endif
