/* Ways through the kernel: mounts, namespaces, handles, processes, devices. Each runs as the agent. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "recovery/prove_inner.h"

#define PIDS_MAX 64

static enum prove_result held(struct buf *says)
{
	buf_adds(says, strerror(errno));
	return PROVE_HELD;
}

static bool write_text(const char *path, const char *text)
{
	auto_fd fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) > 0;
}

/* Who may mount on a folder of his own may mount over the vault: tried on the former, so that nothing is hidden from anybody. */
enum prove_result prove_mount_over(const struct prove_scene *s, struct buf *says)
{
	if (mount("pawl-prove", s->own, "tmpfs", 0, "size=64k") != 0 &&
	    mount("/", s->own, NULL, MS_BIND, NULL) != 0)
		return held(says);
	(void)umount2(s->own, MNT_DETACH);
	buf_adds(says, "the agent may mount");
	return PROVE_WORKED;
}

/* Root in a user namespace of its own. */
enum prove_result prove_namespace(const struct prove_scene *s, struct buf *says)
{
	char map[64];

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
		return held(says);
	(void)write_text("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", (unsigned)s->ask->agent->uid);
	if (!write_text("/proc/self/uid_map", map))
		return held(says);
	snprintf(map, sizeof(map), "0 %u 1", (unsigned)s->ask->agent->gid);
	(void)write_text("/proc/self/gid_map", map);
	return unlink(s->file) == 0 || truncate(s->file, 0) == 0 || chown(s->file, 0, 0) == 0
		       ? PROVE_WORKED
		       : held(says);
}

enum prove_result prove_by_handle(const struct prove_scene *s, struct buf *says)
{
	errno = ENOENT;
	if (!s->handle) {
		buf_adds(says, "the file system has no handles");
		return PROVE_IMPOSSIBLE;
	}
	for (size_t i = 0; s->chain[i]; i++) {
		auto_fd at = open(s->chain[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = -1;

		if (at < 0)
			continue;
		fd = open_by_handle_at(at, s->handle, O_RDONLY | O_CLOEXEC);
		if (fd >= 0)
			return PROVE_WORKED;
	}
	return held(says);
}

/* Through what one process of the vault's user shows of itself in /proc. */
static bool through(const struct prove_scene *s, const char *pid, struct buf *says)
{
	char path[PROVE_PATH + 64], link[PROVE_PATH];
	DIR *dir;
	struct dirent *f;
	bool worked = false;

	snprintf(path, sizeof(path), "/proc/%s/root%s", pid, s->file);
	if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0) {
		buf_adds(says, path);
		return true;
	}
	snprintf(path, sizeof(path), "/proc/%s/mem", pid);
	if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0) {
		auto_fd fd = open(path, O_RDWR | O_CLOEXEC);

		if (fd >= 0) {
			buf_adds(says, path);
			return true;
		}
	}
	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	while (dir && !worked && (f = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), f->d_name, link, sizeof(link) - 1);

		link[n < 0 ? 0 : n] = 0;
		if (strncmp(link, s->root, strlen(s->root)) == 0) {
			auto_fd fd =
				openat(dirfd(dir), f->d_name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

			worked = fd >= 0;
		}
	}
	if (dir)
		closedir(dir);
	if (worked)
		buf_adds(says, path);
	return worked;
}

enum prove_result prove_proc(const struct prove_scene *s, struct buf *says)
{
	DIR *dir = opendir("/proc");
	struct dirent *f;
	bool worked = false;
	unsigned n = 0;
	struct stat st;
	char pid[24];

	snprintf(pid, sizeof(pid), "%d", (int)s->standin);
	worked = s->standin > 0 && through(s, pid, says);
	while (dir && !worked && n < PIDS_MAX && (f = readdir(dir))) {
		if (f->d_name[0] < '0' || f->d_name[0] > '9' ||
		    fstatat(dirfd(dir), f->d_name, &st, 0) != 0 || st.st_uid != s->vault_uid)
			continue;
		n++;
		worked = through(s, f->d_name, says);
	}
	if (dir)
		closedir(dir);
	return worked ? PROVE_WORKED : held(says);
}

enum prove_result prove_ptrace(const struct prove_scene *s, struct buf *says)
{
	auto_fd pidfd = -1, fd = -1;
	struct rlimit l;

	if (s->standin <= 0) {
		buf_adds(says, "no process to try it on");
		return PROVE_IMPOSSIBLE;
	}
	if (ptrace(PTRACE_SEIZE, s->standin, NULL, NULL) == 0)
		return PROVE_WORKED; /* it is let go when this child ends */
	pidfd = (int)syscall(SYS_pidfd_open, s->standin, 0);
	if (pidfd >= 0)
		fd = (int)syscall(SYS_pidfd_getfd, pidfd, 0, 0);
	return fd >= 0 || prlimit(s->standin, RLIMIT_FSIZE, NULL, &l) == 0 ? PROVE_WORKED
									   : held(says);
}

/* Of one process of the agent's: a file of the vault that it has open to write, from before the vault was closed. */
static bool has_open(const struct prove_scene *s, const char *pid, struct buf *says)
{
	char path[300], link[PROVE_PATH];
	size_t n_root = strlen(s->root);
	bool found = false;
	struct dirent *f;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	while (dir && !found && (f = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), f->d_name, link, sizeof(link) - 1);
		struct stat st;

		link[n < 0 ? 0 : n] = 0;
		/* The link's own mode says what it is open for. */
		found = strncmp(link, s->root, n_root) == 0 && link[n_root] == '/' &&
			fstatat(dirfd(dir), f->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && (st.st_mode & S_IWUSR);
	}
	if (dir)
		closedir(dir);
	if (found)
		buf_addf(says, "process %s has %s open", pid, link);
	return found;
}

enum prove_result prove_held_open(const struct prove_scene *s, struct buf *says)
{
	DIR *dir = opendir("/proc");
	bool worked = false;
	struct dirent *f;
	struct stat st;

	while (dir && !worked && (f = readdir(dir)))
		worked = f->d_name[0] >= '0' && f->d_name[0] <= '9' && fstatat(dirfd(dir), f->d_name, &st, 0) == 0 &&
			 st.st_uid == s->ask->agent->uid && has_open(s, f->d_name, says);
	if (dir)
		closedir(dir);
	return worked ? PROVE_WORKED : PROVE_HELD;
}

enum prove_result prove_signal(const struct prove_scene *s, struct buf *says)
{
	if (s->standin <= 0) {
		buf_adds(says, "no process to try it on");
		return PROVE_IMPOSSIBLE;
	}
	return kill(s->standin, SIGSTOP) == 0 || kill(s->standin, SIGKILL) == 0 ? PROVE_WORKED
										: held(says);
}

enum prove_result prove_become(const struct prove_scene *s, struct buf *says)
{
	const gid_t group = s->vault_gid;

	if (setresuid(0, 0, 0) == 0 || setresuid(s->vault_uid, s->vault_uid, s->vault_uid) == 0 ||
	    setgroups(1, &group) == 0)
		return PROVE_WORKED;
	return held(says);
}

static bool writable_device(const char *name, struct buf *says)
{
	char path[PROVE_PATH];

	snprintf(path, sizeof(path), "/dev/%s", name);
	if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0)
		return false;
	buf_adds(says, path);
	return true;
}

/* The file that a loop device shows as a disk. */
static bool backing(const struct prove_scene *s, struct buf *says)
{
	char path[128];
	auto_buf file = BUF_MAX(PROVE_PATH);

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/loop/backing_file", major(s->device), minor(s->device));
	if (!file_read(path, &file, NULL) || file.len < 2)
		return false;
	file.ptr[file.len - 1] = 0;
	return prove_reachable(file.ptr, says);
}

static bool opens_made(const char *path, dev_t device)
{
	auto_fd fd = -1;

	if (mknod(path, S_IFBLK | 0600, device) != 0)
		return false;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	(void)unlink(path);
	return fd >= 0;
}

/* A file for the vault's own disk; where its file system has none of its own (btrfs, overlay), for any disk here. */
static bool makes_devices(const struct prove_scene *s, const char *path)
{
	DIR *dir = major(s->device) ? NULL : opendir("/sys/dev/block");
	bool made = major(s->device) && opens_made(path, (dev_t)s->device);
	struct dirent *f;

	for (unsigned n = 0; dir && !made && n < PIDS_MAX && (f = readdir(dir));) {
		uint64_t big, small;
		struct str name = str_from(f->d_name);
		size_t colon = str_find_char(name, ':');

		if (colon == SIZE_MAX || !str_to_u64(str_sub(name, 0, colon), &big) ||
		    !str_to_u64(str_sub(name, colon + 1, SIZE_MAX), &small))
			continue;
		n++;
		made = opens_made(path, makedev((unsigned)big, (unsigned)small));
	}
	if (dir)
		closedir(dir);
	return made;
}

/* The disk itself beneath the file system, and what it stands on. */
enum prove_result prove_devices(const struct prove_scene *s, struct buf *says)
{
	char path[PROVE_PATH], real[PROVE_PATH], *slash;
	bool worked = writable_device("mem", says) || writable_device("kmem", says) ||
		      writable_device("port", says);

	errno = EACCES;
	snprintf(path, sizeof(path), "%.4000s/device", s->own);
	if (!worked)
		worked = backing(s, says);
	errno = EACCES;
	if (!worked && makes_devices(s, path)) {
		buf_adds(says, "the agent may make device files");
		return PROVE_WORKED;
	}
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", major(s->device), minor(s->device));
	if (!worked && realpath(path, real)) {
		DIR *dir;
		struct dirent *f;

		slash = strrchr(real, '/');
		worked = slash && writable_device(slash + 1, says);
		snprintf(path, sizeof(path), "%.4000s/slaves", real);
		dir = opendir(path);
		while (dir && !worked && (f = readdir(dir)))
			worked = f->d_name[0] != '.' && writable_device(f->d_name, says);
		if (dir)
			closedir(dir);
		if (slash)
			*slash = 0;
		slash = strrchr(real, '/');
		worked = worked || (slash && writable_device(slash + 1, says));
	}
	return worked ? PROVE_WORKED : PROVE_HELD;
}

enum prove_result prove_modules(const struct prove_scene *s, struct buf *says)
{
	(void)s;
	if (syscall(SYS_finit_module, -1, "", 0) == 0 || errno == EBADF)
		return PROVE_WORKED;
	(void)held(says);
	return errno == ENOSYS ? PROVE_IMPOSSIBLE : PROVE_HELD;
}

/* What is set is what is set already. */
enum prove_result prove_clock(const struct prove_scene *s, struct buf *says)
{
	struct timex now = { .modes = 0 };

	(void)s;
	if (adjtimex(&now) < 0)
		return held(says);
	now.modes = ADJ_STATUS;
	return adjtimex(&now) >= 0 ? PROVE_WORKED : held(says);
}
