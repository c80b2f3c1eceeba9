/* An item as text. Numbers that are zero and texts that are empty are left out. */
#include "keep/item.h"

static void number(struct json_out *o, const char *key, uint64_t v)
{
	if (!v)
		return;
	json_out_key(o, key);
	json_out_u64(o, v);
}

static void text(struct json_out *o, const char *key, struct str v)
{
	if (v.len)
		json_out_kv(o, key, v);
}

static void name(struct json_out *o, const char *key, struct str v)
{
	auto_buf b = BUF_MAX(64u << 20);

	if (!v.len)
		return;
	item_name(v, &b);
	json_out_kv(o, key, buf_str(&b));
	if (b.failed)
		o->buf->failed = true;
}

static void flag(struct json_out *o, const char *key, bool v)
{
	if (!v)
		return;
	json_out_key(o, key);
	json_out_bool(o, v);
}

static void pairs(struct json_out *o, const char *key, const struct item_pair *p)
{
	if (!p)
		return;
	json_out_key(o, key);
	json_out_open(o, '[');
	for (; p; p = p->next) {
		json_out_open(o, '{');
		name(o, "key", p->key);
		name(o, "value", p->value);
		json_out_close(o, '}');
	}
	json_out_close(o, ']');
}

static void part(struct json_out *o, const struct item_part *p)
{
	json_out_open(o, '{');
	number(o, "what", (uint64_t)p->what);
	name(o, "work", p->root[ITEM_WORK]);
	name(o, "git", p->root[ITEM_GIT]);
	name(o, "common", p->root[ITEM_COMMON]);
	name(o, "ref", p->ref);
	flag(o, "ignored", p->ignored);
	flag(o, "spare_nested", p->spare_nested);
	name(o, "head", p->head);
	text(o, "tip", p->tip);
	text(o, "target", p->target);
	text(o, "pack", p->pack);
	pairs(o, "config", p->config);
	json_out_close(o, '}');
}

void item_head_json(const struct item *it, struct buf *out)
{
	struct json_out o = { .buf = out };
	char hex[DIGEST_HEX_LEN + 1];

	digest_hex(&it->entries_digest, hex);
	json_out_open(&o, '{');
	number(&o, "keep", 1);
	json_out_kv(&o, "id", str_from(it->id));
	json_out_key(&o, "time_us");
	json_out_i64(&o, it->at_us);
	json_out_kv(&o, "command", it->command);
	text(&o, "session", it->session);
	text(&o, "undo_of", it->undo_of);
	text(&o, "upstream", it->upstream);
	text(&o, "says", it->says);
	if (it->until_us) {
		json_out_key(&o, "until_us");
		json_out_i64(&o, it->until_us);
	}
	number(&o, "files", it->files);
	number(&o, "bytes", it->bytes);
	number(&o, "skipped", it->skipped);
	number(&o, "entries", it->n_entries);
	json_out_kv(&o, "entries_sha256", str_from(hex));
	json_out_key(&o, "parts");
	json_out_open(&o, '[');
	for (const struct item_part *p = it->parts; p; p = p->next)
		part(&o, p);
	json_out_close(&o, ']');
	json_out_close(&o, '}');
	buf_addc(out, '\n');
}

static const char *type_words[] = {
	[ITEM_ABSENT] = "absent", [ITEM_FILE] = "file", [ITEM_FOLDER] = "folder", [ITEM_SYMLINK] = "symlink", [ITEM_HARD] = "hard",
};

static void content(struct json_out *o, const struct item_entry *e)
{
	char hex[DIGEST_HEX_LEN + 1];

	number(o, "size", e->size);
	if (!e->size)
		return;
	flag(o, "own", e->own);
	number(o, "at", e->offset);
	if (e->own)
		return;
	digest_hex(&e->digest, hex);
	json_out_kv(o, "sha256", str_from(hex));
}

void item_entry_json(const struct item_entry *e, struct buf *out)
{
	struct json_out o = { .buf = out };

	json_out_open(&o, '{');
	json_out_kv(&o, "type", str_from(type_words[e->type]));
	number(&o, "part", e->part);
	number(&o, "base", (uint64_t)e->base);
	name(&o, "path", e->path);
	flag(&o, "parent", e->parent);
	if (e->type == ITEM_HARD)
		number(&o, "same", e->same);
	if (e->type != ITEM_ABSENT && e->type != ITEM_HARD) {
		number(&o, "mode", e->mode);
		number(&o, "uid", e->uid);
		number(&o, "gid", e->gid);
		number(&o, "links", e->nlink);
		json_out_key(&o, "mtime");
		json_out_i64(&o, e->mtime_s);
		number(&o, "mtime_ns", e->mtime_ns);
		json_out_key(&o, "atime");
		json_out_i64(&o, e->atime_s);
		number(&o, "atime_ns", e->atime_ns);
		number(&o, "dev", e->dev);
		number(&o, "ino", e->ino);
	}
	if (e->type == ITEM_FILE)
		content(&o, e);
	name(&o, "target", e->target);
	pairs(&o, "xattrs", e->xattrs);
	json_out_close(&o, '}');
	buf_addc(out, '\n');
}
