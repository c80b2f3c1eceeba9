#include "read/plan.h"

#include <stdarg.h>
#include <yajl/yajl_parse.h>

#include "base/json_memory.h"
#include "read/plan_change.h"
#include "read/plan_say.h"

#define PIECE ((size_t)64 << 10)     /* bytes given to yajl at once: bounds what it has to keep over a boundary */
#define RAW_MAX ((uint64_t)128 << 20) /* bytes without an event: a string that long is past PLAN_MAX_TEXT however it is escaped */
#define MAX_KEYS 64		     /* at the top; terraform writes 17 */
#define SCRATCH_MAX ((size_t)256 << 20)

enum section {
	SECTION_OTHER = 0, /* skipped: planned_values, configuration, variables … */
	SECTION_FORMAT,
	SECTION_VERSION,
	SECTION_COMPLETE,
	SECTION_APPLYABLE,
	SECTION_ERRORED,
	SECTION_LIST,
	SECTION_PRIOR,
	SECTION_NOT_A_PLAN,
};

typedef void (*element_read)(struct plan_work *w, const struct json *v);

static const struct key {
	const char *name;
	enum section section;
	element_read read; /* of SECTION_LIST */
	bool of_plan;	   /* only a plan has it */
} keys[] = {
	{ "format_version", SECTION_FORMAT, NULL, false },
	{ "terraform_version", SECTION_VERSION, NULL, false },
	{ "complete", SECTION_COMPLETE, NULL, false },
	{ "applyable", SECTION_APPLYABLE, NULL, false },
	{ "errored", SECTION_ERRORED, NULL, false },
	{ "resource_changes", SECTION_LIST, plan_change_resource, true },
	{ "resource_drift", SECTION_LIST, plan_change_drift, true },
	{ "deferred_changes", SECTION_LIST, plan_change_deferred, true },
	{ "action_invocations", SECTION_LIST, plan_change_action, true },
	{ "deferred_action_invocations", SECTION_LIST, plan_change_deferred, true },
	{ "checks", SECTION_LIST, plan_change_check, false },
	{ "planned_values", SECTION_OTHER, NULL, true },
	{ "prior_state", SECTION_PRIOR, NULL, false },
	{ "values", SECTION_NOT_A_PLAN, NULL, false }, /* a state */
	{ "@level", SECTION_NOT_A_PLAN, NULL, false }, /* the log of `terraform plan -json` */
};

struct plan_reader {
	struct plan_work work;
	struct arena scratch; /* one element at a time */
	yajl_handle yajl;
	struct json_build build;
	const struct key *key; /* of the member being read; NULL: none we know */
	struct str seen[MAX_KEYS];
	size_t n_seen;
	size_t n_elements;  /* of the list being read, from 1 */
	size_t depth;	    /* open brackets */
	bool building;	    /* inside an element */
	bool in_change;	    /* … inside its member "change" */
	bool in_actions;    /* … whose member "actions" is read */
	bool noop;	    /* … and says no-op */
	size_t skip;	    /* not 0: what lies deeper is not needed */
	bool of_plan, resource_changes;
	bool closed;	    /* the document's last bracket was read */
	bool failed;
	uint64_t piece_start, last_event; /* bytes before the piece at hand; before the end of the last event */
	uint64_t max_bytes;
	struct change_chunk spare; /* for the one change that must be told when the arena is full */
};

/* --- refusing --- */

static bool refuse(struct plan_reader *r, const char *fmt, ...) PAWL_PRINTF(2, 3);

/* The plan as a whole is not understood; said once. */
static bool refuse(struct plan_reader *r, const char *fmt, ...)
{
	char text[400];
	va_list ap;
	int n;

	if (r->failed)
		return false;
	r->failed = true;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	n = n < 0 ? 0 : n < (int)sizeof(text) ? n : (int)sizeof(text) - 1;
	plan_change_opaque(&r->work, STR("plan"), STR("terraform_plan"), (struct str){ text, (size_t)n });
	return false;
}

static bool refuse_type(struct plan_reader *r)
{
	return refuse(r, "%s of the plan is of another type than terraform writes: the plan is damaged, plan again",
		      r->key->name);
}

/* --- the top of the document --- */

static bool format_known(struct str v)
{
	return str_is(v, "0.1") || str_is(v, "0.2") || (str_starts(v, STR("1.")) && v.len > 2);
}

static bool top_text(struct plan_reader *r, struct str text)
{
	struct str *to = r->key->section == SECTION_FORMAT ? &r->work.sum.format_version : &r->work.sum.terraform_version;

	*to = arena_str(r->work.arena, plan_say_cut(text, 64));
	if (r->key->section == SECTION_FORMAT && !format_known(text))
		return refuse(r, "the plan is of format %.*s, and this pawl knows 0.1, 0.2 and 1.x: update pawl, or plan with a "
				 "version of terraform or tofu that writes format 1",
			      STR_ARG(*to));
	return true;
}

static bool top_flag(struct plan_reader *r, bool v)
{
	bool *to = r->key->section == SECTION_COMPLETE	? &r->work.sum.complete :
		   r->key->section == SECTION_APPLYABLE ? &r->work.sum.applyable :
							  &r->work.sum.errored;

	*to = v;
	return true;
}

static bool top_scalar(struct plan_reader *r, enum json_type type, struct str text)
{
	if (!r->key)
		return true;
	switch (r->key->section) {
	case SECTION_OTHER:
		return true;
	case SECTION_FORMAT:
	case SECTION_VERSION:
		return type == JSON_STRING ? top_text(r, text) : refuse_type(r);
	case SECTION_COMPLETE:
	case SECTION_APPLYABLE:
	case SECTION_ERRORED:
		if (type != JSON_TRUE && type != JSON_FALSE)
			return refuse_type(r);
		return top_flag(r, type == JSON_TRUE);
	case SECTION_LIST:
		return type == JSON_NULL ? true : refuse_type(r);
	case SECTION_PRIOR:
	case SECTION_NOT_A_PLAN:
		return true;
	}
	return refuse_type(r);
}

static bool top_open(struct plan_reader *r, enum json_type type)
{
	enum section s = r->key ? r->key->section : SECTION_OTHER;

	return s == SECTION_OTHER || s == SECTION_PRIOR || s == SECTION_NOT_A_PLAN || (s == SECTION_LIST && type == JSON_ARRAY) ||
	       refuse_type(r);
}

static bool top_key(struct plan_reader *r, struct str name)
{
	r->key = NULL;
	r->n_elements = 0;
	for (size_t i = 0; i < r->n_seen; i++) {
		if (str_eq(r->seen[i], name))
			return refuse(r, "the plan says %.*s twice, and readers differ in which they take: plan again",
				      STR_ARG(plan_say_cut(name, 100)));
	}
	if (r->n_seen == MAX_KEYS)
		return refuse(r, "the plan has more than %d members at the top: this is no plan of terraform or tofu", MAX_KEYS);
	r->seen[r->n_seen++] = arena_str(r->work.arena, name);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (!str_is(name, keys[i].name))
			continue;
		r->key = &keys[i];
		r->of_plan |= keys[i].of_plan;
		r->resource_changes |= keys[i].read == plan_change_resource;
		if (keys[i].section == SECTION_NOT_A_PLAN)
			return refuse(r, "this is %s, not a plan: give the output of `terraform show -json PLANFILE`",
				      keys[i].name[0] == '@' ? "the log of `terraform plan -json`" : "a state");
	}
	return true;
}

/* --- elements --- */

static bool refuse_built(struct plan_reader *r)
{
	return refuse(r, "%s in element %zu of %s: the plan is damaged or made to be misread, plan again", r->build.wrong,
		      r->n_elements, r->key->name);
}

static bool in_list(const struct plan_reader *r)
{
	return r->depth == 2 && r->key && r->key->section == SECTION_LIST;
}

static bool in_prior(const struct plan_reader *r)
{
	return r->depth > 1 && r->key && r->key->section == SECTION_PRIOR;
}

/*
 * Most of a plan is resources that do not change, and drift. Of those only a part is built: of drift the actions, of a no-op
 * not what it will be, which is what it is. Where "actions" does not come first, as terraform writes it, all is built.
 */
#define LEVEL_ELEMENT 3 /* brackets open inside an element's object */
#define LEVEL_CHANGE 4
#define LEVEL_ACTIONS 5

static bool not_needed(struct plan_reader *r, struct str name)
{
	if (!r->building)
		return in_prior(r) && !plan_prior_name(&r->work.prior, r->depth, name);
	if (r->depth == LEVEL_ELEMENT)
		r->in_change = str_is(name, "change");
	if (!r->in_change || r->depth != LEVEL_CHANGE)
		return false;
	r->in_actions = str_is(name, "actions");
	if (r->key->read == plan_change_drift)
		return !r->in_actions;
	return r->noop && str_starts(name, STR("after"));
}

/* An event below a member that is not needed; its last one ends the skipping. */
static bool skipped(struct plan_reader *r)
{
	if (r->skip == 0)
		return false;
	if (r->depth == r->skip)
		r->skip = 0;
	return true;
}

/* After each event of an element: is it whole? */
static bool element_step(struct plan_reader *r, bool ok)
{
	if (!ok)
		return refuse_built(r);
	if (!json_build_done(&r->build))
		return true;
	r->building = false;
	r->key->read(&r->work, r->build.root);
	arena_reset(&r->scratch);
	return !r->work.arena->full;
}

static void element_begin(struct plan_reader *r)
{
	r->building = true;
	r->in_change = r->in_actions = r->noop = false;
	r->n_elements++;
	json_build_begin(&r->build, &r->scratch);
}

/* --- events --- */

static void event(struct plan_reader *r)
{
	r->last_event = r->piece_start + yajl_get_bytes_consumed(r->yajl);
}

static bool on_scalar(struct plan_reader *r, enum json_type type, struct str text)
{
	event(r);
	if (text.len > PLAN_MAX_TEXT)
		return refuse(r, "a text in the plan is larger than %zu MB", PLAN_MAX_TEXT >> 20);
	if (skipped(r))
		return true;
	if (!r->building && in_list(r))
		element_begin(r);
	if (r->in_actions && r->depth == LEVEL_ACTIONS)
		r->noop = str_is(text, "no-op");
	if (r->building)
		return element_step(r, json_build_scalar(&r->build, type, text));
	if (in_prior(r) && type == JSON_STRING)
		plan_prior_text(&r->work.prior, text);
	if (r->depth == 1)
		return top_scalar(r, type, text);
	return r->depth > 0 ? true : refuse(r, "the plan is no JSON object: give the output of `terraform show -json PLANFILE`");
}

static bool on_open(struct plan_reader *r, enum json_type type)
{
	event(r);
	if (r->depth >= JSON_MAX_DEPTH)
		return refuse(r, "the plan is nested deeper than %d levels", JSON_MAX_DEPTH);
	if (!r->building && in_list(r))
		element_begin(r);
	if (r->depth == 0 && type != JSON_OBJECT)
		return refuse(r, "the plan is no JSON object: give the output of `terraform show -json PLANFILE`");
	if (!r->building && r->depth == 1 && !top_open(r, type))
		return false;
	r->depth++;
	if (r->skip)
		return true;
	return r->building ? element_step(r, json_build_open(&r->build, type)) : true;
}

static bool on_close(struct plan_reader *r)
{
	event(r);
	r->depth--;
	if (skipped(r))
		return true;
	if (r->building)
		return element_step(r, json_build_close(&r->build));
	if (in_prior(r))
		plan_prior_close(&r->work.prior, r->depth);
	r->closed = r->depth == 0;
	return true;
}

static bool on_name(struct plan_reader *r, struct str name)
{
	event(r);
	if (name.len > PLAN_MAX_TEXT)
		return refuse(r, "a name in the plan is larger than %zu MB", PLAN_MAX_TEXT >> 20);
	if (r->skip)
		return true;
	if (not_needed(r, name)) {
		r->skip = r->depth;
		return true;
	}
	if (r->building)
		return element_step(r, json_build_key(&r->build, name));
	return r->depth == 1 ? top_key(r, name) : true;
}

static int y_null(void *ctx)
{
	return on_scalar(ctx, JSON_NULL, STR_NONE);
}

static int y_bool(void *ctx, int v)
{
	return on_scalar(ctx, v ? JSON_TRUE : JSON_FALSE, STR_NONE);
}

static int y_number(void *ctx, const char *p, size_t n)
{
	return on_scalar(ctx, JSON_NUMBER, (struct str){ p, n });
}

static int y_string(void *ctx, const unsigned char *p, size_t n)
{
	return on_scalar(ctx, JSON_STRING, (struct str){ (const char *)p, n });
}

static int y_key(void *ctx, const unsigned char *p, size_t n)
{
	return on_name(ctx, (struct str){ (const char *)p, n });
}

static int y_map(void *ctx)
{
	return on_open(ctx, JSON_OBJECT);
}

static int y_array(void *ctx)
{
	return on_open(ctx, JSON_ARRAY);
}

static int y_end(void *ctx)
{
	return on_close(ctx);
}

static const yajl_callbacks calls = {
	.yajl_null = y_null,
	.yajl_boolean = y_bool,
	.yajl_number = y_number,
	.yajl_string = y_string,
	.yajl_start_map = y_map,
	.yajl_map_key = y_key,
	.yajl_end_map = y_end,
	.yajl_start_array = y_array,
	.yajl_end_array = y_end,
};

/* --- the reader --- */

struct plan_reader *plan_reader_new(struct arena *arena, const struct plan_opts *opts)
{
	size_t scratch = arena->size / 4 < SCRATCH_MAX ? arena->size / 4 : SCRATCH_MAX;
	struct plan_reader *r = ARENA_NEW(arena, struct plan_reader);
	void *mem = arena_alloc(arena, scratch);

	if (!r || !mem)
		return NULL;
	arena_init(&r->scratch, mem, scratch);
	r->work.arena = r->work.prior.arena = arena;
	if (opts)
		r->work.opts = *opts;
	r->max_bytes = r->work.opts.max_bytes ? r->work.opts.max_bytes : PLAN_MAX_BYTES;
	r->work.sum.complete = r->work.sum.applyable = r->work.sum.understood = true;
	r->yajl = yajl_alloc(&calls, json_memory(), r);
	return r->yajl ? r : NULL;
}

static void refuse_bytes(struct plan_reader *r, struct str piece)
{
	unsigned char *why = yajl_get_error(r->yajl, 0, (const unsigned char *)piece.ptr, piece.len);
	struct str words = str_trim(str_from((const char *)why));

	if (str_starts(words, STR("lexical error: ")))
		words = str_sub(words, 15, words.len);
	if (str_starts(words, STR("parse error: ")))
		words = str_sub(words, 13, words.len);
	words = str_sub(words, 0, str_find_char(words, '\n'));
	refuse(r, "not valid JSON after byte %llu (%.*s): give the output of `terraform show -json PLANFILE`, whole",
	       (unsigned long long)r->last_event, STR_ARG(plan_say_cut(str_trim(words), 120)));
	yajl_free_error(r->yajl, why);
}

static void feed_piece(struct plan_reader *r, struct str piece)
{
	r->piece_start = r->work.sum.bytes;
	r->work.sum.bytes += piece.len;
	if (yajl_parse(r->yajl, (const unsigned char *)piece.ptr, piece.len) != yajl_status_ok) {
		if (!r->failed && !r->work.arena->full)
			refuse_bytes(r, piece);
		r->failed = true;
	} else if (r->work.sum.bytes - r->last_event > RAW_MAX) {
		refuse(r, "a text in the plan is larger than %zu MB", PLAN_MAX_TEXT >> 20);
	}
}

void plan_reader_feed(struct plan_reader *r, struct str bytes)
{
	while (bytes.len > 0 && !r->failed) {
		uint64_t room = r->max_bytes - r->work.sum.bytes;
		struct str piece = str_sub(bytes, 0, room < PIECE ? (size_t)room : PIECE);

		if (room == 0)
			refuse(r, "the plan is larger than the cap of %llu bytes: raise the cap, or split the configuration",
			       (unsigned long long)r->max_bytes);
		else
			feed_piece(r, piece);
		bytes = str_sub(bytes, piece.len, bytes.len);
	}
}

/* What only the end can tell. */
static void judge_whole(struct plan_reader *r)
{
	struct plan_summary *sum = &r->work.sum;

	if (r->failed || r->work.arena->full)
		return;
	if (yajl_complete_parse(r->yajl) != yajl_status_ok || !r->closed)
		refuse(r, "the plan ends in the middle, after %llu bytes: it was cut off, make it again",
		       (unsigned long long)sum->bytes);
	else if (sum->format_version.len == 0)
		refuse(r, "the plan does not say its format_version: give the output of `terraform show -json PLANFILE`");
	else if (!r->of_plan)
		refuse(r, "there is no plan in this JSON: give the output of `terraform show -json PLANFILE`");
}

struct change_list plan_reader_end(struct plan_reader *r, struct plan_summary *ret_summary,
				   struct plan_create **ret_creates)
{
	struct plan_work *w = &r->work;
	size_t best = 0;

	judge_whole(r);
	yajl_free(r->yajl);
	r->yajl = NULL;
	for (size_t i = 0; i < w->n_tags; i++) {
		if (w->tags[i].n > best) {
			best = w->tags[i].n;
			w->sum.tag_environment = w->tags[i].text;
		}
	}
	w->sum.refresh_only = !r->resource_changes && w->sum.n_drift > 0;
	plan_relate_finish(&w->relate, w->arena);
	w->sum.buckets = plan_prior_end(&r->work.prior);
	if (w->arena->full)
		plan_change_full(w, &r->spare);
	if (ret_summary)
		*ret_summary = w->sum;
	if (ret_creates)
		*ret_creates = w->creates;
	return w->changes;
}
