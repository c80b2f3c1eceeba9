/* What of a repository a discard would lose: files, index, what is under way, references, and the objects behind them. */
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "keep/git.h"
#include "keep/inner.h"
#include "keep/objects.h"
#include "keep/place.h"

#define LIST_MAX ((size_t)64 << 20)

/* Files of the git folder that say what state the work tree is in. What is not there is noted as not there. */
static const char *const state_files[] = {
	"index",      "MERGE_HEAD",   "MERGE_MSG",   "MERGE_MODE", "MERGE_RR",	   "AUTO_MERGE",   "MERGE_AUTOSTASH", "ORIG_HEAD",
	"SQUASH_MSG", "REVERT_HEAD",  "CHERRY_PICK_HEAD", "BISECT_LOG", "BISECT_START", "BISECT_TERMS", "BISECT_NAMES",
	"BISECT_EXPECTED_REV", "BISECT_ANCESTORS_OK", "sequencer", "rebase-merge", "rebase-apply",
};

/* References that keep an operation under way alive; each may be absent. */
static const char *const state_refs[] = { "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "AUTO_MERGE", "ORIG_HEAD", "MERGE_AUTOSTASH",
					  "REBASE_HEAD" };

struct gitstate {
	struct take *t;
	struct git git;
	struct item_part *part;
	const struct keep_wish *wishes, *wish;
	size_t n_wishes;
	const struct gitstate_paths *paths;
};

static bool read_text(struct gitstate *s, enum item_base base, const char *name, size_t max, struct str *ret)
{
	char path[ITEM_PATH_MAX];
	auto_buf b = BUF_MAX(max);
	int n = snprintf(path, sizeof(path), "%.*s/%s", STR_ARG(s->part->root[base]), name);

	if (n <= 0 || (size_t)n >= sizeof(path) || !file_read(path, &b, NULL))
		return false;
	*ret = arena_str(s->t->arena, buf_str(&b));
	return true;
}

/* --- lists of paths --- */

static bool take_paths(struct gitstate *s, enum item_base base, const struct str *paths, size_t n, struct err *err)
{
	struct tree tr;
	bool ok;

	if (!tree_open(s->t, base, &tr, err))
		return false;
	tr.parents = base == ITEM_WORK;
	ok = true;
	for (size_t i = 0; ok && i < n; i++)
		ok = tree_take(&tr, paths[i], err);
	tree_close(&tr);
	return ok;
}

struct list {
	struct str *path;
	size_t n;
};

static bool split(struct gitstate *s, struct str text, char end, struct list *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += text.ptr[i] == end;
	ret->path = ARENA_ARRAY(s->t->arena, n + 1, struct str);
	ret->n = 0;
	if (!ret->path)
		return false;
	while (text.len) {
		size_t at = str_find_char(text, end);

		if (at == SIZE_MAX)
			break;
		ret->path[ret->n++] = str_sub(text, 0, at);
		text = str_sub(text, at + 1, text.len);
	}
	return true;
}

static int by_bytes(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* The names that differ from the commit, and those that differ from the index: a file that is gone from both the work tree and the
 * commit may still be in the index, and its folder with it. */
static bool take_changed(struct gitstate *s, struct err *err)
{
	const char *tree = s->part->target.len ? s->part->target.ptr : s->part->tip.ptr;
	const char *args[] = { "diff-index", "--name-only", "-z", "--no-renames", "--ignore-submodules=all", "--no-ext-diff",
			       "--ita-visible-in-index", tree, "--", NULL };
	const char *files[] = { "diff-files", "--name-only", "-z", "--ignore-submodules=all", "--no-ext-diff", NULL };
	const char *born[] = { "ls-files", "-z", NULL };
	auto_buf out = BUF_MAX(LIST_MAX);
	struct list l;
	size_t n = 0;

	if (!git_run(&s->git, &(struct git_run){ .args = tree ? args : born, .out = &out }, NULL, err) ||
	    !git_run(&s->git, &(struct git_run){ .args = files, .out = &out }, NULL, err))
		return false;
	if (!split(s, arena_str(s->t->arena, buf_str(&out)), '\0', &l))
		return err_set(err, ERR_LIMIT, "too many names to keep at once");
	qsort(l.path, l.n, sizeof(*l.path), by_bytes);
	for (size_t i = 0; i < l.n; i++) {
		if (!n || !str_eq(l.path[n - 1], l.path[i]))
			l.path[n++] = l.path[i];
	}
	return take_paths(s, ITEM_WORK, l.path, n, err);
}

static bool removed_name(struct gitstate *s, struct str line, struct str *ret, struct err *err)
{
	static const struct str would = STR_INIT("Would remove ");

	*ret = STR_NONE;
	if (!str_starts(line, would))
		return true;
	if (!git_unquote(str_sub(line, would.len, line.len), s->t->arena, ret))
		return err_set(err, ERR_TOOL, "git clean: a name that cannot be read");
	if (ret->len > 1 && ret->ptr[ret->len - 1] == '/')
		ret->len--;
	return true;
}

static bool take_untracked(struct gitstate *s, struct err *err)
{
	const char *args[] = { "clean", "-n", "-d", s->part->spare_nested ? "-f" : "-ff", s->part->ignored ? "-x" : "--", NULL };
	auto_buf out = BUF_MAX(LIST_MAX);
	struct list l;
	size_t n = 0;

	if (!git_run(&s->git, &(struct git_run){ .args = args, .out = &out }, NULL, err))
		return false;
	if (!split(s, arena_str(s->t->arena, buf_str(&out)), '\n', &l))
		return err_set(err, ERR_LIMIT, "too many names to keep at once");
	for (size_t i = 0; i < l.n; i++) {
		struct str name;

		if (!removed_name(s, l.path[i], &name, err))
			return false;
		if (name.len)
			l.path[n++] = name;
	}
	return take_paths(s, ITEM_WORK, l.path, n, err);
}

/* What an undo is about to touch of the item it undoes, at its uppermost names. */
static bool take_named(struct gitstate *s, struct err *err)
{
	struct str last = STR_NONE;
	struct tree tr;
	bool ok;

	if (!tree_open(s->t, ITEM_WORK, &tr, err))
		return false;
	tr.parents = true;
	ok = true;
	for (const struct item_entry *e = s->paths->of->entries; ok && e; e = e->next) {
		if (e->part != s->paths->part || e->base != ITEM_WORK || e->parent ||
		    (e->now != ITEM_NOW_OTHER && e->now != ITEM_NOW_GONE) ||
		    (last.len && e->path.len > last.len && str_starts(e->path, last) && e->path.ptr[last.len] == '/'))
			continue;
		last = e->path;
		ok = tree_take(&tr, e->path, err);
	}
	tree_close(&tr);
	return ok;
}

/* --- the state of the work tree --- */

static bool shared_index(struct gitstate *s, struct err *err)
{
	struct tree tr;
	bool ok = true;
	DIR *d;
	int fd;

	if (!tree_open(s->t, ITEM_GIT, &tr, err))
		return false;
	fd = openat(tr.root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d)
		ok = err_sys(err, "%.*s cannot be listed", STR_ARG(s->git.git_dir));
	for (struct dirent *e; ok && d && (e = readdir(d));) {
		if (strncmp(e->d_name, "sharedindex.", 12) == 0)
			ok = tree_take(&tr, str_from(e->d_name), err);
	}
	if (d)
		closedir(d);
	tree_close(&tr);
	return ok;
}

static bool take_state(struct gitstate *s, struct err *err)
{
	struct str names[ARRAY_LEN(state_files)];

	for (size_t i = 0; i < ARRAY_LEN(state_files); i++)
		names[i] = str_from(state_files[i]);
	return take_paths(s, ITEM_GIT, names, ARRAY_LEN(names), err) && shared_index(s, err);
}

static bool find_head(struct gitstate *s, struct err *err)
{
	if (!read_text(s, ITEM_GIT, "HEAD", ITEM_PATH_MAX, &s->part->head))
		return err_set(err, ERR_STATE, "%.*s/HEAD cannot be read", STR_ARG(s->git.git_dir));
	s->part->head = str_trim(s->part->head);
	if (!git_resolve(&s->git, "HEAD^{commit}", &s->part->tip, err))
		return false;
	if (!s->wish->ref.len)
		return true;
	if (s->wish->ref.ptr[0] == '-' || str_find_char(s->wish->ref, '\0') != SIZE_MAX)
		return err_set(err, ERR_INPUT, "'%.*s' names no commit", STR_ARG(s->wish->ref));
	if (!git_resolve(&s->git, arena_fmt(s->t->arena, "%.*s^{commit}", STR_ARG(s->wish->ref)).ptr, &s->part->target, err))
		return false;
	return s->part->target.len || err_set(err, ERR_STATE, "'%.*s' names no commit here", STR_ARG(s->wish->ref));
}

static bool state_objects(struct gitstate *s, struct err *err)
{
	/* Commits made on no branch hang on HEAD alone: to move it drops them. */
	bool on_branch = str_starts(s->part->head, STR("ref: ")), commits = s->wish->what == KEEP_GIT_COMMITS || !on_branch;
	struct objects o = { .git = &s->git, .take = s->t, .indexed = true };

	if (commits && s->part->tip.len && !objects_want(&o, s->part->tip))
		return err_set(err, ERR_LIMIT, "too many references");
	for (size_t i = 0; i < ARRAY_LEN(state_refs); i++) {
		struct str text, id;

		if (!read_text(s, ITEM_GIT, state_refs[i], ITEM_PATH_MAX, &text))
			continue;
		id = str_trim(str_sub(text, 0, str_find_char(text, '\n')));
		if (!objects_want_sure(&o, id, err))
			return false;
	}
	for (size_t i = 0; i < 3; i++) {
		static const char *const rebase[] = { "rebase-merge/orig-head", "rebase-merge/autostash", "rebase-apply/orig-head" };
		struct str text;

		if (read_text(s, ITEM_GIT, rebase[i], ITEM_PATH_MAX, &text) && !objects_want_sure(&o, str_trim(text), err))
			return false;
	}
	if (commits)
		o.without = on_branch ? str_sub(s->part->head, 5, s->part->head.len) : STR_NONE;
	else
		o.stays = s->part->tip;
	o.target = s->part->target;
	o.branches_stay = commits && !o.without.len;
	return objects_pack(&o, &s->part->pack, err);
}

static bool changes(struct gitstate *s, struct err *err)
{
	return find_head(s, err) && (s->paths ? take_named(s, err) : take_changed(s, err)) && take_state(s, err) && state_objects(s, err);
}

static bool untracked(struct gitstate *s, struct err *err)
{
	return s->paths ? take_named(s, err) : take_untracked(s, err);
}

/* --- references --- */

static bool stash(struct gitstate *s, struct err *err)
{
	static const struct str log = STR_INIT("logs/refs/stash");
	struct objects o = { .git = &s->git, .take = s->t, .branches_stay = true };
	struct str text, left;

	if (!git_resolve(&s->git, "refs/stash", &s->part->tip, err))
		return false;
	if (!s->part->tip.len)
		return true;
	if (!objects_want(&o, s->part->tip) || !take_paths(s, ITEM_COMMON, &log, 1, err))
		return false;
	if (read_text(s, ITEM_COMMON, "logs/refs/stash", LIST_MAX, &text)) {
		for (left = text; left.len;) {
			size_t end = str_find_char(left, '\n'), blank = str_find_char(left, ' ');
			struct str id = blank == SIZE_MAX ? STR_NONE : str_sub(left, blank + 1, s->part->tip.len);

			if (!objects_want_sure(&o, id, err))
				return false;
			left = end == SIZE_MAX ? STR_NONE : str_sub(left, end + 1, left.len);
		}
	}
	return objects_pack(&o, &s->part->pack, err);
}

static bool branch_config(struct gitstate *s, struct err *err)
{
	const char *args[] = { "config", "-z", "--local", "--list", NULL };
	auto_buf out = BUF_MAX(LIST_MAX);
	struct str head = arena_fmt(s->t->arena, "branch.%.*s.", STR_ARG(s->part->ref));
	struct item_pair **end = &s->part->config;
	struct list l;

	if (!git_run(&s->git, &(struct git_run){ .args = args, .out = &out }, NULL, err) ||
	    !split(s, arena_str(s->t->arena, buf_str(&out)), '\0', &l))
		return false;
	for (size_t i = 0; i < l.n; i++) {
		size_t at = str_find_char(l.path[i], '\n');
		struct item_pair *p;

		if (at == SIZE_MAX || !str_starts(l.path[i], head) ||
		    str_find_char(str_sub(l.path[i], head.len, at - head.len), '.') != SIZE_MAX)
			continue;
		p = ARENA_NEW(s->t->arena, struct item_pair);
		if (!p)
			return err_set(err, ERR_LIMIT, "too many settings");
		p->key = arena_str(s->t->arena, str_sub(l.path[i], 0, at));
		p->value = str_sub(l.path[i], at + 1, l.path[i].len);
		*end = p;
		end = &p->next;
	}
	return true;
}

static bool branch(struct gitstate *s, struct err *err)
{
	struct str full = arena_fmt(s->t->arena, "refs/heads/%.*s", STR_ARG(s->part->ref));
	struct str log = arena_fmt(s->t->arena, "logs/%.*s", STR_ARG(full));
	struct objects o = { .git = &s->git, .take = s->t, .without = full };

	if (!place_normal(s->part->ref))
		return err_set(err, ERR_INPUT, "'%.*s' names no branch", STR_ARG(s->part->ref));
	if (!git_resolve(&s->git, full.ptr, &s->part->tip, err))
		return false;
	if (!s->part->tip.len)
		return true;
	for (size_t i = 0; i < s->n_wishes; i++) {
		if (s->wishes[i].what == KEEP_GIT_BRANCH && !objects_leave(&o, s->wishes[i].ref))
			return err_set(err, ERR_LIMIT, "too many branches at once");
	}
	return take_paths(s, ITEM_COMMON, &log, 1, err) && branch_config(s, err) && objects_want(&o, s->part->tip) &&
	       objects_pack(&o, &s->part->pack, err);
}

static bool (*const kinds[])(struct gitstate *s, struct err *err) = {
	[KEEP_GIT_CHANGES] = changes, [KEEP_GIT_UNTRACKED] = untracked, [KEEP_GIT_STASH] = stash,
	[KEEP_GIT_BRANCH] = branch,   [KEEP_GIT_COMMITS] = changes,
};

bool gitstate_take(struct take *t, const struct keep_wish *wishes, size_t n, size_t i, const struct gitstate_paths *paths,
		   struct err *err)
{
	struct gitstate s = { .t = t, .wishes = wishes, .wish = &wishes[i], .n_wishes = n, .paths = paths };

	PAWL_ASSERT(wishes[i].what > KEEP_PATH && wishes[i].what < (int)ARRAY_LEN(kinds));
	if (!git_open(&s.git, wishes[i].path, t->deadline_us, t->arena, err))
		return false;
	s.part = item_part_add(&t->item, t->arena, wishes[i].what);
	if (!s.part)
		return err_set(err, ERR_LIMIT, "too much to keep at once");
	s.part->root[ITEM_WORK] = s.git.root;
	s.part->root[ITEM_GIT] = s.git.git_dir;
	s.part->root[ITEM_COMMON] = s.git.common_dir;
	s.part->ref = arena_str(t->arena, wishes[i].ref);
	s.part->ignored = wishes[i].ignored;
	s.part->spare_nested = wishes[i].spare_nested;
	return kinds[wishes[i].what](&s, err) || err_prefix(err, "%.*s", STR_ARG(s.git.root));
}
