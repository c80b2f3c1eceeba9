/* surroundings.h -- what lies around a configuration: other state files, git history, a README.
 * Room: gate/terraform. Not pure. Bounded: a few hundred folders, a few dozen state files, git with a time limit.
 */
#ifndef PAWL_GATE_TERRAFORM_SURROUNDINGS_H
#define PAWL_GATE_TERRAFORM_SURROUNDINGS_H

#include "read/known.h"
#include "read/lost.h"

#define SURROUNDINGS_MAX_STATES 40
#define SURROUNDINGS_MAX_FOLDERS 400
#define SURROUNDINGS_MAX_DEPTH 4

/**
 * surroundings_states(root, skip, arena, io_first):
 * State files (*.tfstate) under ${root}, put before *${io_first} as KNOWN_STATE_FILE; never the one at path ${skip},
 * nothing in .git, .terraform and the like. What cannot be read as a state is none.
 */
void surroundings_states(struct str root, struct str skip, struct arena *arena,
			 struct known **io_first);

/* What git, the README and a state's backup say; fills the folder's part of *${io}. What cannot be found out stays zero. */
void surroundings_history(struct str folder, int64_t now_us, struct arena *arena,
			  struct lost_facts *io);

#endif
