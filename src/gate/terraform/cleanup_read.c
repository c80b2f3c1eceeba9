/* States and plans as the clean-up needs them. */
#include "base/timestamp.h"
#include "facts/terraform_types.h"
#include "gate/terraform/cleanup.h"

void cleanup_add(struct cleanup_list *l, struct cleanup_object *o)
{
	if (l->last)
		l->last->next = o;
	else
		l->first = o;
	l->last = o;
	l->n++;
}

static struct str tag_name(const struct json *attributes)
{
	struct str v = json_str(json_get(attributes, "tags_all"), "Name");

	return v.len ? v : json_str(json_get(attributes, "tags"), "Name");
}

/* When the cloud says it was made, where the provider keeps that. */
static int64_t created(const struct json *attributes)
{
	static const char *const names[] = { "create_date", "created_date", "creation_date",
					     "create_time", "created_time", "creation_time",
					     "created_at" };
	int64_t us;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (timestamp_parse(json_str(attributes, names[i]), &us))
			return us;
	}
	return 0;
}

static struct cleanup_object *take_object(const struct state_object *o, const struct json *instance,
					  struct arena *arena)
{
	struct cleanup_object *c = ARENA_NEW(arena, struct cleanup_object);

	if (!c)
		return NULL;
	c->attributes = json_get(instance, "attributes");
	c->instance = instance;
	c->address = o->address;
	c->type = o->type;
	c->id = o->id;
	c->identity = o->identity;
	c->title = o->title;
	c->tag_name = tag_name(c->attributes);
	c->created_us = created(c->attributes);
	return c;
}

/* state_read walks resources and instances in their order in the file, and so do we: objects and instances go in step. */
bool cleanup_read_state(struct str text, struct arena *arena, struct cleanup_state *ret,
			struct err *err)
{
	struct cleanup_state s = { .path = ret->path, .next = ret->next };
	const struct state_object *o;
	struct json *root;

	if (!state_read(text, arena, &s.state, err) || !json_parse(text, arena, &root, err))
		return false;
	s.root = root;
	o = s.state.objects;
	JSON_EACH(resource, json_get(root, "resources")) {
		if (!str_is(json_str(resource, "mode"), "managed"))
			continue;
		JSON_EACH(instance, json_get(resource, "instances")) {
			struct cleanup_object *c;

			PAWL_ASSERT(o);
			c = take_object(o, instance, arena);
			if (!c)
				return err_set(err, ERR_LIMIT,
					       "state larger than may be held in memory");
			cleanup_add(&s.objects, c);
			o = o->next;
		}
	}
	PAWL_ASSERT(!o);
	*ret = s;
	return true;
}

static struct str title_of(struct str type, const struct json *after)
{
	const struct terraform_type *t = terraform_type_find(type);
	struct str title = t && t->title_attribute.len
				   ? json_text(json_at(after, t->title_attribute.ptr))
				   : STR_NONE;

	return title.len ? title : json_str(after, "name");
}

static bool only_creates(const struct json *change)
{
	const struct json *actions = json_get(change, "actions");

	return json_is(actions, JSON_ARRAY) && actions->n == 1 &&
	       str_is(json_text(actions->child), "create") && !json_get(change, "importing");
}

bool cleanup_read_plan(struct str json, struct arena *arena, struct cleanup_plan *ret,
		       struct err *err)
{
	struct cleanup_plan p = { .given = true };
	struct json *root;

	if (!json_parse(json, arena, &root, err))
		return false;
	if (!json_str(root, "format_version").len ||
	    !json_is(json_get(root, "resource_changes"), JSON_ARRAY))
		return err_set(err, ERR_INPUT,
			       "this is no plan as `terraform show -json` gives it, or one that "
			       "changes nothing");
	if (!timestamp_parse(json_str(root, "timestamp"), &p.made_us))
		p.made_us = 0;
	JSON_EACH(rc, json_get(root, "resource_changes")) {
		const struct json *change = json_get(rc, "change"),
				  *after = json_get(change, "after");
		struct cleanup_object *o;

		if (!only_creates(change) || !str_is(json_str(rc, "mode"), "managed"))
			continue;
		o = ARENA_NEW(arena, struct cleanup_object);
		if (!o)
			return err_set(err, ERR_LIMIT, "plan larger than may be held in memory");
		o->address = json_str(rc, "address");
		o->type = json_str(rc, "type");
		o->title = title_of(o->type, after);
		o->tag_name = tag_name(after);
		o->attributes = after;
		cleanup_add(&p.creates, o);
	}
	*ret = p;
	return true;
}

/* --- writing a part of a state */

static bool kept(const struct cleanup_object **at, const struct json *instance)
{
	const struct cleanup_object *o = *at;

	PAWL_ASSERT(o && o->instance == instance);
	*at = o->next;
	return o->class == CLEANUP_DUPLICATE;
}

static void write_resource(const struct json *resource, const struct cleanup_object **at,
			   struct json_out *o)
{
	bool opened = false;

	JSON_EACH(instance, json_get(resource, "instances")) {
		if (!kept(at, instance))
			continue;
		if (!opened) {
			json_out_open(o, '{');
			JSON_EACH(member, resource) {
				if (!str_is(member->key, "instances")) {
					json_out_key(o, member->key.ptr);
					json_out_tree(o, member);
				}
			}
			json_out_key(o, "instances");
			json_out_open(o, '[');
			opened = true;
		}
		json_out_tree(o, instance);
	}
	if (opened) {
		json_out_close(o, ']');
		json_out_close(o, '}');
	}
}

void cleanup_write_state(const struct cleanup_state *mine, struct buf *out)
{
	const struct cleanup_object *at = mine->objects.first;
	struct json_out o = { .buf = out };

	json_out_open(&o, '{');
	json_out_key(&o, "version");
	json_out_u64(&o, 4);
	json_out_kv(&o, "terraform_version", mine->state.terraform_version);
	json_out_key(&o, "serial");
	json_out_u64(&o, mine->state.serial + 1);
	json_out_kv(&o, "lineage", mine->state.lineage);
	json_out_key(&o, "outputs");
	json_out_open(&o, '{');
	json_out_close(&o, '}');
	json_out_key(&o, "resources");
	json_out_open(&o, '[');
	JSON_EACH(resource, json_get(mine->root, "resources")) {
		if (str_is(json_str(resource, "mode"), "managed"))
			write_resource(resource, &at, &o);
	}
	json_out_close(&o, ']');
	json_out_close(&o, '}');
	buf_addc(out, '\n');
}

/* --- checking the plan that came of it */

static const struct cleanup_object *find(const struct cleanup_list *l, struct str address)
{
	for (const struct cleanup_object *o = l->first; o; o = o->next) {
		if (str_eq(o->address, address))
			return o;
	}
	return NULL;
}

static bool does_nothing(const struct json *actions)
{
	struct str only = actions && actions->n == 1 ? json_text(actions->child) : STR_NONE;

	return str_is(only, "no-op") || str_is(only, "read");
}

bool cleanup_check_plan(struct str json, const struct cleanup_state *mine, struct arena *arena,
			size_t *ret_deletes, struct err *err)
{
	struct json *root;
	size_t deletes = 0;

	if (!json_parse(json, arena, &root, err))
		return err_prefix(err, "the plan of clean-up");
	if (!json_str(root, "format_version").len || json_true(root, "errored") ||
	    json_get(root, "action_invocations"))
		return err_set(err, ERR_INPUT,
			       "the plan of clean-up is not one that can be checked");
	JSON_EACH(rc, json_get(root, "resource_changes")) {
		const struct json *actions = json_at(rc, "change.actions");
		struct str address = json_str(rc, "address");
		const struct cleanup_object *o = find(&mine->objects, address);
		bool deletes_it = json_is(actions, JSON_ARRAY) && actions->n == 1 &&
				  str_is(json_text(actions->child), "delete");

		if (does_nothing(actions))
			continue;
		if (!deletes_it || !o || o->class != CLEANUP_DUPLICATE)
			return err_set(err, ERR_DENIED,
				       "the plan of clean-up would do more than delete proven "
				       "duplicates: %.*s. It was thrown away",
				       STR_ARG(address));
		deletes++;
	}
	*ret_deletes = deletes;
	return true;
}
