/* tar.h -- a tar stream, told apart while it flows by: ustar as pg_basebackup writes it, one behind another.
 * Room: recovery. Pure: bytes in, calls out; memory does not grow with the data.
 * A name that leads out of the folder, a header whose sum is wrong, a kind that no data folder has: an error, never skipped.
 */
#ifndef PAWL_RECOVERY_TAR_H
#define PAWL_RECOVERY_TAR_H

#include "base/err.h"
#include "base/str.h"

#define TAR_BLOCK 512u
#define TAR_NAME_MAX 300

struct tar_member {
	char name[TAR_NAME_MAX]; /* below the folder, without a slash at its end */
	uint64_t bytes;
	bool folder;
};

struct tar_events {
	bool (*member)(void *ctx, const struct tar_member *m, struct err *err);
	bool (*bytes)(void *ctx, const void *p, size_t n, struct err *err); /* of the member last told; NULL: nobody wants them */
	bool (*end)(void *ctx, struct err *err);			    /* of a file; NULL: nobody wants it */
};

struct tar {
	const struct tar_events *events;
	void *ctx;
	char block[TAR_BLOCK];
	size_t have;	/* of the header at hand */
	uint64_t left;	/* of the file at hand */
	uint64_t pad;	/* behind it */
	bool in_file;
};

bool tar_add(struct tar *t, const void *p, size_t n, struct err *err) PAWL_MUST_USE;
/* Nothing more comes; false within a member. */
bool tar_end(const struct tar *t, struct err *err) PAWL_MUST_USE;

/* The header of a file, mode 0600. ${name} is at most 99 bytes. */
void tar_header(const char *name, uint64_t bytes, char ret[TAR_BLOCK]);

#endif
