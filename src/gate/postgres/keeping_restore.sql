/* An item back, in one transaction of the gate's own: the steps from the last to the first, then the rows. Whatever stands in the way is
 * an error with what to do, and nothing is changed. The answer is left in the setting pawl.says.
 */
declare
	v_item constant text := @ITEM@;
	v_says text := '';
	v_notes text := '';
	v_message text;
	v_state text;
	v_text text;
	v_list text[];
	v_quiet text[] := '{}';
	v_loud text[] := '{}';
	v_todo oid[];
	v_left oid[];
	v_phase text;
	v_count bigint;
	v_done bigint;
	v_keys text;
	v_same boolean;
	v_clear jsonb := '{}';
	i record;
	r record;
	q record;
begin
	perform set_config('search_path', 'pg_catalog, pg_temp', true);
	perform set_config('client_min_messages', 'warning', true);
	perform set_config('row_security', 'off', true);
	-- What is compared is compared whole, by texts that nothing is known about.
	perform set_config('enable_nestloop', 'off', true), set_config('work_mem', '64MB', true), set_config('jit', 'off', true);
	if to_regclass('pawl_trash.items') is null then
		raise exception '% is not in this database: it has no schema pawl_trash', v_item using errcode = 'PWU02';
	end if;
	select * into i from pawl_trash.items where item = v_item for update;
	if not found then
		raise exception '% is not in the database: the statement was rolled back or never run, or the item has expired', v_item using errcode = 'PWU02';
	elsif i.undone is not null then
		raise exception '% is back already, since %', v_item, to_char(i.undone at time zone 'utc', 'YYYY-MM-DD HH24:MI "UTC"') using errcode = 'PWU02';
	end if;
	-- What it needs, and what lies in the trash for another item.
	select substring(pg_describe_object(p.refclassid, p.refobjid, p.refobjsubid) from '(K-[0-9]+)\.') into v_text
		from pawl_trash.holds h join pg_depend p on p.classid = h.class and p.objid = h.object and p.refobjid >= 16384
		where h.item = v_item and pg_describe_object(p.refclassid, p.refobjid, p.refobjsubid) ~ 'pawl_trash\.'
			and strpos(pg_describe_object(p.refclassid, p.refobjid, p.refobjsubid), v_item || '.') = 0 limit 1;
	if v_text is not null then
		raise exception '% needs what was dropped later', v_item using errcode = 'PWU01',
			detail = format('First: pawl undo %s; nothing was changed.', v_text);
	end if;
	for r in select * from pawl_trash.steps where item = v_item order by n desc loop
		foreach v_text in array r.undo loop
			begin
				execute v_text;
			exception
				when foreign_key_violation then
					if v_text !~ '^alter table .* add constraint ' then
						raise;
					end if;
					execute v_text || ' not valid';
					v_notes := v_notes || format(E'\nNote: %s is back but not valid: rows it refers to are gone; once they are there, ALTER TABLE ... VALIDATE CONSTRAINT.', r.object);
				when duplicate_table or duplicate_object or duplicate_schema or duplicate_function or duplicate_column then
					get stacked diagnostics v_message = message_text;
					raise exception '% cannot come back: %', r.object, v_message
						using errcode = 'PWU01', detail = 'Rename what has that name now, or drop it, and undo again; nothing was changed.';
				when undefined_table or undefined_object or undefined_function or undefined_column or invalid_schema_name then
					get stacked diagnostics v_message = message_text;
					raise exception '% cannot come back: %', r.object, v_message
						using errcode = 'PWU01', detail = 'It was dropped or renamed later: undo that first (pawl undo list); nothing was changed.';
				when unique_violation or not_null_violation or check_violation or exclusion_violation then
					get stacked diagnostics v_message = message_text;
					raise exception '% cannot come back: %', r.object, v_message
						using errcode = 'PWU01', detail = 'Rows that came since stand in the way; nothing was changed.';
			end;
		end loop;
		v_says := v_says || ', ' || r.object;
	end loop;
@CAPTURES@
	-- What is left in the trash for it has done its work; what came back is in it no more.
	for r in select h.*, pg_describe_object(h.class, h.object, 0) as what from pawl_trash.holds h where h.item = v_item loop
		if r.kind = 'table' and r.what ~ 'pawl_trash\.' then
			execute format('drop table %s', r.object::regclass);
		end if;
	end loop;
	delete from pawl_trash.holds where item = v_item;
	delete from pawl_trash.captures where item = v_item;
	delete from pawl_trash.steps where item = v_item;
	update pawl_trash.items set undone = clock_timestamp() where item = v_item;
	perform set_config('pawl.says', case when v_says = '' then 'nothing had to be done' else substr(v_says, 3) end || v_notes, false);
end
