#include "recovery/manifest.h"

#include "base/ed25519.h"
#include "recovery/record.h"

const struct str backup_kinds[BACKUP_WAL + 1] = {
	[BACKUP_POSTGRES] = STR_INIT("postgres"),
	[BACKUP_POSTGRES_PHYSICAL] = STR_INIT("postgres-physical"),
	[BACKUP_MYSQL] = STR_INIT("mysql"),
	[BACKUP_SQLITE] = STR_INIT("sqlite"),
	[BACKUP_STATE] = STR_INIT("terraform-state"),
	[BACKUP_COMMAND] = STR_INIT("command"),
	[BACKUP_RDS] = STR_INIT("rds"),
	[BACKUP_PGBACKREST] = STR_INIT("pgbackrest"),
	[BACKUP_WAL] = STR_INIT("wal"),
};
#define FORMAT_FIRST "pawl-backup-1" /* none of it was ever released: it is told, not read */
static const struct str versions[] = { [0] = STR_INIT("pawl-backup-2") };

struct envelope {
	unsigned format;
	struct manifest manifest;
};

static const struct record_member table_members[] = {
	RECORD(struct fingerprint_table, name, RECORD_TEXT),
	RECORD(struct fingerprint_table, columns, RECORD_TEXT),
	RECORD(struct fingerprint_table, rows, RECORD_COUNT),
	RECORD(struct fingerprint_table, bytes, RECORD_COUNT),
	RECORD(struct fingerprint_table, digest, RECORD_DIGEST),
};
static const struct record_kind table_kind =
	RECORD_KIND_LISTED(struct fingerprint_table, table_members);

static const struct record_member invariant_members[] = {
	RECORD(struct manifest_invariant, name, RECORD_TEXT),
	RECORD(struct manifest_invariant, sql, RECORD_TEXT),
	RECORD(struct manifest_invariant, value, RECORD_TEXT),
};
static const struct record_kind invariant_kind =
	RECORD_KIND_LISTED(struct manifest_invariant, invariant_members);

static const struct record_member word_members[] = { RECORD(struct manifest_word, text,
							    RECORD_TEXT) };
static const struct record_kind word_kind = RECORD_KIND_LISTED(struct manifest_word, word_members);

static const struct str powers[] = {
	[MANIFEST_SUPERUSER] = STR_INIT("superuser"),
	[MANIFEST_BYPASSRLS] = STR_INIT("bypassrls"),
	[MANIFEST_MEMBER] = STR_INIT("member"),
	[MANIFEST_OWNER] = STR_INIT("owner"),
};
static const struct record_member right_members[] = {
	RECORD(struct manifest_right, role, RECORD_TEXT),
	RECORD_WORDS(struct manifest_right, power, powers),
	RECORD(struct manifest_right, of, RECORD_TEXT),
};
static const struct record_kind right_kind = RECORD_KIND_LISTED(struct manifest_right, right_members);

static const struct record_member file_members[] = {
	RECORD(struct manifest_file, name, RECORD_TEXT),
	RECORD(struct manifest_file, bytes, RECORD_COUNT),
	RECORD(struct manifest_file, digest, RECORD_DIGEST),
	{ .name = "parts",
	  .type = RECORD_DIGESTS,
	  .offset = offsetof(struct manifest_file, parts),
	  .beside = offsetof(struct manifest_file, n_parts) },
};
static const struct record_kind file_kind = RECORD_KIND_LISTED(struct manifest_file, file_members);

static const struct record_member members[] = {
	RECORD(struct manifest, id, RECORD_TEXT),
	RECORD(struct manifest, target, RECORD_TEXT),
	RECORD_WORDS(struct manifest, kind, backup_kinds),
	RECORD(struct manifest, taken_us, RECORD_TIME),
	RECORD(struct manifest, finished_us, RECORD_TIME),
	RECORD(struct manifest, server, RECORD_TEXT),
	RECORD(struct manifest, tool, RECORD_TEXT),
	RECORD(struct manifest, host, RECORD_TEXT),
	RECORD(struct manifest, account, RECORD_TEXT),
	RECORD(struct manifest, plain_bytes, RECORD_COUNT),
	RECORD(struct manifest, plain, RECORD_DIGEST),
	RECORD(struct manifest, encrypted_to, RECORD_TEXT),
	RECORD_OF(struct manifest, files, RECORD_LIST, &file_kind),
	RECORD_OF(struct manifest, tables, RECORD_LIST, &table_kind),
	RECORD_OF(struct manifest, invariants, RECORD_LIST, &invariant_kind),
	RECORD_OF(struct manifest, extensions, RECORD_LIST, &word_kind),
	RECORD_OF(struct manifest, roles, RECORD_LIST, &word_kind),
	RECORD_OF(struct manifest, rights, RECORD_LIST, &right_kind),
	RECORD(struct manifest, schema, RECORD_DIGEST),
};
static const struct record_kind manifest_kind = RECORD_KIND(struct manifest, members);

static const struct record_member envelope_members[] = {
	RECORD_WORDS(struct envelope, format, versions),
	RECORD_OF(struct envelope, manifest, RECORD_STRUCT, &manifest_kind),
};
static const struct record_kind envelope_kind = RECORD_KIND(struct envelope, envelope_members);

struct str backup_kind_name(enum backup_kind k)
{
	return backup_kinds[(unsigned)k < ARRAY_LEN(backup_kinds) ? k : 0];
}

bool manifest_write(const struct manifest *m, struct arena *arena, struct str *ret_json,
		    struct err *err)
{
	struct envelope e = { .manifest = *m };
	struct str s = record_write(&envelope_kind, &e, arena, err);

	if (!s.ptr)
		return false;
	if (s.len > MANIFEST_MAX)
		return err_set(err, ERR_LIMIT, "the manifest of %.*s is too large", STR_ARG(m->id));
	*ret_json = s;
	return true;
}

/* What a reader relies on beyond the members being there. */
static bool sound(struct str file, const struct manifest *m, struct err *err)
{
	for (const struct manifest_file *f = m->files; f; f = f->next) {
		if (!f->name.len || str_find_char(f->name, '/') < f->name.len ||
		    f->name.ptr[0] == '.')
			return err_set(err, ERR_INPUT, "%.*s: a file's name leads elsewhere",
				       STR_ARG(file));
		if (f->n_parts != (f->bytes + MANIFEST_PART - 1) / MANIFEST_PART)
			return err_set(err, ERR_INPUT,
				       "%.*s: %.*s has not as many parts as its size says",
				       STR_ARG(file), STR_ARG(f->name));
	}
	return (m->files && m->id.len && m->target.len && m->taken_us <= m->finished_us) ||
	       err_set(err, ERR_INPUT, "%.*s: no file, no name, or times that cannot be",
		       STR_ARG(file));
}

static bool is_first(struct str json, struct arena *arena)
{
	struct json *root;

	return json_parse(json, arena, &root, NULL) && str_is(json_str(root, "format"), FORMAT_FIRST);
}

bool manifest_read(struct str file, struct str json, struct arena *arena, struct manifest *ret,
		   struct err *err)
{
	struct envelope e;

	if (json.len > MANIFEST_MAX)
		return err_set(err, ERR_LIMIT, "%.*s: larger than a manifest may be",
			       STR_ARG(file));
	if (!record_read(&envelope_kind, file, json, arena, &e, err))
		return is_first(json, arena) &&
		       err_set(err, ERR_INPUT,
			       "%.*s: it is of the format " FORMAT_FIRST ", whose digests were made otherwise: take a new backup",
			       STR_ARG(file));
	if (!sound(file, &e.manifest, err))
		return false;
	*ret = e.manifest;
	return true;
}

/* --- signatures --- */

bool manifest_signed(const uint8_t key[ED25519_KEY_LEN], const struct manifest_signature *s,
		     struct str json, struct arena *arena)
{
	struct str text = arena_join(arena, STR(MANIFEST_SIGNED_AS), json);

	return text.ptr && !memcmp(key, s->key, ED25519_KEY_LEN) &&
	       ed25519_verify(key, s->bytes, text);
}
