#include "read/planfile.h"

#include "fixture.h"
#include "read/msgpack.h"
#include "read/protobuf.h"
#include "read/zip.h"

static void test_recorded(void **unused)
{
	static const struct {
		const char *name;
		enum plan_mode mode;
		bool targets;
		uint64_t serial;
		size_t managed, managed_prev;
	} rows[] = {
		{ "blank-slate", PLAN_MODE_NORMAL, false, 0, 0, 0 },
		{ "no-change", PLAN_MODE_NORMAL, false, 30, 29, 29 },
		{ "destroy", PLAN_MODE_DESTROY, false, 30, 29, 29 },
		{ "refresh-only", PLAN_MODE_REFRESH_ONLY, false, 30, 29, 29 },
		{ "target-only-lb", PLAN_MODE_NORMAL, true, 30, 29, 29 },
		{ "replace-rds-by-request", PLAN_MODE_NORMAL, false, 30, 29, 29 },
		{ "wrong-region", PLAN_MODE_NORMAL, false, 30, 6, 29 },
		{ "after-blank", PLAN_MODE_NORMAL, false, 17, 12, 12 },
	};
	struct arena a;

	(void)unused;
	assert_true(arena_map(&a, 32 << 20));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_buf bytes = BUF_MAX(1 << 20);
		struct planfile pf;
		struct err err = { 0 };
		char name[64];

		snprintf(name, sizeof(name), "datatalks/%s.tfplan", rows[i].name);
		fixture_read(name, &bytes);
		assert_true(planfile_probe(buf_str(&bytes)));
		if (!planfile_read(buf_str(&bytes), &a, &pf, &err))
			fail_msg("%s: %s", name, err.msg);
		assert_str(pf.terraform_version, "1.11.4");
		assert_str(pf.backend_type, "local");
		assert_str(pf.backend_config, "{\"path\":null,\"workspace_dir\":null}");
		assert_str(pf.workspace, "default");
		assert_int_equal(pf.mode, rows[i].mode);
		assert_int_equal(pf.has_targets, rows[i].targets);
		assert_int_equal(pf.state.serial, rows[i].serial);
		assert_int_equal(pf.state.n_managed, rows[i].managed);
		assert_int_equal(pf.state_prev.n_managed, rows[i].managed_prev);
		assert_int_equal(pf.state.lineage.len > 0, rows[i].serial > 0);
		assert_str(pf.config->path, "m-/main.tf");
		assert_true(str_find(pf.lock_file, STR("hashicorp/aws")) != SIZE_MAX);
		arena_reset(&a);
	}
	arena_unmap(&a);
}

static struct digest meaning(struct planfile *pf, const char *tfplan, size_t n)
{
	pf->tfplan = (struct str){ tfplan, n };
	return planfile_meaning(pf);
}

/* Order and time do not count; everything else does, as often as it stands there. */
static void test_meaning(void **unused)
{
	/* fields 3 "ab", 3 "cd", 21 "t1" */
	static const char one[] = "\x1a\x02" "ab" "\x1a\x02" "cd" "\xaa\x01\x02t1", two[] = "\xaa\x01\x02t2" "\x1a\x02" "cd" "\x1a\x02" "ab";
	static const char more[] = "\x1a\x02" "ab" "\x1a\x02" "cd" "\x1a\x02" "cd", other[] = "\x1a\x02" "ab" "\x22\x02" "cd";
	struct planfile pf = { 0 };
	struct digest a = meaning(&pf, one, sizeof(one) - 1), b = meaning(&pf, two, sizeof(two) - 1);

	(void)unused;
	assert_true(digest_eq(&a, &b));
	b = meaning(&pf, more, sizeof(more) - 1);
	assert_false(digest_eq(&a, &b));
	b = meaning(&pf, other, sizeof(other) - 1);
	assert_false(digest_eq(&a, &b));
	pf.state.digest.b[0] = 1;
	b = meaning(&pf, one, sizeof(one) - 1);
	assert_false(digest_eq(&a, &b));
	pf.state.digest.b[0] = 0;
	pf.config_digest.b[5] = 1;
	b = meaning(&pf, one, sizeof(one) - 1);
	assert_false(digest_eq(&a, &b));
}

/* Every cut, and every byte flipped: refused, or read as a plan with the same state. */
static void test_damaged(void **unused)
{
	auto_buf bytes = BUF_MAX(1 << 20);
	struct planfile pf;
	struct arena a;
	struct err err;
	struct str s;

	(void)unused;
	fixture_read("datatalks/blank-slate.tfplan", &bytes);
	s = buf_str(&bytes);
	assert_true(arena_map(&a, 4 << 20));
	for (size_t n = 0; n < s.len; n += n < 200 || n > s.len - 500 ? 1 : 37) {
		assert_false(planfile_read(str_sub(s, 0, n), &a, &pf, &err));
		arena_reset(&a);
	}
	for (size_t n = 0; n < s.len; n += 7) {
		bytes.ptr[n] = (char)(bytes.ptr[n] ^ 0x55);
		if (planfile_read(s, &a, &pf, &err))
			assert_int_equal(pf.state.n_managed, 0);
		bytes.ptr[n] = (char)(bytes.ptr[n] ^ 0x55);
		arena_reset(&a);
	}
	arena_unmap(&a);
}

static void refused(struct buf *bytes, struct arena *a, const char *because)
{
	struct planfile pf;
	struct err err = { 0 };

	if (planfile_read(buf_str(bytes), a, &pf, &err))
		fail_msg("read, though: %s", because);
	if (!strstr(err.msg, because))
		fail_msg("'%s' does not say '%s'", err.msg, because);
	arena_reset(a);
}

static void test_tricks(void **unused)
{
	auto_buf bytes = BUF_MAX(1 << 20);
	struct arena a;
	size_t eocd, cd;

	(void)unused;
	assert_true(arena_map(&a, 4 << 20));
	buf_adds(&bytes, "#!/bin/sh\n");
	refused(&bytes, &a, "not a zip archive");
	buf_clear(&bytes);
	fixture_read("datatalks/blank-slate.tfplan", &bytes);
	buf_addc(&bytes, 'x');
	refused(&bytes, &a, "followed by other bytes");
	buf_clear(&bytes);
	/* something before the archive that is itself the start of one */
	buf_add(&bytes, (struct str){ "PK\3\4", 4 });
	fixture_read("datatalks/blank-slate.tfplan", &bytes);
	refused(&bytes, &a, "foreign bytes");
	buf_clear(&bytes);
	fixture_read("datatalks/blank-slate.tfplan", &bytes);
	eocd = bytes.len - 22;
	cd = (unsigned char)bytes.ptr[eocd + 16] | (size_t)(unsigned char)bytes.ptr[eocd + 17] << 8;
	assert_memory_equal(bytes.ptr + cd, "PK\1\2", 4);
	bytes.ptr[cd + 8] |= 1;
	refused(&bytes, &a, "encrypted");
	bytes.ptr[cd + 8] &= ~1;
	bytes.ptr[cd + 10] = 12;
	refused(&bytes, &a, "unknown method");
	bytes.ptr[cd + 10] = 8;
	bytes.ptr[cd + 27] = 0x7f; /* 2 GB out of 6 KB */
	refused(&bytes, &a, "unpacks to");
	bytes.ptr[cd + 27] = 0;
	bytes.ptr[cd + 26] = 0x0f; /* a megabyte more than there is, but less than the cap */
	refused(&bytes, &a, "does not unpack");
	bytes.ptr[cd + 26] = 0;
	bytes.ptr[eocd + 8] = bytes.ptr[eocd + 9] = bytes.ptr[eocd + 10] = bytes.ptr[eocd + 11] = (char)0xff;
	refused(&bytes, &a, "zip64");
	arena_unmap(&a);
}

/* Rename member tfstate-prev to tfplan (padded names would differ): two of one name. */
static void test_two_of_one_name(void **unused)
{
	auto_buf bytes = BUF_MAX(1 << 20);
	struct arena a;

	(void)unused;
	assert_true(arena_map(&a, 4 << 20));
	fixture_read("datatalks/blank-slate.tfplan", &bytes);
	for (size_t i = 0; i + 23 < bytes.len; i++) {
		if (memcmp(bytes.ptr + i, "tfconfig/modules.json", 21) == 0)
			memcpy(bytes.ptr + i, "tfconfig/modules.jso/", 21);
		if (memcmp(bytes.ptr + i, ".terraform.lock.hcl", 19) == 0)
			memcpy(bytes.ptr + i, "tfconfig/m-/main.tf", 19); /* the length is the same */
	}
	refused(&bytes, &a, "two members called");
	arena_unmap(&a);
}

static void test_msgpack(void **unused)
{
	static const struct {
		struct str bytes;
		const char *json;
	} rows[] = {
		{ STR_INIT("\xc0"), "null" },
		{ STR_INIT("\x07"), "7" },
		{ STR_INIT("\xff"), "-1" },
		{ STR_INIT("\xd0\x80"), "-128" },
		{ STR_INIT("\xcd\x01\x00"), "256" },
		{ STR_INIT("\xcb\x3f\xf8\0\0\0\0\0\0"), "1.5" },
		{ STR_INIT("\xa2hi"), "\"hi\"" },
		{ STR_INIT("\xd9\x02hi"), "\"hi\"" },
		{ STR_INIT("\xd4\0\0"), "null" },
		{ STR_INIT("\xc7\x01\x0c\x80"), "null" },
		{ STR_INIT("\x82\xa1"
			   "a\x91\xc3\xa1"
			   "b\xc2"),
		  "{\"a\":[true],\"b\":false}" },
		{ STR_INIT(""), NULL },
		{ STR_INIT("\xa2h"), NULL },
		{ STR_INIT("\xc1"), NULL },
		{ STR_INIT("\xc0\xc0"), NULL },
		{ STR_INIT("\x81\x01\x01"), NULL },
		{ STR_INIT("\x82\xa1"
			   "a\xc0\xa1"
			   "a\xc0"),
		  NULL },
		{ STR_INIT("\xdd\xff\xff\xff\xff"), NULL },
		{ STR_INIT("\xcb\x7f\xf0\0\0\0\0\0\0"), NULL },
		{ STR_INIT("\xa1\xff"), NULL },
	};
	char deep[100];
	struct arena a;
	struct json *v;

	(void)unused;
	assert_true(arena_map(&a, 1 << 20));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_buf out = BUF_MAX(1000);
		struct json_out o = { .buf = &out };

		if (!rows[i].json) {
			assert_false(msgpack_read(rows[i].bytes, &a, &v));
			continue;
		}
		assert_true(msgpack_read(rows[i].bytes, &a, &v));
		json_out_tree(&o, v);
		assert_str(buf_str(&out), rows[i].json);
	}
	memset(deep, 0x91, sizeof(deep));
	deep[99] = 1;
	assert_false(msgpack_read((struct str){ deep, 100 }, &a, &v));
	assert_true(msgpack_read((struct str){ deep + 80, 20 }, &a, &v));
	arena_unmap(&a);
}

static void test_protobuf(void **unused)
{
	struct str left = STR("\x08\x96\x01\x12\x02hi\x1d"
			      "abcd\x21"
			      "abcdefgh");
	static const struct str bad[] = { STR_INIT("\x08"),	STR_INIT("\x12\x05hi"), STR_INIT("\x03"),
					  STR_INIT("\x1d\x01"), STR_INIT("\x21\x01"),	STR_INIT("\x00\x01"),
					  STR_INIT("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02") };
	struct protobuf_field f;

	(void)unused;
	assert_int_equal(protobuf_next(&left, &f), PROTOBUF_FIELD);
	assert_int_equal(f.number, 1);
	assert_int_equal(f.value, 150);
	assert_int_equal(protobuf_next(&left, &f), PROTOBUF_FIELD);
	assert_str(f.bytes, "hi");
	assert_int_equal(protobuf_next(&left, &f), PROTOBUF_FIELD);
	assert_int_equal(protobuf_next(&left, &f), PROTOBUF_FIELD);
	assert_int_equal(protobuf_next(&left, &f), PROTOBUF_END);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		left = bad[i];
		assert_int_equal(protobuf_next(&left, &f), PROTOBUF_BAD);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_recorded), cmocka_unit_test(test_meaning), cmocka_unit_test(test_damaged), cmocka_unit_test(test_tricks),
	cmocka_unit_test(test_two_of_one_name), cmocka_unit_test(test_msgpack), cmocka_unit_test(test_protobuf),
};
UNIT_MAIN(tests)
