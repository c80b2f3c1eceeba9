/* manifest.h -- what a backup says of itself, signed by the key of whoever took it.
 * Room: recovery. Pure, but for libcrypto's own memory where it signs and verifies.
 * JSON, at most MANIFEST_MAX, keys in a fixed order, one text for one manifest; the signature (Ed25519, over the bytes of the
 * file behind a prefix of its own) stands beside it as manifest.sig. docs/backup.md has the format. Nothing in a backup is
 * believed before its manifest's signature was checked against a key that the reader already had.
 */
#ifndef PAWL_RECOVERY_MANIFEST_H
#define PAWL_RECOVERY_MANIFEST_H

#include "base/ed25519.h"
#include "recovery/fingerprint.h"

#define MANIFEST_MAX ((size_t)64 << 20)
#define MANIFEST_PART                                                                              \
	((uint64_t)4                                                                               \
	 << 20) /* stored bytes with a digest of their own: says where a file was cut or changed */

enum backup_kind {
	BACKUP_POSTGRES = 1,	  /* pg_dump, plain */
	BACKUP_POSTGRES_PHYSICAL, /* pg_basebackup, tar */
	BACKUP_MYSQL,
	BACKUP_SQLITE,
	BACKUP_STATE,	/* Terraform state */
	BACKUP_COMMAND, /* what a command prints */
	BACKUP_RDS,	/* a snapshot that Amazon RDS keeps; the record of it is what lies in the vault */
	BACKUP_PGBACKREST, /* in pgBackRest's own repository; likewise */
	BACKUP_WAL,	/* a piece of a PostgreSQL server's WAL, behind a physical backup (wal.h) */
};
extern const struct str backup_kinds[BACKUP_WAL + 1]; /* their words; [0] has none */
struct str backup_kind_name(enum backup_kind k);

/* A question of the owner's with its answer in the snapshot that was dumped. */
struct manifest_invariant {
	struct str name, sql, value;
	struct manifest_invariant *next;
};

struct manifest_word {
	struct str text; /* an extension, a role */
	struct manifest_word *next;
};

/* What a role may do by being who it is, as what runs in its name needs it: a materialized view that is made again, a function of it in an
 * index. Roles own something there, and may have nothing to do with each other elsewhere. */
enum manifest_power {
	MANIFEST_SUPERUSER = 1,
	MANIFEST_BYPASSRLS,
	MANIFEST_MEMBER, /* has the rights of another role, `of`; perhaps by way of more roles */
	MANIFEST_OWNER,	 /* of the database */
};
struct manifest_right {
	struct str role;
	enum manifest_power power;
	struct str of; /* STR_NONE but for MANIFEST_MEMBER */
	struct manifest_right *next;
};

/* One stored file of the backup. */
struct manifest_file {
	struct str name; /* "data.zst", "data.zst.age" */
	uint64_t bytes;
	struct digest digest; /* of the stored bytes */
	struct digest *parts; /* of each MANIFEST_PART of them */
	size_t n_parts;
	struct manifest_file *next;
};

struct manifest {
	struct str id;	   /* "20261121T194500Z-5f3a9c01"; sorts by time */
	struct str target; /* its name in backup.yaml */
	enum backup_kind kind;
	int64_t taken_us; /* of the snapshot: what the backup is as of */
	int64_t finished_us;
	struct str server, tool; /* "15.18", "pg_dump (PostgreSQL) 15.18 (Debian …)" */
	struct str host; /* where the data lived: endpoint, file or state; for the blast radius */
	struct str account;	 /* of the cloud, when known */
	uint64_t plain_bytes;	 /* before it was packed */
	struct digest plain;	 /* of those bytes */
	struct str encrypted_to; /* age recipient; STR_NONE: in clear */
	const struct manifest_file *files;
	const struct fingerprint_table *tables;
	const struct manifest_invariant *invariants;
	const struct manifest_word *extensions, *roles;
	const struct manifest_right *rights; /* of those roles */
	struct digest schema; /* of the dump's lines that are not data */
};

/* False when the arena is full. */
bool manifest_write(const struct manifest *m, struct arena *arena, struct str *ret_json,
		    struct err *err) PAWL_MUST_USE;
/* ${file} for errors, which name line and column. An unknown member is an error. */
bool manifest_read(struct str file, struct str json, struct arena *arena, struct manifest *ret,
		   struct err *err) PAWL_MUST_USE;

/* Of the bytes of a manifest, or of a point: whose it is says a prefix of its own. Stored as it stands: key, then bytes.
 * Signing stands in a file of its own (manifest_sign.c, EVP); the small program checks without. */
#define MANIFEST_SIGNED_AS "pawl backup manifest 1\n" /* before what is signed: a signature for one thing is none for another */
struct manifest_signature {
	uint8_t key[ED25519_KEY_LEN], bytes[ED25519_SIGNATURE_LEN];
};
bool manifest_sign(struct str pem, struct str json, struct arena *arena,
		   struct manifest_signature *ret, struct err *err) PAWL_MUST_USE;
/* By ${key} and no other. */
bool manifest_signed(const uint8_t key[ED25519_KEY_LEN], const struct manifest_signature *s,
		     struct str json, struct arena *arena);

#endif
