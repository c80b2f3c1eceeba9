/* signer.h -- who may sign, with which keys: the policy's approvers and the allowed-signers files.
 * Room: hold.
 * Policy names the people (machine's and user's layers; a project's file cannot). A key stands beside the name in the policy,
 * or in /etc/pawl/allowed_signers, or in the user's allowed_signers. Where no policy names anybody, everybody in those files
 * may approve. Format of the files: ssh-keygen(1), ALLOWED SIGNERS; lines with cert-authority or patterns are skipped.
 */
#ifndef PAWL_HOLD_SIGNER_H
#define PAWL_HOLD_SIGNER_H

#include "hold/hold.h"
#include "hold/sshsig.h"

struct signer {
	struct str name;
	const struct str_list *roles;
	struct sshkey key;
	struct str key_text; /* "TYPE BASE64" */
	struct str options;  /* of the allowed-signers line: "valid-before=…" */
	struct str from;     /* "policy", or the file */
	struct signer *next;
};

/* All of them, in order; *ret_list is NULL when nobody may. False when a file or key cannot be understood. */
bool signer_list(const struct hold_host *h, struct arena *arena, struct signer **ret_list, struct err *err) PAWL_MUST_USE;
/* The one of this name with this key; either may be STR_NONE = any. NULL: there is none. */
const struct signer *signer_find(const struct signer *list, struct str name, struct str fingerprint);

#endif
