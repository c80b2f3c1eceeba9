#include "read/sql/sql_tree.h"

/* Where a statement keeps the name of what it is about. */
enum named { NAMED_NONE, NAMED_TEXT, NAMED_RELATION, NAMED_LIST, NAMED_OBJECT };

struct row {
	const char *verb;
	enum sql_meaning means;
	const char *type;
	enum named named;
	size_t offset;
};

#define NONE NAMED_NONE, 0
#define TEXT(node, field) NAMED_TEXT, offsetof(node, field)
#define RELATION(node, field) NAMED_RELATION, offsetof(node, field)
#define LIST(node, field) NAMED_LIST, offsetof(node, field)
#define OBJECT(node, field) NAMED_OBJECT, offsetof(node, field)

/* Statements whose meaning does not hang on what they hold. Those with a function of their own, below, have a verb alone. */
static const struct row rows[] = {
	[T_SelectStmt] = { "SELECT", SQL_MEANS_READ, "", NONE },
	[T_InsertStmt] = { "INSERT", SQL_MEANS_READ, "", NONE },
	[T_UpdateStmt] = { "UPDATE", SQL_MEANS_READ, "", NONE },
	[T_DeleteStmt] = { "DELETE", SQL_MEANS_READ, "", NONE },
	[T_MergeStmt] = { "MERGE", SQL_MEANS_READ, "", NONE },
	[T_AlterTableStmt] = { "ALTER TABLE", SQL_MEANS_READ, "", NONE },
	[T_DropStmt] = { "DROP", SQL_MEANS_READ, "", NONE },
	[T_RenameStmt] = { "RENAME", SQL_MEANS_READ, "", NONE },
	[T_TruncateStmt] = { "TRUNCATE", SQL_MEANS_READ, "", NONE },
	[T_CopyStmt] = { "COPY", SQL_MEANS_READ, "", NONE },
	[T_CreateFunctionStmt] = { "CREATE FUNCTION", SQL_MEANS_READ, "", NONE },
	[T_DoStmt] = { "DO", SQL_MEANS_READ, "", NONE },
	[T_PrepareStmt] = { "PREPARE", SQL_MEANS_READ, "", NONE },
	[T_ExecuteStmt] = { "EXECUTE", SQL_MEANS_READ, "", NONE },
	[T_ExplainStmt] = { "EXPLAIN", SQL_MEANS_READ, "", NONE },
	[T_VariableSetStmt] = { "SET", SQL_MEANS_READ, "", NONE },
	[T_TransactionStmt] = { "TRANSACTION", SQL_MEANS_READ, "", NONE },
	[T_CreateStmt] = { "CREATE TABLE", SQL_MEANS_READ, "", NONE },
	[T_CreateTableAsStmt] = { "CREATE TABLE AS", SQL_MEANS_READ, "", NONE },
	[T_DeclareCursorStmt] = { "DECLARE", SQL_MEANS_READ, "", NONE },
	[T_CallStmt] = { "CALL", SQL_MEANS_READ, "", NONE },
	[T_ViewStmt] = { "CREATE VIEW", SQL_MEANS_READ, "", NONE },
	[T_RuleStmt] = { "CREATE RULE", SQL_MEANS_READ, "", NONE },
	[T_VacuumStmt] = { "VACUUM", SQL_MEANS_READ, "", NONE },
	[T_AlterSeqStmt] = { "ALTER SEQUENCE", SQL_MEANS_READ, "", NONE },
	[T_GrantStmt] = { "GRANT", SQL_MEANS_READ, "", NONE },
	[T_CreateSchemaStmt] = { "CREATE SCHEMA", SQL_MEANS_READ, "", NONE },
	[T_CreateForeignTableStmt] = { "CREATE FOREIGN TABLE", SQL_MEANS_READ, "", NONE },
	[T_AlterEventTrigStmt] = { "ALTER EVENT TRIGGER", SQL_MEANS_READ, "", NONE },
	[T_ReturnStmt] = { "RETURN", SQL_MEANS_READ, "", NONE },
	/* Harmless. */
	[T_ClosePortalStmt] = { "CLOSE", SQL_MEANS_READ, "", NONE },
	[T_FetchStmt] = { "FETCH", SQL_MEANS_READ, "", NONE },
	[T_NotifyStmt] = { "NOTIFY", SQL_MEANS_READ, "", NONE },
	[T_ListenStmt] = { "LISTEN", SQL_MEANS_READ, "", NONE },
	[T_UnlistenStmt] = { "UNLISTEN", SQL_MEANS_READ, "", NONE },
	[T_VariableShowStmt] = { "SHOW", SQL_MEANS_READ, "", NONE },
	[T_DiscardStmt] = { "DISCARD", SQL_MEANS_READ, "", NONE },
	[T_ConstraintsSetStmt] = { "SET CONSTRAINTS", SQL_MEANS_READ, "", NONE },
	[T_CheckPointStmt] = { "CHECKPOINT", SQL_MEANS_READ, "", NONE },
	[T_DeallocateStmt] = { "DEALLOCATE", SQL_MEANS_READ, "", NONE },
	/* Makes something. */
	[T_IndexStmt] = { "CREATE INDEX", SQL_MEANS_CREATE, "index", RELATION(IndexStmt, relation) },
	[T_CreateSeqStmt] = { "CREATE SEQUENCE", SQL_MEANS_READ, "", NONE },
	[T_CreateDomainStmt] = { "CREATE DOMAIN", SQL_MEANS_CREATE, "domain", LIST(CreateDomainStmt, domainname) },
	[T_CreatedbStmt] = { "CREATE DATABASE", SQL_MEANS_CREATE, "database", TEXT(CreatedbStmt, dbname) },
	[T_CompositeTypeStmt] = { "CREATE TYPE", SQL_MEANS_CREATE, "type", RELATION(CompositeTypeStmt, typevar) },
	[T_CreateEnumStmt] = { "CREATE TYPE", SQL_MEANS_CREATE, "type", LIST(CreateEnumStmt, typeName) },
	[T_CreateRangeStmt] = { "CREATE TYPE", SQL_MEANS_CREATE, "type", LIST(CreateRangeStmt, typeName) },
	[T_CreateStatsStmt] = { "CREATE STATISTICS", SQL_MEANS_CREATE, "statistics",
		LIST(CreateStatsStmt, defnames) },
	[T_CreateConversionStmt] = { "CREATE CONVERSION", SQL_MEANS_TRIGGER, "conversion",
		LIST(CreateConversionStmt, conversion_name) },
	[T_CreateCastStmt] = { "CREATE CAST", SQL_MEANS_TRIGGER, "cast", OBJECT(CreateCastStmt, sourcetype) },
	[T_CreateTransformStmt] = { "CREATE TRANSFORM", SQL_MEANS_TRIGGER, "transform",
		OBJECT(CreateTransformStmt, type_name) },
	[T_CreateOpClassStmt] = { "CREATE OPERATOR CLASS", SQL_MEANS_TRIGGER, "operator class",
		LIST(CreateOpClassStmt, opclassname) },
	[T_CreateOpFamilyStmt] = { "CREATE OPERATOR FAMILY", SQL_MEANS_CREATE, "operator family",
		LIST(CreateOpFamilyStmt, opfamilyname) },
	[T_DefineStmt] = { "CREATE", SQL_MEANS_TRIGGER, "definition", LIST(DefineStmt, defnames) },
	[T_CreateAmStmt] = { "CREATE ACCESS METHOD", SQL_MEANS_EXTENSION, "access method",
		TEXT(CreateAmStmt, amname) },
	[T_CreatePLangStmt] = { "CREATE LANGUAGE", SQL_MEANS_EXTENSION, "language", TEXT(CreatePLangStmt, plname) },
	[T_CreateExtensionStmt] = { "CREATE EXTENSION", SQL_MEANS_EXTENSION, "extension",
		TEXT(CreateExtensionStmt, extname) },
	[T_LoadStmt] = { "LOAD", SQL_MEANS_PROGRAM, "library", TEXT(LoadStmt, filename) },
	[T_CreateTableSpaceStmt] = { "CREATE TABLESPACE", SQL_MEANS_SERVER_FILE, "tablespace",
		TEXT(CreateTableSpaceStmt, tablespacename) },
	[T_CreateTrigStmt] = { "CREATE TRIGGER", SQL_MEANS_TRIGGER, "trigger", TEXT(CreateTrigStmt, trigname) },
	[T_CreateEventTrigStmt] = { "CREATE EVENT TRIGGER", SQL_MEANS_TRIGGER, "event trigger",
		TEXT(CreateEventTrigStmt, trigname) },
	/* Other servers. */
	[T_CreateFdwStmt] = { "CREATE FOREIGN DATA WRAPPER", SQL_MEANS_NETWORK, "foreign data wrapper",
		TEXT(CreateFdwStmt, fdwname) },
	[T_AlterFdwStmt] = { "ALTER FOREIGN DATA WRAPPER", SQL_MEANS_NETWORK, "foreign data wrapper",
		TEXT(AlterFdwStmt, fdwname) },
	[T_CreateForeignServerStmt] = { "CREATE SERVER", SQL_MEANS_NETWORK, "server",
		TEXT(CreateForeignServerStmt, servername) },
	[T_AlterForeignServerStmt] = { "ALTER SERVER", SQL_MEANS_NETWORK, "server",
		TEXT(AlterForeignServerStmt, servername) },
	[T_CreateUserMappingStmt] = { "CREATE USER MAPPING", SQL_MEANS_PRIVILEGES, "user mapping",
		TEXT(CreateUserMappingStmt, servername) },
	[T_AlterUserMappingStmt] = { "ALTER USER MAPPING", SQL_MEANS_PRIVILEGES, "user mapping",
		TEXT(AlterUserMappingStmt, servername) },
	[T_DropUserMappingStmt] = { "DROP USER MAPPING", SQL_MEANS_DROP_CODE, "user mapping",
		TEXT(DropUserMappingStmt, servername) },
	[T_ImportForeignSchemaStmt] = { "IMPORT FOREIGN SCHEMA", SQL_MEANS_NETWORK, "schema",
		TEXT(ImportForeignSchemaStmt, local_schema) },
	/* Definitions that change. */
	[T_AlterDomainStmt] = { "ALTER DOMAIN", SQL_MEANS_ALTER, "domain", LIST(AlterDomainStmt, typeName) },
	[T_AlterEnumStmt] = { "ALTER TYPE", SQL_MEANS_ALTER, "type", LIST(AlterEnumStmt, typeName) },
	[T_AlterTypeStmt] = { "ALTER TYPE", SQL_MEANS_ALTER, "type", LIST(AlterTypeStmt, typeName) },
	[T_AlterFunctionStmt] = { "ALTER FUNCTION", SQL_MEANS_PRIVILEGES, "function",
		OBJECT(AlterFunctionStmt, func) },
	[T_AlterOperatorStmt] = { "ALTER OPERATOR", SQL_MEANS_ALTER, "operator",
		OBJECT(AlterOperatorStmt, opername) },
	[T_AlterOpFamilyStmt] = { "ALTER OPERATOR FAMILY", SQL_MEANS_TRIGGER, "operator family",
		LIST(AlterOpFamilyStmt, opfamilyname) },
	[T_AlterTSDictionaryStmt] = { "ALTER TEXT SEARCH DICTIONARY", SQL_MEANS_ALTER, "text search dictionary",
		LIST(AlterTSDictionaryStmt, dictname) },
	[T_AlterTSConfigurationStmt] = { "ALTER TEXT SEARCH CONFIGURATION", SQL_MEANS_ALTER, "text search configuration",
		LIST(AlterTSConfigurationStmt, cfgname) },
	[T_AlterStatsStmt] = { "ALTER STATISTICS", SQL_MEANS_ALTER, "statistics", LIST(AlterStatsStmt, defnames) },
	[T_AlterCollationStmt] = { "ALTER COLLATION", SQL_MEANS_ALTER, "collation",
		LIST(AlterCollationStmt, collname) },
	[T_AlterExtensionStmt] = { "ALTER EXTENSION", SQL_MEANS_EXTENSION, "extension",
		TEXT(AlterExtensionStmt, extname) },
	[T_AlterExtensionContentsStmt] = { "ALTER EXTENSION", SQL_MEANS_EXTENSION, "extension",
		TEXT(AlterExtensionContentsStmt, extname) },
	[T_AlterTableMoveAllStmt] = { "ALTER ALL IN TABLESPACE", SQL_MEANS_REWRITE, "tablespace",
		TEXT(AlterTableMoveAllStmt, orig_tablespacename) },
	[T_AlterTableSpaceOptionsStmt] = { "ALTER TABLESPACE", SQL_MEANS_SERVER, "tablespace",
		TEXT(AlterTableSpaceOptionsStmt, tablespacename) },
	[T_AlterObjectDependsStmt] = { "ALTER DEPENDS", SQL_MEANS_ALTER, "object",
		OBJECT(AlterObjectDependsStmt, object) },
	[T_AlterObjectSchemaStmt] = { "ALTER SET SCHEMA", SQL_MEANS_RENAME, "object",
		RELATION(AlterObjectSchemaStmt, relation) },
	[T_CommentStmt] = { "COMMENT", SQL_MEANS_ALTER, "comment", OBJECT(CommentStmt, object) },
	[T_ClusterStmt] = { "CLUSTER", SQL_MEANS_REWRITE, "table", RELATION(ClusterStmt, relation) },
	[T_ReindexStmt] = { "REINDEX", SQL_MEANS_REWRITE, "index", RELATION(ReindexStmt, relation) },
	[T_RefreshMatViewStmt] = { "REFRESH MATERIALIZED VIEW", SQL_MEANS_REWRITE, "materialized view",
		RELATION(RefreshMatViewStmt, relation) },
	[T_LockStmt] = { "LOCK", SQL_MEANS_READ, "", NONE },
	/* Who may what. */
	[T_GrantRoleStmt] = { "GRANT", SQL_MEANS_PRIVILEGES, "role", NONE },
	[T_AlterDefaultPrivilegesStmt] = { "ALTER DEFAULT PRIVILEGES", SQL_MEANS_PRIVILEGES, "privileges", NONE },
	[T_CreateRoleStmt] = { "CREATE ROLE", SQL_MEANS_PRIVILEGES, "role", TEXT(CreateRoleStmt, role) },
	[T_AlterRoleStmt] = { "ALTER ROLE", SQL_MEANS_PRIVILEGES, "role", OBJECT(AlterRoleStmt, role) },
	[T_AlterRoleSetStmt] = { "ALTER ROLE", SQL_MEANS_PRIVILEGES, "role", OBJECT(AlterRoleSetStmt, role) },
	[T_DropRoleStmt] = { "DROP ROLE", SQL_MEANS_PRIVILEGES, "role", LIST(DropRoleStmt, roles) },
	[T_AlterOwnerStmt] = { "ALTER OWNER", SQL_MEANS_PRIVILEGES, "object", OBJECT(AlterOwnerStmt, object) },
	[T_ReassignOwnedStmt] = { "REASSIGN OWNED", SQL_MEANS_PRIVILEGES, "role",
		OBJECT(ReassignOwnedStmt, newrole) },
	[T_SecLabelStmt] = { "SECURITY LABEL", SQL_MEANS_PRIVILEGES, "label", OBJECT(SecLabelStmt, object) },
	[T_CreatePolicyStmt] = { "CREATE POLICY", SQL_MEANS_PRIVILEGES, "policy",
		TEXT(CreatePolicyStmt, policy_name) },
	[T_AlterPolicyStmt] = { "ALTER POLICY", SQL_MEANS_PRIVILEGES, "policy", TEXT(AlterPolicyStmt, policy_name) },
	/* The server. */
	[T_AlterSystemStmt] = { "ALTER SYSTEM", SQL_MEANS_SERVER, "server", NONE },
	[T_AlterDatabaseStmt] = { "ALTER DATABASE", SQL_MEANS_SERVER, "database", TEXT(AlterDatabaseStmt, dbname) },
	[T_AlterDatabaseSetStmt] = { "ALTER DATABASE", SQL_MEANS_SERVER, "database",
		TEXT(AlterDatabaseSetStmt, dbname) },
	[T_AlterDatabaseRefreshCollStmt] = { "ALTER DATABASE", SQL_MEANS_SERVER, "database",
		TEXT(AlterDatabaseRefreshCollStmt, dbname) },
	[T_CreatePublicationStmt] = { "CREATE PUBLICATION", SQL_MEANS_REPLICATION, "publication",
		TEXT(CreatePublicationStmt, pubname) },
	[T_AlterPublicationStmt] = { "ALTER PUBLICATION", SQL_MEANS_REPLICATION, "publication",
		TEXT(AlterPublicationStmt, pubname) },
	[T_CreateSubscriptionStmt] = { "CREATE SUBSCRIPTION", SQL_MEANS_REPLICATION, "subscription",
		TEXT(CreateSubscriptionStmt, subname) },
	[T_AlterSubscriptionStmt] = { "ALTER SUBSCRIPTION", SQL_MEANS_REPLICATION, "subscription",
		TEXT(AlterSubscriptionStmt, subname) },
	/* What goes. */
	[T_DropdbStmt] = { "DROP DATABASE", SQL_MEANS_DROP, "database", TEXT(DropdbStmt, dbname) },
	[T_DropTableSpaceStmt] = { "DROP TABLESPACE", SQL_MEANS_DROP, "tablespace",
		TEXT(DropTableSpaceStmt, tablespacename) },
	[T_DropOwnedStmt] = { "DROP OWNED", SQL_MEANS_DROP, "owned", LIST(DropOwnedStmt, roles) },
	[T_DropSubscriptionStmt] = { "DROP SUBSCRIPTION", SQL_MEANS_REPLICATION_DROP, "subscription",
		TEXT(DropSubscriptionStmt, subname) },
};

static const struct row *row_of(const Node *node)
{
	unsigned tag = (unsigned)SQL_TAG(node);

	return tag < ARRAY_LEN(rows) && rows[tag].verb ? &rows[tag] : NULL;
}

static struct str roles(struct sql_work *w, const List *l)
{
	struct str all = STR_NONE;

	SQL_EACH(i, l) {
		struct str one = sql_name_object(w, SQL_ITEM(i, l));

		if (i_i < 8)
			all = all.len ? arena_fmt(w->arena, "%.*s, %.*s", STR_ARG(all), STR_ARG(one)) : one;
	}
	return all;
}

static struct str name_of(struct sql_work *w, const Node *node, const struct row *r)
{
	const void *field;

	memcpy(&field, (const char *)node + r->offset, sizeof(field));
	switch (r->named) {
	case NAMED_NONE:
		return STR_NONE;
	case NAMED_TEXT:
		return sql_name_copy(w, field);
	case NAMED_RELATION:
		return sql_name(w, field);
	case NAMED_LIST: {
		const List *l = field;

		/* Roles are a list of things with a name, all else a list of parts of one name. */
		if (l && l->length && SQL_TAG(l->elements[0].ptr_value) == T_RoleSpec)
			return roles(w, l);
		return sql_name_list(w, l);
	}
	case NAMED_OBJECT:
		return sql_name_object(w, field);
	}
	return STR_NONE;
}

/* The verb of one whose first words depend on what it is about. */
struct str sql_statement_verb(struct sql_work *w, const Node *node)
{
	const struct row *r = row_of(node);
	const DropStmt *d = (const DropStmt *)(const void *)node;

	if (!r)
		return STR("?");
	if (SQL_TAG(node) == T_GrantStmt && !((const GrantStmt *)(const void *)node)->is_grant)
		return STR("REVOKE");
	if (SQL_TAG(node) == T_DropStmt)
		return arena_fmt(w->arena, "DROP %s", sql_alter_type(d->removeType));
	if (SQL_TAG(node) == T_CreateFunctionStmt && ((const CreateFunctionStmt *)(const void *)node)->is_procedure)
		return STR("CREATE PROCEDURE");
	return str_from(r->verb);
}

static void truncate(struct sql_work *w, const TruncateStmt *s)
{
	SQL_EACH(r, s->relations) {
		const RangeVar *v = SQL_ITEM(r, s->relations);

		if (SQL_TAG(v) != T_RangeVar || !sql_name_temporary(v))
			sql_note_plain(w, SQL_MEANS_TRUNCATE, "table", sql_name(w, v));
	}
}

static void made(struct sql_work *w, const RangeVar *r, const char *type)
{
	if (r && r->relpersistence != 't' && !sql_name_temporary(r))
		sql_note_plain(w, SQL_MEANS_CREATE, type, sql_name(w, r));
}

static void transaction(struct sql_work *w, const TransactionStmt *t)
{
	if (t->kind == TRANS_STMT_COMMIT_PREPARED || t->kind == TRANS_STMT_ROLLBACK_PREPARED)
		sql_note_plain(w, SQL_MEANS_PREPARED, "transaction", sql_name_copy(w, t->gid));
	else if (t->kind == TRANS_STMT_PREPARE)
		sql_note_plain(w, SQL_MEANS_LOCK, "transaction", sql_name_copy(w, t->gid));
	else if (w->block && t->kind != TRANS_STMT_SAVEPOINT)
		sql_note_plain(w, SQL_MEANS_COMMIT, "transaction", STR_NONE);
}

static void vacuum(struct sql_work *w, const VacuumStmt *v)
{
	const VacuumRelation *r = v->rels && v->rels->length ? v->rels->elements[0].ptr_value : NULL;

	if (v->is_vacuumcmd && sql_name_option(v->options, "full"))
		sql_note_plain(w, SQL_MEANS_REWRITE, "table", r ? sql_name(w, r->relation) : STR_NONE);
}

static void sequence(struct sql_work *w, const AlterSeqStmt *s)
{
	bool moves = sql_name_element(s->options, "restart") || sql_name_element(s->options, "start") ||
		     sql_name_element(s->options, "increment") || sql_name_element(s->options, "cycle") ||
		     sql_name_element(s->options, "minvalue");

	sql_note_plain(w, moves ? SQL_MEANS_SEQUENCE : SQL_MEANS_ALTER, "sequence", sql_name(w, s->sequence));
}

static void call(struct sql_work *w, const CallStmt *c)
{
	struct str name = sql_name_list(w, c->funccall ? c->funccall->funcname : NULL);

	if (c->funccall)
		sql_walk(w, c->funccall->args);
	if (c->funccall && sql_call_meaning(c->funccall) > SQL_MEANS_FUNCTION)
		sql_call(w, c->funccall);
	else
		sql_note_plain(w, SQL_MEANS_PROCEDURE, "procedure", name);
}

static void execute(struct sql_work *w, const ExecuteStmt *e)
{
	sql_walk(w, e->params);
	/* Its text was read where it was prepared. */
	if (!e->name || !sql_recall(w->prepared, str_from(e->name)))
		sql_note_plain(w, SQL_MEANS_DYNAMIC, "prepared statement", sql_name_copy(w, e->name));
}

static void rule(struct sql_work *w, const RuleStmt *r)
{
	sql_note_plain(w, SQL_MEANS_TRIGGER, "rule", sql_name(w, r->relation));
	SQL_EACH(a, r->actions)
		sql_statement_read(w, SQL_ITEM(a, r->actions));
}

static void schema(struct sql_work *w, const CreateSchemaStmt *s)
{
	sql_note_plain(w, SQL_MEANS_CREATE, "schema", sql_name_copy(w, s->schemaname));
	SQL_EACH(e, s->schemaElts)
		sql_statement_read(w, SQL_ITEM(e, s->schemaElts));
}

static void foreign_table(struct sql_work *w, const CreateForeignTableStmt *s)
{
	const DefElem *program = sql_name_element(s->options, "program"), *file = sql_name_element(s->options, "filename");

	sql_note_plain(w, SQL_MEANS_NETWORK, "foreign table", sql_name(w, s->base.relation));
	if (program) {
		sql_note_plain(w, SQL_MEANS_PROGRAM, "program", sql_name_copy(w, sql_name_literal(program->arg).ptr));
		if (w->now && !w->now->shell.len)
			w->now->shell = sql_name_copy(w, sql_name_literal(program->arg).ptr);
	}
	if (file)
		sql_note_plain(w, SQL_MEANS_SERVER_FILE, "file", sql_name_copy(w, sql_name_literal(file->arg).ptr));
}

static void grant(struct sql_work *w, const GrantStmt *g)
{
	const void *first = g->objects && g->objects->length ? g->objects->elements[0].ptr_value : NULL;

	sql_note_plain(w, SQL_MEANS_PRIVILEGES, sql_alter_type(g->objtype), sql_name_object(w, first));
}

static void table_as(struct sql_work *w, const CreateTableAsStmt *s)
{
	if (s->query && SQL_TAG(s->query) == T_ExecuteStmt)
		execute(w, (const ExecuteStmt *)(const void *)s->query);
	else
		sql_walk(w, s->query);
	made(w, s->into ? s->into->rel : NULL, s->objtype == OBJECT_MATVIEW ? "materialized view" : "table");
}

/* Statements about tables and their like; false when it is none of these. */
static bool special(struct sql_work *w, const void *n)
{
	switch (SQL_TAG(n)) {
	case T_TruncateStmt:
		truncate(w, n);
		return true;
	case T_CreateStmt:
		sql_define_table(w, n);
		return true;
	case T_CreateSeqStmt:
		made(w, ((const CreateSeqStmt *)n)->sequence, "sequence");
		return true;
	case T_CreateTableAsStmt:
		table_as(w, n);
		return true;
	case T_ViewStmt:
		sql_define_view(w, n);
		return true;
	case T_TransactionStmt:
		transaction(w, n);
		return true;
	case T_VacuumStmt:
		vacuum(w, n);
		return true;
	case T_AlterSeqStmt:
		sequence(w, n);
		return true;
	case T_CallStmt:
		call(w, n);
		return true;
	case T_ExecuteStmt:
		execute(w, n);
		return true;
	case T_RuleStmt:
		rule(w, n);
		return true;
	case T_CreateSchemaStmt:
		schema(w, n);
		return true;
	case T_CreateForeignTableStmt:
		foreign_table(w, n);
		return true;
	case T_GrantStmt:
		grant(w, n);
		return true;
	case T_AlterSystemStmt: {
		const AlterSystemStmt *s = n;

		sql_note_plain(w, SQL_MEANS_SERVER, "setting", sql_name_copy(w, s->setstmt ? s->setstmt->name : NULL));
		return true;
	}
	case T_IndexStmt:
		sql_define_index(w, n);
		return true;
	case T_LockStmt:
		/* Up to ROW EXCLUSIVE MODE it is what reading and writing rows does: these exclude no other of their kind. */
		if (((const LockStmt *)n)->mode > 3)
			sql_note_plain(w, SQL_MEANS_LOCK, "table", STR_NONE);
		return true;
	case T_AlterEventTrigStmt: {
		const AlterEventTrigStmt *t = n;

		sql_note_plain(w, t->tgenabled == 'D' ? SQL_MEANS_PROTECTION : SQL_MEANS_TRIGGER, "event trigger",
			       sql_name_copy(w, t->trigname));
		return true;
	}
	default:
		return false;
	}
}

static bool defined(struct sql_work *w, const void *n)
{
	switch (SQL_TAG(n)) {
	case T_AlterTableStmt:
		sql_alter_table(w, n);
		return true;
	case T_DropStmt:
		sql_alter_drop(w, n);
		return true;
	case T_RenameStmt:
		sql_alter_rename(w, n);
		return true;
	case T_CreateFunctionStmt:
		sql_define_function(w, n);
		return true;
	case T_DoStmt:
		sql_define_do(w, n);
		return true;
	case T_PrepareStmt:
		sql_define_prepare(w, n);
		return true;
	case T_CopyStmt:
		sql_define_copy(w, n);
		return true;
	case T_VariableSetStmt:
		sql_define_set(w, n);
		return true;
	case T_ExplainStmt:
		sql_define_explain(w, n);
		return true;
	case T_SelectStmt:
	case T_InsertStmt:
	case T_UpdateStmt:
	case T_DeleteStmt:
	case T_MergeStmt:
	case T_ReturnStmt:
		if (w->plain)
			sql_walk_plain(w, n);
		else
			sql_walk(w, n);
		return true;
	case T_DeclareCursorStmt:
		sql_walk(w, ((const DeclareCursorStmt *)n)->query);
		return true;
	default:
		return special(w, n);
	}
}

bool sql_statement_read(struct sql_work *w, const Node *node)
{
	const struct row *r;

	if (!node || (SQL_TAG(node) != T_List && defined(w, node)))
		return true;
	r = row_of(node);
	if (!r) {
		sql_note_plain(w, SQL_MEANS_UNREAD, "statement", arena_fmt(w->arena, "a statement of kind %d", (int)SQL_TAG(node)));
		return false;
	}
	sql_note_plain(w, r->means, r->type, name_of(w, node, r));
	return true;
}
