#include "read/sql/sql_tree.h"

/* Where the children of a node stand. A node that is not listed is one we do not know. Names, types and definitions of
 * columns that run nothing are left out on purpose. */
#define SHAPE_MAX 16
struct shape {
	bool known;
	unsigned char n;
	unsigned short child[SHAPE_MAX];
};

#define AT(node, field) offsetof(node, field)
#define SHAPE0(node) [T_##node] = { true, 0, { 0 } }
#define SHAPE1(node, a) [T_##node] = { true, 1, { AT(node, a) } }
#define SHAPE2(node, a, b) [T_##node] = { true, 2, { AT(node, a), AT(node, b) } }
#define SHAPE3(node, a, b, c) [T_##node] = { true, 3, { AT(node, a), AT(node, b), AT(node, c) } }
#define SHAPE4(node, a, b, c, d) [T_##node] = { true, 4, { AT(node, a), AT(node, b), AT(node, c), AT(node, d) } }
#define SHAPE5(node, a, b, c, d, e) [T_##node] = { true, 5, { AT(node, a), AT(node, b), AT(node, c), AT(node, d), AT(node, e) } }
#define SHAPE6(node, a, b, c, d, e, f)                                                                                \
	[T_##node] = { true, 6, { AT(node, a), AT(node, b), AT(node, c), AT(node, d), AT(node, e), AT(node, f) } }

static const struct shape shapes[] = {
	SHAPE0(RangeVar),
	SHAPE2(SubLink, testexpr, subselect),
	SHAPE1(BoolExpr, args),
	SHAPE3(CaseExpr, arg, args, defresult),
	SHAPE2(CaseWhen, expr, result),
	SHAPE1(CoalesceExpr, args),
	SHAPE1(MinMaxExpr, args),
	SHAPE0(SQLValueFunction),
	SHAPE3(XmlExpr, named_args, arg_names, args),
	SHAPE1(NullTest, arg),
	SHAPE1(BooleanTest, arg),
	SHAPE0(SetToDefault),
	SHAPE0(CurrentOfExpr),
	SHAPE1(NamedArgExpr, arg),
	SHAPE1(RowExpr, args),
	SHAPE1(GroupingFunc, args),
	SHAPE3(JoinExpr, larg, rarg, quals),
	SHAPE1(IntoClause, options),
	SHAPE0(Alias),
	SHAPE2(A_Expr, lexpr, rexpr),
	SHAPE0(ColumnRef),
	SHAPE0(ParamRef),
	SHAPE0(A_Const),
	SHAPE4(FuncCall, args, agg_order, agg_filter, over),
	SHAPE0(A_Star),
	SHAPE2(A_Indices, lidx, uidx),
	SHAPE2(A_Indirection, arg, indirection),
	SHAPE1(A_ArrayExpr, elements),
	SHAPE2(ResTarget, indirection, val),
	SHAPE1(MultiAssignRef, source),
	SHAPE1(TypeCast, arg),
	SHAPE1(CollateClause, arg),
	SHAPE1(SortBy, node),
	SHAPE4(WindowDef, partitionClause, orderClause, startOffset, endOffset),
	SHAPE1(RangeSubselect, subquery),
	SHAPE1(RangeFunction, functions),
	SHAPE3(RangeTableSample, relation, args, repeatable),
	SHAPE4(RangeTableFunc, docexpr, rowexpr, namespaces, columns),
	SHAPE2(RangeTableFuncCol, colexpr, coldefexpr),
	SHAPE0(TypeName),
	SHAPE6(ColumnDef, raw_default, cooked_default, identitySequence, collClause, constraints, fdwoptions),
	SHAPE2(IndexElem, expr, opclassopts),
	SHAPE1(GroupingSet, content),
	SHAPE1(XmlSerialize, expr),
	SHAPE1(WithClause, ctes),
	SHAPE2(InferClause, indexElems, whereClause),
	SHAPE3(OnConflictClause, infer, targetList, whereClause),
	SHAPE0(CTESearchClause),
	SHAPE2(CTECycleClause, cycle_mark_value, cycle_mark_default),
	SHAPE3(CommonTableExpr, ctequery, search_clause, cycle_clause),
	SHAPE3(MergeWhenClause, condition, targetList, values),
	SHAPE0(LockingClause),
	SHAPE6(InsertStmt, cols, relation, selectStmt, onConflictClause, returningList, withClause),
	SHAPE6(UpdateStmt, relation, targetList, whereClause, fromClause, returningList, withClause),
	SHAPE5(DeleteStmt, relation, usingClause, whereClause, returningList, withClause),
	SHAPE5(MergeStmt, relation, sourceRelation, joinCondition, mergeWhenClauses, withClause),
	SHAPE1(ReturnStmt, returnval),
	SHAPE2(PLAssignStmt, indirection, val),
	SHAPE1(DefElem, arg),
	SHAPE1(RawStmt, stmt),
	[T_SelectStmt] = { true, 16, { AT(SelectStmt, targetList), AT(SelectStmt, fromClause), AT(SelectStmt, whereClause),
		AT(SelectStmt, distinctClause), AT(SelectStmt, intoClause), AT(SelectStmt, groupClause),
		AT(SelectStmt, havingClause), AT(SelectStmt, windowClause), AT(SelectStmt, valuesLists), AT(SelectStmt, sortClause),
		AT(SelectStmt, limitOffset), AT(SelectStmt, limitCount), AT(SelectStmt, lockingClause), AT(SelectStmt, withClause),
		AT(SelectStmt, larg), AT(SelectStmt, rarg) } },
	SHAPE0(Integer),
	SHAPE0(Float),
	SHAPE0(Boolean),
	SHAPE0(String),
	SHAPE0(BitString),
	SHAPE0(IntList),
	SHAPE0(OidList),
};

struct item {
	const Node *node;
	size_t depth;
};

/* What is still to be looked at: on the stack at first, then in the arena. */
struct pile {
	struct arena *arena;
	struct item *item;
	size_t n, max;
	bool full;
};

#define PILE_FIRST 48

static void push(struct pile *p, const void *node, size_t depth)
{
	struct item *more;

	if (!node || p->full)
		return;
	if (p->n == p->max) {
		more = ARENA_ARRAY(p->arena, p->max * 4, struct item);
		if (!more) {
			p->full = true;
			return;
		}
		memcpy(more, p->item, p->n * sizeof(*more));
		p->item = more;
		p->max *= 4;
	}
	p->item[p->n].node = node;
	p->item[p->n++].depth = depth;
}

/* Children in reverse, so that they come off the pile in the order they are written. False for a node we do not know. */
static bool push_children(struct pile *p, const struct item *it)
{
	unsigned tag = (unsigned)SQL_TAG(it->node);
	const List *l = (const List *)(const void *)it->node;

	if (tag == T_List) {
		for (int i = l->length; i-- > 0;)
			push(p, l->elements[i].ptr_value, it->depth + 1);
		return true;
	}
	if (tag >= ARRAY_LEN(shapes) || !shapes[tag].known)
		return false;
	for (unsigned i = shapes[tag].n; i-- > 0;) {
		const void *child;

		memcpy(&child, (const char *)it->node + shapes[tag].child[i], sizeof(child));
		push(p, child, it->depth + 1);
	}
	return true;
}

static void see_select(struct sql_work *w, const SelectStmt *s)
{
	struct str setting = sql_catalogs_setting(s, &w->setting_call);

	if (setting.len)
		sql_call_set_config(w, setting);
	if (s->lockingClause)
		sql_note_plain(w, SQL_MEANS_ROW_LOCK, "rows", STR_NONE);
	if (s->intoClause && s->intoClause->rel && s->intoClause->rel->relpersistence != 't' && !w->block && !w->no_rows)
		sql_note_plain(w, SQL_MEANS_CREATE, "table", sql_name(w, s->intoClause->rel));
}

static void see_expr(struct sql_work *w, const A_Expr *e)
{
	const String *op;

	/* The others are of the language, or stand for an operator of its own. */
	if (!e->name || e->name->length == 0 || (e->kind != AEXPR_OP && e->kind != AEXPR_OP_ANY && e->kind != AEXPR_OP_ALL))
		return;
	op = e->name->elements[0].ptr_value;
	if (e->name->length == 1 && op->sval[0] && !op->sval[1] && strchr("=<>+-*/", op->sval[0]))
		return;
	sql_call_operator(w, e->name);
}

/* What the node itself does; what lies below it is looked at anyway. */
static void see(struct sql_work *w, const Node *n)
{
	const void *node = n;

	switch (SQL_TAG(node)) {
	case T_SelectStmt:
		see_select(w, node);
		break;
	case T_InsertStmt:
		sql_dml_insert(w, node);
		break;
	case T_UpdateStmt:
		sql_dml_update(w, node);
		break;
	case T_DeleteStmt:
		sql_dml_delete(w, node);
		break;
	case T_MergeStmt:
		sql_dml_merge(w, node);
		break;
	case T_RangeVar:
		sql_dml_relation(w, node, false);
		break;
	case T_FuncCall:
		if (node != w->setting_call)
			sql_call(w, node);
		break;
	case T_A_Expr:
		see_expr(w, node);
		break;
	case T_SubLink:
		sql_call_operator(w, ((const SubLink *)node)->operName);
		break;
	case T_SortBy:
		sql_call_operator(w, ((const SortBy *)node)->useOp);
		break;
	case T_RangeTableSample: {
		struct str method = sql_name_list(w, ((const RangeTableSample *)node)->method);

		if (!str_is(method, "system") && !str_is(method, "bernoulli"))
			sql_note_plain(w, SQL_MEANS_FUNCTION, "function", method);
		break;
	}
	default:
		break;
	}
}

void sql_walk(struct sql_work *w, const void *node)
{
	struct item first[PILE_FIRST];
	struct pile p = { .arena = w->arena, .item = first, .max = PILE_FIRST };
	bool deep = false;

	push(&p, node, 0);
	while (p.n) {
		struct item it = p.item[--p.n];

		if (it.depth > SQL_MAX_DEPTH) {
			deep = true;
			continue;
		}
		if (SQL_TAG(it.node) != T_RangeVar || !sql_catalogs_public(w, (const RangeVar *)(const void *)it.node, node))
			see(w, it.node);
		if (!push_children(&p, &it))
			sql_note_plain(w, SQL_MEANS_UNREAD, "node",
				       arena_fmt(w->arena, "a part of kind %d", (int)SQL_TAG(it.node)));
	}
	if (deep || p.full)
		sql_note_plain(w, SQL_MEANS_TOO_MUCH, "text", STR("nested too deep"));
}

void sql_walk_plain(struct sql_work *w, const void *node)
{
	const List *l = w->plain_relations;

	see(w, node);
	SQL_EACH(i, l) {
		if (!sql_catalogs_public(w, SQL_ITEM(i, l), node))
			see(w, SQL_ITEM(i, l));
	}
}

bool sql_walk_any(struct sql_work *w, const void *node, bool (*is)(const void *node, void *ctx), void *ctx)
{
	struct item first[PILE_FIRST];
	struct pile p = { .arena = w->arena, .item = first, .max = PILE_FIRST };

	push(&p, node, 0);
	while (p.n) {
		struct item it = p.item[--p.n];

		if (is(it.node, ctx))
			return true;
		if (it.depth <= SQL_MAX_DEPTH)
			push_children(&p, &it);
	}
	return p.full;
}

static bool is_column(const void *node, void *ctx)
{
	(void)ctx;
	return SQL_TAG(node) == T_ColumnRef || SQL_TAG(node) == T_CurrentOfExpr;
}

bool sql_walk_columns(struct sql_work *w, const void *node)
{
	return sql_walk_any(w, node, is_column, NULL);
}
