#include "facts/sql_functions.h"

#include "sql_builtins.inc"

#define ROW(name, means, from, to) { STR_INIT(name), SQL_MEANS_##means, from, to }

/* Sorted by name. Arguments that are SQL text: read as statements of their own; where they are no literal, the row's meaning stays.
 * From PostgreSQL 15's pg_proc (every volatile function has a row), adminpack, dblink, tablefunc, pg_cron, timescaledb, citus, SQLite's
 * shell, MySQL's and SQL Server's ways to run a program. */
static const struct sql_function functions[] = {
	ROW("add_retention_policy", DROP, 0, 0),
	ROW("bernoulli", READ, 0, 0),
	ROW("binary_upgrade_create_empty_extension", CATALOG, 0, 0),
	ROW("binary_upgrade_set_missing_value", CATALOG, 0, 0),
	ROW("binary_upgrade_set_next_array_pg_type_oid", CATALOG, 0, 0),
	ROW("binary_upgrade_set_next_attribute_versions", CATALOG, 0, 0),
	ROW("binary_upgrade_set_next_heap_pg_class_oid", CATALOG, 0, 0),
	ROW("binary_upgrade_set_next_heap_relfilenode", CATALOG, 0, 0),
	ROW("binary_upgrade_set_next_index_pg_class_oid", CATALOG, 0, 0),
	ROW("binary_upgrade_set_next_index_relfilenode", CATALOG, 0, 0),
	ROW("binary_upgrade_set_next_multirange_array_pg_type_oid", CATALOG, 0, 0),
	ROW("binary_upgrade_set_next_multirange_pg_type_oid", CATALOG, 0, 0),
	ROW("binary_upgrade_set_next_pg_authid_oid", CATALOG, 0, 0),
	ROW("binary_upgrade_set_next_pg_enum_oid", CATALOG, 0, 0),
	ROW("binary_upgrade_set_next_pg_tablespace_oid", CATALOG, 0, 0),
	ROW("binary_upgrade_set_next_pg_type_oid", CATALOG, 0, 0),
	ROW("binary_upgrade_set_next_toast_pg_class_oid", CATALOG, 0, 0),
	ROW("binary_upgrade_set_next_toast_relfilenode", CATALOG, 0, 0),
	ROW("binary_upgrade_set_record_init_privs", CATALOG, 0, 0),
	ROW("brin_desummarize_range", REWRITE, 0, 0),
	ROW("brin_summarize_new_values", REWRITE, 0, 0),
	ROW("brin_summarize_range", REWRITE, 0, 0),
	ROW("clock_timestamp", READ, 0, 0),
	ROW("connectby", DYNAMIC, 0, 0),
	ROW("crosstab", DYNAMIC, 1, 2),
	ROW("crosstab2", DYNAMIC, 1, 2),
	ROW("crosstab3", DYNAMIC, 1, 2),
	ROW("crosstab4", DYNAMIC, 1, 2),
	ROW("crosstabn", DYNAMIC, 1, 2),
	ROW("current_query", READ, 0, 0),
	ROW("currval", READ, 0, 0),
	ROW("cursor_to_xml", DYNAMIC, 0, 0),
	ROW("cursor_to_xmlschema", DYNAMIC, 0, 0),
	ROW("dblink", NETWORK, 1, 4),
	ROW("dblink_connect", NETWORK, 0, 0),
	ROW("dblink_connect_u", NETWORK, 0, 0),
	ROW("dblink_disconnect", NETWORK, 0, 0),
	ROW("dblink_exec", NETWORK, 1, 4),
	ROW("dblink_fetch", NETWORK, 0, 0),
	ROW("dblink_get_result", NETWORK, 0, 0),
	ROW("dblink_open", NETWORK, 1, 4),
	ROW("dblink_send_query", NETWORK, 1, 4),
	ROW("drop_chunks", DROP, 0, 0),
	ROW("drop_partition_id", DROP, 0, 0),
	ROW("drop_partition_time", DROP, 0, 0),
	ROW("dropgeometrycolumn", DROP, 0, 0),
	ROW("dropgeometrytable", DROP, 0, 0),
	ROW("edit", PROGRAM, 0, 0),
	ROW("eval", DYNAMIC, 1, 1),
	ROW("exec", DYNAMIC, 1, 1),
	ROW("exec_sql", DYNAMIC, 1, 1),
	ROW("execute_query", DYNAMIC, 1, 1),
	ROW("execute_sql", DYNAMIC, 1, 1),
	ROW("fts3_tokenizer", SERVER_FILE, 0, 0),
	ROW("gen_random_uuid", READ, 0, 0),
	ROW("gin_clean_pending_list", REWRITE, 0, 0),
	ROW("heap_force_freeze", CATALOG, 0, 0),
	ROW("heap_force_kill", CATALOG, 0, 0),
	ROW("http", NETWORK, 0, 0),
	ROW("http_delete", NETWORK, 0, 0),
	ROW("http_get", NETWORK, 0, 0),
	ROW("http_head", NETWORK, 0, 0),
	ROW("http_patch", NETWORK, 0, 0),
	ROW("http_post", NETWORK, 0, 0),
	ROW("http_put", NETWORK, 0, 0),
	ROW("lastval", READ, 0, 0),
	ROW("lo_close", ROW_LOCK, 0, 0),
	ROW("lo_creat", CREATE, 0, 0),
	ROW("lo_create", CREATE, 0, 0),
	ROW("lo_export", SERVER_FILE, 0, 0),
	ROW("lo_from_bytea", CREATE, 0, 0),
	ROW("lo_get", ROW_LOCK, 0, 0),
	ROW("lo_import", SERVER_FILE, 0, 0),
	ROW("lo_lseek", ROW_LOCK, 0, 0),
	ROW("lo_lseek64", ROW_LOCK, 0, 0),
	ROW("lo_manage", LARGE_OBJECT, 0, 0),
	ROW("lo_open", ROW_LOCK, 0, 0),
	ROW("lo_put", LARGE_OBJECT, 0, 0),
	ROW("lo_tell", ROW_LOCK, 0, 0),
	ROW("lo_tell64", ROW_LOCK, 0, 0),
	ROW("lo_truncate", LARGE_OBJECT, 0, 0),
	ROW("lo_truncate64", LARGE_OBJECT, 0, 0),
	ROW("lo_unlink", LARGE_OBJECT, 0, 0),
	ROW("load_extension", PROGRAM, 0, 0),
	ROW("load_file", SERVER_FILE, 0, 0),
	ROW("loread", ROW_LOCK, 0, 0),
	ROW("lowrite", LARGE_OBJECT, 0, 0),
	ROW("lsdir", SERVER_FILE, 0, 0),
	ROW("master_drop_all_shards", DROP, 0, 0),
	ROW("nextval", NEXTVAL, 0, 0),
	ROW("opendatasource", DYNAMIC, 0, 0),
	ROW("openquery", DYNAMIC, 0, 0),
	ROW("openrowset", DYNAMIC, 0, 0),
	ROW("pg_advisory_lock", READ, 0, 0),
	ROW("pg_advisory_lock_shared", READ, 0, 0),
	ROW("pg_advisory_unlock", READ, 0, 0),
	ROW("pg_advisory_unlock_all", READ, 0, 0),
	ROW("pg_advisory_unlock_shared", READ, 0, 0),
	ROW("pg_advisory_xact_lock", READ, 0, 0),
	ROW("pg_advisory_xact_lock_shared", READ, 0, 0),
	ROW("pg_backup_start", TERMINATE, 0, 0),
	ROW("pg_backup_stop", TERMINATE, 0, 0),
	ROW("pg_blocking_pids", READ, 0, 0),
	ROW("pg_cancel_backend", TERMINATE, 0, 0),
	ROW("pg_clear_attribute_stats", SERVER, 0, 0),
	ROW("pg_clear_relation_stats", SERVER, 0, 0),
	ROW("pg_collation_actual_version", READ, 0, 0),
	ROW("pg_control_checkpoint", READ, 0, 0),
	ROW("pg_control_init", READ, 0, 0),
	ROW("pg_control_recovery", READ, 0, 0),
	ROW("pg_control_system", READ, 0, 0),
	ROW("pg_copy_logical_replication_slot", REPLICATION, 0, 0),
	ROW("pg_copy_physical_replication_slot", REPLICATION, 0, 0),
	ROW("pg_create_logical_replication_slot", REPLICATION, 0, 0),
	ROW("pg_create_physical_replication_slot", REPLICATION, 0, 0),
	ROW("pg_create_restore_point", SERVER, 0, 0),
	ROW("pg_current_logfile", SERVER_FILE, 0, 0),
	ROW("pg_current_wal_flush_lsn", READ, 0, 0),
	ROW("pg_current_wal_insert_lsn", READ, 0, 0),
	ROW("pg_current_wal_lsn", READ, 0, 0),
	ROW("pg_database_collation_actual_version", READ, 0, 0),
	ROW("pg_database_size", READ, 0, 0),
	ROW("pg_drop_replication_slot", REPLICATION_DROP, 0, 0),
	ROW("pg_export_snapshot", READ, 0, 0),
	ROW("pg_extension_config_dump", SERVER, 0, 0),
	ROW("pg_file_length", SERVER_FILE, 0, 0),
	ROW("pg_file_read", SERVER_FILE, 0, 0),
	ROW("pg_file_rename", SERVER_FILE, 0, 0),
	ROW("pg_file_settings", SERVER_FILE, 0, 0),
	ROW("pg_file_sync", SERVER_FILE, 0, 0),
	ROW("pg_file_unlink", SERVER_FILE, 0, 0),
	ROW("pg_file_write", SERVER_FILE, 0, 0),
	ROW("pg_get_backend_memory_contexts", READ, 0, 0),
	ROW("pg_get_multixact_members", READ, 0, 0),
	ROW("pg_get_shmem_allocations", READ, 0, 0),
	ROW("pg_get_wal_replay_pause_state", READ, 0, 0),
	ROW("pg_get_wal_resource_managers", READ, 0, 0),
	ROW("pg_hba_file_rules", SERVER_FILE, 0, 0),
	ROW("pg_ident_file_mappings", SERVER_FILE, 0, 0),
	ROW("pg_import_system_collations", SERVER, 0, 0),
	ROW("pg_indexes_size", READ, 0, 0),
	ROW("pg_is_in_recovery", READ, 0, 0),
	ROW("pg_is_wal_replay_paused", READ, 0, 0),
	ROW("pg_isolation_test_session_is_blocked", READ, 0, 0),
	ROW("pg_jit_available", READ, 0, 0),
	ROW("pg_last_committed_xact", READ, 0, 0),
	ROW("pg_last_wal_receive_lsn", READ, 0, 0),
	ROW("pg_last_wal_replay_lsn", READ, 0, 0),
	ROW("pg_last_xact_replay_timestamp", READ, 0, 0),
	ROW("pg_lock_status", READ, 0, 0),
	ROW("pg_log_backend_memory_contexts", SERVER, 0, 0),
	ROW("pg_logdir_ls", SERVER_FILE, 0, 0),
	ROW("pg_logical_emit_message", REPLICATION, 0, 0),
	ROW("pg_logical_slot_get_binary_changes", REPLICATION, 0, 0),
	ROW("pg_logical_slot_get_changes", REPLICATION, 0, 0),
	ROW("pg_logical_slot_peek_binary_changes", READ, 0, 0),
	ROW("pg_logical_slot_peek_changes", READ, 0, 0),
	ROW("pg_ls_archive_statusdir", SERVER_FILE, 0, 0),
	ROW("pg_ls_dir", SERVER_FILE, 0, 0),
	ROW("pg_ls_logdir", SERVER_FILE, 0, 0),
	ROW("pg_ls_logicalmapdir", SERVER_FILE, 0, 0),
	ROW("pg_ls_logicalsnapdir", SERVER_FILE, 0, 0),
	ROW("pg_ls_replslotdir", SERVER_FILE, 0, 0),
	ROW("pg_ls_tmpdir", SERVER_FILE, 0, 0),
	ROW("pg_ls_waldir", SERVER_FILE, 0, 0),
	ROW("pg_nextoid", CATALOG, 0, 0),
	ROW("pg_notification_queue_usage", READ, 0, 0),
	ROW("pg_notify", READ, 0, 0),
	ROW("pg_partition_ancestors", READ, 0, 0),
	ROW("pg_partition_tree", READ, 0, 0),
	ROW("pg_prepared_xact", READ, 0, 0),
	ROW("pg_promote", TERMINATE, 0, 0),
	ROW("pg_read_binary_file", SERVER_FILE, 0, 0),
	ROW("pg_read_file", SERVER_FILE, 0, 0),
	ROW("pg_read_file_old", SERVER_FILE, 0, 0),
	ROW("pg_relation_size", READ, 0, 0),
	ROW("pg_reload_conf", SERVER, 0, 0),
	ROW("pg_replication_origin_advance", REPLICATION, 0, 0),
	ROW("pg_replication_origin_create", REPLICATION, 0, 0),
	ROW("pg_replication_origin_drop", REPLICATION_DROP, 0, 0),
	ROW("pg_replication_origin_progress", READ, 0, 0),
	ROW("pg_replication_origin_session_is_setup", READ, 0, 0),
	ROW("pg_replication_origin_session_progress", READ, 0, 0),
	ROW("pg_replication_origin_session_reset", REPLICATION, 0, 0),
	ROW("pg_replication_origin_session_setup", REPLICATION, 0, 0),
	ROW("pg_replication_origin_xact_reset", REPLICATION, 0, 0),
	ROW("pg_replication_origin_xact_setup", REPLICATION, 0, 0),
	ROW("pg_replication_slot_advance", REPLICATION, 0, 0),
	ROW("pg_restore_attribute_stats", SERVER, 0, 0),
	ROW("pg_restore_relation_stats", SERVER, 0, 0),
	ROW("pg_rotate_logfile", SERVER, 0, 0),
	ROW("pg_rotate_logfile_old", SERVER, 0, 0),
	ROW("pg_safe_snapshot_blocking_pids", READ, 0, 0),
	ROW("pg_sequence_last_value", READ, 0, 0),
	ROW("pg_set_attribute_stats", SERVER, 0, 0),
	ROW("pg_set_relation_stats", SERVER, 0, 0),
	ROW("pg_show_all_file_settings", SERVER_FILE, 0, 0),
	ROW("pg_show_replication_origin_status", READ, 0, 0),
	ROW("pg_shutdown", TERMINATE, 0, 0),
	ROW("pg_sleep", READ, 0, 0),
	ROW("pg_sleep_for", READ, 0, 0),
	ROW("pg_sleep_until", READ, 0, 0),
	ROW("pg_start_backup", TERMINATE, 0, 0),
	ROW("pg_stat_clear_snapshot", READ, 0, 0),
	ROW("pg_stat_file", SERVER_FILE, 0, 0),
	ROW("pg_stat_force_next_flush", READ, 0, 0),
	ROW("pg_stat_get_recovery_prefetch", READ, 0, 0),
	ROW("pg_stat_get_xact_blocks_fetched", READ, 0, 0),
	ROW("pg_stat_get_xact_blocks_hit", READ, 0, 0),
	ROW("pg_stat_get_xact_function_calls", READ, 0, 0),
	ROW("pg_stat_get_xact_function_self_time", READ, 0, 0),
	ROW("pg_stat_get_xact_function_total_time", READ, 0, 0),
	ROW("pg_stat_get_xact_numscans", READ, 0, 0),
	ROW("pg_stat_get_xact_tuples_deleted", READ, 0, 0),
	ROW("pg_stat_get_xact_tuples_fetched", READ, 0, 0),
	ROW("pg_stat_get_xact_tuples_hot_updated", READ, 0, 0),
	ROW("pg_stat_get_xact_tuples_inserted", READ, 0, 0),
	ROW("pg_stat_get_xact_tuples_returned", READ, 0, 0),
	ROW("pg_stat_get_xact_tuples_updated", READ, 0, 0),
	ROW("pg_stat_have_stats", READ, 0, 0),
	ROW("pg_stat_reset", SERVER, 0, 0),
	ROW("pg_stat_reset_replication_slot", SERVER, 0, 0),
	ROW("pg_stat_reset_shared", SERVER, 0, 0),
	ROW("pg_stat_reset_single_function_counters", SERVER, 0, 0),
	ROW("pg_stat_reset_single_table_counters", SERVER, 0, 0),
	ROW("pg_stat_reset_slru", SERVER, 0, 0),
	ROW("pg_stat_reset_subscription_stats", SERVER, 0, 0),
	ROW("pg_stat_statements_reset", SERVER, 0, 0),
	ROW("pg_stop_backup", TERMINATE, 0, 0),
	ROW("pg_stop_making_pinned_objects", SERVER, 0, 0),
	ROW("pg_switch_wal", SERVER, 0, 0),
	ROW("pg_sync_replication_slots", SERVER, 0, 0),
	ROW("pg_table_size", READ, 0, 0),
	ROW("pg_tablespace_size", READ, 0, 0),
	ROW("pg_terminate_backend", TERMINATE, 0, 0),
	ROW("pg_total_relation_size", READ, 0, 0),
	ROW("pg_truncate_visibility_map", CATALOG, 0, 0),
	ROW("pg_try_advisory_lock", READ, 0, 0),
	ROW("pg_try_advisory_lock_shared", READ, 0, 0),
	ROW("pg_try_advisory_xact_lock", READ, 0, 0),
	ROW("pg_try_advisory_xact_lock_shared", READ, 0, 0),
	ROW("pg_wal_replay_pause", TERMINATE, 0, 0),
	ROW("pg_wal_replay_resume", TERMINATE, 0, 0),
	ROW("pg_wal_replay_stop", TERMINATE, 0, 0),
	ROW("pg_xact_commit_timestamp", READ, 0, 0),
	ROW("pg_xact_commit_timestamp_origin", READ, 0, 0),
	ROW("pg_xact_status", READ, 0, 0),
	ROW("postgres_fdw_disconnect_all", NETWORK, 0, 0),
	ROW("query_to_xml", DYNAMIC, 1, 1),
	ROW("query_to_xml_and_xmlschema", DYNAMIC, 1, 1),
	ROW("query_to_xmlschema", DYNAMIC, 1, 1),
	ROW("random", READ, 0, 0),
	ROW("readfile", SERVER_FILE, 0, 0),
	ROW("remove_local_tables_from_metadata", DROP, 0, 0),
	ROW("remove_retention_policy", DROP, 0, 0),
	ROW("reset_user", ROLE, 0, 0),
	ROW("ri_fkey_cascade_del", TRIGGER, 0, 0),
	ROW("run_command_on_all_nodes", DYNAMIC, 1, 2),
	ROW("run_command_on_coordinator", DYNAMIC, 1, 2),
	ROW("run_command_on_placements", DYNAMIC, 1, 2),
	ROW("run_command_on_shards", DYNAMIC, 1, 2),
	ROW("run_command_on_workers", DYNAMIC, 1, 2),
	ROW("run_maintenance", DROP, 0, 0),
	ROW("run_maintenance_proc", DROP, 0, 0),
	ROW("run_sql", DYNAMIC, 1, 1),
	ROW("schedule", DYNAMIC, 2, 3),
	ROW("schedule_in_database", DYNAMIC, 2, 3),
	ROW("set_config", SESSION, 0, 0),
	ROW("set_user", ROLE, 0, 0),
	ROW("setseed", READ, 0, 0),
	ROW("setval", SEQUENCE, 0, 0),
	ROW("shell", PROGRAM, 0, 0),
	ROW("sp_executesql", PROGRAM, 0, 0),
	ROW("sp_oacreate", PROGRAM, 0, 0),
	ROW("sp_oamethod", PROGRAM, 0, 0),
	ROW("sys_eval", PROGRAM, 0, 0),
	ROW("sys_exec", PROGRAM, 0, 0),
	ROW("sys_get", PROGRAM, 0, 0),
	ROW("sys_set", PROGRAM, 0, 0),
	ROW("system", READ, 0, 0),
	ROW("system_exec", PROGRAM, 0, 0),
	ROW("timeofday", READ, 0, 0),
	ROW("truncate_local_data_after_distributing_table", DROP, 0, 0),
	ROW("ts_rewrite", DYNAMIC, 2, 2),
	ROW("ts_stat", DYNAMIC, 1, 1),
	ROW("txid_status", READ, 0, 0),
	ROW("undo_partition", DROP, 0, 0),
	ROW("unschedule", PROTECTION, 0, 0),
	ROW("vacuumlo", LARGE_OBJECT, 0, 0),
	ROW("writefile", PROGRAM, 0, 0),
	ROW("xp_cmdshell", PROGRAM, 0, 0),
	ROW("xpath_table", DYNAMIC, 0, 0),
};

/* Common extensions' own, beside PostgreSQL's. */
static const char operators[] =
	" !! !~ !~* !~~ !~~* # ## #- #> #>> % & && &< &<| &> * *< *<= *<> *= *> *>= + - -> ->> -|- / < <-> << <<= <<| <= <> <@ <^ "
	"= > >= >> >>= >^ ? ?# ?& ?- ?-| ?| ?|| @ @-@ @> @? @@ @@@ ^ ^@ | |&> |/ |>> || ||/ ~ ~* ~<=~ ~<~ ~= ~>=~ ~>~ ~~ ~~* != "
	"<#> <=> <+> <<-> <->> <<<-> <->>> %> <% %>> <<% => := <<->> <-->  |=| ~== @= &&& <<>> ~> ~@ @~ #= %# %% ?~ *** ";

struct named {
	struct str name; /* a glob */
	enum sql_meaning means;
};

#define SET(name, means) { STR_INIT(name), SQL_MEANS_##means }
/* The first that fits. */
static const struct named settings[] = {
	SET("search_path", SEARCH_PATH),
	SET("schema", SEARCH_PATH),
	SET("role", ROLE),
	SET("session_authorization", ROLE),
	SET("session authorization", ROLE),
	SET("is_superuser", ROLE),
	SET("standard_conforming_strings", LEXING),
	SET("backslash_quote", LEXING),
	SET("client_encoding", LEXING),
	SET("names", LEXING),
	SET("sql_mode", LEXING),
	SET("quoted_identifier", LEXING),
	SET("session_replication_role", SESSION),
	SET("default_transaction_read_only", SESSION),
	SET("transaction_read_only", SESSION),
	SET("*_preload_libraries", PROGRAM),
	SET("dynamic_library_path", PROGRAM),
	SET("zero_damaged_pages", SESSION),
	SET("ignore_checksum_failure", SESSION),
	SET("ignore_system_indexes", SESSION),
	SET("allow_system_table_mods", SESSION),
	SET("allow_in_place_tablespaces", SESSION),
	SET("lo_compat_privileges", SESSION),
	SET("synchronous_commit", SESSION),
	SET("log_statement", SESSION),
	SET("log_min_duration_statement", SESSION),
	SET("log_*", SESSION),
	SET("track_activities", SESSION),
	SET("track_counts", SESSION),
	SET("pgaudit.*", SESSION),
	SET("event_triggers", SESSION),
	SET("foreign_key_checks", SESSION),
	SET("unique_checks", SESSION),
	SET("sql_safe_updates", SESSION),
	SET("sql_log_bin", SESSION),
	SET("sql_log_off", SESSION),
	SET("global *", SERVER),
	SET("persist *", SERVER),
	SET("password", PRIVILEGES),
	SET("citus.*", SESSION),
	SET("session.*", READ),
};

static const struct named relations[] = {
	SET("pg_authid", SECRET),
	SET("pg_shadow", SECRET),
	SET("pg_user_mapping", SECRET),
	SET("pg_user_mappings", SECRET),
	SET("pg_subscription", SECRET),
	SET("pg_largeobject", SECRET),
	SET("pg_statistic", SECRET),
	SET("pg_hba_file_rules", SERVER_FILE),
	SET("pg_ident_file_mappings", SERVER_FILE),
	SET("pg_file_settings", SERVER_FILE),
};

static const struct sql_function *find(struct str name)
{
	size_t low = 0, high = ARRAY_LEN(functions);

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = str_cmp(functions[mid].name, name);

		if (order == 0)
			return &functions[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

struct str sql_builtin_at(size_t i)
{
	if (i + 1 >= ARRAY_LEN(builtin_at))
		return STR_NONE;
	return (struct str){ builtin_text + builtin_at[i], (size_t)(builtin_at[i + 1] - builtin_at[i]) };
}

static bool builtin(struct str name)
{
	size_t low = 0, high = ARRAY_LEN(builtin_at) - 1;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = str_cmp(sql_builtin_at(mid), name);

		if (order == 0)
			return true;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

struct sql_function sql_function(struct str name)
{
	const struct sql_function *f = find(name);

	if (f)
		return *f;
	return (struct sql_function){ name, builtin(name) ? SQL_MEANS_READ : SQL_MEANS_FUNCTION, SQL_NO_TEXT, SQL_NO_TEXT };
}

bool sql_operator_known(struct str op)
{
	char word[16] = " ";

	if (op.len == 0 || op.len > sizeof(word) - 3)
		return false;
	memcpy(word + 1, op.ptr, op.len);
	word[op.len + 1] = ' ';
	return str_find((struct str){ operators, sizeof(operators) - 1 }, (struct str){ word, op.len + 2 }) != SIZE_MAX;
}

static enum sql_meaning named(const struct named *rows, size_t n, struct str name)
{
	char lower[96];

	if (name.len > sizeof(lower))
		return SQL_MEANS_READ;
	for (size_t i = 0; i < name.len; i++)
		lower[i] = (char)(name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? name.ptr[i] + 32 : name.ptr[i]);
	for (size_t i = 0; i < n; i++) {
		if (str_glob(rows[i].name, (struct str){ lower, name.len }))
			return rows[i].means;
	}
	return SQL_MEANS_READ;
}

enum sql_meaning sql_setting(struct str name)
{
	return named(settings, ARRAY_LEN(settings), name);
}

enum sql_meaning sql_relation(struct str name)
{
	return named(relations, ARRAY_LEN(relations), name);
}

const struct sql_function *sql_function_at(size_t i)
{
	return i < ARRAY_LEN(functions) ? &functions[i] : NULL;
}
