/* credentials.h -- with whose key to ask, and in which region: what the AWS CLI and Terraform's provider would find.
 * Room: cloud. Order: environment; the profile's own key in the shared credentials and config files; its
 * credential_process; `aws configure export-credentials` (which knows SSO and assumed roles). Never a prompt, never the
 * instance's metadata. What is not found is said, never guessed.
 */
#ifndef PAWL_CLOUD_CREDENTIALS_H
#define PAWL_CLOUD_CREDENTIALS_H

#include "base/arena.h"
#include "base/err.h"

struct credentials {
	struct str access_key, secret_key, session_token;
	struct str region;   /* STR_NONE: not known */
	struct str profile;  /* STR_NONE: none named */
	struct str endpoint; /* endpoint_url of the profile; STR_NONE */
	const char *
		source; /* "environment", "profile", "credential_process", "aws configure export-credentials" */
};

/* False with ${err} when there are none; ret->region, profile and endpoint are filled even then. */
bool credentials_find(struct arena *arena, struct credentials *ret, struct err *err) PAWL_MUST_USE;

/* The value of ${key} in section ${section} of an ini file's ${text} ("profile x" or "x"); STR_NONE. The last one wins. */
struct str credentials_ini(struct str text, struct str section, struct str key);

/* What a credential process prints. */
bool credentials_from_json(struct str text, struct arena *arena, struct credentials *ret,
			   struct err *err) PAWL_MUST_USE;

#endif
