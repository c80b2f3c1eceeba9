/* Is a table beside the target a list of rows that stands in the text or is counted, as VALUES is? Then a join with it names its rows. */
#include "read/sql/inner.h"
#include "read/sql/sql_tree.h"

#define MAX_DEPTH 16

/* Functions that give the rows which their argument holds. */
static const char *const unfolds[] = { "unnest", "json_array_elements", "jsonb_array_elements", "json_array_elements_text",
				       "jsonb_array_elements_text", "json_to_recordset", "jsonb_to_recordset", "string_to_table" };

/* A constant, a parameter, or an array of them: nothing is read for it. */
static bool in_text(const Node *n, unsigned depth)
{
	if (!n || depth == MAX_DEPTH)
		return false;
	switch (SQL_TAG(n)) {
	case T_A_Const:
	case T_ParamRef:
		return true;
	case T_TypeCast:
		return in_text(((const TypeCast *)(const void *)n)->arg, depth + 1);
	case T_A_ArrayExpr: {
		SQL_EACH(i, ((const A_ArrayExpr *)(const void *)n)->elements) {
			if (!in_text(SQL_ITEM(i, ((const A_ArrayExpr *)(const void *)n)->elements), depth + 1))
				return false;
		}
		return true;
	}
	default:
		return false;
	}
}

static bool unfolds_text(struct sql_work *w, const FuncCall *f)
{
	struct str name;

	if (!f || SQL_TAG(f) != T_FuncCall || !f->args)
		return false;
	name = sql_name_list(w, f->funcname);
	if (str_starts(name, STR("pg_catalog.")))
		name = str_sub(name, 11, name.len);
	SQL_EACH(i, f->args) {
		if (!in_text(SQL_ITEM(i, f->args), 0))
			return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(unfolds); i++) {
		if (str_is(name, unfolds[i]))
			return true;
	}
	return false;
}

bool sql_list_unfolded(struct sql_work *w, const void *from)
{
	const RangeFunction *r = from;

	if (!r || SQL_TAG(r) != T_RangeFunction || !r->functions)
		return false;
	SQL_EACH(i, r->functions) {
		const List *one = SQL_ITEM(i, r->functions);

		if (SQL_TAG(one) != T_List || !one->length || !unfolds_text(w, one->elements[0].ptr_value))
			return false;
	}
	return true;
}

/* VALUES, a LIMIT, or a WHERE that names rows. */
static bool names_rows(struct sql_work *w, const Node *query)
{
	const SelectStmt *s = (const SelectStmt *)(const void *)query;

	if (!s || SQL_TAG(s) != T_SelectStmt || s->op != SETOP_NONE)
		return false;
	return s->valuesLists || s->limitCount || (s->whereClause && sql_where(w, s->whereClause, NULL, NULL) != SQL_SCOPE_ALL);
}

static bool with_names(struct sql_work *w, const WithClause *with, const RangeVar *r)
{
	if (!with || with->recursive || r->schemaname || !r->relname)
		return false;
	SQL_EACH(i, with->ctes) {
		const CommonTableExpr *c = SQL_ITEM(i, with->ctes);

		if (SQL_TAG(c) == T_CommonTableExpr && c->ctename && str_is(str_from(r->relname), c->ctename))
			return names_rows(w, c->ctequery);
	}
	return false;
}

bool sql_list_among(struct sql_work *w, const List *others, const WithClause *with)
{
	SQL_EACH(o, others) {
		const Node *n = SQL_ITEM(o, others);

		if (sql_list_unfolded(w, n) ||
		    (SQL_TAG(n) == T_RangeSubselect && names_rows(w, ((const RangeSubselect *)(const void *)n)->subquery)) ||
		    (SQL_TAG(n) == T_RangeVar && with_names(w, with, (const RangeVar *)(const void *)n)))
			return true;
	}
	return false;
}
