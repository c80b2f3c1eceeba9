#include "gate/terraform/identify.h"

#include <errno.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/timestamp.h"
#include "gate/terraform/last_seen.h"
#include "gate/terraform/state_source.h"
#include "gate/terraform/surroundings.h"
#include "gate/terraform/tree.h"
#include "read/backend_key.h"
#include "read/hcl.h"
#include "read/identity.h"
#include "read/pin.h"

struct work {
	const struct terraform_identify_opts *o;
	struct arena *arena;
	struct err *err;
	struct identity_facts facts;
	struct lost_facts lost;
	struct state_source source;
	bool own_folder; /* the folder really is the plan's configuration */
	struct state current;
	struct known *known;
};

/* --- the pin --- */

static struct str parent(struct str path)
{
	size_t slash = str_rfind_char(path, '/');

	return slash == SIZE_MAX ? STR(".") : slash == 0 ? STR("/") : str_sub(path, 0, slash);
}

/* "." and "sub/folder" below ${base}; anything that climbs stays as it is and so names no folder here. */
static struct str below(struct str base, struct str folder, struct arena *arena)
{
	while (str_starts(folder, STR("./")))
		folder = str_sub(folder, 2, folder.len);
	if (str_is(folder, "."))
		return base;
	return arena_fmt(arena, "%.*s/%.*s", STR_ARG(base), STR_ARG(folder));
}

bool terraform_identify_pins(struct str pin_path, struct arena *arena, struct known **ret_first, struct err *err)
{
	auto_buf b = BUF_MAX((size_t)16 << 20);
	struct str path = arena_str(arena, pin_path);
	struct known *first = NULL;
	struct err why = { 0 };

	if (!pin_path.len)
		return true;
	if (!path.ptr)
		return err_set(err, ERR_LIMIT, "no memory");
	if (!file_read(path.ptr, &b, &why)) {
		if (why.code == ERR_IO && (why.sys == ENOENT || why.sys == ENOTDIR))
			return true;
		if (err)
			*err = why;
		return false;
	}
	if (!pin_read(STR("pawl.pin.yaml"), arena_str(arena, buf_str(&b)), arena, &first, err))
		return err_prefix(err, "the pin cannot be read, so nobody knows which state is the true one (mend it, or take the "
				       "committed one back)");
	for (struct known *k = first; k; k = k->next)
		k->folder = below(parent(path), k->folder, arena);
	*ret_first = first;
	return true;
}

/* --- gathering --- */

static bool plan_place(struct work *w)
{
	const struct planfile *pf = w->o->planfile;

	w->facts.folder = w->o->folder;
	w->facts.backend = pf ? backend_key(pf->backend_type, pf->backend, w->o->folder, w->arena) : w->source.key;
	w->facts.workspace = pf && pf->workspace.len ? pf->workspace : w->source.workspace;
	return !w->arena->full || err_set(w->err, ERR_LIMIT, "plan larger than may be held in memory");
}

/* Is the folder where the plan's configuration came from? A plan can be shown anywhere. */
static bool is_own_folder(const struct work *w)
{
	char path[TREE_PATH_MAX];

	for (const struct planfile_config *c = w->o->planfile ? w->o->planfile->config : NULL; c; c = c->next) {
		if (!str_starts(c->path, STR("m-/")))
			continue;
		snprintf(path, sizeof(path), "%.*s/%.*s", STR_ARG(w->o->folder), STR_ARG(str_sub(c->path, 3, c->path.len)));
		if (file_exists(path))
			return true;
	}
	return false;
}

/* The state that the plan's own backend holds now. */
static bool read_current(struct work *w)
{
	auto_buf b = BUF_MAX(STATE_SOURCE_MAX);
	const struct planfile *pf = w->o->planfile;
	struct state_source s = { .folder = w->o->folder, .type = pf->backend_type, .config = pf->backend, .key = w->facts.backend,
				  .workspace = w->facts.workspace };
	bool same = str_eq(w->source.key, s.key) && str_eq(w->source.workspace, s.workspace);

	if (!w->own_folder)
		return true;
	w->facts.folder_backend = w->source.key;
	w->facts.folder_workspace = w->source.workspace;
	switch (state_source_read(&s, same, &b, NULL)) {
	case STATE_SOURCE_UNKNOWN:
		return true;
	case STATE_SOURCE_ABSENT:
		w->facts.now = IDENTITY_CURRENT_ABSENT;
		return true;
	case STATE_SOURCE_READ:
		break;
	}
	if (!state_read(arena_str(w->arena, buf_str(&b)), w->arena, &w->current, w->err))
		return err_prefix(w->err, "the state in place (%.*s)", STR_ARG(s.key));
	w->facts.current = &w->current;
	w->facts.now = IDENTITY_CURRENT_READ;
	return true;
}

static bool is_blank(const struct state *s)
{
	return !s->lineage.len && !s->serial && !s->n_managed;
}

static size_t same_addresses(const struct known *k, const struct plan_create *creates, struct arena *arena)
{
	size_t used = arena->used, n = 0;
	struct hcl_name *names = NULL;
	struct str_set set;

	for (const struct state_object *o = k->objects; o; o = o->next) {
		struct hcl_name *one = ARENA_NEW(arena, struct hcl_name);

		if (!one)
			return 0;
		*one = (struct hcl_name){ o->address, names };
		names = one;
	}
	set = hcl_set(names, arena);
	for (const struct plan_create *c = creates; c; c = c->next) {
		size_t lo = 0, hi = set.n;

		while (lo < hi) {
			size_t mid = lo + (hi - lo) / 2;

			if (str_cmp(set.item[mid], c->address) < 0)
				lo = mid + 1;
			else
				hi = mid;
		}
		n += lo < set.n && str_eq(set.item[lo], c->address);
	}
	memset(arena->mem + used, 0, arena->used - used);
	arena->used = used;
	return n;
}

/* Only when the question stands: git takes a while. */
static void gather_lost(struct work *w)
{
	const struct plan_summary *s = w->o->summary;
	struct lost_facts *l = &w->lost;

	if (!w->o->planfile || !is_blank(&w->o->planfile->state) || !s || !s->n_create)
		return;
	l->state_empty = true;
	l->n_create = s->n_create;
	l->n_other = s->n_update + s->n_delete + s->n_replace + s->n_forget + s->n_import + s->n_moved;
	l->backend_type = w->o->planfile->backend_type;
	for (const struct plan_create *c = w->o->creates; c; c = c->next)
		l->n_named += c->title.len > 0;
	for (const struct known *k = w->known; k; k = k->next) {
		size_t same = k->source == KNOWN_STATE_FILE ? same_addresses(k, w->o->creates, w->arena) : 0;

		if (same > l->near_same) {
			l->near_same = same;
			l->near_path = k->where;
			l->near_lineage = k->lineage;
			l->near_serial = k->serial;
			l->near_managed = k->n_managed;
		}
	}
	surroundings_history(w->o->folder, clock_now_us(), w->arena, l);
	w->facts.lost = l;
}

static bool gather(struct work *w)
{
	struct known *last = NULL, *tail;
	struct str path;

	if (!state_source_find(w->o->folder, w->arena, &w->source, w->err) || !plan_place(w))
		return false;
	w->own_folder = is_own_folder(w);
	if (!terraform_identify_pins(w->o->pin_path, w->arena, &w->known, w->err))
		return false;
	for (tail = w->known; tail && tail->next; tail = tail->next)
		;
	if (w->o->state_dir.len && !last_seen_read(w->o->state_dir, w->arena, &last, w->err))
		return false;
	path = state_source_path(&w->source, w->arena);
	if (w->o->pin_path.len)
		surroundings_states(parent(w->o->pin_path), path, w->arena, &last);
	if (tail)
		tail->next = last;
	else
		w->known = last;
	if (w->o->planfile && !read_current(w))
		return false;
	gather_lost(w);
	w->facts.summary = w->o->summary;
	w->facts.plan = w->o->planfile;
	w->facts.creates = w->o->creates;
	w->facts.known = w->known;
	w->facts.environment = w->o->environment;
	w->facts.caller_account = w->o->account;
	w->facts.caller_region = w->o->region;
	w->facts.ours = w->o->state_dir.len && str_starts(w->o->folder, w->o->state_dir);
	return !w->arena->full || err_set(w->err, ERR_LIMIT, "more known states than may be held in memory");
}

/* --- recording --- */

/* Findings that do not doubt which state this is: it may be remembered all the same, or nothing ever would be. */
static bool doubts_the_state(struct str finding)
{
	static const struct str sure[] = { STR_INIT("state.local-production"), STR_INIT("state.shared-object"),
					   STR_INIT("environment.shared") };

	for (size_t i = 0; i < ARRAY_LEN(sure); i++) {
		if (str_eq(finding, sure[i]))
			return false;
	}
	return true;
}

static bool any_doubt(const struct change_list *list, size_t from)
{
	size_t i = 0;

	CHANGE_EACH(c, list) {
		if (i++ >= from && doubts_the_state(c->finding))
			return true;
	}
	return false;
}


static struct str now_text(struct arena *arena)
{
	char text[TIMESTAMP_LEN + 1];

	timestamp_text(clock_now_us(), text);
	return arena_str(arena, str_from(text));
}

static bool record(struct work *w)
{
	const struct state *s = &w->o->planfile->state;
	struct known k = { .folder = w->facts.folder, .backend = w->facts.backend, .workspace = w->facts.workspace,
			   .environment = w->o->summary ? w->o->summary->tag_environment : STR_NONE, .account = w->o->account,
			   .region = w->o->region, .time = now_text(w->arena) };

	if (is_blank(s) || !s->lineage.len || !w->o->state_dir.len || w->o->no_record)
		return true;
	if (w->facts.now == IDENTITY_CURRENT_READ && str_eq(w->current.lineage, s->lineage) && w->current.serial == s->serial) {
		known_from_state(&k, &w->current);
	} else {
		known_from_state(&k, &w->o->planfile->state_prev);
		k.lineage = s->lineage;
		k.serial = s->serial;
		k.content = (struct digest){ { 0 } }; /* of refreshed bytes: not what stands in the backend */
	}
	return last_seen_write(w->o->state_dir, &k, w->err);
}

static void fill_one(struct str *to, struct str value)
{
	if (!to->len)
		*to = value;
}

static void fill_binding(const struct work *w, struct binding *b)
{
	const struct planfile *pf = w->o->planfile;

	fill_one(&b->backend, w->facts.backend);
	fill_one(&b->workspace, w->facts.workspace);
	fill_one(&b->account, w->o->account);
	fill_one(&b->region, w->o->region);
	if (!pf)
		return;
	fill_one(&b->lineage, pf->state.lineage);
	fill_one(&b->serial, arena_fmt(w->arena, "%llu", (unsigned long long)pf->state.serial));
	fill_one(&b->state_digest, digest_text(&pf->state.digest, w->arena));
	fill_one(&b->config_digest, digest_text(&pf->config_digest, w->arena));
}

bool terraform_identify(const struct terraform_identify_opts *opts, struct arena *arena, struct change_list *add,
			struct binding *fill, struct err *err)
{
	struct work w = { .o = opts, .arena = arena, .err = err };
	size_t before = add->n;

	if (!gather(&w))
		return false;
	identity_compare(&w.facts, arena, add);
	if (fill)
		fill_binding(&w, fill);
	if (arena->full)
		return err_set(err, ERR_LIMIT, "plan larger than may be held in memory");
	return !opts->planfile || any_doubt(add, before) || record(&w);
}

bool terraform_identify_protection(const struct terraform_identify_opts *opts, struct arena *arena, struct str_set *ret_pinned,
				   struct str_set *ret_config, struct err *err)
{
	struct work w = { .o = opts, .arena = arena, .err = err };
	struct hcl_found found = { .understood = true };

	if (!state_source_find(opts->folder, arena, &w.source, err) || !plan_place(&w) ||
	    !terraform_identify_pins(opts->pin_path, arena, &w.known, err))
		return false;
	for (const struct planfile_config *c = opts->planfile ? opts->planfile->config : NULL; c; c = c->next) {
		size_t slash = str_find_char(c->path, '/');

		if (!str_starts(c->path, STR("m-")) || slash == SIZE_MAX)
			continue;
		hcl_scan_file(c->path, c->bytes, hcl_module_prefix(str_sub(c->path, 2, slash - 2), arena), arena, &found);
	}
	*ret_pinned = (struct str_set){ NULL, 0 };
	for (const struct known *k = w.known; k; k = k->next) {
		if (str_eq(k->folder, w.facts.folder) && str_eq(k->backend, w.facts.backend) && str_eq(k->workspace, w.facts.workspace))
			*ret_pinned = k->prevent_destroy;
	}
	*ret_config = hcl_set(found.prevent_destroy, arena);
	return !arena->full || err_set(err, ERR_LIMIT, "plan larger than may be held in memory");
}

bool terraform_identify_seen(struct str folder, struct str state_dir, struct arena *arena, struct err *err)
{
	auto_buf b = BUF_MAX(STATE_SOURCE_MAX);
	struct state_source source;
	struct known k = { 0 };
	struct state s;

	if (!state_source_find(folder, arena, &source, err))
		return false;
	switch (state_source_read(&source, true, &b, err)) {
	case STATE_SOURCE_UNKNOWN:
		return false;
	case STATE_SOURCE_ABSENT:
		return true;
	case STATE_SOURCE_READ:
		break;
	}
	if (!state_read(arena_str(arena, buf_str(&b)), arena, &s, err))
		return false;
	if (!s.lineage.len || !s.n_managed)
		return true;
	k = (struct known){ .folder = folder, .backend = source.key, .workspace = source.workspace, .time = now_text(arena) };
	known_from_state(&k, &s);
	return last_seen_write(state_dir, &k, err);
}
