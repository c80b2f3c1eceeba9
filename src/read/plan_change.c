#include "read/plan_change.h"

#include "read/plan_hazard.h"
#include "read/plan_words.h"

#define NAME_MAX_BYTES ((size_t)4096)

enum shape {
	SHAPE_UNKNOWN = 0,
	SHAPE_NOOP,
	SHAPE_READ,
	SHAPE_CREATE,
	SHAPE_UPDATE,
	SHAPE_DELETE,
	SHAPE_REPLACE,
	SHAPE_FORGET,
	SHAPE_CREATE_FORGET, /* a replacement that leaves the old one alive (destroy = false) */
};

static const struct {
	const char *first, *second;
	enum shape shape;
} shapes[] = {
	{ "no-op", NULL, SHAPE_NOOP },
	{ "read", NULL, SHAPE_READ },
	{ "create", NULL, SHAPE_CREATE },
	{ "update", NULL, SHAPE_UPDATE },
	{ "delete", NULL, SHAPE_DELETE },
	{ "delete", "create", SHAPE_REPLACE },
	{ "create", "delete", SHAPE_REPLACE },
	{ "forget", NULL, SHAPE_FORGET },
	{ "create", "forget", SHAPE_CREATE_FORGET },
	{ "forget", "create", SHAPE_CREATE_FORGET },
};

static enum shape shape_of(const struct json *actions)
{
	struct str first, second = STR_NONE;

	if (!json_is(actions, JSON_ARRAY) || actions->n < 1 || actions->n > 2)
		return SHAPE_UNKNOWN;
	first = json_text(actions->child);
	if (actions->n == 2) {
		second = json_text(actions->child->next);
		if (second.len == 0)
			return SHAPE_UNKNOWN;
	}
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		if (str_is(first, shapes[i].first) && str_eq(second, str_from(shapes[i].second)))
			return shapes[i].shape;
	}
	return SHAPE_UNKNOWN;
}

/* --- adding --- */

static struct str keep(struct plan_work *w, struct str s)
{
	return s.len ? arena_str(w->arena, plan_say_cut(s, NAME_MAX_BYTES)) : STR_NONE;
}

struct change *plan_work_add(struct plan_work *w, const struct plan_resource *res, enum change_kind kind)
{
	struct change *c = change_add(&w->changes, w->arena);

	if (!c)
		return NULL;
	c->kind = kind;
	c->type = res->type;
	c->name = res->address;
	c->identity = res->identity;
	c->title = res->title;
	c->tag_environment = res->tag;
	c->account = res->account;
	c->region = res->region;
	c->holds_data = res->row ? res->row->holds_data : HOLDS_DATA_UNKNOWN;
	return c;
}

void plan_change_opaque(struct plan_work *w, struct str address, struct str type, struct str reason)
{
	struct change *c = change_add(&w->changes, w->arena);

	w->sum.understood = false;
	if (!c)
		return;
	c->kind = CHANGE_OPAQUE;
	c->type = keep(w, type);
	c->name = keep(w, address);
	c->reason = arena_str(w->arena, reason);
}

void plan_change_full(struct plan_work *w, struct change_chunk *spare)
{
	struct change_list *l = &w->changes;
	struct change *c = &spare->item[0];

	w->sum.understood = false;
	spare->n = 1;
	c->kind = CHANGE_OPAQUE;
	c->type = STR("terraform_plan");
	c->name = STR("plan");
	c->reason = STR("the plan is larger than the memory set aside for it: split the configuration");
	if (l->last)
		l->last->next = spare;
	else
		l->first = spare;
	l->last = spare;
	l->n++;
}

/* --- one resource --- */

static void load(struct plan_work *w, const struct json *v, struct plan_resource *ret)
{
	const struct json *change = json_get(v, "change");
	struct str deposed = json_str(v, "deposed");
	struct str address = plan_say_cut(json_str(v, "address"), NAME_MAX_BYTES);

	*ret = (struct plan_resource){
		.type = keep(w, json_str(v, "type")),
		.before = { json_get(change, "before"), json_get(change, "before_sensitive"), NULL },
		.after = { json_get(change, "after"), json_get(change, "after_sensitive"),
			   json_get(change, "after_unknown") },
	};
	ret->row = terraform_type_find(ret->type);
	if (deposed.len)
		ret->address = arena_fmt(w->arena, "%.*s (deposed %.*s)", STR_ARG(address),
					 STR_ARG(plan_say_cut(deposed, 64)));
	else
		ret->address = arena_str(w->arena, address);
}

/* Strings that a listed change carries; taken from what is, or from what will be where nothing is. */
static void load_names(struct plan_work *w, struct plan_resource *res)
{
	bool is = json_is(res->before.value, JSON_OBJECT);
	const struct plan_values *s = is ? &res->before : &res->after;

	res->title = keep(w, plan_value_title(s, res->row));
	res->identity = keep(w, plan_value_identity(s));
	res->tag = keep(w, plan_value_tag(s));
	res->account = keep(w, plan_value_account(s));
	res->region = keep(w, plan_value_region(s));
}

/* The same everywhere, or nothing. */
static void agree(struct plan_work *w, struct str *have, bool *differ, struct str s)
{
	if (s.len == 0 || *differ)
		return;
	if (have->len == 0) {
		*have = keep(w, s);
	} else if (!str_eq(*have, s)) {
		*differ = true;
		*have = STR_NONE;
	}
}

static void count_tag(struct plan_work *w, struct str tag)
{
	if (tag.len == 0)
		return;
	for (size_t i = 0; i < w->n_tags; i++) {
		if (str_eq(w->tags[i].text, tag)) {
			w->tags[i].n++;
			return;
		}
	}
	if (w->n_tags < PLAN_MAX_TAGS)
		w->tags[w->n_tags++] = (struct plan_tag){ keep(w, tag), 1 };
}

/* What every managed resource adds to the picture, changed or not. */
static void survey(struct plan_work *w, const struct plan_resource *res)
{
	const struct plan_values *s = json_is(res->before.value, JSON_OBJECT) ? &res->before : &res->after;
	struct str arn = plan_value_text(s, STR("arn"));

	count_tag(w, plan_value_tag(s));
	agree(w, &w->sum.account, &w->accounts_differ, plan_value_arn_part(arn, 4));
	agree(w, &w->sum.region, &w->regions_differ, plan_value_arn_part(arn, 3));
	if (json_is(res->before.value, JSON_OBJECT))
		plan_relate_refs(&w->relate, w->arena, &(struct plan_relate_of){ res->address, res->type, &res->before, res->row });
}

/* What it is made or adopted for, its state rules from then on: prior_state does not say that yet. */
static void note_bucket(struct plan_work *w, const struct plan_resource *res)
{
	struct str attribute = plan_prior_attribute(res->type), name;

	if (!attribute.len)
		return;
	name = plan_value_text(json_is(res->after.value, JSON_OBJECT) ? &res->after : &res->before, attribute);
	plan_prior_made(&w->prior, res->type, res->address, keep(w, name));
}

/* --- shapes --- */

static void note_create(struct plan_work *w, const struct plan_resource *res)
{
	struct plan_create *p = ARENA_NEW(w->arena, struct plan_create);

	if (!p)
		return;
	*p = (struct plan_create){
		.address = res->address,
		.type = res->type,
		.title = keep(w, plan_value_title(&res->after, res->row)),
		.tag_name = keep(w, plan_value_text(&res->after, STR("tags.Name"))),
		.region = keep(w, plan_value_region(&res->after)),
	};
	if (w->creates_last)
		w->creates_last->next = p;
	else
		w->creates = p;
	w->creates_last = p;
}

static void do_create(struct plan_work *w, struct plan_resource *res)
{
	struct change *c = plan_work_add(w, res, CHANGE_CREATE);

	if (!c)
		return;
	c->reversible = REVERSIBLE_YES;
	c->reason = STR("something new is made");
	plan_hazard_create(w, res);
	note_create(w, res);
	note_bucket(w, res);
}

/* A no-op that adopts something is an update too; what it will be is what it is, and need not be there. */
static void do_update(struct plan_work *w, struct plan_resource *res, const struct json *v, enum shape shape)
{
	const struct json *importing = json_get(json_get(v, "change"), "importing");
	struct str from = json_str(v, "previous_address");
	struct change *c = plan_work_add(w, res, CHANGE_UPDATE);
	struct plan_say say = { .len = 0 };

	if (!c)
		return;
	c->reversible = REVERSIBLE_YES;
	if (json_is(importing, JSON_OBJECT)) {
		note_bucket(w, res);
		plan_say(&say,
			 "adopts an object that exists (%.*s) into this state: from now on this configuration rules it",
			 STR_ARG(plan_say_cut(json_str(importing, "id"), 200)));
		if (res->row && res->row->automated_backups.len)
			plan_say_clause(&say, "an import sets skip_final_snapshot and delete_automated_backups: "
					      "a later delete takes everything");
	}
	if (from.len)
		plan_say_clause(&say, "moved from %.*s", STR_ARG(plan_say_cut(from, 200)));
	if (shape != SHAPE_NOOP)
		plan_words_changed(&say, res, c);
	c->reason = plan_say_keep(&say, w->arena);
	if (shape != SHAPE_NOOP)
		plan_hazard_update(w, res);
}

static void do_loss(struct plan_work *w, struct plan_resource *res, const struct json *v, enum shape shape)
{
	bool replace = shape == SHAPE_REPLACE;
	enum change_kind kind = replace ? CHANGE_REPLACE : CHANGE_DELETE;
	struct plan_say say = { .len = 0 };
	struct change *c;

	c = plan_work_add(w, res, res->row && res->row->is_backup ? CHANGE_DESTROY_BACKUP : kind);
	if (!c)
		return;
	plan_say(&say, "%s", replace ? "deleted and made again, empty" : "deleted");
	if (replace) {
		c->forced_by = plan_words_forced_by(w->arena, v);
	}
	if (str_is(json_str(v, "action_reason"), "replace_because_cannot_update") && c->forced_by.len)
		plan_say(&say, ", because %.*s cannot be changed in place", STR_ARG(c->forced_by));
	else
		plan_words_why(&say, json_str(v, "action_reason"));
	plan_hazard_loss(w, res, c, &say);
	c->reason = plan_say_keep(&say, w->arena);
	if (c->holds_data != HOLDS_DATA_NO)
		c->safer = replace ? STR("leave the attribute as it is, or copy the data out and restore it in a drill first") :
				     STR("to stop managing it, use a removed block with destroy = false; to be rid of it, restore "
					 "a backup in a drill first");
	plan_relate_dead(&w->relate, w->arena, c, &(struct plan_relate_of){ res->address, res->type, &res->before, res->row });
	plan_hazard_beside(w, res);
	if (replace) {
		note_create(w, res);
		note_bucket(w, res);
	}
}

static void do_forget(struct plan_work *w, struct plan_resource *res, const struct json *v)
{
	struct change *c = plan_work_add(w, res, CHANGE_FORGET);
	struct plan_say say = { .len = 0 };

	if (!c)
		return;
	c->reversible = REVERSIBLE_YES;
	plan_say(&say, "leaves the state and lives on in the cloud, where nothing watches over it; "
		       "terraform counts it as 0 to destroy");
	plan_words_why(&say, json_str(v, "action_reason"));
	c->reason = plan_say_keep(&say, w->arena);
	c->safer = STR("note its identity, so that it can be imported again");
}

static void do_noop(struct plan_work *w, struct plan_resource *res, const struct json *v)
{
	if (json_is(json_get(json_get(v, "change"), "importing"), JSON_OBJECT)) {
		load_names(w, res);
		do_update(w, res, v, SHAPE_NOOP);
	} else if (json_str(v, "previous_address").len == 0) {
		w->sum.n_noop++;
	}
}

static void dispatch(struct plan_work *w, struct plan_resource *res, const struct json *v, enum shape shape)
{
	struct plan_summary *sum = &w->sum;

	switch (shape) {
	case SHAPE_NOOP:
		do_noop(w, res, v);
		return;
	case SHAPE_READ:
		sum->n_read++;
		return;
	case SHAPE_CREATE:
		sum->n_create++;
		do_create(w, res);
		return;
	case SHAPE_UPDATE:
		sum->n_update++;
		do_update(w, res, v, shape);
		return;
	case SHAPE_DELETE:
		sum->n_delete++;
		do_loss(w, res, v, shape);
		return;
	case SHAPE_REPLACE:
		sum->n_replace++;
		do_loss(w, res, v, shape);
		return;
	case SHAPE_FORGET:
		sum->n_forget++;
		do_forget(w, res, v);
		return;
	case SHAPE_CREATE_FORGET:
		sum->n_forget++;
		sum->n_create++;
		do_forget(w, res, v);
		res->before.value = NULL; /* the new one is another object */
		load_names(w, res);
		do_create(w, res);
		return;
	case SHAPE_UNKNOWN:
		break;
	}
	plan_change_opaque(w, res->address, res->type, STR("the plan names an action that is not known here; update pawl, or plan with "
							   "a version of terraform or tofu that it knows"));
}

/* A data source is read or left alone; anything else said of one is not understood. */
static bool is_data(struct plan_work *w, const struct json *v, enum shape shape)
{
	if (!str_is(json_str(v, "mode"), "data"))
		return false;
	if (shape == SHAPE_READ || shape == SHAPE_NOOP)
		w->sum.n_read += shape == SHAPE_READ;
	else
		plan_change_opaque(w, json_str(v, "address"), json_str(v, "type"),
				   STR("the plan would do something to a data source other than read it"));
	return true;
}

void plan_change_resource(struct plan_work *w, const struct json *v)
{
	const struct json *change = json_get(v, "change");
	enum shape shape = shape_of(json_get(change, "actions"));
	struct plan_resource res;

	if (!json_is(v, JSON_OBJECT) || !json_is(change, JSON_OBJECT) || json_str(v, "address").len == 0) {
		bool named = json_str(v, "address").len > 0;

		plan_change_opaque(w, named ? json_str(v, "address") : STR("(no address)"), json_str(v, "type"),
				   STR("an element of resource_changes has no address or no change: the plan is damaged, plan again"));
		return;
	}
	if (is_data(w, v, shape))
		return;
	load(w, v, &res);
	if (shape != SHAPE_NOOP)
		load_names(w, &res);
	if (json_str(v, "previous_address").len)
		w->sum.n_moved++;
	if (json_is(json_get(change, "importing"), JSON_OBJECT))
		w->sum.n_import++;
	survey(w, &res);
	dispatch(w, &res, v, shape);
	plan_hazard_pinned(w, &res);
}

void plan_change_drift(struct plan_work *w, const struct json *v)
{
	enum shape shape = shape_of(json_get(json_get(v, "change"), "actions"));

	w->sum.n_drift++;
	if (shape == SHAPE_DELETE)
		w->sum.n_drift_delete++;
}

void plan_change_deferred(struct plan_work *w, const struct json *v)
{
	(void)v;
	w->sum.n_deferred++;
}

void plan_change_action(struct plan_work *w, const struct json *v)
{
	struct change *c = change_add(&w->changes, w->arena);

	w->sum.n_actions++;
	if (!c)
		return;
	c->kind = CHANGE_OPAQUE;
	c->type = keep(w, json_str(v, "type"));
	c->name = keep(w, json_str(v, "address"));
	c->reason = STR("runs an action of a provider; the plan does not say what the action does");
	c->safer = STR("leave the action out, or run it by hand after reading what it does");
}

void plan_change_check(struct plan_work *w, const struct json *v)
{
	struct str status = json_str(v, "status");

	if (str_is(status, "fail") || str_is(status, "error"))
		w->sum.n_checks_failed++;
}
