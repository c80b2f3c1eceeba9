#include "unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "ledger/checkpoint.h"
#include "ledger/segment.h"

static char dir[] = "/tmp/pawl-unit-XXXXXX";

static int fresh(void **state)
{
	(void)state;
	memcpy(dir + strlen(dir) - 6, "XXXXXX", 6);
	return mkdtemp(dir) ? 0 : -1;
}

static int gone(void **state)
{
	(void)state;
	return dir_remove(dir, NULL) ? 0 : -1;
}

static struct ledger *open_it(void)
{
	struct err err = { 0 };
	struct ledger *l = ledger_open(dir, &err);

	if (!l)
		print_error("%s\n", err.msg);
	assert_non_null(l);
	return l;
}

static uint64_t add(struct ledger *l, const char *kind, const char *body)
{
	struct err err = { 0 };
	uint64_t seq = 0;

	if (!ledger_append(l, str_from(kind), str_from(body), &seq, &err))
		fail_msg("%s", err.msg);
	return seq;
}

struct seen {
	uint64_t n, last;
	char text[2000];
};

static bool look(const struct ledger_entry *e, void *ctx)
{
	struct seen *s = ctx;

	assert_true(s->last == 0 || e->seq == s->last + 1);
	s->n++;
	s->last = e->seq;
	if (strlen(s->text) + e->kind.len + e->body.len + 3 < sizeof(s->text))
		snprintf(s->text + strlen(s->text), sizeof(s->text) - strlen(s->text), "%.*s%.*s ", STR_ARG(e->kind),
			 STR_ARG(e->body));
	return true;
}

static struct seen walk(struct ledger *l, uint64_t after)
{
	struct seen s = { .n = 0 };
	struct err err = { 0 };

	if (!ledger_walk(l, after, look, &s, &err))
		fail_msg("%s", err.msg);
	return s;
}

static struct ledger_report verify(bool want)
{
	struct ledger_report r;
	struct err err = { 0 };

	assert_int_equal(ledger_verify(dir, NULL, &r, &err), want);
	return r;
}

static void append_and_walk(void **state)
{
	struct ledger *l = open_it();
	struct digest chain;
	struct seen s;
	struct ledger_report r;
	struct err err = { 0 };
	uint64_t seq = 9;

	(void)state;
	assert_int_equal(walk(l, 0).n, 0);
	assert_int_equal(add(l, "request", "{\"a\":1}"), 1);
	assert_int_equal(add(l, "hold.opened", "{\"b\":2}"), 2);
	ledger_close(l);
	l = open_it();
	assert_int_equal(add(l, "approval", "{}"), 3);
	s = walk(l, 0);
	assert_string_equal(s.text, "request{\"a\":1} hold.opened{\"b\":2} approval{} ");
	assert_string_equal(walk(l, 2).text, "approval{} ");
	assert_int_equal(walk(l, 3).n, 0);
	assert_true(ledger_head(l, &seq, &chain, &err));
	assert_int_equal(seq, 3);
	r = verify(true);
	assert_int_equal(r.entries, 3);
	assert_memory_equal(&r.head, &chain, sizeof(chain));
	ledger_close(l);
}

static void refuses(void **state)
{
	struct ledger *l = open_it();
	struct err err = { 0 };
	uint64_t seq = 7;

	(void)state;
	assert_false(ledger_append(l, STR("a b"), STR("{}"), &seq, &err));
	assert_false(ledger_append(l, STR(""), STR("{}"), &seq, &err));
	assert_false(ledger_append(l, STR("a"), STR("[]"), &seq, &err));
	assert_false(ledger_append(l, STR("a"), STR("{\"\xff\":1}"), &seq, &err));
	assert_int_equal(seq, 7);
	assert_int_equal(add(l, "a", "{}"), 1);
	ledger_close(l);
}

/* Entries of all sizes, over several segments; one larger than a segment. */
static void many_segments(void **state)
{
	struct ledger *l = open_it(), *second = open_it();
	struct buf big = BUF_MAX(LEDGER_MAX_ENTRY);
	struct err err = { 0 };
	uint64_t seq = 0;

	(void)state;
	for (int i = 0; i < 40; i++) {
		buf_clear(&big);
		buf_adds(&big, "{\"x\":\"");
		for (int k = 0; k < (i == 20 ? 2000000 : i * 3000); k++)
			buf_addc(&big, (char)('a' + k % 26));
		buf_adds(&big, "\"}");
		assert_true(ledger_append(i % 3 ? l : second, STR("request"), buf_str(&big), &seq, &err));
		assert_int_equal(seq, i + 1);
	}
	assert_int_equal(verify(true).entries, 40);
	assert_true(verify(true).segments >= 4);
	assert_int_equal(walk(l, 0).n, 40);
	assert_int_equal(walk(second, 25).n, 15);
	for (uint64_t after = 0; after < 40; after++)
		assert_int_equal(walk(l, after).last, 40);
	buf_free(&big);
	ledger_close(second);
	ledger_close(l);
}

struct job {
	struct ledger *l;
	int n;
	bool lock;
};

static void *work(void *arg)
{
	struct job *j = arg;
	struct err err = { 0 };
	uint64_t seq, again;

	for (int i = 0; i < j->n; i++) {
		if (!j->lock) {
			if (!ledger_append(j->l, STR("request"), STR("{\"thread\":true}"), &seq, &err))
				return "append";
			continue;
		}
		/* Two in a row under the lock: nobody comes between them. */
		if (!ledger_lock(j->l, &err) || !ledger_append(j->l, STR("a"), STR("{}"), &seq, &err) ||
		    !ledger_append(j->l, STR("b"), STR("{}"), &again, &err))
			return "lock";
		ledger_unlock(j->l);
		if (again != seq + 1)
			return "order";
	}
	return NULL;
}

static void threads(void **state)
{
	struct ledger *l[2] = { open_it(), open_it() };
	struct job jobs[12];
	pthread_t t[12];
	pid_t child;
	int status;

	(void)state;
	child = fork();
	if (child == 0) {
		struct ledger *own = ledger_open(dir, NULL);
		struct job job = { own, 30, true };

		_exit(!own || work(&job) ? 1 : 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		jobs[i] = (struct job){ l[i % 2], 30, i % 4 == 3 };
		assert_int_equal(pthread_create(&t[i], NULL, work, &jobs[i]), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		void *wrong;

		pthread_join(t[i], &wrong);
		assert_null(wrong);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(verify(true).entries, 30 * 9 + 60 * 3 + 60);
	ledger_close(l[0]);
	ledger_close(l[1]);
}

static void checkpoints(void **state)
{
	struct ledger *l = open_it();
	struct err err = { 0 };
	struct checkpoint c, back;
	char key[200], copy[200];
	auto_buf text = BUF_MAX(4096);
	struct ledger_report r;
	struct stat st;

	(void)state;
	snprintf(key, sizeof(key), "%s-key", dir);
	snprintf(copy, sizeof(copy), "%s-checkpoint", dir);
	add(l, "request", "{}");
	add(l, "request", "{}");
	assert_true(checkpoint_make(l, key, clock_now_us(), &c, &err));
	assert_int_equal(c.entries, 2);
	assert_int_equal(stat(key, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	checkpoint_put(&c, &text);
	assert_true(checkpoint_parse(buf_str(&text), &back, &err));
	assert_true(file_replace(copy, buf_str(&text), 0600, &err));
	assert_true(ledger_verify(dir, copy, &r, &err));
	assert_int_equal(r.entries, 3);
	assert_int_equal(r.checkpoints, 1);
	/* A changed number is not what was signed. */
	text.ptr[str_find(buf_str(&text), STR("\"entries\":2")) + 10] = '3';
	assert_false(checkpoint_parse(buf_str(&text), &back, &err));
	ledger_close(l);
	/* Cut clean: the chain alone cannot tell, the copy can. */
	snprintf(key + strlen(dir), sizeof(key) - strlen(dir), "/00000001.seg");
	assert_int_equal(truncate(key, FORMAT_SEGMENT_HEAD), 0);
	assert_true(ledger_verify(dir, NULL, &r, &err));
	assert_false(ledger_verify(dir, copy, &r, &err));
	assert_true(r.truncated);
	unlink(copy);
	snprintf(key, sizeof(key), "%s-key", dir);
	unlink(key);
}

static void read_only(void **state)
{
	struct ledger *l = open_it();
	struct err err = { 0 };
	uint64_t seq = 0;
	char path[200];

	(void)state;
	add(l, "request", "{}");
	if (geteuid() == 0) { /* root writes where it likes */
		ledger_close(l);
		return;
	}
	ledger_close(l);
	snprintf(path, sizeof(path), "%s/lock", dir);
	assert_int_equal(chmod(path, 0400), 0);
	l = open_it();
	assert_int_equal(walk(l, 0).n, 1);
	assert_false(ledger_append(l, STR("a"), STR("{}"), &seq, &err));
	assert_non_null(strstr(err.msg, "only be read"));
	ledger_close(l);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup_teardown(append_and_walk, fresh, gone),
	cmocka_unit_test_setup_teardown(refuses, fresh, gone),
	cmocka_unit_test_setup_teardown(many_segments, fresh, gone),
	cmocka_unit_test_setup_teardown(threads, fresh, gone),
	cmocka_unit_test_setup_teardown(checkpoints, fresh, gone),
	cmocka_unit_test_setup_teardown(read_only, fresh, gone),
};

UNIT_MAIN(tests)
