/* paths_dump -- what commands do to files, for tests/cases/test_paths: cases as of docs/corpus.md on standard input; for each the
 * findings and discards on one line. `edit: PATH …` stands in a case as the command "pawl-edit PATH …".
 */
#include <unistd.h>

#include "base/fd.h"
#include "corpus.h"
#include "read/command_work.h"

static void print(const struct command_answer *a)
{
	static const char *const kinds[] = { "paths", "changes", "untracked", "stash", "branch", "commits" };

	CHANGE_EACH(c, &a->changes)
		printf("%.*s/%.*s ", STR_ARG(c->finding), STR_ARG(change_kind_name(c->kind)));
	for (const struct discard *d = a->discards; d; d = d->next)
		printf("%s=%.*s%s%.*s%s ", kinds[d->kind], STR_ARG(d->path), d->ref.len ? "@" : "", STR_ARG(d->ref),
		       d->ignored ? "+ignored" : "");
	printf("\n");
}

static void read_edit(struct str text, struct world *w, struct arena *arena, struct command_answer *a)
{
	struct str paths[8], rest = text;
	size_t n = 0;

	while (rest.len && n < ARRAY_LEN(paths)) {
		size_t blank = str_find_char(rest, ' ');

		paths[n++] = str_sub(rest, 0, blank);
		rest = blank == SIZE_MAX ? STR_NONE : str_sub(rest, blank + 1, SIZE_MAX);
	}
	command_read_edit(paths, n, w, arena, a);
}

static void read_one(struct str text, struct world *w, struct arena *arena, struct command_answer *a)
{
	struct shell_answer s = { 0 };
	struct command_work work = { .world = w, .arena = arena, .answer = a, .discards_end = &a->discards };

	if (str_starts(text, STR("pawl-edit "))) {
		read_edit(str_sub(text, 10, SIZE_MAX), w, arena, a);
		return;
	}
	shell_run(text, w, arena, &s);
	for (work.act = s.acts; work.act; work.act = work.act->next)
		(void)command_paths(&work);
}

int main(void)
{
	auto_buf text = BUF_MAX((size_t)16 << 20);
	struct arena all = { 0 }, one = { 0 };
	struct corpus c = { 0 };
	struct err err = { .code = ERR_NONE };

	if (!fd_read_all(STDIN_FILENO, &text, &err) || !arena_map(&all, (size_t)64 << 20) ||
	    !arena_map(&one, (size_t)256 << 20) || !corpus_read(STR("stdin"), buf_str(&text), &all, &c, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	for (const struct corpus_case *it = c.first; it; it = it->next) {
		struct command_answer a = { 0 };
		struct world w;

		arena_reset(&one);
		corpus_world_begin(it->world, &one, &w);
		for (unsigned round = 0; round < WORLD_MAX_ROUNDS; round++) {
			a = (struct command_answer){ 0 };
			read_one(it->text, &w, &one, &a);
			if (corpus_world_vaults(it->world, &w))
				continue;
			if (!w.needs)
				break;
			corpus_world_answer(it->world, &w);
		}
		print(&a);
	}
	arena_unmap(&one);
	arena_unmap(&all);
	return 0;
}
