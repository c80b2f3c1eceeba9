/* config.h -- backup.yaml: what is backed up, into which vaults, how often, and what it has to keep.
 * Room: recovery. config_read does no I/O (libpq reads no file to take a connection string apart); config_load looks at who may write the
 * file. It is the owner's, never a project's. docs/backup.md has every key.
 */
#ifndef PAWL_RECOVERY_CONFIG_H
#define PAWL_RECOVERY_CONFIG_H

#include "base/doc.h"
#include "recovery/drill.h"
#include "recovery/pgbackrest.h"
#include "recovery/rds.h"
#include "recovery/retention.h"

#define CONFIG_MAX_BYTES ((size_t)1 << 20)
#define CONFIG_VAULTS_MAX 64
#define CONFIG_TARGETS_MAX 1024
#define CONFIG_WAL_S 300
#define CONFIG_LIST_MAX 256 /* questions, resources, words of a command: of one target */

struct config_vault {
	struct vault_place place;
	struct str user; /* whose a directory is; STR_NONE: of whoever takes the backup, no boundary */
	struct config_vault *next;
};

/* One of both. */
struct config_state {
	struct str folder;  /* where `terraform state pull` is run; absolute */
	struct str backend; /* "s3:bucket/key" */
	struct str workspace, region;
};

enum mask_how {
	MASK_HASH = 1, /* sixteen digits; equal values stay equal */
	MASK_NULL,
	MASK_EMAIL, /* a hash at example.invalid */
};

/* A column that nobody is to see in a scratch copy. */
struct config_mask {
	struct str table, column;
	enum mask_how how;
	struct config_mask *next;
};

struct config_target {
	struct str name;
	enum backup_kind kind;
	struct str connect;	   /* POSTGRES: libpq's words; MYSQL: words of that form; SQLITE: the file. No password in it. */
	struct config_state state; /* STATE */
	char *const *command;	   /* COMMAND */
	char *const *check;	   /* COMMAND: gets the stream when it is drilled, its exit status decides; NULL: none */
	struct pgbackrest *pgbackrest; /* PGBACKREST; connect: who asks */
	struct rds *rds;	   /* RDS; connect: user and database of the test instance */
	char *const *secret_command; /* prints the password; NULL: none */
	struct str environment, account;
	const struct manifest_word *resources; /* identities and titles of what it brings back */
	const struct config_vault *const *vaults; /* NULL-ended, at least one; drills read the first, the others are copies */
	struct str encrypted_to;		  /* STR_NONE: in clear */
	char *const *encrypt, *const *decrypt;	  /* filters; NULL: none, or no key to it here */
	const struct backup_question *invariants;
	const struct drill_query *verify;
	int64_t every_s, drill_s; /* between backups, between drills */
	int64_t rpo_s, rto_s;	  /* objectives; 0: none */
	int64_t fresh_s; /* a fresh backup may be taken and drilled before a person is asked, for so long at most; 0: none is */
	struct retention_keep keep;
	int64_t wal_s;	     /* POSTGRES_PHYSICAL: its WAL is kept at least so often; 0: it is not */
	struct str wal_slot; /* STR_NONE: wal_slot_name */
	const struct config_mask *masks;
	unsigned line; /* where it stands */
	struct config_target *next;
};

/* A target that cannot be read as it stands there: nobody backs it up. */
struct config_bad {
	struct str name; /* or "target 3" */
	struct err why;	 /* "FILE:LINE:COLUMN: …" */
	struct config_bad *next;
};

struct backup_config {
	struct str path;
	uint8_t key[ED25519_KEY_LEN]; /* whose statements are believed */
	struct str points; /* folder that the signed statements are published in; STR_NONE: of whoever takes the backup */
	struct str state;  /* folder with the key and the records of a vault of its own user; STR_NONE: of whoever takes the backup */
	struct config_vault *vaults;
	struct config_target *targets;
	size_t n_vaults, n_targets;
	struct config_bad *bad; /* of config_load_some() */
};

/* False, with "FILE:LINE:COLUMN: …". All of it lives with ${arena} and the source's text. */
bool config_read(const struct doc_source *source, struct arena *arena, struct backup_config *ret,
		 struct err *err) PAWL_MUST_USE;
/* A file that others than this user and root could write to is refused. Missing: sys is ENOENT. */
bool config_load(const char *path, struct arena *arena, struct backup_config *ret,
		 struct err *err) PAWL_MUST_USE;

/* As config_load, but a bad target is told in ${ret->bad} and keeps nothing from the others: for who looks, or brings back. */
bool config_load_some(const char *path, struct arena *arena, struct backup_config *ret, struct err *err) PAWL_MUST_USE;

/* NULL: none of that name. */
const struct config_target *config_target_find(const struct backup_config *c, struct str name);
const struct config_vault *config_vault_find(const struct backup_config *c, struct str name);

/* The key as it stands in the file, 44 characters of base64, and back. */
#define CONFIG_KEY_TEXT 45
void config_key_text(const uint8_t key[ED25519_KEY_LEN], char ret[CONFIG_KEY_TEXT]);
bool config_key_read(struct str text, uint8_t ret[ED25519_KEY_LEN]) PAWL_MUST_USE;

#endif
