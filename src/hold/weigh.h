/* weigh.h -- does what the ledger says was signed hold, now, for this request?
 * Room: hold. Runs ssh-keygen for each signature.
 */
#ifndef PAWL_HOLD_WEIGH_H
#define PAWL_HOLD_WEIGH_H

#include "hold/book.h"
#include "hold/keygen.h"

enum weighed_result {
	WEIGHED_REFUSED = 0, /* true perhaps, but it does not count: late, no approver any more, the asker himself */
	WEIGHED_FORGED,	     /* cannot come about but by tampering */
	WEIGHED_VALID,
};

struct weighed {
	enum weighed_result result;
	char why[400]; /* unless valid */
	const struct signer *who;
	enum enforcement_level level;
	char where[200]; /* of same uid: what makes it so */
	const struct book_approval *approval;
	struct weighed *next;
};

struct weigh {
	const struct hold_host *host;
	const struct signer *signers;
	const struct hold_request *ask; /* what wants to pass; NULL: only the hold itself is looked at */
	int64_t now_us;
	struct arena *arena;
};

/* Signers from the host's policy and files; false when they cannot be read. */
bool weigh_begin(struct weigh *w, const struct hold_host *h, const struct hold_request *ask, int64_t now_us,
		 struct arena *arena, struct err *err) PAWL_MUST_USE;

/* One approval of a hold. */
struct weighed weigh_approval(const struct weigh *w, const struct book_hold *hold, const struct book_approval *a);
/* All of a hold's, a list in the arena; NULL when there are none (or the arena is full: arena->full). */
struct weighed *weigh_all(const struct weigh *w, const struct book_hold *hold);
/* An elevation's signature, time and person, whatever it covers. */
struct weighed weigh_elevation(const struct weigh *w, const struct book_elevation *g);

/* What ends a freeze: signature and person, at the time of its entry. Of which freeze, is for the caller. */
struct weighed weigh_unfreeze(const struct weigh *w, const struct book_elevation *u);

/* Do the valid ones in the list meet the demands: different people, roles, cool-off, hours? First what is missing. */
bool weigh_demands(const struct weigh *w, const struct demands *d, const struct book_hold *hold, const struct weighed *list,
		   struct err *err) PAWL_MUST_USE;
/* How many different people (by name and by key) among the valid ones fit the demanded roles and came after cool-off. */
unsigned weigh_people(const struct demands *d, const struct book_hold *hold, const struct weighed *list);
/* Who asked, as a statement says it: "agent claude-code"; without a kind, a person. */
struct principal weigh_asker(const struct statement *s);
/* What is to be typed: the name of what dies, or "yes". */
struct str weigh_typed(const struct judgement *j);

#endif
