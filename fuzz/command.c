/* Commands: any bytes get a verdict, the same one twice. A command that is refused stays refused when it is quoted, split over variables,
 * wrapped, piped, written down and run; beside something worse the worse counts; beside something harmless nothing changes; as data it is
 * no request. Which dresses are tried, and how words are quoted, follows from the bytes: a finding replays.
 * covers: src/read/command*.c src/read/shell/[a-z]*.c src/facts/commands*.c
 * options: -max_len=2048
 */
#include <stdlib.h>

#include "../tests/lib/corpus.h"
#include "../tests/lib/corpus_dress.h"
#include "fuzz.h"

#define TRIES 8

static struct arena lasting, arena;
static const struct policy *policy;
static const struct corpus_world *world;

static void begin(void)
{
	struct err err;

	if (policy)
		return;
	PAWL_ASSERT(arena_map(&lasting, 16 << 20) && arena_map(&arena, (size_t)1 << 30));
	world = corpus_default_world(&lasting);
	PAWL_ASSERT(world && corpus_policy(&lasting, &policy, &err));
}

static enum verdict judged(struct str text)
{
	struct corpus_verdict v;

	corpus_judge(policy, world, text, &arena, &v);
	FUZZ_CHECK(v.verdict == VERDICT_ALLOW || v.verdict == VERDICT_HOLD || v.verdict == VERDICT_DENY);
	return v.verdict;
}

static void try_on(const struct dress *d, const struct dress_text *t, enum verdict before, uint64_t *random)
{
	struct str dressed = dress_put_on(d, t, random, &arena);
	enum verdict after = judged(dressed);

	if (dress_keeps(d->promise, before, after))
		return;
	fprintf(stderr, "%s: %.*s became %.*s\n--- text\n%.*s\n--- dressed\n%.*s\n", d->name, STR_ARG(verdict_name(before)),
		STR_ARG(verdict_name(after)), STR_ARG(t->text), STR_ARG(dressed));
	FUZZ_CHECK(!"a promise of a dress");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text;
	struct dress_text t;
	enum verdict before;
	uint64_t random;

	begin();
	text = arena_str(&arena, (struct str){ (const char *)data, size });
	random = dress_seed(text);
	before = judged(text);
	FUZZ_CHECK(judged(text) == before);
	dress_look(text, &arena, &t);
	for (unsigned i = 0; i < TRIES; i++) {
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
		const struct dress *d = &corpus_dresses[(random >> 33) % corpus_n_dresses];

		if (dress_fits(d, &t) && (before != VERDICT_ALLOW || d->promise != DRESS_NO_SOFTER))
			try_on(d, &t, before, &random);
	}
	arena_reset(&arena);
	return 0;
}
