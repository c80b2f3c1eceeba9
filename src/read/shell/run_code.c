/* Code of python, node, perl, ruby, php and awk inside a command: no parser, but a reader of the calls that start a program or
 * delete a file, as far as their arguments are literals. What it does not recognise does nothing it could name.
 */
#include "read/shell/run_code.h"

enum code_class {
	CODE_SHELL,  /* the first argument is a shell text */
	CODE_ARGV,   /* literals are words; one alone is a shell text or a program */
	CODE_DELETE, /* the first argument is a path */
	CODE_EVAL,   /* the argument is code again */
	CODE_BY_NAME, /* a function is named by a literal among the arguments, the rest is its own */
	CODE_APPEND, /* the first argument is a path that grows */
	CODE_MOVE,   /* from the first to the second */
	CODE_COPY,
	CODE_WRITE,  /* the first argument is a path that is written over; with a mode, where that says so */
	CODE_MODE,   /* the first argument is a path whose mode changes */
	CODE_OWN,    /* what it is a method of is written over: a path that is not known */
	CODE_FOLDER, /* the first argument is the folder that what follows is seen from */
};

struct code_call {
	const char *languages;
	const char *near;  /* must stand somewhere in the code; "" nothing */
	const char *before; /* must stand right before the name; "" nothing */
	const char *name;
	enum code_class class;
};

/* Each seen in the language's own manual. */
static const struct code_call calls[] = {
	{ "python", "", "os.", "system", CODE_SHELL },
	{ "python", "", "", "popen", CODE_SHELL },
	{ "python", "system", "", "system", CODE_SHELL },
	{ "python", "", "", "getoutput", CODE_SHELL },
	{ "python", "", "", "getstatusoutput", CODE_SHELL },
	{ "python", "", "", "create_subprocess_shell", CODE_SHELL },
	{ "python", "subprocess", "", "run", CODE_ARGV },
	{ "python", "subprocess", "", "call", CODE_ARGV },
	{ "python", "subprocess", "", "check_call", CODE_ARGV },
	{ "python", "subprocess", "", "check_output", CODE_ARGV },
	{ "python", "", "", "Popen", CODE_ARGV },
	{ "python", "", "", "create_subprocess_exec", CODE_ARGV },
	{ "python", "", "os.", "execvp", CODE_ARGV },
	{ "python", "", "os.", "execv", CODE_ARGV },
	{ "python", "", "os.", "execlp", CODE_ARGV },
	{ "python", "", "os.", "execl", CODE_ARGV },
	{ "python", "", "os.", "spawnlp", CODE_ARGV },
	{ "python", "", "os.", "spawnvp", CODE_ARGV },
	{ "python", "pty", "pty.", "spawn", CODE_ARGV },
	{ "python", "", "os.", "chdir", CODE_FOLDER },
	{ "node", "", "process.", "chdir", CODE_FOLDER },
	{ "ruby", "", "Dir.", "chdir", CODE_FOLDER },
	{ "ruby", "FileUtils", "FileUtils.", "cd", CODE_FOLDER },
	{ "perl php", "", "", "chdir", CODE_FOLDER },
	{ "python", "", "", "rmtree", CODE_DELETE },
	{ "python", "", "os.", "remove", CODE_DELETE },
	{ "python", "", "", "unlink", CODE_DELETE },
	{ "python", "", "os.", "rmdir", CODE_DELETE },
	{ "python", "", "os.", "removedirs", CODE_DELETE },
	{ "python", "", "", "open", CODE_WRITE },
	{ "python", "", "os.", "truncate", CODE_WRITE },
	{ "python", "", "os.", "chmod", CODE_MODE },
	{ "python", "", ".", "write_text", CODE_OWN },
	{ "python", "", ".", "write_bytes", CODE_OWN },
	{ "python", "", "os.", "rename", CODE_MOVE },
	{ "python", "Path", ".", "rename", CODE_OWN },
	{ "python", "", "os.", "replace", CODE_MOVE },
	{ "python", "", "shutil.", "move", CODE_MOVE },
	{ "python", "", "shutil.", "copy", CODE_COPY },
	{ "python", "", "shutil.", "copy2", CODE_COPY },
	{ "python", "", "shutil.", "copyfile", CODE_COPY },
	{ "python", "", "shutil.", "copytree", CODE_COPY },
	{ "node", "", "", "writeFileSync", CODE_WRITE },
	{ "node", "fs", ".", "writeFile", CODE_WRITE },
	{ "node", "", "", "truncateSync", CODE_WRITE },
	{ "node", "", "", "createWriteStream", CODE_WRITE },
	{ "node", "", "", "chmodSync", CODE_MODE },
	{ "node", "", "", "appendFileSync", CODE_APPEND },
	{ "node", "fs", ".", "appendFile", CODE_APPEND },
	{ "node", "", "", "renameSync", CODE_MOVE },
	{ "node", "fs", ".", "rename", CODE_MOVE },
	{ "node", "", "", "copyFileSync", CODE_COPY },
	{ "node", "fs", ".", "copyFile", CODE_COPY },
	{ "node", "fs", ".", "cpSync", CODE_COPY },
	{ "node", "Deno", "Deno.", "writeTextFileSync", CODE_WRITE },
	{ "node", "Deno", "Deno.", "writeTextFile", CODE_WRITE },
	{ "node", "Bun", "Bun.", "write", CODE_WRITE },
	{ "ruby", "", "File.", "write", CODE_WRITE },
	{ "ruby", "", "File.", "open", CODE_WRITE },
	{ "ruby", "", "File.", "rename", CODE_MOVE },
	{ "ruby", "FileUtils", "FileUtils.", "mv", CODE_MOVE },
	{ "ruby", "FileUtils", "FileUtils.", "cp", CODE_COPY },
	{ "perl", "", "", "open", CODE_WRITE },
	{ "perl", "", "", "rename", CODE_MOVE },
	{ "php", "", "", "fopen", CODE_WRITE },
	{ "php", "", "", "rename", CODE_MOVE },
	{ "php", "", "", "copy", CODE_COPY },
	{ "php", "", "", "file_put_contents", CODE_WRITE },
	{ "python", "", "", "exec", CODE_EVAL },
	{ "python", "", "", "eval", CODE_EVAL },
	{ "node", "", "", "execSync", CODE_SHELL },
	{ "node", "child_process", "", "exec", CODE_SHELL },
	{ "node", "", "", "spawn", CODE_ARGV },
	{ "node", "", "", "spawnSync", CODE_ARGV },
	{ "node", "", "", "execFile", CODE_ARGV },
	{ "node", "", "", "execFileSync", CODE_ARGV },
	{ "node", "Deno", "Deno.", "Command", CODE_ARGV },
	{ "node", "Deno", "Deno.", "remove", CODE_DELETE },
	{ "node", "Deno", "Deno.", "removeSync", CODE_DELETE },
	{ "node", "", "", "rmSync", CODE_DELETE },
	{ "node", "", "", "rmdirSync", CODE_DELETE },
	{ "node", "", "", "unlinkSync", CODE_DELETE },
	{ "node", "fs/promises", "", "rm", CODE_DELETE },
	{ "node", "fs/promises", "", "unlink", CODE_DELETE },
	{ "node", "fs", ".", "rm", CODE_DELETE },
	{ "node", "fs", ".", "rmdir", CODE_DELETE },
	{ "node", "fs", ".", "unlink", CODE_DELETE },
	{ "node", "", "", "rimraf", CODE_DELETE },
	{ "node", "", "", "removeSync", CODE_DELETE },
	{ "node", "", "", "eval", CODE_EVAL },
	{ "perl", "", "", "system", CODE_ARGV },
	{ "perl", "", "", "exec", CODE_ARGV },
	{ "perl", "", "", "qx", CODE_SHELL },
	{ "perl", "", "", "unlink", CODE_DELETE },
	{ "perl", "", "", "rmdir", CODE_DELETE },
	{ "perl", "", "", "rmtree", CODE_DELETE },
	{ "perl", "", "", "remove_tree", CODE_DELETE },
	{ "ruby", "", "", "system", CODE_ARGV },
	{ "ruby", "", "", "exec", CODE_ARGV },
	{ "ruby", "", "", "spawn", CODE_ARGV },
	{ "ruby", "", "", "popen", CODE_ARGV },
	{ "ruby", "", "", "capture2", CODE_ARGV },
	{ "ruby", "", "", "capture3", CODE_ARGV },
	{ "ruby", "", "", "sh", CODE_ARGV },
	{ "ruby", "", "%", "x", CODE_SHELL },
	{ "ruby", "FileUtils", "FileUtils.", "rm_rf", CODE_DELETE },
	{ "ruby", "FileUtils", "FileUtils.", "rm_r", CODE_DELETE },
	{ "ruby", "FileUtils", "FileUtils.", "rm", CODE_DELETE },
	{ "ruby", "FileUtils", "FileUtils.", "remove_dir", CODE_DELETE },
	{ "ruby", "FileUtils", "FileUtils.", "rmtree", CODE_DELETE },
	{ "ruby", "", "File.", "delete", CODE_DELETE },
	{ "ruby", "", "File.", "unlink", CODE_DELETE },
	{ "ruby", "", "Dir.", "rmdir", CODE_DELETE },
	{ "php", "", "", "system", CODE_SHELL },
	{ "php", "", "", "exec", CODE_SHELL },
	{ "php", "", "", "shell_exec", CODE_SHELL },
	{ "php", "", "", "passthru", CODE_SHELL },
	{ "php", "", "", "popen", CODE_SHELL },
	{ "php", "", "", "proc_open", CODE_SHELL },
	{ "php", "", "", "unlink", CODE_DELETE },
	{ "php", "", "", "rmdir", CODE_DELETE },
	{ "php", "", "", "array_map", CODE_BY_NAME },
	{ "php", "", "", "array_walk", CODE_BY_NAME },
	{ "php", "", "", "call_user_func", CODE_BY_NAME },
	{ "php", "", "", "call_user_func_array", CODE_BY_NAME },
	{ "awk", "", "", "system", CODE_SHELL },
	{ "elisp", "", "delete-", "directory", CODE_DELETE },
	{ "elisp", "", "delete-", "file", CODE_DELETE },
	{ "elisp", "", "shell-", "command", CODE_SHELL },
	{ "lua", "", "os.", "execute", CODE_SHELL },
	{ "lua", "", "io.", "popen", CODE_SHELL },
	{ "lua", "", "os.", "remove", CODE_DELETE },
	{ "r", "", "", "system", CODE_SHELL },
	{ "r", "", "", "system2", CODE_ARGV },
	{ "r", "", "", "unlink", CODE_DELETE },
	{ "r", "", "file.", "remove", CODE_DELETE },
	{ "julia", "", "", "rm", CODE_DELETE },
	{ "elixir", "", "File.", "rm_rf", CODE_DELETE },
	{ "elixir", "", "File.", "rm", CODE_DELETE },
	{ "elixir", "", "System.", "shell", CODE_SHELL },
	{ "elixir", "", "System.", "cmd", CODE_ARGV },
	{ "groovy", ".delete", "", "File", CODE_DELETE },
	{ "groovy java", "", "", "exec", CODE_SHELL },
	{ "java", "", "Files.", "delete", CODE_DELETE },
	{ "applescript", "", "shell ", "script", CODE_SHELL },
	{ "applescript", "", "do ", "script", CODE_SHELL },
	{ "scheme", "", "(", "system", CODE_SHELL },
	{ "haskell", "", "", "removeDirectoryRecursive", CODE_DELETE },
	{ "haskell", "", "", "removeFile", CODE_DELETE },
	{ "haskell", "", "", "callCommand", CODE_SHELL },
	{ "haskell", "", "", "system", CODE_SHELL },
};

static struct run_scene scene(struct code *c)
{
	struct run_scene p = *c->p;

	p.maybe++;
	return p;
}

static void shell_text(struct code *c, struct str text)
{
	struct run_scene p = scene(c);

	if (run_all_unknown(text) || text.len == 0)
		run_opaque(c->r, &p, c->call->act, "code that starts a program which is not known");
	else
		run_script(c->r, &p, text, c->call->act);
}

/* The path that open(F, '>', path), open(F, ">path") of perl writes; STR_NONE: it reads. */
static struct str opened_by_perl(const struct arguments *a)
{
	for (size_t i = 1; i < a->list.n; i++) {
		struct str text = str_trim(a->list.item[i].text), path;

		if (!str_starts(text, STR(">")) && !str_starts(text, STR("+>")))
			continue;
		path = str_trim(str_sub(text, str_find_char(text, '>') + 1, text.len));
		if (path.len && path.ptr[0] != ':' && path.ptr[0] != '>')
			return path;
		return i + 1 < a->list.n ? a->list.item[i + 1].text : STR_NONE;
	}
	return STR_NONE;
}

/* open(path, 'w'), writeFileSync(path, …): as tee would. Where a mode says what is done, it must be one that writes. */
static void writes(struct code *c, const struct code_call *k, const struct arguments *a)
{
	struct run_scene p = scene(c);
	struct shell_value argv[3] = { run_value(STR("tee"), c->call->span), a->list.item[0] };
	struct str mode = a->list.n > 1 ? a->list.item[1].text : STR("");
	bool moded = run_listed("open fopen", str_from(k->name)), appends = k->class == CODE_APPEND;

	if (moded && code_in(c, "perl"))
		argv[1] = run_value(opened_by_perl(a), c->call->span);
	else if (moded && !(mode.len && mode.len < 4 && (memchr("wxca", mode.ptr[0], 4) || memchr(mode.ptr, '+', mode.len))))
		return;
	appends = appends || (moded && mode.len && mode.ptr[0] == 'a');
	if (!argv[1].text.len)
		return;
	if (appends) {
		argv[2] = argv[1];
		argv[1] = run_value(STR("-a"), c->call->span);
	}
	p.in = NULL;
	run_argv(c->r, &p, argv, appends ? 3 : 2, c->call);
}

static void modes(struct code *c, struct shell_value path)
{
	struct run_scene p = scene(c);
	struct shell_value argv[3] = { run_value(STR("chmod"), c->call->span), run_value(STR("u+w"), c->call->span), path };

	run_argv(c->r, &p, argv, 3, c->call);
}

/* Path(x).write_text(y) */
static void writes_own(struct code *c)
{
	struct run_scene p = scene(c);
	struct shell_value argv[2] = { run_value(STR("tee"), c->call->span), run_value((struct str){ "", 1 }, c->call->span) };

	p.in = NULL;
	run_argv(c->r, &p, argv, 2, c->call);
}

static void moves(struct code *c, const struct code_call *k, const struct arguments *a)
{
	struct run_scene p = scene(c);
	struct shell_value argv[4] = { run_value(k->class == CODE_MOVE ? STR("mv") : STR("cp"), c->call->span),
				       run_value(k->class == CODE_MOVE ? STR("-f") : STR("-r"), c->call->span), a->list.item[0] };

	if (a->list.n < 2)
		return;
	argv[3] = a->list.item[1];
	run_argv(c->r, &p, argv, 4, c->call);
}

static bool evaluates(struct code *c, const struct arguments *a)
{
	bool any = false;
	bool base64 = str_find(c->text, STR("b64decode")) != SIZE_MAX || str_find(c->text, STR("base64")) != SIZE_MAX;

	for (size_t i = 0; base64 && i < a->list.n && c->depth < 4; i++) {
		struct str text = a->list.item[i].text;

		text = run_known(text) && text.len > 15 ? code_base64(c, text) : STR_NONE;
		if (!text.len || !str_is_utf8(text))
			continue;
		run_code(c->r, c->p, c->language, text, c->call);
		any = true;
	}
	return any;
}

static void deletes(struct code *c, struct str path)
{
	struct run_scene p = scene(c);
	struct shell_value argv[3] = { run_value(STR("rm"), c->call->span), run_value(STR("-rf"), c->call->span),
			run_value(path, c->call->span) };

	if (str_starts(path, STR("~/")) && run_listed("r elisp", str_from(c->language)))
		argv[2] = run_value(arena_join(c->r->arena, c->r->world->home, str_sub(path, 1, path.len)), c->call->span);
	run_argv(c->r, &p, argv, 3, c->call);
}

/* One that nobody knows is, as a rule, the way back. */
static void changes_folder(struct code *c, struct str to)
{
	bool known = to.len && run_known(to) && (to.ptr[0] == '/' || run_known(c->p->cwd.text));

	c->p->cwd = known ? run_value(world_absolute(c->p->cwd.text, to, c->r->arena), c->call->span) : c->began;
}

/* array_map('unlink', glob('/srv/…')): a literal that is a function's name, and what it is given. */
static void by_name(struct code *c, const struct arguments *a)
{
	const struct code_call *k = NULL;
	struct str given = { "", 1 };

	for (size_t i = 0; i < a->list.n; i++) {
		struct str text = a->list.item[i].text;
		bool name = false;

		for (size_t n = 0; !k && n < ARRAY_LEN(calls); n++) {
			if (!str_is(text, calls[n].name) || !run_listed(calls[n].languages, str_from(c->language)))
				continue;
			k = &calls[n];
			name = true;
		}
		if (!name && run_known(text))
			given = text;
	}
	if (k && k->class == CODE_DELETE)
		deletes(c, given);
	else if (k && k->class == CODE_SHELL)
		shell_text(c, given);
}

static void called(struct code *c, const struct code_call *k, size_t at)
{
	struct arguments a = code_arguments(c, at);
	struct run_scene p = scene(c);

	if (!run_step(c->r, 4))
		return;
	if (code_in(c, "awk") && k->class == CODE_SHELL && at < c->text.len && c->text.ptr[at] == '(') {
		at++;
		shell_text(c, code_joined(c, &at, ")"));
		return;
	}
	if (a.list.n == 0) {
		if (k->class != CODE_DELETE)
			return;
		deletes(c, (struct str){ "", 1 }); /* Path(x).unlink() */
		return;
	}
	switch (k->class) {
	case CODE_SHELL:
		shell_text(c, a.list.item[0].text);
		break;
	case CODE_ARGV:
		if ((a.list.n == 1 && !a.listed) || (a.shell && !a.listed))
			shell_text(c, a.list.item[0].text);
		else if (run_all_unknown(a.list.item[0].text))
			run_opaque(c->r, &p, c->call->act, "code that starts a program which is not known");
		else
			run_argv(c->r, &p, a.list.item, a.list.n, c->call);
		break;
	case CODE_DELETE:
		deletes(c, a.list.item[0].text);
		break;
	case CODE_BY_NAME:
		by_name(c, &a);
		break;
	case CODE_WRITE:
	case CODE_APPEND:
		writes(c, k, &a);
		break;
	case CODE_MODE:
		modes(c, a.list.item[0]);
		break;
	case CODE_OWN:
		writes_own(c);
		break;
	case CODE_MOVE:
	case CODE_COPY:
		moves(c, k, &a);
		break;
	case CODE_FOLDER:
		changes_folder(c, a.list.item[0].text);
		break;
	case CODE_EVAL:
		if (evaluates(c, &a))
			break;
		if (!run_known(a.list.item[0].text))
			run_opaque(c->r, &p, c->call->act, "code made while it runs");
		else if (c->depth < 4)
			run_code(c->r, &p, c->language, a.list.item[0].text, c->call);
		break;
	}
}

static void name_at(struct code *c, size_t from, size_t to)
{
	struct str name = str_sub(c->text, from, to - from);

	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		const struct code_call *k = &calls[i];
		size_t before = strlen(k->before), at = to;

		if (!str_is(name, k->name) || !run_listed(k->languages, str_from(c->language)))
			continue;
		if (*k->near && str_find(c->text, str_from(k->near)) == SIZE_MAX)
			continue;
		if (before && (from < before || memcmp(c->text.ptr + from - before, k->before, before) != 0))
			continue;
		while (at < c->text.len && (c->text.ptr[at] == ' ' || c->text.ptr[at] == '!'))
			at++;
		if (at < c->text.len && (c->text.ptr[at] == '(' || c->text.ptr[at] == '{' ||
					 run_listed("perl ruby applescript scheme haskell groovy lua elisp", str_from(c->language))))
			called(c, k, at);
		return;
	}
}

/* awk: print … > "file". A comparison stands in parentheses, or behind no print. */
static void awk_prints(struct code *c, size_t at)
{
	struct str s = c->text;
	unsigned depth = 0;

	for (; at < s.len && !(depth == 0 && memchr(";\n}", s.ptr[at], 3)) && run_step(c->r, 1); at++) {
		bool append;
		struct str path;

		if (s.ptr[at] == '"') {
			(void)code_literal(c, &at);
			at--;
		} else if (s.ptr[at] == '(') {
			depth++;
		} else if (s.ptr[at] == ')' && depth) {
			depth--;
		} else if (s.ptr[at] == '>' && depth == 0) {
			struct run_scene p = scene(c);
			struct shell_value argv[3] = { run_value(STR("tee"), c->call->span) };

			append = at + 1 < s.len && s.ptr[at + 1] == '>';
			at += append ? 2 : 1;
			path = code_joined(c, &at, ";\n}");
			argv[1] = run_value(append ? STR("-a") : path, c->call->span);
			argv[2] = run_value(path, c->call->span);
			p.in = NULL;
			run_argv(c->r, &p, argv, append ? 3 : 2, c->call);
			return;
		}
	}
}

void run_code(struct run *r, struct run_scene *p, const char *language, struct str code, struct run_call *call)
{
	struct run_scene here = *p;
	struct code c = { .r = r, .p = &here, .call = call, .language = language, .text = code, .began = p->cwd };
	bool shells = run_listed("perl ruby php julia", str_from(language));

	if (r->depth >= RUN_MAX_DEPTH || !run_step(r, 1 + code.len / 16) || code.len > 262144)
		return;
	if (run_all_unknown(code)) {
		run_opaque(r, p, call->act, "code that is not known");
		return;
	}
	r->depth++;
	for (size_t i = 0; i < code.len && run_step(r, 0);) {
		size_t from = i;

		if (shells && code.ptr[i] == '`') {
			struct str text = code_literal(&c, &i);

			shell_text(&c, text);
		} else if (strcmp(language, "awk") == 0 && code.ptr[i] == '|' && i + 1 < code.len) {
			for (i++; i < code.len && (code.ptr[i] == ' ' || code.ptr[i] == '&'); i++)
				;
			if (i < code.len && code.ptr[i] == '"') {
				struct str text = code_literal(&c, &i);

				if (run_listed("sh bash /bin/sh /bin/bash", text))
					run_opaque(r, p, call->act, "awk pipes into a shell");
				shell_text(&c, text);
			}
		} else if (code_quote(code.ptr[i])) {
			struct str text = code_literal(&c, &i), rest = str_trim(str_sub(code, i, code.len));

			if (strcmp(language, "awk") == 0 && str_starts(rest, STR("|")) &&
			    str_starts(str_trim(str_sub(rest, 1, rest.len)), STR("getline")))
				shell_text(&c, text);
		} else if (code_identifier(code.ptr[i])) {
			while (i < code.len && code_identifier(code.ptr[i]))
				i++;
			if (code_in(&c, "awk") && run_listed("print printf", str_sub(code, from, i - from)))
				awk_prints(&c, i);
			else
				name_at(&c, from, i);
		} else {
			i++;
		}
	}
	r->depth--;
}
