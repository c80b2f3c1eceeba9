/* Temporary tables that the session made by name. What functions make is not known here, nor need be: a name that is not known is judged
 * as anybody's. One that is known wrongly would be sent with pg_temp before it, where nothing is: so whatever may have taken it is taken
 * to have. */
#include "gate/postgres/session.h"

#define TEMPORARY_MAX 200

struct relay_temporary {
	struct relay_temporary *next;
	bool fresh; /* made in the transaction that is open */
	bool for_now; /* ON COMMIT DROP */
	char name[];
};

bool relay_is_temporary(void *session, struct str name)
{
	for (const struct relay_temporary *t = ((struct session *)session)->relay.temporary; t; t = t->next) {
		if (str_is(name, t->name))
			return true;
	}
	return false;
}

static void take_out(struct relay *r, struct relay_temporary **at)
{
	struct relay_temporary *t = *at;

	*at = t->next;
	free(t);
	r->n_temporary--;
}

static void drop(struct relay *r, const char *name)
{
	for (struct relay_temporary **at = &r->temporary; *at;) {
		if (name && strcmp((*at)->name, name) != 0)
			at = &(*at)->next;
		else
			take_out(r, at);
	}
}

static void drop_fresh(struct relay *r)
{
	for (struct relay_temporary **at = &r->temporary; *at;) {
		if (!(*at)->fresh)
			at = &(*at)->next;
		else
			take_out(r, at);
	}
}

static void add(struct relay *r, const char *name, bool for_now)
{
	size_t n = strlen(name) + 1;
	struct relay_temporary *t;

	drop(r, name);
	t = r->n_temporary < TEMPORARY_MAX ? malloc(sizeof(*t) + n) : NULL;
	if (!t)
		return;
	*t = (struct relay_temporary){ .next = r->temporary, .fresh = true, .for_now = for_now };
	memcpy(t->name, name, n);
	r->temporary = t;
	r->n_temporary++;
}

void relay_temporary_apply(struct relay *r, const struct relay_effects *e)
{
	/* Perhaps made since the savepoint. */
	if (e->control == CONTROL_ROLLBACK_TO)
		drop_fresh(r);
	switch (e->temporary) {
	case TEMPORARY_UNSAID:
		break;
	case TEMPORARY_MADE:
	case TEMPORARY_FOR_NOW:
		if (e->temporary_name)
			add(r, e->temporary_name, e->temporary == TEMPORARY_FOR_NOW);
		break;
	case TEMPORARY_DROPPED:
		if (e->temporary_name)
			drop(r, e->temporary_name);
		break;
	case TEMPORARY_NONE_LEFT:
		drop(r, NULL);
		break;
	}
}

void relay_temporary_over(struct relay *r, bool rolled_back)
{
	for (struct relay_temporary **at = &r->temporary, *t; (t = *at);) {
		if (t->for_now || (t->fresh && rolled_back)) {
			take_out(r, at);
			continue;
		}
		t->fresh = false;
		at = &t->next;
	}
}

void relay_temporary_free(struct relay *r)
{
	drop(r, NULL);
}

struct str *relay_temporary_names(const struct relay *r, struct arena *arena, size_t *ret_n)
{
	struct str *names = ARENA_ARRAY(arena, r->n_temporary + 1, struct str);
	size_t n = 0;

	for (const struct relay_temporary *t = r->temporary; t && names; t = t->next)
		names[n++] = arena_str(arena, str_from(t->name));
	*ret_n = n;
	return names;
}
