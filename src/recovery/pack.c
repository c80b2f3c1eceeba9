#include "recovery/pack.h"

#include <zstd.h>

#include "recovery/filter.h"

#define OUT_SIZE ((size_t)256 << 10)
#define PARTS_FIRST 64

/* Counts and digests what lies in the vault, whole and by parts. */
struct stored {
	uint64_t bytes;
	struct digest_run whole, part;
	struct digest *parts;
	size_t n_parts, cap_parts;
};

struct pack {
	struct vault_put *to;
	ZSTD_CCtx *zstd;
	struct filter filter;
	bool filtered;
	uint64_t plain_bytes;
	struct digest_run plain;
	struct stored stored;
	char out[OUT_SIZE];
};

/* --- what is stored --- */

static bool part_ends(struct stored *s)
{
	if (s->n_parts == s->cap_parts) {
		size_t cap = s->cap_parts ? 2 * s->cap_parts : PARTS_FIRST;
		struct digest *more = realloc(s->parts, cap * sizeof(*more));

		if (!more)
			return false;
		s->parts = more;
		s->cap_parts = cap;
	}
	s->parts[s->n_parts++] = digest_end(&s->part);
	digest_begin(&s->part);
	return true;
}

static bool stored_add(struct stored *s, const void *p, size_t n)
{
	const char *at = p;

	digest_add(&s->whole, p, n);
	while (n) {
		uint64_t room = MANIFEST_PART - s->bytes % MANIFEST_PART;
		size_t k = n < room ? n : (size_t)room;

		digest_add(&s->part, at, k);
		s->bytes += k;
		at += k;
		n -= k;
		if (k == room && !part_ends(s))
			return false;
	}
	return true;
}

static void stored_begin(struct stored *s)
{
	*s = (struct stored){ 0 };
	digest_begin(&s->whole);
	digest_begin(&s->part);
}

static bool store(void *ctx, const void *p, size_t n, struct err *err)
{
	struct pack *k = ctx;

	if (!stored_add(&k->stored, p, n))
		return err_set(err, ERR_LIMIT, "no memory for the digests of a backup");
	return vault_put_bytes(k->to, p, n, err);
}

/* --- in --- */

bool pack_begin(struct vault_put *to, char *const *filter, struct pack **ret, struct err *err)
{
	struct pack *p = calloc(1, sizeof(*p));

	if (!p) {
		vault_put_stop(to);
		return err_set(err, ERR_LIMIT, "no memory to pack a backup");
	}
	p->to = to;
	p->zstd = ZSTD_createCCtx();
	digest_begin(&p->plain);
	stored_begin(&p->stored);
	if (!p->zstd ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_compressionLevel, PACK_LEVEL)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_checksumFlag, 1))) {
		pack_stop(p);
		return err_set(err, ERR_LIMIT, "zstd cannot be begun");
	}
	if (filter) {
		p->filter.take = store;
		p->filter.ctx = p;
		if (!filter_begin(&p->filter, filter, err)) {
			pack_stop(p);
			return false;
		}
		p->filtered = true;
	}
	*ret = p;
	return true;
}

static bool squeeze(struct pack *p, ZSTD_inBuffer *in, ZSTD_EndDirective how, struct err *err)
{
	size_t left;

	do {
		ZSTD_outBuffer out = { p->out, OUT_SIZE, 0 };

		left = ZSTD_compressStream2(p->zstd, &out, in, how);
		if (ZSTD_isError(left))
			return err_set(err, ERR_TOOL, "zstd: %s", ZSTD_getErrorName(left));
		if (out.pos && !(p->filtered ? filter_add(&p->filter, p->out, out.pos, err)
					     : store(p, p->out, out.pos, err)))
			return false;
	} while (how == ZSTD_e_end ? left != 0 : in->pos < in->size);
	return true;
}

bool pack_add(struct pack *p, const void *bytes, size_t n, struct err *err)
{
	ZSTD_inBuffer in = { bytes, n, 0 };

	digest_add(&p->plain, bytes, n);
	p->plain_bytes += n;
	return squeeze(p, &in, ZSTD_e_continue, err);
}

static void free_all(struct pack *p)
{
	if (p->filtered)
		filter_stop(&p->filter);
	ZSTD_freeCCtx(p->zstd);
	free(p->stored.parts);
	free(p);
}

bool pack_end(struct pack *p, struct arena *arena, struct packed *ret, struct err *err)
{
	ZSTD_inBuffer in = { NULL, 0, 0 };
	struct stored *s = &p->stored;
	struct digest *parts = NULL;
	bool good =
		squeeze(p, &in, ZSTD_e_end, err) && (!p->filtered || filter_end(&p->filter, err));

	if (good && s->bytes % MANIFEST_PART)
		good = part_ends(s) ||
		       err_set(err, ERR_LIMIT, "no memory for the digests of a backup");
	if (good)
		parts = arena_array(arena, s->n_parts ? s->n_parts : 1, sizeof(*parts));
	if (good && !parts)
		good = err_set(err, ERR_LIMIT, "no memory for the digests of a backup");
	if (!good) {
		pack_stop(p);
		return false;
	}
	if (s->n_parts)
		memcpy(parts, s->parts, s->n_parts * sizeof(*parts));
	good = vault_put_end(p->to, err);
	p->to = NULL;
	*ret = (struct packed){ p->plain_bytes,
				digest_end(&p->plain),
				{ .bytes = s->bytes,
				  .digest = digest_end(&s->whole),
				  .parts = parts,
				  .n_parts = s->n_parts } };
	free_all(p);
	return good;
}

void pack_stop(struct pack *p)
{
	if (!p)
		return;
	vault_put_stop(p->to);
	free_all(p);
}
