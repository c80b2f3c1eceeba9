/* git's own losses: what is not committed, stashes, branches, the reflog. Pushes are in command_paths_push.c. */
#include "read/command_paths.h"

struct git {
	struct paths *p;
	struct str verb, folder; /* folder: absolute, or STR_NONE */
	size_t from;		 /* words behind the verb */
	struct paths_words o;
	bool prunes;	/* -c gc.pruneExpire=now and the like */
	bool tree;	/* the work tree was named: no repository need be around it */
	unsigned depth; /* of aliases */
};

/* --- the repository --- */

static const struct paths_saying elsewhere = { CHANGE_DELETE, "file.outside", "git",
					       "this loses work in a repository outside the workspace",
					       "do it in the workspace, or commit or stash there first" };

/* The repository, where a discard in it can be kept; says so itself where it cannot. */
static const struct world_repository *repository(struct git *g)
{
	struct paths *p = g->p;
	const struct world *w = p->w->world;
	const struct world_repository *r = g->folder.len ? world_repository(p->w->world, g->folder) : NULL;
	struct paths_target t;

	if (p->act->remote)
		return NULL;
	if (!r) {
		paths_say(p, &elsewhere, g->folder);
		return NULL;
	}
	if (!r->root.len && !g->tree)
		return NULL;
	if (r->root.len && (paths_in_workspace(p, r->root) || (w->workspace.len && world_within(w->workspace, r->root) &&
							       !world_within(w->home, r->root) && r->root.len > 1)))
		return r;
	t = paths_known(r->root.len ? r->root : g->folder);
	t.pattern = STR("*");
	paths_judge(p, &t, PATHS_TREE); /* temporary folders are nothing, home is home */
	return NULL;
}

static void discard(struct git *g, enum discard_kind kind, struct str ref)
{
	const struct world_repository *r = repository(g);

	if (r)
		paths_discard(g->p, kind, r->root, ref);
}

/* Paths named on the line: the guard's own and state files are judged as written. True when nothing more is to say. */
static bool judge_named(struct git *g, size_t from)
{
	struct shell_value base = { .text = g->folder, .known = true };
	size_t before = g->p->w->answer->changes.n;

	for (size_t i = from; i < g->o.n; i++) {
		struct paths_target t = paths_at(g->p, &base, g->o.operand[i]);

		if (t.path.len && !str_is(g->o.operand[i].text, "."))
			paths_judge(g->p, &t, PATHS_EDIT);
	}
	return g->p->w->answer->changes.n > before;
}

static bool forced(const struct git *g)
{
	return paths_has(&g->o, 'f', "--force");
}

/* --- verbs --- */

static void git_reset(struct git *g)
{
	struct str to = g->o.n ? g->o.operand[0].text : STR_NONE;

	if (!paths_has(&g->o, 0, "--hard") && !paths_has(&g->o, 0, "--merge"))
		return;
	if (to.len && !str_is(to, "HEAD") && !str_is(to, "@"))
		discard(g, DISCARD_COMMITS, memchr(to.ptr, SHELL_UNKNOWN, to.len) ? STR_NONE : to);
	discard(g, DISCARD_CHANGES, STR_NONE);
}

static void git_clean(struct git *g)
{
	struct discard **slot = g->p->w->discards_end;
	bool x = g->o.letter['x'], only = g->o.letter['X'];

	if (paths_has(&g->o, 'n', "--dry-run") || paths_has(&g->o, 'i', "--interactive") || !forced(g))
		return;
	paths_vault_untracked(g->p, &g->o, 0, g->folder, &(struct paths_untracked){ !only, x || only, g->o.letter['d'] });
	discard(g, DISCARD_UNTRACKED, STR_NONE);
	if (*slot)
		(*slot)->ignored = x || only;
}

/* Of a word that may be a branch: is it a path? */
static bool names_path(struct git *g, size_t i)
{
	struct shell_value base = { .text = g->folder, .known = true };
	struct paths_target t = paths_at(g->p, &base, g->o.operand[i]);
	const struct world_path *w;

	if (str_is(g->o.operand[i].text, ".") || t.slash || t.pattern.len || str_starts(g->o.operand[i].text, STR(":")))
		return true;
	if (!t.path.len || str_is(g->o.operand[i].text, "-"))
		return false;
	w = world_path(g->p->w->world, t.path);
	return w && (w->type == WORLD_REGULAR || w->type == WORLD_LINK ||
		     (w->type == WORLD_FOLDER && paths_in_workspace(g->p, t.path)));
}

static void git_checkout(struct git *g)
{
	struct shell_value name;
	size_t first = g->o.ended ? g->o.end : 0;

	if (paths_value(&g->o, 'B', NULL, &name)) {
		discard(g, DISCARD_BRANCH, name.text);
		return;
	}
	if (paths_has(&g->o, 'b', "--orphan") || paths_has(&g->o, 'p', "--patch") || paths_has(&g->o, 0, "--detach"))
		return;
	if (forced(g)) {
		discard(g, DISCARD_CHANGES, STR_NONE);
		return;
	}
	if (!g->o.ended && g->o.n > 1 && !names_path(g, 0))
		first = 1;
	if (first >= g->o.n || (!g->o.ended && g->o.n == 1 && !names_path(g, 0)))
		return;
	if (!judge_named(g, first))
		discard(g, DISCARD_CHANGES, STR_NONE);
}

static void git_switch(struct git *g)
{
	struct shell_value name;

	if (paths_value(&g->o, 'C', "--force-create", &name))
		discard(g, DISCARD_BRANCH, name.text);
	if (forced(g) || paths_has(&g->o, 0, "--discard-changes"))
		discard(g, DISCARD_CHANGES, STR_NONE);
}

static void git_restore(struct git *g)
{
	if ((paths_has(&g->o, 'S', "--staged") && !paths_has(&g->o, 'W', "--worktree")) || paths_has(&g->o, 'p', "--patch"))
		return;
	if (!judge_named(g, 0))
		discard(g, DISCARD_CHANGES, STR_NONE);
}

/* What comes back by a word of git's is no loss; of the guard's own files and of state it is one while it lasts. */
static void guard_named(struct git *g, size_t from)
{
	struct shell_value base = { .text = g->folder, .known = true };

	for (size_t i = from; i < g->o.n; i++) {
		struct paths_target t = paths_at(g->p, &base, g->o.operand[i]);

		if (t.path.len && paths_in_workspace(g->p, t.path) && !str_is(g->o.operand[i].text, "."))
			paths_judge(g->p, &t, PATHS_EDIT);
	}
}

static void git_stash(struct git *g)
{
	bool verb = g->o.n && g->o.end != 0, all = paths_has(&g->o, 'a', "--all");

	if (!verb || paths_listed(" push save ", g->o.operand[0].text)) {
		guard_named(g, verb ? 1 : 0);
		if (all || paths_has(&g->o, 'u', "--include-untracked")) /* of `save` the rest is a message */
			paths_vault_untracked(g->p, &g->o, !verb ? 0 : str_is(g->o.operand[0].text, "save") ? SIZE_MAX : 1, g->folder,
					      &(struct paths_untracked){ true, all, true });
	}
	if (!verb || !paths_listed(" drop clear ", g->o.operand[0].text))
		return;
	discard(g, DISCARD_STASH,
		g->o.n > 1 && !memchr(g->o.operand[1].text.ptr, SHELL_UNKNOWN, g->o.operand[1].text.len) ? g->o.operand[1].text
													 : STR_NONE);
}

static void git_branch(struct git *g)
{
	bool delete = g->o.letter['d'] || g->o.letter['D'] || paths_has(&g->o, 0, "--delete");

	if (g->o.letter['r'] || !(g->o.letter['D'] || g->o.letter['M'] || g->o.letter['C'] || forced(g)))
		return;
	/* -M a b and -f b start write over one branch. */
	for (size_t i = !delete &&g->o.n > 1 && !forced(g) ? 1 : 0; i < g->o.n; i++) {
		struct str name = g->o.operand[i].text;

		discard(g, DISCARD_BRANCH, name.len && !memchr(name.ptr, SHELL_UNKNOWN, name.len) ? name : STR_NONE);
		if (!delete)
			break;
	}
}

static void git_update_ref(struct git *g)
{
	struct str name = g->o.n ? g->o.operand[0].text : STR_NONE;

	if (!g->o.letter['d'])
		return;
	if (str_starts(name, STR("refs/heads/")))
		discard(g, DISCARD_BRANCH, str_sub(name, 11, SIZE_MAX));
	else if (str_is(name, "refs/stash"))
		discard(g, DISCARD_STASH, STR_NONE);
}

static void judge_paths_in(struct git *g, size_t from, enum paths_how how)
{
	struct shell_value base = { .text = g->folder, .known = true };

	for (size_t i = from; i < g->o.n; i++) {
		struct paths_target t = paths_at(g->p, &base, g->o.operand[i]);

		paths_judge(g->p, &t, how);
	}
}

static void git_worktree(struct git *g)
{
	if (g->o.n > 1 && str_is(g->o.operand[0].text, "remove") && forced(g))
		judge_paths_in(g, 1, PATHS_TREE);
}

static void git_submodule(struct git *g)
{
	if (!g->o.n || !str_is(g->o.operand[0].text, "deinit") || !forced(g))
		return;
	if (paths_has(&g->o, 0, "--all"))
		discard(g, DISCARD_CHANGES, STR_NONE);
	judge_paths_in(g, 1, PATHS_TREE);
}

static void git_rm(struct git *g)
{
	g->p->tracked = g->folder.len ? world_repository(g->p->w->world, g->folder) : NULL;
	if (!paths_has(&g->o, 0, "--cached") && !paths_has(&g->o, 'n', "--dry-run"))
		judge_paths_in(g, 0, g->o.letter['r'] ? PATHS_TREE : PATHS_REMOVE);
}

static void git_mv(struct git *g)
{
	guard_named(g, 0);
	if (forced(g) && g->o.n > 1)
		judge_paths_in(g, g->o.n - 1, PATHS_REMOVE);
}

/* --- the net under everything --- */

static const struct paths_saying net = {
	CHANGE_WEAKEN_PROTECTION, "git.safety-net", "git",
	"the reflog and objects nobody names are how lost commits come back: after this they do not", "`git gc` without a date"
};
static const struct paths_saying rewrite = { CHANGE_REWRITE_HISTORY, "git.history", "git",
					     "every commit is made anew, and the old ones go", "do it in a fresh clone" };

static void lose_net(struct git *g)
{
	const struct world_repository *r = g->folder.len ? world_repository(g->p->w->world, g->folder) : NULL;

	if (r && (!r->root.len || (!r->unpushed && !r->stashes && r->upstream.len)))
		return;
	paths_say(g->p, &net, r ? r->root : g->folder);
}

static void git_reflog(struct git *g)
{
	struct str verb = g->o.n ? g->o.operand[0].text : STR_NONE;

	if (paths_listed(" expire delete drop ", verb) && !paths_has(&g->o, 'n', "--dry-run"))
		lose_net(g);
}

static void git_gc(struct git *g)
{
	struct shell_value v = { 0 };
	bool now = g->prunes;

	if (paths_value(&g->o, 0, "--prune", &v) || paths_value(&g->o, 0, "--expire", &v))
		now = now || !paths_listed(" never 2.weeks.ago ", v.text);
	else if (str_is(g->verb, "prune"))
		now = true;
	if (now && !paths_has(&g->o, 'n', "--dry-run"))
		lose_net(g);
}

static void git_filter(struct git *g)
{
	const struct world_repository *r = g->folder.len ? world_repository(g->p->w->world, g->folder) : NULL;

	if (!paths_has(&g->o, 0, "--dry-run") && !paths_has(&g->o, 0, "--analyze") && !paths_has(&g->o, 'h', "--help"))
		paths_say(g->p, &rewrite, r && r->root.len ? r->root : g->folder);
}

static void git_push(struct git *g)
{
	paths_git_push(g->p, g->from, g->folder);
}

static const struct {
	const char *verbs, *values, *longs;
	void (*read)(struct git *g);
} verbs[] = {
	{ " reset ", "", " --pathspec-from-file ", git_reset },
	{ " clean ", "e", " --exclude ", git_clean },
	{ " checkout ", "bB", " --conflict --pathspec-from-file --orphan ", git_checkout },
	{ " switch ", "cC", " --create --force-create --orphan --conflict ", git_switch },
	{ " restore ", "s", " --source --conflict --pathspec-from-file ", git_restore },
	{ " stash ", "m", " --message ", git_stash },
	{ " branch ", "u", " --set-upstream-to --sort --format --contains --merged --no-merged ", git_branch },
	{ " update-ref ", "m", " ", git_update_ref },
	{ " worktree ", "bB", " ", git_worktree },
	{ " submodule ", "", " ", git_submodule },
	{ " rm ", "", " --pathspec-from-file ", git_rm },
	{ " mv ", "", " ", git_mv },
	{ " reflog ", "", " ", git_reflog },
	{ " gc prune ", "", " --expire ", git_gc },
	{ " filter-branch filter-repo ", "", " ", git_filter },
	{ " push ", "o", " ", git_push },
};

/* --- words before the verb --- */

static void setting(struct git *g, struct str s)
{
	struct command_left *l;
	size_t eq = str_find_char(s, '=');

	if (str_starts(s, STR("gc.")) && (str_ends(s, STR("=now")) || str_ends(s, STR("=all")) || str_ends(s, STR("=0"))))
		g->prunes = true;
	if (!str_starts(s, STR("alias.")) || eq == SIZE_MAX)
		return;
	l = ARENA_NEW(g->p->arena, struct command_left);
	if (!l)
		return;
	*l = (struct command_left){
		.alias = true, .name = str_sub(s, 6, eq - 6), .value = str_sub(s, eq + 1, SIZE_MAX), .next = g->p->w->left
	};
	g->p->w->left = l;
}

static void change_folder(struct git *g, struct shell_value to)
{
	struct shell_value base = { .text = g->folder, .known = true };
	struct paths_target t = paths_at(g->p, &base, to);

	g->folder = t.pattern.len ? STR_NONE : t.path;
}

static bool take_global(struct git *g, size_t *i)
{
	const struct shell_act *a = g->p->act;
	struct shell_value v = a->argv[*i], next = *i + 1 < a->n_argv ? a->argv[*i + 1] : (struct shell_value){ 0 };
	struct str w = v.text;

	if (!w.len || w.ptr[0] != '-')
		return false;
	if (str_is(w, "-C") || str_is(w, "--work-tree")) {
		change_folder(g, next);
		++*i;
		g->tree = g->tree || str_is(w, "--work-tree");
	} else if (str_is(w, "-c")) {
		setting(g, next.text);
		++*i;
	} else if (str_starts(w, STR("--work-tree="))) {
		v.text = str_sub(w, 12, SIZE_MAX);
		change_folder(g, v);
		g->tree = true;
	} else if (paths_listed(" --git-dir --namespace --exec-path --super-prefix --config-env ", w)) {
		++*i;
	}
	return true;
}

static void begin(struct git *g)
{
	struct str tree;

	g->folder = g->p->act->cwd.text;
	if (!g->folder.len || memchr(g->folder.ptr, SHELL_UNKNOWN, g->folder.len))
		g->folder = STR_NONE;
	g->tree = world_env(g->p->w->world, STR("GIT_WORK_TREE"), &tree);
	if (g->tree)
		change_folder(g, (struct shell_value){ .text = tree, .known = true });
	for (const struct shell_variable *v = g->p->act->env; v; v = v->next)
		if (str_is(v->name, "GIT_WORK_TREE")) {
			change_folder(g, v->value);
			g->tree = true;
			break;
		}
}

/* `git x …` where an earlier part of the text, or -c, said what x is. */
static bool read_alias(struct git *g)
{
	const struct command_left *l = g->p->w->left;
	struct shell_act act = *g->p->act;
	struct paths p = *g->p;
	struct git again;
	size_t n = 0;

	while (l && !(l->alias && str_eq(l->name, g->verb)))
		l = l->next;
	if (!l || !l->value.len || l->value.ptr[0] == '!' || g->depth > 4)
		return false;
	act.argv = ARENA_ARRAY(p.arena, act.n_argv + l->value.len + 2, struct shell_value);
	if (!act.argv)
		return false;
	act.argv[n++] = g->p->act->argv[0];
	for (size_t i = 0; i < l->value.len;) {
		struct str rest = str_sub(l->value, i, SIZE_MAX), one = str_sub(rest, 0, str_find_char(rest, ' '));

		if (one.len)
			act.argv[n++] = (struct shell_value){ .text = one, .known = true };
		i += one.len + 1;
	}
	for (size_t i = g->from; i < g->p->act->n_argv; i++)
		act.argv[n++] = g->p->act->argv[i];
	act.n_argv = n;
	p.act = &act;
	again = (struct git){ .p = &p,
			      .folder = g->folder,
			      .verb = n > 1 ? act.argv[1].text : STR_NONE,
			      .from = 2,
			      .prunes = g->prunes,
			      .depth = g->depth + 1 };
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (paths_listed(verbs[i].verbs, again.verb) && paths_words(&p, 2, verbs[i].values, verbs[i].longs, &again.o))
			verbs[i].read(&again);
	return true;
}

/* `git config alias.x 'push --force'`: for a later part of the text. */
static void read_config(struct git *g)
{
	const struct shell_act *a = g->p->act;

	for (size_t i = g->from; i + 1 < a->n_argv; i++)
		if (str_starts(a->argv[i].text, STR("alias.")))
			setting(g, arena_fmt(g->p->arena, "%.*s=%.*s", STR_ARG(a->argv[i].text), STR_ARG(a->argv[i + 1].text)));
}

/* A work tree on another machine: nothing of it is known, and nothing is kept. */
static void git_remote(struct paths *p)
{
	bool clean = false, reset = false, force = false;

	for (size_t i = 1; i < p->act->n_argv; i++) {
		struct str a = p->act->argv[i].text;

		clean = clean || str_is(a, "clean");
		reset = reset || str_is(a, "reset");
		force = force || (reset && str_is(a, "--hard")) ||
			(clean && (str_is(a, "--force") || (a.len > 1 && a.ptr[0] == '-' && a.ptr[1] != '-' &&
							    str_find_char(a, 'f') != SIZE_MAX)));
	}
	if (force && str_find(p->act->via, STR("ssh")) != SIZE_MAX)
		paths_say(p, &elsewhere, p->act->cwd.text);
}

bool paths_git(struct paths *p)
{
	struct git g = { .p = p };
	size_t i = 1;

	if (p->act->remote) {
		if (str_is(p->program, "git"))
			git_remote(p);
		return true;
	}
	begin(&g);
	if (!paths_listed(" git hub ", p->program)) {
		if (p->act->n_argv > 1 && paths_words(p, 1, "", " ", &g.o))
			git_filter(&g);
		return true;
	}
	while (i < p->act->n_argv && take_global(&g, &i))
		i++;
	if (i >= p->act->n_argv)
		return true;
	g.verb = p->act->argv[i].text;
	g.from = i + 1;
	if (str_is(g.verb, "config"))
		read_config(&g);
	for (size_t k = 0; k < ARRAY_LEN(verbs); k++)
		if (paths_listed(verbs[k].verbs, g.verb)) {
			if (paths_words(p, g.from, verbs[k].values, verbs[k].longs, &g.o) && !paths_has(&g.o, 0, "--help"))
				verbs[k].read(&g);
			return true;
		}
	(void)read_alias(&g);
	return true;
}
