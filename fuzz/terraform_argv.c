/* Command lines of terraform: any words get an answer; what is refused stays refused with help taken away and options added.
 * covers: src/read/terraform_argv.c
 * options: -max_len=512
 */
#include "fuzz.h"

#include "read/terraform_argv.h"

static char mem[4 << 20];

static enum terraform_way judge(unsigned tool, const struct terraform_words *w, struct arena *a, struct terraform_argv *ret)
{
	struct terraform_argv_input in = { .tool = tool, .words = w->item, .n_words = w->n };

	terraform_argv_read(&in, a, ret);
	return ret->way;
}

/* The first line is TF_CLI_ARGS, the second the command line. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str all = { (const char *)data, size };
	size_t nl = str_find_char(all, '\n');
	struct terraform_variable env = { STR("TF_CLI_ARGS"), str_sub(all, 0, nl) };
	struct terraform_argv one, two;
	struct terraform_words w, more;
	struct arena a;

	if (nl == SIZE_MAX)
		return 0;
	arena_init(&a, mem, sizeof(mem));
	if (terraform_argv_split(str_sub(all, nl + 1, size), &a, &w) && w.n < 64) {
		struct terraform_argv_input in = { TERRAFORM_TOOL_TERRAFORM, w.item, w.n, &env, 1 };

		terraform_argv_read(&in, &a, &one);
		FUZZ_CHECK(one.way != TERRAFORM_WAY_UNSET);
		FUZZ_CHECK(one.way <= TERRAFORM_WAY_PLAN || one.why.len > 0);
		/* An option more never softens what is refused; help would only print. */
		if (judge(TERRAFORM_TOOL_TERRAFORM, &w, &a, &one) == TERRAFORM_WAY_REFUSE) {
			more = (struct terraform_words){ ARENA_ARRAY(&a, w.n + 1, struct str), w.n + 1 };
			memcpy(more.item, w.item, w.n * sizeof(*w.item));
			more.item[w.n] = STR("-auto-approve");
			FUZZ_CHECK(judge(TERRAFORM_TOOL_TERRAFORM, &more, &a, &two) == TERRAFORM_WAY_REFUSE);
		}
		FUZZ_CHECK(judge(TERRAFORM_TOOL_TERRAGRUNT, &w, &a, &two) != TERRAFORM_WAY_APPLY &&
			   two.way != TERRAFORM_WAY_APPLY_FILE);
	}
	arena_reset(&a);
	return 0;
}
