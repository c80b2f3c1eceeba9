/* where.h -- which machine this is, as a short name that gives nothing away.
 * Room: hold. Two uids are the same person's only on the same machine.
 */
#ifndef PAWL_HOLD_WHERE_H
#define PAWL_HOLD_WHERE_H

#include "base/base.h"

#define WHERE_LEN 16

/* 16 hex digits of a digest over /etc/machine-id, or over the host name where there is none. */
void where_host(char ret_host[WHERE_LEN + 1]);

#endif
