#include <zstd.h>

#include "recovery/filter.h"
#include "recovery/pack.h"

struct unpacking {
	const struct unpack_from *from;
	bool (*take)(void *ctx, const void *p, size_t n, struct err *err);
	void *ctx;
	ZSTD_DCtx *zstd;
	bool over; /* a frame ended, and no other began */
	uint64_t plain_bytes;
	struct fingerprint *fingerprint;
	struct fingerprint_found found;
	struct digest_lanes *lanes;
	char *part, *out;
	size_t out_size;
};

static bool changed(const struct unpack_from *f, uint64_t at, const char *what, struct err *err)
{
	const struct manifest *m = f->manifest;

	return err_set(err, ERR_BROKEN, "%.*s/%.*s/%.*s, from byte %llu on: %s", STR_ARG(m->target),
		       STR_ARG(m->id), STR_ARG(m->files->name), (unsigned long long)at, what);
}

static bool expand(void *ctx, const void *p, size_t n, struct err *err)
{
	struct unpacking *u = ctx;
	ZSTD_inBuffer in = { p, n, 0 };

	while (in.pos < in.size) {
		ZSTD_outBuffer out = { u->out, u->out_size, 0 };
		size_t left = ZSTD_decompressStream(u->zstd, &out, &in);

		if (ZSTD_isError(left))
			return changed(u->from, 0, ZSTD_getErrorName(left), err);
		u->over = left == 0;
		u->plain_bytes += out.pos;
		if (u->plain_bytes > u->from->manifest->plain_bytes)
			return changed(u->from, 0, "it holds more than its manifest says", err);
		if (out.pos && !fingerprint_add(u->fingerprint, u->out, out.pos, err))
			return false;
		if (out.pos && !u->take(u->ctx, u->out, out.pos, err))
			return false;
	}
	return true;
}

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
			return changed(u->from, at + have, "it is cut off here", err);
		digest_tree_add(t, u->part + have, n);
		have += n;
	}
	digest_tree_end(t, &d);
	digest_lanes_wait(u->lanes);
	*ret_n = have;
	return digest_eq(&d, &f->parts[i]) ||
	       changed(u->from, at, "the bytes are not those that were stored", err);
}

static bool all_parts(struct unpacking *u, struct vault_get *g, struct filter *filter,
		      struct err *err)
{
	const struct manifest_file *f = u->from->manifest->files;
	char more;
	size_t n;

	for (size_t i = 0; i < f->n_parts; i++) {
		if (!part(u, g, i, &n, err))
			return false;
		if (!(filter ? filter_add(filter, u->part, n, err) : expand(u, u->part, n, err)))
			return false;
	}
	if (!vault_get_bytes(g, &more, 1, &n, err))
		return false;
	return !n || changed(u->from, f->bytes, "there is more behind its end", err);
}

static bool ended_well(struct unpacking *u, struct err *err)
{
	const struct manifest *m = u->from->manifest;

	if (!u->over || u->plain_bytes != m->plain_bytes)
		return changed(u->from, 0, "it holds less than its manifest says", err);
	if (!fingerprint_end(u->fingerprint, &u->found, err))
		return false;
	return digest_eq(&u->found.plain, &m->plain) ||
	       changed(u->from, 0, "what it holds is not what its manifest says", err);
}

static bool through(struct unpacking *u, struct vault_get *g, struct err *err)
{
	struct filter filter = { .take = expand, .ctx = u };
	bool good;

	if (!u->from->filter)
		return all_parts(u, g, NULL, err) && ended_well(u, err);
	if (!filter_begin(&filter, u->from->filter, err))
		return false;
	good = all_parts(u, g, &filter, err) && filter_end(&filter, err) && ended_well(u, err);
	filter_stop(&filter);
	return good;
}

bool unpack(const struct unpack_from *from,
	    bool (*take)(void *ctx, const void *p, size_t n, struct err *err), void *ctx,
	    struct fingerprint_found *ret, struct err *err)
{
	const struct manifest *m = from->manifest;
	struct unpacking u = { .from = from,
			       .take = take,
			       .ctx = ctx,
			       .zstd = ZSTD_createDCtx(),
			       .out_size = ZSTD_DStreamOutSize() };
	struct vault_get *g = NULL;
	bool good;

	u.part = malloc(MANIFEST_PART);
	u.out = malloc(u.out_size);
	u.lanes = digest_lanes_new(DIGEST_LANES_MANY);
	u.fingerprint = fingerprint_new(from->form, from->arena);
	good = (u.zstd && u.part && u.out && u.lanes && u.fingerprint) ||
	       err_set(err, ERR_LIMIT, "no memory to unpack a backup");
	good = good && vault_get_begin(from->vault, m->target, m->id, m->files->name, 0, &g, err) &&
	       through(&u, g, err);
	if (good)
		*ret = u.found;
	vault_get_end(g);
	fingerprint_free(u.fingerprint);
	digest_lanes_free(u.lanes);
	ZSTD_freeDCtx(u.zstd);
	free(u.part);
	free(u.out);
	return good;
}
