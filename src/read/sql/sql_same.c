/* Are two expressions the same as written? Bounded; too deep or of a kind not compared here is no. */
#include "read/sql/sql_tree.h"
#include "read/sql/sql_where.h"

#define MAX_DEPTH 32

static bool same(const void *a, const void *b, unsigned depth);

static bool same_list(const List *a, const List *b, unsigned depth)
{
	if (!a || !b)
		return a == b;
	if (a->length != b->length || a->length > 64)
		return false;
	for (int i = 0; i < a->length; i++) {
		if (!same(a->elements[i].ptr_value, b->elements[i].ptr_value, depth))
			return false;
	}
	return true;
}

static bool same_const(const A_Const *a, const A_Const *b)
{
	if (a->isnull || b->isnull || a->val.node.type != b->val.node.type)
		return false;
	if (a->val.node.type == T_Integer)
		return a->val.ival.ival == b->val.ival.ival;
	if (a->val.node.type == T_Boolean)
		return a->val.boolval.boolval == b->val.boolval.boolval;
	return a->val.node.type != T_BitString && str_eq(sql_name_literal(a), sql_name_literal(b));
}

/* A column with its table's name and without it are taken for the same: the stricter reading. */
static bool same_column(const ColumnRef *a, const ColumnRef *b)
{
	const void *x = a->fields->elements[a->fields->length - 1].ptr_value;
	const void *y = b->fields->elements[b->fields->length - 1].ptr_value;

	if (a->fields->length == b->fields->length)
		return same_list(a->fields, b->fields, 1);
	return SQL_TAG(x) == T_String && SQL_TAG(y) == T_String && str_eq(sql_name_literal(x), sql_name_literal(y));
}

static bool same_call(const FuncCall *a, const FuncCall *b, unsigned depth)
{
	return same_list(a->funcname, b->funcname, depth) && same_list(a->args, b->args, depth) && !a->over && !b->over &&
	       !a->agg_filter && !b->agg_filter;
}

static bool same(const void *a, const void *b, unsigned depth)
{
	if (!a || !b || depth > MAX_DEPTH)
		return a == b;
	if (SQL_TAG(a) == T_TypeCast && SQL_TAG(b) != T_TypeCast)
		return same(((const TypeCast *)a)->arg, b, depth + 1);
	if (SQL_TAG(b) == T_TypeCast && SQL_TAG(a) != T_TypeCast)
		return same(a, ((const TypeCast *)b)->arg, depth + 1);
	if (SQL_TAG(a) != SQL_TAG(b))
		return false;
	switch (SQL_TAG(a)) {
	case T_List:
		return same_list(a, b, depth + 1);
	case T_String:
		return str_eq(sql_name_literal(a), sql_name_literal(b));
	case T_A_Star:
		return true;
	case T_A_Const:
		return same_const(a, b);
	case T_ColumnRef:
		return same_column(a, b);
	case T_ParamRef:
		return ((const ParamRef *)a)->number == ((const ParamRef *)b)->number;
	case T_TypeCast:
		return same(((const TypeCast *)a)->arg, ((const TypeCast *)b)->arg, depth + 1);
	case T_FuncCall:
		return same_call(a, b, depth + 1);
	case T_CoalesceExpr:
		return same_list(((const CoalesceExpr *)a)->args, ((const CoalesceExpr *)b)->args, depth + 1);
	case T_A_Expr: {
		const A_Expr *x = a, *y = b;

		return x->kind == y->kind && same_list(x->name, y->name, depth + 1) && same(x->lexpr, y->lexpr, depth + 1) &&
		       same(x->rexpr, y->rexpr, depth + 1);
	}
	case T_NullTest:
		return ((const NullTest *)a)->nulltesttype == ((const NullTest *)b)->nulltesttype &&
		       same(((const NullTest *)a)->arg, ((const NullTest *)b)->arg, depth + 1);
	default:
		return false;
	}
}

bool sql_same(const void *a, const void *b)
{
	return a && b && same(a, b, 0);
}
