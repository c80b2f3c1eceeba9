/* OpenSSL has a type of this name, base/err.h a constant. */
#define ERR_STATE openssl_err_state
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#undef ERR_STATE

#include "gate/database/tls.h"

static bool tls_error(struct err *err, const char *what, const char *path)
{
	char text[256];

	ERR_error_string_n(ERR_get_error(), text, sizeof(text));
	ERR_clear_error();
	return err_set(err, ERR_INPUT, "%s %s: %s", what, path, text);
}

/* RFC 5929: the hash of the certificate's signature, SHA-256 where that is weaker. */
static bool end_point(const X509 *x, struct buf *ret, struct err *err)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	int nid = NID_undef;
	const EVP_MD *how;

	if (!OBJ_find_sigid_algs(X509_get_signature_nid(x), &nid, NULL) || nid == NID_md5 || nid == NID_sha1)
		nid = NID_sha256;
	how = EVP_get_digestbynid(nid);
	if (!how)
		how = EVP_sha256();
	if (!X509_digest(x, how, md, &n))
		return err_set(err, ERR_INPUT, "cannot digest the certificate");
	buf_add(ret, (struct str){ (const char *)md, n });
	return !ret->failed || err_set(err, ERR_LIMIT, "no memory");
}

static bool fill_context(SSL_CTX *c, const struct tls_files *f, struct buf *ret_digest, struct err *err)
{
	SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
	SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
	SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	if (SSL_CTX_use_certificate_chain_file(c, f->certificate) != 1)
		return tls_error(err, "certificate", f->certificate);
	if (SSL_CTX_use_PrivateKey_file(c, f->key, SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(c) != 1)
		return tls_error(err, "key", f->key);
	if (f->client_ca) {
		if (SSL_CTX_load_verify_locations(c, f->client_ca, NULL) != 1)
			return tls_error(err, "client authority", f->client_ca);
		SSL_CTX_set_client_CA_list(c, SSL_load_client_CA_file(f->client_ca));
		SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
	}
	return end_point(SSL_CTX_get0_certificate(c), ret_digest, err);
}

bool tls_context(const struct tls_files *f, struct ssl_ctx_st **ret, struct buf *ret_digest, struct err *err)
{
	SSL_CTX *c = SSL_CTX_new(TLS_server_method());

	if (!c)
		return err_set(err, ERR_LIMIT, "no memory for TLS");
	if (!fill_context(c, f, ret_digest, err)) {
		SSL_CTX_free(c);
		return false;
	}
	*ret = c;
	return true;
}

void tls_context_free(struct ssl_ctx_st *c)
{
	SSL_CTX_free(c);
}

bool tls_accept(struct stream *s, struct ssl_ctx_st *c)
{
	SSL *ssl = SSL_new(c);

	if (!ssl || SSL_set_fd(ssl, s->watch.fd) != 1) {
		SSL_free(ssl);
		return false;
	}
	SSL_set_accept_state(ssl);
	s->ssl = ssl;
	return true;
}

enum tls_step tls_handshake(struct stream *s)
{
	int done = SSL_do_handshake(s->ssl), why;

	if (done == 1)
		return TLS_DONE;
	why = SSL_get_error(s->ssl, done);
	ERR_clear_error();
	return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? TLS_WAITS : TLS_FAILED;
}

bool tls_peer_name(const struct stream *s, char *ret, size_t size)
{
	X509 *x;
	int n;

	if (!s->ssl || !(x = SSL_get1_peer_certificate(s->ssl)))
		return false;
	n = X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, ret, (int)size);
	X509_free(x);
	/* A name with a NUL inside, or cut, is nobody's. */
	return n > 0 && (size_t)n < size - 1 && strlen(ret) == (size_t)n && SSL_get_verify_result(s->ssl) == X509_V_OK;
}

void tls_free(struct stream *s)
{
	SSL_free(s->ssl);
	s->ssl = NULL;
}

size_t tls_read(struct stream *s, void *p, size_t n)
{
	size_t got = 0, one;
	int ok, why;

	while (got < n) {
		ok = SSL_read_ex(s->ssl, (char *)p + got, n - got, &one);
		if (ok == 1) {
			got += one;
			continue;
		}
		why = SSL_get_error(s->ssl, ok);
		ERR_clear_error();
		if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE && !got)
			s->ended = true;
		if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE || !got)
			s->readable = false;
		break;
	}
	return got;
}

size_t tls_write(struct stream *s, const struct iovec *v, unsigned n)
{
	size_t sent = 0, one;
	int ok, why;

	for (unsigned i = 0; i < n; i++) {
		for (size_t at = 0; at < v[i].iov_len;) {
			ok = SSL_write_ex(s->ssl, (const char *)v[i].iov_base + at, v[i].iov_len - at, &one);
			if (ok != 1) {
				why = SSL_get_error(s->ssl, ok);
				ERR_clear_error();
				if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
					s->failed = true;
				return sent;
			}
			at += one;
			sent += one;
		}
	}
	return sent;
}
