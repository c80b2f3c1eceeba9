/* backup.yaml: what stands in it, and each thing that is refused with its place and what to do. */
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "recovery/config.h"
#include "unit.h"

#define HEAD "version: 1\nkey: AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=\n"
#define VAULTS "vaults: [{name: local, directory: /v}, {name: far, s3: \"s3://bucket/a/b/\", region: eu-west-1}]\n"

static char memory[4 << 20];
static struct arena a;
static struct err err;

static bool take(const char *text, struct backup_config *ret)
{
	struct doc_source s = { STR("b.yaml"), str_from(text) };

	arena_init(&a, memory, sizeof(memory));
	err = (struct err){ 0 };
	return config_read(&s, &a, ret, &err);
}

static void whole(void **state)
{
	struct backup_config c;
	const struct config_target *t;

	(void)state;
	if (!take(HEAD VAULTS "points: /p\n"
			      "targets:\n"
			      "- {name: shop, postgres: \"host=db dbname=shop\", vault: [far, local], resources: [x, y],\n"
			      "   encrypt: age1abc, identity: /k, invariants: {n: SELECT 1}, every: 12h, rpo: 26h,\n"
			      "   verify: [{name: q, sql: SELECT 2, expect: \"\"}],\n"
			      "   rto: 30m, keep: {daily: 7}, environment: production}\n"
			      "- {name: cmd, command: [sh, -c, \"\"], vault: local}\n",
		  &c))
		fail_msg("%s", err.msg);
	assert_int_equal(c.key[0], 1);
	assert_int_equal(c.key[31], 32);
	assert_str(c.points, "/p");
	assert_int_equal(c.n_vaults, 2);
	assert_str(c.vaults->next->place.bucket, "bucket");
	assert_str(c.vaults->next->place.prefix, "a/b");
	t = config_target_find(&c, STR("shop"));
	assert_int_equal(t->kind, BACKUP_POSTGRES);
	assert_str(t->vaults[0]->place.name, "far");
	assert_str(t->vaults[1]->place.name, "local");
	assert_null(t->vaults[2]);
	assert_string_equal(t->encrypt[1], "-r");
	assert_string_equal(t->encrypt[2], "age1abc");
	assert_null(t->encrypt[3]);
	assert_string_equal(t->decrypt[1], "-d");
	assert_string_equal(t->decrypt[3], "/k");
	assert_str(t->invariants->sql, "SELECT 1");
	assert_int_equal(t->verify->expect.len, 0);
	assert_int_equal(t->every_s, 12 * 3600);
	assert_int_equal(t->drill_s, 24 * 3600);
	assert_int_equal(t->keep.daily, 7);
	assert_string_equal(t->next->command[1], "-c");
	assert_string_equal(t->next->command[2], "");
	assert_null(t->next->command[3]);
}

static const struct {
	const char *text, *says;
} refused[] = {
	{ "", "say 'version: 1'" },
	{ "version: 1", "no 'key'" },
	{ "version: 2", "b.yaml:1:10: version: 1" },
	{ "version: 1\nkey: short", "b.yaml:2:6: 'key' wants" },
	/* The last digit has bits that are no key's. */
	{ "version: 1\nkey: AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyB=", "'key' wants" },
	{ HEAD "vault: []", "did you mean 'vaults'" },
	{ HEAD "points: p", "absolute path" },
	{ HEAD "points: /p/../q", "absolute path" },
	{ HEAD "vaults: {}", "'vaults' is a list" },
	{ HEAD "vaults: [{directory: /v}]", "needs 'name'" },
	{ HEAD "vaults: [{name: a}]", "say where it lies" },
	{ HEAD "vaults: [{name: a, directory: /v, restic: x}]", "say where it lies, once" },
	{ HEAD "vaults: [{name: ../a, directory: /v}]", "is no name" },
	{ HEAD "vaults: [{name: a, directory: v}]", "absolute" },
	{ HEAD "vaults: [{name: a, directory: /}]", "whole file system" },
	{ HEAD "vaults: [{name: a, directory: /v}, {name: a, directory: /w}]", "b.yaml:3:43: two vaults" },
	{ HEAD "vaults: [{name: a, s3: bucket}]", "s3://BUCKET" },
	{ HEAD "vaults: [{name: a, s3: \"s3://B/x\"}]", "3 to 63" },
	{ HEAD "vaults: [{name: a, s3: \"s3://bucket/../x\", region: r}]", "'..'" },
	{ HEAD "vaults: [{name: a, s3: \"s3://bucket\"}]", "say its 'region'" },
	{ HEAD "vaults: [{name: a, directory: /v, region: r}]", "in S3" },
	{ HEAD "vaults: [{name: a, restic: x, user: u}]", "a directory" },
	{ HEAD "vaults: [{name: a, directory: /v, lock: 7}]", "time with its unit" },
	{ HEAD "vaults: [{name: a, rclone: x}]", "REMOTE:PATH" },
	{ HEAD VAULTS "targets: {}", "'targets' is a list" },
	{ HEAD VAULTS "targets: [{postgres: dbname=x, vault: local}]", "needs 'name'" },
	{ HEAD VAULTS "targets: [{name: x, vault: local}]", "say what it is" },
	{ HEAD VAULTS "targets: [{name: x, sqlite: /x, command: [x], vault: local}]", "say what it is, once" },
	{ HEAD VAULTS "targets: [{name: x, sqlite: /x}]", "say its 'vault'" },
	{ HEAD VAULTS "targets: [{name: x, sqlite: /x, vault: near}]", "b.yaml:4:40: no vault is called 'near'" },
	{ HEAD VAULTS "targets: [{name: x, sqlite: /x, vault: [local, local]}]", "named twice" },
	{ HEAD VAULTS "targets: [{name: x, sqlite: /x, vault: []}]", "1 to 64" },
	{ HEAD VAULTS "targets: [{name: x, sqlite: x, vault: local}]", "absolute" },
	{ HEAD VAULTS "targets: [{name: x, postgres: \"host\", vault: local}]", "no connection string" },
	{ HEAD VAULTS "targets: [{name: x, postgres: \"host=x\", vault: local}]", "names no database" },
	{ HEAD VAULTS "targets: [{name: x, postgres: \"postgres://u:secret@h/d\", vault: local}]", "a password stands here" },
	{ HEAD VAULTS "targets: [{name: x, postgres: \"dbname=x password=secret\", vault: local}]", "a password stands here" },
	{ HEAD VAULTS "targets: [{name: x, mysql: \"dbname=x password=secret\", vault: local}]", "a password stands here" },
	{ HEAD VAULTS "targets: [{name: x, postgres: \"dbname=\\x01x\", vault: local}]", "control character" },
	{ HEAD VAULTS "targets: [{name: x, state: {}, vault: local}]", "one of 'folder'" },
	{ HEAD VAULTS "targets: [{name: x, state: {folder: /a, backend: s3:b}, vault: local}]", "one of 'folder'" },
	{ HEAD VAULTS "targets: [{name: x, command: [], vault: local}]", "list of words" },
	{ HEAD VAULTS "targets: [{name: x, command: [\"\"], vault: local}]", "wants words" },
	{ HEAD VAULTS "targets: [{name: x, command: [a, {b: c}], vault: local}]", "wants words" },
	{ HEAD VAULTS "targets: [{name: x, command: [a], physical: true, vault: local}]", "'physical' is of" },
	{ HEAD VAULTS "targets: [{name: x, postgres: \"dbname=x\", wal: 5m, vault: local}]", "physical backups" },
	{ HEAD VAULTS "targets: [{name: x, postgres: \"dbname=x\", physical: true, wal: true, vault: local}]", "wal: 5m, or wal: {every: 5m" },
	{ HEAD VAULTS "targets: [{name: x, postgres: \"dbname=x\", physical: true, wal: {slot: A}, vault: local}]", "lower-case" },
	{ HEAD VAULTS "targets: [{name: x, postgres: \"dbname=x\", physical: true, wal: 2h, rpo: 1h, vault: local}]", "never kept" },
	{ HEAD VAULTS "targets: [{name: x.wal, sqlite: /a, vault: local}]", "a target's WAL" },
	{ HEAD VAULTS "targets: [{name: x, sqlite: /a, secret-command: [a], vault: local}]", "'secret-command' is of" },
	{ HEAD VAULTS "targets: [{name: x, command: [a], invariants: {a: b}, vault: local}]", "'invariants' are asked" },
	{ HEAD VAULTS "targets: [{name: x, sqlite: /a, identity: /k, vault: local}]", "not encrypted" },
	{ HEAD VAULTS "targets: [{name: x, sqlite: /a, encrypt: \"-i\", vault: local}]", "age recipient" },
	{ HEAD VAULTS "targets: [{name: x, sqlite: /a, encrypt: {to: me}, vault: local}]", "'to'" },
	{ HEAD VAULTS "targets: [{name: x, sqlite: /a, verify: [{name: a, sql: b}], vault: local}]", "'expect'" },
	{ HEAD VAULTS "targets: [{name: x, sqlite: /a, rpo: 1h, vault: local}]", "never kept" },
	{ HEAD VAULTS "targets: [{name: x, sqlite: /a, keep: {}, vault: local}]", "keeps nothing" },
	{ HEAD VAULTS "targets: [{name: x, sqlite: /a, keep: {daily: -1}, vault: local}]", "whole number" },
	{ HEAD VAULTS "targets: [{name: x, sqlite: /a, vault: local}, {name: x, sqlite: /b, vault: local}]", "two targets" },
};

static void refusals(void **state)
{
	struct backup_config c;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		if (take(refused[i].text, &c))
			fail_msg("taken: %s", refused[i].text);
		if (!strstr(err.msg, refused[i].says) || strncmp(err.msg, "b.yaml:", 7) || strstr(err.msg, "secret@"))
			fail_msg("%s\nsays: %s\nnot: %s", refused[i].text, err.msg, refused[i].says);
	}
}

static void who_may_write(void **state)
{
	char dir[] = "/tmp/pawl-config-XXXXXX", path[64];
	struct backup_config c;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/backup.yaml", dir);
	arena_init(&a, memory, sizeof(memory));
	assert_false(config_load(path, &a, &c, &err));
	assert_int_equal(err.sys, 2);
	assert_true(file_replace(path, STR(HEAD), 0644, &err));
	assert_int_equal(chmod(path, 0644), 0);
	assert_true(config_load(path, &a, &c, &err));
	assert_int_equal(chmod(path, 0664), 0);
	assert_false(config_load(path, &a, &c, &err));
	assert_non_null(strstr(err.msg, "others may write"));
	assert_true(dir_remove(dir, &err));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(whole),
	cmocka_unit_test(refusals),
	cmocka_unit_test(who_may_write),
};

UNIT_MAIN(tests)
