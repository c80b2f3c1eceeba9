#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"

#include "recovery/scratch_inner.h"

static bool init(struct scratch *s, char *data, struct err *err)
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

/* Statements to a server of one session, in ${database}; it ends. */
static bool told(struct scratch *s, char *data, const char *database, const char *sql, struct err *err)
{
	char program[PATH_LEN + 16], name[32];
	char *argv[24] = { program, (char[]){ "--single" }, (char[]){ "-F" }, (char[]){ "-j" }, (char[]){ "-c" },
			   (char[]){ "min_wal_size=2MB" }, (char[]){ "-c" }, (char[]){ "exit_on_error=on" }, (char[]){ "-D" }, data, name,
			   NULL };

	snprintf(program, sizeof(program), "%s/postgres", s->binaries);
	snprintf(name, sizeof(name), "%s", database);
	return scratch_run_with(s, argv, str_from(sql), err);
}

/* What a server is copied for is one database; the three that initdb makes are two thirds of its files. */
static bool make_single(struct scratch *s, char *data, struct err *err)
{
	return init(s, data, err) &&
	       told(s, data, "template1", "CREATE DATABASE " SCRATCH_DATABASE " TEMPLATE template0;\n\n", err) &&
	       told(s, data, SCRATCH_DATABASE,
		    "UPDATE pg_database SET datistemplate = false WHERE datname = 'template0';\n\nDROP DATABASE template0;\n\n"
		    "ALTER DATABASE template1 IS_TEMPLATE false;\n\nDROP DATABASE template1;\n\nDROP DATABASE postgres;\n\n",
		    err);
}

/* Over the network of this machine one role may come in, by its password; the socket's folder keeps others out of the rest. */
static bool write_hba(struct scratch *s, const struct scratch_opts *o, char *ret_word, size_t size, struct err *err)
{
	char path[PATH_LEN + 16], text[200];
	int n = snprintf(text, sizeof(text), "local all all trust\nhost all %s 127.0.0.1/32 scram-sha-256\n", o->role);

	snprintf(path, sizeof(path), "%s/hba", s->folder);
	snprintf(ret_word, size, "hba_file=%s", path);
	if (!file_replace(path, (struct str){ text, (size_t)n }, 0600, err))
		return false;
	return !s->as[0] || chown(path, s->uid, s->gid) == 0 || err_sys(err, "%s", path);
}

static bool spawn(struct scratch *s, const struct scratch_opts *o, struct err *err)
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
					      /* Rows in the order in which they lie, whoever else reads the table. */
					      "synchronize_seqscans=off",
					      "timezone=UTC" };
	char program[PATH_LEN + 16], data[PATH_LEN + 16];
	char *argv[64] = { program, (char[]){ "-D" }, data, (char[]){ "-k" }, s->socket };
	static char set[] = "-c";
	char hba[PATH_LEN + 32], port[32] = "port=" SCRATCH_PORT;
	char *open_to[] = { (char[]){ "listen_addresses=127.0.0.1" }, hba, (char[]){ "password_encryption=scram-sha-256" } };
	size_t n = 5, n_thrown = o->lasting ? 3 : ARRAY_LEN(thrown_away); /* the first three are about power cuts */

	if (o->port)
		snprintf(port, sizeof(port), "port=%u", o->port);
	if (o->port && !write_hba(s, o, hba, sizeof(hba), err))
		return false;

	snprintf(program, sizeof(program), "%s/postgres", s->binaries);
	snprintf(data, sizeof(data), "%s/data", s->folder);
	for (size_t i = 0; i < ARRAY_LEN(common) + n_thrown; i++) {
		const char *word =
			i < ARRAY_LEN(common) ? common[i] : thrown_away[i - ARRAY_LEN(common)];

		argv[n++] = set;
		argv[n++] = (char *)(uintptr_t)word;
	}
	for (size_t i = 0; o->port && i < ARRAY_LEN(open_to); i++) {
		argv[n++] = set;
		argv[n++] = open_to[i];
	}
	argv[n++] = set;
	argv[n++] = port;
	argv[n] = NULL;
	return scratch_spawn(s, argv, err);
}

bool scratch_start(const struct scratch_opts *o, struct scratch **ret, unsigned *ret_major,
		   struct err *err)
{
	struct scratch *s = scratch_new(err);
	char name[16];
	struct scratch_kind kind = { "postgres", name, o->single ? make_single : init };
	bool good;

	*ret_major = 0;
	if (!s)
		return false;
	*ret_major = tools_postgres("initdb", s->binaries);
	snprintf(name, sizeof(name), "%u%s", *ret_major, o->single ? "-single" : "");
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
		good = scratch_prepare(s, o, &kind, err) && spawn(s, o, err) &&
		       scratch_wait(s, "data/postmaster.pid", "\nready", err);
	if (!good) {
		scratch_stop(s);
		return false;
	}
	*ret = s;
	return true;
}
