#include "cli/cleanup_live.h"

#include "cloud/cloud.h"

#define SECONDS 120
#define MAX_NAMES 2000

struct name {
	const struct cleanup_object *object; /* type, title, tag_name */
};

struct names {
	struct name *item;
	size_t n, cap;
};

static int by_name(const void *a, const void *b)
{
	const struct cleanup_object *x = ((const struct name *)a)->object,
				    *y = ((const struct name *)b)->object;
	int c = str_cmp(x->type, y->type);

	c = c ? c : str_cmp(x->title, y->title);
	return c ? c : str_cmp(x->tag_name, y->tag_name);
}

static void add_names(struct names *names, const struct cleanup_list *l)
{
	for (const struct cleanup_object *o = l->first; o && names->n < names->cap; o = o->next) {
		if (cloud_can_ask(o->type) && (o->title.len || o->tag_name.len))
			names->item[names->n++].object = o;
	}
}

/* Every name that the plan, the duplicates or production go by, once. */
static bool collect(const struct cleanup_case *ret, struct arena *arena, struct names *names)
{
	size_t kept = 0;

	names->cap = ret->mine.objects.n + ret->evidence.plan.creates.n;
	for (const struct cleanup_state *s = ret->evidence.production; s; s = s->next)
		names->cap += s->objects.n;
	names->item = ARENA_ARRAY(arena, names->cap + 1, struct name);
	if (!names->item)
		return false;
	add_names(names, &ret->evidence.plan.creates);
	add_names(names, &ret->mine.objects);
	for (const struct cleanup_state *s = ret->evidence.production; s; s = s->next)
		add_names(names, &s->objects);
	qsort(names->item, names->n, sizeof(*names->item), by_name);
	for (size_t i = 0; i < names->n; i++) {
		if (kept == 0 || by_name(&names->item[i], &names->item[kept - 1]) != 0)
			names->item[kept++] = names->item[i];
	}
	names->n = kept;
	return true;
}

/* The cloud's word on when it was made, for the object of ours that it is. */
static bool note_creation(struct cleanup_case *ret, const struct cleanup_object *found)
{
	for (struct cleanup_object *o = ret->mine.objects.first; o; o = o->next) {
		if (cleanup_same(o, found)) {
			if (!o->created_us)
				o->created_us = found->created_us;
			return true;
		}
	}
	return false;
}

static bool is_found(const struct cleanup_list *l, const struct cleanup_object *o)
{
	for (const struct cleanup_object *f = l->first; f; f = f->next) {
		if (cleanup_same(f, o))
			return true;
	}
	return false;
}

static void take_found(struct cleanup_case *ret, const struct cleanup_object *asked,
		       const struct cloud_found *f)
{
	struct cleanup_object *o = ARENA_NEW(&ret->arena, struct cleanup_object);

	if (!o)
		return;
	o->address = asked->address;
	o->type = asked->type;
	o->id = f->id;
	o->identity = f->identity;
	o->title = f->title;
	o->created_us = f->created_us;
	if (!note_creation(ret, o) && !is_found(&ret->found, o))
		cleanup_add(&ret->found, o);
}

static void ask_all(struct cleanup_case *ret, struct cloud *cloud, const struct names *names)
{
	for (size_t i = 0; i < names->n; i++) {
		const struct cleanup_object *o = names->item[i].object;
		struct cloud_ask ask = { .type = o->type,
					 .title = o->title,
					 .tag_name = o->tag_name,
					 .region = ret->mine.state.region };
		struct cloud_answer a = { .why = STR("not asked: too many names") };

		if (i < MAX_NAMES)
			a = cloud_find(cloud, &ask, &ret->arena);
		for (const struct cloud_found *f = a.found; f; f = f->next)
			take_found(ret, o, f);
		/* Without a Name tag there is nothing to look for; every other silence is said. */
		if (a.result == CLOUD_UNKNOWN && !ret->not_asked.len &&
		    (o->title.len || o->tag_name.len) && a.why.len &&
		    str_find(a.why, STR("Name tag")) == SIZE_MAX &&
		    str_find(a.why, STR("before it is made")) == SIZE_MAX)
			ret->not_asked = arena_fmt(&ret->arena, "%.*s: %.*s", STR_ARG(o->address),
						   STR_ARG(a.why));
	}
}

bool cleanup_live(struct cleanup_case *ret, struct err *err)
{
	struct str account = ret->mine.state.account;
	struct names names = { .n = 0 };
	struct err why = { .code = ERR_NONE };
	struct cloud *cloud;

	if (!cloud_open(SECONDS, &ret->arena, &cloud, &why)) {
		ret->not_asked = arena_fmt(&ret->arena, "the cloud was not asked: %s", why.msg);
		return true;
	}
	ret->account = cloud_identity(cloud)->account;
	ret->region = cloud_identity(cloud)->region;
	if (account.len && !str_eq(account, ret->account)) {
		cloud_close(cloud);
		return err_set(err, ERR_STATE,
			       "the duplicates are in account %.*s, the credentials at hand are of "
			       "account %.*s: use those of the former",
			       STR_ARG(account), STR_ARG(ret->account));
	}
	ret->asked = true;
	if (collect(ret, &ret->arena, &names))
		ask_all(ret, cloud, &names);
	ret->questions = cloud_questions(cloud);
	cloud_close(cloud);
	return !ret->arena.full || err_set(err, ERR_LIMIT, "more than fits into memory");
}
