/* Builtins that change what later commands mean. */
#include "read/shell/run_parts.h"

struct str run_joined(struct run *r, const struct run_call *call, size_t from)
{
	struct run_text t = { .arena = r->arena };

	for (size_t i = from; i < call->n; i++) {
		if (i > from)
			run_text_addc(&t, ' ');
		run_text_add(&t, call->argv[i].text);
	}
	return run_text_str(&t);
}

static void nothing(struct run *r, struct run_scene *s, struct run_call *call)
{
	(void)r;
	s->status = str_is(call->argv[0].text, "false") ? 1 : 0;
}

static void unsure(struct run *r, struct run_scene *s, struct run_call *call)
{
	(void)r;
	(void)call;
	s->status = -1;
}

static void go(struct run *r, struct run_scene *s, struct str to)
{
	struct shell_value cwd = run_value((struct str){ "", 1 }, s->span);

	if (run_known(to) && to.len && (to.ptr[0] == '/' || run_known(s->cwd.text)))
		cwd = run_value(world_absolute(s->cwd.text, to, r->arena), s->span);
	run_set(r, s, STR("OLDPWD"), s->cwd.text);
	s->cwd_before = s->cwd.text;
	s->cwd = cwd;
	s->status = cwd.known ? 0 : -1;
}

static void cd(struct run *r, struct run_scene *s, struct run_call *call)
{
	const struct run_variable *v;
	size_t i = 1;

	while (i < call->n && call->argv[i].text.len > 1 && call->argv[i].text.ptr[0] == '-')
		i++;
	if (i == call->n || str_is(call->argv[i].text, "-")) {
		v = run_get(r, s, i == call->n ? STR("HOME") : STR("OLDPWD"));
		if (v->set)
			go(r, s, v->text);
	} else if (call->argv[i].text.len) {
		go(r, s, call->argv[i].many ? (struct str){ "", 1 } : call->argv[i].text);
	}
}

static void pushd(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct run_trap *here = run_alloc(r, sizeof(*here));

	if (!here)
		return;
	*here = (struct run_trap){ .text = s->cwd.text, .next = s->folders };
	if (call->n < 2 || (call->argv[1].text.len && memchr("+-", call->argv[1].text.ptr[0], 2)))
		go(r, s, (struct str){ "", 1 });
	else
		go(r, s, call->argv[1].text);
	s->folders = here;
}

static void popd(struct run *r, struct run_scene *s, struct run_call *call)
{
	if (call->n > 1 || !s->folders) {
		go(r, s, (struct str){ "", 1 });
		return;
	}
	go(r, s, s->folders->text);
	s->folders = s->folders->next;
}

static void eval(struct run *r, struct run_scene *s, struct run_call *call)
{
	const struct shell_act *within = s->within;
	struct str via = s->via;

	if (call->n < 2)
		return;
	run_via(r, s, STR("eval"));
	s->within = call->act;
	run_script(r, s, run_joined(r, call, str_is(call->argv[1].text, "--") ? 2 : 1), call->act);
	s->via = via;
	s->within = within;
}

/* source x, . x */
static void source(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct run_leave leave = { .up = s->function };
	struct run_scene around = *s, out = *s;
	enum run_seen seen;
	const struct run_file *f;
	bool any = false;

	if (call->n < 2)
		return;
	if (str_is(call->argv[1].text, "/dev/stdin")) {
		run_script(r, s, run_stdin(r, s), call->act);
		return;
	}
	f = run_file(r, s, call->argv[1].text, &seen);
	s->status = -1;
	if (!f && (seen != RUN_MISSING || r->programs_ran)) {
		run_opaque(r, s, call->act, seen == RUN_PENDING
				? "source: the file was not read yet" : "source: a file that is not read here");
		if (!str_ends(call->argv[1].text, STR("/activate")) && seen != RUN_MISSING)
			r->programs_ran = true;
	}
	for (; f && !r->stopped; f = f->other) {
		struct run_scene one = around;

		one.function = &leave;
		one.within = call->act;
		one.maybe += any || f->other;
		if (call->n > 2) {
			one.args = call->argv + 2;
			one.n_args = call->n - 2;
			one.args_open = false;
		}
		run_via(r, &one, STR("source"));
		run_script(r, &one, f->known ? f->text : (struct str){ "", 1 }, call->act);
		run_come_back(r, &one, &leave);
		one.function = around.function;
		one.within = around.within;
		one.via = around.via;
		one.maybe = around.maybe;
		if (call->n > 2) {
			one.args = around.args;
			one.n_args = around.n_args;
			one.args_open = around.args_open;
		}
		if (any)
			run_scene_join(r, &out, &one, false);
		else
			out = one;
		any = true;
	}
	*s = out;
	if (!any)
		s->status = -1;
}

/* The rest of the words as a command of the same shell. */
static void again(struct run *r, struct run_scene *s, struct run_call *call, size_t from)
{
	struct run_call next = *call;
	const struct shell_act *within = s->within;
	struct str via = s->via;

	if (from >= call->n)
		return;
	run_via(r, s, call->argv[0].text);
	s->within = call->act;
	next.argv += from;
	next.n -= from;
	next.opens = NULL;
	next.act = NULL;
	next.plain = true;
	run_call(r, s, &next);
	s->via = via;
	s->within = within;
}

static void command(struct run *r, struct run_scene *s, struct run_call *call)
{
	size_t i = 1;

	for (; i < call->n && call->argv[i].text.len > 1 && call->argv[i].text.ptr[0] == '-'; i++) {
		struct str o = call->argv[i].text;

		if (str_is(o, "--")) {
			i++;
			break;
		}
		if (str_find_char(o, 'v') != SIZE_MAX || str_find_char(o, 'V') != SIZE_MAX) {
			if (i + 1 < call->n)
				run_print(r, s, arena_join(r->arena, call->argv[i + 1].text, STR("\n")));
			s->status = -1;
			return;
		}
	}
	again(r, s, call, i);
}

static void exec(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct run_scene p;
	size_t i = 1;

	for (; i < call->n && call->argv[i].text.len > 1 && call->argv[i].text.ptr[0] == '-'; i++) {
		if (str_is(call->argv[i].text, "--")) {
			i++;
			break;
		}
		if (call->argv[i].text.ptr[call->argv[i].text.len - 1] == 'a')
			i++;
	}
	if (i >= call->n)
		return;
	p = run_scene_process(r, s, "exec", call);
	run_argv(r, &p, call->argv + i, call->n - i, call);
	if (!r->execfail)
		s->dead = true;
}

static void trap(struct run *r, struct run_scene *s, struct run_call *call)
{
	size_t i = call->n > 1 && str_is(call->argv[1].text, "--") ? 2 : 1;
	struct str code = i < call->n ? call->argv[i].text : STR_NONE;
	struct run_trap *t;
	bool at_end = true;

	s->status = 0;
	if (code.len == 0 || str_is(code, "-") || (code.ptr[0] == '-' && code.len == 2) || i + 1 >= call->n) {
		if (str_is(code, "-") || (code.ptr && code.len == 0))
			s->traps = run_scene_maybe(r, s) ? s->traps : NULL;
		return;
	}
	for (size_t k = i + 1; k < call->n; k++)
		at_end &= str_is(call->argv[k].text, "EXIT") || str_is(call->argv[k].text, "0");
	if (!at_end) { /* may come at any time: now as well as at the end */
		struct run_scene sub = *s;

		sub.maybe++;
		sub.within = call->act;
		run_via(r, &sub, STR("trap"));
		run_script(r, &sub, code, call->act);
	}
	t = run_alloc(r, sizeof(*t));
	if (!t)
		return;
	*t = (struct run_trap){ .text = code, .next = s->traps };
	s->traps = t;
}

static void quit(struct run *r, struct run_scene *s, struct run_call *call)
{
	(void)call;
	r->leaves += s->maybe > 0;
	if (s->traps) {
		struct run_scene sub = *s;

		run_traps(r, &sub);
	}
	s->dead = true;
}

static void back(struct run *r, struct run_scene *s, struct run_call *call)
{
	int64_t n;

	s->status = -1;
	if (call->n > 1 && run_number(call->argv[1].text, &n) && n >= 0 && n < 256)
		s->status = (int)n;
	if (s->function)
		run_leave_to(r, s, s->function);
}

/* break, continue */
static void leave(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct run_leave *l = s->loop;
	int64_t n = 1;

	if (!l)
		return;
	if (call->n > 1 && !run_number(call->argv[1].text, &n))
		n = 100;
	for (; l && n > 0; l = l->up, n--)
		run_leave_to(r, s, l);
}

static void let(struct run *r, struct run_scene *s, struct run_call *call)
{
	int64_t v = 0;
	bool known = true;

	for (size_t i = 1; i < call->n; i++)
		known &= run_arithmetic(r, s, call->argv[i].text, &v);
	s->status = known ? v == 0 : -1;
}

static void shopt(struct run *r, struct run_scene *s, struct run_call *call)
{
	for (size_t i = 1; i < call->n; i++) {
		r->execfail |= str_is(call->argv[i].text, "execfail");
		r->lastpipe |= str_is(call->argv[i].text, "lastpipe");
	}
	s->status = -1;
}

static void pwd(struct run *r, struct run_scene *s, struct run_call *call)
{
	(void)call;
	run_print(r, s, arena_join(r->arena, s->cwd.text, STR("\n")));
	s->status = 0;
}

static void builtin(struct run *r, struct run_scene *s, struct run_call *call)
{
	again(r, s, call, 1);
}

static void print_unsure(struct run *r, struct run_scene *s, struct run_call *call)
{
	run_print_unknown(r, s, call->act);
	s->status = -1;
}

static void hash(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct str *path;

	s->status = 0;
	if (call->n != 4 || !str_is(call->argv[1].text, "-p"))
		return;
	path = run_alloc(r, sizeof(*path));
	if (!path)
		return;
	*path = call->argv[2].text;
	s->aliases = run_map_put(r->arena, s->aliases, call->argv[3].text, path);
}

bool run_builtin(struct run *r, struct run_scene *s, struct run_call *call)
{
	static const struct {
		const char *name;
		void (*run)(struct run *, struct run_scene *, struct run_call *);
	} table[] = {
		{ ":", nothing },	  { "true", nothing },	     { "false", nothing },     { "cd", cd },
		{ "pwd", pwd },		  { "pushd", pushd },	     { "popd", popd },	       { "eval", eval },
		{ "source", source },	  { ".", source },	     { "command", command },   { "builtin", builtin },
		{ "exec", exec },	  { "trap", trap },	     { "exit", quit },	       { "return", back },
		{ "break", leave },	  { "continue", leave },     { "let", let },	       { "shopt", shopt },
		{ "hash", hash },	  { "alias", run_alias },    { "unalias", run_alias }, { "export", run_export_builtin },
		{ "declare", run_declare }, { "typeset", run_declare }, { "local", run_declare }, { "readonly", run_declare },
		{ "unset", run_unset_builtin }, { "set", run_set_builtin }, { "shift", run_shift }, { "read", run_read },
		{ "mapfile", run_mapfile }, { "readarray", run_mapfile }, { "getopts", run_getopts }, { "test", unsure },
		{ "[", unsure },	  { "wait", unsure },	     { "umask", unsure },      { "ulimit", unsure },
		{ "enable", unsure },	  { "disown", unsure },	     { "bind", unsure },       { "complete", unsure },
		{ "compopt", unsure },	  { "jobs", print_unsure },  { "dirs", print_unsure }, { "type", print_unsure },
		{ "times", print_unsure }, { "history", print_unsure }, { "compgen", print_unsure }, { "caller", print_unsure },
		{ "fg", unsure },	  { "bg", unsure },	     { "logout", quit },       { "suspend", unsure },
	};
	struct str name = call->argv[0].text;

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		if (str_is(name, table[i].name)) {
			table[i].run(r, s, call);
			return true;
		}
	}
	return false;
}
