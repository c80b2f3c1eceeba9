/* What find, fd, ls or git found, as words of another act: `find … | xargs rm`, find -exec, `find … | while read f`. */
#include "read/command_paths_found.h"

#define MOST_NAMES 16 /* more could be any */
#define MOST_ASKED 64 /* words of one act that are parts of what was found: more say no more */
#define MOST_STARTS 256
#define MOST_DEPTH 3 /* of a vault's files below it: TARGET/ID/FILE */

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

/* find and fd: words before the first test. fd: its first word is the pattern. Each folder that ${by} begins in: false past the last. */
static bool nth_start(struct paths *p, const struct shell_act *by, size_t nth, struct paths_target *ret)
{
	bool fd = !str_is(str_base_name(by->argv[0].text), "find");
	size_t skip = fd ? 1 : 0, n = 0;

	for (size_t i = 1; i < by->n_argv; i++) {
		struct str w = by->argv[i].text;

		if ((!fd && w.len && memchr("-(!", w.ptr[0], 3) && !paths_listed(" -H -L -P ", w)) ||
		    (fd && paths_listed(" -x -X --exec --exec-batch ", w)))
			break;
		if (w.len && w.ptr[0] == '-') {
			i += fd && paths_listed(" -e -t -d -E --type --extension --max-depth --exclude ", w);
		} else if (skip) {
			skip--;
		} else if (n++ == nth) {
			*ret = paths_at(p, &by->cwd, by->argv[i]);
			return true;
		}
	}
	*ret = paths_at(p, &by->cwd, (struct shell_value){ .text = STR("."), .known = true });
	return nth == 0 && !n;
}

static void judge_found(struct paths *p, const struct shell_act *by, struct paths_target t, enum paths_how how)
{
	struct str name = found_name(p->arena, by);

	t.maybe = true;
	t.slash = true;
	if (t.path.len && !t.pattern.len)
		t.pattern = name.len ? arena_fmt(p->arena, "**/%.*s", STR_ARG(name)) : STR("**");
	p->found = by;
	paths_judge(p, &t, how);
	p->found = NULL;
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
	struct paths_target t;

	if (!by)
		return false;
	if (paths_listed(" find fd fdfind ", str_base_name(by->argv[0].text))) {
		for (size_t i = 0; nth_start(p, by, i, &t); i++)
			judge_found(p, by, t, how);
		return true;
	}
	return judge_listed(p, by, how);
}

/* --- pawl's own among it --- */

static bool is_find(struct str program)
{
	return paths_listed(" find fd fdfind ", program);
}

/* Behind a test, in ${open} brackets: A -prune; \( A -o B \) -prune */
static bool is_pruned(const struct shell_act *by, size_t i, unsigned open)
{
	for (; i < by->n_argv && !(!open && paths_listed(" -o -or ", by->argv[i].text)); i++) {
		if (str_is(by->argv[i].text, "-prune"))
			return true;
		open -= open && str_is(by->argv[i].text, ")");
	}
	return false;
}

/* find … -not -path '/srv/vault*', -path … -prune: ${folder} is left out. */
bool paths_found_not(struct paths *p, const struct shell_act *by, struct str folder)
{
	unsigned open = 0;

	for (size_t i = 1; i + 1 < by->n_argv; i++) {
		struct paths_target t;
		struct str w = by->argv[i].text;
		bool name = str_is(w, "-name");

		open += str_is(w, "(");
		open -= open && str_is(w, ")");
		if (!name && !paths_listed(" -path -wholename -ipath ", w))
			continue;
		if (!paths_listed(" ! -not ", by->argv[i - 1].text) && !is_pruned(by, i + 2, open))
			continue;
		t = paths_at(p, &by->cwd, by->argv[i + 1]);
		w = by->argv[i + 1].text;
		if (t.path.len && !t.pattern.len && !name && w.ptr[0] != '*')
			w = t.path;
		if (name ? str_glob(w, str_base_name(folder)) : str_glob(w, folder) || str_glob(w, arena_join(p->arena, folder, STR("/x"))))
			return true;
	}
	return false;
}

/* -maxdepth N, -d N of fd; SIZE_MAX: any depth. */
static size_t most_depth(const struct shell_act *by)
{
	uint64_t n;

	for (size_t i = 1; i + 1 < by->n_argv; i++) {
		if (paths_listed(" -maxdepth --max-depth -d ", by->argv[i].text) && str_to_u64(by->argv[i + 1].text, &n))
			return n < SIZE_MAX ? (size_t)n : SIZE_MAX;
	}
	return SIZE_MAX;
}

/* The names that pass the tests of ${by}: of each side of an -o that is not pruned. One side that says none, and it is any. */
struct names {
	struct str at[MOST_NAMES];
	size_t n; /* 0: any */
};

static void add_name(struct names *names, struct str name, bool *any)
{
	*any = *any || !name.len || names->n == MOST_NAMES || memchr(name.ptr, SHELL_UNKNOWN, name.len);
	if (!*any)
		names->at[names->n++] = name;
}

static struct names names_of(struct paths *p, const struct shell_act *by)
{
	struct names names = { .n = 0 };
	struct str name = STR_NONE;
	bool find = str_is(str_base_name(by->argv[0].text), "find"), prunes = false, any = false;

	for (size_t i = 1; find && i < by->n_argv; i++) {
		struct str w = by->argv[i].text, next = i + 1 < by->n_argv ? by->argv[i + 1].text : STR_NONE;
		bool not = paths_listed(" ! -not ", by->argv[i - 1].text);

		if (paths_listed(" -o -or , ", w)) {
			if (!prunes)
				add_name(&names, name, &any);
			name = STR_NONE;
			prunes = false;
		}
		prunes = prunes || str_is(w, "-prune");
		if (!not && paths_listed(" -name -iname -path -wholename -ipath ", w))
			name = str_base_name(next);
	}
	if (!prunes)
		add_name(&names, find ? name : fd_name(p->arena, by), &any);
	names.n = any ? 0 : names.n;
	return names;
}

/* What lies below a start and passes the tests, as patterns: by depth where that ends. False past the last. */
static bool nth_pattern(struct paths *p, const struct shell_act *by, size_t n, struct str *ret)
{
	struct names names = names_of(p, by);
	size_t depth = most_depth(by), each = names.n ? names.n : 1;
	struct str name = names.n ? names.at[n % each] : STR_NONE, stars = STR_NONE;

	if (depth > MOST_DEPTH + 8) {
		*ret = name.len ? arena_fmt(p->arena, "**/%.*s", STR_ARG(name)) : STR("**");
		return n < each;
	}
	for (size_t i = 0; i < n / each; i++)
		stars = arena_join(p->arena, stars, STR("*/"));
	*ret = arena_join(p->arena, stars, name.len ? name : STR("*"));
	return n / each < depth;
}

/* Is every file below where it begins found? */
static bool finds_all(struct paths *p, const struct shell_act *by)
{
	for (size_t i = 1; i < by->n_argv; i++) {
		if (paths_listed(" ! -not -path -wholename -ipath -prune -regex -E --exclude ", by->argv[i].text))
			return false;
	}
	return most_depth(by) == SIZE_MAX && !names_of(p, by).n;
}

static bool own_below(struct paths *p, const struct shell_act *by, struct paths_target t, enum paths_how how)
{
	enum paths_how tree = how == PATHS_MODE || how == PATHS_MODE_TREE ? PATHS_MODE_TREE : PATHS_TREE;
	bool any = false;

	if (t.path.len > 1 && finds_all(p, by))
		return paths_guard(p, &(struct paths_target){ .path = t.path, .words = t.words }, t.path, tree);
	p->found = by;
	for (size_t n = 0; nth_pattern(p, by, n, &t.pattern); n++)
		any = paths_vault(p, &t, t.path, how) || any;
	p->found = NULL;
	return any;
}

/* ls -d A B: its words, each; of patterns those that are files. */
static bool own_listed(struct paths *p, const struct shell_act *by, enum paths_how how)
{
	bool any = false, itself = false, files = how == PATHS_WRITE || how == PATHS_EDIT || how == PATHS_REMOVE;

	for (size_t i = 1; i < by->n_argv; i++) {
		struct str w = by->argv[i].text;

		itself = itself || str_is(w, "--directory") ||
			 (w.len > 1 && w.ptr[0] == '-' && w.ptr[1] != '-' && memchr(w.ptr, 'd', w.len));
	}
	for (size_t i = 1; i < by->n_argv; i++) {
		struct paths_target t = paths_at(p, &by->cwd, by->argv[i]);

		if (t.path.len && by->argv[i].text.ptr[0] != '-' && (itself || (files && t.pattern.len)))
			any = paths_vault(p, &t, t.path, how) || any;
	}
	return any;
}

/* In a loop that reads what it finds: `find … | sort | while read f`. */
static const struct shell_act *finder_of_loop(const struct shell_act *a)
{
	static const char filters[] = " sort grep egrep fgrep rg head tail uniq tac shuf sed awk tr cut cat tee ";
	const struct shell_act *by = a->within ? NULL : a->input_from;

	for (unsigned i = 0; by && i < 8 && by->n_argv && paths_listed(filters, str_base_name(by->argv[0].text)); i++)
		by = by->input_from;
	return by && by->n_argv && paths_listed(" find fd fdfind ls ", str_base_name(by->argv[0].text)) ? by : NULL;
}

/* -exec's words: "/srv" and what is behind it, which may be "/…" */
static bool is_below(struct paths *p, const struct paths_target *t, struct str start)
{
	struct str whole = arena_fmt(p->arena, "%.*s/%.*s", STR_ARG(t->path), STR_ARG(t->pattern));

	return world_within(t->path, start) || str_starts(str_starts(whole, STR("//")) ? str_sub(whole, 1, SIZE_MAX) : whole, start);
}

bool paths_found_own(struct paths *p, const struct paths_target *t, enum paths_how how)
{
	const struct shell_act *by = finder(p->act);
	struct paths_target start;

	by = by ? by : finder_of_loop(p->act);
	if (!by || p->act->remote || (!t->path.len && !str_is(t->pattern, "*")))
		return false; /* "$f.bak" is another */
	if (t->path.len ? p->n_asked++ > MOST_ASKED : (p->asked & 1u << how) != 0)
		return p->found_own;
	if (!t->path.len)
		p->asked |= 1u << how;
	if (str_is(str_base_name(by->argv[0].text), "ls"))
		p->found_own = own_listed(p, by, how) || p->found_own;
	for (size_t i = 0; i < MOST_STARTS && is_find(str_base_name(by->argv[0].text)) && nth_start(p, by, i, &start); i++) {
		if (!start.path.len || start.pattern.len || (t->path.len && !is_below(p, t, start.path)))
			continue; /* a copy elsewhere */
		if (own_below(p, by, t->path.len && world_within(t->path, start.path) ? paths_known(t->path) : start, how))
			p->found_own = true;
	}
	return p->found_own;
}

bool paths_found_named(struct paths *p, const struct paths_target *t, enum paths_how how)
{
	static const struct str unknown = STR_INIT("\u2026"); /* as a word shows it */
	const struct shell_act *by = p->act->within;
	struct str words = str_sub(t->words, 0, t->words.len - (str_ends(t->words, unknown) ? unknown.len : 0)), pattern;
	struct paths_target start = { .path = STR_NONE };

	if (!by->n_argv || !str_is(str_base_name(by->argv[0].text), "find") || words.len == t->words.len)
		return false;
	if (!nth_start(p, by, 0, &start) || nth_start(p, by, 1, &(struct paths_target){ .path = STR_NONE }) || !start.path.len ||
	    start.pattern.len)
		return false;
	if (!str_eq(world_absolute(by->cwd.text, words, p->arena), start.path))
		return false;
	if (p->judged & 1u << how)
		return true;
	p->judged |= 1u << how;
	start.words = t->words;
	start.slash = start.maybe = true;
	p->found = by;
	for (size_t n = 0; nth_pattern(p, by, n, &pattern); n++) {
		start.pattern = pattern;
		paths_judge(p, &start, how);
		p->found = by;
	}
	p->found = NULL;
	return true;
}

static bool finds(struct paths *p, const struct shell_act *by, struct paths_target start, const struct world_vault *v,
		  struct str folder)
{
	if (!folder.len || start.pattern.len || !world_within(folder, start.path) || paths_found_not(p, by, folder))
		return false;
	for (size_t n = 0; nth_pattern(p, by, n, &start.pattern); n++) {
		if (paths_vault_reached(p, v, &start))
			return true;
	}
	return false;
}

bool paths_found_vault(struct paths *p, const struct shell_act *by, struct str *ret)
{
	struct paths_target t;

	for (size_t i = 0; i < MOST_STARTS && nth_start(p, by, i, &t); i++) {
		for (const struct world_vault *v = world_vaults(p->w->world); v; v = v->next) {
			*ret = v->path;
			if (finds(p, by, t, v, v->path) || finds(p, by, t, v, v->real))
				return true;
		}
	}
	return false;
}
