#include "cloud/sigv4.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/digest.h"
#include "base/timestamp.h"

#define MAX_CANONICAL ((size_t)1 << 20)
#define MAX_PAIRS 64

static bool unreserved(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

void sigv4_encode(struct str s, bool keep_slash, struct buf *out)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (unreserved(c) || (keep_slash && c == '/'))
			buf_addc(out, c);
		else
			buf_addf(out, "%%%02X", (unsigned)(unsigned char)c);
	}
}

static struct digest hmac(const void *key, size_t key_len, struct str text)
{
	struct digest d = { { 0 } };
	unsigned n = 0;

	PAWL_ASSERT(HMAC(EVP_sha256(), key, (int)key_len,
			 (const unsigned char *)(text.ptr ? text.ptr : ""), text.len, d.b, &n) &&
		    n == DIGEST_LEN);
	return d;
}

static struct digest signing_key(const struct sigv4_request *r, struct str day, struct arena *arena)
{
	struct str secret = arena_join(arena, STR("AWS4"), r->secret_key);
	struct digest k = hmac(secret.ptr ? secret.ptr : "", secret.len, day);

	k = hmac(k.b, DIGEST_LEN, r->region);
	k = hmac(k.b, DIGEST_LEN, r->service);
	return hmac(k.b, DIGEST_LEN, STR("aws4_request"));
}

/* Pairs sorted by encoded name, then value. Insertion: there are a handful. */
static bool add_query(struct str query, struct buf *out)
{
	struct str pair[MAX_PAIRS];
	size_t n = 0;

	while (query.len) {
		size_t end = str_find_char(query, '&'), at;
		struct str one = str_sub(query, 0, end == SIZE_MAX ? query.len : end);

		query = str_sub(query, one.len + 1, SIZE_MAX);
		if (one.len == 0)
			continue;
		if (n == MAX_PAIRS)
			return false;
		for (at = n++; at > 0 && str_cmp(one, pair[at - 1]) < 0; at--)
			pair[at] = pair[at - 1];
		pair[at] = one;
	}
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_addc(out, '&');
		buf_add(out, pair[i]);
		if (str_find_char(pair[i], '=') == SIZE_MAX)
			buf_addc(out, '=');
	}
	return true;
}

/* Inner runs of blanks become one. */
static void add_value(struct str v, struct buf *out)
{
	bool blank = false;

	v = str_trim(v);
	for (size_t i = 0; i < v.len; i++) {
		if (v.ptr[i] != ' ' || !blank)
			buf_addc(out, v.ptr[i]);
		blank = v.ptr[i] == ' ';
	}
}

struct header_set {
	struct sigv4_header h[SIGV4_MAX_HEADERS];
	size_t n;
};

static bool header_add(struct header_set *set, struct str name, struct str value)
{
	size_t at;

	if (set->n == SIGV4_MAX_HEADERS)
		return false;
	for (at = set->n++; at > 0 && str_cmp(name, set->h[at - 1].name) < 0; at--)
		set->h[at] = set->h[at - 1];
	set->h[at] = (struct sigv4_header){ name, value };
	return true;
}

static bool collect_headers(const struct sigv4_request *r, const struct sigv4_signed *s,
			    struct header_set *set)
{
	bool ok = header_add(set, STR("host"), r->host) &&
		  header_add(set, STR("x-amz-date"), s->date);

	if (s->security_token.len)
		ok = ok && header_add(set, STR("x-amz-security-token"), s->security_token);
	if (s->content_sha256.len)
		ok = ok && header_add(set, STR("x-amz-content-sha256"), s->content_sha256);
	for (size_t i = 0; i < r->n_headers; i++)
		ok = ok && header_add(set, r->headers[i].name, r->headers[i].value);
	return ok;
}

static void add_signed_names(const struct header_set *set, struct buf *out)
{
	for (size_t i = 0; i < set->n; i++) {
		if (i > 0)
			buf_addc(out, ';');
		buf_add(out, set->h[i].name);
	}
}

/* Every service but s3 encodes the path as sent once more. */
static bool canonical(const struct sigv4_request *r, const struct header_set *set,
		      const char *body_hex, struct buf *out)
{
	buf_add(out, r->method);
	buf_addc(out, '\n');
	if (str_is(r->service, "s3"))
		buf_add(out, r->path);
	else
		sigv4_encode(r->path, true, out);
	buf_addc(out, '\n');
	if (!add_query(r->query, out))
		return false;
	buf_addc(out, '\n');
	for (size_t i = 0; i < set->n; i++) {
		buf_add(out, set->h[i].name);
		buf_addc(out, ':');
		add_value(set->h[i].value, out);
		buf_addc(out, '\n');
	}
	buf_addc(out, '\n');
	add_signed_names(set, out);
	buf_addc(out, '\n');
	buf_adds(out, body_hex);
	return !out->failed;
}

static void hex_of(const void *p, size_t n, char ret[DIGEST_HEX_LEN + 1])
{
	struct digest d = digest_of(p ? p : "", n);

	digest_hex(&d, ret);
}

bool sigv4_sign(const struct sigv4_request *r, struct arena *arena, struct sigv4_signed *ret)
{
	struct timestamp_parts t = timestamp_split(r->now_us);
	char body_hex[DIGEST_HEX_LEN + 1], canonical_hex[DIGEST_HEX_LEN + 1],
		signature[DIGEST_HEX_LEN + 1];
	struct sigv4_signed s = { .security_token = r->session_token };
	struct header_set set = { .n = 0 };
	auto_buf text = BUF_MAX(MAX_CANONICAL), names = BUF_MAX(4096);
	struct digest key, sig;
	struct str day, scope, to_sign;

	day = arena_fmt(arena, "%04d%02d%02d", t.year, t.month, t.day);
	s.date = arena_fmt(arena, "%.*sT%02d%02d%02dZ", STR_ARG(day), t.hour, t.minute, t.second);
	scope = arena_fmt(arena, "%.*s/%.*s/%.*s/aws4_request", STR_ARG(day), STR_ARG(r->region),
			  STR_ARG(r->service));
	hex_of(r->body.ptr, r->body.len, body_hex);
	if (str_is(r->service, "s3"))
		s.content_sha256 = arena_str(arena, str_from(body_hex));
	if (!collect_headers(r, &s, &set) || !canonical(r, &set, body_hex, &text))
		return false;
	s.canonical = arena_str(arena, buf_str(&text));
	hex_of(text.ptr, text.len, canonical_hex);
	to_sign = arena_fmt(arena, "AWS4-HMAC-SHA256\n%.*s\n%.*s\n%s", STR_ARG(s.date),
			    STR_ARG(scope), canonical_hex);
	key = signing_key(r, day, arena);
	sig = hmac(key.b, DIGEST_LEN, to_sign);
	digest_hex(&sig, signature);
	add_signed_names(&set, &names);
	s.authorization = arena_fmt(
		arena, "AWS4-HMAC-SHA256 Credential=%.*s/%.*s, SignedHeaders=%.*s, Signature=%s",
		STR_ARG(r->access_key), STR_ARG(scope), STR_ARG(buf_str(&names)), signature);
	if (arena->full)
		return false;
	*ret = s;
	return true;
}
