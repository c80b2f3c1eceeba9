/* Saved plans behind the zip: the input is a list of members, "NAME\0" and a two-byte length and so many bytes each, and is
 * packed into a sound archive here, so that protobuf, msgpack and states are reached. Input that is an archive is read as it is.
 * Total; the same bytes give the same plan; the archive cut short is never accepted; an accepted plan has a mode and a backend.
 * covers: src/read/planfile.c src/read/protobuf.c src/read/msgpack.c
 * options: -max_len=32768
 */
#include "fuzz.h"

#include <zlib.h>

#include "base/buf.h"
#include "read/planfile.h"

#define ARENA_SIZE ((size_t)16 << 20)
#define MEMBERS_MAX 40

struct member {
	struct str name, bytes;
	uint32_t crc, at;
};

static void little(struct buf *b, uint32_t v, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		buf_addc(b, (char)(v >> (8 * i) & 0xff));
}

static void header(struct buf *b, const struct member *m, bool central)
{
	buf_add(b, central ? STR("PK\1\2\24\0") : STR("PK\3\4"));
	buf_add(b, (struct str){ "\24\0\0\0\0\0\0\0\0\0", 10 });
	little(b, m->crc, 4);
	little(b, (uint32_t)m->bytes.len, 4);
	little(b, (uint32_t)m->bytes.len, 4);
	little(b, (uint32_t)m->name.len, 2);
	little(b, 0, 2);
	if (central) {
		little(b, 0, 4);
		little(b, 0, 4);
		little(b, 0, 2);
		little(b, m->at, 4);
	}
	buf_add(b, m->name);
}

static size_t split(struct str in, struct member *ret)
{
	size_t n = 0;

	while (n < MEMBERS_MAX && in.len) {
		size_t end = str_find_char(in, '\0'), len;

		if (end == SIZE_MAX || in.len - end < 3)
			break;
		len = (unsigned char)in.ptr[end + 1] | (size_t)(unsigned char)in.ptr[end + 2] << 8;
		ret[n].name = str_sub(in, 0, end);
		ret[n].bytes = str_sub(in, end + 3, len);
		in = str_sub(in, end + 3 + len, in.len);
		n++;
	}
	return n;
}

static void pack(struct str in, struct buf *b)
{
	static struct member members[MEMBERS_MAX];
	size_t n = split(in, members), directory;

	for (size_t i = 0; i < n; i++) {
		struct member *m = &members[i];

		m->at = (uint32_t)b->len;
		m->crc = (uint32_t)crc32(0, (const unsigned char *)(m->bytes.ptr ? m->bytes.ptr : ""), (uInt)m->bytes.len);
		header(b, m, false);
		buf_add(b, m->bytes);
	}
	directory = b->len;
	for (size_t i = 0; i < n; i++)
		header(b, &members[i], true);
	{
		uint32_t size = (uint32_t)(b->len - directory);

		buf_add(b, (struct str){ "PK\5\6\0\0\0\0", 8 });
		little(b, (uint32_t)n, 2);
		little(b, (uint32_t)n, 2);
		little(b, size, 4);
		little(b, (uint32_t)directory, 4);
		little(b, 0, 2);
	}
}

static bool read_in(struct arena *a, struct str bytes, struct planfile *ret)
{
	struct err err = { 0 };

	if (!a->mem)
		PAWL_ASSERT(arena_map(a, ARENA_SIZE));
	arena_reset(a);
	if (planfile_read(bytes, a, ret, &err))
		return true;
	FUZZ_CHECK(err.code != ERR_NONE && err.msg[0]);
	return false;
}

static void check(const struct planfile *p, const struct planfile *q)
{
	FUZZ_CHECK(p->mode >= PLAN_MODE_NORMAL && p->mode <= PLAN_MODE_REFRESH_ONLY && p->backend_type.len > 0);
	FUZZ_CHECK(p->mode == q->mode && str_eq(p->backend_type, q->backend_type) && str_eq(p->backend_config, q->backend_config) &&
		   str_eq(p->workspace, q->workspace) && digest_eq(&p->digest, &q->digest) &&
		   digest_eq(&p->config_digest, &q->config_digest) && digest_eq(&p->state.content, &q->state.content));
	FUZZ_CHECK(str_is_utf8(p->workspace) && str_is_utf8(p->backend_type) && str_is_utf8(p->backend_config));
	for (const struct planfile_config *c = p->config; c && c->next; c = c->next)
		FUZZ_CHECK(str_cmp(c->path, c->next->path) < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena first, second;
	static struct buf zip;
	struct planfile p, q;

	zip.max = (size_t)1 << 20;
	buf_clear(&zip);
	if (planfile_probe((struct str){ (const char *)data, size }))
		buf_add(&zip, (struct str){ (const char *)data, size });
	else
		pack((struct str){ (const char *)data, size }, &zip);
	if (zip.failed || !read_in(&first, buf_str(&zip), &p))
		return 0;
	FUZZ_CHECK(read_in(&second, buf_str(&zip), &q));
	check(&p, &q);
	FUZZ_CHECK(!read_in(&second, str_sub(buf_str(&zip), 0, zip.len - 1), &q));
	FUZZ_CHECK(!read_in(&second, str_sub(buf_str(&zip), 0, zip.len / 2), &q));
	return 0;
}
