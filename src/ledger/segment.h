/* segment.h -- the files of a ledger: NNNNNNNN.seg, made whole, grown by zeros that are really on disk.
 * Room: ledger.
 * A file grows ahead of what is written and its blocks are written with zeros once, so that the fdatasync behind an entry
 * has no metadata to move.
 */
#ifndef PAWL_LEDGER_SEGMENT_H
#define PAWL_LEDGER_SEGMENT_H

#include "ledger/format.h"

#define SEGMENT_SIZE ((size_t)1 << 20)	   /* a new one is begun when the next batch would pass this */
#define SEGMENT_FIRST ((size_t)64 << 10)   /* the first one begins small and doubles */
#define SEGMENT_MAX ((size_t)64 << 20)	   /* larger is no segment of ours */
#define SEGMENT_NAME 24

struct segment {
	struct format_segment head;
	uint8_t *bytes; /* malloc'ed */
	size_t n;
};

void segment_name(uint64_t number, char ret_name[SEGMENT_NAME]);
bool segment_exists(int dirfd, uint64_t number);
/* Number of the last one, 0 when there is none. ${hint}: where to begin to look (0: unknown). */
bool segment_last(int dirfd, uint64_t hint, uint64_t *ret_number, struct err *err) PAWL_MUST_USE;
/* Read a whole segment and check its head (but not what it says of the one before). */
bool segment_load(int dirfd, uint64_t number, struct segment *ret, struct err *err) PAWL_MUST_USE;
void segment_free(struct segment *s);
#define auto_segment __attribute__((cleanup(segment_free))) struct segment

/* Where the first batch of a segment stands. */
struct format_place segment_start(const struct segment *s);

/* Make the segment, durable with its name. It appears whole or not at all. */
bool segment_make(int dirfd, const struct format_segment *head, size_t size, struct err *err) PAWL_MUST_USE;
/* Grow an open one from ${size} so that ${need} bytes fit; yields the new size. */
bool segment_grow(int fd, size_t size, size_t need, size_t *ret_size, struct err *err) PAWL_MUST_USE;

#endif
