/* backup.yaml: any bytes are a configuration or an error that names a line; what is taken keeps its promises.
 * covers: src/recovery/config*.c
 * seeds: fuzz/corpus/backup_config/?*
 * options: -max_len=4096
 */
#include "fuzz.h"

#include "recovery/config.h"

static void look_at_target(const struct backup_config *c, const struct config_target *t)
{
	FUZZ_CHECK(vault_name_good(t->name) && config_target_find(c, t->name) == t);
	FUZZ_CHECK(t->vaults && t->vaults[0]);
	for (const struct config_vault *const *v = t->vaults; *v; v++)
		FUZZ_CHECK(config_vault_find(c, (*v)->place.name) == *v);
	FUZZ_CHECK(t->every_s > 0 && t->drill_s > 0 && (!t->rpo_s || (t->wal_s ? t->wal_s : t->every_s) <= t->rpo_s));
	FUZZ_CHECK(!t->wal_s || t->kind == BACKUP_POSTGRES_PHYSICAL);
	FUZZ_CHECK(!t->encrypt == !t->encrypted_to.len && (!t->decrypt || t->encrypt));
	FUZZ_CHECK(t->kind != BACKUP_COMMAND || (t->command && t->command[0][0]));
	FUZZ_CHECK(t->kind != BACKUP_STATE || !t->state.folder.len != !t->state.backend.len);
	FUZZ_CHECK(t->kind == BACKUP_COMMAND || t->kind == BACKUP_STATE || t->connect.len);
	FUZZ_CHECK(!t->rds == (t->kind != BACKUP_RDS) && (!t->rds || (t->rds->instance.len && t->verify)));
	FUZZ_CHECK(t->kind != BACKUP_SQLITE || t->connect.ptr[0] == '/');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena arena;
	struct doc_source s = { STR("backup.yaml"), { (const char *)data, size } };
	struct backup_config c = { .n_targets = 12345 };
	struct err err = { 0 };
	char text[CONFIG_KEY_TEXT];
	uint8_t key[ED25519_KEY_LEN];

	if (!arena.mem)
		FUZZ_CHECK(arena_map(&arena, (size_t)16 << 20));
	arena_reset(&arena);
	if (!config_read(&s, &arena, &c, &err)) {
		FUZZ_CHECK(err.code != ERR_NONE && err.msg[0] && c.n_targets == 12345);
		return 0;
	}
	config_key_text(c.key, text);
	FUZZ_CHECK(config_key_read(str_from(text), key) && !memcmp(key, c.key, sizeof(key)));
	for (const struct config_vault *v = c.vaults; v; v = v->next) {
		FUZZ_CHECK(vault_name_good(v->place.name) && v->place.kind >= VAULT_DIRECTORY && v->place.kind <= VAULT_RCLONE);
		FUZZ_CHECK(v->place.kind != VAULT_DIRECTORY || v->place.directory.ptr[0] == '/');
		FUZZ_CHECK(v->place.kind != VAULT_S3 || (v->place.bucket.len && v->place.region.len));
	}
	for (const struct config_target *t = c.targets; t; t = t->next)
		look_at_target(&c, t);
	return 0;
}
