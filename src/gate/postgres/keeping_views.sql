	-- Views, those that others use last.
	select coalesce(array_agg(k.oid), '{}') into v_views from pg_class k where k.oid = any(v_dead) and k.relkind in ('v', 'm');
	while v_views <> '{}' loop
		select min(v.o) into v_one from unnest(v_views) as v(o) where not exists (
			select from pg_depend p join pg_rewrite w on w.oid = p.objid where p.classid = 'pg_rewrite'::regclass
				and p.refclassid = 'pg_class'::regclass and p.refobjid = v.o and w.ev_class <> v.o and w.ev_class = any(v_views));
		if v_one is null then
			raise exception 'pawl: views that use each other cannot be kept' using errcode = 'PW004';
		end if;
		v_views := array_remove(v_views, v_one);
		select k.oid::regclass::text as name, k.relkind, k.relispopulated, k.relacl, pg_get_userbyid(k.relowner) as owner,
				format('create %s %s%s as %s%s', case k.relkind when 'v' then 'view' else 'materialized view' end, k.oid::regclass,
					' with (' || array_to_string(k.reloptions, ', ') || ')', rtrim(pg_get_viewdef(k.oid), ';'),
					case k.relkind when 'm' then ' with no data' else '' end) as def
			into r from pg_class k where k.oid = v_one;
		v_list := array[r.def];
		-- Its indexes, columns, triggers, rules, rights and words.
		v_list := v_list || array(
			select s from (
				select 1 as n, i.indexrelid::bigint as m, pg_get_indexdef(i.indexrelid) as s from pg_index i where i.indrelid = v_one
				union all select 2, i.indexrelid, format('comment on index %s is %L', i.indexrelid::regclass, obj_description(i.indexrelid, 'pg_class'))
					from pg_index i where i.indrelid = v_one and obj_description(i.indexrelid, 'pg_class') is not null
				union all select 3, 0, format('refresh materialized view %s', r.name) where r.relkind = 'm' and r.relispopulated
				union all select 4, f.adnum, format('alter view %s alter column %I set default %s', r.name, a.attname, pg_get_expr(f.adbin, f.adrelid))
					from pg_attrdef f join pg_attribute a on a.attrelid = f.adrelid and a.attnum = f.adnum where f.adrelid = v_one
				union all select 5, w.oid, pg_get_ruledef(w.oid) from pg_rewrite w where w.ev_class = v_one and w.rulename <> '_RETURN'
				union all select 6, t.oid, pg_get_triggerdef(t.oid) from pg_trigger t where t.tgrelid = v_one and not t.tgisinternal
				union all select 7, 0, format('alter table %s owner to %I', r.name, r.owner) where r.owner <> current_user
				union all select 8, 0, format('revoke all on %s from %I', r.name, r.owner) where r.relacl is not null
				union all select 9, g.n, format('grant %s on %s to %s%s', g.privilege_type, r.name,
					case g.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end,
					case when g.is_grantable then ' with grant option' else '' end)
					from aclexplode(r.relacl) with ordinality as g(grantor, grantee, privilege_type, is_grantable, n)
				union all select 10, a.attnum * 1000 + g.n, format('grant %s (%I) on %s to %s%s', g.privilege_type, a.attname, r.name,
					case g.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end,
					case when g.is_grantable then ' with grant option' else '' end)
					from pg_attribute a, aclexplode(a.attacl) with ordinality as g(grantor, grantee, privilege_type, is_grantable, n)
					where a.attrelid = v_one and a.attnum > 0
				union all select 11, 0, format('comment on %s %s is %L', case r.relkind when 'v' then 'view' else 'materialized view' end,
					r.name, obj_description(v_one, 'pg_class')) where obj_description(v_one, 'pg_class') is not null
				union all select 12, a.attnum, format('comment on column %s.%I is %L', r.name, a.attname, col_description(v_one, a.attnum))
					from pg_attribute a where a.attrelid = v_one and a.attnum > 0 and col_description(v_one, a.attnum) is not null) x(n, m, s)
			order by n, m);
		v_step := v_step + 1;
		insert into pawl_trash.steps values (v_item, v_step, format('view %s', r.name), v_list);
		if v_moves then
			execute format('drop %s %s', case r.relkind when 'v' then 'view' else 'materialized view' end, r.name);
		end if;
	end loop;
