/* Policies: any bytes are a policy or an error that names a line; a project's file never softens a verdict, alone or over a
 * user's; the same bytes give the same answer.
 * covers: src/core/policy*.c src/base/doc.c src/core/rules.c src/core/match.c src/core/judge.c src/core/demands.c
 * seeds: tests/cases/policy/?*.yaml tests/cases/policy/refused/?*.yaml src/core/presets/?*.yaml
 * options: -max_len=8192
 */
#include "fuzz.h"

#include "core/judge.h"

static const char user[] = "version: 1\nenvironments:\n- {name: stage, kind: staging, match: {account: '2'}}\n"
			   "- {name: play, kind: scratch, match: {account: '3'}}\napprovers: [{name: alice, roles: [dba]}]\nrules:\n"
			   "- {name: no, verdict: deny, match: {environment: [stage, 'prod*'], kind: replace}}\n"
			   "- {name: dba, verdict: hold, match: {type: 'aws_db_*'}, approvers: ['role:dba'], approvals: 2, cool_off: 1m}\n"
			   "- {name: ok, verdict: allow, match: {type: x}}\n";

static const struct policy *load(const struct policy_source *s, size_t n, struct arena *a, struct err *err)
{
	const struct policy *p = NULL;

	err->msg[0] = '\0';
	if (policy_load(s, n, a, &p, err))
		FUZZ_CHECK(p);
	else
		FUZZ_CHECK(!p && err->code != ERR_NONE && err->msg[0]);
	return p;
}

static int rank(enum verdict v)
{
	return v == VERDICT_ALLOW ? 0 : v == VERDICT_HOLD ? 1 : 2;
}

static bool listed(const struct str_list *l, struct str s)
{
	for (; l; l = l->next) {
		if (str_eq(l->item, s))
			return true;
	}
	return false;
}

/* Is ${b} at least as strict as ${a}? */
static void not_softer(const struct judgement *a, const struct judgement *b)
{
	FUZZ_CHECK(rank(b->verdict) >= rank(a->verdict));
	if (a->verdict != VERDICT_HOLD || b->verdict != VERDICT_HOLD)
		return;
	FUZZ_CHECK(b->demands.confirm >= a->demands.confirm);
	FUZZ_CHECK(b->demands.approvals >= a->demands.approvals);
	FUZZ_CHECK(b->demands.cool_off_s >= a->demands.cool_off_s);
	FUZZ_CHECK(!a->missing.len || b->missing.len);
	FUZZ_CHECK(!a->demands.expires_s || (b->demands.expires_s && b->demands.expires_s <= a->demands.expires_s));
	FUZZ_CHECK(!a->demands.roles || b->demands.roles);
	for (const struct str_list *l = a->demands.roles ? b->demands.roles : NULL; l; l = l->next)
		FUZZ_CHECK(listed(a->demands.roles, l->item) || str_is(l->item, "alice"));
}

/* A request made from the bytes as well, so that its words meet those of the policy. */
static void make_request(struct str s, struct request *r, struct arena *a)
{
	static const char *const accounts[] = { "", "1", "2", "3" }, *const types[] = { "", "x", "aws_db_instance", "aws_s3_bucket" };

	r->gate = GATE_TERRAFORM;
	for (size_t i = 0; i < 24; i++) {
		unsigned seed = s.len ? (unsigned char)s.ptr[(i * 7919) % s.len] + (unsigned)i : (unsigned)i;
		struct change *c = change_add(&r->changes, a);

		if (!c)
			return;
		r->place.account = str_from(accounts[s.len & 3]);
		c->kind = (enum change_kind)(seed % CHANGE_KIND_COUNT);
		c->reversible = (enum reversibility)(seed / 3 % REVERSIBLE_COUNT);
		c->holds_data = (enum holds_data)(seed / 5 % HOLDS_DATA_COUNT);
		c->type = str_from(types[seed / 7 % 4]);
		c->name = str_sub(s, seed, 12);
		c->tag_environment = seed & 1 ? str_sub(s, seed * 2, 6) : STR_NONE;
		c->rows = seed;
	}
}

static void weigh(const struct policy *without, const struct policy *with, const struct request *all, struct arena *a)
{
	const struct evidence evidence = { .now_us = INT64_C(1800000000000000) };
	struct judgement before, after, again;

	judge(without, all, &evidence, a, &before);
	judge(with, all, &evidence, a, &after);
	judge(with, all, &evidence, a, &again);
	if (a->full)
		return;
	not_softer(&before, &after);
	FUZZ_CHECK(after.verdict == again.verdict && str_eq(after.reason, again.reason) && str_eq(after.rule.name, again.rule.name));
	CHANGE_EACH(c, &all->changes) {
		struct judged_change one = judge_change(without, all, &evidence, c), two = judge_change(with, all, &evidence, c);
		struct request alone = *all;
		struct change *copy;

		FUZZ_CHECK(rank(two.verdict) >= rank(one.verdict));
		alone.changes = (struct change_list){ 0 };
		copy = change_add(&alone.changes, a);
		if (!copy)
			return;
		*copy = *c;
		judge(without, &alone, &evidence, a, &before);
		judge(with, &alone, &evidence, a, &after);
		if (a->full)
			return;
		not_softer(&before, &after);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	const struct policy_source project = { POLICY_PROJECT, STR("pawl.yaml"), text };
	const struct policy_source both[] = { { POLICY_USER, STR("user.yaml"), { user, sizeof(user) - 1 } }, project };
	const struct policy_source own = { POLICY_USER, STR("user.yaml"), text };
	static struct arena arena;
	struct request request = { 0 };
	struct err err;

	if (!arena.mem)
		FUZZ_CHECK(arena_map(&arena, (size_t)256 << 20));
	make_request(text, &request, &arena);
	if (load(&own, 1, &arena, &err)) {
		const struct policy *p = load(&own, 1, &arena, &err);

		weigh(p, p, &request, &arena);
	}
	if (load(&project, 1, &arena, &err)) {
		weigh(load(NULL, 0, &arena, &err), load(&project, 1, &arena, &err), &request, &arena);
		weigh(load(both, 1, &arena, &err), load(both, 2, &arena, &err), &request, &arena);
	}
	arena_reset(&arena);
	return 0;
}
