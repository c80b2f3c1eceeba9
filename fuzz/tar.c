/* Tar streams: any bytes are members below a folder, or an error; cut anywhere they say the same; what tar_header writes is read back.
 * covers: src/recovery/tar.c
 * seeds: fuzz/corpus/tar/?*
 * options: -max_len=8192
 */
#include "fuzz.h"

#include "recovery/tar.h"

struct told {
	uint64_t hash, bytes, want;
	size_t members;
	bool in_file;
};

static void mix(struct told *t, const void *p, size_t n)
{
	const unsigned char *b = p;

	for (size_t i = 0; i < n; i++)
		t->hash = (t->hash ^ b[i]) * UINT64_C(1099511628211);
}

/* Nothing leads out of the folder. */
static void look_at_name(const char *name)
{
	size_t n = strnlen(name, TAR_NAME_MAX);

	FUZZ_CHECK(n && n < TAR_NAME_MAX && name[0] != '/' && name[n - 1] != '/');
	for (const char *p = name; *p;) {
		size_t k = strcspn(p, "/");

		FUZZ_CHECK(k && !(k == 1 && p[0] == '.' && n > 1) && !(k == 2 && p[0] == '.' && p[1] == '.'));
		p += k + (p[k] == '/');
	}
}

static bool member(void *ctx, const struct tar_member *m, struct err *err)
{
	struct told *t = ctx;

	(void)err;
	FUZZ_CHECK(!t->in_file && (!m->folder || !m->bytes));
	look_at_name(m->name);
	mix(t, m->name, strlen(m->name) + 1);
	mix(t, &m->folder, sizeof(m->folder));
	t->want = m->bytes;
	t->bytes = 0;
	t->in_file = !m->folder;
	t->members++;
	return true;
}

static bool bytes(void *ctx, const void *p, size_t n, struct err *err)
{
	struct told *t = ctx;

	(void)err;
	FUZZ_CHECK(t->in_file && n && n <= t->want - t->bytes);
	t->bytes += n;
	mix(t, p, n);
	return true;
}

static bool end(void *ctx, struct err *err)
{
	struct told *t = ctx;

	(void)err;
	FUZZ_CHECK(t->in_file && t->bytes == t->want);
	t->in_file = false;
	return true;
}

static const struct tar_events events = { member, bytes, end };

static bool read_in(const uint8_t *data, size_t size, size_t step, struct told *ret)
{
	struct tar t = { .events = &events, .ctx = ret };
	struct err err = { 0 };
	bool good = true;

	*ret = (struct told){ .hash = 1 };
	for (size_t at = 0; good && at < size; at += step)
		good = tar_add(&t, data + at, size - at < step ? size - at : step, &err);
	good = good && tar_end(&t, &err);
	FUZZ_CHECK(good || (err.code != ERR_NONE && err.msg[0]));
	FUZZ_CHECK(!good || !ret->in_file);
	return good;
}

/* A file of our own in front changes nothing behind it. */
static void written(const uint8_t *data, size_t size)
{
	static char block[2 * TAR_BLOCK];
	struct told t;
	uint64_t n = size < TAR_BLOCK ? size : TAR_BLOCK;

	tar_header("pg_wal/000000010000000000000001", n, block);
	memset(block + TAR_BLOCK, 0, TAR_BLOCK);
	memcpy(block + TAR_BLOCK, data, (size_t)n);
	FUZZ_CHECK(read_in((const uint8_t *)block, n ? sizeof(block) : TAR_BLOCK, sizeof(block), &t));
	FUZZ_CHECK(t.members == 1 && t.want == n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct told whole, cut;
	bool good = read_in(data, size, size + 1, &whole), again;

	again = read_in(data, size, size ? 1 + data[0] % 97 : 1, &cut);
	FUZZ_CHECK(good == again);
	FUZZ_CHECK(!good || (whole.hash == cut.hash && whole.members == cut.members));
	written(data, size);
	return 0;
}
