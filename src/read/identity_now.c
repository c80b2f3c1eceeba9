#include "read/identity_work.h"
#include "read/object_index.h"

static unsigned long long number(uint64_t n)
{
	return (unsigned long long)n;
}

/* --- the folder as it is now, and the state in it --- */

static void folder_now(struct identity_work *w)
{
	const struct identity_facts *f = w->f;

	if (f->folder_workspace.len && !str_eq(f->folder_workspace, f->workspace))
		identity_work_say(w, IDENTITY_WORKSPACE,
				  arena_fmt(w->arena,
					    "The plan was made in workspace '%.*s', and the folder "
					    "stands in workspace '%.*s' now",
					    STR_ARG(f->workspace), STR_ARG(f->folder_workspace)),
				  STR("Select the workspace that is meant and plan again"));
	if (f->folder_backend.len && !str_eq(f->folder_backend, f->backend))
		identity_work_say(w, IDENTITY_SWAPPED,
				  arena_fmt(w->arena,
					    "The plan was made on backend %.*s, and the folder is "
					    "initialised to %.*s now: a saved plan would act on "
					    "that one's state",
					    STR_ARG(f->backend), STR_ARG(f->folder_backend)),
				  STR("Do not apply. Initialise the folder to the backend that is "
				      "meant and plan again"));
}

static void stale(struct identity_work *w, struct str reason)
{
	identity_work_say(w, IDENTITY_STALE, reason,
			  STR("Plan again: a plan is only good for the state it was made from"));
}

static void current(struct identity_work *w)
{
	const struct state *s = w->state, *now = w->f->current;

	if (w->f->now == IDENTITY_CURRENT_ABSENT && !identity_work_blank(s)) {
		identity_work_say(
			w, IDENTITY_BLANK,
			arena_fmt(w->arena,
				  "The state this plan was made from (lineage %.*s, serial %llu, "
				  "%zu objects) is no longer there",
				  STR_ARG(s->lineage), number(s->serial), s->n_managed),
			STR("Do not apply. Put the state back where it was and plan again"));
		return;
	}
	if (w->f->now != IDENTITY_CURRENT_READ || !now)
		return;
	if (identity_work_blank(s) && now->n_managed > 0)
		stale(w, arena_fmt(w->arena,
				   "The plan was made from an empty state, and there is a state "
				   "now: lineage %.*s, serial %llu, %zu objects",
				   STR_ARG(now->lineage), number(now->serial), now->n_managed));
	else if (s->lineage.len && !str_eq(s->lineage, now->lineage))
		identity_work_say(
			w, IDENTITY_SWAPPED,
			arena_fmt(w->arena,
				  "The plan was made from lineage %.*s (serial %llu), and the "
				  "state in its place now is of lineage %.*s (serial "
				  "%llu, %zu objects)",
				  STR_ARG(s->lineage), number(s->serial), STR_ARG(now->lineage),
				  number(now->serial), now->n_managed),
			STR("Do not apply. Find out which of the two is the true state, put it in "
			    "place, and plan again"));
	else if (s->lineage.len && now->serial > s->serial)
		stale(w, arena_fmt(w->arena,
				   "The plan is older than its state: it was made at serial %llu, "
				   "the state is at serial %llu",
				   number(s->serial), number(now->serial)));
	else if (s->lineage.len && now->serial < s->serial)
		identity_work_say(w, IDENTITY_ROLLED_BACK,
				  arena_fmt(w->arena,
					    "The state went back in time since the plan was made: "
					    "from serial %llu to serial %llu of lineage %.*s",
					    number(s->serial), number(now->serial),
					    STR_ARG(s->lineage)),
				  STR("Do not apply. Put the newest state of this lineage back and "
				      "plan again"));
}

/* --- account and region --- */

static void caller(struct identity_work *w)
{
	const struct identity_facts *f = w->f;

	for (const struct known *k = f->known; k && f->caller_account.len; k = k->next) {
		if (identity_work_of_place(w, k) && k->account.len &&
		    !str_eq(k->account, f->caller_account))
			identity_work_say(w, IDENTITY_ACCOUNT,
					  arena_fmt(w->arena,
						    "The credentials at hand belong to account "
						    "%.*s, while %.*s records account %.*s",
						    STR_ARG(f->caller_account), STR_ARG(k->where),
						    STR_ARG(k->account)),
					  STR("Do not apply. Take the credentials of the account "
					      "this state belongs to, then plan again"));
	}
	if (w->state && f->plan->state_prev.account.len && f->caller_account.len &&
	    !str_eq(f->plan->state_prev.account, f->caller_account))
		identity_work_say(w, IDENTITY_ACCOUNT,
				  arena_fmt(w->arena,
					    "The credentials at hand belong to account %.*s, while "
					    "every ARN in the state is of account %.*s",
					    STR_ARG(f->caller_account),
					    STR_ARG(f->plan->state_prev.account)),
				  STR("Do not apply. Take the credentials of the account this "
				      "state belongs to, then plan again"));
}

/* Objects with a region in them that refresh did not find; those without one (IAM, S3, DNS) are found from everywhere. */
struct gone {
	size_t n, regional, left, left_regional;
	struct str list;
};

static bool object_gone(const struct object_index *now, const struct state_object *o)
{
	return o->identity.len > 0 && state_type_is_cloud(o->type) &&
	       !object_index_find(now, o->address, o->type);
}

static struct gone count_gone(struct identity_work *w)
{
	const struct planfile *pf = w->f->plan;
	struct object_index now = object_index_make(pf->state.objects, OBJECT_BY_ADDRESS, w->arena);
	struct gone g = { 0 };

	for (const struct state_object *o = pf->state_prev.objects; o; o = o->next) {
		bool regional = state_arn_part(o->identity, STATE_ARN_REGION).len > 0;

		if (object_gone(&now, o)) {
			identity_work_list(w->arena, &g.list, &g.n, o->address);
			g.regional += regional;
		} else {
			g.left++;
			g.left_regional += regional;
		}
	}
	return g;
}

/* Most of the state was not found by refresh: it was looked for in the wrong place, or somebody destroyed it elsewhere. */
static void drifted_away(struct identity_work *w)
{
	const struct planfile *pf = w->f->plan;
	size_t before = pf->state_prev.n_managed, after = pf->state.n_managed;
	struct str where;
	bool region;
	struct gone g;

	if (after >= before || before - after < 3 || (before - after) * 2 < before)
		return;
	g = count_gone(w);
	if (g.n * 2 < before)
		return;
	region = g.left > 0 && g.left_regional == 0 && g.regional > 0;
	where = pf->state_prev.region.len
			? arena_fmt(w->arena, ". The state's objects are in region %.*s",
				    STR_ARG(pf->state_prev.region))
			: STR_NONE;
	identity_work_say(
		w, region ? IDENTITY_REGION : IDENTITY_ACCOUNT,
		arena_fmt(w->arena,
			  "Terraform looked in the wrong %s: of %zu objects in the state it found "
			  "only %zu%s; missing are %.*s%.*s. Applying "
			  "would make everything missing a second time, and forget what runs",
			  region ? "region" : "account or region", before, after,
			  region ? ", and those are only such as have no region" : "",
			  STR_ARG(identity_work_list_end(w->arena, g.list, g.n)), STR_ARG(where)),
		STR("Do not apply. Set the provider's region and the credentials to those of the "
		    "state and plan again; only if these objects "
		    "were really destroyed elsewhere is this drift true"));
}

void identity_now(struct identity_work *w)
{
	if (w->state) {
		folder_now(w);
		current(w);
		drifted_away(w);
	}
	caller(w);
}
