#include "recovery/physical_list.h"

#include <isa-l/crc.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/json.h"

#define MEMORY ((size_t)1 << 30) /* of a list of PHYSICAL_LIST_MAX, reserved */
#define PIECE ((size_t)1 << 30)	 /* of one call of the sum */
#define LAST "\"Manifest-Checksum\""

struct file {
	size_t name, name_len; /* in names */
	uint64_t bytes;
	uint32_t sum; /* as it runs */
};

struct physical_list {
	struct buf names;
	struct file *file;
	size_t n, cap;
	bool lost; /* no memory for one */
};

/* One file, of either side. */
struct entry {
	struct str name;
	uint64_t bytes;
	uint32_t sum;
};

struct physical_list *physical_list_new(void)
{
	struct physical_list *l = calloc(1, sizeof(*l));

	if (l)
		l->names = BUF_MAX(MEMORY);
	return l;
}

void physical_list_free(struct physical_list *l)
{
	if (!l)
		return;
	buf_free(&l->names);
	free(l->file);
	free(l);
}

void physical_list_file(struct physical_list *l, struct str name)
{
	size_t cap = l->cap ? 2 * l->cap : 1024;
	struct file *more;

	if (l->n == l->cap) {
		more = realloc(l->file, cap * sizeof(*more));
		l->lost = l->lost || !more;
		if (!more)
			return;
		l->file = more;
		l->cap = cap;
	}
	l->file[l->n++] = (struct file){ l->names.len, name.len, 0, UINT32_MAX };
	buf_add(&l->names, name);
	l->lost = l->lost || l->names.failed;
}

void physical_list_bytes(struct physical_list *l, const void *p, size_t n)
{
	struct file *f = l->n ? &l->file[l->n - 1] : NULL;

	if (!f || l->lost)
		return;
	f->bytes += n;
	for (unsigned char *at = (unsigned char *)(uintptr_t)p; n;) {
		size_t piece = n < PIECE ? n : PIECE;

		f->sum = crc32_iscsi(at, (int)piece, f->sum);
		at += piece;
		n -= piece;
	}
}

/* --- the server's list --- */

/* What a server writes as it starts from them, and what stands for the list itself; the WAL is checked as it is read. */
static bool left_out(struct str name)
{
	static const struct str alone[] = { STR_INIT(PHYSICAL_LIST_NAME), STR_INIT("postgresql.auto.conf"), STR_INIT("recovery.signal"),
					    STR_INIT("standby.signal") };

	for (size_t i = 0; i < ARRAY_LEN(alone); i++) {
		if (str_eq(name, alone[i]))
			return true;
	}
	return str_starts(name, STR("pg_wal/"));
}

static int nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Bytes in hexadecimal; STR_NONE where they are none. */
static struct str unhex(struct str s, struct arena *arena)
{
	char *ret = s.len % 2 ? NULL : arena_alloc(arena, s.len / 2 + 1);

	for (size_t i = 0; ret && i < s.len / 2; i++) {
		int high = nibble(s.ptr[2 * i]), low = nibble(s.ptr[2 * i + 1]);

		if (high < 0 || low < 0)
			return STR_NONE;
		ret[i] = (char)(high << 4 | low);
	}
	return ret ? (struct str){ ret, s.len / 2 } : STR_NONE;
}

/* The bytes of the sum as they lay in the server's memory: one of amd64 and arm64 alike. */
static bool sum_of(struct str hex, struct arena *arena, uint32_t *ret)
{
	struct str b = unhex(hex, arena);

	if (!b.ptr || b.len != 4)
		return false;
	*ret = (uint32_t)(unsigned char)b.ptr[0] | (uint32_t)(unsigned char)b.ptr[1] << 8 | (uint32_t)(unsigned char)b.ptr[2] << 16 |
	       (uint32_t)(unsigned char)b.ptr[3] << 24;
	return true;
}

static struct str name_of(const struct json *f, struct arena *arena)
{
	struct str encoded = json_str(f, "Encoded-Path");

	return encoded.ptr ? unhex(encoded, arena) : json_str(f, "Path");
}

static enum physical_listed none(struct err *err, const char *why)
{
	(void)err_set(err, ERR_INPUT, "the server's list of its files (" PHYSICAL_LIST_NAME ") is none: %s", why);
	return PHYSICAL_LIST_OTHER;
}

/* Its last member is the SHA-256 of all lines before it. */
static enum physical_listed own_sum(struct str list, const struct json *root, struct err *err)
{
	size_t at = str_find(list, STR("\n" LAST));
	char hex[DIGEST_HEX_LEN + 1];
	struct digest d;

	if (at == SIZE_MAX)
		return none(err, "it ends early");
	d = digest_of(list.ptr, at + 1);
	digest_hex(&d, hex);
	return str_is(json_str(root, "Manifest-Checksum"), hex) ? PHYSICAL_LIST_SAME : none(err, "its own sum is another");
}

static int by_name(const void *x, const void *y)
{
	return str_cmp(((const struct entry *)x)->name, ((const struct entry *)y)->name);
}

struct entries {
	struct entry *e;
	size_t n;
};

/* Files of the list, sorted. Not all by this sum: PHYSICAL_LIST_UNKNOWN. */
static enum physical_listed theirs(const struct json *root, struct arena *arena, struct entries *ret, struct err *err)
{
	const struct json *files = json_get(root, "Files");
	struct entries all = { ARENA_ARRAY(arena, files ? files->n + 1 : 1, struct entry), 0 };

	if (!json_is(files, JSON_ARRAY))
		return none(err, "it names no files");
	if (!all.e)
		return PHYSICAL_LIST_UNKNOWN;
	JSON_EACH(f, files) {
		struct entry e = { .name = name_of(f, arena) };

		if (!e.name.ptr || !json_u64(f, "Size", &e.bytes))
			return none(err, "a file in it has no name or no size");
		if (left_out(e.name))
			continue;
		if (!str_is(json_str(f, "Checksum-Algorithm"), "CRC32C"))
			return PHYSICAL_LIST_UNKNOWN;
		if (!sum_of(json_str(f, "Checksum"), arena, &e.sum))
			return none(err, "a sum in it is none");
		all.e[all.n++] = e;
	}
	qsort(all.e, all.n, sizeof(*all.e), by_name);
	*ret = all;
	return arena->full ? PHYSICAL_LIST_UNKNOWN : PHYSICAL_LIST_SAME;
}

static bool ours(const struct physical_list *l, struct arena *arena, struct entries *ret)
{
	struct entries all = { ARENA_ARRAY(arena, l->n + 1, struct entry), 0 };

	for (size_t i = 0; all.e && i < l->n; i++) {
		const struct file *f = &l->file[i];
		struct entry e = { { l->names.ptr + f->name, f->name_len }, f->bytes, ~f->sum };

		if (!left_out(e.name))
			all.e[all.n++] = e;
	}
	if (all.e)
		qsort(all.e, all.n, sizeof(*all.e), by_name);
	*ret = all;
	return all.e;
}

static bool same(struct entries got, struct entries want, struct err *err)
{
	size_t i = 0, j = 0;

	while (i < got.n || j < want.n) {
		const struct entry *g = i < got.n ? &got.e[i] : NULL, *w = j < want.n ? &want.e[j] : NULL;
		int side = !g ? 1 : !w ? -1 : str_cmp(g->name, w->name);

		if (side < 0)
			return err_set(err, ERR_BROKEN, "the file %.*s is not in the server's list of its files", STR_ARG(g->name));
		if (side > 0)
			return err_set(err, ERR_BROKEN, "the file %.*s of the server's list is missing", STR_ARG(w->name));
		if (g->bytes != w->bytes)
			return err_set(err, ERR_BROKEN, "the file %.*s has %llu bytes, the server's list says %llu", STR_ARG(g->name),
				       (unsigned long long)g->bytes, (unsigned long long)w->bytes);
		if (g->sum != w->sum)
			return err_set(err, ERR_BROKEN, "the file %.*s has other bytes than the server's list says", STR_ARG(g->name));
		i++;
		j++;
	}
	return true;
}

static enum physical_listed compare(const struct physical_list *l, struct str list, struct arena *arena, struct err *err)
{
	struct entries got, want;
	enum physical_listed all;
	struct json *root;

	if (!json_parse(list, arena, &root, NULL))
		return arena->full ? PHYSICAL_LIST_UNKNOWN : none(err, "it cannot be read");
	all = own_sum(list, root, err);
	if (all == PHYSICAL_LIST_SAME)
		all = theirs(root, arena, &want, err);
	if (all != PHYSICAL_LIST_SAME)
		return all;
	if (!ours(l, arena, &got))
		return PHYSICAL_LIST_UNKNOWN;
	return same(got, want, err) ? PHYSICAL_LIST_SAME : PHYSICAL_LIST_OTHER;
}

enum physical_listed physical_list_compare(struct physical_list *l, struct str list, struct err *err)
{
	struct arena arena;
	enum physical_listed said;

	if (l->lost || list.len > PHYSICAL_LIST_MAX || !arena_map(&arena, MEMORY))
		return PHYSICAL_LIST_UNKNOWN;
	said = compare(l, list, &arena, err);
	arena_unmap(&arena);
	return said;
}
