/* places.h -- where pawl keeps and finds its files.
 * Room: cli. Paths are absolute; see docs/design.md, "Places".
 */
#ifndef PAWL_CLI_PLACES_H
#define PAWL_CLI_PLACES_H

#include "base/err.h"

#define PLACES_MAX 4096

struct places {
	char config[PLACES_MAX]; /* $XDG_CONFIG_HOME/pawl, else ~/.config/pawl */
	char state[PLACES_MAX];	 /* $PAWL_STATE, else $XDG_STATE_HOME/pawl, else ~/.local/state/pawl; as made here 0700 */
	char ledger[PLACES_MAX]; /* state/ledger */
	char machine_policy[PLACES_MAX]; /* /etc/pawl/policy.yaml, or $PAWL_MACHINE_POLICY in tests run as root only */
	char user_policy[PLACES_MAX];	 /* config/policy.yaml */
	char project[PLACES_MAX];	 /* nearest folder upwards from start with pawl.yaml, or .git; else start */
	char project_policy[PLACES_MAX]; /* project/pawl.yaml */
	char project_pin[PLACES_MAX];	 /* the nearest pawl.pin.yaml above; else of project */
};

/* ${start}: NULL is the current folder. Makes nothing but looks. */
bool places_find(const char *start, struct places *ret, struct err *err) PAWL_MUST_USE;

/* ${folder} as seen from ${project} (both absolute, real): "." or "live/prod"; ${folder} itself when it does not lie in it. The same
 * in every checkout of a project, wherever that is. */
const char *places_within(const char *project, const char *folder);

#endif
