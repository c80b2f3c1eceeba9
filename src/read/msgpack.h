/* msgpack.h -- MessagePack, as Terraform writes configuration values with it, as a JSON tree.
 * Room: read. Pure. Extension values (terraform's "unknown") become null. Keys must be strings.
 */
#ifndef PAWL_READ_MSGPACK_H
#define PAWL_READ_MSGPACK_H

#include "base/json.h"

#define MSGPACK_MAX_DEPTH 32

/* One value that takes all of ${bytes}; false otherwise. The tree lives with ${arena}. */
bool msgpack_read(struct str bytes, struct arena *arena, struct json **ret_root) PAWL_MUST_USE;

#endif
