	-- What is truncated: its rows, and the numbers of sequences that start anew.
	if e_r is not null then
		for r in with x as materialized (
				select k.oid, k.relkind, k.oid::regclass::text as name from pg_class k where k.oid = any(e_r)) select * from x order by oid loop
			if r.relkind = 'S' then
				execute format('select format(%L, %L, last_value, is_called) from %s', 'select pg_catalog.setval(%L, %s, %L)', r.name, r.name) into v_text;
				v_step := v_step + 1;
				insert into pawl_trash.steps values (v_item, v_step, format('sequence %s', r.name), array[v_text]);
				continue;
			end if;
			v_text := format('pawl_trash.%I', v_item || '.gone.' || r.oid);
			execute format('lock table only %s in access exclusive mode', r.name);
			v_one_key := 'gone.' || r.oid;
			v_source := r.name;
			v_query := format('select * from only %s', r.name);
@COPIED@
			insert into pawl_trash.captures values (v_item, r.oid, r.name, v_text, null, null);
			insert into pawl_trash.holds values (v_item, 'table', 'pg_class'::regclass, v_text::regclass);
		end loop;
	end if;
