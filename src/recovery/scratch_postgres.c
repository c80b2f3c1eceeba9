#include <stdio.h>

#include "recovery/scratch_inner.h"

static bool make(struct scratch *s, char *data, struct err *err)
{
	char initdb[PATH_LEN + 16];
	char *argv[24] = { initdb,
			   (char[]){ "-D" },
			   data,
			   (char[]){ "-U" },
			   (char[]){ SCRATCH_USER },
			   (char[]){ "--auth=trust" },
			   (char[]){ "--no-sync" },
			   (char[]){ "--encoding=UTF8" },
			   (char[]){ "--locale=C.UTF-8" },
			   (char[]){ "--wal-segsize=1" },
			   (char[]){ "--no-instructions" },
			   NULL };

	snprintf(initdb, sizeof(initdb), "%s/initdb", s->binaries);
	return scratch_run(s, argv, false, err);
}

static bool spawn(struct scratch *s, bool lasting, struct err *err)
{
	static const char *const thrown_away[] = { "fsync=off",
						   "synchronous_commit=off",
						   "full_page_writes=off",
						   "wal_level=minimal",
						   "max_wal_senders=0",
						   "autovacuum=off",
						   "checkpoint_timeout=1d",
						   "max_wal_size=64GB" };
	static const char *const common[] = { "listen_addresses=",
					      "shared_buffers=128MB",
					      "maintenance_work_mem=256MB",
					      "unix_socket_permissions=0700",
					      "logging_collector=off",
					      "jit=off",
					      "max_parallel_maintenance_workers=2",
					      "timezone=UTC" };
	char program[PATH_LEN + 16], data[PATH_LEN + 16];
	char *argv[64] = { program, (char[]){ "-D" }, data, (char[]){ "-k" }, s->socket };
	static char set[] = "-c";
	size_t n = 5;

	snprintf(program, sizeof(program), "%s/postgres", s->binaries);
	snprintf(data, sizeof(data), "%s/data", s->folder);
	for (size_t i = 0; i < ARRAY_LEN(common) + (lasting ? 0 : ARRAY_LEN(thrown_away)); i++) {
		const char *word =
			i < ARRAY_LEN(common) ? common[i] : thrown_away[i - ARRAY_LEN(common)];

		argv[n++] = set;
		argv[n++] = (char *)(uintptr_t)word;
	}
	argv[n] = NULL;
	return scratch_spawn(s, argv, err);
}

bool scratch_start(const struct scratch_opts *o, struct scratch **ret, unsigned *ret_major,
		   struct err *err)
{
	struct scratch *s = scratch_new(err);
	char name[16];
	struct scratch_kind kind = { "postgres", name, make };
	bool good;

	*ret_major = 0;
	if (!s)
		return false;
	*ret_major = tools_postgres("initdb", s->binaries);
	snprintf(name, sizeof(name), "%u", *ret_major);
	if (!*ret_major)
		good = err_set(
			err, ERR_TOOL,
			"there is no PostgreSQL server here to restore into: install postgresql-%u",
			o->major);
	else if (*ret_major < o->major)
		good = err_set(err, ERR_TOOL,
			       "the PostgreSQL server here is %u, the backup is of %u: install "
			       "postgresql-%u",
			       *ret_major, o->major, o->major);
	else
		/* The last line of its pid file says when it is. */
		good = scratch_prepare(s, o, &kind, err) && spawn(s, o->lasting, err) &&
		       scratch_wait(s, "data/postmaster.pid", "\nready", err);
	if (!good) {
		scratch_stop(s);
		return false;
	}
	*ret = s;
	return true;
}
