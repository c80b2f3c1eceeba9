#include "gate/database/stream.h"

#include <errno.h>
#include <sys/socket.h>

#include "gate/database/tls.h"

void stream_init(struct stream *s, struct loop *l, int fd)
{
	struct loop_watch watch = s->watch;

	*s = (struct stream){ .watch = watch, .loop = l, .in = BUF_MAX(STREAM_MAX), .out = BUF_MAX(STREAM_MAX) };
	s->watch.fd = fd;
}

void stream_free(struct stream *s)
{
	buf_free(&s->in);
	buf_free(&s->out);
	s->n_slices = 0;
}

/* >0 bytes; 0: none now. */
static size_t take(struct stream *s, char *p, size_t room)
{
	ssize_t n;

	if (s->ssl)
		return tls_read(s, p, room);
	do
		n = recv(s->watch.fd, p, room, 0);
	while (n < 0 && errno == EINTR);
	if (n <= 0) {
		s->readable = false;
		if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
			s->ended = true;
		return 0;
	}
	/* What a read did not fill, it emptied; the next bytes are told anew. */
	if ((size_t)n < room && !s->hung)
		s->readable = false;
	return (size_t)n;
}

bool stream_fill(struct stream *s, struct str *ret)
{
	size_t n, had = s->in.len;

	if (had >= LOOP_SCRATCH / 2 || s->want > LOOP_SCRATCH / 2) {
		size_t room = s->want > had ? s->want - had : LOOP_SCRATCH / 2;
		char *p = buf_reserve(&s->in, room > LOOP_SCRATCH ? LOOP_SCRATCH : room);

		if (!p) {
			s->ended = s->failed = true;
			return false;
		}
		n = take(s, p, room > LOOP_SCRATCH ? LOOP_SCRATCH : room);
		s->in.len += n;
		*ret = (struct str){ s->in.ptr, s->in.len };
		return n != 0;
	}
	if (had)
		memcpy(s->loop->scratch, s->in.ptr, had);
	n = take(s, s->loop->scratch + had, LOOP_SCRATCH - had);
	*ret = (struct str){ s->loop->scratch, had + n };
	return n != 0;
}

void stream_keep(struct stream *s, struct str rest)
{
	bool own = s->in.ptr && rest.ptr >= s->in.ptr && rest.ptr <= s->in.ptr + s->in.cap;

	if (own) {
		memmove(s->in.ptr, rest.ptr, rest.len);
		s->in.len = rest.len;
	} else {
		s->in.len = 0;
		if (rest.len)
			buf_add(&s->in, rest);
	}
	if (!rest.len && s->in.cap)
		buf_free(&s->in);
	if (s->in.failed)
		s->ended = s->failed = true;
}

void stream_add(struct stream *s, const void *p, size_t n)
{
	struct iovec *last;

	if (!n || s->failed)
		return;
	if (stream_blocked(s)) {
		buf_add(&s->out, (struct str){ p, n });
		s->failed |= s->out.failed;
		return;
	}
	last = s->n_slices ? &s->slices[s->n_slices - 1] : NULL;
	if (last && (const char *)last->iov_base + last->iov_len == p) {
		last->iov_len += n;
		return;
	}
	if (s->n_slices == STREAM_SLICES) {
		stream_flush(s);
		stream_add(s, p, n);
		return;
	}
	s->slices[s->n_slices].iov_base = (void *)(uintptr_t)p;
	s->slices[s->n_slices++].iov_len = n;
}

void stream_copy(struct stream *s, struct str bytes)
{
	struct loop *l = s->loop;

	if (!bytes.len)
		return;
	if (bytes.len <= LOOP_MADE - l->n_made) {
		memcpy(l->made + l->n_made, bytes.ptr, bytes.len);
		stream_add(s, l->made + l->n_made, bytes.len);
		l->n_made += bytes.len;
		return;
	}
	/* No room beside the loop's other messages: these bytes wait in the stream's own. */
	stream_flush(s);
	buf_add(&s->out, bytes);
	s->failed |= s->out.failed;
}

static size_t give(struct stream *s, const struct iovec *v, unsigned n)
{
	struct msghdr m = { .msg_iov = (struct iovec *)(uintptr_t)v, .msg_iovlen = n };
	ssize_t sent;

	if (s->ssl)
		return tls_write(s, v, n);
	do
		sent = n == 1 ? send(s->watch.fd, v->iov_base, v->iov_len, MSG_NOSIGNAL) : sendmsg(s->watch.fd, &m, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return (size_t)sent;
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		s->failed = true;
	return 0;
}

static void flush_kept(struct stream *s)
{
	while (s->out.len > s->out_done && !s->failed) {
		struct iovec v = { s->out.ptr + s->out_done, s->out.len - s->out_done };
		size_t n = give(s, &v, 1);

		if (!n)
			break;
		s->out_done += n;
	}
	if (s->out_done == s->out.len || s->failed) {
		buf_free(&s->out);
		s->out_done = 0;
	} else if (s->out_done > s->out.len / 2) {
		memmove(s->out.ptr, s->out.ptr + s->out_done, s->out.len - s->out_done);
		s->out.len -= s->out_done;
		s->out_done = 0;
	}
}

void stream_flush(struct stream *s)
{
	size_t sent = 0;

	if (stream_blocked(s)) {
		flush_kept(s);
		return;
	}
	if (!s->n_slices)
		return;
	if (!s->failed)
		sent = give(s, s->slices, s->n_slices);
	for (unsigned i = 0; i < s->n_slices && !s->failed; i++) {
		struct iovec *v = &s->slices[i];

		if (sent >= v->iov_len) {
			sent -= v->iov_len;
			continue;
		}
		buf_add(&s->out, (struct str){ (const char *)v->iov_base + sent, v->iov_len - sent });
		sent = 0;
	}
	s->n_slices = 0;
	s->failed |= s->out.failed;
	if (s->failed)
		buf_free(&s->out);
}
