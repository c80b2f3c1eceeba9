#include "gate/hook/host.h"

#define CLAUDE_DENY \
	{ { "{\"hookSpecificOutput\":{\"hookEventName\":\"PreToolUse\",\"permissionDecision\":\"deny\",\"permissionDecisionReason\":\"", \
	    "\"}}\n" } }
#define CLAUDE_PERMISSION \
	{ { "{\"hookSpecificOutput\":{\"hookEventName\":\"PermissionRequest\",\"decision\":{\"behavior\":\"deny\",\"message\":\"", \
	    "\"}}}\n" } }
#define CLAUDE_PLACES \
	.event = "hook_event_name|hookEventName", .tool = "tool_name|toolName", .input = "tool_input|toolInput", \
	.server = "mcp_server.name|mcp_server|mcp_context.server_name", .cwd = "cwd", .session = "session_id|sessionId", \
	.mode = "permission_mode"
#define PLUGIN_DENY \
	{ { "{\"decision\":\"deny\",\"reason\":\"", "\"}\n" } }

static const struct hook_host_row rows[HOOK_HOST_COUNT] = {
	[HOOK_CLAUDE_CODE] = { "claude-code", "Claude Code", CLAUDE_PLACES, CLAUDE_DENY, CLAUDE_PERMISSION, "", 2 },
	[HOOK_CODEX] = { "codex", "Codex", CLAUDE_PLACES, CLAUDE_DENY, CLAUDE_PERMISSION, "", 2 },
	[HOOK_GEMINI] = { "gemini", "Gemini CLI", CLAUDE_PLACES,
			  { { "{\"decision\":\"deny\",\"reason\":\"", "\",\"systemMessage\":\"pawl refused this call\"}\n" } },
			  { { NULL } }, "{}\n", 2 },
	[HOOK_CURSOR] = { "cursor", "Cursor", .event = "hook_event_name", .tool = "tool_name", .input = "tool_input|.",
			  .server = "server", .cwd = "cwd|tool_input.working_directory|workspace_roots",
			  .session = "conversation_id", .mode = "",
			  { { "{\"permission\":\"deny\",\"user_message\":\"", "\",\"agent_message\":\"", "\"}\n" } },
			  { { NULL } }, "{\"permission\":\"allow\"}\n", 2 },
	[HOOK_COPILOT] = { "copilot", "Copilot CLI", .event = "hookEventName|hook_event_name", .tool = "toolName|tool_name",
			   .input = "toolArgs|tool_input|toolInput", .server = "mcpServer", .cwd = "cwd",
			   .session = "sessionId|session_id", .mode = "",
			   { { "{\"permissionDecision\":\"deny\",\"permissionDecisionReason\":\"", "\"}\n" } },
			   { { "{\"behavior\":\"deny\",\"message\":\"", "\"}\n" } }, "", 0 },
	[HOOK_OPENCODE] = { "opencode", "OpenCode", .event = "event", .tool = "tool", .input = "args", .server = "server",
			    .cwd = "cwd", .session = "sessionID", .mode = "",
			    PLUGIN_DENY, { { NULL } }, "{\"decision\":\"allow\"}\n", 2 },
	[HOOK_WINDSURF] = { "windsurf", "Windsurf", .event = "agent_action_name", .tool = "tool_info.mcp_tool_name",
			    .input = "tool_info.mcp_tool_arguments|tool_info", .server = "tool_info.mcp_server_name",
			    .cwd = "tool_info.cwd|cwd", .session = "trajectory_id", .mode = "", { { NULL } }, { { NULL } }, "", 2 },
	[HOOK_CLINE] = { "cline", "Cline", .event = "hookName|hook_event_name",
			 .tool = "preToolUse.toolName|preToolUse.tool|tool_call.name|tool_call.toolName|toolName|tool_name",
			 .input = "preToolUse.parameters|tool_call.input|tool_call.parameters|parameters|input|tool_input",
			 .server = "preToolUse.parameters.server_name|tool_call.input.server_name",
			 .cwd = "cwd|workspaceRoots|workspaceInfo.rootPath", .session = "taskId|sessionId", .mode = "",
			 { { "{\"cancel\":true,\"errorMessage\":\"", "\",\"contextModification\":\"", "\"}\n" } },
			 { { NULL } }, "{\"cancel\":false}\n", 0 },
	[HOOK_KIRO] = { "kiro", "Kiro CLI", CLAUDE_PLACES, { { NULL } }, { { NULL } }, "", 2 },
	[HOOK_AMP] = { "amp", "Amp", .event = "event", .tool = "tool", .input = "input", .server = "server", .cwd = "cwd",
		       .session = "session", .mode = "", PLUGIN_DENY, { { NULL } }, "{\"decision\":\"allow\"}\n", 2 },
	[HOOK_ANTIGRAVITY] = { "antigravity", "Antigravity", .event = "hookEventName|hook_event_name", .tool = "toolCall.name|tool_name",
			       .input = "toolCall.args|tool_input", .server = "toolCall.server",
			       .cwd = "toolCall.args.Cwd|cwd|workspacePaths", .session = "conversationId|session_id", .mode = "",
			       PLUGIN_DENY, { { NULL } }, "{\"decision\":\"allow\"}\n", 0 },
	[HOOK_KIMI] = { "kimi", "Kimi Code", CLAUDE_PLACES, CLAUDE_DENY, { { NULL } }, "", 2 },
	[HOOK_VSCODE] = { "vscode", "VS Code agent", CLAUDE_PLACES, CLAUDE_DENY, { { NULL } }, "", 2 },
};

static const struct {
	const char *name;
	enum hook_host host;
} also[] = {
	{ "claude", HOOK_CLAUDE_CODE }, { "gemini-cli", HOOK_GEMINI }, { "copilot-cli", HOOK_COPILOT },
	{ "kiro-cli", HOOK_KIRO },	{ "kimi-code", HOOK_KIMI },    { "cascade", HOOK_WINDSURF },
};

const struct hook_host_row *hook_host_row(enum hook_host host)
{
	PAWL_ASSERT(host > HOOK_HOST_NONE && host < HOOK_HOST_COUNT);
	return &rows[host];
}

enum hook_host hook_host_from(struct str name)
{
	for (int h = HOOK_HOST_NONE + 1; h < HOOK_HOST_COUNT; h++) {
		if (str_is(name, rows[h].name))
			return (enum hook_host)h;
	}
	for (size_t i = 0; i < ARRAY_LEN(also); i++) {
		if (str_is(name, also[i].name))
			return also[i].host;
	}
	return HOOK_HOST_NONE;
}

const char *hook_host_names(void)
{
	return "claude-code, codex, gemini, cursor, copilot, opencode, windsurf, cline, kiro, amp, antigravity, kimi, vscode";
}
