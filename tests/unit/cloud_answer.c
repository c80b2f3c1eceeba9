/* Answers in the shapes that the services document; who reads them must never take an error for "absent". */
#include "unit.h"

#include "cloud/answer.h"
#include "cloud/xml.h"

static char memory[1 << 20] __attribute__((aligned(16)));
static struct arena arena;

static int setup(void **state)
{
	(void)state;
	memset(memory, 0, sizeof(memory));
	arena_init(&arena, memory, sizeof(memory));
	return 0;
}

static const struct answer_names names = { .account = STR_INIT("123456789012"),
					   .region = STR_INIT("eu-west-1"),
					   .partition = STR_INIT("aws") };

static struct cloud_answer find(const char *type, const char *name, const char *body)
{
	const struct aws_lookup *row = aws_lookup_find(str_from(type));
	struct answer_names n = names;
	struct cloud_answer a = { .result = CLOUD_UNKNOWN };
	const struct json *root = NULL;
	struct err err = { .code = ERR_NONE };

	assert_non_null(row);
	n.name = str_from(name);
	if (!answer_parse(aws_service_find(row->service), str_from(body), &arena, &root, &err))
		fail_msg("%s", err.msg);
	answer_items(row, root, &n, &arena, &a);
	return a;
}

static void test_rds(void **state)
{
	struct cloud_answer a = find("aws_db_instance", "courses-prod-db",
				     "<?xml version=\"1.0\"?><DescribeDBInstancesResponse "
				     "xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\">"
				     "<DescribeDBInstancesResult><DBInstances><DBInstance><"
				     "DBInstanceIdentifier>courses-prod-db</DBInstanceIdentifier>"
				     "<DbiResourceId>db-M5ENSHXFPU6XHZ4G4ZEI5QIO2U</DbiResourceId>"
				     "<DBInstanceArn>arn:aws:rds:eu-west-1:123456789012:db:courses-"
				     "prod-db</DBInstanceArn>"
				     "<InstanceCreateTime>2026-11-21T04:01:30.000Z</"
				     "InstanceCreateTime></DBInstance></DBInstances>"
				     "</DescribeDBInstancesResult></DescribeDBInstancesResponse>");

	(void)state;
	assert_int_equal(a.result, CLOUD_ALIVE);
	assert_int_equal(a.n_found, 1);
	assert_str(a.found->identity, "arn:aws:rds:eu-west-1:123456789012:db:courses-prod-db");
	assert_str(a.found->id, "db-M5ENSHXFPU6XHZ4G4ZEI5QIO2U");
	assert_true(a.found->created_us == INT64_C(1795233690000000));
}

static void test_instances_alive_and_dead(void **state)
{
	struct cloud_answer a =
		find("aws_instance", "courses-prod-bastion",
		     "<DescribeInstancesResponse><reservationSet>"
		     "<item><instancesSet><item><instanceId>i-0aaaaaaaaaaaaaaaa</"
		     "instanceId><instanceState><code>16</code><name>running</name>"
		     "</instanceState><launchTime>2026-11-21T04:03:00.000Z</launchTime></item></"
		     "instancesSet></item>"
		     "<item><instancesSet><item><instanceId>i-0bbbbbbbbbbbbbbbb</"
		     "instanceId><instanceState><code>48</code><name>terminated</name>"
		     "</instanceState></item><item><instanceId>i-0cccccccccccccccc</"
		     "instanceId><instanceState><name>pending</name></instanceState>"
		     "</item></instancesSet></item></reservationSet></DescribeInstancesResponse>");

	(void)state;
	assert_int_equal(a.n_found, 2);
	assert_str(a.found->identity,
		   "arn:aws:ec2:eu-west-1:123456789012:instance/i-0aaaaaaaaaaaaaaaa");
	assert_str(a.found->next->id, "i-0cccccccccccccccc");
}

static void test_json_and_inactive(void **state)
{
	struct cloud_answer a =
		find("aws_ecs_cluster", "courses-prod",
		     "{\"clusters\":[{\"clusterArn\":\"arn:aws:ecs:eu-west-1:123456789012:cluster/"
		     "courses-prod\",\"clusterName\":\"courses-prod\","
		     "\"status\":\"ACTIVE\"}],\"failures\":[]}");

	(void)state;
	assert_int_equal(a.result, CLOUD_ALIVE);
	a = find("aws_ecs_cluster", "courses-prod",
		 "{\"clusters\":[{\"clusterName\":\"courses-prod\",\"status\":\"INACTIVE\"}]}");
	assert_int_equal(a.result, CLOUD_ABSENT);
	a = find("aws_ecs_cluster", "courses-prod",
		 "{\"clusters\":[],\"failures\":[{\"reason\":\"MISSING\"}]}");
	assert_int_equal(a.result, CLOUD_ABSENT);
}

static void test_prefix_is_not_the_name(void **state)
{
	struct cloud_answer a = find("aws_s3_bucket", "courses",
				     "<ListAllMyBucketsResult><Owner><ID>x</ID></"
				     "Owner><Buckets><Bucket><Name>courses-prod-files</Name>"
				     "<CreationDate>2026-11-21T04:01:26.000Z</CreationDate></"
				     "Bucket></Buckets></ListAllMyBucketsResult>");

	(void)state;
	assert_int_equal(a.result, CLOUD_ABSENT);
	a = find("aws_route53_zone", "courses.example",
		 "<ListHostedZonesByNameResponse><HostedZones><HostedZone><Id>/hostedzone/"
		 "Z1ABCDEFGHIJKL</Id><Name>courses.example.</Name>"
		 "</HostedZone><HostedZone><Id>/hostedzone/Z2</Id><Name>other.example.</Name></"
		 "HostedZone></HostedZones>"
		 "</ListHostedZonesByNameResponse>");
	assert_int_equal(a.n_found, 1);
	assert_str(a.found->id, "Z1ABCDEFGHIJKL");
	assert_str(a.found->identity, "arn:aws:route53:::hostedzone/Z1ABCDEFGHIJKL");
}

static const struct json *parsed(const char *service, const char *body)
{
	const struct json *root = NULL;

	assert_true(answer_parse(aws_service_find(str_from(service)), str_from(body), &arena, &root,
				 NULL));
	return root;
}

static void test_error_codes(void **state)
{
	(void)state;
	assert_str(answer_error(parsed(
			   "rds", "<ErrorResponse><Error><Type>Sender</"
				  "Type><Code>DBInstanceNotFound</Code></Error></ErrorResponse>")),
		   "DBInstanceNotFound");
	assert_str(
		answer_error(parsed("ec2", "<Response><Errors><Error><Code>UnauthorizedOperation</"
					   "Code></Error></Errors></Response>")),
		"UnauthorizedOperation");
	assert_str(answer_error(parsed("s3", "<Error><Code>AccessDenied</Code></Error>")),
		   "AccessDenied");
	assert_str(
		answer_error(parsed(
			"sqs",
			"{\"__type\":\"com.amazonaws.sqs#QueueDoesNotExist\",\"message\":\"x\"}")),
		"QueueDoesNotExist");
	assert_int_equal(answer_error(parsed("ecs", "{}")).len, 0);
}

static void test_times(void **state)
{
	(void)state;
	assert_true(answer_time(STR("2026-11-21T04:01:30Z")) == INT64_C(1795233690000000));
	assert_true(answer_time(STR("1795233690.5")) == INT64_C(1795233690500000));
	assert_true(answer_time(STR("1.79523369E9")) == INT64_C(1795233690000000));
	assert_true(answer_time(STR("1795233690000")) == INT64_C(1795233690000000));
	assert_true(answer_time(STR("")) == 0);
	assert_true(answer_time(STR("yesterday")) == 0);
	assert_true(answer_time(STR("nan")) == 0);
}

static void test_templates_escape(void **state)
{
	struct answer_names n = names;
	auto_buf b = BUF_MAX(4096);

	(void)state;
	n.name = STR("a&b\"*");
	assert_true(answer_expand(STR("X={name}&Y={filter}"), &n, ANSWER_URI, &b));
	assert_str(buf_str(&b), "X=a%26b%22%2A&Y=a%26b%22%5C%2A");
	buf_clear(&b);
	assert_true(answer_expand(STR("{\"x\":[\"{name}\"],\"y\":{}}"), &n, ANSWER_JSON, &b));
	assert_str(buf_str(&b), "{\"x\":[\"a&b\\\"*\"],\"y\":{}}");
	buf_clear(&b);
	n.name = STR("../x/y");
	assert_true(answer_expand(STR("/functions/{name}/configuration"), &n, ANSWER_URI, &b));
	assert_str(buf_str(&b), "/functions/..%2Fx%2Fy/configuration");
	assert_false(answer_expand(STR("{nonsense}"), &n, ANSWER_PLAIN, &b));
}

static void test_bad_xml(void **state)
{
	static const char *const bad[] = {
		"",
		"<a>",
		"<a></b>",
		"no xml",
		"<a>\xff\xfe</a>",
		"<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
		"<a/><b/>",
	};
	struct err err;
	struct json *root;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		err.code = ERR_NONE;
		assert_false(xml_parse(str_from(bad[i]), &arena, &root, &err));
		assert_int_equal(err.code, ERR_INPUT);
	}
	assert_true(xml_parse(STR("<a><b>1</b><b>2 &amp; 3</b></a>"), &arena, &root, &err));
	assert_str(root->last->text, "2 & 3");
}

static void test_deep_xml(void **state)
{
	auto_buf b = BUF_MAX(1 << 20);
	struct json *root;

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_adds(&b, "<a>");
	for (int i = 0; i < 1000; i++)
		buf_adds(&b, "</a>");
	assert_false(xml_parse(buf_str(&b), &arena, &root, NULL));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup(test_rds, setup),
	cmocka_unit_test_setup(test_instances_alive_and_dead, setup),
	cmocka_unit_test_setup(test_json_and_inactive, setup),
	cmocka_unit_test_setup(test_prefix_is_not_the_name, setup),
	cmocka_unit_test_setup(test_error_codes, setup),
	cmocka_unit_test_setup(test_times, setup),
	cmocka_unit_test_setup(test_templates_escape, setup),
	cmocka_unit_test_setup(test_bad_xml, setup),
	cmocka_unit_test_setup(test_deep_xml, setup),
};

UNIT_MAIN(tests)
