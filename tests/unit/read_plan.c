#include "unit.h"

#include "base/buf.h"
#include "read/plan.h"

#include "facts/terraform_types.h"

#define ARENA_SIZE ((size_t)8 << 20)
#define EACH_ROW(row) for (const struct terraform_type *row = NULL; (row = next_row(row));)

static struct arena arena;
static struct plan_summary sum;
static struct plan_create *creates;

static const struct terraform_type *next_row(const struct terraform_type *row)
{
	const struct terraform_type *first = terraform_type_nth(0);

	return row ? terraform_type_nth((size_t)(row - first) + 1) : first;
}

static int with_arena(void **state)
{
	(void)state;
	return arena_map(&arena, ARENA_SIZE) ? 0 : -1;
}

static int without_arena(void **state)
{
	(void)state;
	arena_unmap(&arena);
	return 0;
}

static struct change_list read_with(struct str text, const struct plan_opts *opts)
{
	struct plan_reader *r;

	arena_reset(&arena);
	r = plan_reader_new(&arena, opts);
	assert_non_null(r);
	plan_reader_feed(r, text);
	return plan_reader_end(r, &sum, &creates);
}

/* One member, down a dotted path, with the value as JSON. */
static void add_member(struct buf *b, struct str path, struct str value)
{
	size_t dot = str_find_char(path, '.');
	bool raw = str_is(value, "true") || str_is(value, "false") || (value.len && value.ptr[0] >= '0' && value.ptr[0] <= '9' &&
								       value.ptr[value.len - 1] <= '9');
	struct str head = str_sub(path, 0, dot);

	buf_addf(b, "\"%.*s\":", STR_ARG(head));
	if (dot != SIZE_MAX) {
		buf_addc(b, '{');
		add_member(b, str_sub(path, dot + 1, path.len), value);
		buf_addc(b, '}');
	} else if (raw) {
		buf_add(b, value);
	} else {
		buf_addf(b, "\"%.*s\"", STR_ARG(value));
	}
}

static void add_side(struct buf *b, const char *side, struct str attribute, struct str value)
{
	buf_addf(b, ",\"%s\":{\"id\":\"an-id\"", side);
	if (attribute.len) {
		buf_addc(b, ',');
		add_member(b, attribute, value);
	}
	buf_addc(b, '}');
}

/* A plan that takes one resource of the type away, which before had one attribute. */
static struct change_list delete_of(struct str type, struct str attribute, struct str value)
{
	static struct buf b = { .max = 1 << 16 };

	buf_clear(&b);
	buf_addf(&b,
		 "{\"format_version\":\"1.2\",\"resource_changes\":[{\"address\":\"%.*s.x\",\"mode\":\"managed\",\"type\":\"%.*s\","
		 "\"change\":{\"actions\":[\"delete\"]",
		 STR_ARG(type), STR_ARG(type));
	add_side(&b, "before", attribute, value);
	buf_adds(&b, "}}]}");
	return read_with(buf_str(&b), NULL);
}

static struct change_list update_of(struct str type, struct str attribute, struct str before, struct str after)
{
	static struct buf b = { .max = 1 << 16 };

	buf_clear(&b);
	buf_addf(&b,
		 "{\"format_version\":\"1.2\",\"resource_changes\":[{\"address\":\"%.*s.x\",\"mode\":\"managed\",\"type\":\"%.*s\","
		 "\"change\":{\"actions\":[\"update\"]",
		 STR_ARG(type), STR_ARG(type));
	add_side(&b, "before", attribute, before);
	add_side(&b, "after", attribute, after);
	buf_adds(&b, "}}]}");
	return read_with(buf_str(&b), NULL);
}

/* Each row by the plan that deletes its type: kind, data, and what can be undone, under the condition and without it. */
static void a_delete_follows_its_row(void **state)
{
	(void)state;
	EACH_ROW(row) {
		struct change_list l = delete_of(row->type, row->recoverable_if, row->recoverable_value);
		struct change *c = change_nth(&l, 0);
		bool holds = row->recoverable_if.len && !row->recoverable_not_equal;

		assert_true(sum.understood && sum.n_delete == 1);
		assert_int_equal(c->kind, row->is_backup ? CHANGE_DESTROY_BACKUP : CHANGE_DELETE);
		assert_int_equal(c->holds_data, row->holds_data);
		assert_int_equal(c->reversible,
				 row->recoverable_if.len && !holds ? REVERSIBLE_NO : row->recoverable);
		assert_true(c->reversible != REVERSIBLE_WINDOW || c->window.len);
		assert_true(l.n == (row->protects.len ? 2u : 1u));
		assert_true(!row->protects.len || str_eq(change_nth(&l, 1)->finding, row->protects));
		if (row->recoverable_if.len && holds) {
			l = delete_of(row->type, STR_NONE, STR_NONE);
			assert_int_equal(change_nth(&l, 0)->reversible, REVERSIBLE_NO);
		}
	}
}

/* The counter-example of each row: another type, of which nothing is known. */
static void a_delete_of_a_near_miss_counts_as_data(void **state)
{
	char name[200];

	(void)state;
	EACH_ROW(row) {
		struct change_list l;
		struct change *c;

		snprintf(name, sizeof(name), "%.*s_x", STR_ARG(row->type));
		l = delete_of(str_from(name), row->recoverable_if, row->recoverable_value);
		c = change_nth(&l, 0);
		assert_true(l.n == 1 && c->kind == CHANGE_DELETE);
		assert_int_equal(c->holds_data, HOLDS_DATA_UNKNOWN);
		assert_int_equal(c->reversible, REVERSIBLE_NO);
		assert_true(change_is_destructive(c));
	}
}

static bool weakens(const struct change_list *l)
{
	size_t n = 0;

	CHANGE_EACH(c, l) {
		n += c->kind == CHANGE_WEAKEN_PROTECTION;
		assert_true(c->kind != CHANGE_WEAKEN_PROTECTION || str_starts(c->finding, STR("protection.")));
	}
	assert_true(n <= 1);
	return n == 1;
}

/* Each row's protection: from on to off weakens; on to on, and off to on, do not. */
static void a_protection_that_goes_is_told(void **state)
{
	(void)state;
	EACH_ROW(row) {
		struct str at = row->protection_attribute, safe = row->safe_value, off = STR("off");
		struct change_list l;
		uint64_t n;

		if (at.len == 0 || str_starts(at, STR("features.")))
			continue;
		if (str_is(safe, "true"))
			off = STR("false");
		else if (str_is(safe, "false"))
			off = STR("true");
		else if (str_is(safe, "set"))
			off = STR("");
		else if (str_to_u64(safe, &n))
			off = STR("0");
		l = update_of(row->type, at, safe, off);
		assert_true(weakens(&l));
		l = update_of(row->type, at, safe, safe);
		assert_false(weakens(&l));
		l = update_of(row->type, at, off, safe);
		assert_false(weakens(&l));
	}
}

/* Each row's hazards: one that comes is told, one that goes is not. */
static void a_hazard_that_comes_is_told(void **state)
{
	(void)state;
	EACH_ROW(row) {
		for (size_t i = 0; i < row->n_hazards; i++) {
			const struct terraform_hazard *h = &row->hazards[i];
			bool lowered = str_is(h->value, "lowered"), any = str_is(h->value, "any");
			struct str bad = lowered ? STR("3") : any ? STR("5") : h->value;
			struct str good = any ? STR("") : str_is(bad, "false") ? STR("true") : STR("30");
			struct change_list l;

			if (str_starts(h->attribute, STR("features.")))
				continue;
			l = update_of(row->type, h->attribute, good, bad);
			assert_true(weakens(&l));
			l = update_of(row->type, h->attribute, bad, good);
			assert_false(weakens(&l));
		}
	}
}

static void small_arenas_refuse(void **state)
{
	static char mem[1 << 17];
	static const char element[] = "{\"address\":\"aws_s3_bucket.a\",\"mode\":\"managed\",\"type\":\"aws_s3_bucket\",\"change\":"
				      "{\"actions\":[\"delete\"],\"before\":{\"bucket\":\"a-long-name-of-a-bucket\"}}}";
	struct buf b = BUF_MAX(1 << 22);

	(void)state;
	buf_adds(&b, "{\"format_version\":\"1.2\",\"resource_changes\":[");
	for (unsigned i = 0; i < 5000; i++)
		buf_addf(&b, "%s%s", i ? "," : "", element);
	buf_adds(&b, "]}");
	for (size_t size = 1000; size <= sizeof(mem); size += 1000) {
		struct change_list l;
		struct arena a;
		struct plan_reader *r;
		bool told = false;

		memset(mem, 0, sizeof(mem));
		arena_init(&a, mem, size);
		r = plan_reader_new(&a, NULL);
		if (!r)
			continue;
		plan_reader_feed(r, buf_str(&b));
		l = plan_reader_end(r, &sum, NULL);
		CHANGE_EACH(c, &l)
			told |= c->kind == CHANGE_OPAQUE && c->reason.len;
		assert_true(told);
		assert_false(sum.understood);
	}
	buf_free(&b);
}

static void the_cap_is_in_bytes(void **state)
{
	static const struct str text = STR_INIT("{\"format_version\":\"1.2\",\"resource_changes\":[]}");
	struct plan_opts opts = { .max_bytes = text.len };
	struct change_list l = read_with(text, &opts);

	(void)state;
	assert_true(sum.understood && l.n == 0 && sum.bytes == text.len);
	opts.max_bytes--;
	l = read_with(text, &opts);
	assert_true(!sum.understood && l.n == 1);
	assert_true(str_find(change_nth(&l, 0)->reason, STR("larger than the cap")) != SIZE_MAX);
}

static void prevent_destroy_by_block_or_instance(void **state)
{
	static const struct str pinned[] = { STR_INIT("aws_db_instance.a"), STR_INIT("module.m.aws_db_instance.b") };
	static const struct str_set was = { pinned, ARRAY_LEN(pinned) }, none = { NULL, 0 };
	static const struct str text = STR_INIT(
		"{\"format_version\":\"1.2\",\"resource_changes\":[{\"address\":\"module.m[\\\"]\\\"].aws_db_instance.b[0]\",\"type\":"
		"\"aws_db_instance\",\"change\":{\"actions\":[\"no-op\"],\"before\":{},\"after\":{}}},{\"address\":\"aws_db_instance.ab\","
		"\"type\":\"aws_db_instance\",\"change\":{\"actions\":[\"no-op\"],\"before\":{},\"after\":{}}}]}");
	struct plan_opts opts = { .pinned_prevent_destroy = &was, .config_prevent_destroy = &none };
	struct change_list l = read_with(text, &opts);

	(void)state;
	assert_int_equal(l.n, 1);
	assert_str(change_nth(&l, 0)->name, "module.m[\"]\"].aws_db_instance.b[0]");
	assert_str(change_nth(&l, 0)->finding, "protection.prevent-destroy-gone");
	opts.config_prevent_destroy = &was;
	l = read_with(text, &opts);
	assert_int_equal(l.n, 0);
	opts.config_prevent_destroy = NULL; /* not known: nothing to say */
	l = read_with(text, &opts);
	assert_int_equal(l.n, 0);
}

static void creates_are_kept_for_looking_up(void **state)
{
	static const struct str text = STR_INIT(
		"{\"format_version\":\"1.2\",\"resource_changes\":[{\"address\":\"aws_vpc.v\",\"type\":\"aws_vpc\",\"change\":{\"actions\":"
		"[\"create\"],\"before\":null,\"after\":{\"tags\":{\"Name\":\"main\"}}}},{\"address\":\"aws_s3_bucket.b\",\"type\":"
		"\"aws_s3_bucket\",\"change\":{\"actions\":[\"create\"],\"after\":{\"bucket\":\"files\",\"region\":\"eu-west-1\"}}}]}");

	(void)state;
	read_with(text, NULL);
	assert_str(creates->title, "main");
	assert_str(creates->tag_name, "main");
	assert_str(creates->next->address, "aws_s3_bucket.b");
	assert_str(creates->next->title, "files");
	assert_str(creates->next->region, "eu-west-1");
	assert_null(creates->next->next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_delete_follows_its_row),
		cmocka_unit_test(a_delete_of_a_near_miss_counts_as_data),
		cmocka_unit_test(a_protection_that_goes_is_told),
		cmocka_unit_test(a_hazard_that_comes_is_told),
		cmocka_unit_test(small_arenas_refuse),
		cmocka_unit_test(the_cap_is_in_bytes),
		cmocka_unit_test(prevent_destroy_by_block_or_instance),
		cmocka_unit_test(creates_are_kept_for_looking_up),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, with_arena, without_arena);
}
