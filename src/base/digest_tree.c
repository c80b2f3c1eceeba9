#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/digest_tree.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef PAWL_IPSEC_MB
#include <intel-ipsec-mb.h>
#endif

#define FIRST_LINE "pawl-digest-1\n"
/* 16 lanes, what waits behind a long one for its turn, and one that is being filled for each stream. */
#define SLOTS 40

struct slot {
	struct digest_tree *tree;
	struct slot *next; /* free */
	struct digest leaf;
	size_t n;
	unsigned char bytes[DIGEST_CHUNK];
};

struct digest_tree {
	struct digest_lanes *lanes;
	struct digest_tree *also, *next, **at; /* of those that live */
	struct digest_run root;
	struct slot *slot; /* being filled; NULL: none */
	uint64_t bytes;
	unsigned pending; /* chunks in the lanes */
	struct digest *ret; /* ended: where it goes */
};

struct digest_lanes {
	struct digest_tree *trees;
	struct slot *free;
#ifdef PAWL_IPSEC_MB
	IMB_MGR *many; /* NULL: one by one */
#endif
	struct slot slots[SLOTS];
};

/* --- roots --- */

static void unlink_tree(struct digest_tree *t)
{
	*t->at = t->next;
	if (t->next)
		t->next->at = t->at;
	free(t);
}

static void over(struct digest_tree *t)
{
	char line[32];
	int n;

	if (!t->ret || t->pending)
		return;
	n = snprintf(line, sizeof(line), "%llu\n", (unsigned long long)t->bytes);
	digest_add(&t->root, line, (size_t)n);
	*t->ret = digest_end(&t->root);
	unlink_tree(t);
}

/* The lanes give them back in the order in which they got them. */
static void chunk_done(struct slot *s)
{
	struct digest_tree *t = s->tree, *also = t->also;
	char line[DIGEST_HEX_LEN + 1];

	digest_hex(&s->leaf, line);
	line[DIGEST_HEX_LEN] = '\n';
	s->next = t->lanes->free;
	t->lanes->free = s;
	for (; t; t = also, also = NULL) {
		digest_add(&t->root, line, sizeof(line));
		t->pending--;
		over(t);
	}
}

/* --- lanes --- */

static void alone(struct slot *s)
{
	SHA256(s->bytes, s->n, s->leaf.b);
	chunk_done(s);
}

#ifdef PAWL_IPSEC_MB
static void job_done(const IMB_JOB *j)
{
	PAWL_ASSERT(j->status == IMB_STATUS_COMPLETED);
	chunk_done(j->user_data);
}

static void submit(struct digest_lanes *l, struct slot *s)
{
	IMB_JOB *j;

	if (!l->many) {
		alone(s);
		return;
	}
	j = IMB_GET_NEXT_JOB(l->many);
	j->cipher_mode = IMB_CIPHER_NULL;
	j->cipher_direction = IMB_DIR_ENCRYPT;
	j->chain_order = IMB_ORDER_HASH_CIPHER;
	j->hash_alg = IMB_AUTH_SHA_256;
	j->src = s->bytes;
	j->hash_start_src_offset_in_bytes = 0;
	j->msg_len_to_hash_in_bytes = s->n;
	j->auth_tag_output = s->leaf.b;
	j->auth_tag_output_len_in_bytes = DIGEST_LEN;
	j->user_data = s;
	for (j = IMB_SUBMIT_JOB(l->many); j; j = IMB_GET_COMPLETED_JOB(l->many))
		job_done(j);
	PAWL_ASSERT(imb_get_errno(l->many) == 0);
}

/* Something comes out of the lanes; false: there was nothing in them. */
static bool flush(struct digest_lanes *l)
{
	IMB_JOB *j = l->many ? IMB_FLUSH_JOB(l->many) : NULL;

	if (!j)
		return false;
	for (; j; j = IMB_GET_COMPLETED_JOB(l->many))
		job_done(j);
	return true;
}

static void start(struct digest_lanes *l, enum digest_lanes_kind kind)
{
	IMB_ARCH arch = IMB_ARCH_NONE;

	l->many = kind == DIGEST_LANES_MANY ? alloc_mb_mgr(0) : NULL;
	if (!l->many)
		return;
	init_mb_mgr_auto(l->many, &arch);
	if (arch == IMB_ARCH_NONE || imb_get_errno(l->many) != 0) {
		free_mb_mgr(l->many);
		l->many = NULL;
	}
}

static void stop(struct digest_lanes *l)
{
	if (l->many)
		free_mb_mgr(l->many);
}
#else
static void submit(struct digest_lanes *l, struct slot *s)
{
	(void)l;
	alone(s);
}

static bool flush(struct digest_lanes *l)
{
	(void)l;
	return false;
}

static void start(struct digest_lanes *l, enum digest_lanes_kind kind)
{
	(void)l;
	(void)kind;
}

static void stop(struct digest_lanes *l)
{
	(void)l;
}
#endif

struct digest_lanes *digest_lanes_new(enum digest_lanes_kind kind)
{
	struct digest_lanes *l = malloc(sizeof(*l));

	if (!l)
		return NULL;
	l->trees = NULL;
	l->free = NULL;
	for (size_t i = SLOTS; i-- > 0;) {
		l->slots[i].next = l->free;
		l->free = &l->slots[i];
	}
	start(l, kind);
	return l;
}

void digest_lanes_wait(struct digest_lanes *l)
{
	while (flush(l))
		;
}

void digest_lanes_free(struct digest_lanes *l)
{
	if (!l)
		return;
	stop(l);
	while (l->trees)
		unlink_tree(l->trees);
	free(l);
}

/* --- streams --- */

struct digest_tree *digest_tree_begin(struct digest_lanes *l, struct digest_tree *also)
{
	struct digest_tree *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->lanes = l;
	t->also = also;
	t->next = l->trees;
	t->at = &l->trees;
	if (t->next)
		t->next->at = &t->next;
	l->trees = t;
	digest_begin(&t->root);
	digest_add(&t->root, FIRST_LINE, strlen(FIRST_LINE));
	return t;
}

static void send(struct digest_tree *t)
{
	struct slot *s = t->slot;

	t->slot = NULL;
	t->pending++;
	if (t->also) {
		PAWL_ASSERT(t->also->bytes % DIGEST_CHUNK == 0 && !t->also->slot);
		t->also->bytes += s->n;
		t->also->pending++;
	}
	submit(t->lanes, s);
}

static void need_slot(struct digest_tree *t)
{
	struct digest_lanes *l = t->lanes;

	/* None is free only while some are in the lanes: more streams than slots at once are nobody's. */
	while (!l->free)
		PAWL_ASSERT(flush(l));
	t->slot = l->free;
	l->free = t->slot->next;
	t->slot->tree = t;
	t->slot->n = 0;
}

void digest_tree_add(struct digest_tree *t, const void *p, size_t n)
{
	const char *at = p;

	t->bytes += n;
	while (n > 0) {
		size_t k;

		if (!t->slot)
			need_slot(t);
		k = DIGEST_CHUNK - t->slot->n;
		k = n < k ? n : k;
		memcpy(t->slot->bytes + t->slot->n, at, k);
		t->slot->n += k;
		at += k;
		n -= k;
		if (t->slot->n == DIGEST_CHUNK)
			send(t);
	}
}

void digest_tree_end(struct digest_tree *t, struct digest *ret)
{
	if (t->slot)
		send(t);
	t->ret = ret;
	over(t);
}

struct digest digest_tree_of(const void *p, size_t n)
{
	struct digest_run run;
	const unsigned char *at = p;
	char line[DIGEST_HEX_LEN + 1];
	int k;

	digest_begin(&run);
	digest_add(&run, FIRST_LINE, strlen(FIRST_LINE));
	for (size_t left = n; left > 0;) {
		size_t take = left < DIGEST_CHUNK ? left : DIGEST_CHUNK;
		struct digest leaf = digest_of(at, take);

		digest_hex(&leaf, line);
		line[DIGEST_HEX_LEN] = '\n';
		digest_add(&run, line, sizeof(line));
		at += take;
		left -= take;
	}
	k = snprintf(line, sizeof(line), "%zu\n", n);
	digest_add(&run, line, (size_t)k);
	return digest_end(&run);
}
