#include "recovery/ending.h"
#include "recovery/expand.h"
#include "recovery/filter.h"

struct unpacking {
	const struct unpack_from *from;
	struct digest_lanes *lanes;
	struct expand *expand;
	char *part;
};

/* One part, whole and checked. */
static bool part(struct unpacking *u, struct vault_get *g, size_t i, size_t *ret_n, struct err *err)
{
	const struct manifest_file *f = u->from->manifest->files;
	uint64_t at = i * MANIFEST_PART, left = f->bytes - at;
	size_t want = left < MANIFEST_PART ? (size_t)left : (size_t)MANIFEST_PART, have = 0, n;
	struct digest_tree *t = digest_tree_begin(u->lanes, NULL);
	struct digest d;

	if (!t)
		return err_set(err, ERR_LIMIT, "no memory to unpack a backup");

	while (have < want) {
		if (!vault_get_bytes(g, u->part + have, want - have, &n, err))
			return false;
		if (!n)
			return expand_changed(u->from, at + have, "it is cut off here", err);
		digest_tree_add(t, u->part + have, n);
		have += n;
	}
	digest_tree_end(t, &d);
	digest_lanes_wait(u->lanes);
	*ret_n = have;
	return digest_eq(&d, &f->parts[i]) || expand_changed(u->from, at, "the bytes are not those that were stored", err);
}

static bool all_parts(struct unpacking *u, struct vault_get *g, struct filter *filter, struct err *err)
{
	const struct manifest_file *f = u->from->manifest->files;
	char more;
	size_t n;

	for (size_t i = 0; i < f->n_parts; i++) {
		if (!ending_none(err) || !part(u, g, i, &n, err))
			return false;
		if (!(filter ? filter_add(filter, u->part, n, err) : expand_add(u->expand, u->part, n, err)))
			return false;
	}
	if (!vault_get_bytes(g, &more, 1, &n, err))
		return false;
	return !n || expand_changed(u->from, f->bytes, "there is more behind its end", err);
}

static bool filtered(void *ctx, const void *p, size_t n, struct err *err)
{
	return expand_add(((struct unpacking *)ctx)->expand, p, n, err);
}

static bool through(struct unpacking *u, struct vault_get *g, struct err *err)
{
	struct filter filter = { .take = filtered, .ctx = u, .silent_s = FILTER_SILENT_S, .stall = u->from->stall };
	bool good;

	if (!u->from->filter)
		return all_parts(u, g, NULL, err);
	if (!filter_begin(&filter, u->from->filter, err))
		return false;
	good = all_parts(u, g, &filter, err) && filter_end(&filter, err);
	filter_stop(&filter);
	return good;
}

bool unpack(const struct unpack_from *from, bool (*take)(void *ctx, const void *p, size_t n, struct err *err), void *ctx,
	    struct fingerprint_found *ret, struct err *err)
{
	const struct manifest *m = from->manifest;
	struct unpacking u = { .from = from, .part = malloc(MANIFEST_PART), .lanes = digest_lanes_new(DIGEST_LANES_MANY) };
	struct vault_get *g = NULL;
	bool good;

	good = (u.part && u.lanes) || err_set(err, ERR_LIMIT, "no memory to unpack a backup");
	good = good && vault_get_begin(from->vault, m->target, m->id, m->files->name, 0, &g, err);
	u.expand = good ? expand_begin(from, take, ctx, err) : NULL;
	good = u.expand && through(&u, g, err) && expand_end(u.expand, ret, err);
	vault_get_end(g);
	expand_free(u.expand);
	digest_lanes_free(u.lanes);
	free(u.part);
	return good;
}
