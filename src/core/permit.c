#include "core/permit.h"

struct permit {
	struct digest judged, emitted;
	uint64_t ledger_seq; /* the entry that stands for it */
	bool minted;
};

static bool may_allow(const struct judgement *j, uint64_t allow_seq, struct err *err)
{
	if (j->verdict != VERDICT_ALLOW)
		return err_set(err, ERR_DENIED, "the verdict is %s: %.*s", verdict_name(j->verdict).ptr, STR_ARG(j->reason));
	if (allow_seq == 0)
		return err_set(err, ERR_STATE, "the ledger has no entry of this request: nothing passes unrecorded");
	return true;
}

static bool may_use(const struct request *r, const struct judgement *j, const struct grant_use *use, int64_t now_us,
		    struct err *err)
{
	struct digest d = request_digest(r);

	if (j->verdict != VERDICT_HOLD)
		return err_set(err, ERR_DENIED, "the verdict is %s: %.*s", verdict_name(j->verdict).ptr, STR_ARG(j->reason));
	if (!digest_eq(&d, &use->request))
		return err_set(err, ERR_DENIED, "%.*s was given for another request", STR_ARG(use->hold));
	if (use->ledger_seq == 0)
		return err_set(err, ERR_STATE, "the use of %.*s is not in the ledger", STR_ARG(use->hold));
	if (use->expires_us <= now_us)
		return err_set(err, ERR_DENIED, "the yes to %.*s has expired", STR_ARG(use->hold));
	return true;
}

const struct permit *permit_mint(const struct request *request, const struct judgement *judgement, uint64_t allow_seq,
				 const struct grant_use *use, int64_t now_us, struct arena *arena, struct err *err)
{
	struct permit *p;
	bool ok = use ? may_use(request, judgement, use, now_us, err) : may_allow(judgement, allow_seq, err);

	if (!ok)
		return NULL;
	p = ARENA_NEW(arena, struct permit);
	if (!p) {
		err_set(err, ERR_LIMIT, "no memory for a permit");
		return NULL;
	}
	*p = (struct permit){ request->bytes, request->bytes, use ? use->ledger_seq : allow_seq, true };
	return p;
}

struct digest permit_judged(const struct permit *p)
{
	PAWL_ASSERT(p && p->minted);
	return p->judged;
}

struct digest permit_emitted(const struct permit *p)
{
	PAWL_ASSERT(p && p->minted);
	return p->emitted;
}

bool permit_covers(const struct permit *p, const struct digest *bytes)
{
	return p && p->minted && digest_eq(&p->emitted, bytes);
}
