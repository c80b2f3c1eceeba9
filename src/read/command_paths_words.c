/* The words of a program that reads its options as GNU's getopt does: anywhere, combined, shortened, up to "--". */
#include "read/command_paths.h"

bool paths_listed(const char *list, struct str word)
{
	struct str l = str_from(list);

	for (size_t i = 1; i + word.len < l.len; i++)
		if (l.ptr[i - 1] == ' ' && l.ptr[i + word.len] == ' ' &&
		    memcmp(l.ptr + i, word.ptr ? word.ptr : "", word.len) == 0)
			return word.len > 0;
	return false;
}

static bool long_option(struct paths_words *o, const struct shell_value *v, const struct shell_value *next, const char *longs)
{
	size_t eq = str_find_char(v->text, '=');
	struct paths_option *n = &o->option[o->n_options++];

	*n = (struct paths_option){ .name = str_sub(v->text, 0, eq) };
	if (eq != SIZE_MAX) {
		n->value = *v;
		n->value.text = str_sub(v->text, eq + 1, SIZE_MAX);
		n->has_value = true;
		return false;
	}
	if (!next || !paths_listed(longs, n->name))
		return false;
	n->value = *next;
	n->has_value = true;
	return true;
}

/* "-rft DIR", "-tDIR". True when the next word was taken. */
static bool letters(struct paths_words *o, const struct shell_value *v, const struct shell_value *next, const char *values)
{
	for (size_t i = 1; i < v->text.len; i++) {
		unsigned char c = (unsigned char)v->text.ptr[i];
		const char *takes = c && c < 128 ? strchr(values, c) : NULL;

		if (!c || c >= 128 || c == '?')
			continue;
		o->letter[c] = true;
		if (!takes)
			continue;
		o->value[c] = *v;
		o->value[c].text = str_sub(v->text, i + 1, SIZE_MAX);
		if (i + 1 < v->text.len || takes[1] == '?')
			return false;
		if (next)
			o->value[c] = *next;
		return next != NULL;
	}
	return false;
}

bool paths_words(struct paths *p, size_t from, const char *values, const char *longs, struct paths_words *ret)
{
	const struct shell_act *a = p->act;
	size_t n = a->n_argv > from ? a->n_argv - from : 0;

	*ret = (struct paths_words){ .end = SIZE_MAX };
	ret->operand = ARENA_ARRAY(p->arena, n + 1, struct shell_value);
	ret->option = ARENA_ARRAY(p->arena, n + 1, struct paths_option);
	if (!ret->operand || !ret->option)
		return false;
	for (size_t i = from; i < a->n_argv; i++) {
		const struct shell_value *v = &a->argv[i], *next = i + 1 < a->n_argv ? &a->argv[i + 1] : NULL;
		bool dash = v->text.len > 1 && v->text.ptr[0] == '-' && !ret->ended;

		if (dash && str_is(v->text, "--")) {
			ret->ended = true;
			ret->end = ret->n;
		} else if (dash && v->text.ptr[1] == '-') {
			i += long_option(ret, v, next, longs);
		} else if (dash) {
			i += letters(ret, v, next, values);
		} else {
			ret->operand[ret->n++] = *v;
		}
	}
	return true;
}

/* "--recurs" is "--recursive". */
static bool is_long(struct str given, const char *name)
{
	return given.len > 3 && str_starts(str_from(name), given);
}

bool paths_has(const struct paths_words *o, char letter, const char *name)
{
	if (letter && o->letter[(unsigned char)letter & 127])
		return true;
	for (size_t i = 0; name && i < o->n_options; i++)
		if (is_long(o->option[i].name, name))
			return true;
	return false;
}

bool paths_value(const struct paths_words *o, char letter, const char *name, struct shell_value *ret)
{
	for (size_t i = 0; name && i < o->n_options; i++)
		if (o->option[i].has_value && is_long(o->option[i].name, name)) {
			*ret = o->option[i].value;
			return true;
		}
	if (!letter || !o->letter[(unsigned char)letter & 127])
		return false;
	*ret = o->value[(unsigned char)letter & 127];
	return true;
}
