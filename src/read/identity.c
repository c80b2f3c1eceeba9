#include "read/identity_work.h"

static bool is_production(struct str name)
{
	static const struct str words[] = { STR_INIT("prod"), STR_INIT("production"),
					    STR_INIT("live"), STR_INIT("prd") };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (str_eq_nocase(name, words[i]))
			return true;
	}
	return false;
}

static void local_production(struct identity_work *w)
{
	const struct identity_facts *f = w->f;
	struct str name = f->environment.len ? f->environment
			  : f->summary	     ? f->summary->tag_environment
					     : STR_NONE;
	bool acts = f->summary && f->summary->n_create + f->summary->n_update +
						  f->summary->n_delete + f->summary->n_replace >
					  0;

	/* Plan JSON does not say where its state lies. */
	if (!f->plan || f->ours || !acts || !str_starts(f->backend, STR("local:")) || !is_production(name))
		return;
	for (const struct known *k = f->known; k; k = k->next) {
		if (k->source == KNOWN_PIN && str_eq(k->folder, f->folder))
			return; /* whoever pinned it so knows */
	}
	identity_work_say(
		w, IDENTITY_LOCAL,
		arena_fmt(w->arena,
			  "The state of '%.*s' is a file on this machine's disk (%.*s), in no "
			  "backend, under no pin: whoever has another "
			  "machine has no state, and plans everything anew",
			  STR_ARG(name),
			  STR_ARG(str_sub(f->backend, sizeof("local:") - 1, f->backend.len))),
		STR("Move the state to a shared, versioned backend (a `backend` block and "
		    "`terraform init -migrate-state`, by a person), and pin it: "
		    "pawl pin"));
}

static bool place_is_known(const struct identity_work *w)
{
	for (const struct known *k = w->f->known; k; k = k->next) {
		if (identity_work_of_place(w, k) && k->n_managed)
			return true;
	}
	return false;
}

void identity_compare(const struct identity_facts *f, struct arena *arena, struct change_list *add)
{
	struct identity_work w = {
		.f = f, .arena = arena, .add = add, .state = f->plan ? &f->plan->state : NULL
	};

	for (const struct known *k = f->known; k && w.state; k = k->next) {
		if (identity_work_of_place(&w, k))
			identity_place(&w, k);
	}
	identity_now(&w);
	for (const struct known *k = f->known; k && w.state; k = k->next) {
		if (identity_work_blank(w.state))
			identity_share_elsewhere(&w, k);
		else
			identity_share_objects(&w, k);
	}
	for (const struct known *k = f->known; k; k = k->next)
		identity_share_environment(&w, k);
	local_production(&w);
	if (f->lost && w.state && identity_work_blank(w.state) && !place_is_known(&w) &&
	    !w.said[IDENTITY_WORKSPACE] && !w.said[IDENTITY_BLANK])
		lost_find(f->lost, f->folder, arena, add);
}
