#include "cloud/http.h"

#include <curl/curl.h>
#include <fcntl.h>

#include "base/arena.h"

struct http {
	CURL *curl;
	char problem[CURL_ERROR_SIZE];
};

struct http *http_open(struct err *err)
{
	struct http *h;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		err_set(err, ERR_TOOL, "libcurl could not be started");
		return NULL;
	}
	h = calloc(1, sizeof(*h));
	if (h)
		h->curl = curl_easy_init();
	if (!h || !h->curl) {
		free(h);
		err_set(err, ERR_LIMIT, "out of memory for libcurl");
		return NULL;
	}
	return h;
}

void http_close(struct http *h)
{
	if (!h)
		return;
	curl_easy_cleanup(h->curl);
	free(h);
}

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
	struct buf *b = ctx;

	buf_add(b, (struct str){ p, size * n });
	return b->failed ? 0 : size * n;
}

static void keep_wanted(struct http_answer *a, struct str line)
{
	size_t colon = str_find_char(line, ':');
	struct str name = str_sub(line, 0, colon == SIZE_MAX ? 0 : colon);

	for (size_t i = 0; i < a->n_wanted; i++) {
		struct http_header *h = &a->wanted[i];

		if (name.len && str_eq_nocase(name, str_from(h->name)))
			snprintf(h->value, sizeof(h->value), "%.*s", STR_ARG(str_trim(str_sub(line, colon + 1, SIZE_MAX))));
	}
}

/* Keeps the one header that says what error it is, and what the caller asked for. */
static size_t on_header(char *p, size_t size, size_t n, void *ctx)
{
	struct http_answer *a = ctx;
	struct str line = { p, size * n }, name = STR("x-amzn-errortype:"), value;
	size_t colon;

	keep_wanted(a, line);
	if (line.len > name.len && str_eq_nocase(str_sub(line, 0, name.len), name)) {
		value = str_trim(str_sub(line, name.len, SIZE_MAX));
		colon = str_find_char(value, ':');
		value = str_trim(str_sub(value, 0, colon == SIZE_MAX ? value.len : colon));
		colon = str_rfind_char(value, '#'); /* a namespace before it */
		value = colon == SIZE_MAX ? value : str_sub(value, colon + 1, SIZE_MAX);
		snprintf(a->error_type, sizeof(a->error_type), "%.*s", STR_ARG(value));
	}
	return size * n;
}

static bool add_headers(const struct http_request *r, struct curl_slist **list)
{
	auto_buf line = BUF_MAX(65536);

	for (size_t i = 0; i < r->n_headers; i++) {
		struct curl_slist *more;

		buf_clear(&line);
		buf_add(&line, r->headers[i]);
		more = line.failed ? NULL : curl_slist_append(*list, line.ptr);
		if (!more)
			return false;
		*list = more;
	}
	return true;
}

/* A program started while it is kept has no part in it. */
static int ours_alone(void *ctx, curl_socket_t fd, curlsocktype what)
{
	(void)ctx;
	(void)what;
	return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 ? CURL_SOCKOPT_OK : CURL_SOCKOPT_ERROR;
}

static void set_limits(struct http *h)
{
	const char *bundle = getenv("AWS_CA_BUNDLE");

	curl_easy_reset(h->curl);
	curl_easy_setopt(h->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(h->curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(h->curl, CURLOPT_CONNECTTIMEOUT, HTTP_CONNECT_S);
	curl_easy_setopt(h->curl, CURLOPT_TIMEOUT, HTTP_TOTAL_S);
	curl_easy_setopt(h->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h->curl, CURLOPT_SOCKOPTFUNCTION, ours_alone);
	curl_easy_setopt(h->curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(h->curl, CURLOPT_USERAGENT, "pawl/" PAWL_VERSION);
	curl_easy_setopt(h->curl, CURLOPT_ERRORBUFFER, h->problem);
	if (bundle && *bundle)
		curl_easy_setopt(h->curl, CURLOPT_CAINFO, bundle);
}

static void set_method(struct http *h, const struct http_request *r)
{
	char method[16];

	snprintf(method, sizeof(method), "%.*s", STR_ARG(r->method));
	if (r->total_s)
		curl_easy_setopt(h->curl, CURLOPT_TIMEOUT, r->total_s);
	if (r->silent_s) {
		curl_easy_setopt(h->curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
		curl_easy_setopt(h->curl, CURLOPT_LOW_SPEED_TIME, r->silent_s);
	}
	if (str_is(r->method, "POST") || str_is(r->method, "PUT")) {
		curl_easy_setopt(h->curl, CURLOPT_POST, 1L);
		curl_easy_setopt(h->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
		curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, r->body.len ? r->body.ptr : "");
	}
	if (str_is(r->method, "HEAD"))
		curl_easy_setopt(h->curl, CURLOPT_NOBODY, 1L);
	else if (!str_is(r->method, "GET") && !str_is(r->method, "POST"))
		curl_easy_setopt(h->curl, CURLOPT_CUSTOMREQUEST, method);
}

bool http_send(struct http *h, const struct http_request *r, struct http_answer *ret,
	       struct err *err)
{
	struct curl_slist *headers = NULL;
	auto_buf url = BUF_MAX(65536);
	CURLcode rc;
	bool ok;

	buf_free(&ret->body);
	ret->body = BUF_MAX(HTTP_MAX_ANSWER);
	ret->status = 0;
	ret->error_type[0] = 0;
	for (size_t i = 0; i < ret->n_wanted; i++)
		ret->wanted[i].value[0] = 0;
	set_limits(h);
	buf_add(&url, r->url);
	if (url.failed || !url.ptr || !add_headers(r, &headers)) {
		curl_slist_free_all(headers);
		return err_set(err, ERR_LIMIT, "a request too large to send");
	}
	curl_easy_setopt(h->curl, CURLOPT_URL, url.ptr);
	curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(h->curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(h->curl, CURLOPT_WRITEDATA, &ret->body);
	curl_easy_setopt(h->curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(h->curl, CURLOPT_HEADERDATA, ret);
	set_method(h, r);
	h->problem[0] = 0;
	rc = curl_easy_perform(h->curl);
	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &ret->status);
	ok = rc == CURLE_OK;
	if (!ok && ret->body.failed)
		err_set(err, ERR_LIMIT, "the answer is larger than %zu bytes", HTTP_MAX_ANSWER);
	else if (!ok)
		err_set(err, ERR_IO, "%s", h->problem[0] ? h->problem : curl_easy_strerror(rc));
	curl_slist_free_all(headers);
	return ok;
}
