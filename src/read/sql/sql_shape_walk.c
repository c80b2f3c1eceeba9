/* Relations and calls of a statement, whatever nodes it is made of: by the table of all fields. */
#include "read/sql/sql_fields.h"

#define FIRST 64
#define MAX_CTES 256 /* of more, none is taken for anything but a relation: the stricter side */

struct walk {
	struct sql_work *w;
	struct sql_shape *shape;
	struct sql_relation **last_relation;
	struct sql_called **last_call;
	const void **item;
	size_t n, max;
	bool writes, with, full;
};

static void push(struct walk *k, const void *node)
{
	const void **more;

	if (!node || k->full)
		return;
	if (k->n == k->max) {
		more = ARENA_ARRAY(k->w->arena, k->max * 4, const void *);
		if (!more) {
			k->full = true;
			return;
		}
		memcpy(more, k->item, k->n * sizeof(*more));
		k->item = more;
		k->max *= 4;
	}
	k->item[k->n++] = node;
}

static void relation(struct walk *k, const RangeVar *r, enum sql_use use)
{
	struct sql_relation *to = r && r->relname ? ARENA_NEW(k->w->arena, struct sql_relation) : NULL;

	if (!to)
		return;
	to->schema = sql_name_copy(k->w, r->schemaname);
	to->name = sql_name_copy(k->w, r->relname);
	to->use = use;
	*k->last_relation = to;
	k->last_relation = &to->next;
}

/* [catalogue.][schema.]name as DROP holds it. */
static void dropped(struct walk *k, const List *names)
{
	RangeVar r = { .type = T_RangeVar };
	int n = names->length;

	if (n < 1)
		return;
	r.relname = (char *)(uintptr_t)sql_name_literal(names->elements[n - 1].ptr_value).ptr;
	if (n > 1)
		r.schemaname = (char *)(uintptr_t)sql_name_literal(names->elements[n - 2].ptr_value).ptr;
	relation(k, &r, SQL_USE_DROP);
}

static void drop(struct walk *k, const DropStmt *d)
{
	bool relations = d->removeType == OBJECT_TABLE || d->removeType == OBJECT_VIEW || d->removeType == OBJECT_MATVIEW ||
			 d->removeType == OBJECT_INDEX || d->removeType == OBJECT_SEQUENCE || d->removeType == OBJECT_FOREIGN_TABLE;
	bool parts = d->removeType == OBJECT_TRIGGER || d->removeType == OBJECT_RULE || d->removeType == OBJECT_POLICY;

	SQL_EACH(i, d->objects) {
		const List *names = SQL_ITEM(i, d->objects);
		RangeVar r = { .type = T_RangeVar };

		if (!names || SQL_TAG(names) != T_List)
			continue;
		if (relations)
			dropped(k, names);
		if (!parts || names->length < 2)
			continue;
		/* [schema.]table.trigger: the table is altered. */
		r.relname = (char *)(uintptr_t)sql_name_literal(names->elements[names->length - 2].ptr_value).ptr;
		if (names->length > 2)
			r.schemaname = (char *)(uintptr_t)sql_name_literal(names->elements[names->length - 3].ptr_value).ptr;
		relation(k, &r, SQL_USE_ALTER);
	}
}

static void call(struct walk *k, const List *name, unsigned args, bool operator)
{
	struct str schema = STR_NONE, last = STR_NONE;
	struct sql_called *to;
	bool own;

	SQL_EACH(i, name) {
		schema = last;
		last = sql_name_literal(SQL_ITEM(i, name));
	}
	own = !schema.len || str_is(schema, "pg_catalog");
	if (!last.len || (own && (operator ? sql_operator_known(last) : sql_function(last).means != SQL_MEANS_FUNCTION)))
		return;
	to = ARENA_NEW(k->w->arena, struct sql_called);
	if (!to)
		return;
	to->schema = schema.len ? arena_str(k->w->arena, schema) : STR_NONE;
	to->name = arena_str(k->w->arena, last);
	to->args = args;
	to->operator = operator;
	*k->last_call = to;
	k->last_call = &to->next;
}

static void expression(struct walk *k, const A_Expr *e)
{
	const String *op = e->name && e->name->length ? e->name->elements[0].ptr_value : NULL;

	if (!op || (e->kind != AEXPR_OP && e->kind != AEXPR_OP_ANY && e->kind != AEXPR_OP_ALL))
		return;
	if (e->name->length == 1 && op->sval[0] && !op->sval[1] && strchr("=<>+-*/", op->sval[0]))
		return;
	call(k, e->name, e->lexpr ? 2 : 1, true);
}

/* The relation that a statement changes, and how: it stands in a field of its own. */
static const RangeVar *changed(const void *n, enum sql_use *ret)
{
	switch (SQL_TAG(n)) {
	case T_InsertStmt:
		*ret = SQL_USE_INSERT;
		return ((const InsertStmt *)n)->relation;
	case T_UpdateStmt:
		*ret = SQL_USE_UPDATE;
		return ((const UpdateStmt *)n)->relation;
	case T_DeleteStmt:
		*ret = SQL_USE_DELETE;
		return ((const DeleteStmt *)n)->relation;
	case T_MergeStmt:
		/* What it does to it: also(). */
		*ret = SQL_USE_READ;
		return ((const MergeStmt *)n)->relation;
	case T_CopyStmt:
		*ret = ((const CopyStmt *)n)->is_from ? SQL_USE_INSERT : SQL_USE_READ;
		return ((const CopyStmt *)n)->relation;
	case T_IntoClause:
		*ret = SQL_USE_CREATE;
		return ((const IntoClause *)n)->rel;
	case T_CreateStmt:
		*ret = SQL_USE_CREATE;
		return ((const CreateStmt *)n)->relation;
	case T_CreateForeignTableStmt:
		*ret = SQL_USE_CREATE;
		return ((const CreateForeignTableStmt *)n)->base.relation;
	case T_ViewStmt:
		*ret = SQL_USE_CREATE;
		return ((const ViewStmt *)n)->view;
	case T_CreateSeqStmt:
		*ret = SQL_USE_CREATE;
		return ((const CreateSeqStmt *)n)->sequence;
	case T_Constraint:
		*ret = SQL_USE_REFERENCE;
		return ((const Constraint *)n)->pktable;
	default:
		return NULL;
	}
}

/* Of statements that name relations otherwise: how they use every one of them. */
static enum sql_use use_of(const Node *n)
{
	switch (SQL_TAG(n)) {
	case T_TruncateStmt:
		return SQL_USE_TRUNCATE;
	case T_LockStmt:
		return SQL_USE_LOCK;
	case T_AlterTableStmt:
	case T_RenameStmt:
	case T_AlterObjectSchemaStmt:
	case T_AlterOwnerStmt:
	case T_AlterSeqStmt:
	case T_AlterTableMoveAllStmt:
	case T_AlterPolicyStmt:
	case T_CreatePolicyStmt:
	case T_CreateTrigStmt:
	case T_RuleStmt:
	case T_IndexStmt:
	case T_ClusterStmt:
	case T_ReindexStmt:
	case T_RefreshMatViewStmt:
	case T_VacuumStmt:
	case T_GrantStmt:
	case T_CommentStmt:
	case T_SecLabelStmt:
		return SQL_USE_ALTER;
	default:
		return SQL_USE_READ;
	}
}

/* A name that WITH gives stands for that query within it, and for a relation beside it: it is told as a relation that may be none. */
static void mark_ctes(struct walk *k, const CommonTableExpr *c)
{
	for (struct sql_relation *r = k->shape->relations; r; r = r->next) {
		if (!r->schema.len && r->use == SQL_USE_READ && c->ctename && str_is(r->name, c->ctename))
			r->cte = true;
	}
}

/* What one statement does besides. */
static void also(struct walk *k, const void *n)
{
	const InsertStmt *i = n;
	const MergeStmt *m = n;
	const CreateStmt *made = n;

	if (SQL_TAG(n) == T_InsertStmt && i->onConflictClause && i->onConflictClause->action == ONCONFLICT_UPDATE)
		relation(k, i->relation, SQL_USE_UPDATE);
	if (SQL_TAG(n) == T_CreateStmt && made->partbound) {
		SQL_EACH(p, made->inhRelations)
			relation(k, SQL_ITEM(p, made->inhRelations), SQL_USE_ALTER);
	}
	if (SQL_TAG(n) != T_MergeStmt)
		return;
	SQL_EACH(c, m->mergeWhenClauses) {
		const MergeWhenClause *when = SQL_ITEM(c, m->mergeWhenClauses);

		if (when->commandType == CMD_DELETE)
			relation(k, m->relation, SQL_USE_DELETE);
		else if (when->commandType == CMD_INSERT)
			relation(k, m->relation, SQL_USE_INSERT);
		else if (when->commandType == CMD_UPDATE)
			relation(k, m->relation, SQL_USE_UPDATE);
	}
}

static void see(struct walk *k, const void *n, enum sql_use *use)
{
	const List *args;

	switch (SQL_TAG(n)) {
	case T_RangeVar:
		relation(k, n, *use);
		break;
	case T_FuncCall:
		args = ((const FuncCall *)n)->args;
		call(k, ((const FuncCall *)n)->funcname, args ? (unsigned)args->length : 0, false);
		break;
	case T_A_Expr:
		expression(k, n);
		break;
	case T_SubLink:
		if (((const SubLink *)n)->operName)
			call(k, ((const SubLink *)n)->operName, 2, true);
		break;
	case T_SortBy:
		if (((const SortBy *)n)->useOp)
			call(k, ((const SortBy *)n)->useOp, 2, true);
		break;
	case T_LockingClause:
		k->shape->locks_rows = true;
		break;
	case T_WithClause:
		k->with = true;
		break;
	case T_InsertStmt:
	case T_UpdateStmt:
	case T_DeleteStmt:
	case T_MergeStmt:
		k->writes = true;
		*use = SQL_USE_READ;
		also(k, n);
		break;
	case T_CreateStmt:
		also(k, n);
		break;
	case T_SelectStmt:
		/* Whatever a statement does to what it names, a query in it reads. */
		*use = SQL_USE_READ;
		break;
	case T_DropStmt:
		drop(k, n);
		break;
	default:
		break;
	}
}

static void push_children(struct walk *k, const void *n, const RangeVar *but)
{
	const struct sql_fields *f;
	const List *l = n;

	if (SQL_TAG(n) == T_List) {
		for (int i = l->length; i-- > 0;)
			push(k, l->elements[i].ptr_value);
		return;
	}
	/* Names of functions, operators and columns are no relations. */
	if (SQL_TAG(n) == T_A_Const || SQL_TAG(n) == T_ColumnRef || SQL_TAG(n) == T_DropStmt || SQL_TAG(n) == T_LockingClause)
		return;
	f = sql_fields(SQL_TAG(n));
	for (unsigned i = f ? f->n : 0; i-- > 0;) {
		const void *child;

		if (f->field[i].kind != SQL_FIELD_NODE)
			continue;
		memcpy(&child, (const char *)n + f->field[i].offset, sizeof(child));
		if (child != but)
			push(k, child);
	}
}

/* Once more, for the names that WITH gives: rare. */
static void ctes(struct walk *k, const Node *top)
{
	unsigned seen = 0;

	k->n = 0;
	push(k, top);
	while (k->n) {
		const Node *n = k->item[--k->n];

		if (SQL_TAG(n) == T_CommonTableExpr && seen++ < MAX_CTES)
			mark_ctes(k, (const CommonTableExpr *)(const void *)n);
		push_children(k, n, NULL);
	}
}

/* All there is to find of a plain statement was put together when it was read. */
static bool plain(struct walk *k, const Node *node)
{
	const List *l = k->w->plain_relations;
	enum sql_use how = SQL_USE_READ;
	const RangeVar *target = changed(node, &how);

	SQL_EACH(i, l)
		relation(k, SQL_ITEM(i, l), SQL_ITEM(i, l) == target ? how : SQL_USE_READ);
	return target;
}

bool sql_shape_walk(struct sql_work *w, struct sql_shape *shape, const Node *node)
{
	const void *first[FIRST];
	struct walk k = { .w = w, .shape = shape, .item = first, .max = FIRST };
	enum sql_use use = node ? use_of(node) : SQL_USE_READ;

	for (k.last_relation = &shape->relations; *k.last_relation; k.last_relation = &(*k.last_relation)->next)
		;
	for (k.last_call = &shape->calls; *k.last_call; k.last_call = &(*k.last_call)->next)
		;
	if (w->plain)
		return plain(&k, node);
	push(&k, node);
	while (k.n) {
		const void *n = k.item[--k.n];
		const RangeVar *r;
		enum sql_use how = SQL_USE_READ;

		see(&k, n, &use);
		r = changed(n, &how);
		if (r)
			relation(&k, r, how);
		push_children(&k, n, r);
	}
	if (k.with)
		ctes(&k, node);
	return k.writes;
}
