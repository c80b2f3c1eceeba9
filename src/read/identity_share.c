#include "read/identity_work.h"
#include "read/object_index.h"

static unsigned long long number(uint64_t n)
{
	return (unsigned long long)n;
}

/* --- empty, and this folder is known under another workspace or backend --- */

/* Of what would be created, names that objects of ${k} carry already: there can be one only. */
static size_t fixed_names(struct identity_work *w, const struct known *k, struct str *ret_list)
{
	struct object_index names = object_index_make(k->objects, OBJECT_BY_NAME, w->arena);
	struct str list = STR_NONE;
	size_t n = 0;

	for (const struct plan_create *c = w->f->creates; c; c = c->next) {
		if (state_type_is_cloud(c->type) && object_index_find(&names, c->title, c->type))
			identity_work_list(w->arena, &list, &n, c->title);
	}
	*ret_list = identity_work_list_end(w->arena, list, n);
	return n;
}

/* Two ways to have left what is known behind: another workspace of the same backend, or another backend. */
static void say_elsewhere(struct identity_work *w, const struct known *k, size_t n, struct str names)
{
	bool workspace = !str_eq(k->workspace, w->f->workspace);
	struct str here = workspace ? w->f->workspace : w->f->backend, there = workspace ? k->workspace : k->backend;
	const char *what = workspace ? "workspace" : "backend";
	struct str safer = workspace ? arena_fmt(w->arena,
						 "Do not apply. Select the workspace that is meant (unset TF_WORKSPACE; "
						 "terraform workspace select %.*s), then plan again",
						 STR_ARG(there)) :
				       arena_fmt(w->arena, "Do not apply. Initialise this folder to backend %.*s again, then plan again",
						 STR_ARG(there));

	identity_work_say(w, workspace ? IDENTITY_WORKSPACE : IDENTITY_BLANK,
			  arena_fmt(w->arena,
				    "The state of %s '%.*s' is empty, while %.*s records %zu objects for "
				    "this folder in %s '%.*s' (lineage %.*s, serial "
				    "%llu), and %zu things about to be created carry names that those have: "
				    "%.*s",
				    what, STR_ARG(here), STR_ARG(k->where), k->n_managed, what, STR_ARG(there), STR_ARG(k->lineage),
				    number(k->serial), n, STR_ARG(names)),
			  safer);
}

void identity_share_elsewhere(struct identity_work *w, const struct known *k)
{
	struct str names;
	size_t n;

	if (k->source == KNOWN_STATE_FILE || !str_eq(k->folder, w->f->folder) ||
	    identity_work_of_place(w, k) || !k->n_managed)
		return;
	n = fixed_names(w, k, &names);
	if (n) /* else names of its own: another workspace or backend may be meant */
		say_elsewhere(w, k, n, names);
}

/* --- the same thing in two states, or in two environments --- */

/* Does the identity alone say which object of the world it is? */
static bool is_global(const struct state_object *o)
{
	static const struct str heads[] = { STR_INIT("arn:"), STR_INIT("https://"),
					    STR_INIT("/subscriptions/"), STR_INIT("projects/") };

	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		if (str_starts(o->identity, heads[i]))
			return true;
	}
	return false;
}

/* Two states holding one object do no harm until one of them destroys. */
static bool destroys(const struct plan_summary *s)
{
	return !s || s->n_delete + s->n_replace > 0;
}

void identity_share_objects(struct identity_work *w, const struct known *k)
{
	const struct state *s = w->state;
	bool same_account =
		s->account.len && str_eq(s->account, k->account) && str_eq(s->region, k->region);
	bool elsewhere = k->folder.len && !str_eq(k->folder, w->f->folder);
	struct object_index theirs;
	struct str list = STR_NONE;
	size_t n = 0;

	if (!k->lineage.len || str_eq(k->lineage, s->lineage) || !destroys(w->f->summary))
		return;
	theirs = object_index_make(k->objects, OBJECT_BY_IDENTITY, w->arena);
	for (const struct state_object *o = s->objects; o; o = o->next) {
		if (state_type_is_cloud(o->type) && (is_global(o) || same_account) &&
		    object_index_find(&theirs, o->identity, o->type))
			identity_work_list(w->arena, &list, &n, o->address);
	}
	if (!n)
		return;
	identity_work_say(
		w, IDENTITY_SHARED_OBJECT,
		arena_fmt(w->arena,
			  "%zu objects of the cloud are held by two states, this one (lineage "
			  "%.*s) and lineage %.*s of %.*s%s%.*s: %.*s. What one of "
			  "them destroys, dies in the other",
			  n, STR_ARG(s->lineage), STR_ARG(k->lineage), STR_ARG(k->where), elsewhere ? ", for " : "",
			  STR_ARG(elsewhere ? k->folder : STR_NONE),
			  STR_ARG(identity_work_list_end(w->arena, list, n))),
		STR("Do not destroy from here. Let one state own each object: take the others out "
		    "with a `removed` block (destroy = false), "
		    "plan, review, apply; `pawl cleanup` tells duplicates from adopted objects"));
}

static struct str environment_here(const struct identity_work *w)
{
	if (w->f->environment.len)
		return w->f->environment;
	for (const struct known *k = w->f->known; k; k = k->next) {
		if (identity_work_of_place(w, k) && k->environment.len)
			return k->environment;
	}
	return STR_NONE;
}

void identity_share_environment(struct identity_work *w, const struct known *k)
{
	struct str here = environment_here(w), network = STR_NONE;
	struct object_index networks;
	bool same_place = known_same_place(k, &(struct known){ .folder = k->folder,
							       .backend = w->f->backend,
							       .workspace = w->f->workspace }) &&
			  !str_starts(w->f->backend, STR("local:"));

	if (!here.len || !k->environment.len || str_eq(here, k->environment) ||
	    identity_work_of_place(w, k))
		return;
	networks = object_index_make(k->objects, OBJECT_BY_NETWORK, w->arena);
	for (const struct state_object *o = w->state ? w->state->objects : NULL; o && !network.len;
	     o = o->next) {
		if (object_index_find(&networks, o->network, STR_NONE))
			network = o->network;
	}
	if (!network.len && !same_place)
		return;
	identity_work_say(w, IDENTITY_SHARED_ENVIRONMENT,
			  arena_fmt(w->arena,
				    "Environments '%.*s' and '%.*s' (%.*s) share %s %.*s: what is "
				    "changed for one is changed for the other",
				    STR_ARG(here), STR_ARG(k->environment), STR_ARG(k->where),
				    network.len ? "network" : "the state of backend",
				    STR_ARG(network.len ? network : w->f->backend)),
			  STR("Treat this as a change to the more protected of the two; give each "
			      "environment its own network and state"));
}
