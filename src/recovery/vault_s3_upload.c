/* Uploads in a bucket that were begun and not finished: no version shows them, and what was sent of them is paid for until they end. */
#include "cloud/answer.h"
#include "cloud/xml.h"
#include "recovery/vault_s3.h"

#define UPLOADS_MAX 100000u
#define PAGES_MAX 10000u
#define PAGE ((size_t)16 << 20)

struct uploads {
	struct arena *arena;
	struct s3_upload **end;
	size_t n;
	struct str key_marker, id_marker;
	bool more;
};

static bool take_one(struct uploads *u, const struct json *v, struct err *err)
{
	struct s3_upload *one = ARENA_NEW(u->arena, struct s3_upload);

	if (!one || ++u->n > UPLOADS_MAX)
		return err_set(err, ERR_LIMIT, "more unfinished uploads in the bucket than can be listed");
	one->key = arena_str(u->arena, json_text(json_get(v, "Key")));
	one->id = arena_str(u->arena, json_text(json_get(v, "UploadId")));
	one->begun_us = answer_time(json_text(json_get(v, "Initiated")));
	*u->end = one;
	u->end = &one->next;
	return true;
}

static bool take_page(struct uploads *u, struct str body, struct str prefix, struct err *err)
{
	struct str key = u->key_marker, id = u->id_marker;
	struct arena page;
	struct json *root = NULL;
	bool good;

	if (!arena_map(&page, PAGE))
		return err_set(err, ERR_LIMIT, "no memory for a listing");
	good = xml_parse(body, &page, &root, err);
	for (const struct json *v = good ? root->child : NULL; good && v; v = v->next) {
		if (str_is(v->key, "Upload") && str_starts(json_text(json_get(v, "Key")), prefix))
			good = take_one(u, v, err);
	}
	u->more = good && str_is(json_text(json_get(root, "IsTruncated")), "true");
	if (u->more) {
		u->key_marker = arena_str(u->arena, json_text(json_get(root, "NextKeyMarker")));
		u->id_marker = arena_str(u->arena, json_text(json_get(root, "NextUploadIdMarker")));
		good = !str_eq(key, u->key_marker) || !str_eq(id, u->id_marker) ||
		       err_set(err, ERR_INPUT, "s3 lists the same uploads again and again");
	}
	arena_unmap(&page);
	return good;
}

bool vault_s3_uploads(struct vault_s3 *d, struct str prefix, struct arena *arena, struct s3_upload **ret, struct err *err)
{
	struct s3_upload *first = NULL;
	struct uploads u = { .arena = arena, .end = &first, .more = true };

	for (unsigned pages = 0; u.more; pages++) {
		auto_buf q = BUF_MAX(16384);
		struct s3_answer a;

		if (pages == PAGES_MAX)
			return err_set(err, ERR_LIMIT, "more unfinished uploads in the bucket than can be listed");
		if (u.key_marker.len) {
			buf_adds(&q, "key-marker=");
			sigv4_encode(u.key_marker, false, &q);
			buf_adds(&q, "&");
		}
		buf_adds(&q, "prefix=");
		sigv4_encode(prefix, false, &q);
		if (u.id_marker.len) {
			buf_adds(&q, "&upload-id-marker=");
			sigv4_encode(u.id_marker, false, &q);
		}
		buf_adds(&q, "&uploads=");
		if (!s3_must(d->s3, &(struct s3_call){ .method = "GET", .query = buf_str(&q) }, "look for uploads begun before", &a, err) ||
		    !take_page(&u, a.body, prefix, err))
			return false;
	}
	*ret = first;
	return true;
}

/* Gone already is as good. */
bool vault_s3_abort(struct vault_s3 *d, const struct s3_upload *u, struct err *err)
{
	auto_buf q = BUF_MAX(8192);
	struct s3_answer a;

	buf_adds(&q, "uploadId=");
	sigv4_encode(u->id, false, &q);
	if (!s3_call(d->s3, &(struct s3_call){ .method = "DELETE", .key = u->key, .query = buf_str(&q) }, &a, err))
		return false;
	return a.status / 100 == 2 || str_is(a.code, "NoSuchUpload") ||
	       err_set(err, ERR_DENIED, "cannot end an unfinished upload: %.*s", STR_ARG(a.code));
}

bool vault_s3_abort_all(struct vault_s3 *d, struct str prefix, struct err *err)
{
	struct s3_upload *list = NULL;
	struct arena arena;
	bool good;

	if (!arena_map(&arena, (size_t)64 << 20))
		return err_set(err, ERR_LIMIT, "no memory for a listing");
	good = vault_s3_uploads(d, prefix, &arena, &list, err);
	for (; good && list; list = list->next)
		good = vault_s3_abort(d, list, err);
	arena_unmap(&arena);
	return good;
}
