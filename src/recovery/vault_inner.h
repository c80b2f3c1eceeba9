/* vault_inner.h -- what a kind of vault does; vault.c checks names and asks it.
 * Room: recovery, inner.
 */
#ifndef PAWL_RECOVERY_VAULT_INNER_H
#define PAWL_RECOVERY_VAULT_INNER_H

#include "recovery/vault.h"

/* Where something lies; checked: no name leads elsewhere. ${file} is STR_NONE for the backup itself. */
struct vault_name {
	struct str target, id, file;
};

/* Each as its namesake in vault.h. */
struct vault_ops {
	bool (*list)(struct vault *v, struct str target, struct arena *arena,
		     struct vault_entry **ret, struct err *err);
	bool (*put_begin)(struct vault *v, const struct vault_name *n, struct vault_put **ret,
			  uint64_t *ret_have, struct err *err);
	bool (*put_bytes)(struct vault_put *p, const void *bytes, size_t n, struct err *err);
	bool (*put_end)(struct vault_put *p, struct err *err);
	void (*put_stop)(struct vault_put *p);
	bool (*get_begin)(struct vault *v, const struct vault_name *n, uint64_t at,
			  struct vault_get **ret, struct err *err);
	bool (*get_bytes)(struct vault_get *g, void *p, size_t n, size_t *ret_n, struct err *err);
	void (*get_end)(struct vault_get *g);
	bool (*lock)(struct vault *v, const struct vault_name *n, struct err *err);
	bool (*remove)(struct vault *v, const struct vault_name *n, struct err *err);
	void (*close)(struct vault *v);
};

/* First in what the kinds make. */
struct vault {
	const struct vault_ops *ops;
	struct vault_place place;
};

struct vault_put {
	const struct vault_ops *ops;
};

struct vault_get {
	const struct vault_ops *ops;
};

bool vault_directory_open(const struct vault_place *place, struct vault **ret,
			  struct err *err) PAWL_MUST_USE;

bool vault_program_open(const struct vault_place *place, struct vault **ret, struct err *err) PAWL_MUST_USE;
bool vault_s3_open(const struct vault_place *place, struct vault **ret, struct err *err) PAWL_MUST_USE;

#define VAULT_MANIFEST "manifest.json"
#define VAULT_SIGNATURE "manifest.sig"

#endif
