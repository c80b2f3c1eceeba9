/* Shell text: total; the same bytes give the same tree; spans lie in the text and, in a whole text, inside one another; a comment line
 * before it changes nothing; commands of plain words, written again with every word quoted, are the same commands; 16 times the text
 * costs no more than so much a byte, and a tree no more than so many bytes a byte.
 * covers: src/read/shell/lex*.c src/read/shell/parse*.c
 * options: -max_len=4096
 */
#include "fuzz.h"

#include "base/arena.h"
#include "base/buf.h"
#include "read/shell/tree.h"
#include "shell_print.h"

#define ARENA_SIZE ((size_t)1 << 30)
#define TREE_BYTES 2000 /* of memory a byte of text, at most: 200 levels of alternatives in braces are the worst */
#define NS_PER_BYTE 10000 /* sanitizers and a busy machine included */

static struct arena arena;
static struct buf first, second, longer;

static void check_list(const struct shell_list *list, struct shell_span in);
static void check_word(const struct shell_word *word, struct shell_span in);

static void check_span(struct shell_span s, struct shell_span in)
{
	FUZZ_CHECK(s.from <= s.to && s.from >= in.from && s.to <= in.to);
}

static void check_words(const struct shell_word *word, struct shell_span in)
{
	for (; word; word = word->next) {
		check_word(word->index_of, in);
		check_word(word, in);
	}
}

static void check_part(const struct shell_part *part)
{
	switch (part->kind) {
	case SHELL_PART_PARAMETER:
		check_words(part->parameter->index, part->span);
		check_words(part->parameter->argument, part->span);
		check_words(part->parameter->argument2, part->span);
		break;
	case SHELL_PART_COMMAND:
	case SHELL_PART_READ_FROM:
	case SHELL_PART_WRITE_TO:
		check_list(part->list, part->span);
		break;
	case SHELL_PART_ARITHMETIC:
	case SHELL_PART_BRACE:
	case SHELL_PART_ARRAY:
		check_words(part->words, part->span);
		break;
	case SHELL_PART_TEXT:
	case SHELL_PART_GLOB:
	case SHELL_PART_TILDE:
		FUZZ_CHECK(!part->words);
		break;
	}
}

static void check_word(const struct shell_word *word, struct shell_span in)
{
	if (!word)
		return;
	check_span(word->span, in);
	for (const struct shell_part *part = word->first; part; part = part->next) {
		check_span(part->span, word->span);
		check_part(part);
	}
}

static void check_redirections(const struct shell_redirection *r, struct shell_span in, struct shell_span text)
{
	for (; r; r = r->next) {
		check_span(r->span, in);
		check_word(r->target, r->span);
		check_word(r->here, text);
	}
}

static void check_compound(const struct shell_compound *m, struct shell_span in)
{
	check_word(m->subject, in);
	for (const struct shell_case *k = m->cases; k; k = k->next) {
		FUZZ_CHECK(k->patterns && k->body);
		check_words(k->patterns, in);
		check_list(k->body, in);
	}
	check_list(m->condition, in);
	check_list(m->body, in);
	check_list(m->otherwise, in);
}

static void check_command(const struct shell_command *c, struct shell_span in, struct shell_span text)
{
	check_span(c->span, in);
	check_redirections(c->redirections, c->span, text);
	check_words(c->words, c->span);
	for (const struct shell_assignment *a = c->assignments; a; a = a->next) {
		check_span(a->span, c->span);
		check_word(a->index, a->span);
		check_word(a->value, a->span);
	}
	FUZZ_CHECK(c->compound || c->kind == SHELL_SIMPLE);
	if (c->compound)
		check_compound(c->compound, c->span);
}

static struct shell_span whole;

static void check_list(const struct shell_list *list, struct shell_span in)
{
	if (!list)
		return;
	check_span(list->span, in);
	for (const struct shell_item *item = list->first; item; item = item->next) {
		for (const struct shell_command *c = item->first; c; c = c->next)
			check_command(c, in, whole);
	}
}

static struct str printed(struct buf *b, const struct shell_tree *tree)
{
	buf_clear(b);
	shell_print_list(b, tree->list);
	return buf_str(b);
}

/* Is the list nothing but commands of plain words joined by ; & && || |? Then the same, every word quoted, to ${b}. */
static bool quoted_again(struct buf *b, const struct shell_list *list)
{
	static const char *const joins[] = { [SHELL_THEN] = ";", [SHELL_BACKGROUND] = "&", [SHELL_AND] = "&&", [SHELL_OR] = "||" };

	for (const struct shell_item *item = list->first; item; item = item->next) {
		for (const struct shell_command *c = item->first; c; c = c->next) {
			if (c->kind != SHELL_SIMPLE || c->redirections || c->assignments || item->timed)
				return false;
			for (const struct shell_word *w = c->words; w; w = w->next) {
				buf_addc(b, '\'');
				for (const struct shell_part *part = w->first; part; part = part->next) {
					if (part->kind != SHELL_PART_TEXT || str_find_char(part->text, '\'') != SIZE_MAX)
						return false;
					buf_add(b, part->text);
				}
				buf_adds(b, "' ");
			}
			if (c->next)
				buf_adds(b, c->pipe_stderr ? "|&" : "|");
		}
		if (!item->first)
			return false;
		buf_adds(b, joins[item->then]);
	}
	return true;
}

static struct str word_text(const struct shell_word *w, struct arena *a)
{
	struct str s = STR_NONE;

	for (const struct shell_part *part = w->first; part; part = part->next)
		s = arena_join(a, s, part->text);
	return s;
}

static void check_same_commands(const struct shell_list *x, const struct shell_list *y)
{
	const struct shell_item *i = x->first, *k = y->first;

	for (; i && k; i = i->next, k = k->next) {
		const struct shell_command *c = i->first, *d = k->first;

		FUZZ_CHECK(i->then == k->then && !k->timed && !k->negated);
		for (; c && d; c = c->next, d = d->next) {
			const struct shell_word *w = c->words, *v = d->words;

			for (; w && v; w = w->next, v = v->next)
				FUZZ_CHECK(str_eq(word_text(w, &arena), word_text(v, &arena)));
			FUZZ_CHECK(!w && !v && c->pipe_stderr == d->pipe_stderr);
		}
		FUZZ_CHECK(!c && !d);
	}
	FUZZ_CHECK(!i && !k);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Many times over: nothing grows faster than the text. */
static void check_cost(struct str text)
{
	struct shell_tree tree;
	uint64_t begun;

	buf_clear(&longer);
	for (int i = 0; i < 16; i++)
		buf_add(&longer, text);
	arena_reset(&arena);
	begun = now_ns();
	shell_parse(buf_str(&longer), &arena, &tree);
	FUZZ_CHECK(now_ns() - begun < 50000000 + longer.len * NS_PER_BYTE);
	FUZZ_CHECK(!arena.full && arena.used < 100000 + longer.len * TREE_BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct shell_tree tree, again;

	if (!arena.mem)
		PAWL_ASSERT(arena_map(&arena, ARENA_SIZE));
	first.max = second.max = longer.max = (size_t)1 << 28;
	arena_reset(&arena);
	shell_parse(text, &arena, &tree);
	shell_parse(text, &arena, &again);
	FUZZ_CHECK(str_eq(printed(&first, &tree), printed(&second, &again)));
	FUZZ_CHECK(tree.broken == again.broken && tree.at == again.at && tree.list);
	FUZZ_CHECK(tree.broken || !tree.rest);
	FUZZ_CHECK(tree.at <= size);
	whole = (struct shell_span){ 0, (uint32_t)size };
	if (!tree.broken)
		check_list(tree.list, whole);
	buf_clear(&longer);
	buf_adds(&longer, "# note\n");
	buf_add(&longer, text);
	shell_parse(buf_str(&longer), &arena, &again);
	FUZZ_CHECK(tree.broken == again.broken && (!tree.broken || again.at == tree.at + 7));
	FUZZ_CHECK(str_eq(printed(&first, &tree), printed(&second, &again)));
	buf_clear(&longer);
	if (!tree.broken && quoted_again(&longer, tree.list)) {
		bool joined = longer.len > 1 && (longer.ptr[longer.len - 2] == '&' || longer.ptr[longer.len - 2] == '|');

		shell_parse(buf_str(&longer), &arena, &again);
		FUZZ_CHECK(!again.broken || joined);
		if (!again.broken)
			check_same_commands(tree.list, again.list);
	}
	if (size && data[size / 2] % 8 == 0)
		check_cost(text);
	return 0;
}
