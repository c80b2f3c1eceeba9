/* What a loss at a path means: by where it is, what stands there and how it goes. */
#include "facts/folders.h"
#include "read/command_paths_found.h"

enum zone {
	ZONE_ROOT,	/* /, or a folder that holds home or the workspace */
	ZONE_HOME,	/* the home folder, or one that holds it */
	ZONE_PROJECT,	/* the workspace itself, or a folder that holds it */
	ZONE_WORKSPACE, /* inside it */
	ZONE_HISTORY,	/* its .git */
	ZONE_NOTHING,	/* temporary, a cache, made again */
	ZONE_TEMPORARY, /* the temporary folder itself */
	ZONE_TOOLS,
	ZONE_SYSTEM,
	ZONE_OUTSIDE,
};

static struct str below(struct str path, struct str folder)
{
	return path.len > folder.len ? str_sub(path, folder.len + 1, SIZE_MAX) : STR("");
}

bool paths_in_workspace(const struct paths *p, struct str path)
{
	return p->w->world->workspace.len && world_within(path, p->w->world->workspace);
}

bool paths_is_regenerable(const struct paths *p, struct str path)
{
	return paths_in_workspace(p, path) && folder_is_made_again(below(path, p->w->world->workspace), false);
}

static enum zone zone_in_workspace(const struct paths *p, struct str path)
{
	struct str in = below(path, p->w->world->workspace);

	if (!in.len)
		return ZONE_PROJECT;
	if (str_is(in, ".git") || str_starts(in, STR(".git/")) || str_ends(in, STR("/.git")) ||
	    str_find(in, STR("/.git/")) != SIZE_MAX)
		return ZONE_HISTORY;
	return folder_is_made_again(in, false) ? ZONE_NOTHING : ZONE_WORKSPACE;
}

static bool is_home(const struct world *w, struct str path)
{
	size_t slash = str_rfind_char(path, '/');
	struct str parent = slash == SIZE_MAX ? STR_NONE : str_sub(path, 0, slash);

	return (w->home.len && world_within(w->home, path)) || str_is(path, "/home") || str_is(path, "/Users") ||
	       str_is(path, "/root") || str_is(parent, "/home") || str_is(parent, "/Users");
}

static bool is_temporary_below(const struct paths *p, struct str path, int *ret)
{
	struct str tmp = STR_NONE;

	*ret = folder_is_temporary(path);
	if (*ret)
		return true;
	if (!world_env(p->w->world, STR("TMPDIR"), &tmp) || tmp.len < 2 || tmp.ptr[0] != '/')
		return false;
	tmp = world_absolute(STR("/"), tmp, p->arena);
	if (tmp.len < 2 || world_within(p->w->world->home, tmp) || !world_within(path, tmp))
		return false;
	*ret = path.len == tmp.len ? 2 : 1;
	return true;
}

static enum zone zone_of(const struct paths *p, struct str path)
{
	const struct world *w = p->w->world;
	int temporary;

	if (str_is(path, "/"))
		return ZONE_ROOT;
	if (w->workspace.len && world_within(path, w->workspace))
		return zone_in_workspace(p, path);
	if (is_home(w, path))
		return ZONE_HOME;
	if (w->workspace.len && world_within(w->workspace, path) && !folder_is_temporary(path))
		return ZONE_PROJECT;
	if (w->home.len && world_within(path, w->home)) {
		struct str in = below(path, w->home);

		if (folder_is_cache(in))
			return ZONE_NOTHING;
		if (folder_is_tools(in, true))
			return ZONE_TOOLS;
		return is_temporary_below(p, path, &temporary) && !folder_is_temporary(w->home) ? ZONE_NOTHING : ZONE_OUTSIDE;
	}
	if (is_temporary_below(p, path, &temporary))
		return temporary == 2 ? ZONE_TEMPORARY : ZONE_NOTHING;
	if (folder_is_machine_cache(path))
		return ZONE_NOTHING;
	if (folder_is_tools(path, false))
		return path.len > strlen("/usr/local") || str_starts(path, STR("/opt/")) ? ZONE_TOOLS : ZONE_SYSTEM;
	return folder_is_system(path) ? ZONE_SYSTEM : ZONE_OUTSIDE;
}

/* --- devices, state files --- */

static bool judge_device(struct paths *p, const struct paths_target *t, enum paths_how how)
{
	static const char *const disks[] = { "sd",    "hd",	 "vd",	"xvd", "nvme", "mmcblk", "disk",
					     "rdisk", "mapper/", "dm-", "md",  "loop", "zvol",	 "block/" };
	struct str name;

	if (!str_starts(t->path, STR("/dev/")) || str_starts(t->path, STR("/dev/shm/")))
		return false;
	if (paths_is_null(t->path))
		return true;
	name = str_sub(t->path, 5, SIZE_MAX);
	for (size_t i = 0; i < ARRAY_LEN(disks); i++)
		if (str_starts(name, str_from(disks[i]))) {
			if (how == PATHS_MODE)
				return true;
			paths_say(p,
				  &(struct paths_saying){ CHANGE_DELETE, "data.disk", "disk",
							  "a disk is written over: every file system on it goes",
							  "write to an image file" },
				  t->path);
			return true;
		}
	return how == PATHS_WRITE || how == PATHS_EDIT || how == PATHS_APPEND || how == PATHS_MODE;
}

/* "x.tfstate", "x.tfstate.backup", "x.tfstate.1700000000.backup", "terraform.tfstate.d". */
static bool is_state_name(struct str name)
{
	size_t at = str_find(name, STR(".tfstate"));
	struct str rest;

	if (at == SIZE_MAX)
		return false;
	rest = str_sub(name, at + 8, SIZE_MAX);
	return !rest.len || rest.ptr[0] == '*' || str_starts(rest, STR(".backup")) || str_starts(rest, STR(".d")) ||
	       str_ends(rest, STR(".backup")) || str_starts(rest, STR(".lock.info")) || str_starts(rest, STR("/"));
}

static bool is_state(const struct paths_target *t, struct str path, enum paths_how how)
{
	struct str last = str_base_name(t->pattern.len ? t->pattern : path);
	size_t dot = str_find(path, STR("/.terraform/"));

	if (is_state_name(last) || str_find(path, STR(".tfstate.d/")) != SIZE_MAX)
		return true;
	if (how == PATHS_REMOVE || how == PATHS_TREE)
		return dot != SIZE_MAX && (str_is(last, "environment") || str_is(last, "terraform.tfstate"));
	return (dot != SIZE_MAX && !folder_is_made_again(str_sub(path, dot + 1, SIZE_MAX), true)) || str_is(last, ".terraform");
}

static bool judge_state(struct paths *p, const struct paths_target *t, struct str path, enum paths_how how)
{
	int temporary;

	if (how == PATHS_MODE || how == PATHS_MODE_TREE || !is_state(t, path, how))
		return false;
	if (!paths_in_workspace(p, path) && is_temporary_below(p, path, &temporary))
		return false;
	if (how == PATHS_WRITE && !t->pattern.len && !str_ends(path, STR("/terraform.tfstate")) &&
	    str_find(path, STR("/.terraform/")) == SIZE_MAX) {
		const struct world_path *w = world_path(p->w->world, path);

		if (w && w->type == WORLD_NOTHING)
			return true; /* a copy under a new name */
	}
	paths_say(p,
		  &(struct paths_saying){ CHANGE_STATE_IDENTITY, "file.state", "terraform_state",
					  "terraform's record of what exists is written over, moved or removed: the next plan "
					  "may destroy or make again what is alive",
					  "leave it to terraform; look at it with `terraform state list`" },
		  path);
	return true;
}

/* --- remote --- */

/* `docker run` of an image, with nothing of this machine in it. */
static bool is_fresh_container(const struct shell_act *a)
{
	bool run = false;

	if (!a || a->n_argv < 2 || !paths_listed(" docker podman nerdctl ", a->argv[0].text))
		return false;
	for (size_t i = 1; i < a->n_argv; i++) {
		struct str w = a->argv[i].text;

		run = run || str_is(w, "run");
		if (str_starts(w, STR("-v")) || str_starts(w, STR("--volume")) || str_starts(w, STR("--mount")) ||
		    str_starts(w, STR("--privileged")) || str_starts(w, STR("--device")) || str_is(w, "compose") ||
		    str_is(w, "exec"))
			return false;
	}
	return run;
}

static void judge_remote(struct paths *p, const struct paths_target *t, enum paths_how how)
{
	struct str all = t->path.len ? t->path : t->words;
	bool ssh = str_find(p->act->via, STR("ssh")) != SIZE_MAX;

	if (how == PATHS_EDIT || how == PATHS_APPEND || how == PATHS_MODE || how == PATHS_OVERLAY ||
	    is_fresh_container(p->act->within) || folder_is_temporary(all) == 1 || (folder_is_temporary(all) && t->pattern.len) ||
	    folder_is_machine_cache(all) || folder_is_made_again(all, false) || folder_is_made_again(t->pattern, false) ||
	    paths_is_null(all))
		return;
	if ((how == PATHS_WRITE || how == PATHS_REMOVE) && !ssh && !folder_is_system(all))
		return; /* a file of a container */
	if (how == PATHS_WRITE && !folder_is_system(all))
		return;
	paths_say(p,
		  &(struct paths_saying){ CHANGE_DELETE, str_is(all, "/") ? "file.root" : "file.outside", "file",
					  "this deletes or writes over files on another machine or in a container",
					  "move them aside first" },
		  t->words);
}

/* --- by zone --- */

static const struct paths_saying root_goes = { CHANGE_DELETE, "file.root", "file", "this takes the whole file system",
					       "name the one folder that is meant" };
static const struct paths_saying home_goes = { CHANGE_DELETE, "file.home", "file",
					       "this takes the home folder and everything in it",
					       "name the one folder that is meant" };
static const struct paths_saying outside_goes = {
	CHANGE_DELETE, "file.outside", "file", "this is outside the workspace: what is deleted or written over there is not kept",
	"do it in the workspace, or move it aside instead"
};
static const struct paths_saying system_goes = { CHANGE_DELETE, "file.outside", "file", "this belongs to the system",
						 "leave it, or copy it aside first" };
static const struct paths_saying project_goes = { CHANGE_DELETE, "workspace.discard", "file",
						  "this takes the whole workspace with its history",
						  "name the folders in it that are meant" };
static const struct paths_saying history_goes = {
	CHANGE_REWRITE_HISTORY, "git.history", "git",
	"this takes git's own folder: commits that were never pushed, stashes and branches go", "push first"
};
static const struct paths_saying mounted = { CHANGE_DELETE, "file.outside", "file",
					     "another file system is mounted there: it goes with it", "unmount it first" };
static const struct paths_saying modes = {
	CHANGE_PERMISSIONS, "file.outside", "file",
	"modes or owners of files outside the workspace change, and what they were is not written down anywhere",
	"name the one file that is meant"
};

static void judge_mode(struct paths *p, const struct paths_target *t, enum zone z, bool tree)
{
	struct paths_saying s = modes;

	s.finding = z == ZONE_ROOT ? "file.root" : z == ZONE_HOME ? "file.home" : s.finding;
	switch (z) {
	case ZONE_WORKSPACE:
	case ZONE_NOTHING:
	case ZONE_HISTORY:
	case ZONE_TOOLS:
		return;
	case ZONE_PROJECT:
		if (p->w->world->workspace.len && world_within(t->path, p->w->world->workspace))
			return;
		break;
	case ZONE_OUTSIDE:
	case ZONE_HOME:
	case ZONE_TEMPORARY:
		if (!tree)
			return;
		break;
	case ZONE_ROOT:
	case ZONE_SYSTEM:
		break;
	}
	paths_say(p, &s, t->words);
}

static void judge_overlay(struct paths *p, struct str real, enum zone z)
{
	const struct world_repository *r;

	if (z == ZONE_WORKSPACE) {
		paths_discard(p, DISCARD_PATHS, real, STR_NONE);
		return;
	}
	if (z != ZONE_PROJECT || !paths_in_workspace(p, real))
		return;
	r = world_repository(p->w->world, real);
	if (!r || !r->root.len || !paths_in_workspace(p, r->root)) {
		paths_discard(p, DISCARD_PATHS, real, STR_NONE);
		return;
	}
	/* What is committed stays in git. */
	paths_discard(p, DISCARD_CHANGES, r->root, STR_NONE);
	paths_discard(p, DISCARD_UNTRACKED, r->root, STR_NONE);
}

/* Leaves a file's old content outside where it can be had again? */
static bool is_harmless_outside(const struct paths *p, const struct world_path *wp, struct str real, enum paths_how how)
{
	struct str in;

	if (how != PATHS_MOVE || !p->brings_in || wp->type != WORLD_REGULAR || !world_within(real, p->w->world->home))
		return false;
	in = below(real, p->w->world->home);
	return in.len && in.ptr[0] != '.';
}

static void judge_project(struct paths *p, const struct paths_target *t, struct str real, enum paths_how how)
{
	if (how == PATHS_OVERLAY)
		judge_overlay(p, real, ZONE_PROJECT);
	else if (paths_in_workspace(p, real) && t->pattern.len)
		paths_discard(p, DISCARD_PATHS, real, t->pattern);
	else if (how != PATHS_EDIT && how != PATHS_WRITE)
		paths_say(p, &project_goes, t->words);
}

/* Can the pattern be the history, too? "*" and what names no dot is not. */
static bool takes_history(const struct paths_target *t, enum paths_how how)
{
	struct str first = str_sub(t->pattern, 0, str_find_char(t->pattern, '/'));

	if (how != PATHS_TREE || !t->pattern.len)
		return false;
	return str_is(t->pattern, "**") || str_ends(t->pattern, STR("/.git")) || (first.ptr[0] == '.' && str_glob(t->pattern, STR(".git")));
}

/* ~/old-*: not the whole of it. */
static bool is_part_of_home(const struct paths *p, const struct paths_target *t, struct str real)
{
	struct str first = str_sub(t->pattern, 0, str_find_char(t->pattern, '/'));

	if (!str_eq(real, p->w->world->home))
		return false;
	for (size_t i = 0; i < first.len; i++)
		if (!memchr("*?.", first.ptr[i], 3))
			return true;
	return false;
}

static void judge_zone(struct paths *p, const struct paths_target *t, const struct world_path *wp, struct str real,
		       enum paths_how how)
{
	enum zone z = zone_of(p, real);
	bool writes = how == PATHS_WRITE || how == PATHS_EDIT || how == PATHS_OVERLAY;

	if (how == PATHS_MODE || how == PATHS_MODE_TREE) {
		judge_mode(p, t, z, how == PATHS_MODE_TREE);
		return;
	}
	if (wp->mount && how == PATHS_TREE && z != ZONE_ROOT && z != ZONE_HOME && (z != ZONE_PROJECT || !t->pattern.len)) {
		paths_say(p, &mounted, t->words);
		return;
	}
	switch (z) {
	case ZONE_NOTHING:
		return;
	case ZONE_TEMPORARY:
		if (!t->pattern.len && (how == PATHS_TREE || how == PATHS_MOVE))
			paths_say(p, &outside_goes, t->words);
		return;
	case ZONE_ROOT:
		paths_say(p, &root_goes, t->words);
		return;
	case ZONE_HOME:
		paths_say(p, is_part_of_home(p, t, real) ? &outside_goes : &home_goes, t->words);
		return;
	case ZONE_PROJECT:
		if (takes_history(t, how) && paths_in_workspace(p, real))
			paths_say(p, &history_goes, t->words);
		else
			judge_project(p, t, real, how);
		return;
	case ZONE_HISTORY:
		if (how != PATHS_EDIT && !(writes && str_find(real, STR("/.git/info/")) != SIZE_MAX))
			paths_say(p, &history_goes, t->words);
		return;
	case ZONE_WORKSPACE:
		if (how == PATHS_OVERLAY)
			judge_overlay(p, real, z);
		else if (how != PATHS_EDIT && how != PATHS_MOVE)
			paths_discard(p, DISCARD_PATHS, real, t->pattern);
		return;
	case ZONE_TOOLS:
		if (!writes && how != PATHS_REMOVE)
			paths_say(p, &outside_goes, t->words);
		return;
	case ZONE_SYSTEM:
		paths_say(p, &system_goes, t->words);
		return;
	case ZONE_OUTSIDE:
		if (!is_harmless_outside(p, wp, real, how))
			paths_say(p, &outside_goes, t->words);
		return;
	}
}

/* --- what stands there --- */

/* Nobody knows where: what takes a whole tree is held, but for names that nobody gives to what matters. */
static void judge_unknown(struct paths *p, const struct paths_target *t, enum paths_how how)
{
	struct paths_saying s = outside_goes;
	bool known;

	s.reason = "it is not known what this path is: an empty variable makes it / or another folder than is meant";
	s.safer = "write the path out, or check that the variable is set: ${name:?}";
	if (how == PATHS_REMOVE && !p->act->cwd.many && p->act->cwd.known && p->act->cwd.text.len &&
	    !paths_in_workspace(p, p->act->cwd.text) && !folder_is_temporary(p->act->cwd.text)) {
		paths_say(p, &outside_goes, t->words);
		return;
	}
	if (how != PATHS_TREE)
		return;
	/* "$p/dist": also with nothing before it that is what a build makes; "$p/tmp" would be the temporary folder. */
	known = (t->pattern.len && t->pattern.ptr[0] != '*') || str_ends(t->pattern, STR("/dist")) ||
		str_ends(t->pattern, STR("/build"));
	if (folder_is_made_again(t->pattern, !known) && str_find(t->pattern, STR("..")) == SIZE_MAX)
		return;
	paths_say(p, &s, t->words);
}

/* A tree or file by name whose loss is nothing wherever its folders lead. */
static bool is_nothing_by_name(struct paths *p, const struct paths_target *t, enum paths_how how)
{
	size_t slash = str_rfind_char(t->path, '/');
	bool leaf = how == PATHS_REMOVE || how == PATHS_TREE || how == PATHS_MOVE;

	if (paths_in_workspace(p, t->path))
		return paths_is_regenerable(p, t->path) || (t->pattern.len && folder_is_made_again(t->pattern, false));
	if (!leaf || t->slash || t->pattern.len || slash == SIZE_MAX)
		return false;
	return folder_is_temporary(str_sub(t->path, 0, slash)) == 2;
}

/* Settings of the person: ~/.ssh, ~/.profile … */
static bool is_dot_file(const struct paths *p, struct str path)
{
	struct str home = p->w->world->home;

	return home.len && world_within(path, home) && path.len > home.len + 1 && path.ptr[home.len + 1] == '.';
}

static bool follows(const struct paths_target *t, enum paths_how how)
{
	return t->slash || t->pattern.len || how == PATHS_WRITE || how == PATHS_EDIT || how == PATHS_APPEND ||
	       how == PATHS_OVERLAY || how == PATHS_MODE || how == PATHS_MODE_TREE;
}

/* A rename through a new link in the same text is not followed here: a link that is made points where it says (paths_copy). */
static void judge_local(struct paths *p, const struct paths_target *t, enum paths_how how)
{
	const struct world_path *wp = world_path(p->w->world, t->path);
	struct str real;

	if (!wp) {
		struct paths_saying s = outside_goes;

		s.reason = "it is not known what stands there";
		paths_say(p, &s, t->words);
		return;
	}
	if (wp->type == WORLD_NOTHING && how != PATHS_EDIT && how != PATHS_APPEND)
		return;
	real = wp->real.len ? wp->real : t->path;
	if (wp->type == WORLD_LINK && follows(t, how)) {
		if (!wp->target.len)
			return; /* it leads nowhere */
		real = wp->target;
	}
	if (!str_eq(real, t->path) && (paths_guard(p, t, real, how) || judge_state(p, t, real, how)))
		return;
	if (how == PATHS_APPEND || (wp->type == WORLD_NOTHING && zone_of(p, real) == ZONE_OUTSIDE && !is_dot_file(p, real)))
		return; /* a new file */
	judge_zone(p, t, wp, real, how);
}

void paths_judge(struct paths *p, const struct paths_target *t, enum paths_how how)
{
	p->writes = how == PATHS_WRITE || how == PATHS_EDIT || how == PATHS_APPEND || how == PATHS_OVERLAY;
	if (p->act->remote) {
		if (!paths_elsewhere(p, t, how))
			judge_remote(p, t, how);
		return;
	}
	if (t->deep && t->path.len && p->act->within) {
		if (paths_found_named(p, t, how))
			return;
		(void)paths_found_own(p, t, how);
	}
	if (t->path.len && paths_guard(p, t, t->path, how))
		return;
	if (!t->path.len) {
		if (!paths_guard_anywhere(p, t) && !paths_listed(" rmdir ", p->program) && !paths_taken(p, t, how) &&
		    !paths_found_own(p, t, how))
			judge_unknown(p, t, how);
		return;
	}
	if (judge_device(p, t, how) || judge_state(p, t, t->path, how) || is_nothing_by_name(p, t, how))
		return;
	judge_local(p, t, how);
}
