/* Classes on the recorded states of the lost-state incident: what the interrupted apply made, and what it took over. */
#include "unit.h"

#include "base/timestamp.h"
#include "fixture.h"
#include "gate/terraform/cleanup.h"

static struct arena arena;
static struct buf old_text = { .max = 1 << 24 }, new_text = { .max = 1 << 24 },
		  plan_text = { .max = 1 << 24 };
static struct cleanup_state production, mine;
static struct cleanup_evidence evidence;

static int setup(void **state)
{
	(void)state;
	assert_true(arena_map(&arena, (size_t)256 << 20));
	buf_clear(&old_text);
	buf_clear(&new_text);
	buf_clear(&plan_text);
	fixture_read("datatalks/state-old.tfstate", &old_text);
	fixture_read("datatalks/state-new.tfstate", &new_text);
	fixture_read("datatalks/blank-slate.json", &plan_text);
	production = (struct cleanup_state){ .path = STR("old") };
	mine = (struct cleanup_state){ .path = STR("new") };
	evidence = (struct cleanup_evidence){ .production = &production };
	assert_true(cleanup_read_state(buf_str(&old_text), &arena, &production, NULL));
	assert_true(cleanup_read_state(buf_str(&new_text), &arena, &mine, NULL));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_unmap(&arena);
	return 0;
}

static struct cleanup_object *at(const char *address)
{
	for (struct cleanup_object *o = mine.objects.first; o; o = o->next) {
		if (str_is(o->address, address))
			return o;
	}
	print_error("no %s\n", address);
	abort();
}

static void classify(void)
{
	struct err err;

	if (!cleanup_classify(&mine, &evidence, &arena, &err))
		fail_msg("%s", err.msg);
}

/* The lab's own comparison (overlap.txt) found the same ten and two. */
static void test_with_the_plan(void **state)
{
	(void)state;
	assert_true(cleanup_read_plan(buf_str(&plan_text), &arena, &evidence.plan, NULL));
	assert_int_equal(evidence.plan.creates.n, 29);
	classify();
	assert_int_equal(cleanup_count(&mine.objects, CLEANUP_DUPLICATE), 10);
	assert_int_equal(cleanup_count(&mine.objects, CLEANUP_ADOPTED), 2);
	assert_int_equal(cleanup_count(&mine.objects, CLEANUP_UNKNOWN), 0);
	assert_int_equal(at("aws_db_subnet_group.db")->class, CLEANUP_ADOPTED);
	assert_int_equal(at("aws_ecs_cluster.main")->class, CLEANUP_ADOPTED);
	assert_int_equal(at("aws_subnet.private[1]")->class, CLEANUP_DUPLICATE);
}

/* Without evidence nothing is proven; what is production's is still seen. */
static void test_without_evidence(void **state)
{
	(void)state;
	classify();
	assert_int_equal(cleanup_count(&mine.objects, CLEANUP_DUPLICATE), 0);
	assert_int_equal(cleanup_count(&mine.objects, CLEANUP_ADOPTED), 2);
	assert_int_equal(cleanup_count(&mine.objects, CLEANUP_UNKNOWN), 10);
}

/* A cluster that production does not know was still there before: a name can be taken over, so the plan alone proves nothing. */
static void test_names_are_not_proof(void **state)
{
	struct cleanup_object *cluster;

	(void)state;
	assert_true(cleanup_read_plan(buf_str(&plan_text), &arena, &evidence.plan, NULL));
	cluster = at("aws_ecs_cluster.main");
	cluster->id = cluster->identity =
		STR("arn:aws:ecs:eu-west-1:123456789012:cluster/of-somebody-else");
	classify();
	assert_int_equal(cluster->class, CLEANUP_UNKNOWN);
}

static void test_production_uses_it(void **state)
{
	struct cleanup_object *table = at("aws_route_table.public");
	struct cleanup_object *vpc = production.objects.first;

	(void)state;
	while (vpc && !str_is(vpc->address, "aws_vpc.main"))
		vpc = vpc->next;
	if (!vpc)
		abort();
	assert_true(cleanup_read_plan(buf_str(&plan_text), &arena, &evidence.plan, NULL));
	/* No object of production's state, but one that its VPC names. */
	table->id = table->identity = json_str(vpc->attributes, "main_route_table_id");
	assert_true(str_starts(table->id, STR("rtb-")));
	classify();
	assert_int_equal(table->class, CLEANUP_UNKNOWN);
	assert_true(str_find(table->proof, STR("aws_vpc.main names it")) != SIZE_MAX);
}

static void test_creation_times(void **state)
{
	struct cleanup_object *zone, *vpc;

	(void)state;
	assert_true(timestamp_parse(STR("2026-11-21T04:00:00Z"), &evidence.from_us));
	assert_true(timestamp_parse(STR("2026-11-21T05:00:00Z"), &evidence.to_us));
	zone = at("aws_route53_zone.main");
	vpc = at("aws_vpc.main");
	assert_true(timestamp_parse(STR("2026-11-21T04:30:00Z"), &zone->created_us));
	assert_true(timestamp_parse(STR("2026-11-20T04:30:00Z"), &vpc->created_us));
	at("aws_ecs_cluster.main")->created_us = zone->created_us; /* production's all the same */
	classify();
	assert_int_equal(zone->class, CLEANUP_DUPLICATE);
	assert_int_equal(vpc->class, CLEANUP_UNKNOWN);
	assert_true(str_find(vpc->proof, STR("before the apply")) != SIZE_MAX);
	assert_int_equal(at("aws_ecs_cluster.main")->class, CLEANUP_ADOPTED);
}

static const char trail_text[] =
	"{\"Records\":["
	"{\"eventName\":\"CreateVpc\",\"eventSource\":\"ec2.amazonaws.com\",\"eventTime\":\"2026-"
	"11-21T04:05:00Z\","
	"\"userIdentity\":{\"arn\":\"arn:aws:iam::123456789012:user/"
	"agent\"},\"userAgent\":\"terraform\","
	"\"responseElements\":{\"vpc\":{\"vpcId\":\"vpc-d74d7dc3540f1ca72\"}}},"
	"{\"eventName\":\"CreateHostedZone\",\"eventSource\":\"route53.amazonaws.com\","
	"\"eventTime\":\"2026-11-21T04:05:02Z\","
	"\"responseElements\":{\"hostedZone\":{\"id\":\"/hostedzone/GZYQMWRI50INBBP3DAAOOX\"}}},"
	"{\"eventName\":\"CreateSecurityGroup\",\"eventSource\":\"ec2.amazonaws.com\","
	"\"eventTime\":\"2026-11-21T04:05:03Z\","
	"\"errorCode\":\"Client.InvalidGroup.Duplicate\",\"responseElements\":{\"groupId\":\"sg-"
	"6f873da92813820f1\"}},"
	"{\"eventName\":\"DescribeSubnets\",\"eventSource\":\"ec2.amazonaws.com\",\"eventTime\":"
	"\"2026-11-21T04:05:03Z\","
	"\"responseElements\":{\"subnetId\":\"subnet-6e484e41e3ca43491\"}},"
	"{\"eventName\":\"CreateCluster\",\"eventSource\":\"ecs.amazonaws.com\",\"eventTime\":"
	"\"2026-11-21T04:05:04Z\","
	"\"responseElements\":{\"cluster\":{\"clusterArn\":\"arn:aws:ecs:eu-west-1:123456789012:"
	"cluster/courses-prod\"}}}]}";

static void test_cloudtrail(void **state)
{
	struct cloudtrail trail = { .n_events = 0 };
	struct err err;

	(void)state;
	assert_true(cloudtrail_read(STR(trail_text), &arena, &trail, &err));
	cloudtrail_sort(&trail);
	assert_int_equal(trail.n_events, 5);
	evidence.trail = &trail;
	classify();
	assert_int_equal(at("aws_vpc.main")->class, CLEANUP_DUPLICATE);
	assert_true(str_find(at("aws_vpc.main")->proof,
			     STR("CreateVpc by arn:aws:iam::123456789012:user/agent")) != SIZE_MAX);
	assert_int_equal(at("aws_route53_zone.main")->class, CLEANUP_DUPLICATE);
	assert_int_equal(at("aws_security_group.alb")->class,
			 CLEANUP_UNKNOWN); /* the call failed */
	assert_int_equal(at("aws_subnet.private[0]")->class,
			 CLEANUP_UNKNOWN); /* the call only read */
	assert_int_equal(at("aws_ecs_cluster.main")->class, CLEANUP_ADOPTED);
	assert_null(cloudtrail_creation(
		&trail, STR("arn:aws:ecs:eu-west-1:123456789012:cluster/courses-prod"), 0, 0));
	assert_null(
		cloudtrail_creation(&trail, STR("vpc-d74d7dc3540f1ca72"), 1, 2)); /* another time */
}

static void test_cloudtrail_is_strict(void **state)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{}",
		"{\"Records\":[{}]}",
		"{\"Records\":[{\"eventName\":\"A\",\"eventSource\":\"b\"}]}",
		"{\"Records\":[{\"eventName\":\"A\",\"eventSource\":\"b\",\"eventTime\":\"noon\"}]"
		"}",
		"{\"Records\":[",
		"{\"Events\":[{\"CloudTrailEvent\":\"{\"}]}",
		"{\"eventName\":\"A\",\"eventSource\":\"b\",\"eventTime\":\"2026-11-21T04:05:03Z\"}"
		"\n{\"eventName\":\"A\"}\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct cloudtrail trail = { .n_events = 0 };
		struct err err = { .code = ERR_NONE };

		assert_false(cloudtrail_read(str_from(bad[i]), &arena, &trail, &err));
		assert_true(err.msg[0] != 0);
	}
}

static void test_cloudtrail_lines(void **state)
{
	struct cloudtrail trail = { .n_events = 0 };

	(void)state;
	assert_true(cloudtrail_read(STR("{\"eventName\":\"A\",\"eventSource\":\"b\",\"eventTime\":"
					"\"2026-11-21T04:05:03Z\"}\n\n"
					"{\"eventName\":\"A\",\"eventSource\":\"b\",\"eventTime\":"
					"\"2026-11-21T04:05:03Z\"}\n"),
				    &arena, &trail, NULL));
	assert_int_equal(trail.n_events, 2);
}

static void test_same_state_is_refused(void **state)
{
	struct cleanup_state same = { .path = STR("same") };
	struct err err;

	(void)state;
	assert_true(cleanup_read_state(buf_str(&new_text), &arena, &same, NULL));
	evidence.production = &same;
	assert_false(cleanup_classify(&mine, &evidence, &arena, &err));
	assert_non_null(strstr(err.msg, "one and the same state"));
	assert_true(cleanup_read_state(
		STR("{\"version\":4,\"serial\":0,\"lineage\":\"\",\"resources\":[]}"), &arena,
		&same, NULL));
	assert_false(cleanup_classify(&mine, &evidence, &arena, &err));
	assert_non_null(strstr(err.msg, "holds nothing"));
}

/* What is written again is a state, and holds the ten alone, attributes untouched. */
static void test_write_state(void **state)
{
	struct cleanup_state again = { .path = STR("again") };
	auto_buf out = BUF_MAX(1 << 24);
	struct cleanup_object *o;

	(void)state;
	assert_true(cleanup_read_plan(buf_str(&plan_text), &arena, &evidence.plan, NULL));
	classify();
	cleanup_write_state(&mine, &out);
	assert_true(cleanup_read_state(buf_str(&out), &arena, &again, NULL));
	assert_int_equal(again.objects.n, 10);
	assert_true(again.state.serial == mine.state.serial + 1);
	for (o = again.objects.first; o; o = o->next) {
		assert_int_equal(at("aws_vpc.main")->class, CLEANUP_DUPLICATE);
		assert_false(str_is(o->address, "aws_ecs_cluster.main") ||
			     str_is(o->address, "aws_db_subnet_group.db"));
	}
	assert_true(json_equal(again.objects.last->instance, mine.objects.last->instance));
}

static bool check(const char *changes, size_t *deletes)
{
	struct str json = arena_fmt(
		&arena, "{\"format_version\":\"1.2\",\"resource_changes\":[%s]}", changes);
	struct err err;

	return cleanup_check_plan(json, &mine, &arena, deletes, &err);
}

static void test_check_plan(void **state)
{
	size_t n = 0;

	(void)state;
	assert_true(cleanup_read_plan(buf_str(&plan_text), &arena, &evidence.plan, NULL));
	classify();
	assert_true(check("{\"address\":\"aws_vpc.main\",\"change\":{\"actions\":[\"delete\"]}},"
			  "{\"address\":\"data.x.y\",\"change\":{\"actions\":[\"read\"]}}",
			  &n));
	assert_int_equal(n, 1);
	assert_false(check(
		"{\"address\":\"aws_ecs_cluster.main\",\"change\":{\"actions\":[\"delete\"]}}",
		&n)); /* adopted */
	assert_false(
		check("{\"address\":\"aws_db_instance.db\",\"change\":{\"actions\":[\"delete\"]}}",
		      &n)); /* not there */
	assert_false(
		check("{\"address\":\"aws_vpc.main\",\"change\":{\"actions\":[\"update\"]}}", &n));
	assert_false(check(
		"{\"address\":\"aws_vpc.main\",\"change\":{\"actions\":[\"delete\",\"create\"]}}",
		&n));
	assert_false(
		check("{\"address\":\"aws_vpc.main\",\"change\":{\"actions\":[\"forget\"]}}", &n));
	assert_false(check("{\"address\":\"aws_vpc.main\"}", &n));
}

static struct cleanup_object *found(struct cleanup_list *l, const char *id, const char *created)
{
	struct cleanup_object *o = ARENA_NEW(&arena, struct cleanup_object);

	o->address = STR("aws_instance.bastion");
	o->type = STR("aws_instance");
	o->id = str_from(id);
	o->identity = arena_fmt(&arena, "arn:aws:ec2:eu-west-1:123456789012:instance/%s", id);
	if (created)
		assert_true(timestamp_parse(str_from(created), &o->created_us));
	cleanup_add(l, o);
	return o;
}

static void test_found(void **state)
{
	struct cleanup_list l = { .n = 0 };
	struct cleanup_object *known =
		found(&l, "i-a41f4f967478c80fe", "2026-11-21T04:01:40Z"); /* production's bastion */
	struct cleanup_object *orphan = found(&l, "i-0123456789abcdef0", "2026-11-21T04:05:30Z");
	struct cleanup_object *older = found(&l, "i-0123456789abcdef1", "2026-11-01T00:00:00Z");
	struct cleanup_object *nobody = found(&l, "i-0123456789abcdef2", NULL);

	(void)state;
	assert_true(timestamp_parse(STR("2026-11-21T04:04:00Z"), &evidence.from_us));
	assert_true(timestamp_parse(STR("2026-11-21T04:06:00Z"), &evidence.to_us));
	assert_true(cleanup_classify_found(&l, &mine, &evidence, &arena, NULL));
	assert_int_equal(known->class, CLEANUP_KNOWN);
	assert_int_equal(orphan->class, CLEANUP_ORPHAN);
	assert_int_equal(older->class, CLEANUP_UNKNOWN);
	assert_int_equal(nobody->class, CLEANUP_UNKNOWN);
}

/* A role made by this apply takes its inline policy along; the policy of production's role of the same name does not count. */
static void test_parts(void **state)
{
	struct cleanup_object *role, *policy;

	(void)state;
	assert_true(cleanup_read_plan(buf_str(&plan_text), &arena, &evidence.plan, NULL));
	assert_true(timestamp_parse(STR("2026-11-21T04:00:00Z"), &evidence.from_us));
	evidence.to_us = evidence.from_us + INT64_C(3600000000);
	role = at("aws_subnet.public[0]");
	policy = at("aws_subnet.public[1]");
	role->type = STR("aws_iam_role");
	role->id = STR("courses-new-task");
	role->identity = STR("arn:aws:iam::123456789012:role/courses-new-task");
	role->address = STR("aws_iam_role.task");
	role->created_us = evidence.from_us + 1;
	policy->type = STR("aws_iam_role_policy");
	policy->id = policy->identity = STR("courses-new-task:files");
	policy->address = STR("aws_iam_role_policy.task");
	classify();
	assert_int_equal(role->class, CLEANUP_DUPLICATE);
	assert_int_equal(policy->class, CLEANUP_DUPLICATE);
	policy->id = policy->identity = STR("courses-prod-task:files");
	classify();
	assert_int_equal(policy->class, CLEANUP_ADOPTED);
	policy->id = policy->identity = STR("courses-new-task-2:files");
	classify();
	assert_int_equal(policy->class, CLEANUP_UNKNOWN);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
static const struct CMUnitTest tests[] = {
	T(test_with_the_plan),
	T(test_without_evidence),
	T(test_names_are_not_proof),
	T(test_production_uses_it),
	T(test_creation_times),
	T(test_cloudtrail),
	T(test_cloudtrail_is_strict),
	T(test_cloudtrail_lines),
	T(test_same_state_is_refused),
	T(test_write_state),
	T(test_check_plan),
	T(test_found),
	T(test_parts),
};

UNIT_MAIN(tests)
