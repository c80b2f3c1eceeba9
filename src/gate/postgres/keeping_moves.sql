	if v_moves then
		-- Partitions and children leave their parents.
		if v_below then
			for r in with x as materialized (
					select h.inhrelid::regclass::text as child, h.inhparent::regclass::text as parent, k.relispartition, pg_get_expr(k.relpartbound, k.oid) as bound,
						h.inhrelid, h.inhseqno
					from pg_inherits h join pg_class k on k.oid = h.inhrelid where k.oid = any(v_dead) and k.relkind in ('r', 'p', 'f')
						and not h.inhparent = any(v_dead)) select * from x order by inhrelid, inhseqno loop
				v_step := v_step + 1;
				insert into pawl_trash.steps values (v_item, v_step, format('place of %s in %s', r.child, r.parent), array[case when r.relispartition
					then format('alter table %s attach partition %s %s', r.parent, r.child, r.bound)
					else format('alter table %s inherit %s', r.child, r.parent) end]);
				if not r.relispartition then
					perform set_config('pawl.remark', format('as a child of %s it comes back with all its columns its own', r.parent), true);
				end if;
				execute case when r.relispartition then format('alter table %s detach partition %s', r.parent, r.child)
					else format('alter table %s no inherit %s', r.child, r.parent) end;
			end loop;
		end if;
		-- Foreign keys of what goes to what stays.
		for r in with x as materialized (
				select c.oid, c.conname, c.conrelid::regclass::text as tab, pg_get_constraintdef(c.oid) as def, obj_description(c.oid, 'pg_constraint') as note
				from pg_constraint c where c.conrelid = any(v_dead) and c.contype = 'f' and not c.confrelid = any(v_dead) and c.conparentid = 0)
				select * from x order by oid loop
			v_list := array[format('alter table %s add constraint %I %s', r.tab, r.conname, r.def)];
			if r.note is not null then
				v_list := v_list || format('comment on constraint %I on %s is %L', r.conname, r.tab, r.note);
			end if;
			v_step := v_step + 1;
			insert into pawl_trash.steps values (v_item, v_step, format('constraint %I on %s', r.conname, r.tab), v_list);
			execute format('alter table %s drop constraint %I', r.tab, r.conname);
		end loop;
		-- Sequences that belong to a column that stays.
		if v_kinds && '{S}' then
			for r in with x as materialized (
					select k.oid, k.oid::regclass::text as name, p.refobjid::regclass::text as tab, a.attname
					from pg_class k join pg_depend p on p.classid = 'pg_class'::regclass and p.objid = k.oid and p.deptype = 'a' and p.refclassid = 'pg_class'::regclass
					join pg_attribute a on a.attrelid = p.refobjid and a.attnum = p.refobjsubid
					where k.relkind = 'S' and k.oid = any(v_dead) and not p.refobjid = any(v_dead)) select * from x order by oid loop
				v_step := v_step + 1;
				insert into pawl_trash.steps values (v_item, v_step, format('owner of sequence %s', r.name),
					array[format('alter sequence %s owned by %s.%I', r.name, r.tab, r.attname)]);
				execute format('alter sequence %s owned by none', r.name);
			end loop;
		end if;
		-- Relations: indexes and sequences of a table go with it.
		for r in with x as materialized (
				select k.oid, n.nspname, k.relname, k.relkind, k.oid::regclass::text as name from pg_class k join pg_namespace n on n.oid = k.relnamespace
				where k.oid = any(v_dead) and k.relkind in ('r', 'p', 'f', 'S', 'c') and not n.oid = any(v_schemas)
					and not exists (select from pg_depend p where p.classid = 'pg_class'::regclass and p.objid = k.oid and p.deptype in ('a', 'i')
						and p.refclassid = 'pg_class'::regclass and p.refobjid = any(v_dead) and k.relkind = 'S')) select * from x order by oid loop
			v_text := v_item || '.' || r.oid;
			if r.relkind = 'c' then
				v_list := array[format('alter type pawl_trash.%I set schema %I', v_text, r.nspname), format('alter type %I.%I rename to %I', r.nspname, v_text, r.relname)];
				execute format('alter type %s rename to %I', r.name, v_text);
				execute format('alter type %I.%I set schema pawl_trash', r.nspname, v_text);
			else
				v_list := array[format('alter table pawl_trash.%I set schema %I', v_text, r.nspname), format('alter table %I.%I rename to %I', r.nspname, v_text, r.relname)];
				for q in with y as materialized (
						select k.oid, n.nspname, k.relname, k.oid::regclass::text as name, k.relkind from pg_class k join pg_namespace n on n.oid = k.relnamespace
						where k.oid in (select indexrelid from pg_index where indrelid = r.oid)
							or (k.relkind = 'S' and k.oid in (select objid from pg_depend where classid = 'pg_class'::regclass and refclassid = 'pg_class'::regclass
								and refobjid = r.oid and deptype in ('a', 'i')))) select * from y order by oid loop
					v_list := v_list || format('alter %s %I.%I rename to %I', case q.relkind when 'S' then 'sequence' else 'index' end, q.nspname, v_item || '.' || q.oid, q.relname);
					execute format('alter %s %s rename to %I', case q.relkind when 'S' then 'sequence' else 'index' end, q.name, v_item || '.' || q.oid);
				end loop;
				execute format('alter table %s rename to %I', r.name, v_text);
				execute format('alter table %I.%I set schema pawl_trash', r.nspname, v_text);
			end if;
			v_step := v_step + 1;
			insert into pawl_trash.steps values (v_item, v_step, format('%s %s', case r.relkind when 'S' then 'sequence' when 'c' then 'type' else 'table' end, r.name), v_list);
			insert into pawl_trash.holds values (v_item, case r.relkind when 'S' then 'sequence' when 'c' then 'type' else 'table' end, 'pg_class'::regclass, r.oid);
		end loop;
		-- Functions and procedures.
		if 'pg_proc'::regclass = any(d_c) then
			for r in with x as materialized (
					select f.oid, n.nspname, f.proname, pg_get_function_identity_arguments(f.oid) as args, f.oid::regprocedure::text as name
					from unnest(d_c, d_o, d_s) as d(c, o, s) join pg_proc f on f.oid = d.o join pg_namespace n on n.oid = f.pronamespace
					where d.c = 'pg_proc'::regclass and not n.oid = any(v_schemas)
						and not exists (select from pg_depend p where p.classid = d.c and p.objid = f.oid and p.deptype = 'i')) select * from x order by oid loop
				v_text := v_item || '.' || r.oid;
				v_step := v_step + 1;
				insert into pawl_trash.steps values (v_item, v_step, format('function %s', r.name), array[
					format('do %L', format('begin execute format(''alter routine %%s set schema %I'', %s::regprocedure); execute format(''alter routine %%s rename to %I'', %s::regprocedure); end',
						r.nspname, r.oid, r.proname, r.oid))]);
				execute format('alter routine %s rename to %I', r.name, v_text);
				execute format('alter routine %s set schema pawl_trash', r.oid::regprocedure);
				insert into pawl_trash.holds values (v_item, 'routine', 'pg_proc'::regclass, r.oid);
			end loop;
		end if;
		-- Types.
		if v_types then
			for r in with x as materialized (
					select t.oid, n.nspname, t.typname, t.oid::regtype::text as name
					from unnest(d_c, d_o, d_s) as d(c, o, s) join pg_type t on t.oid = d.o join pg_namespace n on n.oid = t.typnamespace
					where d.c = 'pg_type'::regclass and t.typtype in ('e', 'd', 'r', 'b', 'm') and not n.oid = any(v_schemas)
						and not exists (select from pg_type e where e.typarray = t.oid)) select * from x order by oid loop
				v_text := v_item || '.' || r.oid;
				v_step := v_step + 1;
				insert into pawl_trash.steps values (v_item, v_step, format('type %s', r.name), array[
					format('alter type pawl_trash.%I set schema %I', v_text, r.nspname), format('alter type %I.%I rename to %I', r.nspname, v_text, r.typname)]);
				execute format('alter type %s rename to %I', r.name, v_text);
				execute format('alter type %I.%I set schema pawl_trash', r.nspname, v_text);
				insert into pawl_trash.holds values (v_item, 'type', 'pg_type'::regclass, r.oid);
			end loop;
		end if;
		-- Schemas, with all that is left in them.
		if v_schemas <> '{}' then
			for r in select n.oid, n.nspname from pg_namespace n where n.oid = any(v_schemas) order by n.oid loop
				v_text := 'pawl_trash.' || v_item || '.' || r.oid;
				v_step := v_step + 1;
				insert into pawl_trash.steps values (v_item, v_step, format('schema %I', r.nspname), array[format('alter schema %I rename to %I', v_text, r.nspname)]);
				execute format('alter schema %I rename to %I', r.nspname, v_text);
				insert into pawl_trash.holds values (v_item, 'schema', 'pg_namespace'::regclass, r.oid);
			end loop;
		end if;
	end if;
