/* Asking a hook as its host does: for `pawl doctor hooks`. */
#include "base/json.h"
#include "gate/hook/agents.h"

#define COMMAND_MAX ((size_t)65536)

/* @C@ the command, @D@ the folder, each a JSON string. */
static const struct {
	enum hook_host host;
	const char *question;
} questions[] = {
	{ HOOK_GEMINI, "{\"session_id\":\"pawl-doctor\",\"cwd\":@D@,\"hook_event_name\":\"BeforeTool\",\"tool_name\":\"run_shell_command\","
		       "\"tool_input\":{\"command\":@C@}}" },
	{ HOOK_CURSOR, "{\"conversation_id\":\"pawl-doctor\",\"hook_event_name\":\"beforeShellExecution\",\"command\":@C@,\"cwd\":@D@,"
		       "\"workspace_roots\":[@D@]}" },
	{ HOOK_COPILOT, "{\"sessionId\":\"pawl-doctor\",\"cwd\":@D@,\"toolName\":\"bash\",\"toolArgs\":{\"command\":@C@}}" },
	{ HOOK_OPENCODE, "{\"event\":\"tool.execute.before\",\"tool\":\"bash\",\"sessionID\":\"pawl-doctor\",\"cwd\":@D@,"
			 "\"args\":{\"command\":@C@}}" },
	{ HOOK_AMP, "{\"event\":\"tool.call\",\"tool\":\"Bash\",\"session\":\"pawl-doctor\",\"cwd\":@D@,\"input\":{\"cmd\":@C@}}" },
	{ HOOK_WINDSURF, "{\"agent_action_name\":\"pre_run_command\",\"trajectory_id\":\"pawl-doctor\",\"tool_info\":{\"command_line\":@C@,"
			 "\"cwd\":@D@}}" },
	{ HOOK_CLINE, "{\"hookName\":\"PreToolUse\",\"taskId\":\"pawl-doctor\",\"workspaceRoots\":[@D@],\"preToolUse\":{\"toolName\":"
		      "\"execute_command\",\"parameters\":{\"command\":@C@}}}" },
	{ HOOK_ANTIGRAVITY, "{\"toolCall\":{\"name\":\"run_command\",\"args\":{\"CommandLine\":@C@,\"Cwd\":@D@}},\"conversationId\":"
			    "\"pawl-doctor\",\"workspacePaths\":[@D@]}" },
	{ HOOK_KIRO, "{\"hook_event_name\":\"preToolUse\",\"session_id\":\"pawl-doctor\",\"cwd\":@D@,\"tool_name\":\"execute_bash\","
		     "\"tool_input\":{\"command\":@C@}}" },
	{ HOOK_HOST_NONE, "{\"session_id\":\"pawl-doctor\",\"cwd\":@D@,\"hook_event_name\":\"PreToolUse\",\"tool_name\":\"Bash\","
			  "\"tool_input\":{\"command\":@C@}}" },
};

void agent_question(enum hook_host host, const char *command, const char *cwd, struct buf *out)
{
	size_t row = 0;
	const char *q;

	while (questions[row].host != host && questions[row].host != HOOK_HOST_NONE)
		row++;
	for (q = questions[row].question; *q; q++) {
		struct json_out o = { .buf = out };

		if (strncmp(q, "@C@", 3) != 0 && strncmp(q, "@D@", 3) != 0) {
			buf_addc(out, *q);
			continue;
		}
		json_out_str(&o, str_from(q[1] == 'C' ? command : cwd));
		q += 2;
	}
}

/* The text of the JSON (or TOML) string around ${at}, unescaped. */
static bool string_around(struct str text, size_t at, struct buf *ret)
{
	static char space[1 << 17] __attribute__((aligned(16)));
	size_t from = at, to = at;
	struct json *v = NULL;
	struct arena a;

	while (from > 0 && (text.ptr[from] != '"' || text.ptr[from - 1] == '\\'))
		from--;
	while (to < text.len && (text.ptr[to] != '"' || text.ptr[to - 1] == '\\'))
		to++;
	memset(space, 0, sizeof(space));
	arena_init(&a, space, sizeof(space));
	if (to == text.len || !json_parse(str_sub(text, from, to - from + 1), &a, &v, NULL) || v->type != JSON_STRING)
		return false;
	buf_add(ret, v->text);
	return true;
}

bool agent_installed(const struct agent_file *file, enum hook_host host, const char *path, struct str text, struct buf *ret)
{
	auto_buf needle = BUF_MAX(200), plugin = BUF_MAX(COMMAND_MAX);
	size_t at;

	if (file->format == AGENT_OWN && file->mode) {
		buf_adds(ret, path);
		return str_find(text, STR("pawl")) != SIZE_MAX;
	}
	buf_addf(&needle, " hook %s\"", hook_host_row(host)->name);
	at = str_find(text, buf_str(&needle));
	if (at != SIZE_MAX)
		return string_around(text, at, ret);
	at = str_find(text, STR("const PAWL = \""));
	if (at == SIZE_MAX || !string_around(text, at + 14, &plugin))
		return false;
	agent_command(plugin.ptr, host, ret);
	return true;
}
