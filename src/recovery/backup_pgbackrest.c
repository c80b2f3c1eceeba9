/* PostgreSQL by pgBackRest: it takes the backup into its own repository; the vault holds a signed record of which one, of a position in the
 * WAL behind it, and of rows and answers as of that position. The WAL up to there is in the archive before it counts. */
#include <stdio.h>

#include "base/json.h"
#include "recovery/backup_physical.h"
#include "recovery/pgbackrest.h"
#include "recovery/pgbackrest_record.h"
#include "recovery/source.h"

#define RECORD_MAX ((size_t)64 << 10)

static struct pgbackrest_run runner(const struct backup_run *r)
{
	return (struct pgbackrest_run){ .p = r->ask->pgbackrest, .stall = r->stall, .arena = r->arena };
}

/* What it says of itself before and after: the one that is new is ours. */
static bool take_it(const struct pgbackrest_run *run, struct pgbackrest_set *ret, struct err *err)
{
	const char *repo = run->p->repo.len ? arena_fmt(run->arena, "--repo=%.*s", STR_ARG(run->p->repo)).ptr : NULL;
	const char *const words[] = { "backup", repo };
	struct pgbackrest_info before, after;

	if (!pgbackrest_info(run, &before, err) || !pgbackrest_do(run, words, run->p->repo.len ? 2 : 1, err) ||
	    !pgbackrest_info(run, &after, err))
		return false;
	if (!after.sets || (before.sets && str_eq(before.sets->label, after.sets->label)))
		return err_set(err, ERR_TOOL, "pgbackrest ended well, and there is no new backup in the repository");
	if (after.sets->error)
		return err_set(err, ERR_TOOL, "pgbackrest found pages with wrong checksums in %.*s", STR_ARG(after.sets->label));
	*ret = *after.sets;
	return true;
}

/* `check` switches to a new segment and waits until the one before it is in the archive. */
static bool archive(struct backup_physical *p, const struct pgbackrest_run *run, const struct pgbackrest_set *set,
		    struct pgbackrest_record *ret, struct err *err)
{
	static const char *const words[] = { "check" };
	struct pgbackrest_info now;
	uint64_t number;

	if (!physical_segment(set->start, p->segment, &ret->timeline, &number))
		return err_set(err, ERR_TOOL, "pgbackrest names WAL that is none: %.*s", STR_ARG(set->start));
	p->timeline = ret->timeline;
	ret->first = set->start;
	physical_segment_name(ret->timeline, p->until / p->segment, p->segment, ret->last_text);
	ret->last = str_from(ret->last_text);
	if (!pgbackrest_do(run, words, ARRAY_LEN(words), err) || !pgbackrest_info(run, &now, err))
		return err_prefix(err, "the WAL of it is not archived");
	return str_cmp(now.wal_max, ret->last) >= 0 ||
	       err_set(err, ERR_TOOL, "the WAL of it is not archived: %.*s is wanted, %.*s is the newest there", STR_ARG(ret->last),
		       STR_ARG(now.wal_max));
}

static bool whole(struct backup_physical *p, struct err *err)
{
	struct backup_run *r = p->r;
	struct pgbackrest_run run = runner(r);
	struct pgbackrest_record record = { .stanza = run.p->stanza };
	struct pgbackrest_set set;
	auto_buf b = BUF_MAX(RECORD_MAX);
	struct str version;

	if (!backup_physical_look(p, err) || !backup_physical_segment_size(p, err) || !pgbackrest_version(&run, &version, err) ||
	    !take_it(&run, &set, err) || !backup_physical_moment(p, err) || !archive(p, &run, &set, &record, err) ||
	    !backup_physical_answers(p, err))
		return false;
	r->m->tool = version;
	r->about = 0;
	record.label = set.label;
	record.segment = p->segment;
	record.end = physical_end_text(&p->end, r->arena);
	if (!record.end.ptr || !pgbackrest_record_write(&record, &b))
		return err_set(err, ERR_INPUT, "the name of the database or of its superuser cannot stand in a line");
	return backup_chunk(r, b.ptr, b.len, err);
}

static bool take_pgbackrest(struct backup_run *r, struct err *err)
{
	return backup_physical_with(r, false, whole, err);
}

const struct source source_pgbackrest = { BACKUP_PGBACKREST, DUMP_BYTES, true, take_pgbackrest, drill_pgbackrest,
						"each table's number of rows and every answer as they were" };
