/* killat.c -- LD_PRELOAD shim: ends the process, or fails the call, at the Nth step that changes a file.
 *
 * Counted: write, pwrite, writev (on regular files only), fdatasync, fsync, ftruncate, posix_fallocate, rename, renameat, unlink.
 *	KILLAT_N=N        at the Nth counted call of a process, from 1 (0 or unset: only count and log)
 *	KILLAT_WHEN=before|half|after   SIGKILL before the call, after half of a write's bytes, or behind it (default before)
 *	KILLAT_FAIL=EIO|ENOSPC|EROFS    fail the call with this errno instead of killing
 *	KILLAT_STICKY=1   fail every counted call from the Nth on
 *	KILLAT_COMM=NAME  only in processes whose program file has this name; others are left alone
 *	KILLAT_LOG=FILE   append one line a counted call: "PID N call detail"
 * A static program is not affected. With a sanitized program set ASAN_OPTIONS=verify_asan_link_order=0.
 */
/* Both names of each call are wanted here, not one in place of the other. */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum when { BEFORE, HALF, AFTER };

static struct {
	long n, count;
	enum when when;
	int fail;
	bool sticky, active;
	int log;
} shim = { .log = -1 };
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static int errno_of(const char *name)
{
	if (!name)
		return 0;
	if (strcmp(name, "EIO") == 0)
		return EIO;
	return strcmp(name, "EROFS") == 0 ? EROFS : ENOSPC;
}

__attribute__((constructor)) static void killat_begin(void)
{
	const char *n = getenv("KILLAT_N"), *when = getenv("KILLAT_WHEN"), *log = getenv("KILLAT_LOG"), *sticky = getenv("KILLAT_STICKY");
	const char *comm = getenv("KILLAT_COMM");
	char exe[4096];
	ssize_t k = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	exe[k > 0 ? k : 0] = '\0';
	shim.active = !comm || strcmp(strrchr(exe, '/') ? strrchr(exe, '/') + 1 : exe, comm) == 0;
	shim.n = n ? strtol(n, NULL, 10) : 0;
	shim.when = when && strcmp(when, "half") == 0 ? HALF : when && strcmp(when, "after") == 0 ? AFTER : BEFORE;
	shim.fail = errno_of(getenv("KILLAT_FAIL"));
	shim.sticky = sticky && *sticky == '1';
	if (shim.active && log)
		shim.log = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void end(void)
{
	syscall(SYS_kill, getpid(), SIGKILL);
	for (;;)
		pause();
}

enum verdict { GO, FAIL, KILL_HALF, KILL_AFTER };

static enum verdict step(const char *call, const char *detail, long bytes)
{
	enum verdict v = GO;
	char line[512];
	long at;
	int n;

	if (!shim.active)
		return GO;
	pthread_mutex_lock(&mutex);
	at = ++shim.count;
	pthread_mutex_unlock(&mutex);
	if (shim.log >= 0) {
		n = snprintf(line, sizeof(line), "%d %ld %s %s %ld\n", (int)getpid(), at, call, detail, bytes);
		syscall(SYS_write, shim.log, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
	}
	if (shim.n <= 0 || at < shim.n || (at > shim.n && !(shim.fail && shim.sticky)))
		return GO;
	if (shim.fail)
		return FAIL;
	if (shim.when == BEFORE)
		end();
	v = shim.when == HALF && bytes > 1 ? KILL_HALF : KILL_AFTER;
	return v;
}

static bool counted(int fd, char detail[256])
{
	char link[64];
	struct stat st;
	ssize_t k;

	if (!shim.active || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	k = readlink(link, detail, 255);
	detail[k > 0 ? k : 0] = '\0';
	return true;
}

#define FAILED(v)                                                                                  \
	if ((v) == FAIL) {                                                                         \
		errno = shim.fail;                                                                 \
		return -1;                                                                         \
	}

ssize_t write(int fd, const void *p, size_t n)
{
	char detail[256];
	enum verdict v = counted(fd, detail) ? step("write", detail, (long)n) : GO;
	ssize_t k;

	FAILED(v);
	k = syscall(SYS_write, fd, p, v == KILL_HALF ? n / 2 : n);
	if (v != GO)
		end();
	return k;
}

static ssize_t at_offset(int fd, const void *p, size_t n, off_t at)
{
	char detail[256];
	enum verdict v = counted(fd, detail) ? step("pwrite", detail, (long)n) : GO;
	ssize_t k;

	FAILED(v);
	k = syscall(SYS_pwrite64, fd, p, v == KILL_HALF ? n / 2 : n, at);
	if (v != GO)
		end();
	return k;
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
	return at_offset(fd, p, n, at);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off_t at)
{
	return at_offset(fd, p, n, at);
}

ssize_t writev(int fd, const struct iovec *v, int n)
{
	char detail[256];
	enum verdict d = counted(fd, detail) ? step("writev", detail, 0) : GO;
	ssize_t k;

	FAILED(d);
	k = syscall(SYS_writev, fd, v, n);
	if (d != GO)
		end();
	return k;
}

/* A call without bytes: made, and then perhaps the end. */
#define PLAIN(detail, call, number, ...)                                                           \
	do {                                                                                       \
		enum verdict v_ = step(call, detail, 0);                                           \
		long k_;                                                                           \
		FAILED(v_);                                                                        \
		k_ = syscall(number, __VA_ARGS__);                                                 \
		if (v_ != GO)                                                                      \
			end();                                                                     \
		return (int)k_;                                                                    \
	} while (0)

int fdatasync(int fd)
{
	char detail[256] = "";

	counted(fd, detail);
	PLAIN(detail, "fdatasync", SYS_fdatasync, fd);
}

int fsync(int fd)
{
	char detail[256] = "";

	counted(fd, detail);
	PLAIN(detail, "fsync", SYS_fsync, fd);
}

int ftruncate(int fd, off_t n)
{
	char detail[256] = "";

	counted(fd, detail);
	PLAIN(detail, "ftruncate", SYS_ftruncate, fd, n);
}

int ftruncate64(int fd, off_t n)
{
	return ftruncate(fd, n);
}

int rename(const char *a, const char *b)
{
	PLAIN(b, "rename", SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 0);
}

int renameat(int da, const char *a, int db, const char *b)
{
	PLAIN(b, "renameat", SYS_renameat2, da, a, db, b, 0);
}

int unlink(const char *a)
{
	PLAIN(a, "unlink", SYS_unlinkat, AT_FDCWD, a, 0);
}

int posix_fallocate(int fd, off_t at, off_t n)
{
	char detail[256] = "";
	enum verdict v;
	long k;

	counted(fd, detail);
	v = step("posix_fallocate", detail, 0);
	if (v == FAIL)
		return shim.fail;
	k = syscall(SYS_fallocate, fd, 0, at, n);
	if (v != GO)
		end();
	return k == 0 ? 0 : errno;
}

int posix_fallocate64(int fd, off64_t at, off64_t n)
{
	return posix_fallocate(fd, at, n);
}
