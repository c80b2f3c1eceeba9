#include "core/card.h"

/* Ranges of code points that hide, reorder or move text: shown as \u{…}. From Unicode's Cf and Zs where they are invisible. */
static const struct {
	uint32_t from, to;
} hidden[] = {
	{ 0x00, 0x1f },	      { 0x7f, 0x9f },	  { 0xad, 0xad },     { 0x34f, 0x34f },	    { 0x61c, 0x61c },
	{ 0x115f, 0x1160 },   { 0x17b4, 0x17b5 }, { 0x180b, 0x180f }, { 0x200b, 0x200f },   { 0x2028, 0x202e },
	{ 0x2060, 0x206f },   { 0x3164, 0x3164 }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },
	{ 0xfff0, 0xfffb },   { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};

static bool is_hidden(uint32_t c)
{
	for (size_t i = 0; i < ARRAY_LEN(hidden); i++) {
		if (c >= hidden[i].from && c <= hidden[i].to)
			return true;
	}
	return false;
}

/* The character at the front of ${s}: its length and code point; length 0 when it is no UTF-8. */
static size_t decode(struct str s, uint32_t *ret_c)
{
	static const unsigned char mask[5] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };

	for (size_t n = 1; n <= 4 && n <= s.len; n++) {
		uint32_t c;

		if (!str_is_utf8(str_sub(s, 0, n)))
			continue;
		c = (unsigned char)s.ptr[0] & mask[n];
		for (size_t i = 1; i < n; i++)
			c = c << 6 | ((unsigned char)s.ptr[i] & 0x3f);
		*ret_c = c;
		return n;
	}
	return 0;
}

void card_escape(struct str s, struct buf *out)
{
	size_t plain = 0, i = 0;

	while (i < s.len) {
		uint32_t c = 0;
		size_t n = decode(str_sub(s, i, 4), &c);

		if (n && !is_hidden(c)) {
			i += n;
			continue;
		}
		buf_add(out, str_sub(s, plain, i - plain));
		if (n)
			buf_addf(out, "\\u{%x}", c);
		else
			buf_addf(out, "\\x%02x", (unsigned)(unsigned char)s.ptr[i]);
		i += n ? n : 1;
		plain = i;
	}
	buf_add(out, str_sub(s, plain, s.len));
}
