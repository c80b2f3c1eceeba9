#include "hold/ticket.h"

#include "base/timestamp.h"
#include "hold/weigh.h"

#define MANY 64

void ticket_render(const struct book_hold *hold, struct buf *out)
{
	struct json_out o = { .buf = out };

	json_out_open(&o, '{');
	json_out_key(&o, "pawl_approval");
	json_out_u64(&o, 1);
	json_out_kv(&o, "hold", str_from(hold->id));
	json_out_kv(&o, "summary", hold->summary);
	json_out_key(&o, "approvals");
	json_out_open(&o, '[');
	for (const struct book_approval *a = hold->approvals; a; a = a->next) {
		json_out_open(&o, '{');
		json_out_kv(&o, "statement", a->text);
		json_out_kv(&o, "signature", a->signature);
		json_out_close(&o, '}');
	}
	json_out_close(&o, ']');
	json_out_close(&o, '}');
	buf_addc(out, '\n');
}

static bool take_approval(const struct json *v, struct arena *arena, struct book_hold *hold, struct err *err)
{
	struct book_approval *a = ARENA_NEW(arena, struct book_approval);

	if (!a || hold->n_approvals >= MANY)
		return err_set(err, ERR_LIMIT, "more approvals than one request can have");
	a->text = arena_str(arena, json_str(v, "statement"));
	a->signature = arena_str(arena, json_str(v, "signature"));
	if (!statement_parse(a->text, arena, &a->statement, err))
		return false;
	if (a->statement.kind != STATEMENT_APPROVAL)
		return err_set(err, ERR_INPUT, "an elevation cannot travel as a file");
	if (!timestamp_parse(a->statement.signed_at, &a->signed_us) ||
	    !timestamp_parse(a->statement.expires, &a->expires_us))
		return err_set(err, ERR_INPUT, "a statement without its times");
	a->time_us = a->signed_us;
	if (hold->approvals_last)
		hold->approvals_last->next = a;
	else
		hold->approvals = a;
	hold->approvals_last = a;
	hold->n_approvals++;
	return true;
}

/* The first statement says which hold; those of others must say the same, which weighing sees to. */
static bool from_first(const struct statement *s, struct book_hold *hold, struct err *err)
{
	if (s->hold.len >= sizeof(hold->id) || !str_starts(s->hold, STR("H-")) ||
	    !timestamp_parse(s->opened, &hold->opened_us) || !digest_from_hex(s->request, &hold->request))
		return err_set(err, ERR_INPUT, "the statement names no hold");
	snprintf(hold->id, sizeof(hold->id), "%.*s", STR_ARG(s->hold));
	hold->asker = weigh_asker(s);
	hold->environment = s->binding.environment;
	hold->state = HOLD_APPROVED;
	return true;
}

bool ticket_parse(struct str bytes, struct arena *arena, struct book_hold *ret, struct err *err)
{
	struct book_hold hold = { 0 };
	struct json *root;
	uint64_t version;

	if (bytes.len > TICKET_MAX)
		return err_set(err, ERR_LIMIT, "approval file: larger than %zu bytes", TICKET_MAX);
	if (!json_parse(bytes, arena, &root, err))
		return err_prefix(err, "approval file");
	if (!json_u64(root, "pawl_approval", &version) || version != 1)
		return err_set(err, ERR_INPUT, "approval file: no \"pawl_approval\": 1 in it; made by `pawl approve --out`?");
	JSON_EACH(it, json_get(root, "approvals")) {
		if (!take_approval(it, arena, &hold, err))
			return err_prefix(err, "approval file");
	}
	if (!hold.approvals)
		return err_set(err, ERR_INPUT, "approval file: no approval in it");
	if (!from_first(&hold.approvals->statement, &hold, err))
		return err_prefix(err, "approval file");
	if (arena->full)
		return err_set(err, ERR_LIMIT, "approval file: too large");
	*ret = hold;
	return true;
}
