/* What commands print, where it is known without running them: echo, printf, and small tools whose output follows from
 * their words. run_filter.c has those that work on their input.
 */
#include "read/shell/run_parts.h"

/* May this print happen or not, seen from where the output was opened? */
static bool unsure(const struct run *r, const struct run_scene *s, const struct run_out *o)
{
	if (s->maybe > o->maybe || r->again || r->leaves != o->leaves)
		return true;
	for (const struct run_choice *c = r->choice; c && c != o->choice; c = c->up) {
		if (c->n)
			return true;
	}
	return false;
}

void run_print(struct run *r, struct run_scene *s, struct str text)
{
	struct run_out *o = s->out[1];

	if (!o || o->null || !run_step(r, 1 + text.len / 64))
		return;
	if (unsure(r, s, o))
		text = (struct str){ "", 1 };
	if (o->file)
		run_file_write(r, s, o->path, text, true);
	else if (!(text.len == 1 && !text.ptr[0] && o->text.len && !o->text.ptr[o->text.len - 1]))
		run_text_add(&o->text, text);
}

void run_print_unknown(struct run *r, struct run_scene *s, const struct shell_act *from)
{
	if (s->out[1])
		s->out[1]->from = from;
	run_print(r, s, (struct str){ "", 1 });
}

struct str run_stdin(struct run *r, struct run_scene *s)
{
	struct run_in *in = s->in;
	const struct run_file *f;
	enum run_seen seen;
	struct str text;

	if (!in || in->unsure)
		return (struct str){ "", 1 };
	switch (in->kind) {
	case SHELL_INPUT_TEXT:
		text = str_sub(in->text, in->at, in->text.len);
		in->at = in->text.len;
		return text;
	case SHELL_INPUT_FILE:
		if (str_is(in->text, "/dev/null"))
			return STR("");
		f = run_file(r, s, in->text, &seen);
		return f && f->known && !f->other ? f->text : (struct str){ "", 1 };
	case SHELL_INPUT_INHERITED:
		return STR("");
	case SHELL_INPUT_ACT:
		break;
	}
	return (struct str){ "", 1 };
}

static char escape_letter(char c)
{
	static const char from[] = "abefnrtvE\\", to[] = "\a\b\033\f\n\r\t\v\033\\";
	const char *p = c ? strchr(from, c) : NULL;

	return p ? to[p - from] : '\0';
}

static bool digit_of(char c, unsigned base, unsigned *ret)
{
	unsigned d = c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
			: c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10 : 99;

	*ret = d;
	return d < base;
}

static size_t numeric(struct run_text *t, struct str s, size_t i, unsigned base, size_t most)
{
	unsigned v = 0, d;
	size_t n = 0;

	while (n < most && i + n < s.len && digit_of(s.ptr[i + n], base, &d)) {
		v = v * base + d;
		n++;
	}
	if ((v & 0xff) == 0)
		return n; /* NUL: cannot be in an argument */
	if (most > 4 && v > 127) /* \u: UTF-8 is not put together here */
		v = 0x1a;
	run_text_addc(t, (char)v);
	return n;
}

/* Backslash escapes of echo -e, printf and $'…'. */
void run_decode(struct run_text *t, struct str s, bool octal_zero)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i], n = i + 1 < s.len ? s.ptr[i + 1] : '\0';

		if (c != '\\' || i + 1 >= s.len) {
			run_text_addc(t, c);
			continue;
		}
		i++;
		if (escape_letter(n))
			run_text_addc(t, escape_letter(n));
		else if (n == 'x')
			i += numeric(t, s, i + 1, 16, 2);
		else if (n == 'u')
			i += numeric(t, s, i + 1, 16, 5);
		else if (n == '0' && octal_zero)
			i += numeric(t, s, i + 1, 8, 3);
		else if (n >= '0' && n <= '7')
			i += numeric(t, s, i, 8, 3) - 1;
		else if (n == 'c')
			return;
		else {
			run_text_addc(t, c);
			run_text_addc(t, n);
		}
	}
}

static void echo(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct run_text t = { .arena = r->arena };
	bool newline = true, escapes = false;
	size_t i = 1;

	for (; i < call->n; i++) {
		struct str a = call->argv[i].text;

		if (a.len < 2 || a.ptr[0] != '-' || a.len > 4)
			break;
		for (size_t k = 1; k < a.len; k++) {
			if (!a.ptr[k] || !strchr("neE", a.ptr[k]))
				goto words;
		}
		newline &= str_find_char(a, 'n') == SIZE_MAX;
		escapes |= str_find_char(a, 'e') != SIZE_MAX;
	}
words:
	if (escapes)
		run_decode(&t, run_joined(r, call, i), true);
	else
		run_text_add(&t, run_joined(r, call, i));
	if (newline)
		run_text_addc(&t, '\n');
	run_print(r, s, run_text_str(&t));
}

static void conversion(struct run *r, struct run_text *t, char how, struct str spec, const struct shell_value *arg)
{
	struct str text = arg ? arg->text : STR("");
	int64_t n = 0;

	if (!run_known(text) || spec.len > 0) {
		if (how == 's' && spec.len == 0)
			run_text_add(t, text);
		else
			run_text_addc(t, SHELL_UNKNOWN);
		return;
	}
	switch (how) {
	case 's':
		run_text_add(t, text);
		break;
	case 'b':
		run_decode(t, text, true);
		break;
	case 'c':
		run_text_add(t, str_sub(text, 0, 1));
		break;
	case 'd':
	case 'i':
	case 'u':
		if (text.len && !run_number(text, &n))
			run_text_addc(t, SHELL_UNKNOWN);
		else
			run_text_add(t, arena_fmt(r->arena, "%lld", (long long)n));
		break;
	case 'x':
		if (text.len && (!run_number(text, &n) || n < 0))
			run_text_addc(t, SHELL_UNKNOWN);
		else
			run_text_add(t, arena_fmt(r->arena, "%llx", (unsigned long long)n));
		break;
	default:
		run_text_addc(t, SHELL_UNKNOWN);
	}
}

/* One pass over the format; *${at} is the next argument. */
static void format_once(struct run *r, const struct run_call *call, struct str f, size_t *at, struct run_text *t)
{
	size_t from = 0;

	for (size_t i = 0; i < f.len; i++) {
		size_t spec;

		if (f.ptr[i] == '\\' && i + 1 < f.len) {
			i++;
			continue;
		}
		if (f.ptr[i] != '%' || i + 1 >= f.len)
			continue;
		run_decode(t, str_sub(f, from, i - from), false);
		spec = ++i;
		while (i < f.len && f.ptr[i] && strchr("-+ #0123456789.", f.ptr[i]))
			i++;
		if (i < f.len && f.ptr[i] == '%') {
			run_text_addc(t, '%');
		} else if (i < f.len) {
			conversion(r, t, f.ptr[i], str_sub(f, spec, i - spec), *at < call->n ? &call->argv[*at] : NULL);
			(*at)++;
		}
		from = i + 1;
	}
	run_decode(t, str_sub(f, from, f.len), false);
}

bool run_printf(struct run *r, const struct run_call *call, size_t from, struct run_text *ret)
{
	size_t at = from + 1, before;

	if (from >= call->n)
		return false;
	do {
		before = at;
		format_once(r, call, call->argv[from].text, &at, ret);
	} while (at < call->n && at > before && !ret->over && run_step(r, 1));
	for (size_t i = from; i < call->n; i++) {
		if (call->argv[i].many)
			run_text_addc(ret, SHELL_UNKNOWN);
	}
	return true;
}

static void print_format(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct run_text t = { .arena = r->arena };
	size_t from = 1;

	s->status = 0;
	if (call->n > 3 && str_is(call->argv[1].text, "-v")) {
		run_printf(r, call, 3, &t);
		if (run_is_name(call->argv[2].text))
			run_set(r, s, call->argv[2].text, run_text_str(&t));
		else
			s->all_unknown = true;
		return;
	}
	if (call->n > 1 && str_is(call->argv[1].text, "--"))
		from = 2;
	run_printf(r, call, from, &t);
	run_print(r, s, run_text_str(&t));
}

static struct str operand(const struct run_call *call)
{
	for (size_t i = 1; i < call->n; i++) {
		if (call->argv[i].text.len && call->argv[i].text.ptr[0] != '-')
			return call->argv[i].text;
	}
	return STR_NONE;
}

static void print_line(struct run *r, struct run_scene *s, struct str line)
{
	run_print(r, s, arena_join(r->arena, line, STR("\n")));
}

static void last_part(struct run *r, struct run_scene *s, struct run_call *call)
{
	if (call->n != 2 || !call->argv[1].known || str_ends(call->argv[1].text, STR("/")))
		run_print_unknown(r, s, call->act);
	else
		print_line(r, s, str_base_name(call->argv[1].text));
}

static void folder_part(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct str p = call->n == 2 ? call->argv[1].text : STR_NONE;
	size_t slash = str_rfind_char(p, '/');

	if (call->n != 2 || !call->argv[1].known || slash == 0 || str_ends(p, STR("/")))
		run_print_unknown(r, s, call->act);
	else
		print_line(r, s, slash == SIZE_MAX ? STR(".") : str_sub(p, 0, slash));
}

static void make_temporary(struct run *r, struct run_scene *s, struct run_call *call)
{
	if (operand(call).len) {
		run_print_unknown(r, s, call->act);
		return;
	}
	run_print(r, s, (struct str){ "/tmp/tmp.\0\n", 11 });
}

static void which(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct str name = call->n == 2 ? call->argv[1].text : STR_NONE;

	/* Which folder does not matter: it is a program of the system. */
	if (name.len && str_find_char(name, '/') == SIZE_MAX && run_known(name))
		print_line(r, s, arena_fmt(r->arena, "/usr/bin/%.*s", STR_ARG(name)));
	else if (call->n == 2)
		print_line(r, s, name);
	else
		run_print_unknown(r, s, call->act);
}

static void yes(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct str line = call->n > 1 ? run_joined(r, call, 1) : STR("y");

	print_line(r, s, line);
	if (s->out[1] && !s->out[1]->file)
		s->out[1]->yes = true;
	run_print_unknown(r, s, call->act);
}

static void seq(struct run *r, struct run_scene *s, struct run_call *call)
{
	int64_t from = 1, step = 1, to;
	size_t n = 0;
	bool known = call->n >= 2 && call->n <= 4 && run_number(call->argv[call->n - 1].text, &to);

	if (call->n >= 3)
		known = known && run_number(call->argv[1].text, &from);
	if (call->n == 4)
		known = known && run_number(call->argv[2].text, &step) && step > 0;
	if (!known || from < -1000000000 || from > 1000000000) {
		run_print_unknown(r, s, call->act);
		return;
	}
	for (; from <= to && n <= RUN_MAX_WORDS && run_step(r, 1); from += step, n++)
		print_line(r, s, n == RUN_MAX_WORDS ? (struct str){ "", 1 } : arena_fmt(r->arena, "%lld", (long long)from));
}

/* ls of files by their names says them again; of a folder, nobody knows. */
static void list(struct run *r, struct run_scene *s, struct run_call *call)
{
	bool known = call->n > 1;

	for (size_t i = 1; i < call->n; i++) {
		struct str a = call->argv[i].text;

		known &= call->argv[i].known && !call->argv[i].glob && a.len && a.ptr[0] != '-' &&
			 str_find_char(str_base_name(a), '.') != SIZE_MAX && !str_ends(a, STR(".")) && str_base_name(a).ptr[0] != '.';
	}
	for (size_t i = 1; known && i < call->n; i++)
		print_line(r, s, call->argv[i].text);
	if (!known)
		run_print_unknown(r, s, call->act);
}

static void quiet(struct run *r, struct run_scene *s, struct run_call *call)
{
	(void)r;
	s->status = str_is(str_base_name(call->argv[0].text), "true") ? 0 : -1;
}

bool run_output(struct run *r, struct run_scene *s, struct run_call *call)
{
	static const struct {
		const char *name;
		void (*run)(struct run *, struct run_scene *, struct run_call *);
	} table[] = {
		{ "echo", echo },	{ "printf", print_format }, { "basename", last_part }, { "dirname", folder_part },
		{ "mktemp", make_temporary },	{ "which", which },	    { "yes", yes },	      { "seq", seq },
		{ "ls", list },
		{ "true", quiet },	{ "sleep", quiet },	    { "false", quiet },
	};
	struct str name = str_base_name(call->argv[0].text);

	if (run_made_here(r, s, call->argv[0].text))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		if (!str_is(name, table[i].name))
			continue;
		s->status = -1;
		if (i < 2)
			s->status = 0;
		table[i].run(r, s, call);
		return true;
	}
	return false;
}
