/* known.h -- what is known of backups, told to the judge of one request: which recovery points speak for what it takes away.
 * Room: recovery. Pure, and of what the small program can link: backup.yaml is read here for its key, its targets' resources and its
 * vaults alone (config.h reads it whole), signatures are checked without EVP.
 * Whatever cannot be believed (no statement, no or another's signature, an older one put back) is no proof, and its note says why.
 */
#ifndef PAWL_RECOVERY_KNOWN_H
#define PAWL_RECOVERY_KNOWN_H

#include "base/doc.h"
#include "core/request.h"
#include "recovery/point.h"

struct known_target {
	struct str name;
	const struct manifest_word *resources;
	const struct manifest_word *vaults; /* names; the last first */
	int64_t fresh_s; /* as config_target's; 0: none, or none that can be read */
	struct known_target *next;
};

struct known_vault {
	struct str name, account;
	struct str directory; /* STR_NONE: it is no folder */
	struct str repository; /* of restic, or a remote of rclone; STR_NONE */
	struct str bucket;     /* of S3, with the prefix behind a slash; STR_NONE */
	struct str user;       /* whose it is; STR_NONE: whoever takes backups */
	const struct manifest_word *is; /* what it is called where it could be destroyed: bucket, ARN, folder, repository */
	const struct manifest_word *buckets; /* as request_bucket calls them; none where it is behind an endpoint of its own */
	int64_t lock_s; /* as asked for; 0: none, or none that can be read */
	struct known_vault *next;
};

struct known {
	bool has_key;
	uint8_t key[ED25519_KEY_LEN];
	struct str points; /* folder of the statements; STR_NONE: not said */
	struct str user;   /* who takes backups: the first vault with a user of its own says; STR_NONE: whoever it is told */
	const struct known_target *targets;
	const struct known_vault *vaults;
};

/* What else stands in the file is not looked at. False with "FILE:LINE:COLUMN: …". */
bool known_read(const struct doc_source *source, struct arena *arena, struct known *ret, struct err *err) PAWL_MUST_USE;

/* A statement as it lies there: TARGET.json and TARGET.sig. */
struct known_statement {
	struct str target;
	struct str json, signature; /* STR_NONE: none there */
	uint64_t seen;		    /* the highest serial seen before */
	uint64_t serial;	    /* out: of what was believed; 0: nothing was */
	struct known_statement *next;
};

struct known_ask {
	struct request *request; /* of its buckets only those stay in which a vault lies, and which it does not let go of */
	struct str database; /* another name of the database that all of it is in: a gate's; STR_NONE */
	int64_t now_us;
	/* Is its verified backup, in the vault of that folder, seen not to be there? Asked of what is believed. NULL: nobody can look. */
	bool (*lost)(void *ctx, struct str directory, const struct point *p);
	void *ctx;
};

/* Does it take away anything that a backup could bring back? Else nothing need be looked for. */
bool known_wanted(const struct request *r);

/**
 * known_evidence(k, statements, ask, arena, ret):
 * A recovery point for each thing that ${ask->request} takes away and a target of ${k} (or a statement whose target ${k} does not
 * name) says it brings back, in order, the newest knowledge of each target. By name: identity, title or address; whole databases by
 * HOST/DATABASE or HOST:PORT/DATABASE. False when the arena is full.
 * Cost: linear in changes and resources; one signature a statement.
 */
bool known_evidence(const struct known *k, struct known_statement *statements, const struct known_ask *ask, struct arena *arena,
		    struct recovery_point **ret) PAWL_MUST_USE;

#endif
