/* What the recorded plans cannot show; the rest is in tests/cases/identity. */
#include "read/identity.h"

#include "read/object_index.h"
#include "unit.h"

static struct state_object objects[] = {
	{ .address = STR_INIT("aws_db_instance.a"), .type = STR_INIT("aws_db_instance"), .identity = STR_INIT("arn:aws:rds:r:1:db:a"), .id = STR_INIT("db-1") },
	{ .address = STR_INIT("aws_x.b"), .type = STR_INIT("aws_x"), .identity = STR_INIT("bare"), .id = STR_INIT("bare"), .network = STR_INIT("vpc-1") },
	{ .address = STR_INIT("random_id.c"), .type = STR_INIT("random_id"), .identity = STR_INIT("zz"), .id = STR_INIT("zz") },
};

static struct known known_of(const char *folder, const char *lineage, uint64_t serial)
{
	objects[0].next = &objects[1];
	objects[1].next = &objects[2];
	return (struct known){ .source = KNOWN_PIN, .where = STR("pin:1"), .folder = str_from(folder), .backend = STR("s3:b/k"),
			       .workspace = STR("default"), .lineage = str_from(lineage), .serial = serial, .n_managed = 3,
			       .objects = objects };
}

static struct planfile plan_of(const char *lineage, uint64_t serial)
{
	struct planfile p = { .workspace = STR("default") };

	p.state = (struct state){ .lineage = str_from(lineage), .serial = serial, .n_managed = 3, .objects = objects };
	p.state_prev = p.state;
	return p;
}

/* Codes found, joined by blanks. */
static struct str codes(struct identity_facts *f, struct arena *a)
{
	struct change_list l = { 0 };
	struct str all = STR_NONE;

	if (!f->folder.len) {
		f->folder = STR("/p");
		f->backend = STR("s3:b/k");
		f->workspace = STR("default");
	}
	identity_compare(f, a, &l);
	CHANGE_EACH(c, &l) {
		assert_true(c->reason.len > 0 && c->safer.len > 0);
		all = arena_fmt(a, "%.*s%s%.*s", STR_ARG(all), all.len ? " " : "", STR_ARG(c->finding));
	}
	return all;
}

static void test_codes(void **unused)
{
	struct known same = known_of("/p", "l", 5), other = known_of("/q", "m", 9), twin = known_of("/q", "m", 9);
	struct planfile p = plan_of("l", 5), newer = plan_of("l", 6), older = plan_of("l", 4), swapped = plan_of("x", 5);
	struct planfile none = { .workspace = STR("default") };
	struct arena a;

	(void)unused;
	assert_true(arena_map(&a, 1 << 22));
	assert_str(codes(&(struct identity_facts){ .plan = &p, .known = &same }, &a), "");
	assert_str(codes(&(struct identity_facts){ .plan = &newer, .known = &same }, &a), "");
	assert_str(codes(&(struct identity_facts){ .plan = &older, .known = &same }, &a), "state.rolled-back");
	assert_str(codes(&(struct identity_facts){ .plan = &none, .known = &same }, &a), "state.blank-slate");
	/* another lineage with the same objects: swapped, and shared with the pinned one */
	assert_str(codes(&(struct identity_facts){ .plan = &swapped, .known = &same }, &a), "state.swapped state.shared-object");
	/* another folder's pin holds the same objects */
	assert_str(codes(&(struct identity_facts){ .plan = &p, .known = &other }, &a), "state.shared-object");
	/* the same remote state, and the same network, under two environments */
	twin.environment = STR("staging");
	twin.lineage = STR("l");
	assert_str(codes(&(struct identity_facts){ .plan = &p, .known = &twin, .environment = STR("production") }, &a), "environment.shared");
	assert_str(codes(&(struct identity_facts){ .plan = &p, .known = &twin, .environment = STR("staging") }, &a), "");
	/* no plan file: only what needs no state */
	same.account = STR("1");
	assert_str(codes(&(struct identity_facts){ .known = &same, .caller_account = STR("2") }, &a), "state.wrong-account");
	assert_str(codes(&(struct identity_facts){ .known = &same }, &a), "");
	/* a bare id is only unique within an account */
	objects[0].next = &objects[2];
	p.state.objects = &objects[1];
	objects[1].next = NULL;
	other.objects = &objects[1];
	assert_str(codes(&(struct identity_facts){ .plan = &p, .known = &other }, &a), "");
	p.state.account = other.account = STR("1");
	p.state.region = other.region = STR("r");
	assert_str(codes(&(struct identity_facts){ .plan = &p, .known = &other }, &a), "state.shared-object");
	arena_unmap(&a);
}

static void test_edited(void **unused)
{
	struct known k = known_of("/p", "l", 5);
	struct planfile p = plan_of("l", 5);
	struct state now = p.state;
	struct arena a;

	(void)unused;
	assert_true(arena_map(&a, 1 << 22));
	k.content = digest_of("a", 1);
	now.content = digest_of("a", 1);
	assert_str(codes(&(struct identity_facts){ .plan = &p, .known = &k, .now = IDENTITY_CURRENT_READ, .current = &now }, &a), "");
	now.content = digest_of("b", 1);
	assert_str(codes(&(struct identity_facts){ .plan = &p, .known = &k, .now = IDENTITY_CURRENT_READ, .current = &now }, &a), "state.edited");
	/* the state has moved on since: content of another serial says nothing */
	now.serial = 6;
	assert_str(codes(&(struct identity_facts){ .plan = &p, .known = &k, .now = IDENTITY_CURRENT_READ, .current = &now }, &a), "plan.stale");
	arena_unmap(&a);
}

static void test_lost(void **unused)
{
	struct lost_facts f = { .state_empty = true, .n_create = 10, .backend_type = STR("local"), .n_named = 3 };
	struct change_list l = { 0 };
	struct arena a;

	(void)unused;
	assert_true(arena_map(&a, 1 << 20));
	assert_int_equal(lost_weigh(&f), 2);
	lost_find(&f, STR("/p"), &a, &l);
	assert_int_equal(l.n, 0);
	f.lock_age_days = 3;
	assert_int_equal(lost_weigh(&f), 4);
	lost_find(&f, STR("/p"), &a, &l);
	assert_int_equal(l.n, 1);
	assert_str(change_nth(&l, 0)->finding, "state.lost-suspected");
	f.n_other = 1; /* something else than creates: the state is not empty after all */
	assert_int_equal(lost_weigh(&f), 0);
	f = (struct lost_facts){ .state_empty = true, .n_create = 10, .near_same = 4, .near_path = STR("x") };
	assert_int_equal(lost_weigh(&f), 0);
	f.near_same = 5;
	assert_int_equal(lost_weigh(&f), 4);
	f = (struct lost_facts){ .state_empty = true, .n_create = 1, .backup = STR("b"), .backup_managed = 0 };
	assert_int_equal(lost_weigh(&f), 0);
	f.state_commit = STR("0123456789abcdef");
	assert_int_equal(lost_weigh(&f), 4);
	arena_unmap(&a);
}

static void test_index(void **unused)
{
	struct object_index x;
	struct arena a;

	(void)unused;
	assert_true(arena_map(&a, 1 << 20));
	objects[0].next = &objects[1];
	objects[1].next = NULL;
	x = object_index_make(objects, OBJECT_BY_NAME, &a);
	assert_ptr_equal(object_index_find(&x, STR("a"), STR("aws_db_instance")), &objects[0]);
	assert_ptr_equal(object_index_find(&x, STR("db-1"), STR_NONE), &objects[0]);
	assert_null(object_index_find(&x, STR("a"), STR("aws_x")));
	assert_null(object_index_find(&x, STR_NONE, STR_NONE));
	x = object_index_make(objects, OBJECT_BY_NETWORK, &a);
	assert_ptr_equal(object_index_find(&x, STR("vpc-1"), STR_NONE), &objects[1]);
	x = object_index_make(NULL, OBJECT_BY_ADDRESS, &a);
	assert_null(object_index_find(&x, STR("a"), STR_NONE));
	arena_unmap(&a);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_codes),
	cmocka_unit_test(test_edited),
	cmocka_unit_test(test_lost),
	cmocka_unit_test(test_index),
};
UNIT_MAIN(tests)
