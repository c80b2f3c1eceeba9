/* fixture.h -- a recorded file of tests/fixtures in memory. */
#ifndef PAWL_TESTS_FIXTURE_H
#define PAWL_TESTS_FIXTURE_H

#include "base/fd.h"
#include "unit.h"

static inline void fixture_read(const char *name, struct buf *ret)
{
	const char *source = getenv("PAWL_SOURCE");
	char path[4096];
	struct err err;

	snprintf(path, sizeof(path), "%s/tests/fixtures/%s", source ? source : ".", name);
	if (!file_read(path, ret, &err))
		fail_msg("%s", err.msg);
}

#endif
