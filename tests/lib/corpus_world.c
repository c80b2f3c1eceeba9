/* corpus_world.c -- the world of a case, as the gate would describe it. What a case does not name is there: outside the workspace
 * somebody's file or folder, inside it a file of the project. A program is found in /usr/bin.
 */
#include "corpus.h"

#define MAX_VARIABLES 64
#define KEEP_BYTES ((uint64_t)1 << 30)

static const struct world_variable default_env[] = {
	{ STR_INIT("HOME"), STR_INIT("/home/dev") },
	{ STR_INIT("LANG"), STR_INIT("C.UTF-8") },
	{ STR_INIT("LOGNAME"), STR_INIT("dev") },
	{ STR_INIT("PATH"), STR_INIT("/home/dev/.local/bin:/usr/local/bin:/usr/bin:/bin") },
	{ STR_INIT("SHELL"), STR_INIT("/bin/bash") },
	{ STR_INIT("TERM"), STR_INIT("xterm-256color") },
	{ STR_INIT("USER"), STR_INIT("dev") },
};

/* Names without a point that are files, and names with one that are folders. */
static const char *const folders_with_point[] = { ".ssh", ".aws", ".config", ".gnupg", ".kube", ".git", ".local", ".cache",
						  ".claude", ".cursor", ".codex", ".gemini", ".docker", ".terraform" };
static const char *const files_without_point[] = { "Makefile", "Dockerfile", "LICENSE", "Rakefile", "Gemfile", "passwd",
						   "hosts", "fstab", "sudoers" };

const struct corpus_world *corpus_default_world(struct arena *arena)
{
	struct corpus_world *w = ARENA_NEW(arena, struct corpus_world);
	struct world_remote *origin = ARENA_NEW(arena, struct world_remote);

	if (!w || !origin)
		return NULL;
	*origin = (struct world_remote){ STR("origin"), STR("git@github.com:acme/shop.git"), NULL };
	w->title = STR("default");
	w->cwd = w->workspace = STR("/home/dev/shop");
	w->home = STR("/home/dev");
	w->user = STR("dev");
	w->repository = (struct world_repository){ .root = w->workspace,
						   .git_dir = STR("/home/dev/shop/.git"),
						   .branch = STR("feature/cart"),
						   .upstream = STR("origin/feature/cart"),
						   .default_branch = STR("main"),
						   .remotes = origin,
						   .modified = 2,
						   .untracked = 1,
						   .stashes = 1,
						   .unpushed = 1 };
	return w;
}

static int by_name(const void *a, const void *b)
{
	const struct world_variable *x = a, *y = b;

	return str_cmp(x->name, y->name);
}

static void set(struct world_variable *all, size_t *n, struct world_variable v)
{
	for (size_t i = 0; i < *n; i++)
		if (str_eq(all[i].name, v.name)) {
			all[i] = v;
			return;
		}
	if (*n < MAX_VARIABLES)
		all[(*n)++] = v;
}

/* Oldest first, so that the newest of a name is what stands. */
static void set_own(const struct corpus_variable *own, struct world_variable *all, size_t *n)
{
	if (!own)
		return;
	set_own(own->next, all, n);
	if (!own->unset) {
		set(all, n, own->is);
		return;
	}
	for (size_t i = 0; i < *n; i++)
		if (str_eq(all[i].name, own->is.name))
			all[i] = all[--*n];
}

void corpus_world_begin(const struct corpus_world *is, struct arena *arena, struct world *ret)
{
	struct world_variable *env = ARENA_ARRAY(arena, MAX_VARIABLES, struct world_variable);
	size_t n = 0;

	*ret = (struct world){ .cwd = is->cwd,
			       .home = is->home,
			       .workspace = is->workspace,
			       .state_dir = arena_join(arena, is->home, STR("/.local/state/pawl")),
			       .config_dir = arena_join(arena, is->home, STR("/.config/pawl")),
			       .user = is->user,
			       .uid = str_is(is->user, "root") ? 0 : 1000,
			       .arena = arena };
	if (!env)
		return;
	for (size_t i = 0; i < sizeof(default_env) / sizeof(*default_env); i++)
		set(env, &n, default_env[i]);
	set(env, &n, (struct world_variable){ STR("PWD"), is->cwd });
	set_own(is->env, env, &n);
	qsort(env, n, sizeof(*env), by_name);
	ret->env = env;
	ret->n_env = n;
}

static bool is_one_of(struct str name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(name, names[i]))
			return true;
	return false;
}

static enum world_path_type usual_type(struct str path)
{
	size_t slash = str_rfind_char(path, '/');
	struct str name = slash == SIZE_MAX ? path : str_sub(path, slash + 1, SIZE_MAX);

	if (str_starts(path, STR("/dev/")))
		return WORLD_OTHER;
	if (is_one_of(name, folders_with_point, sizeof(folders_with_point) / sizeof(*folders_with_point)))
		return WORLD_FOLDER;
	if (is_one_of(name, files_without_point, sizeof(files_without_point) / sizeof(*files_without_point)))
		return WORLD_REGULAR;
	return name.len && str_find_char(name, '.') != SIZE_MAX ? WORLD_REGULAR : WORLD_FOLDER;
}

/* ${path} with the link of this world that it goes through taken for its target. */
static struct str resolved(const struct corpus_world *is, struct str path, struct arena *arena)
{
	for (const struct corpus_path *p = is->paths; p; p = p->next)
		if (p->is.type == WORLD_LINK && path.len > p->is.path.len && world_within(path, p->is.path))
			return arena_join(arena, p->is.target, str_sub(path, p->is.path.len, SIZE_MAX));
	return path;
}

static struct world_path path_of(const struct corpus_world *is, struct str path, struct arena *arena)
{
	struct world_path w = { .path = path, .real = resolved(is, path, arena), .files = 3, .bytes = 4096 };

	for (const struct corpus_path *p = is->paths; p; p = p->next)
		if (str_eq(p->is.path, w.real))
			w = p->is;
	w.path = path;
	if (w.type != WORLD_NOTHING)
		return w;
	for (const struct corpus_path *p = is->paths; p; p = p->next) {
		if (str_eq(p->is.path, w.real))
			return w; /* said to be missing */
		if (world_within(p->is.path, w.real) && p->is.mount)
			w.mount = true;
	}
	w.type = usual_type(w.real);
	for (const struct corpus_file *f = is->files; f; f = f->next) {
		if (str_eq(f->path, w.real))
			w.type = WORLD_REGULAR;
		else if (world_within(f->path, w.real))
			w.type = WORLD_FOLDER;
	}
	if (str_is(w.real, "/"))
		w.mount = true;
	if (w.type == WORLD_REGULAR)
		w.files = 1;
	return w;
}

bool corpus_keeps(const struct corpus_world *is, struct str path, struct arena *arena)
{
	struct world_path w;

	if (!is->workspace.len || !path.len || path.ptr[0] != '/')
		return false;
	w = path_of(is, path, arena);
	return world_within(w.real, is->workspace) && !w.mount && !w.capped && w.bytes <= KEEP_BYTES;
}

static void answer_file(const struct corpus_world *is, struct world *w, struct str path)
{
	struct world_file *f = ARENA_NEW(w->arena, struct world_file);

	if (!f)
		return;
	f->path = path;
	for (const struct corpus_file *o = is->files; o; o = o->next)
		if (str_eq(o->path, path)) {
			f->text = o->text;
			f->found = true;
			break;
		}
	f->outside = !f->found && !world_within(path, is->workspace) && !world_within(path, w->state_dir);
	f->next = w->files;
	w->files = f;
}

static void answer_path(const struct corpus_world *is, struct world *w, struct str path)
{
	struct world_path *p = ARENA_NEW(w->arena, struct world_path);

	if (!p)
		return;
	*p = path_of(is, path, w->arena);
	p->next = w->paths;
	w->paths = p;
}

static void answer_repository(const struct corpus_world *is, struct world *w, struct str folder)
{
	struct world_repository *g = ARENA_NEW(w->arena, struct world_repository);
	struct str other = arena_join(w->arena, is->home, STR("/billing"));

	if (!g)
		return;
	if (is->repository.root.len && world_within(folder, is->repository.root))
		*g = is->repository;
	else if (world_within(folder, other)) /* a neighbour with work of its own */
		*g = (struct world_repository){ .root = other,
						.git_dir = arena_join(w->arena, other, STR("/.git")),
						.branch = STR("main"),
						.upstream = STR("origin/main"),
						.default_branch = STR("main"),
						.modified = 3,
						.untracked = 2,
						.unpushed = 1 };
	g->folder = folder;
	g->next = w->repositories;
	w->repositories = g;
}

static void answer_program(const struct corpus_world *is, struct world *w, struct str name)
{
	struct world_program *p = ARENA_NEW(w->arena, struct world_program);

	if (!p)
		return;
	p->path = p->real = arena_join(w->arena, STR("/usr/bin/"), name);
	for (const struct world_program *o = is->programs; o; o = o->next)
		if (str_eq(o->name, name)) {
			*p = *o;
			break;
		}
	p->name = name;
	p->next = w->programs;
	w->programs = p;
}

bool corpus_world_vaults(const struct corpus_world *is, struct world *w)
{
	if (!w->vaults_wanted || w->vaults == is->vaults)
		return false;
	w->vaults = is->vaults;
	return true;
}

void corpus_world_answer(const struct corpus_world *is, struct world *w)
{
	struct need *n = w->needs;

	w->needs = NULL;
	w->n_needs = 0;
	for (; n; n = n->next)
		switch (n->kind) {
		case NEED_FILE:
			answer_file(is, w, n->name);
			break;
		case NEED_PATH:
			answer_path(is, w, n->name);
			break;
		case NEED_REPOSITORY:
			answer_repository(is, w, n->name);
			break;
		case NEED_PROGRAM:
			answer_program(is, w, n->name);
			break;
		}
}
