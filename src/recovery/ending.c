#include "recovery/ending.h"

#include <poll.h>
#include <signal.h>

#include "base/base.h"

static const int heeded[] = { SIGINT, SIGTERM, SIGHUP };
static const char *const names[] = { "SIGINT", "SIGTERM", "SIGHUP" };

static volatile sig_atomic_t came;
static volatile sig_atomic_t asker = -1;
static struct sigaction before[ARRAY_LEN(heeded)];
static bool heeding;

static void on_signal(int sig)
{
	came = sig;
}

void ending_heed(void)
{
	if (heeding)
		return;
	heeding = true;
	for (size_t i = 0; i < ARRAY_LEN(heeded); i++) {
		/* Impatience is a person's: who is told twice by a program is still clearing away. */
		struct sigaction a = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

		if (heeded[i] == SIGINT)
			a.sa_flags |= (int)SA_RESETHAND;
		sigaction(heeded[i], NULL, &before[i]);
		if (before[i].sa_handler != SIG_IGN)
			sigaction(heeded[i], &a, NULL);
	}
}

void ending_asker(int fd)
{
	asker = fd;
}

int ending_signal(void)
{
	struct pollfd p = { .fd = asker };

	if (!came && p.fd >= 0 && poll(&p, 1, 0) == 1 && (p.revents & POLLERR))
		came = SIGHUP;
	return came;
}

bool ending_none(struct err *err)
{
	int sig = ending_signal();

	for (size_t i = 0; i < ARRAY_LEN(heeded); i++) {
		if (sig == heeded[i])
			return err_set(err, ERR_TOOL, "it was ended by %s", names[i]);
	}
	return true;
}

void ending_pass(void)
{
	int sig = came;

	for (size_t i = 0; heeding && i < ARRAY_LEN(heeded); i++)
		sigaction(heeded[i], &before[i], NULL);
	heeding = false;
	came = 0;
	if (!sig)
		return;
	signal(sig, SIG_DFL);
	raise(sig);
}
