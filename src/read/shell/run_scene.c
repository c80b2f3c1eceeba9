#include "read/shell/run_parts.h"

bool run_scene_maybe(const struct run *r, const struct run_scene *s)
{
	if (s->maybe || s->looped || r->again)
		return true;
	for (const struct run_choice *c = r->choice; c; c = c->up) {
		if (c->n)
			return true;
	}
	return false;
}

void run_via(struct run *r, struct run_scene *s, struct str name)
{
	if (s->via.len > 400)
		return;
	s->via = s->via.len ? arena_fmt(r->arena, "%.*s › %.*s", STR_ARG(s->via), STR_ARG(name)) : arena_str(r->arena, name);
}

struct run_scene run_scene_process(struct run *r, const struct run_scene *s, const char *via, const struct run_call *call)
{
	struct run_scene p = *s;

	p.process = ++r->processes;
	p.span = call->span;
	p.fixed = true;
	if (call->act)
		p.within = call->act;
	p.exports = call->env ? call->env : s->exports;
	p.frame = NULL;
	p.loop = p.function = NULL;
	p.traps = NULL;
	p.aliases = NULL;
	p.exports_all = false;
	p.status = -1;
	run_via(r, &p, str_from(via));
	return p;
}

/* --- joining --- */

struct join {
	struct run *r;
	struct run_scene *a;
	const struct run_scene *b;
	bool widen;
	unsigned depth;
};

static bool same_elements(const struct run_variable *x, const struct run_variable *y)
{
	const struct run_element *e = x->elements, *f = y->elements;

	if (x->n_elements != y->n_elements || x->open != y->open)
		return false;
	for (; e && f; e = e->next, f = f->next) {
		if (e == f)
			return true;
		if (!str_eq(e->key, f->key) || !str_eq(e->text, f->text))
			return false;
	}
	return !e && !f;
}

static bool same_one(const struct run_variable *x, const struct run_variable *y)
{
	return x->set == y->set && x->exported == y->exported && x->array == y->array && x->assoc == y->assoc &&
	       str_eq(x->text, y->text) && same_elements(x, y);
}

static bool holds(const struct run_variable *list, const struct run_variable *one)
{
	for (; list; list = list->other) {
		if (same_one(list, one))
			return true;
	}
	return false;
}

/* x with those alternatives of y that it has not; NULL: too many, or not scalars. */
static const struct run_variable *alternatives(struct join *j, const struct run_variable *x, const struct run_variable *y)
{
	const struct run_variable *head = x;
	unsigned n = 0;

	for (const struct run_variable *o = x; o; o = o->other)
		n++;
	for (; y; y = y->other) {
		struct run_variable *copy;

		if (holds(x, y))
			continue;
		copy = run_alloc(j->r, sizeof(*copy));
		if (!copy || ++n > RUN_MAX_OTHERS)
			return NULL;
		*copy = *y;
		copy->other = head;
		copy->process = j->a->process;
		copy->exported |= x->exported;
		head = copy;
	}
	return head;
}

static void join_variable(struct join *j, struct str name, const struct run_variable *x, const struct run_variable *y)
{
	const struct run_variable *v;

	if (x == y)
		return;
	if (!x)
		x = run_get_all(j->r, j->a, name);
	if (!y)
		y = run_get_all(j->r, j->b, name);
	if (!x->other && !y->other && same_one(x, y))
		return;
	if (j->widen && y->set && !y->other && run_all_unknown(y->text) && y->exported >= x->exported) {
		j->a->variables = run_map_put(j->r->arena, j->a->variables, name, y);
		return;
	}
	j->r->widened |= j->widen;
	v = j->widen ? NULL : alternatives(j, x, y);
	if (v == x)
		return;
	if (v) {
		run_put(j->r, j->a, name, v);
		return;
	}
	if (y->exported && !x->exported) {
		struct run_variable *e = run_alloc(j->r, sizeof(*e));

		if (!e)
			return;
		*e = *x;
		e->exported = true;
		run_put(j->r, j->a, name, e);
	}
	run_set_unknown(j->r, j->a, name);
}

/* Every key of b's map that stands differently in a's. Shared subtrees are skipped, so the cost is what was changed. */
static void join_variables(struct join *j, const struct run_map *x, const struct run_map *y)
{
	if (x == y || !y || j->depth > 80 || !run_step(j->r, 1))
		return;
	j->depth++;
	if (x && x->hash == y->hash && str_eq(x->key, y->key)) {
		join_variable(j, y->key, x->value, y->value);
	} else {
		join_variable(j, y->key, run_map_get(j->a->variables, y->key), y->value);
		x = NULL;
	}
	join_variables(j, x ? x->side[0] : NULL, y->side[0]);
	join_variables(j, x ? x->side[1] : NULL, y->side[1]);
	j->depth--;
}

/* Keys that only a has. */
static void join_missing(struct join *j, const struct run_map *x, const struct run_map *y)
{
	if (x == y || !x || j->depth > 80 || !run_step(j->r, 1))
		return;
	j->depth++;
	if (!y || x->hash != y->hash || !str_eq(x->key, y->key)) {
		if (!run_map_get(j->b->variables, x->key))
			join_variable(j, x->key, run_map_get(j->a->variables, x->key), NULL);
		y = NULL;
	}
	join_missing(j, x->side[0], y ? y->side[0] : NULL);
	join_missing(j, x->side[1], y ? y->side[1] : NULL);
	j->depth--;
}

static void join_functions(struct run *r, struct run_scene *a, const struct run_map *x, const struct run_map *y)
{
	const struct run_function *f, *g;
	struct run_function *both;

	if (x == y || !y || !run_step(r, 1))
		return;
	f = run_map_get(a->functions, y->key);
	g = y->value;
	if (f != g && g) {
		both = run_alloc(r, sizeof(*both));
		if (!both)
			return;
		*both = *g;
		if (!both->other)
			both->other = f;
		a->functions = run_map_put(r->arena, a->functions, y->key, both);
	}
	if (x && !str_eq(x->key, y->key))
		x = NULL;
	join_functions(r, a, x ? x->side[0] : NULL, y->side[0]);
	join_functions(r, a, x ? x->side[1] : NULL, y->side[1]);
}

static void join_args(struct run *r, struct run_scene *a, const struct run_scene *b)
{
	if (a->args == b->args && a->n_args == b->n_args)
		return;
	r->widened |= b->n_args > 0 || !b->args_open;
	a->args = NULL;
	a->n_args = 0;
	a->args_open = true;
}

static void join_traps(struct run *r, struct run_scene *a, const struct run_scene *b)
{
	for (const struct run_trap *t = b->traps; t && a->traps != b->traps; t = t->next) {
		struct run_trap *copy, *have = a->traps;
		unsigned n = 0;

		for (; have && !str_eq(have->text, t->text); have = have->next)
			n++;
		if (have)
			continue;
		copy = run_alloc(r, sizeof(*copy));
		if (!copy || n > 32) {
			run_opaque(r, a, NULL, "more traps than can be followed");
			return;
		}
		*copy = (struct run_trap){ .text = t->text, .next = a->traps };
		a->traps = copy;
	}
}

void run_scene_join(struct run *r, struct run_scene *a, const struct run_scene *b, bool widen)
{
	struct join j = { .r = r, .a = a, .b = b, .widen = widen };
	const struct run_map *before;

	if (b->dead)
		return;
	if (a->dead) {
		unsigned maybe = a->maybe;

		*a = *b;
		a->maybe = maybe;
		return;
	}
	before = a->variables;
	join_variables(&j, before, b->variables);
	join_missing(&j, before, b->variables);
	join_functions(r, a, a->functions, b->functions);
	if (!a->aliases)
		a->aliases = b->aliases;
	if (!str_eq(a->cwd.text, b->cwd.text)) {
		a->cwd_before = a->cwd.text;
		r->widened |= !run_all_unknown(b->cwd.text);
		a->cwd = run_value((struct str){ "", 1 }, a->cwd.span);
	}
	join_args(r, a, b);
	if (a->status != b->status)
		a->status = -1;
	a->all_unknown |= b->all_unknown;
	a->exports_all |= b->exports_all;
	join_traps(r, a, b);
}
