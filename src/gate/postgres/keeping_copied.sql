			-- What v_query gives, into v_text: copied, or in a dump already, or, as long as it is only tried, counted.
			execute format('create table %s as %s with no data', v_text, v_query);
			if v_dumped is null then
				execute format('select count(*) from (select from only %s limit %s) x', v_source, v_rows + 1) into v_count;
				if v_count > v_rows then
					v_dumps := v_dumps || jsonb_build_object('key', v_one_key, 'of', 'only ' || v_source, 'query', v_query, 'bytes', pg_table_size(v_source::regclass));
				end if;
			elsif not v_one_key = any(v_dumped) then
				execute format('insert into %s %s', v_text, v_query);
				get diagnostics v_count = row_count;
				if v_count > v_rows then
					raise exception 'pawl: more rows than are kept: % of %', v_count, v_source using errcode = 'PW004',
						hint = 'Send it in a transaction of its own: then it is dumped first.';
				end if;
			end if;