/* Items whose time is over, oldest first. What something else still needs stays until that goes. The number of items is left in pawl.says. */
declare
	v_gone int := 0;
	v_all boolean;
	i record;
	r record;
begin
	perform set_config('search_path', 'pg_catalog, pg_temp', true);
	perform set_config('client_min_messages', 'warning', true);
	if to_regclass('pawl_trash.items') is null then
		perform set_config('pawl.says', '0', false);
		return;
	end if;
	-- One at a time, whoever else is at it: another gate, or an undo, which holds its item until it is done.
	if not pg_try_advisory_xact_lock(hashtextextended('pawl_trash', 0)) then
		perform set_config('pawl.says', '0', false);
		return;
	end if;
	for i in select item from pawl_trash.items where expires <= to_timestamp(@NOW@) order by at for update skip locked loop
		begin
			for r in select h.kind, h.object, pg_describe_object(h.class, h.object, 0) as what from pawl_trash.holds h where h.item = i.item
					order by array_position(array['schema', 'table', 'sequence', 'routine', 'type'], h.kind), h.object loop
				-- Only what still lies in the trash; a name elsewhere is somebody's who brought it back by hand.
				if r.what is null or r.what !~ 'pawl_trash\.' then
					continue;
				elsif r.kind = 'schema' then
					execute format('drop schema %s cascade', r.object::regnamespace);
				elsif r.kind = 'table' and r.object::regclass::text ~ 'pawl_trash\.' then
					-- Tables of one item may refer to each other.
					execute format('drop table %s cascade', r.object::regclass);
				elsif r.kind = 'sequence' then
					execute format('drop sequence %s', r.object::regclass);
				elsif r.kind = 'routine' then
					execute format('drop routine %s', r.object::regprocedure);
				elsif r.kind = 'type' then
					execute format('drop type %s', r.object::regtype);
				end if;
			end loop;
			delete from pawl_trash.items where item = i.item;
			v_gone := v_gone + 1;
		exception
			when dependent_objects_still_exist or lock_not_available then
				null;
		end;
	end loop;
	perform set_config('pawl.says', v_gone::text, false);
end
