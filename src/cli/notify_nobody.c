/* When nobody is told: one sentence, wherever somebody may believe otherwise. */
#include "cli/notify.h"

#include "cli/policies.h"

struct str notify_nobody_line(const struct places *places, bool machine, struct arena *arena)
{
	const struct policy *policy;

	if (policies_load(places, arena, &policy, NULL) && !policy_notify(policy))
		return arena_fmt(arena, "NOBODY is told: no `notify` in %s (how: pawl doctor)",
				 machine ? places->machine_policy : places->user_policy);
	return notify_nobody(places, machine, arena);
}

struct str notify_nobody(const struct places *places, bool machine, struct arena *arena)
{
	const struct policy *policy;
	struct err err = { 0 };

	if (!policies_load(places, arena, &policy, &err))
		return arena_fmt(arena, "Nobody is told anything, for the policy cannot be read: %s", err.msg);
	if (policy_notify(policy))
		return STR_NONE;
	return arena_fmt(arena,
			 "NOBODY is told what was missed, failed or waits for a person: the policy names nobody. To name somebody, say "
			 "`notify: [{sendmail: you@example.com}]` in %s (or a webhook, or a command), and try it with `pawl notify test`.",
			 machine ? places->machine_policy : places->user_policy);
}
