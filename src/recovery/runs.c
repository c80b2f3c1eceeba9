#include "recovery/runs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fd.h"

#define PATH_LEN 4200
#define RUNS_MAX ((size_t)64 << 10)

static const struct record_member run_members[] = {
	RECORD(struct run, began_us, RECORD_TIME), RECORD(struct run, ended_us, RECORD_TIME), RECORD(struct run, good, RECORD_FLAG),
	RECORD(struct run, why, RECORD_TEXT),	   RECORD(struct run, bytes, RECORD_COUNT),
};
static const struct record_kind run_kind = RECORD_KIND(struct run, run_members);

static const struct record_member members[] = {
	RECORD_OF(struct runs, backup, RECORD_STRUCT, &run_kind), RECORD_OF(struct runs, drill, RECORD_STRUCT, &run_kind),
	RECORD(struct runs, point_in_time, RECORD_TEXT),	  RECORD(struct runs, paged_backup_us, RECORD_TIME),
	RECORD(struct runs, paged_drill_us, RECORD_TIME),	  RECORD(struct runs, paged_vault_us, RECORD_TIME),
	RECORD(struct runs, unfit, RECORD_TEXT),		  RECORD(struct runs, renewed_us, RECORD_TIME),
};
static const struct record_kind kind = RECORD_KIND(struct runs, members);
/* As it was before one that is no good was taken anew at once; and before anybody was told of the vault. */
static const struct record_kind old_kinds[] = {
	{ .members = members, .n = ARRAY_LEN(members) - 2, .size = sizeof(struct runs) },
	{ .members = members, .n = ARRAY_LEN(members) - 3, .size = sizeof(struct runs) },
};

static bool path_of(struct str folder, struct str target, const char *ending, char ret[PATH_LEN])
{
	int n = snprintf(ret, PATH_LEN, "%.*s/%.*s%s", STR_ARG(folder), STR_ARG(target), ending);

	return n > 0 && n < PATH_LEN;
}

void runs_load(struct str folder, struct str target, struct arena *arena, struct runs *ret)
{
	auto_buf b = BUF_MAX(RUNS_MAX);
	char path[PATH_LEN];
	struct str json;

	*ret = (struct runs){ .point_in_time = STR_NONE };
	if (!path_of(folder, target, ".json", path) || !file_exists(path) || !file_read(path, &b, NULL))
		return;
	json = arena_str(arena, buf_str(&b));
	(void)!(record_read(&kind, target, json, arena, ret, NULL) || record_read(&old_kinds[0], target, json, arena, ret, NULL) ||
		record_read(&old_kinds[1], target, json, arena, ret, NULL));
}

bool runs_store(struct str folder, struct str target, const struct runs *r, struct arena *arena, struct err *err)
{
	struct runs cut = *r;
	char path[PATH_LEN], dir[PATH_LEN];
	struct str json;

	cut.backup.why = str_sub(r->backup.why, 0, 2000);
	cut.drill.why = str_sub(r->drill.why, 0, 2000);
	if (!path_of(folder, target, ".json", path) || !path_of(folder, STR_NONE, "", dir))
		return err_set(err, ERR_LIMIT, "%.*s: path too long", STR_ARG(folder));
	json = record_write(&kind, &cut, arena, err);
	return json.ptr && dir_make(dir, 0700, err) && file_replace(path, json, 0600, err);
}

bool runs_lock(struct str folder, struct str target, enum runs_work work, int *ret_fd, struct err *err)
{
	static const struct {
		const char *ending, *said;
	} works[] = {
		[RUNS_WHOLE] = { ".lock", "is being backed up or drilled" },
		[RUNS_WAL] = { ".wal.lock", "has its WAL kept" },
	};
	char path[PATH_LEN], dir[PATH_LEN], pid[32];
	auto_fd fd = -1;
	ssize_t n;

	if (!path_of(folder, target, works[work].ending, path) || !path_of(folder, STR_NONE, "", dir))
		return err_set(err, ERR_LIMIT, "%.*s: path too long", STR_ARG(folder));
	if (!dir_make(dir, 0700, err))
		return false;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(err, "%s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		n = pread(fd, pid, sizeof(pid) - 1, 0);
		return errno == EWOULDBLOCK ? err_set(err, ERR_STATE, "%.*s %s just now, by process %.*s", STR_ARG(target),
						      works[work].said, n > 0 ? (int)n : 1, n > 0 ? pid : "?") :
					      err_sys(err, "%s", path);
	}
	n = snprintf(pid, sizeof(pid), "%d", (int)getpid());
	if (ftruncate(fd, 0) != 0 || pwrite(fd, pid, (size_t)n, 0) != n)
		return err_sys(err, "%s", path);
	*ret_fd = fd_take(&fd);
	return true;
}
