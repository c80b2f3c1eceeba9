#include "core/policy_read.h"

#define PLAN_CAP (UINT64_C(1) << 30)
static const struct policy_keep keep_usual = { .item_bytes = 256000000, .total_bytes = 5000000000, .files = 50000, .age_s = 30 * 86400 };

static const struct str environment_kinds[] = {
	[ENVIRONMENT_PRODUCTION] = STR_INIT("production"),
	[ENVIRONMENT_STAGING] = STR_INIT("staging"),
	[ENVIRONMENT_SCRATCH] = STR_INIT("scratch"),
};

struct str environment_kind_name(enum environment_kind k)
{
	return environment_kinds[(unsigned)k < ARRAY_LEN(environment_kinds) ? k : ENVIRONMENT_PRODUCTION];
}

/* --- environments --- */

static bool list_takes(const struct str_list *l, struct str s)
{
	for (; l; l = l->next) {
		if (s.len && str_glob(l->item, s))
			return true;
	}
	return false;
}

static bool environment_takes(const struct named_environment *e, const struct place *place, struct str tag)
{
	const struct str at[PLACE_FIELDS] = { place->account, place->region, place->workspace, place->backend,
					      place->path,    tag,	     place->host,      place->database };

	for (size_t i = 0; i < PLACE_FIELDS; i++) {
		if (e->match[i] && !list_takes(e->match[i], at[i]))
			return false;
	}
	return true;
}

static size_t more_protected(const struct policy *p, size_t a, size_t b)
{
	if (a == SIZE_MAX || b == SIZE_MAX)
		return a == SIZE_MAX ? b : a;
	return p->environment[b]->is.kind < p->environment[a]->is.kind ? b : a;
}

size_t policy_environment_index(const struct policy *p, const struct place *place, struct str tag, size_t *ret_own)
{
	size_t best = SIZE_MAX, own = SIZE_MAX;

	for (size_t i = 0; i < p->n_environments; i++) {
		const struct named_environment *e = p->environment[i];

		/* A tag of its own names the thing; the tag that most carry speaks where it has none. */
		if (!environment_takes(e, place, tag.len ? tag : place->tag))
			continue;
		best = more_protected(p, best, i);
		if (e->layer != POLICY_PROJECT)
			own = more_protected(p, own, i);
	}
	*ret_own = own == SIZE_MAX ? p->n_environments : own;
	return best == SIZE_MAX ? p->n_environments : best;
}

bool policy_environment_by_name(const struct policy *p, struct str name, size_t *ret_index)
{
	for (size_t i = 0; i < p->n_environments; i++) {
		if (str_eq(p->environment[i]->is.name, name)) {
			*ret_index = i;
			return true;
		}
	}
	for (size_t k = 0; k < ARRAY_LEN(environment_kinds); k++) {
		if (str_eq(environment_kinds[k], name)) {
			*ret_index = p->n_environments + k;
			return true;
		}
	}
	return false;
}

bool policy_environment_known(const struct policy *p, struct str name)
{
	size_t i;

	return policy_environment_by_name(p, name, &i);
}

bool policy_environment_named(const struct policy *p, struct str name, struct environment *ret)
{
	size_t i;

	if (!policy_environment_by_name(p, name, &i))
		return false;
	*ret = policy_environment_at(p, i);
	return true;
}

struct environment policy_environment_at(const struct policy *p, size_t index)
{
	enum environment_kind k = ENVIRONMENT_PRODUCTION;

	if (index < p->n_environments)
		return p->environment[index]->is;
	if (index < p->n_environments + ARRAY_LEN(environment_kinds))
		k = (enum environment_kind)(index - p->n_environments);
	return (struct environment){ environment_kind_name(k), k, false, STR("unnamed") };
}

struct environment policy_environment(const struct policy *p, const struct place *place, struct str tag)
{
	size_t own;

	return policy_environment_at(p, policy_environment_index(p, place, tag, &own));
}

/* --- layers --- */

struct layers {
	struct policy *p;
	struct arena *arena;
	struct rule *first, **end;
	size_t n;
	struct named_environment **environments_end;
	struct notify **notify_end;
	struct policy_case **cases_end;
	struct str_list **warnings_end;
	bool own_same_uid;
};

static void warn(struct layers *l, struct str text)
{
	struct str_list *w = ARENA_NEW(l->arena, struct str_list);

	if (!w)
		return;
	w->item = text;
	*l->warnings_end = w;
	l->warnings_end = &w->next;
}

/* A cloned repository cannot vouch for anything: its allow is no opinion. */
static void take_rules(struct layers *l, const struct policy_file *f, bool tighten_only)
{
	for (struct rule *r = f->rules, *next; r; r = next) {
		next = r->next;
		r->next = NULL;
		r->tightens = tighten_only;
		if (tighten_only && r->verdict == VERDICT_ALLOW) {
			if (f->source->layer == POLICY_PROJECT)
				warn(l, arena_fmt(l->arena, "%.*s:%u: rule '%.*s' allows, and a file in the project may only "
							    "tighten: it has no effect", STR_ARG(r->file), r->line, STR_ARG(r->name)));
			continue;
		}
		*l->end = r;
		l->end = &r->next;
		l->n++;
	}
}

static void take_environments(struct layers *l, struct policy_file *f)
{
	if (!f->environments)
		return;
	*l->environments_end = f->environments;
	l->environments_end = f->environments_end;
}

static void take_approvers(struct layers *l, struct policy_file *f)
{
	struct approver **end = &l->p->approvers;

	if (!f->approvers)
		return;
	if (f->source->layer == POLICY_PROJECT && l->p->approvers) {
		warn(l, arena_fmt(l->arena, "%.*s: its approvers have no effect: the machine's or user's policy names them",
				  STR_ARG(f->source->path)));
		return;
	}
	while (*end) {
		const struct approver *o = *end;

		for (const struct approver *a = f->approvers; a; a = a->next) {
			if (str_eq(a->name, o->name))
				warn(l, arena_fmt(l->arena, "%.*s: approver '%.*s' is named above too; both keys count",
						  STR_ARG(f->source->path), STR_ARG(a->name)));
		}
		end = &(*end)->next;
	}
	*end = f->approvers;
}

/* Of the machine's and the user's word the smaller; a project's file may only make an item smaller. */
static void take_keep(struct layers *l, const struct policy_file *f)
{
	struct policy_keep *keep = &l->p->keep;
	const uint64_t says[] = { f->keep.item_bytes, f->keep.total_bytes, f->keep.files, (uint64_t)f->keep.age_s };
	uint64_t is[] = { keep->item_bytes, keep->total_bytes, keep->files, (uint64_t)keep->age_s };

	for (size_t i = 0; i < ARRAY_LEN(says); i++) {
		bool first = !l->p->keep_said[i] && f->source->layer != POLICY_PROJECT;

		if (says[i] && (first || says[i] < is[i]))
			is[i] = says[i];
		else if (says[i] > is[i])
			warn(l, arena_fmt(l->arena, "%.*s: 'keep' asks for more than what stands above it: that has no effect",
					  STR_ARG(f->source->path)));
		l->p->keep_said[i] = l->p->keep_said[i] || says[i];
	}
	*keep = (struct policy_keep){ is[0], is[1], is[2], (int64_t)is[3] };
}

static void take_limits(struct layers *l, const struct policy_file *f)
{
	bool project = f->source->layer == POLICY_PROJECT;

	if (f->has_plan_cap && f->plan_cap <= l->p->plan_cap)
		l->p->plan_cap = f->plan_cap;
	else if (f->has_plan_cap)
		warn(l, arena_fmt(l->arena, "%.*s: limits.plan_bytes is larger than what stands above it (or 1GiB): it has no effect",
				  STR_ARG(f->source->path)));
	if (!f->has_same_uid || project)
		return;
	/* Of several, the strictest. A preset's word gives way to its owner's. */
	if (f->source->layer == POLICY_PRESET)
		l->p->same_uid = f->same_uid;
	else
		l->p->same_uid = f->same_uid && (l->p->same_uid || !l->own_same_uid);
	l->own_same_uid = f->source->layer != POLICY_PRESET;
}

static void take_trash(struct layers *l, const struct policy_file *f)
{
	if (!policy_trash_take(l->p, f))
		warn(l, arena_fmt(l->arena, "%.*s: trash.on is false, and a file above it says true: it has no effect",
				  STR_ARG(f->source->path)));
}

static void take_rest(struct layers *l, struct policy_file *f)
{
	if (f->notify) {
		*l->notify_end = f->notify;
		l->notify_end = f->notify_end;
	}
	if (f->cases && f->source->layer != POLICY_PRESET) {
		*l->cases_end = f->cases;
		l->cases_end = f->cases_end;
	}
}

static size_t preset_rank(struct str name)
{
	for (size_t i = 0; policy_preset_name(i); i++) {
		if (str_is(name, policy_preset_name(i)))
			return i;
	}
	return 0;
}

static bool take_preset(struct layers *l, struct str name, bool tighten_only, struct err *err)
{
	struct policy_source *s = ARENA_NEW(l->arena, struct policy_source);
	struct policy_file f = { .source = s, .arena = l->arena, .err = err };

	if (!s)
		return err_set(err, ERR_LIMIT, "no memory for the policy");
	*s = (struct policy_source){ POLICY_PRESET, arena_fmt(l->arena, "preset %.*s", STR_ARG(name)), policy_preset_text(name) };
	if (!policy_file_read(&f))
		return false;
	take_rules(l, &f, tighten_only);
	take_limits(l, &f);
	policy_budgets_take(l->p, &f, tighten_only);
	take_trash(l, &f);
	return true;
}

/* The strictest that the machine or user names, else solo; and the project's over it where that is stricter. */
static bool take_presets(struct layers *l, struct policy_file *const *files, size_t n, struct err *err)
{
	struct str own = STR_NONE;

	for (size_t i = 0; i < n; i++) {
		const struct policy_file *f = files[i];

		if (f->preset.len && f->source->layer != POLICY_PROJECT && (!own.len || preset_rank(f->preset) > preset_rank(own)))
			own = f->preset;
	}
	l->p->preset = own.len ? own : STR("solo");
	if (!take_preset(l, l->p->preset, false, err))
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct policy_file *f = files[i];

		if (!f->preset.len || f->source->layer != POLICY_PROJECT || str_eq(f->preset, l->p->preset))
			continue;
		if (preset_rank(f->preset) < preset_rank(l->p->preset)) {
			warn(l, arena_fmt(l->arena, "%.*s:%u: preset %.*s is less strict than %.*s, which stands above: no effect",
					  STR_ARG(f->source->path), f->preset_line, STR_ARG(f->preset), STR_ARG(l->p->preset)));
			continue;
		}
		if (!take_preset(l, f->preset, true, err))
			return false;
		l->p->preset = f->preset;
	}
	return true;
}

static bool environments_array(struct policy *p, struct arena *arena)
{
	size_t n = 0;

	for (const struct named_environment *e = p->environments; e; e = e->next)
		n++;
	if (n > POLICY_MAX_ENVIRONMENTS)
		return false;
	p->environment = ARENA_ARRAY(arena, n + 1, struct named_environment *);
	if (!p->environment)
		return false;
	for (struct named_environment *e = p->environments; e; e = e->next)
		p->environment[p->n_environments++] = e;
	return true;
}

static void digest_sources(struct policy *p, struct policy_file *const *files, size_t n)
{
	static const struct str names[] = { STR_INIT("none"), STR_INIT("preset"), STR_INIT("machine"), STR_INIT("user"),
					    STR_INIT("project") };
	struct digest_run run;

	digest_begin(&run);
	digest_field(&run, STR("version"), STR("pawl-policy-1"));
	digest_field(&run, STR("preset"), policy_preset_text(p->preset));
	for (size_t i = 0; i < n; i++)
		digest_field(&run, names[files[i]->source->layer], files[i]->source->text);
	p->digest = digest_end(&run);
}

/* Read every source, in order of layers. */
static bool read_files(const struct policy_source *sources, size_t n, struct arena *arena, struct policy_file **files,
		       struct err *err)
{
	size_t at = 0;

	for (unsigned layer = POLICY_MACHINE; layer <= POLICY_PROJECT; layer++) {
		for (size_t i = 0; i < n; i++) {
			struct policy_file *f;

			PAWL_ASSERT(sources[i].layer >= POLICY_MACHINE && sources[i].layer <= POLICY_PROJECT);
			if ((unsigned)sources[i].layer != layer)
				continue;
			f = ARENA_NEW(arena, struct policy_file);
			if (!f)
				return err_set(err, ERR_LIMIT, "no memory for the policy");
			*f = (struct policy_file){ .source = &sources[i], .arena = arena, .err = err };
			if (!policy_file_read(f))
				return false;
			files[at++] = f;
		}
	}
	return true;
}

bool policy_load(const struct policy_source *sources, size_t n, struct arena *arena, const struct policy **ret_policy,
		 struct err *err)
{
	struct policy *p = ARENA_NEW(arena, struct policy);
	struct policy_file **files = ARENA_ARRAY(arena, n + 1, struct policy_file *);
	struct layers l = { .p = p, .arena = arena };

	if (!p || !files)
		return err_set(err, ERR_LIMIT, "no memory for the policy");
	p->plan_cap = PLAN_CAP;
	p->keep = keep_usual;
	l.end = &l.first;
	l.environments_end = &p->environments;
	l.notify_end = &p->notify;
	l.cases_end = &p->cases;
	l.warnings_end = &p->warnings;
	if (!read_files(sources, n, arena, files, err) || !take_presets(&l, files, n, err)) {
		/* What no longer fits reads as half a file: say what is so. */
		return arena->full ? err_set(err, ERR_LIMIT, "the policies need more memory than they may have") : false;
	}
	for (size_t i = 0; i < n; i++) {
		take_rules(&l, files[i], files[i]->source->layer == POLICY_PROJECT);
		take_environments(&l, files[i]);
		take_approvers(&l, files[i]);
		take_limits(&l, files[i]);
		take_keep(&l, files[i]);
		policy_budgets_take(p, files[i], files[i]->source->layer == POLICY_PROJECT);
		take_trash(&l, files[i]);
		take_rest(&l, files[i]);
	}
	if (l.n > POLICY_MAX_RULES)
		return err_set(err, ERR_LIMIT, "the policies together have %zu rules, at most %d are taken", l.n, POLICY_MAX_RULES);
	digest_sources(p, files, n);
	if (!environments_array(p, arena) || !rules_compile(p, l.first, l.n, arena) || arena->full)
		return err_set(err, ERR_LIMIT, "the policies need more memory than they may have");
	*ret_policy = p;
	return true;
}

/* --- what it says --- */

const struct approver *policy_approvers(const struct policy *p)
{
	return p->approvers;
}

const struct notify *policy_notify(const struct policy *p)
{
	return p->notify;
}

uint64_t policy_plan_cap(const struct policy *p)
{
	return p->plan_cap;
}

struct policy_keep policy_keep(const struct policy *p)
{
	return p ? p->keep : keep_usual;
}

struct digest policy_digest(const struct policy *p)
{
	return p->digest;
}

bool policy_allows_same_uid(const struct policy *p)
{
	return p->same_uid;
}

const struct policy_case *policy_cases(const struct policy *p)
{
	return p->cases;
}

const struct str_list *policy_warnings(const struct policy *p)
{
	return p->warnings;
}

struct str policy_preset(const struct policy *p)
{
	return p->preset;
}

size_t policy_rule_count(const struct policy *p)
{
	return p->rules.n;
}
