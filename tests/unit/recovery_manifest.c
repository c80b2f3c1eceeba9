/* A manifest comes back as it was written; every single bit of it is signed; what is not one is refused by name. */
#include "recovery/manifest.h"
#include "unit.h"

static char memory[8 << 20] __attribute__((aligned(16)));
static struct arena a;

static struct manifest sample(void)
{
	static struct digest parts[2] = { { { 1 } }, { { 2 } } };
	static struct manifest_file file = { .name = STR_INIT("data.zst"),
					     .bytes = MANIFEST_PART + 1,
					     .parts = parts,
					     .n_parts = 2 };
	static struct fingerprint_table second = { .name = STR_INIT("public.b"),
						   .rows = 1943200,
						   .bytes = 1 };
	static struct fingerprint_table first = { .name = STR_INIT("public.\"a\n\""),
						  .columns = STR_INIT("(id)"),
						  .next = &second };
	static struct manifest_invariant invariant = { .name = STR_INIT("rows"),
						       .sql = STR_INIT("SELECT 1"),
						       .value = STR_INIT("1") };
	static struct manifest_word extension = { .text = STR_INIT("pgcrypto") };

	return (struct manifest){ .id = STR("20261121T194500Z-5f3a9c01"),
				  .target = STR("shop"),
				  .kind = BACKUP_POSTGRES,
				  .taken_us = 5,
				  .finished_us = 6,
				  .server = STR("15.18"),
				  .tool = STR("pg_dump"),
				  .host = STR("db/shop"),
				  .plain_bytes = 9,
				  .files = &file,
				  .tables = &first,
				  .invariants = &invariant,
				  .extensions = &extension };
}

static struct str written(void)
{
	struct manifest m = sample();
	struct err err = { 0 };
	struct str s;

	arena_init(&a, memory, sizeof(memory));
	assert_true(manifest_write(&m, &a, &s, &err));
	return s;
}

static void there_and_back(void **state)
{
	struct str once = written(), twice;
	struct manifest m;
	struct err err = { 0 };

	(void)state;
	assert_true(manifest_read(STR("m"), once, &a, &m, &err));
	assert_int_equal(m.tables->next->rows, 1943200);
	assert_int_equal(m.files->n_parts, 2);
	assert_int_equal(m.files->parts[1].b[0], 2);
	assert_true(manifest_write(&m, &a, &twice, &err));
	assert_true(str_eq(once, twice));
}

static void refuse(struct str json, const char *why)
{
	struct manifest m;
	struct err err = { 0 };

	assert_false(manifest_read(STR("m"), json, &a, &m, &err));
	if (!strstr(err.msg, why))
		print_error("%s: wanted %s\n", err.msg, why);
	assert_non_null(strstr(err.msg, why));
}

/* ${from} for ${to} in the sample. */
static struct str with(const char *from, const char *to)
{
	struct str s = written(), f = str_from(from);
	size_t at = str_find(s, f);

	assert_true(at < s.len);
	return arena_fmt(&a, "%.*s%s%.*s", (int)at, s.ptr, to, (int)(s.len - at - f.len),
			 s.ptr + at + f.len);
}

static void refusals(void **state)
{
	struct str s = written();
	size_t used = (s.len | 15) + 1; /* an arena begins where anything may lie */

	(void)state;
	for (size_t n = 0; n < s.len - 2; n++) {
		struct manifest m;
		struct err err = { 0 };

		assert_false(manifest_read(STR("m"), str_sub(s, 0, n), &a, &m, &err));
		arena_init(&a, memory + used, sizeof(memory) - used);
	}
	refuse(with("\"rows\":1943200", "\"rows\":-1"), "manifest.tables[1].rows");
	refuse(with("\"rows\":1943200,", ""), "manifest.tables[1].rows: missing");
	refuse(with("\"rows\":1943200", "\"rows\":1,\"more\":1"),
	       "manifest.tables[1]: it has members");
	refuse(with("\"postgres\"", "\"\""), "manifest.kind");
	refuse(with("data.zst", "../data"), "leads elsewhere");
	refuse(with("4194305", "4194304"), "parts");
	refuse(with("\"taken_us\":5", "\"taken_us\":7"), "times");
	refuse(with("pawl-backup-2", "pawl-backup-3"), "format: a word that is not known");
	refuse(with("pawl-backup-2", "pawl-backup-1"), "take a new backup");
}

static void every_bit_is_signed(void **state)
{
	struct manifest_signature s;
	char pem[ED25519_PEM_MAX], other[ED25519_PEM_MAX];
	uint8_t key[ED25519_KEY_LEN];
	size_t n, n_other;
	struct err err = { 0 };
	struct str json = written();
	struct arena scratch;
	static char room[1 << 16];

	(void)state;
	assert_true(ed25519_make(pem, &n));
	assert_true(ed25519_make(other, &n_other));
	assert_true(manifest_sign((struct str){ pem, n }, json, &a, &s, &err));
	memcpy(key, s.key, sizeof(key));
	assert_true(manifest_signed(key, &s, json, &a));
	/* Every one with PAWL_TEST_TAMPER (make soak). */
	for (size_t bit = 0; bit < json.len * 8; bit += getenv("PAWL_TEST_TAMPER") ? 1 : 67) {
		char *p = memory;
		bool good;

		/* The text lies in the arena's memory. */
		p += json.ptr - memory;
		p[bit / 8] ^= (char)(1 << bit % 8);
		arena_init(&scratch, room, sizeof(room));
		good = manifest_signed(key, &s, json, &scratch);
		p[bit / 8] ^= (char)(1 << bit % 8);
		assert_false(good);
	}
	assert_true(manifest_signed(key, &s, json, &a));
	assert_true(manifest_sign((struct str){ other, n_other }, json, &a, &s, &err));
	assert_false(manifest_signed(key, &s, json, &a));
	memcpy(s.key, key, sizeof(key));
	assert_false(manifest_signed(key, &s, json, &a));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(there_and_back),
	cmocka_unit_test(refusals),
	cmocka_unit_test(every_bit_is_signed),
};

UNIT_MAIN(tests)
