/* A simple command: words, assignments, redirections; then who answers to its name. */
#include "read/shell/run_parts.h"

static struct run_map const *told_before(struct run *r, const struct run_call *call, struct str via, bool *ret_again)
{
	struct run_text key = { .arena = r->arena };
	struct str k;

	run_text_add(&key, arena_fmt(r->arena, "%u %u %.*s", call->span.from, call->span.to, STR_ARG(via)));
	for (size_t i = 0; i < call->n && key.len < 4096; i++) {
		run_text_addc(&key, '\n');
		run_text_add(&key, call->argv[i].text);
	}
	k = run_text_str(&key);
	*ret_again = run_map_get(r->told, k) != NULL;
	return run_map_put(r->arena, r->told, k, r);
}

static bool says_yes(struct str text)
{
	size_t at = 0;
	struct str line;
	bool any = false;

	if (text.len > 256)
		return false;
	while (run_line(text, &at, &line)) {
		line = str_trim(line);
		if (!str_eq_nocase(line, STR("y")) && !str_eq_nocase(line, STR("yes")))
			return false;
		any = true;
	}
	return any;
}

static void act_input(struct shell_act *a, const struct run_in *in)
{
	if (!in)
		return;
	a->input = in->kind;
	a->input_from = in->from;
	a->yes_piped = in->yes;
	if (in->kind == SHELL_INPUT_TEXT || in->kind == SHELL_INPUT_FILE)
		a->input_text = run_value(in->kind == SHELL_INPUT_TEXT && in->at <= in->text.len ? str_sub(in->text,
				in->at, in->text.len) : in->text, a->span);
	if (in->kind == SHELL_INPUT_TEXT && says_yes(a->input_text.text))
		a->yes_piped = true;
}

/* Tell the command as an act. Walking something again tells only what is new. */
static bool tell(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct shell_act *a;
	bool again = false;

	if (r->ret->n_acts >= SHELL_MAX_ACTS) {
		r->stopped = true;
		return false;
	}
	if (r->again || r->product > 1)
		r->told = told_before(r, call, s->via, &again);
	a = run_alloc(r, sizeof(*a));
	if (!a)
		return false;
	*a = (struct shell_act){ .argv = call->argv, .n_argv = call->n, .span = call->span, .maybe = run_scene_maybe(r, s),
				 .background = s->background, .remote = s->remote, .env = call->env ? call->env : s->exports,
				 .env_cleared = s->env_cleared, .opens = call->opens, .cwd = s->cwd, .via = s->via,
				 .user = s->user, .within = s->within, .shown = !s->out[1] };
	act_input(a, s->in);
	call->act = a;
	r->newest = a;
	if (again && r->again)
		return true;
	*r->last_act = a;
	r->last_act = &a->next;
	r->ret->n_acts++;
	return true;
}

/* --- functions --- */

static void restore_locals(struct run *r, struct run_scene *s, const struct run_frame *f)
{
	for (const struct run_local *l = f->locals; l; l = l->next) {
		if (l->before) {
			run_put(r, s, l->name, l->before);
		} else {
			struct run_variable *none = run_alloc(r, sizeof(*none));
			struct str text;

			if (!none)
				return;
			if (world_env(r->world, l->name, &text))
				*none = (struct run_variable){ .text = text, .set = true, .exported = true };
			none->process = s->process;
			run_put(r, s, l->name, none);
		}
	}
}

static bool too_deep(const struct run_scene *s, const struct shell_command *body)
{
	unsigned depth = 0, same = 0;

	for (const struct run_frame *f = s->frame; f; f = f->up) {
		depth++;
		same += f->body == body;
	}
	return depth >= RUN_MAX_CALLS || same >= RUN_MAX_RECURSION;
}

static void call_function(struct run *r, struct run_scene *s, struct run_call *call, const struct run_function *f)
{
	struct run_frame frame = { .body = f->command, .up = s->frame };
	struct run_leave leave = { .up = s->function };
	struct run_scene around = *s;

	if (too_deep(s, f->command)) {
		run_opaque(r, s, call->act, "a function calls itself too deep");
		return;
	}
	s->frame = &frame;
	s->function = &leave;
	s->loop = NULL;
	s->args = call->argv + 1;
	s->n_args = call->n - 1;
	s->args_open = false;
	s->text = f->text;
	if (f->text.ptr != r->ret->tree.text.ptr && !s->fixed) {
		s->fixed = true;
		s->span = call->span;
	}
	for (const struct shell_command *c = f->command; c && !r->stopped; c = NULL) {
		struct shell_opening *opens = NULL;

		if (c->redirections)
			run_redirect(r, s, c->redirections, &opens);
		run_walk(r, s, c->compound->body);
	}
	run_come_back(r, s, &leave);
	restore_locals(r, s, &frame);
	s->frame = around.frame;
	s->function = around.function;
	s->loop = around.loop;
	s->args = around.args;
	s->n_args = around.n_args;
	s->args_open = around.args_open;
	s->text = around.text;
	s->fixed = around.fixed;
	s->span = around.span;
	memcpy(s->out, around.out, sizeof(s->out));
	s->in = around.in;
}

static bool run_function(struct run *r, struct run_scene *s, struct run_call *call)
{
	const struct run_function *f = run_map_get(s->functions, call->argv[0].text);
	struct run_scene start = *s, out;
	bool any = false;

	if (!f || call->plain || (f->process < s->process && !f->exported))
		return false;
	for (unsigned n = 0; f && n < 4 && !r->stopped; f = f->other, n++) {
		struct run_scene one = start;

		if (f->other || any)
			one.maybe++;
		call_function(r, &one, call, f);
		one.maybe = start.maybe;
		if (any)
			run_scene_join(r, &out, &one, false);
		else
			out = one;
		any = true;
	}
	*s = out;
	return true;
}

/* --- who answers --- */

/* An unknown first word may be no word at all: then the next is the name. */
static void without_first(struct run *r, struct run_scene *s, const struct run_call *call)
{
	struct run_scene sub = *s;
	struct run_call next = *call;

	for (unsigned n = 0; n < 4 && next.n > 1 && next.argv[0].many && run_all_unknown(next.argv[0].text); n++) {
		next.argv++;
		next.n--;
	}
	if (next.n == call->n || (next.argv[0].many && run_all_unknown(next.argv[0].text)))
		return;
	sub.maybe++;
	next.act = NULL;
	run_call(r, &sub, &next);
}

void run_call(struct run *r, struct run_scene *s, struct run_call *call)
{
	if (!run_step(r, 1 + call->n / 8) || r->depth >= RUN_MAX_DEPTH) {
		if (!r->stopped)
			run_opaque(r, s, NULL, "nested too deep");
		return;
	}
	if (!tell(r, s, call) || call->n == 0)
		return;
	r->depth++;
	s->status = call->argv[0].known ? s->status : -1;
	if (!call->argv[0].known) {
		without_first(r, s, call);
		run_print_unknown(r, s, call->act);
		r->programs_ran = true;
	} else if (!run_function(r, s, call) && !run_builtin(r, s, call) && !run_output(r, s, call) && !run_filter(r, s, call) &&
		   !run_file_program(r, s, call) && !run_unwrap(r, s, call)) {
		r->programs_ran = true;
		s->status = -1;
		run_print_unknown(r, s, call->act);
	}
	r->depth--;
}

void run_argv(struct run *r, struct run_scene *s, const struct shell_value *argv, size_t n, const struct run_call *by)
{
	struct run_call call = { .argv = run_alloc(r, (n ? n : 1) * sizeof(*argv)), .n = n, .plain = true };

	if (!call.argv || n == 0)
		return;
	memcpy(call.argv, argv, n * sizeof(*argv));
	if (by)
		call.span = by->span;
	run_call(r, s, &call);
}

/* --- a command of a text --- */

static bool declares(struct str name)
{
	static const char *const names[] = { "export", "declare", "typeset", "local", "readonly" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_is(name, names[i]))
			return true;
	}
	return false;
}

/* Length of "name=" or "name[…]=" or "name+=" at the start of a word; 0: the word is no assignment. */
static size_t assignment_length(const struct shell_word *w)
{
	struct str t = w->first && w->first->kind == SHELL_PART_TEXT && !w->first->quoted ? w->first->text : STR_NONE;
	size_t eq = str_find_char(t, '=');
	size_t end = eq;

	if (eq == SIZE_MAX || eq == 0)
		return 0;
	if (t.ptr[eq - 1] == '+')
		end--;
	return run_is_name(str_sub(t, 0, end)) ? eq + 1 : 0;
}

/* Words of export, declare …: x=$y is not split there. */
static void expand_declaration(struct run *r, struct run_scene *s, const struct shell_word *words, struct run_list *ret)
{
	for (const struct shell_word *w = words; w && run_step(r, 1); w = w->next) {
		struct shell_word alone = *w;

		alone.next = NULL;
		if (assignment_length(w) && !(w->first->next && w->first->next->kind == SHELL_PART_ARRAY))
			run_list_add(r, ret, run_expand_one(r, s, w));
		else if (assignment_length(w))
			run_list_add(r, ret, run_value(w->first->text, s->fixed ? s->span : w->span));
		else
			run_expand_words(r, s, &alone, ret);
	}
}

static void expand_argv(struct run *r, struct run_scene *s, const struct shell_command *c, struct run_list *ret)
{
	const struct shell_word *w = c->words;
	struct str first = w && w->first && w->first->kind == SHELL_PART_TEXT && !w->first->next ? w->first->text : STR_NONE;

	if (declares(first) || ((str_is(first, "command") || str_is(first, "builtin")) && w->next && w->next->first &&
				w->next->first->kind == SHELL_PART_TEXT && declares(w->next->first->text)))
		expand_declaration(r, s, w, ret);
	else
		run_expand_words(r, s, w, ret);
}

static bool alias(struct run *r, struct run_scene *s, const struct shell_command *c)
{
	const struct shell_part *p = c->words ? c->words->first : NULL;
	const struct run_map *aliases = s->aliases;
	const struct str *value;
	struct run_scene sub;
	struct str rest;

	if (!aliases || !p || p->kind != SHELL_PART_TEXT || p->quoted || p->next)
		return false;
	value = run_map_get(aliases, p->text);
	if (!value)
		return false;
	rest = str_sub(s->text, c->words->span.to, c->span.to > c->words->span.to ? c->span.to - c->words->span.to : 0);
	sub = *s;
	sub.maybe++;
	sub.aliases = run_map_put(r->arena, aliases, p->text, NULL);
	if (!sub.fixed) {
		sub.fixed = true;
		sub.span = c->span;
	}
	run_script(r, &sub, arena_fmt(r->arena, "%.*s%.*s", STR_ARG(*value), STR_ARG(rest)), NULL);
	sub.aliases = aliases;
	sub.maybe = s->maybe;
	sub.fixed = s->fixed;
	sub.span = s->span;
	run_scene_join(r, s, &sub, false);
	return true;
}

/* x=1 cmd: told with the act, and known to what is run inside; a function or a builtin sees it for its own time. */
static void prefix_assignments(struct run *r, struct run_scene *s, const struct shell_command *c, struct run_call *call)
{
	for (const struct shell_assignment *as = c->assignments; as; as = as->next) {
		const struct run_variable *v;
		struct shell_variable *e = run_alloc(r, sizeof(*e));

		run_assign(r, s, as);
		v = run_get(r, s, as->name);
		if (!e)
			return;
		if (call->n) {
			struct run_variable *x = run_alloc(r, sizeof(*x));

			if (!x)
				return;
			*x = *v;
			x->exported = true;
			s->variables = run_map_put(r->arena, s->variables, as->name, x);
		}
		*e = (struct shell_variable){ .name = as->name, .value = run_value(v->text, call->span),
				.exported = call->n || v->exported,
					      .next = call->env ? call->env : s->exports };
		call->env = e;
	}
}

static void restore_prefix(struct run *r, struct run_scene *s, const struct run_scene *before, const struct shell_command *c)
{
	for (const struct shell_assignment *as = c->assignments; as; as = as->next) {
		const struct run_variable *v = run_map_get(before->variables, as->name);

		if (!v)
			v = run_get_all(r, before, as->name);
		s->variables = run_map_put(r->arena, s->variables, as->name, v);
	}
}

static void simple_once(struct run *r, struct run_scene *s, const struct shell_command *c)
{
	struct run_call call = { .span = s->fixed ? s->span : c->span, .command = c };
	struct run_list words = { 0 };
	struct run_scene before;
	struct run_out *out[10];
	struct run_in *in = s->in;
	bool substituted = false;

	s->status = c->words ? s->status : 0;
	expand_argv(r, s, c, &words);
	for (const struct shell_assignment *as = c->assignments; as && !substituted; as = as->next) {
		for (const struct shell_part *p = as->value ? as->value->first : NULL; p; p = p->next)
			substituted |= p->kind == SHELL_PART_COMMAND;
	}
	call.argv = words.item;
	call.n = words.n;
	memcpy(out, s->out, sizeof(out));
	before = *s;
	run_redirect(r, s, c->redirections, &call.opens);
	if (c->assignments)
		prefix_assignments(r, s, c, &call);
	if (call.n == 0 && !substituted && c->words == NULL)
		s->status = 0;
	if (call.n || call.opens || call.env)
		run_call(r, s, &call);
	if (call.n && c->assignments)
		restore_prefix(r, s, &before, c);
	if (!(call.n == 1 && str_is(call.argv[0].text, "exec"))) {
		memcpy(s->out, out, sizeof(out));
		s->in = in;
	}
}

bool run_next_choice(struct run_choice *c)
{
	for (unsigned i = c->n; i-- > 0;) {
		if (++c->pick[i] < c->of[i]) {
			for (unsigned k = i + 1; k < c->n; k++)
				c->product /= c->of[k] ? c->of[k] : 1;
			c->n = i + 1;
			return true;
		}
	}
	return false;
}

void run_simple(struct run *r, struct run_scene *s, const struct shell_command *c)
{
	struct run_choice choice = { .product = 1, .up = r->choice };
	struct run_scene start = *s, out;
	bool any = false;

	if (alias(r, &start, c))
		*s = start;
	if (r->capturing) {
		simple_once(r, s, c);
		return;
	}
	r->choice = &choice;
	do {
		struct run_scene one = start;

		simple_once(r, &one, c);
		if (any)
			run_scene_join(r, &out, &one, false);
		else
			out = one;
		any = true;
	} while (run_next_choice(&choice) && !r->stopped);
	r->choice = choice.up;
	*s = out;
}
