#include "read/shell/run_parts.h"

static const struct run_variable nothing;

static const struct run_variable *unknown_variable(bool single)
{
	static const struct run_variable many = { .text = { "", 1 }, .set = true };
	static const struct run_variable one = { .text = { "", 1 }, .set = true, .single = true };

	return single ? &one : &many;
}

static const struct run_variable *text_variable(struct run *r, struct str text)
{
	struct run_variable *v = run_alloc(r, sizeof(*v));

	if (!v)
		return &nothing;
	*v = (struct run_variable){ .text = text, .set = true };
	return v;
}

bool run_is_name(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (!(c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (i > 0 && c >= '0' && c <= '9')))
			return false;
	}
	return s.len > 0;
}

/* Variables the shell itself sets. NULL: none of them. */
static const struct run_variable *special(struct run *r, const struct run_scene *s, struct str name)
{
	static const char *const numbers[] = { "RANDOM", "SECONDS", "LINENO", "PPID", "BASHPID", "EPOCHSECONDS", "EPOCHREALTIME",
					       "SRANDOM", "HISTCMD", "COLUMNS", "LINES", "BASH_SUBSHELL", "PIPESTATUS",
					       "HOSTNAME", "HOSTTYPE", "MACHTYPE", "BASH_VERSION", "BASH_VERSINFO", "SHLVL",
					       "FUNCNAME", "BASH_LINENO", "BASH", "SHELLOPTS", "BASHOPTS", "GROUPS" };
	static const char *const texts[] = { "BASH_COMMAND", "BASH_EXECUTION_STRING", "DIRSTACK", "BASH_ARGV", "BASH_REMATCH",
					     "COMP_LINE", "COMP_WORDS", "_" };

	if (str_is(name, "IFS"))
		return text_variable(r, STR(" \t\n"));
	if (str_is(name, "PWD"))
		return text_variable(r, s->cwd.text);
	if (str_is(name, "OPTIND"))
		return text_variable(r, STR("1"));
	if (str_is(name, "UID") || str_is(name, "EUID"))
		return s->remote || s->user.len ? unknown_variable(true) : text_variable(r, arena_fmt(r->arena, "%u",
				r->world->uid));
	if (str_is(name, "BASH_SOURCE"))
		return text_variable(r, s->arg0);
	if (str_is(name, "OSTYPE") && !s->remote)
		return text_variable(r, STR("linux-gnu"));
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		if (str_is(name, numbers[i]))
			return unknown_variable(true);
	}
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (str_is(name, texts[i]))
			return unknown_variable(false);
	}
	return NULL;
}

/* What a variable from before a wrapper that changes the environment may be behind it. */
static const struct run_variable *behind_wrapper(struct run *r, const struct run_scene *s, const struct run_variable *v)
{
	struct run_variable *both;

	if (s->env_cleared)
		return &nothing;
	if (s->env_unknown || v->other)
		return unknown_variable(false);
	both = run_alloc(r, sizeof(*both));
	if (!both)
		return &nothing;
	*both = *v;
	both->other = &nothing;
	return both;
}

static const struct run_variable *from_world(struct run *r, const struct run_scene *s, struct str name)
{
	const struct run_variable *v = special(r, s, name);
	struct str text;

	if (v)
		return v;
	if (s->env_unknown)
		return unknown_variable(false);
	if (!world_env(r->world, name, &text)) {
		if (str_is(name, "HOME") && r->world->home.len && !s->env_cleared)
			return text_variable(r, r->world->home);
		return &nothing;
	}
	v = text_variable(r, text);
	if ((s->env_cleared || s->env_lost) && !str_is(name, "PATH"))
		return behind_wrapper(r, s, v);
	return v;
}

const struct run_variable *run_get_all(struct run *r, const struct run_scene *s, struct str name)
{
	const struct run_variable *v = run_map_get(s->variables, name);

	if (s->all_unknown && !(v && v->readonly && !v->other))
		return unknown_variable(false);
	for (unsigned hops = 0; v && v->nameref && hops < 8 && run_is_name(v->text); hops++)
		v = run_map_get(s->variables, name = v->text);
	if (!v)
		return from_world(r, s, name);
	if (v->process >= s->process)
		return v;
	if (!v->exported)
		return s->env_unknown ? unknown_variable(false) : &nothing;
	if (v->process < s->env_from && (s->env_cleared || s->env_lost || s->env_unknown))
		return behind_wrapper(r, s, v);
	return v;
}

/* Which alternative of ${v} the command in hand looks at; NULL: too many ways, so not known. */
static const struct run_variable *chosen(struct run *r, const struct run_variable *v)
{
	struct run_choice *c = r->choice;
	unsigned n = 0, pick = 0;
	bool found = false;

	for (const struct run_variable *o = v; o; o = o->other)
		n++;
	for (struct run_choice *up = c; up && !found; up = up->up) {
		for (unsigned i = 0; i < up->n && !found; i++) {
			found = up->variable[i] == v;
			pick = found ? up->pick[i] : 0;
		}
	}
	if (!found) {
		if (!c || c->n == RUN_MAX_CHOICES || c->product * n > RUN_MAX_CHOICES)
			return NULL;
		c->variable[c->n] = v;
		c->of[c->n] = n;
		c->pick[c->n++] = 0;
		c->product *= n;
	}
	while (pick-- > 0 && v->other)
		v = v->other;
	return v;
}

const struct run_variable *run_get(struct run *r, const struct run_scene *s, struct str name)
{
	const struct run_variable *v = run_get_all(r, s, name);

	if (v->other)
		v = chosen(r, v);
	return v ? v : unknown_variable(false);
}

void run_export(struct run *r, struct run_scene *s, struct str name, const struct run_variable *v)
{
	struct shell_variable *e = run_alloc(r, sizeof(*e));

	if (!e)
		return;
	*e = (struct shell_variable){ .name = name, .value = run_value(v->text, s->span), .exported = v->exported,
				      .unset = !v->set, .next = s->exports };
	if (v->other)
		e->value = run_value((struct str){ "", 1 }, s->span);
	s->exports = e;
}

void run_put(struct run *r, struct run_scene *s, struct str name, const struct run_variable *v)
{
	const struct run_variable *before = run_map_get(s->variables, name);

	if (!run_step(r, 1))
		return;
	s->variables = run_map_put(r->arena, s->variables, name, v);
	if (v->exported || (before && before->exported) || (!before && !v->set))
		run_export(r, s, name, v);
}

static struct str target_name(const struct run_scene *s, struct str name)
{
	const struct run_variable *v = run_map_get(s->variables, name);

	for (unsigned hops = 0; v && v->nameref && hops < 8 && run_is_name(v->text); hops++) {
		name = v->text;
		v = run_map_get(s->variables, name);
	}
	return name;
}

static struct str folded(struct run *r, struct str text, char fold)
{
	char *p = run_alloc(r, text.len + 1);

	if (!p)
		return text;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (fold == 'u' && c >= 'a' && c <= 'z')
			c = (char)(c - 32);
		if (fold == 'l' && c >= 'A' && c <= 'Z')
			c = (char)(c + 32);
		p[i] = c;
	}
	return (struct str){ p, text.len };
}

/* A copy of what ${name} has (its attributes and elements), of this process, to be changed and put. */
static struct run_variable *copy_of(struct run *r, const struct run_scene *s, struct str name)
{
	const struct run_variable *v = run_map_get(s->variables, name);
	struct run_variable *copy = run_alloc(r, sizeof(*copy));
	struct str text;

	if (!copy)
		return NULL;
	if (v && (v->process >= s->process || v->exported)) {
		*copy = *v;
	} else if (!v && world_env(r->world, name, &text) && !s->env_unknown) {
		*copy = (struct run_variable){ .text = text, .set = true, .exported = true };
	} else {
		*copy = nothing;
	}
	copy->process = s->process;
	copy->exported |= s->exports_all;
	return copy;
}

void run_set(struct run *r, struct run_scene *s, struct str name, struct str text)
{
	struct run_variable *v;
	int64_t n;

	name = target_name(s, name);
	v = copy_of(r, s, name);
	if (!v)
		return;
	if (v->integer && run_known(text))
		text = run_arithmetic(r, s, text, &n) ? arena_fmt(r->arena, "%lld", (long long)n) : (struct str){ "", 1 };
	if (v->fold)
		text = folded(r, text, v->fold);
	if (v->array || v->assoc) {
		run_set_element(r, s, name, STR("0"), text);
		return;
	}
	v->single = v->integer;
	v->other = v->readonly && v->set ? run_map_get(s->variables, name) : NULL;
	v->text = text;
	v->set = true;
	run_put(r, s, name, v);
}

void run_set_unknown(struct run *r, struct run_scene *s, struct str name)
{
	struct run_variable *v = copy_of(r, s, target_name(s, name));

	if (!v)
		return;
	v->text = (struct str){ "", 1 };
	v->set = v->open = true;
	v->other = NULL;
	v->elements = NULL;
	v->n_elements = 0;
	v->single = v->integer;
	run_put(r, s, target_name(s, name), v);
}

void run_unset(struct run *r, struct run_scene *s, struct str name)
{
	struct run_variable *v = run_alloc(r, sizeof(*v));
	const struct run_variable *before = run_map_get(s->variables, name);

	if (!v)
		return;
	*v = nothing;
	v->process = s->process;
	if (before && before->readonly) {
		v->other = before;
		v->readonly = true;
	}
	run_put(r, s, name, v);
}

void run_set_element(struct run *r, struct run_scene *s, struct str name, struct str key, struct str text)
{
	struct run_variable *v;
	struct run_element **at, *e;
	const struct run_element *old;
	bool found = false;

	name = target_name(s, name);
	v = copy_of(r, s, name);
	if (!v || !run_step(r, v->n_elements / 4))
		return;
	if (!run_known(key) || v->n_elements >= RUN_MAX_WORDS) {
		run_set_unknown(r, s, name);
		return;
	}
	old = v->elements;
	if (!v->array && !v->assoc) {
		v->array = true;
		if (v->set && !str_is(key, "0")) { /* a scalar becomes element 0 */
			run_put(r, s, name, v);
			run_set_element(r, s, name, STR("0"), v->text);
			run_set_element(r, s, name, key, text);
			return;
		}
	}
	v->elements = NULL;
	for (at = &v->elements; old; old = old->next, at = &(*at)->next) {
		e = run_alloc(r, sizeof(*e));
		if (!e)
			return;
		*e = (struct run_element){ .key = old->key, .text = old->text };
		if (str_eq(old->key, key)) {
			e->text = text;
			found = true;
		}
		*at = e;
	}
	if (!found) {
		e = run_alloc(r, sizeof(*e));
		if (!e)
			return;
		*e = (struct run_element){ .key = key, .text = text };
		*at = e;
		v->n_elements++;
	}
	if (str_is(key, "0"))
		v->text = text;
	v->set = true;
	v->other = NULL;
	run_put(r, s, name, v);
}
