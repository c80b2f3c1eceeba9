#include "recovery/pack.h"

#define ZSTD_STATIC_LINKING_ONLY /* for ZSTD_c_literalCompressionMode */
#include <zstd.h>

#include "recovery/filter.h"

#define BLOCK 64

struct digest_block {
	struct digest_block *next;
	struct digest parts[BLOCK];
};

/* Counts and digests what lies in the vault, whole and by parts. */
struct stored {
	uint64_t bytes;
	struct digest_lanes *lanes;
	struct digest_tree *whole, *part;
	struct digest_block *first, *last; /* of the parts: they stay where they are, for the lanes write them when they are done */
	size_t n_parts;
};

struct pack {
	struct vault_put *to;
	ZSTD_CCtx *zstd;
	struct filter filter;
	bool filtered;
	uint64_t plain_bytes;
	struct stored stored;
	char *frame, *out; /* what came in pieces; what a frame becomes */
	size_t n_frame, out_size;
};

/* --- what is stored --- */

static bool part_ends(struct stored *s)
{
	size_t at = s->n_parts % BLOCK;

	if (!at) {
		struct digest_block *more = calloc(1, sizeof(*more));

		if (!more)
			return false;
		if (s->n_parts)
			s->last->next = more;
		else
			s->first = more;
		s->last = more;
	}
	s->n_parts++;
	digest_tree_end(s->part, &s->last->parts[at]);
	s->part = NULL;
	return true;
}

static bool stored_add(struct stored *s, const void *p, size_t n)
{
	const char *at = p;

	while (n) {
		uint64_t room = MANIFEST_PART - s->bytes % MANIFEST_PART;
		size_t k = n < room ? n : (size_t)room;

		if (!s->part)
			s->part = digest_tree_begin(s->lanes, s->whole);
		if (!s->part)
			return false;
		digest_tree_add(s->part, at, k);
		s->bytes += k;
		at += k;
		n -= k;
		if (k == room && !part_ends(s))
			return false;
	}
	return true;
}

static bool stored_begin(struct stored *s)
{
	s->lanes = digest_lanes_new(DIGEST_LANES_MANY);
	s->whole = s->lanes ? digest_tree_begin(s->lanes, NULL) : NULL;
	return s->whole;
}

static bool stored_end(struct stored *s, struct arena *arena, struct manifest_file *ret)
{
	struct digest *parts;
	struct digest whole;
	size_t i = 0;

	if (s->part && !part_ends(s))
		return false;
	parts = arena_array(arena, s->n_parts ? s->n_parts : 1, sizeof(*parts));
	if (!parts)
		return false;
	digest_tree_end(s->whole, &whole);
	digest_lanes_wait(s->lanes);
	for (const struct digest_block *b = s->first; b; b = b->next) {
		for (size_t k = 0; k < BLOCK && i < s->n_parts; k++)
			parts[i++] = b->parts[k];
	}
	*ret = (struct manifest_file){ .bytes = s->bytes, .digest = whole, .parts = parts, .n_parts = s->n_parts };
	return true;
}

static void stored_free(struct stored *s)
{
	struct digest_block *b = s->first;

	digest_lanes_free(s->lanes);
	while (b) {
		struct digest_block *next = b->next;

		free(b);
		b = next;
	}
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
	p->frame = malloc(PACK_FRAME);
	p->out_size = ZSTD_compressBound(PACK_FRAME);
	p->out = malloc(p->out_size);
	if (!stored_begin(&p->stored) || !p->zstd || !p->frame || !p->out ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_compressionLevel, PACK_LEVEL))) {
		pack_stop(p);
		return err_set(err, ERR_LIMIT, "zstd cannot be begun");
	}
	/* A newer zstd may not know it any more: then it packs less. */
	(void)ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_literalCompressionMode, ZSTD_ps_enable);
	if (filter) {
		p->filter.take = store;
		p->filter.ctx = p;
		p->filter.silent_s = FILTER_SILENT_S;
		if (!filter_begin(&p->filter, filter, err)) {
			pack_stop(p);
			return false;
		}
		p->filtered = true;
	}
	*ret = p;
	return true;
}

void pack_watched(struct pack *p, struct stall *stall)
{
	p->filter.stall = stall;
}

static bool squeeze(struct pack *p, const void *bytes, size_t n, struct err *err)
{
	size_t k = ZSTD_compress2(p->zstd, p->out, p->out_size, bytes, n);

	if (ZSTD_isError(k))
		return err_set(err, ERR_TOOL, "zstd: %s", ZSTD_getErrorName(k));
	return p->filtered ? filter_add(&p->filter, p->out, k, err) : store(p, p->out, k, err);
}

bool pack_add(struct pack *p, const void *bytes, size_t n, struct err *err)
{
	const char *at = bytes;

	p->plain_bytes += n;
	while (n) {
		size_t k = PACK_FRAME - p->n_frame;

		if (!p->n_frame && n >= PACK_FRAME) {
			if (!squeeze(p, at, PACK_FRAME, err))
				return false;
		} else {
			k = n < k ? n : k;
			memcpy(p->frame + p->n_frame, at, k);
			p->n_frame += k;
			if (p->n_frame == PACK_FRAME && !squeeze(p, p->frame, PACK_FRAME, err))
				return false;
			p->n_frame %= PACK_FRAME;
		}
		at += k;
		n -= k;
	}
	return true;
}

/* What is left; of nothing at all a frame, too. */
static bool last(struct pack *p, struct err *err)
{
	return (!p->n_frame && p->plain_bytes) || squeeze(p, p->frame, p->n_frame, err);
}

static void free_all(struct pack *p)
{
	if (p->filtered)
		filter_stop(&p->filter);
	ZSTD_freeCCtx(p->zstd);
	free(p->frame);
	free(p->out);
	stored_free(&p->stored);
	free(p);
}

bool pack_end(struct pack *p, struct arena *arena, struct packed *ret, struct err *err)
{
	struct manifest_file file;
	bool good =
		last(p, err) && (!p->filtered || filter_end(&p->filter, err));

	if (good && !stored_end(&p->stored, arena, &file))
		good = err_set(err, ERR_LIMIT, "no memory for the digests of a backup");
	if (!good) {
		pack_stop(p);
		return false;
	}
	good = vault_put_end(p->to, err);
	p->to = NULL;
	*ret = (struct packed){ p->plain_bytes, file };
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
