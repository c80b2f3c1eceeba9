#include "cli/self.h"

#include <unistd.h>

#include "base/str.h"

bool self_program(char ret[PLACES_MAX], struct err *err)
{
	ssize_t n = readlink("/proc/self/exe", ret, PLACES_MAX - 1);
	struct str self;

	if (n <= 0)
		return err_sys(err, "/proc/self/exe");
	self = (struct str){ ret, (size_t)n };
	if (str_ends(self, STR("-full")))
		n -= 5;
	ret[n] = '\0';
	return access(ret, X_OK) == 0 || err_sys(err, "%s", ret);
}
