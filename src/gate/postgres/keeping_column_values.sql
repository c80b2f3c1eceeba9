				-- By primary key, where the column is no part of it; else by place, and then the row must be as it was.
				select coalesce(array_agg(quote_ident(z.attname) order by y.n), '{}') into v_keys
					from pg_index i, unnest(i.indkey) with ordinality as y(c, n), pg_attribute z where i.indrelid = q.oid and i.indisprimary
					and z.attrelid = q.oid and z.attnum = y.c and not q.att = any(i.indkey);
				v_text := format('pawl_trash.%I', v_item || '.column.' || q.oid || '.' || q.att);
				select string_agg(quote_ident(a.attname), ', ' order by a.attnum) into v_detail from pg_attribute a
					where a.attrelid = q.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
					and not exists (select from unnest(d_c, d_o, d_s) as e(c, o, s) where e.c = 'pg_class'::regclass and e.o = q.oid and e.s = a.attnum);
				if v_keys <> '{}' then
					v_query := format('select %s, %I as pawl_kept from only %s',
						array_to_string(array(select format('%s as k%s', k, n) from unnest(v_keys) with ordinality as y(k, n)), ', '), r.attname, q.tab);
				else
					v_query := format('select ctid as pawl_row, md5(row(%s)::text) as pawl_rest, %I as pawl_kept from only %s', v_detail, r.attname, q.tab);
				end if;
				v_one_key := 'column.' || q.oid || '.' || q.att;
				v_source := q.tab;
@COPIED@
				insert into pawl_trash.holds values (v_item, 'table', 'pg_class'::regclass, v_text::regclass);
				v_quiet := array(select format('alter table only %s disable trigger %I', q.tab, t.tgname) from pg_trigger t
					where t.tgrelid = q.oid and not t.tgisinternal and t.tgenabled <> 'D' order by t.oid)
					|| array(select format('alter table only %s replica identity full', q.tab) from pg_class where oid = q.oid and relreplident = 'd' and v_keys = '{}');
				v_loud := array(select format('alter table only %s enable %s trigger %I', q.tab,
					case t.tgenabled when 'R' then 'replica' when 'A' then 'always' else '' end, t.tgname) from pg_trigger t
					where t.tgrelid = q.oid and not t.tgisinternal and t.tgenabled <> 'D' order by t.oid)
					|| array(select format('alter table only %s replica identity default', q.tab) from pg_class where oid = q.oid and relreplident = 'd' and v_keys = '{}');
				if v_keys <> '{}' then
					v_list := v_list || v_quiet || format('update only %s t set %I = x.pawl_kept from %s x where %s', q.tab, r.attname, v_text,
						array_to_string(array(select format('t.%s::text = x.k%s::text', k, n) from unnest(v_keys) with ordinality as y(k, n)), ' and '))
						|| v_loud;
				else
					v_list := v_list || v_quiet || format('do %L', format('declare n bigint; begin update only %s t set %I = x.pawl_kept from %s x '
						'where t.ctid = x.pawl_row and md5(row(%s)::text) = x.pawl_rest; get diagnostics n = row_count; '
						'if n <> (select count(*) from %s) then raise exception %L using errcode = ''PWU01''; end if; end', q.tab, r.attname, v_text,
						(select string_agg('t.' || quote_ident(a.attname), ', ' order by a.attnum) from pg_attribute a
							where a.attrelid = q.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
							and not exists (select from unnest(d_c, d_o, d_s) as e(c, o, s) where e.c = 'pg_class'::regclass and e.o = q.oid and e.s = a.attnum)),
						v_text, 'rows of ' || q.tab || ' have changed since, and it has no key by which they could be told')) || v_loud;
				end if;
