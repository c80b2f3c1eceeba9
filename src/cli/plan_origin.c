#include "cli/plan_origin.h"

#include "base/fd.h"
#include "base/redact.h"
#include "gate/terraform/provider_env.h"

static bool hint_path(const char *state_dir, const struct digest *plan, char ret[TREE_PATH_MAX], struct err *err)
{
	char dir[TREE_PATH_MAX], hex[DIGEST_HEX_LEN + 1];

	digest_hex(plan, hex);
	return tree_join(dir, state_dir, "plans", err) && dir_make(dir, 0700, err) && tree_join(ret, dir, hex, err);
}

void plan_origin_body(const struct digest *plan, const struct workcopy *w, const struct plan_account *who, struct str tool,
		      struct buf *out)
{
	struct json_out o = { .buf = out };
	struct digest aimed = provider_env_digest(w->env);
	char hex[DIGEST_HEX_LEN + 1];

	json_out_open(&o, '{');
	digest_hex(plan, hex);
	json_out_kv(&o, "plan_sha256", str_from(hex));
	json_out_kv(&o, "work", str_from(w->id));
	json_out_kv(&o, "original", str_from(w->original));
	json_out_kv(&o, "tool", tool);
	json_out_kv(&o, "backend", str_from(w->backend));
	json_out_kv(&o, "workspace", str_from(w->workspace));
	json_out_kv(&o, "account", who->account);
	json_out_kv(&o, "region", who->region);
	json_out_kv(&o, "lineage", str_from(w->lineage));
	json_out_kv(&o, "serial", str_from(w->serial));
	digest_hex(&w->state, hex);
	json_out_kv(&o, "state_sha256", str_from(hex));
	digest_hex(&aimed, hex);
	json_out_kv(&o, "provider_env_sha256", str_from(hex));
	json_out_close(&o, '}');
}

bool plan_origin_write(const char *state_dir, const struct digest *plan, uint64_t seq, struct str body, struct err *err)
{
	auto_buf b = BUF_MAX(65536);
	char path[TREE_PATH_MAX];

	buf_addf(&b, "%llu\n", (unsigned long long)seq);
	buf_add(&b, body);
	return hint_path(state_dir, plan, path, err) && file_replace(path, buf_str(&b), 0600, err);
}

static bool take(char *ret, size_t size, const struct json *root, const char *key)
{
	return (size_t)snprintf(ret, size, "%.*s", STR_ARG(json_str(root, key))) < size;
}

bool plan_origin_read(struct str body, struct plan_origin *ret)
{
	struct plan_origin o = { 0 };
	struct json *root = NULL;
	struct arena a;
	bool ok;

	if (!arena_map(&a, (size_t)1 << 20))
		return false;
	ok = json_parse(body, &a, &root, NULL) && take(o.work, sizeof(o.work), root, "work") &&
	     take(o.original, sizeof(o.original), root, "original") &&
	     take(o.account, sizeof(o.account), root, "account") &&
	     take(o.region, sizeof(o.region), root, "region") &&
	     take(o.provider_env, sizeof(o.provider_env), root, "provider_env_sha256") &&
	     take(o.state_sha256, sizeof(o.state_sha256), root, "state_sha256") && o.work[0];
	arena_unmap(&a);
	if (ok)
		*ret = o;
	return ok;
}

void plan_origin_find(const char *state_dir, const struct digest *plan, struct plan_origin *ret)
{
	auto_buf b = BUF_MAX(65536);
	char path[TREE_PATH_MAX];
	struct plan_origin o;
	uint64_t seq;
	size_t nl;

	*ret = (struct plan_origin){ 0 };
	if (!hint_path(state_dir, plan, path, NULL) || !file_read(path, &b, NULL))
		return;
	nl = str_find_char(buf_str(&b), '\n');
	if (nl == SIZE_MAX || !str_to_u64(str_sub(buf_str(&b), 0, nl), &seq) || !seq ||
	    !plan_origin_read(str_sub(buf_str(&b), nl + 1, b.len), &o))
		return;
	o.seq = seq;
	*ret = o;
}

/* --- proof --- */

struct proof {
	const struct plan_origin *origin;
	const struct digest *plan;
	struct str original; /* as the ledger writes it */
	bool found;
};

static bool prove(const struct ledger_entry *e, void *ctx)
{
	struct plan_origin said;
	struct proof *p = ctx;
	char hex[DIGEST_HEX_LEN + 1];

	digest_hex(p->plan, hex);
	if (e->seq == p->origin->seq)
		p->found = str_is(e->kind, "plan.made") && str_find(e->body, str_from(hex)) != SIZE_MAX &&
			   plan_origin_read(e->body, &said) && strcmp(said.work, p->origin->work) == 0 &&
			   strcmp(said.account, p->origin->account) == 0 && strcmp(said.region, p->origin->region) == 0 &&
			   str_is(p->original, said.original) &&
			   strcmp(said.state_sha256, p->origin->state_sha256) == 0 &&
			   strcmp(said.provider_env, p->origin->provider_env) == 0;
	return false;
}

bool plan_origin_prove(struct ledger *l, const struct digest *plan, const struct plan_origin *origin, bool *ret_proven, struct err *err)
{
	struct proof p = { .origin = origin, .plan = plan };
	struct arena a;
	bool ok;

	if (!arena_map(&a, (size_t)1 << 20))
		return err_set(err, ERR_LIMIT, "no memory");
	p.original = redact_str(str_from(origin->original), &a);
	ok = ledger_walk(l, origin->seq - 1, prove, &p, err);
	arena_unmap(&a);
	if (ok)
		*ret_proven = p.found;
	return ok;
}
