/* A cluster's files against its server's list of them: what each difference is called. */
#include "recovery/physical_list.h"

#include <stdarg.h>

#include "base/buf.h"
#include "base/digest.h"
#include "unit.h"

#define ONE "{ \"Path\": \"base/1\", \"Size\": 9, \"Checksum-Algorithm\": \"CRC32C\", \"Checksum\": \"839206e3\" }"
#define EMPTY "{ \"Path\": \"base/2\", \"Size\": 0, \"Checksum-Algorithm\": \"CRC32C\", \"Checksum\": \"00000000\" }"

static struct err err;

/* The list of a server, with its own sum. */
static struct str list(struct buf *b, const char *files)
{
	char hex[DIGEST_HEX_LEN + 1];
	struct digest d;

	buf_addf(b, "{ \"PostgreSQL-Backup-Manifest-Version\": 1,\n\"Files\": [\n%s\n],\n\"WAL-Ranges\": [\n],\n", files);
	d = digest_of(b->ptr, b->len);
	digest_hex(&d, hex);
	buf_addf(b, "\"Manifest-Checksum\": \"%s\"}\n", hex);
	return buf_str(b);
}

/* Pairs of a name and its bytes. */
static enum physical_listed said_of(struct str text, ...)
{
	struct physical_list *l = physical_list_new();
	enum physical_listed said;
	va_list args;

	err = (struct err){ 0 };
	va_start(args, text);
	for (const char *name = va_arg(args, const char *); name; name = va_arg(args, const char *)) {
		const char *bytes = va_arg(args, const char *);

		physical_list_file(l, str_from(name));
		for (; *bytes; bytes++)
			physical_list_bytes(l, bytes, 1);
	}
	va_end(args);
	said = physical_list_compare(l, text, &err);
	physical_list_free(l);
	return said;
}

static void same(void **state)
{
	auto_buf b = BUF_MAX(65536);
	struct str text = list(&b, ONE ",\n" EMPTY);

	(void)state;
	assert_int_equal(said_of(text, "base/2", "", "base/1", "123456789", NULL), PHYSICAL_LIST_SAME);
	/* What is not in it by its nature. */
	assert_int_equal(said_of(text, "base/2", "", "base/1", "123456789", "pg_wal/000000010000000000000001", "x", "backup_manifest", "y", NULL),
			 PHYSICAL_LIST_SAME);
}

static void other(void **state)
{
	auto_buf b = BUF_MAX(65536);
	struct str text = list(&b, ONE ",\n" EMPTY);

	(void)state;
	assert_int_equal(said_of(text, "base/2", "", "base/1", "123456780", NULL), PHYSICAL_LIST_OTHER);
	assert_string_equal(err.msg, "the file base/1 has other bytes than the server's list says");
	assert_int_equal(said_of(text, "base/2", "", "base/1", "12345678", NULL), PHYSICAL_LIST_OTHER);
	assert_string_equal(err.msg, "the file base/1 has 8 bytes, the server's list says 9");
	assert_int_equal(said_of(text, "base/1", "123456789", NULL), PHYSICAL_LIST_OTHER);
	assert_string_equal(err.msg, "the file base/2 of the server's list is missing");
	assert_int_equal(said_of(text, "base/1", "123456789", "base/2", "", "base/3", "", NULL), PHYSICAL_LIST_OTHER);
	assert_string_equal(err.msg, "the file base/3 is not in the server's list of its files");
	/* Twice the same name: which of them lies there? */
	assert_int_equal(said_of(text, "base/1", "123456789", "base/1", "123456789", "base/2", "", NULL), PHYSICAL_LIST_OTHER);
}

static void none(void **state)
{
	auto_buf b = BUF_MAX(65536);
	struct str text = list(&b, ONE);

	(void)state;
	for (size_t cut = 0; cut + 2 < text.len; cut++)
		assert_int_equal(said_of(str_sub(text, 0, cut), "base/1", "123456789", NULL), PHYSICAL_LIST_OTHER);
	b.ptr[str_find(text, STR("Size")) + 8] = ' '; /* its own sum is another */
	assert_int_equal(said_of(text, "base/1", "123456789", NULL), PHYSICAL_LIST_OTHER);
	buf_clear(&b);
	text = list(&b, "{ \"Path\": \"base/1\" }");
	assert_int_equal(said_of(text, "base/1", "123456789", NULL), PHYSICAL_LIST_OTHER);
	buf_clear(&b);
	text = list(&b, "{ \"Path\": \"base/1\", \"Size\": 9, \"Checksum-Algorithm\": \"CRC32C\", \"Checksum\": \"839206\" }");
	assert_int_equal(said_of(text, "base/1", "123456789", NULL), PHYSICAL_LIST_OTHER);
}

/* Names that are no UTF-8; sums of another kind, which the server's program knows. */
static void kinds(void **state)
{
	auto_buf b = BUF_MAX(65536);
	struct str text =
		list(&b, "{ \"Encoded-Path\": \"626173652FfF\", \"Size\": 9, \"Checksum-Algorithm\": \"CRC32C\", \"Checksum\": \"839206E3\" }");

	(void)state;
	assert_int_equal(said_of(text, "base/\xff", "123456789", NULL), PHYSICAL_LIST_SAME);
	buf_clear(&b);
	text = list(&b, "{ \"Path\": \"base/1\", \"Size\": 9, \"Checksum-Algorithm\": \"SHA256\", \"Checksum\": \"00\" }");
	assert_int_equal(said_of(text, "base/1", "123456789", NULL), PHYSICAL_LIST_UNKNOWN);
	buf_clear(&b);
	text = list(&b, "{ \"Path\": \"base/1\", \"Size\": 9 }");
	assert_int_equal(said_of(text, "base/1", "123456789", NULL), PHYSICAL_LIST_UNKNOWN);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(same),
	cmocka_unit_test(other),
	cmocka_unit_test(none),
	cmocka_unit_test(kinds),
};

UNIT_MAIN(tests)
