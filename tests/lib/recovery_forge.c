/* What somebody would need to forge a backup: for the tests of the drill, who do.
 * usage: recovery_forge plain PACKED > DUMP | pack postgres|mysql|bytes OUT < DUMP > JSON | sign KEY MANIFEST SIGNATURE
 * pack prints what an honest manifest says of that dump: {"bytes", "digest", "parts", "plain_bytes", "plain", "tables", "schema"}; the last
 * three are not there where the dump is none.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "base/fd.h"
#include "base/json.h"
#include "recovery/fingerprint.h"
#include "recovery/pack.h"
#include "recovery/vault_inner.h"

static struct arena arena;
static struct err err;

static int fail(void)
{
	fprintf(stderr, "%s\n", err.msg);
	return 1;
}

struct put {
	struct vault_put p;
	int fd;
};

static bool put_bytes(struct vault_put *p, const void *bytes, size_t n, struct err *e)
{
	return fd_write_all(((struct put *)p)->fd, bytes, n, e);
}

static bool put_end(struct vault_put *p, struct err *e)
{
	(void)p;
	(void)e;
	return true;
}

static void put_stop(struct vault_put *p)
{
	(void)p;
}

static void hex(struct json_out *o, const char *key, const struct digest *d)
{
	char text[DIGEST_HEX_LEN + 1];

	digest_hex(d, text);
	if (key)
		json_out_key(o, key);
	json_out_str(o, str_from(text));
}

static void count(struct json_out *o, const char *key, uint64_t n)
{
	json_out_key(o, key);
	json_out_u64(o, n);
}

static void text(struct json_out *o, const char *key, struct str s)
{
	json_out_key(o, key);
	json_out_str(o, s);
}

static void print(const struct packed *k, const struct fingerprint_found *f)
{
	auto_buf b = BUF_MAX((size_t)64 << 20);
	struct json_out o = { .buf = &b };

	json_out_open(&o, '{');
	count(&o, "bytes", k->file.bytes);
	hex(&o, "digest", &k->file.digest);
	json_out_key(&o, "parts");
	json_out_open(&o, '[');
	for (size_t i = 0; i < k->file.n_parts; i++)
		hex(&o, NULL, &k->file.parts[i]);
	json_out_close(&o, ']');
	count(&o, "plain_bytes", k->plain_bytes);
	if (f) {
		hex(&o, "plain", &f->plain);
		json_out_key(&o, "tables");
		json_out_open(&o, '[');
		for (const struct fingerprint_table *t = f->tables; t; t = t->next) {
			json_out_open(&o, '{');
			text(&o, "name", t->name);
			text(&o, "columns", t->columns);
			count(&o, "rows", t->rows);
			count(&o, "bytes", t->bytes);
			hex(&o, "digest", &t->digest);
			json_out_close(&o, '}');
		}
		json_out_close(&o, ']');
		hex(&o, "schema", &f->schema);
	}
	json_out_close(&o, '}');
	printf("%.*s\n", (int)b.len, b.ptr);
}

static int pack_(const char *form, const char *to)
{
	static const struct vault_ops ops = { .put_bytes = put_bytes, .put_end = put_end, .put_stop = put_stop };
	struct put put = { { &ops }, open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) };
	struct fingerprint *f = fingerprint_new(!strcmp(form, "mysql")	? DUMP_MYSQL
						: !strcmp(form, "bytes") ? DUMP_BYTES
									 : DUMP_POSTGRES, &arena);
	struct fingerprint_found found;
	struct packed packed;
	struct pack *p;
	static char chunk[1 << 16];
	bool dump = true;
	ssize_t n;

	if (put.fd < 0 || !f || !pack_begin(&put.p, NULL, &p, &err))
		return fail();
	while ((n = read(0, chunk, sizeof(chunk))) > 0) {
		dump = dump && fingerprint_add(f, chunk, (size_t)n, &err);
		if (!pack_add(p, chunk, (size_t)n, &err))
			return fail();
	}
	dump = dump && fingerprint_end(f, &found, &err);
	if (!pack_end(p, &arena, &packed, &err))
		return fail();
	print(&packed, dump ? &found : NULL);
	fingerprint_free(f);
	close(put.fd);
	return 0;
}

static int plain(const char *from)
{
	auto_buf b = BUF_MAX((size_t)256 << 20);
	ZSTD_DCtx *z = ZSTD_createDCtx();
	static char out_[1 << 16];
	bool good = z && file_read(from, &b, &err);
	ZSTD_inBuffer in = { b.ptr, b.len, 0 };
	size_t left = 1;

	while (good && (in.pos < in.size || left)) {
		ZSTD_outBuffer out = { out_, sizeof(out_), 0 };

		left = ZSTD_decompressStream(z, &out, &in);
		good = !ZSTD_isError(left) && fd_write_all(1, out_, out.pos, &err);
		if (in.pos == in.size && !out.pos)
			break;
	}
	ZSTD_freeDCtx(z);
	return good ? 0 : fail();
}

static int sign(const char *key, const char *manifest, const char *signature)
{
	auto_buf pem = BUF_MAX(4096), json = BUF_MAX((size_t)64 << 20);
	struct manifest_signature s;

	if (!file_read(key, &pem, &err) || !file_read(manifest, &json, &err) ||
	    !manifest_sign(buf_str(&pem), buf_str(&json), &arena, &s, &err) ||
	    !file_replace(signature, (struct str){ (const char *)&s, sizeof(s) }, 0600, &err))
		return fail();
	return 0;
}

int main(int argc, char **argv)
{
	if (!arena_map(&arena, (size_t)256 << 20))
		return 1;
	if (argc == 3 && !strcmp(argv[1], "plain"))
		return plain(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "pack"))
		return pack_(argv[2], argv[3]);
	if (argc == 5 && !strcmp(argv[1], "sign"))
		return sign(argv[2], argv[3], argv[4]);
	fprintf(stderr, "usage: recovery_forge plain|pack|sign ...\n");
	return 2;
}
