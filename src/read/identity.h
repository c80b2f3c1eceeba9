/* identity.h -- who is this state? The plan's state held against every state that is known.
 * Room: read. Pure: facts in, findings out; gate/terraform/identify.c gathers the facts.
 * Each signal, and what it can not tell, is written down in docs/identity.md. A signal speaks only where it is certain; what merely
 * raises suspicion is state.lost-suspected, of lost.h.
 */
#ifndef PAWL_READ_IDENTITY_H
#define PAWL_READ_IDENTITY_H

#include "read/known.h"
#include "read/lost.h"
#include "read/planfile.h"

enum identity_current { IDENTITY_CURRENT_UNKNOWN = 0, IDENTITY_CURRENT_ABSENT, IDENTITY_CURRENT_READ };

struct identity_facts {
	const struct planfile *plan;	     /* NULL: only plan JSON is there; then only what needs no state is said */
	const struct plan_summary *summary; /* NULL: not read yet */
	const struct plan_create *creates;
	struct str folder;		     /* absolute, real */
	struct str backend, workspace;	     /* of the plan: backend_key(); else of the folder */
	struct str environment;		     /* the policy's name for where this acts; STR_NONE: unnamed */
	struct str folder_backend, folder_workspace; /* what the folder is initialised to now; STR_NONE: not known */
	const struct known *known;	     /* pins, last-seen records, states found; folders absolute */
	enum identity_current now;	     /* was the state in place now looked at? */
	const struct state *current;	     /* IDENTITY_CURRENT_READ: what was there */
	struct str caller_account, caller_region; /* of whoever would apply; STR_NONE: not known */
	bool ours;			     /* the folder is one of pawl's own: its state is meant to lie there */
	const struct lost_facts *lost;	     /* NULL: not gathered */
};

/* Findings at the end of ${add}: CHANGE_STATE_IDENTITY, type "terraform_state", each code at most once. */
void identity_compare(const struct identity_facts *f, struct arena *arena, struct change_list *add);

#endif
