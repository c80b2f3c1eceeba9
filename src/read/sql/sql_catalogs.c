/* What a query takes from the system's own tables: a secret of a table whose other columns are everybody's, a setting by its row. */
#include "read/sql/sql_tree.h"

#include <pg_query.h>
#include <pg_query/pg_query_internal.h>

/* Tables of which PostgreSQL lets everybody read all columns but one. */
static const struct secret {
	const char *table, *column;
} secrets[] = {
	{ "pg_subscription", "subconninfo" },
};

#define NAMES_MAX 8

struct looking {
	const struct secret *secret;
	struct str names[NAMES_MAX]; /* under which the table, or its whole row, is known */
	size_t n;
	bool many;
};

static bool takes_name(const void *node, void *ctx)
{
	const RangeVar *r = node;
	struct looking *l = ctx;

	if (SQL_TAG(node) != T_RangeVar || !str_is(str_from(r->relname), l->secret->table))
		return false;
	l->many = l->many || l->n == NAMES_MAX || (r->alias && r->alias->colnames);
	if (!l->many)
		l->names[l->n++] = str_from(r->alias ? r->alias->aliasname : r->relname);
	return false;
}

/* The column itself, a whole row, a star; and joins that compare or rename columns unseen. */
static bool gives(const void *node, void *ctx)
{
	const struct looking *l = ctx;
	const JoinExpr *join = node;
	const List *fields;
	struct str last;

	if (SQL_TAG(node) == T_JoinExpr)
		return join->isNatural || join->usingClause || join->alias || join->join_using_alias;
	if (SQL_TAG(node) != T_ColumnRef)
		return false;
	fields = ((const ColumnRef *)node)->fields;
	if (!fields || !fields->length || SQL_TAG(fields->elements[fields->length - 1].ptr_value) == T_A_Star)
		return true;
	last = sql_name_literal(fields->elements[fields->length - 1].ptr_value);
	for (size_t i = 0; i < l->n; i++) {
		if (str_eq(last, l->names[i]))
			return true;
	}
	return str_is(last, l->secret->column);
}

bool sql_catalogs_public(struct sql_work *w, const RangeVar *r, const void *query)
{
	for (size_t i = 0; i < ARRAY_LEN(secrets); i++) {
		struct looking l = { .secret = &secrets[i] };

		if (str_is(str_from(r->relname), secrets[i].table))
			return !sql_walk_any(w, query, takes_name, &l) && !l.many && !sql_walk_any(w, query, gives, &l);
	}
	return false;
}

static bool is_column(const void *node, const char *name)
{
	const List *fields = node && SQL_TAG(node) == T_ColumnRef ? ((const ColumnRef *)node)->fields : NULL;

	return fields && fields->length == 1 && str_is(sql_name_literal(fields->elements[0].ptr_value), name);
}

static bool is_constant(const void *node)
{
	return node && SQL_TAG(node) == T_A_Const;
}

/* FROM pg_settings, and nothing else. */
static bool from_settings(const SelectStmt *s)
{
	const RangeVar *r = s->fromClause && s->fromClause->length == 1 ? s->fromClause->elements[0].ptr_value : NULL;

	if (!r || SQL_TAG(r) != T_RangeVar || r->alias || !str_is(str_from(r->relname), "pg_settings"))
		return false;
	return !r->schemaname || str_is(str_from(r->schemaname), "pg_catalog");
}

/* The function called as the only target, with a column `name` and constants. */
static const FuncCall *only_call(const SelectStmt *s)
{
	const ResTarget *t = s->targetList && s->targetList->length == 1 ? s->targetList->elements[0].ptr_value : NULL;
	const FuncCall *f = t && SQL_TAG(t) == T_ResTarget ? (const FuncCall *)(const void *)t->val : NULL;

	if (!f || SQL_TAG(f) != T_FuncCall || !f->args || f->args->length != 3 || f->agg_order || f->agg_filter || f->over)
		return NULL;
	return is_column(f->args->elements[0].ptr_value, "name") && is_constant(f->args->elements[1].ptr_value) &&
			       (is_constant(f->args->elements[2].ptr_value) || SQL_TAG(f->args->elements[2].ptr_value) == T_TypeCast) ?
		       f :
		       NULL;
}

struct str sql_catalogs_setting(const void *select, const void **ret_call)
{
	const SelectStmt *s = select;
	const A_Expr *is = (const A_Expr *)(const void *)s->whereClause;
	const FuncCall *f = s->op == SETOP_NONE && !s->withClause && from_settings(s) ? only_call(s) : NULL;

	if (!f || !is || SQL_TAG(is) != T_A_Expr || is->kind != AEXPR_OP || is->name->length != 1 ||
	    !str_is(sql_name_literal(is->name->elements[0].ptr_value), "=") || !is_column(is->lexpr, "name") || !is_constant(is->rexpr))
		return STR_NONE;
	*ret_call = f;
	return sql_name_literal(is->rexpr);
}
