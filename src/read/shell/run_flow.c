/* Branches, loops, groups, functions being defined. Every branch is taken; where they meet, scenes are joined. */
#include "read/shell/run_parts.h"

static void run_if(struct run *r, struct run_scene *s, const struct shell_command *c)
{
	struct run_scene no;

	run_walk(r, s, c->compound->condition);
	no = *s;
	s->maybe++;
	run_walk(r, s, c->compound->body);
	s->maybe--;
	no.status = 0;
	no.maybe++;
	run_walk(r, &no, c->compound->otherwise);
	no.maybe--;
	run_scene_join(r, s, &no, false);
}

static bool same_state(const struct run_scene *a, const struct run_scene *b)
{
	return a->variables == b->variables && str_eq(a->cwd.text, b->cwd.text) && a->functions == b->functions &&
	       a->args == b->args && a->n_args == b->n_args;
}

struct loop {
	const struct shell_command *c;
	struct run_scene out; /* joined ways out of it */
	bool has_out;
};

static void leave_loop(struct run *r, struct loop *l, const struct run_scene *s)
{
	if (l->has_out)
		run_scene_join(r, &l->out, s, false);
	else
		l->out = *s;
	l->has_out = true;
}

/* One turn of a body; what left it by break comes back into *ret_out, by continue or its end into ${s}. */
static void turn(struct run *r, struct run_scene *s, struct loop *l, bool sure)
{
	struct run_leave leave = { .up = s->loop };
	struct run_leave *around = s->loop;

	s->loop = &leave;
	s->maybe += !sure;
	s->looped += sure;
	run_walk(r, s, l->c->compound->body);
	s->maybe -= !sure;
	s->looped -= sure;
	if (leave.scene) { /* break and continue alike: both may go on and end */
		struct run_scene left = *leave.scene;

		left.loop = around;
		left.maybe = s->maybe;
		left.looped = s->looped;
		left.frame = s->frame;
		leave_loop(r, l, &left);
		run_come_back(r, s, &leave);
	}
	s->loop = around;
}

static void part_of(struct run *r, struct run_scene *s, struct str text, unsigned which, int64_t *ret)
{
	for (unsigned i = 0; i < which; i++) {
		size_t semi = str_find_char(text, ';');

		text = semi == SIZE_MAX ? STR("") : str_sub(text, semi + 1, text.len);
	}
	text = str_sub(text, 0, str_find_char(text, ';'));
	*ret = 1;
	if (str_trim(text).len && !run_arithmetic(r, s, text, ret))
		*ret = -1;
}

/* Turns whose number is not known, until nothing new can come of another one. */
static void widen(struct run *r, struct run_scene *s, struct loop *l)
{
	bool all_unknown = s->all_unknown;

	r->again++;
	for (unsigned i = 0; i < 4 && !r->stopped && !s->dead; i++) {
		struct run_scene before = *s;

		if (i == 3 || l->c->kind == SHELL_FOR_ARITHMETIC) /* a counter may be in an expression */
			s->all_unknown = true;
		r->widened = false;
		if (l->c->kind == SHELL_WHILE || l->c->kind == SHELL_UNTIL)
			run_walk(r, s, l->c->compound->condition);
		leave_loop(r, l, s);
		if (l->c->compound->name.len && l->c->kind != SHELL_COPROC)
			run_set_unknown(r, s, l->c->compound->name);
		turn(r, s, l, false);
		if (l->c->kind == SHELL_FOR_ARITHMETIC) {
			int64_t v;

			part_of(r, s, run_expand_one(r, s, l->c->compound->subject).text, 2, &v);
		}
		s->dead = false;
		run_scene_join(r, s, &before, true);
		if (!r->widened)
			break;
	}
	r->again--;
	run_scene_join(r, &l->out, s, true);
	l->out.all_unknown = s->all_unknown = all_unknown;
}

static void run_while(struct run *r, struct run_scene *s, const struct shell_command *c)
{
	struct loop l = { .c = c };
	unsigned product = r->product, turns = 0;
	bool sure = true;

	r->product = product * 4;
	while (!r->stopped && !s->dead) {
		struct run_scene before = *s;
		int stop = c->kind == SHELL_WHILE ? 1 : 0;

		run_walk(r, s, c->compound->condition);
		if (s->dead)
			break;
		sure = s->status >= 0;
		if (!sure || (s->status > 0) == (stop == 1))
			leave_loop(r, &l, s);
		if (sure && (s->status > 0) == (stop == 1)) {
			s->dead = true;
			break;
		}
		turn(r, s, &l, sure);
		if (!sure || same_state(s, &before) || ++turns >= RUN_MAX_ITERATIONS || turns * product > RUN_MAX_PRODUCT)
			break;
	}
	if (!s->dead)
		widen(r, s, &l);
	r->product = product;
	if (l.has_out) {
		l.out.loop = s->loop;
		l.out.maybe = s->maybe;
		*s = l.out;
	}
	s->status = -1;
}

static void run_for(struct run *r, struct run_scene *s, const struct shell_command *c)
{
	struct run_list list = { 0 };
	struct loop l = { .c = c };
	unsigned product = r->product;
	bool open = false;

	if (c->has_in)
		run_expand_words(r, s, c->words, &list);
	for (size_t i = 0; !c->has_in && i < s->n_args; i++)
		run_list_add(r, &list, s->args[i]);
	open = !c->has_in && s->args_open;
	for (size_t i = 0; i < list.n; i++)
		open |= list.item[i].many;
	leave_loop(r, &l, s);
	if (list.n <= RUN_MAX_ITERATIONS && list.n * product <= RUN_MAX_PRODUCT && c->kind == SHELL_FOR) {
		r->product = product * (unsigned)(list.n ? list.n : 1);
		if (list.n && !open)
			l.has_out = false;
		for (size_t i = 0; i < list.n && !s->dead && run_step(r, 1); i++) {
			run_set(r, s, c->compound->name, list.item[i].text);
			turn(r, s, &l, !open);
		}
	} else {
		open = true;
	}
	if (!s->dead)
		leave_loop(r, &l, s);
	if (open || c->kind == SHELL_SELECT) {
		if (c->kind == SHELL_SELECT)
			run_set_unknown(r, s, STR("REPLY"));
		if (!s->dead)
			widen(r, s, &l);
	}
	r->product = product;
	if (l.has_out) {
		l.out.loop = s->loop;
		l.out.maybe = s->maybe;
		*s = l.out;
	}
	s->status = -1;
}

/* for ((a; b; c)) */
static void run_for_arithmetic(struct run *r, struct run_scene *s, const struct shell_command *c)
{
	struct loop l = { .c = c };
	unsigned product = r->product, turns = 0;
	int64_t v;

	part_of(r, s, run_expand_one(r, s, c->compound->subject).text, 0, &v);
	r->product = product * 4;
	while (!r->stopped && !s->dead) {
		struct run_scene before = *s;

		part_of(r, s, run_expand_one(r, s, c->compound->subject).text, 1, &v);
		if (v <= 0)
			leave_loop(r, &l, s);
		if (v == 0) {
			s->dead = true;
			break;
		}
		turn(r, s, &l, v > 0);
		part_of(r, s, run_expand_one(r, s, c->compound->subject).text, 2, &v);
		if (v < 0 || same_state(s, &before) || ++turns >= RUN_MAX_ITERATIONS || turns * product > RUN_MAX_PRODUCT)
			break;
	}
	if (!s->dead)
		widen(r, s, &l);
	r->product = product;
	if (l.has_out) {
		l.out.loop = s->loop;
		l.out.maybe = s->maybe;
		*s = l.out;
	}
	s->status = -1;
}

static void run_case(struct run *r, struct run_scene *s, const struct shell_command *c)
{
	struct run_scene in, out;

	run_expand_one(r, s, c->compound->subject);
	out = *s; /* no pattern matches */
	in = *s;
	in.dead = true;
	for (const struct shell_case *k = c->compound->cases; k && run_step(r, 1); k = k->next) {
		struct run_scene branch = *s;

		for (const struct shell_word *w = k->patterns; w; w = w->next)
			run_expand_pattern(r, &branch, w);
		if (!in.dead) /* fell through ;& */
			run_scene_join(r, &branch, &in, false);
		branch.maybe = s->maybe + 1;
		run_walk(r, &branch, k->body);
		branch.maybe = s->maybe;
		in = branch;
		if (k->end == ';')
			in.dead = true;
		run_scene_join(r, &out, &branch, false);
	}
	*s = out;
	s->status = -1;
}

static void define(struct run *r, struct run_scene *s, const struct shell_command *c)
{
	struct run_function *f = run_alloc(r, sizeof(*f));

	if (!f)
		return;
	*f = (struct run_function){ .command = c, .text = s->text, .process = s->process };
	s->functions = run_map_put(r->arena, s->functions, c->compound->name, f);
	s->status = 0;
}

/* [[ … ]]: its words are expanded for what they run; operators are no words of commands. */
static void test(struct run *r, struct run_scene *s, const struct shell_command *c)
{
	for (const struct shell_word *w = c->words; w && run_step(r, 1); w = w->next)
		run_expand_one(r, s, w);
	s->status = -1;
}

static void coproc(struct run *r, struct run_scene *s, const struct shell_command *c)
{
	struct run_scene sub = *s;

	sub.background = true;
	sub.in = run_in_unknown(r, NULL);
	sub.loop = NULL;
	sub.traps = NULL;
	run_walk(r, &sub, c->compound->body);
	run_traps(r, &sub);
	run_set_unknown(r, s, c->compound->name.len ? c->compound->name : STR("COPROC"));
}

void run_flow(struct run *r, struct run_scene *s, const struct shell_command *c)
{
	struct run_scene sub;
	int64_t n;

	switch (c->kind) {
	case SHELL_SIMPLE:
		break;
	case SHELL_GROUP:
		run_walk(r, s, c->compound->body);
		break;
	case SHELL_SUBSHELL:
		sub = *s;
		sub.loop = NULL;
		sub.traps = NULL;
		run_walk(r, &sub, c->compound->body);
		if (sub.traps)
			run_traps(r, &sub);
		s->status = sub.dead ? -1 : sub.status;
		break;
	case SHELL_IF:
		run_if(r, s, c);
		break;
	case SHELL_WHILE:
	case SHELL_UNTIL:
		run_while(r, s, c);
		break;
	case SHELL_FOR:
	case SHELL_SELECT:
		run_for(r, s, c);
		break;
	case SHELL_FOR_ARITHMETIC:
		run_for_arithmetic(r, s, c);
		break;
	case SHELL_CASE:
		run_case(r, s, c);
		break;
	case SHELL_FUNCTION:
		define(r, s, c);
		break;
	case SHELL_COPROC:
		coproc(r, s, c);
		break;
	case SHELL_TEST:
		test(r, s, c);
		break;
	case SHELL_ARITHMETIC:
		if (run_arithmetic(r, s, run_expand_one(r, s, c->compound->subject).text, &n))
			s->status = n == 0;
		else
			s->status = -1;
		break;
	}
}
