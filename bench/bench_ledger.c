/* bench_ledger.c -- durable appends and verification, in one process and one run.
 * usage: bench_ledger DIR append THREADS SECONDS     entries a second
 *        bench_ledger DIR loop SECONDS               one thread, write + fsync per entry of the same size
 *        bench_ledger DIR fill ENTRIES               make a ledger
 *        bench_ledger DIR verify                     bytes a second, best of three
 *        bench_ledger DIR open                       microseconds to open it, best of fifty
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "ledger/ledger.h"

#define BODY 400

static char body[BODY + 1];
static atomic_bool stop;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int fail(const struct err *err)
{
	fprintf(stderr, "bench_ledger: %s\n", err->msg);
	return 1;
}

struct job {
	struct ledger *l;
	unsigned long n;
	bool bad;
};

static void *work(void *arg)
{
	struct job *j = arg;

	while (!atomic_load(&stop)) {
		struct err err;
		uint64_t seq;

		if (!ledger_append(j->l, STR("request"), (struct str){ body, BODY }, &seq, &err)) {
			j->bad = true;
			break;
		}
		j->n++;
	}
	return NULL;
}

static int append(const char *dir, int threads, double seconds)
{
	static struct job jobs[256];
	static pthread_t t[256];
	struct err err;
	struct ledger *l = ledger_open(dir, &err);
	unsigned long n = 0;
	double start;
	struct timespec pause = { .tv_sec = (time_t)seconds };

	if (!l)
		return fail(&err);
	start = now();
	for (int i = 0; i < threads && i < 256; i++) {
		jobs[i].l = l;
		pthread_create(&t[i], NULL, work, &jobs[i]);
	}
	nanosleep(&pause, NULL);
	atomic_store(&stop, true);
	for (int i = 0; i < threads && i < 256; i++) {
		pthread_join(t[i], NULL);
		n += jobs[i].n;
		if (jobs[i].bad)
			return 1;
	}
	printf("%.0f\n", (double)n / (now() - start));
	ledger_close(l);
	return 0;
}

static int loop(const char *dir, double seconds)
{
	char path[4096];
	double start = now();
	unsigned long n = 0;
	int fd;

	snprintf(path, sizeof(path), "%s/loop", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	while (fd >= 0 && now() - start < seconds) {
		if (write(fd, body, BODY) != BODY || fsync(fd) != 0)
			return 1;
		n++;
	}
	printf("%.0f\n", (double)n / (now() - start));
	unlink(path);
	return fd < 0;
}

struct fill {
	struct ledger *l;
	unsigned long n;
};

static void *fill_work(void *arg)
{
	struct fill *f = arg;

	for (unsigned long i = 0; i < f->n; i++) {
		uint64_t seq;

		if (!ledger_append(f->l, STR("request"), (struct str){ body, BODY }, &seq, NULL))
			return f;
	}
	return NULL;
}

static int fill(const char *dir, unsigned long n)
{
	struct err err;
	struct fill f = { ledger_open(dir, &err), n / 64 };
	pthread_t t[64];

	if (!f.l)
		return fail(&err);
	for (size_t i = 0; i < ARRAY_LEN(t); i++)
		pthread_create(&t[i], NULL, fill_work, &f);
	for (size_t i = 0; i < ARRAY_LEN(t); i++)
		pthread_join(t[i], NULL);
	ledger_close(f.l);
	return 0;
}

static int verify(const char *dir)
{
	double best = 1e9;
	struct ledger_report r;
	struct err err;

	for (int i = 0; i < 3; i++) {
		double start = now(), took;

		if (!ledger_verify(dir, NULL, &r, &err))
			return fail(&err);
		took = now() - start;
		best = took < best ? took : best;
	}
	printf("%.3f %llu\n", best, (unsigned long long)r.entries);
	return 0;
}

static int open_close(const char *dir)
{
	double best = 1e9;

	for (int i = 0; i < 50; i++) {
		double start = now(), took;
		struct err err;
		struct ledger *l = ledger_open(dir, &err);

		if (!l)
			return fail(&err);
		took = now() - start;
		best = took < best ? took : best;
		ledger_close(l);
	}
	printf("%.0f\n", best * 1e6);
	return 0;
}

int main(int argc, char **argv)
{
	memset(body, 'x', BODY);
	memcpy(body, "{\"summary\":\"", 12);
	memcpy(body + BODY - 2, "\"}", 2);
	if (argc == 5 && strcmp(argv[2], "append") == 0)
		return append(argv[1], (int)strtol(argv[3], NULL, 10), strtod(argv[4], NULL));
	if (argc == 4 && strcmp(argv[2], "loop") == 0)
		return loop(argv[1], strtod(argv[3], NULL));
	if (argc == 4 && strcmp(argv[2], "fill") == 0)
		return fill(argv[1], strtoul(argv[3], NULL, 10));
	if (argc == 3 && strcmp(argv[2], "verify") == 0)
		return verify(argv[1]);
	return argc == 3 && strcmp(argv[2], "open") == 0 ? open_close(argv[1]) : 2;
}
