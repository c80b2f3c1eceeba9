#include "hold/record.h"

#include "base/fd.h"

#define INLINE_MAX ((size_t)512 << 10)
#define DOCUMENT_MAX ((size_t)64 << 20)

/* --- documents --- */

void record_to_json(const struct hold_request *q, struct json_out *o)
{
	json_out_open(o, '{');
	json_out_key(o, "request");
	request_to_json(q->request, o);
	json_out_key(o, "evidence");
	evidence_to_json(q->evidence, o);
	json_out_kv(o, "reason", q->judgement->reason);
	json_out_kv(o, "missing", q->judgement->missing);
	json_out_kv(o, "typed_name", q->judgement->typed_name);
	json_out_close(o, '}');
}

bool record_from_json(const struct json *document, struct arena *arena, struct record *ret, struct err *err)
{
	struct record r = { 0 };

	if (!request_from_json(json_get(document, "request"), arena, &r.request, err))
		return err_prefix(err, "the record of the request");
	if (!evidence_from_json(json_get(document, "evidence"), arena, &r.evidence, err))
		return err_prefix(err, "the record of the evidence");
	r.reason = arena_str(arena, json_str(document, "reason"));
	r.missing = arena_str(arena, json_str(document, "missing"));
	r.typed_name = arena_str(arena, json_str(document, "typed_name"));
	*ret = r;
	return true;
}

static bool file_path(const char *state_dir, struct str hex, char *ret, size_t size)
{
	int n = snprintf(ret, size, "%s/holds/%.*s.json", state_dir, STR_ARG(hex));

	return n > 0 && (size_t)n < size;
}

bool record_put(const char *state_dir, const struct hold_request *q, const char *request_hex, struct json_out *o,
		struct err *err)
{
	auto_buf doc = BUF_MAX(DOCUMENT_MAX);
	struct json_out to = { .buf = &doc };
	char hex[DIGEST_HEX_LEN + 1], path[4096];
	struct digest d;

	record_to_json(q, &to);
	if (doc.failed)
		return err_set(err, ERR_LIMIT, "the request is too large to be held");
	if (doc.len <= INLINE_MAX) {
		json_out_key(o, "document");
		json_out_raw(o, buf_str(&doc));
		return true;
	}
	d = digest_of(doc.ptr, doc.len);
	digest_hex(&d, hex);
	json_out_kv(o, "document_sha256", str_from(hex));
	if (!file_path(state_dir, str_from(request_hex), path, sizeof(path)))
		return err_set(err, ERR_LIMIT, "%s: path too long", state_dir);
	return file_replace(path, buf_str(&doc), 0600, err);
}

struct fetch {
	const struct hold_host *host;
	uint64_t seq;
	struct arena *arena; /* the caller's; the tree too, for what is read points into it */
	struct record *record;
	struct err *err;
	bool seen, ok;
};

static bool fetch_file(struct fetch *f, const struct json *body)
{
	auto_buf doc = BUF_MAX(DOCUMENT_MAX);
	struct digest want, have;
	struct json *root;
	char path[4096];

	if (!digest_from_hex(json_str(body, "document_sha256"), &want))
		return err_set(f->err, ERR_BROKEN, "the entry has no document");
	if (!file_path(f->host->state_dir, json_str(body, "request_digest"), path, sizeof(path)) ||
	    !file_read(path, &doc, f->err))
		return err_prefix(f->err, "the hold's document is gone");
	have = digest_of(doc.ptr, doc.len);
	if (!digest_eq(&want, &have))
		return err_set(f->err, ERR_BROKEN, "%s: changed since the hold was opened", path);
	return json_parse(buf_str(&doc), f->arena, &root, f->err) &&
	       record_from_json(root, f->arena, f->record, f->err);
}

static bool fetch_one(const struct hold_entry *e, void *ctx)
{
	struct fetch *f = ctx;
	const struct json *document;
	struct json *root;

	if (e->seq != f->seq || !str_is(e->kind, "hold.opened"))
		return false;
	f->seen = true;
	if (!json_parse(e->body, f->arena, &root, f->err))
		return false;
	document = json_get(root, "document");
	f->ok = document ? record_from_json(document, f->arena, f->record, f->err) : fetch_file(f, root);
	return false; /* one is enough */
}

bool record_get(const struct hold_host *h, uint64_t seq, struct arena *arena, struct record *ret, struct err *err)
{
	struct record r = { 0 };
	struct fetch f = { .host = h, .seq = seq, .arena = arena, .record = &r, .err = err };
	bool walked;

	walked = h->walk(h->ctx, seq - 1, fetch_one, &f, err);
	if (!f.seen)
		return walked ? err_set(err, ERR_INPUT, "H-%llu: no such hold", (unsigned long long)seq) : false;
	if (!f.ok)
		return err_prefix(err, "H-%llu", (unsigned long long)seq);
	*ret = r;
	return true;
}
