#include "cli/commands.h"
#include "cli/policies.h"

#include "core/judge.h"

#define ARENA ((size_t)256 << 20)

/* --- check --- */

static size_t length(const struct str_list *l)
{
	size_t n = 0;

	for (; l; l = l->next)
		n++;
	return n;
}

static void check_json(const char *file, const struct policy *p, struct json_out *o)
{
	struct digest d = policy_digest(p);
	char hex[DIGEST_HEX_LEN + 1];

	json_out_open(o, '{');
	if (file)
		json_out_kv(o, "file", str_from(file));
	json_out_kv(o, "preset", policy_preset(p));
	json_out_key(o, "rules");
	json_out_u64(o, policy_rule_count(p));
	digest_hex(&d, hex);
	json_out_kv(o, "digest", str_from(hex));
	json_out_key(o, "warnings");
	json_out_open(o, '[');
	for (const struct str_list *w = policy_warnings(p); w; w = w->next)
		json_out_str(o, w->item);
	json_out_close(o, ']');
	json_out_close(o, '}');
}

static void check_text(const char *file, const struct policy *p, struct buf *b)
{
	size_t n = length(policy_warnings(p)), people = 0;

	for (const struct approver *a = policy_approvers(p); a; a = a->next)
		people++;
	buf_addf(b, "%s: sound. Preset %.*s, %zu rules in force, %zu approver%s named.\n", file ? file : "the policy in force",
		 STR_ARG(policy_preset(p)), policy_rule_count(p), people, people == 1 ? "" : "s");
	for (const struct str_list *w = policy_warnings(p); w; w = w->next)
		buf_addf(b, "  note: %.*s\n", STR_ARG(w->item));
	if (n)
		buf_addf(b, "%zu thing%s said without effect.\n", n, n == 1 ? " is" : "s are");
}

static bool load(const char *file, struct arena *a, const struct policy **ret, struct err *err)
{
	struct places pl;

	if (file)
		return policies_load_one(file, a, ret, err);
	return places_find(NULL, &pl, err) && policies_load(&pl, a, ret, err);
}

int cmd_policy_check(struct cli *c)
{
	auto_buf b = BUF_MAX(8 << 20);
	struct json_out o = { .buf = &b };
	const struct policy *p;
	struct err err = { 0 };
	struct arena a;
	int status = EXIT_ALLOW;

	if (!arena_map(&a, ARENA))
		return cli_fail(c, (err_set(&err, ERR_LIMIT, "no memory"), &err));
	if (c->json)
		json_out_open(&o, '[');
	for (int i = 0; status == EXIT_ALLOW && (i < c->n_args || i == 0); i++) {
		const char *file = c->n_args ? c->args[i] : NULL;

		arena_reset(&a);
		if (!load(file, &a, &p, &err))
			status = cli_fail(c, &err);
		else if (c->json)
			check_json(file, p, &o);
		else
			check_text(file, p, &b);
	}
	if (c->json) {
		json_out_close(&o, ']');
		buf_addc(&b, '\n');
	}
	if (status == EXIT_ALLOW && !cli_print(&b))
		status = EXIT_ERROR;
	arena_unmap(&a);
	return status;
}

/* --- test --- */

struct tally {
	size_t passed, failed;
	struct buf *b;
	struct json_out *o; /* NULL: text */
	bool colour;
};

static bool as_expected(const struct policy_case *k, const struct judgement *j, struct str rule)
{
	return j->verdict == k->expect && (!k->rule.len || str_eq(k->rule, rule));
}

static void say_case(struct tally *t, const struct policy_case *k, const struct judgement *j, const struct rule_ref *rule)
{
	bool ok = as_expected(k, j, rule->name);

	if (t->o) {
		json_out_open(t->o, '{');
		json_out_kv(t->o, "name", k->name);
		json_out_key(t->o, "ok");
		json_out_bool(t->o, ok);
		json_out_kv(t->o, "verdict", verdict_name(j->verdict));
		json_out_kv(t->o, "rule", rule->name);
		json_out_close(t->o, '}');
		return;
	}
	if (ok) {
		buf_addf(t->b, "ok      %.*s\n", STR_ARG(k->name));
		return;
	}
	buf_addf(t->b, "%sFAILED%s  %.*s (%.*s:%u)\n", t->colour ? "\033[31m" : "", t->colour ? "\033[0m" : "", STR_ARG(k->name),
		 STR_ARG(k->file), k->line);
	buf_addf(t->b, "        expected %.*s%s%.*s, is %.*s by %.*s (%.*s:%u)\n", STR_ARG(verdict_name(k->expect)),
		 k->rule.len ? " by " : "", STR_ARG(k->rule), STR_ARG(verdict_name(j->verdict)),
		 STR_ARG(rule->name.len ? rule->name : STR("no rule")), STR_ARG(rule->file), rule->line);
}

static void run_cases(const struct policy *p, struct arena *a, struct tally *t)
{
	for (const struct policy_case *k = policy_cases(p); k; k = k->next) {
		struct judgement j;
		struct rule_ref rule;

		judge(p, &k->request, &k->evidence, a, &j);
		rule = j.rule;
		if (j.verdict == VERDICT_ALLOW) /* of the many that pass the judge names none */
			rule = judge_change(p, &k->request, &k->evidence, change_nth(&k->request.changes, 0)).rule;
		if (as_expected(k, &j, rule.name))
			t->passed++;
		else
			t->failed++;
		say_case(t, k, &j, &rule);
	}
}

static int test_files(struct cli *c, struct arena *a, struct tally *t)
{
	const struct policy *p;
	struct err err = { 0 };

	for (int i = 0; i < c->n_args || i == 0; i++) {
		arena_reset(a);
		if (!load(c->n_args ? c->args[i] : NULL, a, &p, &err))
			return cli_fail(c, &err);
		run_cases(p, a, t);
	}
	return t->failed ? EXIT_ERROR : EXIT_ALLOW;
}

int cmd_policy_test(struct cli *c)
{
	auto_buf b = BUF_MAX(8 << 20);
	struct json_out o = { .buf = &b };
	struct tally t = { .b = &b, .o = c->json ? &o : NULL, .colour = c->colour };
	struct err err = { 0 };
	struct arena a;
	int status;

	if (!arena_map(&a, ARENA * 4))
		return cli_fail(c, (err_set(&err, ERR_LIMIT, "no memory"), &err));
	if (t.o) {
		json_out_open(&o, '{');
		json_out_key(&o, "cases");
		json_out_open(&o, '[');
	}
	status = test_files(c, &a, &t);
	arena_unmap(&a);
	if (status == EXIT_ERROR && !t.failed)
		return status;
	if (t.o) {
		json_out_close(&o, ']');
		json_out_key(&o, "passed");
		json_out_u64(&o, t.passed);
		json_out_key(&o, "failed");
		json_out_u64(&o, t.failed);
		json_out_close(&o, '}');
		buf_addc(&b, '\n');
	} else if (t.passed + t.failed == 0) {
		buf_adds(&b, "no cases: write `cases:` into the policy, see docs/policy.md\n");
	} else {
		buf_addf(&b, "%zu passed, %zu failed\n", t.passed, t.failed);
	}
	return cli_print(&b) ? status : EXIT_ERROR;
}
