/* $x ${x} ${x[i]} "$@": what a parameter holds, before its operator. */
#include "read/shell/run_parts.h"

static void from_args(struct run *r, const struct run_scene *s, bool star, struct run_parameter *ret)
{
	ret->is_list = true;
	ret->star = star;
	ret->open = s->args_open;
	for (size_t i = 0; i < s->n_args; i++)
		run_list_add(r, &ret->list, s->args[i]);
	ret->set = ret->list.n > 0;
	ret->maybe_set = ret->open && !ret->set;
}

/* Elements of an indexed array in the order of their indices. */
static void sorted(struct run *r, const struct run_variable *v, struct run_parameter *ret)
{
	int64_t *keys = run_alloc(r, (v->n_elements + 1) * sizeof(*keys));
	size_t n = 0;

	for (const struct run_element *e = v->elements; e && keys && n < v->n_elements; e = e->next) {
		struct shell_value *item = ret->list.item + n;
		size_t k = n;
		int64_t key = INT64_MAX;

		if (!run_number(e->key, &key))
			key = INT64_MAX;
		for (; k > 0 && keys[k - 1] > key && run_step(r, 1); k--, item--) {
			keys[k] = keys[k - 1];
			item[0] = item[-1];
		}
		keys[k] = key;
		*item = run_value(e->text, (struct shell_span){ 0 });
		n++;
	}
	for (size_t i = 0; keys && i < n; i++)
		ret->sparse |= keys[i] != (int64_t)i;
}

static void from_elements(struct run *r, const struct run_variable *v, bool star, struct run_parameter *ret)
{
	ret->is_list = true;
	ret->star = star;
	if (!v->array && !v->assoc) {
		if (v->set)
			run_list_add(r, &ret->list, run_value(v->text, (struct shell_span){ 0 }));
		ret->open = v->open;
	} else {
		if (!run_step(r, v->n_elements / 4))
			return;
		for (const struct run_element *e = v->elements; e; e = e->next)
			run_list_add(r, &ret->list, run_value(e->text, (struct shell_span){ 0 }));
		if (!v->assoc)
			sorted(r, v, ret);
		ret->open = v->open;
		if (v->open && !v->elements)
			ret->list.n = 0;
	}
	ret->set = ret->list.n > 0;
	ret->maybe_set = ret->open && !ret->set;
}

static void take(struct run_parameter *ret, struct str text)
{
	ret->text = text;
	ret->set = true;
}

static void unknown(struct run_parameter *ret, bool single)
{
	take(ret, (struct str){ "", 1 });
	ret->single = single;
	ret->maybe_set = !single;
}

static void element(struct run *r, struct run_scene *s, struct str name, const struct shell_word *index,
		struct run_parameter *ret)
{
	const struct run_variable *v = run_get(r, s, name);
	struct str key = run_expand_one(r, s, index).text;
	int64_t n;

	if (!v->assoc && !run_number(key, &n)) {
		if (!run_arithmetic(r, s, key, &n)) {
			unknown(ret, false);
			return;
		}
		key = arena_fmt(r->arena, "%lld", (long long)n);
	}
	if (!run_known(key) || v->open) {
		unknown(ret, false);
		return;
	}
	if (key.len > 1 && key.ptr[0] == '-' && v->elements && run_number(key, &n)) { /* from the end */
		int64_t last = -1, k;

		for (const struct run_element *e = v->elements; e; e = e->next)
			last = run_number(e->key, &k) && k > last ? k : last;
		key = arena_fmt(r->arena, "%lld", (long long)(last + 1 + n));
	}
	if (!v->array && !v->assoc && str_is(key, "0") && v->set) {
		take(ret, v->text);
		return;
	}
	for (const struct run_element *e = v->elements; e; e = e->next) {
		if (str_eq(e->key, key)) {
			take(ret, e->text);
			return;
		}
	}
}

/* $1 $# $? $@ and their kind. False when ${name} is none of them. */
static bool special(struct run *r, struct run_scene *s, struct str name, struct run_parameter *ret)
{
	char c = name.len == 1 ? name.ptr[0] : '\0';
	uint64_t n;

	if (c == '@' || c == '*') {
		from_args(r, s, c == '*', ret);
	} else if (c == '#') {
		if (s->args_open)
			unknown(ret, true);
		else
			take(ret, arena_fmt(r->arena, "%zu", s->n_args));
	} else if (c == '?') {
		if (s->status >= 0)
			take(ret, arena_fmt(r->arena, "%d", s->status));
		else
			unknown(ret, true);
	} else if (c == '$' || c == '!') {
		unknown(ret, true);
	} else if (c == '-') {
		unknown(ret, true);
	} else if (c == '0') {
		if (run_known(s->arg0) && s->arg0.len)
			take(ret, s->arg0);
		else
			unknown(ret, false);
	} else if (name.len && name.ptr[0] >= '0' && name.ptr[0] <= '9' && str_to_u64(name, &n)) {
		if (n >= 1 && n <= s->n_args && !s->args[n - 1].many)
			take(ret, s->args[n - 1].text);
		else if (s->args_open || (n >= 1 && n <= s->n_args))
			unknown(ret, false);
	} else {
		return false;
	}
	for (size_t i = 0; c != '@' && c != '*' && i < s->n_args; i++) {
		if (s->args[i].many && ret->set && c != '0' && c != '?' && c != '$') {
			*ret = (struct run_parameter){ 0 }; /* places after it are not known either */
			unknown(ret, c == '#');
			break;
		}
	}
	return true;
}

static void look_name(struct run *r, struct run_scene *s, const struct shell_part *p, struct str name, struct run_parameter *ret)
{
	const struct run_variable *v;
	const struct shell_part *i = p->parameter->index ? p->parameter->index->first : NULL;

	if (special(r, s, name, ret))
		return;
	if (p->parameter->index && i && !i->next && i->text.len == 1 && (i->text.ptr[0] == '@' || i->text.ptr[0] == '*')) {
		from_elements(r, run_get(r, s, name), i->text.ptr[0] == '*', ret);
		return;
	}
	if (p->parameter->index) {
		element(r, s, name, p->parameter->index, ret);
		return;
	}
	v = run_get(r, s, name);
	if (!v->set) {
		return;
	}
	if ((v->array || v->assoc) && v->open) {
		unknown(ret, false);
		return;
	}
	if ((v->array || v->assoc) && v->text.len == 0) {
		struct str text = STR_NONE;

		for (const struct run_element *e = v->elements; e; e = e->next) {
			if (str_is(e->key, "0"))
				text = e->text;
		}
		if (!text.ptr)
			return;
	}
	take(ret, v->text);
	ret->single = v->single;
	ret->maybe_set = run_all_unknown(v->text) && !v->single;
}

void run_parameter_look(struct run *r, struct run_scene *s, const struct shell_part *p, struct run_parameter *ret)
{
	struct shell_parameter more = *p->parameter;
	struct shell_part plain = *p;
	struct run_parameter via = { 0 };
	size_t bracket;

	if (!p->indirect) {
		look_name(r, s, p, p->text, ret);
		return;
	}
	look_name(r, s, p, p->text, &via);
	bracket = str_find_char(via.text, '[');
	plain.parameter = &more;
	more.index = NULL;
	if (!via.set || via.is_list) {
		run_expansion_error(r, s);
		unknown(ret, false);
		return;
	}
	if (!run_known(via.text)) {
		unknown(ret, false);
		return;
	}
	if (bracket == SIZE_MAX) {
		look_name(r, s, &plain, via.text, ret);
	} else {
		struct shell_part *text = run_alloc(r, sizeof(*text));
		struct shell_word *index = run_alloc(r, sizeof(*index));

		if (!text || !index)
			return;
		*text = (struct shell_part){ .kind = SHELL_PART_TEXT,
					     .text = str_sub(via.text, bracket + 1, via.text.len - bracket - 2) };
		index->first = text;
		more.index = index;
		look_name(r, s, &plain, str_sub(via.text, 0, bracket), ret);
	}
}

void run_parameter(struct run *r, struct run_scene *s, const struct shell_part *p, struct run_parameter *ret)
{
	if (p->op != SHELL_OP_NAMES && p->op != SHELL_OP_KEYS)
		run_parameter_look(r, s, p, ret);
	if (p->length) {
		struct run_parameter v = *ret;
		size_t n = v.is_list ? v.list.n : v.text.len;

		*ret = (struct run_parameter){ .set = true, .single = true };
		if (v.open || !run_known(v.text))
			ret->text = (struct str){ "", 1 };
		else
			ret->text = arena_fmt(r->arena, "%zu", n);
		return;
	}
	run_parameter_operator(r, s, p, ret);
}
