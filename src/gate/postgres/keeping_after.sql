	foreach v_text in array v_changed loop
		execute v_text;
	end loop;
