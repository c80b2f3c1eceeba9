/* A program that neither takes nor gives nor ends is not waited for without an end, whichever of it is waited for. */
#include <signal.h>
#include <stdio.h>

#include "recovery/filter.h"
#include "unit.h"

#define MUCH ((size_t)1 << 20) /* more than a pipe holds */

static char bytes[MUCH];
static struct stall *over;

static bool nothing(void *ctx, const void *p, size_t n, struct err *err)
{
	(void)ctx;
	(void)p;
	(void)n;
	(void)err;
	return true;
}

static struct filter begun(const char *script, unsigned silent_s, struct stall *stall)
{
	char *argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, (char *)(uintptr_t)script, NULL };
	struct filter f = { .take = nothing, .silent_s = silent_s, .stall = stall };
	struct err err = { 0 };

	assert_true(filter_begin(&f, argv, &err));
	return f;
}

static void given_up(struct filter *f, bool good, const struct err *err, const char *words)
{
	assert_false(good);
	assert_non_null(strstr(err->msg, words));
	filter_stop(f);
	assert_int_equal(f->pid, -1);
}

#define SILENT "said nothing for too long"
#define LATE "it took longer than it may"

static void that_reads_nothing(void **state)
{
	struct filter f = begun("exec sleep 100", 1, NULL);
	struct err err = { 0 };

	(void)state;
	given_up(&f, filter_add(&f, bytes, MUCH, &err), &err, SILENT);
}

static void that_answers_nothing(void **state)
{
	struct filter f = begun("exec sleep 100", 0, over);
	struct err err = { 0 };
	bool end;

	(void)state;
	given_up(&f, filter_add(&f, "?", 1, &err) && filter_wait(&f, &end, &err), &err, LATE);
}

static void that_does_not_end(void **state)
{
	struct filter f = begun("exec >&-; exec sleep 100", 1, NULL);
	struct err err = { 0 };

	(void)state;
	given_up(&f, filter_end(&f, &err), &err, SILENT);
}

static void that_closed_and_does_not_end(void **state)
{
	struct filter f = begun("exec >&- <&-; exec sleep 100", 0, over);
	struct err err = { 0 };

	(void)state;
	given_up(&f, filter_add(&f, bytes, MUCH, &err), &err, LATE);
}

/* Each pause is shorter than what is allowed; all of them are not. */
static void slow_is_not_silent(void **state)
{
	struct filter f = begun("for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.5; echo; done; cat", 4, NULL);
	struct err err = { 0 };

	(void)state;
	assert_true(filter_end(&f, &err));
	filter_stop(&f);
}

static void a_stall_ends_it(void **state)
{
	struct stall *s;
	struct err err = { 0 };
	struct filter f;

	(void)state;
	assert_true(stall_begin(1000, &s, &err));
	stall_until(s, stall_clock() + 1);
	f = begun("while read x; do echo; done; exec sleep 100", 0, s);
	given_up(&f, filter_end(&f, &err), &err, LATE);
	over = s;
}

static int ready(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

static int done(void **state)
{
	(void)state;
	stall_end(over);
	return 0;
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup(that_reads_nothing, ready), cmocka_unit_test(that_does_not_end),
	cmocka_unit_test(slow_is_not_silent),		   cmocka_unit_test(a_stall_ends_it),
	cmocka_unit_test(that_answers_nothing),		   cmocka_unit_test_teardown(that_closed_and_does_not_end, done),
};

UNIT_MAIN(tests)
