/* read, mapfile, getopts: variables from standard input or from arguments. */
#include "read/shell/run_parts.h"

struct reading {
	bool raw, odd; /* odd: an option that changes what a line is */
	struct str array;
	size_t first; /* of the names */
};

static struct reading options(const struct run_call *call)
{
	struct reading o = { .first = 1 };

	for (; o.first < call->n; o.first++) {
		struct str a = call->argv[o.first].text;
		char last = a.len ? a.ptr[a.len - 1] : '\0';

		if (a.len < 2 || a.ptr[0] != '-')
			break;
		o.raw |= str_find_char(a, 'r') != SIZE_MAX;
		for (size_t i = 1; i < a.len; i++)
			o.odd |= memchr("dnNtu", a.ptr[i], 5) != NULL;
		if (last == 'a' && o.first + 1 < call->n)
			o.array = call->argv[o.first + 1].text;
		if (memchr("adinNptu", last, 8))
			o.first++;
	}
	return o;
}

/* Standard input as text that can be read from, or NULL. */
static struct run_in *readable(struct run *r, struct run_scene *s)
{
	struct run_in *in = s->in;

	if (!in)
		return NULL;
	if (in->kind == SHELL_INPUT_FILE) {
		struct str text = run_stdin(r, s);

		if (!run_known(text))
			return NULL;
		in->kind = SHELL_INPUT_TEXT;
		in->text = text;
		in->at = 0;
	}
	if (in->kind != SHELL_INPUT_TEXT)
		return NULL;
	if (r->again || s->maybe != in->maybe)
		in->unsure = true;
	return in->unsure ? NULL : in;
}

static bool blank(struct str ifs, char c)
{
	return (c == ' ' || c == '\t' || c == '\n') && ifs.len && memchr(ifs.ptr, c, ifs.len);
}

static struct str trimmed(struct str ifs, struct str s)
{
	while (s.len && blank(ifs, s.ptr[0]))
		s = str_sub(s, 1, s.len);
	while (s.len && blank(ifs, s.ptr[s.len - 1]))
		s.len--;
	return s;
}

/* The next field of *${line}; the last name takes the rest. */
static struct str field(struct str ifs, struct str *line, bool last)
{
	struct str f;
	size_t i = 0;

	*line = trimmed(ifs, *line);
	if (last) {
		f = *line;
		*line = STR("");
		return f;
	}
	while (i < line->len && !(ifs.len && memchr(ifs.ptr, line->ptr[i], ifs.len)))
		i++;
	f = str_sub(*line, 0, i);
	while (i < line->len && blank(ifs, line->ptr[i]))
		i++;
	if (i < line->len && ifs.len && memchr(ifs.ptr, line->ptr[i], ifs.len) && !blank(ifs, line->ptr[i]))
		i++;
	*line = str_sub(*line, i, line->len);
	return f;
}

static void put_names(struct run *r, struct run_scene *s, struct run_call *call, struct reading *o, struct str line)
{
	const struct run_variable *v = run_get(r, s, STR("IFS"));
	struct str ifs = v->set ? v->text : STR(" \t\n");
	size_t n = 0;

	if (o->array.len) {
		run_unset(r, s, o->array);
		while ((line = trimmed(ifs, line)).len && n < 512)
			run_set_element(r, s, o->array, arena_fmt(r->arena, "%zu", n++), field(ifs, &line, false));
		return;
	}
	if (o->first >= call->n)
		run_set(r, s, STR("REPLY"), line);
	for (size_t i = o->first; i < call->n; i++)
		run_set(r, s, call->argv[i].text, field(ifs, &line, i + 1 == call->n));
}

static void put_unknown(struct run *r, struct run_scene *s, struct run_call *call, struct reading *o)
{
	if (o->array.len)
		run_set_unknown(r, s, o->array);
	else if (o->first >= call->n)
		run_set_unknown(r, s, STR("REPLY"));
	for (size_t i = o->first; i < call->n; i++) {
		if (run_is_name(call->argv[i].text))
			run_set_unknown(r, s, call->argv[i].text);
		else
			s->all_unknown = true;
	}
}

void run_read(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct reading o = options(call);
	struct run_in *in = readable(r, s);
	struct str line;
	bool whole;

	s->status = -1;
	if (in && o.odd) {
		in->unsure = true;
		in = NULL;
	}
	for (size_t i = o.first; i < call->n; i++) {
		if (!run_is_name(call->argv[i].text))
			in = NULL;
	}
	if (!in) {
		put_unknown(r, s, call, &o);
		return;
	}
	line = STR("");
	whole = str_find_char(str_sub(in->text, in->at, in->text.len), '\n') != SIZE_MAX;
	if (run_line(in->text, &in->at, &line) && in->at > in->text.len)
		in->at = in->text.len;
	if (!run_known(line) || (!o.raw && str_find_char(line, '\\') != SIZE_MAX)) {
		put_unknown(r, s, call, &o);
		in->unsure = true;
		return;
	}
	put_names(r, s, call, &o, line);
	s->status = whole ? 0 : 1;
}

void run_mapfile(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct str name = call->n > 1 ? call->argv[call->n - 1].text : STR("MAPFILE"), line;
	struct run_in *in = readable(r, s);
	size_t n = 0;
	bool strip = false, plain = true;

	for (size_t i = 1; i < call->n; i++) {
		strip |= str_is(call->argv[i].text, "-t");
		plain &= str_is(call->argv[i].text, "-t") || i + 1 == call->n;
		if (str_is(call->argv[i].text, "-C") && i + 1 < call->n) /* a callback: code */
			run_script(r, s, arena_join(r->arena, call->argv[i + 1].text, (struct str){ " \0", 2 }), call->act);
	}
	if (!run_is_name(name))
		name = STR("MAPFILE");
	s->status = -1;
	if (!in || !plain || !run_known(in->text)) {
		run_set_unknown(r, s, name);
		return;
	}
	run_unset(r, s, name);
	while (run_line(in->text, &in->at, &line) && n < 512) {
		if (!strip)
			line = arena_join(r->arena, line, STR("\n"));
		run_set_element(r, s, name, arena_fmt(r->arena, "%zu", n++), line);
	}
	if (n == 512)
		run_set_unknown(r, s, name);
}

void run_getopts(struct run *r, struct run_scene *s, struct run_call *call)
{
	if (call->n > 2)
		run_set_unknown(r, s, call->argv[2].text);
	run_set_unknown(r, s, STR("OPTARG"));
	run_set_unknown(r, s, STR("OPTIND"));
	s->status = -1;
}
