/* stream.h -- one socket of a loop, plain or TLS: bytes in, bytes out, never more in memory than was promised.
 * Room: gate/database.
 * Reading: stream_fill gives what was kept and what one recv brought; the caller uses some of it from the front, sends what came of
 * it (stream_flush), and keeps the rest (stream_keep). Writing: stream_add takes slices that live until stream_flush; what the socket
 * does not take is copied, and the caller stops reading from the other side until stream_blocked is false again.
 */
#ifndef PAWL_GATE_DATABASE_STREAM_H
#define PAWL_GATE_DATABASE_STREAM_H

#include <sys/uio.h>

#include "base/buf.h"
#include "gate/database/loop.h"

#define STREAM_SLICES 8
#define STREAM_MAX ((size_t)20 << 20) /* a message that must be had whole, or what one flush left behind */

struct ssl_st;

struct stream {
	struct loop_watch watch; /* first: a watch is its stream */
	struct loop *loop;
	struct ssl_st *ssl;  /* NULL: plain; owned by whoever set it */
	struct buf in, out;
	size_t out_done;     /* of out, sent already */
	struct iovec slices[STREAM_SLICES];
	unsigned n_slices;
	size_t want;	     /* bytes of the message at the front, when it must be had whole; 0: as they come */
	bool readable;	     /* the kernel may have more */
	bool hung;	     /* the kernel says that nothing more will come: read until the end is met */
	bool ended;	     /* the other side said that nothing more comes, or broke off */
	bool failed;	     /* nothing more can be sent */
};

/* ${fd} is non-blocking and becomes the stream's, which does not close it. */
void stream_init(struct stream *s, struct loop *l, int fd);
void stream_free(struct stream *s);

/* *${ret}: all bytes not used yet. False: nothing new came (then look at ended). */
bool stream_fill(struct stream *s, struct str *ret);
void stream_keep(struct stream *s, struct str rest);
static inline bool stream_blocked(const struct stream *s)
{
	return s->out.len != 0;
}

/* No copy: ${p} must stay until the next stream_flush. */
void stream_add(struct stream *s, const void *p, size_t n);
/* For short messages of our own. */
void stream_copy(struct stream *s, struct str bytes);
/* Sends; keeps a copy of what the socket does not take. */
void stream_flush(struct stream *s);

#endif
