/* A plain main for a fuzz target: feeds it every file named, and every file in every folder named.
 * Prints how many it fed; a target that finds a broken property aborts.
 */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "fuzz.h"

#define MAX_FILE ((size_t)1 << 28)

static unsigned fed;

static bool feed(const char *path)
{
	struct buf b = BUF_MAX(MAX_FILE);
	struct err err;
	uint8_t *exact;

	if (!file_read(path, &b, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		return false;
	}
	/* Exactly as long as the input, so that a sanitizer sees a read past its end. */
	exact = malloc(b.len ? b.len : 1);
	PAWL_ASSERT(exact);
	if (b.len)
		memcpy(exact, b.ptr, b.len);
	LLVMFuzzerTestOneInput(exact, b.len);
	free(exact);
	buf_free(&b);
	fed++;
	return true;
}

static bool feed_folder(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	char name[4096];
	bool ok = true;

	if (!d) {
		perror(path);
		return false;
	}
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		ok = feed(name) && ok;
	}
	closedir(d);
	return ok;
}

int main(int argc, char **argv)
{
	bool ok = true;

	for (int i = 1; i < argc; i++) {
		struct stat st;
		bool folder = stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode);

		ok = (folder ? feed_folder(argv[i]) : feed(argv[i])) && ok;
	}
	printf("%u inputs\n", fed);
	return ok ? 0 : 1;
}
