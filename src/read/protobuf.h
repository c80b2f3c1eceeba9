/* protobuf.h -- the fields of one protobuf message, one after the other. A reader, no schema.
 * Room: read. Pure. Groups (wire types 3 and 4) are refused; nothing is copied.
 */
#ifndef PAWL_READ_PROTOBUF_H
#define PAWL_READ_PROTOBUF_H

#include "base/str.h"

enum protobuf_wire { PROTOBUF_VARINT = 0, PROTOBUF_FIXED64 = 1, PROTOBUF_BYTES = 2, PROTOBUF_FIXED32 = 5 };

struct protobuf_field {
	uint32_t number;
	enum protobuf_wire wire;
	uint64_t value;	  /* of a varint; the fixed ones are skipped over */
	struct str bytes; /* of PROTOBUF_BYTES */
};

enum protobuf_step { PROTOBUF_END = 0, PROTOBUF_FIELD, PROTOBUF_BAD };

/* Take the next field off the front of ${left}. */
enum protobuf_step protobuf_next(struct str *left, struct protobuf_field *ret_field);

#endif
