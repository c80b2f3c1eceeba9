/* A vault in a bucket with versions and Object Lock: PREFIX/TARGET/ID/FILE.
 * What was put first under a key is the backup; what came later over it, or a delete marker, hides it from others, not from here: the
 * oldest version is read, and the listing says that something lies over it.
 */
#include "base/clock.h"
#include "base/timestamp.h"
#include "cloud/answer.h"
#include "cloud/xml.h"
#include "recovery/s3.h"
#include "recovery/vault_inner.h"
#include "recovery/vault_s3.h"

#define PART_SMALL ((size_t)8 << 20)
#define PART_LARGE ((size_t)32 << 20)
#define PARTS_SMALL                                                                                \
	2000u /* 16 GB in parts of 8 MiB, then 250 GB in parts of 32 MiB: S3 takes 10,000 */
#define PARTS_MAX 10000u
#define GET_CHUNK ((size_t)8 << 20)
#define ETAG 80

struct part {
	char etag[ETAG], sum[S3_SUM];
};

struct put {
	struct vault_put p;
	struct vault_s3 *v;
	struct arena names;
	struct str key, upload; /* upload STR_NONE: nothing was sent yet */
	struct part *parts;
	unsigned n;   /* parts that lie there */
	struct buf b; /* of the next one */
};

struct get {
	struct vault_get g;
	struct vault_s3 *v;
	struct arena names;
	struct str key, version;
	uint64_t at, size;
	struct buf b;
	size_t used;
};

static const struct vault_ops ops;

static size_t part_size(unsigned n)
{
	return n <= PARTS_SMALL ? PART_SMALL : PART_LARGE;
}

static bool say(const struct vault_s3 *d, struct err *err)
{
	return err_prefix(err, "vault %.*s", STR_ARG(d->v.place.name));
}

bool vault_s3_open(const struct vault_place *place, struct vault **ret, struct err *err)
{
	struct vault_s3 *d = calloc(1, sizeof(*d));

	if (!d)
		return err_set(err, ERR_LIMIT, "no memory for a vault");
	d->v = (struct vault){ &ops, *place };
	if (!s3_open(place, &d->s3, err)) {
		(void)say(d, err);
		free(d);
		return false;
	}
	*ret = &d->v;
	return true;
}

static void close_(struct vault *v)
{
	struct vault_s3 *d = (struct vault_s3 *)v;

	s3_close(d->s3);
	free(d);
}

/* --- putting --- */

static void put_free(struct put *p)
{
	buf_free(&p->b);
	free(p->parts);
	if (p->names.mem)
		arena_unmap(&p->names);
	free(p);
}

/* Until when what is put now is locked, as the cloud writes it; "" when it is not. */
static void until(const struct vault_s3 *d, char ret[TIMESTAMP_LEN + 1])
{
	ret[0] = 0;
	if (d->v.place.lock_s)
		timestamp_text(s3_now_us(d->s3) + d->v.place.lock_s * CLOCK_SECOND, ret);
}

static bool exists(struct put *p, struct err *err)
{
	struct s3_version *all;
	size_t mark = p->names.used;

	if (!s3_versions(p->v->s3, p->key, &p->names, &all, err))
		return false;
	for (; all; all = all->next) {
		if (str_eq(all->key, p->key) && !all->marker)
			return err_set(
				err, ERR_STATE,
				"%.*s is there already, and nothing in a vault is written over",
				STR_ARG(p->key));
	}
	p->names.used = mark;
	return true;
}

/* What lies there of an upload: parts from the first on without a gap, each as large as it should be. */
static bool take_parts(struct put *p, const struct json *root, uint64_t *have, struct err *err)
{
	JSON_EACH(v, root) {
		uint64_t number, size;
		struct str etag, sum;

		if (!str_is(v->key, "Part"))
			continue;
		if (!str_to_u64(json_text(json_get(v, "PartNumber")), &number) ||
		    !str_to_u64(json_text(json_get(v, "Size")), &size))
			return err_set(err, ERR_INPUT, "a part without number or size");
		if (number != p->n + 1 || size != part_size((unsigned)number) || p->n >= PARTS_MAX)
			return true;
		etag = json_text(json_get(v, "ETag"));
		sum = json_text(json_get(v, "ChecksumSHA256"));
		snprintf(p->parts[p->n].etag, ETAG, "%.*s", STR_ARG(etag));
		snprintf(p->parts[p->n].sum, S3_SUM, "%.*s", STR_ARG(sum));
		p->n++;
		*have += size;
	}
	return true;
}

static struct str upload_query(const struct put *p, const char *before, struct buf *b)
{
	buf_adds(b, before);
	buf_adds(b, "uploadId=");
	sigv4_encode(p->upload, false, b);
	return buf_str(b);
}

static bool list_parts(struct put *p, uint64_t *have, struct err *err)
{
	struct arena arena;
	bool more = true, good = arena_map(&arena, (size_t)16 << 20) ||
				 err_set(err, ERR_LIMIT, "no memory for a listing");

	while (good && more) {
		auto_buf q = BUF_MAX(8192);
		struct s3_answer a;
		struct json *root = NULL;
		unsigned before = p->n;
		char marker[48];

		arena_reset(&arena);
		snprintf(marker, sizeof(marker), "max-parts=1000&part-number-marker=%u&", p->n);
		good = s3_must(p->v->s3,
			       &(struct s3_call){ .method = "GET",
						  .key = p->key,
						  .query = upload_query(p, marker, &q) },
			       "see what was sent before", &a, err) &&
		       xml_parse(a.body, &arena, &root, err) && take_parts(p, root, have, err);
		more = good && p->n > before &&
		       str_is(json_text(json_get(root, "IsTruncated")), "true");
	}
	if (arena.mem)
		arena_unmap(&arena);
	return good;
}

/* An upload of this key that was begun before: the oldest. Of several, no other is ever continued. */
static bool find_upload(struct put *p, struct err *err)
{
	struct s3_upload *list = NULL, *first = NULL;

	if (!vault_s3_uploads(p->v, p->key, &p->names, &list, err))
		return false;
	for (const struct s3_upload *u = list; u; u = u->next) {
		if (str_eq(u->key, p->key) && (!first || u->begun_us < first->begun_us))
			first = (struct s3_upload *)(uintptr_t)u;
	}
	for (const struct s3_upload *u = list; u; u = u->next) {
		if (str_eq(u->key, p->key) && u != first && !vault_s3_abort(p->v, u, err))
			return false;
	}
	p->upload = first ? first->id : STR_NONE;
	return true;
}

static bool put_begin(struct vault *v, const struct vault_name *n, struct vault_put **ret,
		      uint64_t *ret_have, struct err *err)
{
	struct vault_s3 *d = (struct vault_s3 *)v;
	struct put *p = calloc(1, sizeof(*p));
	uint64_t have = 0;

	if (!p || !arena_map(&p->names, (size_t)4 << 20) ||
	    !(p->parts = calloc(PARTS_MAX, sizeof(struct part)))) {
		if (p)
			put_free(p);
		return err_set(err, ERR_LIMIT, "no memory for a vault");
	}
	p->p.ops = &ops;
	p->v = d;
	p->b = BUF_MAX(PART_LARGE + 1);
	p->key = s3_key(d->s3, &p->names, n->target, n->id, n->file);
	if (exists(p, err) && find_upload(p, err) &&
	    (!p->upload.len || list_parts(p, &have, err))) {
		*ret = &p->p;
		*ret_have = have;
		return true;
	}
	put_free(p);
	return say(d, err);
}

static bool begin_upload(struct put *p, struct err *err)
{
	char lock[TIMESTAMP_LEN + 1];
	struct arena arena;
	struct s3_answer a;
	struct json *root;
	struct s3_call c = {
		.method = "POST", .key = p->key, .query = STR("uploads="), .once = true
	};

	until(p->v, lock);
	c.headers[0] = (struct sigv4_header){ STR("x-amz-checksum-algorithm"), STR("SHA256") };
	c.headers[1] = (struct sigv4_header){ STR("x-amz-object-lock-mode"),
					      lock[0] ? STR("COMPLIANCE") : STR_NONE };
	c.headers[2] =
		(struct sigv4_header){ STR("x-amz-object-lock-retain-until-date"), str_from(lock) };
	if (!s3_must(p->v->s3, &c, "begin an upload", &a, err))
		return false;
	if (!arena_map(&arena, (size_t)1 << 20))
		return err_set(err, ERR_LIMIT, "no memory for an upload");
	if (xml_parse(a.body, &arena, &root, err)) {
		p->upload = arena_str(&p->names, json_text(json_get(root, "UploadId")));
		if (!p->upload.len)
			(void)err_set(err, ERR_INPUT, "an upload without a name");
	}
	arena_unmap(&arena);
	return p->upload.len > 0;
}

static bool send_part(struct put *p, struct err *err)
{
	struct http_header wanted[] = { { .name = "etag" } };
	struct part *part = &p->parts[p->n];
	auto_buf q = BUF_MAX(8192);
	struct s3_answer a;
	char number[32];

	if (p->n >= PARTS_MAX)
		return err_set(err, ERR_LIMIT, "a backup larger than S3 takes in %u parts",
			       PARTS_MAX);
	if (!p->upload.len && !begin_upload(p, err))
		return false;
	snprintf(number, sizeof(number), "partNumber=%u&", p->n + 1);
	s3_sum(buf_str(&p->b), part->sum);
	if (!s3_must(p->v->s3,
		     &(struct s3_call){
			     .method = "PUT",
			     .key = p->key,
			     .query = upload_query(p, number, &q),
			     .headers = { { STR("x-amz-checksum-sha256"), str_from(part->sum) } },
			     .body = buf_str(&p->b),
			     .wanted = wanted,
			     .n_wanted = 1 },
		     "store a part", &a, err))
		return false;
	if (!wanted[0].value[0])
		return err_set(err, ERR_INPUT, "a part was taken without an ETag");
	snprintf(part->etag, ETAG, "%.79s", wanted[0].value);
	p->n++;
	buf_clear(&p->b);
	return true;
}

static bool put_bytes(struct vault_put *put, const void *bytes, size_t n, struct err *err)
{
	struct put *p = (struct put *)put;
	const char *at = bytes;

	while (n) {
		size_t room = part_size(p->n + 1) - p->b.len, take = n < room ? n : room;

		buf_add(&p->b, (struct str){ at, take });
		if (p->b.failed)
			return err_set(err, ERR_LIMIT, "no memory for a part");
		at += take;
		n -= take;
		if (p->b.len == part_size(p->n + 1) && !send_part(p, err))
			return say(p->v, err);
	}
	return true;
}

/* All of it in one request: it fits one part. */
static bool put_small(struct put *p, struct err *err)
{
	char lock[TIMESTAMP_LEN + 1], sum[S3_SUM];
	struct s3_answer a;

	until(p->v, lock);
	s3_sum(buf_str(&p->b), sum);
	return s3_must(p->v->s3,
		       &(struct s3_call){
			       .method = "PUT",
			       .key = p->key,
			       .headers = { { STR("x-amz-checksum-sha256"), str_from(sum) },
					    { STR("x-amz-sdk-checksum-algorithm"), STR("SHA256") },
					    { STR("if-none-match"), STR("*") },
					    { STR("x-amz-object-lock-mode"),
					      lock[0] ? STR("COMPLIANCE") : STR_NONE },
					    { STR("x-amz-object-lock-retain-until-date"),
					      str_from(lock) } },
			       .body = buf_str(&p->b) },
		       "store a file", &a, err);
}

/* Does it lie there, whole and with these parts' checksums? An order whose answer was lost was obeyed, and given again it is refused. */
static bool is_complete(struct put *p)
{
	struct http_header wanted[] = { { .name = "x-amz-checksum-sha256" } };
	auto_buf all = BUF_MAX(PARTS_MAX * DIGEST_LEN);
	char sum[S3_SUM], with_parts[S3_SUM + 16];
	struct s3_answer a;
	struct digest d;
	struct err err;

	for (unsigned i = 0; i < p->n; i++) {
		if (!s3_sum_read(p->parts[i].sum, &d))
			return false;
		buf_add(&all, (struct str){ (const char *)d.b, sizeof(d.b) });
	}
	s3_sum(buf_str(&all), sum);
	snprintf(with_parts, sizeof(with_parts), "%s-%u", sum, p->n);
	return !all.failed &&
	       s3_must(p->v->s3,
		       &(struct s3_call){ .method = "HEAD",
					  .key = p->key,
					  .headers = { { STR("x-amz-checksum-mode"), STR("ENABLED") } },
					  .wanted = wanted,
					  .n_wanted = 1 },
		       "look at a file", &a, &err) &&
	       (str_is(str_from(wanted[0].value), sum) || str_is(str_from(wanted[0].value), with_parts));
}

static bool complete(struct put *p, struct err *err)
{
	auto_buf q = BUF_MAX(8192), body = BUF_MAX((size_t)4 << 20);
	struct err refused = { 0 };
	struct s3_answer a;

	buf_adds(&body,
		 "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
	for (unsigned i = 0; i < p->n; i++) {
		buf_addf(&body, "<Part><ETag>%s</ETag>", p->parts[i].etag);
		if (p->parts[i].sum[0])
			buf_addf(&body, "<ChecksumSHA256>%s</ChecksumSHA256>", p->parts[i].sum);
		buf_addf(&body, "<PartNumber>%u</PartNumber></Part>", i + 1);
	}
	buf_adds(&body, "</CompleteMultipartUpload>");
	if (!s3_must(p->v->s3,
		     &(struct s3_call){ .method = "POST",
					.key = p->key,
					.query = upload_query(p, "", &q),
					.headers = { { STR("if-none-match"), STR("*") } },
					.body = buf_str(&body),
					.slow = true },
		     "finish an upload", &a, &refused)) {
		if (is_complete(p))
			return true;
		return err_set(err, refused.code, "%s", refused.msg);
	}
	/* It may fail behind a status that says it did not. */
	return str_find(a.body, STR("<Error>")) == SIZE_MAX ||
	       err_set(err, ERR_IO, "cannot finish an upload: %.*s",
		       STR_ARG(str_sub(a.body, 0, 300)));
}

static bool put_end(struct vault_put *put, struct err *err)
{
	struct put *p = (struct put *)put;
	struct vault_s3 *d = p->v;
	bool good;

	if (!p->upload.len)
		good = put_small(p, err);
	else
		good = (!p->b.len || send_part(p, err)) && complete(p, err);
	put_free(p);
	return good || say(d, err);
}

static void put_stop(struct vault_put *put)
{
	put_free((struct put *)put);
}

/* --- getting --- */

static void get_end(struct vault_get *get)
{
	struct get *g = (struct get *)get;

	buf_free(&g->b);
	if (g->names.mem)
		arena_unmap(&g->names);
	free(g);
}

static bool get_begin(struct vault *v, const struct vault_name *n, uint64_t at,
		      struct vault_get **ret, struct err *err)
{
	struct vault_s3 *d = (struct vault_s3 *)v;
	struct get *g = calloc(1, sizeof(*g));
	struct s3_version *all;
	bool good;

	if (!g || !arena_map(&g->names, (size_t)16 << 20)) {
		free(g);
		return err_set(err, ERR_LIMIT, "no memory for a vault");
	}
	g->g.ops = &ops;
	g->v = d;
	g->at = at;
	g->b = BUF_MAX(GET_CHUNK + 1);
	g->key = s3_key(d->s3, &g->names, n->target, n->id, n->file);
	good = s3_versions(d->s3, g->key, &g->names, &all, err);
	for (; good && all; all = all->next) {
		if (!str_eq(all->key, g->key) || all->marker)
			continue;
		g->version = all->id; /* newest first: the last one is the oldest */
		g->size = all->bytes;
	}
	if (good && g->version.len) {
		*ret = &g->g;
		return true;
	}
	if (good)
		(void)err_set(err, ERR_STATE, "%.*s is not there", STR_ARG(g->key));
	get_end(&g->g);
	return say(d, err);
}

static bool fetch(struct get *g, struct err *err)
{
	uint64_t end = g->size - g->at < GET_CHUNK ? g->size : g->at + GET_CHUNK;
	auto_buf q = BUF_MAX(4096);
	struct s3_answer a;
	char range[64];

	buf_adds(&q, "versionId=");
	sigv4_encode(g->version, false, &q);
	snprintf(range, sizeof(range), "bytes=%llu-%llu", (unsigned long long)g->at,
		 (unsigned long long)end - 1);
	if (!s3_must(g->v->s3,
		     &(struct s3_call){ .method = "GET",
					.key = g->key,
					.query = buf_str(&q),
					.headers = { { STR("range"), str_from(range) } } },
		     "read a file", &a, err))
		return false;
	if (a.body.len != end - g->at)
		return err_set(err, ERR_IO, "s3 gave %zu bytes where %llu were asked for",
			       a.body.len, (unsigned long long)(end - g->at));
	buf_clear(&g->b);
	buf_add(&g->b, a.body);
	g->used = 0;
	g->at = end;
	return !g->b.failed || err_set(err, ERR_LIMIT, "no memory for a part");
}

static bool get_bytes(struct vault_get *get, void *p, size_t n, size_t *ret_n, struct err *err)
{
	struct get *g = (struct get *)get;

	if (g->used == g->b.len && g->at < g->size && !fetch(g, err))
		return say(g->v, err);
	n = n < g->b.len - g->used ? n : g->b.len - g->used;
	if (n)
		memcpy(p, g->b.ptr + g->used, n);
	g->used += n;
	*ret_n = n;
	return true;
}

static const struct vault_ops ops = { vault_s3_list, put_begin,	      put_bytes, put_end,
				      put_stop,	     get_begin,	      get_bytes, get_end,
				      vault_s3_lock, vault_s3_remove, close_ };
