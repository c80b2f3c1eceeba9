/* What a shell text would execute: any bytes end, in bounds; and what must not change what is executed does not: a text inside
 * ( ), { }, `true &&`, eval, bash -c, sudo bash -c lists every argv of the text itself that was known.
 * covers: src/read/shell/run*.c
 * options: -max_len=512
 */
#include "fuzz.h"

#include "read/shell/run.h"

static char mem[48 << 20], more_mem[48 << 20], world_mem[1 << 20];

static void run(struct str text, struct arena *a, struct shell_answer *ret)
{
	static const struct world_variable env[] = { { STR_INIT("HOME"), STR_INIT("/home/me") }, { STR_INIT("PATH"), STR_INIT("/bin") } };
	struct arena needs;
	struct world w = { .cwd = STR("/w"), .home = STR("/home/me"), .workspace = STR("/w"), .env = env, .n_env = 2, .arena = &needs };

	arena_init(&needs, world_mem, sizeof(world_mem));
	shell_run(text, &w, a, ret);
	arena_reset(&needs);
}

static bool known(const struct shell_act *act)
{
	for (size_t i = 0; i < act->n_argv; i++) {
		if (!act->argv[i].known)
			return false;
	}
	return act->n_argv > 0;
}

static bool same(const struct shell_act *x, const struct shell_act *y)
{
	if (x->n_argv != y->n_argv)
		return false;
	for (size_t i = 0; i < x->n_argv; i++) {
		if (!y->argv[i].many && memchr(y->argv[i].text.ptr ? y->argv[i].text.ptr : "", '\0', y->argv[i].text.len))
			continue;
		if (!str_eq(x->argv[i].text, y->argv[i].text) && !y->argv[i].many)
			return false;
	}
	return true;
}

static bool lists(const struct shell_answer *ans, const struct shell_act *act)
{
	for (const struct shell_act *y = ans->acts; y; y = y->next) {
		if (same(act, y))
			return true;
		for (size_t i = 0; i < y->n_argv; i++) {
			if (y->argv[i].many)
				return true; /* stands for any */
		}
	}
	return false;
}

/* before + the text, quoted for single quotes where asked, + after */
static struct str wrap(struct arena *a, const char *before, struct str text, const char *after, bool quote)
{
	char *p = arena_alloc(a, strlen(before) + text.len * 4 + strlen(after) + 1);
	size_t n = strlen(before);

	if (!p)
		return STR("");
	memcpy(p, before, n);
	for (size_t i = 0; i < text.len; i++) {
		if (quote && text.ptr[i] == '\'') {
			memcpy(p + n, "'\\''", 4);
			n += 4;
		} else {
			p[n++] = text.ptr[i];
		}
	}
	memcpy(p + n, after, strlen(after));
	return (struct str){ p, n + strlen(after) };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct {
		const char *before, *after;
		bool quote;
	} wrappers[] = {
		{ "(\n", "\n)", false }, { "{\n", "\n}", false },     { "true && {\n", "\n}", false },
		{ "eval '", "'", true }, { "bash -c '", "'", true }, { "sudo bash -c '", "'", true },
	};
	struct str text = { (const char *)data, size };
	struct shell_answer plain, wrapped;
	struct arena a, b;
	size_t which = size ? data[0] % ARRAY_LEN(wrappers) : 0;

	arena_init(&a, mem, sizeof(mem));
	arena_init(&b, more_mem, sizeof(more_mem));
	run(text, &a, &plain);
	FUZZ_CHECK(plain.n_acts <= SHELL_MAX_ACTS);
	/* A text that is broken or not followed is held for that; only whole ones are compared. */
	if (!a.full && !plain.tree.broken && !plain.opaque && plain.n_acts < 200 && !memchr(data ? (const char *)data : "", 0, size)) {
		run(wrap(&b, wrappers[which].before, text, wrappers[which].after, wrappers[which].quote), &b, &wrapped);
		for (const struct shell_act *act = plain.acts; act && !b.full && !wrapped.opaque && !wrapped.tree.broken; act = act->next)
			FUZZ_CHECK(!known(act) || lists(&wrapped, act));
	}
	arena_reset(&a);
	arena_reset(&b);
	return 0;
}
