#include "read/command_tool.h"

#define MOST_SKIPPED 4 /* words that ** may stand for */

struct change *command_effect_add(struct command_work *w, const struct command_effect_words *e)
{
	struct change *c = command_change(w);

	if (!c)
		return NULL;
	c->kind = e->kind;
	c->finding = str_from(e->finding);
	c->type = str_from(e->type);
	c->reversible = e->reversible;
	c->holds_data = e->holds_data;
	c->name = command_shown(e->name, w->arena);
	c->title = c->name;
	c->reason = e->reason;
	c->safer = str_from(e->safer);
	return c;
}

void command_answered(struct command_work *w, const struct command_words *s, struct str bypass, const struct change *c)
{
	bool flag = bypass.len && command_flag(s, bypass);
	struct change *answered;

	if ((!flag && !w->act->yes_piped) || !c || str_is(c->environment, "scratch"))
		return;
	answered = command_change(w);
	if (!answered)
		return;
	*answered = *c;
	answered->kind = CHANGE_WEAKEN_PROTECTION;
	answered->finding = STR("prompt.answered");
	answered->type = STR("prompt");
	answered->reason =
		w->act->yes_piped
			? STR("its question is answered beforehand by a pipe: an answer of the asker's own is no approval")
			: STR("its question is answered beforehand by a flag: an answer of the asker's own is no approval");
	answered->safer = STR("leave the answer to the person whom the tool asks");
	answered->dies_with = answered->dies_with_last = NULL;
	answered->n_dies_with = 0;
}

/* --- paths of words --- */

struct path {
	const struct command_words *s;
	bool unsure; /* an unknown word stood for a word of the path */
};

/* The next word that is no flag, from item ${i} on; s->n when there is none. */
static size_t next_word(const struct command_words *s, size_t i)
{
	while (i < s->n && s->item[i].flag)
		i++;
	return i;
}

static bool word_is(struct str pattern, struct str word)
{
	struct str one;

	while (command_next(&pattern, ',', &one)) {
		if (str_glob(one, word))
			return true;
	}
	return false;
}

/* Does ${path} match from item ${i} on? SIZE_MAX: no; else the item behind it. At most 8 words a path, so at most that deep. */
static size_t path_from(struct path *p, struct str path, size_t i, bool skipped)
{
	struct str word, rest = path;
	size_t end;

	if (!command_next(&rest, ' ', &word))
		return i;
	if (str_is(word, "**")) {
		for (size_t k = 0; k <= MOST_SKIPPED && i < p->s->n; k++) {
			end = path_from(p, rest, i, true);
			if (end != SIZE_MAX)
				return end;
			i = next_word(p->s, i) + 1;
		}
		return SIZE_MAX;
	}
	i = next_word(p->s, i);
	if (i >= p->s->n)
		return SIZE_MAX;
	if (p->s->item[i].known && word_is(word, p->s->item[i].text)) {
		end = path_from(p, rest, i + 1, skipped);
		if (end != SIZE_MAX)
			return end;
	}
	if (!p->s->item[i].known && !skipped && (!p->s->item[i].many || next_word(p->s, i + 1) >= p->s->n)) {
		p->unsure = true;
		return path_from(p, rest, i + 1, skipped);
	}
	if (p->s->item[i].perhaps || p->s->item[i].many)
		return path_from(p, path, i + 1, skipped);
	return SIZE_MAX;
}

static bool path_matches(struct path *p, struct str words, size_t *ret_end)
{
	struct str one;

	if (!words.len) {
		*ret_end = 0;
		return true;
	}
	while (command_next(&words, '|', &one)) {
		p->unsure = false;
		*ret_end = path_from(p, one, 0, false);
		if (*ret_end != SIZE_MAX)
			return true;
	}
	return false;
}

static bool flags_match(const struct command_words *s, struct str flags)
{
	struct str one;

	/* A text asked for may hold blanks: "~TRUNCATE " goes to the end of its alternatives. */
	if (flags.len && flags.ptr[0] == '~')
		return command_flag(s, flags);
	while (command_next(&flags, ' ', &one)) {
		bool not = one.ptr[0] == '!';

		if (not )
			one = str_sub(one, 1, one.len);
		if (!not &&one.len && one.ptr[0] == '~')
			return command_flag(s, (struct str){ one.ptr, one.len + (flags.len ? flags.len + 1 : 0) });
		if (command_flag(s, one) == not )
			return false;
	}
	return true;
}

/* Is nothing done at all? "--help", "--dry-run", "help" as the first word. */
static bool dry(const struct command_words *s)
{
	struct str list = s->tool.dry, one;

	while (command_next(&list, ' ', &one)) {
		if (one.ptr[0] != '-') {
			if (str_eq(command_nth(s, 0), one) ||
			    (command_count(s) && str_eq(command_nth(s, command_count(s) - 1), one)))
				return true;
			continue;
		}
		for (size_t i = 0; i < s->n; i++) {
			const struct command_word *k = &s->item[i];

			if (k->flag && str_eq(k->text, one) &&
			    !(k->has_value && command_one_of(k->value, STR("false|none|0|no|False"), '|')))
				return true;
		}
		if (command_flag(s, one) && str_find_char(one, '=') != SIZE_MAX)
			return true;
	}
	return false;
}

/* --- the change --- */

static struct str all_behind(struct command_work *w, const struct command_words *s, size_t from)
{
	struct str out = STR_NONE;

	for (size_t i = next_word(s, from), n = 0; i < s->n && n < 8; i = next_word(s, i + 1), n++)
		out = n ? arena_fmt(w->arena, "%.*s %.*s", STR_ARG(out), STR_ARG(command_shown(s->item[i].text, w->arena)))
			: command_shown(s->item[i].text, w->arena);
	return out;
}

static struct str nth_behind(const struct command_words *s, size_t from, size_t n)
{
	size_t i = next_word(s, from);

	while (n-- && i < s->n)
		i = next_word(s, i + 1);
	return i < s->n ? s->item[i].text : STR_NONE;
}

static struct str name_of(struct command_work *w, const struct command_words *s, const struct command_fact *f, size_t end)
{
	char how = f->name.len ? f->name.ptr[0] : '\0';
	struct str value, name = STR_NONE;

	if (how == '=')
		return str_sub(f->name, 1, f->name.len);
	if (how == '*')
		return all_behind(w, s, end);
	if (how >= '1' && how <= '9')
		return nth_behind(s, end, (size_t)(how - '1'));
	if (str_is(f->name, "last")) {
		for (size_t i = 0; i < s->n; i++)
			name = s->item[i].flag ? name : s->item[i].text;
		return name;
	}
	value = arena_fmt(w->arena, "%.*s", STR_ARG(f->name));
	if (how == '-' && value.len && command_value(s, value.ptr, &name))
		return name;
	return STR_NONE;
}

/* "docker volume rm" */
static struct str invocation(struct command_work *w, const struct command_words *s, size_t end)
{
	struct str out = s->program;

	for (size_t i = next_word(s, 0), n = 0; i < end && i < s->n && n < 4; i = next_word(s, i + 1), n++)
		out = arena_fmt(w->arena, "%.*s %.*s", STR_ARG(out), STR_ARG(command_shown(s->item[i].text, w->arena)));
	return out;
}

static void add_takes(struct command_work *w, struct change *c, struct str takes)
{
	struct str one;

	while (command_next(&takes, ';', &one))
		change_dies_with(c, w->arena, str_trim(one));
}

static void fill(struct command_work *w, const struct command_words *s, const struct command_fact *f, size_t end)
{
	struct change *c = command_change(w);
	struct str what = invocation(w, s, end);

	if (!c)
		return;
	c->kind = f->effect->kind;
	c->finding = f->effect->finding;
	c->type = f->effect->type;
	c->holds_data = f->effect->holds_data;
	c->reversible = f->reversible;
	c->window = f->window;
	c->name = command_shown(name_of(w, s, f, end), w->arena);
	c->reason = arena_fmt(w->arena, "%.*s %.*s", STR_ARG(what), STR_ARG(f->what));
	c->safer = f->safer;
	add_takes(w, c, f->takes);
	command_where(w, s, f->place, c);
	if (!c->name.len && c->place)
		c->name = c->place->database.len ? c->place->database : c->place->account;
	if (!c->name.len)
		c->name = what;
	c->title = c->name;
	if (c->kind != CHANGE_EXPOSE_SECRET)
		command_answered(w, s, f->bypass, c);
}

static void unsure(struct command_work *w, const struct command_words *s, const struct command_fact *f)
{
	struct change *c = command_effect_add(w, &(struct command_effect_words){ .kind = CHANGE_OPAQUE,
										 .finding = "command.opaque",
										 .type = "command",
										 .name = s->program,
										 .safer = "write the subcommand out" });

	if (!c)
		return;
	c->reason = arena_fmt(w->arena, "which subcommand of %.*s runs is not known; it could be one that %.*s",
			      STR_ARG(s->program), STR_ARG(f->what));
	command_where(w, s, f->place, c);
}

bool command_rows(struct command_work *w, const struct command_words *s)
{
	struct command_fact f, perhaps;
	bool is_unsure = false;
	size_t end;

	if (!s->has_tool)
		return false;
	if (dry(s)) {
		w->means = STR("shows, does nothing");
		return true;
	}
	for (size_t i = 0; i < s->tool.n && command_fact_nth(s->tool.first + i, &f); i++) {
		struct path p = { .s = s };

		if (!path_matches(&p, f.words, &end) || !flags_match(s, f.flags))
			continue;
		if (p.unsure) {
			if (!is_unsure && f.effect->kind != CHANGE_READ)
				perhaps = f;
			is_unsure = is_unsure || f.effect->kind != CHANGE_READ;
			continue;
		}
		if (f.effect->kind != CHANGE_READ)
			fill(w, s, &f, end);
		return true;
	}
	if (is_unsure)
		unsure(w, s, &perhaps);
	return true;
}
