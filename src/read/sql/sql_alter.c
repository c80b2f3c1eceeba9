#include "read/sql/sql_tree.h"

/* What an object kind is called, and what dropping one means. */
struct object {
	const char *type;
	enum sql_meaning drop;
};

static const struct object objects[] = {
	[OBJECT_ACCESS_METHOD] = { "access method", SQL_MEANS_DROP_CODE },
	[OBJECT_AGGREGATE] = { "aggregate", SQL_MEANS_DROP_CODE },
	[OBJECT_AMOP] = { "operator", SQL_MEANS_DROP_CODE },
	[OBJECT_AMPROC] = { "function", SQL_MEANS_DROP_CODE },
	[OBJECT_ATTRIBUTE] = { "attribute", SQL_MEANS_ALTER_LOSES },
	[OBJECT_CAST] = { "cast", SQL_MEANS_DROP_CODE },
	[OBJECT_COLUMN] = { "column", SQL_MEANS_ALTER_LOSES },
	[OBJECT_COLLATION] = { "collation", SQL_MEANS_DROP_CODE },
	[OBJECT_CONVERSION] = { "conversion", SQL_MEANS_DROP_CODE },
	[OBJECT_DATABASE] = { "database", SQL_MEANS_DROP },
	[OBJECT_DEFAULT] = { "default", SQL_MEANS_DROP_CODE },
	[OBJECT_DEFACL] = { "privileges", SQL_MEANS_PRIVILEGES },
	[OBJECT_DOMAIN] = { "domain", SQL_MEANS_DROP_CODE },
	[OBJECT_DOMCONSTRAINT] = { "constraint", SQL_MEANS_PROTECTION },
	[OBJECT_EVENT_TRIGGER] = { "event trigger", SQL_MEANS_PROTECTION },
	[OBJECT_EXTENSION] = { "extension", SQL_MEANS_DROP },
	[OBJECT_FDW] = { "foreign data wrapper", SQL_MEANS_DROP_CODE },
	[OBJECT_FOREIGN_SERVER] = { "server", SQL_MEANS_DROP_CODE },
	[OBJECT_FOREIGN_TABLE] = { "foreign table", SQL_MEANS_DROP_CODE },
	[OBJECT_FUNCTION] = { "function", SQL_MEANS_DROP_CODE },
	[OBJECT_INDEX] = { "index", SQL_MEANS_DROP_CODE },
	[OBJECT_LANGUAGE] = { "language", SQL_MEANS_DROP_CODE },
	[OBJECT_LARGEOBJECT] = { "large object", SQL_MEANS_LARGE_OBJECT },
	[OBJECT_MATVIEW] = { "materialized view", SQL_MEANS_DROP },
	[OBJECT_OPCLASS] = { "operator class", SQL_MEANS_DROP_CODE },
	[OBJECT_OPERATOR] = { "operator", SQL_MEANS_DROP_CODE },
	[OBJECT_OPFAMILY] = { "operator family", SQL_MEANS_DROP_CODE },
	[OBJECT_PARAMETER_ACL] = { "privileges", SQL_MEANS_PRIVILEGES },
	[OBJECT_POLICY] = { "policy", SQL_MEANS_PROTECTION },
	[OBJECT_PROCEDURE] = { "procedure", SQL_MEANS_DROP_CODE },
	[OBJECT_PUBLICATION] = { "publication", SQL_MEANS_REPLICATION_DROP },
	[OBJECT_PUBLICATION_NAMESPACE] = { "publication", SQL_MEANS_REPLICATION_DROP },
	[OBJECT_PUBLICATION_REL] = { "publication", SQL_MEANS_REPLICATION_DROP },
	[OBJECT_ROLE] = { "role", SQL_MEANS_PRIVILEGES },
	[OBJECT_ROUTINE] = { "routine", SQL_MEANS_DROP_CODE },
	[OBJECT_RULE] = { "rule", SQL_MEANS_PROTECTION },
	[OBJECT_SCHEMA] = { "schema", SQL_MEANS_DROP },
	[OBJECT_SEQUENCE] = { "sequence", SQL_MEANS_DROP },
	[OBJECT_SUBSCRIPTION] = { "subscription", SQL_MEANS_REPLICATION_DROP },
	[OBJECT_STATISTIC_EXT] = { "statistics", SQL_MEANS_DROP_CODE },
	[OBJECT_TABCONSTRAINT] = { "constraint", SQL_MEANS_PROTECTION },
	[OBJECT_TABLE] = { "table", SQL_MEANS_DROP },
	[OBJECT_TABLESPACE] = { "tablespace", SQL_MEANS_DROP },
	[OBJECT_TRANSFORM] = { "transform", SQL_MEANS_DROP_CODE },
	[OBJECT_TRIGGER] = { "trigger", SQL_MEANS_PROTECTION },
	[OBJECT_TSCONFIGURATION] = { "text search configuration", SQL_MEANS_DROP_CODE },
	[OBJECT_TSDICTIONARY] = { "text search dictionary", SQL_MEANS_DROP_CODE },
	[OBJECT_TSPARSER] = { "text search parser", SQL_MEANS_DROP_CODE },
	[OBJECT_TSTEMPLATE] = { "text search template", SQL_MEANS_DROP_CODE },
	[OBJECT_TYPE] = { "type", SQL_MEANS_DROP },
	[OBJECT_USER_MAPPING] = { "user mapping", SQL_MEANS_DROP_CODE },
	[OBJECT_VIEW] = { "view", SQL_MEANS_DROP_CODE },
};

static const struct object *object(ObjectType type)
{
	static const struct object unknown = { "object", SQL_MEANS_UNREAD };

	return (size_t)type < ARRAY_LEN(objects) && objects[type].type ? &objects[type] : &unknown;
}

const char *sql_alter_type(ObjectType type)
{
	return object(type)->type;
}

/* With CASCADE a sequence takes defaults along, which may be another table's. */
static bool temporary(const DropStmt *s, const void *item)
{
	bool own = s->removeType == OBJECT_TABLE || (s->behavior != DROP_CASCADE &&
						     (s->removeType == OBJECT_VIEW || s->removeType == OBJECT_SEQUENCE ||
						      s->removeType == OBJECT_INDEX));
	const List *l = item;

	return own && SQL_TAG(item) == T_List && l->length == 2 && str_is(sql_name_literal(l->elements[0].ptr_value), "pg_temp");
}

void sql_alter_drop(struct sql_work *w, const DropStmt *s)
{
	const struct object *o = object(s->removeType);
	/* With CASCADE a definition takes columns, views and tables with it. */
	enum sql_meaning means = o->drop == SQL_MEANS_DROP_CODE && s->behavior == DROP_CASCADE && s->removeType != OBJECT_INDEX
					 ? SQL_MEANS_DROP
					 : o->drop;

	SQL_EACH(i, s->objects) {
		const void *item = SQL_ITEM(i, s->objects);
		struct change *c;

		if (temporary(s, item))
			continue;
		c = sql_note_plain(w, means, o->type, sql_name_object(w, item));
		if (c && s->behavior == DROP_CASCADE)
			change_dies_with(c, w->arena, STR("whatever depends on it (CASCADE)"));
	}
}

void sql_alter_rename(struct sql_work *w, const RenameStmt *s)
{
	struct str name = s->relation ? sql_name(w, s->relation) : sql_name_object(w, s->object);

	if (sql_name_temporary(s->relation))
		return;
	if (s->subname && s->relation)
		name = arena_fmt(w->arena, "%.*s.%s", STR_ARG(name), s->subname);
	else if (s->subname)
		name = sql_name_copy(w, s->subname);
	sql_note_plain(w, s->renameType == OBJECT_ROLE ? SQL_MEANS_PRIVILEGES : SQL_MEANS_RENAME, sql_alter_type(s->renameType), name);
}

struct command {
	bool known;
	enum sql_meaning means;
	const char *type; /* NULL: the relation's own */
};

#define HARMLESS { true, SQL_MEANS_ALTER, NULL }
static const struct command commands[] = {
	[AT_AddColumn] = HARMLESS,
	[AT_AddColumnToView] = HARMLESS,
	[AT_ColumnDefault] = HARMLESS,
	[AT_DropNotNull] = HARMLESS,
	[AT_SetNotNull] = HARMLESS,
	[AT_DropExpression] = HARMLESS,
	[AT_SetStatistics] = HARMLESS,
	[AT_SetOptions] = HARMLESS,
	[AT_ResetOptions] = HARMLESS,
	[AT_SetStorage] = HARMLESS,
	[AT_SetCompression] = HARMLESS,
	[AT_DropColumn] = { true, SQL_MEANS_ALTER_LOSES, "column" },
	[AT_AddIndex] = HARMLESS,
	[AT_AddConstraint] = HARMLESS,
	[AT_AlterConstraint] = { true, SQL_MEANS_PROTECTION, "constraint" },
	[AT_ValidateConstraint] = HARMLESS,
	[AT_AddIndexConstraint] = HARMLESS,
	[AT_DropConstraint] = { true, SQL_MEANS_PROTECTION, "constraint" },
	[AT_AlterColumnType] = { true, SQL_MEANS_ALTER_TYPE, "column" },
	[AT_AlterColumnGenericOptions] = { true, SQL_MEANS_NETWORK, NULL },
	[AT_ChangeOwner] = { true, SQL_MEANS_PRIVILEGES, NULL },
	[AT_ClusterOn] = HARMLESS,
	[AT_DropCluster] = HARMLESS,
	[AT_SetLogged] = { true, SQL_MEANS_REWRITE, NULL },
	[AT_SetUnLogged] = { true, SQL_MEANS_PROTECTION, NULL },
	[AT_DropOids] = HARMLESS,
	[AT_SetAccessMethod] = { true, SQL_MEANS_REWRITE, NULL },
	[AT_SetTableSpace] = { true, SQL_MEANS_REWRITE, NULL },
	[AT_SetRelOptions] = HARMLESS,
	[AT_ResetRelOptions] = HARMLESS,
	[AT_ReplaceRelOptions] = HARMLESS,
	[AT_EnableTrig] = HARMLESS,
	[AT_EnableAlwaysTrig] = { true, SQL_MEANS_TRIGGER, "trigger" },
	[AT_EnableReplicaTrig] = { true, SQL_MEANS_PROTECTION, "trigger" },
	[AT_DisableTrig] = { true, SQL_MEANS_PROTECTION, "trigger" },
	[AT_EnableTrigAll] = HARMLESS,
	[AT_DisableTrigAll] = { true, SQL_MEANS_PROTECTION, "trigger" },
	[AT_EnableTrigUser] = HARMLESS,
	[AT_DisableTrigUser] = { true, SQL_MEANS_PROTECTION, "trigger" },
	[AT_EnableRule] = { true, SQL_MEANS_TRIGGER, "rule" },
	[AT_EnableAlwaysRule] = { true, SQL_MEANS_TRIGGER, "rule" },
	[AT_EnableReplicaRule] = { true, SQL_MEANS_PROTECTION, "rule" },
	[AT_DisableRule] = { true, SQL_MEANS_PROTECTION, "rule" },
	[AT_AddInherit] = { true, SQL_MEANS_DETACH, NULL },
	[AT_DropInherit] = { true, SQL_MEANS_DETACH, NULL },
	[AT_AddOf] = HARMLESS,
	[AT_DropOf] = HARMLESS,
	[AT_ReplicaIdentity] = { true, SQL_MEANS_REPLICATION, NULL },
	[AT_EnableRowSecurity] = HARMLESS,
	[AT_DisableRowSecurity] = { true, SQL_MEANS_PROTECTION, "row security" },
	[AT_ForceRowSecurity] = HARMLESS,
	[AT_NoForceRowSecurity] = { true, SQL_MEANS_PROTECTION, "row security" },
	[AT_GenericOptions] = { true, SQL_MEANS_NETWORK, NULL },
	[AT_AttachPartition] = HARMLESS,
	[AT_DetachPartition] = { true, SQL_MEANS_DETACH, "partition" },
	[AT_DetachPartitionFinalize] = { true, SQL_MEANS_DETACH, "partition" },
	[AT_AddIdentity] = HARMLESS,
	[AT_SetIdentity] = { true, SQL_MEANS_SEQUENCE, "column" },
	[AT_DropIdentity] = HARMLESS,
};

static struct str command_name(struct sql_work *w, struct str table, const AlterTableCmd *c)
{
	const PartitionCmd *p = (const PartitionCmd *)(const void *)c->def;

	if (c->subtype == AT_DetachPartition || c->subtype == AT_DetachPartitionFinalize)
		return p && SQL_TAG(p) == T_PartitionCmd ? sql_name(w, p->name) : table;
	if (c->name)
		return arena_fmt(w->arena, "%.*s.%s", STR_ARG(table), c->name);
	return table;
}

/* Of a temporary table, and of nothing beside it? */
static bool alone(const AlterTableStmt *s, const AlterTableCmd *c)
{
	return sql_name_temporary(s->relation) && c->subtype != AT_AddInherit && c->subtype != AT_DropInherit &&
	       c->subtype != AT_AttachPartition && c->subtype != AT_DetachPartition && c->behavior != DROP_CASCADE;
}

void sql_alter_table(struct sql_work *w, const AlterTableStmt *s)
{
	struct str table = sql_name(w, s->relation);
	const char *own = sql_alter_type(s->objtype);
	bool plain = false;

	if (s->relation)
		sql_dml_relation(w, s->relation, true);
	SQL_EACH(i, s->cmds) {
		const AlterTableCmd *c = SQL_ITEM(i, s->cmds);
		const struct command *k = (size_t)c->subtype < ARRAY_LEN(commands) ? &commands[c->subtype] : NULL;
		struct change *made;

		/* A default or a condition may call functions for every row there is: ADD COLUMN … DEFAULT f(). */
		sql_define_element(w, c->def);
		if (c->subtype == AT_ColumnDefault && sql_name_temporary(s->relation))
			sql_walk(w, c->def);
		if (!k || !k->known) {
			sql_note_plain(w, SQL_MEANS_UNREAD, own, table);
			continue;
		}
		if (alone(s, c))
			continue;
		/* Of plain alterations one is enough to say. */
		if (k->means == SQL_MEANS_ALTER && plain)
			continue;
		plain = plain || k->means == SQL_MEANS_ALTER;
		made = sql_note_plain(w, k->means, k->type ? k->type : own,
				      k->means == SQL_MEANS_ALTER ? table : command_name(w, table, c));
		if (made && c->behavior == DROP_CASCADE)
			change_dies_with(made, w->arena, STR("whatever depends on it (CASCADE)"));
	}
}
