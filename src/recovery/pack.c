#include "recovery/pack.h"

#include <zstd.h>

#include "recovery/filter.h"

#define OUT_SIZE ((size_t)256 << 10)
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
	char out[OUT_SIZE];
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
	if (!stored_begin(&p->stored) || !p->zstd ||
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

	p->plain_bytes += n;
	return squeeze(p, &in, ZSTD_e_continue, err);
}

static void free_all(struct pack *p)
{
	if (p->filtered)
		filter_stop(&p->filter);
	ZSTD_freeCCtx(p->zstd);
	stored_free(&p->stored);
	free(p);
}

bool pack_end(struct pack *p, struct arena *arena, struct packed *ret, struct err *err)
{
	ZSTD_inBuffer in = { NULL, 0, 0 };
	struct manifest_file file;
	bool good =
		squeeze(p, &in, ZSTD_e_end, err) && (!p->filtered || filter_end(&p->filter, err));

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
