/* vault_s3.h -- what both halves of the vault in S3 know. Room: recovery, inner. */
#ifndef PAWL_RECOVERY_VAULT_S3_H
#define PAWL_RECOVERY_VAULT_S3_H

#include "recovery/s3.h"
#include "recovery/vault_inner.h"

struct vault_s3 {
	struct vault v;
	struct s3 *s3;
};

/* vault_s3_list.c */
bool vault_s3_list(struct vault *v, struct str target, struct arena *arena, struct vault_entry **ret, struct err *err) PAWL_MUST_USE;
bool vault_s3_lock(struct vault *v, const struct vault_name *n, struct err *err) PAWL_MUST_USE;
bool vault_s3_remove(struct vault *v, const struct vault_name *n, struct err *err) PAWL_MUST_USE;

#endif
