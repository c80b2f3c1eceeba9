#include "gate/terraform/pin_state.h"

#include <dirent.h>

#include "base/fd.h"
#include "gate/terraform/identify.h"
#include "gate/terraform/last_seen.h"
#include "gate/terraform/state_source.h"
#include "gate/terraform/surroundings.h"
#include "gate/terraform/tree.h"
#include "read/hcl.h"
#include "read/identity.h"
#include "read/object_index.h"

#define CONFIG_MAX ((size_t)4 << 20)
#define SHOWN 5

/* --- what the configuration protects --- */

static void scan_folder(const char *dir, struct str prefix, struct arena *arena,
			struct hcl_found *found)
{
	char path[2 * TREE_PATH_MAX];
	const struct dirent *e;
	DIR *d = opendir(dir);

	while (d && (e = readdir(d))) {
		auto_buf b = BUF_MAX(CONFIG_MAX);
		struct str name = str_from(e->d_name);
		int n = snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);

		if (!str_ends(name, STR(".tf")) && !str_ends(name, STR(".tf.json")))
			continue;
		if (n > 0 && (size_t)n < sizeof(path) && file_read(path, &b, NULL))
			hcl_scan_file(name, arena_str(arena, buf_str(&b)), prefix, arena, found);
	}
	if (d)
		closedir(d);
}

/* .terraform/modules/modules.json: which key is which folder. */
static void scan_modules(const char *root, struct arena *arena, struct hcl_found *found)
{
	auto_buf b = BUF_MAX(CONFIG_MAX);
	char path[TREE_PATH_MAX + 64];
	struct json *v;

	snprintf(path, sizeof(path), "%s/.terraform/modules/modules.json", root);
	if (!file_read(path, &b, NULL) || !json_parse(buf_str(&b), arena, &v, NULL))
		return;
	JSON_EACH(m, json_get(v, "Modules")) {
		struct str key = json_str(m, "Key"), dir = json_str(m, "Dir");

		if (!key.len || !dir.len)
			continue;
		snprintf(path, sizeof(path), "%s/%.*s", root, STR_ARG(dir));
		scan_folder(path, hcl_module_prefix(key, arena), arena, found);
	}
}

struct str_set pin_state_protected(struct str folder, struct arena *arena)
{
	struct hcl_found found = { .understood = true };
	char root[TREE_PATH_MAX];

	snprintf(root, sizeof(root), "%.*s", STR_ARG(folder));
	scan_folder(root, STR_NONE, arena, &found);
	scan_modules(root, arena, &found);
	return hcl_set(found.prevent_destroy, arena);
}

/* --- the state now --- */

/* The environment tag that most objects carry. */
static struct str majority_tag(const struct state *s)
{
	struct str best = STR_NONE;
	size_t votes = 0;

	for (const struct state_object *o = s->objects; o;
	     o = o->next) { /* Boyer and Moore: a majority, if there is one */
		if (!o->tag_environment.len)
			continue;
		if (votes == 0)
			best = o->tag_environment;
		if (str_eq(best, o->tag_environment))
			votes++;
		else
			votes--;
	}
	return best;
}

static void refuse_empty(struct pin_state *p, const struct state *s, enum state_source_found found,
			 const struct state_source *source, struct arena *arena)
{
	if (found == STATE_SOURCE_ABSENT)
		p->refusal = arena_fmt(arena,
				       "There is no state at %.*s (workspace %.*s). A missing "
				       "state is never pinned: find the true one, put it "
				       "in place, then pin",
				       STR_ARG(source->key), STR_ARG(source->workspace));
	else if (!s->lineage.len || !s->n_managed)
		p->refusal = arena_fmt(arena,
				       "The state at %.*s (workspace %.*s) is empty: lineage "
				       "\"%.*s\", serial %llu, nothing in it. An empty "
				       "state is never pinned as the truth",
				       STR_ARG(source->key), STR_ARG(source->workspace),
				       STR_ARG(s->lineage), (unsigned long long)s->serial);
	else if (p->n_tainted)
		p->refusal = arena_fmt(arena,
				       "The state is not explained: %zu of its %zu objects are "
				       "tainted, as an interrupted apply leaves them. Finish "
				       "or clean up first (pawl cleanup), then pin",
				       p->n_tainted, s->n_managed);
}

static void refuse_shared(struct pin_state *p, struct arena *arena)
{
	CHANGE_EACH(c, &p->findings) {
		if (!p->refusal.len && str_is(c->finding, "state.shared-object"))
			p->refusal = arena_fmt(arena, "The state is not explained: %.*s",
					       STR_ARG(c->reason));
	}
}

static struct str parent(struct str path)
{
	size_t slash = str_rfind_char(path, '/');

	return slash == SIZE_MAX ? STR(".") : slash == 0 ? STR("/") : str_sub(path, 0, slash);
}

static bool gather_known(const struct pin_state_opts *opts, const struct state_source *source,
			 struct arena *arena, struct pin_state *p, struct err *err)
{
	struct known *rest = NULL, *tail;

	if (!terraform_identify_pins(opts->pin_path, arena, &p->pins, err) ||
	    !last_seen_read(opts->state_dir, arena, &rest, err))
		return false;
	surroundings_states(parent(opts->pin_path), state_source_path(source, arena), arena, &rest);
	p->now.next = rest; /* borrowed: where compare() finds them */
	for (tail = p->pins; tail; tail = tail->next) {
		if (known_same_place(tail, &p->now))
			p->pinned = tail;
	}
	return true;
}

/* As identity sees a plan that starts from this state and changes nothing. */
static void compare(struct pin_state *p, const struct state *s, struct arena *arena)
{
	struct planfile plan = { .state = *s, .state_prev = *s, .workspace = p->now.workspace };
	struct identity_facts f = { .plan = &plan,
				    .folder = p->now.folder,
				    .backend = p->now.backend,
				    .workspace = p->now.workspace,
				    .now = IDENTITY_CURRENT_READ,
				    .current = s };
	struct known *rest = p->now.next, **tail = &rest;

	while (*tail)
		tail = &(*tail)->next;
	*tail = p->pins;
	f.known = rest;
	identity_compare(&f, arena, &p->findings);
	*tail = NULL;
	p->now.next = NULL;
}

bool pin_state_find(const struct pin_state_opts *opts, struct arena *arena, struct pin_state *ret,
		    struct err *err)
{
	auto_buf b = BUF_MAX(STATE_SOURCE_MAX);
	struct pin_state p = { 0 };
	struct state_source source;
	struct state s = { 0 };
	enum state_source_found found;

	if (!state_source_find(opts->folder, arena, &source, err))
		return false;
	found = state_source_read(&source, true, &b, err);
	if (found == STATE_SOURCE_UNKNOWN)
		return err_prefix(err, "the state cannot be read");
	if (found == STATE_SOURCE_READ &&
	    !state_read(arena_str(arena, buf_str(&b)), arena, &s, err))
		return false;
	p.now = (struct known){ .folder = opts->folder,
				.backend = source.key,
				.workspace = source.workspace,
				.environment = majority_tag(&s) };
	known_from_state(&p.now, &s);
	p.now.prevent_destroy = pin_state_protected(opts->folder, arena);
	for (const struct state_object *o = s.objects; o; o = o->next)
		p.n_tainted += o->tainted;
	if (!gather_known(opts, &source, arena, &p, err))
		return false;
	refuse_empty(&p, &s, found, &source, arena);
	if (found == STATE_SOURCE_READ)
		compare(&p, &s, arena);
	refuse_shared(&p, arena);
	if (arena->full)
		return err_set(err, ERR_LIMIT, "state larger than may be held in memory");
	p.now.next = NULL;
	*ret = p;
	return true;
}

/* --- differences --- */

struct writer {
	struct arena *arena;
	struct pin_difference *first, **tail;
};

static void tell(struct writer *w, struct str text)
{
	struct pin_difference *d = ARENA_NEW(w->arena, struct pin_difference);

	if (!d)
		return;
	d->text = text;
	*w->tail = d;
	w->tail = &d->next;
}

static void tell_text(struct writer *w, const char *name, struct str was, struct str now)
{
	if (!str_eq(was, now))
		tell(w, arena_fmt(w->arena, "%s: %.*s → %.*s", name,
				  STR_ARG(was.len ? was : STR("(none)")),
				  STR_ARG(now.len ? now : STR("(none)"))));
}

/* Objects of ${a} that ${b} lacks; with ${changed}, those that are another object there. */
static void tell_objects(struct writer *w, const char *word, const struct known *a,
			 const struct known *b, bool changed)
{
	struct object_index x = object_index_make(b->objects, OBJECT_BY_ADDRESS, w->arena);
	struct str list = STR_NONE;
	size_t n = 0;

	for (const struct state_object *o = a->objects; o; o = o->next) {
		const struct state_object *there = object_index_find(&x, o->address, STR_NONE);
		bool hit = changed ? there && !str_eq(there->identity, o->identity) : !there;

		if (hit && n++ < SHOWN)
			list = arena_fmt(w->arena, "%.*s%s%.*s", STR_ARG(list),
					 list.len ? ", " : "", STR_ARG(o->address));
	}
	if (n > SHOWN)
		list = arena_fmt(w->arena, "%.*s and %zu more", STR_ARG(list), n - SHOWN);
	if (n)
		tell(w, arena_fmt(w->arena, "%zu %s: %.*s", n, word, STR_ARG(list)));
}

static bool set_has(const struct str_set *set, struct str name)
{
	for (size_t i = 0; i < set->n; i++) {
		if (str_eq(set->item[i], name))
			return true;
	}
	return false;
}

static void tell_protection(struct writer *w, const char *word, const struct str_set *a,
			    const struct str_set *b)
{
	for (size_t i = 0; i < a->n; i++) {
		if (!set_has(b, a->item[i]))
			tell(w, arena_fmt(w->arena, "%s: %.*s", word, STR_ARG(a->item[i])));
	}
}

struct pin_difference *pin_state_differences(const struct known *was, const struct known *now,
					     struct arena *arena)
{
	struct writer w = { .arena = arena };

	w.tail = &w.first;
	tell_text(&w, "lineage", was->lineage, now->lineage);
	tell_text(&w, "serial", arena_fmt(arena, "%llu", (unsigned long long)was->serial),
		  arena_fmt(arena, "%llu", (unsigned long long)now->serial));
	tell_text(&w, "account", was->account, now->account);
	tell_text(&w, "region", was->region, now->region);
	tell_text(&w, "environment", was->environment, now->environment);
	tell_objects(&w, "new", now, was, false);
	tell_objects(&w, "gone", was, now, false);
	tell_objects(&w, "another object under the same address", was, now, true);
	tell_protection(&w, "no longer protected by prevent_destroy", &was->prevent_destroy,
			&now->prevent_destroy);
	tell_protection(&w, "now protected by prevent_destroy", &now->prevent_destroy,
			&was->prevent_destroy);
	if (!w.first && str_eq(was->lineage, now->lineage) && !digest_is_zero(&was->content) &&
	    !digest_eq(&was->content, &now->content))
		tell(&w, STR("attributes changed under the same serial"));
	return w.first;
}
