#include "read/shell/run.h"

#include "read/shell/run_parts.h"

bool run_step(struct run *r, size_t n)
{
	if (r->stopped)
		return false;
	r->steps += n;
	if (r->steps > SHELL_MAX_STEPS || r->arena->full) {
		r->stopped = true;
		return false;
	}
	return true;
}

static void opaque(struct run *r, const struct run_scene *s, const struct shell_act *act, struct shell_opaque what)
{
	struct shell_opaque *o;

	if (r->n_opaque >= 200)
		return;
	o = run_alloc(r, sizeof(*o));
	if (!o)
		return;
	*o = what;
	o->span = act ? act->span : s->span;
	o->act = act;
	*r->last_opaque = o;
	r->last_opaque = &o->next;
	r->n_opaque++;
}

void run_opaque(struct run *r, const struct run_scene *s, const struct shell_act *act, const char *why)
{
	opaque(r, s, act, (struct shell_opaque){ .why = str_from(why) });
}

void run_opaque_part(struct run *r, const struct run_scene *s, const struct shell_act *act, const char *why)
{
	opaque(r, s, act, (struct shell_opaque){ .why = str_from(why), .part = true });
}

void run_leave_to(struct run *r, struct run_scene *s, struct run_leave *l)
{
	if (l->scene) {
		run_scene_join(r, l->scene, s, false);
	} else {
		l->scene = run_alloc(r, sizeof(*l->scene));
		if (l->scene)
			*l->scene = *s;
	}
	s->dead = true;
	r->leaves += s->maybe > 0;
}

void run_come_back(struct run *r, struct run_scene *s, struct run_leave *l)
{
	struct run_scene around = *s;

	if (!l->scene)
		return;
	run_scene_join(r, s, l->scene, false);
	s->loop = around.loop;
	s->function = around.function;
	s->frame = around.frame;
	s->maybe = around.maybe;
	l->scene = NULL;
}

void run_expansion_error(struct run *r, struct run_scene *s)
{
	struct run_scene here = *s;

	r->leaves++;
	if (s->line)
		run_leave_to(r, &here, s->line);
}

void run_command(struct run *r, struct run_scene *s, const struct shell_command *c)
{
	struct run_out *out[10];
	struct run_in *in = s->in;
	struct shell_opening *opens = NULL;

	if (!run_step(r, 1))
		return;
	if (c->kind == SHELL_SIMPLE) {
		run_simple(r, s, c);
		return;
	}
	memcpy(out, s->out, sizeof(out));
	if (c->redirections && c->kind != SHELL_FUNCTION) {
		run_redirect(r, s, c->redirections, &opens);
		if (opens) {
			struct run_call call = { .span = s->fixed ? s->span : c->span, .opens = opens };

			run_call(r, s, &call);
		}
	}
	run_flow(r, s, c);
	memcpy(s->out, out, sizeof(out));
	s->in = in;
}

/* Each command of a | b | c in its own subshell, reading what the one before printed. */
static void pipeline(struct run *r, struct run_scene *s, const struct shell_item *item)
{
	struct run_in *in = s->in;

	for (const struct shell_command *c = item->first; c && !r->stopped; c = c->next) {
		struct run_scene sub = *s;
		struct run_out *out = c->next ? run_alloc(r, sizeof(*out)) : NULL;

		sub.in = in;
		sub.loop = NULL;
		if (out || !r->lastpipe)
			sub.traps = NULL; /* a subshell has its own, run at its end */
		if (out) {
			*out = run_out_pipe(r, s);
			sub.out[1] = out;
		}
		run_command(r, &sub, c);
		if (out || !r->lastpipe)
			run_traps(r, &sub);
		if (out) {
			out->from = r->newest;
			in = run_in_from(r, out);
			if (in)
				in->maybe = s->maybe;
		} else {
			s->status = sub.status;
			sub.in = s->in;
			sub.loop = s->loop;
			if (r->lastpipe && !sub.dead)
				run_scene_join(r, s, &sub, false);
		}
	}
}

static void run_item(struct run *r, struct run_scene *s, const struct shell_item *item)
{
	if (!item->first)
		return;
	if (!s->fixed)
		s->span = item->first->span;
	if (item->first->next && !r->capturing) {
		struct run_choice choice = { .product = 1, .up = r->choice };

		r->choice = &choice;
		r->capturing++;
		do {
			pipeline(r, s, item);
		} while (run_next_choice(&choice) && !r->stopped);
		r->capturing--;
		r->choice = choice.up;
	} else if (item->first->next) {
		pipeline(r, s, item);
	} else {
		run_command(r, s, item->first);
	}
	if (item->negated && s->status >= 0)
		s->status = !s->status;
}

/* a && b || c: two scenes, one if the chain succeeded so far and one if it failed; either may be impossible. */
struct chain {
	struct run_scene ok, bad;
	bool can_ok, can_bad;
};

static void chain_add(struct run *r, struct run_scene *to, bool *can, const struct run_scene *from)
{
	if (*can)
		run_scene_join(r, to, from, false);
	else
		*to = *from;
	*can = true;
}

static void chain_after(struct run *r, struct chain *c, const struct run_scene *s, enum shell_connector how)
{
	bool may_ok = s->status <= 0, may_bad = s->status != 0;
	struct run_scene ok = *s, bad = *s;

	ok.status = 0;
	bad.status = s->status > 0 ? s->status : -1;
	if (how == SHELL_AND) {
		c->ok = ok;
		c->can_ok = may_ok;
		if (may_bad)
			chain_add(r, &c->bad, &c->can_bad, &bad);
	} else {
		c->bad = bad;
		c->can_bad = may_bad;
		if (may_ok)
			chain_add(r, &c->ok, &c->can_ok, &ok);
	}
}

static void chain_next(struct run *r, struct chain *c, const struct shell_item *item, enum shell_connector how)
{
	bool *can = how == SHELL_AND ? &c->can_ok : &c->can_bad;
	bool sure = how == SHELL_AND ? !c->can_bad : !c->can_ok;
	struct run_scene next = how == SHELL_AND ? c->ok : c->bad;

	if (!*can) { /* bash would not run it; its acts are told, its effects are not taken */
		next = c->can_ok ? c->ok : c->bad;
		next.maybe++;
		run_item(r, &next, item);
		return;
	}
	if (next.dead)
		return;
	if (!sure)
		next.maybe++;
	run_item(r, &next, item);
	if (!sure)
		next.maybe--;
	chain_after(r, c, &next, how);
}

static const struct shell_item *chain(struct run *r, struct run_scene *s, const struct shell_item *item)
{
	struct chain c = { 0 };

	run_item(r, s, item);
	chain_after(r, &c, s, SHELL_AND);
	while (item->next && (item->then == SHELL_AND || item->then == SHELL_OR) && !r->stopped) {
		chain_next(r, &c, item->next, item->then);
		item = item->next;
	}
	if (c.can_ok && c.can_bad)
		run_scene_join(r, &c.ok, &c.bad, false);
	*s = c.can_ok ? c.ok : c.bad;
	return item;
}

static bool in_background(const struct shell_item *item)
{
	while (item->next && (item->then == SHELL_AND || item->then == SHELL_OR))
		item = item->next;
	return item->then == SHELL_BACKGROUND;
}

/* What an error left in the middle of functions and loops goes on with the next line. */
static void next_line(struct run *r, struct run_scene *s, struct run_leave *line, const struct run_scene *around)
{
	struct run_scene left = *line->scene;

	left.args = around->args;
	left.n_args = around->n_args;
	left.args_open = around->args_open;
	left.text = around->text;
	left.fixed = around->fixed;
	left.span = around->span;
	left.via = around->via;
	left.within = around->within;
	left.in = around->in;
	left.looped = around->looped;
	left.dead = false;
	memcpy(left.out, around->out, sizeof(left.out));
	line->scene = &left;
	run_come_back(r, s, line);
}

static void walk(struct run *r, struct run_scene *s, const struct shell_list *list, struct run_leave *line)
{
	struct run_scene around;

	if (!list)
		return;
	if (r->depth >= RUN_MAX_DEPTH) {
		run_opaque(r, s, NULL, "nested too deep");
		return;
	}
	r->depth++;
	for (const struct shell_item *item = list->first; item && !s->dead && run_step(r, 1); item = item->next) {
		struct run_scene sub;

		if (line)
			around = *s;
		if (in_background(item)) {
			sub = *s;
			sub.background = true;
			sub.loop = NULL;
			sub.traps = NULL;
			item = chain(r, &sub, item);
			run_traps(r, &sub);
			s->status = 0;
		} else if (item->next && item->then != SHELL_THEN && item->then != SHELL_BACKGROUND) {
			item = chain(r, s, item);
		} else {
			run_item(r, s, item);
		}
		if (line && line->scene)
			next_line(r, s, line, &around);
	}
	r->depth--;
}

void run_walk(struct run *r, struct run_scene *s, const struct shell_list *list)
{
	walk(r, s, list, NULL);
}

/* A whole script. */
static void run_lines(struct run *r, struct run_scene *s, const struct shell_list *list)
{
	struct run_leave line = { .up = s->line }, *around = s->line;

	s->line = &line;
	walk(r, s, list, &line);
	s->line = around;
}

void run_traps(struct run *r, struct run_scene *s)
{
	struct run_trap *t = s->traps;

	s->traps = NULL;
	for (; t && !r->stopped; t = t->next) {
		struct run_scene sub = *s;

		sub.dead = false;
		run_script(r, &sub, t->text, NULL);
	}
}

void run_script(struct run *r, struct run_scene *s, struct str text, const struct shell_act *act)
{
	struct shell_tree tree;
	struct str before = s->text;
	struct shell_span span = s->span;
	bool fixed = s->fixed;

	if (run_all_unknown(text)) {
		run_opaque(r, s, act, "shell code that is not known");
		return;
	}
	r->parsed += text.len;
	if (r->depth >= RUN_MAX_DEPTH || r->parsed > RUN_MAX_PARSED || !run_step(r, 1 + text.len / 32)) {
		run_opaque(r, s, act, "shell code nested too deep");
		return;
	}
	if (!run_known(text))
		run_opaque_part(r, s, act, "an unknown value stands in shell code");
	shell_parse(run_mask(r, text), r->arena, &tree);
	if (act && !fixed)
		s->span = act->span;
	s->fixed = true;
	s->text = tree.text;
	r->depth++;
	run_lines(r, s, tree.list);
	if (tree.broken && tree.rest && !s->dead) {
		s->maybe++;
		run_walk(r, s, tree.rest);
		s->maybe--;
	}
	r->depth--;
	s->text = before;
	s->span = span;
	s->fixed = fixed;
}

static void begin(struct run *r, struct run_scene *s, struct world *world, struct arena *arena, struct shell_answer *ret)
{
	*ret = (struct shell_answer){ 0 };
	*r = (struct run){ .world = world, .arena = arena, .ret = ret, .last_act = &ret->acts,
			.last_opaque = &ret->opaque, .product = 1 };
	*s = (struct run_scene){ .cwd = run_value(world->cwd, (struct shell_span){ 0 }), .arg0 = STR("bash"), .status = 0 };
	if (world->cwd.len == 0)
		s->cwd = run_value((struct str){ "", 1 }, (struct shell_span){ 0 });
	s->process = r->processes = 1;
	s->in = run_alloc(r, sizeof(*s->in));
	if (s->in)
		s->in->kind = SHELL_INPUT_INHERITED;
}

static void end(struct run *r, struct run_scene *s)
{
	run_traps(r, s);
	if (r->stopped)
		opaque(r, s, NULL, (struct shell_opaque){ .why = STR("too long to be followed to its end") });
}

void shell_run(struct str text, struct world *world, struct arena *arena, struct shell_answer *ret)
{
	struct run r;
	struct run_scene s;

	begin(&r, &s, world, arena, ret);
	shell_parse(text, arena, &ret->tree);
	if (!s.in)
		return;
	s.text = ret->tree.text;
	run_lines(&r, &s, ret->tree.list);
	if (ret->tree.broken) {
		s.maybe++;
		s.dead = false;
		run_walk(&r, &s, ret->tree.rest);
		s.maybe--;
	}
	end(&r, &s);
}

void shell_run_argv(const struct str *argv, size_t n, struct world *world, struct arena *arena, struct shell_answer *ret)
{
	struct run r;
	struct run_scene s;
	struct run_call call = { .n = n, .plain = true };

	begin(&r, &s, world, arena, ret);
	call.argv = arena_array(arena, n ? n : 1, sizeof(*call.argv));
	if (!s.in || !call.argv)
		return;
	for (size_t i = 0; i < n; i++)
		call.argv[i] = run_value(argv[i], (struct shell_span){ 0 });
	if (n)
		run_argv(&r, &s, call.argv, n, NULL);
	end(&r, &s);
}
