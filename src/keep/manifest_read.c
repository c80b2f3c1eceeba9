/* Manifests back from text. A keep is the user's own, but a damaged or forged one must not write where it should not: every
 * path is checked here, once.
 */
#include "keep/item.h"
#include "keep/place.h"

#define LINE_MAX_BYTES ((size_t)16 << 20)
#define LINE_ARENA ((size_t)64 << 20)

struct reading {
	struct arena *arena;
	bool wrong;
};

static uint64_t number(struct reading *r, const struct json *o, const char *key, uint64_t most)
{
	uint64_t v = 0;

	if (!json_get(o, key))
		return 0;
	if (!json_u64(o, key, &v) || v > most)
		r->wrong = true;
	return v > most ? 0 : v;
}

static int64_t time_of(struct reading *r, const struct json *o, const char *key)
{
	const struct json *v = json_get(o, key);
	struct str t = json_is(v, JSON_NUMBER) ? v->text : STR_NONE;
	bool minus = str_starts(t, STR("-"));
	uint64_t n = 0;

	if (!v)
		return 0;
	if (!str_to_u64(str_sub(t, minus ? 1 : 0, t.len), &n) || n > (uint64_t)INT64_MAX) {
		r->wrong = true;
		return 0;
	}
	return minus ? -(int64_t)n : (int64_t)n;
}

static struct str name(struct reading *r, const struct json *o, const char *key)
{
	struct str ret = STR_NONE;

	if (!json_get(o, key))
		return ret;
	if (!json_is(json_get(o, key), JSON_STRING) || !item_name_parse(json_str(o, key), r->arena, &ret))
		r->wrong = true;
	return ret;
}

static struct str text(struct reading *r, const struct json *o, const char *key)
{
	return arena_str(r->arena, json_str(o, key));
}

static bool flag(struct reading *r, const struct json *o, const char *key)
{
	const struct json *v = json_get(o, key);

	if (v && !json_is(v, JSON_TRUE) && !json_is(v, JSON_FALSE))
		r->wrong = true;
	return json_true(o, key);
}

static struct item_pair *pairs(struct reading *r, const struct json *v)
{
	struct item_pair *first = NULL, **end = &first;

	if (v && !json_is(v, JSON_ARRAY))
		r->wrong = true;
	JSON_EACH(one, v)
	{
		struct item_pair *p = ARENA_NEW(r->arena, struct item_pair);

		if (!p || !json_is(one, JSON_OBJECT)) {
			r->wrong = true;
			return NULL;
		}
		p->key = name(r, one, "key");
		p->value = name(r, one, "value");
		if (!p->key.len || str_find_char(p->key, '\0') != SIZE_MAX)
			r->wrong = true;
		*end = p;
		end = &p->next;
	}
	return first;
}

static void digest(struct reading *r, const struct json *o, const char *key, struct digest *ret)
{
	if (!digest_from_hex(json_str(o, key), ret))
		r->wrong = true;
}

static bool hex_id(struct str s)
{
	if (s.len != 40 && s.len != 64)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!((s.ptr[i] >= '0' && s.ptr[i] <= '9') || (s.ptr[i] >= 'a' && s.ptr[i] <= 'f')))
			return false;
	}
	return true;
}

static bool absolute(struct str s)
{
	return s.len && s.ptr[0] == '/' && (s.len == 1 || place_normal(str_sub(s, 1, s.len)));
}

static bool part_sound(const struct item_part *p)
{
	bool git = p->what != KEEP_PATH;

	if (p->what < KEEP_PATH || p->what > KEEP_GIT_COMMITS || !absolute(p->root[ITEM_WORK]) ||
	    (git && (!absolute(p->root[ITEM_GIT]) || !absolute(p->root[ITEM_COMMON]))))
		return false;
	return (!p->tip.len || hex_id(p->tip)) && (!p->target.len || hex_id(p->target)) &&
	       (!p->pack.len || (str_starts(p->pack, STR("pack-")) && hex_id(str_sub(p->pack, 5, p->pack.len))));
}

static bool part(struct reading *r, const struct json *v, struct item *it)
{
	struct item_part *p = json_is(v, JSON_OBJECT) ? item_part_add(it, r->arena, 0) : NULL;

	if (!p)
		return false;
	p->what = (enum keep_what)number(r, v, "what", KEEP_GIT_COMMITS);
	p->root[ITEM_WORK] = name(r, v, "work");
	p->root[ITEM_GIT] = name(r, v, "git");
	p->root[ITEM_COMMON] = name(r, v, "common");
	p->ref = name(r, v, "ref");
	p->ignored = flag(r, v, "ignored");
	p->spare_nested = flag(r, v, "spare_nested");
	p->head = name(r, v, "head");
	p->tip = text(r, v, "tip");
	p->target = text(r, v, "target");
	p->pack = text(r, v, "pack");
	p->config = pairs(r, json_get(v, "config"));
	return part_sound(p);
}

bool item_head_parse(struct str bytes, struct arena *a, struct item *ret, struct err *err)
{
	struct reading r = { .arena = a };
	struct item it = { .at_us = 0 };
	struct json *root;
	struct str id;

	if (!json_parse(bytes, a, &root, err))
		return false;
	id = json_str(root, "id");
	if (number(&r, root, "keep", 1) != 1 || !item_number(id) || id.len >= sizeof(it.id))
		return err_set(err, ERR_BROKEN, "not a manifest of the keep");
	memcpy(it.id, id.ptr, id.len);
	it.at_us = time_of(&r, root, "time_us");
	it.command = text(&r, root, "command");
	it.session = text(&r, root, "session");
	it.undo_of = text(&r, root, "undo_of");
	it.upstream = text(&r, root, "upstream");
	it.says = text(&r, root, "says");
	it.until_us = time_of(&r, root, "until_us");
	it.files = number(&r, root, "files", UINT64_MAX);
	it.bytes = number(&r, root, "bytes", UINT64_MAX);
	it.skipped = number(&r, root, "skipped", UINT64_MAX);
	it.n_entries = number(&r, root, "entries", UINT32_MAX);
	digest(&r, root, "entries_sha256", &it.entries_digest);
	JSON_EACH(v, json_get(root, "parts"))
	{
		if (!part(&r, v, &it))
			return err_set(err, ERR_BROKEN, "manifest: a part makes no sense");
	}
	if (r.wrong || a->full)
		return err_set(err, ERR_BROKEN, a->full ? "manifest: too large" : "manifest: a member has a wrong value");
	*ret = it;
	return true;
}

/* --- entries --- */

static bool type_from(struct str word, enum item_type *ret)
{
	static const struct {
		const char *word;
		enum item_type type;
	} words[] = { { "absent", ITEM_ABSENT }, { "file", ITEM_FILE }, { "folder", ITEM_FOLDER }, { "symlink", ITEM_SYMLINK },
		      { "hard", ITEM_HARD } };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (str_is(word, words[i].word)) {
			*ret = words[i].type;
			return true;
		}
	}
	return false;
}

static void entry_stat(struct reading *r, const struct json *v, struct item_entry *e)
{
	e->mode = (uint32_t)number(r, v, "mode", 07777);
	e->uid = (uint32_t)number(r, v, "uid", UINT32_MAX);
	e->gid = (uint32_t)number(r, v, "gid", UINT32_MAX);
	e->nlink = (uint32_t)number(r, v, "links", UINT32_MAX);
	e->mtime_s = time_of(r, v, "mtime");
	e->atime_s = time_of(r, v, "atime");
	e->mtime_ns = (uint32_t)number(r, v, "mtime_ns", 999999999);
	e->atime_ns = (uint32_t)number(r, v, "atime_ns", 999999999);
	e->dev = number(r, v, "dev", UINT64_MAX);
	e->ino = number(r, v, "ino", UINT64_MAX);
	e->xattrs = pairs(r, json_get(v, "xattrs"));
}

static void entry_content(struct reading *r, const struct json *v, struct item_entry *e)
{
	e->size = number(r, v, "size", INT64_MAX);
	if (!e->size)
		return;
	e->own = flag(r, v, "own");
	e->offset = number(r, v, "at", INT64_MAX);
	if (!e->own)
		digest(r, v, "sha256", &e->digest);
	if (!e->own && e->size > INT64_MAX - e->offset)
		r->wrong = true;
}

static bool entry_sound(const struct item *it, const struct item_entry *e)
{
	const struct item_part *p = item_part_nth(it, e->part);

	if (!p || !place_normal(e->path) || e->path.len >= ITEM_PATH_MAX || !p->root[e->base].len)
		return false;
	if (e->type == ITEM_HARD && e->same >= e->number)
		return false;
	return (e->type == ITEM_SYMLINK) == (e->target.len > 0) &&
	       (e->type != ITEM_SYMLINK || (e->target.len < ITEM_PATH_MAX && str_find_char(e->target, '\0') == SIZE_MAX));
}

static bool entry(struct reading *r, const struct json *v, struct item *it)
{
	struct item_entry *e = json_is(v, JSON_OBJECT) ? item_entry_add(it, r->arena) : NULL;

	if (!e || !type_from(json_str(v, "type"), &e->type))
		return false;
	e->part = (uint32_t)number(r, v, "part", UINT32_MAX);
	e->base = (enum item_base)number(r, v, "base", ITEM_BASES - 1);
	e->path = name(r, v, "path");
	e->parent = flag(r, v, "parent");
	e->same = number(r, v, "same", UINT32_MAX);
	e->target = name(r, v, "target");
	entry_stat(r, v, e);
	if (e->type == ITEM_FILE)
		entry_content(r, v, e);
	return !r->wrong && entry_sound(it, e);
}

/* Lines, each in an arena of its own that is used again: memory stays at what the entries need. */
static bool lines(struct reading *r, struct str text_, struct arena *scratch, struct item *io, struct err *err)
{
	uint64_t wanted = io->n_entries;
	unsigned line = 0;

	io->n_entries = 0;
	while (text_.len) {
		size_t end = str_find_char(text_, '\n');
		struct json *v;

		line++;
		if (end == SIZE_MAX || end > LINE_MAX_BYTES)
			return err_set(err, ERR_BROKEN, "entries, line %u: no end of line", line);
		if (!json_parse(str_sub(text_, 0, end), scratch, &v, err))
			return err_prefix(err, "entries, line %u", line);
		if (!entry(r, v, io))
			return err_set(err, ERR_BROKEN, "entries, line %u: makes no sense", line);
		arena_reset(scratch);
		text_ = str_sub(text_, end + 1, text_.len);
	}
	return io->n_entries == wanted || err_set(err, ERR_BROKEN, "entries: not as many as the manifest says");
}

bool item_entries_parse(struct str bytes, struct arena *a, struct item *io, struct err *err)
{
	struct reading r = { .arena = a };
	struct item it = *io;
	struct digest d = digest_of(bytes.ptr, bytes.len);
	struct arena scratch;
	bool ok;

	if (!digest_eq(&d, &it.entries_digest))
		return err_set(err, ERR_BROKEN, "entries: not those the manifest was made with");
	if (!arena_map(&scratch, LINE_ARENA))
		return err_set(err, ERR_LIMIT, "no memory");
	it.entries = it.entries_last = NULL;
	ok = lines(&r, bytes, &scratch, &it, err);
	arena_unmap(&scratch);
	if (!ok)
		return false;
	if (a->full)
		return err_set(err, ERR_LIMIT, "entries: too large");
	*io = it;
	return true;
}
