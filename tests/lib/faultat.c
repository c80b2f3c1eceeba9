/* faultat.c -- LD_PRELOAD shim: the Nth write, network call or change of a folder, counted over a whole tree of processes, goes wrong.
 *
 * Counted: write, pwrite, writev, send*, read and recv* (not of terminals and /dev, nor of what the dynamic linker maps), connect, socket,
 * fsync, fdatasync, ftruncate, rename*, link*, unlink*, mkdir*, open for writing, close of a file written.
 *	FAULTAT_COUNT=FILE  8 bytes, shared by all processes: calls so far (made by the caller, zeroed)
 *	FAULTAT_N=N         the Nth call goes wrong, from 1 (0: only count)
 *	FAULTAT_MODE=       an errno: EIO ENOSPC ECONNRESET ETIMEDOUT EMFILE EACCES EINTR; or
 *	                    short (half the bytes, as the kernel may), eof (a read ends there; elsewhere EPIPE), flip (one bit of what was
 *	                    read from a regular file), lost (a file's write is told as done, and is not), kill (the process dies there)
 *	FAULTAT_STICKY=1    every counted call of that process from then on (errno modes)
 *	FAULTAT_SKIP=A:B    programs left alone, by the name of their file
 */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum mode { ERRNO, SHORT, END, FLIP, LOST, KILL };

static struct {
	_Atomic(uint64_t) *count;
	uint64_t n;
	enum mode mode;
	int error;
	bool sticky, begun;
} shim;

static const struct {
	const char *name;
	int error;
} errors[] = { { "EIO", EIO },       { "ENOSPC", ENOSPC }, { "ECONNRESET", ECONNRESET }, { "ETIMEDOUT", ETIMEDOUT },
	       { "EMFILE", EMFILE }, { "EACCES", EACCES }, { "EINTR", EINTR } };
static const char *const modes[] = { "errno", "short", "eof", "flip", "lost", "kill" };

static bool skipped(void)
{
	const char *list = getenv("FAULTAT_SKIP"), *name;
	char exe[4096];
	ssize_t k = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	size_t n;

	exe[k > 0 ? k : 0] = '\0';
	name = strrchr(exe, '/') ? strrchr(exe, '/') + 1 : exe;
	n = strlen(name);
	for (; list && *list; list += strcspn(list, ":"), list += *list == ':')
		if (strcspn(list, ":") == n && !strncmp(list, name, n))
			return true;
	return false;
}

__attribute__((constructor)) static void faultat_begin(void)
{
	const char *file = getenv("FAULTAT_COUNT"), *n = getenv("FAULTAT_N"), *mode = getenv("FAULTAT_MODE");
	int fd;
	void *p;

	if (!file || skipped())
		return;
	fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC, 0);
	p = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd >= 0)
		syscall(SYS_close, fd);
	shim.n = n ? strtoul(n, NULL, 10) : 0;
	shim.sticky = getenv("FAULTAT_STICKY") != NULL;
	for (size_t i = 0; mode && i < sizeof(errors) / sizeof(errors[0]); i++)
		if (!strcmp(mode, errors[i].name))
			shim.error = errors[i].error;
	for (size_t i = 0; mode && i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(mode, modes[i]))
			shim.mode = (enum mode)i;
	shim.count = p == MAP_FAILED ? NULL : p;
}

/* Is it this call's turn? */
static bool turn(void)
{
	uint64_t at;

	if (!shim.count)
		return false;
	at = atomic_fetch_add(shim.count, 1) + 1;
	if (at == shim.n && shim.mode == KILL)
		syscall(SYS_kill, getpid(), SIGKILL);
	if (at == shim.n || (shim.begun && shim.sticky && shim.mode == ERRNO)) {
		shim.begun = true;
		return true;
	}
	return false;
}

static bool kind(int fd, mode_t wanted)
{
	struct stat st;

	return syscall(SYS_newfstatat, fd, "", &st, AT_EMPTY_PATH) == 0 && (st.st_mode & S_IFMT) == wanted;
}

static bool counts(int fd)
{
	return shim.count && (kind(fd, S_IFREG) || kind(fd, S_IFIFO) || kind(fd, S_IFSOCK));
}

static int error(void)
{
	return shim.mode == ERRNO && shim.error ? shim.error : EPIPE;
}

#define FAIL                                                                                       \
	do {                                                                                       \
		errno = error();                                                                   \
		return -1;                                                                         \
	} while (0)

/* How much of ${n} bytes a write does: 0 is none, with errno; LOST tells all. */
static bool write_fault(int fd, size_t *n, bool *lost)
{
	*lost = false;
	if (!counts(fd) || !turn())
		return false;
	if (shim.mode == SHORT && *n > 1) {
		*n /= 2;
		return false;
	}
	*lost = shim.mode == LOST && kind(fd, S_IFREG);
	return shim.mode == ERRNO || shim.mode == END || *lost;
}

ssize_t write(int fd, const void *p, size_t n)
{
	bool lost;

	if (write_fault(fd, &n, &lost)) {
		if (!lost)
			FAIL;
		syscall(SYS_lseek, fd, n, SEEK_CUR);
		return (ssize_t)n;
	}
	return syscall(SYS_write, fd, p, n);
}

static ssize_t at_offset(int fd, const void *p, size_t n, off64_t at)
{
	bool lost;

	if (write_fault(fd, &n, &lost)) {
		if (!lost)
			FAIL;
		return (ssize_t)n;
	}
	return syscall(SYS_pwrite64, fd, p, n, at);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
	return at_offset(fd, p, n, at);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	return at_offset(fd, p, n, at);
}

ssize_t writev(int fd, const struct iovec *v, int n)
{
	size_t all = 2;
	bool lost;

	if (write_fault(fd, &all, &lost))
		FAIL;
	if (all == 1)
		return syscall(SYS_write, fd, v[0].iov_base, v[0].iov_len);
	return syscall(SYS_writev, fd, v, n);
}

ssize_t sendto(int fd, const void *p, size_t n, int flags, __CONST_SOCKADDR_ARG to, socklen_t len)
{
	bool lost;

	if (write_fault(fd, &n, &lost))
		FAIL;
	return syscall(SYS_sendto, fd, p, n, flags, to.__sockaddr__, len);
}

ssize_t send(int fd, const void *p, size_t n, int flags)
{
	return sendto(fd, p, n, flags, (const struct sockaddr *)NULL, 0);
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
	if (counts(fd) && turn() && shim.mode != SHORT && shim.mode != FLIP && shim.mode != LOST)
		FAIL;
	return syscall(SYS_sendmsg, fd, m, flags);
}

/* What is done to a reading of ${n} bytes: true when it is over with ${ret}. */
static bool read_fault(int fd, size_t *n, bool *flip, ssize_t *ret)
{
	*flip = false;
	if (!counts(fd) || !turn())
		return false;
	if (shim.mode == SHORT && *n > 1)
		*n /= 2;
	*flip = shim.mode == FLIP && kind(fd, S_IFREG);
	*ret = 0;
	if (shim.mode == END)
		return true;
	if (shim.mode != ERRNO)
		return false;
	errno = error();
	*ret = -1;
	return true;
}

static ssize_t flipped(void *p, ssize_t k, bool flip)
{
	if (flip && k > 0)
		((char *)p)[k / 2] ^= 4;
	return k;
}

ssize_t read(int fd, void *p, size_t n)
{
	ssize_t ret;
	bool flip;

	if (read_fault(fd, &n, &flip, &ret))
		return ret;
	return flipped(p, syscall(SYS_read, fd, p, n), flip);
}

ssize_t pread64(int fd, void *p, size_t n, off64_t at)
{
	ssize_t ret;
	bool flip;

	if (read_fault(fd, &n, &flip, &ret))
		return ret;
	return flipped(p, syscall(SYS_pread64, fd, p, n, at), flip);
}

ssize_t pread(int fd, void *p, size_t n, off_t at)
{
	return pread64(fd, p, n, at);
}

ssize_t recvfrom(int fd, void *p, size_t n, int flags, __SOCKADDR_ARG from, socklen_t *len)
{
	ssize_t ret;
	bool flip;

	if (read_fault(fd, &n, &flip, &ret))
		return ret;
	return syscall(SYS_recvfrom, fd, p, n, flags, from.__sockaddr__, len);
}

ssize_t recv(int fd, void *p, size_t n, int flags)
{
	return recvfrom(fd, p, n, flags, (struct sockaddr *)NULL, NULL);
}

/* Calls without bytes: done or not. */
#define PLAIN(number, ...)                                                                         \
	do {                                                                                       \
		if (turn() && (shim.mode == ERRNO || shim.mode == END))                            \
			FAIL;                                                                      \
		return (int)syscall(number, __VA_ARGS__);                                          \
	} while (0)

int connect(int fd, __CONST_SOCKADDR_ARG to, socklen_t n)
{
	PLAIN(SYS_connect, fd, to.__sockaddr__, n);
}

int fsync(int fd)
{
	PLAIN(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	PLAIN(SYS_fdatasync, fd);
}

int ftruncate(int fd, off_t n)
{
	PLAIN(SYS_ftruncate, fd, n);
}

int ftruncate64(int fd, off64_t n)
{
	PLAIN(SYS_ftruncate, fd, n);
}

int rename(const char *a, const char *b)
{
	PLAIN(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 0);
}

int renameat(int da, const char *a, int db, const char *b)
{
	PLAIN(SYS_renameat2, da, a, db, b, 0);
}

int renameat2(int da, const char *a, int db, const char *b, unsigned flags)
{
	PLAIN(SYS_renameat2, da, a, db, b, flags);
}

int link(const char *a, const char *b)
{
	PLAIN(SYS_linkat, AT_FDCWD, a, AT_FDCWD, b, 0);
}

int linkat(int da, const char *a, int db, const char *b, int flags)
{
	PLAIN(SYS_linkat, da, a, db, b, flags);
}

int unlink(const char *a)
{
	PLAIN(SYS_unlinkat, AT_FDCWD, a, 0);
}

int unlinkat(int d, const char *a, int flags)
{
	PLAIN(SYS_unlinkat, d, a, flags);
}

int mkdir(const char *a, mode_t mode)
{
	PLAIN(SYS_mkdirat, AT_FDCWD, a, mode);
}

int mkdirat(int d, const char *a, mode_t mode)
{
	PLAIN(SYS_mkdirat, d, a, mode);
}

static int open_at(int d, const char *a, int flags, mode_t mode)
{
	if (shim.count && (flags & (O_ACCMODE | O_CREAT)) != O_RDONLY && strncmp(a, "/dev/", 5) && turn() &&
	    (shim.mode == ERRNO || shim.mode == END))
		FAIL;
	return (int)syscall(SYS_openat, d, a, flags, mode);
}

#define MODE_OF(flags, ret)                                                                        \
	do {                                                                                       \
		va_list ap;                                                                        \
		va_start(ap, flags);                                                               \
		(ret) = (flags) & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;                  \
		va_end(ap);                                                                        \
	} while (0)

int open(const char *a, int flags, ...)
{
	mode_t mode;

	MODE_OF(flags, mode);
	return open_at(AT_FDCWD, a, flags, mode);
}

int open64(const char *a, int flags, ...)
{
	mode_t mode;

	MODE_OF(flags, mode);
	return open_at(AT_FDCWD, a, flags | O_LARGEFILE, mode);
}

int openat(int d, const char *a, int flags, ...)
{
	mode_t mode;

	MODE_OF(flags, mode);
	return open_at(d, a, flags, mode);
}

int openat64(int d, const char *a, int flags, ...)
{
	mode_t mode;

	MODE_OF(flags, mode);
	return open_at(d, a, flags | O_LARGEFILE, mode);
}
