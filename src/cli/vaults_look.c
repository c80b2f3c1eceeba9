#include "cli/vaults_look.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/fd.h"
#include "cli/recovery_look.h"
#include "recovery/known.h"

#define CONFIG_BYTES_MAX ((size_t)1 << 20)

/* Where a folder cannot be looked into it may be there all the same. */
static bool add(const struct known_vault *v, const struct world_vault *of, struct arena *arena, struct world_vault **first)
{
	struct str folder = v->directory.len ? v->directory : str_starts(v->repository, STR("/")) ? v->repository : STR_NONE;
	bool any = folder.len || v->repository.len || v->bucket.len;
	struct world_vault *made = any ? ARENA_NEW(arena, struct world_vault) : NULL;
	char real[PATH_MAX];

	if (!made)
		return !arena->full;
	*made = (struct world_vault){ .name = v->name, .repository = v->repository, .bucket = v->bucket, .user = v->user,
				      .targets = of->targets, .n_targets = of->n_targets, .next = *first };
	if (folder.len) {
		folder = arena_str(arena, folder);
		if (!folder.ptr)
			return false;
		if (realpath(folder.ptr, real))
			made->real = arena_str(arena, str_from(real));
		else if (errno == ENOENT || errno == ENOTDIR)
			return true;
		made->path = world_absolute(STR("/"), folder, arena);
	}
	*first = made;
	return true;
}

/* Whose backups could lie in any of them: every target's. */
static bool list_targets(const struct known *k, struct arena *arena, struct world_vault *ret)
{
	struct str *names;
	size_t n = 0;

	for (const struct known_target *t = k->targets; t; t = t->next)
		n++;
	names = ARENA_ARRAY(arena, n + 1, struct str);
	if (!names)
		return false;
	ret->targets = names;
	for (const struct known_target *t = k->targets; t; t = t->next)
		names[ret->n_targets++] = t->name;
	return true;
}

const struct world_vault *vaults_look(const struct places *places, struct arena *arena)
{
	auto_buf b = BUF_MAX(CONFIG_BYTES_MAX);
	struct world_vault *first = NULL, of = { .n_targets = 0 };
	struct doc_source source;
	char path[PLACES_MAX];
	struct known k;

	recovery_look_config(places, path);
	if (!*path || !file_read(path, &b, NULL))
		return NULL;
	source = (struct doc_source){ .path = arena_str(arena, str_from(path)), .text = arena_str(arena, buf_str(&b)) };
	if (!known_read(&source, arena, &k, NULL) || !list_targets(&k, arena, &of))
		return NULL;
	for (const struct known_vault *v = k.vaults; v && add(v, &of, arena, &first);)
		v = v->next;
	return first;
}
