/* Which statements let a table be compared before all is done: none that could change a row, however it is put. */
#include "recovery/drill_beside.h"
#include "unit.h"

static const char *const harmless[] = {
	"",
	" \n",
	"CREATE INDEX a ON public.b USING btree (c);\n",
	"CREATE UNIQUE INDEX a ON public.b USING btree (c, d) WHERE (e > 1);",
	"ALTER TABLE ONLY public.b\n    ADD CONSTRAINT b_pkey PRIMARY KEY (id, x);\n\n",
	"ALTER TABLE ONLY public.b\n    ADD CONSTRAINT b_u UNIQUE (id) INCLUDE (x, y);\n",
	"ALTER TABLE ONLY public.b\n    ADD CONSTRAINT f FOREIGN KEY (a, b) REFERENCES public.c(a, b) ON DELETE SET NULL;\n",
	"COMMENT ON TABLE public.b IS 'x';\nGRANT SELECT ON TABLE public.b TO c;\nREVOKE ALL ON TABLE public.b FROM PUBLIC;",
	"COMMENT ON TABLE public.b IS 'x;CREATE INDEX y';",
	"CREATE TRIGGER t AFTER INSERT ON public.b FOR EACH ROW EXECUTE FUNCTION public.f();",
	"SET default_tablespace = '';",
};

static const char *const other[] = {
	"DELETE FROM public.b;",
	"CREATE INDEX a ON public.b (c);\nDELETE FROM public.b;\n",
	"CREATE INDEX a ON public.b (c); DELETE FROM public.b",
	"CREATE INDEX a ON public.b (c);/* */DELETE FROM public.b;",
	"COMMENT ON TABLE public.b IS 'x';UPDATE public.b SET c = 1;",
	"COMMENT ON TABLE public.b IS 'x;y';",
	"ALTER TABLE ONLY public.b\n    ADD CONSTRAINT b_pkey PRIMARY KEY (id), DROP COLUMN c;\n",
	"ALTER TABLE ONLY public.b\n    ADD CONSTRAINT b_c CHECK (f(id) > 0);\n",
	"ALTER TABLE ONLY public.b DROP COLUMN c;",
	"ALTER TABLE public.b ALTER COLUMN c TYPE text;",
	"REFRESH MATERIALIZED VIEW public.v;",
	"SELECT public.f();",
	"SET search_path = x;",
	"CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION public.f();",
	"CREATE RULE r AS ON SELECT TO b DO INSTEAD SELECT 1;",
	"CREATE TABLE x AS SELECT 1;",
	"COPY public.b (a) FROM stdin;",
	"create index a on b (c);",
	"TRUNCATE public.b;",
};

static void as_they_are(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(harmless); i++) {
		if (!drill_beside_harmless(str_from(harmless[i])))
			print_error("%s\n", harmless[i]);
		assert_true(drill_beside_harmless(str_from(harmless[i])));
	}
	for (size_t i = 0; i < ARRAY_LEN(other); i++) {
		if (drill_beside_harmless(str_from(other[i])))
			print_error("%s\n", other[i]);
		assert_false(drill_beside_harmless(str_from(other[i])));
	}
}

/* Whatever stands behind a semicolon is looked at, in any pair. */
static void in_any_pair(void **state)
{
	char text[400];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(harmless); i++) {
		for (size_t k = 0; k < ARRAY_LEN(other); k++) {
			snprintf(text, sizeof(text), "%s;%s", harmless[i], other[k]);
			assert_false(drill_beside_harmless(str_from(text)));
			snprintf(text, sizeof(text), "%s;%s", other[k], harmless[i]);
			assert_false(drill_beside_harmless(str_from(text)));
		}
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(as_they_are),
	cmocka_unit_test(in_any_pair),
};

UNIT_MAIN(tests)
