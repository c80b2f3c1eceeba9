/* git push: whose branch, on which remote, loses commits. */
#include "read/command_paths.h"

struct push {
	struct paths *p;
	const struct world_repository *r; /* NULL: not known */
	struct str remote;
	bool force, lease, delete, changes;
};

static const struct paths_saying theirs = { CHANGE_REWRITE_HISTORY, "git.remote-history", "git",
					    "commits that others may have go from the remote branch",
					    "push without force to a branch of its own and open a pull request" };
static const struct paths_saying all_branches = {
	CHANGE_REWRITE_HISTORY, "git.remote-history", "git",
	"every branch of the remote is written over or removed that is not the same here", "push the one branch that is meant"
};
static const struct paths_saying own = { CHANGE_REWRITE_HISTORY, "git.own-branch", "git",
					 "a feature branch is written over or removed on the remote",
					 "`git push --force-with-lease`: not what somebody else pushed meanwhile" };

static bool is_protected(const struct push *u, struct str branch)
{
	static const char *const names[] = { "main",	  "master",	"trunk",      "develop",  "release",	  "release/*",
					     "release-*", "releases/*", "production", "prod",	  "production/*", "stable",
					     "staging",	  "live",	"gh-pages",   "hotfix/*", "v[0-9]*" };

	if (!branch.len || memchr(branch.ptr, SHELL_UNKNOWN, branch.len) || str_find_char(branch, '*') != SIZE_MAX)
		return true;
	if (u->r && str_eq(branch, u->r->default_branch))
		return true;
	if (str_starts(branch, STR("refs/")))
		return true; /* tags, notes */
	if (branch.len > 1 && branch.ptr[0] == 'v' && branch.ptr[1] >= '0' && branch.ptr[1] <= '9')
		return true; /* a released version */
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_glob(str_from(names[i]), branch))
			return true;
	return false;
}

static void lose(struct push *u, struct str branch, bool delete)
{
	bool guarded = is_protected(u, branch);
	struct change *c;

	if (!guarded && u->lease && !delete)
		return;
	c = paths_say(u->p, guarded ? &theirs : &own, branch.len ? branch : STR("(not known)"));
	if (!c)
		return;
	c->title = branch;
	c->identity = u->remote;
	u->changes = true;
}

static struct str short_name(const struct push *u, struct str ref)
{
	if (str_is(ref, "HEAD") || str_is(ref, "@"))
		return u->r ? u->r->branch : STR_NONE;
	return str_starts(ref, STR("refs/heads/")) ? str_sub(ref, 11, SIZE_MAX) : ref;
}

static void refspec(struct push *u, struct str s)
{
	bool plus = s.len && s.ptr[0] == '+';
	size_t colon;
	struct str to;

	if (plus)
		s = str_sub(s, 1, SIZE_MAX);
	colon = str_find_char(s, ':');
	to = short_name(u, colon == SIZE_MAX ? s : str_sub(s, colon + 1, SIZE_MAX));
	if (s.len && s.ptr[0] == SHELL_UNKNOWN && !u->force && !u->delete)
		return; /* a plain push of something */
	if (u->delete || (colon == 0 && s.len > 1))
		lose(u, to, true);
	else if (u->force || plus)
		lose(u, to, false);
}

void paths_git_push(struct paths *p, size_t from, struct str folder)
{
	struct push u = { .p = p };
	struct paths_words o;
	struct shell_value v;
	size_t first = 1;

	if (!paths_words(p, from, "o", " --push-option --receive-pack --exec --repo ", &o) || paths_has(&o, 'n', "--dry-run"))
		return;
	u.lease = paths_has(&o, 0, "--force-with-lease") && !o.letter['f'];
	u.force = o.letter['f'];
	for (size_t i = 0; i < o.n_options; i++) {
		struct str name = o.option[i].name;

		u.force = u.force || str_starts(name, STR("--force")) || str_is(name, "--forc");
		u.lease = u.lease && !str_is(name, "--force");
	}
	u.delete = paths_has(&o, 'd', "--delete");
	if (paths_has(&o, 0, "--mirror") || paths_has(&o, 0, "--prune") ||
	    (u.force && (paths_has(&o, 0, "--all") || paths_has(&o, 0, "--branches") || paths_has(&o, 0, "--tags")))) {
		paths_say(p, &all_branches, o.n ? o.operand[0].text : STR("origin"));
		return;
	}
	u.remote = o.n ? o.operand[0].text : STR("origin");
	if (paths_value(&o, 0, "--repo", &v))
		first = 0;
	if (!u.force && !u.delete) {
		bool any = false;

		for (size_t i = first; i < o.n; i++)
			any = any ||
			      (o.operand[i].text.len && (o.operand[i].text.ptr[0] == '+' || o.operand[i].text.ptr[0] == ':'));
		if (!any)
			return;
	}
	u.r = folder.len ? world_repository(p->w->world, folder) : NULL;
	if (o.n <= first && u.force)
		lose(&u, u.r ? u.r->branch : STR_NONE, false);
	for (size_t i = first; i < o.n; i++)
		refspec(&u, o.operand[i].text);
}
