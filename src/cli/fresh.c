#include "cli/fresh.h"

#include <stdio.h>
#include <unistd.h>

#include "base/proc.h"
#include "base/timestamp.h"
#include "cli/self.h"

#define SAID_MAX ((size_t)1 << 20)
#define ASKED_S 1800 /* where backup.yaml says no other */
#define GRACE_S 30   /* it ends by itself; this is for what does not */
#define TARGETS_MAX 64
#define NAME_SIZE 80

/* For want of younger evidence, or to be asked at all. */
static bool wanted(const struct fresh_ask *ask)
{
	const struct judgement *j = ask->judgement;

	return ask->asked || j->verdict == VERDICT_HOLD || (j->verdict == VERDICT_DENY && j->recovery_within_s);
}

static int64_t within(const struct judgement *j)
{
	int64_t d = j->demands.recovery_verified_within_s, r = j->recovery_within_s;

	return d && (!r || d < r) ? d : r;
}

static bool due(const struct fresh_ask *ask, const struct recovery_point *p)
{
	if (!p->target.len || p->target.len >= NAME_SIZE)
		return false;
	return ask->asked || (p->fresh_s && recovery_stale(p, ask->evidence->now_us, within(ask->judgement)));
}

static void tell(const char *name, const char *why)
{
	fprintf(stderr, "pawl: no fresh backup of %s was brought back: %s What is known of older ones stands.\n", name, why);
}

static void run(const char *program, const struct recovery_point *p)
{
	char name[NAME_SIZE], most[32], span[64];
	int64_t seconds = p->fresh_s ? p->fresh_s : ASKED_S;
	char backup[] = "backup", drill[] = "--drill", limit[] = "--within";
	char *argv[] = { (char *)(uintptr_t)program, backup, name, drill, limit, most, NULL };
	auto_buf said = BUF_MAX(SAID_MAX);
	/* Standard output is the card's, and a person's Ctrl-C is for the child as well. */
	struct proc_opts opts = { .out = &said, .timeout_s = (int)(seconds + GRACE_S), .inherit_input = true };
	struct err err = { 0 };
	int status = 1;

	snprintf(name, sizeof(name), "%.*s", STR_ARG(p->target));
	snprintf(most, sizeof(most), "%llds", (long long)seconds);
	duration_text(seconds, span, sizeof(span));
	fprintf(stderr, "pawl: a fresh backup of %s is taken and brought back first, within %s\n", name, span);
	if (!proc_run(argv, &opts, &status, &err))
		tell(name, err.msg);
	fprintf(stderr, "%.*s", STR_ARG(buf_str(&said)));
	if (!err.code && status == 3)
		fprintf(stderr, "pawl: the drill of the fresh backup of %s FAILED, and that counts\n", name);
	else if (!err.code && status != 0)
		tell(name, "see above.");
	if ((err.code || status == 1) && p->user.len)
		fprintf(stderr, "pawl: by the vault's side: sudo pawl backup %s --drill\n", name);
}

bool fresh_take(const struct fresh_ask *ask)
{
	struct str done[TARGETS_MAX];
	char program[PLACES_MAX];
	struct err err = { 0 };
	size_t n = 0;

	if (!wanted(ask))
		return false;
	for (const struct recovery_point *p = ask->evidence->recovery; p && n < TARGETS_MAX; p = p->next) {
		size_t i = 0;

		while (i < n && !str_eq(done[i], p->target))
			i++;
		if (i < n || !due(ask, p))
			continue;
		if (!n && !self_program(program, &err)) {
			tell("anything", err.msg);
			return false;
		}
		done[n++] = p->target;
		run(program, p);
	}
	if (!n && ask->asked)
		fprintf(stderr, "pawl: --fresh: no target of backup.yaml speaks for what goes here\n");
	return n > 0;
}
