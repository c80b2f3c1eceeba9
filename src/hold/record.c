#include "hold/record.h"

#include "base/fd.h"

#define INLINE_MAX ((size_t)512 << 10)
#define DOCUMENT_MAX ((size_t)64 << 20)

/* --- evidence, whole --- */

static void put_point(const struct recovery_point *p, struct json_out *o)
{
	json_out_open(o, '{');
	json_out_kv(o, "resource", p->resource);
	json_out_key(o, "result");
	json_out_u64(o, (uint64_t)p->result);
	json_out_key(o, "taken_us");
	json_out_i64(o, p->taken_us);
	json_out_key(o, "verified_us");
	json_out_i64(o, p->verified_us);
	json_out_key(o, "proven_us");
	json_out_i64(o, p->proven_us);
	json_out_key(o, "same_blast_radius");
	json_out_bool(o, p->same_blast_radius);
	json_out_kv(o, "note", p->note);
	json_out_close(o, '}');
}

static void put_evidence(const struct evidence *e, struct json_out *o)
{
	json_out_open(o, '{');
	json_out_key(o, "now_us");
	json_out_i64(o, e->now_us);
	json_out_key(o, "level");
	json_out_u64(o, (uint64_t)e->level);
	json_out_key(o, "recovery");
	json_out_open(o, '[');
	for (const struct recovery_point *p = e->recovery; p; p = p->next)
		put_point(p, o);
	json_out_close(o, ']');
	json_out_key(o, "notes");
	json_out_open(o, '[');
	for (const struct evidence_note *n = e->notes; n; n = n->next) {
		json_out_open(o, '{');
		json_out_kv(o, "text", n->text);
		json_out_key(o, "bad");
		json_out_bool(o, n->bad);
		json_out_close(o, '}');
	}
	json_out_close(o, ']');
	json_out_close(o, '}');
}

static int64_t get_time(const struct json *v, const char *key)
{
	uint64_t n;

	return json_u64(v, key, &n) && n <= INT64_MAX ? (int64_t)n : 0;
}

static bool get_points(const struct json *list, struct arena *arena, struct evidence *e)
{
	struct recovery_point **at = &e->recovery;
	uint64_t result;

	JSON_EACH(it, list) {
		struct recovery_point *p = ARENA_NEW(arena, struct recovery_point);

		if (!p || !json_u64(it, "result", &result) || result > RECOVERY_FAILED)
			return false;
		p->resource = arena_str(arena, json_str(it, "resource"));
		p->result = (enum recovery_result)result;
		p->taken_us = get_time(it, "taken_us");
		p->verified_us = get_time(it, "verified_us");
		p->proven_us = get_time(it, "proven_us");
		p->same_blast_radius = json_true(it, "same_blast_radius");
		p->note = arena_str(arena, json_str(it, "note"));
		*at = p;
		at = &p->next;
	}
	return true;
}

static bool get_evidence(const struct json *v, struct arena *arena, struct evidence *ret)
{
	uint64_t level;

	if (!json_u64(v, "level", &level) || level > ENFORCEMENT_HARDWARE)
		return false;
	ret->now_us = get_time(v, "now_us");
	ret->level = (enum enforcement_level)level;
	if (!get_points(json_get(v, "recovery"), arena, ret))
		return false;
	JSON_EACH(it, json_get(v, "notes"))
		evidence_note_add(ret, arena, json_true(it, "bad"), arena_str(arena, json_str(it, "text")));
	return !arena->full;
}

/* --- documents --- */

void record_to_json(const struct hold_request *q, struct json_out *o)
{
	json_out_open(o, '{');
	json_out_key(o, "request");
	request_to_json(q->request, o);
	json_out_key(o, "evidence");
	put_evidence(q->evidence, o);
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
	if (!get_evidence(json_get(document, "evidence"), arena, &r.evidence))
		return err_set(err, ERR_BROKEN, "the record of the evidence is damaged");
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
