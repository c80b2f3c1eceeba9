#include "read/sql/sql_tree.h"

void sql_dml_relation(struct sql_work *w, const RangeVar *r, bool writes)
{
	struct str name = str_from(r->relname);
	bool system = r->schemaname ? str_is(str_from(r->schemaname), "pg_catalog") || str_is(str_from(r->schemaname), "pg_toast")
				    : str_starts(name, STR("pg_"));
	enum sql_meaning means;

	if (!system)
		return;
	means = sql_relation(name);
	if (writes)
		means = str_is(name, "pg_settings") ? SQL_MEANS_SESSION : SQL_MEANS_CATALOG;
	if (means != SQL_MEANS_READ)
		sql_note_plain(w, means, "table", sql_name(w, r));
}

/* Does the query give a number of rows that stands in the text: VALUES, a LIMIT, or an array unfolded? */
static bool counted(struct sql_work *w, const Node *query)
{
	const SelectStmt *s = (const SelectStmt *)(const void *)query;

	if (!query || SQL_TAG(query) != T_SelectStmt)
		return false;
	if (s->op != SETOP_NONE)
		return false;
	if (s->fromClause && s->fromClause->length == 1 && sql_list_unfolded(w, s->fromClause->elements[0].ptr_value))
		return true;
	return s->valuesLists || s->limitCount || !s->fromClause;
}

void sql_dml_insert(struct sql_work *w, const InsertStmt *s)
{
	const OnConflictClause *c = s->onConflictClause;
	const SelectStmt *q = (const SelectStmt *)(const void *)s->selectStmt;
	bool some = !s->selectStmt || counted(w, s->selectStmt) || (SQL_TAG(q) == T_SelectStmt && q->op == SETOP_NONE && q->whereClause &&
								 sql_where(w, q->whereClause, NULL, NULL) != SQL_SCOPE_ALL);

	if (w->no_rows)
		return;
	sql_dml_relation(w, s->relation, true);
	if (sql_name_temporary(s->relation))
		return;
	if (!c || c->action != ONCONFLICT_UPDATE)
		sql_note_plain(w, SQL_MEANS_INSERT, "table", sql_name(w, s->relation));
	else
		sql_note_plain(w, some ? SQL_MEANS_UPSERT : SQL_MEANS_UPDATE_ALL, "table", sql_name(w, s->relation));
}

/* The tables that a condition may only join with; none, where one of them is a list. */
static const List *beside(struct sql_work *w, const List *others, const WithClause *with)
{
	return sql_list_among(w, others, with) ? NULL : others;
}

void sql_dml_update(struct sql_work *w, const UpdateStmt *s)
{
	bool all = sql_where(w, s->whereClause, s->relation, beside(w, s->fromClause, s->withClause)) == SQL_SCOPE_ALL;

	if (w->no_rows)
		return;
	sql_dml_relation(w, s->relation, true);
	if (!sql_name_temporary(s->relation))
		sql_note_plain(w, all ? SQL_MEANS_UPDATE_ALL : SQL_MEANS_UPDATE, "table", sql_name(w, s->relation));
}

void sql_dml_delete(struct sql_work *w, const DeleteStmt *s)
{
	bool all = sql_where(w, s->whereClause, s->relation, beside(w, s->usingClause, s->withClause)) == SQL_SCOPE_ALL;

	if (w->no_rows)
		return;
	sql_dml_relation(w, s->relation, true);
	if (!sql_name_temporary(s->relation))
		sql_note_plain(w, all ? SQL_MEANS_DELETE_ALL : SQL_MEANS_DELETE, "table", sql_name(w, s->relation));
}

void sql_dml_merge(struct sql_work *w, const MergeStmt *s)
{
	const RangeSubselect *source = (const RangeSubselect *)(const void *)s->sourceRelation;
	bool some = source && SQL_TAG(source) == T_RangeSubselect && counted(w, source->subquery) &&
		    sql_where(w, s->joinCondition, s->relation, NULL) != SQL_SCOPE_ALL;

	if (w->no_rows)
		return;
	sql_dml_relation(w, s->relation, true);
	if (sql_name_temporary(s->relation))
		return;
	SQL_EACH(c, s->mergeWhenClauses) {
		const MergeWhenClause *when = SQL_ITEM(c, s->mergeWhenClauses);
		enum sql_meaning means = SQL_MEANS_INSERT;

		if (when->commandType == CMD_NOTHING)
			continue;
		if (when->commandType == CMD_DELETE)
			means = some ? SQL_MEANS_DELETE : SQL_MEANS_DELETE_ALL;
		else if (when->commandType == CMD_UPDATE)
			means = some ? SQL_MEANS_UPDATE : SQL_MEANS_MERGE;
		sql_note_plain(w, means, "table", sql_name(w, s->relation));
	}
}
