/* Statements prepared by Parse, and portals that are not simply executed.
 * What the client sent is not yet what the server did: a statement is pending until ParseComplete, and gone at CloseComplete. */
#include "gate/postgres/session.h"

static struct relay_prepared **slot(struct relay *r, struct str name)
{
	return &r->prepared[str_hash(name) % ARRAY_LEN(r->prepared)];
}

static bool is_named(const struct relay_prepared *p, struct str name)
{
	return str_is(name, p->name);
}

struct relay_prepared *relay_prepared_new(struct str name)
{
	struct relay_prepared *p = calloc(1, sizeof(*p));

	if (p)
		p->name = strndup(name.ptr ? name.ptr : "", name.len);
	if (p && p->name)
		return p;
	free(p);
	return NULL;
}

void relay_prepared_free(struct relay *r, struct relay_prepared *p)
{
	if (!p)
		return;
	p->gone = true;
	if (p->users)
		return;
	r->prepared_bytes -= p->types.ptr ? p->n_text + p->types.len : 0;
	relay_effects_free(&p->effects);
	free(p->name);
	free(p->text);
	free(p);
}

bool relay_prepared_keep(struct relay *r, struct relay_prepared *p, struct str text, struct str types)
{
	size_t n = text.len + types.len;

	if (r->n_prepared >= RELAY_PREPARED || r->prepared_bytes + n > RELAY_PREPARED_BYTES)
		return false;
	p->text = malloc(n + 2);
	if (!p->text)
		return false;
	if (text.len)
		memcpy(p->text, text.ptr, text.len);
	p->text[text.len] = '\0';
	memcpy(p->text + text.len + 1, types.ptr, types.len);
	p->types = (struct str){ p->text + text.len + 1, types.len };
	p->n_text = text.len;
	r->prepared_bytes += n;
	return true;
}

void relay_prepared_fill(struct session *s, struct relay_prepared *p, const struct statement_answer *a)
{
	struct relay *r = &s->relay;
	const struct statement *st = a->n == 1 ? a->statements : NULL;

	relay_effects_free(&p->effects);
	p->generation = r->generation;
	/* None: an empty statement. Several: the server refuses them in one Parse. */
	p->ruling = st ? st->ruling : a->n ? RULING_REFUSE : RULING_READ;
	p->passed = st ? st->passed : p->ruling;
	p->control = st ? st->control : CONTROL_NONE;
	p->chain = st && st->chain;
	p->copies_in = st && relay_copies_in(st);
	p->ddl = st && relay_is_ddl(st);
	p->anew = st && (p->ruling == RULING_WRITE || p->ruling == RULING_ASK || st->of_read_only || relay_effects_any(st) ||
			 (st->shape && st->shape->prepared == SQL_PREPARED_EXECUTE));
	p->plain = (p->ruling == RULING_READ || p->ruling == RULING_SESSION) && !p->anew && !p->copies_in;
	if (st)
		relay_effects_of(st, &p->effects);
}

struct relay_prepared *relay_prepared_find(struct relay *r, struct str name)
{
	for (struct relay_prepared *p = *slot(r, name); p; p = p->next) {
		if (is_named(p, name))
			return p;
	}
	return NULL;
}

struct relay_prepared *relay_pending_find(struct relay *r, struct str name)
{
	struct relay_prepared *last = NULL;

	for (struct relay_prepared *p = r->pending; p; p = p->next) {
		if (is_named(p, name))
			last = p;
	}
	return last;
}

static bool unlink_from(struct relay_prepared **head, const struct relay_prepared *p)
{
	for (; *head; head = &(*head)->next) {
		if (*head == p) {
			*head = p->next;
			return true;
		}
	}
	return false;
}

static void unpend(struct relay *r, struct relay_prepared *p)
{
	if (!unlink_from(&r->pending, p))
		return;
	r->pending_end = &r->pending;
	while (*r->pending_end)
		r->pending_end = &(*r->pending_end)->next;
}

void relay_prepared_drop(struct relay *r, struct relay_prepared *p)
{
	if (!p->gone && unlink_from(slot(r, str_from(p->name)), p)) {
		r->n_prepared--;
		relay_prepared_free(r, p);
	}
}

void relay_prepared_live(struct relay *r, struct relay_prepared *p)
{
	struct relay_prepared *old = relay_prepared_find(r, str_from(p->name)), **to = slot(r, str_from(p->name));

	unpend(r, p);
	if (old)
		relay_prepared_drop(r, old);
	p->next = *to;
	*to = p;
	r->n_prepared++;
}

void relay_prepared_failed(struct relay *r, struct relay_prepared *p)
{
	unpend(r, p);
	relay_prepared_free(r, p);
}

void relay_names_free(struct relay *r)
{
	relay_specials_clear(r);
	free(r->specials);
	r->specials = NULL;
	for (unsigned i = 0; i < r->n_sent; i++) {
		struct relay_prepared *p = r->sent[(r->first_sent + i) % RELAY_SENT].p;

		if (p && !--p->users && p->gone)
			relay_prepared_free(r, p);
		r->sent[(r->first_sent + i) % RELAY_SENT].p = NULL;
	}
	for (struct relay_prepared *p = r->pending, *next; p; p = next) {
		next = p->next;
		p->users = 0;
		relay_prepared_free(r, p);
	}
	for (size_t i = 0; i < ARRAY_LEN(r->prepared); i++) {
		for (struct relay_prepared *p = r->prepared[i], *next; p; p = next) {
			next = p->next;
			p->users = 0;
			relay_prepared_free(r, p);
		}
		r->prepared[i] = NULL;
	}
	for (struct relay_prepared *p = r->by_name, *next; p; p = next) {
		next = p->next;
		relay_prepared_free(r, p);
	}
	r->pending = r->by_name = NULL;
	r->n_prepared = r->n_by_name = 0;
}

/* --- portals --- */

struct relay_special *relay_special_find(struct relay *r, struct str name)
{
	for (unsigned i = 0; i < r->n_specials; i++) {
		if (r->specials[i].is && str_is(name, r->specials[i].name))
			return &r->specials[i];
	}
	return NULL;
}

void relay_special_unset(struct relay *r, struct relay_special *x)
{
	if (x->p) {
		x->p->users--;
		if (x->p->gone)
			relay_prepared_free(r, x->p);
	}
	*x = (struct relay_special){ .is = false };
}

struct relay_special *relay_special_set(struct relay *r, struct str name, struct relay_prepared *p)
{
	struct relay_special *x = relay_special_find(r, name);

	if (name.len >= sizeof(x->name))
		return NULL;
	if (!r->specials) {
		r->specials = calloc(RELAY_SPECIALS, sizeof(*r->specials));
		if (!r->specials)
			return NULL;
	}
	for (unsigned i = 0; !x && i < r->n_specials; i++) {
		if (!r->specials[i].is)
			x = &r->specials[i];
	}
	if (!x && r->n_specials == RELAY_SPECIALS)
		return NULL;
	if (!x)
		x = &r->specials[r->n_specials++];
	relay_special_unset(r, x);
	x->is = true;
	if (name.len)
		memcpy(x->name, name.ptr, name.len);
	x->name[name.len] = '\0';
	x->p = p;
	if (p) {
		p->users++;
		x->control = p->control;
		x->copies_in = p->copies_in;
		x->chain = p->chain;
	}
	return x;
}

void relay_specials_clear(struct relay *r)
{
	for (unsigned i = 0; i < r->n_specials; i++)
		relay_special_unset(r, &r->specials[i]);
	r->n_specials = 0;
}
