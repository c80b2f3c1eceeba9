/* python -c, node -e, perl -e …, and the scripts they are given. */
#include "read/shell/run_parts.h"
#include "read/shell/run_programs.h"

struct interpreter {
	const char *names; /* a name may carry a version: python3.11 */
	const char *language;
	const char *code;   /* options whose value is code */
	const char *valued; /* others with a value */
	const char *runs;   /* a word before the script: deno run */
	const char *checks; /* options with which nothing is run */
};

static const struct interpreter interpreters[] = {
	{ "python pypy ipython", "python", "-c", "-W -X -m", "", "" },
	{ "node nodejs", "node", "-e -p --eval --print -pe", "-r --require --import --loader --env-file", "", "--check -c" },
	{ "ts-node tsx ts-node-dev", "node", "-e -p --eval --print -pe",
	  "-r --require --import --loader --env-file -P --project --tsconfig", "watch", "--check -c" },
	{ "deno", "node", "", "--config -c", "run eval", "" },
	{ "perl", "perl", "-e -E -ne -pe -le -lne -nle -i -pie -we", "-I -M", "", "-c" },
	{ "ruby jruby", "ruby", "-e -ne -pe", "-I -r -C", "", "-c" },
	{ "php", "php", "-r", "-d -c", "", "-l --syntax-check" },
	{ "lua luajit", "lua", "-e", "-l", "", "" },
	{ "Rscript R", "r", "-e", "", "", "" },
	{ "julia", "julia", "-e -E --eval --print", "-p -t -L --project", "", "" },
	{ "elixir iex", "elixir", "-e --eval", "-r -S --name", "", "" },
	{ "groovy", "groovy", "-e", "-cp", "", "" },
	{ "osascript", "applescript", "-e", "-l", "", "" },
	{ "guile", "scheme", "-c", "-l -L", "", "" },
	{ "ghc runghc", "haskell", "-e", "-i -package", "", "" },
	{ "jshell", "java", "", "--class-path -R", "", "" },
	{ "emacs", "elisp", "--eval -eval --execute", "-l --load", "", "" },
	{ "awk gawk mawk nawk", "awk", "", "-F -v -f", "", "" },
};

static bool named(const struct interpreter *p, struct str name)
{
	while (name.len && memchr("0123456789.", name.ptr[name.len - 1], 11))
		name.len--;
	return run_listed(p->names, name);
}

bool run_is_interpreter(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(interpreters); i++) {
		if (named(&interpreters[i], name))
			return true;
	}
	return false;
}

static void script(struct run *r, struct run_scene *p, const struct interpreter *how, struct run_call *call, size_t i)
{
	enum run_seen seen;
	struct str path = run_path(r, p, call->argv[i].text);
	const struct run_file *f;

	if (!call->argv[i].known || p->remote || path.len == 0)
		return;
	f = run_file(r, p, call->argv[i].text, &seen);
	for (; f; f = f->other) {
		if (f->known && call->act && !call->act->script.len)
			call->act->script = f->text;
		if (f->known)
			run_code(r, p, how->language, f->text, call);
		else
			run_opaque(r, p, call->act, "code that is not known");
	}
}

static void standard_input(struct run *r, struct run_scene *p, const struct interpreter *how, struct run_call *call)
{
	struct str text;

	if (!p->in || p->in->kind == SHELL_INPUT_INHERITED)
		return;
	text = run_stdin(r, p);
	if (run_all_unknown(text))
		run_opaque(r, p, call->act, "an interpreter reads code that is not known");
	else
		run_code(r, p, how->language, text, call);
}

static bool is_code_option(const struct interpreter *how, struct str a)
{
	if (run_listed(how->code, a))
		return true;
	/* a cluster that ends in it: perl -MFile::Path -le, python -Sc */
	return a.len > 2 && a.len < 6 && a.ptr[0] == '-' && a.ptr[1] != '-' && how->code[0] == '-' &&
			a.ptr[a.len - 1] == how->code[1];
}

static void words(struct run *r, struct run_scene *p, const struct interpreter *how, struct run_call *call)
{
	bool code = false;
	size_t i = 1;

	if (i < call->n && run_listed(how->checks, call->argv[i].text))
		return;
	for (; i < call->n; i++) {
		struct str a = call->argv[i].text;
		size_t eq = str_find_char(a, '=');

		if (is_code_option(how, a)) {
			if (i + 1 < call->n)
				run_code(r, p, how->language, call->argv[++i].text, call);
			code = true;
			if (strcmp(how->language, "perl") != 0 && strcmp(how->language, "ruby") != 0)
				return;
		} else if (eq != SIZE_MAX && str_starts(a, STR("--")) && run_listed(how->code, str_sub(a, 0, eq))) {
			run_code(r, p, how->language, str_sub(a, eq + 1, a.len), call);
			code = true;
		} else if (str_is(a, "-m") && strcmp(how->language, "python") == 0) {
			return;
		} else if (run_listed(how->valued, a)) {
			i++;
		} else if (str_is(a, "-")) {
			break;
		} else if (run_listed(how->runs, a)) {
			if (str_is(a, "eval") && i + 1 < call->n) {
				run_code(r, p, how->language, call->argv[call->n - 1].text, call);
				return;
			}
		} else if (a.len < 2 || a.ptr[0] != '-') {
			if (strcmp(how->language, "awk") == 0)
				run_code(r, p, how->language, a, call);
			else if (!code)
				script(r, p, how, call, i);
			return;
		}
	}
	if (!code)
		standard_input(r, p, how, call);
}

bool run_interpreter(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct str name = str_base_name(call->argv[0].text);

	for (size_t i = 0; i < ARRAY_LEN(interpreters); i++) {
		struct run_scene p;

		if (!named(&interpreters[i], name))
			continue;
		p = run_scene_process(r, s, "", call);
		p.via = s->via;
		run_via(r, &p, arena_fmt(r->arena, "%.*s code", STR_ARG(name)));
		p.out[1] = NULL;
		words(r, &p, &interpreters[i], call);
		run_print_unknown(r, s, call->act);
		r->programs_ran = true;
		s->status = -1;
		return true;
	}
	return false;
}
