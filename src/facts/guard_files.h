/* guard_files.h -- where agents' hosts keep the settings by which they ask pawl before they act.
 * Room: facts. Pure: rows. Shared by what refuses attempts on them (read/command_paths_guard.c) and by what writes them (`pawl init`).
 */
#ifndef PAWL_FACTS_GUARD_FILES_H
#define PAWL_FACTS_GUARD_FILES_H

#include "base/str.h"

enum guard_base {
	GUARD_HOME,    /* below the home folder */
	GUARD_PROJECT, /* below the root of the project */
	GUARD_MACHINE, /* absolute: managed by the machine's owner */
};

struct guard_file {
	struct str host; /* as in `pawl hook HOST` */
	enum guard_base base;
	struct str path; /* a file, or a folder and all below it */
	bool folder;
};

/* How `pawl schedule` marks its lines in a crontab, and where in pawl's state it wrote down what it set. */
#define GUARD_CRON_MARK "# pawl schedule"
#define GUARD_SCHEDULE "recovery/schedule"

/* NULL past the end. */
const struct guard_file *guard_file_nth(size_t i);

#endif
