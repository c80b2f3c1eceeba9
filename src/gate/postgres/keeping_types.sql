	-- Columns of which the type changes: the values as they were, by primary key.
	if c_r is not null then
		for r in with x as materialized (
				select b.r as rel, b.n as att, b.t as type, a.attname, b.r::regclass::text as tab, pg_get_expr(f.adbin, f.adrelid) as def,
					case a.attstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end as storage,
					case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end as compression,
					array(select quote_ident(z.attname) from pg_index i, unnest(i.indkey) with ordinality as y(c, n), pg_attribute z
						where i.indrelid = b.r and i.indisprimary and z.attrelid = b.r and z.attnum = y.c order by y.n) as keys,
					array(select format_type(z.atttypid, z.atttypmod) from pg_index i, unnest(i.indkey) with ordinality as y(c, n), pg_attribute z
						where i.indrelid = b.r and i.indisprimary and z.attrelid = b.r and z.attnum = y.c order by y.n) as key_types,
					exists (select from pg_index i where i.indrelid = b.r and i.indisprimary and b.n = any(i.indkey)) as is_key,
					exists (select from pg_inherits h join pg_class k on k.oid = h.inhrelid where h.inhparent = b.r and not k.relispartition) as inherited
				from unnest(c_r, c_n, c_t) as b(r, n, t) join pg_attribute a on a.attrelid = b.r and a.attnum = b.n
				left join pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum) select * from x order by rel, att loop
			if r.keys = '{}' or r.is_key or r.inherited then
				raise exception 'pawl: what the type of %.% was cannot be kept: its rows cannot be told apart by another primary key', r.tab, r.attname
					using errcode = 'PW004', hint = 'Add a column of the new type beside it, and drop the old one later.';
			end if;
			v_text := format('pawl_trash.%I', v_item || '.type.' || r.rel || '.' || r.att);
			execute format('create table %s as select %s, %I as pawl_kept, null::text as pawl_became from %s', v_text,
				array_to_string(array(select format('%s as k%s', k, n) from unnest(r.keys) with ordinality as y(k, n)), ', '), r.attname, r.tab);
			get diagnostics v_count = row_count;
			if v_count > v_rows then
				raise exception 'pawl: more rows than are kept: % of %', v_count, r.tab using errcode = 'PW004';
			end if;
			insert into pawl_trash.holds values (v_item, 'table', 'pg_class'::regclass, v_text::regclass);
			execute format('alter table %s replica identity full', v_text);
			v_changed := v_changed || format('update %s x set pawl_became = t.%I::text from %s t where %s', v_text, r.attname, r.tab,
				array_to_string(array(select format('t.%s::text = x.k%s::text', k, n) from unnest(r.keys) with ordinality as y(k, n)), ' and '));
			v_list := array[format('alter table %s alter column %I drop default', r.tab, r.attname),
				format('create function pg_temp.pawl_back(%s, text) returns %s language sql as %L',
					array_to_string(r.key_types, ', '),
					regexp_replace(r.type, ' collate .*', ''),
					format('select (coalesce((select array[x.pawl_kept] from %1$s x where %2$s and x.pawl_became is not distinct from $%3$s limit 1), array[$%3$s::%4$s]))[1]',
					v_text, array_to_string(array(select format('x.k%s = $%s', n, n) from generate_subscripts(r.keys, 1) as y(n)), ' and '),
					cardinality(r.keys) + 1, regexp_replace(r.type, ' collate .*', ''))),
				format('alter table %s alter column %I type %s using pg_temp.pawl_back(%s, %I::text)', r.tab, r.attname, r.type,
					array_to_string(r.keys, ', '), r.attname),
				'drop function pg_temp.pawl_back', format('alter table %s alter column %I set storage %s', r.tab, r.attname, r.storage)];
			if r.compression is not null then
				v_list := v_list || format('alter table %s alter column %I set compression %s', r.tab, r.attname, r.compression);
			end if;
			v_list := array[format('create index on %s (%s)', v_text,
				array_to_string(array(select format('k%s', n) from generate_subscripts(r.keys, 1) as y(n)), ', '))] || v_list;
			if r.def is not null then
				v_list := v_list || format('alter table %s alter column %I set default %s', r.tab, r.attname, r.def);
			end if;
			v_step := v_step + 1;
			insert into pawl_trash.steps values (v_item, v_step, format('type of %s.%I', r.tab, r.attname), v_list);
		end loop;
	end if;
