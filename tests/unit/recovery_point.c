/* What a statement about backups makes the judge and the card believe. */
#include "recovery/point.h"
#include "unit.h"

#define HOUR (INT64_C(3600) * 1000000)
#define NOW (1000 * HOUR)

static char memory[1 << 20];
static struct arena a;

static struct point sound(void)
{
	static struct manifest_word second = { .text = STR_INIT("courses-prod-db") };
	static struct manifest_word first = { .text = STR_INIT("arn:aws:rds:db"), .next = &second };
	static struct point_table submissions = { .name = STR_INIT("submissions"),
						  .rows = 1943200 };
	static struct point_table users = { .name = STR_INIT("users"),
					    .rows = 7,
					    .next = &submissions };

	return (struct point){ .serial = 3,
			       .target = STR("shop"),
			       .kind = BACKUP_POSTGRES,
			       .resources = &first,
			       .account = STR("1"),
			       .vault_account = STR("2"),
			       .backup = STR("x"),
			       .taken_us = NOW - 3 * HOUR,
			       .tables = &users,
			       .drill = { STR("x"), NOW - 3 * HOUR, RECOVERY_VERIFIED,
					  NOW - 2 * HOUR, 5, STR_NONE },
			       .verified = { STR("x"), NOW - 3 * HOUR, RECOVERY_VERIFIED,
					     NOW - 2 * HOUR, 5, STR_NONE },
			       .proof = { NOW - HOUR, 15, 0, 0, false, STR_NONE },
			       .said_us = NOW - HOUR };
}

static struct recovery_point *of(struct point p)
{
	struct recovery_point *list = NULL;
	struct point back;
	struct str json;
	struct err err = { 0 };

	arena_init(&a, memory, sizeof(memory));
	/* By way of its text, as gates have it. */
	assert_true(point_write(&p, &a, &json, &err));
	assert_true(point_read(STR("p"), json, &a, &back, &err));
	assert_true(point_evidence(&back, NOW, &a, &list));
	assert_non_null(list);
	assert_non_null(list->next);
	return list;
}

/* Where WAL is archived the statement says the window, and the card too; without it the text is what it always was. */
static void any_moment(void **state)
{
	struct point p = sound(), back;
	struct recovery_point *r;
	struct str json;
	struct err err = { 0 };

	(void)state;
	arena_init(&a, memory, sizeof(memory));
	assert_true(point_write(&p, &a, &json, &err));
	assert_true(str_starts(json, STR("{\"format\":\"pawl-point-1\"")) && str_find(json, STR("\"wal\"")) == SIZE_MAX);
	p.wal = (struct point_wal){ .said_us = NOW, .from_us = NOW - 3 * HOUR, .to_us = NOW - HOUR, .base = STR("x"), .from = STR("0/1"),
				    .to = STR("0/2"), .held = 7, .limit = STR("-1"), .every_s = 300 };
	r = of(p);
	assert_true(str_find(r->note, STR("any moment from 1970-02-11T13:00:00Z to 1970-02-11T15:00:00Z, which no drill tried yet")) != SIZE_MAX);
	assert_true(point_write(&p, &a, &json, &err) && str_starts(json, STR("{\"format\":\"pawl-point-2\"")));
	assert_true(point_read(STR("p"), json, &a, &back, &err));
	assert_true(back.wal.to_us == p.wal.to_us && back.wal.held == 7 && str_is(back.wal.to, "0/2"));
}

static void good(void **state)
{
	struct recovery_point *r = of(sound());

	(void)state;
	assert_str(r->resource, "courses-prod-db");
	assert_int_equal(r->result, RECOVERY_VERIFIED);
	assert_int_equal(r->verified_us, NOW - 2 * HOUR);
	assert_int_equal(r->taken_us, NOW - 3 * HOUR);
	assert_int_equal(r->proven_us, NOW - HOUR);
	assert_false(r->same_blast_radius);
	assert_str(r->note, "1,943,200 rows in submissions; 0 of 15 ways to delete it worked");
}

static void failed_since(void **state)
{
	struct point p = sound();
	struct recovery_point *r;

	(void)state;
	p.drill = (struct point_drill){ STR("y"),
					NOW - 2 * HOUR,
					RECOVERY_FAILED,
					NOW - HOUR,
					5,
					STR("public.a: a value differs\nmore") };
	r = of(p);
	assert_int_equal(r->result, RECOVERY_FAILED);
	assert_int_equal(r->verified_us, NOW - 2 * HOUR); /* when it was is still said */
	assert_non_null(strstr(r->note.ptr, "the last drill failed: public.a: a value differs"));
	p.drill.result = RECOVERY_UNKNOWN;
	r = of(p);
	assert_int_equal(r->result, RECOVERY_VERIFIED);
	assert_int_equal(r->verified_us, NOW - 2 * HOUR);
}

static struct point_drill drilled(const char *id, enum recovery_result result, int64_t ago)
{
	return (struct point_drill){ str_from(id), NOW - 2 * ago, result, NOW - ago, 5, STR("because") };
}

/* Backup x was verified 2 h ago; y is the newest. What is said of an older one is of that one. */
static void an_older_one(void **state)
{
	struct point p = sound();
	struct point_drill d;

	(void)state;
	p.said_us = NOW;
	p.backup = STR("y");
	d = drilled("y", RECOVERY_FAILED, HOUR);
	assert_false(point_drilled(&p, &d, true));
	assert_int_equal(of(p)->result, RECOVERY_FAILED);
	/* Of w, and of x: y is as bad as it was, and w and x are there all the same. */
	d = drilled("w", RECOVERY_UNKNOWN, HOUR / 2);
	assert_false(point_drilled(&p, &d, false));
	assert_true(str_is(p.drill.backup, "y") && p.drill.result == RECOVERY_FAILED);
	d = drilled("w", RECOVERY_FAILED, HOUR / 2);
	assert_false(point_drilled(&p, &d, false));
	assert_true(str_is(p.drill.backup, "y"));
	d = drilled("x", RECOVERY_VERIFIED, HOUR / 3);
	d.taken_us = p.verified.taken_us;
	assert_true(point_drilled(&p, &d, false));
	assert_true(str_is(p.drill.backup, "y") && p.drill.result == RECOVERY_FAILED && str_is(p.verified.backup, "x"));
	assert_int_equal(of(p)->result, RECOVERY_VERIFIED);
	assert_true(str_find(of(p)->note, STR("the drill of a newer one failed: because")) != SIZE_MAX);
	/* x fails too: nothing is verified, whatever was said of y first. */
	d = drilled("x", RECOVERY_FAILED, HOUR / 4);
	assert_false(point_drilled(&p, &d, false));
	assert_true(p.verified.at_us == 0 && of(p)->result == RECOVERY_FAILED);
}

/* An older one than the verified one brings nothing new; what could not verify takes back nothing that failed. */
static void nothing_new(void **state)
{
	struct point p = sound();
	struct point_drill d = drilled("w", RECOVERY_VERIFIED, 4 * HOUR);

	(void)state;
	p.said_us = NOW;
	d.at_us = NOW - HOUR;
	assert_false(point_drilled(&p, &d, false));
	assert_true(str_is(p.verified.backup, "x") && str_is(p.drill.backup, "x"));
	d = drilled("x", RECOVERY_FAILED, HOUR);
	assert_false(point_drilled(&p, &d, true));
	d = drilled("x", RECOVERY_UNKNOWN, HOUR / 2);
	assert_false(point_drilled(&p, &d, true));
	assert_int_equal(of(p)->result, RECOVERY_FAILED);
	d = drilled("y", RECOVERY_UNKNOWN, HOUR / 3);
	assert_false(point_drilled(&p, &d, true));
	assert_int_equal(of(p)->result, RECOVERY_UNKNOWN);
	d = drilled("y", RECOVERY_VERIFIED, HOUR / 4);
	assert_true(point_drilled(&p, &d, true));
	assert_true(str_is(p.verified.backup, "y"));
}

static void lost(void **state)
{
	struct point p = sound();
	static char words[4096];
	struct recovery_point *r;
	struct arena own;

	(void)state;
	arena_init(&own, words, sizeof(words));
	p.vault = STR("local");
	point_lose(&p, NOW - HOUR, &own);
	r = of(p);
	assert_true(r->result == RECOVERY_FAILED && r->verified_us == NOW - 2 * HOUR);
	assert_true(point_is_lost(&p, &own));
	assert_true(str_find(r->note, STR("drill")) == SIZE_MAX);
	assert_true(str_find(r->note, STR("; backup x is no longer whole in vault local")) != SIZE_MAX);
}

static void never(void **state)
{
	struct point p = sound();
	struct recovery_point *r;

	(void)state;
	p.drill = p.verified = (struct point_drill){ 0 };
	r = of(p);
	assert_int_equal(r->result, RECOVERY_UNKNOWN);
	assert_int_equal(r->verified_us, 0);
	/* Said of itself without a drill behind it. */
	p.drill = (struct point_drill){ STR("x"), NOW, RECOVERY_VERIFIED, NOW - HOUR, 1, STR_NONE };
	assert_int_equal(of(p)->result, RECOVERY_UNKNOWN);
}

static void proofs(void **state)
{
	struct point p = sound();

	(void)state;
	p.proof.worked = 1;
	assert_int_equal(of(p)->proven_us, 0);
	p = sound();
	p.proof.same_uid = true;
	assert_int_equal(of(p)->proven_us, 0);
	p = sound();
	p.proof.tried = 0;
	assert_int_equal(of(p)->proven_us, 0);
}

static void places(void **state)
{
	struct point p = sound();

	(void)state;
	assert_int_equal(of(p)->radius_why.len, 0);
	p.vault_account = p.account;
	assert_true(of(p)->same_blast_radius);
	assert_str(of(p)->radius_why, "the same account, 1, holds the data and its backups");
	p.account = p.vault_account = STR_NONE;
	assert_false(of(p)->same_blast_radius);
	p.same_place = true;
	p.vault = STR("local");
	assert_true(of(p)->same_blast_radius);
	assert_str(of(p)->radius_why, "its vault, local, is a folder on the machine of the data, and has no user of its own");
	assert_true(str_find(of(p)->radius_helps, STR("`sudo pawl vault init`")) != SIZE_MAX);
	p.kind = BACKUP_PGBACKREST;
	assert_true(str_find(of(p)->radius_why, STR("`apart: true`")) != SIZE_MAX);
	p.kind = BACKUP_RDS;
	assert_str(of(p)->radius_why, "nobody knows in whose account its snapshot lies");
	p.vault_account = STR("3");
	assert_str(of(p)->radius_why, "its snapshot lies in account 3, as the database");
}

static void clocks(void **state)
{
	struct point p = sound();
	struct recovery_point *r;

	(void)state;
	p.said_us = NOW + HOUR;
	r = of(p);
	assert_int_equal(r->result, RECOVERY_UNKNOWN);
	assert_int_equal(r->verified_us, 0);
	assert_int_equal(r->proven_us, 0);
	p = sound();
	p.verified.at_us = p.said_us + 1;
	assert_int_equal(of(p)->result, RECOVERY_UNKNOWN);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(good), cmocka_unit_test(any_moment),	  cmocka_unit_test(failed_since), cmocka_unit_test(never),
	cmocka_unit_test(an_older_one), cmocka_unit_test(nothing_new), cmocka_unit_test(lost),
	cmocka_unit_test(proofs), cmocka_unit_test(places),	  cmocka_unit_test(clocks),
};

UNIT_MAIN(tests)
