/* fd.h -- files and descriptors with cleanup, ceilings and atomic replacement.
 * Room: base, not pure. Paths are NUL-terminated.
 */
#ifndef PAWL_BASE_FD_H
#define PAWL_BASE_FD_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

void fd_close(int *fd);
#define auto_fd __attribute__((cleanup(fd_close))) int

/* Hand the descriptor on: the cleanup then finds -1. */
static inline int fd_take(int *fd)
{
	int f = *fd;

	*fd = -1;
	return f;
}

/* All bytes, EINTR and short writes minded. */
bool fd_write_all(int fd, const void *p, size_t n, struct err *err) PAWL_MUST_USE;
/* Append what is left in fd to b; ERR_LIMIT past b->max. */
bool fd_read_all(int fd, struct buf *b, struct err *err) PAWL_MUST_USE;

/* The whole of a regular file appended to ret; refuses devices and pipes. Missing: ERR_IO with sys ENOENT. */
bool file_read(const char *path, struct buf *ret, struct err *err) PAWL_MUST_USE;
/* Write beside, fsync, rename over, fsync the folder: a reader sees the old or the new, never a part. */
bool file_replace(const char *path, struct str bytes, mode_t mode, struct err *err) PAWL_MUST_USE;
/* Copy with fsync; refuses an existing target. */
bool file_copy(const char *from, const char *to, mode_t mode, struct err *err) PAWL_MUST_USE;
bool file_exists(const char *path);
/* This user's or root's, and nobody else may write to it: what it says may be obeyed. Else ERR_DENIED with what to do. */
bool file_kept(const char *path, struct err *err) PAWL_MUST_USE;
/* mkdir -p with ${mode} for what is made. */
bool dir_make(const char *path, mode_t mode, struct err *err) PAWL_MUST_USE;
/* Remove plain files of this folder (not below it) that nobody wrote for ${age_s}: for hints that cost nothing when lost. Best effort. */
void dir_prune(const char *path, int64_t age_s);
/* rm -r, never following links; missing is fine. */
bool dir_remove(const char *path, struct err *err) PAWL_MUST_USE;

#endif
