/* vault.h -- where backups lie: one interface, several kinds of places.
 * Room: recovery. I/O.
 * A backup is a folder TARGET/ID with its files and, last of all, manifest.json and manifest.sig: without those it does not exist
 * (what a crash left half done is listed as such, continued or swept). What lies there is never written to again.
 * Kinds: a directory (of another unix user, made immutable where the filesystem can), S3 with Object Lock, restic, rclone.
 */
#ifndef PAWL_RECOVERY_VAULT_H
#define PAWL_RECOVERY_VAULT_H

#include "recovery/manifest.h"

struct vault;	  /* opaque */
struct vault_put; /* a file on its way */

enum vault_kind { VAULT_DIRECTORY = 1, VAULT_S3, VAULT_RESTIC, VAULT_RCLONE };

/* From backup.yaml; texts live as long as the vault. */
struct vault_place {
	struct str name;
	enum vault_kind kind;
	struct str directory;			     /* VAULT_DIRECTORY: absolute */
	struct str bucket, prefix, region, endpoint; /* VAULT_S3 */
	struct str repository;			     /* restic's, rclone's */
	struct str account; /* the cloud account it lies in, when known: blast radius */
	int64_t lock_s;	    /* no deletion before: Object Lock, immutable flag; 0: none */
};

/* One backup, as a listing knows it. */
struct vault_entry {
	struct str target, id;
	bool whole; /* its manifest lies there */
	bool hidden; /* only behind a delete marker, or removed by an older version: told, never shown as gone */
	int64_t put_us, locked_until_us; /* by the vault's clock; 0 not known */
	uint64_t bytes;
	bool sized; /* bytes is of all its files: of none it is not known how long it is */
	struct vault_entry *next;
};

/* Letters, digits, . _ - and no dot or dash first, at most 64: a name for a target, a backup, a file. */
#define VAULT_NAME_MAX 64
bool vault_name_good(struct str s);

bool vault_open(const struct vault_place *place, struct vault **ret, struct err *err) PAWL_MUST_USE;
void vault_close(struct vault *v); /* NULL does nothing */

/* Newest first. ${target} STR_NONE: all. */
bool vault_list(struct vault *v, struct str target, struct arena *arena, struct vault_entry **ret,
		struct err *err) PAWL_MUST_USE;
/* The backup of that name in such a listing; NULL: none. */
struct vault_entry *vault_find(struct vault_entry *list, struct str target, struct str id);

/**
 * vault_put_begin(v, target, id, file, ret, err):
 * A new file. Where one of that name was begun before and can be continued, *${ret_have} is how much of it lies there: the caller
 * sends the rest, having checked that what it would send is the same. False when one lies there whole.
 */
bool vault_put_begin(struct vault *v, struct str target, struct str id, struct str file,
		     struct vault_put **ret, uint64_t *ret_have, struct err *err) PAWL_MUST_USE;
bool vault_put_bytes(struct vault_put *p, const void *bytes, size_t n,
		     struct err *err) PAWL_MUST_USE;
/* On disk, or acknowledged by the other side with its digest, before it returns true. */
bool vault_put_end(struct vault_put *p, struct err *err) PAWL_MUST_USE;
/* What was sent so far stays to be continued. NULL does nothing. */
void vault_put_stop(struct vault_put *p);

struct vault_get;
/* Reads from ${at} on; the caller checks the digests. */
bool vault_get_begin(struct vault *v, struct str target, struct str id, struct str file,
		     uint64_t at, struct vault_get **ret, struct err *err) PAWL_MUST_USE;
/* *${ret_n} 0 at the end. */
bool vault_get_bytes(struct vault_get *g, void *p, size_t n, size_t *ret_n,
		     struct err *err) PAWL_MUST_USE;
void vault_get_end(struct vault_get *g); /* NULL does nothing */

/* Lock what lies there against deletion for the place's lock_s. False where it cannot be: told, not hidden. */
bool vault_lock(struct vault *v, struct str target, struct str id, struct err *err) PAWL_MUST_USE;
/* Only retention calls this (retention.h decides what). False where a lock still holds. */
bool vault_remove(struct vault *v, struct str target, struct str id, struct err *err) PAWL_MUST_USE;

#endif
