	-- Rows: what went comes back, what came in its place goes, if all is still as the statement left it.
	v_todo := array(select relation from pawl_trash.captures where item = v_item order by relation);
	for r in select c.*, k.oid is not null as there, k.oid::regclass::text as now, k.relkind, k.relforcerowsecurity as force from pawl_trash.captures c
			left join pg_class k on k.oid = c.relation and k.relkind in ('r', 'p') where c.item = v_item order by c.relation loop
		if not r.there or r.now ~ '^pawl_trash\.' then
			raise exception '% is gone since: its rows have nowhere to go', r.name
				using errcode = 'PWU01', detail = 'Undo what dropped it first (pawl undo list); nothing was changed.';
		end if;
		if (select string_agg(attname || ' ' || format_type(atttypid, atttypmod), ',' order by attnum) from pg_attribute
				where attrelid = r.relation and attnum > 0 and not attisdropped) is distinct from
				(select string_agg(attname || ' ' || format_type(atttypid, atttypmod), ',' order by attnum) from pg_attribute
				where attrelid = r.gone::regclass and attnum > 0 and not attisdropped) then
			raise exception '% has other columns since', r.name
				using errcode = 'PWU01', detail = format('The rows are in %s: put them back by hand. Nothing was changed.', r.gone);
		end if;
		v_quiet := v_quiet || array(with recursive tree as (select r.relation as o union select h.inhrelid from pg_inherits h join tree on tree.o = h.inhparent)
			select format('alter table only %s disable trigger %I', t.tgrelid::regclass, t.tgname) from tree join pg_trigger t on t.tgrelid = tree.o
				where not t.tgisinternal and t.tgenabled <> 'D'
			union all select format('alter table %s disable rule %I', w.ev_class::regclass, w.rulename) from pg_rewrite w
				where w.ev_class = r.relation and w.ev_enabled <> 'D' and w.rulename <> '_RETURN'
			union all select format('alter table %s no force row level security', r.now) where r.force
			union all select format('alter table only %s replica identity full', k.oid::regclass) from tree join pg_class k on k.oid = tree.o
				where k.relkind = 'r' and k.relreplident = 'd' and not exists (select from pg_index x where x.indrelid = k.oid and x.indisprimary));
		v_loud := v_loud || array(with recursive tree as (select r.relation as o union select h.inhrelid from pg_inherits h join tree on tree.o = h.inhparent)
			select format('alter table only %s enable %s trigger %I', t.tgrelid::regclass, case t.tgenabled when 'R' then 'replica' when 'A' then 'always' else '' end,
				t.tgname) from tree join pg_trigger t on t.tgrelid = tree.o where not t.tgisinternal and t.tgenabled <> 'D'
			union all select format('alter table %s enable %s rule %I', w.ev_class::regclass, case w.ev_enabled when 'R' then 'replica' when 'A' then 'always' else '' end,
				w.rulename) from pg_rewrite w where w.ev_class = r.relation and w.ev_enabled <> 'D' and w.rulename <> '_RETURN'
			union all select format('alter table %s force row level security', r.now) where r.force
			union all select format('alter table only %s replica identity default', k.oid::regclass) from tree join pg_class k on k.oid = tree.o
				where k.relkind = 'r' and k.relreplident = 'd' and not exists (select from pg_index x where x.indrelid = k.oid and x.indisprimary));
		-- Of a dump: what that transaction wrote, and what is as it was.
		if r.wrote is not null then
			r.come := format('pawl_trash.%I', v_item || '.come.' || r.relation);
			v_text := case r.relkind when 'r' then 'only ' else '' end || r.now;
			execute format('analyze %s', r.gone);
			select string_agg(format('pawl_t.%I::text = pawl_g.%I::text', z.attname, z.attname), ' and ') into v_keys
				from pg_index k, unnest(k.indkey) as y(c), pg_attribute z where k.indrelid = r.relation and k.indisprimary and z.attrelid = k.indrelid and z.attnum = y.c;
			-- What others wrote since is left as it is, where a key tells which rows these are.
			if v_keys is null then
				execute format('select count(*) from %s pawl_t where pawl_t.xmin::text <> %L and not exists (select from %s pawl_g where pawl_g::text = pawl_t::text)',
					v_text, r.wrote, r.gone) into v_count;
				if v_count > 0 then
					raise exception '% row(s) of % came or changed since, and it has no key by which they could be told', v_count, r.now
						using errcode = 'PWU01', detail = 'As they were, they are in the dump: put them back by hand. Nothing was changed.';
				end if;
			else
				execute format('delete from %s pawl_g using %s pawl_t where %s and pawl_t.xmin::text <> %L and pawl_t::text <> pawl_g::text', r.gone, v_text, v_keys, r.wrote);
				get diagnostics v_count = row_count;
				if v_count > 0 then
					v_notes := v_notes || format(E'\nNote: %s row(s) of %s were written by others since, and left as they are.', v_count, r.now);
				end if;
			end if;
			execute format('create table %s as select pawl_t.* from %s pawl_t where pawl_t.xmin::text = %L union all select pawl_t.* from %s pawl_t join '
				'(select distinct pawl_g::text as g from %s pawl_g) x on x.g = pawl_t::text where pawl_t.xmin::text <> %L', r.come, v_text, r.wrote, v_text, r.gone, r.wrote);
			update pawl_trash.captures set come = r.come where item = v_item and relation = r.relation;
			insert into pawl_trash.holds values (v_item, 'table', 'pg_class'::regclass, r.come::regclass);
			execute format('analyze %s', r.come);
		end if;
		-- Net of what the transaction did to the same row several times.
		execute format('create temp table %I on commit drop as select x.t::%s as r from (select pawl_g::text from %s pawl_g %s) x(t)', 'pawl_gone_' || r.relation, r.now, r.gone,
			case when r.come is null then '' else format('except all select pawl_c::text from %s pawl_c', r.come) end);
		execute format('create temp table %I on commit drop as select x.t::%s as r from (select pawl_c::text from %s pawl_c %s) x(t)', 'pawl_come_' || r.relation, r.now,
			coalesce(r.come, r.gone), case when r.come is null then 'where false' else format('except all select pawl_g::text from %s pawl_g', r.gone) end);
		-- Other unique values that what came holds and what went needs under another key: what came gives them up first (NULL), or is in its way.
		select string_agg(format('(c.r).%I::text is distinct from (g.r).%I::text', z.attname, z.attname), ' or ') into v_keys
			from pg_index k, unnest(k.indkey) as y(c), pg_attribute z where k.indrelid = r.relation and k.indisprimary and z.attrelid = k.indrelid and z.attnum = y.c;
		v_list := '{}';
		for q in select k.indisexclusion or k.indexprs is not null as any_,
				(select string_agg(format('(c.r).%I::text = (g.r).%I::text', z.attname, z.attname), ' and ') from unnest(k.indkey) as y(c), pg_attribute z
					where z.attrelid = k.indrelid and z.attnum = y.c) as same,
				array(select z.attname::text from pg_attribute z where z.attrelid = k.indrelid and z.attgenerated = '' and z.attidentity <> 'a'
					and (z.attnum = any(k.indkey) or exists (select from pg_depend p where p.classid = 'pg_class'::regclass and p.objid = k.indexrelid
						and p.refclassid = 'pg_class'::regclass and p.refobjid = k.indrelid and p.refobjsubid = z.attnum))
					and z.attnum > 0 and not (z.attnotnull and z.attinhcount > 0)
					and not exists (select from pg_index x where x.indrelid = k.indrelid and (x.indisprimary or x.indisreplident) and z.attnum = any(x.indkey))
					and not exists (select from pg_constraint f where f.contype = 'f' and f.confrelid = k.indrelid and z.attnum = any(f.confkey))) as columns
				from pg_index k where k.indrelid = r.relation and (k.indisunique or k.indisexclusion) and not k.indisprimary loop
			continue when v_keys is null;
			v_same := q.any_;
			if not v_same then
				execute format('select exists (select from %I c, %I g where %s and (%s))', 'pawl_come_' || r.relation, 'pawl_gone_' || r.relation, q.same, v_keys) into v_same;
			end if;
			if v_same then
				v_list := v_list || q.columns;
			end if;
		end loop;
		v_clear := v_clear || jsonb_build_object(r.relation::text, array(select distinct unnest(v_list) order by 1));
		v_quiet := v_quiet || array(select format('alter table %s alter column %I drop not null', r.now, attname) from pg_attribute
			where attrelid = r.relation and attnotnull and attname::text = any(v_list));
		v_loud := v_loud || array(select format('alter table %s alter column %I set not null', r.now, attname) from pg_attribute
			where attrelid = r.relation and attnotnull and attname::text = any(v_list));
	end loop;
	v_quiet := array(select distinct unnest(v_quiet));
	v_loud := array(select distinct unnest(v_loud));
	foreach v_text in array v_quiet loop
		execute v_text;
	end loop;
	-- Is it as it was left?
	for r in select c.*, k.oid::regclass::text as now, case k.relkind when 'r' then 'only ' else '' end as only_,
			array(select quote_ident(z.attname) from pg_index x, unnest(x.indkey) with ordinality as y(c, n), pg_attribute z
				where x.indrelid = k.oid and x.indisprimary and z.attrelid = k.oid and z.attnum = y.c order by y.n) as keys
			from pawl_trash.captures c join pg_class k on k.oid = c.relation where c.item = v_item order by c.relation loop
		select string_agg(format('pawl_t.%s::text = (x.r).%s::text', k, k), ' and ') into v_keys from unnest(r.keys) k;
		if v_keys is not null then
			execute format('select count(*) from %I x where not exists (select from %s%s pawl_t where %s and pawl_t::text = x.r::text)', 'pawl_come_' || r.relation, r.only_, r.now, v_keys)
				into v_count;
		else
			execute format('select coalesce(sum(greatest(w.n - coalesce(h.n, 0), 0)), 0) from (select r::text as t, count(*) as n from %I group by 1) w '
				'left join (select pawl_t::text as t, count(*) as n from %s%s pawl_t group by 1) h on h.t = w.t', 'pawl_come_' || r.relation, r.only_, r.now) into v_count;
		end if;
		if v_count > 0 then
			raise exception '% row(s) of % have changed since', v_count, r.now
				using errcode = 'PWU01', detail = format('As they were, they are in %s: put them back by hand. Nothing was changed.', r.gone);
		end if;
		if v_keys is not null then
			execute format('select count(*) from %I x where exists (select from %s%s pawl_t where %s) and not exists (select from %I t2 where %s)', 'pawl_gone_' || r.relation,
				r.only_, r.now, v_keys, 'pawl_come_' || r.relation,
				(select string_agg(format('(t2.r).%s::text = (x.r).%s::text', k, k), ' and ') from unnest(r.keys) k)) into v_count;
			if v_count > 0 then
				raise exception '% row(s) of % exist again', v_count, r.now
					using errcode = 'PWU01', detail = format('As they were, they are in %s: put them back by hand. Nothing was changed.', r.gone);
			end if;
		end if;
		-- What refers to a row that must go, and would go or change with it.
		for q in select c.conname, c.conrelid, c.conrelid::regclass::text as tab, c.confrelid,
				(select string_agg(format('pawl_t.%I::text = (x.r).%I::text', a.attname, b.attname), ' and ') from unnest(c.conkey, c.confkey) as m(f, p)
					join pg_attribute a on a.attrelid = c.conrelid and a.attnum = m.f join pg_attribute b on b.attrelid = c.confrelid and b.attnum = m.p) as same
				from pg_constraint c where c.contype = 'f' and c.confrelid = r.relation and c.confdeltype in ('c', 'n', 'd')
					and not exists (select from pg_constraint p where p.oid = c.conparentid and p.conrelid <> c.conrelid)
					and not c.conrelid = any(v_todo) and v_keys is not null loop
			execute format('select count(*) from %s pawl_t, %I x where %s and not exists (select from %I g where %s)', q.tab, 'pawl_come_' || r.relation, q.same,
				'pawl_gone_' || r.relation, (select string_agg(format('(g.r).%s::text = (x.r).%s::text', k, k), ' and ') from unnest(r.keys) k)) into v_count;
			if v_count > 0 then
				raise exception '% row(s) of % refer to rows that would go', v_count, q.tab
					using errcode = 'PWU01', detail = 'Delete or change them first, and undo again; nothing was changed.';
			end if;
		end loop;
	end loop;
	-- Clear the way, insert, then update in place, then delete; a table that others' rows are missing for waits its turn.
	foreach v_phase in array array['clear', 'insert', 'update', 'delete'] loop
		v_left := v_todo;
		while v_left <> '{}' loop
			v_todo := v_left;
			v_left := '{}';
			for r in select c.*, k.oid::regclass::text as now, case k.relkind when 'r' then 'only ' else '' end as only_,
					array(select quote_ident(z.attname) from pg_index x, unnest(x.indkey) with ordinality as y(c, n), pg_attribute z
						where x.indrelid = k.oid and x.indisprimary and z.attrelid = k.oid and z.attnum = y.c order by y.n) as keys,
					(select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute where attrelid = k.oid and attnum > 0 and not attisdropped
						and attgenerated = '') as cols,
					(select string_agg(format('(x.r).%I', attname), ', ' order by attnum) from pg_attribute where attrelid = k.oid and attnum > 0 and not attisdropped
						and attgenerated = '') as vals,
					(select string_agg(format('%I = (x.r).%I', a.attname, a.attname), ', ' order by a.attnum) from pg_attribute a where a.attrelid = k.oid and a.attnum > 0
						and not a.attisdropped and a.attgenerated = '' and a.attidentity <> 'a' and not exists (select from pg_index x where x.indrelid = k.oid
						and x.indisprimary and a.attnum = any(x.indkey))) as sets
					from pawl_trash.captures c join pg_class k on k.oid = c.relation where c.item = v_item and c.relation = any(v_todo) order by c.relation loop
				select string_agg(format('pawl_t.%s::text = (x.r).%s::text', k, k), ' and ') into v_keys from unnest(r.keys) k;
				v_text := coalesce((select 'not exists (select from %I t2 where ' || string_agg(format('(t2.r).%s::text = (x.r).%s::text', k, k), ' and ') || ')'
					from unnest(r.keys) k having count(*) > 0), 'true or %L is null');
				begin
					if v_phase = 'clear' and v_keys is not null then
						select string_agg(format('%I = null', c), ', ') into v_message from jsonb_array_elements_text(v_clear -> r.relation::text) c;
						continue when v_message is null;
						execute format('update %s%s pawl_t set %s from %I x where %s', r.only_, r.now, v_message, 'pawl_come_' || r.relation, v_keys);
					elsif v_phase = 'insert' then
						execute format('insert into %s (%s) overriding system value select %s from %I x where ' || v_text ||
							case when v_keys is null then '' else ' and not exists (select from ' || r.only_ || r.now || ' pawl_t where ' || v_keys || ' and pawl_t::text = x.r::text)' end,
							r.now, r.cols, r.vals, 'pawl_gone_' || r.relation, 'pawl_come_' || r.relation);
						v_says := v_says || format(', %s', r.now);
					elsif v_phase = 'update' and v_keys is not null and r.sets is not null then
						execute format('update %s%s pawl_t set %s from %I x where %s and pawl_t::text <> x.r::text', r.only_, r.now, r.sets, 'pawl_gone_' || r.relation, v_keys);
					elsif v_phase = 'delete' and v_keys is not null then
						-- What others have put under a row that goes now would go with it.
						for q in select c.conrelid, c.conrelid::regclass::text as tab,
								(select string_agg(format('pawl_t.%I::text = (x.r).%I::text', a.attname, b.attname), ' and ') from unnest(c.conkey, c.confkey) as m(f, p)
									join pg_attribute a on a.attrelid = c.conrelid and a.attnum = m.f join pg_attribute b on b.attrelid = c.confrelid and b.attnum = m.p) as same,
								coalesce((select string_agg(format('(o.r).%I::text = pawl_t.%I::text', z.attname, z.attname), ' and ') from pg_index y, unnest(y.indkey) as k(c),
									pg_attribute z where y.indrelid = c.conrelid and y.indisprimary and z.attrelid = c.conrelid and z.attnum = k.c), 'o.r::text = pawl_t::text') as own
								from pg_constraint c where c.contype = 'f' and c.confrelid = r.relation and c.confdeltype in ('c', 'n', 'd')
									and not exists (select from pg_constraint p where p.oid = c.conparentid and p.conrelid <> c.conrelid)
									and exists (select from pawl_trash.captures o where o.item = v_item and o.relation = c.conrelid) loop
							execute format('select count(*) from %s pawl_t join %I x on %s where ' || v_text || ' and not exists (select from %I o where %s)', q.tab,
								'pawl_come_' || r.relation, q.same, 'pawl_gone_' || r.relation, 'pawl_come_' || q.conrelid, q.own) into v_count;
							if v_count > 0 then
								raise exception '% row(s) of % refer to rows that would go', v_count, q.tab
									using errcode = 'PWU01', detail = 'Delete or change them first, and undo again; nothing was changed.';
							end if;
						end loop;
						execute format('delete from %s%s pawl_t using %I x where %s and ' || v_text, r.only_, r.now, 'pawl_come_' || r.relation, v_keys, 'pawl_gone_' || r.relation);
					-- Without a key, nothing that stays is the same row: out first, where nobody refers to it.
					elsif v_keys is null and v_phase = (case when exists (select from pg_constraint f where f.contype = 'f' and f.confrelid = r.relation) then 'delete' else 'clear' end) then
						execute format('delete from %s%s where (tableoid, ctid) in (select h.tableoid, h.ctid from (select tableoid, ctid, pawl_t::text as t, row_number() over '
							'(partition by pawl_t::text) as n from %s%s pawl_t) h join (select r::text as t, count(*) as n from %I group by 1) w on w.t = h.t and h.n <= w.n)',
							r.only_, r.now, r.only_, r.now, 'pawl_come_' || r.relation);
					end if;
				exception
					when foreign_key_violation then
						get stacked diagnostics v_message = message_text;
						v_left := v_left || r.relation;
					when unique_violation or exclusion_violation then
						get stacked diagnostics v_message = message_text;
						raise exception 'rows of % cannot come back: %', r.now, v_message using errcode = 'PWU01',
							detail = format('As they were, they are in %s: put them back by hand. Nothing was changed.', r.gone);
				end;
			end loop;
			if v_left <> '{}' and v_left = v_todo then
				raise exception 'rows cannot come back: %', v_message using errcode = 'PWU01',
					detail = 'Rows they refer to are gone, or others refer to what must go; bring those back or change them first. Nothing was changed.';
			end if;
		end loop;
		v_todo := array(select relation from pawl_trash.captures where item = v_item order by relation);
	end loop;
	set constraints all immediate;
	foreach v_text in array v_loud loop
		execute v_text;
	end loop;
