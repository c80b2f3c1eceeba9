/* principal.h -- who asks.
 * Room: core. Pure. A principal is a unix uid plus what is known of what runs under it; a signing key makes a person.
 */
#ifndef PAWL_CORE_PRINCIPAL_H
#define PAWL_CORE_PRINCIPAL_H

#include "base/str.h"

enum principal_kind {
	PRINCIPAL_UNKNOWN = 0, /* treated as an agent */
	PRINCIPAL_AGENT,
	PRINCIPAL_PERSON,
	PRINCIPAL_PIPELINE,
	PRINCIPAL_KIND_COUNT
};

struct principal {
	enum principal_kind kind;
	struct str name;    /* "claude-code", "alice", "ci"; unix login when nothing better is known */
	uint32_t uid;
	struct str session; /* agent session, pipeline run; may be STR_NONE */
	struct str key;     /* fingerprint "SHA256:…" when a signature proved it */
};

struct str principal_kind_name(enum principal_kind kind);
bool principal_kind_from(struct str name, enum principal_kind *ret_kind) PAWL_MUST_USE;

/* Could ${b} be ${a} in another coat: same key, same name, or same uid without a key of its own? Who is only said to be an agent, or
 * nobody in particular, has a name that the environment claims (a login, for one): whoever proves to be a person by a key is another. */
bool principal_same(const struct principal *a, const struct principal *b);

#endif
