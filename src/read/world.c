#include "read/world.h"

static void need_add(struct world *w, enum need_kind kind, struct str name)
{
	struct need *n;

	for (n = w->needs; n; n = n->next) {
		if (n->kind == kind && str_eq(n->name, name))
			return;
	}
	if (!w->arena || w->n_needs >= WORLD_MAX_NEEDS)
		return;
	n = ARENA_NEW(w->arena, struct need);
	if (!n)
		return;
	*n = (struct need){ .kind = kind, .name = arena_str(w->arena, name), .next = w->needs };
	if (name.len > 0 && n->name.len == 0)
		return;
	w->needs = n;
	w->n_needs++;
}

/* Something that can be asked: absolute, no NUL (a mark of an unknown part would be one). */
static bool askable(struct str path)
{
	return path.len > 0 && path.len < 4096 && path.ptr[0] == '/' && !memchr(path.ptr, '\0', path.len);
}

const struct world_file *world_file(struct world *w, struct str path)
{
	struct str p;

	if (!askable(path) || !w->arena)
		return NULL;
	p = world_absolute(STR("/"), path, w->arena);
	for (const struct world_file *f = w->files; f; f = f->next) {
		if (str_eq(f->path, p))
			return f;
	}
	need_add(w, NEED_FILE, p);
	return NULL;
}

const struct world_path *world_path(struct world *w, struct str path)
{
	struct str p;

	if (!askable(path) || !w->arena)
		return NULL;
	p = world_absolute(STR("/"), path, w->arena);
	for (const struct world_path *f = w->paths; f; f = f->next) {
		if (str_eq(f->path, p))
			return f;
	}
	need_add(w, NEED_PATH, p);
	return NULL;
}

const struct world_repository *world_repository(struct world *w, struct str folder)
{
	struct str p;

	if (!askable(folder) || !w->arena)
		return NULL;
	/* What of it holds a vault is part of the answer. */
	w->vaults_wanted = true;
	p = world_absolute(STR("/"), folder, w->arena);
	for (const struct world_repository *f = w->repositories; f; f = f->next) {
		if (str_eq(f->folder, p))
			return f;
	}
	need_add(w, NEED_REPOSITORY, p);
	return NULL;
}

const struct world_program *world_program(struct world *w, struct str name)
{
	if (name.len == 0 || name.len > 255 || memchr(name.ptr, '\0', name.len))
		return NULL;
	for (const struct world_program *f = w->programs; f; f = f->next) {
		if (str_eq(f->name, name))
			return f;
	}
	need_add(w, NEED_PROGRAM, name);
	return NULL;
}

const struct world_vault *world_vaults(struct world *w)
{
	w->vaults_wanted = true;
	return w->vaults;
}

bool world_env(const struct world *w, struct str name, struct str *ret)
{
	size_t from = 0, to = w->n_env;

	while (from < to) {
		size_t mid = from + (to - from) / 2;
		int c = str_cmp(w->env[mid].name, name);

		if (c == 0) {
			*ret = w->env[mid].value;
			return true;
		}
		if (c < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return false;
}

struct str world_absolute(struct str cwd, struct str path, struct arena *arena)
{
	bool absolute = path.len > 0 && path.ptr[0] == '/';
	struct str parts[2] = { absolute ? STR("") : cwd, path };
	char *out = arena_alloc(arena, cwd.len + path.len + 3);
	size_t n = 0;

	if (!out)
		return STR_NONE;
	for (size_t p = 0; p < 2; p++) {
		for (size_t i = 0; i < parts[p].len;) {
			const char *from = parts[p].ptr + i;
			const char *end = memchr(from, '/', parts[p].len - i);
			size_t len = end ? (size_t)(end - from) : parts[p].len - i;

			i += len + 1;
			if (len == 0 || (len == 1 && from[0] == '.'))
				continue;
			if (len == 2 && from[0] == '.' && from[1] == '.') {
				while (n > 0 && out[--n] != '/')
					;
				continue;
			}
			out[n++] = '/';
			memcpy(out + n, from, len);
			n += len;
		}
	}
	if (n == 0)
		out[n++] = '/';
	return (struct str){ out, n };
}

bool world_within(struct str path, struct str folder)
{
	if (folder.len == 0 || !str_starts(path, folder))
		return false;
	return path.len == folder.len || folder.ptr[folder.len - 1] == '/' || path.ptr[folder.len] == '/';
}
