/* answer.h -- what a person says to a hold, into the ledger: yes, no, take it back; and elevations.
 * Room: hold. Asks nobody anything: the cli shows the card and takes the typed name before it comes here.
 */
#ifndef PAWL_HOLD_ANSWER_H
#define PAWL_HOLD_ANSWER_H

#include "hold/elevation.h"
#include "hold/thaw.h"

struct answer {
	const struct hold_host *host;
	struct str id;		       /* "H-42" */
	const struct hold_request *ask; /* as recorded, judged by today's policy */
	const struct signer *who;
	const char *key_file;
	struct str typed;
	int64_t now_us;
	struct arena *arena;
};

/**
 * answer_ready(a, book, ret_hold, err):
 * May this hold be approved now, by ${a}->who (NULL: by anybody)? False with a sentence: no such hold, over, cool-off, evidence
 * missing, the record is not the one that was hashed, the approver is the asker.
 */
bool answer_ready(const struct answer *a, struct book *book, const struct book_hold **ret_hold, struct err *err) PAWL_MUST_USE;
/* Sign, verify what was signed as a use will, append. *ret_level: what keeps asker and approver apart. */
bool answer_approve(const struct answer *a, struct weighed *ret, struct err *err) PAWL_MUST_USE;

struct refusal {
	struct str id; /* "H-42", or "G-7" for a revocation */
	struct str by, reason;
};
bool answer_deny(const struct hold_host *h, const struct refusal *no, struct arena *arena, struct err *err) PAWL_MUST_USE;
bool answer_revoke(const struct hold_host *h, const struct refusal *no, struct arena *arena, struct err *err) PAWL_MUST_USE;

struct elevating {
	const struct hold_host *host;
	enum statement_kind kind; /* elevation or break-glass */
	struct str scope, reason;
	int64_t seconds;
	const struct signer *who;
	const char *key_file;
	int64_t now_us;
	struct arena *arena;
};
/* Sign, verify, append, mark, page. */
bool answer_elevate(const struct elevating *e, char ret_id[HOLD_ID_LEN], struct weighed *ret, struct err *err) PAWL_MUST_USE;

struct thawing {
	const struct hold_host *host;
	struct thaw freeze; /* as thaw_look found it */
	struct str reason;
	const struct signer *who;
	const char *key_file;
	struct arena *arena;
};
/* Sign the end of that freeze, verify, append "unfreeze". */
bool answer_unfreeze(const struct thawing *t, struct weighed *ret, struct err *err) PAWL_MUST_USE;

#endif
