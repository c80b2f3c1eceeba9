#include "read/state.h"

#include "facts/terraform_types.h"

#define MAX_RESOURCES ((size_t)1000000)

/* What all objects say of one thing: a value while they agree. */
struct agree {
	struct str value;
	bool differs;
};

struct work {
	struct arena *arena;
	struct state *state;
	struct agree account, region;
	struct digest_run content;
	struct err *err;
};

struct str state_arn_part(struct str arn, unsigned part)
{
	if (!str_starts(arn, STR("arn:")))
		return STR_NONE;
	for (unsigned i = 0; i < part; i++) {
		size_t colon = str_find_char(arn, ':');

		if (colon == SIZE_MAX)
			return STR_NONE;
		arn = str_sub(arn, colon + 1, arn.len);
	}
	return str_sub(arn, 0, str_find_char(arn, ':'));
}

bool state_type_is_cloud(struct str type)
{
	static const struct str local[] = {
		STR_INIT("random_"), STR_INIT("null_"), STR_INIT("local_"),    STR_INIT("terraform_"),
		STR_INIT("tls_"),    STR_INIT("time_"), STR_INIT("archive_"),  STR_INIT("template_"),
		STR_INIT("http_"),   STR_INIT("external_"), STR_INIT("cloudinit_"),
	};

	for (size_t i = 0; i < ARRAY_LEN(local); i++) {
		if (str_starts(type, local[i]))
			return false;
	}
	return true;
}

static void agree_on(struct agree *a, struct str value)
{
	if (value.len == 0)
		return;
	if (a->value.len == 0)
		a->value = value;
	else if (!str_eq(a->value, value))
		a->differs = true;
}

static struct str agreed(const struct agree *a)
{
	return a->differs ? STR_NONE : a->value;
}

static bool all_digits(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
	}
	return s.len > 0;
}

/* Account and region as the attributes of one instance tell them. */
static void look_for_place(struct work *w, struct str type, const struct json *attributes, struct str identity)
{
	struct str account = state_arn_part(identity, STATE_ARN_ACCOUNT);

	if (all_digits(account))
		agree_on(&w->account, account);
	agree_on(&w->region, state_arn_part(identity, STATE_ARN_REGION));
	if (str_starts(type, STR("google_"))) {
		agree_on(&w->account, json_str(attributes, "project"));
		agree_on(&w->region, json_str(attributes, "region"));
	}
	if (str_starts(identity, STR("/subscriptions/"))) {
		struct str rest = str_sub(identity, sizeof("/subscriptions/") - 1, identity.len);

		agree_on(&w->account, str_sub(rest, 0, str_find_char(rest, '/')));
		agree_on(&w->region, json_str(attributes, "location"));
	}
}

static struct str first_text(const struct json *obj, const char *const *keys)
{
	struct str s = STR_NONE;

	for (; *keys && s.len == 0; keys++)
		s = json_str(obj, *keys);
	return s;
}

static struct str tag_of(const struct json *tags)
{
	static const struct str wanted[] = { STR_INIT("environment"), STR_INIT("env"), STR_INIT("stage") };

	if (!json_is(tags, JSON_OBJECT))
		return STR_NONE;
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		JSON_EACH(t, tags) {
			if (str_eq_nocase(t->key, wanted[i]) && json_text(t).len)
				return json_text(t);
		}
	}
	return STR_NONE;
}

static struct str title_of(struct str type, const struct json *attributes)
{
	static const char *const usual[] = { "name", "bucket", "identifier", "cluster_identifier", NULL };
	const struct terraform_type *t = terraform_type_find(type);
	struct str title = STR_NONE;

	if (t && t->title_attribute.len)
		title = json_text(json_at(attributes, t->title_attribute.ptr));
	return title.len ? title : first_text(attributes, usual);
}

/* As terraform writes it: quotes, backslashes, line ends and template openers escaped. */
static struct str quoted_key(struct arena *arena, struct str key)
{
	char *p = arena_alloc(arena, key.len * 2 + 3);
	size_t n = 0;

	if (!p)
		return STR_NONE;
	p[n++] = '"';
	for (size_t i = 0; i < key.len; i++) {
		char c = key.ptr[i];
		bool opener = (c == '$' || c == '%') && i + 1 < key.len && key.ptr[i + 1] == '{';

		if (c == '\n' || c == '\r' || c == '\t') {
			p[n++] = '\\';
			c = c == '\n' ? 'n' : c == '\r' ? 'r' : 't';
		} else if (c == '"' || c == '\\') {
			p[n++] = '\\';
		} else if (opener) {
			p[n++] = c;
		}
		p[n++] = c;
	}
	p[n++] = '"';
	return (struct str){ p, n };
}

static struct str address_of(struct work *w, const struct json *resource, const struct json *instance)
{
	struct str module = json_str(resource, "module"), deposed = json_str(instance, "deposed");
	const struct json *index = json_get(instance, "index_key");
	struct str key = STR_NONE;

	if (json_is(index, JSON_NUMBER))
		key = index->text;
	else if (json_is(index, JSON_STRING))
		key = quoted_key(w->arena, index->text);
	return arena_fmt(w->arena, "%.*s%s%.*s.%.*s%s%.*s%s%s%.*s%s", STR_ARG(module), module.len ? "." : "",
			 STR_ARG(json_str(resource, "type")), STR_ARG(json_str(resource, "name")), key.len ? "[" : "",
			 STR_ARG(key), key.len ? "]" : "", deposed.len ? " (deposed " : "", STR_ARG(deposed),
			 deposed.len ? ")" : "");
}

/* Every token of a value, so that two values with one digest are one value. Depth is bounded by json_parse. */
static void content_add(struct digest_run *r, const struct json *v)
{
	char type = (char)('0' + (int)v->type);

	digest_field(r, (struct str){ &type, 1 }, v->text);
	JSON_EACH(m, v) {
		if (v->type == JSON_OBJECT)
			digest_field(r, STR("key"), m->key);
		content_add(r, m);
	}
	digest_field(r, STR("end"), STR_NONE);
}

static bool wrong(struct work *w, const char *what, struct str where)
{
	return err_set(w->err, ERR_INPUT, "not a Terraform state of format 4: %s%s%.*s", what, where.len ? " in " : "",
		       STR_ARG(where));
}

static bool take_instance(struct work *w, const struct json *resource, const struct json *instance)
{
	static const char *const identities[] = { "arn", "self_link", "id", NULL };
	static const char *const networks[] = { "vpc_id", "network", "virtual_network_name", NULL };
	const struct json *attributes = json_get(instance, "attributes");
	struct state_object *o = ARENA_NEW(w->arena, struct state_object);

	if (!json_is(instance, JSON_OBJECT))
		return wrong(w, "an instance is no object", json_str(resource, "type"));
	if (!json_is(attributes, JSON_OBJECT))
		attributes = json_get(instance, "attributes_flat");
	if (!o)
		return err_set(w->err, ERR_LIMIT, "state larger than may be held in memory");
	o->address = address_of(w, resource, instance);
	o->type = json_str(resource, "type");
	o->identity = first_text(attributes, identities);
	o->id = json_str(attributes, "id");
	o->title = title_of(o->type, attributes);
	o->tag_environment = tag_of(json_get(attributes, "tags_all"));
	if (!o->tag_environment.len)
		o->tag_environment = tag_of(json_get(attributes, "tags"));
	if (!o->tag_environment.len)
		o->tag_environment = tag_of(json_get(attributes, "labels"));
	o->network = str_is(o->type, "aws_vpc") ? o->id : first_text(attributes, networks);
	o->tainted = str_is(json_str(instance, "status"), "tainted");
	look_for_place(w, o->type, attributes, o->identity);
	digest_field(&w->content, STR("address"), o->address);
	if (attributes)
		content_add(&w->content, attributes);
	if (w->state->objects_last)
		w->state->objects_last->next = o;
	else
		w->state->objects = o;
	w->state->objects_last = o;
	w->state->n_managed++;
	return true;
}

static bool take_resource(struct work *w, const struct json *resource)
{
	struct str mode = json_str(resource, "mode"), type = json_str(resource, "type");
	const struct json *instances = json_get(resource, "instances");

	if (!json_is(resource, JSON_OBJECT) || type.len == 0 || json_str(resource, "name").len == 0)
		return wrong(w, "a resource without type or name", STR("resources"));
	if (!str_is(mode, "managed") && !str_is(mode, "data"))
		return wrong(w, "a resource whose mode is neither managed nor data", type);
	if (!json_is(instances, JSON_ARRAY))
		return wrong(w, "a resource without instances", type);
	if (str_is(mode, "data"))
		return true;
	JSON_EACH(instance, instances) {
		if (!take_instance(w, resource, instance))
			return false;
	}
	return true;
}

static bool take_head(struct work *w, const struct json *root)
{
	const struct json *lineage = json_get(root, "lineage"), *version = json_get(root, "version");
	const struct json *resources = json_get(root, "resources");

	if (!json_is(root, JSON_OBJECT) || !json_is(version, JSON_NUMBER))
		return wrong(w, "no \"version\"", STR_NONE);
	if (!str_is(version->text, "4"))
		return err_set(w->err, ERR_INPUT,
			       "state format %.*s is not supported, only 4 (Terraform 0.12 and later); bring it up with its own "
			       "terraform first",
			       STR_ARG(version->text));
	if (!json_is(lineage, JSON_STRING) || !json_u64(root, "serial", &w->state->serial))
		return wrong(w, "no \"lineage\" or \"serial\"", STR_NONE);
	if (!json_is(resources, JSON_ARRAY) || resources->n > MAX_RESOURCES)
		return wrong(w, "no list of \"resources\"", STR_NONE);
	w->state->lineage = lineage->text;
	w->state->terraform_version = json_str(root, "terraform_version");
	JSON_EACH(resource, resources) {
		if (!take_resource(w, resource))
			return false;
	}
	return true;
}

bool state_read(struct str bytes, struct arena *arena, struct state *ret, struct err *err)
{
	struct state state = { 0 };
	struct work w = { .arena = arena, .state = &state, .err = err };
	struct json *root;

	if (bytes.len > STATE_MAX_BYTES)
		return err_set(err, ERR_LIMIT, "state of %zu bytes is larger than %zu", bytes.len, STATE_MAX_BYTES);
	if (!json_parse(bytes, arena, &root, err))
		return err_prefix(err, "state");
	digest_begin(&w.content);
	if (!take_head(&w, root))
		return false;
	if (arena->full)
		return err_set(err, ERR_LIMIT, "state larger than may be held in memory");
	JSON_EACH(output, json_get(root, "outputs")) {
		digest_field(&w.content, STR("output"), output->key);
		content_add(&w.content, output);
	}
	state.content = digest_end(&w.content);
	state.digest = digest_of(bytes.ptr, bytes.len);
	state.account = agreed(&w.account);
	state.region = agreed(&w.region);
	*ret = state;
	return true;
}

const struct state_object *state_find(const struct state *s, struct str address)
{
	for (const struct state_object *o = s->objects; o; o = o->next) {
		if (str_eq(o->address, address))
			return o;
	}
	return NULL;
}
