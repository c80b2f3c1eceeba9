#include "read/msgpack.h"

#include <string.h>

enum shape { SHAPE_SCALAR, SHAPE_TEXT, SHAPE_ARRAY, SHAPE_MAP, SHAPE_BAD };

struct reader {
	struct str left;
	struct arena *arena;
	struct json_build build;
};

/* The head of one value. */
struct head {
	enum shape shape;
	enum json_type type; /* of a scalar */
	uint64_t n;	     /* bytes of text, or members */
	struct str text;     /* of a number */
};

static bool big_endian(struct reader *r, unsigned width, uint64_t *ret_value)
{
	uint64_t v = 0;

	if (r->left.len < width)
		return false;
	for (unsigned i = 0; i < width; i++)
		v = v << 8 | (unsigned char)r->left.ptr[i];
	r->left = str_sub(r->left, width, r->left.len);
	*ret_value = v;
	return true;
}

static bool take(struct reader *r, uint64_t n, struct str *ret_bytes)
{
	if (n > r->left.len)
		return false;
	*ret_bytes = str_sub(r->left, 0, (size_t)n);
	r->left = str_sub(r->left, (size_t)n, r->left.len);
	return true;
}

static struct head scalar(enum json_type type, struct str text)
{
	return (struct head){ .shape = SHAPE_SCALAR, .type = type, .text = text };
}

static struct head bad(void)
{
	return (struct head){ .shape = SHAPE_BAD };
}

static struct head number(struct reader *r, unsigned width, bool is_signed)
{
	uint64_t v;

	if (!big_endian(r, width, &v))
		return bad();
	if (is_signed && width < 8 && v >> (8 * width - 1))
		v |= ~UINT64_C(0) << (8 * width);
	if (is_signed && v >> 63) {
		v = ~v + 1;
		return scalar(JSON_NUMBER, arena_fmt(r->arena, "-%llu", (unsigned long long)v));
	}
	return scalar(JSON_NUMBER, arena_fmt(r->arena, "%llu", (unsigned long long)v));
}

static struct head real(struct reader *r, unsigned width)
{
	uint64_t bits;
	double d;
	float f;

	if (!big_endian(r, width, &bits))
		return bad();
	if (width == 4) {
		uint32_t half = (uint32_t)bits;

		memcpy(&f, &half, sizeof(f));
		d = (double)f;
	} else {
		memcpy(&d, &bits, sizeof(d));
	}
	if (d != d || d - d != d - d)
		return bad(); /* no number that JSON knows */
	return scalar(JSON_NUMBER, arena_fmt(r->arena, "%.17g", d));
}

static struct head counted(struct reader *r, unsigned width, enum shape shape)
{
	struct head h = { .shape = shape };

	return big_endian(r, width, &h.n) ? h : bad();
}

static struct head extension(struct reader *r, uint64_t n)
{
	struct str ignored;

	return take(r, n + 1, &ignored) ? scalar(JSON_NULL, STR_NONE) : bad();
}

static struct head extension_counted(struct reader *r, unsigned width)
{
	uint64_t n;

	return big_endian(r, width, &n) ? extension(r, n) : bad();
}

/* Heads 0xc0 to 0xdf: the table of the MessagePack specification. */
static struct head head_of_table(struct reader *r, unsigned c)
{
	switch (c) {
	case 0xc0:
		return scalar(JSON_NULL, STR_NONE);
	case 0xc2:
		return scalar(JSON_FALSE, STR_NONE);
	case 0xc3:
		return scalar(JSON_TRUE, STR_NONE);
	case 0xc4: case 0xc5: case 0xc6:
		return counted(r, 1u << (c - 0xc4), SHAPE_TEXT);
	case 0xc7: case 0xc8: case 0xc9:
		return extension_counted(r, 1u << (c - 0xc7));
	case 0xca: case 0xcb:
		return real(r, c == 0xca ? 4 : 8);
	case 0xcc: case 0xcd: case 0xce: case 0xcf:
		return number(r, 1u << (c - 0xcc), false);
	case 0xd0: case 0xd1: case 0xd2: case 0xd3:
		return number(r, 1u << (c - 0xd0), true);
	case 0xd4: case 0xd5: case 0xd6: case 0xd7: case 0xd8:
		return extension(r, UINT64_C(1) << (c - 0xd4));
	case 0xd9: case 0xda: case 0xdb:
		return counted(r, 1u << (c - 0xd9), SHAPE_TEXT);
	case 0xdc: case 0xdd:
		return counted(r, c == 0xdc ? 2 : 4, SHAPE_ARRAY);
	case 0xde: case 0xdf:
		return counted(r, c == 0xde ? 2 : 4, SHAPE_MAP);
	default: /* 0xc1 is never used */
		return bad();
	}
}

static struct head head_of(struct reader *r)
{
	uint64_t first;
	unsigned c;

	if (!big_endian(r, 1, &first))
		return bad();
	c = (unsigned)first;
	if (c < 0x80)
		return scalar(JSON_NUMBER, arena_fmt(r->arena, "%u", c));
	if (c < 0x90)
		return (struct head){ .shape = SHAPE_MAP, .n = c & 0x0f };
	if (c < 0xa0)
		return (struct head){ .shape = SHAPE_ARRAY, .n = c & 0x0f };
	if (c < 0xc0)
		return (struct head){ .shape = SHAPE_TEXT, .n = c & 0x1f };
	if (c >= 0xe0)
		return scalar(JSON_NUMBER, arena_fmt(r->arena, "-%u", 0x100 - c));
	return head_of_table(r, c);
}

static bool value(struct reader *r, unsigned depth);

static bool members(struct reader *r, const struct head *h, unsigned depth)
{
	bool map = h->shape == SHAPE_MAP;

	if (depth >= MSGPACK_MAX_DEPTH || h->n > r->left.len ||
	    !json_build_open(&r->build, map ? JSON_OBJECT : JSON_ARRAY))
		return false;
	for (uint64_t i = 0; i < h->n; i++) {
		if (map) {
			struct head k = head_of(r);
			struct str key;

			if (k.shape != SHAPE_TEXT || !take(r, k.n, &key) || !str_is_utf8(key) ||
			    !json_build_key(&r->build, key))
				return false;
		}
		if (!value(r, depth + 1))
			return false;
	}
	return json_build_close(&r->build);
}

static bool value(struct reader *r, unsigned depth)
{
	struct head h = head_of(r);
	struct str text;

	switch (h.shape) {
	case SHAPE_SCALAR:
		return json_build_scalar(&r->build, h.type, h.text);
	case SHAPE_TEXT:
		return take(r, h.n, &text) && str_is_utf8(text) &&
		       json_build_scalar(&r->build, JSON_STRING, text);
	case SHAPE_ARRAY:
	case SHAPE_MAP:
		return members(r, &h, depth);
	case SHAPE_BAD:
		return false;
	}
	return false;
}

bool msgpack_read(struct str bytes, struct arena *arena, struct json **ret_root)
{
	struct reader r = { .left = bytes, .arena = arena };

	json_build_begin(&r.build, arena);
	if (!value(&r, 0) || r.left.len != 0 || !json_build_done(&r.build) || arena->full)
		return false;
	*ret_root = r.build.root;
	return true;
}
