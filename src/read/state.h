/* state.h -- a Terraform state (format 4) as identities: which addresses are which objects of the cloud.
 * Room: read. Pure.
 * Cost: linear in the bytes; the arena needs about eight times their length.
 */
#ifndef PAWL_READ_STATE_H
#define PAWL_READ_STATE_H

#include "base/digest.h"
#include "base/json.h"

#define STATE_MAX_BYTES ((size_t)256 << 20)

struct state_object {
	struct str address; /* "module.a.aws_subnet.public[0]", deposed objects carry " (deposed KEY)" */
	struct str type;
	struct str identity; /* arn, else self_link, else id */
	struct str id;
	struct str title; /* by terraform_type.title_attribute, else name */
	struct str tag_environment; /* tags_all or tags or labels: environment, env, stage (any case) */
	struct str network; /* the VPC or network it stands in, where it says so */
	bool tainted;
	struct state_object *next;
};

struct state {
	struct str lineage;
	uint64_t serial;
	struct str terraform_version;
	size_t n_managed; /* instances */
	struct state_object *objects, *objects_last;
	struct digest digest; /* of the bytes */
	/* Over every managed instance (address, all attributes) and every output, so that the same state gives the same
	 * content whether it was read from a file or pulled through another version of terraform. */
	struct digest content;
	struct str account; /* read off ARNs, projects, subscriptions where they agree; "" when they do not or there are none */
	struct str region;
};

/* False, naming the place, when the bytes are no state of format 4. An empty state (no lineage) is a state. */
bool state_read(struct str bytes, struct arena *arena, struct state *ret, struct err *err) PAWL_MUST_USE;

/* The object of an address, or NULL. Linear; for many look-ups sort or hash. */
const struct state_object *state_find(const struct state *s, struct str address);

/* Type of an object that lives in a cloud, not in the state alone (random_id, null_resource, tls_private_key …)? */
bool state_type_is_cloud(struct str type);

/* Parts of "arn:partition:service:region:account:rest"; STR_NONE where absent or no ARN. */
struct str state_arn_part(struct str arn, unsigned part);
enum { STATE_ARN_SERVICE = 2, STATE_ARN_REGION = 3, STATE_ARN_ACCOUNT = 4 };

#endif
