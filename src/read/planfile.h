/* planfile.h -- a saved Terraform plan: a zip with tfplan (protobuf), tfstate, tfstate-prev, tfconfig/…, the lock file.
 * Room: read. Pure: bytes in, parts out (minizip and zlib keep small allocations of their own).
 * What is where was read off real plans of Terraform 1.11 and terraform's internal/plans/planfile and planproto:
 * lineage and serial stand only in tfstate; backend and mode only in tfplan (fields 13 and 17); terraform's own reader
 * takes the first member of a name, so a second member of the same name is refused here.
 */
#ifndef PAWL_READ_PLANFILE_H
#define PAWL_READ_PLANFILE_H

#include "base/arena.h"
#include "base/err.h"
#include "read/state.h"

#define PLANFILE_MAX_MEMBERS 10000
#define PLANFILE_MAX_MEMBER ((size_t)256 << 20) /* inflated, one member */
#define PLANFILE_MAX_TOTAL ((size_t)768 << 20)	/* inflated, all read members together */

enum plan_mode { PLAN_MODE_UNKNOWN = 0, PLAN_MODE_NORMAL, PLAN_MODE_DESTROY, PLAN_MODE_REFRESH_ONLY };

struct planfile_config {
	struct str path;  /* "m-/main.tf": module key, slash, file */
	struct str bytes;
	struct planfile_config *next;
};

struct planfile {
	struct str terraform_version; /* of the tool that made it */
	enum plan_mode mode;
	struct str backend_type;   /* "local", "s3", "cloud" */
	struct str backend_config; /* as JSON text, decoded from msgpack; secrets still in it */
	const struct json *backend; /* the same as a tree; NULL when there is none */
	struct str workspace;
	struct str timestamp; /* when it was planned, RFC 3339; STR_NONE before Terraform 1.5 */
	bool has_targets;
	bool errored;
	struct state state;	 /* tfstate: refreshed */
	struct state state_prev; /* tfstate-prev: before refresh, moves and imports minded; carries no lineage and no serial */
	struct str state_bytes;
	struct str tfplan; /* the member, as it stands */
	struct planfile_config *config; /* the configuration the plan was made from */
	struct str modules; /* tfconfig/modules.json: which key is which folder */
	struct str lock_file;
	struct digest digest;	     /* of the whole file */
	struct digest config_digest; /* over all config members and the lock file, sorted by path, by digest_field */
};

/* Is this a zip at all (so: a saved plan, not JSON)? */
bool planfile_probe(struct str bytes);

/**
 * planfile_read(bytes, arena, ret, err):
 * Decode a saved plan. False with a sentence saying what is wrong and what to do when it is no zip, a zip bomb, has two
 * members of one name, lacks tfplan or tfstate, or is of an unknown plan format.
 * Memory: the arena takes what the members inflate to, and about eight times the two states.
 */
bool planfile_read(struct str bytes, struct arena *arena, struct planfile *ret, struct err *err) PAWL_MUST_USE;

/* Over what the plan says, not the bytes it says it in: equal for two plannings of the same thing. Every field of tfplan counts but
 * the time it was made, in whatever order terraform's walk left them; both states (refreshed and not) and the configuration. */
struct digest planfile_meaning(const struct planfile *pf);

#endif
