/* keep_tool STATE take WORDS WISH … | restore ID [DIR] | look ID | prune: the keep by hand, for tests.
 * A wish: path:/abs, changes:/root[:ref], untracked:/root, untracked-x:/root, untracked-1:/root (one -f), stash:/root,
 * branch:/root:name, commits:/root:ref; of a path that has a colon only path: is sure. Bounds come from the environment: KEEP_ITEM,
 * KEEP_TOTAL, KEEP_FILES, KEEP_AGE, KEEP_TIME_MS, KEEP_SKIP.
 */
#include <stdio.h>
#include <string.h>

#include "keep/keep.h"

static const struct {
	const char *word;
	enum keep_what what;
	bool ignored, spare;
} words[] = {
	{ "path", KEEP_PATH, false, false },
	{ "changes", KEEP_GIT_CHANGES, false, false },
	{ "untracked", KEEP_GIT_UNTRACKED, false, false },
	{ "untracked-x", KEEP_GIT_UNTRACKED, true, false },
	{ "untracked-1", KEEP_GIT_UNTRACKED, false, true },
	{ "stash", KEEP_GIT_STASH, false, false },
	{ "branch", KEEP_GIT_BRANCH, false, false },
	{ "commits", KEEP_GIT_COMMITS, false, false },
};

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *v = getenv(name);
	uint64_t n;

	return v && str_to_u64(str_from(v), &n) ? n : otherwise;
}

static bool wish_from(struct str text, struct keep_wish *ret)
{
	size_t colon = str_find_char(text, ':');
	struct str word = str_sub(text, 0, colon), rest = str_sub(text, colon + 1, text.len);

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!str_is(word, words[i].word))
			continue;
		colon = words[i].what == KEEP_PATH ? SIZE_MAX : str_find_char(rest, ':');
		*ret = (struct keep_wish){ .what = words[i].what, .path = str_sub(rest, 0, colon), .ignored = words[i].ignored,
					   .spare_nested = words[i].spare };
		if (colon != SIZE_MAX)
			ret->ref = str_sub(rest, colon + 1, rest.len);
		return true;
	}
	return false;
}

static int fail(const struct err *err)
{
	fprintf(stderr, "%d: %s\n", err->code, err->msg);
	return 1;
}

static int take(struct keep *k, char **argv, int n)
{
	static struct keep_wish wishes[1000];
	struct err err = { 0 };
	char id[24];

	for (int i = 1; i < n; i++) {
		if (i > 1000 || !wish_from(str_from(argv[i]), &wishes[i - 1]))
			return 2;
	}
	if (!keep_take(k, wishes, (size_t)n - 1, str_from(argv[0]), STR("test"), id, &err))
		return fail(&err);
	puts(id);
	return 0;
}

static int restore(struct keep *k, char **argv, int n, bool dry)
{
	struct keep_restore o = { .id = str_from(argv[0]), .to = n > 1 ? str_from(argv[1]) : STR_NONE, .dry_run = dry };
	struct keep_restored said;
	struct arena arena;
	struct err err = { 0 };

	if (!arena_map(&arena, (size_t)1 << 30))
		return 2;
	if (!keep_restore(k, &o, &arena, &said, &err))
		return fail(&err);
	printf("%s %llu %llu %llu\n", said.before[0] ? said.before : "-", (unsigned long long)said.put, (unsigned long long)said.same,
	       (unsigned long long)said.removed);
	for (const struct keep_note *note = said.notes; note; note = note->next)
		printf("note: %.*s\n", STR_ARG(note->text));
	arena_unmap(&arena);
	return 0;
}

static int prune(struct keep *k)
{
	struct keep_pruned gone;
	struct arena arena;
	struct err err = { 0 };

	if (!arena_map(&arena, (size_t)1 << 28))
		return 2;
	if (!keep_prune(k, &arena, &gone, &err))
		return fail(&err);
	printf("%llu\n", (unsigned long long)gone.items);
	arena_unmap(&arena);
	return 0;
}

int main(int argc, char **argv)
{
	static struct str skip[1];
	struct keep_bounds b = { .item_bytes = number("KEEP_ITEM", 256000000), .total_bytes = number("KEEP_TOTAL", 5000000000),
				 .age_s = (int64_t)number("KEEP_AGE", 30 * 86400), .item_files = (uint32_t)number("KEEP_FILES", 50000),
				 .time_us = (int64_t)number("KEEP_TIME_MS", 60000) * 1000, .skip = skip };
	struct keep *k;
	struct err err = { 0 };
	int status = 2;

	if (argc < 3)
		return 2;
	skip[0] = str_from(getenv("KEEP_SKIP"));
	b.n_skip = skip[0].len ? 1 : 0;
	if (!keep_open(str_from(argv[1]), &b, &k, &err))
		return fail(&err);
	if (strcmp(argv[2], "take") == 0 && argc > 3)
		status = take(k, argv + 3, argc - 3);
	else if ((strcmp(argv[2], "restore") == 0 || strcmp(argv[2], "look") == 0) && argc > 3)
		status = restore(k, argv + 3, argc - 3, argv[2][0] == 'l');
	else if (strcmp(argv[2], "prune") == 0)
		status = prune(k);
	keep_close(k);
	return status;
}
