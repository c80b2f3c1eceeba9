/* Every command of the corpus that must be stopped, in every dress that fits it: none makes it pass. docs/corpus.md.
 * unit_corpus_dress [all]: one dress in STEP of each command, chosen by its bytes; with `all`, every one.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../lib/corpus.h"
#include "../lib/corpus_dress.h"

#define STEP 8
#define MAX_SHOWN 400

static struct arena arena, scratch;

struct tally {
	size_t tried, broken;
};

static void print_text(struct str s)
{
	for (size_t i = 0; i < s.len && i < 300; i++)
		fputs(s.ptr[i] == '\n' ? "\\n" : (const char[]){ s.ptr[i], 0 }, stdout);
}

static void try_dress(const struct policy *policy, const struct corpus_case *c, const struct dress *d, struct tally *t)
{
	uint64_t random = dress_seed(c->text) + (uint64_t)(d - corpus_dresses);
	struct corpus_verdict before, after;
	struct dress_text look;
	struct str dressed;

	dress_look(c->text, &scratch, &look);
	if (dress_fits(d, &look)) {
		corpus_judge(policy, c->world, c->text, &scratch, &before);
		dressed = dress_put_on(d, &look, &random, &scratch);
		corpus_judge(policy, c->world, dressed, &scratch, &after);
		t->tried++;
		if (!dress_keeps(d->promise, before.verdict, after.verdict) && t->broken++ < MAX_SHOWN) {
			printf("# %.*s:%u: %s: %.*s became %.*s: ", STR_ARG(c->file), c->line, d->name,
			       STR_ARG(verdict_name(before.verdict)), STR_ARG(verdict_name(after.verdict)));
			print_text(dressed);
			if (after.because.len) {
				fputs("  <- ", stdout);
				print_text(after.because);
			}
			putchar('\n');
		}
	}
	arena_reset(&scratch);
}

int main(int argc, char **argv)
{
	const char *source = getenv("PAWL_SOURCE");
	const struct policy *policy;
	struct corpus c = { 0 };
	struct tally *t;
	size_t step = argc > 1 && strcmp(argv[1], "all") == 0 ? 1 : STEP, broken = 0, tried = 0;
	char folder[4096];
	struct err err;

	if (!arena_map(&arena, (size_t)64 << 20) || !arena_map(&scratch, (size_t)256 << 20))
		return 1;
	snprintf(folder, sizeof(folder), "%s/tests/cases/commands", source ? source : ".");
	t = ARENA_ARRAY(&arena, corpus_n_dresses, struct tally);
	if (!t || !corpus_read_folder(folder, &arena, &c, &err) || !corpus_policy(&arena, &policy, &err)) {
		printf("1..1\nnot ok 1 - %s\n", err.msg);
		return 1;
	}
	for (const struct corpus_case *k = c.first; k; k = k->next)
		for (size_t i = dress_seed(k->text) % step; i < corpus_n_dresses; i += step)
			if (k->at_least != VERDICT_ALLOW || corpus_dresses[i].promise != DRESS_NO_SOFTER)
				try_dress(policy, k, &corpus_dresses[i], &t[i]);
	printf("1..%zu\n", corpus_n_dresses);
	for (size_t i = 0; i < corpus_n_dresses; i++) {
		printf("%sok %zu - %s: %zu of %zu\n", t[i].broken || !t[i].tried ? "not " : "", i + 1, corpus_dresses[i].name,
		       t[i].tried - t[i].broken, t[i].tried);
		broken += t[i].broken || !t[i].tried;
		tried += t[i].tried;
	}
	printf("# note: %zu commands in %zu dresses, %zu judged\n", c.n, corpus_n_dresses, tried);
	return broken ? 1 : 0;
}
