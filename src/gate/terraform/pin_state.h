/* pin_state.h -- the state a folder has now, and everything that speaks for or against pinning it.
 * Room: gate/terraform. Not pure.
 */
#ifndef PAWL_GATE_TERRAFORM_PIN_STATE_H
#define PAWL_GATE_TERRAFORM_PIN_STATE_H

#include "core/change.h"
#include "read/known.h"

struct pin_state {
	struct known now;     /* as it would be pinned; folder absolute */
	struct known *pins;   /* all of the pin file, folders absolute */
	struct known *pinned; /* the one of this place, or NULL */
	struct change_list findings; /* of identity.h, as for a plan that starts from this state */
	size_t n_tainted;
	struct str refusal; /* why this state is never to be pinned, whoever asks; STR_NONE: it may be */
};

struct pin_state_opts {
	struct str folder, pin_path, state_dir; /* absolute */
};

/* False when the state, the pin or a record cannot be read. */
bool pin_state_find(const struct pin_state_opts *opts, struct arena *arena, struct pin_state *ret, struct err *err) PAWL_MUST_USE;

/* What differs between two states of one place, as sentences; none when nothing does. */
struct pin_difference {
	struct str text;
	struct pin_difference *next;
};
struct pin_difference *pin_state_differences(const struct known *was, const struct known *now, struct arena *arena);

/* Addresses with prevent_destroy in the configuration of ${folder} and of the modules it has fetched. */
struct str_set pin_state_protected(struct str folder, struct arena *arena);

#endif
