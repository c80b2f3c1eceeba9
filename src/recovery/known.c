#include "recovery/known_inner.h"

/* --- what goes --- */

/* Findings stand beside the plain change of the same thing. */
static bool takes_data(const struct change *c)
{
	return change_is_destructive(c) && c->holds_data != HOLDS_DATA_NO && c->kind != CHANGE_STATE_IDENTITY;
}

bool known_wanted(const struct request *r)
{
	CHANGE_EACH(c, &r->changes) {
		if (takes_data(c))
			return true;
	}
	return false;
}

struct name *known_find(const struct names *n, struct str text)
{
	for (size_t i = str_hash(text) & n->mask; n->slot[i]; i = (i + 1) & n->mask) {
		if (str_eq(n->slot[i]->text, text))
			return n->slot[i];
	}
	return NULL;
}

/* Of several changes with one name the first that takes data counts; a point is for all of that name. */
static struct name *add(struct names *n, struct arena *arena, struct str text, const struct change *c)
{
	size_t i = str_hash(text) & n->mask;
	struct name *made;

	while (n->slot[i]) {
		if (str_eq(n->slot[i]->text, text))
			return n->slot[i]->change == c ? NULL : n->slot[i];
		i = (i + 1) & n->mask;
	}
	made = ARENA_NEW(arena, struct name);
	if (!made)
		return NULL;
	*made = (struct name){ .text = text, .change = c };
	n->slot[i] = made;
	return made;
}

static void add_all(struct weighing *w, const struct change *c, bool data)
{
	const struct str texts[] = { c->title, c->name, c->identity };
	struct name *first = NULL;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct name *n = texts[i].len ? add(&w->names, w->arena, texts[i], c) : NULL;

		if (n && n->change == c && n != first) {
			n->next = first;
			first = n;
		}
	}
	if (first && data)
		w->names.of[w->names.n_of++] = first;
}

/* What takes data first: so a name leads to that. */
static bool gather(struct weighing *w)
{
	const struct request *r = w->ask->request;
	size_t slots = 16;

	while (slots < r->changes.n * 6)
		slots *= 2;
	w->names.slot = ARENA_ARRAY(w->arena, slots, struct name *);
	w->names.of = ARENA_ARRAY(w->arena, r->changes.n ? r->changes.n : 1, struct name *);
	w->names.mask = slots - 1;
	if (!w->names.slot || !w->names.of)
		return false;
	CHANGE_EACH(c, &r->changes) {
		if (takes_data(c))
			add_all(w, c, true);
	}
	CHANGE_EACH(d, &r->changes) {
		if (change_is_destructive(d) && !takes_data(d))
			add_all(w, d, false);
	}
	CHANGE_EACH(f, &r->changes) {
		if (f->kind == CHANGE_FORGET)
			add_all(w, f, false);
	}
	return !w->arena->full;
}

/* --- what is said of backups --- */

static const struct known_target *target_of(const struct known *k, struct str name)
{
	const struct known_target *t = k->targets;

	while (t && !str_eq(t->name, name))
		t = t->next;
	return t;
}

static const struct known_vault *vault_of(const struct known *k, struct str name)
{
	const struct known_vault *v = k->vaults;

	while (v && !str_eq(v->name, name))
		v = v->next;
	return v;
}

static struct str disbelief(const struct weighing *w, struct known_statement *s, struct point *p)
{
	struct manifest_signature signature;
	struct err err = { 0 };

	if (!s->json.ptr)
		return STR("there is no statement of its backups");
	if (!w->k->has_key)
		return STR("backup.yaml has no key, so nobody's word of its backups is believed");
	if (s->signature.len != sizeof(signature))
		return STR("the statement of its backups is not signed");
	memcpy(&signature, s->signature.ptr, sizeof(signature));
	if (!manifest_signed(w->k->key, &signature, s->json, w->arena))
		return STR("the statement of its backups is not signed with the key of backup.yaml, or was changed since");
	if (!point_read(s->target, s->json, w->arena, p, &err))
		return arena_fmt(w->arena, "the statement of its backups cannot be read: %.300s", err.msg);
	if (!str_eq(p->target, s->target))
		return arena_fmt(w->arena, "the statement of its backups is of another target, %.*s", STR_ARG(str_sub(p->target, 0, 64)));
	if (p->serial < s->seen)
		return arena_fmt(w->arena,
				 "an older statement of its backups (number %llu) lies where a newer one (%llu) was seen: "
				 "somebody put it back",
				 (unsigned long long)p->serial, (unsigned long long)s->seen);
	return STR_NONE;
}

/* A statement is of when it was said: what can be seen now counts above it. */
static void look_again(const struct weighing *w, struct point *p)
{
	const struct known_vault *v = vault_of(w->k, p->vault);

	if (w->ask->lost && v && v->directory.len && p->verified.backup.len && w->ask->lost(w->ask->ctx, v->directory, p))
		point_lose(p, p->said_us, w->arena);
}

static struct believed believe(const struct weighing *w, struct known_statement *s)
{
	const struct known_target *t = target_of(w->k, s->target);
	struct believed b = { .point = { .target = s->target } };

	b.why = disbelief(w, s, &b.point);
	b.sound = !b.why.len;
	if (b.sound)
		s->serial = b.point.serial, look_again(w, &b.point);
	else
		b.point = (struct point){ .target = s->target };
	b.vault = vault_of(w->k, b.point.vault);
	b.bucket = known_bucket(w, b.vault);
	b.goes = known_goes(w, b.vault);
	b.target = t;
	b.fresh_s = t ? t->fresh_s : 0;
	b.resources = t && t->resources ? t->resources : b.point.resources;
	return b;
}

/* --- points --- */

static bool tell(struct weighing *w, const struct believed *b, struct recovery_point made, struct str resource, const struct change *c)
{
	struct recovery_point *p = ARENA_NEW(w->arena, struct recovery_point);

	if (!p)
		return false;
	made.resource = resource;
	made.next = NULL;
	known_radius(w, b, c, &made);
	*p = made;
	*w->at = p;
	w->at = &p->next;
	return true;
}

/* One point a change and target, however many names it has. */
static bool tell_name(struct weighing *w, const struct believed *b, const struct recovery_point *made, struct name *n)
{
	if (!takes_data(n->change) || n->spoken == w->turn)
		return true;
	for (size_t i = 0; i < 3; i++) {
		const struct change *c = n->change;
		struct name *other = known_find(&w->names, i == 0 ? c->title : i == 1 ? c->name : c->identity);

		if (other && other->change == c)
			other->spoken = w->turn;
	}
	return tell(w, b, *made, n->text, n->change);
}

/* "HOST:PORT/DATABASE" or "HOST/DATABASE", against a server and a database of it. */
static bool is_database(struct str text, struct str host_there, struct str database)
{
	size_t slash = str_rfind_char(text, '/'), colon;
	struct str host;

	if (slash == SIZE_MAX || !str_eq(str_sub(text, slash + 1, SIZE_MAX), database))
		return false;
	host = str_sub(text, 0, slash);
	colon = str_rfind_char(host, ':');
	return str_eq(host, host_there) || (colon != SIZE_MAX && str_eq(str_sub(host, 0, colon), host_there));
}

/* What goes is in the database that the session is in; a database is itself, whichever one it is dropped from. */
static bool is_whole_database(const struct weighing *w, const struct believed *b, const struct change *c)
{
	const struct place *place = c->place ? c->place : &w->ask->request->place;
	bool other = str_is(c->type, "database") && !str_eq(c->name, place->database);
	struct str database = other ? c->name : place->database, asked = other ? STR_NONE : w->ask->database;

	if (!database.len && !asked.len)
		return false;
	if (database.len && b->point.host.len && is_database(b->point.host, place->host, database))
		return true;
	for (const struct manifest_word *r = b->resources; r; r = r->next) {
		if ((asked.len && str_eq(r->text, asked)) || (database.len && is_database(r->text, place->host, database)))
			return true;
	}
	return false;
}

/* As a dump quotes it, public."Order", and as gates name it, public.Order. */
static bool same_table(struct str dumped, struct str name)
{
	size_t n = 0;

	for (size_t i = 0; i < dumped.len; i++) {
		if (dumped.ptr[i] == '"')
			continue;
		if (n == name.len || dumped.ptr[i] != name.ptr[n++])
			return false;
	}
	return n == name.len;
}

/* A table's own name as a dump writes it: "Order" of public."Order". */
static struct str own_name(struct str dumped)
{
	bool quoted = false;
	size_t own = 0;

	for (size_t i = 0; i < dumped.len; i++) {
		quoted ^= dumped.ptr[i] == '"';
		if (dumped.ptr[i] == '.' && !quoted)
			own = i + 1;
	}
	return str_sub(dumped, own, SIZE_MAX);
}

/* How many tables ${name} may mean where it names no schema: public's goes first. */
static size_t meant(const struct believed *b, struct str name)
{
	size_t n = 0;

	for (const struct point_table *t = b->point.tables; t; t = t->next) {
		struct str own = own_name(t->name);

		if (!same_table(own, name))
			continue;
		if (str_is(str_sub(t->name, 0, t->name.len - own.len), "public."))
			return 1;
		n++;
	}
	return n;
}

static bool named_whole(const struct believed *b, struct str name)
{
	const struct point_table *t = b->point.tables;

	while (t && !same_table(t->name, name))
		t = t->next;
	return t != NULL;
}

/* Why it cannot be said that it was among the tables that the drill compared; STR_NONE: it was, or is none (a schema, the database). Of a
 * table the whole name is asked for, which a gate that knows the schema gives as its identity. */
static struct str why_not_in_it(const struct weighing *w, const struct believed *b, const struct change *c)
{
	bool dot = str_find_char(c->name, '.') != SIZE_MAX;
	struct str name = !dot && c->identity.len ? c->identity : c->name, shown = str_sub(c->name, 0, 150);
	size_t n;

	dot = str_find_char(name, '.') != SIZE_MAX;
	if (!b->point.tables || str_is(c->type, "database") || (!dot && !str_is(c->type, "table")) || named_whole(b, name))
		return STR_NONE;
	n = dot ? 0 : meant(b, name);
	if (n > 1)
		return arena_fmt(w->arena, "%.*s is a table of %zu schemas there, and it is not known which goes: name it with its schema",
				 STR_ARG(shown), n);
	return n ? STR_NONE : arena_fmt(w->arena, "%.*s was not in the backup that was restored last", STR_ARG(shown));
}

static bool tell_database(struct weighing *w, const struct believed *b, const struct recovery_point *made)
{
	for (size_t i = 0; i < w->names.n_of; i++) {
		struct name *n = w->names.of[i];
		struct recovery_point of_table = *made;
		struct str why;

		if (n->spoken == w->turn || !is_whole_database(w, b, n->change))
			continue;
		why = b->sound ? why_not_in_it(w, b, n->change) : STR_NONE;
		if (why.len) {
			of_table.result = RECOVERY_UNKNOWN;
			of_table.verified_us = of_table.proven_us = 0;
			of_table.note = why;
		}
		if (!tell_name(w, b, &of_table, n))
			return false;
	}
	return true;
}

static bool tell_target(struct weighing *w, struct known_statement *s)
{
	struct believed b = believe(w, s);
	struct manifest_word any = { .text = s->target };
	struct recovery_point made = { .note = b.why }, *list = NULL;
	struct point asked = b.point;

	w->turn++;
	asked.resources = &any;
	if (b.sound && !point_evidence(&asked, w->ask->now_us, w->arena, &list))
		return false;
	if (list)
		made = *list;
	if (b.target) {
		made.target = s->target;
		made.user = w->k->user;
		made.fresh_s = b.fresh_s;
	}
	for (const struct manifest_word *r = b.resources; r; r = r->next) {
		struct name *n = known_find(&w->names, r->text);

		if (n && !tell_name(w, &b, &made, n))
			return false;
	}
	return tell_database(w, &b, &made);
}

bool known_evidence(const struct known *k, struct known_statement *statements, const struct known_ask *ask, struct arena *arena,
		    struct recovery_point **ret)
{
	struct recovery_point *first = NULL;
	struct weighing w = { .k = k, .ask = ask, .arena = arena, .at = &first };

	if (!gather(&w))
		return false;
	known_sift(&w);
	for (struct known_statement *s = statements; s; s = s->next) {
		if (!tell_target(&w, s))
			return false;
	}
	*ret = first;
	return !arena->full;
}
