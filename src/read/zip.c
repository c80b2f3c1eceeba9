#include "read/zip.h"

#include <minizip/unzip.h>
#include <string.h>

#define EOCD_LEN ((size_t)22)
#define LOCAL_LEN ((size_t)30)
#define DEFLATE_MAX_RATIO ((uint64_t)1032)
#define NAME_MAX_LEN ((size_t)1024)

#define DAMAGED "the file is damaged or was made to deceive: make the plan again"

/* --- the bytes as a file for minizip --- */

struct memory {
	struct str bytes;
	size_t at;
};

static voidpf memory_open(voidpf opaque, const void *name, int mode)
{
	(void)name;
	return mode & ZLIB_FILEFUNC_MODE_WRITE ? NULL : opaque;
}

static uLong memory_read(voidpf opaque, voidpf stream, void *to, uLong n)
{
	struct memory *m = stream;
	size_t left = m->bytes.len - m->at, k = n < left ? n : left;

	(void)opaque;
	if (k)
		memcpy(to, m->bytes.ptr + m->at, k);
	m->at += k;
	return k;
}

static uLong memory_write(voidpf opaque, voidpf stream, const void *from, uLong n)
{
	(void)opaque;
	(void)stream;
	(void)from;
	(void)n;
	return 0;
}

static ZPOS64_T memory_tell(voidpf opaque, voidpf stream)
{
	(void)opaque;
	return ((struct memory *)stream)->at;
}

static long memory_seek(voidpf opaque, voidpf stream, ZPOS64_T offset, int origin)
{
	struct memory *m = stream;
	size_t from = origin == ZLIB_FILEFUNC_SEEK_CUR ? m->at : origin == ZLIB_FILEFUNC_SEEK_END ? m->bytes.len : 0;

	(void)opaque;
	if (offset > m->bytes.len - from)
		return -1;
	m->at = from + (size_t)offset;
	return 0;
}

static int memory_nothing(voidpf opaque, voidpf stream)
{
	(void)opaque;
	(void)stream;
	return 0;
}

/* --- what minizip does not look at --- */

static uint32_t little(const char *p, unsigned width)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < width; i++)
		v |= (uint32_t)(unsigned char)p[i] << (8 * i);
	return v;
}

bool zip_probe(struct str bytes)
{
	return bytes.len >= 4 && memcmp(bytes.ptr, "PK\3\4", 4) == 0;
}

/* The end record must be the last 22 bytes, and the directory must stand right before it. */
static bool frame_ok(struct str bytes, const struct zip_opts *opts, size_t *ret_directory, struct err *err)
{
	const char *end;
	uint32_t n, size, offset;

	if (!zip_probe(bytes))
		return err_set(err, ERR_INPUT, "not a zip archive");
	if (bytes.len < EOCD_LEN + LOCAL_LEN)
		return err_set(err, ERR_INPUT, "zip archive cut short; " DAMAGED);
	end = bytes.ptr + bytes.len - EOCD_LEN;
	if (memcmp(end, "PK\5\6", 4) != 0 || little(end + 20, 2) != 0)
		return err_set(err, ERR_INPUT, "zip archive cut short, or followed by other bytes; " DAMAGED);
	n = little(end + 10, 2);
	size = little(end + 12, 4);
	offset = little(end + 16, 4);
	if (little(end + 4, 4) != 0 || little(end + 8, 2) != n)
		return err_set(err, ERR_INPUT, "zip archive in several parts; " DAMAGED);
	if (n == 0xffff || size == UINT32_MAX || offset == UINT32_MAX)
		return err_set(err, ERR_INPUT, "zip64 archive, which terraform does not write; " DAMAGED);
	if ((uint64_t)offset + size != bytes.len - EOCD_LEN)
		return err_set(err, ERR_INPUT, "zip archive with foreign bytes before or inside it; " DAMAGED);
	if (n > opts->max_members)
		return err_set(err, ERR_LIMIT, "zip archive with %u members, more than %zu", n, opts->max_members);
	*ret_directory = offset;
	return true;
}

struct work {
	struct str bytes;
	const struct zip_opts *opts;
	struct arena *arena;
	struct err *err;
	unzFile zip;
	size_t directory; /* where members must have ended */
	uint64_t total;
	struct str *names; /* open addressing, to find two of one name */
	size_t slots;
	struct zip_member *first, *last;
};

static bool name_ok(struct str name)
{
	if (name.len == 0 || name.ptr[0] == '/' || str_find_char(name, '\0') != SIZE_MAX ||
	    str_find_char(name, '\\') != SIZE_MAX || !str_is_utf8(name))
		return false;
	while (name.len) {
		size_t slash = str_find_char(name, '/');

		if (str_is(str_sub(name, 0, slash), ".."))
			return false;
		name = slash == SIZE_MAX ? STR_NONE : str_sub(name, slash + 1, name.len);
	}
	return true;
}

static bool name_new(struct work *w, struct str name)
{
	size_t i = str_hash(name) & (w->slots - 1);

	for (; w->names[i].len; i = (i + 1) & (w->slots - 1)) {
		if (str_eq(w->names[i], name))
			return false;
	}
	w->names[i] = name;
	return true;
}

/* Does the header before the data say the same as the directory, and does the data lie before the directory? */
static bool local_ok(struct work *w, const struct zip_member *m, const unz_file_info64 *info)
{
	size_t at = 0;
	unz64_file_pos pos;
	const char *p;

	if (unzGetFilePos64(w->zip, &pos) != UNZ_OK || pos.pos_in_zip_directory > w->bytes.len - 46)
		return false;
	p = w->bytes.ptr + pos.pos_in_zip_directory;
	at = little(p + 42, 4);
	if (at > w->directory || w->directory - at < LOCAL_LEN + m->name.len + info->compressed_size)
		return false;
	p = w->bytes.ptr + at;
	return memcmp(p, "PK\3\4", 4) == 0 && little(p + 26, 2) == m->name.len &&
	       memcmp(p + LOCAL_LEN, m->name.ptr, m->name.len) == 0;
}

static bool info_ok(struct work *w, const struct zip_member *m, const unz_file_info64 *info)
{
	if (info->flag & 0x2041)
		return err_set(w->err, ERR_INPUT, "zip member %.*s is encrypted; " DAMAGED, STR_ARG(m->name));
	if (info->compression_method != 0 && info->compression_method != Z_DEFLATED)
		return err_set(w->err, ERR_INPUT, "zip member %.*s is packed by unknown method %lu; " DAMAGED,
			       STR_ARG(m->name), (unsigned long)info->compression_method);
	if (info->uncompressed_size > w->opts->max_member)
		return err_set(w->err, ERR_LIMIT, "zip member %.*s unpacks to %llu bytes, more than %zu", STR_ARG(m->name),
			       (unsigned long long)info->uncompressed_size, w->opts->max_member);
	if (info->uncompressed_size > info->compressed_size * DEFLATE_MAX_RATIO + 64 ||
	    (info->compression_method == 0 && info->uncompressed_size != info->compressed_size))
		return err_set(w->err, ERR_INPUT, "zip member %.*s claims a size it cannot have; " DAMAGED, STR_ARG(m->name));
	if (!local_ok(w, m, info))
		return err_set(w->err, ERR_INPUT, "zip member %.*s is not what the directory says; " DAMAGED, STR_ARG(m->name));
	return true;
}

static bool inflate_member(struct work *w, struct zip_member *m, size_t size)
{
	char *to = arena_alloc(w->arena, size + 1), more;
	size_t got = 0;
	bool ok;

	w->total += size;
	if (w->total > w->opts->max_total)
		return err_set(w->err, ERR_LIMIT, "zip archive unpacks to more than %zu bytes", w->opts->max_total);
	if (!to)
		return err_set(w->err, ERR_LIMIT, "zip archive larger than may be held in memory");
	if (unzOpenCurrentFile(w->zip) != UNZ_OK)
		return err_set(w->err, ERR_INPUT, "zip member %.*s cannot be read; " DAMAGED, STR_ARG(m->name));
	while (got < size) {
		size_t left = size - got;
		int k = unzReadCurrentFile(w->zip, to + got, left > 1 << 24 ? 1u << 24 : (unsigned)left);

		if (k <= 0)
			break;
		got += (size_t)k;
	}
	ok = got == size && unzReadCurrentFile(w->zip, &more, 1) == 0;
	if (unzCloseCurrentFile(w->zip) != UNZ_OK || !ok)
		return err_set(w->err, ERR_INPUT, "zip member %.*s does not unpack to what was packed; " DAMAGED,
			       STR_ARG(m->name));
	m->bytes = (struct str){ to, size };
	return true;
}

static bool take_member(struct work *w)
{
	struct zip_member *m = ARENA_NEW(w->arena, struct zip_member);
	char name[NAME_MAX_LEN + 1];
	unz_file_info64 info;

	if (unzGetCurrentFileInfo64(w->zip, &info, name, sizeof(name), NULL, 0, NULL, 0) != UNZ_OK)
		return err_set(w->err, ERR_INPUT, "zip directory cannot be read; " DAMAGED);
	if (info.size_filename > NAME_MAX_LEN || !name_ok((struct str){ name, info.size_filename }))
		return err_set(w->err, ERR_INPUT, "zip member with a name that is none; " DAMAGED);
	if (m)
		m->name = arena_str(w->arena, (struct str){ name, info.size_filename });
	if (w->arena->full)
		return err_set(w->err, ERR_LIMIT, "zip archive larger than may be held in memory");
	if (!name_new(w, m->name))
		return err_set(w->err, ERR_INPUT, "zip archive with two members called %.*s; " DAMAGED, STR_ARG(m->name));
	if (!info_ok(w, m, &info))
		return false;
	if (w->opts->want(m->name) && !inflate_member(w, m, (size_t)info.uncompressed_size))
		return false;
	if (w->last)
		w->last->next = m;
	else
		w->first = m;
	w->last = m;
	return true;
}

static bool take_all(struct work *w)
{
	unz_global_info64 all;
	int k;

	if (unzGetGlobalInfo64(w->zip, &all) != UNZ_OK || all.number_entry > w->opts->max_members)
		return err_set(w->err, ERR_INPUT, "zip directory cannot be read; " DAMAGED);
	for (w->slots = 64; w->slots < all.number_entry * 2; w->slots *= 2)
		;
	w->names = ARENA_ARRAY(w->arena, w->slots, struct str);
	if (!w->names)
		return err_set(w->err, ERR_LIMIT, "zip archive larger than may be held in memory");
	for (k = unzGoToFirstFile(w->zip); k == UNZ_OK; k = unzGoToNextFile(w->zip)) {
		if (!take_member(w))
			return false;
	}
	if (k != UNZ_END_OF_LIST_OF_FILE)
		return err_set(w->err, ERR_INPUT, "zip directory cannot be read; " DAMAGED);
	return true;
}

bool zip_read(struct str bytes, const struct zip_opts *opts, struct arena *arena, struct zip_member **ret_first,
	      struct err *err)
{
	struct memory memory = { bytes, 0 };
	zlib_filefunc64_def io = { .zopen64_file = memory_open,
				   .zread_file = memory_read,
				   .zwrite_file = memory_write,
				   .ztell64_file = memory_tell,
				   .zseek64_file = memory_seek,
				   .zclose_file = memory_nothing,
				   .zerror_file = memory_nothing,
				   .opaque = &memory };
	struct work w = { .bytes = bytes, .opts = opts, .arena = arena, .err = err };
	bool ok;

	if (!frame_ok(bytes, opts, &w.directory, err))
		return false;
	w.zip = unzOpen2_64("", &io);
	if (!w.zip)
		return err_set(err, ERR_INPUT, "zip directory cannot be read; " DAMAGED);
	ok = take_all(&w);
	unzClose(w.zip);
	if (ok)
		*ret_first = w.first;
	return ok;
}
