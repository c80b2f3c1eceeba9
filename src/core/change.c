#include "core/change.h"

#include "base/redact.h"

static const struct str kind_names[CHANGE_KIND_COUNT] = {
	[CHANGE_UNSET] = STR_INIT("unset"),
	[CHANGE_READ] = STR_INIT("read"),
	[CHANGE_CREATE] = STR_INIT("create"),
	[CHANGE_UPDATE] = STR_INIT("update"),
	[CHANGE_DELETE] = STR_INIT("delete"),
	[CHANGE_REPLACE] = STR_INIT("replace"),
	[CHANGE_FORGET] = STR_INIT("forget"),
	[CHANGE_DESTROY_BACKUP] = STR_INIT("destroy-backup"),
	[CHANGE_WEAKEN_PROTECTION] = STR_INIT("weaken-protection"),
	[CHANGE_PERMISSIONS] = STR_INIT("change-permissions"),
	[CHANGE_STATE_IDENTITY] = STR_INIT("change-state-identity"),
	[CHANGE_REWRITE_HISTORY] = STR_INIT("rewrite-history"),
	[CHANGE_EXPOSE_SECRET] = STR_INIT("expose-secret"),
	[CHANGE_OPAQUE] = STR_INIT("opaque"),
};

static const struct str reversibility_names[REVERSIBLE_COUNT] = {
	[REVERSIBLE_UNKNOWN] = STR_INIT("unknown"),
	[REVERSIBLE_YES] = STR_INIT("yes"),
	[REVERSIBLE_WINDOW] = STR_INIT("window"),
	[REVERSIBLE_NO] = STR_INIT("no"),
};

static const struct str holds_data_names[HOLDS_DATA_COUNT] = {
	[HOLDS_DATA_UNKNOWN] = STR_INIT("unknown"),
	[HOLDS_DATA_YES] = STR_INIT("yes"),
	[HOLDS_DATA_NO] = STR_INIT("no"),
};

struct change *change_add(struct change_list *l, struct arena *arena)
{
	struct change_chunk *c = l->last;

	if (!c || c->n == CHANGE_CHUNK) {
		c = ARENA_NEW(arena, struct change_chunk);
		if (!c)
			return NULL;
		if (l->last)
			l->last->next = c;
		else
			l->first = c;
		l->last = c;
	}
	l->n++;
	return &c->item[c->n++];
}

struct change *change_nth(const struct change_list *l, size_t i)
{
	/* The newest are asked for most. */
	if (l->last && i < l->n && i >= l->n - l->last->n)
		return &l->last->item[i - (l->n - l->last->n)];
	for (struct change_chunk *c = l->first; c; c = c->next) {
		if (i < c->n)
			return &c->item[i];
		i -= c->n;
	}
	return NULL;
}

void change_dies_with(struct change *c, struct arena *arena, struct str what)
{
	struct change_casualty *d = ARENA_NEW(arena, struct change_casualty);

	if (!d)
		return;
	d->what = what;
	if (c->dies_with_last)
		c->dies_with_last->next = d;
	else
		c->dies_with = d;
	c->dies_with_last = d;
	c->n_dies_with++;
}

/* Index of ${name} in ${names}, or SIZE_MAX. */
static size_t name_index(const struct str *names, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(names[i], name))
			return i;
	}
	return SIZE_MAX;
}

struct str change_kind_name(enum change_kind kind)
{
	size_t i = (size_t)kind;

	return kind_names[i < CHANGE_KIND_COUNT ? i : CHANGE_UNSET];
}

struct str change_words(const struct change *c)
{
	if (c->kind == CHANGE_REPLACE && str_starts(c->finding, STR("file.")))
		return STR("write over");
	switch (c->kind) {
	case CHANGE_DESTROY_BACKUP:
		return STR("destroy the backup");
	case CHANGE_WEAKEN_PROTECTION:
		if (str_is(c->finding, "prompt.answered"))
			return STR("answer the question of");
		return str_starts(c->finding, STR("guard.")) ? STR("weaken the guard:") : STR("weaken the protection of");
	case CHANGE_PERMISSIONS:
		return STR("change the permissions of");
	case CHANGE_STATE_IDENTITY:
		return STR("change the record of what exists:");
	case CHANGE_REWRITE_HISTORY:
		return STR("rewrite the history of");
	case CHANGE_EXPOSE_SECRET:
		return STR("show the secret");
	case CHANGE_OPAQUE:
		return STR("not understood:");
	case CHANGE_UNSET:
	case CHANGE_READ:
	case CHANGE_CREATE:
	case CHANGE_UPDATE:
	case CHANGE_DELETE:
	case CHANGE_REPLACE:
	case CHANGE_FORGET:
	case CHANGE_KIND_COUNT:
		break;
	}
	return change_kind_name(c->kind);
}

bool change_kind_from(struct str name, enum change_kind *ret_kind)
{
	size_t i = name_index(kind_names, CHANGE_KIND_COUNT, name);

	if (i == SIZE_MAX)
		return false;
	*ret_kind = (enum change_kind)i;
	return true;
}

struct str reversibility_name(enum reversibility r)
{
	size_t i = (size_t)r;

	return reversibility_names[i < REVERSIBLE_COUNT ? i : REVERSIBLE_UNKNOWN];
}

bool reversibility_from(struct str name, enum reversibility *ret_r)
{
	size_t i = name_index(reversibility_names, REVERSIBLE_COUNT, name);

	if (i == SIZE_MAX)
		return false;
	*ret_r = (enum reversibility)i;
	return true;
}

struct str holds_data_name(enum holds_data h)
{
	size_t i = (size_t)h;

	return holds_data_names[i < HOLDS_DATA_COUNT ? i : HOLDS_DATA_UNKNOWN];
}

bool holds_data_from(struct str name, enum holds_data *ret_h)
{
	size_t i = name_index(holds_data_names, HOLDS_DATA_COUNT, name);

	if (i == SIZE_MAX)
		return false;
	*ret_h = (enum holds_data)i;
	return true;
}

bool change_is_destructive(const struct change *c)
{
	switch (c->kind) {
	case CHANGE_READ:
	case CHANGE_CREATE:
	case CHANGE_UPDATE:
	case CHANGE_FORGET:
	case CHANGE_PERMISSIONS:
	case CHANGE_STATE_IDENTITY:
		return c->reversible == REVERSIBLE_NO;
	case CHANGE_DELETE:
	case CHANGE_REPLACE:
		return c->holds_data != HOLDS_DATA_NO || c->reversible != REVERSIBLE_YES;
	case CHANGE_WEAKEN_PROTECTION:
	case CHANGE_DESTROY_BACKUP:
	case CHANGE_REWRITE_HISTORY:
	case CHANGE_EXPOSE_SECRET:
	case CHANGE_UNSET:
	case CHANGE_OPAQUE:
	case CHANGE_KIND_COUNT:
		return true;
	}
	return true;
}

void change_redact(struct change *c, struct arena *arena)
{
	struct str *const texts[] = { &c->type, &c->name, &c->identity, &c->title, &c->environment, &c->tag_environment };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		*texts[i] = redact_str(*texts[i], arena);
	if (c->place) {
		struct place *own = ARENA_NEW(arena, struct place);

		if (!own)
			return; /* a full arena is refused */
		*own = *c->place;
		place_redact(own, arena);
		c->place = own;
	}
}
