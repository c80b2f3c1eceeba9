/* The SQL of witness.h. Every name is qualified, operators too: whatever search_path says, pg_catalog's are meant.
 * Locks: every write holds RowExclusiveLock until the end on what it writes, with its indexes; RowShareLock is that of FOR UPDATE.
 * The catalogues asked for are those that DDL, grants and large objects write without leaving such a lock. */
#include "gate/postgres/witness.h"

#define IS " operator(pg_catalog.=) "
#define COUNTS(oid) \
	"pg_catalog.pg_stat_get_xact_tuples_deleted(" oid "), pg_catalog.pg_stat_get_xact_tuples_updated(" oid "), " \
	"pg_catalog.pg_stat_get_xact_tuples_inserted(" oid ")"
#define ANY_COUNT(oid) \
	"pg_catalog.pg_stat_get_xact_tuples_deleted(" oid ") operator(pg_catalog.+) pg_catalog.pg_stat_get_xact_tuples_updated(" oid \
	") operator(pg_catalog.+) pg_catalog.pg_stat_get_xact_tuples_inserted(" oid ")"

/* The parts of the union have the same types to the letter: else each costs a scan of its own. */
#define TEXT(what) what "::pg_catalog.text"
#define NUMBER(what) what "::pg_catalog.int8"
#define NULLS_AFTER_NAME "null::pg_catalog.\"char\", null::pg_catalog.\"char\", " TEXT("null") ", " TEXT("null")
#define NULLS TEXT("null") ", null::pg_catalog.name, " NULLS_AFTER_NAME

#define ROOT "case when c.relispartition then (pg_catalog.pg_identify_object(1259, pg_catalog.pg_partition_root(c.oid), 0)).identity end"
/* Names come quoted where they must be, and are unquoted by witness.c: cheaper than a join with pg_namespace, and than a subquery. */
#define LOCKS \
	"select " TEXT("'r'") ", l.relation, " TEXT("c.relnamespace::pg_catalog.regnamespace") ", c.relname, c.relkind, " \
	"c.relpersistence, " \
	ROOT ", l.mode, " COUNTS("l.relation") ", pg_catalog.pg_stat_get_xact_numscans(l.relation) from pg_catalog.pg_lock_status() as l " \
	"left join pg_catalog.pg_class as c on c.oid" IS "l.relation " \
	"where l.pid" IS "pg_catalog.pg_backend_pid() and l.relation is not null and l.mode" IS \
	"any ('{RowShareLock,RowExclusiveLock,ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}') "

/* In the order of `catalogues` in witness.c. */
#define CATALOGUES \
	"union all select " TEXT("'c'") ", o.oid, " NULLS ", " COUNTS("o.oid") ", " NUMBER("0") " from (values " \
	"(1259::pg_catalog.oid), (1249), (1255), (2620), (2615), (3501), (2608), (1260), (1261), (2964), (1262), (826), " \
	"(1214), (2995), (2613)" \
	") as o(oid) where (" ANY_COUNT("o.oid") ") operator(pg_catalog.>) 0 "

/* What is no temporary table's, and had rights given or taken by this transaction: asked only where these catalogues were written over. Of
 * rows that it wrote, at any depth of savepoints, the age is not above nought. */
#define OWN_ROW(alias, catalogue) \
	"pg_catalog.age(" alias ".xmin) operator(pg_catalog.<=) 0 and " \
	"(select pg_catalog.pg_stat_get_xact_tuples_updated(" catalogue ")) operator(pg_catalog.>) 0 "
#define GRANTED(from, acl, row) \
	"union all select " TEXT("'g'") ", c.oid, " NULLS ", " NUMBER("0") ", " NUMBER("0") ", " NUMBER("0") ", " \
	NUMBER("0") " from " from " where " acl " is not null and c.relpersistence operator(pg_catalog.<>) 't' and " row
#define GRANTS \
	GRANTED("pg_catalog.pg_class as c", "c.relacl", OWN_ROW("c", "1259")) \
	GRANTED("pg_catalog.pg_attribute as a join pg_catalog.pg_class as c on c.oid" IS "a.attrelid", "a.attacl", OWN_ROW("a", "1249"))

/* Whatever rows were taken from, of all there is in pg_class now: without the locks, whose list grows with every connection that is
 * allowed. Foreign tables are told of, for what is written there is not counted. */
#define TABLES \
	"select " TEXT("'r'") ", c.oid, " TEXT("c.relnamespace::pg_catalog.regnamespace") ", c.relname, c.relkind, " \
	"c.relpersistence, " ROOT ", " TEXT("'RowExclusiveLock'") ", " COUNTS("c.oid") ", " NUMBER("0") " from pg_catalog.pg_class as c " \
	"where c.oid operator(pg_catalog.>=) 16384::pg_catalog.oid and c.relkind" IS "any ('{r,m,f}') and (c.relkind" IS "'f' or (" \
	"pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid) operator(pg_catalog.+) pg_catalog.pg_stat_get_xact_tuples_updated(c.oid)" \
	") operator(pg_catalog.>) 0) "
/* Where the transaction's own picture of pg_class may be older than what it wrote to, the locks are to be seen; and where it could write
 * in tables of the system, or switch counting off. */
#define CLOSER \
	"case when pg_catalog.current_setting('transaction_isolation')" IS "'read committed' and " \
	"pg_catalog.current_setting('is_superuser')" IS "'off' then " NUMBER("0") " else " NUMBER("1") " end"

/* A transaction number is told only to one who could switch counting off for a time: a superuser. */
#define LAST(what, oid, closer) \
	"union all select " TEXT(what) ", " oid "::pg_catalog.oid, " TEXT("null") ", " \
	"pg_catalog.current_setting('track_counts')::pg_catalog.name, " NULLS_AFTER_NAME ", " NUMBER("0") ", " NUMBER("0") ", " \
	"case when pg_catalog.pg_current_xact_id_if_assigned() is null or pg_catalog.current_setting('is_superuser')" IS "'off' " \
	"then " NUMBER("0") " else " NUMBER("1") " end, " closer

#define FLUSH "(case when pg_catalog.pg_stat_force_next_flush() is null then '0' end)"
static const struct witness_prepared texts[WITNESS_TEXTS] = {
	[WITNESS_BEFORE_1] = { WITNESS_PREFIX "constraints", "set constraints all immediate" },
	[WITNESS_BEFORE_2] = { WITNESS_PREFIX "read_only", "set transaction read only" },
	[WITNESS] = { WITNESS_PREFIX "witness", LOCKS CATALOGUES GRANTS
		      LAST("'e'", FLUSH, NUMBER("0")) },
	[WITNESS_QUICK] = { WITNESS_PREFIX "quick", TABLES CATALOGUES LAST("'q'", FLUSH, CLOSER) },
	[WITNESS_FORGET] = { WITNESS_PREFIX "forget", "select pg_catalog.pg_stat_force_next_flush()" },
};
static const struct witness_prepared before_15[WITNESS_TEXTS] = {
	[WITNESS] = { WITNESS_PREFIX "witness", LOCKS CATALOGUES GRANTS LAST("'e'", "null", NUMBER("0")) },
	[WITNESS_QUICK] = { WITNESS_PREFIX "quick", TABLES CATALOGUES LAST("'q'", "null", CLOSER) },
	[WITNESS_FORGET] = { WITNESS_PREFIX "forget", "select pg_catalog.pg_sleep(0.6)" },
};

/* What is made holds its maker's exclusive lock, and nobody else has one; by it the maker is found, and with it the first number of its
 * transaction. What is inside (savepoints, EXCEPTION) has later ones of which no lock tells: what neither ended nor is another's. */
#define NUMBERS \
	"(select t.transactionid from pg_catalog.pg_locks as t where t.transactionid is not null and " \
	"t.granted and t.pid operator"
#define MAKERS \
	"with pids as materialized (select l.pid from pg_catalog.pg_locks as l join pg_catalog.pg_database as d on d.oid" IS "l.database " \
	"and d.datname" IS "pg_catalog.current_database() where l.granted and l.relation" IS "any ($1::pg_catalog.oid[]) and l.mode" IS \
	"any ('{ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}')), maker as materialized (select array" NUMBERS \
	"(pg_catalog.<>) all (array(select p.pid from pids as p))) as others, " \
	"(select pg_catalog.max(pg_catalog.age(n.transactionid)) from " NUMBERS \
	"(pg_catalog.=) any (array(select p.pid from pids as p))) as n) as age, " \
	"pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::pg_catalog.text::pg_catalog.int8 as next) "
/* A number with those that went before it, of which the row keeps only the last half. */
#define WHOLE(x) \
	"(maker.next operator(pg_catalog.-) pg_catalog.mod(maker.next operator(pg_catalog.-) " x "::pg_catalog.text::pg_catalog.int8, " \
	"4294967296))::pg_catalog.text::pg_catalog.xid8"
#define ROWS_OF(oid, from) "select " oid ", o.xmax from " from

const char witness_lookup_sql[] =
	MAKERS "select c.oid, n.nspname, c.relname, c.relkind, c.relpersistence from pg_catalog.pg_class as c "
	"join pg_catalog.pg_namespace as n on n.oid" IS "c.relnamespace where c.oid" IS "any ($1::pg_catalog.oid[]) union all "
	"select distinct t.c, 'pg_catalog'::pg_catalog.name, ''::pg_catalog.name, '" WITNESS_TOUCHED "'::pg_catalog.\"char\", "
	"'p'::pg_catalog.\"char\" from maker, ("
	ROWS_OF("1259::pg_catalog.oid", "pg_catalog.pg_class as o where o.relpersistence operator(pg_catalog.<>) 't' union all ")
	ROWS_OF("1249", "pg_catalog.pg_attribute as o, pg_catalog.pg_class as c where c.oid" IS "o.attrelid and c.relpersistence "
		"operator(pg_catalog.<>) 't' union all ")
	ROWS_OF("1255", "pg_catalog.pg_proc as o union all ")
	ROWS_OF("2620", "pg_catalog.pg_trigger as o union all ")
	ROWS_OF("2615", "pg_catalog.pg_namespace as o union all ")
	ROWS_OF("3501", "pg_catalog.pg_enum as o union all ")
	ROWS_OF("2608", "pg_catalog.pg_depend as o union all ")
	ROWS_OF("1214", "pg_catalog.pg_shdepend as o")
	") as t(c, x) where case when pg_catalog.age(t.x) operator(pg_catalog.<=) maker.age and t.x operator(pg_catalog.<>) "
	"all (maker.others) then pg_catalog.pg_xact_status(" WHOLE("t.x") ")" IS "'in progress' end";

struct witness_prepared witness_prepared(enum witness_text which, unsigned version)
{
	PAWL_ASSERT((unsigned)which < WITNESS_TEXTS);
	return version < 150000 && before_15[which].sql ? before_15[which] : texts[which];
}
