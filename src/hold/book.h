/* book.h -- the ledger's entries about holds, folded into what is so now.
 * Room: hold. Does no I/O itself: entries are fed to it; nothing here is verified, signatures are weighed in hold/weigh.h.
 * A table, message × state → handler, says what each entry does to a hold; an absent row is a refusal: the entry changes
 * nothing and is counted as odd. Whatever takes away (denial, use, revocation) needs no signature; what gives does.
 * Cost: linear in the entries, but for a binary search per entry.
 */
#ifndef PAWL_HOLD_BOOK_H
#define PAWL_HOLD_BOOK_H

#include "core/evidence.h"
#include "hold/hold.h"
#include "hold/statement.h"

struct book_approval {
	uint64_t seq;
	int64_t time_us; /* of its entry */
	int64_t signed_us, expires_us;
	struct str text, signature; /* as signed */
	struct statement statement;
	enum enforcement_level level; /* as claimed in the entry */
	struct book_approval *next;
};

struct book_hold {
	char id[HOLD_ID_LEN];
	uint64_t seq;
	enum hold_state state;
	int64_t opened_us, changed_us, expires_us; /* expires: of an approved one */
	struct digest request, changes;
	struct demands demands; /* as of opening */
	struct principal asker;
	struct str gate; /* by name; STR_NONE in entries that do not say */
	char host[24]; /* where it was opened */
	struct str summary, environment, typed_name;
	struct str folder; /* absolute, where it was asked */
	struct str by, reason; /* of a denial, revocation or use */
	struct book_approval *approvals, *approvals_last;
	unsigned n_approvals;
};

struct book_elevation {
	char id[HOLD_ID_LEN]; /* "G-7" */
	uint64_t seq;
	int64_t time_us, signed_us, expires_us;
	bool over; /* revoked, or the same signature was already there under another number */
	struct str text, signature;
	struct statement statement;
	struct book_elevation *next;
};

/* A use of an approval file whose hold is of another ledger. */
struct book_use {
	struct str hold, opened;
	struct digest request;
	struct book_use *next;
};

struct book {
	struct arena *arena; /* the caller's: everything kept */
	struct arena scratch;
	struct book_hold **holds; /* by seq, ascending */
	size_t n_holds, cap_holds;
	struct book_elevation *elevations, *elevations_last;
	struct book_use *uses;
	struct str_list *alarms; /* "about" of alarms raised before */
	int64_t last_us; /* time of the newest entry of any kind */
	uint64_t last_seq;
	size_t odd; /* entries that no row of the table takes */
	char first_odd[160];
};

/* False when memory cannot be had. ${arena} holds all; give it room for the ledger's holds (BOOK_ARENA). */
#define BOOK_ARENA ((size_t)1 << 30) /* of address space */
bool book_begin(struct book *b, struct arena *arena, struct err *err) PAWL_MUST_USE;
void book_end(struct book *b); /* the scratch; what is in ${arena} stays */
/* A hold_each: ctx is the book. False once the arena is full. */
bool book_feed(const struct hold_entry *e, void *book);
/* Let time pass: unanswered and unused ones expire. */
void book_settle(struct book *b, int64_t now_us);
/* All of the above over the host's whole ledger. */
bool book_read(struct book *b, const struct hold_host *h, int64_t now_us, struct arena *arena, struct err *err) PAWL_MUST_USE;

/* Over the entries behind ${after} alone: from a hold's own on, all that was said of that hold. */
bool book_read_after(struct book *b, const struct hold_host *h, uint64_t after, int64_t now_us, struct arena *arena,
		     struct err *err) PAWL_MUST_USE;

struct book_hold *book_find(struct book *b, uint64_t seq);
/* By "H-42"; NULL when there is none. */
struct book_hold *book_find_id(struct book *b, struct str id);
struct book_elevation *book_find_grant(struct book *b, struct str id);
/* The newest hold of this digest in this state, or NULL. */
struct book_hold *book_find_request(struct book *b, const struct digest *request, enum hold_state state);
bool book_used(const struct book *b, struct str hold, struct str opened, const struct digest *request);

#endif
