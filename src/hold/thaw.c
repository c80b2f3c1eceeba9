#include "hold/thaw.h"

#include "base/timestamp.h"

#define TRIES_MAX 16 /* forged entries cost a run of ssh-keygen each: past this it stays frozen */

struct claim {
	struct str text, signature;
	int64_t time_us;
	struct claim *next;
};

struct look {
	struct arena *arena;
	struct thaw freeze;
	struct claim *claims;
};

static void read_asker(struct look *l, const struct json *v, struct principal *p)
{
	uint64_t uid = UINT32_MAX;

	if (!principal_kind_from(json_str(v, "kind"), &p->kind) || !json_u64(v, "uid", &uid))
		p->kind = PRINCIPAL_UNKNOWN;
	p->uid = (uint32_t)uid;
	p->name = arena_str(l->arena, json_str(v, "name"));
	p->key = arena_str(l->arena, json_str(v, "key"));
}

/* A damaged freeze is one all the same; a damaged end is none. */
static bool one(const struct hold_entry *e, void *ctx)
{
	struct look *l = ctx;
	struct json *root = NULL;
	bool frozen = str_is(e->kind, "freeze");

	if (!frozen && !str_is(e->kind, "unfreeze"))
		return true;
	if (!json_parse(arena_str(l->arena, e->body), l->arena, &root, NULL))
		root = NULL;
	if (frozen) {
		l->freeze = (struct thaw){ .seq = e->seq, .time_us = e->time_us };
		l->claims = NULL;
		read_asker(l, json_get(root, "asker"), &l->freeze.asker);
	} else if (l->freeze.seq) {
		struct claim *c = ARENA_NEW(l->arena, struct claim);

		if (!c)
			return false;
		*c = (struct claim){ json_str(root, "statement"), json_str(root, "signature"), e->time_us, l->claims };
		l->claims = c;
	}
	return !l->arena->full;
}

static bool of_this(const struct thaw *freeze, const struct statement *s)
{
	char when[TIMESTAMP_LEN + 1];
	uint64_t seq;

	timestamp_text(freeze->time_us, when);
	return s->kind == STATEMENT_UNFREEZE && str_to_u64(s->freeze, &seq) && seq == freeze->seq && str_is(s->opened, when);
}

static bool refuse(struct weighed *ret, const char *why)
{
	*ret = (struct weighed){ .result = WEIGHED_FORGED };
	snprintf(ret->why, sizeof(ret->why), "%.380s", why);
	return false;
}

bool thaw_weigh(const struct hold_host *h, const struct thaw *freeze, struct book_elevation *io, struct arena *arena,
		struct weighed *ret)
{
	struct principal signer = { .kind = PRINCIPAL_PERSON, .uid = UINT32_MAX };
	struct err err = { 0 };
	struct weigh w;

	if (!io->signature.len || !statement_parse(io->text, arena, &io->statement, &err) ||
	    !timestamp_parse(io->statement.signed_at, &io->signed_us) || !timestamp_parse(io->statement.expires, &io->expires_us))
		return refuse(ret, "no signed statement");
	if (!of_this(freeze, &io->statement))
		return refuse(ret, "the signature is over another freeze");
	if (!weigh_begin(&w, h, NULL, io->time_us, arena, &err))
		return refuse(ret, err.msg);
	signer.name = io->statement.approver;
	signer.key = io->statement.key;
	if (principal_same(&freeze->asker, &signer))
		return refuse(ret, "whoever froze it signed");
	*ret = weigh_unfreeze(&w, io);
	return ret->result == WEIGHED_VALID;
}

bool thaw_look(const struct hold_host *h, struct arena *arena, struct thaw *ret, struct err *err)
{
	struct look l = { .arena = arena };
	struct weighed v;
	unsigned tries = 0;

	if (!h->walk(h->ctx, 0, one, &l, err))
		return false;
	if (arena->full)
		return err_set(err, ERR_LIMIT, "too many freezes for the memory there is");
	for (const struct claim *c = l.claims; c && tries < TRIES_MAX; c = c->next, tries++) {
		struct book_elevation u = { .text = c->text, .signature = c->signature, .time_us = c->time_us };

		if (thaw_weigh(h, &l.freeze, &u, arena, &v)) {
			*ret = (struct thaw){ 0 };
			return true;
		}
		l.freeze.forged++;
	}
	*ret = l.freeze;
	return true;
}
