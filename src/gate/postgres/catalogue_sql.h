/* catalogue_sql.h -- what is asked of pg_catalog. For catalogue_read.c alone.
 * Room: gate/postgres. The connection's search_path is empty: names without a schema are pg_catalog's.
 */
#ifndef PAWL_GATE_POSTGRES_CATALOGUE_SQL_H
#define PAWL_GATE_POSTGRES_CATALOGUE_SQL_H

static const char relations_sql[] =
	"SELECT c.oid, n.nspname, c.relname, c.relkind, "
	"CASE WHEN c.reltuples > 0 THEN c.reltuples ELSE pg_stat_get_live_tuples(c.oid) END::bigint, "
	"(c.relpages + coalesce(t.relpages, 0) + coalesce(x.pages, 0))::bigint * current_setting('block_size')::bigint "
	"FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_class t ON t.oid = c.reltoastrelid "
	"LEFT JOIN (SELECT x.indrelid, sum(i.relpages) AS pages FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid GROUP BY 1) x "
	"ON x.indrelid = c.oid "
	"WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'I') AND c.relpersistence <> 't' AND n.nspname <> 'pg_toast'";

static const char edges_sql[] =
	"SELECT confrelid, conrelid, confdeltype, conname FROM pg_constraint WHERE contype = 'f' "
	"UNION ALL SELECT confrelid, conrelid, 'U', conname FROM pg_constraint WHERE contype = 'f' AND confupdtype NOT IN ('a', 'r') "
	"UNION ALL SELECT inhparent, inhrelid, 'P', '' FROM pg_inherits "
	"UNION ALL SELECT DISTINCT d.refobjid, r.ev_class, 'V'::\"char\", '' FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid "
	"WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class "
	"AND r.rulename = '_RETURN' AND r.oid >= 16384 "
	"UNION ALL SELECT d.refobjid, d.objid, 'S', '' FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' "
	"WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')";

#define ROUTINES(body)                                                                                                      \
	"SELECT p.oid, n.nspname, p.proname, p.prokind, p.provolatile, l.lanname, CASE WHEN p.oid >= 16384 THEN " body " "   \
	"ELSE p.prosrc END, "                                                                                                \
	"EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'), "  \
	"p.pronargs > 0 AND p.pronargs - p.pronargdefaults <= 1 AND EXISTS (SELECT FROM pg_type a WHERE a.oid = p.proargtypes[0] " \
	"AND (a.typtype IN ('c', 'd') OR a.typname IN ('record', 'any', 'anyelement', 'anynonarray', 'anycompatible', "         \
	"'anycompatiblenonarray'))) "                                                                                           \
	"FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang"
static const char routines_sql[] = ROUTINES("coalesce(pg_get_function_sqlbody(p.oid), p.prosrc)");
static const char routines_old_sql[] = ROUTINES("p.prosrc"); /* before PostgreSQL 14 */

static const char defaults_sql[] =
	"SELECT p.oid, 'SELECT ' || pg_get_expr(p.proargdefaults, 0) FROM pg_proc p "
	"WHERE p.oid >= 16384 AND p.pronargdefaults > 0 AND pg_get_expr(p.proargdefaults, 0) ~ '[(]'";

static const char operators_sql[] =
	"SELECT o.oid, n.nspname, o.oprname, fn.nspname, f.proname FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace "
	"JOIN pg_proc f ON f.oid = o.oprcode JOIN pg_namespace fn ON fn.oid = f.pronamespace WHERE o.oid >= 16384";
static const char aggregates_sql[] =
	"SELECT a.aggfnoid::oid, fn.nspname, f.proname FROM pg_aggregate a JOIN pg_proc f ON f.oid IN (a.aggtransfn, a.aggfinalfn, "
	"a.aggcombinefn, a.aggserialfn, a.aggdeserialfn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn) "
	"JOIN pg_namespace fn ON fn.oid = f.pronamespace WHERE a.aggfnoid::oid >= 16384";
/* What runs where a relation is written, or read. */
static const char triggers_sql[] =
	"SELECT t.tgrelid, t.tgtype, fn.nspname, f.proname, "
	"CASE WHEN t.tgqual IS NOT NULL THEN pg_get_triggerdef(t.oid) END FROM pg_trigger t JOIN pg_proc f ON f.oid = t.tgfoid "
	"JOIN pg_namespace fn ON fn.oid = f.pronamespace WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' ORDER BY 1";
static const char rules_sql[] =
	"SELECT r.ev_class, r.ev_type, pg_get_ruledef(r.oid) FROM pg_rewrite r "
	"WHERE r.rulename <> '_RETURN' AND r.oid >= 16384 AND r.ev_enabled <> 'D' ORDER BY 1";
static const char views_sql[] =
	"SELECT r.ev_class, r.ev_type, pg_get_viewdef(r.ev_class) FROM pg_rewrite r WHERE r.rulename = '_RETURN' AND r.oid >= 16384";
/* pg_get_expr has no words for NOT VALID and their like, which pg_get_constraintdef would put behind. */
static const char types_sql[] =
	"SELECT t.typname AS type, fn.nspname, f.proname, NULL FROM pg_cast c JOIN pg_type t ON t.oid IN (c.castsource, c.casttarget) "
	"JOIN pg_proc f ON f.oid = c.castfunc JOIN pg_namespace fn ON fn.oid = f.pronamespace WHERE c.oid >= 16384 AND t.oid >= 16384 "
	"UNION ALL SELECT t.typname, NULL, NULL, pg_get_expr(k.conbin, 0) FROM pg_constraint k JOIN pg_type t ON t.oid = k.contypid "
	"WHERE k.oid >= 16384 "
	"UNION ALL SELECT t.typname, NULL, E'\\x01t:' || d.typname, NULL FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
	"AND c.relkind = 'c' JOIN pg_type t ON t.oid = c.reltype JOIN pg_type of ON of.oid = a.atttypid "
	"JOIN pg_type d ON d.oid IN (of.oid, of.typelem) AND d.typtype IN ('c', 'd', 'r') AND d.oid >= 16384 WHERE a.attnum > 0 "
	"UNION ALL SELECT t.typname, NULL, E'\\x01t:' || b.typname, NULL FROM pg_type t LEFT JOIN pg_range g ON g.rngtypid = t.oid "
	"JOIN pg_type b ON b.oid IN (t.typelem, t.typbasetype, g.rngsubtype) AND b.oid >= 16384 AND (b.typtype IN ('d', 'r') "
	"OR EXISTS (SELECT FROM pg_class c WHERE c.oid = b.typrelid AND c.relkind = 'c')) WHERE t.oid >= 16384 ORDER BY 1";
/* Bits of events, 1 << enum catalogue_event: 1 read, 2 insert, 4 update, 8 delete, 32 ANALYZE. Numbers of sequences are counted by nobody.
 * What calls nothing has neither a parenthesis nor a cast. A policy for SELECT is asked of rows that are changed as well. */
static const char expressions_sql[] =
	"SELECT x.rel, x.events, string_agg('SELECT ' || x.e, '; ') FROM ("
	"SELECT conrelid AS rel, 6 AS events, pg_get_expr(conbin, conrelid) AS e FROM pg_constraint "
	"WHERE contype = 'c' AND conrelid >= 16384 "
	"UNION ALL SELECT adrelid, 6, pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid >= 16384 "
	"UNION ALL SELECT indrelid, 38, pg_get_expr(indexprs, indrelid) FROM pg_index WHERE indexprs IS NOT NULL AND indrelid >= 16384 "
	"UNION ALL SELECT indrelid, 38, pg_get_expr(indpred, indrelid) FROM pg_index WHERE indpred IS NOT NULL AND indrelid >= 16384 "
	"UNION ALL SELECT x.indrelid, 47, quote_ident(n.nspname) || '.' || quote_ident(f.proname) || '()' FROM pg_index x "
	"JOIN pg_opclass o ON o.oid = ANY (x.indclass) AND o.oid >= 16384 JOIN pg_amproc s ON s.amprocfamily = o.opcfamily "
	"JOIN pg_proc f ON f.oid = s.amproc::oid JOIN pg_language l ON l.oid = f.prolang AND l.lanname NOT IN ('c', 'internal') "
	"JOIN pg_namespace n ON n.oid = f.pronamespace "
	"UNION ALL SELECT partrelid, 6, pg_get_expr(partexprs, partrelid) FROM pg_partitioned_table WHERE partexprs IS NOT NULL "
	"UNION ALL SELECT p.polrelid, CASE p.polcmd WHEN 'a' THEN 6 WHEN 'w' THEN 7 WHEN 'd' THEN 8 ELSE 15 END, x.e FROM pg_policy p "
	"JOIN pg_class c ON c.oid = p.polrelid AND c.relrowsecurity, "
	"LATERAL (VALUES (pg_get_expr(p.polqual, p.polrelid)), (pg_get_expr(p.polwithcheck, p.polrelid))) x(e)) x "
	"WHERE x.e ~ '[(]|::' AND x.e !~ '^nextval[(]''[^'']*''::regclass[)]$' "
	"AND x.e !~ '^''[^'']*''::(text|character varying|jsonb?|bpchar)$' "
	"GROUP BY 1, 2 ORDER BY 1, 2";
/* What ANALYZE works out besides, from PostgreSQL 14 on. */
static const char statistics_sql[] =
	"SELECT s.stxrelid, 32, 'SELECT ' || string_agg(x.e, ', ') FROM pg_statistic_ext s, "
	"LATERAL unnest(pg_get_statisticsobjdef_expressions(s.oid)) x(e) WHERE s.stxexprs IS NOT NULL GROUP BY s.oid, 1 ORDER BY 1";
static const char columns_sql[] =
	"WITH RECURSIVE made(type, of) AS (SELECT oid, typelem FROM pg_type WHERE typelem <> 0 "
	"UNION ALL SELECT oid, typbasetype FROM pg_type WHERE typbasetype <> 0 UNION ALL SELECT rngtypid, rngsubtype FROM pg_range "
	"UNION ALL SELECT c.reltype, a.atttypid FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
	"WHERE c.oid >= 16384 AND c.relkind IN ('c', 'r', 'p') AND a.attnum > 0), "
	"holds(type, domain) AS (SELECT contypid, contypid FROM pg_constraint WHERE contypid <> 0 AND oid >= 16384 "
	"UNION SELECT m.type, h.domain FROM holds h JOIN made m ON m.of = h.type) "
	"SELECT DISTINCT a.attrelid, t.typname FROM holds h "
	"JOIN pg_attribute a ON a.atttypid = h.type AND a.attnum > 0 AND NOT a.attisdropped "
	"JOIN pg_type t ON t.oid = h.domain ORDER BY 1";
static const char event_triggers_sql[] =
	"SELECT e.evtname, fn.nspname, f.proname FROM pg_event_trigger e JOIN pg_proc f ON f.oid = e.evtfoid "
	"JOIN pg_namespace fn ON fn.oid = f.pronamespace WHERE e.evtenabled <> 'D'";

#endif
