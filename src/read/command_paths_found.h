/* command_paths_found.h -- what find, fd, ls or git found, as words of another act.
 * Room: read; only command_paths*.c include it. Pure.
 */
#ifndef PAWL_READ_COMMAND_PATHS_FOUND_H
#define PAWL_READ_COMMAND_PATHS_FOUND_H

#include "read/command_paths.h"

/* The targets of rm whose words are what find (or another act) finds; false when nobody knows where that is. */
bool paths_found(struct paths *p, enum paths_how how);
/* Of what find (or `ls -d`) gives this act, below ${t} where that is known: pawl's own that goes with it. False: nothing was said. */
bool paths_found_own(struct paths *p, const struct paths_target *t, enum paths_how how);
/* -exec's {}: judged as what the tests of find let through. False: it is another word. */
bool paths_found_named(struct paths *p, const struct paths_target *t, enum paths_how how);
/* Does that find leave ${folder} out, with -prune or -not -path? */
bool paths_found_not(struct paths *p, const struct shell_act *by, struct str folder);
/* A vault whose files that find finds. */
bool paths_found_vault(struct paths *p, const struct shell_act *by, struct str *ret);
/* Can a file of a backup in it be what ${t} says? */
bool paths_vault_reached(struct paths *p, const struct world_vault *v, const struct paths_target *t);

#endif
