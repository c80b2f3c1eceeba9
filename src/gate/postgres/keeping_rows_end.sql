/* Before the transaction commits, when no trigger of it is pending any more (SET CONSTRAINTS ALL IMMEDIATE): the triggers go, and what kept
 * nothing goes with them. Where the transaction was rolled back to before they came, there is nothing to do.
 */
declare
	v_item constant text := @ITEM@;
	v_path constant text := pg_catalog.current_setting('search_path');
	v_some boolean;
	r record;
begin
	perform set_config('search_path', 'pg_catalog, pg_temp', true);
	for r in with x as materialized (select t.tgname, t.tgrelid::regclass::text as tab from pg_trigger t
			where t.tgname in ('~pawl ' || v_item || ' d', '~pawl ' || v_item || ' u', '~pawl ' || v_item || ' i') and not t.tgisinternal
			and t.tgparentid = 0) select * from x order by tab, tgname loop
		execute format('drop trigger %I on %s', r.tgname, r.tab);
	end loop;
	for r in with x as materialized (select f.oid::regprocedure::text as name from pg_proc f
			where f.pronamespace = 'pawl_trash'::regnamespace and starts_with(f.proname, v_item || '.')
			and f.prorettype = 'trigger'::regtype and not exists (select from pawl_trash.holds h where h.object = f.oid)) select * from x order by name loop
		execute format('drop function %s', r.name);
	end loop;
	for r in select * from pawl_trash.captures where item = v_item loop
		execute format('select exists (select from %s) or exists (select from %s)', r.gone, r.come) into v_some;
		if not v_some then
			delete from pawl_trash.holds where item = v_item and object in (r.gone::regclass, r.come::regclass);
			delete from pawl_trash.captures where item = v_item and relation = r.relation;
			execute format('drop table %s, %s', r.gone, r.come);
		end if;
	end loop;
	perform set_config('search_path', v_path, true);
end
