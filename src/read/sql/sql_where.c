/* Which rows a WHERE leaves: some that it names, all, or none. Where it cannot be told, all: the stricter reading. */
#include "read/sql/sql_tree.h"
#include "read/sql/sql_where.h"

#define MAX_DEPTH 64
#define MAX_PAIRS 32

struct weigh {
	struct sql_work *w;
	const RangeVar *target;
	unsigned depth;
};

static enum sql_scope weigh(const struct weigh *at, const Node *n);

static struct weigh below(const struct weigh *at)
{
	return (struct weigh){ at->w, at->target, at->depth + 1 };
}

static enum sql_scope not(enum sql_scope s)
{
	switch (s) {
	case SQL_SCOPE_ALL:
		return SQL_SCOPE_NONE;
	case SQL_SCOPE_NONE:
		return SQL_SCOPE_ALL;
	case SQL_SCOPE_SOME:
		return SQL_SCOPE_SOME;
	}
	return SQL_SCOPE_ALL;
}

static bool is_op(const A_Expr *e, const char *op)
{
	const String *last = e->name && e->name->length ? e->name->elements[e->name->length - 1].ptr_value : NULL;

	return last && SQL_TAG(last) == T_String && strcmp(last->sval, op) == 0;
}

/* Whole numbers, in whatever cast or sign. */
static bool number(const Node *n, int64_t *ret)
{
	const A_Const *c = (const A_Const *)(const void *)n;
	const A_Expr *e = (const A_Expr *)(const void *)n;
	struct str text;
	uint64_t v;

	if (!n)
		return false;
	if (SQL_TAG(n) == T_TypeCast)
		return number(((const TypeCast *)(const void *)n)->arg, ret);
	if (SQL_TAG(n) == T_A_Expr && e->kind == AEXPR_OP && !e->lexpr && is_op(e, "-") && e->rexpr && SQL_TAG(e->rexpr) == T_A_Const) {
		if (!number(e->rexpr, ret))
			return false;
		*ret = -*ret;
		return true;
	}
	if (SQL_TAG(n) != T_A_Const || c->isnull)
		return false;
	if (c->val.node.type == T_Integer) {
		*ret = c->val.ival.ival;
		return true;
	}
	text = sql_name_literal(n);
	if (!str_to_u64(text, &v) || v > INT64_MAX)
		return false;
	*ret = (int64_t)v;
	return true;
}

static enum sql_scope compared(const A_Expr *e, int order)
{
	if (is_op(e, "="))
		return order == 0 ? SQL_SCOPE_ALL : SQL_SCOPE_NONE;
	if (is_op(e, "<>") || is_op(e, "!="))
		return order != 0 ? SQL_SCOPE_ALL : SQL_SCOPE_NONE;
	if (is_op(e, "<"))
		return order < 0 ? SQL_SCOPE_ALL : SQL_SCOPE_NONE;
	if (is_op(e, ">"))
		return order > 0 ? SQL_SCOPE_ALL : SQL_SCOPE_NONE;
	if (is_op(e, "<="))
		return order <= 0 ? SQL_SCOPE_ALL : SQL_SCOPE_NONE;
	if (is_op(e, ">="))
		return order >= 0 ? SQL_SCOPE_ALL : SQL_SCOPE_NONE;
	return SQL_SCOPE_ALL;
}

/* Nothing of the row in it: the same for every row. Only what is plainly false counts as none. */
static enum sql_scope without_columns(const A_Expr *e)
{
	struct str a = sql_name_literal(e->lexpr), b = sql_name_literal(e->rexpr);
	int64_t x, y;

	if (e->kind != AEXPR_OP || !e->lexpr || !e->rexpr)
		return SQL_SCOPE_ALL;
	if (number(e->lexpr, &x) && number(e->rexpr, &y))
		return compared(e, x < y ? -1 : x > y);
	if (SQL_TAG(e->lexpr) == T_A_Const && SQL_TAG(e->rexpr) == T_A_Const && a.ptr && b.ptr && is_op(e, "=") && !str_eq(a, b))
		return SQL_SCOPE_NONE;
	return SQL_SCOPE_ALL;
}

static struct str column(const Node *n)
{
	const ColumnRef *c = (const ColumnRef *)(const void *)n;

	if (!n || SQL_TAG(n) != T_ColumnRef || !c->fields->length)
		return STR_NONE;
	if (SQL_TAG(c->fields->elements[c->fields->length - 1].ptr_value) != T_String)
		return STR_NONE;
	return sql_name_literal(c->fields->elements[c->fields->length - 1].ptr_value);
}

/* A column that every row fills with a number above zero, or a mark of its own. */
static bool key_column(const Node *n)
{
	struct str c = column(n);

	return str_eq_nocase(c, STR("id")) || str_eq_nocase(c, STR("pk")) || str_eq_nocase(c, STR("uuid")) || str_eq(c, STR("ctid")) ||
	       str_eq(c, STR("oid")) || str_eq(c, STR("tableoid")) || str_eq(c, STR("xmin")) || str_eq(c, STR("rowid")) ||
	       str_eq(c, STR("_id")) || str_eq(c, STR("uid"));
}

/* The present moment without anything taken from it. */
static bool now(const Node *n)
{
	const FuncCall *f = (const FuncCall *)(const void *)n;

	if (!n)
		return false;
	if (SQL_TAG(n) == T_TypeCast)
		return str_is(sql_name_literal(n), "now") || now(((const TypeCast *)(const void *)n)->arg);
	if (SQL_TAG(n) == T_SQLValueFunction)
		return true;
	if (SQL_TAG(n) != T_FuncCall || (f->args && f->args->length))
		return false;
	return str_is(sql_name_literal(f->funcname->elements[f->funcname->length - 1].ptr_value), "now") || f->funcname->length > 0;
}

/* Comparisons that look like a limit and leave every row: id > 0, id <> -1, length(x) >= 0, created_at < now(). */
static bool hollow(const A_Expr *e)
{
	int64_t v;
	bool above = is_op(e, ">") || is_op(e, ">="), unlike = is_op(e, "<>") || is_op(e, "!=");

	if ((is_op(e, "<") || is_op(e, "<=")) && now(e->rexpr))
		return true;
	if (number(e->rexpr, &v)) {
		if (key_column(e->lexpr) && ((above && v <= 1) || (unlike && v <= 0)))
			return true;
		if (above && v < 0)
			return true;
		if (above && v == 0 && is_op(e, ">="))
			return true;
	}
	if (number(e->lexpr, &v) && key_column(e->rexpr) && ((is_op(e, "<") || is_op(e, "<=")) && v <= 1))
		return true;
	return unlike && key_column(e->lexpr);
}

static enum sql_scope like(const A_Expr *e)
{
	const FuncCall *f = (const FuncCall *)(const void *)e->rexpr;
	struct str pattern = sql_name_literal(e->rexpr);

	/* SIMILAR TO hands its pattern to a function. */
	if (f && SQL_TAG(f) == T_FuncCall && f->args && f->args->length)
		pattern = sql_name_literal(f->args->elements[0].ptr_value);
	if (!pattern.ptr || is_op(e, "!~~") || is_op(e, "!~~*"))
		return SQL_SCOPE_SOME;
	for (size_t i = 0; i < pattern.len; i++) {
		if (pattern.ptr[i] != '%')
			return SQL_SCOPE_SOME;
	}
	return pattern.len ? SQL_SCOPE_ALL : SQL_SCOPE_SOME;
}

static enum sql_scope in_list(const A_Expr *e)
{
	const List *l = (const List *)(const void *)e->rexpr;

	SQL_EACH(i, l) {
		if (i_i < MAX_PAIRS && sql_same(e->lexpr, SQL_ITEM(i, l)))
			return is_op(e, "=") ? SQL_SCOPE_ALL : SQL_SCOPE_NONE;
	}
	if (is_op(e, "<>") && key_column(e->lexpr))
		return SQL_SCOPE_ALL;
	return SQL_SCOPE_SOME;
}

static enum sql_scope expression(const struct weigh *at, const A_Expr *e)
{
	struct str pattern = sql_name_literal(e->rexpr);

	if (!sql_walk_columns(at->w, e))
		return without_columns(e);
	switch (e->kind) {
	case AEXPR_OP:
		if (sql_same(e->lexpr, e->rexpr))
			return is_op(e, "<>") || is_op(e, "!=") || is_op(e, "<") || is_op(e, ">") ? SQL_SCOPE_NONE : SQL_SCOPE_ALL;
		if ((is_op(e, "~") || is_op(e, "~*")) && pattern.ptr &&
		    (pattern.len == 0 || str_is(pattern, ".*") || str_is(pattern, "^.*$") || str_is(pattern, ".") ||
		     str_is(pattern, ".+") || str_is(pattern, "^")))
			return SQL_SCOPE_ALL;
		if (is_op(e, "~~") || is_op(e, "~~*"))
			return like(e);
		return hollow(e) ? SQL_SCOPE_ALL : SQL_SCOPE_SOME;
	case AEXPR_NOT_DISTINCT:
		return sql_same(e->lexpr, e->rexpr) ? SQL_SCOPE_ALL : SQL_SCOPE_SOME;
	case AEXPR_DISTINCT:
		return key_column(e->lexpr) ? SQL_SCOPE_ALL : SQL_SCOPE_SOME;
	case AEXPR_LIKE:
	case AEXPR_ILIKE:
	case AEXPR_SIMILAR:
		return like(e);
	case AEXPR_IN:
		return in_list(e);
	case AEXPR_OP_ANY:
	case AEXPR_OP_ALL:
		return is_op(e, "<>") && key_column(e->lexpr) ? SQL_SCOPE_ALL : SQL_SCOPE_SOME;
	case AEXPR_BETWEEN:
	case AEXPR_BETWEEN_SYM:
	case AEXPR_NULLIF:
		return SQL_SCOPE_SOME;
	case AEXPR_NOT_BETWEEN:
	case AEXPR_NOT_BETWEEN_SYM:
		return key_column(e->lexpr) ? SQL_SCOPE_ALL : SQL_SCOPE_SOME;
	}
	return SQL_SCOPE_ALL;
}

/* Does one of the two say what the other denies: a = 1 OR a <> 1, x IS NULL OR x IS NOT NULL, x OR NOT x? */
static bool complement(const void *a, const void *b)
{
	static const char *const pairs[][2] = { { "=", "<>" }, { "<", ">=" }, { ">", "<=" }, { "<", ">" }, { "<=", ">=" } };
	const A_Expr *x = a, *y = b;

	if (SQL_TAG(a) == T_BoolExpr && ((const BoolExpr *)a)->boolop == NOT_EXPR)
		return sql_same(((const BoolExpr *)a)->args->elements[0].ptr_value, b);
	if (SQL_TAG(b) == T_BoolExpr && ((const BoolExpr *)b)->boolop == NOT_EXPR)
		return sql_same(((const BoolExpr *)b)->args->elements[0].ptr_value, a);
	if (SQL_TAG(a) == T_NullTest && SQL_TAG(b) == T_NullTest)
		return ((const NullTest *)a)->nulltesttype != ((const NullTest *)b)->nulltesttype &&
		       sql_same(((const NullTest *)a)->arg, ((const NullTest *)b)->arg);
	if (SQL_TAG(a) != T_A_Expr || SQL_TAG(b) != T_A_Expr || x->kind != y->kind || !sql_same(x->lexpr, y->lexpr))
		return false;
	if (x->kind == AEXPR_OP) {
		for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
			if ((is_op(x, pairs[i][0]) && is_op(y, pairs[i][1])) || (is_op(x, pairs[i][1]) && is_op(y, pairs[i][0])))
				return sql_same(x->rexpr, y->rexpr);
		}
		return false;
	}
	return (x->kind == AEXPR_IN || x->kind == AEXPR_LIKE || x->kind == AEXPR_ILIKE) && is_op(x, "=") != is_op(y, "=") &&
	       sql_same(x->rexpr, y->rexpr);
}

static bool any_complement(const List *l)
{
	int n = l->length < MAX_PAIRS ? l->length : MAX_PAIRS;

	for (int i = 0; i < n; i++) {
		for (int j = i + 1; j < n; j++) {
			if (complement(l->elements[i].ptr_value, l->elements[j].ptr_value))
				return true;
		}
	}
	return false;
}

static enum sql_scope boolean(const struct weigh *at, const BoolExpr *b)
{
	struct weigh deeper = below(at);
	size_t all = 0, none = 0;

	if (!b->args || !b->args->length)
		return SQL_SCOPE_ALL;
	if (b->boolop == NOT_EXPR) {
		enum sql_scope s = weigh(&deeper, b->args->elements[0].ptr_value);

		return not(s);
	}
	SQL_EACH(i, b->args) {
		enum sql_scope s = weigh(&deeper, SQL_ITEM(i, b->args));

		all += s == SQL_SCOPE_ALL;
		none += s == SQL_SCOPE_NONE;
	}
	if (b->boolop == AND_EXPR) {
		if (none)
			return SQL_SCOPE_NONE;
		return all == (size_t)b->args->length ? SQL_SCOPE_ALL : SQL_SCOPE_SOME;
	}
	if (all || any_complement(b->args))
		return SQL_SCOPE_ALL;
	return none == (size_t)b->args->length ? SQL_SCOPE_NONE : SQL_SCOPE_SOME;
}

/* Is the target's own name or alias written before a column below? */
static bool from_target(const struct weigh *at, const SelectStmt *s)
{
	const List *l = s->fromClause;
	const Node *from = l && l->length == 1 ? l->elements[0].ptr_value : NULL;

	return from && SQL_TAG(from) == T_RangeVar && at->target &&
	       str_eq(str_from(((const RangeVar *)(const void *)from)->relname), str_from(at->target->relname));
}

static enum sql_scope sublink(const struct weigh *at, const SubLink *l)
{
	const SelectStmt *s = (const SelectStmt *)(const void *)l->subselect;
	struct weigh deeper = below(at);
	enum sql_scope inner;

	if (!s || SQL_TAG(s) != T_SelectStmt || s->op != SETOP_NONE)
		return l->subLinkType == EXISTS_SUBLINK ? SQL_SCOPE_ALL : SQL_SCOPE_SOME;
	inner = s->whereClause ? weigh(&deeper, s->whereClause) : SQL_SCOPE_ALL;
	if (l->subLinkType == EXISTS_SUBLINK) {
		/* Bound to the row only by a condition of its own. */
		return inner == SQL_SCOPE_SOME && !from_target(at, s) ? SQL_SCOPE_SOME : SQL_SCOPE_ALL;
	}
	if (l->subLinkType == EXPR_SUBLINK && !l->testexpr)
		return sql_walk_columns(at->w, s->whereClause) ? SQL_SCOPE_SOME : SQL_SCOPE_ALL;
	/* IN (SELECT id FROM the same table) is every row of it. */
	return from_target(at, s) && inner == SQL_SCOPE_ALL && !s->limitCount ? SQL_SCOPE_ALL : SQL_SCOPE_SOME;
}

static enum sql_scope constant(const A_Const *c)
{
	int64_t v;
	struct str text = sql_name_literal(c);

	if (c->isnull)
		return SQL_SCOPE_NONE;
	if (number((const Node *)(const void *)c, &v))
		return v ? SQL_SCOPE_ALL : SQL_SCOPE_NONE;
	if (c->val.node.type == T_Boolean)
		return c->val.boolval.boolval ? SQL_SCOPE_ALL : SQL_SCOPE_NONE;
	if (str_eq_nocase(text, STR("f")) || str_eq_nocase(text, STR("false")) || str_eq_nocase(text, STR("off")) ||
	    str_eq_nocase(text, STR("no")) || str_eq_nocase(text, STR("n")))
		return SQL_SCOPE_NONE;
	return SQL_SCOPE_ALL;
}

static enum sql_scope boolean_test(const struct weigh *at, const BooleanTest *b)
{
	struct weigh deeper = below(at);
	enum sql_scope s = weigh(&deeper, (const Node *)(const void *)b->arg);

	switch (b->booltesttype) {
	case IS_TRUE:
		return s;
	case IS_FALSE:
		return not(s);
	case IS_NOT_TRUE:
		return s == SQL_SCOPE_SOME ? SQL_SCOPE_SOME : not(s);
	case IS_NOT_FALSE:
		return s == SQL_SCOPE_NONE ? SQL_SCOPE_NONE : s;
	case IS_UNKNOWN:
		return s == SQL_SCOPE_SOME ? SQL_SCOPE_SOME : SQL_SCOPE_NONE;
	case IS_NOT_UNKNOWN:
		return SQL_SCOPE_ALL;
	}
	return SQL_SCOPE_ALL;
}

/* A branch that is always taken as true makes the whole so. */
static enum sql_scope any_all(const struct weigh *at, const List *l)
{
	struct weigh deeper = below(at);

	SQL_EACH(i, l) {
		const Node *n = SQL_ITEM(i, l);

		if (SQL_TAG(n) == T_CaseWhen)
			n = (const Node *)(const void *)((const CaseWhen *)(const void *)n)->result;
		if (weigh(&deeper, n) == SQL_SCOPE_ALL)
			return SQL_SCOPE_ALL;
	}
	return SQL_SCOPE_SOME;
}

static enum sql_scope null_test(const NullTest *t)
{
	const Node *arg = (const Node *)(const void *)t->arg;

	if (t->nulltesttype == IS_NULL)
		return key_column(arg) ? SQL_SCOPE_NONE : SQL_SCOPE_SOME;
	return key_column(arg) || SQL_TAG(arg) != T_ColumnRef ? SQL_SCOPE_ALL : SQL_SCOPE_SOME;
}

static enum sql_scope weigh(const struct weigh *at, const Node *node)
{
	const void *n = node;

	if (!n || at->depth > MAX_DEPTH)
		return SQL_SCOPE_ALL;
	switch (SQL_TAG(n)) {
	case T_A_Const:
		return constant(n);
	case T_TypeCast: {
		struct weigh deeper = below(at);

		return weigh(&deeper, ((const TypeCast *)n)->arg);
	}
	case T_BoolExpr:
		return boolean(at, n);
	case T_A_Expr:
		return expression(at, n);
	case T_NullTest:
		return null_test(n);
	case T_BooleanTest:
		return boolean_test(at, n);
	case T_SubLink:
		return sublink(at, n);
	case T_CurrentOfExpr:
		return SQL_SCOPE_SOME;
	case T_CoalesceExpr:
		return any_all(at, ((const CoalesceExpr *)n)->args);
	case T_CaseExpr: {
		const CaseExpr *c = n;
		struct weigh deeper = below(at);

		if (c->defresult && weigh(&deeper, (const Node *)(const void *)c->defresult) == SQL_SCOPE_ALL)
			return SQL_SCOPE_ALL;
		return any_all(at, c->args);
	}
	case T_ColumnRef:
		return key_column(n) ? SQL_SCOPE_ALL : SQL_SCOPE_SOME;
	default:
		return sql_walk_columns(at->w, n) ? SQL_SCOPE_SOME : SQL_SCOPE_ALL;
	}
}

/* Conditions that only join: no part of the row is held against anything that stands in the text. */
static bool only_joins(struct sql_work *w, const Node *node)
{
	const A_Expr *e = (const A_Expr *)(const void *)node;
	const BoolExpr *b = (const BoolExpr *)(const void *)node;

	(void)w;
	if (SQL_TAG(node) == T_BoolExpr && b->boolop == AND_EXPR) {
		SQL_EACH(i, b->args) {
			const A_Expr *part = SQL_ITEM(i, b->args);

			if (SQL_TAG(part) != T_A_Expr || part->kind != AEXPR_OP || !part->lexpr || !part->rexpr ||
			    SQL_TAG(part->lexpr) != T_ColumnRef || SQL_TAG(part->rexpr) != T_ColumnRef)
				return false;
		}
		return true;
	}
	return SQL_TAG(node) == T_A_Expr && e->kind == AEXPR_OP && e->lexpr && e->rexpr && SQL_TAG(e->lexpr) == T_ColumnRef &&
	       SQL_TAG(e->rexpr) == T_ColumnRef;
}

enum sql_scope sql_where(struct sql_work *w, const Node *where, const RangeVar *target, const List *others)
{
	struct weigh at = { w, target, 0 };

	if (!where)
		return SQL_SCOPE_ALL;
	if (others && others->length && only_joins(w, where))
		return SQL_SCOPE_ALL;
	return weigh(&at, where);
}
