#include "read/identity_work.h"
#include "read/object_index.h"

static unsigned long long number(uint64_t n)
{
	return (unsigned long long)n;
}

/* --- against the pin and the last-seen record of the same place --- */

static void blank(struct identity_work *w, const struct known *k)
{
	identity_work_say(w, IDENTITY_BLANK,
	    arena_fmt(w->arena,
		      "Terraform starts from an empty state here: the plan's state has no lineage and serial 0, while %.*s records "
		      "lineage %.*s, serial %llu with %zu objects for this folder, backend and workspace. Everything that exists would "
		      "be made a second time, or adopted",
		      STR_ARG(k->where), STR_ARG(k->lineage), number(k->serial), k->n_managed),
	    arena_fmt(w->arena,
		      "Do not apply. Bring the state of lineage %.*s back (the other machine, the backend's versions, a backup), then "
		      "plan again: against it there is nothing, or little, to create",
		      STR_ARG(k->lineage)));
}

static void swapped(struct identity_work *w, const struct known *k)
{
	const struct state *s = w->state;

	identity_work_say(w, IDENTITY_SWAPPED,
	    arena_fmt(w->arena,
		      "This is another state than the one known for this place: the plan acts on lineage %.*s (serial %llu, %zu "
		      "objects), while %.*s records lineage %.*s (serial %llu, %zu objects). What terraform changes or destroys is what "
		      "this other state names",
		      STR_ARG(s->lineage), number(s->serial), s->n_managed, STR_ARG(k->where),
		      STR_ARG(k->lineage), number(k->serial), k->n_managed),
	    k->source == KNOWN_PIN ?
		    STR("Do not apply. Put the pinned state back, then plan again. If this state is the true one, a person says so with "
			"`pawl pin --update`, in a commit others can review") :
		    STR("Do not apply. Find out who put another state here since (an archive unpacked over it, another backend, a "
			"restored copy), and plan again against the one that was here"));
}

static void rolled_back(struct identity_work *w, const struct known *k)
{
	identity_work_say(w, IDENTITY_ROLLED_BACK,
	    arena_fmt(w->arena,
		      "The state went back in time: lineage %.*s is at serial %llu (%zu objects), and was at serial %llu (%zu objects) "
		      "according to %.*s. What was made since is not in it and would be made again or left alone",
		      STR_ARG(w->state->lineage), number(w->state->serial), w->state->n_managed,
		      number(k->serial), k->n_managed, STR_ARG(k->where)),
	    STR("Do not apply. Put the newest state of this lineage back (the backend's versions, terraform.tfstate.backup of the other "
		"machine), then plan again"));
}

static void edited(struct identity_work *w, const struct known *k, struct str what)
{
	identity_work_say(w, IDENTITY_EDITED,
	    arena_fmt(w->arena,
		      "The state was changed by other means than terraform: lineage %.*s and serial %llu are those %.*s records, but the "
		      "content is not (%.*s). Terraform raises the serial with every change of its own",
		      STR_ARG(k->lineage), number(k->serial), STR_ARG(k->where), STR_ARG(what)),
	    STR("Do not apply. Compare the state with the backend's last version or with terraform.tfstate.backup; change states with "
		"`moved`, `removed` and `import` blocks in the configuration, never by hand"));
}

/* Pinned objects that the plan's starting state lacks, or has as something else. Moves and imports may add, never take away. */
static bool objects_differ(struct identity_work *w, const struct known *k, struct str *ret_what)
{
	struct object_index prev = object_index_make(w->f->plan->state_prev.objects, OBJECT_BY_IDENTITY, w->arena);
	struct str list = STR_NONE;
	size_t n = 0;

	for (const struct state_object *o = k->objects; o; o = o->next) {
		if (o->identity.len && !object_index_find(&prev, o->identity, o->type))
			identity_work_list(w->arena, &list, &n, o->address);
	}
	if (!n)
		return false;
	*ret_what = arena_fmt(w->arena, "%zu recorded objects are not in it: %.*s", n, STR_ARG(identity_work_list_end(w->arena, list, n)));
	return true;
}

static void same_serial(struct identity_work *w, const struct known *k)
{
	const struct state *now = w->f->now == IDENTITY_CURRENT_READ ? w->f->current : NULL;
	char is[DIGEST_HEX_LEN + 1], was[DIGEST_HEX_LEN + 1];
	struct str what;

	if (now && str_eq(now->lineage, k->lineage) && now->serial == k->serial && !digest_is_zero(&k->content) &&
	    !digest_eq(&now->content, &k->content)) {
		digest_hex(&now->content, is);
		digest_hex(&k->content, was);
		edited(w, k, arena_fmt(w->arena, "content digest %.16s…, recorded %.16s…", is, was));
	} else if (objects_differ(w, k, &what)) {
		edited(w, k, what);
	}
}

void identity_place(struct identity_work *w, const struct known *k)
{
	const struct state *s = w->state;

	if (k->n_managed == 0 || k->lineage.len == 0)
		return;
	if (identity_work_blank(s))
		blank(w, k);
	else if (!str_eq(s->lineage, k->lineage))
		swapped(w, k);
	else if (s->serial < k->serial)
		rolled_back(w, k);
	else if (s->serial == k->serial)
		same_serial(w, k);
}

