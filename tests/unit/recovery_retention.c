/* Which backups stay: by hand for a year of days, and by chance for thousands of histories, whose laws are checked after every run. */
#include <stdlib.h>

#include "recovery/retention.h"
#include "unit.h"

#define DAY (INT64_C(86400) * 1000000)
#define HOUR (DAY / 24)
#define START (INT64_C(1767225600) * 1000000) /* 2026-01-01, a Thursday */
#define MAX 500

static struct retention_point p[MAX];
static char ids[MAX][32];

static struct retention_point *by_id(size_t n, const char *id)
{
	static struct retention_point none;

	for (size_t i = 0; i < n; i++) {
		if (str_is(p[i].id, id))
			return &p[i];
	}
	return &none;
}

static void fill(size_t n, int64_t every)
{
	for (size_t i = 0; i < n; i++) {
		snprintf(ids[i], sizeof(ids[i]), "b%04zu", i);
		p[i] = (struct retention_point){ .id = str_from(ids[i]),
						 .taken_us = START + (int64_t)i * every + HOUR,
						 .whole = true };
	}
}

static size_t kept(size_t n, enum retention_why why)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		k += p[i].why == why;
	return k;
}

/* A backup a day in 2026: the days of the last week, the Sundays before, the last days of months. */
static void a_year(void **state)
{
	struct retention_keep keep = { 7, 5, 12 };
	static const char *const days[] = { "b0364", "b0358" }, *const weeks[] = { "b0353", "b0346", "b0339" },
				 *const months[] = { "b0030", "b0058", "b0333", "b0303" };

	(void)state;
	fill(365, DAY);
	p[3].verified = true;
	retention_decide(&keep, START + 365 * DAY, p, 365);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(by_id(365, days[i])->why, RETENTION_DAY);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(by_id(365, weeks[i])->why, RETENTION_WEEK);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(by_id(365, months[i])->why, RETENTION_MONTH);
	assert_int_equal(by_id(365, "b0003")->why, RETENTION_VERIFIED);
	assert_int_equal(by_id(365, "b0357")->why, RETENTION_REMOVE);
	assert_int_equal(kept(365, RETENTION_DAY), 7);
	assert_int_equal(kept(365, RETENTION_MONTH), 11);
}

static void what_always_stays(void **state)
{
	struct retention_keep keep = { 1, 0, 0 };
	int64_t now = START + 30 * DAY;

	(void)state;
	fill(10, DAY);
	p[0].locked_until_us = now + 1;
	p[1].hidden = true;
	p[2].whole = false;
	p[3].taken_us = 0;
	p[4].verified = p[5].verified = true;
	retention_decide(&keep, now, p, 10);
	assert_int_equal(by_id(10, "b0000")->why, RETENTION_LOCKED);
	assert_int_equal(by_id(10, "b0001")->why, RETENTION_HIDDEN);
	assert_int_equal(by_id(10, "b0002")->why, RETENTION_SWEEP);
	assert_int_equal(by_id(10, "b0003")->why, RETENTION_TIME);
	assert_int_equal(by_id(10, "b0004")->why, RETENTION_REMOVE);
	assert_int_equal(by_id(10, "b0005")->why, RETENTION_VERIFIED);
	assert_int_equal(by_id(10, "b0009")->why, RETENTION_DAY);
	/* None known to be verified: all whole ones stay. */
	fill(10, DAY);
	p[2].whole = false;
	retention_decide(&keep, START + 4 * DAY + 10 * DAY, p, 10);
	assert_int_equal(kept(10, RETENTION_REMOVE), 0);
	assert_int_equal(kept(10, RETENTION_UNVERIFIED), 8);
	/* One on its way is not swept. */
	fill(2, DAY);
	p[1].whole = false;
	retention_decide(&keep, START + 3 * DAY, p, 2);
	assert_int_equal(by_id(2, "b0001")->why, RETENTION_UNFINISHED);
}

/* What is taken again and again in one day takes nothing away that is younger than a day: the good one of before a loss is among it. */
static void one_day(void **state)
{
	struct retention_keep keep = { 7, 0, 0 };
	int64_t now;

	(void)state;
	/* Every hour for two days, at 01:00 and so on; 48 of them, the last at 24:00 of the second day. */
	fill(48, HOUR);
	now = p[47].taken_us;
	p[0].verified = p[47].verified = true;
	retention_decide(&keep, now, p, 48);
	assert_int_equal(kept(48, RETENTION_DAY), 3);
	assert_int_equal(by_id(48, "b0024")->why, RETENTION_YOUNG);
	assert_int_equal(by_id(48, "b0023")->why, RETENTION_REMOVE); /* a day old to the second */
	assert_int_equal(by_id(48, "b0022")->why, RETENTION_DAY);
	assert_int_equal(kept(48, RETENTION_REMOVE), 23);
	/* Nor does a clock that is years ahead: the day is that of the newest. */
	fill(48, HOUR);
	p[47].verified = true;
	retention_decide(&keep, now + 3000 * DAY, p, 48);
	assert_int_equal(by_id(48, "b0024")->why, RETENTION_YOUNG);
	/* A newest that is a little ahead of the clock does not shorten it. */
	fill(48, HOUR);
	p[47].verified = true;
	retention_decide(&keep, now - 200 * (HOUR / 3600), p, 48);
	assert_int_equal(by_id(48, "b0023")->why, RETENTION_YOUNG);
	/* What is not whole is nobody's newest. */
	fill(48, HOUR);
	p[40].verified = true;
	for (size_t i = 41; i < 48; i++)
		p[i].whole = false;
	retention_decide(&keep, now + 30 * DAY, p, 48);
	assert_int_equal(by_id(48, "b0017")->why, RETENTION_YOUNG);
	assert_int_equal(by_id(48, "b0016")->why, RETENTION_REMOVE);
}

static void clock_back(void **state)
{
	struct retention_keep keep = { 1, 1, 1 };

	(void)state;
	fill(40, DAY);
	p[0].verified = true;
	retention_decide(&keep, START + 20 * DAY, p, 40);
	assert_int_equal(kept(40, RETENTION_CLOCK), 40);
	/* Asked to keep nothing in particular, it keeps all. */
	keep = (struct retention_keep){ 0, 0, 0 };
	retention_decide(&keep, START + 50 * DAY, p, 40);
	assert_int_equal(kept(40, RETENTION_ALL), 40);
	/* A clock a hundred years ahead takes no more away than the right one. */
	keep = (struct retention_keep){ 7, 5, 12 };
	retention_decide(&keep, START + 36500 * DAY, p, 40);
	assert_int_equal(kept(40, RETENTION_DAY), 7);
	/* Two of the five weeks are spoken for by their days. */
	assert_int_equal(kept(40, RETENTION_WEEK), 3);
	assert_int_equal(by_id(40, "b0030")->why, RETENTION_MONTH);
}

static void id_time(void **state)
{
	(void)state;
	assert_int_equal(retention_id_time(STR("20260101T000000Z-5f3a9c01")), START);
	assert_int_equal(retention_id_time(STR("20260101T000000Z")), START);
	assert_int_equal(retention_id_time(STR("20261301T000000Z-5f3a9c01")), 0);
	assert_int_equal(retention_id_time(STR("20260101T0000")), 0);
	assert_int_equal(retention_id_time(STR("canary")), 0);
}

/* --- by chance --- */

static uint64_t seed;

static uint64_t chance(uint64_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (seed >> 33) % n;
}

static bool removed(const struct retention_point *q)
{
	return q->why == RETENTION_REMOVE || q->why == RETENTION_SWEEP;
}

/* Is there a whole one left of each of the last ${many} days that had one? */
static bool days_left(size_t n, unsigned many)
{
	int64_t last = -1;
	bool good = true, left = true;

	for (size_t i = 0; i < n; i++) { /* newest first */
		if (!p[i].whole || p[i].hidden || p[i].taken_us <= 0)
			continue;
		if (p[i].taken_us / DAY != last) {
			good &= left;
			if (!many--)
				return good;
			last = p[i].taken_us / DAY;
			left = false;
		}
		left |= !removed(&p[i]);
	}
	return good && left;
}

static void laws(const struct retention_keep *keep, size_t n, int64_t now)
{
	bool back = false, newest = true, verified = true;

	for (size_t i = 0; i < n; i++)
		back |= p[i].taken_us > now + 300 * INT64_C(1000000);
	for (size_t i = 0; i < n; i++) {
		bool whole = p[i].whole && !p[i].hidden && p[i].taken_us > 0;

		assert_int_not_equal(p[i].why, RETENTION_UNSET);
		assert_false(removed(&p[i]) && back);
		assert_false(removed(&p[i]) && p[i].locked_until_us > now);
		assert_false(removed(&p[i]) && (p[i].hidden || p[i].taken_us <= 0));
		assert_false(removed(&p[i]) && whole && newest);
		assert_false(removed(&p[i]) && whole && p[i].taken_us > now - DAY);
		assert_false(removed(&p[i]) && whole && verified && p[i].verified);
		if (whole) {
			newest = false;
			verified &= !p[i].verified;
		}
	}
	/* As long as none was verified, no whole one goes. */
	for (size_t i = 0; i < n && verified; i++)
		assert_int_not_equal(p[i].why, RETENTION_REMOVE);
	assert_true(days_left(n, keep->daily));
}

/* Takes away what was removed; true if anything was. */
static bool sweep(size_t *n)
{
	size_t left = 0;

	for (size_t i = 0; i < *n; i++) {
		if (!removed(&p[i]))
			p[left++] = p[i];
	}
	if (left == *n)
		return false;
	*n = left;
	return true;
}

static void one_history(void)
{
	struct retention_keep keep = { (unsigned)chance(8), (unsigned)chance(5), (unsigned)chance(5) };
	int64_t now = START;
	size_t n = 0;

	for (size_t step = 0; step < 120; step++) {
		now += chance(30) ? (int64_t)chance(40) * HOUR : -(int64_t)chance(60) * HOUR;
		snprintf(ids[step], sizeof(ids[step]), "b%04zu", step);
		p[n++] = (struct retention_point){ .id = str_from(ids[step]),
						   .taken_us = chance(40) ? now : 0,
						   .whole = chance(8),
						   .hidden = !chance(30),
						   .verified = !chance(4),
						   .locked_until_us = chance(3) ? 0 : now + (int64_t)chance(200) * HOUR };
		retention_decide(&keep, now, p, n);
		laws(&keep, n, now);
		if (sweep(&n)) {
			retention_decide(&keep, now, p, n);
			laws(&keep, n, now);
			assert_false(sweep(&n)); /* asked again at once, it takes nothing more */
		}
	}
}

static void by_chance(void **state)
{
	(void)state;
	for (seed = 1; seed < 400000; seed += 1000) {
		uint64_t began = seed;

		one_history();
		seed = began;
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_year),  cmocka_unit_test(what_always_stays), cmocka_unit_test(one_day), cmocka_unit_test(clock_back),
	cmocka_unit_test(id_time), cmocka_unit_test(by_chance),
};

UNIT_MAIN(tests)
