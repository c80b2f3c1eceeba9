/* sql_shape.h -- what a gate between client and server must know of a statement beside what it changes: what kind it is, where it may
 * run, what it names. Asked for by sql_input.shape; only statements that PostgreSQL's parser reads have one.
 * Room: read/sql. Texts live as long as the arena and the input's text, both.
 * Spans are offsets into sql_input.text; a span of no length is none.
 */
#ifndef PAWL_READ_SQL_SQL_SHAPE_H
#define PAWL_READ_SQL_SQL_SHAPE_H

#include "base/digest.h"
#include "base/str.h"

struct sql_span {
	size_t at, len;
};

enum sql_class {
	SQL_CLASS_UNKNOWN = 0, /* a statement this reader does not know */
	SQL_CLASS_READ,	       /* SELECT, VALUES, TABLE, EXPLAIN without ANALYZE, SHOW */
	SQL_CLASS_WRITE,       /* INSERT, UPDATE, DELETE, MERGE; a SELECT with one of them in a CTE; EXPLAIN ANALYZE of one */
	SQL_CLASS_DDL,	       /* CREATE, ALTER, DROP, TRUNCATE, GRANT, COMMENT, SELECT INTO … */
	SQL_CLASS_TRANSACTION, /* control: below */
	SQL_CLASS_SETTING,     /* SET, RESET, SET TRANSACTION, SET CONSTRAINTS */
	SQL_CLASS_PREPARED,    /* PREPARE, EXECUTE, DEALLOCATE: name, inner */
	SQL_CLASS_CURSOR,      /* DECLARE, FETCH, MOVE, CLOSE: name */
	SQL_CLASS_COPY,	       /* copy_from, copy_way */
	SQL_CLASS_CHANNEL,     /* LISTEN, NOTIFY, UNLISTEN: name */
	SQL_CLASS_CODE,	       /* CALL, DO: may commit when no block is open */
	SQL_CLASS_UTILITY,     /* VACUUM, ANALYZE, CLUSTER, REINDEX, REFRESH, LOCK, CHECKPOINT, LOAD, DISCARD, ALTER SYSTEM */
};

/* May it run inside BEGIN … COMMIT? */
enum sql_block {
	SQL_BLOCK_ANYWHERE = 1,
	SQL_BLOCK_NEVER,   /* the server refuses it within a block: it cannot be rolled back */
	SQL_BLOCK_DEPENDS, /* on what the name stands for: REINDEX of a partitioned table, DROP SUBSCRIPTION with a slot */
	SQL_BLOCK_ONLY,	   /* makes sense within a block alone: SAVEPOINT, LOCK, DECLARE without HOLD */
};

enum sql_control {
	SQL_CONTROL_NONE = 0,
	SQL_CONTROL_BEGIN, /* BEGIN and START TRANSACTION */
	SQL_CONTROL_COMMIT,
	SQL_CONTROL_ROLLBACK,
	SQL_CONTROL_SAVEPOINT,
	SQL_CONTROL_RELEASE,
	SQL_CONTROL_ROLLBACK_TO,
	SQL_CONTROL_PREPARE_TRANSACTION,
	SQL_CONTROL_COMMIT_PREPARED,
	SQL_CONTROL_ROLLBACK_PREPARED,
};

/* Of BEGIN, SET TRANSACTION, SET SESSION CHARACTERISTICS. */
#define SQL_MODE_READ_ONLY 1u
#define SQL_MODE_READ_WRITE 2u
#define SQL_MODE_DEFERRABLE 4u
#define SQL_MODE_ISOLATION 8u /* value says which */

enum sql_setting_kind { SQL_SETTING_NONE = 0, SQL_SETTING_SET, SQL_SETTING_RESET, SQL_SETTING_RESET_ALL, SQL_SETTING_TRANSACTION,
			SQL_SETTING_SESSION_CHARACTERISTICS, SQL_SETTING_CONSTRAINTS, SQL_SETTING_SHOW };
enum sql_prepared { SQL_PREPARED_NONE = 0, SQL_PREPARED_PREPARE, SQL_PREPARED_EXECUTE, SQL_PREPARED_DEALLOCATE };
enum sql_cursor { SQL_CURSOR_NONE = 0, SQL_CURSOR_DECLARE, SQL_CURSOR_FETCH, SQL_CURSOR_MOVE, SQL_CURSOR_CLOSE };
enum sql_copy_way { SQL_COPY_NONE = 0, SQL_COPY_CLIENT, SQL_COPY_FILE, SQL_COPY_PROGRAM };

/* How a relation is used; it has an entry for every place that names it, and for every use there. ALTER: all that is done to the relation
 * itself: an index, trigger or partition made on it, GRANT, VACUUM. REFERENCE: a foreign key points to it. */
enum sql_use {
	SQL_USE_READ = 1,
	SQL_USE_INSERT,
	SQL_USE_UPDATE,
	SQL_USE_DELETE,
	SQL_USE_TRUNCATE,
	SQL_USE_DROP,
	SQL_USE_ALTER,
	SQL_USE_LOCK,
	SQL_USE_CREATE,
	SQL_USE_REFERENCE
};

struct sql_relation {
	struct str schema, name; /* schema STR_NONE: by search_path */
	enum sql_use use;
	bool cte; /* a WITH of the statement has that name: it may be no relation */
	struct sql_relation *next;
};

/* A function, procedure or operator that no table of this program knows. */
struct sql_called {
	struct str schema, name;
	unsigned args;
	bool operator;
	struct sql_called *next;
};

/* The top statement when it is DELETE or UPDATE. */
struct sql_target {
	struct str schema, name, alias; /* name STR_NONE: neither */
	bool has_where;			/* its text: sql_shape_where */
	bool others;			/* USING or FROM */
	bool returning, with;
};

struct sql_shape {
	enum sql_class class;
	enum sql_class inner; /* of what PREPARE, EXPLAIN, DECLARE or COPY (…) holds */
	enum sql_block block;
	enum sql_control control;
	unsigned modes;	   /* SQL_MODE_… */
	bool chain;	   /* AND CHAIN */
	bool explain;	   /* EXPLAIN; class is what it comes to */
	bool local;	   /* SET LOCAL */
	bool locks_rows;   /* SELECT … FOR UPDATE and its like */
	bool cascade, if_exists;
	bool all;	   /* DEALLOCATE ALL, CLOSE ALL, UNLISTEN * */
	bool hold;	   /* DECLARE … WITH HOLD */
	bool adds_enum_value; /* ALTER TYPE … ADD VALUE: not to be used before COMMIT */
	enum sql_setting_kind setting;
	enum sql_prepared prepared;
	enum sql_cursor cursor;
	enum sql_copy_way copy_way;
	bool copy_from;
	struct str name;  /* of the setting, prepared statement, cursor, channel, savepoint, prepared transaction */
	struct str value; /* of the setting; the payload of NOTIFY */
	struct sql_span inner_text; /* what PREPARE … AS holds */
	struct sql_target target;
	struct sql_relation *relations;
	struct sql_called *calls;
	bool has_fingerprint; /* only when sql_input.fingerprint, and every node is known */
	struct digest fingerprint;
};

struct sql_statement;

/* The condition of the outermost UPDATE or DELETE as written, without the word WHERE, before RETURNING. None when it has none. Linear in
 * the statement. */
struct sql_span sql_shape_where(const struct sql_statement *st);

/* "read", "write", … for people and tests. */
const char *sql_class_name(enum sql_class class);

#endif
