/* A server on restored files, cut off from everything that its configuration reaches. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "recovery/physical.h"

#define WAIT_TIMES 120 /* of scratch_wait's minute */

bool physical_programs(unsigned major, char ret[TOOLS_PATH])
{
	char path[TOOLS_PATH + 32];
	int n = snprintf(ret, TOOLS_PATH, "/usr/lib/postgresql/%u/bin", major);

	snprintf(path, sizeof(path), "%s/postgres", ret);
	return (n > 0 && access(path, X_OK) == 0) || tools_postgres("postgres", ret) == major;
}

/* Whatever stood there is not read: this is all of the configuration. Libraries that a server loads at its start, workers of extensions,
 * subscriptions, archiving, standbys, a network: none. */
static const char configuration[] =
	"port = " SCRATCH_PORT "\n"
	"listen_addresses = ''\nunix_socket_permissions = 0700\nssl = off\nlogging_collector = off\nlog_destination = stderr\n"
	"lc_messages = 'C'\ntimezone = 'UTC'\n"
	"shared_preload_libraries = ''\nsession_preload_libraries = ''\nlocal_preload_libraries = ''\n"
	"max_logical_replication_workers = 0\nprimary_conninfo = ''\nprimary_slot_name = ''\nsynchronous_standby_names = ''\n"
	"archive_mode = off\narchive_command = ''\narchive_cleanup_command = ''\nrecovery_end_command = ''\n"
	"max_wal_senders = 0\nmax_replication_slots = 100\nmax_prepared_transactions = 1000\nhot_standby = off\nautovacuum = off\n"
	"fsync = off\nfull_page_writes = off\nsynchronous_commit = off\ncheckpoint_timeout = 1d\nmax_wal_size = 64GB\n"
	"shared_buffers = 128MB\njit = off\n"
	"restore_command = 'false'\nrecovery_target_timeline = 'current'\nrecovery_target_inclusive = off\n"
	"recovery_target_action = promote\n";

bool physical_quiet(const struct physical_unpack *u, const char *socket, struct str position, struct err *err)
{
	auto_buf text = BUF_MAX(8192);
	char path[PATH_LEN + 32];

	buf_adds(&text, configuration);
	buf_addf(&text, "unix_socket_directories = '%s'\nrecovery_target_lsn = '%.*s'\n", socket, STR_ARG(position));
	snprintf(path, sizeof(path), "%s/standby.signal", u->folder);
	if (unlink(path) != 0 && errno != ENOENT)
		return err_sys(err, "%s", path);
	return physical_put(u, "postgresql.conf", buf_str(&text), err) && physical_put(u, "postgresql.auto.conf", STR(""), err) &&
	       physical_put(u, "pg_hba.conf", STR("local all all trust\n"), err) && physical_put(u, "pg_ident.conf", STR(""), err) &&
	       physical_put(u, "recovery.signal", STR(""), err);
}

bool physical_start(struct scratch *s, struct err *err)
{
	char program[PATH_LEN + 16], data[PATH_LEN + 16];
	char *argv[SCRATCH_WORDS + 4] = { program, (char[]){ "-D" }, data, NULL };

	snprintf(program, sizeof(program), "%s/postgres", s->binaries);
	snprintf(data, sizeof(data), "%s/data", s->folder);
	if (!scratch_spawn(s, argv, err))
		return false;
	/* Recovery takes its time. */
	for (int i = 0; i < WAIT_TIMES; i++) {
		if (scratch_wait(s, "data/postmaster.pid", "\nready", err))
			return true;
		if (!scratch_alive(s))
			break;
	}
	return false;
}
