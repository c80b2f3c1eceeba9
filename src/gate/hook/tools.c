#include "gate/hook/tools.h"

#define MAX_WORD 40

struct tool_names {
	enum hook_tool kind;
	const char *names; /* separated by blanks */
};

/* Names as the hosts' tools are called in their hooks. */
static const struct tool_names tools[] = {
	{ HOOK_TOOL_SHELL, "Bash PowerShell bash powershell pwsh shell Shell sh local_shell exec_command "
			   "unified_exec write_stdin container.exec "
			   "run_shell_command execute_bash execute_cmd executeBash run_command run_commands "
			   "execute_command run_in_terminal "
			   "runInTerminal send_to_terminal terminal Terminal run_terminal_cmd run_terminal_command "
			   "shell_command write_bash "
			   "write_powershell Monitor send_command_input user_shell" },
	{ HOOK_TOOL_EDIT, "Write Edit MultiEdit NotebookEdit apply_patch applyPatch write_file replace edit write "
			  "patch multiedit "
			  "str_replace_editor str_replace_based_edit_tool create create_file replace_in_file "
			  "write_to_file new_rule fs_write fsWrite "
			  "fs_append edit_file delete_file remove_file Delete search_replace StrReplace "
			  "StrReplaceFile WriteFile editFiles "
			  "insert_edit_into_file replace_string_in_file multi_replace_string_in_file replace_file_content "
			  "multi_replace_file_content undo_edit edit_notebook EditNotebook move_file rename_file "
			  "createFile createDirectory "
			  "editor str_replace" },
	{ HOOK_TOOL_WEB, "WebFetch WebSearch web_fetch web_search google_web_search webfetch websearch fetch "
			 "fetch_url read_url_content "
			 "search_web read_web_page FetchURL SearchWeb url_fetch" },
	{ HOOK_TOOL_READ, "Read Glob Grep LS LSP NotebookRead TodoWrite TodoRead Task Agent BashOutput KillShell "
			  "KillBash TaskOutput TaskStop "
			  "TaskCreate TaskUpdate TaskGet TaskList ToolSearch Skill AskUserQuestion EnterPlanMode "
			  "ExitPlanMode "
			  "ListMcpResourcesTool ReadMcpResourceTool update_plan view_image request_user_input "
			  "read_file read_many_files list_directory search_file_content grep_search glob grep list "
			  "ls lsp read view rg todowrite "
			  "todoread task skill question save_memory write_todos activate_skill ask_user "
			  "enter_plan_mode exit_plan_mode "
			  "codebase_search file_search list_dir view_file view_code_item find_by_name "
			  "command_status read_bash stop_bash "
			  "read_powershell stop_powershell list_bash report_intent fetch_copilot_cli_documentation "
			  "list_files search_files list_code_definition_names ask_followup_question "
			  "attempt_completion plan_mode_respond "
			  "load_mcp_documentation new_task condense focus_chain fs_read fsRead readFile readCode "
			  "listDirectory fileSearch grepSearch "
			  "thinking todo todo_list introspect knowledge ReadFile ReadMediaFile SetTodoList Think "
			  "finder oracle librarian "
			  "read_thread find_thread todo_write todo_read get_diagnostics read_lints get_errors "
			  "semantic_search read_project_structure" },
	{ HOOK_TOOL_MCP, "use_mcp_tool" },
};

/* Events that stand for a tool. */
static const struct tool_names event_tools[] = {
	{ HOOK_TOOL_SHELL, "beforeShellExecution pre_run_command" },
	{ HOOK_TOOL_EDIT, "pre_write_code" },
	{ HOOK_TOOL_MCP, "beforeMCPExecution pre_mcp_tool_use" },
	{ HOOK_TOOL_READ, "beforeReadFile beforeTabFileRead pre_read_code" },
};

static const char other_events[] =
	"PostToolUse PostToolUseFailure PostToolBatch UserPromptSubmit UserPromptExpansion SessionStart SessionEnd "
	"Stop StopFailure SubagentStart "
	"SubagentStop Notification PreCompact PostCompact Setup ConfigChange CwdChanged FileChanged PermissionDenied "
	"AfterTool BeforeAgent AfterAgent BeforeModel AfterModel BeforeToolSelection PreCompress "
	"afterShellExecution afterMCPExecution afterFileEdit afterTabFileEdit beforeSubmitPrompt stop sessionStart "
	"sessionEnd postToolUse "
	"postToolUseFailure subagentStart subagentStop preCompact afterAgentResponse afterAgentThought workspaceOpen "
	"userPromptSubmitted errorOccurred agentStop notification "
	"post_run_command post_write_code post_read_code post_mcp_tool_use pre_user_prompt post_cascade_response "
	"post_setup_worktree "
	"TaskStart TaskResume TaskCancel TaskComplete TaskError PostInvocation PreInvocation tool.execute.after";

static bool listed(const char *names, struct str word)
{
	struct str left = str_from(names);

	while (left.len) {
		size_t end = str_find_char(left, ' ');

		if (str_eq(str_sub(left, 0, end), word))
			return true;
		left = end == SIZE_MAX ? STR_NONE : str_sub(left, end + 1, SIZE_MAX);
	}
	return false;
}

enum hook_tool tools_kind(struct str name)
{
	struct str tool;

	for (size_t i = 0; name.len && i < ARRAY_LEN(tools); i++) {
		if (listed(tools[i].names, name))
			return tools[i].kind;
	}
	return tools_server(name, &tool).len ? HOOK_TOOL_MCP : HOOK_TOOL_UNKNOWN;
}

enum hook_tool tools_of_event(struct str event)
{
	for (size_t i = 0; event.len && i < ARRAY_LEN(event_tools); i++) {
		if (listed(event_tools[i].names, event))
			return event_tools[i].kind;
	}
	return HOOK_TOOL_COUNT;
}

enum hook_event tools_event(struct str name)
{
	if (str_is(name, "PermissionRequest") || str_is(name, "permissionRequest"))
		return HOOK_EVENT_PERMISSION;
	return name.len && listed(other_events, name) ? HOOK_EVENT_OTHER : HOOK_EVENT_TOOL;
}

static const struct {
	enum tools_field field;
	const char *names;
} fields[] = {
	{ TOOLS_FIELD_COMMAND, "command commands cmd cmds commandline script shellcommand bashcommand shellscript "
			       "bash chars exec" },
	{ TOOLS_FIELD_ARGS, "args argv arguments" },
	{ TOOLS_FIELD_CODE, "code sourcecode pythoncode" },
	{ TOOLS_FIELD_SQL, "sql sqlquery sqlstatement sqltext statement statements rawsql ddl migration" },
	{ TOOLS_FIELD_QUERY, "query queries q" },
	{ TOOLS_FIELD_PATH, "path paths filepath file files filename filenames notebookpath targetfile target "
			    "destination dest destinationpath "
			    "newpath oldpath newfilepath source src sourcepath fileuri absolutepath relativepath "
			    "relpath targetpath" },
	{ TOOLS_FIELD_CONTENT, "content contents newstring newstr filetext codecontent newtext replacementcontent "
			       "newsource insertline codeedit" },
	{ TOOLS_FIELD_PATCH, "patch patchtext diff input" },
	{ TOOLS_FIELD_URL, "url uri urls endpoint" },
	{ TOOLS_FIELD_METHOD, "method httpmethod verb" },
	{ TOOLS_FIELD_CWD, "cwd workdir workingdirectory workingdir dirpath directory currentdirectory" },
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

enum tools_field tools_field(struct str key)
{
	char plain[MAX_WORD];
	size_t n = 0;

	for (size_t i = 0; i < key.len; i++) {
		if (!is_letter(key.ptr[i]))
			continue;
		if (n == sizeof(plain))
			return TOOLS_FIELD_NONE;
		plain[n++] = lower(key.ptr[i]);
	}
	for (size_t i = 0; n && i < ARRAY_LEN(fields); i++) {
		if (listed(fields[i].names, (struct str){ plain, n }))
			return fields[i].field;
	}
	return TOOLS_FIELD_NONE;
}

struct str tools_server(struct str name, struct str *ret_tool)
{
	struct str rest = STR_NONE, sign = STR("_");
	size_t end;

	if (str_starts(name, STR("mcp__"))) {
		rest = str_sub(name, 5, SIZE_MAX);
		sign = STR("__");
	} else if (str_starts(name, STR("mcp_"))) {
		rest = str_sub(name, 4, SIZE_MAX);
	} else if (str_starts(name, STR("@"))) {
		rest = str_sub(name, 1, SIZE_MAX);
		sign = STR("/");
	} else {
		return STR_NONE;
	}
	end = str_find(rest, sign);
	if (end == SIZE_MAX || end == 0)
		return STR_NONE;
	*ret_tool = str_sub(rest, end + sign.len, SIZE_MAX);
	return str_sub(rest, 0, end);
}

/* The next word of a name, in small letters: "DeleteTable_v2" is delete, table, v. */
static struct str next_word(struct str name, size_t *at, char word[MAX_WORD])
{
	size_t n = 0;

	while (*at < name.len && !is_letter(name.ptr[*at]))
		++*at;
	while (*at < name.len && is_letter(name.ptr[*at]) && n < MAX_WORD) {
		bool upper = name.ptr[*at] >= 'A' && name.ptr[*at] <= 'Z';
		bool after_small = n && name.ptr[*at - 1] >= 'a';

		if (upper && after_small)
			break;
		word[n++] = lower(name.ptr[*at]);
		++*at;
	}
	return (struct str){ word, n };
}

static bool any_word(struct str name, const char *words)
{
	char space[MAX_WORD];
	size_t at = 0;
	struct str word;

	while ((word = next_word(name, &at, space)).len) {
		if (listed(words, word))
			return true;
	}
	return false;
}

bool tools_destructive(struct str name)
{
	/* What an agent takes away every day and nobody misses. */
	static const char small[] =
		"label labels comment comments reaction reactions entity entities observation observations relation "
		"relations memory memories note notes todo todos task tasks cookie cookies tab tabs cache draft drafts "
		"annotation annotations breakpoint breakpoints message messages bookmark bookmarks reminder item items";
	static const char large[] =
		"database databases db table tables schema project projects branch branches bucket buckets instance "
		"instances cluster clusters volume volumes disk disks account accounts organization org repository repo "
		"repositories backup backups snapshot snapshots collection collections environment environments stack "
		"stacks resource resources namespace namespaces deployment deployments service services server servers "
		"site domain zone dns secret secrets key keys queue topic stream vault storage data user users";

	if (any_word(name, "drop destroy truncate purge wipe erase terminate deprovision nuke expunge"))
		return true;
	if (any_word(name, "delete del rm"))
		return !any_word(name, small);
	return any_word(name, "remove reset uninstall flush clear prune revoke rollback overwrite shutdown detach disable") &&
	       any_word(name, large);
}

bool tools_searches(struct str name)
{
	return any_word(name, "search find lookup docs documentation web ask wiki web");
}

bool tools_deletes(struct str name)
{
	return any_word(name, "delete remove unlink rm del erase trash");
}

bool tools_looks(struct str name)
{
	char space[MAX_WORD];
	size_t at = 0;

	return listed("get list read search find view show describe fetch status stat count inspect lookup explain "
		      "check browse resolve head "
		      "tail glob grep ls tree query retrieve analyze summarize",
		      next_word(name, &at, space)) &&
	       !tools_destructive(name);
}

bool tools_like_sql(struct str text)
{
	char space[MAX_WORD];
	size_t at = 0;
	struct str trimmed = str_trim(text);

	/* A statement may hide behind comments or brackets: those begin like SQL too. */
	if (str_starts(trimmed, STR("--")) || str_starts(trimmed, STR("/*")) || str_starts(trimmed, STR("(")) ||
	    str_starts(trimmed, STR(";")))
		return true;
	return listed("select insert update delete drop truncate alter create grant revoke with merge replace call "
		      "execute exec do begin start "
		      "commit rollback set vacuum reindex cluster copy lock comment refresh reassign explain "
		      "analyze declare use show pragma attach "
		      "detach rename load import optimize purge reset security import upsert describe",
		      next_word(trimmed, &at, space));
}
