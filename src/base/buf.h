/* buf.h -- a growing buffer, born with a ceiling.
 * Room: base. Allocates with malloc. Past the ceiling (or out of memory) `failed` is set and stays; what was
 * written before is kept, nothing after is. Always NUL-terminated behind its end when it holds anything.
 */
#ifndef PAWL_BASE_BUF_H
#define PAWL_BASE_BUF_H

#include "base/str.h"

struct buf {
	char *ptr;
	size_t len;
	size_t cap;
	size_t max; /* ceiling in bytes */
	bool failed;
};

#define BUF_MAX(bytes) ((struct buf){ .max = (bytes) })

void buf_add(struct buf *b, struct str s);
void buf_adds(struct buf *b, const char *cstr);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) PAWL_PRINTF(2, 3);
/* Room for n more bytes; NULL when the ceiling or memory refuses. The caller adds to len itself. */
char *buf_reserve(struct buf *b, size_t n);
void buf_clear(struct buf *b); /* keeps the memory, clears failed */
void buf_free(struct buf *b);
/* Overwrites all its memory, if it has any: what was in it was a secret. Then as buf_clear. */
void buf_wipe(struct buf *b);
struct str buf_str(const struct buf *b);

#define auto_buf __attribute__((cleanup(buf_free))) struct buf

#endif
