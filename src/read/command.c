#include "read/command.h"

#include "base/redact.h"
#include "facts/everyday.h"
#include "facts/wrappers.h"
#include "read/command_words.h"

struct change *command_change(struct command_work *w)
{
	struct change *c = change_add(&w->answer->changes, w->arena);

	if (c && !w->first)
		w->first = c;
	return c;
}

void command_discard(struct command_work *w, enum discard_kind kind, struct str path, struct str ref, struct change *change)
{
	struct discard *d = ARENA_NEW(w->arena, struct discard);
	struct place *nowhere = ARENA_NEW(w->arena, struct place);

	if (!d || !nowhere)
		return;
	/* A loss on this machine that the keep takes first is no change of the environment that the folder is named for. */
	if (change && !change->place) {
		change->place = nowhere;
		change->environment = STR("scratch");
	}
	*d = (struct discard){ .kind = kind, .path = path, .ref = ref, .maybe = w->act && w->act->maybe, .change = change };
	*w->discards_end = d;
	w->discards_end = &d->next;
}

#define MOST_NESTED 3

/* --- one line of it for people --- */

#define WORDS_SHOWN 400

static struct str words_shown(struct arena *arena, const struct shell_act *a)
{
	struct str out = STR_NONE;

	for (size_t i = 0; i < a->n_argv && out.len < WORDS_SHOWN; i++) {
		struct str word = command_shown(str_sub(a->argv[i].text, 0, WORDS_SHOWN), arena);

		out = i ? arena_fmt(arena, "%.*s %.*s", STR_ARG(out), STR_ARG(word)) : word;
	}
	return redact_str(out, arena);
}

static struct command_reading *add_reading(struct command_answer *answer, struct command_reading ***end, struct arena *arena)
{
	struct command_reading *r = ARENA_NEW(arena, struct command_reading);

	(void)answer;
	if (!r)
		return NULL;
	**end = r;
	*end = &r->next;
	return r;
}

/* --- acts --- */

static void read_one(struct command_work *w)
{
	(void)command_paths(w);
	(void)command_tool(w);
}

void command_nested(struct command_work *w, struct str text)
{
	const struct shell_act *outer = w->act;
	struct shell_answer run = { 0 };

	if (w->nested >= MOST_NESTED)
		return;
	w->nested++;
	shell_run(text, w->world, w->arena, &run);
	for (const struct shell_act *a = run.acts; a; a = a->next) {
		w->act = a;
		read_one(w);
	}
	w->act = outer;
	w->nested--;
}

/* `"$CMD"` alone: whatever somebody put there. With words behind it it is a program like any other that nobody knows. */
static void unknown_program(struct command_work *w)
{
	const struct shell_act *a = w->act;
	struct change *c;

	if (a->n_argv != 1 || command_known(command_base(a->argv[0].text)) || !w->answer->protected_reach || a->within)
		return;
	c = command_change(w);
	if (!c)
		return;
	c->kind = CHANGE_OPAQUE;
	c->finding = STR("command.opaque");
	c->type = STR("command");
	c->name = words_shown(w->arena, a);
	c->reason = STR("a command that nobody knows beforehand is run, and a credential is in reach");
	c->safer = STR("write out what is to be run");
}

/* What an act is of which nothing takes anything away, and whose program is known by no row; STR_NONE: nobody knows it. */
static struct str plain_words(const struct shell_act *a)
{
	struct str base = a->n_argv ? command_base(a->argv[0].text) : STR_NONE;

	if (!a->n_argv)
		return STR("sets variables of the shell");
	if (wrapper_of(base, 0) || (a->next && a->next->within == a))
		return STR("starts another program, which is read by itself");
	return everyday_words(base);
}

static void read_act(struct command_work *w, struct command_reading ***end)
{
	struct command_reading *r;
	bool known;

	w->first = NULL;
	w->means = STR_NONE;
	unknown_program(w);
	known = command_paths(w);
	known = command_tool(w) || known;
	r = add_reading(w->answer, end, w->arena);
	if (!r)
		return;
	r->span = w->act->span;
	r->argv = words_shown(w->arena, w->act);
	r->via = w->act->via;
	r->change = w->first;
	if (w->first)
		r->means = w->first->reason;
	else if (w->means.len)
		r->means = w->means;
	else if (known)
		r->means = STR("takes nothing away");
	else
		r->means = plain_words(w->act);
	if (r->means.len)
		return;
	w->answer->unknown_program = true;
	r->means = w->act->script.len ? STR("runs code, of which the calls that start or delete something are read")
				      : STR("a program that pawl has no facts about");
}

/* --- what is not understood --- */

/* Is anything in reach that must not be touched by a text nobody can read? A credential, a production name. */
static bool reach_of(const struct world *w)
{
	static const struct str names[] = {
		STR_INIT("AWS_*KEY*"),
		STR_INIT("AWS_PROFILE"),
		STR_INIT("AWS_SESSION_TOKEN"),
		STR_INIT("*DATABASE_URL"),
		STR_INIT("PGPASSWORD"),
		STR_INIT("PGHOST"),
		STR_INIT("KUBECONFIG"),
		STR_INIT("GOOGLE_APPLICATION_CREDENTIALS"),
		STR_INIT("ARM_*SECRET"),
		STR_INIT("AZURE_*SECRET"),
		STR_INIT("DIGITALOCEAN_*TOKEN"),
		STR_INIT("DO_TOKEN"),
		STR_INIT("FLY_API_TOKEN"),
		STR_INIT("HEROKU_API_KEY"),
		STR_INIT("RAILWAY_*TOKEN"),
		STR_INIT("CLOUDFLARE_*"),
		STR_INIT("SUPABASE_ACCESS_TOKEN"),
		STR_INIT("NEON_API_KEY"),
		STR_INIT("VAULT_TOKEN"),
		STR_INIT("GITHUB_TOKEN"),
		STR_INIT("GH_TOKEN"),
		STR_INIT("NPM_TOKEN"),
		STR_INIT("TF_VAR_*"),
		STR_INIT("MONGO*_UR*"),
		STR_INIT("REDIS_URL"),
		STR_INIT("STRIPE_*KEY"),
		STR_INIT("VERCEL_TOKEN"),
		STR_INIT("NETLIFY_AUTH_TOKEN"),
		STR_INIT("PULUMI_ACCESS_TOKEN"),
		STR_INIT("HCLOUD_TOKEN"),
		STR_INIT("*_SECRET_ACCESS_KEY"),
	};

	for (size_t i = 0; i < w->n_env; i++) {
		for (size_t k = 0; k < ARRAY_LEN(names); k++) {
			if (w->env[i].value.len && str_glob(names[k], w->env[i].name) &&
			    str_find(w->env[i].value, STR("localhost")) == SIZE_MAX &&
			    str_find(w->env[i].value, STR("127.0.0.1")) == SIZE_MAX)
				return true;
		}
	}
	return false;
}

static void read_opaque(struct command_work *w, const struct shell_opaque *o, struct command_reading ***end)
{
	struct command_reading *r = add_reading(w->answer, end, w->arena);
	struct change *c = NULL;

	w->act = o->act;
	w->first = NULL;
	if (!o->part && w->answer->protected_reach)
		c = command_change(w);
	if (c) {
		c->kind = CHANGE_OPAQUE;
		c->finding = STR("command.opaque");
		c->type = STR("command");
		c->name = o->act ? words_shown(w->arena, o->act) : STR("shell text");
		c->reason = arena_fmt(w->arena, "%.*s, and a credential is in reach", STR_ARG(o->why));
		c->safer = STR("write out what is to be run");
	}
	if (!r)
		return;
	r->span = o->span;
	r->argv = o->act ? words_shown(w->arena, o->act) : STR_NONE;
	r->means = arena_fmt(w->arena, "not understood: %.*s", STR_ARG(o->why));
	r->change = c;
}

/* --- the whole --- */

static struct str tool_of(const struct command_answer *a, const struct shell_answer *run)
{
	for (const struct command_reading *r = a->readings; r; r = r->next) {
		struct str words = r->argv;

		if (r->change && words.len) {
			size_t blank = str_find_char(words, ' ');

			return command_base(str_sub(words, 0, blank == SIZE_MAX ? words.len : blank));
		}
	}
	return run->acts && run->acts->n_argv ? command_base(run->acts->argv[0].text) : STR_NONE;
}

static void read_answer(const struct shell_answer *run, struct str text, struct command_work *w)
{
	struct command_answer *answer = w->answer;
	struct command_reading **end = &answer->readings;

	w->discards_end = &answer->discards;
	w->text = text;
	answer->protected_reach = reach_of(w->world);
	for (const struct shell_act *a = run->acts; a; a = a->next) {
		w->act = a;
		read_act(w, &end);
	}
	for (const struct shell_opaque *o = run->opaque; o; o = o->next)
		read_opaque(w, o, &end);
	answer->summary = redact_str(str_sub(str_trim(text), 0, WORDS_SHOWN), w->arena);
	answer->tool = tool_of(answer, run);
}

void command_read(struct str text, struct world *world, struct arena *arena, struct command_answer *ret)
{
	struct command_work w = { .world = world, .arena = arena, .answer = ret };
	struct shell_answer run = { 0 };

	*ret = (struct command_answer){ 0 };
	shell_run(text, world, arena, &run);
	read_answer(&run, text, &w);
}

void command_read_argv(const struct str *argv, size_t n, struct world *world, struct arena *arena, struct command_answer *ret)
{
	struct command_work w = { .world = world, .arena = arena, .answer = ret };
	struct shell_answer run = { 0 };
	struct str text = STR_NONE;

	*ret = (struct command_answer){ 0 };
	shell_run_argv(argv, n, world, arena, &run);
	for (size_t i = 0; i < n && text.len < WORDS_SHOWN; i++)
		text = i ? arena_fmt(arena, "%.*s %.*s", STR_ARG(text), STR_ARG(argv[i])) : argv[i];
	read_answer(&run, text, &w);
}
