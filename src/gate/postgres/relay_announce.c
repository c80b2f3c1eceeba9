/* What statements announce: relations that they lock, of which the witness then hears no news. A statement's names are added when it is
 * sent, not when it is read: a transaction that ends before it forgets what was announced in it. */
#include "gate/postgres/session.h"

#define ANNOUNCED_PARTS 1000

enum announces { LOCKS = 'l', WRITES = 'w' };

static size_t announce(const struct relay *r, struct buf *to, enum announces how, struct str schema, struct str name)
{
	const struct catalogue_relation *c = r->catalogue ? catalogue_find(r->catalogue, schema, name, str_from(r->search_path)) : NULL;

	if (c)
		schema = c->schema, name = c->name;
	if (!name.len || memchr(name.ptr, 0, name.len))
		return 0;
	buf_addc(to, (char)how);
	if (schema.len) {
		buf_add(to, schema);
		buf_addc(to, '.');
	}
	message_add_text(to, name);
	return 1;
}

/* What is locked as strongly as what a statement changes: what it does something to, with its partitions and children, and what a foreign
 * key points to. */
static size_t announce_named(const struct relay *r, struct buf *to, const struct sql_relation *named)
{
	const struct catalogue_relation *part[ANNOUNCED_PARTS], *c;
	size_t n, told;

	if (named->use != SQL_USE_ALTER && named->use != SQL_USE_REFERENCE && named->use != SQL_USE_DROP && named->use != SQL_USE_LOCK &&
	    named->use != SQL_USE_TRUNCATE)
		return 0;
	told = announce(r, to, LOCKS, named->schema, named->name);
	c = r->catalogue ? catalogue_find(r->catalogue, named->schema, named->name, str_from(r->search_path)) : NULL;
	if (!c)
		return told;
	n = catalogue_parts(r->catalogue, c, part, ANNOUNCED_PARTS);
	for (size_t i = 0; i < n; i++)
		told += announce(r, to, LOCKS, part[i]->schema, part[i]->name);
	return told;
}

size_t relay_announce_to(const struct relay *r, const struct statement_answer *a, const struct statement *st, struct buf *to)
{
	size_t at = 0, n = 0;

	if ((st->ruling != RULING_WRITE && st->ruling != RULING_ASK && st->ruling != RULING_ALONE) || st->nothing)
		return 0;
	for (const struct sql_relation *named = st->shape ? st->shape->relations : NULL; named; named = named->next)
		n += announce_named(r, to, named);

	CHANGE_EACH(c, &a->changes) {
		enum announces how = statement_of_rows(c) ? WRITES : LOCKS;
		size_t dot = str_find_char(c->name, '.'), i = at++;

		if (i < st->first_change || i >= st->first_change + st->n_changes)
			continue;
		if (dot == SIZE_MAX)
			n += announce(r, to, how, STR_NONE, c->name);
		else
			n += announce(r, to, how, str_sub(c->name, 0, dot), str_sub(c->name, dot + 1, c->name.len));
	}
	return n;
}

void relay_announce(struct relay *r, const struct statement_answer *a, const struct statement *st)
{
	r->n_announced += relay_announce_to(r, a, st, &r->announced);
}

void relay_announced(struct relay *r, struct str names, size_t n)
{
	buf_add(&r->announced, names);
	r->n_announced += n;
}

void relay_announce_all(struct relay *r, const struct statement_answer *a)
{
	for (const struct statement *st = a->statements; st; st = st->next) {
		bool ddl = r->block == BLOCK_CLIENT && relay_is_ddl(st);

		relay_announce(r, a, st);
		r->ddl |= ddl;
		r->defines |= ddl;
	}
}

bool relay_expect(const struct session *s, struct arena *arena, struct witness_expected *ret)
{
	const struct relay *r = &s->relay;
	struct str left = buf_str(&r->announced), one;
	struct str *names = ARENA_ARRAY(arena, r->n_announced + 1, struct str);
	size_t n = 0, end = r->n_announced;

	if (!names)
		return false;
	/* From both ends. */
	while (n < end && message_text(&left, &one)) {
		struct str name = arena_str(arena, str_sub(one, 1, one.len));

		if (one.len && one.ptr[0] == LOCKS)
			names[n++] = name;
		else
			names[--end] = name;
	}
	*ret = (struct witness_expected){ .relations = names,
					  .n = n,
					  .written = names + end,
					  .n_written = r->n_announced - end,
					  .catalogue = r->defines,
					  .any = relay_all_asked(r) || s->upstream->environment.kind == ENVIRONMENT_SCRATCH };
	return !r->announced.failed && !arena->full;
}
