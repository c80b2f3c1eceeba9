#include "cli/full.h"

#include <unistd.h>

#include "base/str.h"

bool full_path(char *ret, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", ret, size - sizeof("-full"));

	if (n <= 0 || (size_t)n >= size - sizeof("-full"))
		return false;
	ret[n] = '\0';
	if (!str_ends((struct str){ ret, (size_t)n }, STR("-full")))
		memcpy(ret + n, "-full", sizeof("-full"));
	return true;
}
