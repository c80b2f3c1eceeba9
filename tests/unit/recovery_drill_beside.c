/* Which statements let a table be compared before all is done: none that could change a row, however it is put. And that the session
 * which compares them is never waited for without an end. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "recovery/drill_beside.h"
#include "recovery/stall.h"
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

/* --- a server that lets one in, and never answers again --- */

struct silent {
	int listener, port, accepted;
	unsigned late_ms; /* until it lets one in */
	pthread_t thread;
};

static void *lets_in(void *ctx)
{
	static const char welcome[] = "R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I";
	struct silent *s = ctx;
	char start[4096];

	s->accepted = accept(s->listener, NULL, NULL);
	if (s->accepted < 0 || recv(s->accepted, start, sizeof(start), 0) <= 0)
		return NULL;
	usleep(s->late_ms * 1000);
	(void)!send(s->accepted, welcome, sizeof(welcome) - 1, MSG_NOSIGNAL);
	return NULL;
}

static PGconn *to_silent(void *ctx)
{
	const struct silent *s = ctx;
	char port[20];
	const char *const names[] = { "hostaddr", "port", "user", "sslmode", "gssencmode", "connect_timeout", NULL };
	const char *const values[] = { "127.0.0.1", port, "u", "disable", "disable", "600", NULL };

	snprintf(port, sizeof(port), "%d", s->port);
	return PQconnectdbParams(names, values, 0);
}

static void begin(struct silent *s, unsigned late_ms)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);

	*s = (struct silent){ .listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .late_ms = late_ms };
	assert_int_equal(bind(s->listener, (struct sockaddr *)&at, n), 0);
	assert_int_equal(listen(s->listener, 4), 0);
	assert_int_equal(getsockname(s->listener, (struct sockaddr *)&at, &n), 0);
	s->port = ntohs(at.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, lets_in, s), 0);
}

static void end(struct silent *s)
{
	shutdown(s->listener, SHUT_RDWR); /* nobody comes any more, where nobody did */
	assert_int_equal(pthread_join(s->thread, NULL), 0);
	if (s->accepted >= 0)
		close(s->accepted);
	close(s->listener);
}

static struct drill_beside *started(struct drill_run *r, struct silent *s)
{
	struct drill_beside *b = drill_beside_new(r, to_silent, s);

	assert_non_null(b);
	drill_beside_statement(b, STR("CREATE INDEX a ON public.b USING btree (c);"), 1);
	return b;
}

/* Wherever the second session stands when the drill ends: it ends with it, and does not wait. */
static void ends_with_the_drill(void **state)
{
	static const struct fingerprint_table table = { .name = STR_INIT("public.b"), .columns = STR_INIT("(c)") };
	static const unsigned after_ms[] = { 0, 5, 50, 300 };
	struct drill_done done = { .manifest.tables = &table };
	struct drill_run r = { .done = &done };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(after_ms); i++) {
		for (unsigned late_ms = 0; late_ms <= 100; late_ms += 100) {
			struct drill_beside *b;
			struct silent s;

			begin(&s, late_ms);
			b = started(&r, &s);
			usleep(after_ms[i] * 1000);
			drill_beside_free(b);
			end(&s);
		}
	}
}

/* The drill is done with all else and waits for it: it is given up when it was silent for as long as it may. */
static void is_given_up(void **state)
{
	static const struct fingerprint_table table = { .name = STR_INIT("public.b"), .columns = STR_INIT("(c)") };
	struct drill_done done = { .manifest.tables = &table };
	struct drill_run r = { .done = &done };
	struct drill_beside *b;
	struct silent s, own;
	struct err err;
	PGconn *c;

	(void)state;
	assert_true(stall_begin(1, &r.stall, &err));
	begin(&own, 0);
	c = to_silent(&own);
	begin(&s, 200);
	b = started(&r, &s);
	drill_beside_end(b, c);
	assert_false(drill_beside_equal(b, 0));
	drill_beside_free(b);
	stall_end(r.stall);
	PQfinish(c);
	end(&s);
	end(&own);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(as_they_are),
	cmocka_unit_test(in_any_pair),
	cmocka_unit_test(ends_with_the_drill),
	cmocka_unit_test(is_given_up),
};

UNIT_MAIN(tests)
