/* What a private copy is made of, without terraform: the tree, the backend's override, the environment. */
#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "gate/terraform/backend.h"
#include "gate/terraform/workcopy.h"

static char top[TREE_PATH_MAX]; /* as realpath wants it */

static void put(const char *name, const char *text)
{
	char path[TREE_PATH_MAX + 200], *slash;

	snprintf(path, sizeof(path), "%s/%s", top, name);
	slash = strrchr(path, '/');
	*slash = '\0';
	assert_true(dir_make(path, 0700, NULL));
	*slash = '/';
	assert_true(file_replace(path, str_from(text), 0600, NULL));
}

static const char *at(const char *name)
{
	static char path[4][TREE_PATH_MAX + 200];
	static unsigned i;

	i = (i + 1) % 4;
	snprintf(path[i], sizeof(path[i]), "%s/%s", top, name);
	return path[i];
}

static void root(void **state)
{
	char found[TREE_PATH_MAX];

	(void)state;
	put("a/live/prod/main.tf", "module \"m\" {\n  source   =   \"../../modules/m\"\n}\n");
	put("a/modules/m/m.tf.json", "{\"module\": {\"n\": {\"source\": \"../n\"}}}");
	put("a/modules/n/n.tf", "# source = \"registry/x\"\n");
	tree_ancestor(at("a/live/prod"), found);
	assert_string_equal(found, at("a"));
	tree_ancestor(at("a/modules/n"), found);
	assert_string_equal(found, at("a/modules/n"));
	assert_true(dir_make(at("a/.git"), 0700, NULL));
	tree_root(at("a/modules/n"), found);
	assert_string_equal(found, at("a"));
}

static void copy(void **state)
{
	struct tree_size size;

	(void)state;
	put("b/x.tf", "x");
	put("b/terraform.tfstate", "secret");
	put("b/terraform.tfstate.backup", "secret");
	put("b/.terraform/environment", "blue");
	put("b/.git/config", "secret");
	put("b/sub/y.auto.tfvars", "y");
	assert_int_equal(symlink("../a", at("b/out")), 0);
	assert_int_equal(symlink("/etc/passwd", at("b/abs")), 0);
	assert_int_equal(symlink("sub", at("b/in")), 0);
	assert_true(tree_copy(at("b"), at("copy"), &size, NULL));
	assert_true(file_exists(at("copy/x.tf")) && file_exists(at("copy/sub/y.auto.tfvars")) && file_exists(at("copy/in")));
	assert_false(file_exists(at("copy/terraform.tfstate")) || file_exists(at("copy/terraform.tfstate.backup")));
	assert_false(file_exists(at("copy/.terraform")) || file_exists(at("copy/.git")));
	assert_false(file_exists(at("copy/out")) || file_exists(at("copy/abs")));
}

static void override(const char *record, const char *want, bool good)
{
	auto_buf out = BUF_MAX(65536);
	char type[BACKEND_TYPE_MAX] = "";
	struct err err = { 0 };

	put("c/.terraform/terraform.tfstate", record);
	assert_int_equal(backend_override(at("c"), at("c/.terraform"), type, &out, &err), good);
	if (good)
		assert_true(str_find(buf_str(&out), str_from(want)) != SIZE_MAX);
	else
		assert_non_null(strstr(err.msg, want));
}

static void backends(void **state)
{
	auto_buf out = BUF_MAX(65536);
	char type[BACKEND_TYPE_MAX], want[TREE_PATH_MAX + 300];

	(void)state;
	put("d/main.tf", "");
	assert_true(backend_override(at("d"), at("d/.terraform"), type, &out, NULL));
	assert_string_equal(type, "local");
	snprintf(want, sizeof(want), "\"path\":\"%s\"", at("d/terraform.tfstate"));
	assert_true(str_find(buf_str(&out), str_from(want)) != SIZE_MAX);
	snprintf(want, sizeof(want), "\"path\":\"%s\"", at("c/x/y.tfstate"));
	override("{\"backend\":{\"type\":\"local\",\"config\":{\"path\":\"x/y.tfstate\",\"workspace_dir\":null}}}", want, true);
	override("{\"backend\":{\"type\":\"s3\",\"config\":{\"bucket\":\"b\",\"key\":\"k\",\"acl\":null,\"use_lockfile\":true}}}",
		 "{\"s3\":{\"bucket\":\"b\",\"key\":\"k\",\"use_lockfile\":true}}", true);
	override("{\"backend\":{\"type\":\"cloud\",\"config\":{}}}", "runs plans elsewhere", false);
	override("{\"backend\":{\"type\":\"remote\",\"config\":{}}}", "runs plans elsewhere", false);
	override("{\"backend\":", "terraform.tfstate", false);
}

static bool has(char **env, const char *what)
{
	for (size_t i = 0; env[i]; i++) {
		if (strcmp(env[i], what) == 0)
			return true;
	}
	return false;
}

static void environment(void **state)
{
	char a[] = "TF_CLI_ARGS=-destroy", b[] = "TF_CLI_ARGS_apply=-auto-approve", c[] = "TF_VAR_x=1", d[] = "TF_DATA_DIR=x",
	     e[] = "TF_WORKSPACE=other", f[] = "PATH=/bin", g[] = "TF_INPUT=1", h[] = "TF_REATTACH_PROVIDERS={}";
	char *env[] = { a, b, c, d, e, f, g, h, NULL };
	char **clean = workcopy_env(env, "prod");

	(void)state;
	assert_non_null(clean);
	assert_true(has(clean, "TF_VAR_x=1") && has(clean, "PATH=/bin") && has(clean, "TF_WORKSPACE=prod") && has(clean, "TF_INPUT=0"));
	assert_false(has(clean, a) || has(clean, b) || has(clean, d) || has(clean, e) || has(clean, g) || has(clean, h));
	workcopy_env_free(clean);
}

static void heads(void **state)
{
	char lineage[WORKCOPY_NAME_MAX], serial[24];

	(void)state;
	workcopy_state_head(STR("{\"version\":4,\"serial\":17,\"lineage\":\"l-1\"}"), lineage, serial);
	assert_string_equal(lineage, "l-1");
	assert_string_equal(serial, "17");
	workcopy_state_head(STR("{\"serial\":"), lineage, serial);
	assert_string_equal(lineage, "");
	workcopy_state_head(STR_NONE, lineage, serial);
	assert_string_equal(serial, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root),	       cmocka_unit_test(copy),	cmocka_unit_test(backends),
		cmocka_unit_test(environment), cmocka_unit_test(heads),
	};
	char dir[] = "workcopy-XXXXXX";

	if (!mkdtemp(dir) || !realpath(dir, top))
		return 1;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
