/* How long two commands take as whole processes, turn and turn about, so that a busy moment hits both alike.
 * usage: spawn RUNS COMMAND … -- COMMAND …        $SPAWN_INPUT: a file to be the standard input of both; where it
 * is a folder, the file in it that is named by the number of the run
 * Prints: median microseconds of each, the lower and upper quartile, and the ratio of the medians. Output of the commands goes
 * to /dev/null. A command that cannot be run ends it.
 */
#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"

#define MAX_RUNS 100000

extern char **environ;

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double once(char **argv, posix_spawn_file_actions_t *quiet)
{
	double begun = now_us();
	int status;
	pid_t pid;

	if (posix_spawn(&pid, argv[0], quiet, NULL, argv, environ) != 0 || waitpid(pid, &status, 0) != pid ||
	    !WIFEXITED(status) || WEXITSTATUS(status) > 126) {
		fprintf(stderr, "spawn: %s cannot be run\n", argv[0]);
		exit(1);
	}
	return now_us() - begun;
}

static int order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double show(const char *name, double *t, size_t n)
{
	qsort(t, n, sizeof(*t), order);
	printf("%-24s median %7.0f us, quartiles %.0f to %.0f\n", name, t[n / 2], t[n / 4], t[n * 3 / 4]);
	return t[n / 2];
}

static void make_quiet(posix_spawn_file_actions_t *ret, size_t run)
{
	const char *input = getenv("SPAWN_INPUT");
	struct stat st;
	char path[4096];

	snprintf(path, sizeof(path), "%s", input ? input : "/dev/null");
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		snprintf(path, sizeof(path), "%s/%zu", input, run);
	posix_spawn_file_actions_init(ret);
	posix_spawn_file_actions_addopen(ret, 0, path, O_RDONLY, 0);
	posix_spawn_file_actions_addopen(ret, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(ret, 2, "/dev/null", O_WRONLY, 0);
}

int main(int argc, char **argv)
{
	static double first[MAX_RUNS], second[MAX_RUNS];
	posix_spawn_file_actions_t quiet;
	size_t runs = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 0;
	char **a = argv + 2, **b = NULL;

	for (int i = 3; i < argc && !b; i++) {
		if (strcmp(argv[i], "--") == 0) {
			argv[i] = NULL;
			b = argv + i + 1;
		}
	}
	if (!runs || runs > MAX_RUNS || !b || !b[0]) {
		fputs("usage: spawn RUNS COMMAND ... -- COMMAND ...\n", stderr);
		return 2;
	}
	for (size_t i = 0; i < runs; i++) {
		make_quiet(&quiet, i);
		first[i] = once(a, &quiet);
		second[i] = once(b, &quiet);
		posix_spawn_file_actions_destroy(&quiet);
	}
	printf("ratio %.3f\n", show(a[0], first, runs) / show(b[0], second, runs));
	return 0;
}
