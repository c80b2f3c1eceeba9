#include "read/sql/sql_tree.h"

#include "read/sql/sql_digest.h"
#include "read/sql/sql_shape_text.h"

/* All that is not here is DDL that may run anywhere. */
struct kind {
	enum sql_class class;
	enum sql_block block;
};

static const struct kind kinds[] = {
	[T_SelectStmt] = { SQL_CLASS_READ, SQL_BLOCK_ANYWHERE },
	[T_InsertStmt] = { SQL_CLASS_WRITE, SQL_BLOCK_ANYWHERE },
	[T_UpdateStmt] = { SQL_CLASS_WRITE, SQL_BLOCK_ANYWHERE },
	[T_DeleteStmt] = { SQL_CLASS_WRITE, SQL_BLOCK_ANYWHERE },
	[T_MergeStmt] = { SQL_CLASS_WRITE, SQL_BLOCK_ANYWHERE },
	[T_ExplainStmt] = { SQL_CLASS_READ, SQL_BLOCK_ANYWHERE },
	[T_VariableShowStmt] = { SQL_CLASS_READ, SQL_BLOCK_ANYWHERE },
	[T_TransactionStmt] = { SQL_CLASS_TRANSACTION, SQL_BLOCK_ANYWHERE },
	[T_VariableSetStmt] = { SQL_CLASS_SETTING, SQL_BLOCK_ANYWHERE },
	[T_ConstraintsSetStmt] = { SQL_CLASS_SETTING, SQL_BLOCK_ONLY },
	[T_PrepareStmt] = { SQL_CLASS_PREPARED, SQL_BLOCK_ANYWHERE },
	[T_ExecuteStmt] = { SQL_CLASS_PREPARED, SQL_BLOCK_ANYWHERE },
	[T_DeallocateStmt] = { SQL_CLASS_PREPARED, SQL_BLOCK_ANYWHERE },
	[T_DeclareCursorStmt] = { SQL_CLASS_CURSOR, SQL_BLOCK_ONLY },
	[T_FetchStmt] = { SQL_CLASS_CURSOR, SQL_BLOCK_ANYWHERE },
	[T_ClosePortalStmt] = { SQL_CLASS_CURSOR, SQL_BLOCK_ANYWHERE },
	[T_CopyStmt] = { SQL_CLASS_COPY, SQL_BLOCK_ANYWHERE },
	[T_ListenStmt] = { SQL_CLASS_CHANNEL, SQL_BLOCK_ANYWHERE },
	[T_UnlistenStmt] = { SQL_CLASS_CHANNEL, SQL_BLOCK_ANYWHERE },
	[T_NotifyStmt] = { SQL_CLASS_CHANNEL, SQL_BLOCK_ANYWHERE },
	[T_CallStmt] = { SQL_CLASS_CODE, SQL_BLOCK_ANYWHERE },
	[T_DoStmt] = { SQL_CLASS_CODE, SQL_BLOCK_ANYWHERE },
	[T_VacuumStmt] = { SQL_CLASS_UTILITY, SQL_BLOCK_ANYWHERE },
	[T_ClusterStmt] = { SQL_CLASS_UTILITY, SQL_BLOCK_DEPENDS },
	[T_ReindexStmt] = { SQL_CLASS_UTILITY, SQL_BLOCK_DEPENDS },
	[T_RefreshMatViewStmt] = { SQL_CLASS_UTILITY, SQL_BLOCK_ANYWHERE },
	[T_LockStmt] = { SQL_CLASS_UTILITY, SQL_BLOCK_ONLY },
	[T_CheckPointStmt] = { SQL_CLASS_UTILITY, SQL_BLOCK_ANYWHERE },
	[T_LoadStmt] = { SQL_CLASS_UTILITY, SQL_BLOCK_ANYWHERE },
	[T_DiscardStmt] = { SQL_CLASS_UTILITY, SQL_BLOCK_ANYWHERE },
	[T_AlterSystemStmt] = { SQL_CLASS_UTILITY, SQL_BLOCK_NEVER },
	[T_CreatedbStmt] = { SQL_CLASS_DDL, SQL_BLOCK_NEVER },
	[T_DropdbStmt] = { SQL_CLASS_DDL, SQL_BLOCK_NEVER },
	[T_CreateTableSpaceStmt] = { SQL_CLASS_DDL, SQL_BLOCK_NEVER },
	[T_DropTableSpaceStmt] = { SQL_CLASS_DDL, SQL_BLOCK_NEVER },
	[T_DropSubscriptionStmt] = { SQL_CLASS_DDL, SQL_BLOCK_DEPENDS },
	[T_AlterSubscriptionStmt] = { SQL_CLASS_DDL, SQL_BLOCK_DEPENDS },
};

const char *sql_class_name(enum sql_class class)
{
	static const char *const names[] = { "unknown", "read", "write", "ddl", "transaction", "setting",
		"prepared", "cursor", "copy", "channel", "code", "utility" };

	return (size_t)class < ARRAY_LEN(names) ? names[class] : names[0];
}

static struct kind kind_of(const Node *n)
{
	unsigned tag = n ? (unsigned)SQL_TAG(n) : 0;

	if (tag < ARRAY_LEN(kinds) && kinds[tag].class != SQL_CLASS_UNKNOWN)
		return kinds[tag];
	return (struct kind){ SQL_CLASS_DDL, SQL_BLOCK_ANYWHERE };
}

static bool partition_concurrently(const AlterTableStmt *s)
{
	SQL_EACH(i, s->cmds) {
		const AlterTableCmd *c = SQL_ITEM(i, s->cmds);
		const PartitionCmd *p = (const PartitionCmd *)(const void *)c->def;

		if (c->subtype == AT_DetachPartition && p && SQL_TAG(p) == T_PartitionCmd && p->concurrent)
			return true;
	}
	return false;
}

/* What the server's PreventInTransactionBlock stands before, where it hangs on more than the kind of statement. */
static enum sql_block block_of(const void *n, enum sql_block usual)
{
	bool never = false;

	switch (SQL_TAG(n)) {
	case T_VacuumStmt:
		never = ((const VacuumStmt *)n)->is_vacuumcmd;
		break;
	case T_IndexStmt:
		never = ((const IndexStmt *)n)->concurrent;
		break;
	case T_DropStmt:
		never = ((const DropStmt *)n)->concurrent;
		break;
	case T_ReindexStmt: {
		const ReindexStmt *r = n;

		never = r->kind == REINDEX_OBJECT_SCHEMA || r->kind == REINDEX_OBJECT_SYSTEM || r->kind == REINDEX_OBJECT_DATABASE ||
			sql_name_option(r->params, "concurrently");
		break;
	}
	case T_ClusterStmt:
		never = !((const ClusterStmt *)n)->relation;
		break;
	case T_DiscardStmt:
		never = ((const DiscardStmt *)n)->target == DISCARD_ALL;
		break;
	case T_AlterDatabaseStmt:
		never = sql_name_element(((const AlterDatabaseStmt *)n)->options, "tablespace");
		break;
	case T_AlterTableStmt:
		never = partition_concurrently(n);
		break;
	case T_CreateSubscriptionStmt: {
		const List *o = ((const CreateSubscriptionStmt *)n)->options;
		bool connects = !sql_name_element(o, "connect") || sql_name_option(o, "connect");

		never = connects && (!sql_name_element(o, "create_slot") || sql_name_option(o, "create_slot"));
		break;
	}
	case T_DeclareCursorStmt:
		return ((const DeclareCursorStmt *)n)->options & CURSOR_OPT_HOLD ? SQL_BLOCK_ANYWHERE : SQL_BLOCK_ONLY;
	default:
		break;
	}
	return never ? SQL_BLOCK_NEVER : usual;
}

/* --- transactions and settings --- */

static void modes(struct sql_work *w, struct sql_shape *s, const List *options)
{
	SQL_EACH(i, options) {
		const DefElem *d = SQL_ITEM(i, options);
		const A_Const *c;
		struct str name;
		bool on;

		if (SQL_TAG(d) != T_DefElem) /* TRANSACTION SNAPSHOT 'x' */
			continue;
		c = (const A_Const *)(const void *)d->arg;
		on = c && SQL_TAG(c) == T_A_Const && c->val.node.type == T_Integer && c->val.ival.ival;
		name = str_from(d->defname);
		if (str_is(name, "transaction_read_only"))
			s->modes |= on ? SQL_MODE_READ_ONLY : SQL_MODE_READ_WRITE;
		else if (str_is(name, "transaction_deferrable") && on)
			s->modes |= SQL_MODE_DEFERRABLE;
		else if (str_is(name, "transaction_isolation")) {
			s->modes |= SQL_MODE_ISOLATION;
			s->value = arena_str(w->arena, sql_name_literal(c));
		}
	}
}

static void transaction(struct sql_work *w, struct sql_shape *s, const TransactionStmt *t)
{
	static const struct {
		enum sql_control control;
		enum sql_block block;
	} controls[] = {
		[TRANS_STMT_BEGIN] = { SQL_CONTROL_BEGIN, SQL_BLOCK_ANYWHERE },
		[TRANS_STMT_START] = { SQL_CONTROL_BEGIN, SQL_BLOCK_ANYWHERE },
		[TRANS_STMT_COMMIT] = { SQL_CONTROL_COMMIT, SQL_BLOCK_ANYWHERE },
		[TRANS_STMT_ROLLBACK] = { SQL_CONTROL_ROLLBACK, SQL_BLOCK_ANYWHERE },
		[TRANS_STMT_SAVEPOINT] = { SQL_CONTROL_SAVEPOINT, SQL_BLOCK_ONLY },
		[TRANS_STMT_RELEASE] = { SQL_CONTROL_RELEASE, SQL_BLOCK_ONLY },
		[TRANS_STMT_ROLLBACK_TO] = { SQL_CONTROL_ROLLBACK_TO, SQL_BLOCK_ONLY },
		[TRANS_STMT_PREPARE] = { SQL_CONTROL_PREPARE_TRANSACTION, SQL_BLOCK_ONLY },
		[TRANS_STMT_COMMIT_PREPARED] = { SQL_CONTROL_COMMIT_PREPARED, SQL_BLOCK_NEVER },
		[TRANS_STMT_ROLLBACK_PREPARED] = { SQL_CONTROL_ROLLBACK_PREPARED, SQL_BLOCK_NEVER },
	};

	if ((size_t)t->kind >= ARRAY_LEN(controls)) {
		s->class = SQL_CLASS_UNKNOWN;
		return;
	}
	s->control = controls[t->kind].control;
	s->block = controls[t->kind].block;
	s->chain = t->chain;
	s->name = sql_name_copy(w, t->gid ? t->gid : t->savepoint_name);
	modes(w, s, t->options);
}

static struct str values(struct sql_work *w, const List *args)
{
	struct str all = STR_NONE;

	SQL_EACH(i, args) {
		const A_Const *c = SQL_ITEM(i, args);
		struct str one = sql_name_literal(c);

		if (SQL_TAG(c) == T_A_Const && !c->isnull && c->val.node.type == T_Integer)
			one = arena_fmt(w->arena, "%d", c->val.ival.ival);
		else
			one = arena_str(w->arena, one);
		all = all.len ? arena_fmt(w->arena, "%.*s, %.*s", STR_ARG(all), STR_ARG(one)) : one;
		if (all.len > 1000)
			break;
	}
	return all;
}

static void set(struct sql_work *w, struct sql_shape *s, const VariableSetStmt *v)
{
	s->name = sql_name_copy(w, v->name);
	s->local = v->is_local;
	switch (v->kind) {
	case VAR_SET_VALUE:
	case VAR_SET_CURRENT:
		s->setting = SQL_SETTING_SET;
		s->value = values(w, v->args);
		break;
	case VAR_SET_DEFAULT:
	case VAR_RESET:
		s->setting = SQL_SETTING_RESET;
		break;
	case VAR_RESET_ALL:
		s->setting = SQL_SETTING_RESET_ALL;
		break;
	case VAR_SET_MULTI:
		s->setting = str_is(s->name, "SESSION CHARACTERISTICS") ? SQL_SETTING_SESSION_CHARACTERISTICS : SQL_SETTING_TRANSACTION;
		modes(w, s, v->args);
		break;
	}
}

/* --- what holds another statement --- */

static void holds(struct sql_work *w, struct sql_shape *s, const Node *inner)
{
	s->inner = inner ? kind_of(inner).class : SQL_CLASS_UNKNOWN;
	if (sql_shape_walk(w, s, inner) && s->inner == SQL_CLASS_READ)
		s->inner = SQL_CLASS_WRITE;
	if (inner && SQL_TAG(inner) == T_SelectStmt && ((const SelectStmt *)(const void *)inner)->intoClause)
		s->inner = SQL_CLASS_DDL;
}

static void explain(struct sql_work *w, struct sql_shape *s, const ExplainStmt *e)
{
	s->explain = true;
	holds(w, s, e->query);
	s->class = sql_name_option(e->options, "analyze") ? s->inner : SQL_CLASS_READ;
}

static void copy(struct sql_work *w, struct sql_shape *s, const CopyStmt *c)
{
	s->copy_from = c->is_from;
	s->copy_way = c->is_program ? SQL_COPY_PROGRAM : (c->filename ? SQL_COPY_FILE : SQL_COPY_CLIENT);
	s->name = sql_name_copy(w, c->filename);
	if (c->query)
		holds(w, s, c->query);
	else
		sql_shape_walk(w, s, (const Node *)(const void *)c);
}

static bool session(struct sql_work *w, struct sql_shape *s, const void *n)
{
	switch (SQL_TAG(n)) {
	case T_FetchStmt:
		s->cursor = ((const FetchStmt *)n)->ismove ? SQL_CURSOR_MOVE : SQL_CURSOR_FETCH;
		s->name = sql_name_copy(w, ((const FetchStmt *)n)->portalname);
		return true;
	case T_ClosePortalStmt:
		s->cursor = SQL_CURSOR_CLOSE;
		s->name = sql_name_copy(w, ((const ClosePortalStmt *)n)->portalname);
		s->all = !s->name.len;
		return true;
	case T_DeallocateStmt:
		s->prepared = SQL_PREPARED_DEALLOCATE;
		s->name = sql_name_copy(w, ((const DeallocateStmt *)n)->name);
		s->all = !s->name.len;
		return true;
	case T_ListenStmt:
		s->name = sql_name_copy(w, ((const ListenStmt *)n)->conditionname);
		return true;
	case T_UnlistenStmt:
		s->name = sql_name_copy(w, ((const UnlistenStmt *)n)->conditionname);
		s->all = !s->name.len;
		return true;
	case T_NotifyStmt:
		s->name = sql_name_copy(w, ((const NotifyStmt *)n)->conditionname);
		s->value = sql_name_copy(w, ((const NotifyStmt *)n)->payload);
		return true;
	case T_VariableShowStmt:
		s->setting = SQL_SETTING_SHOW;
		s->name = sql_name_copy(w, ((const VariableShowStmt *)n)->name);
		return true;
	case T_VariableSetStmt:
		set(w, s, n);
		return true;
	case T_ConstraintsSetStmt:
		s->setting = SQL_SETTING_CONSTRAINTS;
		s->value = ((const ConstraintsSetStmt *)n)->deferred ? STR("deferred") : STR("immediate");
		return true;
	case T_TransactionStmt:
		transaction(w, s, n);
		return true;
	default:
		return false;
	}
}

static bool holder(struct sql_work *w, const struct sql_statement *st, struct sql_shape *s, const void *n)
{
	switch (SQL_TAG(n)) {
	case T_ExplainStmt:
		explain(w, s, n);
		return true;
	case T_CopyStmt:
		copy(w, s, n);
		return true;
	case T_PrepareStmt:
		s->prepared = SQL_PREPARED_PREPARE;
		s->name = sql_name_copy(w, ((const PrepareStmt *)n)->name);
		s->inner_text = sql_shape_behind(st, "as");
		holds(w, s, ((const PrepareStmt *)n)->query);
		return true;
	case T_DeclareCursorStmt:
		s->cursor = SQL_CURSOR_DECLARE;
		s->name = sql_name_copy(w, ((const DeclareCursorStmt *)n)->portalname);
		s->hold = ((const DeclareCursorStmt *)n)->options & CURSOR_OPT_HOLD;
		holds(w, s, ((const DeclareCursorStmt *)n)->query);
		return true;
	case T_ExecuteStmt:
		s->prepared = SQL_PREPARED_EXECUTE;
		s->name = sql_name_copy(w, ((const ExecuteStmt *)n)->name);
		sql_shape_walk(w, s, n);
		return true;
	default:
		return false;
	}
}

static void target(struct sql_work *w, struct sql_shape *s, const RangeVar *r)
{
	s->target.schema = sql_name_copy(w, r->schemaname);
	s->target.name = sql_name_copy(w, r->relname);
	s->target.alias = sql_name_copy(w, r->alias ? r->alias->aliasname : NULL);
}

static void rest(struct sql_work *w, struct sql_shape *s, const void *n)
{
	const UpdateStmt *u = n;
	const DeleteStmt *d = n;
	bool writes = sql_shape_walk(w, s, n);

	switch (SQL_TAG(n)) {
	case T_SelectStmt:
		if (((const SelectStmt *)n)->intoClause)
			s->class = SQL_CLASS_DDL;
		else if (writes)
			s->class = SQL_CLASS_WRITE;
		break;
	case T_UpdateStmt:
		s->target = (struct sql_target){ .has_where = u->whereClause, .others = u->fromClause, .returning = u->returningList,
			.with = u->withClause };
		target(w, s, u->relation);
		break;
	case T_DeleteStmt:
		s->target = (struct sql_target){ .has_where = d->whereClause, .others = d->usingClause, .returning = d->returningList,
			.with = d->withClause };
		target(w, s, d->relation);
		break;
	case T_DropStmt:
		s->cascade = ((const DropStmt *)n)->behavior == DROP_CASCADE;
		s->if_exists = ((const DropStmt *)n)->missing_ok;
		break;
	case T_TruncateStmt:
		s->cascade = ((const TruncateStmt *)n)->behavior == DROP_CASCADE;
		break;
	case T_DropdbStmt:
		s->if_exists = ((const DropdbStmt *)n)->missing_ok;
		break;
	case T_AlterEnumStmt:
		s->adds_enum_value = !((const AlterEnumStmt *)n)->oldVal;
		break;
	default:
		break;
	}
}

const struct sql_shape *sql_shape_read(struct sql_work *w, const struct sql_statement *st, const Node *node)
{
	struct sql_shape *s = ARENA_NEW(w->arena, struct sql_shape);
	struct kind k = kind_of(node);

	if (!s)
		return NULL;
	s->class = str_is(st->verb, "?") ? SQL_CLASS_UNKNOWN : k.class;
	s->block = block_of(node, k.block);
	if (!session(w, s, node) && !holder(w, st, s, node))
		rest(w, s, node);
	if (w->in->fingerprint)
		s->has_fingerprint = sql_digest(w->arena, node, false, &s->fingerprint);
	return w->arena->full ? NULL : s;
}
