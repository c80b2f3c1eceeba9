/* tls.h -- TLS under a stream, and the gate's own side of it towards clients.
 * Room: gate/database. OpenSSL.
 */
#ifndef PAWL_GATE_DATABASE_TLS_H
#define PAWL_GATE_DATABASE_TLS_H

#include "gate/database/stream.h"

struct ssl_ctx_st;

struct tls_files {
	const char *certificate, *key, *client_ca; /* PEM; client_ca NULL: no certificates from clients */
};

/* *${ret_digest}: of the certificate, as tls-server-end-point wants it (at most 64 bytes). */
bool tls_context(const struct tls_files *f, struct ssl_ctx_st **ret, struct buf *ret_digest, struct err *err) PAWL_MUST_USE;
void tls_context_free(struct ssl_ctx_st *c);

/* Begin to be the server of ${s}. */
bool tls_accept(struct stream *s, struct ssl_ctx_st *c) PAWL_MUST_USE;
enum tls_step { TLS_DONE, TLS_WAITS, TLS_FAILED };
enum tls_step tls_handshake(struct stream *s);
/* The common name of the client's verified certificate; false: it showed none. */
bool tls_peer_name(const struct stream *s, char *ret, size_t size);
void tls_free(struct stream *s);

/* As recv and sendmsg of a stream: bytes moved; 0 with the stream's flags set when there are none. */
size_t tls_read(struct stream *s, void *p, size_t n);
size_t tls_write(struct stream *s, const struct iovec *v, unsigned n);

#endif
