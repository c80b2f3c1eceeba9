/* What the small program reads of backup.yaml, and what it believes of statements: signed with that key, and no other, and not older. */
#include "recovery/known.h"
#include "recovery/manifest.h"
#include "unit.h"

#define NOW INT64_C(1795290300000000)
#define HOUR (3600 * INT64_C(1000000))
#define KEY "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="

static char memory[4 << 20];
static struct arena a;

static bool take(const char *text, struct known *ret)
{
	struct doc_source s = { STR("b.yaml"), str_from(text) };
	struct err err = { 0 };

	arena_init(&a, memory, sizeof(memory));
	return known_read(&s, &a, ret, &err);
}

static bool names(const struct manifest_word *list, const char *word)
{
	while (list && !str_is(list->text, word))
		list = list->next;
	return list != NULL;
}

static void the_file(void **state)
{
	struct known k;

	(void)state;
	assert_true(take("version: 1\nkey: " KEY "\npoints: /p\nvaults:\n- {name: far, s3: \"s3://bucket/a/b\", account: \"12\"}\n"
			 "- {name: near, directory: /v, is: [mine], user: keeper}\n"
			 "targets: [{name: shop, resources: [x, y], fresh: 10m}, {name: one, resources: z, fresh: soon}]\n",
			 &k));
	assert_str(k.user, "keeper");
	assert_int_equal(k.targets->fresh_s, 600);
	assert_int_equal(k.targets->next->fresh_s, 0); /* not understood: none is taken */
	assert_true(k.has_key);
	assert_int_equal(k.key[0], 1);
	assert_int_equal(k.key[31], 32);
	assert_str(k.points, "/p");
	/* A vault is called by where it lies; no key of the file gives it another name. */
	assert_str(k.vaults->name, "near");
	assert_true(names(k.vaults->is, "/v"));
	assert_false(names(k.vaults->is, "mine"));
	assert_str(k.vaults->next->account, "12");
	assert_true(names(k.vaults->next->is, "bucket"));
	assert_true(names(k.vaults->next->is, "arn:aws:s3:::bucket"));
	assert_str(k.targets->name, "shop");
	assert_true(names(k.targets->resources, "x") && names(k.targets->resources, "y"));
	assert_true(names(k.targets->next->resources, "z"));
}

static void what_is_no_key(void **state)
{
	static const char *const bad[] = {
		"key: AQID\n", "key: 7\n", "key: [a]\n", "key: AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyB=\n",
		"key: AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA!\n", "key: AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY*RobHB0eHyA=\n", "[]\n",
	};
	struct known k = { .has_key = true };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(take(bad[i], &k));
	assert_true(take("version: 1\n", &k));
	assert_false(k.has_key);
}

static struct point sound(void)
{
	static struct manifest_word db = { .text = STR_INIT("courses-prod-db") };

	return (struct point){ .serial = 5, .target = STR("p"), .kind = BACKUP_POSTGRES, .resources = &db, .vault = STR("far"),
			       .backup = STR("x"), .taken_us = NOW - 3 * HOUR,
			       .drill = { STR("x"), NOW - 3 * HOUR, RECOVERY_VERIFIED, NOW - 2 * HOUR, 5, STR_NONE },
			       .verified = { STR("x"), NOW - 3 * HOUR, RECOVERY_VERIFIED, NOW - 2 * HOUR, 5, STR_NONE },
			       .said_us = NOW - HOUR };
}

/* How a deletion of the database stands with that statement; ${seen}: the highest serial a gate has met. */
static enum recovery_result weigh(bool signed_with_key, uint64_t seen, char change_a_byte)
{
	struct request r = { .partial = false };
	struct change *c;
	struct known_ask ask = { .request = &r, .now_us = NOW };
	struct known k = { .has_key = true };
	struct manifest_signature s;
	char pem[ED25519_PEM_MAX], other[ED25519_PEM_MAX];
	struct recovery_point *list = NULL;
	struct point p = sound();
	size_t n, n_other;
	struct str json, text;
	struct err err = { 0 };
	uint8_t signature[ED25519_SIGNATURE_LEN];

	arena_init(&a, memory, sizeof(memory));
	c = change_add(&r.changes, &a);
	c->kind = CHANGE_DELETE;
	c->identity = STR("courses-prod-db");
	c->holds_data = HOLDS_DATA_YES;
	assert_true(ed25519_make(pem, &n) && ed25519_make(other, &n_other));
	assert_true(ed25519_sign((struct str){ pem, n }, STR("x"), k.key, signature));
	assert_true(point_write(&p, &a, &json, &err));
	assert_true(manifest_sign(signed_with_key ? (struct str){ pem, n } : (struct str){ other, n_other }, json, &a, &s, &err));
	text = arena_str(&a, json);
	if (change_a_byte)
		memory[text.ptr + text.len / 2 - memory] ^= change_a_byte;
	assert_true(known_evidence(&k, &(struct known_statement){ .target = STR("p"), .json = text, .signature = { (const char *)&s, sizeof(s) },
								   .seen = seen }, &ask, &a, &list));
	return list ? list->result : RECOVERY_UNKNOWN;
}

static void what_is_believed(void **state)
{
	(void)state;
	assert_int_equal(weigh(true, 0, 0), RECOVERY_VERIFIED);
	assert_int_equal(weigh(true, 5, 0), RECOVERY_VERIFIED);
	assert_int_equal(weigh(true, 6, 0), RECOVERY_UNKNOWN);
	assert_int_equal(weigh(false, 0, 0), RECOVERY_UNKNOWN);
	assert_int_equal(weigh(true, 0, 1), RECOVERY_UNKNOWN);
}

/* The note of the evidence for what goes from ${session} of db.host, "none" without any, "proof" where it counts. */
static const char *speaks(const char *type, const char *name, const char *session)
{
	static struct point_table others = { STR_INIT("b.orders"), 1, NULL }, orders = { STR_INIT("a.orders"), 1, &others },
				  twin = { STR_INIT("a.lessons"), 1, &orders }, odd = { STR_INIT("a.\"Odd.One\""), 1, &twin },
				  lessons = { STR_INIT("public.lessons"), 1, &odd };
	struct request r = { .place = { .host = STR("db.host"), .database = str_from(session) } };
	struct known_ask ask = { .request = &r, .now_us = NOW };
	struct known k = { .has_key = true };
	struct manifest_signature signature;
	struct recovery_point *list = NULL;
	struct point p = sound();
	char pem[ED25519_PEM_MAX];
	uint8_t ignored[ED25519_SIGNATURE_LEN];
	struct err err = { 0 };
	struct change *c;
	struct str json;
	size_t n;

	arena_init(&a, memory, sizeof(memory));
	p.host = STR("db.host:5432/courses");
	p.tables = &lessons;
	c = change_add(&r.changes, &a);
	*c = (struct change){ .kind = CHANGE_DELETE, .type = str_from(type), .name = str_from(name), .holds_data = HOLDS_DATA_YES };
	assert_true(ed25519_make(pem, &n) && ed25519_sign((struct str){ pem, n }, STR("x"), k.key, ignored));
	assert_true(point_write(&p, &a, &json, &err) && manifest_sign((struct str){ pem, n }, json, &a, &signature, &err));
	assert_true(known_evidence(&k, &(struct known_statement){ .target = STR("p"), .json = json, .signature = {
									  (const char *)&signature, sizeof(signature) } }, &ask, &a, &list));
	return !list ? "none" : list->result == RECOVERY_VERIFIED ? "proof" : arena_fmt(&a, "%.*s", STR_ARG(list->note)).ptr;
}

/* A statement of SQL seldom names the schema; what it may mean decides, and nothing false is said. */
static void tables_by_name(void **state)
{
	static const char *const in[] = { "public.lessons", "lessons", "a.lessons", "a.Odd.One", "a.orders" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(in); i++)
		assert_string_equal(speaks("table", in[i], "courses"), "proof");
	assert_string_equal(speaks("table", "orders", "courses"),
			    "orders is a table of 2 schemas there, and it is not known which goes: name it with its schema");
	assert_string_equal(speaks("table", "other", "courses"), "other was not in the backup that was restored last");
	assert_string_equal(speaks("table", "c.lessons", "courses"), "c.lessons was not in the backup that was restored last");
	assert_string_equal(speaks("schema", "a", "courses"), "proof");
	assert_string_equal(speaks("table", "lessons", "shop"), "none");
}

static void databases_by_name(void **state)
{
	(void)state;
	assert_string_equal(speaks("database", "courses", "courses"), "proof");
	assert_string_equal(speaks("database", "courses", "postgres"), "proof");
	assert_string_equal(speaks("database", "courses", ""), "proof"); /* dropdb */
	assert_string_equal(speaks("database", "other", "courses"), "none");
	assert_string_equal(speaks("table", "courses", ""), "none");
}

/* What the card says of the blast radius of courses-prod-db, whose backup lies in vault "far" as ${vault} says; ${bucket} is of the same
 * state as it, and ${kind} what the plan does with that; "" where the backup counts. */
static const char *radius_of(const char *vault, const char *bucket, const char *type, enum change_kind kind, const char *account)
{
	bool is_bucket = !strcmp(type, "aws_s3_bucket");
	struct request r = { .binding = { .backend = STR("s3:tf/prod") } };
	struct request_bucket other = { STR("aws_s3_bucket.logs"), STR("logs"), NULL },
			      held = { STR("aws_s3_bucket.b"), str_from(bucket), &other };
	struct known_ask ask = { .request = &r, .now_us = NOW };
	struct manifest_signature signature;
	struct recovery_point *list = NULL;
	struct point p = sound();
	char pem[ED25519_PEM_MAX], text[400];
	uint8_t ignored[ED25519_SIGNATURE_LEN];
	struct err err = { 0 };
	struct known k;
	struct change *c;
	struct str json;
	size_t n;

	snprintf(text, sizeof(text), "key: " KEY "\nvaults: [{name: far, %s}]\ntargets: [{name: p, vault: [far, other]}]\n", vault);
	assert_true(take(text, &k));
	r.buckets = &held;
	c = change_add(&r.changes, &a);
	*c = (struct change){ .kind = CHANGE_DELETE, .type = STR("aws_db_instance"), .name = STR("aws_db_instance.db"),
			      .title = STR("courses-prod-db"), .account = str_from(account), .holds_data = HOLDS_DATA_YES };
	if (kind != CHANGE_UNSET) {
		c = change_add(&r.changes, &a);
		*c = (struct change){ .kind = kind, .type = str_from(type), .name = is_bucket ? held.address : STR("x.y"), .title = held.name,
				      .reversible = REVERSIBLE_YES, .holds_data = HOLDS_DATA_YES };
	}
	assert_true(ed25519_make(pem, &n) && ed25519_sign((struct str){ pem, n }, STR("x"), k.key, ignored));
	assert_true(point_write(&p, &a, &json, &err) && manifest_sign((struct str){ pem, n }, json, &a, &signature, &err));
	assert_true(known_evidence(&k, &(struct known_statement){ .target = STR("p"), .json = json, .signature = {
									  (const char *)&signature, sizeof(signature) } }, &ask, &a, &list));
	assert_non_null(list);
	while (list->next && !str_is(list->resource, "courses-prod-db"))
		list = list->next;
	assert_int_equal(list->same_blast_radius, list->radius_why.len > 0);
	/* What no vault lies in is nobody's to read in a record. */
	assert_true(!r.buckets || (r.buckets == &held && !held.next));
	return arena_fmt(&a, "%.*s%s%.*s", STR_ARG(list->radius_why), list->radius_helps.len ? " | " : "", STR_ARG(list->radius_helps)).ptr;
}

static const char *radius(const char *vault, const char *bucket, enum change_kind kind, const char *account)
{
	return radius_of(vault, bucket, "aws_s3_bucket", kind, account);
}

static void the_same_state(void **state)
{
	static const char *const in[] = { "s3: \"s3://backups/shop\"", "s3: \"s3://backups\"", "restic: \"s3:s3.amazonaws.com/backups/shop\"",
					  "restic: \"s3:https://s3.eu-west-1.amazonaws.com/backups\"",
					  "restic: \"s3:https://s3.amazonaws.com:443/backups\"",
					  "restic: \"s3:s3.cn-north-1.amazonaws.com.cn/backups/a\"",
					  "s3: \"s3://backups/shop\", endpoint: \"https://s3.eu-west-1.amazonaws.com\"",
					  "s3: \"s3://backups/shop\", endpoint: \"http://127.0.0.1:5000\"" };
	static const char *const out[] = { "s3: \"s3://backups-elsewhere/shop\"", "s3: \"s3://backup\"", "directory: /backups", "rclone: \"b:backups\"",
					   "restic: \"s3:https://minio.example/backups\"", "restic: backups/x", "restic: \"s3:backups\"",
					   "s3: \"s3://backups/shop\", endpoint: \"https://minio.example:9000\"",
					   "restic: \"gs:backups:/\"", "restic: \"b2:backups:shop\"", "rclone: \"s3:s3.amazonaws.com/backups\"" };
	static const char said[] = "the Terraform state of what goes (s3:tf/prod) also manages the bucket of its vault, far: aws_s3_bucket.b | "
				   "a state of its own for the vault's bucket: here a `removed` block for aws_s3_bucket.b with `destroy = false`, "
				   "there an `import` block; better, a vault in another account";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(in); i++)
		assert_string_equal(radius(in[i], "backups", CHANGE_UNSET, ""), said);
	for (size_t i = 0; i < ARRAY_LEN(out); i++)
		assert_string_equal(radius(out[i], "backups", CHANGE_UNSET, ""), "");
}

static void what_the_plan_does_with_the_bucket(void **state)
{
	static const char vault[] = "s3: \"s3://backups/shop\", account: \"12\"";

	(void)state;
	assert_string_equal(radius(vault, "backups", CHANGE_FORGET, ""), ""); /* leaves the state by this very plan */
	assert_true(strstr(radius(vault, "backups", CHANGE_UPDATE, ""), "also manages"));
	assert_string_equal(radius(vault, "backups", CHANGE_DELETE, ""),
			    "this very request takes its vault, far, away | a vault that this request leaves alone");
	assert_true(strstr(radius("restic: \"s3:s3.amazonaws.com/backups/shop\"", "backups", CHANGE_DELETE, ""), "this very request takes its vault"));
	assert_string_equal(radius(vault, "backups", CHANGE_UNSET, "12"),
			    "its vault lies in account 12, as what goes; the Terraform state of what goes (s3:tf/prod) also manages the bucket of "
			    "its vault, far: aws_s3_bucket.b | a vault in another account, in a bucket of another Terraform state");
	assert_string_equal(radius(vault, "other", CHANGE_UNSET, "12"),
			    "its vault lies in account 12, as what goes | a vault in another account");
}

static void other_clouds(void **state)
{
	(void)state;
	assert_true(strstr(radius("restic: \"gs:backups:/shop\"", "gs:backups", CHANGE_UNSET, ""), "also manages"));
	assert_true(strstr(radius("restic: \"b2:backups\"", "b2:backups", CHANGE_UNSET, ""), "also manages"));
	assert_string_equal(radius("restic: \"gs:backups:/shop\"", "b2:backups", CHANGE_UNSET, ""), "");
	assert_string_equal(radius("s3: \"s3://backups\"", "gs:backups", CHANGE_UNSET, ""), "");
}

/* A name that a bucket has may be another thing's as well. */
static void what_is_no_vault(void **state)
{
	static const char *const others[] = { "aws_iam_policy", "aws_db_instance", "table", "aws_s3_bucket_notification",
					      "google_storage_bucket", "access" };
	static const char far[] = "s3: \"s3://backups/shop\"", minio[] = "s3: \"s3://backups/shop\", endpoint: \"https://minio.example\"";
	static const char taken[] = "this very request takes its vault, far, away | a vault that this request leaves alone";
	char same[400];

	(void)state;
	snprintf(same, sizeof(same), "%s", radius(far, "backups", CHANGE_UNSET, ""));
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		assert_string_equal(radius_of(far, "backups", others[i], CHANGE_DELETE, ""), same);
		assert_string_equal(radius_of(minio, "backups", others[i], CHANGE_DELETE, ""), "");
	}
	assert_string_equal(radius_of(minio, "backups", "bucket", CHANGE_DELETE, ""), taken);
	assert_string_equal(radius_of("restic: \"gs:backups:/\"", "backups", "google_storage_bucket", CHANGE_DELETE, ""), taken);
	assert_string_equal(radius_of("restic: \"b2:backups:/\"", "backups", "b2_bucket", CHANGE_DELETE, ""), taken);
	assert_string_equal(radius_of(far, "backups", "awscc_s3_bucket", CHANGE_DELETE, ""), taken);
	assert_string_equal(radius_of("directory: /vault", "/vault", "file", CHANGE_DELETE, ""), taken);
}

/* The copies of a target's other vaults are no proof; where they lie apart, that is a way out. */
static void another_vault(void **state)
{
	static const char words[] = "| the copies in vault other lie apart, but no drill reads them: name it first in `vault` of p, and drill it; or ";
	static const struct {
		const char *vaults, *account;
		bool apart;
	} row[] = {
		{ "s3: \"s3://backups\"}, {name: other, s3: \"s3://elsewhere\"", "", true },
		{ "s3: \"s3://backups\"}, {name: other, restic: \"sftp:h:/r\"", "", true },
		{ "s3: \"s3://x\", account: \"12\"}, {name: other, s3: \"s3://y\", account: \"13\"", "12", true },
		{ "s3: \"s3://x\", account: \"12\"}, {name: other, s3: \"s3://y\", account: \"12\"", "12", false },
		{ "s3: \"s3://backups\"}, {name: other, s3: \"s3://backups/copies\"", "", false },
		{ "s3: \"s3://backups\"}, {name: other, directory: /v", "", false },
		{ "s3: \"s3://backups\"}, {name: third, s3: \"s3://elsewhere\"", "", false },
		{ "s3: \"s3://x\"}, {name: other, s3: \"s3://y\"", "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const char *said = radius(row[i].vaults, "backups", CHANGE_UNSET, row[i].account);

		assert_int_equal(strstr(said, words) != NULL, row[i].apart);
		assert_int_equal(strstr(said, "lie apart") != NULL, row[i].apart);
	}
	assert_string_equal(radius(row[7].vaults, "backups", CHANGE_UNSET, ""), "");
}

/* Said alike of account and state, where there is anything to count. */
static void what_a_lock_is_worth(void **state)
{
	static const char lock[] = "; the lock that backup.yaml asks for (until 2026-12-21T16:45:00Z) is not counted";
	static const char vault[] = "s3: \"s3://backups/shop\", account: \"12\", lock: 30d";

	(void)state;
	assert_true(strstr(radius(vault, "backups", CHANGE_UNSET, ""), lock));
	assert_true(strstr(radius(vault, "other", CHANGE_UNSET, "12"), lock));
	assert_string_equal(radius(vault, "other", CHANGE_UNSET, ""), "");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_file),
	cmocka_unit_test(what_is_no_key),
	cmocka_unit_test(what_is_believed),
	cmocka_unit_test(tables_by_name),
	cmocka_unit_test(databases_by_name),
	cmocka_unit_test(the_same_state),
	cmocka_unit_test(what_the_plan_does_with_the_bucket),
	cmocka_unit_test(other_clouds),
	cmocka_unit_test(what_is_no_vault),
	cmocka_unit_test(another_vault),
	cmocka_unit_test(what_a_lock_is_worth),
};

UNIT_MAIN(tests)
