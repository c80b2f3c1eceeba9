/* What a run that was killed left of its scratch server: its folder has a file that the run held locked, and holds no more. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "recovery/scratch_inner.h"

#define OWNER "owner"
#define NAME "pawl-scratch-"
#define WAIT_MS 5000

/* It has its name once it is locked: another run that sweeps at this moment takes it for nobody's otherwise. */
int scratch_own(const char *folder, struct err *err)
{
	char path[PATH_MAX], before[PATH_MAX];
	auto_fd fd = -1;

	snprintf(path, sizeof(path), "%s/" OWNER, folder);
	snprintf(before, sizeof(before), "%s/" OWNER "-to-be", folder);
	fd = open(before, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0 || rename(before, path) != 0) {
		(void)err_sys(err, "%s", path);
		return -1;
	}
	return fd_take(&fd);
}

/* A server by its program's name, with that folder among its words; nothing is told by a number alone. */
static bool works_in(const char *pid, const char *folder)
{
	static const char *const servers[] = { "postgres", "mariadbd", "mysqld" };
	char path[300], words[8192];
	auto_fd fd = -1;
	const char *name;
	size_t n = 0;
	ssize_t k;

	snprintf(path, sizeof(path), "/proc/%.200s/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	k = fd < 0 ? 0 : read(fd, words, sizeof(words) - 1);
	if (k <= 0)
		return false;
	words[k] = '\0';
	name = strrchr(words, '/') ? strrchr(words, '/') + 1 : words;
	while (n < ARRAY_LEN(servers) && strcmp(name, servers[n]) != 0)
		n++;
	return n < ARRAY_LEN(servers) && memmem(words, (size_t)k, folder, strlen(folder)) != NULL;
}

/* How many are there; each gets ${signal} (0: none). */
static unsigned signal_all(const char *folder, int signal)
{
	DIR *d = opendir("/proc");
	unsigned found = 0;

	for (struct dirent *e; d && (e = readdir(d));) {
		uint64_t pid;

		if (!str_to_u64(str_from(e->d_name), &pid) || pid < 2 || pid > INT32_MAX || !works_in(e->d_name, folder))
			continue;
		found++;
		if (signal)
			(void)kill((pid_t)pid, signal);
	}
	if (d)
		closedir(d);
	return found;
}

static void end_servers(const char *folder)
{
	if (!signal_all(folder, SIGQUIT))
		return;
	for (int ms = 0; ms < WAIT_MS && signal_all(folder, 0); ms += 50)
		usleep(50000);
	(void)signal_all(folder, SIGKILL);
}

/* Only what a run like this one made: its user's, with the file, and that file nobody's any more. */
static void look_at(const char *path, uid_t uid)
{
	char owner[PATH_MAX + 16];
	struct err ignored;
	struct stat st;
	auto_fd fd = -1;

	if (lstat(path, &st) != 0 || !S_ISDIR(st.st_mode) || (st.st_uid != geteuid() && st.st_uid != uid))
		return;
	snprintf(owner, sizeof(owner), "%s/" OWNER, path);
	fd = open(owner, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0 || st.st_uid != geteuid() || flock(fd, LOCK_EX | LOCK_NB) != 0)
		return;
	end_servers(path);
	(void)!dir_remove(path, &ignored);
}

/* --- templates --- */

int scratch_half(const char *path)
{
	char before[PATH_MAX];
	auto_fd fd = -1;

	if ((size_t)snprintf(before, sizeof(before), "%s-to-be", path) >= sizeof(before) || mkdir(before, 0700) != 0)
		return -1;
	fd = open(before, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && rename(before, path) == 0)
		return fd_take(&fd);
	(void)rmdir(before);
	return -1;
}

/* scratch-NAME.PID, as scratch.c calls them until they are whole. */
static bool half_name(const char *name)
{
	const char *dot = strrchr(name, '.');
	uint64_t pid;

	return !strncmp(name, "scratch-", strlen("scratch-")) && dot && str_to_u64(str_from(dot + 1), &pid);
}

void scratch_sweep_halves(const char *folder, uid_t uid)
{
	char path[PATH_MAX];
	DIR *d = opendir(folder);

	for (struct dirent *e; d && (e = readdir(d));) {
		struct err ignored;
		struct stat st;
		auto_fd fd = -1;

		if (!half_name(e->d_name) || (size_t)snprintf(path, sizeof(path), "%s/%s", folder, e->d_name) >= sizeof(path))
			continue;
		fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && fstat(fd, &st) == 0 && (st.st_uid == geteuid() || st.st_uid == uid) && flock(fd, LOCK_EX | LOCK_NB) == 0)
			(void)!dir_remove(path, &ignored);
	}
	if (d)
		closedir(d);
}

void scratch_sweep(struct str folder, uid_t uid)
{
	char in[PATH_MAX], path[PATH_MAX];
	DIR *d;

	snprintf(in, sizeof(in), "%.*s", STR_ARG(folder));
	d = opendir(in);
	for (struct dirent *e; d && (e = readdir(d));) {
		if (strncmp(e->d_name, NAME, strlen(NAME)) != 0)
			continue;
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", in, e->d_name) < sizeof(path))
			look_at(path, uid);
	}
	if (d)
		closedir(d);
}
