#include "read/shell/run_programs.h"

#include "facts/guard_files.h"
#include "read/shell/run_parts.h"

bool run_listed(const char *list, struct str name)
{
	size_t n = name.len && name.ptr[0] ? name.len : 0; /* a name that begins unknown is in no list */

	for (const char *p = list; n && (p = strchr(p, name.ptr[0])); p++) {
		if ((p == list || p[-1] == ' ') && strncmp(p, name.ptr, n) == 0 && (p[n] == ' ' || p[n] == '\0'))
			return true;
	}
	return false;
}

void run_env_put(struct run *r, struct run_scene *p, struct str name, struct str text)
{
	struct run_variable *v = run_alloc(r, sizeof(*v));

	if (!v)
		return;
	*v = (struct run_variable){ .text = text, .set = true, .exported = true, .process = p->process };
	p->variables = run_map_put(r->arena, p->variables, name, v);
	run_export(r, p, name, v);
}

struct str run_replaced(struct run *r, struct str word, struct str mark, struct str by)
{
	struct run_text t = { .arena = r->arena };

	for (size_t i = 0; i < word.len;) {
		if (str_starts(str_sub(word, i, word.len), mark)) {
			run_text_add(&t, by);
			i += mark.len;
		} else {
			run_text_addc(&t, word.ptr[i++]);
		}
	}
	return run_text_str(&t);
}

/* at, batch: standard input is a script. crontab: lines with five fields of time. */
static bool run_at(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct run_scene p = run_scene_process(r, s, "at", call);

	p.background = true;
	for (size_t i = 1; i < call->n; i++) {
		if (call->argv[i].text.len > 1 && memchr("lrdqc", call->argv[i].text.ptr[1], 5) &&
				call->argv[i].text.ptr[0] == '-' &&
		    !str_is(call->argv[i].text, "-q"))
			return true;
	}
	if (s->in && s->in->kind != SHELL_INPUT_INHERITED)
		run_shell_stdin(r, &p, call);
	return true;
}

/* What stands in the crontab is not known, but for the guard's own lines, if it has any: who prints them and puts them back keeps them. */
static const struct str guard_lines =
	STR_INIT("\0\n*/15 * * * * pawl schedule run >/dev/null 2>&1 " GUARD_CRON_MARK
		 "\n7,37 * * * * pawl schedule check >/dev/null 2>&1 " GUARD_CRON_MARK
		 "\n*/5 * * * * pawl backup wal --once >/dev/null 2>&1 " GUARD_CRON_MARK "\n");

/* The table that is put in: a file's text, or standard input's. */
static struct str crontab_text(struct run *r, struct run_scene *s, const struct run_call *call)
{
	struct str last = call->n > 1 ? call->argv[call->n - 1].text : STR_NONE;
	enum run_seen seen;
	const struct run_file *f;

	if (call->n < 2 || str_is(last, "-") || (call->n == 3 && str_is(call->argv[1].text, "-u")))
		return run_stdin(r, s);
	f = run_file(r, s, last, &seen);
	return f && f->known ? f->text : STR("");
}

static bool run_crontab(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct run_scene p = run_scene_process(r, s, "crontab", call);
	struct str text, line;
	size_t at = 0;

	for (size_t i = 1; i < call->n; i++) {
		if (str_is(call->argv[i].text, "-l"))
			run_print(r, s, guard_lines);
		if (run_listed("-l -r -e -i -ri -ir -T -V", call->argv[i].text))
			return true;
	}
	text = crontab_text(r, s, call);
	if (call->act)
		call->act->script = text;
	p.maybe++;
	p.background = true;
	while (run_line(text, &at, &line)) {
		unsigned skip = line.len && line.ptr[0] == '@' ? 1 : 5;

		line = str_trim(line);
		for (unsigned n = 0; n < skip && line.len; n++) {
			while (line.len && line.ptr[0] != ' ' && line.ptr[0] != '\t')
				line = str_sub(line, 1, line.len);
			line = str_trim(line);
		}
		if (line.len && line.ptr[0] != '#' && !str_ends(line, STR(GUARD_CRON_MARK)))
			run_script(r, &p, line, call->act);
	}
	return true;
}

/* tmux send-keys: what is typed into a shell. */
static bool run_tmux(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct run_scene p;
	struct run_text t = { .arena = r->arena };
	size_t i = 1;

	while (i < call->n && !run_listed("send-keys send", call->argv[i].text))
		i++;
	if (i == call->n)
		return false;
	for (i++; i < call->n; i++) {
		struct str a = call->argv[i].text;

		if (str_is(a, "-t") || str_is(a, "-N")) {
			i++;
			continue;
		}
		if (a.len && a.ptr[0] == '-' && t.len == 0)
			continue;
		if (run_listed("Enter C-m KPEnter C-j", a))
			run_text_addc(&t, '\n');
		else if (str_is(a, "Space"))
			run_text_addc(&t, ' ');
		else
			run_text_add(&t, a);
	}
	p = run_scene_process(r, s, "tmux send-keys", call);
	run_script(r, &p, run_text_str(&t), call->act);
	return true;
}

/* vim -c ':!cmd', +'!cmd' */
static bool run_vim(struct run *r, struct run_scene *s, struct run_call *call)
{
	for (size_t i = 1; i < call->n; i++) {
		struct str a = call->argv[i].text;
		size_t bang;
		struct run_scene p;

		if (a.len > 1 && a.ptr[0] == '+')
			a = str_sub(a, 1, a.len);
		else if (!run_listed("-c --cmd -es", call->argv[i - 1].text))
			continue;
		bang = str_find_char(a, '!');
		if (bang == SIZE_MAX || bang > 8)
			continue;
		p = run_scene_process(r, s, "vim", call);
		run_script(r, &p, str_sub(a, bang + 1, a.len), call->act);
	}
	return false;
}

/* The replacement of s/…/…/e as the command that it makes, where nothing of the match is in it. */
static struct str made_by_sed(struct run *r, struct str a)
{
	struct run_text t = { .arena = r->arena };
	char mark = a.ptr[1];
	unsigned marks = 0;
	size_t i = 1;

	for (; i < a.len && marks < 3; i++) {
		bool escaped = a.ptr[i] == '\\' && i + 1 < a.len;

		if (a.ptr[i] == mark) {
			marks++;
		} else if (marks == 2) {
			i += escaped;
			run_text_addc(&t, a.ptr[i] == '&' && !escaped ? SHELL_UNKNOWN : a.ptr[i]);
		} else {
			i += escaped;
		}
	}
	return marks == 3 && str_find_char(str_sub(a, i, a.len), 'e') != SIZE_MAX ? run_text_str(&t) : STR_NONE;
}

static bool run_sed(struct run *r, struct run_scene *s, struct run_call *call)
{
	for (size_t i = 1; i < call->n; i++) {
		struct str a = call->argv[i].text;
		struct run_scene p = run_scene_process(r, s, "sed", call);
		size_t slash = str_rfind_char(a, '/');

		while (a.len && memchr("0123456789,$", a.ptr[0], 12))
			a = str_sub(a, 1, a.len);
		if (a.len > 2 && a.ptr[0] == 'e' && a.ptr[1] == ' ')
			run_script(r, &p, str_sub(a, 2, a.len), call->act);
		else if (a.len > 3 && a.ptr[0] == 's' && made_by_sed(r, a).len)
			run_script(r, &p, made_by_sed(r, a), call->act);
		else if (a.len > 3 && a.ptr[0] == 's' && slash != SIZE_MAX && slash > 2 && str_find_char(str_sub(a,
				slash, a.len), 'e') != SIZE_MAX)
			run_opaque(r, s, call->act, "sed: a substitution that runs what it makes");
	}
	if (call->n > 2 && run_listed("-i -i.bak -Ei -ni --in-place", call->argv[1].text))
		run_file_unknown(r, s, call->argv[call->n - 1].text);
	return false;
}

static void hidden(struct run *r, struct run_scene *s, struct run_call *call, const char *via, struct str text)
{
	struct run_scene p = run_scene_process(r, s, via, call);

	run_script(r, &p, text, call->act);
}

/* Options of tar that are commands. */
static bool run_tar(struct run *r, struct run_scene *s, struct run_call *call)
{
	static const struct str options[] = { STR_INIT("--checkpoint-action=exec="), STR_INIT("--to-command="),
					      STR_INIT("--use-compress-program="), STR_INIT("--info-script="),
					      STR_INIT("--new-volume-script="), STR_INIT("--rsh-command=") };

	for (size_t i = 1; i < call->n; i++) {
		struct str a = call->argv[i].text;

		if (str_is(a, "--checkpoint-action") && i + 1 < call->n && str_starts(call->argv[i + 1].text, STR("exec=")))
			hidden(r, s, call, "tar", str_sub(call->argv[i + 1].text, 5, call->argv[i + 1].text.len));
		for (size_t k = 0; k < ARRAY_LEN(options); k++) {
			if (str_starts(a, options[k]))
				hidden(r, s, call, "tar", str_sub(a, options[k].len, a.len));
		}
	}
	return false;
}

/* Options of ssh that are commands of this machine. */
static bool run_ssh(struct run *r, struct run_scene *s, struct run_call *call)
{
	static const struct str options[] = { STR_INIT("ProxyCommand="), STR_INIT("LocalCommand="), STR_INIT("KnownHostsCommand=") };

	for (size_t i = 1; i < call->n; i++) {
		struct str a = call->argv[i].text;

		if (str_starts(a, STR("-o")))
			a = str_sub(a, 2, a.len);
		for (size_t k = 0; k < ARRAY_LEN(options); k++) {
			if (str_starts(a, options[k]))
				hidden(r, s, call, "ssh -o", str_sub(a, options[k].len, a.len));
		}
	}
	return false;
}

/* expect: spawn COMMAND; the rest talks to it. */
static bool run_expect(struct run *r, struct run_scene *s, struct run_call *call)
{
	for (size_t i = 1; i + 1 < call->n; i++) {
		struct str text = call->argv[i + 1].text;
		size_t at, end;

		if (!str_is(call->argv[i].text, "-c") || (at = str_find(text, STR("spawn "))) == SIZE_MAX)
			continue;
		text = str_sub(text, at + 6, text.len);
		end = str_find_char(text, ';');
		hidden(r, s, call, "expect", str_sub(text, 0, end == SIZE_MAX ? text.len : end));
	}
	return false;
}

/* ed: `!cmd` alone on a line. */
static bool run_ed(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct str text, line;
	size_t at = 0;

	if (call->n > 1)
		run_file_unknown(r, s, call->argv[call->n - 1].text);
	if (!s->in || s->in->kind == SHELL_INPUT_INHERITED)
		return false;
	for (text = run_stdin(r, s); run_line(text, &at, &line);) {
		if (line.len > 1 && line.ptr[0] == '!')
			hidden(r, s, call, "ed", str_sub(line, 1, line.len));
	}
	return false;
}

/* Programs that start what a variable names. */
static void from_environment(struct run *r, struct run_scene *s, struct run_call *call, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct run_variable *v = run_get(r, s, str_from(names[i]));

		if (v->set && v->exported && v->text.len && run_known(v->text))
			hidden(r, s, call, names[i], v->text);
	}
}

static bool run_man(struct run *r, struct run_scene *s, struct run_call *call)
{
	static const char *const names[] = { "MANPAGER", "PAGER", "LESSOPEN" };

	from_environment(r, s, call, names, ARRAY_LEN(names));
	return false;
}

static bool run_git_helpers(struct run *r, struct run_scene *s, struct run_call *call)
{
	static const char *const names[] = { "GIT_PAGER", "GIT_SSH_COMMAND", "GIT_EXTERNAL_DIFF", "GIT_EDITOR",
					     "GIT_SEQUENCE_EDITOR", "GIT_ASKPASS", "GIT_PROXY_COMMAND", "PAGER", "EDITOR", "VISUAL" };
	static const struct str settings[] = { STR_INIT("core.pager="), STR_INIT("core.sshCommand="), STR_INIT("core.editor="),
					       STR_INIT("core.fsmonitor="), STR_INIT("sequence.editor="), STR_INIT("diff.external="),
					       STR_INIT("core.gitProxy="), STR_INIT("credential.helper=!") };

	from_environment(r, s, call, names, ARRAY_LEN(names));
	for (size_t i = 1; i < call->n; i++) {
		for (size_t k = 0; k < ARRAY_LEN(settings); k++) {
			if (str_starts(call->argv[i].text, settings[k]))
				hidden(r, s, call, "git -c", str_sub(call->argv[i].text, settings[k].len, call->argv[i].text.len));
		}
	}
	return run_git(r, s, call);
}

static bool run_bash_prompt(struct run *r, struct run_scene *s, struct run_call *call)
{
	static const char *const names[] = { "PROMPT_COMMAND" };

	if (call->n > 1 && call->argv[1].text.len > 1 && call->argv[1].text.ptr[0] == '-' &&
	    str_find_char(call->argv[1].text, 'i') != SIZE_MAX)
		from_environment(r, s, call, names, ARRAY_LEN(names));
	return run_shell(r, s, call);
}

/* Another program: ${words}, ended by NULL, with the call's own from ${from} on behind them. */
static void instead(struct run *r, struct run_scene *s, struct run_call *call, const char *const *words, size_t from)
{
	struct run_scene p = run_scene_process(r, s, "", call);
	struct run_list argv = { 0 };

	p.via = s->via;
	for (; *words; words++)
		run_list_add(r, &argv, run_value(str_from(*words), call->span));
	for (size_t i = from; i < call->n; i++)
		run_list_add(r, &argv, call->argv[i]);
	if (argv.n)
		run_argv(r, &p, argv.item, argv.n, call);
}

static bool run_node(struct run *r, struct run_scene *s, struct run_call *call)
{
	static const char *const npm[] = { "npm", "run", NULL };

	if (call->n < 3 || !str_is(call->argv[1].text, "--run"))
		return false;
	instead(r, s, call, npm, 2);
	return true;
}

/* bun -e CODE, bun run FILE, bun FILE: as node; else as npm. */
static bool run_bun(struct run *r, struct run_scene *s, struct run_call *call)
{
	static const char *const node[] = { "node", NULL };
	size_t at = call->n > 2 && str_is(call->argv[1].text, "run") ? 2 : 1;
	struct str a = call->n > at ? call->argv[at].text : STR("");

	if (run_listed("-e --eval -p --print", a) || str_ends(a, STR(".js")) || str_ends(a, STR(".ts")) || str_ends(a, STR(".mjs"))) {
		instead(r, s, call, node, at);
		return true;
	}
	return run_npm(r, s, call);
}

/* npm-run-all a b: scripts of package.json. */
static bool run_npm_all(struct run *r, struct run_scene *s, struct run_call *call)
{
	for (size_t i = 1; i < call->n; i++) {
		struct run_scene p = run_scene_process(r, s, "", call);
		struct shell_value argv[3] = { run_value(STR("npm"), call->span), run_value(STR("run"), call->span), call->argv[i] };

		p.via = s->via;
		if (call->argv[i].text.len && call->argv[i].text.ptr[0] != '-')
			run_argv(r, &p, argv, 3, call);
	}
	return true;
}

/* turbo run a b, nx run app:a, nx a app: the scripts of package.json that are called so. */
static bool run_turbo(struct run *r, struct run_scene *s, struct run_call *call)
{
	static const char *const npm[] = { "npm", "run", NULL };

	if (call->n > 1 && str_is(call->argv[1].text, "exec"))
		return false;
	for (size_t i = 1; i < call->n && !str_is(call->argv[i].text, "--"); i++) {
		struct run_call one = *call;
		struct shell_value name = call->argv[i];
		size_t colon = str_find_char(name.text, ':');

		if (!name.text.len || name.text.ptr[0] == '-')
			continue;
		one.argv = &name;
		one.n = 1;
		instead(r, s, &one, npm, 0);
		if (colon != SIZE_MAX) {
			name.text = str_sub(name.text, colon + 1, name.text.len);
			instead(r, s, &one, npm, 0);
		}
	}
	return false;
}

static bool run_tcl(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct str text = s->in && s->in->kind != SHELL_INPUT_INHERITED ? run_stdin(r, s) : STR(""), line;
	size_t at = 0;

	while (run_line(text, &at, &line)) {
		line = str_trim(line);
		if (str_starts(line, STR("file delete ")))
			hidden(r, s, call, "tcl", arena_fmt(r->arena, "rm -r %.*s", STR_ARG(str_sub(line, 12, line.len))));
		else if (str_starts(line, STR("exec ")))
			hidden(r, s, call, "tcl", str_sub(line, 5, line.len));
	}
	return false;
}

static bool run_applet(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct run_scene p = run_scene_process(r, s, "busybox", call);

	if (call->n > 1)
		run_argv(r, &p, call->argv + 1, call->n - 1, call);
	return true;
}

bool run_programs(struct run *r, struct run_scene *s, struct run_call *call)
{
	static const struct {
		const char *names;
		bool (*run)(struct run *, struct run_scene *, struct run_call *);
	} table[] = {
		{ "bash sh dash zsh ksh ash mksh rbash fish csh tcsh xonsh nu osh yash", run_bash_prompt },
		{ "env", run_env },
		{ "find fd fdfind", run_find },
		{ "xargs gxargs", run_xargs },
		{ "parallel rush", run_parallel },
		{ "make gmake", run_make },
		{ "npm pnpm yarn", run_npm },
		{ "bun", run_bun },
		{ "npm-run-all npm-run-all2 run-s run-p", run_npm_all },
		{ "turbo nx", run_turbo },
		{ "node", run_node },
		{ "deno", run_deno },
		{ "git", run_git_helpers },
		{ "man", run_man },
		{ "tclsh wish", run_tcl },
		{ "task go-task", run_task },
		{ "rake", run_rake },
		{ "just", run_just },
		{ "at batch", run_at },
		{ "crontab", run_crontab },
		{ "tmux", run_tmux },
		{ "vim vi nvim ex view", run_vim },
		{ "sed gsed", run_sed },
		{ "busybox toybox", run_applet },
		{ "tar gtar bsdtar", run_tar },
		{ "ssh scp sftp autossh", run_ssh },
		{ "expect", run_expect },
		{ "ed red", run_ed },
	};
	struct str name = str_base_name(call->argv[0].text);

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		if (!run_listed(table[i].names, name))
			continue;
		if (!table[i].run(r, s, call))
			break;
		s->status = -1;
		return true;
	}
	return run_interpreter(r, s, call) || run_script_file(r, s, call);
}
