/* config_inner.h -- the two halves of reading backup.yaml: values and vaults, and targets. Room: recovery, inner. */
#ifndef PAWL_RECOVERY_CONFIG_INNER_H
#define PAWL_RECOVERY_CONFIG_INNER_H

#include "core/policy_read.h"
#include "recovery/config.h"

/* No NUL, no control character; NUL-terminated. */
bool config_text(struct policy_file *f, const struct doc *v, struct str *ret) PAWL_MUST_USE;
/* Absolute, with no part "..". */
bool config_path(struct policy_file *f, const struct doc *v, struct str *ret) PAWL_MUST_USE;
/* vault_name_good. */
bool config_name(struct policy_file *f, const struct doc *v, struct str *ret) PAWL_MUST_USE;
/* A list of words as an argv. */
bool config_words(struct policy_file *f, const struct doc *v, char *const **ret) PAWL_MUST_USE;

/* config_mask.c: the key `mask` of a target. */
bool config_take_mask(struct policy_file *f, const struct doc *v, const struct config_mask **ret) PAWL_MUST_USE;

/* config_when.c: the keys that are times, and `keep`, of a target. */
bool config_take_when(struct policy_file *f, const struct doc *v, struct config_target *t) PAWL_MUST_USE;

/* config_pgbackrest.c: the key `pgbackrest` of a target. */
bool config_take_pgbackrest(struct policy_file *f, const struct doc *v, struct config_target *t) PAWL_MUST_USE;

/* config_rds.c: the key `rds` of a target. */
bool config_take_rds(struct policy_file *f, const struct doc *v, struct config_target *t) PAWL_MUST_USE;

/* config_wal.c: the key `wal` of a target, and whether it fits the rest. */
bool config_take_wal(struct policy_file *f, const struct doc *v, struct config_target *t) PAWL_MUST_USE;
bool config_wal_fits(struct policy_file *f, const struct doc *d, const struct config_target *t) PAWL_MUST_USE;

/* config_vault.c: the key `vaults`, into struct backup_config. */
bool config_take_vaults(struct policy_file *f, const struct doc *v, void *target) PAWL_MUST_USE;
/* config_target.c: the key `targets`, once all vaults are known. */
bool config_take_targets(struct policy_file *f, const struct doc *v, struct backup_config *c) PAWL_MUST_USE;

#endif
