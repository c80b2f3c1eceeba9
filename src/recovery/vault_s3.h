/* vault_s3.h -- what both halves of the vault in S3 know. Room: recovery, inner. */
#ifndef PAWL_RECOVERY_VAULT_S3_H
#define PAWL_RECOVERY_VAULT_S3_H

#include "recovery/s3.h"
#include "recovery/vault_inner.h"

struct vault_s3 {
	struct vault v;
	struct s3 *s3;
};

/* An upload that was begun and neither finished nor ended. */
struct s3_upload {
	struct str key, id;
	int64_t begun_us; /* by the cloud's clock; 0: not known */
	struct s3_upload *next;
};

/* vault_s3_upload.c: of keys that begin with ${prefix}. */
bool vault_s3_uploads(struct vault_s3 *d, struct str prefix, struct arena *arena, struct s3_upload **ret, struct err *err) PAWL_MUST_USE;
bool vault_s3_abort(struct vault_s3 *d, const struct s3_upload *u, struct err *err) PAWL_MUST_USE;
bool vault_s3_abort_all(struct vault_s3 *d, struct str prefix, struct err *err) PAWL_MUST_USE;

/* vault_s3_list.c */
bool vault_s3_list(struct vault *v, struct str target, struct arena *arena, struct vault_entry **ret, struct err *err) PAWL_MUST_USE;
bool vault_s3_lock(struct vault *v, const struct vault_name *n, struct err *err) PAWL_MUST_USE;
bool vault_s3_remove(struct vault *v, const struct vault_name *n, struct err *err) PAWL_MUST_USE;

#endif
