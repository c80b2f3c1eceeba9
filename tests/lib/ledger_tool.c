/* ledger_tool.c -- a small program for tests that end or fail it in the middle: appends, says what was acknowledged.
 * usage: ledger_tool DIR append N [SIZE]    prints each acknowledged seq on a line, at once
 *        ledger_tool DIR batch THREADS N    N entries from each thread
 *        ledger_tool DIR verify             prints "entries N torn 0|1", or why not
 *        ledger_tool DIR seqs               prints all seqs, and the text of each body
 *        ledger_tool DIR hold SECONDS       keeps the ledger locked
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "ledger/ledger.h"

static int wrong(const struct err *err)
{
	printf("error %s\n", err->msg);
	return 1;
}

static bool say(const struct ledger_entry *e, void *ctx)
{
	(void)ctx;
	printf("%llu %.*s\n", (unsigned long long)e->seq, STR_ARG(str_sub(e->body, 0, 60)));
	return true;
}

static int append(struct ledger *l, long n, size_t size)
{
	static char body[1 << 20];
	struct err err = { .code = ERR_NONE };

	for (long i = 0; i < n; i++) {
		uint64_t seq;
		char line[40];
		int k, at = snprintf(body, sizeof(body), "{\"pid\":%d,\"i\":%ld,\"pad\":\"", (int)getpid(), i);

		memset(body + at, 'x', size);
		memcpy(body + (size_t)at + size, "\"}", 2);
		if (!ledger_append(l, STR("request"), (struct str){ body, (size_t)at + size + 2 }, &seq, &err))
			return wrong(&err);
		k = snprintf(line, sizeof(line), "%llu\n", (unsigned long long)seq);
		if (write(STDOUT_FILENO, line, (size_t)k) != k)
			return 1;
	}
	return 0;
}

struct job {
	struct ledger *l;
	long n;
};

static void *work(void *arg)
{
	struct job *j = arg;

	return append(j->l, j->n, 50) ? j : NULL;
}

static int batch(struct ledger *l, int threads, long n)
{
	pthread_t t[64];
	struct job job = { l, n };
	int bad = 0;

	for (int i = 0; i < threads && i < 64; i++)
		pthread_create(&t[i], NULL, work, &job);
	for (int i = 0; i < threads && i < 64; i++) {
		void *r;

		pthread_join(t[i], &r);
		bad += r != NULL;
	}
	return bad != 0;
}

static int with_ledger(int argc, char **argv)
{
	struct err err = { .code = ERR_NONE };
	struct ledger *l = ledger_open(argv[1], &err);
	long n = argc > 3 ? strtol(argv[3], NULL, 10) : 1, size = argc > 4 ? strtol(argv[4], NULL, 10) : 0;
	int status = 0;

	if (!l)
		return wrong(&err);
	if (strcmp(argv[2], "append") == 0) {
		status = append(l, n, (size_t)size);
	} else if (strcmp(argv[2], "batch") == 0) {
		status = batch(l, (int)n, size);
	} else if (strcmp(argv[2], "hold") == 0) {
		if (!ledger_lock(l, &err))
			return wrong(&err);
		puts("locked");
		fflush(stdout);
		sleep((unsigned)n);
		ledger_unlock(l);
	} else if (!ledger_walk(l, 0, say, NULL, &err)) {
		status = wrong(&err);
	}
	ledger_close(l);
	return status;
}

int main(int argc, char **argv)
{
	struct ledger_report r;
	struct err err = { .code = ERR_NONE };

	if (argc < 3)
		return 2;
	if (strcmp(argv[2], "verify") != 0)
		return with_ledger(argc, argv);
	if (!ledger_verify(argv[1], NULL, &r, &err))
		return wrong(&err);
	printf("entries %llu torn %d\n", (unsigned long long)r.entries, r.torn_tail);
	return 0;
}
