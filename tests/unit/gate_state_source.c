/* Where a folder's state is, and records of what was seen there. */
#include <unistd.h>

#include "base/fd.h"
#include "gate/terraform/last_seen.h"
#include "gate/terraform/state_source.h"
#include "gate/terraform/surroundings.h"
#include "unit.h"

static struct str here(struct arena *a)
{
	char dir[4096];

	assert_non_null(getcwd(dir, sizeof(dir)));
	return arena_str(a, str_from(dir));
}

static void put(const char *path, const char *text)
{
	struct err err;

	assert_true(file_replace(path, str_from(text), 0600, &err));
}

static void test_source(void **unused)
{
	auto_buf b = BUF_MAX(1000);
	struct state_source s;
	struct err err;
	struct arena a;

	(void)unused;
	unsetenv("TF_WORKSPACE");
	unsetenv("TF_DATA_DIR");
	assert_true(arena_map(&a, 1 << 20));
	assert_true(state_source_find(here(&a), &a, &s, &err));
	assert_str(s.key, "local:terraform.tfstate");
	assert_str(s.workspace, "default");
	assert_int_equal(state_source_read(&s, true, &b, &err), STATE_SOURCE_ABSENT);
	put("terraform.tfstate", "x");
	assert_int_equal(state_source_read(&s, true, &b, &err), STATE_SOURCE_READ);
	assert_str(buf_str(&b), "x");
	assert_true(dir_make(".terraform", 0700, &err));
	put(".terraform/environment", "staging\n");
	assert_true(state_source_find(here(&a), &a, &s, &err));
	assert_str(s.workspace, "staging");
	assert_true(str_ends(state_source_path(&s, &a), STR("/terraform.tfstate.d/staging/terraform.tfstate")));
	setenv("TF_WORKSPACE", "other", 1);
	put(".terraform/terraform.tfstate", "{\"backend\":{\"type\":\"local\",\"config\":{\"path\":\"s/x\",\"workspace_dir\":\"w\"}}}");
	assert_true(state_source_find(here(&a), &a, &s, &err));
	assert_str(s.workspace, "other");
	assert_true(str_ends(state_source_path(&s, &a), STR("/w/other/terraform.tfstate")));
	unsetenv("TF_WORKSPACE");
	put(".terraform/terraform.tfstate", "{\"backend\":{\"type\":\"s3\",\"config\":{\"bucket\":\"b\",\"key\":\"k\"}}}");
	assert_true(state_source_find(here(&a), &a, &s, &err));
	assert_str(s.key, "s3:b/k");
	assert_int_equal(state_source_path(&s, &a).len, 0);
	assert_int_equal(state_source_read(&s, false, &b, &err), STATE_SOURCE_UNKNOWN);
	put(".terraform/terraform.tfstate", "{");
	assert_false(state_source_find(here(&a), &a, &s, &err));
	assert_true(dir_remove(".terraform", &err));
	arena_unmap(&a);
}

static void test_last_seen(void **unused)
{
	struct known k = { .folder = STR("/p"), .backend = STR("local:x"), .workspace = STR("default"), .lineage = STR("l"),
			   .serial = 3, .n_managed = 1, .time = STR("2026-11-21T00:00:00Z") };
	struct known *got = NULL;
	struct err err;
	struct arena a;

	(void)unused;
	assert_true(arena_map(&a, 1 << 20));
	assert_true(last_seen_read(STR("nowhere"), &a, &got, &err));
	assert_null(got);
	assert_true(last_seen_write(STR("state"), &k, &err));
	k.serial = 4;
	assert_true(last_seen_write(STR("state"), &k, &err));
	k.workspace = STR("staging");
	assert_true(last_seen_write(STR("state"), &k, &err));
	assert_true(last_seen_read(STR("state"), &a, &got, &err));
	assert_non_null(got);
	assert_non_null(got->next);
	assert_null(got->next->next);
	assert_int_equal(got->serial, 4);
	assert_int_equal(got->source, KNOWN_LAST_SEEN);
	put("state/last-seen/zz.json", "{\"serial\":");
	assert_false(last_seen_read(STR("state"), &a, &got, &err));
	assert_non_null(strstr(err.msg, "zz.json"));
	arena_unmap(&a);
}

static void test_walk(void **unused)
{
	static const char text[] = "{\"version\":4,\"serial\":2,\"lineage\":\"n\",\"resources\":[{\"mode\":\"managed\",\"type\":\"t\",\"name\":\"n\","
				   "\"instances\":[{\"attributes\":{\"id\":\"1\"}}]}]}";
	struct known *got = NULL;
	struct err err;
	struct arena a;

	(void)unused;
	assert_true(arena_map(&a, 4 << 20));
	assert_true(dir_make("w/a/b", 0700, &err) && dir_make("w/.git", 0700, &err) && dir_make("w/1/2/3/4/5", 0700, &err));
	put("w/a/b/one.tfstate", text);
	put("w/.git/two.tfstate", text);
	put("w/1/2/3/4/5/deep.tfstate", text);
	put("w/broken.tfstate", "{");
	put("w/skipped.tfstate", text);
	surroundings_states(STR("w"), STR("w/skipped.tfstate"), &a, &got);
	assert_non_null(got);
	assert_null(got->next);
	assert_str(got->where, "w/a/b/one.tfstate");
	assert_int_equal(got->source, KNOWN_STATE_FILE);
	arena_unmap(&a);
}

static void test_beside(void **unused)
{
	struct lost_facts f = { 0 };
	struct err err;
	struct arena a;

	(void)unused;
	assert_true(arena_map(&a, 4 << 20));
	assert_true(dir_make("beside", 0700, &err));
	put("beside/README.md", "# x\nThe tfstate lives on Ann's laptop.\n");
	put("beside/terraform.tfstate.backup", "{\"version\":4,\"serial\":2,\"lineage\":\"n\",\"resources\":[{\"mode\":\"managed\",\"type\":\"t\","
					       "\"name\":\"n\",\"instances\":[{\"attributes\":{\"id\":\"1\"}}]}]}");
	surroundings_history(STR("beside"), 0, &a, &f);
	assert_str(f.readme, "The tfstate lives on Ann's laptop.");
	assert_int_equal(f.backup_managed, 1);
	assert_int_equal(f.n_commits, 0);
	arena_unmap(&a);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_source),
	cmocka_unit_test(test_last_seen),
	cmocka_unit_test(test_walk),
	cmocka_unit_test(test_beside),
};
UNIT_MAIN(tests)
