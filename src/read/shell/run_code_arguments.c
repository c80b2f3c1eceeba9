/* The arguments of a call in inline code, as far as they are literals, names of literals, or come from the environment. */
#include "read/shell/run_code.h"

bool code_identifier(char c)
{
	return c == '_' || c == '$' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool code_quote(char c)
{
	return c == '"' || c == '\'' || c == '`';
}

bool code_in(const struct code *c, const char *language)
{
	return strcmp(c->language, language) == 0;
}

static struct str environment(struct code *c, struct str name)
{
	const struct run_variable *v = run_get(c->r, c->p, name);

	return v->set ? v->text : (struct str){ "", 1 };
}

/* What stands between the braces of `${…}`, f"{…}", #{…}: the environment's, the home folder, else unknown. */
static struct str interpolated(struct code *c, struct str inside)
{
	static const struct str tables[] = { STR_INIT("process.env."), STR_INIT("ENV["), STR_INIT("environ["), STR_INIT("getenv(") };

	inside = str_trim(inside);
	if (run_listed("os.homedir() homedir() Dir.home Path.home() pathlib.Path.home()", inside))
		return c->r->world->home;
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		size_t from = str_find(inside, tables[i]), to;

		if (from == SIZE_MAX)
			continue;
		from += tables[i].len;
		while (from < inside.len && code_quote(inside.ptr[from]))
			from++;
		for (to = from; to < inside.len && code_identifier(inside.ptr[to]); to++)
			;
		return environment(c, str_sub(inside, from, to - from));
	}
	return (struct str){ "", 1 };
}

struct str code_literal(struct code *c, size_t *at)
{
	struct run_text t = { .arena = c->r->arena };
	struct str s = c->text;
	char quote = s.ptr[*at];
	bool triple = str_starts(str_sub(s, *at, s.len), STR("'''")) || str_starts(str_sub(s, *at, s.len), STR("\"\"\""));
	bool python_f = *at > 0 && (s.ptr[*at - 1] == 'f' || s.ptr[*at - 1] == 'F') && strcmp(c->language, "python") == 0;
	bool braces = python_f || (quote == '`' && strcmp(c->language, "node") == 0) || (quote != '\'' &&
			strcmp(c->language, "ruby") == 0);
	bool sigils = quote != '\'' && (strcmp(c->language, "perl") == 0 || strcmp(c->language, "php") == 0);
	size_t i = *at + (triple ? 3 : 1), escaped = i;

	for (; i < s.len; i++) {
		char b = s.ptr[i];

		if (b == '\\' && i + 1 < s.len) {
			run_decode(&t, str_sub(s, i, 2), false);
			if (s.ptr[i + 1] == quote) {
				t.len = t.len >= 2 ? t.len - 2 : 0;
				run_text_addc(&t, quote);
			}
			i++;
		} else if (b == quote && (!triple || str_starts(str_sub(s, i, s.len), str_sub(s, *at, 3)))) {
			break;
		} else if ((braces && b == '{' && (python_f || (i > escaped && (s.ptr[i - 1] == '$' || s.ptr[i - 1] == '#'))))) {
			size_t from = i + 1;

			while (i < s.len && s.ptr[i] != '}')
				i++;
			if (t.len && !python_f)
				t.len--; /* $ or # */
			run_text_add(&t, interpolated(c, str_sub(s, from, i - from)));
		} else if (sigils && b == '$') {
			size_t from = i + 1, brace;

			while (i + 1 < s.len && code_identifier(s.ptr[i + 1]))
				i++;
			brace = i + 1 < s.len && s.ptr[i + 1] == '{' ? str_find_char(str_sub(s, i, s.len), '}') : SIZE_MAX;
			if (brace == SIZE_MAX) {
				run_text_addc(&t, SHELL_UNKNOWN);
				continue;
			}
			run_text_add(&t, str_is(str_sub(s, from, i + 1 - from), "ENV")
						 ? environment(c, str_sub(s, i + 2, brace - 2))
						 : (struct str){ "", 1 });
			i += brace;
		} else {
			run_text_addc(&t, b);
		}
	}
	*at = i + (triple ? 3 : 1);
	return run_text_str(&t);
}

/* name = "literal" somewhere in the code; one unknown part otherwise. */
static struct str value_of(struct code *c, struct str name)
{
	if (!run_step(c->r, 1 + c->text.len / 32))
		return (struct str){ "", 1 };
	for (size_t i = 1; code_in(c, "awk") && i < c->call->n; i++) { /* -v name=value, name=value */
		struct str word = c->call->argv[i].text;

		if (word.len > name.len && str_starts(word, name) && word.ptr[name.len] == '=')
			return str_sub(word, name.len + 1, word.len);
	}
	for (size_t i = 0; i + name.len < c->text.len; i++) {
		size_t k = i + name.len;

		if (c->text.ptr[i] != name.ptr[0] || !str_starts(str_sub(c->text, i, c->text.len), name) || (i &&
				code_identifier(c->text.ptr[i - 1])))
			continue;
		while (k < c->text.len && c->text.ptr[k] == ' ')
			k++;
		if (k >= c->text.len || c->text.ptr[k] != '=')
			continue;
		for (k++; k < c->text.len && c->text.ptr[k] == ' '; k++)
			;
		if (k < c->text.len && code_quote(c->text.ptr[k]))
			return code_literal(c, &k);
	}
	return (struct str){ "", 1 };
}

/* --- what comes from the environment, and paths put together --- */

static size_t past_blanks(struct str s, size_t at)
{
	while (at < s.len && (s.ptr[at] == ' ' || s.ptr[at] == '\t'))
		at++;
	return at;
}

/* process.env.HOME, os.environ["HOME"], getenv("HOME"), os.homedir(). *${at} stands behind the name and moves behind all of it. */
static bool from_outside(struct code *c, struct str name, size_t *at, struct str *ret)
{
	static const char tables[] = "process.env os.environ environ ENV ENVIRON $_ENV $_SERVER os.environ.get environ.get os.getenv "
				     "getenv ENV.fetch Deno.env.get";
	struct str s = c->text;
	size_t i = past_blanks(s, *at);

	if (str_starts(name, STR("process.env.")) || str_starts(name, STR("Bun.env."))) {
		*ret = environment(c, str_sub(name, str_rfind_char(name, '.') + 1, name.len));
		return true;
	}
	if (run_listed("os.homedir homedir Dir.home Path.home pathlib.Path.home", name)) {
		if (str_starts(str_sub(s, i, s.len), STR("()")))
			*at = i + 2;
		*ret = c->r->world->home;
		return true;
	}
	if (!run_listed(tables, name) || i + 1 >= s.len || (s.ptr[i] != '[' && s.ptr[i] != '(') || !code_quote(s.ptr[i + 1]))
		return false;
	i++;
	*ret = environment(c, code_literal(c, &i));
	while (i < s.len && s.ptr[i] != ']' && s.ptr[i] != ')')
		i++;
	*at = i < s.len ? i + 1 : i;
	return true;
}

static bool joins_paths(const struct code *c, struct str name)
{
	return run_listed("path.join path.resolve os.path.join File.join", name) ||
	       (code_in(c, "node") && run_listed("join resolve", name));
}

/* --- arguments --- */

struct reading {
	struct code *c;
	struct arguments *a;
	size_t at;
	unsigned depth, path; /* path: the depth of a call that joins its arguments as a path; 0: none */
	bool joined, first, tilde;
};

static void add_piece(struct reading *r, struct str piece)
{
	struct code *c = r->c;
	struct arguments *a = r->a;
	bool as_path = r->path && !r->first;

	if (r->tilde && piece.len && piece.ptr[0] == '~')
		piece = arena_join(c->r->arena, c->r->world->home, str_sub(piece, 1, piece.len));
	if ((r->joined || as_path) && a->list.n) {
		struct shell_value *last = &a->list.item[a->list.n - 1];

		if (as_path && !r->joined)
			piece = arena_join(c->r->arena, STR("/"), piece);
		*last = run_value(arena_join(c->r->arena, last->text, piece), last->span);
	} else {
		run_list_add(c->r, &a->list, run_value(piece, c->call->span));
	}
	a->unknown |= !run_known(piece);
	r->joined = r->first = r->tilde = false;
}

static void opens(struct reading *r, char b)
{
	r->depth++;
	r->a->listed |= b == '[';
	if (!r->path)
		r->joined = false;
	r->at++;
}

/* A name: a word of a flag, one that says what follows, or a value. */
static void name(struct reading *r)
{
	struct str s = r->c->text, word, value;
	size_t from = r->at;

	while (r->at < s.len && (code_identifier(s.ptr[r->at]) || s.ptr[r->at] == '.'))
		r->at++;
	word = str_sub(s, from, r->at - from);
	if (r->at < s.len && code_quote(s.ptr[r->at]) && word.len <= 2)
		return; /* f"", r"", b"" */
	r->a->shell |= str_is(word, "shell");
	if (from_outside(r->c, word, &r->at, &value)) {
		add_piece(r, value);
		return;
	}
	if (r->at < s.len && s.ptr[r->at] == '(' && joins_paths(r->c, word)) {
		r->path = r->depth + 1;
		r->first = true;
		return;
	}
	if (str_ends(word, STR("expanduser")) && r->at < s.len && s.ptr[r->at] == '(') {
		r->tilde = true;
		return;
	}
	if (r->at < s.len && (s.ptr[r->at] == '=' || s.ptr[r->at] == ':')) {
		for (r->at++; r->at < s.len && !memchr(",)[}", s.ptr[r->at], 4); r->at++)
			;
		return;
	}
	add_piece(r, value_of(r->c, word));
}

static void other(struct reading *r, char b)
{
	if (b == '+' || (b == '.' && (code_in(r->c, "php") || code_in(r->c, "perl"))) || b == '%')
		r->joined = true;
	else if (b == ',')
		r->joined = false;
	r->at++;
}

struct arguments code_arguments(struct code *c, size_t at)
{
	struct arguments a = { 0 };
	struct reading r = { .c = c, .a = &a, .at = at };
	struct str s = c->text;
	bool bare = at < s.len && s.ptr[at] != '(';

	for (size_t budget = 0; r.at < s.len && budget < 4096; budget++) {
		char b = s.ptr[r.at];

		if (budget % 8 == 0 && !run_step(c->r, 1))
			break;
		if (b == '(' || b == '[' || b == '{') {
			opens(&r, b);
		} else if (b == ')' || b == ']' || b == '}') {
			r.at++;
			if (r.depth <= 1)
				break;
			if (--r.depth < r.path)
				r.path = 0;
		} else if (bare && r.depth == 0 && (b == ';' || b == '\n')) {
			break;
		} else if (code_quote(b)) {
			add_piece(&r, code_literal(c, &r.at));
		} else if (code_identifier(b)) {
			name(&r);
		} else {
			other(&r, b);
		}
	}
	return a;
}

struct str code_joined(struct code *c, size_t *at, const char *ends)
{
	struct arguments a = { 0 };
	struct reading r = { .c = c, .a = &a, .at = *at };
	struct str s = c->text;

	while (r.at < s.len && !strchr(ends, s.ptr[r.at]) && run_step(c->r, 1)) {
		char b = s.ptr[r.at];

		r.joined = true;
		if (code_quote(b))
			add_piece(&r, code_literal(c, &r.at));
		else if (code_identifier(b))
			name(&r);
		else
			r.at++;
	}
	*at = r.at;
	return a.list.n ? a.list.item[0].text : STR("");
}

/* exec(b64decode("…")): what the literal holds, where it is text. */
struct str code_base64(struct code *c, struct str s)
{
	struct run_text t = { .arena = c->r->arena };
	uint32_t bits = 0;
	unsigned n = 0;

	for (size_t i = 0; i < s.len && s.ptr[i] != '='; i++) {
		static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
		const char *at = s.ptr[i] ? strchr(set, s.ptr[i]) : NULL;

		if (!at)
			return STR_NONE;
		bits = bits << 6 | (uint32_t)(at - set);
		n += 6;
		if (n >= 8) {
			n -= 8;
			run_text_addc(&t, (char)(bits >> n & 0xff));
		}
	}
	return run_text_str(&t);
}
