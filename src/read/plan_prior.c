#include "read/plan_prior.h"

#include "read/plan_say.h"

/* Brackets open in the document: inside prior_state, its values, and the root module. */
#define DEPTH_STATE 2
#define DEPTH_VALUES 3

static const char bucket_type[] = "aws_s3_bucket";

/* What decides whether what lies in a bucket stays there, and can be read; each names the bucket as `bucket`. */
static const char *const setting_types[] = {
	"aws_s3_bucket_lifecycle_configuration",
	"aws_s3_bucket_object_lock_configuration",
	"aws_s3_bucket_policy",
	"aws_s3_bucket_replication_configuration",
	"aws_s3_bucket_server_side_encryption_configuration",
	"aws_s3_bucket_versioning",
};

static struct str said(const struct plan_prior_text *t)
{
	return (struct str){ t->at, t->len };
}

static bool is_setting(struct str type)
{
	size_t i = 0;

	while (i < ARRAY_LEN(setting_types) && !str_is(type, setting_types[i]))
		i++;
	return i < ARRAY_LEN(setting_types);
}

/* --- walking --- */

static void resource_begin(struct plan_prior *p, size_t depth)
{
	p->resource = depth;
	p->address.len = p->mode.len = p->type.len = p->bucket.len = 0;
}

/* Terraform writes the type before the values: those of others are passed over. */
static bool in_resource(struct plan_prior *p, struct str name)
{
	if (str_is(name, "values"))
		return !p->type.len || str_is(said(&p->type), bucket_type) || is_setting(said(&p->type));
	p->field = str_is(name, "address") ? &p->address : str_is(name, "mode") ? &p->mode : str_is(name, "type") ? &p->type : NULL;
	return p->field != NULL;
}

bool plan_prior_name(struct plan_prior *p, size_t depth, struct str name)
{
	p->field = NULL;
	if (depth < p->resource) /* back in the module */
		p->resource = 0;
	if (depth == DEPTH_STATE)
		return str_is(name, "values");
	if (depth == DEPTH_VALUES)
		return str_is(name, "root_module");
	if (p->resource && depth == p->resource)
		return in_resource(p, name);
	if (p->resource) {
		p->field = depth == p->resource + 1 && str_is(name, "bucket") ? &p->bucket : NULL;
		return p->field != NULL;
	}
	if (!str_is(name, "resources"))
		return str_is(name, "child_modules");
	resource_begin(p, depth + 2);
	return true;
}

void plan_prior_text(struct plan_prior *p, struct str text)
{
	if (!p->field)
		return;
	text = plan_say_cut(text, PLAN_PRIOR_TEXT);
	memcpy(p->field->at, text.ptr, text.len);
	p->field->len = text.len;
	p->field = NULL;
}

/* --- what is found --- */

static struct request_bucket *keep(struct plan_prior *p)
{
	struct request_bucket *b = ARENA_NEW(p->arena, struct request_bucket);

	if (b)
		*b = (struct request_bucket){ .address = arena_str(p->arena, said(&p->address)),
					      .name = arena_str(p->arena, said(&p->bucket)) };
	return b;
}

static void take(struct plan_prior *p)
{
	bool is_bucket = str_is(said(&p->type), bucket_type);
	struct request_bucket *b;

	if (str_is(said(&p->mode), "data") || !p->address.len || !p->bucket.len || (!is_bucket && !is_setting(said(&p->type))))
		return;
	b = keep(p);
	if (!b)
		return;
	if (!is_bucket) {
		b->next = p->settings;
		p->settings = b;
		return;
	}
	if (p->buckets_last)
		p->buckets_last->next = b;
	else
		p->buckets = b;
	p->buckets_last = b;
}

void plan_prior_close(struct plan_prior *p, size_t depth)
{
	if (!p->resource || depth != p->resource - 1)
		return;
	take(p);
	resource_begin(p, p->resource);
}

struct request_bucket *plan_prior_end(struct plan_prior *p)
{
	if (!p->buckets_last)
		return p->settings;
	p->buckets_last->next = p->settings;
	return p->buckets;
}
