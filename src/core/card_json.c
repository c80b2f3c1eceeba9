#include "core/card.h"

static void out_digest(struct json_out *o, const char *key, const struct digest *d)
{
	char hex[DIGEST_HEX_LEN + 1];

	digest_hex(d, hex);
	json_out_kv(o, key, str_from(hex));
}

static void out_rule(struct json_out *o, const char *key, const struct rule_ref *r)
{
	json_out_key(o, key);
	json_out_open(o, '{');
	json_out_kv(o, "name", r->name);
	json_out_kv(o, "file", r->file);
	json_out_key(o, "line");
	json_out_u64(o, r->line);
	json_out_close(o, '}');
}

static void out_demands(struct json_out *o, const struct demands *d)
{
	json_out_key(o, "demands");
	json_out_open(o, '{');
	json_out_kv(o, "confirm", d->confirm == CONFIRM_TYPED ? STR("typed") : STR("plain"));
	json_out_key(o, "approvals");
	json_out_u64(o, d->approvals);
	json_out_key(o, "roles");
	json_out_open(o, '[');
	for (const struct str_list *r = d->roles; r; r = r->next)
		json_out_str(o, r->item);
	json_out_close(o, ']');
	json_out_key(o, "cool_off_s");
	json_out_i64(o, d->cool_off_s);
	json_out_key(o, "expires_s");
	json_out_i64(o, d->expires_s);
	json_out_key(o, "recovery_verified_within_s");
	json_out_i64(o, d->recovery_verified_within_s);
	json_out_key(o, "recovery_proven_within_s");
	json_out_i64(o, d->recovery_proven_within_s);
	json_out_close(o, '}');
}

static void out_counts(struct json_out *o, const struct judgement *j)
{
	json_out_key(o, "counts");
	json_out_open(o, '{');
	json_out_key(o, "allowed");
	json_out_u64(o, j->n_allowed);
	json_out_key(o, "held");
	json_out_u64(o, j->n_held);
	json_out_key(o, "denied");
	json_out_u64(o, j->n_denied);
	json_out_key(o, "destructive");
	json_out_u64(o, j->n_destructive);
	for (size_t k = 1; k < CHANGE_KIND_COUNT; k++) {
		if (!j->by_kind[k])
			continue;
		json_out_key(o, change_kind_name((enum change_kind)k).ptr);
		json_out_u64(o, j->by_kind[k]);
	}
	json_out_close(o, '}');
}

static void out_changes(struct json_out *o, const struct judgement *j)
{
	json_out_key(o, "changes");
	json_out_open(o, '[');
	for (const struct judged_change *c = j->changes; c; c = c->next) {
		json_out_open(o, '{');
		json_out_kv(o, "verdict", verdict_name(c->verdict));
		json_out_kv(o, "environment", c->environment.name);
		out_rule(o, "rule", &c->rule);
		json_out_key(o, "change");
		change_to_json(c->change, o);
		json_out_close(o, '}');
	}
	json_out_close(o, ']');
}

void card_json(const struct request *request, const struct judgement *judgement, const struct evidence *evidence,
	       struct str hold, struct json_out *o)
{
	const struct judgement *j = judgement;
	struct digest d = request_digest(request);

	json_out_open(o, '{');
	json_out_kv(o, "verdict", verdict_name(j->verdict));
	if (hold.len)
		json_out_kv(o, "hold", hold);
	json_out_kv(o, "environment", j->environment.name);
	json_out_kv(o, "reason", j->reason);
	json_out_kv(o, "missing", j->missing);
	json_out_kv(o, "typed_name", j->typed_name);
	json_out_kv(o, "summary", request->summary);
	json_out_kv(o, "tool", request->tool);
	json_out_key(o, "partial");
	json_out_bool(o, request->partial);
	out_rule(o, "rule", &j->rule);
	if (j->missing.len)
		out_rule(o, "missing_rule", &j->missing_rule);
	json_out_kv(o, "safer", j->rule.safer);
	out_demands(o, &j->demands);
	out_counts(o, j);
	out_changes(o, j);
	json_out_key(o, "evidence");
	evidence_to_json(evidence, o);
	out_digest(o, "bytes", &request->bytes);
	out_digest(o, "request", &d);
	json_out_close(o, '}');
}
