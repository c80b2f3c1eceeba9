/* failalloc.c -- LD_PRELOAD shim: the Nth allocation of a program fails.
 *	FAILALLOC_N=N         the Nth malloc, calloc or realloc since main's constructors, from 1 (0 or unset: none)
 *	FAILALLOC_STICKY=1    and every one after it
 *	FAILALLOC_COMM=NAME   only in a process whose program file has this name
 *	FAILALLOC_COUNT=FILE  write how many there were, when the process exits
 * A static program is not affected. With a sanitized program set ASAN_OPTIONS=verify_asan_link_order=0: the shim stands before the
 * sanitizer's allocator and hands on what it lets pass.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
	long n, count;
	bool sticky, active;
} shim;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static struct {
	void *(*malloc)(size_t);
	void *(*calloc)(size_t, size_t);
	void *(*realloc)(void *, size_t);
	void (*free)(void *);
} real;

/* What dlsym itself asks for while the real ones are looked up; never given back. */
static char early[65536];
static size_t early_used;

static void *early_alloc(size_t n)
{
	size_t at = early_used;

	n = (n + 15) & ~(size_t)15;
	if (n > sizeof(early) - at)
		return NULL;
	early_used += n;
	return early + at;
}

static bool is_early(const void *p)
{
	return (const char *)p >= early && (const char *)p < early + sizeof(early);
}

static bool find_real(void)
{
	static bool looking;

	if (real.free)
		return true;
	if (looking)
		return false;
	looking = true;
	*(void **)&real.malloc = dlsym(RTLD_NEXT, "malloc");
	*(void **)&real.calloc = dlsym(RTLD_NEXT, "calloc");
	*(void **)&real.realloc = dlsym(RTLD_NEXT, "realloc");
	*(void **)&real.free = dlsym(RTLD_NEXT, "free");
	looking = false;
	return true;
}

__attribute__((constructor)) static void failalloc_begin(void)
{
	const char *n = getenv("FAILALLOC_N"), *sticky = getenv("FAILALLOC_STICKY"), *comm = getenv("FAILALLOC_COMM");
	char exe[4096];
	ssize_t k = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	exe[k > 0 ? k : 0] = '\0';
	shim.n = n ? strtol(n, NULL, 10) : 0;
	shim.sticky = sticky && *sticky == '1';
	shim.active = !comm || strcmp(strrchr(exe, '/') ? strrchr(exe, '/') + 1 : exe, comm) == 0;
}

__attribute__((destructor)) static void failalloc_end(void)
{
	const char *file = getenv("FAILALLOC_COUNT");
	char text[32];
	int fd, n;

	if (!shim.active || !file)
		return;
	fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	n = snprintf(text, sizeof(text), "%ld\n", shim.count);
	if (fd < 0 || write(fd, text, (size_t)n) != n)
		_exit(99);
	close(fd);
}

static bool fails(void)
{
	long at;

	if (!shim.active)
		return false;
	pthread_mutex_lock(&mutex);
	at = ++shim.count;
	pthread_mutex_unlock(&mutex);
	if (shim.n <= 0 || at < shim.n || (at > shim.n && !shim.sticky))
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t n)
{
	if (!find_real())
		return early_alloc(n);
	return fails() ? NULL : real.malloc(n);
}

void *calloc(size_t n, size_t size)
{
	if (!find_real())
		return early_alloc(n * size); /* zero, as all of it */
	return fails() ? NULL : real.calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	if (!find_real() || is_early(p))
		return NULL;
	return fails() ? NULL : real.realloc(p, n);
}

void free(void *p)
{
	if (p && !is_early(p) && find_real())
		real.free(p);
}
