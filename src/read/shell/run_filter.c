/* Small filters over text that is known: so that `echo cm0gLXJm | base64 -d | sh` is followed. Of a crontab, which is not, the guard's own
 * lines are followed all the same: `crontab -l | grep -v x | crontab -` keeps them.
 */
#include "facts/guard_files.h"
#include "read/shell/run_parts.h"
#include "read/shell/run_programs.h"

static const struct str mark = STR_INIT("\0");

/* The files named, or standard input; one unknown part when one of them is not known. */
static struct str input(struct run *r, struct run_scene *s, const struct run_call *call, size_t from)
{
	struct run_text t = { .arena = r->arena };
	enum run_seen seen;

	if (from >= call->n)
		return run_stdin(r, s);
	for (size_t i = from; i < call->n; i++) {
		struct str a = call->argv[i].text;
		const struct run_file *f;

		if (str_is(a, "-") || str_is(a, "/dev/stdin")) {
			run_text_add(&t, run_stdin(r, s));
			continue;
		}
		f = call->argv[i].known ? run_file(r, s, a, &seen) : NULL;
		if (!f || !f->known || f->other)
			run_text_addc(&t, SHELL_UNKNOWN);
		else
			run_text_add(&t, f->text);
	}
	return run_text_str(&t);
}

/* Files of the world are opened only when somebody reads what comes out. */
static bool wanted(const struct run_scene *s)
{
	return s->out[1] && !s->out[1]->null;
}

static bool cat(struct run *r, struct run_scene *s, struct run_call *call, struct run_text *out)
{
	size_t from = 1;

	while (from < call->n && call->argv[from].text.len > 1 && call->argv[from].text.ptr[0] == '-')
		from++;
	if (from > 1 && !str_is(call->argv[1].text, "--") && !str_is(call->argv[1].text, "-u"))
		return false;
	run_text_add(out, input(r, s, call, from));
	return true;
}

static bool rev(struct run *r, struct run_scene *s, struct run_call *call, struct run_text *out)
{
	struct str text = input(r, s, call, 1), line;
	size_t at = 0;

	if (!run_known(text))
		return false;
	while (run_line(text, &at, &line)) {
		for (size_t i = line.len; i-- > 0;)
			run_text_addc(out, line.ptr[i]);
		run_text_addc(out, '\n');
	}
	return true;
}

static bool tac(struct run *r, struct run_scene *s, struct run_call *call, struct run_text *out)
{
	struct str text = input(r, s, call, 1);
	size_t end = text.len;

	if (!run_known(text) || (call->n > 1 && call->argv[1].text.len && call->argv[1].text.ptr[0] == '-'))
		return false;
	while (end > 0) {
		size_t from = end - 1;

		while (from > 0 && text.ptr[from - 1] != '\n')
			from--;
		run_text_add(out, str_sub(text, from, end - from));
		end = from;
	}
	return true;
}

static int sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

static bool base64(struct run *r, struct run_scene *s, struct run_call *call, struct run_text *out)
{
	bool decode = false;
	size_t from = 1;
	uint32_t bits = 0;
	unsigned n = 0;
	struct str text;

	for (; from < call->n && call->argv[from].text.len > 1 && call->argv[from].text.ptr[0] == '-'; from++) {
		struct str a = call->argv[from].text;

		decode |= str_starts(STR("--decode"), a) || str_is(a, "-d") || str_is(a, "-D") || str_is(a, "-di") ||
				str_is(a, "-id");
	}
	text = input(r, s, call, from);
	if (!decode || !run_known(text))
		return false;
	for (size_t i = 0; i < text.len && text.ptr[i] != '='; i++) {
		int v = sextet(text.ptr[i]);

		if (v < 0)
			continue;
		bits = bits << 6 | (uint32_t)v;
		n += 6;
		if (n >= 8) {
			n -= 8;
			if ((bits >> n) & 0xff)
				run_text_addc(out, (char)((bits >> n) & 0xff));
		}
	}
	return true;
}

/* xxd -r -p */
static bool xxd(struct run *r, struct run_scene *s, struct run_call *call, struct run_text *out)
{
	bool reverse = false, plain = false;
	size_t from = 1;
	unsigned high = 0, digits = 0;
	struct str text;

	for (; from < call->n && call->argv[from].text.len > 1 && call->argv[from].text.ptr[0] == '-'; from++) {
		reverse |= str_find_char(call->argv[from].text, 'r') != SIZE_MAX;
		plain |= str_find_char(call->argv[from].text, 'p') != SIZE_MAX;
	}
	text = input(r, s, call, from);
	if (!reverse || !plain || !run_known(text))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F'
				? c - 'A' + 10 : -1;

		if (d < 0)
			continue;
		high = high << 4 | (unsigned)d;
		if (++digits % 2 == 0 && (high & 0xff))
			run_text_addc(out, (char)(high & 0xff));
	}
	return true;
}

/* a-z, \n and literal bytes; false for classes and the like. */
static bool tr_set(struct str s, struct run_text *ret)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (c == '[' || c == '\0')
			return false;
		if (c == '\\' && i + 1 < s.len) {
			run_decode(ret, str_sub(s, i, 2), false);
			i++;
		} else if (i + 2 < s.len && s.ptr[i + 1] == '-' && s.ptr[i + 2] >= c && c > 0) {
			for (int v = c; v <= s.ptr[i + 2]; v++)
				run_text_addc(ret, (char)v);
			i += 2;
		} else {
			run_text_addc(ret, c);
		}
	}
	return true;
}

static bool tr(struct run *r, struct run_scene *s, struct run_call *call, struct run_text *out)
{
	struct run_text from = { .arena = r->arena }, to = { .arena = r->arena };
	bool remove = call->n == 3 && str_is(call->argv[1].text, "-d");
	struct str text;

	if (call->n != 3 || !tr_set(call->argv[remove ? 2 : 1].text, &from) || (!remove && !tr_set(call->argv[2].text, &to)) ||
	    (!remove && (to.len == 0 || call->argv[1].text.ptr[0] == '-')) || from.len > 256 || to.len > 256)
		return false;
	text = run_stdin(r, s);
	if (!run_known(text) || !run_step(r, text.len))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		size_t k = from.len;

		while (k > 0 && from.ptr[k - 1] != text.ptr[i])
			k--;
		if (k == 0)
			run_text_addc(out, text.ptr[i]);
		else if (!remove)
			run_text_addc(out, to.ptr[k - 1 < to.len ? k - 1 : to.len - 1]);
	}
	return true;
}

/* Is it known, or known where the guard's own lines of a crontab stand? */
static bool lines_known(struct str text)
{
	return run_known(text) || str_find(text, STR(GUARD_CRON_MARK)) != SIZE_MAX;
}

struct pattern {
	struct str text;
	bool anchored, blanks, whole;
};

static bool read_pattern(struct str s, struct pattern *ret)
{
	struct pattern p = { 0 };

	p.anchored = s.len && s.ptr[0] == '^';
	s = str_sub(s, p.anchored, s.len);
	for (size_t i = 0; p.anchored && i < 2; i++) {
		struct str class = i ? STR("[[:space:]]*") : STR("\\s*");

		p.blanks |= str_starts(s, class);
		s = str_starts(s, class) ? str_sub(s, class.len, s.len) : s;
	}
	p.whole = p.anchored && str_ends(s, STR("$"));
	p.text = str_sub(s, 0, s.len - p.whole);
	for (size_t i = 0; i < p.text.len; i++) {
		if (memchr(".*[]\\+?(){}|$^", p.text.ptr[i], 14))
			return false;
	}
	*ret = p;
	return run_known(s) && (p.text.len || p.whole);
}

static bool matches(const struct pattern *p, struct str line)
{
	while (p->blanks && line.len && (line.ptr[0] == ' ' || line.ptr[0] == '\t'))
		line = str_sub(line, 1, line.len);
	if (p->whole)
		return str_eq(line, p->text);
	return p->anchored ? str_starts(line, p->text) : str_find(line, p->text) != SIZE_MAX;
}

/* Lines that match, or those that do not; one of which a part is unknown may be either. */
static void some_lines(struct run_text *out, struct str text, const struct pattern *p, bool not)
{
	struct str line;
	size_t at = 0;

	while (run_line(text, &at, &line)) {
		if (!run_known(line))
			line = mark;
		else if (matches(p, line) == not)
			continue;
		run_text_add(out, line);
		run_text_addc(out, '\n');
	}
}

/* sed /literal/d */
static bool sed_deletes(struct run *r, struct run_scene *s, struct str script, struct run_text *out)
{
	struct pattern p;
	struct str text;

	if (script.len < 4 || script.ptr[0] != '/' || !str_ends(script, STR("/d")) ||
	    !read_pattern(str_sub(script, 1, script.len - 3), &p))
		return false;
	text = run_stdin(r, s);
	if (!lines_known(text))
		return false;
	some_lines(out, text, &p, true);
	return true;
}

/* s/literal/literal/[g] */
static bool sed_parts(struct str script, struct str part[3])
{
	size_t n = 0, from = 2;

	for (size_t i = 2; i <= script.len && n < 3; i++) {
		if (i < script.len && n < 2 && script.ptr[i] != script.ptr[1]) {
			if (strchr("\\.*[^$&", script.ptr[i]))
				return false;
			continue;
		}
		if (n == 2)
			i = script.len;
		part[n++] = str_sub(script, from, i - from);
		from = i + 1;
	}
	return n == 3 && part[0].len && (!part[2].len || str_is(part[2], "g"));
}

static bool sed(struct run *r, struct run_scene *s, struct run_call *call, struct run_text *out)
{
	struct str script = call->n == 2 ? call->argv[1].text : STR_NONE, part[3] = { { 0 } }, text, line;
	size_t at = 0;

	if (script.len < 4 || !call->argv[1].known)
		return false;
	if (sed_deletes(r, s, script, out))
		return true;
	if (script.ptr[0] != 's' || !sed_parts(script, part))
		return false;
	text = run_stdin(r, s);
	if (!run_known(text))
		return false;
	while (run_line(text, &at, &line)) {
		bool done = false;

		for (size_t i = 0; i < line.len;) {
			if (!done && str_starts(str_sub(line, i, line.len), part[0])) {
				run_text_add(out, part[1]);
				i += part[0].len;
				done = part[2].len == 0;
			} else {
				run_text_addc(out, line.ptr[i++]);
			}
		}
		if (at <= text.len)
			run_text_addc(out, '\n');
	}
	return true;
}

/* cut -d C -f N, N-, N-M */
static bool cut(struct run *r, struct run_scene *s, struct run_call *call, struct run_text *out)
{
	struct str text, line, fields = STR_NONE;
	char by = '\t';
	int64_t first, last = INT32_MAX;
	size_t i = 1, at = 0, dash;

	for (; i < call->n && call->argv[i].text.len > 1 && call->argv[i].text.ptr[0] == '-'; i++) {
		struct str a = call->argv[i].text;
		struct str value = a.len > 2 ? str_sub(a, 2, a.len) : i + 1 < call->n ? call->argv[++i].text : STR_NONE;

		if (a.ptr[1] == 'd' && value.len == 1)
			by = value.ptr[0];
		else if (a.ptr[1] == 'f')
			fields = value;
		else
			return false;
	}
	dash = str_find_char(fields, '-');
	if (!run_number(str_sub(fields, 0, dash), &first) || first < 1 ||
	    (dash != SIZE_MAX && dash + 1 < fields.len && !run_number(str_sub(fields, dash + 1, fields.len), &last)))
		return false;
	if (dash == SIZE_MAX)
		last = first;
	text = input(r, s, call, i);
	if (!run_known(text))
		return false;
	while (run_line(text, &at, &line)) {
		int64_t n = 1;
		bool whole = str_find_char(line, by) == SIZE_MAX;

		for (size_t k = 0; k < line.len; k++) {
			bool is_mark = line.ptr[k] == by;

			n += is_mark;
			if (whole || (n >= first && n <= last && !(is_mark && n == first)))
				run_text_addc(out, line.ptr[k]);
		}
		run_text_addc(out, '\n');
	}
	return true;
}

static bool head(struct run *r, struct run_scene *s, struct run_call *call, struct run_text *out)
{
	struct str text, line;
	int64_t most = 10;
	size_t at = 0, from = 1;

	if (call->n >= 3 && str_is(call->argv[1].text, "-n") && run_number(call->argv[2].text, &most)) {
		from = 3;
	} else if (call->n >= 2 && call->argv[1].text.len > 1 && call->argv[1].text.ptr[0] == '-') {
		struct str o = call->argv[1].text;

		if (!run_number(str_sub(o, o.ptr[1] == 'n' ? 2 : 1, o.len), &most))
			return false;
		from = 2;
	}
	text = input(r, s, call, from);
	if (!run_known(text) || most < 0)
		return false;
	for (; most > 0 && run_line(text, &at, &line); most--) {
		run_text_add(out, line);
		if (at <= text.len)
			run_text_addc(out, '\n');
	}
	return true;
}

/* grep [-vEh] PATTERN [FILE], where the pattern is a literal, perhaps behind ^, or one of those that find empty lines and comments. */
static bool grep(struct run *r, struct run_scene *s, struct run_call *call, struct run_text *out)
{
	struct pattern p;
	struct str text;
	size_t i = 1;
	bool not = false;

	for (; i < call->n && call->argv[i].text.len > 1 && call->argv[i].text.ptr[0] == '-'; i++) {
		struct str o = call->argv[i].text;

		for (size_t k = 1; k < o.len; k++) {
			if (!memchr("vEhF", o.ptr[k], 4))
				return false;
			not |= o.ptr[k] == 'v';
		}
	}
	if (i >= call->n || call->n > i + 2 || !read_pattern(call->argv[i].text, &p))
		return false;
	text = input(r, s, call, i + 1);
	if (!lines_known(text))
		return false;
	some_lines(out, text, &p, not);
	return true;
}

/* sort and uniq leave the guard's lines of a crontab in; nothing else is known of what they print. */
static bool sort_lines(struct run *r, struct run_scene *s, struct run_call *call, struct run_text *out)
{
	const struct pattern guard = { .text = STR(GUARD_CRON_MARK) };

	(void)call;
	run_text_add(out, mark);
	run_text_addc(out, '\n');
	some_lines(out, run_stdin(r, s), &guard, false);
	return true;
}

static bool sorts_crontab(const struct run_scene *s, const struct run_call *call)
{
	for (size_t i = 1; i < call->n; i++) {
		if (!run_listed("- -u -r -d -b -f", call->argv[i].text))
			return false;
	}
	return s->in && s->in->kind == SHELL_INPUT_TEXT && str_find(s->in->text, STR(GUARD_CRON_MARK)) != SIZE_MAX;
}

bool run_filter(struct run *r, struct run_scene *s, struct run_call *call)
{
	static const struct {
		const char *name;
		bool (*run)(struct run *, struct run_scene *, struct run_call *, struct run_text *);
	} table[] = {
		{ "cat", cat }, { "rev", rev }, { "tac", tac }, { "base64", base64 }, { "xxd", xxd }, { "tr", tr },
				{ "head", head }, { "cut", cut },
		{ "sed", sed }, { "grep", grep }, { "egrep", grep }, { "sort", sort_lines }, { "uniq", sort_lines },
	};
	struct str name = str_base_name(call->argv[0].text);
	struct run_text out = { .arena = r->arena };

	if (run_made_here(r, s, call->argv[0].text))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		if (!str_is(name, table[i].name) || (table[i].run == sort_lines && !sorts_crontab(s, call)))
			continue;
		s->status = -1;
		if (!wanted(s))
			return !str_is(name, "sed"); /* sed e, sed -i: others look */
		if (table[i].run(r, s, call, &out)) {
			run_print(r, s, run_text_str(&out));
			return true;
		}
		if (str_is(name, "sed"))
			return false;
		run_print(r, s, mark);
		return true;
	}
	return false;
}
