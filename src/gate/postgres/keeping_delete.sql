/* Before a DELETE that hands its rows on by RETURNING, where that is all that happens: a plain table without triggers, rules, children,
 * row security or foreign keys that act. What is not so is told, and kept the slower way.
 * @ITEM@ @STATEMENT@ @NAME@ quoted literals; @GONE@ the table for the rows.
 */
declare
	v_item constant text := @ITEM@;
	v_name constant text := @NAME@;
	v_path constant text := pg_catalog.current_setting('search_path');
	v_rel oid;
begin
	v_rel := coalesce(pg_catalog.to_regclass(pg_catalog.quote_ident(v_name)), pg_catalog.to_regclass(pg_catalog.quote_ident(
		pg_catalog.split_part(v_name, '.', 1)) || '.' || pg_catalog.quote_ident(pg_catalog.substr(v_name, pg_catalog.strpos(v_name, '.') + 1))));
	perform set_config('search_path', 'pg_catalog, pg_temp', true);
	if not exists (select from pg_class k where k.oid = v_rel and k.relkind = 'r' and k.relpersistence <> 't' and not k.relrowsecurity and not k.relhasrules
			and not k.relhassubclass and has_table_privilege(k.oid, 'select') and has_schema_privilege('pawl_trash', 'create')
			and not exists (select from pg_trigger t where t.tgrelid = k.oid and not t.tgisinternal)
			and not exists (select from pg_constraint c where c.confrelid = k.oid and c.contype = 'f' and c.confdeltype in ('c', 'n', 'd'))) then
		raise exception 'not a plain table' using errcode = 'PW0ZY';
	end if;
	insert into pawl_trash.items (item, expires, statement) values (v_item, clock_timestamp() + @EXPIRES@::interval, @STATEMENT@);
	execute format('create table @GONE@ as select * from %s limit 0', v_rel::regclass);
	insert into pawl_trash.captures values (v_item, v_rel, v_rel::regclass::text, '@GONE@', null, null);
	insert into pawl_trash.holds values (v_item, 'table', 'pg_class'::regclass, '@GONE@'::regclass);
	perform set_config('search_path', v_path, true);
end
