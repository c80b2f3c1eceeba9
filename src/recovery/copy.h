/* copy.h -- a whole backup into another vault, byte for byte; its manifest and signature last.
 * Room: recovery. I/O.
 */
#ifndef PAWL_RECOVERY_COPY_H
#define PAWL_RECOVERY_COPY_H

#include "recovery/vault.h"

/* ${m}: its manifest; all of its data is checked on the way, so a copy is never of something cut or changed. What a run that
 * broke off sent is continued, and read again before the manifest follows. */
bool copy_backup(struct vault *from, struct vault *to, const struct manifest *m, struct err *err) PAWL_MUST_USE;

struct copy_ask {
	struct vault *from, *to;
	struct str target;
	const uint8_t *key; /* that signed what is to be copied */
	bool lock;
};

struct copy_done {
	unsigned copied, failed;
	struct str last; /* the newest that was copied */
	struct err err;	 /* of the last that failed */
};

/**
 * copy_missing(ask, arena, ret):
 * What ${ask}->to lacks of ${ask}->from: the whole backups that are newer than the newest whole one there, and those begun there by a
 * run that broke off, which are continued. What ${ask}->to let go since (retention) is not copied anew. False when one was not copied.
 */
bool copy_missing(const struct copy_ask *ask, struct arena *arena, struct copy_done *ret) PAWL_MUST_USE;

#endif
