#include "read/planfile.h"

#include "base/buf.h"
#include "read/msgpack.h"
#include "read/protobuf.h"
#include "read/zip.h"

#define PLAN_FORMAT 3 /* planproto's version; the same from Terraform 0.15 to 1.14 */
#define MAX_BACKEND_JSON ((size_t)1 << 20)

#define AGAIN "make the plan again"

bool planfile_probe(struct str bytes)
{
	return zip_probe(bytes);
}

/* --- tfplan --- */

/* Fields of planproto.Plan read here, each at most once: a second one would be a second reading. */
enum {
	FIELD_VERSION = 1,
	FIELD_TARGET = 5,
	FIELD_BACKEND = 13,
	FIELD_TERRAFORM = 14,
	FIELD_MODE = 17,
	FIELD_ERRORED = 20,
	FIELD_TIMESTAMP = 21,
};

static bool is_single(uint32_t number)
{
	return number == FIELD_VERSION || number == FIELD_BACKEND || number == FIELD_TERRAFORM || number == FIELD_MODE ||
	       number == FIELD_ERRORED || number == FIELD_TIMESTAMP;
}

/* planproto.Backend: type 1, config 2 (DynamicValue: msgpack 1), workspace 3. */
static bool take_backend(struct str message, struct planfile *pf, struct str *ret_config)
{
	struct protobuf_field f, inner;
	unsigned seen = 0;

	for (;;) {
		enum protobuf_step s = protobuf_next(&message, &f);

		if (s == PROTOBUF_END)
			return pf->backend_type.len > 0;
		if (s == PROTOBUF_BAD)
			return false;
		if (f.number < 1 || f.number > 3)
			continue;
		if (f.wire != PROTOBUF_BYTES || seen & 1u << f.number)
			return false;
		seen |= 1u << f.number;
		if (f.number == 1)
			pf->backend_type = f.bytes;
		else if (f.number == 3)
			pf->workspace = f.bytes;
		else if (protobuf_next(&f.bytes, &inner) != PROTOBUF_FIELD || inner.number != 1 ||
			 inner.wire != PROTOBUF_BYTES || f.bytes.len != 0)
			return false;
		else
			*ret_config = inner.bytes;
	}
}

static enum plan_mode mode_of(uint64_t value)
{
	return value == 0 ? PLAN_MODE_NORMAL :
	       value == 1 ? PLAN_MODE_DESTROY :
	       value == 2 ? PLAN_MODE_REFRESH_ONLY :
			    PLAN_MODE_UNKNOWN;
}

struct plan_head {
	struct str backend, config;
	uint64_t version;
};

static void take_field(const struct protobuf_field *f, struct planfile *pf, struct plan_head *h)
{
	switch (f->number) {
	case FIELD_VERSION:
		h->version = f->value;
		return;
	case FIELD_TARGET:
		pf->has_targets = true;
		return;
	case FIELD_BACKEND:
		h->backend = f->bytes;
		return;
	case FIELD_TERRAFORM:
		pf->terraform_version = f->bytes;
		return;
	case FIELD_MODE:
		pf->mode = mode_of(f->value);
		return;
	case FIELD_ERRORED:
		pf->errored = f->value != 0;
		return;
	case FIELD_TIMESTAMP:
		pf->timestamp = f->bytes;
		return;
	default: /* changes and the like: read from `show -json` */
		return;
	}
}

static bool backend_config(struct str msgpack, struct arena *arena, struct planfile *pf, struct err *err)
{
	auto_buf text = BUF_MAX(MAX_BACKEND_JSON);
	struct json_out o = { .buf = &text };
	struct json *tree;

	if (!msgpack_read(msgpack, arena, &tree))
		return err_set(err, ERR_INPUT, "saved plan: backend configuration cannot be decoded; " AGAIN);
	json_out_tree(&o, tree);
	pf->backend = tree;
	pf->backend_config = arena_str(arena, buf_str(&text));
	if (text.failed || arena->full)
		return err_set(err, ERR_LIMIT, "saved plan: backend configuration larger than %zu bytes", MAX_BACKEND_JSON);
	return true;
}

static bool take_tfplan(struct str message, struct arena *arena, struct planfile *pf, struct err *err)
{
	struct plan_head h = { 0 };
	struct protobuf_field f;
	uint32_t seen = 0;

	pf->mode = PLAN_MODE_NORMAL; /* protobuf leaves a zero out */
	for (;;) {
		enum protobuf_step s = protobuf_next(&message, &f);

		if (s == PROTOBUF_END)
			break;
		if (s == PROTOBUF_BAD)
			return err_set(err, ERR_INPUT, "saved plan: tfplan is no protobuf message; " AGAIN);
		if (is_single(f.number) && seen & 1u << f.number)
			return err_set(err, ERR_INPUT, "saved plan: field %u stands in it twice; " AGAIN, f.number);
		if (is_single(f.number))
			seen |= 1u << f.number;
		take_field(&f, pf, &h);
	}
	if (h.version != PLAN_FORMAT)
		return err_set(err, ERR_INPUT,
			       "saved plan of format %llu, only %d is known here; plan with a Terraform or OpenTofu of 1.x",
			       (unsigned long long)h.version, PLAN_FORMAT);
	if (pf->mode == PLAN_MODE_UNKNOWN)
		return err_set(err, ERR_INPUT, "saved plan: its mode is not one that is known here; " AGAIN);
	if (!take_backend(h.backend, pf, &h.config))
		return err_set(err, ERR_INPUT, "saved plan: its backend cannot be read; " AGAIN);
	if (!str_is_utf8(pf->backend_type) || !str_is_utf8(pf->workspace) || !str_is_utf8(pf->terraform_version) ||
	    !str_is_utf8(pf->timestamp))
		return err_set(err, ERR_INPUT, "saved plan: text that is not UTF-8; " AGAIN);
	return h.config.len == 0 || backend_config(h.config, arena, pf, err);
}

/* --- members --- */

static const struct str config_folder = STR_INIT("tfconfig/");

static bool want(struct str name)
{
	return str_is(name, "tfplan") || str_is(name, "tfstate") || str_is(name, "tfstate-prev") ||
	       str_is(name, ".terraform.lock.hcl") || str_starts(name, config_folder);
}

/* Merge sort of the list, by path. */
static struct planfile_config *sorted(struct planfile_config *list, size_t n)
{
	struct planfile_config *a = list, *b = list, *out = NULL, **tail = &out;
	size_t half = n / 2;

	if (n < 2)
		return list;
	for (size_t i = 1; i < half; i++)
		b = b->next;
	{
		struct planfile_config *rest = b->next;

		b->next = NULL;
		b = rest;
	}
	a = sorted(a, half);
	b = sorted(b, n - half);
	while (a && b) {
		struct planfile_config **least = str_cmp(a->path, b->path) <= 0 ? &a : &b;

		*tail = *least;
		tail = &(*least)->next;
		*least = *tail;
	}
	*tail = a ? a : b;
	return out;
}

static struct digest digest_config(const struct planfile *pf)
{
	struct digest_run r;

	digest_begin(&r);
	digest_field(&r, STR(".terraform.lock.hcl"), pf->lock_file);
	digest_field(&r, STR("modules.json"), pf->modules);
	for (const struct planfile_config *c = pf->config; c; c = c->next)
		digest_field(&r, c->path, c->bytes);
	return digest_end(&r);
}

static bool take_config(const struct zip_member *m, struct arena *arena, struct planfile *pf)
{
	struct planfile_config *c;
	struct str path = str_sub(m->name, config_folder.len, m->name.len);

	if (str_is(path, "modules.json")) {
		pf->modules = m->bytes;
		return true;
	}
	c = ARENA_NEW(arena, struct planfile_config);
	if (!c)
		return false;
	*c = (struct planfile_config){ path, m->bytes, pf->config };
	pf->config = c;
	return true;
}

struct members {
	const struct zip_member *tfplan, *tfstate, *tfstate_prev;
};

static bool sort_members(const struct zip_member *first, struct arena *arena, struct planfile *pf, struct members *ret)
{
	size_t n = 0;

	for (const struct zip_member *m = first; m; m = m->next) {
		if (str_is(m->name, "tfplan"))
			ret->tfplan = m;
		else if (str_is(m->name, "tfstate"))
			ret->tfstate = m;
		else if (str_is(m->name, "tfstate-prev"))
			ret->tfstate_prev = m;
		else if (str_is(m->name, ".terraform.lock.hcl"))
			pf->lock_file = m->bytes;
		else if (str_starts(m->name, config_folder)) {
			if (!take_config(m, arena, pf))
				return false;
			n += !str_is(m->name, "tfconfig/modules.json");
		}
	}
	pf->config = sorted(pf->config, n);
	return true;
}

bool planfile_read(struct str bytes, struct arena *arena, struct planfile *ret, struct err *err)
{
	static const struct zip_opts opts = { PLANFILE_MAX_MEMBERS, PLANFILE_MAX_MEMBER, PLANFILE_MAX_TOTAL, want };
	struct planfile pf = { 0 };
	struct members m = { 0 };
	struct zip_member *first;

	if (!zip_read(bytes, &opts, arena, &first, err))
		return err_prefix(err, "saved plan");
	if (!sort_members(first, arena, &pf, &m))
		return err_set(err, ERR_LIMIT, "saved plan larger than may be held in memory");
	if (!m.tfplan || !m.tfstate || !m.tfstate_prev)
		return err_set(err, ERR_INPUT,
			       "a zip archive, but no saved Terraform plan: it has no member called %s; give a file made by "
			       "`terraform plan -out FILE`",
			       !m.tfplan ? "tfplan" : !m.tfstate ? "tfstate" : "tfstate-prev");
	if (!take_tfplan(m.tfplan->bytes, arena, &pf, err))
		return false;
	if (!state_read(m.tfstate->bytes, arena, &pf.state, err))
		return err_prefix(err, "saved plan, member tfstate");
	if (!state_read(m.tfstate_prev->bytes, arena, &pf.state_prev, err))
		return err_prefix(err, "saved plan, member tfstate-prev");
	pf.state_bytes = m.tfstate->bytes;
	pf.tfplan = m.tfplan->bytes;
	pf.digest = digest_of(bytes.ptr, bytes.len);
	pf.config_digest = digest_config(&pf);
	*ret = pf;
	return true;
}

/* --- what it says --- */

/* Sums of digests do not mind the order, and unlike an exclusive or they count what stands there twice. */
static void add_digest(struct digest *sum, const struct digest *d)
{
	unsigned carry = 0;

	for (size_t i = sizeof(sum->b); i > 0; i--) {
		carry += (unsigned)sum->b[i - 1] + d->b[i - 1];
		sum->b[i - 1] = (uint8_t)carry;
		carry >>= 8;
	}
}

static struct str digest_bytes(const struct digest *d)
{
	return (struct str){ (const char *)d->b, sizeof(d->b) };
}

struct digest planfile_meaning(const struct planfile *pf)
{
	struct digest sum = { 0 };
	struct str left = pf->tfplan;
	struct protobuf_field f;
	struct digest_run r;

	for (const char *at = left.ptr; protobuf_next(&left, &f) == PROTOBUF_FIELD; at = left.ptr) {
		struct digest d = digest_of(at, (size_t)(left.ptr - at));

		if (f.number != FIELD_TIMESTAMP)
			add_digest(&sum, &d);
	}
	digest_begin(&r);
	digest_field(&r, STR("tfplan"), digest_bytes(&sum));
	digest_field(&r, STR("state"), digest_bytes(&pf->state.digest));
	digest_field(&r, STR("state-prev"), digest_bytes(&pf->state_prev.digest));
	digest_field(&r, STR("configuration"), digest_bytes(&pf->config_digest));
	return digest_end(&r);
}
