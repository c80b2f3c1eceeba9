/* rm and its kin. */
#include "read/command_paths.h"

/* --- what find finds --- */

/* fd: "*.py" for -e py, "*PATTERN*" where the pattern is plain text; STR_NONE: any name. */
static struct str fd_name(struct arena *arena, const struct shell_act *fd)
{
	for (size_t i = 1; i < fd->n_argv; i++) {
		struct str w = fd->argv[i].text;

		if (paths_listed(" -x -X --exec --exec-batch -p --full-path ", w))
			break;
		if (paths_listed(" -e --extension ", w) && i + 1 < fd->n_argv)
			return arena_fmt(arena, "*.%.*s", STR_ARG(fd->argv[i + 1].text));
		if (w.len && w.ptr[0] == '-') {
			i += paths_listed(" -t -d -E --type --max-depth --exclude ", w);
			continue;
		}
		for (size_t k = 0; k < w.len; k++) {
			char c = (char)(w.ptr[k] | 0x20);

			if (!(c >= 'a' && c <= 'z') && !(w.ptr[k] >= '0' && w.ptr[k] <= '9') && w.ptr[k] != '_' && w.ptr[k] != '-')
				return STR_NONE;
		}
		return w.len ? arena_fmt(arena, "*%.*s*", STR_ARG(w)) : STR_NONE;
	}
	return STR_NONE;
}

/* The one -name of a find, or STR_NONE when its tests do not say. */
static struct str found_name(struct arena *arena, const struct shell_act *find)
{
	struct str name = STR_NONE;

	if (!str_is(str_base_name(find->argv[0].text), "find"))
		return fd_name(arena, find);
	for (size_t i = 1; i < find->n_argv; i++) {
		struct str w = find->argv[i].text;

		if (paths_listed(" -o -or ! -not , ", w))
			return STR_NONE;
		if (paths_listed(" -name -iname ", w) && i + 1 < find->n_argv)
			name = find->argv[i + 1].text;
	}
	return memchr(name.ptr ? name.ptr : "", SHELL_UNKNOWN, name.len) ? STR_NONE : name;
}

static void judge_found(struct paths *p, const struct shell_act *by, const struct shell_value *start, enum paths_how how)
{
	struct str name = found_name(p->arena, by);
	struct paths_target t = paths_at(p, &by->cwd, *start);

	t.maybe = true;
	t.slash = true;
	if (t.path.len && !t.pattern.len)
		t.pattern = name.len ? arena_fmt(p->arena, "**/%.*s", STR_ARG(name)) : STR("**");
	paths_judge(p, &t, how);
}

/* find and fd: words before the first test. fd: its first word is the pattern. */
static void judge_starts(struct paths *p, const struct shell_act *by, enum paths_how how)
{
	bool fd = !str_is(str_base_name(by->argv[0].text), "find");
	size_t skip = fd ? 1 : 0, n = 0;
	struct shell_value here = { .text = STR("."), .known = true };

	for (size_t i = 1; i < by->n_argv; i++) {
		struct str w = by->argv[i].text;

		if (!fd && w.len && memchr("-(!", w.ptr[0], 3) && !paths_listed(" -H -L -P ", w))
			break;
		if (fd && paths_listed(" -x -X --exec --exec-batch ", w))
			break;
		if (w.len && w.ptr[0] == '-') {
			i += fd && paths_listed(" -e -t -d -E --type --extension --max-depth --exclude ", w);
			continue;
		}
		if (skip) {
			skip--;
			continue;
		}
		judge_found(p, by, &by->argv[i], how);
		n++;
	}
	if (!n)
		judge_found(p, by, &here, how);
}

/* Who gives the words: find itself, or whose output xargs reads. */
static const struct shell_act *finder(const struct shell_act *a)
{
	const struct shell_act *by = a->within;

	for (unsigned i = 0; by && i < 4; i++) {
		struct str name = by->n_argv ? str_base_name(by->argv[0].text) : STR_NONE;

		if (paths_listed(" find fd fdfind ", name))
			return by;
		if (paths_listed(" git rg ls ", name))
			return by;
		by = paths_listed(" xargs parallel ", name) || (name.len && by->input_from) ? by->input_from : by->within;
	}
	return NULL;
}

/* `git ls-files | xargs rm`: names below the folder it ran in. `ls FOLDER` gives names without their folder: not known. */
static bool judge_listed(struct paths *p, const struct shell_act *by, enum paths_how how)
{
	struct shell_value here = { .text = STR("."), .known = true };
	struct str name = str_base_name(by->argv[0].text);
	struct paths_target t;

	if (str_is(name, "git") && !(by->n_argv > 1 && paths_listed(" ls-files diff status ", by->argv[1].text)))
		return false;
	if (str_is(name, "ls") && by->n_argv > 1)
		return false;
	if (str_is(name, "rg") && by->n_argv > 3) { /* rg PATTERN FOLDER */
		struct str last = by->argv[by->n_argv - 1].text;

		if (str_starts(last, STR("/")) || str_starts(last, STR("..")))
			here = by->argv[by->n_argv - 1];
	}
	t = paths_at(p, &by->cwd, here);
	if (t.path.len && !t.pattern.len)
		t.pattern = STR("*");
	paths_judge(p, &t, how);
	return true;
}

bool paths_found(struct paths *p, enum paths_how how)
{
	const struct shell_act *by = finder(p->act);

	if (!by)
		return false;
	if (paths_listed(" find fd fdfind ", str_base_name(by->argv[0].text))) {
		judge_starts(p, by, how);
		return true;
	}
	return judge_listed(p, by, how);
}

/* --- rm --- */

static bool has_mark(struct str s)
{
	return s.len && memchr(s.ptr, SHELL_UNKNOWN, s.len);
}

static void remove_words(struct paths *p, const struct paths_words *o, enum paths_how how)
{
	bool found = false;

	for (size_t i = 0; i < o->n; i++) {
		struct paths_target t;

		if (has_mark(o->operand[i].text) && p->act->within) {
			if (!found && paths_found(p, how)) {
				found = true;
				continue;
			}
			if (found)
				continue;
		}
		t = paths_of(p, o->operand[i]);
		paths_judge(p, &t, how);
	}
}

static const struct paths_saying trash = { CHANGE_DELETE, "file.outside", "file",
					   "this empties the trash: what was put there does not come back",
					   "look at it first: `trash-list`" };

bool paths_remove(struct paths *p)
{
	struct paths_words o;
	enum paths_how how = PATHS_REMOVE;
	bool shred = paths_listed(" shred wipe ", p->program);

	if (str_is(p->program, "trash-empty")) {
		paths_say(p, &trash, STR("trash"));
		return true;
	}
	if (!paths_words(p, 1, shred ? "ns" : "", shred ? " --iterations --size " : " ", &o) || paths_has(&o, 0, "--help") ||
	    paths_has(&o, 0, "--version"))
		return true;
	if (str_is(p->program, "gio")) {
		if (o.n && str_is(o.operand[0].text, "trash") && paths_has(&o, 0, "--empty"))
			paths_say(p, &trash, STR("trash"));
		if (!o.n || !paths_listed(" trash remove ", o.operand[0].text))
			return true;
		o.operand++;
		o.n--;
		how = PATHS_TREE;
	}
	if (paths_has(&o, 'r', "--recursive") || o.letter['R'] ||
	    paths_listed(" rimraf del-cli trash trash-put gtrash ", p->program))
		how = PATHS_TREE;
	if (str_is(p->program, "rmdir"))
		return true; /* only empty ones */
	remove_words(p, &o, shred ? PATHS_WRITE : how);
	return true;
}
