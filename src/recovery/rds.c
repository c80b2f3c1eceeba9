#include "recovery/rds.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/proc.h"
#include "cloud/sigv4.h"
#include "recovery/tools.h"

#define FORM_MAX ((size_t)32 << 10)
#define SCRATCH_MAX ((size_t)64 << 20)
#define KEEP_MAX ((size_t)1 << 20)
#define WORDS_MAX 64
#define PATIENCE_US (4 * INT64_C(3600) * CLOCK_SECOND) /* a large snapshot takes hours to copy */
#define MISSES_MAX 20 /* answers that did not come, in a row */
#define DELETE_TRIES 10
#define PAGES_MAX 1000
#define NAMED "pawl-drill-"

static const struct {
	const char *operation, *parameter, *answer, *item, *arn, *status, *none;
} kinds[] = {
	[RDS_INSTANCE] = { "DescribeDBInstances", "DBInstanceIdentifier", "DescribeDBInstancesResult", "DBInstances", "DBInstanceArn",
			   "DBInstanceStatus", "DBInstanceNotFound" },
	[RDS_SNAPSHOT] = { "DescribeDBSnapshots", "DBSnapshotIdentifier", "DescribeDBSnapshotsResult", "DBSnapshots", "DBSnapshotArn",
			   "Status", "DBSnapshotNotFound" },
};

struct str rds_arn_part(struct str arn, unsigned n)
{
	for (; n && arn.len; n--) {
		size_t colon = str_find_char(arn, ':');

		arn = colon == SIZE_MAX ? STR_NONE : str_sub(arn, colon + 1, arn.len);
	}
	return str_sub(arn, 0, str_find_char(arn, ':'));
}

/* --- with whose key --- */

static bool ask_credentials(char *const *command, struct rds_api *a, struct err *err)
{
	auto_buf out = BUF_MAX(65536);
	auto_buf said = BUF_MAX(2000);
	struct proc_opts o = { .out = &out, .errout = &said, .timeout_s = 60 };
	char program[TOOLS_PATH], *argv[WORDS_MAX + 1];
	size_t n = 0;
	int status = 0;
	bool good;

	for (; command[n] && n < WORDS_MAX; n++)
		argv[n] = command[n];
	argv[n] = NULL;
	if (!tools_find(argv[0], program, err))
		return err_prefix(err, "credentials");
	argv[0] = program;
	good = proc_run(argv, &o, &status, err);
	if (good && status)
		good = err_set(err, ERR_TOOL, "credentials: %s ended with status %d: %.*s", program, status,
			       STR_ARG(str_sub(str_trim(buf_str(&said)), 0, 300)));
	a->aws.credentials.source = "credentials";
	good = good && credentials_from_json(arena_str(&a->keep, buf_str(&out)), &a->keep, &a->aws.credentials, err);
	buf_wipe(&out);
	return good;
}

static bool on_loopback(struct str url)
{
	return str_starts(url, STR("http://127.")) || str_starts(url, STR("http://localhost")) || str_starts(url, STR("http://[::1]"));
}

bool rds_open(const struct rds_side *side, struct rds_api *ret, struct err *err)
{
	struct str url;
	bool good;

	*ret = (struct rds_api){ .region = side->region };
	if (!arena_map(&ret->keep, KEEP_MAX) || !arena_map(&ret->aws.scratch, SCRATCH_MAX))
		return err_set(err, ERR_LIMIT, "no memory to ask RDS");
	ret->aws.http = http_open(err);
	if (!ret->aws.http)
		return false;
	good = side->credentials ? ask_credentials(side->credentials, ret, err) : credentials_find(&ret->keep, &ret->aws.credentials, err);
	if (!ret->region.len)
		ret->region = ret->aws.credentials.region;
	if (good && !ret->region.len)
		good = err_set(err, ERR_INPUT, "no region: say 'region' of 'rds', or set AWS_REGION");
	url = aws_endpoint(aws_service_find(STR("rds")), ret->region, ret->aws.credentials.endpoint, &ret->keep);
	ret->emulator = good && on_loopback(url);
	return good;
}

void rds_close(struct rds_api *a)
{
	if (a->keep.mem) {
		explicit_bzero(a->keep.mem, a->keep.used);
		arena_unmap(&a->keep);
	}
	if (a->aws.scratch.mem)
		arena_unmap(&a->aws.scratch);
	http_close(a->aws.http);
	*a = (struct rds_api){ .emulator = false };
}

/* --- one exchange --- */

void rds_put(struct buf *form, const char *key, struct str value)
{
	buf_addf(form, "%s%s=", form->len ? "&" : "", key);
	sigv4_encode(value, false, form);
}

static bool ask(struct rds_api *a, const char *operation, const struct buf *form, const struct json **ret_root, struct str *ret_code,
		struct err *err)
{
	/* What is encoded has no brace, so nothing of it is taken for a placeholder. */
	struct aws_question q = { .service = aws_service_find(STR("rds")),
				  .operation = str_from(operation),
				  .request = buf_str(form),
				  .names = { .region = a->region } };

	if (form->failed)
		return err_set(err, ERR_LIMIT, "rds %s: too large to ask", operation);
	return aws_ask(&a->aws, &q, ret_root, ret_code, err);
}

bool rds_do(struct rds_api *a, const char *operation, const struct buf *form, struct str *ret_code, struct err *err)
{
	const struct json *root = NULL;
	struct str code = STR_NONE;

	if (!ask(a, operation, form, &root, &code, err))
		return false;
	if (ret_code)
		*ret_code = code;
	return !code.len || err_set(err, ERR_TOOL, "rds %s: %.*s: %.*s", operation, STR_ARG(code),
				    STR_ARG(str_sub(answer_text(root, STR("Error.Message")), 0, 300)));
}

static struct rds_thing thing_of(enum rds_what what, const struct json *item, struct arena *arena)
{
	struct str port = answer_text(item, STR("Endpoint.Port"));

	return (struct rds_thing){
		.name = arena_str(arena, json_str(item, kinds[what].parameter)),
		.arn = arena_str(arena, json_str(item, kinds[what].arn)),
		.status = arena_str(arena, json_str(item, kinds[what].status)),
		.engine = arena_str(arena, json_str(item, "Engine")),
		.version = arena_str(arena, json_str(item, "EngineVersion")),
		.created = arena_str(arena, json_str(item, "SnapshotCreateTime")),
		.of = arena_str(arena, json_str(item, "DbiResourceId")),
		.host = arena_str(arena, answer_text(item, STR("Endpoint.Address"))),
		.port = arena_str(arena, port.len ? port : STR("5432")),
		.encrypted = str_eq_nocase(json_str(item, "Encrypted"), STR("true")),
		.open_to_all = str_eq_nocase(json_str(item, "PubliclyAccessible"), STR("true")),
	};
}

static const struct json *items_of(enum rds_what what, const struct json *root)
{
	return json_get(json_get(root, kinds[what].answer), kinds[what].item);
}

bool rds_look(struct rds_api *a, enum rds_what what, struct str name, struct arena *arena, struct rds_thing *ret, bool *ret_there,
	      struct err *err)
{
	auto_buf form = BUF_MAX(FORM_MAX);
	const struct json *root = NULL;
	struct str code = STR_NONE;

	rds_put(&form, kinds[what].parameter, name);
	if (!ask(a, kinds[what].operation, &form, &root, &code, err))
		return false;
	*ret_there = false;
	if (str_starts(code, str_from(kinds[what].none)))
		return true;
	if (code.len)
		return err_set(err, ERR_TOOL, "rds %s: %.*s", kinds[what].operation, STR_ARG(code));
	JSON_EACH(item, items_of(what, root)) {
		if (str_eq_nocase(json_str(item, kinds[what].parameter), name)) {
			*ret = thing_of(what, item, arena);
			*ret_there = true;
		}
	}
	return true;
}

/* --- waiting --- */

static bool has_failed(struct str status)
{
	static const char *const ends[] = { "failed", "incompatible", "inaccessible", "deleting", "storage-full", "stopped",
					    "restore-error", "insufficient" };

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		if (str_starts(status, str_from(ends[i])))
			return true;
	}
	return false;
}

/* At first often, for what is small; then every 15 s, which is what AWS itself advises. */
static void breathe(unsigned n, struct stall *stall)
{
	unsigned ms = n < 8 ? 100u << n : 15000;

	usleep((ms < 15000 ? ms : 15000) * 1000u);
	stall_moved(stall);
}

bool rds_wait(struct rds_api *a, enum rds_what what, struct str name, struct stall *stall, struct arena *arena, struct rds_thing *ret,
	      struct err *err)
{
	int64_t began = clock_now_us();
	unsigned misses = 0;

	for (unsigned n = 0;; n++) {
		size_t mark = arena->used;
		struct rds_thing one;
		bool there = false, said = rds_look(a, what, name, arena, &one, &there, err);

		if (!said || !there) {
			if (++misses >= MISSES_MAX || stall_over(stall))
				return said ? err_set(err, ERR_TOOL, "%.*s is not there", STR_ARG(name)) : false;
		} else if (str_is(one.status, "available")) {
			*ret = one;
			return true;
		} else if (has_failed(one.status)) {
			return err_set(err, ERR_TOOL, "%.*s is %.*s", STR_ARG(name), STR_ARG(one.status));
		} else {
			misses = 0;
		}
		if (clock_now_us() - began > PATIENCE_US || stall_over(stall))
			return err_set(err, ERR_TOOL, "%.*s does not get ready", STR_ARG(name));
		arena->used = mark;
		breathe(n, stall);
	}
}

/* --- the test instance --- */

bool rds_restore(struct rds_api *a, const struct rds *r, struct str snapshot, const struct rds_owner *o, struct arena *arena,
		 struct str *ret_name, struct err *err)
{
	auto_buf form = BUF_MAX(FORM_MAX);
	unsigned n = 0;

	*ret_name = arena_fmt(arena, NAMED "%llx", (unsigned long long)clock_now_us());
	rds_put(&form, "DBInstanceIdentifier", *ret_name);
	rds_put(&form, "DBSnapshotIdentifier", snapshot);
	rds_put(&form, "PubliclyAccessible", STR("false"));
	rds_put(&form, "MultiAZ", STR("false"));
	rds_put(&form, "DeletionProtection", STR("false"));
	rds_put(&form, "AutoMinorVersionUpgrade", STR("false"));
	rds_put(&form, "Tags.Tag.1.Key", STR("pawl-drill"));
	rds_put(&form, "Tags.Tag.1.Value", o->target);
	rds_put(&form, "Tags.Tag.2.Key", STR("pawl-key"));
	rds_put(&form, "Tags.Tag.2.Value", o->key);
	if (r->class.len)
		rds_put(&form, "DBInstanceClass", r->class);
	if (r->subnets.len)
		rds_put(&form, "DBSubnetGroupName", r->subnets);
	for (const struct manifest_word *w = r->groups; w; w = w->next) {
		struct str key = arena_fmt(arena, "VpcSecurityGroupIds.VpcSecurityGroupId.%u", ++n);

		rds_put(&form, key.ptr ? key.ptr : "", w->text);
	}
	if (!ret_name->ptr || arena->full)
		return err_set(err, ERR_LIMIT, "no memory to ask RDS");
	return rds_do(a, "RestoreDBInstanceFromDBSnapshot", &form, NULL, err);
}

bool rds_delete(struct rds_api *a, struct str name, struct stall *stall, struct err *err)
{
	for (unsigned n = 0; n < DELETE_TRIES; n++) {
		auto_buf form = BUF_MAX(FORM_MAX);
		struct str code = STR_NONE;

		rds_put(&form, "DBInstanceIdentifier", name);
		rds_put(&form, "SkipFinalSnapshot", STR("true"));
		rds_put(&form, "DeleteAutomatedBackups", STR("true"));
		if (!str_starts(name, STR(NAMED)))
			return err_set(err, ERR_DENIED, "%.*s is no test instance", STR_ARG(name));
		if (rds_do(a, "DeleteDBInstance", &form, &code, err) || str_starts(code, STR("DBInstanceNotFound")))
			return true;
		breathe(n, stall);
	}
	return false;
}

static bool is_ours(const struct json *item, const struct rds_owner *o)
{
	bool target = false, key = false;

	JSON_EACH(tag, json_get(item, "TagList")) {
		target |= str_is(json_str(tag, "Key"), "pawl-drill") && str_eq(json_str(tag, "Value"), o->target);
		key |= str_is(json_str(tag, "Key"), "pawl-key") && str_eq(json_str(tag, "Value"), o->key);
	}
	return target && key && str_starts(json_str(item, "DBInstanceIdentifier"), STR(NAMED)) &&
	       !str_is(json_str(item, "DBInstanceStatus"), "deleting");
}

bool rds_sweep(struct rds_api *a, const struct rds_owner *o, struct stall *stall, struct arena *arena, struct err *err)
{
	struct manifest_word *left = NULL;
	struct str marker = STR_NONE;

	for (unsigned page = 0; page < PAGES_MAX; page++) {
		auto_buf form = BUF_MAX(FORM_MAX);
		const struct json *root = NULL;
		struct str code = STR_NONE;

		rds_put(&form, "MaxRecords", STR("100"));
		if (marker.len)
			rds_put(&form, "Marker", marker);
		if (!ask(a, "DescribeDBInstances", &form, &root, &code, err))
			return false;
		if (code.len)
			return err_set(err, ERR_TOOL, "rds DescribeDBInstances: %.*s", STR_ARG(code));
		JSON_EACH(item, items_of(RDS_INSTANCE, root)) {
			struct manifest_word *w = is_ours(item, o) ? ARENA_NEW(arena, struct manifest_word) : NULL;

			if (!w)
				continue;
			*w = (struct manifest_word){ arena_str(arena, json_str(item, "DBInstanceIdentifier")), left };
			left = w;
		}
		marker = arena_str(arena, answer_text(root, STR("DescribeDBInstancesResult.Marker")));
		stall_moved(stall);
		if (!marker.len)
			break;
	}
	for (; left; left = left->next) {
		if (!rds_delete(a, left->text, stall, err))
			return err_prefix(err, "%.*s, a test instance that an earlier drill left behind, cannot be deleted",
					  STR_ARG(left->text));
	}
	return true;
}
