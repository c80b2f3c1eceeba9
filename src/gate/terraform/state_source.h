/* state_source.h -- where a folder's state is, and what is in it now.
 * Room: gate/terraform. Not pure. Nothing is locked and nothing is changed.
 */
#ifndef PAWL_GATE_TERRAFORM_STATE_SOURCE_H
#define PAWL_GATE_TERRAFORM_STATE_SOURCE_H

#include "base/buf.h"
#include "base/json.h"

#define STATE_SOURCE_MAX ((size_t)256 << 20)

/* What a folder is initialised to, by .terraform (or TF_DATA_DIR) and the environment; strings live with the arena. */
struct state_source {
	struct str folder;	   /* absolute, real */
	struct str type;	   /* "local" when nothing is recorded */
	const struct json *config; /* of the backend; NULL: none recorded */
	struct str key;		   /* backend_key() */
	struct str workspace;	   /* TF_WORKSPACE, else as selected, else "default" */
};

enum state_source_found { STATE_SOURCE_UNKNOWN = 0, STATE_SOURCE_ABSENT, STATE_SOURCE_READ };

bool state_source_find(struct str folder, struct arena *arena, struct state_source *ret, struct err *err) PAWL_MUST_USE;
/* Path of a local state file; STR_NONE for other backends. */
struct str state_source_path(const struct state_source *s, struct arena *arena);
/**
 * state_source_read(s, pull, ret_bytes, why):
 * The bytes of the state: read from the local file, else, if ${pull}, by `terraform state pull`, which the real terraform runs. UNKNOWN
 * with ${why} when it cannot be had: never taken for absent.
 */
enum state_source_found state_source_read(const struct state_source *s, bool pull, struct buf *ret_bytes, struct err *why);

#endif
