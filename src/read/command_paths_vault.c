/* What takes pawl's own backups away: a vault that is a folder, by whatever way it is reached. What a program keeps is in
 * command_paths_keeper.c. */
#include "read/command_paths_found.h"

#define MOST_PARTS 32 /* of a pattern; what has more could be anywhere */
#define MOST_SAID 256 /* earlier sayings that are looked through: more is said again */

#define SAFER "look at them with `pawl backup list`; `keep` in backup.yaml removes what is old, and a person removes the rest"

static const struct paths_saying destroyed = { CHANGE_DESTROY_BACKUP, "guard.vault", "backup_vault", "", SAFER };
static const struct paths_saying opened = { CHANGE_WEAKEN_PROTECTION, "guard.vault", "backup_vault", "", SAFER };

static bool is_said(const struct paths *p, struct str name, const struct paths_saying *s)
{
	size_t n = 0;

	CHANGE_EACH(c, &p->w->answer->changes) {
		if (c->kind == s->kind && str_is(c->finding, s->finding) && str_eq(c->name, name))
			return true;
		if (++n == MOST_SAID)
			return false;
	}
	return false;
}

static void say(struct paths *p, const struct world_vault *v, struct str name, const struct paths_saying *s)
{
	struct change *c = is_said(p, name, s) ? NULL : paths_say(p, s, name);

	if (!c)
		return;
	c->identity = v->path.len ? v->path : v->repository.len ? v->repository : v->bucket;
	c->reason = arena_fmt(p->arena, "pawl keeps backups here (vault %.*s of backup.yaml): %s", STR_ARG(v->name),
			      p->hides	     ? "mounted, unmounted or under another name it is not what pawl keeps any more"
			      : s == &opened ? "its modes are what keeps others out"
					     : "what is deleted, moved away or written over brings nothing back any more");
}

void paths_vault_goes(struct paths *p, const struct world_vault *v, struct str name)
{
	say(p, v, name, &destroyed);
}

/* --- could a pattern reach it? Its parts against those of the way to the vault, and of what lies in one: TARGET/ID/FILE --- */

struct parts {
	struct str at[MOST_PARTS];
	size_t n;
	bool too_many, any_depth;
};

struct reach {
	struct paths *p;
	const struct world_vault *v;
	struct str folder;	     /* of the vault */
	struct parts pattern, below; /* below: the vault's own, behind where the pattern begins */
	enum paths_how how;
};

static bool is_plain(struct str part)
{
	return str_find_char(part, '*') == SIZE_MAX && str_find_char(part, '?') == SIZE_MAX;
}

static struct parts split(struct str text)
{
	struct parts a = { .n = 0 };

	while (text.len) {
		size_t slash = str_find_char(text, '/');
		struct str one = str_sub(text, 0, slash);

		text = slash == SIZE_MAX ? STR_NONE : str_sub(text, slash + 1, SIZE_MAX);
		if (!one.len)
			continue;
		if (a.n == MOST_PARTS) {
			a.too_many = true;
			return a;
		}
		a.any_depth = a.any_depth || str_is(one, "**");
		a.at[a.n++] = one;
	}
	return a;
}

static bool is_target(struct reach *r, struct str part)
{
	const struct world_path *w;

	if (!is_plain(part)) {
		for (size_t i = 0; i < r->v->n_targets; i++) {
			if (str_glob(part, r->v->targets[i]))
				return true;
		}
		return !r->v->n_targets;
	}
	if (r->how == PATHS_WRITE || r->how == PATHS_OVERLAY || r->how == PATHS_APPEND)
		return true;
	w = world_path(r->p->w->world, arena_fmt(r->p->arena, "%.*s/%.*s", STR_ARG(r->folder), STR_ARG(part)));
	return !w || w->type != WORLD_NOTHING;
}

/* 20261121T194500Z-5f3a9c01; of WAL 00000001-0000000003000000-0000000004000000-5f3a9c01. */
static bool is_id(struct str part)
{
	static const char letters[] = "0123456789abcdefABCDEFTZ-*?";

	if (is_plain(part))
		return (part.len == 25 || part.len == 51) && memchr(part.ptr, '-', part.len);
	for (size_t i = 0; i < part.len; i++) {
		if (!memchr(letters, part.ptr[i], sizeof(letters) - 1))
			return false;
	}
	return true;
}

bool paths_vault_file(struct str part)
{
	static const struct str names[] = { STR_INIT("data.zst"),      STR_INIT("data.zst.age"),      STR_INIT("manifest.json"),
					    STR_INIT("manifest.sig"),  STR_INIT("data.zst.part"),     STR_INIT("data.zst.age.part"),
					    STR_INIT("manifest.json.part"), STR_INIT("manifest.sig.part") };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_glob(part, names[i]))
			return true;
	}
	return false;
}

/* Can ${part} be what stands at that depth? A name written out behind the vault's own is taken at its word. */
static bool is_at(struct reach *r, size_t depth, struct str part)
{
	bool plain = is_plain(part) && !r->pattern.any_depth;
	struct str name;

	if (depth == r->below.n)
		return is_target(r, part);
	if (depth > r->below.n)
		return plain || (depth == r->below.n + 1 ? is_id(part) : paths_vault_file(part));
	name = r->below.at[depth];
	/* a shell's '*' takes no name that begins with a dot */
	if (name.ptr[0] == '.' && part.ptr[0] != '.' && !r->pattern.any_depth)
		return false;
	return str_glob(part, name);
}

/* How many parts deep what goes must lie for the vault to lose by it: 0 is the folder that the pattern begins in. */
static size_t least(const struct reach *r)
{
	switch (r->how) {
	case PATHS_TREE:
	case PATHS_MOVE:
	case PATHS_MODE_TREE:
		return 1;
	case PATHS_MODE:
	case PATHS_OVERLAY:
		return r->below.n;
	case PATHS_WRITE:
	case PATHS_EDIT:
	case PATHS_APPEND:
	case PATHS_REMOVE:
		break;
	}
	/* A file: by a pattern none is met above the backups' own. */
	return r->below.n + (is_plain(r->pattern.at[r->pattern.n - 1]) ? 1 : 3);
}

/* Bits are the parts of the pattern that could come next; a double star may be none. */
static uint64_t past_stars(const struct reach *r, uint64_t next)
{
	for (size_t i = 0; i < r->pattern.n; i++) {
		if (next >> i & 1 && str_is(r->pattern.at[i], "**"))
			next |= (uint64_t)1 << (i + 1);
	}
	return next;
}

static bool reaches(struct reach *r)
{
	uint64_t now = past_stars(r, 1), all = (uint64_t)1 << r->pattern.n;

	for (size_t depth = 0; now && depth < r->below.n + 3; depth++) {
		uint64_t next = 0;

		for (size_t i = 0; i < r->pattern.n; i++) {
			if (!(now >> i & 1))
				continue;
			if (str_is(r->pattern.at[i], "**"))
				next |= (uint64_t)1 << i;
			else if (is_at(r, depth, r->pattern.at[i]))
				next |= (uint64_t)1 << (i + 1);
		}
		now = past_stars(r, next);
		if (now & all && depth + 1 >= least(r))
			return true;
	}
	return false;
}

/* "/srv/vault…", the end of which nobody knows: what a program found below it. */
static bool begins_in(const struct paths_target *t, struct str folder)
{
	struct str below = str_sub(folder, t->path.len, SIZE_MAX), known = str_sub(t->pattern, 0, str_find_char(t->pattern, '*'));

	if (!t->deep || !below.len)
		return false;
	if (below.ptr[0] == '/')
		below = str_sub(below, 1, SIZE_MAX);
	return below.len && str_starts(known, below) && (known.len == below.len || known.ptr[below.len] == '/');
}

/* Does what goes at ${t} hold ${folder}, or is some of it in there? */
static bool holds(struct paths *p, const struct world_vault *v, const struct paths_target *t, struct str folder, enum paths_how how)
{
	struct reach r = { .p = p, .v = v, .folder = folder, .how = how };

	if (!world_within(folder, t->path))
		return false;
	if (!t->pattern.len)
		return how == PATHS_TREE || how == PATHS_MOVE || how == PATHS_MODE_TREE;
	if (begins_in(t, folder))
		return true;
	r.pattern = split(t->pattern);
	r.below = split(str_sub(folder, t->path.len, SIZE_MAX));
	return r.pattern.too_many || r.below.too_many || (r.pattern.n && reaches(&r));
}

bool paths_vault_reached(struct paths *p, const struct world_vault *v, const struct paths_target *t)
{
	return (v->path.len && holds(p, v, t, v->path, PATHS_WRITE)) || (v->real.len && holds(p, v, t, v->real, PATHS_WRITE));
}

/* --- what git knows of it --- */

static bool meets(const struct world_untracked *u, struct str folder)
{
	return world_within(folder, u->path) || world_within(u->path, folder);
}

/* All of it untracked? Then no word of git's for what is tracked takes it. */
static bool is_untracked(const struct world_repository *r, const struct world_vault *v)
{
	for (const struct world_untracked *u = r ? r->vaults : NULL; u; u = u->next) {
		if (u->path.len > r->root.len &&
		    (world_within(v->path, u->path) || (v->real.len && world_within(v->real, u->path))))
			return true;
	}
	return false;
}

/* clean -e PATTERN: a name anywhere, or a way from the top. */
static bool is_left_out(const struct paths_words *o, struct str below)
{
	struct parts way = split(below), given;
	struct shell_value v;

	if (!paths_value(o, 'e', "--exclude", &v))
		return false;
	given = split(v.text);
	for (size_t i = 0; i < given.n && given.n > 1; i++) {
		if (i >= way.n || !str_glob(given.at[i], way.at[i]))
			return false;
	}
	for (size_t i = 0; i < way.n && given.n == 1; i++) {
		if (str_glob(given.at[0], way.at[i]))
			return true;
	}
	return given.n > 1;
}

static bool goes_untracked(const struct world_repository *r, struct str folder, const struct paths_untracked *which)
{
	if (r->untracked == UINT32_MAX)
		return true;
	for (const struct world_untracked *u = r->vaults; u; u = u->next) {
		if ((u->ignored ? which->ignored : which->plain) && (which->folders || !u->folder) && meets(u, folder))
			return true;
	}
	return false;
}

static void vaults_untracked(struct paths *p, const struct paths_target *t, const struct paths_words *o, const struct world_repository *r,
			     const struct paths_untracked *which)
{
	for (const struct world_vault *v = world_vaults(p->w->world); v; v = v->next) {
		const struct str folders[] = { v->path, v->real };

		for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
			struct str folder = folders[i];

			if (folder.len && world_within(folder, r->root) &&
			    (world_within(t->path, folder) || holds(p, v, t, folder, PATHS_TREE)) &&
			    goes_untracked(r, folder, which) && !is_left_out(o, str_sub(folder, r->root.len, SIZE_MAX)))
				paths_vault_goes(p, v, v->path);
		}
	}
}

void paths_vault_untracked(struct paths *p, const struct paths_words *o, size_t from, struct str folder,
			   const struct paths_untracked *which)
{
	const struct world_repository made = { .root = p->w->repository, .untracked = UINT32_MAX };
	const struct world_repository *r = folder.len ? world_repository(p->w->world, folder) : NULL;
	const struct shell_value base = { .text = folder, .known = true };
	struct paths_untracked named = *which;
	struct paths_target t = paths_known(folder);

	if ((!r || !r->root.len) && made.root.len && world_within(folder, made.root))
		r = &made; /* nothing is tracked there yet */
	if (!r || !r->root.len)
		return;
	if (from >= o->n)
		vaults_untracked(p, &t, o, r, which);
	named.folders = true;
	for (size_t i = from; i < o->n; i++) {
		struct shell_value v = o->operand[i];

		v.glob = true; /* git's own, where the shell took none */
		t = paths_at(p, &base, v);
		vaults_untracked(p, &t, o, r, &named);
	}
}

bool paths_vault(struct paths *p, const struct paths_target *t, struct str path, enum paths_how how)
{
	const struct paths_saying *s = how == PATHS_MODE || how == PATHS_MODE_TREE ? &opened : &destroyed;
	struct paths_target at = *t;

	at.path = path;
	for (const struct world_vault *v = world_vaults(p->w->world); v; v = v->next) {
		const struct str folders[] = { v->path, v->real };

		if (is_untracked(p->tracked, v))
			continue;
		for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
			if (!folders[i].len || (p->found && paths_found_not(p, p->found, folders[i])))
				continue;
			if (world_within(path, folders[i])) {
				say(p, v, path, s);
				return true;
			}
			if (holds(p, v, &at, folders[i], how))
				say(p, v, v->path, s);
		}
	}
	return false;
}
