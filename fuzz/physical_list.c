/* A server's list of its files: any text, and any list that says what went by, whole and with one thing in it changed.
 * covers: src/recovery/physical_list.c
 * seeds: fuzz/corpus/physical_list/?*
 * options: -max_len=4096
 */
#include "fuzz.h"

#include <isa-l/crc.h>

#include "base/buf.h"
#include "base/digest.h"
#include "recovery/physical_list.h"

#define FILES 8

struct made {
	char name[8];
	struct str bytes;
};

/* The input's bytes as files: the first of each says how many it has. */
static size_t files(struct str all, struct made *ret)
{
	size_t n = 0;

	while (all.len && n < FILES) {
		size_t bytes = (unsigned char)all.ptr[0] % 32;

		snprintf(ret[n].name, sizeof(ret[n].name), "base/%zu", n);
		ret[n++].bytes = str_sub(all, 1, bytes);
		all = str_sub(all, 1 + bytes, all.len);
	}
	return n;
}

/* As a server writes it. */
static void list(const struct made *f, size_t n, struct buf *ret)
{
	char hex[DIGEST_HEX_LEN + 1];
	struct digest d;

	buf_adds(ret, "{ \"PostgreSQL-Backup-Manifest-Version\": 1,\n\"Files\": [");
	for (size_t i = 0; i < n; i++) {
		uint32_t sum = ~crc32_iscsi((unsigned char *)(uintptr_t)f[i].bytes.ptr, (int)f[i].bytes.len, UINT32_MAX);

		buf_addf(ret,
			 "%s\n{ \"Path\": \"%s\", \"Size\": %zu, \"Checksum-Algorithm\": \"CRC32C\", \"Checksum\": \"%02x%02x%02x%02x\" }",
			 i ? "," : "", f[i].name, f[i].bytes.len, sum & 255, sum >> 8 & 255, sum >> 16 & 255, sum >> 24);
	}
	buf_adds(ret, "\n],\n\"WAL-Ranges\": [\n],\n");
	d = digest_of(ret->ptr, ret->len);
	digest_hex(&d, hex);
	buf_addf(ret, "\"Manifest-Checksum\": \"%s\"}\n", hex);
}

/* ${changed}: of which file the last byte is another; ${without}: which is not there. SIZE_MAX: none. */
static enum physical_listed compared(const struct made *f, size_t n, struct str text, size_t changed, size_t without)
{
	struct physical_list *l = physical_list_new();
	struct err err = { 0 };
	enum physical_listed said;

	FUZZ_CHECK(l);
	for (size_t i = 0; i < n; i++) {
		struct str b = f[i].bytes;
		char last = b.len ? (char)(b.ptr[b.len - 1] ^ (i == changed)) : 0;

		if (i == without)
			continue;
		physical_list_file(l, str_from(f[i].name));
		if (b.len > 1)
			physical_list_bytes(l, b.ptr, b.len - 1);
		if (b.len)
			physical_list_bytes(l, &last, 1);
	}
	said = physical_list_compare(l, text, &err);
	FUZZ_CHECK(said != PHYSICAL_LIST_OTHER || err.msg[0]);
	physical_list_free(l);
	return said;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str all = { (const char *)data, size };
	auto_buf text = BUF_MAX((size_t)1 << 16);
	struct made f[FILES];
	size_t n = files(all, f), at = size ? data[size - 1] % FILES : 0;

	/* Any text: files that it cannot know of. */
	FUZZ_CHECK(n == 0 || compared(f, n, all, SIZE_MAX, SIZE_MAX) != PHYSICAL_LIST_SAME || str_find(all, STR("\"base/0\"")) != SIZE_MAX);
	list(f, n, &text);
	FUZZ_CHECK(!text.failed && compared(f, n, buf_str(&text), SIZE_MAX, SIZE_MAX) == PHYSICAL_LIST_SAME);
	FUZZ_CHECK(at >= n || compared(f, n, buf_str(&text), SIZE_MAX, at) == PHYSICAL_LIST_OTHER);
	FUZZ_CHECK(at >= n || !f[at].bytes.len || compared(f, n, buf_str(&text), at, SIZE_MAX) == PHYSICAL_LIST_OTHER);
	if (at < n)
		FUZZ_CHECK(compared(f, n - 1, buf_str(&text), SIZE_MAX, SIZE_MAX) == PHYSICAL_LIST_OTHER);
	/* Cut anywhere, or with one byte of it another, it is no list of these files. */
	if (size) {
		size_t cut = (size_t)data[0] * 7 % text.len;

		FUZZ_CHECK(cut + 2 >= text.len ||
			   compared(f, n, str_sub(buf_str(&text), 0, cut), SIZE_MAX, SIZE_MAX) == PHYSICAL_LIST_OTHER);
		text.ptr[cut] ^= 1;
		FUZZ_CHECK(compared(f, n, buf_str(&text), SIZE_MAX, SIZE_MAX) != PHYSICAL_LIST_SAME || cut + 2 >= text.len);
	}
	return 0;
}
