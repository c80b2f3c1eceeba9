/* Taking and putting back without git: what is refused and why, what is kept first, what goes when the bounds ask for it. */
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "keep/keep.h"

static char dir[4096], state_dir[4200];
static struct arena arena;
static struct keep *k;
static struct keep_bounds bounds;

static int setup(void **state)
{
	struct err err;

	(void)state;
	bounds = (struct keep_bounds){ .item_bytes = 1 << 20, .total_bytes = 1 << 22, .age_s = 3600, .item_files = 100, .time_us = 60000000 };
	snprintf(dir, sizeof(dir), "keep-unit-XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_non_null(realpath(dir, state_dir));
	memcpy(dir, state_dir, sizeof(dir));
	snprintf(state_dir, sizeof(state_dir), "%s/state", dir);
	if (!arena.mem)
		assert_true(arena_map(&arena, (size_t)1 << 30));
	arena_reset(&arena);
	assert_true(keep_open(str_from(state_dir), &bounds, &k, &err));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	keep_close(k);
	assert_true(dir_remove(dir, NULL));
	return 0;
}

static const char *at(const char *name)
{
	static char path[4][5000];
	static unsigned i;

	i = (i + 1) % 4;
	snprintf(path[i], sizeof(path[i]), "%s/%s", dir, name);
	return path[i];
}

static void put(const char *name, const char *text)
{
	assert_true(file_replace(at(name), str_from(text), 0640, NULL));
}

static bool is(const char *name, const char *text)
{
	auto_buf b = BUF_MAX(1 << 20);

	return file_read(at(name), &b, NULL) && str_is(buf_str(&b), text);
}

static bool take(const char *name, char id[24], struct err *err)
{
	struct keep_wish w = { .what = KEEP_PATH, .path = str_from(at(name)) };

	return keep_take(k, &w, 1, STR("rm --token=abcdef0123456789abcdef x"), STR("s"), id, err);
}

static struct keep_restored back(const char *id)
{
	struct keep_restore o = { .id = str_from(id) };
	struct keep_restored said;
	struct err err = { 0 };

	if (!keep_restore(k, &o, &arena, &said, &err))
		fail_msg("%s", err.msg);
	return said;
}

static unsigned items(void)
{
	struct keep_item *list;
	unsigned n = 0;

	assert_true(keep_list(k, &arena, &list, NULL));
	for (; list; list = list->next)
		n++;
	return n;
}

static void comes_back(void **state)
{
	struct keep_item *list;
	struct keep_restored r;
	struct err err;
	char id[24];

	(void)state;
	put("a", "one");
	assert_true(take("a", id, &err));
	assert_string_equal(id, "K-1");
	unlink(at("a"));
	r = back(id);
	assert_true(is("a", "one"));
	assert_int_equal(r.put, 1);
	assert_string_equal(r.before, "");
	assert_true(keep_list(k, &arena, &list, &err));
	assert_string_equal(list->id, "K-1");
	assert_int_equal(str_find(list->command, STR("abcdef")), SIZE_MAX);
	assert_int_equal(list->files, 1);
}

static void what_stands_there_is_kept_first(void **state)
{
	struct keep_restored r;
	struct err err;
	char id[24];

	(void)state;
	put("a", "one");
	assert_true(take("a", id, &err));
	put("a", "two");
	r = back(id);
	assert_true(is("a", "one"));
	assert_string_equal(r.before, "K-2");
	r = back("K-2");
	assert_true(is("a", "two"));
	assert_string_equal(r.before, "K-3");
	r = back("K-2");
	assert_string_equal(r.before, "");
	assert_int_equal(r.same, 1);
}

static void a_folder_in_the_way_is_kept_too(void **state)
{
	struct err err;
	char id[24];

	(void)state;
	put("a", "file");
	assert_true(take("a", id, &err));
	unlink(at("a"));
	assert_int_equal(mkdir(at("a"), 0700), 0);
	put("a/inside", "precious");
	assert_string_equal(back(id).before, "K-2");
	assert_true(is("a", "file"));
	back("K-2");
	assert_true(is("a/inside", "precious"));
}

static void nothing_was_there(void **state)
{
	struct err err;
	char id[24];

	(void)state;
	assert_true(take("a", id, &err));
	put("a", "new");
	assert_string_equal(back(id).before, "K-2");
	assert_false(file_exists(at("a")));
	back("K-2");
	assert_true(is("a", "new"));
}

static void links_are_links(void **state)
{
	struct err err;
	char id[24], target[100] = "";

	(void)state;
	assert_int_equal(mkdir(at("d"), 0750), 0);
	put("outside", "not taken");
	assert_int_equal(symlink("../outside", at("d/link")), 0);
	assert_true(take("d", id, &err));
	assert_true(dir_remove(at("d"), NULL));
	back(id);
	assert_true(readlink(at("d/link"), target, sizeof(target) - 1) > 0);
	assert_string_equal(target, "../outside");
}

/* A folder that became a link to elsewhere after it was kept: nothing is written through it. */
static void no_way_through_a_link(void **state)
{
	struct err err;
	char id[24];

	(void)state;
	assert_int_equal(mkdir(at("d"), 0755), 0);
	assert_int_equal(mkdir(at("elsewhere"), 0755), 0);
	put("d/x", "kept");
	assert_true(take("d", id, &err));
	assert_true(dir_remove(at("d"), NULL));
	assert_int_equal(symlink("elsewhere", at("d")), 0);
	back(id);
	assert_false(file_exists(at("elsewhere/x")));
	assert_true(is("d/x", "kept"));
}

static bool refused(const char *name, enum err_code code, const char *words)
{
	struct err err = { 0 };
	char id[24];
	unsigned before = items();

	return !take(name, id, &err) && err.code == code && strstr(err.msg, words) && items() == before &&
	       !file_exists(at("state/keep/K-1"));
}

static void refusals(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(at("pipe"), 0600), 0);
	assert_true(refused("pipe", ERR_DENIED, "pipe: a named pipe"));
	assert_int_equal(mkdir(at("d"), 0700), 0);
	assert_int_equal(mkfifo(at("d/p q"), 0600), 0);
	assert_true(refused("d", ERR_DENIED, "d/p%20q: a named pipe"));
	assert_true(refused("../../..", ERR_INPUT, ""));
}

static void bounds_hold(void **state)
{
	(void)state;
	auto_fd fd = open(at("large"), O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(posix_fallocate(fd, 0, 2 << 20), 0);
	assert_true(refused("large", ERR_LIMIT, "keep.item"));
	assert_int_equal(mkdir(at("many"), 0700), 0);
	for (int i = 0; i < 101; i++) {
		char name[32];

		snprintf(name, sizeof(name), "many/%d", i);
		put(name, "");
	}
	assert_true(refused("many", ERR_LIMIT, "keep.files"));
}

static void no_time(void **state)
{
	struct err err = { 0 };
	char id[24];

	(void)state;
	keep_close(k);
	bounds.time_us = -1;
	assert_true(keep_open(str_from(state_dir), &bounds, &k, &err));
	put("a", "x");
	assert_false(take("a", id, &err));
	assert_int_equal(err.code, ERR_LIMIT);
}

static void a_change_of_kept_bytes_is_found(void **state)
{
	struct keep_restore o = { .id = STR_INIT("K-1") };
	struct keep_restored said;
	struct err err;
	char id[24];

	(void)state;
	put("a", "one");
	assert_true(take("a", id, &err));
	unlink(at("a"));
	assert_true(file_replace(at("state/keep/K-1/data"), STR("two"), 0600, &err));
	assert_false(keep_restore(k, &o, &arena, &said, &err));
	assert_int_equal(err.code, ERR_BROKEN);
	assert_false(file_exists(at("a")));
}

static void oldest_go(void **state)
{
	struct err err;
	char id[24];

	(void)state;
	auto_fd fd = open(at("large"), O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(posix_fallocate(fd, 0, 1000000), 0);
	for (int i = 0; i < 6; i++)
		assert_true(take("large", id, &err));
	assert_string_equal(id, "K-6");
	assert_int_equal(items(), 4);
	assert_false(file_exists(at("state/keep/K-1")));
	assert_true(file_exists(at("state/keep/K-6")));
}

static void halves_are_no_items(void **state)
{
	struct keep_pruned gone;
	struct err err;
	char id[24];

	(void)state;
	put("a", "x");
	assert_int_equal(mkdir(at("state/keep/K-7"), 0700), 0);
	put("state/keep/K-7/data", "half");
	assert_int_equal(items(), 0);
	assert_true(take("a", id, &err));
	assert_string_equal(id, "K-8");
	assert_true(keep_prune(k, &arena, &gone, &err));
	assert_false(file_exists(at("state/keep/K-7")));
	assert_int_equal(items(), 1);
}

static void elsewhere(void **state)
{
	char to[5000];
	struct keep_restore o = { .id = STR_INIT("K-1") };
	struct keep_restored said;
	struct err err;
	char id[24];

	(void)state;
	put("a", "one");
	assert_true(take("a", id, &err));
	put("a", "two");
	snprintf(to, sizeof(to), "%s", at("to"));
	o.to = str_from(to);
	assert_true(keep_restore(k, &o, &arena, &said, &err));
	assert_true(is("to/a", "one") && is("a", "two"));
	assert_false(keep_restore(k, &o, &arena, &said, &err)); /* not empty any more */
	o.to = STR_NONE;
	o.dry_run = true;
	assert_true(keep_restore(k, &o, &arena, &said, &err));
	assert_int_equal(said.put, 1);
	assert_true(is("a", "two"));
}

static void reading_alone(void **state)
{
	struct keep *r;
	struct keep_item *list;
	struct keep_wish w = { .what = KEEP_PATH, .path = str_from(at("a")) };
	struct err err;
	char id[24];

	(void)state;
	assert_true(keep_open_read(STR("/nonexistent/state"), &bounds, &r, &err));
	assert_true(keep_list(r, &arena, &list, &err) && !list);
	assert_false(keep_take(r, &w, 1, STR("rm"), STR_NONE, id, &err));
	keep_close(r);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(comes_back), CASE(what_stands_there_is_kept_first), CASE(a_folder_in_the_way_is_kept_too), CASE(nothing_was_there),
		CASE(links_are_links), CASE(no_way_through_a_link), CASE(refusals), CASE(bounds_hold), CASE(no_time),
		CASE(a_change_of_kept_bytes_is_found), CASE(oldest_go), CASE(halves_are_no_items), CASE(elsewhere), CASE(reading_alone),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
