/* Commands that a project's own files hold: Makefile, package.json, justfile, git's aliases. Opened in the workspace only. */
#include "base/json.h"
#include "read/shell/run_parts.h"
#include "read/shell/run_programs.h"

/* The text of the first of ${names} (between blanks) that is there; STR_NONE with what was missed told. */
static struct str project_file(struct run *r, struct run_scene *s, struct run_call *call, const char *names)
{
	const char *from = names;
	enum run_seen seen = RUN_MISSING;

	while (*from) {
		size_t n = strcspn(from, " ");
		const struct run_file *f = run_file(r, s, (struct str){ from, n }, &seen);

		if (f && f->known && !f->other)
			return f->text;
		/* Perhaps written by this text: then that is what is read, and what stood there before is not known. */
		for (const struct run_file *g = f; g; g = g->other) {
			if (!g->known || g->original || !g->text.len)
				continue;
			run_opaque_part(r, s, call->act, "a project file that may be another one");
			return g->text;
		}
		if (f || seen == RUN_PENDING) {
			run_opaque_part(r, s, call->act, f
					? "a project file that is not known" : "a project file that was not read yet");
			return STR_NONE;
		}
		from += n + (from[n] == ' ');
	}
	return STR_NONE;
}

static bool wanted(const struct run_call *call, size_t from, struct str target)
{
	for (size_t i = from; i < call->n; i++) {
		if (str_eq(call->argv[i].text, target))
			return true;
	}
	return false;
}

/* $(X) and ${X} of make: from the command line or the file, else not known. $$ is a $. */
static struct str make_text(struct run *r, const struct run_call *call, struct str file, struct str line)
{
	struct run_text t = { .arena = r->arena };

	for (size_t i = 0; i < line.len; i++) {
		struct str name, value = { "", 1 }, l;
		size_t end, at = 0;

		if (line.ptr[i] != '$' || i + 1 >= line.len) {
			run_text_addc(&t, line.ptr[i]);
			continue;
		}
		i++;
		if (line.ptr[i] == '$') {
			run_text_addc(&t, '$');
			continue;
		}
		if (line.ptr[i] != '(' && line.ptr[i] != '{') {
			run_text_addc(&t, SHELL_UNKNOWN);
			continue;
		}
		end = str_find_char(str_sub(line, i, line.len), line.ptr[i] == '(' ? ')' : '}');
		if (end == SIZE_MAX)
			break;
		name = str_sub(line, i + 1, end - 1);
		i += end;
		while (run_line(file, &at, &l) && run_step(r, 1)) {
			size_t eq = str_find_char(l, '=');

			if (eq != SIZE_MAX && l.len && l.ptr[0] != '\t' && str_starts(l, name) && str_find_char(l,
					'$') == SIZE_MAX) {
				struct str left = str_trim(str_sub(l, 0, eq));

				while (left.len && memchr(":?+! ", left.ptr[left.len - 1], 5))
					left.len--;
				if (str_eq(left, name))
					value = str_trim(str_sub(l, eq + 1, l.len));
			}
		}
		for (size_t k = 1; k < call->n; k++) {
			if (str_starts(call->argv[k].text, name) && call->argv[k].text.len > name.len &&
					call->argv[k].text.ptr[name.len] == '=')
				value = str_sub(call->argv[k].text, name.len + 1, call->argv[k].text.len);
		}
		if (str_is(name, "MAKE"))
			value = STR("make");
		run_text_add(&t, value);
	}
	return run_text_str(&t);
}

struct recipe {
	struct run *r;
	struct run_scene *p;
	struct run_call *call;
	struct str file;
	unsigned depth;
};

static void make_target(struct recipe *m, struct str target);

static void recipe_line(struct recipe *m, struct str line)
{
	struct run_scene p = *m->p;

	while (line.len && memchr("\t @-+", line.ptr[0], 5))
		line = str_sub(line, 1, line.len);
	line = make_text(m->r, m->call, m->file, line);
	if (line.len && line.ptr[0] != '#')
		run_script(m->r, &p, line, m->call->act);
}

/* "target: prerequisites" whose recipe follows in lines that begin with a tab. */
static void make_target(struct recipe *m, struct str target)
{
	struct str line;
	size_t at = 0;
	bool in = false;

	if (m->depth++ > 6)
		return;
	while (run_line(m->file, &at, &line) && run_step(m->r, 1)) {
		size_t colon = str_find_char(line, ':');

		if (in && line.len && line.ptr[0] == '\t') {
			while (line.len && line.ptr[line.len - 1] == '\\' && at < m->file.len) {
				struct str more;

				run_line(m->file, &at, &more);
				line = (struct str){ line.ptr, (size_t)(more.ptr + more.len - line.ptr) };
			}
			recipe_line(m, line);
			continue;
		}
		if (line.len == 0 || line.ptr[0] == '\t' || line.ptr[0] == '#' || line.ptr[0] == ' ')
			continue;
		in = false;
		if (colon == SIZE_MAX || (colon + 1 < line.len && line.ptr[colon + 1] == '='))
			continue;
		for (size_t i = 0, from = 0; i <= colon; i++) {
			if (i < colon && line.ptr[i] != ' ')
				continue;
			if (i > from && (target.len == 0 ? line.ptr[0] != '.' : str_eq(str_sub(line, from, i - from), target)))
				in = true;
			from = i + 1;
		}
		if (!in)
			continue;
		if (target.len == 0)
			target = str_sub(line, 0, colon);
		for (size_t i = colon + 1, from = i; i <= line.len; i++) {
			if (i < line.len && line.ptr[i] != ' ' && line.ptr[i] != '\t')
				continue;
			if (i > from)
				make_target(m, str_sub(line, from, i - from));
			from = i + 1;
		}
	}
	m->depth--;
}

bool run_make(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct run_scene p = run_scene_process(r, s, "make", call);
	struct recipe m = { .r = r, .p = &p, .call = call };
	const char *names = "GNUmakefile makefile Makefile";
	bool any = false, stdin_too = false;

	for (size_t i = 1; i < call->n; i++) {
		struct str a = call->argv[i].text;

		if (str_is(a, "-n") || str_is(a, "--dry-run") || str_is(a, "--just-print"))
			return false;
		if (i + 1 < call->n && str_is(a, "-C"))
			p.cwd = run_value(run_path(r, s, call->argv[i + 1].text), p.span);
		if (i + 1 < call->n && (str_is(a, "-f") || str_is(a, "--file")))
			names = arena_str(r->arena, call->argv[i + 1].text).ptr;
		stdin_too |= i + 1 < call->n && str_is(a, "-f") && str_is(call->argv[i + 1].text, "-");
	}
	if (s->remote || !names)
		return false;
	if (str_find(s->via, STR("make › make › make")) != SIZE_MAX)
		return false;
	m.file = stdin_too && s->in && s->in->kind != SHELL_INPUT_INHERITED ? run_stdin(r, s) : project_file(r, &p, call, names);
	for (size_t i = 1; i < call->n && m.file.len; i++) {
		struct str a = call->argv[i].text;

		if (run_listed("-C -f --file -j -l -o -W", a)) {
			i += !(str_is(a, "-j") && i + 1 < call->n && !(call->argv[i + 1].text.len &&
					call->argv[i + 1].text.ptr[0] >= '0' && call->argv[i + 1].text.ptr[0] <= '9'));
		} else if (a.len && a.ptr[0] != '-' && str_find_char(a, '=') == SIZE_MAX) {
			make_target(&m, a);
			any = true;
		}
	}
	if (!any && m.file.len)
		make_target(&m, STR(""));
	run_print_unknown(r, s, call->act);
	r->programs_ran = true;
	return true;
}

/* One script of package.json with the ones before and after it. */
static void npm_script(struct run *r, struct run_scene *p, struct run_call *call, size_t name_at)
{
	struct str text = project_file(r, p, call, "package.json"), name = call->argv[name_at].text;
	static const char *const prefixes[] = { "pre", "", "post" };
	struct json *root = NULL;
	struct err err;

	if (text.len == 0 || !json_parse(text, r->arena, &root, &err))
		return;
	for (size_t i = 0; i < 3; i++) {
		struct str key = arena_fmt(r->arena, "%s%.*s", prefixes[i], STR_ARG(name));

		JSON_EACH(script, json_get(root, "scripts")) {
			struct run_scene one = *p;
			size_t rest = name_at + 1;
			struct run_call words = *call;
			struct str line = script->text;

			if (!str_eq(script->key, key) || script->type != JSON_STRING)
				continue;
			if (rest < call->n && str_is(call->argv[rest].text, "--"))
				rest++;
			if (i == 1 && rest < call->n)
				line = arena_fmt(r->arena, "%.*s ", STR_ARG(line));
			if (i == 1 && rest < call->n)
				line = arena_join(r->arena, line, run_joined(r, &words, rest));
			run_script(r, &one, line, call->act);
		}
	}
}

bool run_npm(struct run *r, struct run_scene *s, struct run_call *call)
{
	static const char own[] = "install i ci add remove rm uninstall update up upgrade audit init create list ls link unlink login "
				   "logout "
				  "whoami view info config cache pack version outdated why dedupe fund doctor exec x dlx help set get "
				  "workspaces workspace node global import patch rebuild prune root bin publish search token team owner "
				  "deprecate dist-tag access org profile store fetch deploy setup env licenses";
	struct str tool = str_base_name(call->argv[0].text);
	struct run_scene p;
	size_t i = 1;
	struct str verb;

	for (; i < call->n && call->argv[i].text.len && call->argv[i].text.ptr[0] == '-'; i++)
		i += run_listed("--prefix -C --dir -F --filter --cwd -w --workspace", call->argv[i].text);
	if (i >= call->n)
		return false;
	verb = call->argv[i].text;
	if (str_is(verb, "run") || str_is(verb, "run-script") || str_is(verb, "rum")) {
		for (i++; i < call->n && call->argv[i].text.len && call->argv[i].text.ptr[0] == '-'; i++)
			;
	} else if (!run_listed("test start stop restart t", verb) && (str_is(tool, "npm") || run_listed(own, verb))) {
		return false;
	}
	if (i >= call->n || s->remote)
		return false;
	p = run_scene_process(r, s, "", call);
	p.via = s->via;
	run_via(r, &p, arena_fmt(r->arena, "%.*s run", STR_ARG(tool)));
	if (str_find(p.via, STR("run › npm run › npm run › npm run")) != SIZE_MAX)
		return false;
	npm_script(r, &p, call, i);
	if (!str_is(tool, "npm")) { /* yarn prisma …: a package's program, where no script is called so */
		struct run_scene direct = p;

		direct.maybe++;
		run_argv(r, &direct, call->argv + i, call->n - i, call);
	}
	run_print_unknown(r, s, call->act);
	r->programs_ran = true;
	return true;
}

/* git -c alias.x='!cmd' x; git config alias.x '!cmd' */
bool run_git(struct run *r, struct run_scene *s, struct run_call *call)
{
	for (size_t i = 1; i + 1 < call->n; i++) {
		struct str a = call->argv[i].text, text = STR_NONE;
		size_t bang = str_find(a, STR("=!"));
		struct run_scene p;

		if (str_starts(a, STR("alias.")) && bang != SIZE_MAX)
			text = str_sub(a, bang + 2, a.len);
		else if (str_starts(a, STR("alias.")) && call->argv[i + 1].text.len && call->argv[i + 1].text.ptr[0] == '!')
			text = str_sub(call->argv[i + 1].text, 1, call->argv[i + 1].text.len);
		if (text.len == 0)
			continue;
		p = run_scene_process(r, s, "git alias", call);
		p.maybe++;
		for (size_t k = i + 2; bang != SIZE_MAX && k < call->n; k++)
			text = arena_fmt(r->arena, "%.*s %.*s", STR_ARG(text), STR_ARG(call->argv[k].text));
		run_script(r, &p, text, call->act);
	}
	return false;
}

/* {{…}} of just: not known. */
static struct str just_text(struct run *r, struct str line)
{
	struct run_text t = { .arena = r->arena };

	for (size_t i = 0; i < line.len; i++) {
		struct str rest = str_sub(line, i, line.len);
		size_t end = str_starts(rest, STR("{{")) ? str_find(rest, STR("}}")) : SIZE_MAX;

		run_text_addc(&t, end == SIZE_MAX ? line.ptr[i] : SHELL_UNKNOWN);
		i += end == SIZE_MAX ? 0 : end + 1;
	}
	return run_text_str(&t);
}

/* just TARGET: like make, recipes are indented by blanks as well. */
bool run_just(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct run_scene p = run_scene_process(r, s, "just", call);
	struct str file, line;
	bool in = false;
	size_t at = 0;

	if (s->remote || call->n < 2)
		return false;
	file = project_file(r, &p, call, "justfile Justfile .justfile");
	while (run_line(file, &at, &line) && run_step(r, 1)) {
		size_t end = 0;
		struct run_scene one = p;

		if (line.len && (line.ptr[0] == ' ' || line.ptr[0] == '\t')) {
			line = str_trim(line);
			while (line.len && (line.ptr[0] == '@' || line.ptr[0] == '-'))
				line = str_sub(line, 1, line.len);
			if (in && line.len && line.ptr[0] != '#')
				run_script(r, &one, just_text(r, line), call->act);
			continue;
		}
		while (end < line.len && line.ptr[end] != ' ' && line.ptr[end] != ':')
			end++;
		if (line.len)
			in = str_find_char(line, ':') != SIZE_MAX && wanted(call, 1, str_sub(line, 0, end));
	}
	run_print_unknown(r, s, call->act);
	return true;
}
