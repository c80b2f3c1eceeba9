/* hold.h -- requests that wait for a person, and what the person says.
 * Room: hold. Stands on base and core; reaches ledger and store through struct hold_host, given by the cli.
 * The ledger is the truth; the store is an index made from it that can be thrown away. What an approval, denial, grant or
 * elevation is, is an entry of the ledger with its signature in it; a row in the store without such an entry is forged.
 * Life of a hold: open → approved | denied | expired; approved → used | expired | revoked. One use, ever.
 * Entries and their bodies: docs/ledger.md. What a signature is over: hold/statement.h.
 */
#ifndef PAWL_HOLD_HOLD_H
#define PAWL_HOLD_HOLD_H

#include "core/card.h"
#include "core/permit.h"

#define HOLD_NAMESPACE "pawl" /* of ssh-keygen -Y */
#define HOLD_ID_LEN 24
#define HOLD_OPEN_LIFE_S (INT64_C(7) * 86400) /* an unanswered hold is asked anew after this */
#define HOLD_GRANT_LIFE_S 3600	     /* of an approval whose rule names no other */

enum hold_state {
	HOLD_NONE = 0,
	HOLD_OPEN,
	HOLD_APPROVED, /* all approvals are in; a grant exists */
	HOLD_DENIED,
	HOLD_EXPIRED,
	HOLD_USED,
	HOLD_REVOKED,
	HOLD_STATE_COUNT
};

struct str hold_state_name(enum hold_state s);
bool hold_state_from(struct str name, enum hold_state *ret_state) PAWL_MUST_USE;

/* One entry of the ledger, as this room sees it. Strings live only during the call. */
struct hold_entry {
	uint64_t seq;
	int64_t time_us;
	struct str kind, body;
};
typedef bool (*hold_each)(const struct hold_entry *e, void *each_ctx);

/* The world outside this room. The first four are those of ledger.h. */
struct hold_host {
	void *ctx;
	bool (*append)(void *ctx, struct str kind, struct str body, uint64_t *ret_seq, struct err *err);
	bool (*lock)(void *ctx, struct err *err);
	void (*unlock)(void *ctx);
	bool (*walk)(void *ctx, uint64_t after, hold_each each, void *each_ctx, struct err *err);
	/* What the index says of a hold (HOLD_NONE: nothing). NULL: no index here. Its word never permits anything. */
	bool (*indexed)(void *index_ctx, const char *id, enum hold_state *ret_state, struct err *err);
	void *index_ctx;
	/* Somebody should look now. NULL: nobody to tell. */
	void (*page)(void *page_ctx, struct str about, struct str text);
	void *page_ctx;
	const char *state_dir;
	const char *config_dir;	     /* the user's allowed_signers lies here; NULL: none */
	const char *machine_signers; /* "/etc/pawl/allowed_signers"; NULL: none */
	const struct policy *policy; /* who may approve; NULL only where nothing is approved (hold_open) */
};

/**
 * hold_open(h, r, j, e, ret_id, err):
 * Record that ${r}, judged ${j} (VERDICT_HOLD), waits for a person. The id is "H-" and the seq of its ledger entry, which is
 * on disk on return. A request with the same digest whose hold is still open, or approved and unused, gets that hold's id.
 */
bool hold_open(const struct hold_host *h, const struct request *r, const struct judgement *j, const struct evidence *e,
	       char ret_id[HOLD_ID_LEN], struct err *err) PAWL_MUST_USE;

/**
 * hold_waiting(h, r, now, ret_id, ret_state, err):
 * Does a hold of this very request wait (HOLD_OPEN), or is it approved and unused (HOLD_APPROVED)? HOLD_NONE: neither, or the hint to it
 * is lost. By the ledger's entries alone: no signature is looked at, so it permits nothing.
 */
bool hold_waiting(const struct hold_host *h, const struct request *r, int64_t now_us, char ret_id[HOLD_ID_LEN],
		  enum hold_state *ret_state, struct err *err) PAWL_MUST_USE;

/* The same of the last hold of this very request, whatever has become of it: HOLD_DENIED is a person's no that came after the asker
 * had stopped waiting. */
bool hold_last(const struct hold_host *h, const struct request *r, int64_t now_us, char ret_id[HOLD_ID_LEN],
	       enum hold_state *ret_state, struct err *err) PAWL_MUST_USE;

/**
 * hold_use(h, r, j, e, arena, ret, err):
 * Under the ledger's lock: find the approved, unexpired, unused hold of exactly this request (or an elevation that covers
 * every held change), verify every signature anew, the policy's demands and that no approver is the asker; append
 * "grant.used"; only then fill *${ret}. False with one sentence on why not; then nothing was used up.
 */
bool hold_use(const struct hold_host *h, const struct request *r, const struct judgement *j, const struct evidence *e,
	      struct arena *arena, struct grant_use *ret, struct err *err) PAWL_MUST_USE;

/* Of hold_use_file: everything it needs, so that it takes few parameters. */
struct hold_request {
	const struct request *request;
	const struct judgement *judgement;
	const struct evidence *evidence;
};

/* The same with an approval that travelled as a file (`pawl approve --out`): verified offline, used once in this ledger. */
bool hold_use_file(const struct hold_host *h, const struct hold_request *q, struct str approval_file, struct arena *arena,
		   struct grant_use *ret, struct err *err) PAWL_MUST_USE;

/**
 * hold_level(h, arena, ret_where, size):
 * What keeps an asker under our uid apart from those who may approve, at its weakest: for evidence.level, the card and
 * `pawl doctor`. Says in ${ret_where} what makes it so. Reads ~/.ssh and asks an ssh-agent, if one is there.
 */
enum enforcement_level hold_level(const struct hold_host *h, struct arena *arena, char *ret_where, size_t size);

/**
 * hold_banner(state_dir, now, out):
 * One line for each elevation or break-glass in force, for the top of every card; nothing when there is none. Reads marker
 * files (STATE/elevations), so that the verdict path need not walk the ledger; they permit nothing.
 */
void hold_banner(const char *state_dir, int64_t now_us, struct buf *out);

#endif
