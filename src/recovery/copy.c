#include "recovery/copy.h"

#include <stdlib.h>

#include "recovery/backup.h"
#include "recovery/vault_inner.h"

#define CHUNK ((size_t)1 << 20)

struct copying {
	struct vault *from, *to;
	struct str target, id;
	char *chunk;
	struct vault_put *put; /* of the file at hand; NULL: it is read alone */
	uint64_t have;	       /* how much of it lies there from a run that broke off */
};

static bool not_the_same(const struct copying *c, const char *where, struct err *err)
{
	return err_set(err, ERR_BROKEN, "%.*s/%.*s: what lies in the %s vault is not what was put there", STR_ARG(c->target),
		       STR_ARG(c->id), where);
}

/* All of a file, what lies behind the first ${c}->have bytes into ${c}->put. */
static bool pass(struct copying *c, struct vault_get *g, struct manifest_file *ret, struct err *err)
{
	struct digest_lanes *lanes = digest_lanes_new(DIGEST_LANES_MANY);
	struct digest_tree *whole = lanes ? digest_tree_begin(lanes, NULL) : NULL;
	uint64_t bytes = 0;
	size_t n = 0;
	bool good = whole || err_set(err, ERR_LIMIT, "no memory to copy a backup");

	while (good) {
		size_t skip;

		good = vault_get_bytes(g, c->chunk, CHUNK, &n, err);
		if (!good || !n)
			break;
		skip = bytes >= c->have ? 0 : c->have - bytes < n ? (size_t)(c->have - bytes) : n;
		good = !c->put || n == skip || vault_put_bytes(c->put, c->chunk + skip, n - skip, err);
		digest_tree_add(whole, c->chunk, n);
		bytes += n;
	}
	if (good) {
		ret->bytes = bytes;
		digest_tree_end(whole, &ret->digest);
		digest_lanes_wait(lanes);
	}
	digest_lanes_free(lanes);
	return good;
}

static bool same(const struct manifest_file *a, const struct manifest_file *b)
{
	return a->bytes == b->bytes && digest_eq(&a->digest, &b->digest);
}

static bool read_all(struct copying *c, struct vault *v, struct str name, struct manifest_file *ret, struct err *err)
{
	struct vault_get *g = NULL;
	bool good = vault_get_begin(v, c->target, c->id, name, 0, &g, err) && pass(c, g, ret, err);

	vault_get_end(g);
	return good;
}

/* ${f}: what the manifest says of it; NULL: nothing. What an earlier run sent is believed when it was read again, no sooner. */
static bool send(struct copying *c, struct str name, const struct manifest_file *f, struct err *err)
{
	struct vault_put *p = c->put;
	struct manifest_file sent, there;
	bool good = read_all(c, c->from, name, &sent, err);

	c->put = NULL;
	good = good && (!f || same(&sent, f) || not_the_same(c, "first", err)) && (sent.bytes >= c->have || not_the_same(c, "other", err));
	if (!good) {
		vault_put_stop(p);
		return false;
	}
	if (!vault_put_end(p, err))
		return false;
	return !c->have || (read_all(c, c->to, name, &there, err) && (same(&there, &sent) || not_the_same(c, "other", err)));
}

/* Whole there already: the run that put it ended before it had put the rest. */
static bool lies_there(struct copying *c, struct str name, const struct manifest_file *f, struct err *err)
{
	struct manifest_file sent, there;
	struct err unread = { 0 };

	if (!read_all(c, c->to, name, &there, &unread) || !read_all(c, c->from, name, &sent, &unread))
		return false;
	if (f && !same(&sent, f))
		return not_the_same(c, "first", err);
	return same(&there, &sent) || not_the_same(c, "other", err);
}

static bool copy_file(struct copying *c, struct str name, const struct manifest_file *f, struct err *err)
{
	c->have = 0;
	c->put = NULL;
	if (vault_put_begin(c->to, c->target, c->id, name, &c->put, &c->have, err))
		return send(c, name, f, err);
	c->put = NULL;
	return lies_there(c, name, f, err);
}

bool copy_backup(struct vault *from, struct vault *to, const struct manifest *m, struct err *err)
{
	struct copying c = { .from = from, .to = to, .target = m->target, .id = m->id, .chunk = malloc(CHUNK) };
	bool good = c.chunk || err_set(err, ERR_LIMIT, "no memory to copy a backup");

	for (const struct manifest_file *f = m->files; good && f; f = f->next)
		good = copy_file(&c, f->name, f, err);
	good = good && copy_file(&c, STR(VAULT_MANIFEST), NULL, err) && copy_file(&c, STR(VAULT_SIGNATURE), NULL, err);
	free(c.chunk);
	return good;
}

/* What lies in the other vault. */
struct copies {
	const struct vault_entry **by_id;
	size_t n;
	const struct vault_entry *newest; /* whole; NULL: none */
};

static int by_id(const void *a, const void *b)
{
	const struct vault_entry *const *x = a, *const *y = b;

	return str_cmp((*x)->id, (*y)->id);
}

static bool look(const struct vault_entry *list, struct arena *arena, struct copies *ret)
{
	struct copies c = { .n = 0 };

	for (const struct vault_entry *e = list; e; e = e->next)
		c.n++;
	c.by_id = ARENA_ARRAY(arena, c.n + 1, const struct vault_entry *);
	if (!c.by_id)
		return false;
	c.n = 0;
	for (const struct vault_entry *e = list; e; e = e->next) {
		c.by_id[c.n++] = e;
		if (!c.newest && e->whole)
			c.newest = e;
	}
	if (c.n)
		qsort(c.by_id, c.n, sizeof(*c.by_id), by_id);
	*ret = c;
	return true;
}

static bool wanted(const struct vault_entry *e, const struct copies *c)
{
	const struct vault_entry *const *there = c->n ? bsearch(&e, c->by_id, c->n, sizeof(*c->by_id), by_id) : NULL;

	if (!e->whole || e->hidden)
		return false;
	if (there)
		return !(*there)->whole && !(*there)->hidden;
	return !c->newest || str_cmp(e->id, c->newest->id) > 0;
}

/* One that is broken where it comes from holds up no other; a vault that cannot be reached ends it. */
static bool copy_one(const struct copy_ask *ask, const struct vault_entry *e, struct arena *arena, struct copy_done *done)
{
	struct manifest m;
	struct err *err = &done->err;

	if (!backup_manifest(ask->from, ask->target, e->id, ask->key, arena, &m, err) || !copy_backup(ask->from, ask->to, &m, err)) {
		done->failed++;
		return err->code == ERR_BROKEN;
	}
	done->last = e->id;
	done->copied++;
	if (ask->lock && !vault_lock(ask->to, ask->target, m.id, err))
		done->failed++;
	return true;
}

bool copy_missing(const struct copy_ask *ask, struct arena *arena, struct copy_done *ret)
{
	struct vault_entry *list, *copies;
	const struct vault_entry **order;
	struct copies there;
	size_t n = 0;

	*ret = (struct copy_done){ .copied = 0 };
	if (!vault_list(ask->from, ask->target, arena, &list, &ret->err) || !vault_list(ask->to, ask->target, arena, &copies, &ret->err))
		return false;
	for (const struct vault_entry *e = list; e; e = e->next)
		n++;
	order = ARENA_ARRAY(arena, n + 1, const struct vault_entry *);
	if (!order || !look(copies, arena, &there))
		return err_set(&ret->err, ERR_LIMIT, "no memory to copy a backup");
	n = 0;
	for (const struct vault_entry *e = list; e; e = e->next)
		order[n++] = e;
	/* The oldest first: the newest there says up to where it went. */
	while (n--) {
		if (wanted(order[n], &there) && !copy_one(ask, order[n], arena, ret))
			return false;
	}
	return !ret->failed;
}
