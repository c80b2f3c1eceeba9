/* pack.h -- the bytes of a backup on their way into a vault and back out: packed (zstd), perhaps through a program that encrypts,
 * counted before, and digested as they are stored.
 * Room: recovery. I/O. Memory does not grow with the data.
 */
#ifndef PAWL_RECOVERY_PACK_H
#define PAWL_RECOVERY_PACK_H

#include "recovery/stall.h"
#include "recovery/vault.h"

/* Wide steps, literals packed all the same: three fifths of the time of level 1 for a sixth more bytes, fewer than pg_dump -Fc makes. */
#define PACK_LEVEL (-5)
#define PACK_FRAME ((size_t)1 << 20) /* each stands for itself: packed where it lies, nothing copied to be looked back at */

struct pack; /* opaque */

/* ${filter}: a program and its words, between zstd and the vault ("age", "-r", …); NULL: none. The pack owns ${to} from here on. */
bool pack_begin(struct vault_put *to, char *const *filter, struct pack **ret,
		struct err *err) PAWL_MUST_USE;
/* The program is ended when ${stall} gives up. */
void pack_watched(struct pack *p, struct stall *stall);
bool pack_add(struct pack *p, const void *bytes, size_t n, struct err *err) PAWL_MUST_USE;

struct packed {
	uint64_t plain_bytes;
	struct manifest_file file; /* but for its name; parts in the arena */
};
/* The file lies in the vault, whole, when this returns true. Either way ${p} is gone. */
bool pack_end(struct pack *p, struct arena *arena, struct packed *ret,
	      struct err *err) PAWL_MUST_USE;
/* Nothing more comes: what was sent is no file. NULL does nothing. */
void pack_stop(struct pack *p);

/* --- back --- */

/**
 * unpack(from, take, ctx, ret, err):
 * Reads a stored file, checks every part's digest before any byte of it is used, and hands what it held to ${take}. False when a part
 * differs, the file is shorter or longer, zstd cannot read it, it ends too early for what it is (half a dump), all of it together is
 * not what the manifest says, or ${take} says so: ${err} says where. *${ret}: what went by; its tables are in from->arena.
 */
struct unpack_from {
	struct vault *vault;
	char *const *filter; /* "age", "-d", "-i", …; NULL: none */
	const struct manifest *manifest;
	enum dump_form form;
	struct arena *arena;
	struct stall *stall; /* may be NULL; given up, the program is ended */
};
bool unpack(const struct unpack_from *from,
	    bool (*take)(void *ctx, const void *p, size_t n, struct err *err), void *ctx,
	    struct fingerprint_found *ret, struct err *err) PAWL_MUST_USE;

#endif
