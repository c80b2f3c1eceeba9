/* copy.h -- a whole backup into another vault, byte for byte; its manifest and signature last.
 * Room: recovery. I/O.
 */
#ifndef PAWL_RECOVERY_COPY_H
#define PAWL_RECOVERY_COPY_H

#include "recovery/vault.h"

/* ${m}: its manifest; every part of its data is checked on the way, so a copy is never of something cut or changed. */
bool copy_backup(struct vault *from, struct vault *to, const struct manifest *m, struct err *err) PAWL_MUST_USE;

#endif
