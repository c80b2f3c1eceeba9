#include "read/sql/inner.h"

struct change *sql_note(struct sql_work *w, const struct sql_about *about)
{
	const struct sql_finding *f = sql_finding(about->means);
	struct change *c;

	if (about->means != SQL_MEANS_READ)
		w->answer->reads_only = false;
	if (about->means == SQL_MEANS_READ || w->answer->changes.n >= SQL_MAX_CHANGES)
		return NULL;
	c = change_add(&w->answer->changes, w->arena);
	if (!c)
		return NULL;
	if (w->now)
		w->now->n_changes++;
	c->kind = f->kind;
	c->reversible = f->reversible;
	c->holds_data = f->holds_data;
	c->finding = f->code;
	c->type = about->type;
	c->name = about->name;
	c->safer = f->safer;
	c->reason = about->detail.len ? arena_fmt(w->arena, "%.*s: %.*s", STR_ARG(f->reason), STR_ARG(about->detail)) : f->reason;
	if (w->inside.len)
		c->reason = arena_fmt(w->arena, "%.*s, %.*s", STR_ARG(w->inside), STR_ARG(c->reason));
	return c;
}

struct change *sql_note_plain(struct sql_work *w, enum sql_meaning means, const char *type, struct str name)
{
	struct sql_about about = { .means = means, .type = str_from(type), .name = name };

	return sql_note(w, &about);
}

void sql_set_text(struct sql_work *w, struct sql_statement *s, struct str text)
{
	uintptr_t from = (uintptr_t)w->in->text.ptr, at;

	s->text = str_trim(text);
	at = (uintptr_t)s->text.ptr;
	s->span = (struct sql_span){ 0, 0 };
	if (at >= from && at + s->text.len <= from + w->in->text.len)
		s->span = (struct sql_span){ (size_t)(at - from), s->text.len };
}

struct sql_statement *sql_begin(struct sql_work *w, struct str text, struct str verb)
{
	struct sql_statement *s;

	/* What runs inside a statement belongs to it. */
	if (w->nesting && w->now)
		return w->now;
	if (w->answer->n >= SQL_MAX_STATEMENTS)
		return w->now;
	s = ARENA_NEW(w->arena, struct sql_statement);
	if (!s)
		return w->now;
	sql_set_text(w, s, text);
	s->verb = verb;
	s->first_change = w->answer->changes.n;
	*w->last = s;
	w->last = &s->next;
	w->now = s;
	w->answer->n++;
	return s;
}

void sql_remember(struct sql_work *w, struct sql_known **list, struct str name)
{
	struct sql_known *k = ARENA_NEW(w->arena, struct sql_known);

	if (!k)
		return;
	k->name = arena_str(w->arena, name);
	k->next = *list;
	*list = k;
}

bool sql_recall(const struct sql_known *list, struct str name)
{
	/* Bounded: a text that makes thousands of names is no ordinary one, and forgetting is the stricter side. */
	for (unsigned n = 0; list && n < 256; list = list->next, n++) {
		if (str_eq(list->name, name))
			return true;
	}
	return false;
}

void sql_read_text(struct sql_work *w, struct str text)
{
	enum sql_dialect dialect = w->in->dialect;
	bool differs = dialect != SQL_POSTGRES && sql_tokens_differ(text, dialect);

	if (text.len && memchr(text.ptr, '\0', text.len)) {
		sql_begin(w, text, STR("?"));
		sql_note_plain(w, SQL_MEANS_UNREAD, "text", STR("a zero byte"));
		return;
	}
	w->said = w->answer->changes.n;
	if (!sql_tree_read(w, text) || differs)
		sql_tokens_read(w, text, dialect);
}

void sql_read_inside(struct sql_work *w, struct str text, struct str where)
{
	struct str before = w->inside;

	if (w->nesting >= SQL_MAX_NESTING) {
		sql_note_plain(w, SQL_MEANS_TOO_MUCH, "text", where);
		return;
	}
	w->nesting++;
	w->inside = where.len ? where : before;
	sql_read_text(w, text);
	w->inside = before;
	w->nesting--;
}

static void too_much(struct sql_work *w, struct str text)
{
	sql_begin(w, str_sub(text, 0, 200), STR("?"));
	sql_note_plain(w, SQL_MEANS_TOO_MUCH, "text", STR_NONE);
	w->answer->reads_only = false;
}

void sql_read(const struct sql_input *in, struct arena *arena, struct sql_answer *ret)
{
	struct sql_work w = { .in = in, .arena = arena, .answer = ret };

	*ret = (struct sql_answer){ .reads_only = true };
	w.last = &ret->statements;
	if (in->text.len > SQL_MAX_BYTES)
		too_much(&w, in->text);
	else if (!in->client)
		sql_read_text(&w, in->text);
	else if (in->dialect == SQL_MYSQL)
		sql_client_mysql(&w, in->text);
	else if (in->dialect == SQL_SQLITE)
		sql_client_sqlite(&w, in->text);
	else
		sql_client_psql(&w, in->text);
	if (arena->full || ret->changes.n >= SQL_MAX_CHANGES || ret->n >= SQL_MAX_STATEMENTS) {
		ret->reads_only = false;
		too_much(&w, in->text);
	}
}
