/* http.h -- one HTTP exchange at a time over kept connections, by libcurl as transport alone.
 * Room: cloud. 5 s to connect, 15 s in all unless told, answers up to 8 MiB, no redirects, certificates checked.
 */
#ifndef PAWL_CLOUD_HTTP_H
#define PAWL_CLOUD_HTTP_H

#include "base/buf.h"
#include "base/err.h"

#define HTTP_MAX_ANSWER (((size_t)8 << 20) + 65536)
#define HTTP_CONNECT_S 5L
#define HTTP_TOTAL_S 15L

struct http; /* not for two threads at once */

struct http_request {
	struct str method; /* GET, HEAD, DELETE, or with a body POST, PUT */
	struct str url;
	const struct str *headers; /* "Name: value" each */
	size_t n_headers;
	struct str body;
	long total_s; /* 0: HTTP_TOTAL_S */
	long silent_s; /* not a byte either way for so long ends it; 0: total_s alone does */
};

/* One header of an answer. */
struct http_header {
	const char *name; /* lower case */
	char value[256];  /* "" when it was not there */
};

struct http_answer {
	long status;
	struct buf body;
	struct http_header *wanted; /* the caller's; filled */
	size_t n_wanted;
	char error_type[128]; /* X-Amzn-ErrorType without namespace and what follows a colon; "" */
};

struct http *http_open(struct err *err) PAWL_MUST_USE;
void http_close(struct http *h); /* NULL does nothing */
/* False with ${err} when there was no whole answer. ${ret} is cleared first; the caller frees ret->body. */
bool http_send(struct http *h, const struct http_request *r, struct http_answer *ret,
	       struct err *err) PAWL_MUST_USE;

#endif
