/* A dump cut anywhere gives the same tables, and no text in it passes for data. */
#include "recovery/fingerprint.h"
#include "unit.h"

#define HEAD "--\n-- PostgreSQL database dump\n--\n\n\\restrict aB3\n\nSET statement_timeout = 0;\n"
#define LAST "--\n-- PostgreSQL database dump complete\n--\n\n"
#define BODY                                                                                       \
	"CREATE FUNCTION public.f() RETURNS void\n    LANGUAGE sql\n    AS $_$\nCOPY "             \
	"public.ghost (id) FROM stdin;\n1\n\\.\n$_$;\n"                                            \
	"COMMENT ON TABLE public.t IS 'it''s\nCOPY public.ghost (id) FROM stdin;\n';\n"            \
	"CREATE TABLE public.\"a\nCOPY x (y) FROM stdin;\n\" ();\n"
#define DATA                                                                                       \
	"COPY public.\"or ders\" (id, name) FROM "                                                 \
	"stdin;\n1\tx\n\\\\.\t\\N\n\\N\t\\.\n2\ty\n\\.\n\n\nCOPY public.empty (id) FROM "          \
	"stdin;\n\\.\n\n"

static char memory[1 << 20];

static bool run(enum dump_form form, struct str dump, size_t cut, struct fingerprint_found *ret,
		struct err *err)
{
	static struct arena a;
	struct fingerprint *f;
	bool good;

	arena_init(&a, memory, sizeof(memory));
	f = fingerprint_new(form, &a);
	assert_non_null(f);
	good = fingerprint_add(f, dump.ptr, cut, err) &&
	       fingerprint_add(f, dump.ptr + cut, dump.len - cut, err) &&
	       fingerprint_end(f, ret, err);
	fingerprint_free(f);
	return good;
}

static void same_table(const struct fingerprint_table *t, const char *name, uint64_t rows,
		       const char *data)
{
	struct digest d = digest_tree_of(data, strlen(data));

	assert_non_null(t);
	assert_true(str_is(t->name, name));
	assert_int_equal(t->rows, rows);
	assert_int_equal(t->bytes, strlen(data));
	assert_true(digest_eq(&d, &t->digest));
}

static void every_cut(void **state)
{
	struct str dump = STR(HEAD BODY DATA LAST);
	struct fingerprint_found first = { 0 }, f;

	(void)state;
	for (size_t cut = 0; cut <= dump.len; cut++) {
		struct err err = { 0 };

		assert_true(run(DUMP_POSTGRES, dump, cut, &f, &err));
		assert_int_equal(f.n_tables, 2);
		same_table(f.tables, "public.\"or ders\"", 4, "1\tx\n\\\\.\t\\N\n\\N\t\\.\n2\ty\n");
		same_table(f.tables->next, "public.empty", 0, "");
		if (!cut)
			first = f;
		assert_true(digest_eq(&first.schema, &f.schema));
		assert_true(digest_eq(&first.plain, &f.plain));
	}
	assert_str(f.tables->columns, "(id, name)");
}

static void halves(void **state)
{
	struct str dump = STR(HEAD BODY DATA LAST);
	struct fingerprint_found f;
	struct err err = { 0 };

	(void)state;
	for (size_t n = 0; n < dump.len - strlen("--\n\n"); n++) {
		err = (struct err){ 0 };
		assert_false(run(DUMP_POSTGRES, str_sub(dump, 0, n), n / 2, &f, &err));
	}
	assert_false(run(DUMP_POSTGRES,
			 STR(HEAD DATA "SELECT '\n-- PostgreSQL database dump complete\n"), 9, &f,
			 &err));
}

static void schema(void **state)
{
	struct fingerprint_found a, b, c;
	struct err err = { 0 };

	(void)state;
	assert_true(run(DUMP_POSTGRES, STR(HEAD BODY DATA LAST), 3, &a, &err));
	assert_true(run(
		DUMP_POSTGRES,
		STR("\\restrict other\n-- at another time\nSET statement_timeout = 0;\n\n" BODY DATA
			    LAST),
		3, &b, &err));
	assert_true(run(DUMP_POSTGRES, STR(HEAD BODY "DROP TABLE t;\n" DATA LAST), 3, &c, &err));
	assert_false(digest_eq(&a.schema, &c.schema));
}

/* Comments and the ends of rows too: whatever byte is another, the whole is another. */
static void every_byte_counts(void **state)
{
	static char dump[] = HEAD BODY DATA LAST;
	size_t n = sizeof(dump) - 1;
	struct fingerprint_found was, now;
	struct err err = { 0 };

	(void)state;
	assert_true(run(DUMP_POSTGRES, (struct str){ dump, n }, 7, &was, &err));
	for (size_t at = 0; at < n; at++) {
		for (unsigned bit = 0; bit < 8; bit += 5) {
			dump[at] ^= (char)(1 << bit);
			if (run(DUMP_POSTGRES, (struct str){ dump, n }, 7, &now, &err))
				assert_false(digest_eq(&was.plain, &now.plain));
			dump[at] ^= (char)(1 << bit);
		}
	}
	assert_true(run(DUMP_POSTGRES, STR(HEAD BODY DATA LAST "\n"), 7, &now, &err));
	assert_false(digest_eq(&was.plain, &now.plain));
	assert_true(run(DUMP_POSTGRES, STR(HEAD BODY DATA LAST "x"), 7, &now, &err));
	assert_false(digest_eq(&was.plain, &now.plain));
	/* A row in another table, with the same bytes of each kind on the whole. */
	assert_true(run(DUMP_POSTGRES, STR("COPY a (b) FROM stdin;\n1\n2\n\\.\nCOPY c (b) FROM stdin;\n\\.\n" LAST), 7, &was, &err));
	assert_true(run(DUMP_POSTGRES, STR("COPY a (b) FROM stdin;\n1\n\\.\nCOPY c (b) FROM stdin;\n2\n\\.\n" LAST), 7, &now, &err));
	assert_false(digest_eq(&was.plain, &now.plain));
}

/* The whole of a dump as its recipe says. */
static void the_whole(void **state)
{
	struct digest text = digest_tree_of(HEAD "COPY a (b) FROM stdin;\n\\.\n" LAST, strlen(HEAD "COPY a (b) FROM stdin;\n\\.\n" LAST));
	struct digest table = digest_tree_of("1\n2\n", 4), want;
	struct str dump = STR(HEAD "COPY a (b) FROM stdin;\n1\n2\n\\.\n" LAST);
	char t[DIGEST_HEX_LEN + 1], d[DIGEST_HEX_LEN + 1], lines[300];
	struct fingerprint_found f;
	struct err err = { 0 };
	int n;

	(void)state;
	assert_true(run(DUMP_POSTGRES, dump, 11, &f, &err));
	digest_hex(&text, t);
	digest_hex(&table, d);
	n = snprintf(lines, sizeof(lines), "pawl-dump-1\n%s\n%s\n%zu\n", t, d, dump.len);
	want = digest_of(lines, (size_t)n);
	assert_true(digest_eq(&f.plain, &want));
	assert_true(run(DUMP_BYTES, dump, 11, &f, &err));
	want = digest_tree_of(dump.ptr, dump.len);
	assert_true(digest_eq(&f.plain, &want));
}

static void mysql(void **state)
{
	struct str dump = STR("-- MariaDB dump 10.19\nCREATE TABLE `a` (id int);\nINSERT INTO `a` "
			      "VALUES\n(1,'x;\\'),(y'),\n(2,'--');\n"
			      "INSERT INTO `a` VALUES (3,NULL);\nINSERT INTO `b` VALUES (1);\n-- "
			      "Dump completed on 2026-11-21\n");
	struct fingerprint_found f;

	(void)state;
	for (size_t cut = 0; cut <= dump.len; cut++) {
		struct err err = { 0 };

		assert_true(run(DUMP_MYSQL, dump, cut, &f, &err));
		assert_int_equal(f.n_tables, 2);
		same_table(f.tables, "`a`", 3, "\n(1,'x;\\'),(y'),\n(2,'--'); (3,NULL);");
		same_table(f.tables->next, "`b`", 1, " (1);");
	}
}

static void any_bytes(void **state)
{
	struct fingerprint_found f;
	struct err err = { 0 };

	(void)state;
	assert_true(run(DUMP_BYTES, STR("a\nb\nc"), 2, &f, &err));
	same_table(f.tables, "", 2, "a\nb\nc");
	assert_true(run(DUMP_BYTES, STR(""), 0, &f, &err));
	same_table(f.tables, "", 0, "");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(every_cut), cmocka_unit_test(halves),	  cmocka_unit_test(schema),
	cmocka_unit_test(mysql),     cmocka_unit_test(any_bytes),
	cmocka_unit_test(every_byte_counts), cmocka_unit_test(the_whole),
};

UNIT_MAIN(tests)
