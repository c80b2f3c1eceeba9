#include <signal.h>
#include <stdio.h>

#include "recovery/scratch_inner.h"

#define LOG_SIZE "--innodb-log-file-size=8M"

static bool make(struct scratch *s, char *data, struct err *err)
{
	char at[PATH_LEN + 32], tmp[PATH_LEN + 32];
	char *argv[16 + SCRATCH_WORDS] = { (char[]){ "mariadb-install-db" },
					   (char[]){ "--no-defaults" },
					   at,
					   (char[]){ "--auth-root-authentication-method=normal" },
					   (char[]){ "--skip-test-db" },
					   (char[]){ LOG_SIZE },
					   tmp,
					   NULL };

	snprintf(at, sizeof(at), "--datadir=%s", data);
	snprintf(tmp, sizeof(tmp), "--tmpdir=%s", s->socket);
	return scratch_run(s, argv, false, err);
}

static bool spawn(struct scratch *s, char *program, struct err *err)
{
	static const char *const words[] = { "--no-defaults",
					     "--skip-networking",
					     "--skip-name-resolve",
					     "--skip-log-bin",
					     "--performance-schema=OFF",
					     "--innodb-buffer-pool-size=128M",
					     LOG_SIZE,
					     "--innodb-flush-log-at-trx-commit=0",
					     "--innodb-doublewrite=OFF",
					     "--innodb-flush-method=nosync",
					     "--innodb-stats-persistent=OFF",
					     "--max-allowed-packet=1G",
					     "--local-infile=OFF",
					     "--event-scheduler=OFF",
					     "--default-time-zone=+00:00",
					     "--character-set-server=utf8mb4" };
	char data[PATH_LEN + 32], socket[PATH_LEN + 48], pid[PATH_LEN + 32], tmp[PATH_LEN + 32];
	char *argv[ARRAY_LEN(words) + 8 + SCRATCH_WORDS] = { program };
	size_t n = 1;

	snprintf(data, sizeof(data), "--datadir=%s/data", s->folder);
	snprintf(socket, sizeof(socket), "--socket=%s/s", s->socket);
	snprintf(pid, sizeof(pid), "--pid-file=%s/pid", s->folder);
	snprintf(tmp, sizeof(tmp), "--tmpdir=%s", s->socket);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		argv[n++] = (char *)(uintptr_t)words[i];
	argv[n++] = data;
	argv[n++] = socket;
	argv[n++] = pid;
	argv[n++] = tmp;
	argv[n] = NULL;
	s->ends = SIGKILL; /* it would take its time to put all in order */
	return scratch_spawn(s, argv, err);
}

bool scratch_start_mysql(const struct scratch_opts *o, struct str version, struct scratch **ret,
			 struct err *err)
{
	char name[40], program[TOOLS_PATH];
	struct scratch_kind kind = { "mysql", name, make };
	struct scratch *s;
	bool good;

	if (!tools_find("mariadbd", program, err))
		return err_set(err, ERR_TOOL,
			       "there is no MariaDB server here to restore into: install "
			       "mariadb-server");
	s = scratch_new(err);
	if (!s)
		return false;
	snprintf(name, sizeof(name), "mariadb-%.*s", (int)(version.len < 24 ? version.len : 24),
		 version.ptr);
	good = scratch_prepare(s, o, &kind, err) && spawn(s, program, err) &&
	       scratch_wait(s, "log", "ready for connections", err);
	if (!good) {
		scratch_stop(s);
		return false;
	}
	*ret = s;
	return true;
}
