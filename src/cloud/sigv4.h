/* sigv4.h -- AWS Signature Version 4 for the requests we send, by our own canonicaliser.
 * Room: cloud. Pure. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * Own, because the one in libcurl signs several shapes wrong (a doubly encoded path, an unsorted query).
 */
#ifndef PAWL_CLOUD_SIGV4_H
#define PAWL_CLOUD_SIGV4_H

#include "base/arena.h"
#include "base/buf.h"

struct sigv4_header {
	struct str name; /* lower case */
	struct str value;
};

struct sigv4_request {
	struct str method, host;
	struct str path;  /* as sent: encoded once; "/" at the least */
	struct str query; /* as sent, encoded, without the question mark; order does not matter */
	struct str body;
	struct str region, service;
	struct str access_key, secret_key, session_token; /* session_token may be STR_NONE */
	int64_t now_us;
	const struct sigv4_header
		*headers; /* more to be signed, beside host and x-amz-*; any order */
	size_t n_headers;
};

/* To be sent as they are. security_token is STR_NONE without a session; content_sha256 is STR_NONE but for s3. */
struct sigv4_signed {
	struct str authorization, date, security_token, content_sha256;
	struct str canonical; /* the canonical request, for tests */
};

#define SIGV4_MAX_HEADERS 16

/* False when the arena is full or there are too many headers. */
bool sigv4_sign(const struct sigv4_request *r, struct arena *arena,
		struct sigv4_signed *ret) PAWL_MUST_USE;

/* Percent-encode everything but A-Z a-z 0-9 - . _ ~ (and / when ${keep_slash}). */
void sigv4_encode(struct str s, bool keep_slash, struct buf *out);

#endif
