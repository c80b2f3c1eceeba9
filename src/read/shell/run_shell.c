/* Shells started by a command, env, and scripts run by their name. */
#include "read/shell/run_parts.h"
#include "read/shell/run_programs.h"

void run_shell_stdin(struct run *r, struct run_scene *p, struct run_call *call)
{
	struct str text;

	if (!p->in || p->in->kind == SHELL_INPUT_INHERITED)
		return;
	text = run_stdin(r, p);
	if (text.len == 0)
		return;
	if (run_all_unknown(text))
		run_opaque(r, p, call->act, "a shell reads commands that are not known");
	else
		run_script(r, p, text, call->act);
}

static bool is_text(struct str s)
{
	return !memchr(s.ptr ? s.ptr : "", '\0', s.len < 512 ? s.len : 512) || memchr(s.ptr, '\n', s.len < 512 ? s.len : 512);
}

/* Interpreter of a script by its first line: "bash", "python3", …; "" without one. */
static struct str interpreter_of(struct str text)
{
	struct str line = str_sub(text, 0, str_find_char(text, '\n')), name;
	size_t blank;

	if (!str_starts(line, STR("#!")))
		return STR("");
	line = str_trim(str_sub(line, 2, line.len));
	blank = str_find_char(line, ' ');
	name = str_base_name(str_sub(line, 0, blank));
	if (str_is(name, "env") && blank != SIZE_MAX) {
		line = str_trim(str_sub(line, blank, line.len));
		if (str_starts(line, STR("-S")))
			line = str_trim(str_sub(line, 2, line.len));
		name = str_base_name(str_sub(line, 0, str_find_char(line, ' ')));
	}
	return name;
}

void run_script_forms(struct run *r, struct run_scene *p, const struct run_file *f, struct run_call *call, size_t first)
{
	for (; f && !r->stopped; f = f->other) {
		struct run_scene one = *p;

		one.arg0 = call->argv[first].text;
		one.args = call->argv + first + 1;
		one.n_args = call->n - first - 1;
		one.args_open = false;
		one.maybe += f->other != NULL;
		if (!f->known)
			run_opaque(r, p, call->act, "a script that is not known");
		else if (f->text.len && (!f->original || is_text(f->text)))
			run_script(r, &one, f->text, call->act);
		run_traps(r, &one);
	}
}

static void script_of_shell(struct run *r, struct run_scene *p, struct run_call *call, size_t i)
{
	enum run_seen seen;
	struct str name = call->argv[i].text;
	const struct run_file *f;

	if (run_listed("/dev/stdin - /dev/fd/0", name)) {
		p->args = call->argv + i + 1;
		p->n_args = call->n - i - 1;
		run_shell_stdin(r, p, call);
		return;
	}
	f = call->argv[i].known ? run_file(r, p, name, &seen) : NULL;
	if (f) {
		run_script_forms(r, p, f, call, i);
		return;
	}
	if (!call->argv[i].known)
		run_opaque(r, p, call->act, "a script whose name is not known");
	else if (seen == RUN_PENDING)
		run_opaque(r, p, call->act, "a script that was not read yet");
	else if (seen == RUN_OUTSIDE)
		run_opaque(r, p, call->act, "a script outside the workspace is not read");
	else if (seen == RUN_NO_NAME || r->programs_ran)
		run_opaque(r, p, call->act, "a script that an earlier command may have made");
}

struct shell_words {
	bool command, stdin_too, noexec; /* -n: reads, runs nothing */
	size_t i;
};

static struct shell_words shell_options(const struct run_call *call)
{
	struct shell_words o = { .i = 1 };

	for (; o.i < call->n; o.i++) {
		struct str a = call->argv[o.i].text;

		if (a.len < 2 || (a.ptr[0] != '-' && a.ptr[0] != '+'))
			break;
		if (str_is(a, "--")) {
			o.i++;
			break;
		}
		if (a.ptr[1] == '-') {
			o.command |= str_is(a, "--command"); /* fish */
			o.i += run_listed("--rcfile --init-file --init-command", a);
			continue;
		}
		o.command |= a.ptr[0] == '-' && str_find_char(a, 'c') != SIZE_MAX;
		o.stdin_too |= a.ptr[0] == '-' && str_find_char(a, 's') != SIZE_MAX;
		o.noexec |= a.ptr[0] == '-' && str_find_char(a, 'n') != SIZE_MAX;
		for (size_t k = 1; k < a.len; k++)
			o.i += a.ptr[k] == 'o' || a.ptr[k] == 'O';
	}
	return o;
}

/* BASH_ENV and ENV: a file that is read first. */
static void startup_file(struct run *r, struct run_scene *p, struct run_call *call)
{
	const struct run_variable *v = run_get(r, p, STR("BASH_ENV"));
	enum run_seen seen;
	const struct run_file *f = v->set && v->text.len && run_known(v->text) ? run_file(r, p, v->text, &seen) : NULL;

	if (f && f->known)
		run_script(r, p, f->text, call->act);
}

bool run_shell(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct shell_words o = shell_options(call);
	struct run_scene p = run_scene_process(r, s, o.command ? "" : "", call);
	struct str name = str_base_name(call->argv[0].text);

	p.via = s->via;
	run_via(r, &p, o.command ? arena_fmt(r->arena, "%.*s -c", STR_ARG(name)) : name);
	for (size_t i = 1; i < o.i && i < call->n; i++) {
		if (call->argv[i].many) { /* sh $FLAGS …: what follows may be code */
			run_opaque(r, &p, call->act, "a shell with words that are not known");
			break;
		}
	}
	p.arg0 = name;
	p.args = NULL;
	p.n_args = 0;
	p.args_open = false;
	startup_file(r, &p, call);
	if (o.noexec)
		return true;
	if (o.command && o.i < call->n) {
		if (o.i + 1 < call->n)
			p.arg0 = call->argv[o.i + 1].text;
		if (o.i + 2 < call->n) {
			p.args = call->argv + o.i + 2;
			p.n_args = call->n - o.i - 2;
		}
		run_script(r, &p, call->argv[o.i].text, call->act);
		run_traps(r, &p);
	} else if (o.stdin_too || o.i >= call->n) {
		if (o.i < call->n) {
			p.args = call->argv + o.i;
			p.n_args = call->n - o.i;
		}
		run_shell_stdin(r, &p, call);
		run_traps(r, &p);
	} else {
		script_of_shell(r, &p, call, o.i);
	}
	return true;
}

/* env -S "words": split as env does, which is close to a shell's words without expansion. */
static void split_string(struct run *r, struct run_scene *p, struct run_call *call, struct str text, size_t rest)
{
	struct run_text t = { .arena = r->arena };

	run_text_add(&t, STR("env "));
	run_text_add(&t, text);
	if (rest < call->n) {
		run_text_addc(&t, ' ');
		run_text_add(&t, run_joined(r, call, rest));
	}
	run_script(r, p, run_text_str(&t), call->act);
}

bool run_env(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct run_scene p = run_scene_process(r, s, "env", call);
	size_t i = 1;

	for (; i < call->n; i++) {
		struct str a = call->argv[i].text;
		size_t eq = str_find_char(a, '=');

		if (str_is(a, "-i") || str_is(a, "-") || str_is(a, "--ignore-environment")) {
			p.env_cleared = true;
			p.env_from = p.process;
		} else if ((str_is(a, "-u") || str_is(a, "--unset")) && i + 1 < call->n) {
			run_unset(r, &p, call->argv[++i].text);
		} else if (str_starts(a, STR("--unset="))) {
			run_unset(r, &p, str_sub(a, 8, a.len));
		} else if (str_starts(a, STR("-S")) || str_starts(a, STR("--split-string")) || str_starts(a,
				STR("-vS")) || str_starts(a, STR("-iS"))) {
			struct str text = a.ptr[1] == '-' ? (eq == SIZE_MAX ? STR_NONE : str_sub(a, eq + 1,
					a.len)) : str_sub(a, a.ptr[1] == 'S' ? 2 : 3, a.len);

			if (text.len == 0 && i + 1 < call->n)
				text = call->argv[++i].text;
			split_string(r, &p, call, text, i + 1);
			return true;
		} else if (str_is(a, "-C") || str_is(a, "--chdir")) {
			i++;
			p.cwd = i < call->n ? run_value(run_path(r, &p, call->argv[i].text), p.span) : p.cwd;
		} else if (str_is(a, "--")) {
			continue;
		} else if (a.len > 1 && a.ptr[0] == '-') {
			continue;
		} else if (eq != SIZE_MAX && eq > 0) {
			run_env_put(r, &p, str_sub(a, 0, eq), str_sub(a, eq + 1, a.len));
		} else {
			break;
		}
	}
	if (i < call->n)
		run_argv(r, &p, call->argv + i, call->n - i, call);
	else
		run_print_unknown(r, s, call->act);
	return true;
}

/* Folders whose programs are no scripts of a project. */
static bool of_system(struct str p)
{
	static const char *const folders[] = { "/bin", "/sbin", "/usr", "/opt", "/nix", "/snap", "/lib", "/etc",
			"/proc", "/sys" };

	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		if (world_within(p, str_from(folders[i])))
			return true;
	}
	return false;
}

/* A file that was written before, found in a PATH that the text has set. */
static struct str in_path(struct run *r, const struct run_scene *s, struct str name)
{
	const struct run_variable *v = run_map_get(s->variables, STR("PATH"));

	for (size_t i = 0, from = 0; v && r->files && i <= v->text.len; i++) {
		struct str path;

		if (i < v->text.len && v->text.ptr[i] != ':')
			continue;
		path = run_path(r, s, arena_fmt(r->arena, "%.*s/%.*s", STR_ARG(i > from ? str_sub(v->text, from,
				i - from) : STR(".")), STR_ARG(name)));
		if (path.len && run_map_get(r->files, path))
			return path;
		from = i + 1;
	}
	return STR_NONE;
}

bool run_script_file(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct str name = call->argv[0].text, path, by;
	const struct run_file *f;
	enum run_seen seen;
	struct run_scene p;

	if (str_find_char(name, '/') == SIZE_MAX)
		name = in_path(r, s, name);
	if (name.len == 0 || s->remote)
		return false;
	path = run_path(r, s, name);
	if (path.len == 0 || (of_system(path) && !run_map_get(r->files, path)))
		return false;
	f = run_file(r, s, name, &seen);
	if (!f)
		return false;
	p = run_scene_process(r, s, "", call);
	p.via = s->via;
	run_via(r, &p, name);
	by = f->known ? interpreter_of(f->text) : STR("");
	if (by.len == 0 || run_listed("bash sh dash zsh ksh ash", by)) {
		run_script_forms(r, &p, f, call, 0);
	} else {
		struct shell_value *argv = run_alloc(r, (call->n + 1) * sizeof(*argv));

		/* What nobody knows may read it as a shell does. */
		if (!run_is_interpreter(by))
			run_script_forms(r, &p, f, call, 0);
		if (!argv)
			return true;
		argv[0] = run_value(by, call->span);
		memcpy(argv + 1, call->argv, call->n * sizeof(*argv));
		run_argv(r, &p, argv, call->n + 1, call);
	}
	return true;
}
