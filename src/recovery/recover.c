#include "recovery/recover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/timestamp.h"
#include "recovery/backup.h"
#include "recovery/pack.h"
#include "recovery/recover_inner.h"

/* --- what can be had --- */

struct str recover_ends(const struct wal_chain *c, struct arena *arena)
{
	struct str at = wal_position(c->to, arena);

	switch (c->why) {
	case WAL_GAP:
		return arena_fmt(arena, "WAL is missing from %.*s to %.*s: nothing behind that can be recovered", STR_ARG(at),
				 STR_ARG(wal_position(c->next, arena)));
	case WAL_HIDDEN:
		return arena_fmt(arena, "the WAL from %.*s on is hidden behind a delete marker, or not whole", STR_ARG(at));
	case WAL_TIMELINE:
		return arena_fmt(arena, "the server went on on another timeline after %.*s", STR_ARG(at));
	case WAL_UNSET:
	case WAL_ENDS:
	case WAL_NONE:
		break;
	}
	return STR_NONE;
}

bool recover_as_of(const struct wal_archive *a, const struct wal_chain *c, int64_t *ret, struct err *err)
{
	for (const struct wal_piece *p = c->last; c->n && p >= c->first; p--) {
		struct wal_said s;
		struct manifest m;

		if (!p->whole || p->hidden)
			continue;
		if (!wal_archive_said(a, p, &m, &s, err))
			return false;
		*ret = s.as_of_us;
		if (s.as_of_us)
			return true;
	}
	*ret = 0;
	return true;
}

static bool fits(const struct recover_ask *ask, const struct wal_base *b)
{
	if (ask->id.len && !str_eq(ask->id, b->id))
		return false;
	if (ask->until == RECOVER_TIME)
		return b->taken_us <= ask->time_us;
	return ask->until == RECOVER_END || b->position <= ask->position;
}

static bool choose(struct recovering *r, struct err *err)
{
	struct wal_bases all = { .n = 0 };
	const struct wal_base *found = NULL;

	if (!wal_bases(r->ask->vault, r->ask->target, r->ask->key, r->arena, &all, err))
		return false;
	for (size_t i = 0; i < all.n; i++) {
		if (fits(r->ask, &all.list[i]) && (!found || str_cmp(all.list[i].id, found->id) > 0))
			found = &all.list[i];
	}
	if (!found)
		return err_set(err, ERR_STATE, "there is no whole physical backup of %.*s%s that can be believed", STR_ARG(r->ask->target),
			       recover_words(r->ask));
	r->base = *found;
	return backup_manifest(r->ask->vault, r->ask->target, found->id, r->ask->key, r->arena, &r->done->manifest, err);
}

static bool too_far(struct recovering *r, const char *what, struct err *err)
{
	struct str why = recover_ends(&r->chain, r->arena), once = STR_NONE, at = wal_position(r->chain.to, r->arena);
	char as_of[TIMESTAMP_LEN + 1] = "";

	timestamp_text(r->as_of_us ? r->as_of_us : r->base.taken_us, as_of);
	/* Removed by somebody who cannot sign. */
	if (r->ask->quiet_to > r->chain.to)
		once = arena_fmt(r->arena, "; WAL up to %.*s was archived, and is missing",
				 STR_ARG(wal_position(r->ask->quiet_to, r->arena)));
	else
		once = arena_fmt(r->arena, "; what the server has written since is fetched by: pawl backup wal %.*s --once",
				 STR_ARG(r->ask->target));
	return err_set(err, ERR_STATE, "%s is not in the archive: the WAL behind backup %.*s %s %.*s, as of %s%s%.*s%.*s", what,
		       STR_ARG(r->base.id), r->chain.n ? "goes to" : "is not archived; it ends at", STR_ARG(at), as_of,
		       why.len ? "; " : "", STR_ARG(why), STR_ARG(once));
}

static bool reachable(struct recovering *r, struct err *err)
{
	const struct recover_ask *a = r->ask;

	r->archive = (struct wal_archive){ .vault = a->vault, .target = wal_target(a->target, r->arena), .key = a->key,
					   .decrypt = a->decrypt, .arena = r->arena };
	if (!wal_archive_list(&r->archive, err))
		return false;
	wal_chain(r->archive.pieces, r->archive.n, r->base.timeline, r->base.position, &r->chain);
	if (!r->base.timeline)
		r->chain = (struct wal_chain){ .to = r->base.position, .why = WAL_NONE };
	if (!recover_as_of(&r->archive, &r->chain, &r->as_of_us, err))
		return err_prefix(err, "the end of the archive is not to be believed");
	if (a->quiet_to == r->chain.to && a->quiet_us > r->as_of_us)
		r->as_of_us = a->quiet_us;
	r->done->ended = recover_ends(&r->chain, r->arena);
	if (a->until == RECOVER_TIME && a->time_us > (r->as_of_us > r->base.taken_us ? r->as_of_us : r->base.taken_us))
		return too_far(r, "that time", err);
	if (a->until == RECOVER_POSITION && a->position > r->chain.to)
		return too_far(r, "that position", err);
	return true;
}

/* --- files --- */

static bool into_folder(void *ctx, const void *p, size_t n, struct err *err)
{
	return physical_unpack_add(&((struct recovering *)ctx)->unpack, p, n, err);
}

static bool make_folder(struct recovering *r, struct err *err)
{
	const struct recover_ask *a = r->ask;
	struct physical_unpack *u = &r->unpack;
	struct scratch_opts o = { .folder = a->scratch, .confined = a->confined };
	struct stat st;
	char data[PATH_LEN + 16], name[PATH_LEN];
	int n;

	n = snprintf(name, sizeof(name), "%.*s", STR_ARG(a->folder));
	if (n <= 0 || n + 24 >= (int)sizeof(u->folder))
		return err_set(err, ERR_LIMIT, "too long a path: %.*s", STR_ARG(a->folder));
	if (lstat(name, &st) == 0 || errno != ENOENT)
		return err_set(err, ERR_DENIED, "%s is there: name a folder that is not, it is made", name);
	snprintf(u->folder, sizeof(u->folder), "%.*s.unfinished", (int)sizeof(u->folder) - 16, name);
	r->server = scratch_new(err);
	if (!r->server || !scratch_empty(r->server, &o, "postgres", err))
		return false;
	if (!physical_programs(r->done->major, r->server->binaries))
		return err_set(err, ERR_TOOL,
			       "a physical backup of PostgreSQL %u wants a server of the same major version: install postgresql-%u",
			       r->done->major, r->done->major);
	u->owned = r->server->as[0] != '\0';
	u->uid = r->server->uid;
	u->gid = r->server->gid;
	if (mkdir(u->folder, 0700) != 0)
		return errno == EEXIST ? err_set(err, ERR_DENIED,
						 "%s is of a restore that was ended half way, or runs yet: if none runs, remove it",
						 u->folder)
				       : err_sys(err, "%s", u->folder);
	r->made = true;
	if (u->owned && chown(u->folder, u->uid, u->gid) != 0)
		return err_sys(err, "%s", u->folder);
	/* The server finds it where scratch servers have theirs. */
	snprintf(r->server->also, sizeof(r->server->also), "%s", u->folder);
	snprintf(data, sizeof(data), "%s/data", r->server->folder);
	return symlink(u->folder, data) == 0 || err_sys(err, "%s", data);
}

static bool fetch_base(struct recovering *r, struct err *err)
{
	const struct manifest *m = &r->done->manifest;
	struct unpack_from from = { r->ask->vault, r->ask->decrypt, m, DUMP_BYTES, r->arena, NULL };
	struct fingerprint_found found;
	bool good;

	if (m->encrypted_to.len && !r->ask->decrypt)
		return err_set(err, ERR_DENIED, "%.*s is encrypted, and backup.yaml names no key to it here ('identity')",
			       STR_ARG(r->ask->target));
	physical_unpack_begin(&r->unpack);
	good = unpack(&from, into_folder, r, &found, err) && physical_unpack_end(&r->unpack, &r->last_words, err);
	physical_unpack_stop(&r->unpack);
	return good;
}

static bool fetch_wal(struct recovering *r, struct err *err)
{
	struct wal_lay lay = { .archive = &r->archive, .base = &r->base, .into = &r->unpack };

	if (r->ask->until == RECOVER_TIME)
		lay.until_us = r->ask->time_us;
	if (r->ask->until == RECOVER_POSITION)
		lay.until = r->ask->position;
	/* Of a base alone there is nothing to lay. */
	if (!r->chain.n || (lay.until && lay.until <= r->base.position)) {
		r->laid = (struct wal_laid){ .to = r->base.position };
		return wal_tail_read(&lay, &r->laid, &r->tail, err);
	}
	return wal_lay(&lay, &r->laid, err) && wal_tail_read(&lay, &r->laid, &r->tail, err);
}

/* --- the whole --- */

static void clear_away(struct recovering *r)
{
	struct err ignored = { 0 };

	if (r->made && !dir_remove(r->unpack.folder, &ignored))
		return;
}

/* On disk before it has its name. */
static bool finish(struct recovering *r, struct err *err)
{
	char name[PATH_LEN];
	auto_fd fd = open(r->unpack.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	snprintf(name, sizeof(name), "%.*s", STR_ARG(r->ask->folder));
	if (fd < 0 || syncfs(fd) != 0)
		return err_sys(err, "%s", r->unpack.folder);
	if (renameat2(AT_FDCWD, r->unpack.folder, AT_FDCWD, name, RENAME_NOREPLACE) != 0)
		return err_sys(err, "%s", name);
	r->made = false;
	if (syncfs(fd) == 0)
		return true;
	(void)err_sys(err, "%s", name);
	r->made = renameat2(AT_FDCWD, name, AT_FDCWD, r->unpack.folder, RENAME_NOREPLACE) == 0;
	return false;
}

bool recover(const struct recover_ask *ask, struct arena *arena, struct recover_done *ret, struct err *err)
{
	struct recover_done done = { .end = 0 };
	struct recovering r = { .ask = ask, .arena = arena, .done = &done, .unpack = { .fd = -1 } };
	bool good = choose(&r, err) && reachable(&r, err);

	done.major = tools_major(done.manifest.server);
	good = good && make_folder(&r, err) && fetch_base(&r, err) && fetch_wal(&r, err) && recover_run(&r, err) && finish(&r, err);
	if (r.server)
		snprintf(done.binaries, sizeof(done.binaries), "%s", r.server->binaries);
	scratch_stop(r.server);
	if (!good)
		clear_away(&r);
	free((char *)(uintptr_t)r.tail.bytes);
	if (good)
		*ret = done;
	ret->manifest = done.manifest;
	return good;
}
