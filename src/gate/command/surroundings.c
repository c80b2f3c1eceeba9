#include "gate/command/surroundings.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/proc.h"

static int by_name(const void *a, const void *b)
{
	const struct world_variable *x = a, *y = b;

	return str_cmp(x->name, y->name);
}

static bool take_env(char *const *env, struct arena *arena, struct world *w)
{
	struct world_variable *v;
	size_t n = 0;

	while (env && env[n])
		n++;
	v = ARENA_ARRAY(arena, n ? n : 1, struct world_variable);
	if (!v)
		return false;
	for (size_t i = 0; i < n; i++) {
		struct str s = str_from(env[i]);
		size_t sign = str_find_char(s, '=');

		if (sign == SIZE_MAX)
			sign = s.len;
		v[i].name = str_sub(s, 0, sign);
		v[i].value = str_sub(s, sign + 1, SIZE_MAX);
	}
	qsort(v, n, sizeof(*v), by_name);
	w->env = v;
	w->n_env = n;
	return true;
}

static struct str real_or_none(const char *path, struct arena *arena)
{
	char real[PATH_MAX];

	return path && *path && realpath(path, real) ? arena_str(arena, str_from(real)) : STR_NONE;
}

bool surroundings_begin(const struct surroundings_opts *o, struct arena *arena, struct world *ret, struct err *err)
{
	struct world w = { .arena = arena, .uid = (uint32_t)getuid() };
	struct str home;

	if (!take_env(o->env, arena, &w))
		return err_set(err, ERR_LIMIT, "no memory for the environment");
	w.cwd = real_or_none(o->cwd, arena);
	if (world_env(&w, STR("HOME"), &home))
		w.home = real_or_none(arena_str(arena, home).ptr, arena);
	w.workspace = real_or_none(o->workspace, arena);
	/* Who works in his home folder or at the root has no project there: nothing in it is thrown away unasked. */
	if (str_eq(w.workspace, w.home) || str_is(w.workspace, "/"))
		w.workspace = STR_NONE;
	w.state_dir = arena_str(arena, str_from(o->state_dir));
	w.config_dir = arena_str(arena, str_from(o->config_dir));
	(void)!world_env(&w, STR("USER"), &w.user);
	if (arena->full)
		return err_set(err, ERR_LIMIT, "no memory for the environment");
	*ret = w;
	return true;
}

struct world_program *surroundings_program(const struct world *w, struct str name, struct arena *arena)
{
	struct world_program *p = ARENA_NEW(arena, struct world_program);
	struct str path = STR_NONE;
	char found[PATH_MAX];

	if (!p)
		return NULL;
	p->name = arena_str(arena, name);
	(void)!world_env(w, STR("PATH"), &path);
	if (!p->name.ptr || !path.len || !proc_find(p->name.ptr, arena_str(arena, path).ptr, NULL, found, sizeof(found)))
		return p;
	p->path = arena_str(arena, str_from(found));
	p->real = real_or_none(found, arena);
	return p;
}

static void answer(struct world *w, const struct need *n, struct arena *arena)
{
	struct world_repository *r;
	struct world_program *g;
	struct world_file *f;
	struct world_path *p;

	switch (n->kind) {
	case NEED_FILE:
		f = surroundings_file(w, n->name, arena);
		if (f) {
			f->next = w->files;
			w->files = f;
		}
		return;
	case NEED_PATH:
		p = surroundings_path(n->name, arena);
		if (p) {
			p->next = w->paths;
			w->paths = p;
		}
		return;
	case NEED_REPOSITORY:
		r = surroundings_repository(w, n->name, arena);
		if (r) {
			r->next = w->repositories;
			w->repositories = r;
		}
		return;
	case NEED_PROGRAM:
		g = surroundings_program(w, n->name, arena);
		if (g) {
			g->next = w->programs;
			w->programs = g;
		}
		return;
	}
}

void surroundings_answer(struct world *w, struct arena *arena)
{
	for (const struct need *n = w->needs; n; n = n->next)
		answer(w, n, arena);
	w->needs = NULL;
	w->n_needs = 0;
}
