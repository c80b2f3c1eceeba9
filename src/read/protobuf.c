#include "read/protobuf.h"

#define MAX_NUMBER ((1u << 29) - 1)

static bool varint(struct str *left, uint64_t *ret_value)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < 10 && i < left->len; i++) {
		unsigned char c = (unsigned char)left->ptr[i];

		if (i == 9 && c > 1)
			return false; /* more than 64 bits */
		v |= (uint64_t)(c & 0x7f) << (7 * i);
		if (!(c & 0x80)) {
			*left = str_sub(*left, i + 1, left->len);
			*ret_value = v;
			return true;
		}
	}
	return false;
}

static bool skip(struct str *left, size_t n)
{
	if (left->len < n)
		return false;
	*left = str_sub(*left, n, left->len);
	return true;
}

enum protobuf_step protobuf_next(struct str *left, struct protobuf_field *ret_field)
{
	struct protobuf_field f = { 0 };
	uint64_t tag, len;

	if (left->len == 0)
		return PROTOBUF_END;
	if (!varint(left, &tag) || tag >> 3 == 0 || tag >> 3 > MAX_NUMBER)
		return PROTOBUF_BAD;
	f.number = (uint32_t)(tag >> 3);
	switch (tag & 7) {
	case PROTOBUF_VARINT:
		f.wire = PROTOBUF_VARINT;
		if (!varint(left, &f.value))
			return PROTOBUF_BAD;
		break;
	case PROTOBUF_FIXED64:
		f.wire = PROTOBUF_FIXED64;
		if (!skip(left, 8))
			return PROTOBUF_BAD;
		break;
	case PROTOBUF_BYTES:
		f.wire = PROTOBUF_BYTES;
		if (!varint(left, &len) || len > left->len)
			return PROTOBUF_BAD;
		f.bytes = str_sub(*left, 0, (size_t)len);
		*left = str_sub(*left, (size_t)len, left->len);
		break;
	case PROTOBUF_FIXED32:
		f.wire = PROTOBUF_FIXED32;
		if (!skip(left, 4))
			return PROTOBUF_BAD;
		break;
	default: /* a group, or no wire type at all */
		return PROTOBUF_BAD;
	}
	*ret_field = f;
	return PROTOBUF_FIELD;
}
