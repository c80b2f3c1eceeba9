/* corpus_judge.c -- one command read in the world of its case and judged, as the hook would. */
#include "corpus.h"
#include "read/command.h"

bool corpus_policy(struct arena *arena, const struct policy **ret, struct err *err)
{
	return policy_load(NULL, 0, arena, ret, err);
}

/* What the keep takes first comes back: the gate says so on the change. */
static void keep(const struct corpus_world *is, const struct command_answer *a, struct arena *arena)
{
	for (const struct discard *d = a->discards; d; d = d->next)
		if (d->change && corpus_keeps(is, d->path, arena))
			d->change->reversible = REVERSIBLE_YES;
}

void corpus_judge(const struct policy *policy, const struct corpus_world *is, struct str text, struct arena *arena,
		  struct corpus_verdict *ret)
{
	struct command_answer a = { 0 };
	struct judgement j = { 0 };
	struct evidence evidence = { .now_us = INT64_C(1800000000000000) };
	struct request request = { .gate = GATE_HOOK, .principal.kind = PRINCIPAL_AGENT };
	struct world w;

	corpus_world_begin(is, arena, &w);
	for (unsigned round = 0; round < WORLD_MAX_ROUNDS; round++) {
		a = (struct command_answer){ 0 };
		command_read(text, &w, arena, &a);
		if (corpus_world_vaults(is, &w))
			continue;
		if (!w.needs)
			break;
		corpus_world_answer(is, &w);
	}
	keep(is, &a, arena);
	request.tool = a.tool;
	request.summary = a.summary;
	request.place.path = is->cwd;
	request.changes = a.changes;
	judge(policy, &request, &evidence, arena, &j);
	*ret = (struct corpus_verdict){ j.verdict, STR("") };
	if (j.verdict == VERDICT_ALLOW)
		return;
	ret->because = j.changes ? arena_fmt(arena, "%.*s %.*s %.*s %.*s (%.*s)", STR_ARG(change_kind_name(j.changes->change->kind)),
					     STR_ARG(j.changes->change->finding), STR_ARG(j.changes->change->type),
					     STR_ARG(j.changes->change->name), STR_ARG(j.changes->change->reason))
				 : j.reason;
}
