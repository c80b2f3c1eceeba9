/* export, declare and their kin, unset, set, shift, alias. */
#include "read/shell/run_parts.h"

struct declaration {
	bool exported, unexported, readonly, integer, array, assoc, nameref, local, functions, print;
	char fold;
};

static size_t options(const struct run_call *call, struct declaration *d)
{
	size_t i = 1;

	for (; i < call->n; i++) {
		struct str o = call->argv[i].text;
		bool plus = o.len && o.ptr[0] == '+';

		if (o.len < 2 || (o.ptr[0] != '-' && !plus))
			break;
		if (str_is(o, "--"))
			return i + 1;
		d->exported |= !plus && str_find_char(o, 'x') != SIZE_MAX;
		d->unexported |= plus ? str_find_char(o, 'x') != SIZE_MAX : d->exported && str_find_char(o, 'n') != SIZE_MAX;
		d->readonly |= str_find_char(o, 'r') != SIZE_MAX;
		d->integer |= str_find_char(o, 'i') != SIZE_MAX;
		d->array |= str_find_char(o, 'a') != SIZE_MAX;
		d->assoc |= str_find_char(o, 'A') != SIZE_MAX;
		d->nameref |= str_find_char(o, 'n') != SIZE_MAX;
		d->functions |= str_find_char(o, 'f') != SIZE_MAX;
		d->print |= str_find_char(o, 'p') != SIZE_MAX;
		if (str_find_char(o, 'g') != SIZE_MAX)
			d->local = false;
		if (str_find_char(o, 'u') != SIZE_MAX)
			d->fold = 'u';
		if (str_find_char(o, 'l') != SIZE_MAX)
			d->fold = 'l';
	}
	return i;
}

static void make_local(struct run *r, struct run_scene *s, struct str name)
{
	struct run_local *l;
	struct run_variable *fresh;

	if (!s->frame)
		return;
	for (l = s->frame->locals; l; l = l->next) {
		if (str_eq(l->name, name))
			return;
	}
	l = run_alloc(r, sizeof(*l));
	fresh = run_alloc(r, sizeof(*fresh));
	if (!l || !fresh)
		return;
	*l = (struct run_local){ .name = name, .before = run_map_get(s->variables, name), .next = s->frame->locals };
	s->frame->locals = l;
	fresh->process = s->process;
	s->variables = run_map_put(r->arena, s->variables, name, fresh);
}

/* Attributes first, so that the value is taken as they say. */
static void attributes(struct run *r, struct run_scene *s, struct str name, const struct declaration *d)
{
	struct run_variable *v = run_alloc(r, sizeof(*v));
	const struct run_variable *before = run_get(r, s, name);

	if (!v)
		return;
	*v = *before;
	v->process = s->process;
	v->exported = (v->exported || d->exported) && !d->unexported;
	v->integer |= d->integer;
	v->assoc |= d->assoc;
	v->array |= d->array && !v->assoc;
	v->nameref |= d->nameref;
	v->fold = d->fold ? d->fold : v->fold;
	s->variables = run_map_put(r->arena, s->variables, name, v);
	if (v->exported && v->set)
		run_export(r, s, name, v);
	if (d->unexported) {
		struct run_variable none = { 0 };

		run_export(r, s, name, &none);
	}
}

static void make_readonly(struct run *r, struct run_scene *s, struct str name)
{
	const struct run_variable *before = run_get(r, s, name);
	struct run_variable *v = run_alloc(r, sizeof(*v));

	if (!v)
		return;
	*v = *before;
	v->readonly = true;
	v->process = s->process;
	s->variables = run_map_put(r->arena, s->variables, name, v);
}

static void declare_text(struct run *r, struct run_scene *s, struct str word, const struct declaration *d)
{
	size_t eq = str_find_char(word, '=');
	struct str name = eq == SIZE_MAX ? word : str_sub(word, 0, eq);
	bool append = name.len > 1 && name.ptr[name.len - 1] == '+' && eq != SIZE_MAX;
	struct str text;

	if (append)
		name.len--;
	if (!run_is_name(name)) {
		size_t bracket = str_find_char(name, '[');

		if (bracket != SIZE_MAX && run_is_name(str_sub(name, 0, bracket)))
			run_set_unknown(r, s, arena_str(r->arena, str_sub(name, 0, bracket)));
		else if (!run_known(name))
			s->all_unknown = true; /* any variable may have been set */
		return;
	}
	name = arena_str(r->arena, name);
	if (d->local)
		make_local(r, s, name);
	attributes(r, s, name, d);
	if (eq != SIZE_MAX) {
		text = str_sub(word, eq + 1, word.len);
		if (append)
			text = arena_join(r->arena, run_get(r, s, name)->text, text);
		run_set(r, s, name, text);
	}
	if (d->readonly)
		make_readonly(r, s, name);
}

/* x=(…) as a word of declare. */
static void declare_array(struct run *r, struct run_scene *s, const struct shell_word *w, const struct declaration *d)
{
	struct str text = w->first->text;
	bool append = text.len > 2 && text.ptr[text.len - 2] == '+';
	struct shell_word value = { .first = w->first->next, .span = w->span };
	struct shell_assignment as = { .name = arena_str(r->arena, str_sub(text, 0, text.len - (append ? 2 : 1))),
				       .append = append, .value = &value, .span = w->span };

	if (!run_is_name(as.name))
		return;
	if (d->local)
		make_local(r, s, as.name);
	attributes(r, s, as.name, d);
	run_assign(r, s, &as);
	if (d->readonly)
		make_readonly(r, s, as.name);
}

static bool is_array_word(const struct shell_word *w)
{
	return w->first && w->first->kind == SHELL_PART_TEXT && w->first->text.len &&
			w->first->text.ptr[w->first->text.len - 1] == '=' &&
	       w->first->next && w->first->next->kind == SHELL_PART_ARRAY;
}

static void export_functions(struct run *r, struct run_scene *s, const struct run_call *call, size_t from)
{
	for (size_t i = from; i < call->n; i++) {
		const struct run_function *f = run_map_get(s->functions, call->argv[i].text);
		struct run_function *x = f ? run_alloc(r, sizeof(*x)) : NULL;

		if (!x)
			continue;
		*x = *f;
		x->exported = true;
		s->functions = run_map_put(r->arena, s->functions, call->argv[i].text, x);
	}
}

static void declare_all(struct run *r, struct run_scene *s, const struct run_call *call, struct declaration *d)
{
	size_t i = options(call, d);

	s->status = 0;
	if (d->functions) {
		if (d->exported)
			export_functions(r, s, call, i);
		return;
	}
	if (d->print) {
		run_print_unknown(r, s, call->act);
		return;
	}
	for (const struct shell_word *w = call->command ? call->command->words : NULL; w; w = w->next) {
		if (is_array_word(w))
			declare_array(r, s, w, d);
	}
	for (; i < call->n; i++) {
		bool array = false;

		for (const struct shell_word *w = call->command ? call->command->words : NULL; w && !array; w = w->next)
			array = is_array_word(w) && str_eq(w->first->text, call->argv[i].text);
		if (!array)
			declare_text(r, s, call->argv[i].text, d);
	}
}

void run_export_builtin(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct declaration d = { .exported = true };

	declare_all(r, s, call, &d);
}

void run_declare(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct str name = call->argv[0].text;
	struct declaration d = { .readonly = str_is(name, "readonly"), .local = !str_is(name, "readonly") };

	if (str_is(name, "local") && !s->frame) {
		s->status = 1;
		return;
	}
	declare_all(r, s, call, &d);
}

void run_unset_builtin(struct run *r, struct run_scene *s, struct run_call *call)
{
	bool functions = false, variables = false;

	s->status = 0;
	for (size_t i = 1; i < call->n; i++) {
		struct str a = call->argv[i].text;
		size_t bracket = str_find_char(a, '[');

		if (str_is(a, "-f") || str_is(a, "-v") || str_is(a, "-n")) {
			functions |= str_is(a, "-f");
			variables |= !str_is(a, "-f");
			continue;
		}
		if (!run_known(a)) {
			s->all_unknown = true;
			continue;
		}
		if (bracket != SIZE_MAX)
			run_set_unknown(r, s, arena_str(r->arena, str_sub(a, 0, bracket)));
		else if (!functions && run_is_name(a))
			run_unset(r, s, a);
		if ((functions || (!variables && !run_map_get(s->variables, a))) && run_map_get(s->functions, a))
			s->functions = run_map_put(r->arena, s->functions, a, NULL);
	}
}

void run_set_builtin(struct run *r, struct run_scene *s, struct run_call *call)
{
	size_t i = 1;
	bool args = false;

	(void)r;
	s->status = 0;
	for (; i < call->n; i++) {
		struct str a = call->argv[i].text;

		if (str_is(a, "--") || str_is(a, "-")) {
			args = true;
			i++;
			break;
		}
		if (a.len < 2 || (a.ptr[0] != '-' && a.ptr[0] != '+'))
			break;
		if (str_find_char(a, 'a') != SIZE_MAX)
			s->exports_all = a.ptr[0] == '-';
		if (a.ptr[a.len - 1] != 'o')
			continue;
		i++;
		if (i < call->n && str_is(call->argv[i].text, "allexport"))
			s->exports_all = a.ptr[0] == '-';
	}
	if (i >= call->n && !args)
		return;
	s->args = call->argv + i;
	s->n_args = i < call->n ? call->n - i : 0;
	s->args_open = false;
}

void run_shift(struct run *r, struct run_scene *s, struct run_call *call)
{
	int64_t n = 1;
	bool many = false;

	(void)r;
	s->status = -1;
	for (size_t i = 0; i < s->n_args; i++)
		many |= s->args[i].many;
	if ((call->n > 1 && !run_number(call->argv[1].text, &n)) || n < 0 || many || (s->args_open && (size_t)n > s->n_args)) {
		s->n_args = 0;
		s->args_open = true;
		return;
	}
	if ((size_t)n > s->n_args)
		return;
	s->status = 0;
	s->args += n;
	s->n_args -= (size_t)n;
}

void run_alias(struct run *r, struct run_scene *s, struct run_call *call)
{
	bool un = str_is(call->argv[0].text, "unalias");

	s->status = 0;
	for (size_t i = 1; i < call->n; i++) {
		struct str a = call->argv[i].text;
		size_t eq = str_find_char(a, '=');
		struct str *value;

		if (un || eq == SIZE_MAX)
			continue; /* taken back or not: it may stand */
		value = run_alloc(r, sizeof(*value));
		if (!value)
			return;
		*value = str_sub(a, eq + 1, a.len);
		s->aliases = run_map_put(r->arena, s->aliases, str_sub(a, 0, eq), value);
	}
}
