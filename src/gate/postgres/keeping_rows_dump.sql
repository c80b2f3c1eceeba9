/* Before a statement that deletes or changes more rows than are copied: what it reaches is in a dump already, or named so that it can be.
 * The transaction that does it is remembered: by that its rows are told from those of others who come later.
 * @ITEM@ @STATEMENT@ quoted literals; @TABLES@ a text array of names as the statement has them; @DUMPED@ what the dump has, null: only tried.
 */
declare
	v_item constant text := @ITEM@;
	v_words constant text := @STATEMENT@;
	v_names constant text[] := @TABLES@;
	v_dumped constant text[] := @DUMPED@;
	v_path constant text := pg_catalog.current_setting('search_path');
	v_speaks constant text := pg_catalog.current_setting('client_min_messages');
	v_dumps jsonb := '[]';
	v_set oid[] := '{}';
	v_more oid[];
	v_one text;
	v_rel oid;
	v_gone text;
	r record;
begin
@REACH@
	insert into pawl_trash.items (item, expires, statement) values (v_item, clock_timestamp() + @EXPIRES@::interval, v_words);
	for r in with x as materialized (
			select k.oid, k.oid::regclass::text as name, case k.relkind when 'r' then 'only ' else '' end as only_
			from pg_class k where k.oid = any(v_set) and k.relkind in ('r', 'p') and k.relpersistence <> 't') select * from x order by oid loop
		v_gone := format('pawl_trash.%I', v_item || '.gone.' || r.oid);
		execute format('create table %s as select * from %s with no data', v_gone, r.name);
		insert into pawl_trash.captures values (v_item, r.oid, r.name, v_gone, null, '');
		insert into pawl_trash.holds values (v_item, 'table', 'pg_class'::regclass, v_gone::regclass);
		v_dumps := v_dumps || jsonb_build_object('key', 'gone.' || r.oid, 'of', r.only_ || r.name, 'query', format('select * from %s%s', r.only_, r.name),
			'bytes', (select sum(pg_table_size(t.relid)) from pg_partition_tree(r.oid) t union all select pg_table_size(r.oid) order by 1 desc nulls last limit 1));
	end loop;
	if v_dumped is null then
		perform set_config('pawl.dumps', v_dumps::text, true);
	elsif v_dumped <> array(select x ->> 'key' from jsonb_array_elements(v_dumps) x) then
		raise exception 'pawl: what has to be dumped first is not what it was' using errcode = 'PW004', hint = 'Send it again.';
	end if;
	update pawl_trash.captures set wrote = xmin::text where item = v_item;
	perform set_config('client_min_messages', v_speaks, true);
	perform set_config('search_path', v_path, true);
end
