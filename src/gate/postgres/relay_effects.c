/* What statements do to what the gate knows of the session: search_path, read only, names prepared by PREPARE. */
#include "gate/postgres/session.h"

/* No schema has this name: with it every relation is unknown, and what is unknown is judged so. */
#define PATH_UNKNOWN "\"\001\""
#define BY_NAME_MAX 1000

static bool is_savepoint(const struct statement *st)
{
	return st->ruling == RULING_CONTROL &&
	       (st->control == CONTROL_SAVEPOINT || st->control == CONTROL_RELEASE || st->control == CONTROL_ROLLBACK_TO);
}

/* One name, not all. */
static bool deallocates(const struct statement *st)
{
	return st->shape && st->shape->prepared == SQL_PREPARED_DEALLOCATE && st->shape->name.len;
}

bool relay_effects_any(const struct statement *st)
{
	return is_savepoint(st) || st->temporary != TEMPORARY_UNSAID || st->forgets || st->read_only != READ_ONLY_UNSAID ||
	       st->path_changed || st->path_known || st->prepares.len ||
	       str_starts(st->verb, STR("DEALLOCATE"));
}

struct str relay_needs_block(enum control c)
{
	switch (c) {
	case CONTROL_COMMIT:
		return STR("COMMIT AND CHAIN can only be used in transaction blocks");
	case CONTROL_ROLLBACK:
		return STR("ROLLBACK AND CHAIN can only be used in transaction blocks");
	case CONTROL_SAVEPOINT:
		return STR("SAVEPOINT can only be used in transaction blocks");
	case CONTROL_RELEASE:
		return STR("RELEASE SAVEPOINT can only be used in transaction blocks");
	case CONTROL_ROLLBACK_TO:
		return STR("ROLLBACK TO SAVEPOINT can only be used in transaction blocks");
	case CONTROL_NONE:
	case CONTROL_BEGIN:
	case CONTROL_BEGIN_READ_ONLY:
	case CONTROL_PREPARE:
		break;
	}
	return STR_NONE;
}

static char *copy(struct str s)
{
	return s.ptr ? strndup(s.ptr, s.len) : NULL;
}

/* As SQL names it: "a""b". The parser's name, for comments may stand behind it. */
static char *quoted(struct str name)
{
	char *out = malloc(2 * name.len + 3), *p = out;

	if (!out)
		return NULL;
	*p++ = '"';
	for (size_t i = 0; i < name.len; i++) {
		*p++ = name.ptr[i];
		if (name.ptr[i] == '"')
			*p++ = '"';
	}
	*p++ = '"';
	*p = '\0';
	return out;
}

void relay_effects_of(const struct statement *st, struct relay_effects *ret)
{
	*ret = (struct relay_effects){
		.control = is_savepoint(st) ? st->control : CONTROL_NONE,
		.savepoint = is_savepoint(st) ? quoted(st->shape->name) : NULL,
		.forgets = st->forgets,
		.read_only = st->read_only,
		.read_only_session = st->session,
		.path_known = st->path_known,
		.path_changed = st->path_changed,
		.path = st->path_known ? copy(st->path) : NULL,
		.prepares = st->prepares.len ? copy(st->prepares) : NULL,
		.text = st->prepares.len ? copy(st->text) : NULL,
		.deallocates = deallocates(st) ? copy(st->shape->name) : NULL,
		.temporary = st->temporary,
		.temporary_name = st->temporary_name.len ? copy(st->temporary_name) : NULL,
	};
}

void relay_effects_free(struct relay_effects *e)
{
	free(e->path);
	free(e->prepares);
	free(e->text);
	free(e->savepoint);
	free(e->deallocates);
	free(e->temporary_name);
	*e = (struct relay_effects){ .forgets = false };
}

static void set_path(struct relay *r, const char *path)
{
	/* Outside of a transaction block too: what follows in its pipeline may fail, and take it back. */
	if (!r->path_saved) {
		r->path_before = r->search_path;
		r->path_saved = true;
	} else {
		free(r->search_path);
	}
	r->search_path = path ? strdup(path) : NULL;
	r->path_late = r->path_late || r->path_undone;
}

static void path_back(struct relay *r)
{
	free(r->search_path);
	r->search_path = r->path_before;
	r->path_before = NULL;
	r->path_saved = false;
}

static void path_settle(struct relay *r, bool rolled_back)
{
	if (r->path_saved && rolled_back)
		path_back(r);
	free(r->path_before);
	r->path_before = NULL;
	r->path_saved = false;
	r->path_undone = rolled_back;
}

static void path_over(struct relay *r)
{
	path_settle(r, r->rolled_back && !r->path_late);
	r->path_undone = r->path_late = false;
}

void relay_by_name_drop(struct relay *r, struct str name)
{
	for (struct relay_prepared **at = &r->by_name, *p; (p = *at);) {
		if (!str_is(name, p->name)) {
			at = &p->next;
			continue;
		}
		*at = p->next;
		r->n_by_name--;
		relay_prepared_free(r, p);
	}
}

/* PREPARE and Parse share the server's names. */
static void name_freed(struct relay *r, const char *name)
{
	struct relay_prepared *p = relay_prepared_find(r, str_from(name));

	relay_by_name_drop(r, str_from(name));
	if (p)
		relay_prepared_drop(r, p);
}

static void remember(struct relay *r, const struct relay_effects *e)
{
	struct relay_prepared *p;

	name_freed(r, e->prepares);
	/* Too many: those that are not remembered are judged as unknown. */
	if (r->n_by_name >= BY_NAME_MAX || !e->text || !(p = relay_prepared_new(str_from(e->prepares))))
		return;
	p->text = strdup(e->text);
	p->next = r->by_name;
	r->by_name = p;
	r->n_by_name++;
}

static void forget(struct relay *r)
{
	for (size_t i = 0; i < ARRAY_LEN(r->prepared); i++) {
		while (r->prepared[i])
			relay_prepared_drop(r, r->prepared[i]);
	}
	for (struct relay_prepared *p = r->by_name, *next; p; p = next) {
		next = p->next;
		relay_prepared_free(r, p);
	}
	r->by_name = NULL;
	r->n_by_name = 0;
	memset(r->helper_ready, 0, sizeof(r->helper_ready));
	memset(r->helper_sent, 0, sizeof(r->helper_sent));
	r->helper_round++;
}

/* --- savepoints --- */

void relay_savepoints_free(struct relay *r)
{
	if (r->savepoints)
		free(r->savepoints->outermost);
	for (size_t i = 0; r->savepoints && i < RELAY_SAVEPOINTS; i++)
		free(r->savepoints->paths[i]);
	free(r->savepoints);
	r->savepoints = NULL;
}

static uint64_t name_hash(const char *name)
{
	uint64_t h = 14695981039346656037u;

	for (const char *p = name; *p; p++)
		h = (h ^ (unsigned char)*p) * 1099511628211u;
	return h;
}

/* The innermost of that name; SIZE_MAX: none. */
static size_t savepoint_find(const struct relay_savepoints *p, uint64_t name)
{
	for (size_t i = p->n < RELAY_SAVEPOINTS ? p->n : RELAY_SAVEPOINTS; i > 0; i--) {
		if (p->names[i - 1] == name)
			return i - 1;
	}
	return SIZE_MAX;
}

static void savepoint(struct relay *r, const struct relay_effects *e)
{
	struct relay_savepoints *p = r->savepoints;
	uint64_t name;
	size_t at;

	if (!e->savepoint || (!p && !(p = r->savepoints = calloc(1, sizeof(*p)))))
		return;
	name = name_hash(e->savepoint);
	if (e->control == CONTROL_SAVEPOINT) {
		if (!p->n) {
			free(p->outermost);
			p->outermost = strdup(e->savepoint);
		}
		if (p->n < RELAY_SAVEPOINTS) {
			free(p->paths[p->n]);
			p->paths[p->n] = r->search_path ? strdup(r->search_path) : NULL;
			p->names[p->n] = name;
		}
		p->n++;
		return;
	}
	at = savepoint_find(p, name);
	if (e->control == CONTROL_ROLLBACK_TO && r->path_saved)
		set_path(r, at == SIZE_MAX || p->n > RELAY_SAVEPOINTS ? PATH_UNKNOWN : p->paths[at]);
	if (at != SIZE_MAX && e->control == CONTROL_RELEASE)
		p->n = at;
	else if (at != SIZE_MAX)
		p->n = at + 1;
}

void relay_effects_apply(struct session *s, const struct relay_effects *e)
{
	struct relay *r = &s->relay;

	if (e->control != CONTROL_NONE)
		savepoint(r, e);
	if (e->path_known)
		set_path(r, e->path);
	else if (e->path_changed)
		set_path(r, PATH_UNKNOWN);
	if (e->read_only != READ_ONLY_UNSAID && e->read_only_session)
		r->read_only_session = e->read_only == READ_ONLY_ON;
	if (e->forgets)
		forget(r);
	if (e->deallocates)
		name_freed(r, e->deallocates);
	if (e->prepares)
		remember(r, e);
	relay_temporary_apply(r, e);
}

void relay_effects_of_login(struct session *s, const struct statement *st)
{
	struct relay_effects e;

	relay_effects_of(st, &e);
	relay_effects_apply(s, &e);
	relay_effects_free(&e);
}

bool relay_chains_anew(const struct relay *r)
{
	return r->tx == 'E' && !r->read_only_session;
}

static void settle(struct session *s, bool rolled_back)
{
	s->relay.rolled_back = rolled_back;
	relay_committed(s, !rolled_back);
	path_settle(&s->relay, rolled_back);
	relay_temporary_over(&s->relay, rolled_back);
}

void relay_tag_said(struct session *s, const struct relay_prepared *p, struct str tag)
{
	if (str_is(tag, "COMMIT") || str_is(tag, "PREPARE TRANSACTION"))
		settle(s, false);
	if (!str_is(tag, "ROLLBACK"))
		return;
	/* ROLLBACK TO has the same tag: what the transaction ends with counts. */
	if (p && p->control != CONTROL_NONE && p->control != CONTROL_ROLLBACK_TO)
		settle(s, true);
	else
		s->relay.rolled_back = true;
}

void relay_transaction_over(struct session *s)
{
	struct relay *r = &s->relay;

	relay_committed(s, !r->rolled_back && !r->failed);
	path_over(r);
	relay_temporary_over(r, r->rolled_back);
	/* What was sent since may have begun another. */
	if (!r->n_sent) {
		r->block = BLOCK_NONE;
		relay_specials_clear(r);
	}
	r->rolled_back = r->approved = r->unapproved = r->asked = r->unasked = r->defines = false;
	if (r->ddl)
		relay_schema_changed(s);
	relay_savepoints_free(r);
	relay_statement_over(r);
	buf_clear(&r->after);
	if (!r->n_sent) {
		r->counters |= r->may_write && !r->witness_said;
		r->may_write = r->witness_said = false;
	}
	r->ddl = false;
	buf_clear(&r->announced);
	r->n_announced = 0;
	r->n_statements = 0;
}

bool relay_by_name(void *session, struct str name, struct str *ret)
{
	struct relay *r = &((struct session *)session)->relay;

	for (struct relay_prepared *p = r->by_name; p; p = p->next) {
		if (str_is(name, p->name)) {
			*ret = str_from(p->text);
			return true;
		}
	}
	return false;
}
