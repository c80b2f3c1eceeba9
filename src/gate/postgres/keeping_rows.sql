/* Before a statement that deletes or changes rows, in its own transaction: triggers that keep the rows as they were, and those that came
 * in their place, of the relations named and of all that cascades, rules and triggers may reach. They are taken away by keeping_rows_end.sql.
 * Exact whatever the isolation level: what is kept is what the executor really replaced, not what a second look finds.
 * @ITEM@ @STATEMENT@ quoted literals; @TABLES@ a text array of names as the statement has them; @ROWS@ most rows of one statement.
 */
declare
	v_item constant text := @ITEM@;
	v_words constant text := @STATEMENT@;
	v_names constant text[] := @TABLES@;
	v_rows constant bigint := @ROWS@;
	v_path constant text := pg_catalog.current_setting('search_path');
	v_speaks constant text := pg_catalog.current_setting('client_min_messages');
	v_set oid[] := '{}';
	v_more oid[];
	v_one text;
	v_rel oid;
	v_gone text;
	v_come text;
	v_function text;
	v_row boolean;
	r record;
begin
@REACH@
	insert into pawl_trash.items (item, expires, statement) values (v_item, clock_timestamp() + @EXPIRES@::interval, v_words);
	for r in with x as materialized (
			select k.oid, k.oid::regclass::text as name, (exists (select from pg_inherits h where h.inhparent = k.oid) or exists (select from pg_inherits h
				where h.inhrelid = k.oid)) and k.relkind = 'r' and not k.relispartition as tree
			from pg_class k where k.oid = any(v_set) and k.relkind in ('r', 'p') and k.relpersistence <> 't') select * from x order by oid loop
		v_gone := format('pawl_trash.%I', v_item || '.gone.' || r.oid);
		v_come := format('pawl_trash.%I', v_item || '.come.' || r.oid);
		v_function := format('pawl_trash.%I', v_item || '.' || r.oid);
		execute format('create table %s as select * from %s limit 0', v_gone, r.name);
		execute format('create table %s as select * from %s limit 0', v_come, r.name);
		insert into pawl_trash.captures values (v_item, r.oid, r.name, v_gone, v_come, null);
		insert into pawl_trash.holds values (v_item, 'table', 'pg_class'::regclass, v_gone::regclass), (v_item, 'table', 'pg_class'::regclass, v_come::regclass);
		v_row := r.tree;
		execute format('create function %s() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as %L', v_function,
			format('declare n bigint := 0; begin if tg_op <> ''INSERT'' then insert into %s select %s; get diagnostics n = row_count; end if; '
				'if n > %s then raise exception ''pawl: more rows than are kept: %% of %%'', n, %L using errcode = ''PW004''; end if; '
				'if tg_op <> ''DELETE'' then insert into %s select %s; end if; return null; end', v_gone,
				case when v_row then '(old).*' else '* from pawl_gone' end, v_rows, r.name, v_come, case when v_row then '(new).*' else '* from pawl_come' end));
		execute format('create trigger %I after delete on %s %s execute function %s()', '~pawl ' || v_item || ' d', r.name,
			case when v_row then 'for each row' else 'referencing old table as pawl_gone for each statement' end, v_function);
		execute format('create trigger %I after update on %s %s execute function %s()', '~pawl ' || v_item || ' u', r.name,
			case when v_row then 'for each row' else 'referencing old table as pawl_gone new table as pawl_come for each statement' end, v_function);
		execute format('create trigger %I after insert on %s %s execute function %s()', '~pawl ' || v_item || ' i', r.name,
			case when v_row then 'for each row' else 'referencing new table as pawl_come for each statement' end, v_function);
	end loop;
	perform set_config('client_min_messages', v_speaks, true);
	perform set_config('search_path', v_path, true);
end
