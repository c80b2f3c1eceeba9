/* Wrappers: programs whose words hold another command. The table facts/wrappers.h says where; those that need more than a
 * row are in run_shell.c, run_find.c, run_project.c, run_code.c.
 */
#include "facts/wrappers.h"
#include "read/shell/run_parts.h"
#include "read/shell/run_programs.h"

struct unwrap {
	struct run *r;
	struct run_scene *s; /* of the caller */
	struct run_scene p;  /* of the command inside */
	struct run_call *call;
	const struct wrapper *w;
	size_t i;	 /* next word */
	unsigned skipped;
	size_t operand;	  /* the first one passed over; 0: none */
	struct str entry; /* --entrypoint */
	bool dashes, texts; /* met `--', ran a text option */
};

static struct str word(const struct unwrap *u, size_t i)
{
	return i < u->call->n ? u->call->argv[i].text : STR_NONE;
}

static bool is_option(struct str a)
{
	return a.len > 1 && a.ptr[0] == '-';
}

/* The verb of the row: its words in order, options of the program before them. */
static bool find_verb(struct unwrap *u, struct str verb)
{
	size_t from = 0, i = 1;

	while (from < verb.len) {
		struct str rest = str_sub(verb, from, verb.len);
		size_t blank = str_find_char(rest, ' ');
		struct str want = blank == SIZE_MAX ? rest : str_sub(rest, 0, blank);

		while (is_option(word(u, i)))
			i += wrapper_lists(u->w->globals, word(u, i)) ? 2 : 1;
		if (!str_eq(word(u, i), want))
			return false;
		i++;
		from += want.len + 1;
	}
	u->i = i;
	return true;
}

static bool has_verb(struct unwrap *u)
{
	struct str all = u->w->verb;
	size_t from = 0;

	u->i = 1;
	if (all.len == 0)
		return true;
	for (size_t i = 0; i <= all.len; i++) {
		if (i < all.len && all.ptr[i] != '|')
			continue;
		if (find_verb(u, str_sub(all, from, i - from)))
			return true;
		from = i + 1;
	}
	return false;
}

static void text_option(struct unwrap *u, struct str text)
{
	struct run_scene p = u->p;

	u->texts = true;
	run_script(u->r, &p, text, u->call->act);
	run_traps(u->r, &p);
}

/* Value of the option at u->i, in it or in the next word; u->i then stands on its last word. */
static struct str option_value(struct unwrap *u, struct str name, bool attached)
{
	struct str a = word(u, u->i);

	if (attached)
		return str_sub(a, name.len + (name.len > 2 ? 1 : 0), a.len);
	u->i++;
	return word(u, u->i);
}

static void assign(struct unwrap *u, struct str a)
{
	size_t eq = str_find_char(a, '=');

	run_env_put(u->r, &u->p, str_sub(a, 0, eq), str_sub(a, eq + 1, a.len));
}

static bool is_assignment(struct str a)
{
	size_t eq = str_find_char(a, '=');

	return eq != SIZE_MAX && eq > 0 && run_is_name(str_sub(a, 0, eq));
}

static void take_value(struct unwrap *u, struct str name, struct str value)
{
	if (wrapper_lists(u->w->text, name))
		text_option(u, value);
	else if (wrapper_lists(u->w->user, name))
		u->p.user = value;
	else if (u->w->flags & WRAPPER_IMAGE && str_is(name, "--entrypoint"))
		u->entry = value;
	else if (u->w->flags & WRAPPER_ENV && (str_is(name, "-e") || str_is(name, "--env")) && is_assignment(value))
		assign(u, value);
}

static bool valued(const struct unwrap *u, struct str name)
{
	return wrapper_lists(u->w->valued, name) || wrapper_lists(u->w->text, name) || wrapper_lists(u->w->user, name);
}

static void option(struct unwrap *u)
{
	struct str a = word(u, u->i);
	size_t eq = str_find_char(a, '=');

	if (a.len < 2)
		return;
	if (a.ptr[1] == '-' || valued(u, a)) {
		struct str name = eq == SIZE_MAX ? a : str_sub(a, 0, eq);

		if (valued(u, name))
			take_value(u, name, option_value(u, name, eq != SIZE_MAX));
		return;
	}
	if (str_is(u->w->program, "sudo") && (str_is(a, "-E") || str_starts(a, STR("-E"))))
		u->p.env_lost = false;
	for (size_t k = 1; k < a.len; k++) { /* a cluster: -itu root */
		char name[2] = { '-', a.ptr[k] };
		struct str n = arena_str(u->r->arena, (struct str){ name, 2 });

		if (str_is(u->w->program, "sudo") && (a.ptr[k] == 's' || a.ptr[k] == 'i'))
			u->dashes = true; /* words are read by a shell: marks it */
		if (!valued(u, n))
			continue;
		if (k + 1 < a.len) {
			take_value(u, n, str_sub(a, k + 1, a.len));
		} else {
			u->i++;
			take_value(u, n, word(u, u->i));
		}
		return;
	}
}

static bool is_dashes(struct str a)
{
	return str_is(a, "--") || str_is(a, "--args"); /* gdb's */
}

static void pass_over(struct unwrap *u)
{
	u->skipped++;
	if (!u->operand)
		u->operand = u->i;
}

/* Options, operands to skip, assignments; u->i then stands on the command. */
static void prologue(struct unwrap *u)
{
	bool mixed = u->w->flags & WRAPPER_DASHES;
	bool has_dashes = false;

	for (size_t k = u->i; mixed && k < u->call->n; k++)
		has_dashes |= is_dashes(word(u, k));
	for (; u->i < u->call->n && run_step(u->r, 1); u->i++) {
		struct str a = word(u, u->i);

		if (is_dashes(a)) {
			u->i++;
			u->dashes = true;
			if (!mixed && u->skipped < u->w->skip)
				u->i += u->w->skip - u->skipped;
			return;
		}
		if (is_option(a))
			option(u);
		else if (u->w->flags & WRAPPER_ASSIGN && is_assignment(a))
			assign(u, a);
		else if (u->skipped < u->w->skip || has_dashes || u->w->flags & WRAPPER_TEXT_ONLY)
			pass_over(u);
		else
			return;
		if (u->skipped == u->w->skip && u->w->skip && !mixed && u->i + 1 < u->call->n && !is_option(word(u, u->i + 1)))
			continue;
	}
}

static void each_text(struct unwrap *u)
{
	for (; u->i < u->call->n; u->i++) {
		struct run_scene p = u->p;

		if (!is_option(word(u, u->i)))
			run_script(u->r, &p, word(u, u->i), u->call->act);
	}
}

/* prisma@5 → prisma, @prisma/cli@5 → cli, create-x → create-x */
static struct shell_value package(struct shell_value v)
{
	struct str t = v.text;
	size_t at;

	if (t.len && t.ptr[0] == '@')
		t = str_sub(t, 1, t.len);
	at = str_find_char(t, '@');
	if (at != SIZE_MAX)
		t = str_sub(t, 0, at);
	if (v.text.len && v.text.ptr[0] == '@')
		t = str_base_name(t);
	v.text = t;
	return v;
}

static void inside(struct unwrap *u)
{
	size_t n = u->i < u->call->n ? u->call->n - u->i : 0;
	unsigned flags = u->w->flags;
	struct shell_value *argv = u->call->argv + u->i;

	if (n == 0) {
		if (flags & WRAPPER_SHELL_STDIN && u->s->in && u->s->in->kind != SHELL_INPUT_INHERITED)
			run_shell_stdin(u->r, &u->p, u->call);
		return;
	}
	if (flags & WRAPPER_EACH) {
		each_text(u);
	} else if (flags & WRAPPER_JOIN || (flags & WRAPPER_MAYBE_SHELL && n == 1)) {
		run_script(u->r, &u->p, run_joined(u->r, u->call, u->i), u->call->act);
	} else {
		if (flags & WRAPPER_PACKAGE)
			argv[0] = package(argv[0]);
		run_argv(u->r, &u->p, argv, n, u->call);
	}
}

/* The image (or installable) is the program, the words behind it its own. */
static void of_image(struct unwrap *u)
{
	size_t from = u->dashes && !(u->w->flags & WRAPPER_REMOTE) ? u->i : u->operand + 1;
	struct str program = u->entry.len ? u->entry : u->operand ? wrapper_image(word(u, u->operand)) : STR_NONE;
	struct run_list argv = { 0 };
	struct run_scene p = u->p;

	if (!program.len)
		return;
	run_list_add(u->r, &argv, run_value(program, u->call->span));
	for (; from < u->call->n; from++)
		run_list_add(u->r, &argv, u->call->argv[from]);
	if (argv.n)
		run_argv(u->r, &p, argv.item, argv.n, u->call);
}

/* su - app -c TEXT, gosu app:group PROGRAM: whom the first word names that is no option. */
static struct str named_user(const struct unwrap *u)
{
	struct str a;

	for (size_t i = u->i; i < u->call->n; i++) {
		a = word(u, i);
		if (str_is(a, "-"))
			continue;
		if (!is_option(a))
			return str_sub(a, 0, str_find_char(a, ':'));
		i += valued(u, a);
	}
	return STR_NONE;
}

static void become(struct unwrap *u)
{
	struct str user = wrapper_lists(STR("su runuser gosu su-exec"), str_base_name(u->call->argv[0].text)) ? named_user(u) : STR_NONE;

	if (u->w->flags & WRAPPER_ROOT)
		u->p.user = STR("root");
	if (user.len)
		u->p.user = user;
}

static bool by_row(struct unwrap *u)
{
	unsigned flags = u->w->flags;
	struct run_scene *p = &u->p;
	bool sudo = str_is(u->w->program, "sudo");

	if (!has_verb(u))
		return false;
	*p = run_scene_process(u->r, u->s, "", u->call);
	p->via = u->s->via;
	run_via(u->r, p, u->w->verb.len && u->i < 4 ? run_joined(u->r, &(struct run_call){ .argv = u->call->argv, .n = u->i }, 0)
						     : str_base_name(u->call->argv[0].text));
	become(u);
	if (flags & WRAPPER_LOSES && !p->remote) {
		p->env_lost = true;
		p->env_from = p->process;
	}
	if (flags & WRAPPER_REMOTE) {
		p->remote = p->env_unknown = true;
		p->env_from = p->process;
		p->cwd = run_value((struct str){ "", 1 }, p->span);
	}
	prologue(u);
	if (str_is(u->w->program, "screen") && str_is(word(u, u->i), "stuff") && u->i + 1 < u->call->n) {
		run_script(u->r, p, word(u, u->i + 1), u->call->act);
		return true;
	}
	if (flags & WRAPPER_IMAGE)
		of_image(u);
	if (flags & WRAPPER_ONLY_DASHES && !u->dashes)
		return true;
	if (sudo && u->dashes && u->i + 1 == u->call->n && !str_is(word(u, u->i - 1), "--")) { /* sudo -s 'text' */
		run_script(u->r, p, word(u, u->i), u->call->act);
		return true;
	}
	if (sudo && u->i >= u->call->n && u->dashes && u->s->in && u->s->in->kind != SHELL_INPUT_INHERITED)
		run_shell_stdin(u->r, p, u->call);
	if (flags & WRAPPER_TEXT_ONLY) {
		if (!u->texts && u->s->in && u->s->in->kind != SHELL_INPUT_INHERITED && str_is(u->w->program, "su"))
			run_shell_stdin(u->r, p, u->call);
		return true;
	}
	if (!u->texts || flags & WRAPPER_EACH)
		inside(u);
	return true;
}

bool run_unwrap(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct str name = str_base_name(call->argv[0].text);

	if (run_programs(r, s, call))
		return true;
	for (size_t k = 0;; k++) {
		struct unwrap u = { .r = r, .s = s, .call = call, .w = wrapper_of(name, k) };

		if (!u.w)
			return false;
		if (by_row(&u)) {
			s->status = -1;
			return true;
		}
	}
}
