/* ${x:-y} ${x#y} ${x/a/b} …: operators of parameters where the value is known. */
#include "read/shell/run_parts.h"

static const struct str mark = STR_INIT("\0");

static void run_argument(struct run *r, struct run_scene *s, const struct shell_part *p, struct run_parameter *v)
{
	v->text = run_expand_one(r, s, p->parameter->argument).text;
	v->is_list = false;
	v->list.n = 0;
	v->open = false;
	v->set = true;
	v->single = false;
}

/* :- := :? :+ */
static void choose(struct run *r, struct run_scene *s, const struct shell_part *p, struct run_parameter *v)
{
	bool null = v->is_list ? v->list.n == 0 || (v->list.n == 1 && v->list.item[0].text.len == 0) : v->text.len == 0;
	bool there = v->set && !(p->colon && null);
	bool unsure = v->maybe_set || (!v->is_list && run_all_unknown(v->text) && !v->single);

	if (p->op == SHELL_OP_ALTERNATE) {
		if (!there && !unsure) {
			v->text = STR("");
			v->is_list = false;
			v->list.n = 0;
			return;
		}
		run_argument(r, s, p, v);
		if (unsure)
			v->text = mark;
		return;
	}
	if (there && !unsure)
		return;
	if (p->op == SHELL_OP_ERROR) {
		run_expansion_error(r, s);
		if (!there)
			v->text = mark;
		return;
	}
	run_argument(r, s, p, v);
	if (unsure)
		v->text = mark;
	if (p->op == SHELL_OP_ASSIGN && run_is_name(p->text) && !p->parameter->index)
		run_set(r, s, p->text, v->text);
}

static bool removed(struct str pattern, struct str text, enum shell_parameter_op op, struct str *ret)
{
	bool prefix = op == SHELL_OP_REMOVE_PREFIX || op == SHELL_OP_REMOVE_PREFIX_LONG;
	bool longest = op == SHELL_OP_REMOVE_PREFIX_LONG || op == SHELL_OP_REMOVE_SUFFIX_LONG;

	for (size_t k = 0; k <= text.len; k++) {
		size_t n = longest ? text.len - k : k;
		struct str part = prefix ? str_sub(text, 0, n) : str_sub(text, text.len - n, n);

		if (run_pattern_match(pattern, part)) {
			*ret = prefix ? str_sub(text, n, text.len) : str_sub(text, 0, text.len - n);
			return true;
		}
	}
	return false;
}

/* Length of the longest match of ${pattern} at ${at}; SIZE_MAX: none. */
static size_t match_at(struct str pattern, struct str text, size_t at)
{
	for (size_t n = text.len - at + 1; n-- > 0;) {
		if (run_pattern_match(pattern, str_sub(text, at, n)))
			return n;
	}
	return SIZE_MAX;
}

static struct str replaced(struct run *r, struct str text, struct str pattern, struct str by, enum shell_parameter_op op)
{
	struct run_text t = { .arena = r->arena };
	size_t i = 0;

	if (pattern.len == 0 && op != SHELL_OP_REPLACE_PREFIX && op != SHELL_OP_REPLACE_SUFFIX)
		return text;
	if (op == SHELL_OP_REPLACE_SUFFIX) {
		for (i = 0; i <= text.len; i++) {
			if (run_pattern_match(pattern, str_sub(text, i, text.len)))
				return arena_join(r->arena, str_sub(text, 0, i), by);
		}
		return text;
	}
	while (i <= text.len && !t.over) {
		size_t n = match_at(pattern, text, i);

		if (n != SIZE_MAX && (n > 0 || (op == SHELL_OP_REPLACE_PREFIX && i == 0))) {
			run_text_add(&t, by);
			i += n;
			if (op != SHELL_OP_REPLACE_ALL)
				break;
			continue;
		}
		if (op == SHELL_OP_REPLACE_PREFIX || i == text.len)
			break;
		run_text_addc(&t, text.ptr[i++]);
	}
	run_text_add(&t, str_sub(text, i, text.len));
	return run_text_str(&t);
}

static struct str cased(struct run *r, struct str text, struct str op, struct str pattern)
{
	char *p = run_alloc(r, text.len + 1);

	if (!p || op.len == 0)
		return text;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z';

		p[i] = c;
		if ((op.len == 1 && i > 0) || (pattern.len && !run_pattern_match(pattern, (struct str){ &c, 1 })))
			continue;
		if (lower && (op.ptr[0] == '^' || op.ptr[0] == '~'))
			p[i] = (char)(c - 32);
		if (upper && (op.ptr[0] == ',' || op.ptr[0] == '~'))
			p[i] = (char)(c + 32);
	}
	return (struct str){ p, text.len };
}

static bool number_of(struct run *r, struct run_scene *s, const struct shell_word *w, int64_t *ret)
{
	return run_arithmetic(r, s, run_expand_one(r, s, w).text, ret);
}

static void substring(struct run *r, struct run_scene *s, const struct shell_part *p, struct run_parameter *v)
{
	const struct shell_parameter *more = p->parameter;
	int64_t from, len = INT64_MAX;
	int64_t total = (int64_t)(v->is_list ? v->list.n : v->text.len);
	bool args = p->text.len == 1 && (p->text.ptr[0] == '@' || p->text.ptr[0] == '*');

	if (!number_of(r, s, more->argument, &from) || (more->argument2 && !number_of(r, s, more->argument2, &len)) ||
	    (v->is_list ? v->open : !run_known(v->text))) {
		v->text = mark;
		v->open = v->is_list;
		v->list.n = 0;
		return;
	}
	if (v->is_list && v->sparse) { /* counted by index */
		v->open = true;
		v->list.n = 0;
		return;
	}
	if (args && from == 0) { /* ${@:0}: with the name of the shell */
		v->open = true;
		return;
	}
	if (args && from > 0)
		from--;
	if (from < 0)
		from = from + total < 0 ? total : from + total;
	if (from > total)
		from = total;
	if (len < 0)
		len = total + len - from < 0 ? 0 : total + len - from;
	if (len > total - from)
		len = total - from;
	if (v->is_list) {
		v->list.item = v->list.n ? v->list.item + from : NULL;
		v->list.n = v->list.cap = (size_t)len;
	} else {
		v->text = str_sub(v->text, (size_t)from, (size_t)len);
	}
}

static void each_key(const struct run_map *m, struct str prefix, struct run *r, struct run_parameter *v)
{
	if (!m || !run_step(r, 1))
		return;
	if (str_starts(m->key, prefix))
		run_list_add(r, &v->list, run_value(m->key, (struct shell_span){ 0 }));
	each_key(m->side[0], prefix, r, v);
	each_key(m->side[1], prefix, r, v);
}

static void names(struct run *r, struct run_scene *s, const struct shell_part *p, struct run_parameter *v)
{
	*v = (struct run_parameter){ .is_list = true, .set = true };
	if (p->op == SHELL_OP_KEYS) {
		const struct run_variable *var = run_get(r, s, p->text);

		v->open = var->open;
		for (const struct run_element *e = var->elements; e; e = e->next)
			run_list_add(r, &v->list, run_value(e->key, (struct shell_span){ 0 }));
		if (!var->elements && var->set && !var->open)
			run_list_add(r, &v->list, run_value(STR("0"), (struct shell_span){ 0 }));
		return;
	}
	each_key(s->variables, p->text, r, v);
	for (size_t i = 0; i < r->world->n_env; i++) {
		if (str_starts(r->world->env[i].name, p->text))
			v->open = true; /* which of them are still set is not asked */
	}
}

/* One text through an operator that works on texts. */
static struct str on_text(struct run *r, struct run_scene *s, const struct shell_part *p, struct str text)
{
	const struct shell_parameter *more = p->parameter;
	struct str pattern, by, out;

	pattern = run_expand_pattern(r, s, more->argument);
	by = more->argument2 ? run_expand_one(r, s, more->argument2).text : STR("");
	if (!run_known(text) || !run_known(pattern))
		return text.len ? mark : text;
	if (by.len && memchr(by.ptr, '&', by.len)) /* the match, in bash 5.2 and where it was not quoted */
		return mark;
	if (!run_step(r, text.len) || text.len > 65536 || text.len * text.len * (pattern.len + 1) > (size_t)1 << 26)
		return mark;
	switch (p->op) {
	case SHELL_OP_REMOVE_PREFIX:
	case SHELL_OP_REMOVE_PREFIX_LONG:
	case SHELL_OP_REMOVE_SUFFIX:
	case SHELL_OP_REMOVE_SUFFIX_LONG:
		return removed(pattern, text, p->op, &out) ? out : text;
	case SHELL_OP_REPLACE:
	case SHELL_OP_REPLACE_ALL:
	case SHELL_OP_REPLACE_PREFIX:
	case SHELL_OP_REPLACE_SUFFIX:
		return replaced(r, text, pattern, by, p->op);
	case SHELL_OP_CASE:
		return cased(r, text, more->op_text, pattern);
	case SHELL_OP_TRANSFORM:
		if (str_is(more->op_text, "U"))
			return cased(r, text, STR("^^"), STR(""));
		if (str_is(more->op_text, "L"))
			return cased(r, text, STR(",,"), STR(""));
		if (str_is(more->op_text, "u"))
			return cased(r, text, STR("^"), STR(""));
		return mark;
	case SHELL_OP_NONE:
	case SHELL_OP_DEFAULT:
	case SHELL_OP_ASSIGN:
	case SHELL_OP_ERROR:
	case SHELL_OP_ALTERNATE:
	case SHELL_OP_SUBSTRING:
	case SHELL_OP_NAMES:
	case SHELL_OP_KEYS:
	case SHELL_OP_UNKNOWN:
		break;
	}
	return mark;
}

void run_parameter_operator(struct run *r, struct run_scene *s, const struct shell_part *p, struct run_parameter *v)
{
	if (p->op == SHELL_OP_NONE)
		return;
	if (p->op == SHELL_OP_DEFAULT || p->op == SHELL_OP_ASSIGN || p->op == SHELL_OP_ERROR || p->op == SHELL_OP_ALTERNATE) {
		choose(r, s, p, v);
		return;
	}
	if (p->op == SHELL_OP_NAMES || p->op == SHELL_OP_KEYS) {
		names(r, s, p, v);
		return;
	}
	if (p->op == SHELL_OP_SUBSTRING) {
		substring(r, s, p, v);
		return;
	}
	if (!v->is_list) {
		v->text = on_text(r, s, p, v->text);
		return;
	}
	for (size_t i = 0; i < v->list.n; i++)
		v->list.item[i].text = on_text(r, s, p, v->list.item[i].text);
}
