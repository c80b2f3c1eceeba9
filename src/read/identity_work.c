#include "read/identity_work.h"

#define SHOWN 5 /* names listed in a sentence */

static const struct str codes[IDENTITY_COUNT] = {
	[IDENTITY_BLANK] = STR_INIT("state.blank-slate"),
	[IDENTITY_SWAPPED] = STR_INIT("state.swapped"),
	[IDENTITY_ROLLED_BACK] = STR_INIT("state.rolled-back"),
	[IDENTITY_EDITED] = STR_INIT("state.edited"),
	[IDENTITY_ACCOUNT] = STR_INIT("state.wrong-account"),
	[IDENTITY_REGION] = STR_INIT("state.wrong-region"),
	[IDENTITY_WORKSPACE] = STR_INIT("state.wrong-workspace"),
	[IDENTITY_SHARED_OBJECT] = STR_INIT("state.shared-object"),
	[IDENTITY_SHARED_ENVIRONMENT] = STR_INIT("environment.shared"),
	[IDENTITY_LOCAL] = STR_INIT("state.local-production"),
	[IDENTITY_STALE] = STR_INIT("plan.stale"),
};

void identity_work_say(struct identity_work *w, enum identity_code code, struct str reason, struct str safer)
{
	struct change *c;

	if (w->said[code])
		return;
	w->said[code] = true;
	c = change_add(w->add, w->arena);
	if (!c)
		return;
	c->kind = CHANGE_STATE_IDENTITY;
	c->reversible = code == IDENTITY_LOCAL ? REVERSIBLE_YES : REVERSIBLE_NO; /* the true state, in a poor place */
	c->holds_data = HOLDS_DATA_YES;
	c->type = STR("terraform_state");
	c->name = w->f->folder;
	c->environment = STR_NONE;
	c->finding = codes[code];
	c->reason = reason;
	c->safer = safer;
}

/* "a, b, c and 4 more" from a growing text. */
void identity_work_list(struct arena *a, struct str *list, size_t *n, struct str item)
{
	if (*n < SHOWN)
		*list = arena_fmt(a, "%.*s%s%.*s", STR_ARG(*list), *n ? ", " : "", STR_ARG(item));
	++*n;
}

struct str identity_work_list_end(struct arena *a, struct str list, size_t n)
{
	return n > SHOWN ? arena_fmt(a, "%.*s and %zu more", STR_ARG(list), n - SHOWN) : list;
}

bool identity_work_of_place(const struct identity_work *w, const struct known *k)
{
	return (k->source == KNOWN_PIN || k->source == KNOWN_LAST_SEEN) && str_eq(k->folder, w->f->folder) &&
	       str_eq(k->backend, w->f->backend) && str_eq(k->workspace, w->f->workspace);
}

bool identity_work_blank(const struct state *s)
{
	return s->lineage.len == 0 && s->serial == 0 && s->n_managed == 0;
}

