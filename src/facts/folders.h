/* folders.h -- folders and files whose loss is no loss: what a build makes again, what a tool keeps as a cache; and where things that
 * nobody gets back lie.
 * Room: facts. Pure: rows. The names are those of the usual generators' own .gitignore templates and the tools' documentation.
 */
#ifndef PAWL_FACTS_FOLDERS_H
#define PAWL_FACTS_FOLDERS_H

#include "base/str.h"

/* Does a build make ${below} again: a path inside a project, one of whose parts is such a folder? ${sure}: only names that nobody gives
 * to anything else ("node_modules", not "build"). Parts may be globs: they match as they stand. */
bool folder_is_made_again(struct str below, bool sure);
/* Is ${below}, a path inside a home folder, a cache or below one? */
bool folder_is_cache(struct str below);
/* The same for an absolute path outside of any home: package lists, caches of package managers. */
bool folder_is_machine_cache(struct str path);
/* Where programs are put by hand, and put again: /usr/local, /opt. ${below} as above, or absolute. */
bool folder_is_tools(struct str path, bool in_home);
/* Part of the system: /etc, /usr … */
bool folder_is_system(struct str path);
/* Temporary: 2 is the folder itself, 1 below it, 0 neither. */
int folder_is_temporary(struct str path);

#endif
