#include "cli/command_memory.h"

#define MAX_WORDS 64

static struct session_where where_of(const struct command_ask *ask, const struct places *places)
{
	return (struct session_where){ .state_dir = str_from(places->state), .project = str_from(places->project), .id = ask->session };
}

static void put(struct session_words *to, struct str *items, struct str s)
{
	if (s.len && to->n < MAX_WORDS)
		items[to->n++] = s;
}

/* The words that would run and change something, the texts that say so, the files that are run. */
static bool asked_of(const struct command_ask *ask, struct command_weighed *w, struct session_asked *ret)
{
	struct str *shapes = ARENA_ARRAY(&w->arena, MAX_WORDS, struct str);
	struct str *texts = ARENA_ARRAY(&w->arena, MAX_WORDS, struct str);
	struct str *ran = ARENA_ARRAY(&w->arena, MAX_WORDS, struct str);

	if (!shapes || !texts || !ran)
		return false;
	*ret = (struct session_asked){ .request = &w->request, .shapes = { shapes, 0 }, .texts = { texts, 0 }, .ran = { ran, 0 },
				       .unknown = w->answer.unknown_program };
	for (const struct command_reading *r = w->answer.readings; r; r = r->next) {
		struct str program = str_sub(r->argv, 0, str_find_char(r->argv, ' '));

		if (r->change)
			put(&ret->shapes, shapes, r->argv);
		if (str_find_char(program, '/') != SIZE_MAX && w->world.cwd.len)
			put(&ret->ran, ran, world_absolute(w->world.cwd, program, &w->arena));
	}
	/* A text is only looked through where it was not understood; scripts are opened because they run. */
	CHANGE_EACH(c, &w->request.changes) {
		if (c->kind == CHANGE_OPAQUE) {
			put(&ret->texts, texts, ask->text);
			break;
		}
	}
	for (const struct world_file *f = w->world.files; f; f = f->next) {
		if (!f->found)
			continue;
		put(&ret->ran, ran, f->path);
		put(&ret->texts, texts, f->text);
	}
	return true;
}

static void add(struct command_weighed *w, struct str finding, struct str name, struct str reason)
{
	struct change *c = change_add(&w->answer.changes, &w->arena);

	if (!c)
		return;
	c->kind = CHANGE_WEAKEN_PROTECTION;
	c->type = STR("session");
	c->finding = finding;
	c->name = arena_str(&w->arena, name);
	c->reason = reason;
	c->safer = STR("do not look for another way: tell the person what was refused, and wait for the answer");
}

static bool look_attempt(const struct session_where *at, const struct session_asked *asked, struct command_weighed *w)
{
	struct session_journal j = { 0 };
	struct attempt_found found;

	if (!at->id.len || !journal_read(at, &w->world_arena, &j, NULL) || !j.refused)
		return false;
	found = attempt_find(&j, asked, &w->arena);
	if (found.is != ATTEMPT_SECOND)
		return false;
	add(w, STR("session.second-attempt"), found.of->id,
	    arena_fmt(&w->arena, "a second attempt at what was refused before in this session: %.*s", STR_ARG(found.why)));
	return true;
}

static bool look_scar(const struct session_where *at, const struct session_asked *asked, struct command_weighed *w)
{
	struct session_memory *scars = NULL;
	const struct session_memory *m;

	if (!scar_read(at, &w->world_arena, &scars, NULL) || !scars)
		return false;
	m = scar_match(scars, asked);
	if (!m)
		return false;
	add(w, STR("project.scar"), m->id,
	    arena_fmt(&w->arena, "the like of it was %.*s here before: %.*s (pawl scars)", STR_ARG(m->why), STR_ARG(m->words)));
	return true;
}

bool command_memory_look(const struct command_ask *ask, const struct places *places, struct command_weighed *w)
{
	const struct session_where at = where_of(ask, places);
	struct session_asked asked;
	bool found;

	if (!asked_of(ask, w, &asked))
		return false;
	found = look_attempt(&at, &asked, w);
	return look_scar(&at, &asked, w) || found;
}

void command_memory_keep(const struct command_ask *ask, const struct places *places, const struct command_weighed *w)
{
	const struct session_where at = where_of(ask, places);
	struct session_journal j = { 0 };
	struct command_weighed copy = *w;
	struct session_asked asked;

	if (!at.id.len)
		return;
	if (w->verdict != VERDICT_ALLOW) {
		if (!w->waited && asked_of(ask, &copy, &asked))
			(void)!journal_refused(&at, &asked, str_from(w->hold), NULL);
		return;
	}
	if (!ask->n_edits || !ask->edit_content.len || !journal_read(&at, &copy.world_arena, &j, NULL) || !j.refused)
		return;
	(void)!journal_wrote(&at, &j, world_absolute(w->world.cwd, ask->edits[0], &copy.world_arena), ask->edit_content, NULL);
}
