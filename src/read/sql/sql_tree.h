/* sql_tree.h -- PostgreSQL's parse tree, for the files that walk it. The only header that includes PostgreSQL's.
 * Room: read/sql. The tree lives in the parser's own memory until sql_tree_read returns; what is kept is copied into the arena.
 * Nothing here may raise PostgreSQL's errors: outside its own handler they end the process. So only data is read, no function of
 * PostgreSQL is called on the tree.
 */
#ifndef PAWL_READ_SQL_SQL_TREE_H
#define PAWL_READ_SQL_SQL_TREE_H

/* PostgreSQL's headers come first: they rename printf's family, base.h bans some of it. */
#include <postgres.h>
#include <nodes/parsenodes.h>

#include "read/sql/inner.h"

/* Columns of a WHERE that name rows. */
enum sql_scope { SQL_SCOPE_SOME = 0, SQL_SCOPE_ALL, SQL_SCOPE_NONE };

/* sql_walk.c: every node below ${node}: functions, operators, nested writes, locks. Unknown nodes and too deep ones are noted.
 * No recursion, whatever the tree. */
void sql_walk(struct sql_work *w, const void *node);
/* The same for a statement read without the parser: there is nothing in it but what it names. */
void sql_walk_plain(struct sql_work *w, const void *node);
/* Does a column stand anywhere below? Too deep counts as no. */
bool sql_walk_columns(struct sql_work *w, const void *node);
/* Is any node so? True as well when memory ran out. */
bool sql_walk_any(struct sql_work *w, const void *node, bool (*is)(const void *node, void *ctx), void *ctx);
/* sql_catalogs.c: of a table that has a secret, does the query take nothing but what everybody may read? */
bool sql_catalogs_public(struct sql_work *w, const RangeVar *r, const void *query);
/* SELECT set_config(name, 'a', false) FROM pg_settings WHERE name = 'b': b, and the call. STR_NONE: none of that kind. */
struct str sql_catalogs_setting(const void *select, const void **ret_call);
void sql_call_set_config(struct sql_work *w, struct str setting);
/* One statement, at the top or nested. False: no statement we know. */
bool sql_statement_read(struct sql_work *w, const Node *node);
struct str sql_statement_verb(struct sql_work *w, const Node *node);
/* sql_dml.c */
void sql_dml_insert(struct sql_work *w, const InsertStmt *s);
void sql_dml_update(struct sql_work *w, const UpdateStmt *s);
void sql_dml_delete(struct sql_work *w, const DeleteStmt *s);
void sql_dml_merge(struct sql_work *w, const MergeStmt *s);
void sql_dml_relation(struct sql_work *w, const RangeVar *r, bool writes);
/* sql_where.c: which rows of ${target} a condition leaves. */
enum sql_scope sql_where(struct sql_work *w, const Node *where, const RangeVar *target, const List *others);
/* sql_list.c: is an entry of FROM an array in the text, or a parameter, unfolded? Is one of several that, VALUES, or counted? */
bool sql_list_unfolded(struct sql_work *w, const void *from);
bool sql_list_among(struct sql_work *w, const List *others, const WithClause *with);
/* sql_call.c */
void sql_call(struct sql_work *w, const FuncCall *f);
/* By its name alone. */
enum sql_meaning sql_call_meaning(const FuncCall *f);
void sql_call_operator(struct sql_work *w, const List *name);
/* sql_alter.c */
void sql_alter_table(struct sql_work *w, const AlterTableStmt *s);
void sql_alter_drop(struct sql_work *w, const DropStmt *s);
void sql_alter_rename(struct sql_work *w, const RenameStmt *s);
const char *sql_alter_type(ObjectType type);
/* sql_define.c */
void sql_define_function(struct sql_work *w, const CreateFunctionStmt *s);
void sql_define_do(struct sql_work *w, const DoStmt *s);
void sql_define_element(struct sql_work *w, const Node *element);
void sql_define_table(struct sql_work *w, const CreateStmt *s);
void sql_define_view(struct sql_work *w, const ViewStmt *v);
void sql_define_index(struct sql_work *w, const IndexStmt *s);
void sql_define_prepare(struct sql_work *w, const PrepareStmt *s);
void sql_define_copy(struct sql_work *w, const CopyStmt *s);
void sql_define_set(struct sql_work *w, const VariableSetStmt *s);
void sql_define_explain(struct sql_work *w, const ExplainStmt *s);

/* sql_shape.c: the shape of one statement of the input. */
const struct sql_shape *sql_shape_read(struct sql_work *w, const struct sql_statement *st, const Node *node);
/* sql_shape_walk.c: relations and unknown calls anywhere below ${node}. True: something in it writes rows. */
bool sql_shape_walk(struct sql_work *w, struct sql_shape *shape, const Node *node);

/* sql_names.c */
struct str sql_name(struct sql_work *w, const RangeVar *r);
/* By its schema alone: a name that was made temporary above may be gone, or may never have been. */
bool sql_name_temporary(const RangeVar *r);
/* Of an object as DROP, ALTER and COMMENT carry it: a list of names, a type, a function with arguments, a plain text. */
struct str sql_name_object(struct sql_work *w, const void *object);
struct str sql_name_list(struct sql_work *w, const List *names);
/* Text of a String node or of a constant; STR_NONE when it is none. Borrowed from the tree. */
struct str sql_name_literal(const void *node);
struct str sql_name_copy(struct sql_work *w, const char *s);
/* An option's value as a switch: named alone counts as on. */
bool sql_name_option(const List *options, const char *name);
const DefElem *sql_name_element(const List *options, const char *name);

#define SQL_EACH(it, list) for (int it##_i = 0; (list) && it##_i < (list)->length; it##_i++)
#define SQL_ITEM(it, list) ((list)->elements[it##_i].ptr_value)
#define SQL_TAG(node) ((unsigned)((const Node *)(node))->type)

#endif
