/* Assignments as they stand in a text: x=… x+=… x[i]=… x=(…). */
#include "read/shell/run_parts.h"

static struct str key_of(struct run *r, struct run_scene *s, const struct run_variable *v, const struct shell_word *index)
{
	struct str text = run_expand_one(r, s, index).text;
	int64_t n;

	if (v->assoc)
		return text;
	if (run_number(text, &n) || run_arithmetic(r, s, text, &n))
		return arena_fmt(r->arena, "%lld", (long long)n);
	return (struct str){ "", 1 };
}

static int64_t next_index(const struct run_variable *v)
{
	int64_t most = v->set && !v->array && !v->assoc ? 1 : 0, n;

	for (const struct run_element *e = v->elements; e; e = e->next) {
		if (run_number(e->key, &n) && n >= most && n < INT64_MAX)
			most = n + 1;
	}
	return most;
}

/* All elements in one go: a copy for each would be quadratic. */
static void put_array(struct run *r, struct run_scene *s, struct str name, struct run_element *first)
{
	struct run_variable *v = run_alloc(r, sizeof(*v));
	const struct run_variable *before = run_map_get(s->variables, name);

	if (!v)
		return;
	if (before)
		*v = *before;
	v->process = s->process;
	v->array = !v->assoc;
	v->set = true;
	v->other = NULL;
	v->open = false;
	v->elements = first;
	v->n_elements = 0;
	v->text = STR("");
	for (const struct run_element *e = first; e; e = e->next) {
		v->n_elements++;
		if (!run_known(e->key))
			v->open = true;
		if (str_is(e->key, "0"))
			v->text = e->text;
	}
	run_put(r, s, name, v);
}

static void assign_array(struct run *r, struct run_scene *s, const struct shell_assignment *as, const struct shell_part *part)
{
	const struct run_variable *before = run_get(r, s, as->name);
	struct run_element *first = NULL, **at = &first;
	int64_t next = 0;

	if (as->append) {
		next = next_index(before);
		if (!before->array && !before->assoc && before->set)
			run_set_element(r, s, as->name, STR("0"), before->text);
		before = run_get(r, s, as->name);
		if (before->open || !run_step(r, before->n_elements / 4)) {
			run_set_unknown(r, s, as->name);
			return;
		}
		for (const struct run_element *e = before->elements; e; e = e->next) {
			*at = run_alloc(r, sizeof(**at));
			if (!*at)
				return;
			**at = (struct run_element){ .key = e->key, .text = e->text };
			at = &(*at)->next;
		}
	}
	for (const struct shell_word *w = part->words; w; w = w->next) {
		struct run_list l = { 0 };
		struct shell_word alone = *w;

		alone.next = NULL;
		if (w->index_of)
			run_list_add(r, &l, run_expand_one(r, s, &alone));
		else
			run_expand_words(r, s, &alone, &l);
		for (size_t i = 0; i < l.n; i++) {
			struct run_element *e = run_alloc(r, sizeof(*e));

			if (!e || next >= RUN_MAX_WORDS) {
				run_set_unknown(r, s, as->name);
				return;
			}
			e->key = w->index_of ? key_of(r, s, before, w->index_of) : arena_fmt(r->arena, "%lld", (long long)next++);
			e->text = l.item[i].text;
			if (l.item[i].many) /* any number of them */
				e->key = (struct str){ "", 1 };
			*at = e;
			at = &e->next;
		}
	}
	put_array(r, s, as->name, first);
}

void run_assign(struct run *r, struct run_scene *s, const struct shell_assignment *as)
{
	const struct run_variable *v;
	struct str text, key = STR_NONE;
	int64_t n;

	if (as->value && as->value->first && as->value->first->kind == SHELL_PART_ARRAY) {
		assign_array(r, s, as, as->value->first);
		return;
	}
	text = as->value ? run_expand_one(r, s, as->value).text : STR("");
	v = run_get(r, s, as->name);
	if (as->index)
		key = key_of(r, s, v, as->index);
	if (as->append) {
		struct str before = v->text;

		for (const struct run_element *e = as->index ? v->elements : NULL; e; e = e->next) {
			if (str_eq(e->key, key))
				before = e->text;
		}
		if (v->integer && run_arithmetic(r, s, arena_fmt(r->arena, "%.*s+%.*s", STR_ARG(before), STR_ARG(text)), &n))
			text = arena_fmt(r->arena, "%lld", (long long)n);
		else
			text = arena_join(r->arena, before, text);
		if (text.len > RUN_MAX_VALUE || !run_step(r, text.len / 64))
			text = (struct str){ "", 1 };
	}
	if (as->index)
		run_set_element(r, s, as->name, key, text);
	else
		run_set(r, s, as->name, text);
}
