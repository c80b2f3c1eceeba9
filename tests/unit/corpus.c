/* The commands of tests/cases/commands: what must be stopped is stopped, what must pass passes. One TAP line a case; notes with the ratios.
 * unit_corpus --ratios [FILE …]: the ratios and what failed, without TAP (`make corpus`).
 */
#include <stdio.h>
#include <stdlib.h>

#include "../lib/corpus.h"

#define CASES_BYTES ((size_t)64 << 20)
#define ONE_CASE_BYTES ((size_t)256 << 20)

static struct arena arena, scratch;

struct tally {
	size_t misses, false_blocks;
	unsigned n;
	bool ratios; /* no TAP */
};

/* On one line: a description of TAP has no newline and no hash. */
static void print_line(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		fputs(s.ptr[i] == '\n' ? "\\n" : s.ptr[i] == '#' ? "\\#" : (const char[]){ s.ptr[i], 0 }, stdout);
}

static void judge_case(const struct policy *policy, const struct corpus_case *c, struct tally *t)
{
	struct corpus_verdict v;
	bool good;

	corpus_judge(policy, c->world, c->text, &scratch, &v);
	good = c->at_least == VERDICT_ALLOW ? v.verdict == VERDICT_ALLOW : verdict_stricter(v.verdict, c->at_least) == v.verdict;
	t->misses += !good && c->at_least != VERDICT_ALLOW;
	t->false_blocks += !good && c->at_least == VERDICT_ALLOW;
	if (!t->ratios || !good) {
		if (!t->ratios)
			printf("%sok %u - ", good ? "" : "not ", ++t->n);
		printf("%.*s:%u: ", STR_ARG(c->file), c->line);
		if (!good)
			printf("%.*s, must be %.*s: ", STR_ARG(verdict_name(v.verdict)), STR_ARG(verdict_name(c->at_least)));
		print_line(c->text);
		if (!good && v.because.len) {
			fputs("  <- ", stdout);
			print_line(v.because);
		}
		putchar('\n');
	}
	arena_reset(&scratch);
}

/* The default world with vaults of every kind, and backups that run by lines in the crontab. */
static const struct corpus_world *beside_vaults(const struct corpus_world *is)
{
	static struct world_vault vaults[] = {
		{ .name = STR_INIT("local"), .path = STR_INIT("/home/dev/safe/vault"), .real = STR_INIT("/srv/vault") },
		{ .name = STR_INIT("offsite"), .repository = STR_INIT("sftp:far:/srv/restic") },
		{ .name = STR_INIT("cloud"), .repository = STR_INIT("drive:pawl/b") },
		{ .name = STR_INIT("fleet"), .bucket = STR_INIT("acme-backups/pawl"), .user = STR_INIT("pawl-vault") },
	};
	static struct corpus_file schedule = { .path = STR_INIT("/home/dev/.local/state/pawl/recovery/schedule"), .text = STR_INIT("cron\n") };
	static struct corpus_world with;

	for (size_t i = 0; i + 1 < sizeof(vaults) / sizeof(*vaults); i++)
		vaults[i].next = &vaults[i + 1];
	schedule.next = is->files;
	with = *is;
	with.vaults = vaults;
	with.files = &schedule;
	return &with;
}

/* What guards pawl's own places asks nothing of everyday work that does not come near them. */
static size_t judge_beside(const struct policy *policy, const struct corpus *c, bool ratios)
{
	struct corpus_verdict v;
	size_t bad = 0;

	for (const struct corpus_case *k = c->first; k; k = k->next) {
		if (k->at_least != VERDICT_ALLOW || !str_is(k->world->title, "default") || k->world->vaults)
			continue;
		corpus_judge(policy, beside_vaults(k->world), k->text, &scratch, &v);
		if (v.verdict != VERDICT_ALLOW) {
			printf("%s%.*s:%u beside vaults: ", ratios ? "" : "# ", STR_ARG(k->file), k->line);
			print_line(v.because);
			putchar('\n');
			bad++;
		}
		arena_reset(&scratch);
	}
	if (!ratios)
		printf("%sok %zu - everyday commands pass beside vaults and a schedule\n", bad ? "not " : "", c->n + 1);
	return bad;
}

static void print_ratio(const char *what, size_t n, size_t of, bool ratios)
{
	printf("%s%s: %zu of %zu (%.1f %%)\n", ratios ? "" : "# note: ", what, n, of, of ? 100.0 * (double)n / (double)of : 0.0);
}

int main(int argc, char **argv)
{
	const char *source = getenv("PAWL_SOURCE");
	const struct policy *policy;
	struct corpus c = { 0 };
	struct tally t = { .ratios = argc > 1 && strcmp(argv[1], "--ratios") == 0 };
	char folder[4096];
	struct err err;
	bool ok = true;

	if (!arena_map(&arena, CASES_BYTES) || !arena_map(&scratch, ONE_CASE_BYTES))
		return 1;
	snprintf(folder, sizeof(folder), "%s/tests/cases/commands", source ? source : ".");
	for (int i = 2; ok && t.ratios && i < argc; i++)
		ok = corpus_read_file(argv[i], &arena, &c, &err);
	if (!ok || (!c.n && !corpus_read_folder(folder, &arena, &c, &err)) || !corpus_policy(&arena, &policy, &err)) {
		printf("1..1\nnot ok 1 - %s\n", err.msg);
		return 1;
	}
	if (!t.ratios)
		printf("1..%zu\n", c.n + 1);
	for (const struct corpus_case *k = c.first; k; k = k->next)
		judge_case(policy, k, &t);
	t.false_blocks += judge_beside(policy, &c, t.ratios);
	print_ratio("misses", t.misses, c.n_refused, t.ratios);
	print_ratio("false blocks", t.false_blocks, c.n_allowed, t.ratios);
	return t.misses + t.false_blocks ? 1 : 0;
}
