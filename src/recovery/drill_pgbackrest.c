/* A backup that pgBackRest took: restored by it into a scratch server's folder, the WAL up to the position fetched from its archive beside
 * it, and recovered there, shut in, as any other backup of files. */
#include <stdio.h>
#include <string.h>

#include "recovery/drill_physical.h"
#include "recovery/pgbackrest.h"
#include "recovery/pgbackrest_record.h"
#include "recovery/source.h"

#define RECORD_MAX ((size_t)64 << 10)

/* What pgBackRest says of a repository that is not what it was; anything else may pass. */
static enum drill_code refusal(const char *says)
{
	static const struct {
		const char *says;
		enum drill_code code;
	} words[] = {
		{ "No space left", DRILL_BROKE_OFF }, { "Permission denied", DRILL_NO_VAULT },
		{ "hecksum", DRILL_BYTES },	      { "issing file", DRILL_BYTES },
		{ "FileMissing", DRILL_BYTES },	      { "FormatError", DRILL_BYTES },
		{ "ecompress", DRILL_BYTES },	      { "inflate", DRILL_BYTES },
		{ "does not exist", DRILL_BYTES },
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strstr(says, words[i].says))
			return words[i].code;
	}
	return DRILL_BROKE_OFF;
}

static bool gather(void *ctx, const void *p, size_t n, struct err *err)
{
	struct buf *b = ctx;

	buf_add(b, (struct str){ p, n });
	return !b->failed || err_set(err, ERR_LIMIT, "a record that is larger than it may be");
}

static bool is_there(struct drill_run *r, const struct pgbackrest_run *run, struct str label)
{
	struct pgbackrest_info i;
	struct err err = { 0 };

	if (!pgbackrest_info(run, &i, &err))
		return drill_because(r, DRILL_NO_VAULT, "%s", err.msg);
	for (const struct pgbackrest_set *s = i.sets; s; s = s->next) {
		if (str_eq(s->label, label))
			return true;
	}
	return drill_because(r, DRILL_BYTES, "the backup %.*s is gone from the repository of pgBackRest", STR_ARG(label));
}

/* Its own lock and no log: a backup that runs meanwhile is not disturbed. */
static bool restored(struct drill_physical *p, const struct pgbackrest_run *run, struct str label)
{
	struct arena *a = p->r->arena;
	struct str path = arena_fmt(a, "--pg1-path=%s", p->unpack.folder), lock = arena_fmt(a, "--lock-path=%s", p->server->folder);
	struct str set = arena_fmt(a, "--set=%.*s", STR_ARG(label));
	const char *repo = run->p->repo.len ? arena_fmt(a, "--repo=%.*s", STR_ARG(run->p->repo)).ptr : NULL;
	const char *const words[] = { "restore", path.ptr, lock.ptr, set.ptr, "--type=none", "--reset-pg1-host",
				      "--log-level-file=off", repo };
	size_t n = ARRAY_LEN(words) - (run->p->repo.len ? 0 : 1);
	struct err err = { 0 };

	return pgbackrest_do(run, words, n, &err) || drill_because(p->r, refusal(err.msg), "it does not restore: %s", err.msg);
}

static bool fetched(struct drill_physical *p, const struct pgbackrest_run *run, const struct pgbackrest_record *rec)
{
	struct arena *a = p->r->arena;
	struct str path = arena_fmt(a, "--pg1-path=%s", p->unpack.folder), lock = arena_fmt(a, "--lock-path=%s", p->server->folder);
	uint64_t first, last;
	uint32_t timeline;

	if (!physical_segment(rec->first, rec->segment, &timeline, &first) || !physical_segment(rec->last, rec->segment, &timeline, &last))
		return drill_because(p->r, DRILL_ERROR, "the record names no WAL");
	for (uint64_t n = first; n <= last; n++) {
		char name[PHYSICAL_SEGMENT_LEN + 1], to[PATH_LEN + 48];
		const char *const words[] = { "archive-get", name, to, path.ptr, lock.ptr, "--reset-pg1-host",
					      "--log-level-file=off" };
		struct err err = { 0 };

		physical_segment_name(timeline, n, rec->segment, name);
		snprintf(to, sizeof(to), "%s/pg_wal/%s", p->unpack.folder, name);
		if (!pgbackrest_do(run, words, ARRAY_LEN(words), &err))
			return drill_because(p->r, stall_over(p->r->stall) ? DRILL_BROKE_OFF : DRILL_WAL,
					     "WAL %s cannot be had from the archive of pgBackRest: %s", name, err.msg);
	}
	return true;
}

static bool files(struct drill_physical *p)
{
	const struct drill_ask *ask = p->r->ask;
	auto_buf b = BUF_MAX(RECORD_MAX);
	struct pgbackrest_run run = { .p = ask->pgbackrest, .stall = p->r->stall, .arena = p->r->arena };
	struct pgbackrest_record record;
	struct err err = { 0 };

	if (!run.p)
		return drill_because(p->r, DRILL_NO_VAULT, "backup.yaml names no stanza for it any more ('pgbackrest')");
	if (!drill_unpack(p->r, gather, &b))
		return false;
	if (!pgbackrest_record_read(buf_str(&b), p->r->arena, &record, &p->end, &err))
		return drill_because(p->r, DRILL_ERROR, "%s", err.msg);
	if (!str_eq(record.stanza, run.p->stanza))
		return drill_because(p->r, DRILL_NO_VAULT, "it is of stanza %.*s, backup.yaml names %.*s", STR_ARG(record.stanza),
				     STR_ARG(run.p->stanza));
	if (!drill_physical_ready(p))
		return false;
	/* The files are the scratch server's. */
	run.user = str_from(p->server->as);
	return is_there(p->r, &run, record.label) && restored(p, &run, record.label) && fetched(p, &run, &record);
}

bool drill_pgbackrest(struct drill_run *r)
{
	return drill_physical_with(r, files);
}
