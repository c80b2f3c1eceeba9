/* rds.h -- what backups and drills ask of Amazon RDS: snapshots, their copies, and a test instance made of one.
 * Room: recovery, inner. I/O. The only thing that is ever deleted is a test instance, known by its name and both of its tags.
 */
#ifndef PAWL_RECOVERY_RDS_H
#define PAWL_RECOVERY_RDS_H

#include "cloud/aws.h"
#include "recovery/manifest.h"
#include "recovery/stall.h"

/* One account and region. */
struct rds_side {
	struct str region, account; /* account STR_NONE: whatever the credentials lead to */
	struct str kms;		    /* key of the copy; STR_NONE: none is named */
	char *const *credentials;   /* prints them as a credential_process does; NULL: found as the AWS CLI finds them */
};

/* A target's `rds`. */
struct rds {
	struct str instance;
	struct rds_side own, copy; /* copy.region STR_NONE: no copy is made */
	struct str class, subnets; /* of the test instance; STR_NONE: AWS chooses, by the snapshot */
	const struct manifest_word *groups; /* security groups of it */
};

enum rds_what { RDS_INSTANCE, RDS_SNAPSHOT };

struct rds_thing {
	struct str name, arn, status, engine, version, created, host, port;
	struct str of; /* DbiResourceId: a snapshot's is that of the instance it was taken of */
	bool encrypted, open_to_all;
};

struct rds_api {
	struct aws aws;
	struct arena keep; /* credentials */
	struct str region;
	bool emulator; /* an endpoint on loopback, without TLS */
};

bool rds_open(const struct rds_side *side, struct rds_api *ret, struct err *err) PAWL_MUST_USE;
void rds_close(struct rds_api *a);

/* "&KEY=VALUE", encoded. */
void rds_put(struct buf *form, const char *key, struct str value);
/* A refusal is a failure here: "rds CreateDBSnapshot: AccessDenied". *${ret_code}, which may be NULL: its code. */
bool rds_do(struct rds_api *a, const char *operation, const struct buf *form, struct str *ret_code, struct err *err) PAWL_MUST_USE;
/* *${ret_there} false: AWS says that there is none. */
bool rds_look(struct rds_api *a, enum rds_what what, struct str name, struct arena *arena, struct rds_thing *ret, bool *ret_there,
	      struct err *err) PAWL_MUST_USE;
/* Until it is available. One that fails, goes, or is not ready in hours is an error. */
bool rds_wait(struct rds_api *a, enum rds_what what, struct str name, struct stall *stall, struct arena *arena, struct rds_thing *ret,
	      struct err *err) PAWL_MUST_USE;

/* Whose test instances they are: the target, and the key that signs its backups. */
struct rds_owner {
	struct str target, key;
};
/* A private test instance of ${snapshot}; *${ret_name} is known before it is asked for, so that it can be deleted whatever happens. */
bool rds_restore(struct rds_api *a, const struct rds *r, struct str snapshot, const struct rds_owner *o, struct arena *arena,
		 struct str *ret_name, struct err *err) PAWL_MUST_USE;
/* AWS took the order, or there is none of that name. */
bool rds_delete(struct rds_api *a, struct str name, struct stall *stall, struct err *err) PAWL_MUST_USE;
/* Test instances that runs which died left behind. */
bool rds_sweep(struct rds_api *a, const struct rds_owner *o, struct stall *stall, struct arena *arena, struct err *err) PAWL_MUST_USE;

/* The n-th part of "arn:aws:rds:REGION:ACCOUNT:snapshot:NAME". */
enum { ARN_REGION = 3, ARN_ACCOUNT = 4, ARN_NAME = 6 };
struct str rds_arn_part(struct str arn, unsigned n);

#endif
