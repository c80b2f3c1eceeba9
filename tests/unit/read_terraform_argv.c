/* Every row of the table by its own examples, then the cases in tests/cases/terraform-argv. */
#include "unit.h"

#include <dirent.h>

#include "base/fd.h"
#include "read/terraform_argv.h"

static char mem[1 << 20];

struct line {
	struct terraform_variable env[16];
	struct terraform_argv_input in;
	struct terraform_argv answer;
};

/* "A=b terraform apply": variables first, then the tool, then its words. */
static bool read_line(struct str text, struct arena *a, struct line *l)
{
	static const char *const tools[] = { "terraform", "tofu", "terragrunt" };
	struct terraform_words w;
	size_t i = 0;

	*l = (struct line){ 0 };
	if (!terraform_argv_split(text, a, &w))
		return false;
	for (; i < w.n && str_find_char(w.item[i], '=') != SIZE_MAX && l->in.n_env < 16; i++) {
		size_t eq = str_find_char(w.item[i], '=');

		l->env[l->in.n_env++] = (struct terraform_variable){ str_sub(w.item[i], 0, eq),
								     str_sub(w.item[i], eq + 1, w.item[i].len) };
	}
	for (unsigned t = 0; i < w.n && t < 3; t++) {
		if (str_is(w.item[i], tools[t]))
			l->in.tool = 1u << t;
	}
	if (!l->in.tool)
		return false;
	l->in.env = l->env;
	l->in.words = w.item + i + 1;
	l->in.n_words = w.n - i - 1;
	terraform_argv_read(&l->in, a, &l->answer);
	return true;
}

static void every_row(void **state)
{
	const struct terraform_rule *r;
	struct arena a;
	struct line l;

	(void)state;
	arena_init(&a, mem, sizeof(mem));
	for (size_t i = 0; (r = terraform_rule_nth(i)); i++) {
		arena_reset(&a);
		if (!read_line(r->yes, &a, &l) || !str_eq(l.answer.rule, r->name))
			fail_msg("%.*s: '%.*s' is decided by '%.*s'", STR_ARG(r->name), STR_ARG(r->yes),
				 STR_ARG(l.answer.rule));
		if (!read_line(r->no, &a, &l) || str_eq(l.answer.rule, r->name))
			fail_msg("%.*s: '%.*s' matches too", STR_ARG(r->name), STR_ARG(r->no));
		assert_true(r->why.len > 0);
		if (r->way > TERRAFORM_WAY_PLAN)
			assert_true(r->safer.len > 0);
		for (size_t k = 0; k < i; k++)
			assert_false(str_eq(terraform_rule_nth(k)->name, r->name));
	}
}

static unsigned one_file(const char *path)
{
	static char room[1 << 20];
	auto_buf b = BUF_MAX(1 << 20);
	struct str rest;
	struct arena a;
	unsigned n = 0, number = 0;

	assert_true(file_read(path, &b, NULL));
	arena_init(&a, room, sizeof(room));
	for (rest = buf_str(&b); rest.len; number++) {
		size_t end = str_find_char(rest, '\n'), arrow;
		struct str text = str_trim(str_sub(rest, 0, end)), want;
		struct line l;
		char got[300];

		rest = end == SIZE_MAX ? STR_NONE : str_sub(rest, end + 1, rest.len);
		if (!text.len || text.ptr[0] == '#')
			continue;
		arrow = str_find(text, STR(" => "));
		if (arrow == SIZE_MAX)
			fail_msg("%s:%u: no '=>'", path, number + 1);
		want = str_trim(str_sub(text, arrow + 4, text.len));
		arena_reset(&a);
		if (!read_line(str_trim(str_sub(text, 0, arrow)), &a, &l))
			fail_msg("%s:%u: not understood", path, number + 1);
		snprintf(got, sizeof(got), "%.*s %.*s", STR_ARG(terraform_way_name(l.answer.way)),
			 STR_ARG(l.answer.rule));
		if (!str_is(want, got))
			fail_msg("%s:%u: got '%s', wanted '%.*s'", path, number + 1, got, STR_ARG(want));
		n++;
	}
	return n;
}

static void every_case(void **state)
{
	const char *source = getenv("PAWL_SOURCE");
	char dir[4096], path[8192];
	unsigned n = 0;
	struct dirent *e;
	DIR *d;

	(void)state;
	snprintf(dir, sizeof(dir), "%s/tests/cases/terraform-argv", source ? source : ".");
	d = opendir(dir);
	assert_non_null(d);
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		n += one_file(path);
	}
	closedir(d);
	assert_true(n > 60);
}

static void parts(void **state)
{
	struct arena a;
	struct line l;

	(void)state;
	arena_init(&a, mem, sizeof(mem));
	assert_true(
		read_line(STR("TF_WORKSPACE=prod terraform -chdir=infra plan -var a=1 -out p.bin -destroy"), &a, &l));
	assert_str(l.answer.chdir, "infra");
	assert_str(l.answer.out, "p.bin");
	assert_str(l.answer.workspace, "prod");
	assert_true(l.answer.destroy);
	assert_int_equal(l.answer.options.n, 3); /* -var a=1 -destroy */
	assert_str(l.answer.options.item[1], "a=1");
	assert_true(read_line(STR("terraform apply -parallelism 3 -auto-approve p.bin"), &a, &l));
	assert_str(l.answer.plan_file, "p.bin");
	assert_true(read_line(STR("terraform destroy -auto-approve -var 'a=b c'"), &a, &l));
	assert_int_equal(l.answer.options.n, 3);
	assert_str(l.answer.options.item[1], "a=b c");
	assert_str(l.answer.options.item[2], "-destroy");
	assert_true(read_line(STR("TF_CLI_ARGS_plan='-destroy -out=\"x y\"' terraform plan"), &a, &l));
	assert_true(l.answer.destroy);
	assert_str(l.answer.out, "x y");
}

/* Whatever the words are, there is an answer, and a full arena refuses. */
static void total(void **state)
{
	struct str words[3] = { STR("apply"), STR_NONE, STR("\xff\xfe") };
	struct terraform_argv_input in = { TERRAFORM_TOOL_TERRAFORM, words, 3, NULL, 0 };
	struct terraform_argv answer;
	static char small[64];
	struct arena a;

	(void)state;
	arena_init(&a, small, sizeof(small));
	terraform_argv_read(&in, &a, &answer);
	assert_int_equal(answer.way, TERRAFORM_WAY_REFUSE);
	in.n_words = 0;
	arena_init(&a, mem, sizeof(mem));
	terraform_argv_read(&in, &a, &answer);
	assert_int_equal(answer.way, TERRAFORM_WAY_PASS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row),
		cmocka_unit_test(every_case),
		cmocka_unit_test(parts),
		cmocka_unit_test(total),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
