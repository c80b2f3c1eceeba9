/* What terraform_identify finds, one JSON object a line; for tests/cases/test_identity.
 * usage: identity_dump FOLDER PLAN.tfplan PLAN.json PIN STATE_DIR [account=A] [region=R] [environment=E]
 */
#include "base/fd.h"
#include "gate/terraform/identify.h"

static const char *option(char **argv, const char *name)
{
	size_t n = strlen(name);

	for (; *argv; argv++) {
		if (strncmp(*argv, name, n) == 0 && (*argv)[n] == '=')
			return *argv + n + 1;
	}
	return NULL;
}

static int fail(const struct err *err)
{
	fprintf(stderr, "%s\n", err->msg);
	return 1;
}

static bool read_plan(char **argv, struct arena *a, struct planfile *pf, struct plan_summary *summary, struct plan_create **creates,
		      struct err *err)
{
	auto_buf saved = BUF_MAX(64 << 20), json = BUF_MAX(64 << 20);
	struct plan_opts opts = { .max_bytes = 64 << 20 };
	struct plan_reader *r = plan_reader_new(a, &opts);

	if (!file_read(argv[2], &saved, err) || !planfile_read(arena_str(a, buf_str(&saved)), a, pf, err) || !file_read(argv[3], &json, err))
		return false;
	plan_reader_feed(r, buf_str(&json));
	(void)plan_reader_end(r, summary, creates);
	return true;
}

int main(int argc, char **argv)
{
	struct plan_create *creates = NULL;
	struct plan_summary summary;
	struct change_list found = { 0 };
	struct binding fill = { 0 };
	struct err err = { 0 };
	struct planfile pf;
	struct arena a;

	if (argc < 6 || !arena_map(&a, (size_t)1 << 30))
		return 2;
	if (!read_plan(argv, &a, &pf, &summary, &creates, &err))
		return fail(&err);
	{
		struct terraform_identify_opts o = { .folder = str_from(argv[1]), .planfile = &pf, .summary = &summary, .creates = creates,
						     .pin_path = str_from(argv[4]), .state_dir = str_from(argv[5]),
						     .account = str_from(option(argv, "account")),
						     .region = str_from(option(argv, "region")),
						     .environment = str_from(option(argv, "environment")) };

		if (!terraform_identify(&o, &a, &found, &fill, &err))
			return fail(&err);
	}
	CHANGE_EACH(c, &found) {
		auto_buf b = BUF_MAX(1 << 20);
		struct json_out out = { .buf = &b };

		change_to_json(c, &out);
		printf("%s\n", b.ptr);
	}
	printf("binding %.*s %.*s %.*s\n", STR_ARG(fill.backend), STR_ARG(fill.workspace), STR_ARG(fill.serial));
	arena_unmap(&a);
	return 0;
}
