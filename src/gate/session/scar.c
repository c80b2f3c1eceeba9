/* What was denied, or had to be undone, in a project. */
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "gate/session/memory.h"

#define LINE_MAX_BYTES ((size_t)256 << 10)
#define ARENA_SIZE ((size_t)64 << 20)

struct reading {
	struct session_memory *newest;
	struct arena *arena;
};

static void one(const struct json *v, void *ctx)
{
	struct reading *r = ctx;
	struct session_memory *m = ARENA_NEW(r->arena, struct session_memory);

	if (!m || !memory_parse(v, r->arena, m))
		return;
	m->next = r->newest;
	r->newest = m;
}

/* Of the project, whatever the session. */
static bool path_of(const struct session_where *w, bool make, char path[4096], struct err *err)
{
	struct session_where project = { .state_dir = w->state_dir, .project = w->project };

	return memory_path(&project, "scars", make, path, err);
}

bool scar_read(const struct session_where *w, struct arena *arena, struct session_memory **ret, struct err *err)
{
	struct reading r = { .arena = arena };
	char path[4096];

	if (!path_of(w, false, path, err) || !memory_lines(path, arena, one, &r, err))
		return false;
	*ret = r.newest;
	return true;
}

static const struct session_memory *there(const struct session_memory *m, const struct scar_new *n)
{
	while (m && !(str_eq(m->words, str_sub(n->words, 0, 1000)) && str_eq(m->why, n->why)))
		m = m->next;
	return m;
}

static unsigned count(const struct session_memory *m)
{
	unsigned n = 0;

	for (; m; m = m->next)
		n++;
	return n;
}

static bool write_scar(const char *path, const struct scar_new *n, struct str id, struct err *err)
{
	struct session_memory m = { .id = id, .why = n->why, .words = n->words, .at_us = clock_now_us(), .shapes = { &n->words, 1 } };
	auto_buf b = BUF_MAX(LINE_MAX_BYTES);
	struct json_out o = { .buf = &b };

	if (n->changes)
		m.changes = *n->changes;
	json_out_open(&o, '{');
	memory_json(&m, &o);
	json_out_kv(&o, "about", n->about);
	json_out_close(&o, '}');
	return memory_append(path, &b, err);
}

bool scar_add(const struct session_where *w, const struct scar_new *n, char ret_id[24], struct err *err)
{
	const struct session_memory *old;
	struct session_memory *all = NULL;
	struct arena arena;
	char path[4096];
	bool ok;

	if (!path_of(w, true, path, err))
		return false;
	auto_fd lock = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock < 0 || flock(lock, LOCK_EX) != 0)
		return err_sys(err, "%s", path);
	if (!arena_map(&arena, ARENA_SIZE))
		return err_set(err, ERR_LIMIT, "no memory");
	ok = scar_read(w, &arena, &all, err);
	old = ok ? there(all, n) : NULL;
	if (old)
		snprintf(ret_id, 24, "%.*s", STR_ARG(old->id));
	else if (ok)
		snprintf(ret_id, 24, "S-%u", count(all) + 1);
	if (ok && !old)
		ok = write_scar(path, n, str_from(ret_id), err) && (fsync(lock) == 0 || err_sys(err, "%s", path));
	arena_unmap(&arena);
	return ok;
}

static bool same_words(const struct session_memory *m, const struct session_asked *asked, struct arena *arena)
{
	struct str was = memory_shape(m->words, arena);

	if (was.len && str_eq(was, memory_shape(asked->request->summary, arena)))
		return true;
	for (size_t i = 0; was.len && i < asked->shapes.n; i++) {
		if (str_eq(was, memory_shape(asked->shapes.item[i], arena)))
			return true;
	}
	return false;
}

const struct session_memory *scar_match(const struct session_memory *scars, const struct session_asked *asked)
{
	struct arena arena;
	struct str what;

	if (!scars)
		return NULL;
	if (!arena_map(&arena, ARENA_SIZE))
		return scars; /* nobody can say that none fits */
	while (scars && !attempt_same_effect(scars, asked->request, &what) && !same_words(scars, asked, &arena)) {
		arena_reset(&arena);
		scars = scars->next;
	}
	arena_unmap(&arena);
	return scars;
}
