/* Which statements are made beside others, and of which table: what a dump writes of indexes of plain columns, and nothing else. */
#include "recovery/restore_lanes.h"
#include "unit.h"

static const struct {
	const char *text, *table;
} beside[] = {
	{ "CREATE INDEX a ON public.b USING btree (c);", "public.b" },
	{ "\nCREATE INDEX a ON public.b USING btree (c);\n\n\n", "public.b" },
	{ "CREATE UNIQUE INDEX a ON s.b USING btree (c, d DESC NULLS LAST, e COLLATE s.\xC3\xA9);", "s.b" },
	{ "CREATE INDEX a ON ONLY public.b USING gin (c);", "public.b" },
	{ "ALTER TABLE ONLY public.b\n    ADD CONSTRAINT b_pkey PRIMARY KEY (id, x);\n\n", "public.b" },
	{ "ALTER TABLE ONLY public.b\n    ADD CONSTRAINT b_u UNIQUE (id);", "public.b" },
};

static const char *const in_order[] = {
	"",
	";",
	"CREATE INDEX",
	"CREATE INDEX a ON public.b",
	"CREATE INDEX a ON public.b USING btree (c)",
	"CREATE INDEX a ON public.b USING btree (lower(c));",
	"CREATE INDEX a ON public.b USING btree (c) WHERE (d > 1);",
	"CREATE INDEX a ON public.b USING btree (c) INCLUDE (d);",
	"CREATE INDEX a ON public.b USING btree (c) WITH (fillfactor='10');",
	"CREATE INDEX a ON public.b USING btree (c) TABLESPACE x;",
	"CREATE INDEX a ON public.b USING btree (c); DELETE FROM public.b WHERE (c);",
	"CREATE INDEX a ON public.b USING btree (c);\nCREATE INDEX a2 ON public.b USING btree (c);",
	"CREATE INDEX a ON public.b USING btree (c /* x */);",
	"CREATE INDEX a ON public.b USING btree (c --\n);",
	"CREATE INDEX \"A\" ON public.b USING btree (c);",
	"CREATE INDEX CONCURRENTLY a ON public.b USING btree (c);",
	"create index a on public.b using btree (c);",
	"CREATE INDEX a ON public.b (c);",
	"CREATE INDEX ON public.b USING btree (c);",
	"ALTER TABLE ONLY public.b\n    ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES public.c(a);",
	"ALTER TABLE ONLY public.b\n    ADD CONSTRAINT f FOREIGN KEY (a);",
	"ALTER TABLE ONLY public.b\n    ADD CONSTRAINT c CHECK (a);",
	"ALTER TABLE ONLY public.b\n    ADD CONSTRAINT x EXCLUDE USING gist (a WITH =);",
	"ALTER TABLE ONLY public.b\n    ADD CONSTRAINT b_u UNIQUE (id) DEFERRABLE;",
	"ALTER TABLE ONLY public.b\n    ADD CONSTRAINT b_u UNIQUE NULLS NOT DISTINCT (id);",
	"ALTER TABLE public.b\n    ADD CONSTRAINT b_pkey PRIMARY KEY (id);",
	"ALTER TABLE ONLY public.b ADD CONSTRAINT b_pkey PRIMARY KEY (id);",
	"CREATE TABLE public.b (c integer);",
};

static void by_their_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(beside); i++) {
		struct str table = restore_lanes_table(str_from(beside[i].text));

		if (!str_is(table, beside[i].table))
			print_error("%s\n", beside[i].text);
		assert_true(str_is(table, beside[i].table));
	}
	for (size_t i = 0; i < ARRAY_LEN(in_order); i++) {
		if (restore_lanes_table(str_from(in_order[i])).len)
			print_error("%s\n", in_order[i]);
		assert_int_equal(restore_lanes_table(str_from(in_order[i])).len, 0);
	}
}

/* Cut off anywhere it is none; whatever stands behind its end makes it none. */
static void no_part_of_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(beside); i++) {
		struct str s = str_trim(str_from(beside[i].text));
		char text[400];

		for (size_t n = 0; n < s.len; n++)
			assert_int_equal(restore_lanes_table(str_sub(s, 0, n)).len, 0);
		for (size_t k = 0; k < ARRAY_LEN(in_order); k++) {
			snprintf(text, sizeof(text), "%.*s%s x", STR_ARG(s), in_order[k]);
			assert_int_equal(restore_lanes_table(str_from(text)).len, 0);
		}
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(by_their_words),
	cmocka_unit_test(no_part_of_one),
};

UNIT_MAIN(tests)
