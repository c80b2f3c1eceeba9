/* budget_inner.h -- the hour's counts, as they are held in memory.
 * Room: gate/database, private to budget*.c. All under the ledger's lock.
 */
#ifndef PAWL_GATE_DATABASE_BUDGET_INNER_H
#define PAWL_GATE_DATABASE_BUDGET_INNER_H

#include <pthread.h>

#include "gate/database/budget.h"

#define BUDGET_MINUTE_US INT64_C(60000000)
#define BUDGET_WINDOW 61 /* minutes */
#define BUDGET_HEADS 256

struct budget_entry {
	struct budget_entry *next;
	bool critical, others; /* others: rows of relations beyond BUDGET_RELATIONS */
	int64_t minute;	       /* of the newest bucket */
	uint64_t sum, rows[BUDGET_WINDOW];
	struct str relation; /* bytes behind the struct */
};

struct budget_member {
	struct budget_member *next;
	struct budget_entry *entries;
	size_t n;
	struct str session, environment; /* bytes behind the struct */
};

struct budget_keep;
struct budget_ledger {
	pthread_mutex_t lock;
	struct budget_member *heads[BUDGET_HEADS];
	size_t n;
	struct budget_keep *keep; /* NULL: in memory alone */
};

/* Found, or made; NULL: too many, or no memory. */
struct budget_member *budget_member(struct budget_ledger *l, const struct budget_asker *who, int64_t minute);
/* That of all others where there are too many; NULL: no memory. Its buckets end with ${minute}, or later. */
struct budget_entry *budget_entry(struct budget_member *m, const struct budget_count *k, int64_t minute);
void budget_member_advance(struct budget_member *m, int64_t minute);
uint64_t budget_changed(const struct budget_count *k);

/* --- budget_keep.c --- */
struct budget_step {
	const struct budget_count *counts;
	size_t n;
	int64_t minute;
	bool back; /* taken from it, not added */
};
/* True where nothing is kept. False: it is not in the file. */
bool budget_keep_add(struct budget_ledger *l, const struct budget_asker *who, const struct budget_step *step) PAWL_MUST_USE;
void budget_keep_free(struct budget_keep *k);

#endif
