#include "recovery/tar.h"

#include <stdio.h>
#include <string.h>

struct field {
	size_t at, len;
};
static const struct field f_name = { 0, 100 }, f_size = { 124, 12 }, f_sum = { 148, 8 }, f_prefix = { 345, 155 };
#define KIND_AT 156

static bool number(const char *block, struct field f, uint64_t *ret)
{
	const char *p = block + f.at;
	uint64_t n = 0;
	size_t i = 0;

	if ((unsigned char)p[0] == 0x80) { /* more than octal digits can say */
		for (i = f.len - 8; i < f.len; i++)
			n = n << 8 | (unsigned char)p[i];
		*ret = n;
		return n < (uint64_t)1 << 60;
	}
	while (i < f.len && p[i] == ' ')
		i++;
	if (i == f.len || p[i] < '0' || p[i] > '7')
		return false;
	for (; i < f.len && p[i] >= '0' && p[i] <= '7'; i++)
		n = n << 3 | (uint64_t)(p[i] - '0');
	*ret = n;
	return i == f.len || p[i] == ' ' || p[i] == '\0';
}

static unsigned sum_of(const char *block)
{
	unsigned sum = 0;

	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += i >= f_sum.at && i < f_sum.at + f_sum.len ? ' ' : (unsigned char)block[i];
	return sum;
}

static struct str text(const char *block, struct field f)
{
	return (struct str){ block + f.at, strnlen(block + f.at, f.len) };
}

/* No part of it is empty, "." or "..": so it stays where it is put. */
static bool good_name(struct str s)
{
	size_t from = 0;

	if (!s.len)
		return false;
	for (size_t i = 0; i <= s.len; i++) {
		struct str part = str_sub(s, from, i - from);

		if (i < s.len && s.ptr[i] != '/')
			continue;
		if (!part.len || str_is(part, ".") || str_is(part, ".."))
			return false;
		from = i + 1;
	}
	return true;
}

static bool name_of(const char *block, struct tar_member *m, struct err *err)
{
	struct str prefix = text(block, f_prefix), name = text(block, f_name);

	if (str_starts(name, STR("./")) && !prefix.len)
		name = str_sub(name, 2, name.len);
	if (str_ends(name, STR("/")))
		name.len--;
	snprintf(m->name, sizeof(m->name), "%.*s%s%.*s", STR_ARG(prefix), prefix.len ? "/" : "", STR_ARG(name));
	return good_name(str_from(m->name)) || err_set(err, ERR_INPUT, "the tar has a name that leads elsewhere: %.100s", m->name);
}

static bool header(struct tar *t, struct err *err)
{
	struct tar_member m = { .bytes = 0 };
	char kind = t->block[KIND_AT];
	uint64_t sum;

	if (!t->block[0]) { /* between two of them, and at the end */
		for (size_t i = 0; i < TAR_BLOCK; i++) {
			if (t->block[i])
				return err_set(err, ERR_INPUT, "the tar has a header without a name");
		}
		return true;
	}
	if (!number(t->block, f_sum, &sum) || sum != sum_of(t->block) || !number(t->block, f_size, &m.bytes))
		return err_set(err, ERR_INPUT, "the tar is broken: a header's sum is wrong");
	if (kind != '0' && kind != '\0' && kind != '5')
		return err_set(err, ERR_INPUT, "the tar has a link: %.100s (a tablespace, which no such backup holds)", t->block);
	if (kind == '5' && (str_is(text(t->block, f_name), "./") || str_is(text(t->block, f_name), ".")))
		return true;
	if (!name_of(t->block, &m, err))
		return false;
	m.folder = kind == '5';
	if (m.folder)
		m.bytes = 0;
	t->in_file = !m.folder;
	t->left = m.bytes;
	t->pad = (TAR_BLOCK - m.bytes % TAR_BLOCK) % TAR_BLOCK;
	return t->events->member(t->ctx, &m, err);
}

static bool file_over(struct tar *t, struct err *err)
{
	if (!t->in_file || t->left)
		return true;
	t->in_file = false;
	return !t->events->end || t->events->end(t->ctx, err);
}

static size_t least(uint64_t a, size_t b)
{
	return a < b ? (size_t)a : b;
}

bool tar_add(struct tar *t, const void *bytes, size_t n, struct err *err)
{
	const char *p = bytes;

	while (n) {
		size_t k;

		if (t->left) {
			k = least(t->left, n);
			t->left -= k;
			if (t->events->bytes && !t->events->bytes(t->ctx, p, k, err))
				return false;
			if (!file_over(t, err))
				return false;
		} else if (t->pad) {
			k = least(t->pad, n);
			t->pad -= k;
		} else {
			k = least(TAR_BLOCK - t->have, n);
			memcpy(t->block + t->have, p, k);
			t->have += k;
			if (t->have == TAR_BLOCK) {
				t->have = 0;
				if (!header(t, err) || !file_over(t, err))
					return false;
			}
		}
		p += k;
		n -= k;
	}
	return true;
}

bool tar_end(const struct tar *t, struct err *err)
{
	return (!t->left && !t->pad && !t->have) || err_set(err, ERR_INPUT, "the tar ends within a file");
}

void tar_header(const char *name, uint64_t bytes, char ret[TAR_BLOCK])
{
	memset(ret, 0, TAR_BLOCK);
	snprintf(ret, f_name.len, "%s", name);
	snprintf(ret + 100, 8, "%07o", 0600u);
	snprintf(ret + 108, 8, "%07o", 0u);
	snprintf(ret + 116, 8, "%07o", 0u);
	snprintf(ret + f_size.at, f_size.len, "%011llo", (unsigned long long)bytes);
	snprintf(ret + 136, 12, "%011o", 0u);
	ret[KIND_AT] = '0';
	memcpy(ret + 257, "ustar\0" "00", 8);
	snprintf(ret + f_sum.at, f_sum.len, "%06o", sum_of(ret));
	ret[f_sum.at + 7] = ' ';
}
