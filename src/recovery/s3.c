#include "recovery/s3.h"

#include <curl/curl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/timestamp.h"
#include "cloud/answer.h"
#include "cloud/credentials.h"
#include "cloud/xml.h"
#include "recovery/stall.h"

#define SCRATCH ((size_t)64 << 20)
#define KEEP ((size_t)1 << 20)
#define TRIES 4
#define TOTAL_S 300L
#define SILENT_S 30L	  /* no byte either way */
#define SILENT_BODY_S 60L /* what was sent is looked at first */
#define SILENT_SLOW_S 240L
#define AGAIN_S 45 /* what has no body is not asked once more after that */
#define VERSIONS_MAX 1000000u

struct s3 {
	struct http *http;
	struct arena scratch, keep; /* of one exchange; credentials and names */
	struct credentials credentials;
	struct str endpoint, host, base, bucket, prefix,
		region; /* base: what goes before the key in a path */
	struct str own; /* the endpoint as it was named; STR_NONE: AWS's */
	struct http_answer answer;
	int64_t ahead_us; /* the cloud's clock before ours */
	bool nobody;	  /* nothing is signed */
};

/* "https://host/base" taken apart. */
static bool split(struct s3 *s, struct str url, struct err *err)
{
	size_t at = str_find(url, STR("://")), slash;
	struct str rest;

	if (at == SIZE_MAX ||
	    !(str_starts(url, STR("https://")) || str_starts(url, STR("http://"))))
		return err_set(err, ERR_INPUT, "the endpoint %.*s is no http or https address",
			       STR_ARG(url));
	while (str_ends(url, STR("/")))
		url.len--;
	rest = str_sub(url, at + 3, SIZE_MAX);
	slash = str_find_char(rest, '/');
	s->host = str_sub(rest, 0, slash == SIZE_MAX ? rest.len : slash);
	s->endpoint = str_sub(url, 0, at + 3 + s->host.len);
	s->base = arena_fmt(&s->keep, "%.*s/%.*s",
			    STR_ARG(slash == SIZE_MAX ? STR_NONE : str_sub(rest, slash, SIZE_MAX)),
			    STR_ARG(s->bucket));
	return (s->host.len && str_find_char(s->host, '@') == SIZE_MAX) ||
	       err_set(err, ERR_INPUT, "the endpoint %.*s names no plain host", STR_ARG(url));
}

/* An endpoint of one's own gets the bucket in the path, AWS in the name, where it may stand. */
static bool whither(struct s3 *s, const struct vault_place *p, struct err *err)
{
	static const char *const variables[] = { "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL" };
	struct str own = p->endpoint;
	const char *suffix =
		str_starts(s->region, STR("cn-")) ? "amazonaws.com.cn" : "amazonaws.com";

	for (size_t i = 0; i < ARRAY_LEN(variables) && !own.len; i++)
		own = str_from(getenv(variables[i]));
	if (!own.len)
		own = s->credentials.endpoint;
	if (own.len)
		s->own = arena_str(&s->keep, own);
	if (own.len)
		return split(s, s->own, err);
	if (str_find_char(s->bucket, '.') != SIZE_MAX)
		return split(s,
			     arena_fmt(&s->keep, "https://s3.%.*s.%s", STR_ARG(s->region), suffix),
			     err);
	s->host = arena_fmt(&s->keep, "%.*s.s3.%.*s.%s", STR_ARG(s->bucket), STR_ARG(s->region),
			    suffix);
	s->endpoint = arena_fmt(&s->keep, "https://%.*s", STR_ARG(s->host));
	s->base = STR_NONE;
	return true;
}

static bool open_as(const struct vault_place *p, bool nobody, struct s3 **ret, struct err *err)
{
	struct s3 *s = calloc(1, sizeof(*s));
	bool good;

	if (!s || !arena_map(&s->keep, KEEP) || !arena_map(&s->scratch, SCRATCH)) {
		s3_close(s);
		return err_set(err, ERR_LIMIT, "no memory for S3");
	}
	s->http = http_open(err);
	s->nobody = nobody;
	good = s->http && (nobody || credentials_find(&s->keep, &s->credentials, err));
	s->bucket = arena_str(&s->keep, p->bucket);
	s->prefix = arena_str(&s->keep, p->prefix);
	s->region = p->region.len ? arena_str(&s->keep, p->region) : s->credentials.region;
	if (good && !s->region.len)
		good = err_set(err, ERR_INPUT,
			       "no region: say `region:` of the vault, or set AWS_REGION");
	good = good && whither(s, p, err) &&
	       (!s->keep.full || err_set(err, ERR_LIMIT, "the bucket's names are too long"));
	if (good)
		*ret = s;
	else
		s3_close(s);
	return good;
}

bool s3_open(const struct vault_place *p, struct s3 **ret, struct err *err)
{
	return open_as(p, false, ret, err);
}

bool s3_open_nobody(const struct vault_place *p, struct s3 **ret, struct err *err)
{
	return open_as(p, true, ret, err);
}

void s3_close(struct s3 *s)
{
	if (!s)
		return;
	if (s->keep.mem) {
		explicit_bzero(s->keep.mem, s->keep.used);
		arena_unmap(&s->keep);
	}
	if (s->scratch.mem)
		arena_unmap(&s->scratch);
	buf_free(&s->answer.body);
	http_close(s->http);
	free(s);
}

void s3_where(const struct s3 *s, struct vault_place *place)
{
	place->endpoint = s->own;
	place->region = s->region;
}

int64_t s3_now_us(const struct s3 *s)
{
	return clock_now_us() + s->ahead_us;
}

struct str s3_key(const struct s3 *s, struct arena *arena, struct str target, struct str id,
		  struct str file)
{
	const struct str parts[] = { s->prefix, target, id, file };
	struct str key = STR("");

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (!parts[i].len && i)
			break;
		if (parts[i].len)
			key = arena_fmt(arena, "%.*s%s%.*s", STR_ARG(key), key.len ? "/" : "",
					STR_ARG(parts[i]));
	}
	/* A folder ends with its slash, so that "a" is not the beginning of "ab". */
	return file.len || !key.len ? key : arena_fmt(arena, "%.*s/", STR_ARG(key));
}

/* --- one exchange --- */

static size_t lines(const struct s3_call *c, const struct sigv4_signed *g, struct s3 *s,
		    struct str ret[S3_HEADERS_MAX + 8])
{
	struct arena *a = &s->scratch;
	size_t n = 0;

	ret[n++] = arena_fmt(a, "Host: %.*s", STR_ARG(s->host));
	if (!s->nobody)
		ret[n++] = arena_fmt(a, "Authorization: %.*s", STR_ARG(g->authorization));
	ret[n++] = arena_fmt(a, "X-Amz-Date: %.*s", STR_ARG(g->date));
	ret[n++] = arena_fmt(a, "X-Amz-Content-Sha256: %.*s", STR_ARG(g->content_sha256));
	if (g->security_token.len)
		ret[n++] = arena_fmt(a, "X-Amz-Security-Token: %.*s", STR_ARG(g->security_token));
	ret[n++] = STR("Content-Type: application/octet-stream");
	ret[n++] = STR("Expect:");
	for (size_t i = 0; i < S3_HEADERS_MAX; i++) {
		if (c->headers[i].value.len)
			ret[n++] = arena_fmt(a, "%.*s: %.*s", STR_ARG(c->headers[i].name),
					     STR_ARG(c->headers[i].value));
	}
	return n;
}

static bool exchange(struct s3 *s, const struct s3_call *c, struct err *err)
{
	struct sigv4_header headers[S3_HEADERS_MAX];
	struct str text[S3_HEADERS_MAX + 8], path;
	struct http_header wanted[12] = { { .name = "date" } };
	auto_buf encoded = BUF_MAX(8192);
	struct sigv4_signed g;
	size_t n = 0;
	bool good;

	arena_reset(&s->scratch);
	sigv4_encode(c->key, true, &encoded);
	path = arena_fmt(&s->scratch, "%.*s%s%.*s", STR_ARG(s->base),
			 c->key.len || !s->base.len ? "/" : "", STR_ARG(buf_str(&encoded)));
	for (size_t i = 0; i < S3_HEADERS_MAX; i++) {
		if (c->headers[i].value.len)
			headers[n++] = c->headers[i];
	}
	PAWL_ASSERT(c->n_wanted < ARRAY_LEN(wanted));
	for (size_t i = 0; i < c->n_wanted; i++)
		wanted[i + 1] = c->wanted[i];
	good = sigv4_sign(&(struct sigv4_request){ .method = str_from(c->method),
						   .host = s->host,
						   .path = path,
						   .query = c->query,
						   .body = c->body,
						   .region = s->region,
						   .service = STR("s3"),
						   .access_key = s->credentials.access_key,
						   .secret_key = s->credentials.secret_key,
						   .session_token = s->credentials.session_token,
						   .now_us = clock_now_us(),
						   .headers = headers,
						   .n_headers = n },
			  &s->scratch, &g);
	if (!good || encoded.failed)
		return err_set(err, ERR_LIMIT, "a request too large to sign");
	s->answer.wanted = wanted;
	s->answer.n_wanted = c->n_wanted + 1;
	good = http_send(
		s->http,
		&(struct http_request){
			.method = str_from(c->method),
			.url = arena_fmt(&s->scratch, "%.*s%.*s%s%.*s", STR_ARG(s->endpoint),
					 STR_ARG(path), c->query.len ? "?" : "", STR_ARG(c->query)),
			.headers = text,
			.n_headers = lines(c, &g, s, text),
			.body = c->body,
			.total_s = TOTAL_S,
			.silent_s = c->slow ? SILENT_SLOW_S : c->body.len ? SILENT_BODY_S : SILENT_S },
		&s->answer, err);
	s->answer.wanted = NULL;
	s->answer.n_wanted = 0;
	if (!good)
		return false;
	if (wanted[0].value[0]) {
		time_t t = curl_getdate(wanted[0].value, NULL);

		s->ahead_us = t > 0 ? (int64_t)t * CLOCK_SECOND - clock_now_us() : s->ahead_us;
	}
	for (size_t i = 0; i < c->n_wanted; i++)
		c->wanted[i] = wanted[i + 1];
	return true;
}

/* Why it was refused. An answer without a body, as to HEAD, has its status alone. */
static struct str code_of(struct s3 *s)
{
	struct json *root;
	struct err why = { 0 };
	struct str code = STR_NONE;

	if (s->answer.status >= 200 && s->answer.status < 300)
		return STR_NONE;
	if (s->answer.body.len && xml_parse(buf_str(&s->answer.body), &s->scratch, &root, &why))
		code = answer_error(root);
	return code.len ? code : arena_fmt(&s->scratch, "status %ld", s->answer.status);
}

static bool busy(long status, struct str code)
{
	return status == 429 || (status >= 500 && status != 501) || str_is(code, "RequestTimeout") ||
	       str_is(code, "SlowDown");
}

bool s3_call(struct s3 *s, const struct s3_call *c, struct s3_answer *ret, struct err *err)
{
	bool renewed = false, good = false;
	int64_t began = stall_clock();

	for (unsigned i = 0; i < (c->once ? 1 : TRIES); i++) {
		struct str code;

		if (i && !c->body.len && stall_clock() - began > AGAIN_S)
			break;
		if (i)
			usleep(100000u << (2 * (i - 1)));
		good = exchange(s, c, err);
		if (!good)
			continue;
		code = code_of(s);
		*ret = (struct s3_answer){ s->answer.status, code, buf_str(&s->answer.body) };
		if (code.len && !renewed &&
		    (str_is(code, "ExpiredToken") || str_is(code, "ExpiredTokenException"))) {
			renewed = true;
			if (!credentials_find(&s->keep, &s->credentials, err))
				return false;
			continue;
		}
		if (!busy(s->answer.status, code))
			break;
	}
	return good || err_prefix(err, "s3 %.*s", STR_ARG(s->bucket));
}

bool s3_must(struct s3 *s, const struct s3_call *c, const char *what, struct s3_answer *ret,
	     struct err *err)
{
	struct s3_answer a;

	if (!s3_call(s, c, &a, err))
		return false;
	if (a.code.len)
		return err_set(
			err,
			a.status == 403 || str_is(a.code, "AccessDenied") ? ERR_DENIED : ERR_IO,
			"s3 %.*s: cannot %s: %.*s%s", STR_ARG(s->bucket), what, STR_ARG(a.code),
			str_is(a.code, "RequestTimeTooSkewed") ? " (this machine's clock is wrong)"
							       : "");
	*ret = a;
	return true;
}

/* --- versions --- */

static struct str member(const struct json *v, const char *name)
{
	return json_text(json_get(v, name));
}

struct page {
	struct s3_version **end;
	struct arena *arena;
	size_t n;
	struct str key_marker, id_marker;
	bool more;
};

static bool take_page(struct s3 *s, struct str body, struct page *p, struct err *err)
{
	struct json *root;

	if (!xml_parse(body, &s->scratch, &root, err))
		return false;
	JSON_EACH(v, root) {
		bool marker = str_is(v->key, "DeleteMarker");
		struct s3_version *one;
		uint64_t size = 0;

		if (!marker && !str_is(v->key, "Version"))
			continue;
		one = arena_alloc(p->arena, sizeof(*one));
		if (!one || ++p->n > VERSIONS_MAX)
			return err_set(err, ERR_LIMIT,
				       "more versions in the bucket than can be listed");
		if (!marker && !str_to_u64(member(v, "Size"), &size))
			return err_set(err, ERR_INPUT, "a version without a size");
		*one = (struct s3_version){ .key = arena_str(p->arena, member(v, "Key")),
					    .id = arena_str(p->arena, member(v, "VersionId")),
					    .marker = marker,
					    .latest = str_is(member(v, "IsLatest"), "true"),
					    .modified_us = answer_time(member(v, "LastModified")),
					    .bytes = size };
		*p->end = one;
		p->end = &one->next;
	}
	p->more = str_is(member(root, "IsTruncated"), "true");
	p->key_marker = arena_str(p->arena, member(root, "NextKeyMarker"));
	p->id_marker = arena_str(p->arena, member(root, "NextVersionIdMarker"));
	return !p->more || p->key_marker.len ||
	       err_set(err, ERR_INPUT, "a listing that does not say where it goes on");
}

struct placed {
	struct s3_version *v;
	size_t at;
};

static int key_order(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	int c = str_cmp(x->v->key, y->v->key);

	return c ? c : x->at < y->at ? -1 : 1;
}

/* Some list all markers behind all versions. */
static bool by_key(struct s3_version *first, size_t n, struct arena *arena, struct s3_version **ret)
{
	struct placed *p = arena_array(arena, n ? n : 1, sizeof(*p));
	size_t i = 0;

	if (!p)
		return false;
	for (; first; first = first->next) {
		p[i] = (struct placed){ first, i };
		i++;
	}
	qsort(p, n, sizeof(*p), key_order);
	for (i = 0; i < n; i++) {
		*ret = p[i].v;
		ret = &p[i].v->next;
	}
	*ret = NULL;
	return true;
}

bool s3_versions(struct s3 *s, struct str prefix, struct arena *arena, struct s3_version **ret,
		 struct err *err)
{
	struct s3_version *first = NULL;
	struct page p = { .end = &first, .arena = arena, .more = true };
	struct s3_answer a;

	while (p.more) {
		auto_buf q = BUF_MAX(16384);

		if (p.key_marker.len) {
			buf_adds(&q, "key-marker=");
			sigv4_encode(p.key_marker, false, &q);
			buf_adds(&q, "&");
		}
		buf_adds(&q, "max-keys=1000&prefix=");
		sigv4_encode(prefix, false, &q);
		if (p.id_marker.len) {
			buf_adds(&q, "&version-id-marker=");
			sigv4_encode(p.id_marker, false, &q);
		}
		buf_adds(&q, "&versions=");
		if (!s3_must(s, &(struct s3_call){ .method = "GET", .query = buf_str(&q) },
			     "list versions", &a, err) ||
		    !take_page(s, a.body, &p, err))
			return false;
	}
	return by_key(first, p.n, arena, ret) ||
	       err_set(err, ERR_LIMIT, "more versions in the bucket than can be listed");
}

bool s3_locked_until(struct s3 *s, struct str key, struct str version, int64_t *ret_us,
		     bool *ret_compliance, struct err *err)
{
	struct http_header wanted[] = { { .name = "x-amz-object-lock-retain-until-date" },
					{ .name = "x-amz-object-lock-mode" } };
	auto_buf q = BUF_MAX(4096);
	struct s3_answer a;
	int64_t until;

	if (version.len) {
		buf_adds(&q, "versionId=");
		sigv4_encode(version, false, &q);
	}
	if (!s3_must(s,
		     &(struct s3_call){ .method = "HEAD",
					.key = key,
					.query = buf_str(&q),
					.wanted = wanted,
					.n_wanted = 2 },
		     "ask for a lock", &a, err))
		return false;
	if (ret_compliance)
		*ret_compliance = !strcmp(wanted[1].value, "COMPLIANCE");
	until = answer_time(str_from(wanted[0].value));
	/* One that cannot be read holds. */
	*ret_us = until || !wanted[0].value[0] ? until : INT64_MAX;
	return true;
}
