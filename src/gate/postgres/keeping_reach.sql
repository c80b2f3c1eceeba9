	-- The relations named, into v_set, and all that foreign keys, rules and triggers may reach from there. Names as in pg_catalog from here on.
	foreach v_one in array v_names loop
		-- The reader's names are without quotes: what has a dot in it may be one name or two.
		foreach v_rel in array array[pg_catalog.to_regclass(pg_catalog.quote_ident(v_one))::oid, pg_catalog.to_regclass(pg_catalog.quote_ident(
				pg_catalog.split_part(v_one, '.', 1)) || '.' || pg_catalog.quote_ident(pg_catalog.substr(v_one, pg_catalog.strpos(v_one, '.') + 1)))::oid] loop
			if v_rel is not null then
				v_set := v_set || v_rel;
			end if;
		end loop;
	end loop;
	perform set_config('search_path', 'pg_catalog, pg_temp', true);
	perform set_config('client_min_messages', 'warning', true);
	if not has_schema_privilege('pawl_trash', 'create') then
		raise exception 'pawl: nothing can be kept as role "%"', current_user
			using errcode = 'PW004', hint = 'RESET ROLE first, or ask the owner of the database.';
	end if;
	loop
		select coalesce(array_agg(distinct x.o), '{}') into v_more from (
			-- Foreign keys that act on others' rows.
			select c.conrelid from pg_constraint c where c.contype = 'f' and c.confrelid = any(v_set)
				and (c.confdeltype in ('c', 'n', 'd') or c.confupdtype in ('c', 'n', 'd'))
				and not exists (select from pg_constraint p where p.oid = c.conparentid and p.conrelid <> c.conrelid)
			-- What a view shows and a rule names.
			union select p.refobjid from pg_rewrite w join pg_depend p on p.classid = 'pg_rewrite'::regclass and p.objid = w.oid
				and p.refclassid = 'pg_class'::regclass where w.ev_class = any(v_set)
			-- What functions of triggers name.
			union select k.oid from pg_trigger t join pg_proc f on f.oid = t.tgfoid join pg_class k on k.relkind in ('r', 'p', 'v')
				and k.oid >= 16384 and f.prosrc ~* ('\m' || regexp_replace(k.relname, '([^[:alnum:]_])', '\\\1', 'g') || '\M')
				where not t.tgisinternal and t.tgrelid = any(v_set || array(select inhrelid from pg_inherits where inhparent = any(v_set)))
				and k.relnamespace <> 'pawl_trash'::regnamespace
			-- Children by inheritance; partitions are seen through their parent.
			union select h.inhrelid from pg_inherits h join pg_class k on k.oid = h.inhrelid where h.inhparent = any(v_set) and not k.relispartition
			) x(o) where x.o >= 16384 and not x.o = any(v_set);
		exit when v_more = '{}';
		v_set := v_set || v_more;
	end loop;
