#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "store/store.h"

static char dir[] = "/tmp/pawl-unit-XXXXXX";
static char path[100];

static int fresh(void **state)
{
	(void)state;
	memcpy(dir + strlen(dir) - 6, "XXXXXX", 6);
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/index.db", dir);
	return 0;
}

static int gone(void **state)
{
	(void)state;
	return dir_remove(dir, NULL) ? 0 : -1;
}

static struct store *open_it(void)
{
	struct err err = { 0 };
	struct store *s = store_open(path, &err);

	if (!s)
		print_error("%s\n", err.msg);
	assert_non_null(s);
	return s;
}

static void put(struct store *s, const char *id, const char *state, int64_t opened)
{
	struct store_hold h = { .id = str_from(id), .state = str_from(state), .environment = STR("production"),
				.summary = STR("delete 3"), .opened_us = opened, .json = STR("{}") };
	struct err err = { 0 };

	h.request = digest_of(id, strlen(id));
	assert_true(store_hold_put(s, &h, &err));
}

static bool ids(const struct store_hold *h, void *ctx)
{
	char *text = ctx;
	size_t n = strlen(text);

	assert_str(h->json, "{}");
	snprintf(text + n, 200 - n, "%.*s:%.*s ", STR_ARG(h->id), STR_ARG(h->state));
	return true;
}

static const char *query(struct store *s, const struct store_query *q)
{
	static char text[200];
	struct err err = { 0 };

	text[0] = '\0';
	assert_true(store_holds(s, q, ids, text, &err));
	return text;
}

static void holds(void **state)
{
	struct store *s = open_it();
	struct digest request = digest_of("H-2", 3);
	struct store_mark mark = { .seq = 9 }, back;
	struct err err = { 0 };
	struct stat st;

	(void)state;
	assert_true(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
	put(s, "H-1", "open", 1);
	put(s, "H-2", "open", 2);
	put(s, "H-3", "denied", 3);
	assert_string_equal(query(s, &(struct store_query){ .limit = 0 }), "H-3:denied H-2:open H-1:open ");
	put(s, "H-1", "used", 1);
	assert_string_equal(query(s, &(struct store_query){ .state = STR("open") }), "H-2:open ");
	assert_string_equal(query(s, &(struct store_query){ .id = STR("H-1") }), "H-1:used ");
	assert_string_equal(query(s, &(struct store_query){ .request = &request }), "H-2:open ");
	assert_string_equal(query(s, &(struct store_query){ .limit = 1 }), "H-3:denied ");
	mark.chain = request;
	assert_true(store_marked(s, &back, &err) && back.seq == 0);
	assert_true(store_begin(s, &err) && store_mark(s, &mark, &err));
	store_rollback(s);
	assert_true(store_marked(s, &back, &err) && back.seq == 0);
	assert_true(store_begin(s, &err) && store_mark(s, &mark, &err) && store_commit(s, &err));
	store_close(s);
	s = open_it();
	assert_null(store_note(s));
	assert_true(store_marked(s, &back, &err) && back.seq == 9 && digest_eq(&back.chain, &request));
	assert_true(store_clear(s, &err) && store_marked(s, &back, &err));
	assert_int_equal(back.seq, 0);
	assert_string_equal(query(s, &(struct store_query){ .limit = 0 }), "");
	store_close(s);
}

static bool count(const struct store_message *m, void *ctx)
{
	(void)m;
	++*(int *)ctx;
	return true;
}

static void outbox(void **state)
{
	struct store *s = open_it(), *other = open_it();
	struct store_message m = { .key = STR("H-1 opened"), .target = STR("{}"), .body = STR("{\"a\":1}"), .seq = 4, .next_us = 100 };
	struct store_message a, b;
	struct arena arena;
	struct err err = { 0 };
	bool is_new = false;
	int n = 0;

	(void)state;
	assert_true(arena_map(&arena, 1 << 20));
	assert_true(store_outbox_queue(s, &m, &is_new, &err) && is_new);
	assert_true(store_outbox_queue(other, &m, &is_new, &err) && !is_new);
	assert_true(store_outbox_claim(s, 99, 50, &arena, &a, &err) && a.id == 0);
	assert_true(store_outbox_claim(s, 100, 50, &arena, &a, &err) && a.id != 0);
	assert_str(a.body, "{\"a\":1}");
	assert_int_equal(a.attempts, 1);
	/* Nobody else gets it, until the one who has it must be dead. */
	assert_true(store_outbox_claim(other, 149, 50, &arena, &b, &err) && b.id == 0);
	assert_true(store_outbox_claim(other, 150, 50, &arena, &b, &err) && b.id == a.id && b.attempts == 2);
	assert_true(store_outbox_failed(s, a.id, 1000, STR("no"), &err));
	assert_true(store_outbox_claim(s, 999, 50, &arena, &b, &err) && b.id == 0);
	assert_true(store_outbox_claim(s, 1000, 50, &arena, &b, &err) && b.attempts == 3);
	assert_str(b.error, "no");
	assert_true(store_outbox_done(s, a.id, &err));
	assert_true(store_outbox_claim(s, 99999, 50, &arena, &b, &err) && b.id == 0);
	/* Told once is told: the same is not queued again. */
	assert_true(store_outbox_queue(s, &m, &is_new, &err) && !is_new);
	m.key = STR("H-2 opened");
	assert_true(store_outbox_queue(s, &m, &is_new, &err) && is_new);
	assert_true(store_outbox_claim(s, 99999, 50, &arena, &b, &err) && b.id != 0);
	assert_true(store_outbox_failed(s, b.id, 0, STR("gave up"), &err));
	assert_true(store_outbox_list(s, STR_NONE, count, &n, &err) && n == 2);
	assert_true(store_outbox_list(s, STR("failed"), count, &n, &err) && n == 3);
	arena_unmap(&arena);
	store_close(other);
	store_close(s);
}

static void damaged(void **state)
{
	struct store *s = open_it();
	struct err err = { 0 };
	char junk[9000];

	(void)state;
	for (int i = 0; i < 50; i++) {
		char id[20];

		snprintf(id, sizeof(id), "H-%d", i);
		put(s, id, "open", i);
	}
	store_close(s);
	memset(junk, 'z', sizeof(junk));
	int fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, junk, sizeof(junk), 4096), sizeof(junk));
	close(fd);
	s = open_it();
	assert_non_null(store_note(s));
	assert_non_null(strstr(store_note(s), "set aside"));
	assert_string_equal(query(s, &(struct store_query){ .limit = 0 }), "");
	put(s, "H-1", "open", 1);
	store_close(s);
	s = open_it();
	assert_null(store_note(s)); /* said once */
	store_close(s);
	/* No database at all. */
	assert_true(file_replace(path, STR("not a database, certainly not one of ours"), 0600, &err));
	s = open_it();
	assert_non_null(store_note(s));
	store_close(s);
}

static void locked(void **state)
{
	struct store *s = open_it(), *other = open_it();
	struct err err = { 0 };

	(void)state;
	assert_true(store_begin(s, &err));
	assert_false(store_begin(other, &err));
	assert_int_equal(err.code, ERR_STATE);
	assert_non_null(strstr(err.msg, "locked by another process"));
	store_rollback(s);
	assert_true(store_begin(other, &err));
	store_rollback(other);
	store_close(s);
	store_close(other);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup_teardown(holds, fresh, gone),
	cmocka_unit_test_setup_teardown(outbox, fresh, gone),
	cmocka_unit_test_setup_teardown(damaged, fresh, gone),
	cmocka_unit_test_setup_teardown(locked, fresh, gone),
};

UNIT_MAIN(tests)
