#include "cli/recovery_look.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "recovery/known.h"
#include "recovery/vault_lies.h"

#define CONFIG_BYTES_MAX ((size_t)1 << 20)
#define STATEMENTS_MAX 4096
#define MEMORY ((size_t)256 << 20) /* of address space */
#define AGAIN 3		/* a statement and its signature are two files: read while they are put in place, they do not fit */
#define AGAIN_US 20000

struct looking {
	const struct places *places;
	struct arena *arena; /* for what is read */
	struct arena *asker; /* for what is told */
	struct evidence *e;
	char points[PLACES_MAX];
};

/* --- backup.yaml --- */

void recovery_look_config(const struct places *places, char ret_path[PLACES_MAX])
{
	const char *slash = strrchr(places->machine_policy, '/');

	*ret_path = '\0';
	if (slash && (size_t)snprintf(ret_path, PLACES_MAX, "%.*s/backup.yaml", (int)(slash - places->machine_policy),
				      places->machine_policy) < PLACES_MAX && file_exists(ret_path))
		return;
	if ((size_t)snprintf(ret_path, PLACES_MAX, "%s/backup.yaml", places->config) >= PLACES_MAX || !file_exists(ret_path))
		*ret_path = '\0';
}

static void unbelieved(const struct looking *l, struct str why)
{
	evidence_note_add(l->e, l->asker, true,
			  arena_fmt(l->asker, "No backup counts as proven, for backup.yaml cannot be believed: %.*s", STR_ARG(why)));
}

/* Others who can write to it could name their own key in it. */
static bool is_ours(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return err_sys(err, "%s", path);
	if ((st.st_uid != 0 && st.st_uid != geteuid()) || (st.st_mode & 022))
		return err_set(err, ERR_DENIED, "%s: others than its owner can write to it (chmod go-w, chown)", path);
	return true;
}

static bool read_config(const struct looking *l, const char *path, struct known *ret, struct err *err)
{
	auto_buf b = BUF_MAX(CONFIG_BYTES_MAX);
	struct doc_source source = { .path = str_from(path) };

	if (!is_ours(path, err) || !file_read(path, &b, err))
		return false;
	source.text = arena_str(l->arena, buf_str(&b));
	return known_read(&source, l->arena, ret, err);
}

/* --- statements --- */

static struct str read_file(const struct looking *l, struct str target, const char *ending, size_t max)
{
	auto_buf b = BUF_MAX(max);
	char path[PLACES_MAX + 80];

	snprintf(path, sizeof(path), "%s/%.*s.%s", l->points, STR_ARG(target), ending);
	if (!file_read(path, &b, NULL))
		return STR_NONE;
	return arena_str(l->arena, buf_str(&b));
}

static bool seen_path(const struct looking *l, struct str target, char *ret, size_t size)
{
	int n = snprintf(ret, size, "%s/recovery/seen/%.*s", l->places->state, STR_ARG(target));

	return n > 0 && (size_t)n < size;
}

static uint64_t read_seen(const struct looking *l, struct str target)
{
	auto_buf b = BUF_MAX(64);
	char path[PLACES_MAX + 100];
	uint64_t n = 0;

	if (!seen_path(l, target, path, sizeof(path)) || !file_read(path, &b, NULL) || !str_to_u64(str_trim(buf_str(&b)), &n))
		return 0;
	return n;
}

/* A hint that cannot be kept leaves an older statement to its age. */
static void write_seen(const struct looking *l, const struct known_statement *s)
{
	char path[PLACES_MAX + 100], dir[PLACES_MAX + 100], text[32];
	int n = snprintf(text, sizeof(text), "%llu\n", (unsigned long long)s->serial);

	snprintf(dir, sizeof(dir), "%s/recovery/seen", l->places->state);
	if (seen_path(l, s->target, path, sizeof(path)) && dir_make(dir, 0700, NULL))
		(void)!file_replace(path, (struct str){ text, (size_t)n }, 0600, NULL);
}

static void read_statement(const struct looking *l, const struct known *k, struct known_statement *s)
{
	struct manifest_signature signature;

	s->seen = read_seen(l, s->target);
	for (int i = 0; i < AGAIN; i++) {
		s->json = read_file(l, s->target, "json", POINT_MAX);
		s->signature = read_file(l, s->target, "sig", 256);
		if (!s->json.ptr || !k->has_key || s->signature.len != sizeof(signature))
			return;
		memcpy(&signature, s->signature.ptr, sizeof(signature));
		if (manifest_signed(k->key, &signature, s->json, l->arena))
			return;
		usleep(AGAIN_US);
	}
}

static bool named(const struct known_statement *list, struct str target)
{
	while (list && !str_eq(list->target, target))
		list = list->next;
	return list != NULL;
}

static struct known_statement *more(const struct looking *l, struct known_statement *list, struct str target)
{
	struct known_statement *s = ARENA_NEW(l->arena, struct known_statement);

	if (!s)
		return list;
	s->target = arena_str(l->arena, target);
	s->next = list;
	return s;
}

static bool good_name(struct str s)
{
	return s.len && s.len <= 64 && s.ptr[0] != '.' && str_find_char(s, '/') == SIZE_MAX;
}

/* Of every target that backup.yaml names, there or not, and of those that only lie there. */
static struct known_statement *list_statements(const struct looking *l, const struct known *k)
{
	struct known_statement *list = NULL;
	DIR *d = opendir(l->points);
	size_t n = 0;

	for (const struct known_target *t = k->targets; t; t = t->next) {
		if (good_name(t->name))
			list = more(l, list, t->name);
	}
	for (struct dirent *e; d && n < STATEMENTS_MAX && (e = readdir(d)); n++) {
		struct str name = str_from(e->d_name);

		if (!str_ends(name, STR(".json")))
			continue;
		name = str_sub(name, 0, name.len - 5);
		if (good_name(name) && !named(list, name))
			list = more(l, list, name);
	}
	if (d)
		closedir(d);
	return list;
}

static bool find_points(struct looking *l, const struct known *k)
{
	int n = k->points.len ? snprintf(l->points, sizeof(l->points), "%.*s", STR_ARG(k->points))
			      : snprintf(l->points, sizeof(l->points), "%s/recovery/points", l->places->state);

	return n > 0 && (size_t)n < sizeof(l->points);
}

/* The asker's memory gets what it is told, not what that was read from. */
static struct recovery_point *keep(const struct looking *l, const struct recovery_point *from)
{
	struct recovery_point *first = NULL, **at = &first;

	for (; from; from = from->next) {
		struct recovery_point *p = ARENA_NEW(l->asker, struct recovery_point);

		if (!p)
			break;
		*p = *from;
		p->resource = arena_str(l->asker, from->resource);
		p->radius_why = arena_str(l->asker, from->radius_why);
		p->radius_helps = arena_str(l->asker, from->radius_helps);
		p->note = arena_str(l->asker, from->note);
		p->target = arena_str(l->asker, from->target);
		p->user = arena_str(l->asker, from->user);
		p->next = NULL;
		*at = p;
		at = &p->next;
	}
	return first;
}

/* Its key lies where whoever takes the backups keeps it. */
static bool is_ours_to_take(const struct looking *l)
{
	char path[PLACES_MAX + 32];

	return (size_t)snprintf(path, sizeof(path), "%s/recovery/key.pem", l->places->state) < sizeof(path) && file_exists(path);
}

static bool is_lost(void *ctx, struct str directory, const struct point *p)
{
	const struct looking *l = ctx;
	struct vault_lies ask = { .directory = directory,
				  .target = p->target,
				  .id = p->verified.backup,
				  .record_only = p->kind == BACKUP_RDS || p->kind == BACKUP_PGBACKREST,
				  .ours = is_ours_to_take(l) };

	return vault_lies(&ask) == VAULT_LIES_GONE;
}

static bool look(struct looking *l, const char *path, const struct known_ask *ask)
{
	struct recovery_point *points = NULL;
	struct known_statement *list;
	struct known k = { 0 };
	struct err err = { 0 };

	if (!read_config(l, path, &k, &err) || !find_points(l, &k)) {
		unbelieved(l, str_from(err.msg));
		return false;
	}
	list = list_statements(l, &k);
	for (struct known_statement *s = list; s; s = s->next)
		read_statement(l, &k, s);
	if (!known_evidence(&k, list, ask, l->arena, &points)) {
		unbelieved(l, STR("it is more than pawl holds in memory"));
		return false;
	}
	l->e->recovery = keep(l, points);
	for (const struct known_statement *s = list; s; s = s->next) {
		if (s->serial > s->seen)
			write_seen(l, s);
	}
	return true;
}

/* Of what the request says of buckets nothing is kept where nobody said what a vault is. */
void recovery_look(const struct places *places, struct request *request, struct str database, struct arena *arena,
		   struct evidence *e)
{
	struct known_ask ask = { .request = request, .database = database, .now_us = e->now_us, .lost = is_lost };
	struct arena own = { 0 };
	struct looking l = { .places = places, .arena = &own, .asker = arena, .e = e };
	char path[PLACES_MAX] = "";
	bool looked = false;

	ask.ctx = &l;
	if (known_wanted(request))
		recovery_look_config(places, path);
	if (*path && arena_map(&own, MEMORY))
		looked = look(&l, path, &ask);
	else if (*path)
		unbelieved(&l, STR("there is no memory to read it with"));
	if (!looked)
		request->buckets = NULL;
	arena_unmap(&own);
}
