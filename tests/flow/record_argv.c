/* record_argv -- stands in for a program in test_shell_differential: writes its argv to the file `log` beside the folder it is in,
 * words ended by 0x1f, the
 * record by NUL. Called sudo, doas, nohup, nice, timeout or setsid it then becomes the command in its words.
 */
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void record(int argc, char **argv)
{
	char path[4096], log[4200], line[65536];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	size_t n = 0;
	int fd;

	if (len <= 0)
		exit(99);
	path[len] = '\0';
	snprintf(log, sizeof(log), "%s/../log", dirname(path));
	for (int i = 0; i < argc; i++) {
		size_t w = strlen(argv[i]);

		if (n + w + 2 >= sizeof(line))
			exit(98);
		memcpy(line + n, argv[i], w);
		n += w;
		line[n++] = '\x1f';
	}
	line[n++] = '\0';
	fd = open(log, O_WRONLY | O_APPEND);
	if (fd < 0 || write(fd, line, n) != (ssize_t)n)
		exit(97);
	close(fd);
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	int skip = 1;

	record(argc, argv);
	if (strcmp(name, "sudo") == 0 || strcmp(name, "doas") == 0 || strcmp(name, "nice") == 0) {
		while (skip < argc && argv[skip][0] == '-')
			skip += strcmp(argv[skip], strcmp(name, "nice") == 0 ? "-n" : "-u") == 0 ? 2 : 1;
	} else if (strcmp(name, "timeout") == 0) {
		skip = 2;
	} else if (strcmp(name, "nohup") != 0 && strcmp(name, "setsid") != 0) {
		if (strcmp(name, "curl") == 0)
			puts("rm from-the-net");
		return 0;
	}
	if (skip < argc) {
		execvp(argv[skip], argv + skip);
		return 127;
	}
	return 0;
}
