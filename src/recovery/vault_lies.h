/* vault_lies.h -- does a backup lie in a vault that is a folder? Asked by whoever only looks: a few stat, nothing is listed or read.
 * Room: recovery. I/O, and of what the small program can link.
 */
#ifndef PAWL_RECOVERY_VAULT_LIES_H
#define PAWL_RECOVERY_VAULT_LIES_H

#include "base/str.h"

struct vault_lies {
	struct str directory, target, id;
	bool record_only; /* of its kind the vault holds no data */
	bool ours;	  /* this user takes the backups here: where there is no such folder, there is none of them */
};

enum vault_lie {
	VAULT_LIES_UNKNOWN, /* it cannot be looked into from here: another user's, another machine's */
	VAULT_LIES_WHOLE,   /* manifest, signature and data are there */
	VAULT_LIES_GONE,    /* not, or not all of them */
};

enum vault_lie vault_lies(const struct vault_lies *ask);

#endif
