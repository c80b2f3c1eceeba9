/* One statement that drops, alters or truncates, kept: run in the client's own transaction, as the client's own role, in place of the
 * statement. The statement is run first in a subtransaction that is rolled back: errors and notices are the server's own, and what
 * died is the difference of the catalogue before and after. Then what holds data is moved to pawl_trash, and of the rest the
 * definition is noted; each step with its inverse.
 * @ITEM@ @STATEMENT@ quoted literals; @MODE@ 'drop', 'alter' or 'truncate'; @ROWS@ most rows copied; @EXPIRES@ an interval.
 * Names are all looked up in pg_catalog, but for the statement itself.
 */
declare
	v_item constant text := @ITEM@;
	v_words constant text := @STATEMENT@;
	v_mode constant text := @MODE@;
	v_rows constant bigint := @ROWS@;
	v_dumped constant text[] := @DUMPED@; -- what a dump has already; null: this is only tried
	v_dumps jsonb := '[]';
	v_one_key text;
	v_query text;
	v_source text;
	v_path constant text := pg_catalog.current_setting('search_path');
	v_jit constant text := pg_catalog.current_setting('jit');
	v_joins constant text := pg_catalog.current_setting('join_collapse_limit');
	v_froms constant text := pg_catalog.current_setting('from_collapse_limit');
	v_speaks constant text := pg_catalog.current_setting('client_min_messages');
	-- Objects before: class, object, part. Columns before: relation, number, type. Storage before: relation, file.
	b_c oid[]; b_o oid[]; b_s int[];
	t_r oid[]; t_n int[]; t_t text[];
	f_r oid[]; f_f oid[];
	-- The same of what died, changed, or was emptied.
	d_c oid[]; d_o oid[]; d_s int[];
	c_r oid[]; c_n int[]; c_t text[];
	e_r oid[];
	v_again text := v_words;
	v_dead oid[];	 -- relations
	v_schemas oid[]; -- schemas
	v_moves boolean;
	-- What of it there is at all: to look for the rest is to plan it.
	v_kinds text[]; -- of relations
	v_parts oid[];	-- relations that lost columns, or went with them
	v_types boolean;
	v_below boolean; -- partitions and children
	v_step int := 0;
	v_detail text;
	v_message text;
	v_hint text;
	v_text text;
	v_list text[];
	v_count bigint;
	v_tries int := 0;
	v_views oid[];
	v_options text;
	v_one oid;
	v_keys text[];
	v_quiet text[];
	v_loud text[];
	v_changed text[] := '{}';
	v_facts text[] := '{}'; -- what is so of relations, as the statement that makes it so
	v_facts_of constant text := $facts$select array(select x.s from (
			select h.inhrelid, case when k.relispartition then format('alter table %s attach partition %s %s', h.inhparent::regclass, k.oid::regclass,
				pg_get_expr(k.relpartbound, k.oid)) else format('alter table %s inherit %s', k.oid::regclass, h.inhparent::regclass) end
				from pg_inherits h join pg_class k on k.oid = h.inhrelid where k.relkind in ('r', 'p', 'f')
			union all select tgrelid, format('alter table only %s %s trigger %I', tgrelid::regclass, case tgenabled when 'D' then 'disable'
				when 'R' then 'enable replica' when 'A' then 'enable always' else 'enable' end, tgname) from pg_trigger
				where not tgisinternal and tgrelid in (select oid from pg_class where relkind in ('r', 'p', 'f'))
			union all select oid, format('alter table %s %s row level security', oid::regclass, case when relrowsecurity then 'enable' else 'disable' end)
				from pg_class where relkind in ('r', 'p')
			union all select oid, format('alter table %s %s row level security', oid::regclass, case when relforcerowsecurity then 'force' else 'no force' end)
				from pg_class where relkind in ('r', 'p')
			union all select oid, format('alter table %s set %s', oid::regclass, case relpersistence when 'u' then 'unlogged' else 'logged' end)
				from pg_class where relkind = 'r' and relpersistence <> 't'
			union all select a.attrelid, format('alter table %s%s alter column %I %s not null', case k.relkind when 'r' then 'only ' else '' end, k.oid::regclass, a.attname, case when a.attnotnull then 'set' else 'drop' end)
				from pg_attribute a join pg_class k on k.oid = a.attrelid and k.relkind in ('r', 'p') where a.attnum > 0 and not a.attisdropped and not exists
				(select from pg_index i where i.indrelid = k.oid and i.indisprimary and a.attnum = any(i.indkey)) and a.attidentity = ''
			union all select a.attrelid, format('alter table %s%s alter column %I set default %s', case k.relkind when 'r' then 'only ' else '' end, k.oid::regclass, a.attname, pg_get_expr(f.adbin, f.adrelid))
				from pg_attrdef f join pg_attribute a on a.attrelid = f.adrelid and a.attnum = f.adnum join pg_class k on k.oid = a.attrelid and k.relkind in ('r', 'p')
				where a.attgenerated = ''
		) x(o, s) where x.o >= 16384)$facts$;
	r record;
	q record;
begin
	perform set_config('search_path', 'pg_catalog, pg_temp', true);
	-- To plan and compile what reads the catalogue takes longer than to read it.
	perform set_config('jit', 'off', true), set_config('join_collapse_limit', '1', true), set_config('from_collapse_limit', '1', true);
	if not has_schema_privilege('pawl_trash', 'create') then
		raise exception 'pawl: nothing can be kept as role "%"', current_user
			using errcode = 'PW004', hint = 'RESET ROLE first, or ask the owner of the database.';
	end if;
	select array_agg(x.c), array_agg(x.o), array_agg(x.s) into b_c, b_o, b_s from (
		select classid as c, objid as o, objsubid as s from pg_depend where objid >= 16384
		union select 'pg_namespace'::regclass, oid, 0 from pg_namespace where oid >= 16384 or nspname = 'public'
		union select 'pg_publication'::regclass, oid, 0 from pg_publication
		union select 'pg_cast'::regclass, oid, 0 from pg_cast where oid >= 16384
		union select 'pg_event_trigger'::regclass, oid, 0 from pg_event_trigger
		union select 'pg_foreign_data_wrapper'::regclass, oid, 0 from pg_foreign_data_wrapper
		union select 'pg_foreign_server'::regclass, oid, 0 from pg_foreign_server
		union select 'pg_class'::regclass, a.attrelid, a.attnum from pg_attribute a join pg_class k on k.oid = a.attrelid
			where a.attnum > 0 and not a.attisdropped and a.attrelid >= 16384 and k.relkind in ('r', 'p', 'f')) x;
	if v_mode = 'alter' then
		select array_agg(a.attrelid), array_agg(a.attnum), array_agg(format_type(a.atttypid, a.atttypmod) ||
				coalesce((select ' collate ' || oid::regcollation::text from pg_collation where oid = a.attcollation
					and oid <> (select typcollation from pg_type where oid = a.atttypid)), ''))
			into t_r, t_n, t_t
			from pg_attribute a join pg_class k on k.oid = a.attrelid
			where a.attnum > 0 and not a.attisdropped and a.attrelid >= 16384 and k.relkind in ('r', 'p');
		execute v_facts_of into v_facts;
	elsif v_mode = 'truncate' then
		select array_agg(oid), array_agg(relfilenode) into f_r, f_f from pg_class where oid >= 16384 and relkind in ('r', 'S');
	end if;

	-- The statement as it is; once more with CASCADE where nothing but the trash stands in its way.
	<<dry>> loop
		begin
			perform set_config('search_path', v_path, true);
			execute v_again;
			perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
			select array_agg(x.c), array_agg(x.o), array_agg(x.s) into d_c, d_o, d_s from (
				select * from unnest(b_c, b_o, b_s) as b(c, o, s)
				except select classid, objid, objsubid from pg_depend
				except select 'pg_namespace'::regclass, oid, 0 from pg_namespace
				except select 'pg_publication'::regclass, oid, 0 from pg_publication
				except select 'pg_cast'::regclass, oid, 0 from pg_cast
				except select 'pg_event_trigger'::regclass, oid, 0 from pg_event_trigger
				except select 'pg_foreign_data_wrapper'::regclass, oid, 0 from pg_foreign_data_wrapper
				except select 'pg_foreign_server'::regclass, oid, 0 from pg_foreign_server
				except select 'pg_class'::regclass, attrelid, attnum from pg_attribute where attnum > 0 and not attisdropped) x(c, o, s);
			if v_mode = 'alter' then
				select array_agg(x.r), array_agg(x.n), array_agg(x.t) into c_r, c_n, c_t from (
					select b.r, b.n, b.t from unnest(t_r, t_n, t_t) as b(r, n, t)
						join pg_attribute a on a.attrelid = b.r and a.attnum = b.n and not a.attisdropped
						where a.attinhcount = 0 and b.t <> format_type(a.atttypid, a.atttypmod) ||
							coalesce((select ' collate ' || oid::regcollation::text from pg_collation where oid = a.attcollation
								and oid <> (select typcollation from pg_type where oid = a.atttypid)), '')) x;
				execute v_facts_of into v_list;
				v_facts := array(select unnest(v_facts) except select unnest(v_list));
			elsif v_mode = 'truncate' then
				select array_agg(b.r) into e_r from unnest(f_r, f_f) as b(r, f) join pg_class k on k.oid = b.r where k.relfilenode <> b.f;
			end if;
			raise exception using errcode = 'PW0ZZ';
		exception
			when sqlstate 'PW0ZZ' then
				exit dry;
			when sqlstate '2BP01' then
				get stacked diagnostics v_detail = pg_exception_detail, v_message = message_text, v_hint = pg_exception_hint;
				if v_tries > 0 or v_mode <> 'drop' or exists (
						select from regexp_split_to_table(v_detail, E'\n') as line where line !~ 'pawl_trash\.') then
					raise exception using errcode = '2BP01', message = v_message, detail = v_detail, hint = v_hint;
				end if;
				v_tries := 1;
				v_again := regexp_replace(v_words, '(\s+restrict)?[\s;]*$', ' cascade', 'i');
				perform set_config('client_min_messages', 'warning', true);
		end;
	end loop;
	perform set_config('search_path', 'pg_catalog, pg_temp', true);
	perform set_config('client_min_messages', 'warning', true);

	-- What lies in the trash is no part of it: what it depends on goes there too.
	select array_agg(x.c), array_agg(x.o), array_agg(x.s) into d_c, d_o, d_s from (
		select c, o, s from unnest(d_c, d_o, d_s) as d(c, o, s)
			where pg_describe_object(c, o, s) !~ 'pawl_trash\.') x;
	select coalesce(array_agg(k.oid) filter (where d.s = 0 and k.relkind in ('r', 'p', 'f', 'S', 'v', 'm', 'c')), '{}'),
			coalesce(array_agg(distinct k.relkind::text) filter (where d.s = 0), '{}'), coalesce(array_agg(distinct d.o) filter (where d.s > 0), '{}'),
			coalesce(bool_or(exists (select from pg_inherits h where h.inhrelid = d.o)), false)
		into v_dead, v_kinds, v_parts, v_below from unnest(d_c, d_o, d_s) as d(c, o, s) join pg_class k on k.oid = d.o where d.c = 'pg_class'::regclass;
	select coalesce(array_agg(d.o), '{}') into v_schemas from unnest(d_c, d_o, d_s) as d(c, o, s) where d.c = 'pg_namespace'::regclass;
	if d_c is null and c_r is null and e_r is null and v_facts = '{}'
			or exists (select from pg_class where oid = any(v_dead || coalesce(e_r, '{}')) and relpersistence = 't') then
		-- Nothing went, or what is this session's own.
		perform set_config('search_path', v_path, true);
		execute v_words;
		perform pg_catalog.set_config('client_min_messages', v_speaks, true), pg_catalog.set_config('jit', v_jit, true),
			pg_catalog.set_config('join_collapse_limit', v_joins, true), pg_catalog.set_config('from_collapse_limit', v_froms, true);
		return;
	end if;

	select pg_describe_object(c, o, s) into v_text from unnest(d_c, d_o, d_s) as d(c, o, s)
		where c::regclass::text not in ('pg_class', 'pg_type', 'pg_proc', 'pg_constraint', 'pg_trigger', 'pg_rewrite', 'pg_policy', 'pg_attrdef',
				'pg_namespace', 'pg_publication', 'pg_publication_rel', 'pg_publication_namespace', 'pg_statistic_ext', 'pg_default_acl')
			and not exists (select from pg_depend p where p.classid = c and p.objid = o and p.deptype = 'i')
			and not exists (select from pg_depend p where p.classid = c and p.objid = o and p.refclassid = 'pg_namespace'::regclass
				and p.refobjid = any(v_schemas)) limit 1;
	if found then
		raise exception 'pawl: % cannot be kept', v_text
			using errcode = 'PW004', hint = 'Drop it by itself first, where that is allowed, and then the rest.';
	end if;
	v_types := 'pg_type'::regclass = any(d_c) and exists (select from unnest(d_c, d_o, d_s) as d(c, o, s) join pg_type t on t.oid = d.o
		where d.c = 'pg_type'::regclass and t.typtype in ('e', 'd', 'r', 'b', 'm') and not exists (select from pg_type e where e.typarray = t.oid));
	v_moves := v_mode = 'drop' and (v_schemas <> '{}' or v_kinds && '{r,p,f,c,S}' or 'pg_proc'::regclass = any(d_c) or v_types);
	insert into pawl_trash.items (item, expires, statement) values (v_item, clock_timestamp() + @EXPIRES@::interval, v_words);
	for r in select k.oid::regclass::text as tab from pg_class k join pg_namespace n on n.oid = k.relnamespace
			where k.oid = any(v_dead) and k.relkind in ('r', 'p') order by k.oid loop
		execute format('lock table only %s in access exclusive mode', r.tab);
	end loop;

	-- What else is otherwise, where the column it is about stays or comes back.
	if v_facts <> '{}' then
		v_list := array(select format('alter table %s%s alter column %I ', case k.relkind when 'r' then 'only ' else '' end, k.oid::regclass, a.attname)
		from unnest(d_c, d_o, d_s) as d(c, o, s) join pg_class k on k.oid = d.o join pg_attribute a on a.attrelid = k.oid and a.attnum = d.s
		where d.c = 'pg_class'::regclass and d.s > 0);
	end if;
	foreach v_text in array v_facts loop
		continue when exists (select from unnest(v_list) as gone where starts_with(v_text, gone));
		v_step := v_step + 1;
		insert into pawl_trash.steps values (v_item, v_step, regexp_replace(v_text, '^alter table (only )?', ''), array[v_text]);
	end loop;
	-- Policies on what stays.
	if 'pg_policy'::regclass = any(d_c) then
		for r in with x as materialized (
				select p.oid, p.polname, p.polrelid::regclass::text as tab, format('create policy %I on %s as %s for %s to %s%s%s', p.polname,
					p.polrelid::regclass, case when p.polpermissive then 'permissive' else 'restrictive' end,
					case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
					(select string_agg(case when o = 0 then 'public' else quote_ident(pg_get_userbyid(o)) end, ', ') from unnest(p.polroles) o),
					' using (' || pg_get_expr(p.polqual, p.polrelid) || ')', ' with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')') as def,
					obj_description(p.oid, 'pg_policy') as note
				from unnest(d_c, d_o, d_s) as d(c, o, s) join pg_policy p on p.oid = d.o
				where d.c = 'pg_policy'::regclass and not p.polrelid = any(v_dead)) select * from x order by oid loop
			v_list := array[r.def];
			if r.note is not null then
				v_list := v_list || format('comment on policy %I on %s is %L', r.polname, r.tab, r.note);
			end if;
			v_step := v_step + 1;
			insert into pawl_trash.steps values (v_item, v_step, format('policy %I on %s', r.polname, r.tab), v_list);
			if v_moves then
				execute format('drop policy %I on %s', r.polname, r.tab);
			end if;
		end loop;
	end if;
	-- Triggers on what stays.
	if 'pg_trigger'::regclass = any(d_c) then
		for r in with x as materialized (
				select t.oid, t.tgname, t.tgrelid::regclass::text as tab, pg_get_triggerdef(t.oid) as def, t.tgenabled,
					obj_description(t.oid, 'pg_trigger') as note
				from unnest(d_c, d_o, d_s) as d(c, o, s) join pg_trigger t on t.oid = d.o
				where d.c = 'pg_trigger'::regclass and not t.tgrelid = any(v_dead) and not t.tgisinternal and t.tgparentid = 0)
				select * from x order by oid loop
			v_list := array[r.def];
			if r.tgenabled <> 'O' then
				v_list := v_list || format('alter table %s %s trigger %I', r.tab,
					case r.tgenabled when 'D' then 'disable' when 'R' then 'enable replica' else 'enable always' end, r.tgname);
			end if;
			if r.note is not null then
				v_list := v_list || format('comment on trigger %I on %s is %L', r.tgname, r.tab, r.note);
			end if;
			v_step := v_step + 1;
			insert into pawl_trash.steps values (v_item, v_step, format('trigger %I on %s', r.tgname, r.tab), v_list);
			if v_moves then
				execute format('drop trigger %I on %s', r.tgname, r.tab);
			end if;
		end loop;
	end if;
	-- Rules on what stays.
	if 'pg_rewrite'::regclass = any(d_c) then
		for r in with x as materialized (
				select w.oid, w.rulename, w.ev_class::regclass::text as tab, pg_get_ruledef(w.oid) as def, w.ev_enabled,
					obj_description(w.oid, 'pg_rewrite') as note
				from unnest(d_c, d_o, d_s) as d(c, o, s) join pg_rewrite w on w.oid = d.o
				where d.c = 'pg_rewrite'::regclass and not w.ev_class = any(v_dead) and w.rulename <> '_RETURN') select * from x order by oid loop
			v_list := array[r.def];
			if r.ev_enabled <> 'O' then
				v_list := v_list || format('alter table %s %s rule %I', r.tab,
					case r.ev_enabled when 'D' then 'disable' when 'R' then 'enable replica' else 'enable always' end, r.rulename);
			end if;
			if r.note is not null then
				v_list := v_list || format('comment on rule %I on %s is %L', r.rulename, r.tab, r.note);
			end if;
			v_step := v_step + 1;
			insert into pawl_trash.steps values (v_item, v_step, format('rule %I on %s', r.rulename, r.tab), v_list);
			if v_moves then
				execute format('drop rule %I on %s', r.rulename, r.tab);
			end if;
		end loop;
	end if;
@VIEWS@
	-- Constraints on what stays: those that refer to others first.
	if 'pg_constraint'::regclass = any(d_c) then
		for r in with x as materialized (
				select c.oid, c.conname, c.contype, c.conrelid::regclass::text as tab, pg_get_constraintdef(c.oid) as def,
					obj_description(c.oid, 'pg_constraint') as note, i.indisclustered, i.indisreplident
				from unnest(d_c, d_o, d_s) as d(c, o, s) join pg_constraint c on c.oid = d.o
				left join pg_index i on i.indexrelid = c.conindid and i.indrelid = c.conrelid
				where d.c = 'pg_constraint'::regclass and c.conrelid <> 0 and not c.conrelid = any(v_dead) and c.conparentid = 0
					and c.coninhcount = 0 and c.contype <> 't') select * from x order by contype <> 'f', oid loop
			v_list := array[format('alter table %s add constraint %I %s', r.tab, r.conname, r.def)];
			if r.note is not null then
				v_list := v_list || format('comment on constraint %I on %s is %L', r.conname, r.tab, r.note);
			end if;
			if r.indisclustered and r.contype <> 'f' then
				v_list := v_list || format('alter table %s cluster on %I', r.tab, r.conname);
			end if;
			if r.indisreplident and r.contype <> 'f' then
				v_list := v_list || format('alter table %s replica identity using index %I', r.tab, r.conname);
			end if;
			v_step := v_step + 1;
			insert into pawl_trash.steps values (v_item, v_step, format('constraint %I on %s', r.conname, r.tab), v_list);
			if v_moves then
				execute format('alter table %s drop constraint %I', r.tab, r.conname);
			end if;
		end loop;
	end if;
	-- Domain constraints that go while the domain stays.
	if 'pg_constraint'::regclass = any(d_c) and exists (select from pg_constraint c where c.oid = any(d_o) and c.contypid <> 0) then
		for r in with x as materialized (
				select c.oid, c.conname, c.contypid::regtype::text as dom, pg_get_constraintdef(c.oid) as def
				from unnest(d_c, d_o, d_s) as d(c, o, s) join pg_constraint c on c.oid = d.o
				where d.c = 'pg_constraint'::regclass and c.contypid <> 0 and not exists (select from unnest(d_c, d_o, d_s) as e(c, o, s)
					where e.c = 'pg_type'::regclass and e.o = c.contypid)) select * from x order by oid loop
			v_step := v_step + 1;
			insert into pawl_trash.steps values (v_item, v_step, format('constraint %I on %s', r.conname, r.dom),
				array[format('alter domain %s add constraint %I %s', r.dom, r.conname, r.def)]);
			if v_moves then
				execute format('alter domain %s drop constraint %I', r.dom, r.conname);
			end if;
		end loop;
	end if;
	-- Indexes on what stays.
	if v_kinds && '{i,I}' then
		for r in with x as materialized (
				select k.oid, k.relname, k.oid::regclass::text as name, pg_get_indexdef(k.oid) as def, i.indrelid::regclass::text as tab,
					obj_description(k.oid, 'pg_class') as note, i.indisclustered, i.indisreplident,
					(select h.inhparent::regclass::text from pg_inherits h where h.inhrelid = k.oid) as parent,
					(select array_agg(format('alter index %s alter column %s set statistics %s', k.oid::regclass, a.attnum, a.attstattarget))
						from pg_attribute a where a.attrelid = k.oid and a.attstattarget > 0) as stats
				from unnest(d_c, d_o, d_s) as d(c, o, s) join pg_class k on k.oid = d.o join pg_index i on i.indexrelid = k.oid
				where d.c = 'pg_class'::regclass and d.s = 0 and not i.indrelid = any(v_dead) and k.relnamespace <> 'pg_toast'::regnamespace
					and not exists (select from pg_constraint c where c.conindid = k.oid and c.conrelid = i.indrelid and c.contype in ('p', 'u', 'x')))
				select * from x order by parent is null, oid loop
			v_list := array[r.def] || coalesce(r.stats, '{}');
			if r.parent is not null then
				v_list := v_list || format('alter index %s attach partition %s', r.parent, r.name);
			end if;
			if r.note is not null then
				v_list := v_list || format('comment on index %s is %L', r.name, r.note);
			end if;
			if r.indisclustered then
				v_list := v_list || format('alter table %s cluster on %I', r.tab, r.relname);
			end if;
			if r.indisreplident then
				v_list := v_list || format('alter table %s replica identity using index %I', r.tab, r.relname);
			end if;
			v_step := v_step + 1;
			insert into pawl_trash.steps values (v_item, v_step, format('index %s', r.name), v_list);
			if v_moves and r.parent is null then
				execute format('drop index %s', r.name);
			end if;
		end loop;
	end if;
	-- Extended statistics, of what goes and of what stays.
	if 'pg_statistic_ext'::regclass = any(d_c) then
		for r in with x as materialized (
				select e.oid, format('%I.%I', n.nspname, e.stxname) as name, pg_get_statisticsobjdef(e.oid) as def, pg_get_userbyid(e.stxowner) as owner,
					e.stxstattarget, obj_description(e.oid, 'pg_statistic_ext') as note
				from unnest(d_c, d_o, d_s) as d(c, o, s) join pg_statistic_ext e on e.oid = d.o join pg_namespace n on n.oid = e.stxnamespace
				where d.c = 'pg_statistic_ext'::regclass and not n.oid = any(v_schemas)) select * from x order by oid loop
			v_list := array[r.def];
			if r.owner <> current_user then
				v_list := v_list || format('alter statistics %s owner to %I', r.name, r.owner);
			end if;
			if r.stxstattarget >= 0 then
				v_list := v_list || format('alter statistics %s set statistics %s', r.name, r.stxstattarget);
			end if;
			if r.note is not null then
				v_list := v_list || format('comment on statistics %s is %L', r.name, r.note);
			end if;
			v_step := v_step + 1;
			insert into pawl_trash.steps values (v_item, v_step, format('statistics %s', r.name), v_list);
			if v_moves then
				execute format('drop statistics %s', r.name);
			end if;
		end loop;
	end if;
	-- Defaults on what stays.
	if 'pg_attrdef'::regclass = any(d_c) then
		for r in with x as materialized (
				select f.oid, f.adrelid::regclass::text as tab, a.attname, pg_get_expr(f.adbin, f.adrelid) as def
				from unnest(d_c, d_o, d_s) as d(c, o, s) join pg_attrdef f on f.oid = d.o
				join pg_attribute a on a.attrelid = f.adrelid and a.attnum = f.adnum
				where d.c = 'pg_attrdef'::regclass and not f.adrelid = any(v_dead) and a.attgenerated = ''
					and not exists (select from unnest(d_c, d_o, d_s) as e(c, o, s)
						where e.c = 'pg_class'::regclass and e.o = f.adrelid and e.s = f.adnum)) select * from x order by oid loop
			v_step := v_step + 1;
			insert into pawl_trash.steps values (v_item, v_step, format('default of %s.%I', r.tab, r.attname),
				array[format('alter table only %s alter column %I set default %s', r.tab, r.attname, r.def)]);
			if v_moves then
				execute format('alter table only %s alter column %I drop default', r.tab, r.attname);
			end if;
		end loop;
	end if;
	-- Publications of what goes.
	if 'pg_publication_rel'::regclass = any(d_c) then
		for r in with x as materialized (
				select l.oid, p.pubname, l.prrelid::regclass::text as tab,
					coalesce((select ' (' || string_agg(quote_ident(a.attname), ', ' order by a.attnum) || ')' from pg_attribute a
						where a.attrelid = l.prrelid and a.attnum = any(l.prattrs)), '') ||
					coalesce(' where (' || pg_get_expr(l.prqual, l.prrelid) || ')', '') as how
				from unnest(d_c, d_o, d_s) as d(c, o, s) join pg_publication_rel l on l.oid = d.o join pg_publication p on p.oid = l.prpubid
				where d.c = 'pg_publication_rel'::regclass) select * from x order by oid loop
			v_step := v_step + 1;
			insert into pawl_trash.steps values (v_item, v_step, format('%s in publication %I', r.tab, r.pubname),
				array[format('alter publication %I add table only %s%s', r.pubname, r.tab, r.how)]);
			if v_moves then
				execute format('alter publication %I drop table only %s', r.pubname, r.tab);
			end if;
		end loop;
	end if;
	if 'pg_publication_namespace'::regclass = any(d_c) then
		for r in with x as materialized (
				select l.oid, p.pubname, n.nspname
				from unnest(d_c, d_o, d_s) as d(c, o, s) join pg_publication_namespace l on l.oid = d.o join pg_publication p on p.oid = l.pnpubid
				join pg_namespace n on n.oid = l.pnnspid where d.c = 'pg_publication_namespace'::regclass) select * from x order by oid loop
			v_step := v_step + 1;
			insert into pawl_trash.steps values (v_item, v_step, format('schema %I in publication %I', r.nspname, r.pubname),
				array[format('alter publication %I add tables in schema %I', r.pubname, r.nspname)]);
			if v_moves then
				execute format('alter publication %I drop tables in schema %I', r.pubname, r.nspname);
			end if;
		end loop;
	end if;
	if 'pg_publication'::regclass = any(d_c) then
		for r in with x as materialized (
				select p.*, obj_description(p.oid, 'pg_publication') as note
				from unnest(d_c, d_o, d_s) as d(c, o, s) join pg_publication p on p.oid = d.o
				where d.c = 'pg_publication'::regclass) select * from x order by oid loop
			v_list := array[format('create publication %I%s with (publish = %L, publish_via_partition_root = %s)', r.pubname,
				case when r.puballtables then ' for all tables' else '' end, concat_ws(', ', case when r.pubinsert then 'insert' end,
				case when r.pubupdate then 'update' end, case when r.pubdelete then 'delete' end, case when r.pubtruncate then 'truncate' end),
				r.pubviaroot::text)];
			if pg_get_userbyid(r.pubowner) <> current_user then
				v_list := v_list || format('alter publication %I owner to %I', r.pubname, pg_get_userbyid(r.pubowner));
			end if;
			if r.note is not null then
				v_list := v_list || format('comment on publication %I is %L', r.pubname, r.note);
			end if;
			v_step := v_step + 1;
			insert into pawl_trash.steps values (v_item, v_step, format('publication %I', r.pubname), v_list);
		end loop;
	end if;
@COLUMNS@
@TYPES@
@EMPTIED@
@MOVES@
	if not v_moves then
		perform set_config('search_path', v_path, true);
		execute v_words;
		perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
	end if;
@AFTER@
	if v_dumped is null then
		perform set_config('pawl.dumps', v_dumps::text, true);
	end if;
	perform set_config('client_min_messages', v_speaks, true), set_config('jit', v_jit, true), set_config('join_collapse_limit', v_joins, true),
		set_config('from_collapse_limit', v_froms, true), set_config('search_path', v_path, true);
end
