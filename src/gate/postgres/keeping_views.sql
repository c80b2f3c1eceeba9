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
		select k.oid::regclass::text as name, k.relkind, k.relispopulated, k.relacl, k.relhasrules, k.relhastriggers, pg_get_userbyid(k.relowner) as owner,
				format('create %s %s%s as %s%s', case k.relkind when 'v' then 'view' else 'materialized view' end, k.oid::regclass,
					' with (' || array_to_string(k.reloptions, ', ') || ')', rtrim(pg_get_viewdef(k.oid), ';'),
					case k.relkind when 'm' then ' with no data' else '' end) as def
			into r from pg_class k where k.oid = v_one;
		v_list := array[r.def];
		-- Its indexes, columns, triggers, rules, rights and words: most views have none of them, and to look is to plan.
		if r.relkind = 'm' then
			v_list := v_list || array(select pg_get_indexdef(i.indexrelid) from pg_index i where i.indrelid = v_one order by i.indexrelid)
				|| array(select format('comment on index %s is %L', i.indexrelid::regclass, obj_description(i.indexrelid, 'pg_class'))
					from pg_index i where i.indrelid = v_one and obj_description(i.indexrelid, 'pg_class') is not null);
			if r.relispopulated then
				v_list := v_list || format('refresh materialized view %s', r.name);
			end if;
		end if;
		v_list := v_list || array(select format('alter view %s alter column %I set default %s', r.name, a.attname, pg_get_expr(f.adbin, f.adrelid))
			from pg_attrdef f join pg_attribute a on a.attrelid = f.adrelid and a.attnum = f.adnum where f.adrelid = v_one);
		if r.relhasrules then
			v_list := v_list || array(select pg_get_ruledef(w.oid) from pg_rewrite w where w.ev_class = v_one and w.rulename <> '_RETURN' order by w.oid);
		end if;
		if r.relhastriggers then
			v_list := v_list || array(select pg_get_triggerdef(t.oid) from pg_trigger t where t.tgrelid = v_one and not t.tgisinternal order by t.oid);
		end if;
		if r.owner <> current_user then
			v_list := v_list || format('alter table %s owner to %I', r.name, r.owner);
		end if;
		if r.relacl is not null then
			v_list := v_list || format('revoke all on %s from %I', r.name, r.owner) || array(select format('grant %s on %s to %s%s', g.privilege_type, r.name,
				case g.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end, case when g.is_grantable then ' with grant option' else '' end)
				from aclexplode(r.relacl) with ordinality as g(grantor, grantee, privilege_type, is_grantable, n) order by g.n);
		end if;
		v_list := v_list || array(select format('grant %s (%I) on %s to %s%s', g.privilege_type, a.attname, r.name,
			case g.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end, case when g.is_grantable then ' with grant option' else '' end)
			from pg_attribute a, aclexplode(a.attacl) with ordinality as g(grantor, grantee, privilege_type, is_grantable, n)
			where a.attrelid = v_one and a.attnum > 0 and a.attacl is not null order by a.attnum, g.n);
		if obj_description(v_one, 'pg_class') is not null then
			v_list := v_list || format('comment on %s %s is %L', case r.relkind when 'v' then 'view' else 'materialized view' end, r.name, obj_description(v_one, 'pg_class'));
		end if;
		v_list := v_list || array(select format('comment on column %s.%I is %L', r.name, a.attname, col_description(v_one, a.attnum))
			from pg_attribute a where a.attrelid = v_one and a.attnum > 0 and col_description(v_one, a.attnum) is not null order by a.attnum);
		v_step := v_step + 1;
		insert into pawl_trash.steps values (v_item, v_step, format('view %s', r.name), v_list);
		if v_moves then
			execute format('drop %s %s', case r.relkind when 'v' then 'view' else 'materialized view' end, r.name);
		end if;
	end loop;
