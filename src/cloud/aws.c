#include "cloud/aws.h"

#include "base/clock.h"
#include "cloud/sigv4.h"

#define MAX_REQUEST ((size_t)64 << 10)

static bool in_china(struct str region)
{
	return str_starts(region, STR("cn-"));
}

static bool in_gov(struct str region)
{
	return str_starts(region, STR("us-gov-"));
}

struct str aws_partition(struct str region)
{
	return in_china(region) ? STR("aws-cn") : in_gov(region) ? STR("aws-us-gov") : STR("aws");
}

struct str aws_global_region(struct str region)
{
	return in_china(region) ? STR("cn-north-1")
	       : in_gov(region) ? STR("us-gov-west-1")
				: STR("us-east-1");
}

static struct str strip_slash(struct str url)
{
	while (url.len && url.ptr[url.len - 1] == '/')
		url.len--;
	return url;
}

/* What the user set in place of the service's own; STR_NONE: nothing. */
static struct str configured_endpoint(const struct aws_service *s, struct str profile_endpoint, struct arena *arena)
{
	struct str variable = arena_fmt(arena, "AWS_ENDPOINT_URL_%.*s", STR_ARG(s->env)), url;

	if (str_eq_nocase(str_from(getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")), STR("true")))
		return STR_NONE;
	url = str_from(variable.ptr ? getenv(variable.ptr) : NULL);
	if (!url.len)
		url = str_from(getenv("AWS_ENDPOINT_URL"));
	return url.len ? url : profile_endpoint;
}

struct str aws_endpoint(const struct aws_service *s, struct str region, struct str profile_endpoint,
			struct arena *arena)
{
	struct str url = configured_endpoint(s, profile_endpoint, arena);
	const char *suffix = in_china(region) ? "amazonaws.com.cn" : "amazonaws.com";

	if (url.len)
		return strip_slash(url);
	if (s->global && str_is(aws_partition(region), "aws"))
		return arena_fmt(arena, "https://%.*s.%s", STR_ARG(s->host), suffix);
	if (s->global && in_gov(region))
		return arena_fmt(arena, "https://%.*s.us-gov.%s", STR_ARG(s->host), suffix);
	return arena_fmt(arena, "https://%.*s.%.*s.%s", STR_ARG(s->host),
			 STR_ARG(s->global ? aws_global_region(region) : region), suffix);
}

struct draft {
	struct str endpoint, host, method, path, query, body, target;
	const char *content_type;
};

/* The form, body or path of the request. */
static bool draft_request(const struct aws_question *q, struct arena *arena, struct draft *d)
{
	auto_buf b = BUF_MAX(MAX_REQUEST);
	struct str text;
	size_t mark;

	if (q->service->protocol == AWS_QUERY)
		buf_addf(&b, "Action=%.*s&Version=%.*s&", STR_ARG(q->operation),
			 STR_ARG(q->service->version));
	if (!answer_expand(q->request, &q->names,
			   q->service->protocol == AWS_JSON ? ANSWER_JSON : ANSWER_URI, &b))
		return false;
	text = arena_str(arena, buf_str(&b));
	d->method = STR("POST");
	d->path = STR("/");
	switch (q->service->protocol) {
	case AWS_QUERY:
		d->body = text.len && text.ptr[text.len - 1] == '&' ? str_sub(text, 0, text.len - 1)
								    : text;
		d->content_type = "application/x-www-form-urlencoded; charset=utf-8";
		return !arena->full;
	case AWS_JSON:
		d->body = text;
		d->content_type = str_is(q->service->json, "1.0") ? "application/x-amz-json-1.0"
								  : "application/x-amz-json-1.1";
		d->target = arena_fmt(arena, "%.*s.%.*s", STR_ARG(q->service->version),
				      STR_ARG(q->operation));
		return !arena->full;
	case AWS_REST:
		mark = str_find_char(text, '?');
		d->method = STR("GET");
		d->path = str_sub(text, 0, mark == SIZE_MAX ? text.len : mark);
		d->query = mark == SIZE_MAX ? STR_NONE : str_sub(text, mark + 1, SIZE_MAX);
		return !arena->full;
	}
	return false;
}

/* The host of "https://host:port/base", as it goes into the Host header; the base goes before the path. */
static bool split_endpoint(struct draft *d, struct arena *arena, struct err *err)
{
	size_t start = str_find(d->endpoint, STR("://")), slash;
	struct str rest;

	if (start == SIZE_MAX ||
	    !(str_starts(d->endpoint, STR("https://")) || str_starts(d->endpoint, STR("http://"))))
		return err_set(err, ERR_INPUT, "the endpoint %.*s is no http or https address",
			       STR_ARG(d->endpoint));
	rest = str_sub(d->endpoint, start + 3, SIZE_MAX);
	slash = str_find_char(rest, '/');
	d->host = str_sub(rest, 0, slash == SIZE_MAX ? rest.len : slash);
	if (str_find_char(d->host, '@') != SIZE_MAX || d->host.len == 0)
		return err_set(err, ERR_INPUT, "the endpoint %.*s names no plain host",
			       STR_ARG(d->endpoint));
	if (slash != SIZE_MAX)
		d->path = arena_join(arena, str_sub(rest, slash, SIZE_MAX), d->path);
	d->endpoint = str_sub(d->endpoint, 0, start + 3 + d->host.len);
	return true;
}

static bool sign(const struct aws *aws, const struct aws_question *q, const struct draft *d,
		 struct arena *arena, struct sigv4_signed *ret)
{
	const struct sigv4_header extra[] = {
		{ STR("content-type"), str_from(d->content_type) },
		{ STR("x-amz-target"), d->target },
	};
	struct sigv4_request r = {
		.method = d->method,
		.host = d->host,
		.path = d->path,
		.query = d->query,
		.body = d->body,
		.region = q->service->global ? aws_global_region(q->names.region) : q->names.region,
		.service = q->service->name,
		.access_key = aws->credentials.access_key,
		.secret_key = aws->credentials.secret_key,
		.session_token = aws->credentials.session_token,
		.now_us = clock_now_us(),
		.headers = extra,
		.n_headers = d->target.len     ? 2
			     : d->content_type ? 1
					       : 0,
	};

	return sigv4_sign(&r, arena, ret);
}

static size_t headers_of(const struct draft *d, const struct sigv4_signed *s, struct arena *arena,
			 struct str ret[8])
{
	size_t n = 0;

	ret[n++] = arena_fmt(arena, "Host: %.*s", STR_ARG(d->host));
	ret[n++] = arena_fmt(arena, "Authorization: %.*s", STR_ARG(s->authorization));
	ret[n++] = arena_fmt(arena, "X-Amz-Date: %.*s", STR_ARG(s->date));
	if (s->security_token.len)
		ret[n++] =
			arena_fmt(arena, "X-Amz-Security-Token: %.*s", STR_ARG(s->security_token));
	if (s->content_sha256.len)
		ret[n++] =
			arena_fmt(arena, "X-Amz-Content-Sha256: %.*s", STR_ARG(s->content_sha256));
	if (d->content_type)
		ret[n++] = arena_fmt(arena, "Content-Type: %s", d->content_type);
	if (d->target.len)
		ret[n++] = arena_fmt(arena, "X-Amz-Target: %.*s", STR_ARG(d->target));
	return n;
}

static bool exchange(struct aws *aws, const struct draft *d, const struct sigv4_signed *s,
		     struct http_answer *ret, struct err *err)
{
	struct arena *arena = &aws->scratch;
	struct str headers[8];
	struct http_request r = {
		.method = d->method,
		.url = arena_fmt(arena, "%.*s%.*s%s%.*s", STR_ARG(d->endpoint), STR_ARG(d->path),
				 d->query.len ? "?" : "", STR_ARG(d->query)),
		.headers = headers,
		.n_headers = headers_of(d, s, arena, headers),
		.body = d->body,
	};

	if (arena->full)
		return err_set(err, ERR_LIMIT, "a request too large to send");
	aws->questions++;
	return http_send(aws->http, &r, ret, err);
}

/* A refusal's code: in the header for REST, in the body for the rest. Strings of the body live in scratch. */
static bool read_answer(struct aws *aws, const struct aws_question *q, const struct http_answer *a,
			const struct json **ret_root, struct str *ret_code, struct err *err)
{
	struct str body = arena_str(&aws->scratch, buf_str(&a->body));
	const struct json *root = NULL;
	struct err why = { .code = ERR_NONE };
	bool parsed = answer_parse(q->service, body, &aws->scratch, &root, &why);

	if (a->status >= 200 && a->status < 300) {
		if (!parsed)
			return err_set(err, why.code, "%s", why.msg);
		*ret_root = root;
		*ret_code = STR_NONE;
		return true;
	}
	*ret_code = a->error_type[0] ? arena_str(&aws->scratch, str_from(a->error_type))
				     : answer_error(root);
	if (!ret_code->len)
		return err_set(err, ERR_IO, "status %ld and no reason that can be read", a->status);
	*ret_root = root;
	return true;
}

bool aws_ask(struct aws *aws, const struct aws_question *q, const struct json **ret_root,
	     struct str *ret_code, struct err *err)
{
	struct http_answer answer = { .status = 0 };
	struct draft d = { .content_type = NULL };
	struct sigv4_signed s;
	bool ok;

	arena_reset(&aws->scratch);
	d.endpoint =
		aws_endpoint(q->service, q->names.region, aws->credentials.endpoint, &aws->scratch);
	ok = draft_request(q, &aws->scratch, &d) ||
	     err_set(err, ERR_LIMIT, "the name is too long to ask for");
	ok = ok && split_endpoint(&d, &aws->scratch, err);
	ok = ok && (sign(aws, q, &d, &aws->scratch, &s) ||
		    err_set(err, ERR_LIMIT, "the request is too large to sign"));
	ok = ok && exchange(aws, &d, &s, &answer, err);
	ok = ok && read_answer(aws, q, &answer, ret_root, ret_code, err);
	buf_free(&answer.body);
	return ok || err_prefix(err, "%.*s %.*s", STR_ARG(q->service->name), STR_ARG(q->operation));
}
