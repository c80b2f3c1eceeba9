/* A server on restored files, cut off from everything that its configuration reaches. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "recovery/physical.h"
#include "recovery/wal.h"

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

bool physical_quiet(const struct physical_unpack *u, const char *socket, struct str target, struct err *err)
{
	auto_buf text = BUF_MAX(8192);
	char path[PATH_LEN + 32];

	buf_adds(&text, configuration);
	buf_addf(&text, "unix_socket_directories = '%s'\n%.*s", socket, STR_ARG(target));
	snprintf(path, sizeof(path), "%s/standby.signal", u->folder);
	if (unlink(path) != 0 && errno != ENOENT)
		return err_sys(err, "%s", path);
	return physical_put(u, "postgresql.conf", buf_str(&text), err) && physical_put(u, "postgresql.auto.conf", STR(""), err) &&
	       physical_put(u, "pg_hba.conf", STR("local all all trust\n"), err) && physical_put(u, "pg_ident.conf", STR(""), err) &&
	       physical_put(u, "recovery.signal", STR(""), err);
}

bool physical_start(struct scratch *s, struct stall *stall, struct err *err)
{
	char program[PATH_LEN + 16], data[PATH_LEN + 16];
	char *argv[SCRATCH_WORDS + 4] = { program, (char[]){ "-D" }, data, NULL };

	snprintf(program, sizeof(program), "%s/postgres", s->binaries);
	snprintf(data, sizeof(data), "%s/data", s->folder);
	/* Recovery takes its time. */
	return scratch_spawn(s, argv, err) && scratch_wait_long(s, "data/postmaster.pid", "\nready", stall, err);
}

bool physical_stop(struct scratch *s, struct stall *stall, struct err *err)
{
	int status = -1;

	if (s->pid <= 0 || kill(s->pid, SIGINT) != 0)
		return err_set(err, ERR_TOOL, "the recovered server ended by itself");
	/* A checkpoint of all that was recovered. */
	stall_reads(stall, 0);
	while (waitpid(s->pid, &status, WNOHANG) == 0) {
		if (stall_over(stall))
			return err_set(err, ERR_TOOL, "the recovered server does not end");
		usleep(10000);
	}
	s->pid = -1;
	return status == 0 || err_set(err, ERR_TOOL, "the recovered server did not end as it should");
}

/* "00000002.history" */
static bool newest_history(const char *folder, char ret[32], uint32_t *ret_timeline)
{
	DIR *d = opendir(folder);
	uint32_t most = 0, timeline;
	uint64_t none;
	char text[PHYSICAL_SEGMENT_LEN + 1];

	for (const struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
		struct str name = str_from(e->d_name);

		snprintf(text, sizeof(text), "%.8s0000000000000000", e->d_name);
		if (name.len != 16 || !str_ends(name, STR(".history")) || !physical_segment(str_from(text), 1 << 20, &timeline, &none) ||
		    timeline <= most)
			continue;
		most = timeline;
		snprintf(ret, 32, "%.16s", e->d_name);
	}
	if (d)
		closedir(d);
	*ret_timeline = most;
	return most != 0;
}

bool physical_ended(const struct physical_unpack *u, uint32_t *ret_timeline, uint64_t *ret_end, struct err *err)
{
	char folder[PATH_LEN + 16], name[32], path[PATH_LEN + 64];
	auto_buf text = BUF_MAX((size_t)1 << 20);
	uint64_t end;

	snprintf(folder, sizeof(folder), "%s/pg_wal", u->folder);
	if (!newest_history(folder, name, ret_timeline))
		return err_set(err, ERR_TOOL, "the recovered server began no timeline of its own");
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (!file_read(path, &text, err))
		return false;
	if (!wal_switch(buf_str(&text), &end))
		return err_set(err, ERR_TOOL, "the recovered server does not say where it ended (%s)", name);
	*ret_end = end;
	return true;
}
