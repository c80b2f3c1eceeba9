/* login.h -- a PostgreSQL server that lets nobody in without a password, and where one is looked for. Room: recovery, inner. */
#ifndef PAWL_RECOVERY_LOGIN_H
#define PAWL_RECOVERY_LOGIN_H

#include <libpq-fe.h>

#include "base/err.h"

/* Whether ${c} is no connection because the server wanted a password and libpq found none; then ${ret} says which line belongs into which
 * file. */
bool login_wanted(PGconn *c, char *ret, size_t size);

#endif
