/* What kinds of statements there are for the relay: those that read, those that cannot run in a transaction block. */
#include "gate/postgres/statement_inner.h"

bool statement_reads(const struct statement *s)
{
	const struct sql_shape *shape = s->shape;

	switch (shape->class) {
	case SQL_CLASS_READ:
	case SQL_CLASS_CURSOR:
		return true;
	case SQL_CLASS_COPY:
		return !shape->copy_from;
	case SQL_CLASS_PREPARED:
		return shape->prepared == SQL_PREPARED_EXECUTE;
	case SQL_CLASS_UTILITY:
		return str_is(s->verb, "LOCK"); /* as reading does: all else is told of as a change */
	case SQL_CLASS_UNKNOWN:
	case SQL_CLASS_WRITE:
	case SQL_CLASS_DDL:
	case SQL_CLASS_TRANSACTION:
	case SQL_CLASS_SETTING:
	case SQL_CLASS_CHANNEL:
	case SQL_CLASS_CODE:
		return false;
	}
	return false;
}

/* REINDEX and CLUSTER of one table run in a block, of a partitioned one not. */
static bool partitioned(const struct weighing *w, const struct statement *s)
{
	const struct sql_relation *named = s->shape->relations;
	const struct catalogue_relation *r;

	if (!named || !w->c->catalogue)
		return false;
	r = catalogue_find(w->c->catalogue, named->schema, named->name, w->c->search_path);
	return r && (r->kind == 'p' || r->kind == 'I');
}

bool statement_alone(const struct weighing *w, const struct statement *s)
{
	switch (s->shape->block) {
	case SQL_BLOCK_NEVER:
		return true;
	case SQL_BLOCK_DEPENDS:
		return s->shape->class == SQL_CLASS_DDL || partitioned(w, s); /* of subscriptions: whatever reaches the other server */
	case SQL_BLOCK_ANYWHERE:
	case SQL_BLOCK_ONLY:
		return false;
	}
	return false;
}
