/* secret.h -- a target's password, as its command prints it.
 * Room: recovery. I/O.
 */
#ifndef PAWL_RECOVERY_SECRET_H
#define PAWL_RECOVERY_SECRET_H

#include "recovery/config.h"

#define SECRET_MAX ((size_t)8192)
#define SECRET_S 30

/* Without 'secret-command' nothing. The last newline is taken off. Wipe it when it is used. */
bool secret_of(const struct config_target *t, struct buf *ret, struct err *err) PAWL_MUST_USE;

#endif
