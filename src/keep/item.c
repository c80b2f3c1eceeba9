#include "keep/item.h"

struct item_part *item_part_add(struct item *it, struct arena *a, enum keep_what what)
{
	struct item_part *p = ARENA_NEW(a, struct item_part);

	if (!p)
		return NULL;
	p->what = what;
	if (it->parts_last)
		it->parts_last->next = p;
	else
		it->parts = p;
	it->parts_last = p;
	it->n_parts++;
	return p;
}

struct item_entry *item_entry_add(struct item *it, struct arena *a)
{
	struct item_entry *e = ARENA_NEW(a, struct item_entry);

	if (!e)
		return NULL;
	e->number = it->n_entries++;
	e->part = it->n_parts ? it->n_parts - 1 : 0;
	if (it->entries_last)
		it->entries_last->next = e;
	else
		it->entries = e;
	it->entries_last = e;
	return e;
}

struct item_part *item_part_nth(const struct item *it, uint32_t n)
{
	struct item_part *p = it->parts;

	while (p && n--)
		p = p->next;
	return p;
}

uint64_t item_number(struct str id)
{
	uint64_t n;

	if (!str_starts(id, STR("K-")) || id.len > 20 || id.len < 3 || id.ptr[2] == '0' ||
	    !str_to_u64(str_sub(id, 2, id.len), &n))
		return 0;
	return n;
}

/* --- names as text --- */

static bool plain(unsigned char c)
{
	return c > 0x20 && c < 0x7f && c != '%' && c != '"' && c != '\\';
}

void item_name(struct str bytes, struct buf *out)
{
	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char c = (unsigned char)bytes.ptr[i];

		if (plain(c))
			buf_addc(out, (char)c);
		else
			buf_addf(out, "%%%02X", c);
	}
}

struct str item_name_str(struct str bytes, struct arena *a)
{
	auto_buf b = BUF_MAX(3 * ITEM_PATH_MAX + 16);

	item_name(bytes, &b);
	return arena_str(a, buf_str(&b));
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Only what item_name writes: each text has one reading, each name one text. */
bool item_name_parse(struct str text, struct arena *a, struct str *ret)
{
	char *out = arena_alloc(a, text.len + 1);
	size_t n = 0;

	if (!out)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		int high, low;

		if (text.ptr[i] != '%') {
			if (!plain((unsigned char)text.ptr[i]))
				return false;
			out[n++] = text.ptr[i];
			continue;
		}
		high = i + 2 < text.len ? nibble(text.ptr[i + 1]) : -1;
		low = i + 2 < text.len ? nibble(text.ptr[i + 2]) : -1;
		if (high < 0 || low < 0)
			return false;
		out[n++] = (char)(high * 16 + low);
		if (plain((unsigned char)out[n - 1]))
			return false;
		i += 2;
	}
	*ret = (struct str){ out, n };
	return true;
}
