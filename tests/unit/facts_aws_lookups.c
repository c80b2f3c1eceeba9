#include "unit.h"

#include "facts/aws_lookups.h"

static bool reads_only(struct str operation)
{
	return str_starts(operation, STR("Get")) || str_starts(operation, STR("List")) || str_starts(operation, STR("Describe")) ||
	       str_starts(operation, STR("Head"));
}

/* Whatever is added to the table: it asks, it never changes. */
static void test_rows_only_read(void **state)
{
	size_t n = 0;

	(void)state;
	for (const struct aws_lookup *r; (r = aws_lookup_nth(n)); n++) {
		const struct aws_service *s = aws_service_find(r->service);

		assert_true(reads_only(r->operation));
		assert_non_null(s);
		if (s->protocol == AWS_REST)
			assert_true(str_starts(r->request, STR("/")));
	}
	assert_true(n >= 25);
}

static void test_rows_are_whole(void **state)
{
	(void)state;
	for (size_t i = 0; aws_lookup_nth(i); i++) {
		const struct aws_lookup *r = aws_lookup_nth(i), *before = i ? aws_lookup_nth(i - 1) : NULL;
		const char *placeholder = "{name}";

		assert_ptr_equal(aws_lookup_find(r->type), r);
		assert_true(!before || str_cmp(before->type, r->type) < 0);
		assert_true(r->id.len > 0 && r->identity.len > 0 && r->why.len > 0);
		if (str_find(r->request, STR("{filter}")) != SIZE_MAX)
			placeholder = "{filter}";
		assert_true(str_find(r->request, str_from(placeholder)) != SIZE_MAX);
		/* An answer that may hold other names must be matched, or the question was exact. */
		if (str_find(r->request, STR("refix")) != SIZE_MAX || str_find(r->request, STR("dnsname")) != SIZE_MAX)
			assert_true(r->match.len > 0);
	}
	assert_null(aws_lookup_find(STR("aws_nothing")));
	assert_null(aws_lookup_find(STR("")));
}

static void test_minted(void **state)
{
	(void)state;
	assert_true(aws_id_is_minted(STR("aws_vpc"), STR("vpc-d74d7dc3540f1ca72")));
	assert_true(aws_id_is_minted(STR("aws_route53_zone"), STR("GZYQMWRI50INBBP3DAAOOX")));
	assert_true(aws_id_is_minted(STR("aws_db_instance"), STR("db-M5ENSHXFPU6XHZ4G4ZEI5QIO2U")));
	assert_false(aws_id_is_minted(STR("aws_vpc"), STR("vpc-main")));
	assert_false(aws_id_is_minted(STR("aws_vpc"), STR("subnet-d74d7dc3540f1ca72")));
	assert_false(aws_id_is_minted(STR("aws_vpc"), STR("vpc-")));
	assert_false(aws_id_is_minted(STR("aws_ecs_cluster"), STR("arn:aws:ecs:eu-west-1:123456789012:cluster/courses-prod")));
	assert_false(aws_id_is_minted(STR("aws_db_subnet_group"), STR("courses-prod-db")));
	assert_false(aws_id_is_minted(STR("aws_route53_zone"), STR("courses.example")));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_rows_only_read),
	cmocka_unit_test(test_rows_are_whole),
	cmocka_unit_test(test_minted),
};

UNIT_MAIN(tests)
