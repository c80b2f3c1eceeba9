#include "cli/scratch_keep.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "cli/bring_open.h"
#include "recovery/ending.h"
#include "recovery/mask.h"
#include "recovery/scratch.h"
#include "recovery/tools.h"

#define AGENT "agent"
#define LOOK_US 200000

struct keeper {
	const struct scratch_keep_ask *ask;
	struct bring_open o;
	struct scratch *server;
	struct scratch_copy copy;
	struct point point;
	char password[33], connect[600];
	unsigned port;
	int64_t until_s; /* of the clock that no one sets */
};

/* --- what it is made of --- */

static int64_t boot_s(void)
{
	struct timespec t;

	return clock_gettime(CLOCK_BOOTTIME, &t) == 0 ? (int64_t)t.tv_sec : 0;
}

static bool hex(char *ret, size_t bytes, struct err *err)
{
	unsigned char b[32];

	if (getrandom(b, bytes, 0) != (ssize_t)bytes)
		return err_sys(err, "getrandom");
	for (size_t i = 0; i < bytes; i++)
		snprintf(ret + 2 * i, 3, "%02x", b[i]);
	return true;
}

static unsigned free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	auto_fd fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, n) != 0 || getsockname(fd, (struct sockaddr *)&a, &n) != 0)
		return 0;
	return ntohs(a.sin_port);
}

/* The newest whole one that a drill brought back: a newer one that was lost, or found wrong since, stands in no older one's way. */
static bool verified(struct keeper *k, struct err *err)
{
	return bring_open_point(&k->o, &k->point, err) && bring_open_verified(&k->o, &k->point, &k->copy.backup, err);
}

static bool start(struct keeper *k, struct err *err)
{
	struct scratch_opts o = { .folder = STR("/tmp"), .lasting = true, .port = k->port, .role = AGENT,
				  .confined = k->o.config.state.len > 0 };
	struct manifest m;
	unsigned major;
	char cache[PLACES_MAX + 32];

	if (!backup_manifest(k->o.vault, k->o.target->name, k->copy.backup, k->o.config.key, &k->o.arena, &m, err))
		return false;
	snprintf(cache, sizeof(cache), "%s/recovery/cache", k->o.places.state);
	o.cache = str_from(cache);
	o.major = tools_major(m.server);
	if (!k->port)
		return err_set(err, ERR_TOOL, "there is no free port");
	if (!scratch_start(&o, &k->server, &major, err))
		return false;
	snprintf(k->connect, sizeof(k->connect), "host=%s port=%u user=" SCRATCH_USER " dbname=postgres", scratch_socket(k->server),
		 k->port);
	k->copy.folder = arena_str(&k->o.arena, str_from(scratch_folder(k->server)));
	return true;
}

static bool restored(struct keeper *k, struct bring_place *to, struct err *err)
{
	const struct config_target *t = k->o.target;
	struct bring_ask ask = {
		.vault = k->o.vault, .target = t->name, .id = k->copy.backup, .key = k->o.config.key, .filter = t->decrypt,
		.keeps_rights = true
	};
	struct bring_done done;

	for (const struct config_mask *m = t->masks; m; m = m->next)
		k->copy.masked++;
	to->closed = k->copy.masked > 0; /* whoever asks sees nothing of it before it is masked, be it in an error */
	if (!bring_back(&ask, to, &k->o.arena, &done, err))
		return false;
	if (!mask_columns(to, t->masks, &k->o.arena, err))
		return err_prefix(err, "%.*s, target %.*s", STR_ARG(k->o.config.path), STR_ARG(t->name));
	to->closed = false;
	return bring_lower(to, &done, &k->o.arena, err) && bring_agent(to, done.manifest.roles, AGENT, k->password, err);
}

static bool restore(struct keeper *k, struct bring_place *to, struct err *err)
{
	bool good = stall_begin(STALL_DRILL_S, &to->stall, err) && restored(k, to, err);

	stall_end(to->stall);
	to->stall = NULL;
	return good;
}

static bool make(struct keeper *k, struct err *err)
{
	struct str name = bring_database(k->o.target->connect.ptr, &k->o.arena);
	struct bring_place to = { .connect = k->connect };
	char id[9];

	if (k->o.target->kind != BACKUP_POSTGRES)
		return err_set(err, ERR_INPUT,
			       "%s is of kind %.*s: a scratch copy is made of a dump of PostgreSQL, so of a target with 'postgres' and "
			       "without 'physical' (docs/backup.md)",
			       k->ask->target, STR_ARG(backup_kind_name(k->o.target->kind)));
	if (!verified(k, err) || !hex(k->password, 16, err) || !hex(id, 4, err))
		return false;
	k->port = free_port();
	to.database = name.len ? name : k->o.target->name;
	if (!start(k, err) || !restore(k, &to, err) || !ending_none(err))
		return false;
	k->copy.id = arena_fmt(&k->o.arena, "%s-%s", k->ask->target, id);
	k->copy.target = k->o.target->name;
	k->copy.url = arena_fmt(&k->o.arena, "postgresql://" AGENT ":%s@127.0.0.1:%u/%.*s", k->password, k->port, STR_ARG(to.database));
	k->copy.pid = getpid();
	k->copy.born = scratch_copy_born(k->copy.pid);
	k->copy.expires_us = clock_now_us() + k->ask->for_s * CLOCK_SECOND;
	k->until_s = boot_s() + k->ask->for_s;
	return scratch_copy_write(&k->o.places, &k->copy, err);
}

/* --- its life --- */

static const char *live(struct keeper *k)
{
	while (boot_s() < k->until_s) {
		if (ending_signal())
			return "stopped";
		if (!scratch_alive(k->server))
			return "its server ended";
		usleep(LOOK_US);
	}
	return "its time was up";
}

static bool answer(int fd, const struct scratch_copy *s, const struct err *err)
{
	auto_buf b = BUF_MAX(16384);
	struct json_out o = { .buf = &b };
	bool good;

	json_out_open(&o, '{');
	json_out_kv(&o, "error", err ? str_from(err->msg) : STR_NONE);
	json_out_kv(&o, "id", s->id);
	json_out_kv(&o, "backup", s->backup);
	json_out_kv(&o, "url", s->url);
	json_out_key(&o, "masked");
	json_out_u64(&o, s->masked);
	json_out_key(&o, "expires_us");
	json_out_i64(&o, s->expires_us);
	json_out_close(&o, '}');
	ending_asker(-1);
	good = fd_write_all(fd, b.ptr, b.len, NULL);
	close(fd);
	return good;
}

/* Never comes back. Whoever asked may be gone long before, but not before he has the answer: of what nobody knows the way in to,
 * nothing runs. */
static void keep(const struct scratch_keep_ask *ask, int fd)
{
	struct keeper k = { .ask = ask };
	struct scratch_copy *others;
	struct err err = { 0 };
	const char *why;

	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	ending_heed();
	ending_asker(fd);
	if (!bring_open(&k.o, ask->target, ask->vault, &err) || !scratch_copy_list(&k.o.places, &k.o.arena, &others, &err) ||
	    !make(&k, &err) || !scratch_copy_record(k.o.ledger, &k.copy, "scratch.started", NULL, &err)) {
		(void)!answer(fd, &k.copy, &err);
		if (k.copy.id.len)
			scratch_copy_forget(&k.o.places, k.copy.id);
		scratch_stop(k.server);
		_exit(1);
	}
	why = answer(fd, &k.copy, NULL) ? live(&k) : "nobody waited for it";
	scratch_stop(k.server);
	(void)!scratch_copy_record(k.o.ledger, &k.copy, "scratch.ended", why, &err);
	scratch_copy_forget(&k.o.places, k.copy.id);
	_exit(0);
}

/* --- whoever asks --- */

static void detach(int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
	}
	(void)!chdir("/");
	fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static bool read_answer(int fd, struct arena *arena, struct scratch_copy *ret, struct err *err)
{
	auto_buf b = BUF_MAX(65536);
	struct json *v = NULL;
	uint64_t n = 0;

	if (!fd_read_all(fd, &b, err) || !b.len || !json_parse(arena_str(arena, buf_str(&b)), arena, &v, err))
		return err_set(err, ERR_TOOL, "the process that was to hold the copy ended without a word");
	if (json_str(v, "error").len)
		return err_set(err, ERR_TOOL, "%.*s", STR_ARG(json_str(v, "error")));
	*ret = (struct scratch_copy){ .id = json_str(v, "id"), .backup = json_str(v, "backup"), .url = json_str(v, "url") };
	if (json_get(v, "masked") && str_to_u64(json_get(v, "masked")->text, &n))
		ret->masked = n;
	if (json_get(v, "expires_us") && str_to_u64(json_get(v, "expires_us")->text, &n) && n <= INT64_MAX)
		ret->expires_us = (int64_t)n;
	return true;
}

bool scratch_keep(const struct scratch_keep_ask *ask, struct arena *arena, struct scratch_copy *ret, struct err *err)
{
	int pipes[2];
	pid_t pid;
	bool ok;

	if (pipe2(pipes, O_CLOEXEC) != 0)
		return err_sys(err, "pipe");
	pid = fork();
	if (pid == 0) {
		close(pipes[0]);
		/* Once more: the keeper is nobody's child, so nobody waits for it or ends it along with himself. */
		if (fork() != 0)
			_exit(0);
		detach(pipes[1]);
		keep(ask, pipes[1]);
	}
	close(pipes[1]);
	if (pid < 0) {
		close(pipes[0]);
		return err_sys(err, "fork");
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		; /* where ends of children are ignored there is nothing to wait for */
	ok = read_answer(pipes[0], arena, ret, err);
	close(pipes[0]);
	return ok;
}
