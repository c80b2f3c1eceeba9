#include "read/plan_prior.h"

#include "read/plan_say.h"

/* Brackets open in the document: inside prior_state, its values, and the root module. */
#define DEPTH_STATE 2
#define DEPTH_VALUES 3

struct plan_prior_kind {
	const char *type, *attribute;
	const char *of; /* before the name: whose buckets those are */
	bool setting;	/* decides whether what lies in a bucket stays there, and can be read */
};

static const struct plan_prior_kind kinds[] = {
	{ "aws_s3_bucket", "bucket", "", false },
	{ "aws_s3_directory_bucket", "bucket", "", false },
	{ "awscc_s3_bucket", "bucket_name", "", false },
	{ "b2_bucket", "bucket_name", "b2:", false },
	{ "google_storage_bucket", "name", "gs:", false },
	{ "aws_s3_bucket_lifecycle_configuration", "bucket", "", true },
	{ "aws_s3_bucket_object_lock_configuration", "bucket", "", true },
	{ "aws_s3_bucket_policy", "bucket", "", true },
	{ "aws_s3_bucket_replication_configuration", "bucket", "", true },
	{ "aws_s3_bucket_server_side_encryption_configuration", "bucket", "", true },
	{ "aws_s3_bucket_versioning", "bucket", "", true },
	{ "awscc_s3_bucket_policy", "bucket", "", true },
};

static const struct plan_prior_kind *kind_of(struct str type)
{
	size_t i = 0;

	while (i < ARRAY_LEN(kinds) && !str_is(type, kinds[i].type))
		i++;
	return i < ARRAY_LEN(kinds) ? &kinds[i] : NULL;
}

static struct str said(const struct plan_prior_text *t)
{
	return (struct str){ t->at, t->len };
}

/* --- walking --- */

static void resource_begin(struct plan_prior *p, size_t depth)
{
	p->resource = depth;
	p->address.len = p->mode.len = p->type.len = p->bucket.len = 0;
	p->kind = NULL;
}

/* Terraform writes the type before the values: those of others are passed over. */
static bool in_resource(struct plan_prior *p, struct str name)
{
	if (str_is(name, "values")) {
		p->kind = kind_of(said(&p->type));
		return !p->type.len || p->kind;
	}
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
		if (depth == p->resource + 1 && str_is(name, p->kind ? p->kind->attribute : "bucket"))
			p->field = &p->bucket;
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

static void take(struct plan_prior *p, const struct plan_prior_kind *kind, struct str address, struct str name)
{
	struct request_bucket *b = ARENA_NEW(p->arena, struct request_bucket);

	if (!b)
		return;
	b->address = address;
	b->name = *kind->of ? arena_fmt(p->arena, "%s%.*s", kind->of, STR_ARG(name)) : name;
	if (kind->setting) {
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

static void take_resource(struct plan_prior *p)
{
	const struct plan_prior_kind *kind = kind_of(said(&p->type));

	if (str_is(said(&p->mode), "data") || !p->address.len || !p->bucket.len || !kind)
		return;
	if (p->kind == kind || !strcmp(kind->attribute, "bucket"))
		take(p, kind, arena_str(p->arena, said(&p->address)), arena_str(p->arena, said(&p->bucket)));
}

struct str plan_prior_attribute(struct str type)
{
	const struct plan_prior_kind *kind = kind_of(type);

	return kind ? str_from(kind->attribute) : STR_NONE;
}

void plan_prior_made(struct plan_prior *p, struct str type, struct str address, struct str name)
{
	const struct plan_prior_kind *kind = kind_of(type);

	if (kind && name.len)
		take(p, kind, address, name);
}

void plan_prior_close(struct plan_prior *p, size_t depth)
{
	if (!p->resource || depth != p->resource - 1)
		return;
	take_resource(p);
	resource_begin(p, p->resource);
}

struct request_bucket *plan_prior_end(struct plan_prior *p)
{
	if (!p->buckets_last)
		return p->settings;
	p->buckets_last->next = p->settings;
	return p->buckets;
}
