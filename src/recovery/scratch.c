#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/proc.h"
#include "recovery/confine.h"
#include "recovery/ending.h"
#include "recovery/scratch_inner.h"
#include "recovery/stall.h"

#define FDS 65536
#define START_S 60
#define NEVER_RAN 126 /* or a signal ended it */
#define ENVIRONMENT 32
#define STOP_S 10
#define MEMORY "/dev/shm"
#define SMALL ((uint64_t)16 << 20)	 /* bytes of a dump */
#define SMALL_NEEDS ((uint64_t)128 << 20) /* what its server takes at most there */
#define SMALL_FREE 8			 /* times as much must be free */

extern char **environ;

/* What cannot be removed stays in a folder of /tmp that says whose it is. */
static void sweep(const char *path)
{
	struct err ignored;

	if (!dir_remove(path, &ignored))
		return;
}

/* --- which one --- */

static bool whose(struct scratch *s, const char *user, struct err *err)
{
	const struct passwd *p;

	if (geteuid() != 0)
		return true;
	p = getpwnam(user);
	if (!p)
		p = getpwnam("nobody");
	if (!p)
		return err_set(err, ERR_TOOL,
			       "a scratch server does not run as root, and there is neither a "
			       "user %s nor nobody",
			       user);
	s->uid = p->pw_uid;
	s->gid = p->pw_gid;
	snprintf(s->as, sizeof(s->as), "%u", (unsigned)p->pw_uid);
	snprintf(s->group, sizeof(s->group), "%u", (unsigned)p->pw_gid);
	return true;
}

/* ${argv} has room for what is put before it: WORDS more. It ends with us, whatever ends us. */
#define WORDS 9
static char **as_user(struct scratch *s, char **argv, char words[WORDS][16])
{
	const char *const before[WORDS] = { "setpriv", "--pdeathsig", "QUIT", "--reuid",
					    NULL,      "--regid",     NULL,   "--clear-groups",
					    "--" };
	size_t n = 0, k = 0;

	while (argv[n])
		n++;
	memmove(argv + WORDS, argv, (n + 1) * sizeof(char *));
	for (size_t i = 0; i < WORDS; i++) {
		bool of_user = i >= 3 && i < 8;

		if (of_user && !s->as[0])
			continue;
		snprintf(words[k], 16, "%s", before[i] ? before[i] : i == 4 ? s->as : s->group);
		argv[k] = words[k];
		k++;
	}
	memmove(argv + k, argv + WORDS, (n + 1) * sizeof(char *));
	return argv;
}

/* A status that is not 0 is told in ${err} as well. */
static bool to_its_end(const char *name, char **argv, struct str input, int timeout_s, int *ret_status, struct err *err)
{
	auto_buf says = BUF_MAX(64 << 10);
	struct proc_opts o = { .cwd = "/", .input = input, .out = &says, .errout = &says, .timeout_s = timeout_s };
	char program[TOOLS_PATH];

	if (!tools_find(argv[0], program, err))
		return false;
	argv[0] = program;
	if (!proc_run(argv, &o, ret_status, err))
		return err_prefix(err, "%s", name);
	if (*ret_status)
		(void)err_set(err, ERR_TOOL, "%s ended with status %d: %.*s", name, *ret_status, STR_ARG(str_trim(buf_str(&says))));
	return true;
}

static bool run(const char *name, char **argv, struct str input, struct err *err)
{
	int status;

	return to_its_end(name, argv, input, START_S, &status, err) && !status;
}

static const char *name_of(char *const *argv)
{
	const char *slash = strrchr(argv[0], '/');

	return slash ? slash + 1 : argv[0];
}

bool scratch_run(struct scratch *s, char **argv, bool own, struct err *err)
{
	char words[WORDS][16];
	const char *name = name_of(argv);

	return run(name, own ? argv : as_user(s, argv, words), STR_NONE, err);
}

bool scratch_run_for(struct scratch *s, char **argv, int timeout_s, int *ret_status, struct err *err)
{
	char words[WORDS][16];
	const char *name = name_of(argv);
	int status;

	if (!to_its_end(name, as_user(s, argv, words), STR_NONE, timeout_s, &status, err) || status >= NEVER_RAN)
		return false;
	*ret_status = status;
	return true;
}

bool scratch_run_with(struct scratch *s, char **argv, struct str input, struct err *err)
{
	char words[WORDS][16];
	const char *name = name_of(argv);

	return run(name, as_user(s, argv, words), input, err);
}

/* What is in ${from}, and its mode and owner. */
static bool copy(struct scratch *s, char *from, char *to, struct err *err)
{
	char *argv[16] = {
		(char[]){ "cp" }, (char[]){ "-a" }, (char[]){ "-T" }, (char[]){ "--reflink=auto" }, (char[]){ "--" },
		from,		  to,		    NULL
	};

	return scratch_run(s, argv, true, err);
}

/* --- the template --- */

/* Made in the server's own folder: its user need not reach the cache. */
static bool make_template(struct scratch *s, char *data, const char *path, bool (*make)(struct scratch *s, char *data, struct err *err),
			  struct err *err)
{
	char made[PATH_LEN + 32];
	auto_fd held = -1;

	if (!make(s, data, err))
		return false;
	snprintf(made, sizeof(made), "%s.%u", path, (unsigned)getpid());
	held = scratch_half(made);
	if (held < 0)
		return err_sys(err, "%s", made);
	if (!copy(s, data, made, err)) {
		sweep(made);
		return false;
	}
	/* Another may have made it meanwhile: its is as good. */
	if (rename(made, path) != 0)
		sweep(made);
	return true;
}

/* From the template; the first time the template from it. */
static bool fill(struct scratch *s, struct str cache, const char *name, bool (*make)(struct scratch *s, char *data, struct err *err),
		 struct err *err)
{
	char folder[PATH_LEN], template[PATH_LEN], data[PATH_LEN + 16];
	struct stat st;

	snprintf(data, sizeof(data), "%s/data", s->folder);
	snprintf(folder, sizeof(folder), "%.*s", STR_ARG(cache));
	snprintf(template, PATH_LEN, "%.*s/scratch-%s-%s", STR_ARG(cache), name,
		 s->as[0] ? s->as : "own");
	if (!dir_make(folder, 0711, err))
		return false;
	scratch_sweep_halves(folder, s->uid);
	if (lstat(template, &st) == 0) {
		uid_t owner = s->as[0] ? s->uid : geteuid();

		if (S_ISDIR(st.st_mode) && st.st_uid == owner && !(st.st_mode & 077))
			return copy(s, template, data, err);
		return err_set(err, ERR_BROKEN, "%s is not what was made there: remove it",
			       template);
	}
	return make_template(s, data, template, make, err);
}

/* --- running --- */

/* What it is to know of where it runs: no credential, no address of anybody's. */
static void environment(const struct scratch *s, char home[PATH_LEN + 8], char *ret[ENVIRONMENT])
{
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	size_t n = 0;

	snprintf(home, PATH_LEN + 8, "HOME=%s", s->folder);
	ret[n++] = path;
	ret[n++] = home;
	for (char **e = environ; *e && n + 1 < ENVIRONMENT; e++) {
		if (!strncmp(*e, "LC_", 3) || !strncmp(*e, "LANG=", 5) || !strncmp(*e, "TZ=", 3))
			ret[n++] = *e;
	}
	ret[n] = NULL;
}

/* Whatever a library opened, and how: at exec it is gone. */
static void keep_ours(void)
{
	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return;
	for (int fd = 3; fd < FDS; fd++) /* Linux before 5.11 */
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* System calls alone: other threads may hold whatever lock. */
static void become_server(int log, const struct confine *shut, const char *program, char **argv, char **env)
{
	static const char cannot[] = "it cannot be shut in, or not be started\n";
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t none;

	keep_ours();
	sigemptyset(&none);
	if (null >= 0 && dup2(null, 0) == 0 && dup2(log, 1) == 1 && dup2(log, 2) == 2 && sigprocmask(SIG_SETMASK, &none, NULL) == 0 &&
	    (shut->rules < 0 || confine_self(shut)))
		execve(program, argv, env);
	if (write(2, cannot, sizeof(cannot) - 1) < 0)
		_exit(126);
	_exit(127);
}

static bool shut_in(struct scratch *s, struct confine *ret, struct err *err)
{
	const char *const own[] = { s->folder, s->also[0] ? s->also : NULL, NULL };
	char beside[PATH_LEN + 8];
	struct err why = { 0 };

	snprintf(beside, sizeof(beside), "%s/..", s->binaries);
	*ret = (struct confine){ .rules = -1 };
	if (confine_begin(own, s->binaries[0] ? beside : NULL, s->port, ret, &why) || !s->confined)
		return true;
	return err_set(err, why.code, "%s", why.msg);
}

bool scratch_spawn(struct scratch *s, char **argv, struct err *err)
{
	char path[PATH_LEN + 16], words[WORDS][16], program[TOOLS_PATH], home[PATH_LEN + 8], *env[ENVIRONMENT];
	const char *name = argv[0];
	struct confine shut;
	auto_fd log = -1;

	argv = as_user(s, argv, words);
	if (!tools_find(argv[0], program, err) || !shut_in(s, &shut, err))
		return err_prefix(err, "%s cannot be started", name);
	environment(s, home, env);
	snprintf(path, sizeof(path), "%s/log", s->folder);
	log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	s->pid = log < 0 ? -1 : fork();
	if (s->pid == 0)
		become_server(log, &shut, program, argv, env);
	confine_end(&shut);
	return s->pid > 0 || err_sys(err, "%s cannot be started", name);
}

/* Its own last words. */
static bool log_tail(const struct scratch *s, struct err *err)
{
	char log[PATH_LEN + 16];
	auto_buf b = BUF_MAX(1 << 20);
	struct str all;

	snprintf(log, sizeof(log), "%s/log", s->folder);
	if (!file_read(log, &b, NULL))
		b.len = 0;
	all = str_trim(buf_str(&b));
	if (all.len > 400)
		all = str_sub(all, all.len - 400, 400);
	return ending_none(err) && err_set(err, ERR_TOOL, "the scratch server did not start: %.*s", STR_ARG(all));
}

static bool said(const struct scratch *s, const char *file, const char *says)
{
	auto_buf b = BUF_MAX(1 << 20);
	char path[PATH_LEN + 64];

	snprintf(path, sizeof(path), "%s/%s", s->folder, file);
	return file_read(path, &b, NULL) && b.len && strstr(b.ptr, says);
}

bool scratch_wait(struct scratch *s, const char *file, const char *says, struct err *err)
{
	int64_t until = stall_clock() + START_S;

	while (stall_clock() <= until && !ending_signal()) {
		if (said(s, file, says))
			return true;
		if (!scratch_alive(s))
			break;
		usleep(10000);
	}
	return log_tail(s, err);
}

bool scratch_wait_long(struct scratch *s, const char *file, const char *says, struct stall *stall, struct err *err)
{
	char log[PATH_LEN + 16];
	struct stat now = { .st_size = 0 };
	off_t heard = 0;

	snprintf(log, sizeof(log), "%s/log", s->folder);
	while (!stall_over(stall) && !ending_signal()) {
		bool alive = scratch_alive(s);

		if (said(s, file, says))
			return true;
		if (!alive)
			break;
		if (stat(log, &now) == 0 && now.st_size != heard)
			stall_moved(stall);
		heard = now.st_size;
		usleep(10000);
	}
	return log_tail(s, err);
}

static bool folders(struct scratch *s, struct str in, struct err *err)
{
	snprintf(s->folder, sizeof(s->folder), "%.*s/pawl-scratch-XXXXXX", STR_ARG(in));
	if (!mkdtemp(s->folder)) {
		s->folder[0] = '\0';
		return err_sys(err, "%.*s", STR_ARG(in));
	}
	snprintf(s->socket, sizeof(s->socket), "%s/socket", s->folder);
	/* A socket's path may have 107 bytes with its name. */
	if (strlen(s->socket) > 85)
		return err_set(err, ERR_LIMIT, "%s: too long a path for a socket", s->socket);
	if (mkdir(s->socket, 0700) != 0 || (s->as[0] && (chown(s->folder, s->uid, s->gid) != 0 ||
							 chown(s->socket, s->uid, s->gid) != 0)))
		return err_sys(err, "%s", s->folder);
	return true;
}

struct scratch *scratch_new(struct err *err)
{
	struct scratch *s = calloc(1, sizeof(*s));

	if (s)
		s->pid = s->owner = -1;
	else
		(void)err_set(err, ERR_LIMIT, "no memory for a scratch server");
	return s;
}

bool scratch_empty(struct scratch *s, const struct scratch_opts *o, const char *user, struct err *err)
{
	s->port = o->port;
	s->confined = o->confined;
	if (!whose(s, user, err))
		return false;
	scratch_sweep(o->folder, s->uid);
	if (!str_is(o->folder, MEMORY))
		scratch_sweep(STR(MEMORY), s->uid); /* the run that died may have been there */
	if (!folders(s, o->folder, err))
		return false;
	s->owner = scratch_own(s->folder, err);
	return s->owner >= 0;
}

bool scratch_prepare(struct scratch *s, const struct scratch_opts *o, const struct scratch_kind *k,
		     struct err *err)
{
	return scratch_empty(s, o, k->user, err) && fill(s, o->cache, k->name, k->make, err);
}

/* Rows, indexes and log of a small dump are a few times its size; what initdb makes is 12 MB. */
struct str scratch_where(struct str folder, uint64_t plain)
{
	uint64_t need = SMALL_NEEDS * SMALL_FREE;
	struct statvfs there;
	struct sysinfo memory;

	if (!str_is(folder, "/tmp") || plain > SMALL)
		return folder;
	if (statvfs(MEMORY, &there) != 0 || (there.f_flag & ST_RDONLY) || sysinfo(&memory) != 0)
		return folder;
	if ((uint64_t)there.f_bavail * there.f_frsize < need || (uint64_t)memory.freeram * memory.mem_unit < need)
		return folder;
	return STR(MEMORY);
}

const char *scratch_folder(const struct scratch *s)
{
	return s->folder;
}

bool scratch_alive(struct scratch *s)
{
	int status;

	if (s->pid > 0 && waitpid(s->pid, &status, WNOHANG) == s->pid)
		s->pid = -1;
	return s->pid > 0;
}

const char *scratch_socket(const struct scratch *s)
{
	return s->socket;
}

void scratch_stop(struct scratch *s)
{
	int64_t until = stall_clock() + STOP_S;
	int status;

	if (!s)
		return;
	if (s->pid > 0) {
		kill(s->pid, s->ends ? s->ends : SIGQUIT); /* at once: nothing in it is of use any more */
		while (waitpid(s->pid, &status, WNOHANG) == 0) {
			if (stall_clock() > until)
				kill(s->pid, SIGKILL);
			usleep(5000);
		}
	}
	if (s->folder[0])
		sweep(s->folder);
	fd_close(&s->owner);
	free(s);
}
