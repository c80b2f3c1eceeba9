/* backup.h -- one backup, taken and put into a vault: read once while it is fingerprinted, packed and stored, then signed for.
 * Room: recovery. I/O. Memory does not grow with the data.
 * Nothing is a backup before its manifest and signature lie beside it. A source that ends early, a tool that fails, a dump
 * without its last words: no manifest, and what was stored so far is listed as not whole.
 */
#ifndef PAWL_RECOVERY_BACKUP_H
#define PAWL_RECOVERY_BACKUP_H

#include "recovery/pack.h"

/* A question of the owner's: its answer is read in the snapshot that is dumped. */
struct backup_question {
	struct str name, sql; /* one row, one column */
	struct backup_question *next;
};

struct backup_progress {
	void (*tell)(void *ctx, uint64_t bytes, uint64_t about); /* about: 0 not known */
	void *ctx;
};

/* Where a Terraform state is: one of folder and backend. */
struct backup_state {
	struct str folder;  /* where `terraform state pull` is run */
	struct str backend; /* "s3:bucket/key"; read by the AWS CLI, with its credentials */
	struct str workspace, region;
};

struct rds;
struct pgbackrest;

struct backup_ask {
	struct vault *vault;
	struct str target;
	enum backup_kind kind;
	struct str connect;   /* POSTGRES, MYSQL: words without a password; SQLITE, STATE: the file */
	struct str password;  /* handed on in the environment of the tool alone; STR_NONE: none */
	struct backup_state state; /* STATE, where it is no file */
	char *const *command; /* COMMAND: what prints it */
	const struct rds *rds; /* RDS */
	const struct pgbackrest *pgbackrest; /* PGBACKREST */
	const struct backup_question *questions;
	char *const *filter;	 /* encrypts; NULL: none */
	struct str encrypted_to; /* the recipient, for the manifest */
	struct str pem;		 /* of the key that signs */
	struct str host,
		account; /* for the manifest: where it lives; host STR_NONE: from connect */
	struct backup_progress progress;
	int64_t until_s;     /* by when it has to be taken, of stall_clock(); 0: whenever */
	unsigned patience_s; /* a source may be silent for so long; 0: STALL_BACKUP_S */
};

/* *${ret}: what was put there. False: there is no new backup. */
bool backup_take(const struct backup_ask *ask, struct arena *arena, struct manifest *ret,
		 struct err *err) PAWL_MUST_USE;

/* How the stream of a kind is told apart. */
enum dump_form backup_form(enum backup_kind kind);

/* "20261121T194500Z-5f3a9c01": what a backup may be called by; nothing else is looked for. */
bool backup_id_good(struct str id);

/* The manifest of a backup, its signature checked against ${key}. */
bool backup_manifest(struct vault *v, struct str target, struct str id,
		     const uint8_t key[ED25519_KEY_LEN], struct arena *arena, struct manifest *ret,
		     struct err *err) PAWL_MUST_USE;

#endif
