#include "recovery/tools.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/proc.h"

#define POSTGRES "/usr/lib/postgresql"
#define PLACES "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"

unsigned tools_postgres(const char *program, char ret[TOOLS_PATH])
{
	DIR *dir = opendir(POSTGRES);
	struct dirent *f;
	unsigned best = 0;

	while (dir && (f = readdir(dir))) {
		char path[TOOLS_PATH];
		unsigned major = (unsigned)strtoul(f->d_name, NULL, 10);
		int n = snprintf(path, sizeof(path), "%s/%u/bin/%s", POSTGRES, major, program);

		if (major <= best || n < 0 || (size_t)n >= sizeof(path) || access(path, X_OK) != 0)
			continue;
		best = major;
		snprintf(ret, TOOLS_PATH, "%s/%u/bin", POSTGRES, major);
	}
	if (dir)
		closedir(dir);
	return best;
}

bool tools_find(const char *program, char ret[TOOLS_PATH], struct err *err)
{
	const char *path = getenv("PATH");

	return proc_find(program, path ? path : PLACES, NULL, ret, TOOLS_PATH) ||
	       proc_find(program, PLACES, NULL, ret, TOOLS_PATH) ||
	       err_set(err, ERR_TOOL, "%s is not there", program);
}

unsigned tools_major(struct str version)
{
	uint64_t n;
	size_t digits = 0;

	while (digits < version.len && version.ptr[digits] >= '0' && version.ptr[digits] <= '9')
		digits++;
	return str_to_u64(str_sub(version, 0, digits), &n) && n < 1000 ? (unsigned)n : 0;
}
