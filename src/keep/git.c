#include "keep/git.h"

#include <sys/stat.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/proc.h"

#define SAFE_PATH "/usr/bin:/bin:/usr/local/bin:/run/current-system/sw/bin:/opt/homebrew/bin"
#define SAY_MAX ((size_t)64 << 10)
#define CONFIG_MAX ((size_t)1 << 20)

/* What of a repository's own settings runs programs or talks to somebody. */
static const char *const off[] = {
	"-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.pager=cat", "-c", "core.editor=false",
	"-c", "core.askPass=",	      "-c", "core.sshCommand=false",	"-c", "core.untrackedCache=keep", "-c", "core.quotePath=true",
	"-c", "diff.external=",	      "-c", "protocol.allow=never",	"-c", "credential.helper=", "-c", "gc.auto=0",
	"-c", "maintenance.auto=false", "-c", "log.showSignature=false", "-c", "advice.detachedHead=false",
};

static bool add_fixed(struct git *g, const char *word)
{
	if (!word || g->n_fixed + 24 > GIT_ARGS_MAX)
		return false;
	g->fixed[g->n_fixed++] = word;
	return true;
}

static bool environment(struct git *g, struct err *err)
{
	const char *home = getenv("HOME"), *xdg = getenv("XDG_CONFIG_HOME");
	char program[64];
	size_t n = 0;

	if (!proc_find("git", SAFE_PATH, NULL, program, sizeof(program)))
		return err_set(err, ERR_TOOL, "git is not in %s", SAFE_PATH);
	add_fixed(g, arena_str(g->arena, str_from(program)).ptr);
	add_fixed(g, "--no-pager");
	add_fixed(g, "--no-replace-objects");
	for (size_t i = 0; i < ARRAY_LEN(off); i++)
		add_fixed(g, off[i]);
	g->env[n++] = (char *)(uintptr_t)"PATH=" SAFE_PATH;
	g->env[n++] = (char *)(uintptr_t)"LC_ALL=C";
	g->env[n++] = (char *)(uintptr_t)"GIT_OPTIONAL_LOCKS=0";
	g->env[n++] = (char *)(uintptr_t)"GIT_NO_LAZY_FETCH=1";
	g->env[n++] = (char *)(uintptr_t)"GIT_TERMINAL_PROMPT=0";
	g->env[n++] = (char *)(uintptr_t)"GIT_CEILING_DIRECTORIES=";
	if (home)
		g->env[n++] = (char *)(uintptr_t)arena_fmt(g->arena, "HOME=%s", home).ptr;
	if (xdg)
		g->env[n++] = (char *)(uintptr_t)arena_fmt(g->arena, "XDG_CONFIG_HOME=%s", xdg).ptr;
	g->env[n] = NULL;
	return !g->arena->full || err_set(err, ERR_LIMIT, "no memory");
}

static int seconds_left(const struct git *g)
{
	int64_t left = (g->deadline_us - clock_now_us()) / CLOCK_SECOND + 1;

	return left < 1 ? 1 : left > 3600 ? 3600 : (int)left;
}

bool git_run(struct git *g, const struct git_run *r, bool *ret_ok, struct err *err)
{
	char *argv[GIT_ARGS_MAX + 1];
	auto_buf said = BUF_MAX(SAY_MAX), dropped = BUF_MAX(SAY_MAX);
	struct proc_opts o = { .cwd = g->root.ptr, .env = g->env, .input = r->input, .out = r->out ? r->out : &dropped,
			       .errout = &said, .timeout_s = seconds_left(g) };
	size_t n = 0;
	int status;

	for (size_t i = 0; i < g->n_fixed; i++)
		argv[n++] = (char *)(uintptr_t)g->fixed[i];
	for (size_t i = 0; r->args[i]; i++) {
		if (n == GIT_ARGS_MAX)
			return err_set(err, ERR_LIMIT, "git: too many words");
		argv[n++] = (char *)(uintptr_t)r->args[i];
	}
	argv[n] = NULL;
	if (clock_now_us() > g->deadline_us)
		return err_set(err, ERR_LIMIT, "git %s: no time left", r->args[0]);
	if (!proc_run(argv, &o, &status, err))
		return false;
	if (ret_ok)
		*ret_ok = status == 0;
	if (status == 0 || (status == 1 && r->may_fail))
		return true;
	return err_set(err, ERR_TOOL, "git %s: %.*s", r->args[0], STR_ARG(str_trim(str_sub(buf_str(&said), 0, 400))));
}

bool git_resolve(struct git *g, const char *name, struct str *ret, struct err *err)
{
	const char *args[] = { "rev-parse", "--verify", "--quiet", "--end-of-options", name, NULL };
	auto_buf out = BUF_MAX(4096);
	bool ok;

	if (!git_run(g, &(struct git_run){ .args = args, .out = &out, .may_fail = true }, &ok, err))
		return false;
	*ret = ok ? arena_str(g->arena, str_trim(buf_str(&out))) : STR_NONE;
	return true;
}

static struct str line(struct str *left)
{
	size_t end = str_find_char(*left, '\n');
	struct str l = str_sub(*left, 0, end);

	*left = end == SIZE_MAX ? STR_NONE : str_sub(*left, end + 1, left->len);
	return l;
}

static bool find_dirs(struct git *g, struct err *err)
{
	static const char *const args[] = { "rev-parse", "--path-format=absolute", "--show-toplevel", "--absolute-git-dir",
					    "--git-common-dir", NULL };
	auto_buf out = BUF_MAX(3 * 4096 + 16);
	struct str left;

	if (!git_run(g, &(struct git_run){ .args = args, .out = &out }, NULL, err))
		return false;
	left = buf_str(&out);
	g->root = arena_str(g->arena, line(&left));
	g->git_dir = arena_str(g->arena, line(&left));
	g->common_dir = arena_str(g->arena, line(&left));
	if (left.len || !g->root.len || g->root.ptr[0] != '/' || !g->git_dir.len || g->git_dir.ptr[0] != '/' ||
	    !g->common_dir.len || g->common_dir.ptr[0] != '/')
		return err_set(err, ERR_STATE, "its git folders have names that cannot be read");
	return true;
}

/* "filter.lfs.clean" → filters of that name do nothing: git then compares bytes as they are, and more files differ, never fewer. */
static bool filter_off(struct git *g, struct str key)
{
	static const char *const members[] = { "clean=", "smudge=", "process=", "required=false" };
	size_t dot = str_rfind_char(key, '.');
	struct str name = str_sub(key, 0, dot);

	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		if (!add_fixed(g, "-c") || !add_fixed(g, arena_fmt(g->arena, "%.*s.%s", STR_ARG(name), members[i]).ptr))
			return false;
	}
	return true;
}

static bool read_config(struct git *g, struct err *err)
{
	static const char *const args[] = { "config", "-z", "--get-regexp",
					    "^(filter\\..*\\.(clean|process)|extensions\\.refstorage|submodule\\.recurse)$", NULL };
	auto_buf out = BUF_MAX(CONFIG_MAX);
	struct str left, last = STR_NONE;
	bool ok;

	if (!git_run(g, &(struct git_run){ .args = args, .out = &out, .may_fail = true }, &ok, err))
		return false;
	left = buf_str(&out);
	while (left.len) {
		size_t end = str_find_char(left, '\0');
		struct str one = str_sub(left, 0, end), key = str_sub(one, 0, str_find_char(one, '\n'));
		struct str value = str_sub(one, key.len + 1, one.len);

		left = end == SIZE_MAX ? STR_NONE : str_sub(left, end + 1, left.len);
		if (str_is(key, "extensions.refstorage") && !str_is(value, "files"))
			return err_set(err, ERR_STATE, "its references are stored in a way the keep does not know");
		if (str_is(key, "submodule.recurse") && !str_is(value, "false"))
			return err_set(err, ERR_STATE, "submodule.recurse is on, and submodules are not kept");
		if (str_starts(key, STR("filter.")) && !str_eq(str_sub(key, 0, str_rfind_char(key, '.')), last)) {
			last = str_sub(key, 0, str_rfind_char(key, '.'));
			if (str_find_char(key, '=') != SIZE_MAX || !filter_off(g, key))
				return err_set(err, ERR_STATE, "it has filters that cannot be turned off");
		}
	}
	return true;
}

bool git_begin(struct git *g, struct str folder, int64_t deadline_us, struct arena *arena, struct err *err)
{
	*g = (struct git){ .arena = arena, .deadline_us = deadline_us, .root = arena_str(arena, folder) };
	return environment(g, err);
}

bool git_open(struct git *g, struct str folder, int64_t deadline_us, struct arena *arena, struct err *err)
{
	struct git r;

	if (!git_begin(&r, folder, deadline_us, arena, err) || !find_dirs(&r, err) || !read_config(&r, err))
		return err_prefix(err, "%.*s", STR_ARG(folder));
	*g = r;
	return true;
}

static bool unescape(struct str text, size_t *io, char *ret)
{
	static const char from[] = "abtnvfr\"\\", to[] = "\a\b\t\n\v\f\r\"\\";
	char c = *io < text.len ? text.ptr[*io] : '\0';
	const char *at = c ? strchr(from, c) : NULL;
	unsigned v = 0;

	if (at) {
		(*io)++;
		*ret = to[at - from];
		return true;
	}
	for (unsigned i = 0; i < 3; i++, (*io)++) {
		if (*io >= text.len || text.ptr[*io] < '0' || text.ptr[*io] > '7')
			return false;
		v = v * 8 + (unsigned)(text.ptr[*io] - '0');
	}
	*ret = (char)(unsigned char)v;
	return v > 0 && v < 256;
}

bool git_unquote(struct str text, struct arena *a, struct str *ret)
{
	char *out;
	size_t n = 0;

	if (!text.len || text.ptr[0] != '"') {
		*ret = arena_str(a, text);
		return text.len > 0;
	}
	out = arena_alloc(a, text.len + 1);
	if (!out || text.len < 2 || text.ptr[text.len - 1] != '"')
		return false;
	text = str_sub(text, 1, text.len - 2);
	for (size_t i = 0; i < text.len;) {
		if (text.ptr[i] == '\\') {
			i++;
			if (!unescape(text, &i, &out[n++]))
				return false;
			continue;
		}
		out[n++] = text.ptr[i++];
	}
	*ret = (struct str){ out, n };
	return n > 0;
}
