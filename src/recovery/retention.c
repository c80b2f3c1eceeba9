#include "recovery/retention.h"

#include "base/timestamp.h"

#define SECOND INT64_C(1000000)
#define DAY (INT64_C(24) * 3600 * SECOND)
#define SKEW (INT64_C(300) * SECOND)

const char *retention_word(enum retention_why w)
{
	switch (w) {
	case RETENTION_UNSET:
		return "not looked at";
	case RETENTION_REMOVE:
		return "no reason keeps it";
	case RETENTION_SWEEP:
		return "it never became a backup";
	case RETENTION_ALL:
		return "everything is kept";
	case RETENTION_YOUNG:
		return "of the last 24 hours";
	case RETENTION_DAY:
		return "the newest of its day";
	case RETENTION_WEEK:
		return "the newest of its week";
	case RETENTION_MONTH:
		return "the newest of its month";
	case RETENTION_NEWEST:
		return "the newest";
	case RETENTION_VERIFIED:
		return "the newest that was verified";
	case RETENTION_UNVERIFIED:
		return "none is known to be verified";
	case RETENTION_LOCKED:
		return "locked yet";
	case RETENTION_HIDDEN:
		return "behind a delete marker";
	case RETENTION_UNFINISHED:
		return "perhaps on its way";
	case RETENTION_TIME:
		return "its time is not known";
	case RETENTION_CLOCK:
		return "the clock went back";
	}
	return "not looked at";
}

int64_t retention_id_time(struct str id)
{
	char text[TIMESTAMP_LEN + 1];
	int64_t us;

	if (id.len < 16 || id.ptr[8] != 'T' || id.ptr[15] != 'Z')
		return 0;
	snprintf(text, sizeof(text), "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", id.ptr, id.ptr + 4, id.ptr + 6, id.ptr + 9, id.ptr + 11,
		 id.ptr + 13);
	return timestamp_parse(str_from(text), &us) ? us : 0;
}

static int newer_first(const void *a, const void *b)
{
	const struct retention_point *x = a, *y = b;

	if (x->taken_us != y->taken_us)
		return x->taken_us < y->taken_us ? 1 : -1;
	return str_cmp(y->id, x->id);
}

static int64_t day_of(int64_t us)
{
	return us / DAY;
}

/* 1970 began on a Thursday. */
static int64_t week_of(int64_t us)
{
	return (us / DAY + 3) / 7;
}

static int64_t month_of(int64_t us)
{
	struct timestamp_parts t = timestamp_split(us);

	return (int64_t)t.year * 12 + t.month;
}

/* Of what may count: whole, seen, of a known time. */
static bool counts(const struct retention_point *p)
{
	return p->whole && !p->hidden && p->taken_us > 0;
}

/* The newest of the last ${many} buckets stay. */
static void keep_buckets(struct retention_point *p, size_t n, unsigned many, int64_t (*bucket)(int64_t us), enum retention_why why)
{
	int64_t last = -1;

	for (size_t i = 0; i < n && many; i++) {
		int64_t b = bucket(p[i].taken_us);

		if (!counts(&p[i]) || b == last)
			continue;
		last = b;
		many--;
		if (p[i].why == RETENTION_REMOVE)
			p[i].why = why;
	}
}

/* Of what was taken since a day before the newest, or a day before now, where that is earlier. */
static void keep_young(struct retention_point *p, size_t n, int64_t now_us)
{
	size_t i = 0;
	int64_t since;

	while (i < n && !counts(&p[i]))
		i++;
	if (i == n)
		return;
	since = (p[i].taken_us < now_us ? p[i].taken_us : now_us) - RETENTION_YOUNG_S * SECOND;
	for (; i < n && p[i].taken_us > since; i++) {
		if (p[i].why == RETENTION_REMOVE)
			p[i].why = RETENTION_YOUNG;
	}
}

static void set_all(struct retention_point *p, size_t n, enum retention_why why)
{
	for (size_t i = 0; i < n; i++)
		p[i].why = why;
}

/* What stays whatever was asked for. */
static enum retention_why must_stay(const struct retention_point *p, int64_t now_us)
{
	if (p->hidden)
		return RETENTION_HIDDEN;
	if (p->locked_until_us > now_us)
		return RETENTION_LOCKED;
	if (p->taken_us <= 0)
		return RETENTION_TIME;
	if (!p->whole)
		return now_us - p->taken_us > RETENTION_SWEEP_S * SECOND ? RETENTION_SWEEP : RETENTION_UNFINISHED;
	return RETENTION_REMOVE;
}

void retention_decide(const struct retention_keep *keep, int64_t now_us, struct retention_point *p, size_t n)
{
	bool newest = false, verified = false;

	if (!n)
		return;
	qsort(p, n, sizeof(*p), newer_first);
	if (p[0].taken_us > now_us + SKEW) {
		set_all(p, n, RETENTION_CLOCK);
		return;
	}
	for (size_t i = 0; i < n; i++)
		p[i].why = must_stay(&p[i], now_us);
	if (!keep->daily && !keep->weekly && !keep->monthly) {
		set_all(p, n, RETENTION_ALL);
		return;
	}
	keep_buckets(p, n, keep->daily, day_of, RETENTION_DAY);
	keep_buckets(p, n, keep->weekly, week_of, RETENTION_WEEK);
	keep_buckets(p, n, keep->monthly, month_of, RETENTION_MONTH);
	keep_young(p, n, now_us);
	for (size_t i = 0; i < n; i++) {
		if (!counts(&p[i]))
			continue;
		if (!newest && p[i].why == RETENTION_REMOVE)
			p[i].why = RETENTION_NEWEST;
		newest = true;
		if (p[i].verified && !verified && p[i].why == RETENTION_REMOVE)
			p[i].why = RETENTION_VERIFIED;
		verified |= p[i].verified;
	}
	for (size_t i = 0; i < n && !verified; i++) {
		if (p[i].why == RETENTION_REMOVE)
			p[i].why = RETENTION_UNVERIFIED;
	}
}

/* --- of a vault --- */

static struct retention_point *gather(const struct retention_ask *ask, struct arena *arena, size_t *ret_n, struct err *err)
{
	struct vault_entry *list;
	struct retention_point *p;
	size_t n = 0;

	if (!vault_list(ask->vault, ask->target, arena, &list, err))
		return NULL;
	for (const struct vault_entry *e = list; e; e = e->next)
		n++;
	p = arena_array(arena, n ? n : 1, sizeof(*p));
	if (!p) {
		(void)err_set(err, ERR_LIMIT, "more backups of %.*s than can be looked at", STR_ARG(ask->target));
		return NULL;
	}
	n = 0;
	for (const struct vault_entry *e = list; e; e = e->next) {
		int64_t taken = retention_id_time(e->id);

		/* The id says when it was taken, the vault when it came: the later of them tells of a clock that went back. */
		p[n++] = (struct retention_point){ .id = e->id,
						   .taken_us = taken && e->put_us > ask->now_us + SKEW ? e->put_us : taken,
						   .locked_until_us = e->locked_until_us,
						   .whole = e->whole,
						   .hidden = e->hidden,
						   .verified = ask->verified.len && str_eq(e->id, ask->verified) };
	}
	*ret_n = n;
	return p;
}

bool retention_run(const struct retention_ask *ask, struct arena *arena, struct retention_done *ret, struct err *err)
{
	struct retention_done done = { 0 };
	struct retention_point *p;

	if (!ask->target.len)
		return err_set(err, ERR_INPUT, "retention is asked for one target at a time");
	p = gather(ask, arena, &done.n, err);
	if (!p)
		return false;
	retention_decide(&ask->keep, ask->now_us, p, done.n);
	done.points = p;
	for (size_t i = done.n; i-- > 0;) {
		if (p[i].why != RETENTION_REMOVE && p[i].why != RETENTION_SWEEP)
			continue;
		if (!ask->dry && !vault_remove(ask->vault, ask->target, p[i].id, &done.last)) {
			done.not_removed++;
			continue;
		}
		done.removed++;
		if (ask->removed && !ask->dry)
			ask->removed(ask->ctx, &p[i]);
	}
	*ret = done;
	return true;
}
