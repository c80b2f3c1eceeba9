/* The server that recovers a data folder, and what the folder is left with. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/timestamp.h"
#include "recovery/recover_inner.h"

#define LOG_MAX ((size_t)64 << 20)
#define BEFORE ".pawl-before"

static const char *const files[] = { "postgresql.conf", "postgresql.auto.conf", "pg_hba.conf", "pg_ident.conf" };

/* What would reach out, or make somebody wait, from a copy beside the one that lives. */
static const char overrides[] =
	"\n# pawl restore: off, so that this copy reaches nothing of the old server's. Take away what shall be on again.\n"
	"archive_mode = 'off'\narchive_command = ''\nrestore_command = ''\nrecovery_end_command = ''\narchive_cleanup_command = ''\n"
	"primary_conninfo = ''\nprimary_slot_name = ''\nsynchronous_standby_names = ''\nmax_logical_replication_workers = '0'\n";
/* Where the backup has none of its own: it lay outside the data folder. */
static const char small_configuration[] = "listen_addresses = 'localhost'\n";
static const char small_hba[] = "local all all peer\nhost all all 127.0.0.1/32 scram-sha-256\nhost all all ::1/128 scram-sha-256\n";

const char *recover_words(const struct recover_ask *ask)
{
	return ask->id.len ? " of that id, ending before what is asked for," : ask->until == RECOVER_END ? "" : " that ends before that";
}

/* --- its own configuration, out of the way and back --- */

static bool path_of(const struct recovering *r, const char *name, const char *ending, char ret[PATH_LEN + TAR_NAME_MAX])
{
	return snprintf(ret, PATH_LEN + TAR_NAME_MAX, "%s/%s%s", r->unpack.folder, name, ending) > 0;
}

static bool aside(struct recovering *r, struct err *err)
{
	char from[PATH_LEN + TAR_NAME_MAX], to[PATH_LEN + TAR_NAME_MAX];

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		if (!path_of(r, files[i], "", from) || !path_of(r, files[i], BEFORE, to) || (rename(from, to) != 0 && errno != ENOENT))
			return err_sys(err, "%s", from);
	}
	path_of(r, files[0], BEFORE, to);
	r->done->own_files = access(to, F_OK) == 0;
	return true;
}

static bool without_it(struct recovering *r, const char *name, struct err *err)
{
	const char *text = str_is(STR("postgresql.conf"), name) ? small_configuration : str_is(STR("pg_hba.conf"), name) ? small_hba : "";

	return physical_put(&r->unpack, name, str_from(text), err);
}

static bool back(struct recovering *r, struct err *err)
{
	char from[PATH_LEN + TAR_NAME_MAX], to[PATH_LEN + TAR_NAME_MAX];
	auto_buf own = BUF_MAX((size_t)1 << 20);

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		if (!path_of(r, files[i], BEFORE, from) || !path_of(r, files[i], "", to))
			return err_set(err, ERR_LIMIT, "too long a path");
		if (rename(from, to) == 0)
			continue;
		if (errno != ENOENT)
			return err_sys(err, "%s", to);
		if (!without_it(r, files[i], err))
			return false;
	}
	if (!path_of(r, files[1], "", to) || !file_read(to, &own, err))
		return false;
	buf_adds(&own, overrides);
	return physical_put(&r->unpack, files[1], buf_str(&own), err);
}

/* --- recovery --- */

static struct str target_lines(const struct recovering *r)
{
	const struct recover_ask *a = r->ask;
	struct timestamp_parts t;

	if (a->until == RECOVER_POSITION)
		return arena_fmt(r->arena, "recovery_target_lsn = '%.*s'\n", STR_ARG(wal_position(a->position, r->arena)));
	if (a->until != RECOVER_TIME)
		return STR("");
	t = timestamp_split(a->time_us);
	return arena_fmt(r->arena, "recovery_target_time = '%04d-%02d-%02d %02d:%02d:%02d.%06d+00'\nrecovery_target_inclusive = on\n",
			 t.year, t.month, t.day, t.hour, t.minute, t.second, (int)(a->time_us % 1000000));
}

static bool server_log(const struct recovering *r, struct buf *ret, struct err *err)
{
	char path[PATH_LEN + 16];

	snprintf(path, sizeof(path), "%s/log", r->server->folder);
	return file_read(path, ret, err);
}

static bool start(struct recovering *r, struct str target, struct err *err)
{
	return target.ptr && physical_quiet(&r->unpack, scratch_socket(r->server), target, err) && physical_start(r->server, NULL, err);
}

/* The archive has all that was committed by then (reachable()), and nothing that was committed later: its end is the moment. */
static bool ended_before(const struct recovering *r)
{
	auto_buf log = BUF_MAX(LOG_MAX);

	return r->ask->until != RECOVER_END && server_log(r, &log, NULL) &&
	       str_find(buf_str(&log), STR("recovery ended before configured recovery target was reached")) != SIZE_MAX;
}

static bool went_all_the_way(struct recovering *r, struct err *err)
{
	return !wal_tail_goes_on(&r->tail, r->done->end) ||
	       err_set(err, ERR_BROKEN, "recovery ended at %.*s, and the archive goes on to %.*s: the WAL in between cannot be read",
		       STR_ARG(wal_position(r->done->end, r->arena)), STR_ARG(wal_position(r->laid.to, r->arena)));
}

static struct str last_time(struct recovering *r, struct str log)
{
	static const struct str says = STR_INIT("last completed transaction was at log time ");
	struct str found = STR_NONE;

	for (size_t at; (at = str_find(log, says)) != SIZE_MAX;) {
		log = str_sub(log, at + says.len, log.len);
		found = str_sub(log, 0, str_find_char(log, '\n'));
	}
	return arena_str(r->arena, str_trim(found));
}

bool recover_run(struct recovering *r, struct err *err)
{
	auto_buf log = BUF_MAX(LOG_MAX);
	bool all = r->ask->until == RECOVER_END;

	if (!aside(r, err))
		return false;
	if (!start(r, target_lines(r), err)) {
		if (!ended_before(r) || !start(r, STR(""), err))
			return err_prefix(err, "it could not be recovered");
		all = true;
	}
	if (!physical_ended(&r->unpack, &r->done->timeline, &r->done->end, err) || (all && r->laid.pieces && !went_all_the_way(r, err)))
		return false;
	r->done->pieces = r->laid.pieces;
	if (!physical_stop(r->server, NULL, err) || !server_log(r, &log, err))
		return false;
	r->done->last = last_time(r, buf_str(&log));
	return back(r, err);
}
