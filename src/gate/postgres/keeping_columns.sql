	-- Columns that go from what stays: definition and values.
	if not v_parts <@ v_dead then
		for r in with x as materialized (
				select a.attrelid, a.attnum, a.attname, k.oid::regclass::text as tab, format_type(a.atttypid, a.atttypmod) || coalesce(
						(select ' collate ' || c.oid::regcollation::text from pg_collation c where c.oid = a.attcollation
							and c.oid <> (select typcollation from pg_type where oid = a.atttypid)), '') as type,
					a.attgenerated, a.attidentity, a.attnotnull, a.attacl, pg_get_expr(f.adbin, f.adrelid) as def,
					case when a.attstorage <> (select typstorage from pg_type where oid = a.atttypid) then
						case a.attstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end end as storage,
					case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end as compression,
					a.attstattarget, a.attoptions, col_description(a.attrelid, a.attnum) as note,
					(select p.objid from pg_depend p join pg_class z on z.oid = p.objid and z.relkind = 'S' where p.classid = 'pg_class'::regclass
						and p.refclassid = 'pg_class'::regclass and p.refobjid = a.attrelid and p.refobjsubid = a.attnum
						and p.deptype in ('a', 'i') limit 1) as seq
				from unnest(d_c, d_o, d_s) as d(c, o, s) join pg_class k on k.oid = d.o join pg_attribute a on a.attrelid = k.oid and a.attnum = d.s
				left join pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum
				where d.c = 'pg_class'::regclass and d.s > 0 and not k.oid = any(v_dead) and a.attinhcount = 0 and k.relkind in ('r', 'p'))
				select * from x order by attrelid, attnum desc loop
			select w.attrelid::regclass::text || '.' || quote_ident(w.attname) into v_text from pg_attribute w join pg_type t on t.typrelid = r.attrelid
				join pg_class k on k.oid = w.attrelid and k.relkind in ('r', 'p', 'm')
				where w.atttypid in (t.oid, t.typarray) and not w.attisdropped and not w.attrelid = any(v_dead) limit 1;
			if found then
				raise exception 'pawl: column %.% cannot be kept: % holds rows of that table as values', r.tab, r.attname, v_text using errcode = 'PW004';
			end if;
			insert into pawl_trash.orders select v_item, r.attrelid, array_agg(attname order by attnum) from pg_attribute
				where attrelid = r.attrelid and attnum > 0 and not attisdropped on conflict do nothing;
			v_list := '{}';
			if r.seq is not null then
				select format('increment by %s minvalue %s maxvalue %s start with %s cache %s%s', s.seqincrement, s.seqmin, s.seqmax, s.seqstart,
					s.seqcache, case when s.seqcycle then ' cycle' else '' end), format_type(s.seqtypid, null) into v_options, v_detail
					from pg_sequence s where s.seqrelid = r.seq;
				if r.attidentity = '' then
					v_list := v_list || format('create sequence %s as %s %s', r.seq::regclass, v_detail, v_options);
				end if;
			end if;
			v_list := v_list || format('alter table %s add column %I %s%s', r.tab, r.attname, r.type,
				case r.attgenerated when 's' then format(' generated always as (%s) stored', r.def) else '' end);
			if r.attgenerated = '' then
				for q in with recursive tree as (select r.attrelid as o union select h.inhrelid from pg_inherits h join tree on tree.o = h.inhparent)
						select k.oid, k.oid::regclass::text as tab, (select a.attnum from pg_attribute a where a.attrelid = k.oid
							and a.attname = r.attname) as att, k.reltuples from tree join pg_class k on k.oid = tree.o where k.relkind = 'r' loop
	@COLUMN_VALUES@
				end loop;
			end if;
			v_list := v_list || array(select s from (
				select 1 as n, 0::bigint as m, format('alter table %s alter column %I set storage %s', r.tab, r.attname, r.storage) as s where r.storage is not null
				union all select 2, 0, format('alter table %s alter column %I set compression %s', r.tab, r.attname, r.compression) where r.compression is not null
				union all select 3, 0, format('alter table %s alter column %I set statistics %s', r.tab, r.attname, r.attstattarget) where r.attstattarget > 0
				union all select 4, 0, format('alter table %s alter column %I set (%s)', r.tab, r.attname, array_to_string(r.attoptions, ', ')) where r.attoptions is not null
				union all select 5, 0, format('alter table %s alter column %I set default %s', r.tab, r.attname, r.def) where r.attgenerated = '' and r.def is not null
				union all select 6, 0, format('alter table %s alter column %I set not null', r.tab, r.attname) where r.attnotnull
				union all select 7, 0, format('alter table %s alter column %I add generated %s as identity (sequence name %s %s)', r.tab, r.attname,
					case r.attidentity when 'a' then 'always' else 'by default' end, r.seq::regclass, v_options) where r.attidentity <> ''
				union all select 8, 0, format('alter sequence %s owned by %s.%I', r.seq::regclass, r.tab, r.attname) where r.seq is not null and r.attidentity = ''
				union all select 9, 0, format('alter sequence %s owner to %I', r.seq::regclass, pg_get_userbyid(k.relowner)) from pg_class k
					where k.oid = r.seq and r.attidentity = '' and pg_get_userbyid(k.relowner) <> current_user
				union all select 10, g.n, format('grant %s on %s to %s%s', g.privilege_type, r.seq::regclass,
					case g.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end,
					case when g.is_grantable then ' with grant option' else '' end)
					from pg_class k, aclexplode(k.relacl) with ordinality as g(grantor, grantee, privilege_type, is_grantable, n) where k.oid = r.seq
				union all select 11, g.n, format('grant %s (%I) on %s to %s%s', g.privilege_type, r.attname, r.tab,
					case g.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end,
					case when g.is_grantable then ' with grant option' else '' end)
					from aclexplode(r.attacl) with ordinality as g(grantor, grantee, privilege_type, is_grantable, n)
				union all select 12, 0, format('comment on column %s.%I is %L', r.tab, r.attname, r.note) where r.note is not null) x(n, m, s) order by n, m);
			if r.seq is not null then
				execute format('select format(%L, %L, last_value, is_called) from %s', 'select pg_catalog.setval(%L, %s, %L)', r.seq::regclass::text,
					r.seq::regclass) into v_text;
				v_list := v_list || v_text;
			end if;
			v_step := v_step + 1;
			insert into pawl_trash.steps values (v_item, v_step, format('column %s.%I', r.tab, r.attname), v_list);
			if v_moves then
				execute format('alter table %s drop column %I', r.tab, r.attname);
			end if;
		end loop;
	end if;
