/* retention.h -- which backups stay: grandfather, father, son.
 * Room: recovery. retention_decide is pure; retention_run asks the vault.
 * Never removed: whatever is younger than a day, the newest verified one, the newest whole one, one whose lock has not ended, one that is
 * only behind a delete marker, one whose time is not known. Nothing whole is removed while none is known to be verified, nor anything at
 * all when the clock seems to have gone back: the vault fills up then, and says so, which can be mended.
 * Days, weeks and months are counted by the backups that there are, not by the clock: a pause, or a clock far ahead, takes nothing away.
 * The day in which nothing goes ends with the newest of them: what is taken after a loss never takes away what was taken before it.
 */
#ifndef PAWL_RECOVERY_RETENTION_H
#define PAWL_RECOVERY_RETENTION_H

#include "recovery/vault.h"

/* The newest of so many days, weeks (Monday first) and months, in UTC. All 0: everything stays. */
struct retention_keep {
	unsigned daily, weekly, monthly;
};

enum retention_why {
	RETENTION_UNSET = 0,	/* stays */
	RETENTION_REMOVE = 0x35, /* no reason keeps it */
	RETENTION_SWEEP = 0x5a, /* never became a backup, and nobody works on it any more */
	RETENTION_ALL = 1,	/* no retention was asked for */
	RETENTION_YOUNG, /* of the last 24 hours */
	RETENTION_DAY,
	RETENTION_WEEK,
	RETENTION_MONTH,
	RETENTION_NEWEST,
	RETENTION_VERIFIED,   /* the newest that a drill verified */
	RETENTION_UNVERIFIED, /* none is known to be verified: any may be the one that is needed */
	RETENTION_LOCKED,
	RETENTION_HIDDEN,
	RETENTION_UNFINISHED, /* perhaps on its way yet */
	RETENTION_TIME,	      /* its time is not known */
	RETENTION_CLOCK,      /* the clock went back */
};
/* "the newest of its day" … */
const char *retention_word(enum retention_why w);

struct retention_point {
	struct str id;
	int64_t taken_us; /* 0: not known */
	int64_t locked_until_us;
	bool whole, hidden, verified;
	enum retention_why why; /* set by retention_decide */
};

#define RETENTION_SWEEP_S (INT64_C(7) * 24 * 3600)
#define RETENTION_YOUNG_S (INT64_C(24) * 3600)

/* In any order; n log n. */
void retention_decide(const struct retention_keep *keep, int64_t now_us, struct retention_point *points, size_t n);
/* Of "20261121T194500Z-5f3a9c01"; 0: it names none. */
int64_t retention_id_time(struct str id);

struct retention_ask {
	struct vault *vault;
	struct str target;
	struct retention_keep keep;
	struct str verified; /* id of the newest verified one; STR_NONE: none is known */
	int64_t now_us;
	bool dry; /* say it, and remove nothing */
	void (*removed)(void *ctx, const struct retention_point *p); /* each, once it is gone; NULL: nobody asks */
	void *ctx;
};

struct retention_done {
	const struct retention_point *points; /* newest first */
	size_t n, removed; /* removed: or would be, when dry */
	size_t not_removed; /* the vault would not: told in err of the last one */
	struct err last;
};

/* Removes the oldest first. False when the vault cannot be listed; then nothing was removed. */
bool retention_run(const struct retention_ask *ask, struct arena *arena, struct retention_done *ret, struct err *err) PAWL_MUST_USE;

#endif
