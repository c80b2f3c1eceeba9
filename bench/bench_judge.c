/* bench_judge.c -- how many changes a second the judge weighs on one core against 1,000 rules of one's own over a preset.
 * The changes differ in kind, type, name, tag and what they hold, so that no single answer can be kept. Prints one line:
 * judge N changes/s
 */
#include <time.h>

#include "core/judge.h"

#define RULES 1000
#define CHANGES 200000
#define ROUNDS 5

static uint32_t next(uint32_t *random)
{
	*random = *random * 1664525 + 1013904223;
	return *random >> 8;
}

static void rule(struct buf *b, unsigned i)
{
	static const char *const verdicts[] = { "allow", "hold", "hold", "deny" };
	static const char *const kinds[] = { "create", "update", "delete", "replace" };

	buf_addf(b, "- {name: r%u, verdict: %s, match: {kind: [%s, destroy-backup], ", i, verdicts[i % 4], kinds[i / 4 % 4]);
	if (i % 5 == 0)
		buf_addf(b, "type: 'aws_%u_*'", i);
	else
		buf_addf(b, "type: [aws_kind_%u, google_kind_%u]", i, i);
	if (i % 3 == 0)
		buf_addf(b, ", name: 'module.team_%u.*'", i);
	if (i % 7 == 0)
		buf_adds(b, ", environment: [staging, production]");
	buf_adds(b, "}}\n");
}

static void change(struct change *c, struct arena *a, uint32_t *random)
{
	static const char *const tags[] = { "", "prod", "stage", "dev" };
	uint32_t r = next(random), n = next(random) % (RULES * 2);

	c->kind = (enum change_kind)(1 + r % (CHANGE_KIND_COUNT - 1));
	c->reversible = (enum reversibility)(r / 16 % REVERSIBLE_COUNT);
	c->holds_data = (enum holds_data)(r / 64 % HOLDS_DATA_COUNT);
	c->type = n % 5 ? arena_fmt(a, "aws_kind_%u", n) : arena_fmt(a, "aws_%u_thing", n);
	c->name = arena_fmt(a, "module.team_%u.%.*s.x[%u]", n, STR_ARG(c->type), r % 1000);
	c->tag_environment = str_from(tags[r / 256 % 4]);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(void)
{
	struct request request = { .gate = GATE_TERRAFORM, .principal.kind = PRINCIPAL_AGENT };
	struct evidence evidence = { .now_us = INT64_C(1800000000000000) };
	struct arena arena, scratch;
	const struct policy *policy;
	struct judgement j;
	auto_buf text = BUF_MAX(POLICY_MAX_BYTES);
	struct policy_source source = { POLICY_USER, STR("bench"), STR_NONE };
	struct err err;
	double best = 0;
	uint32_t random = 1;

	if (!arena_map(&arena, (size_t)1 << 30) || !arena_map(&scratch, (size_t)1 << 30))
		return 1;
	buf_adds(&text, "version: 1\nenvironments:\n- {name: s, kind: staging, match: {tag: 'sta*'}}\n"
			"- {name: d, kind: scratch, match: {tag: dev}}\nrules:\n");
	for (unsigned i = 0; i < RULES; i++)
		rule(&text, i);
	source.text = buf_str(&text);
	if (!policy_load(&source, 1, &arena, &policy, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	for (size_t i = 0; i < CHANGES; i++) {
		struct change *c = change_add(&request.changes, &arena);

		if (!c)
			return 1;
		change(c, &arena, &random);
	}
	for (int i = 0; i < ROUNDS; i++) {
		double t = seconds();

		arena_reset(&scratch);
		judge(policy, &request, &evidence, &scratch, &j);
		t = CHANGES / (seconds() - t);
		best = t > best ? t : best;
	}
	if (j.n_allowed + j.n_held + j.n_denied != CHANGES || !j.n_allowed || !j.n_held || !j.n_denied)
		return 1;
	printf("judge %.0f changes/s (%zu rules; %zu allowed, %zu held, %zu denied)\n", best, policy_rule_count(policy), j.n_allowed,
	       j.n_held, j.n_denied);
	return 0;
}
