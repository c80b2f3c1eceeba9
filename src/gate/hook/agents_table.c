#include "gate/hook/agents.h"
#include "gate/hook/plugins.h"

static const struct agent_insert claude[] = {
	{ "hooks.PreToolUse",
	  "{\n  \"matcher\": \"*\",\n  \"hooks\": [\n    {\n      \"type\": \"command\",\n      \"command\": \"@COMMAND@\",\n"
	  "      \"timeout\": 15,\n      \"onFailure\": \"block\"\n    }\n  ]\n}" },
	{ NULL, NULL },
};

static const struct agent_insert codex[] = {
	{ "hooks.PreToolUse",
	  "{\n  \"hooks\": [\n    {\n      \"type\": \"command\",\n      \"command\": \"@COMMAND@\",\n      "
	  "\"timeout\": 15\n    }\n  ]\n}" },
	{ NULL, NULL },
};

static const struct agent_insert gemini[] = {
	{ "hooks.BeforeTool",
	  "{\n  \"matcher\": \".*\",\n  \"hooks\": [\n    {\n      \"name\": \"pawl\",\n      \"type\": \"command\",\n"
	  "      \"command\": \"@COMMAND@\",\n      \"timeout\": 15000\n    }\n  ]\n}" },
	{ NULL, NULL },
};

#define CURSOR_HOOK "{\n  \"command\": \"@COMMAND@\",\n  \"timeout\": 15,\n  \"failClosed\": true\n}"
static const struct agent_insert cursor[] = {
	{ "version=", "1" },
	{ "hooks.beforeShellExecution", CURSOR_HOOK },
	{ "hooks.beforeMCPExecution", CURSOR_HOOK },
	{ "hooks.preToolUse",
	  "{\n  \"matcher\": \"Write|Edit|MultiEdit|Delete|StrReplace|ApplyPatch|EditNotebook\",\n  \"command\": "
	  "\"@COMMAND@\",\n  \"timeout\": 15,\n"
	  "  \"failClosed\": true\n}" },
	{ NULL, NULL },
};

#define WINDSURF_HOOK "{\n  \"command\": \"@COMMAND@\",\n  \"show_output\": true\n}"
static const struct agent_insert windsurf[] = {
	{ "hooks.pre_run_command", WINDSURF_HOOK },
	{ "hooks.pre_write_code", WINDSURF_HOOK },
	{ "hooks.pre_mcp_tool_use", WINDSURF_HOOK },
	{ NULL, NULL },
};

static const struct agent_insert antigravity[] = {
	{ "pawl.PreToolUse",
	  "{\n  \"matcher\": \"*\",\n  \"hooks\": [\n    {\n      \"type\": \"command\",\n      \"command\": "
	  "\"@COMMAND@\",\n      \"timeout\": 15\n"
	  "    }\n  ]\n}" },
	{ NULL, NULL },
};

static const char copilot[] = "{\n  \"version\": 1,\n  \"hooks\": {\n    \"preToolUse\": [\n      {\n        "
			      "\"type\": \"command\",\n"
			      "        \"bash\": \"@COMMAND@\",\n        \"timeoutSec\": 15\n      }\n    ]\n  }\n}\n";
static const char kiro[] = "{\n  \"version\": \"v1\",\n  \"hooks\": [\n    {\n      \"name\": \"pawl\",\n      "
			   "\"trigger\": \"PreToolUse\",\n"
			   "      \"matcher\": \".*\",\n      \"action\": {\n        \"type\": \"command\",\n        "
			   "\"command\": \"@COMMAND@\"\n      },\n"
			   "      \"timeout\": 15,\n      \"enabled\": true\n    }\n  ]\n}\n";
static const char cline[] = "#!/bin/sh\n# pawl: asked before every tool.\nexec @COMMAND_PLAIN@\n";
static const char kimi[] = "\n[[hooks]] # pawl\nevent = \"PreToolUse\"\nmatcher = \".*\"\ncommand = \"@COMMAND@\"\n"
			   "timeout = 15\n";

const struct agent agents[] = {
	{ HOOK_CLAUDE_CODE, "claude", ".claude",
	  { { AGENT_JSON, "CLAUDE_CONFIG_DIR", ".claude", "settings.json", ".claude/settings.local.json", claude, NULL, 0 } },
	  AGENT_CLOSED, "from 2.1.295 on, \"onFailure\": \"block\" stops the tool; older versions run it", NULL },
	{ HOOK_CODEX, "codex", ".codex",
	  { { AGENT_JSON, "CODEX_HOME", ".codex", "hooks.json", ".codex/hooks.json", codex, NULL, 0 },
	    { AGENT_CODEX_CONFIG, "CODEX_HOME", ".codex", "config.toml", NULL, NULL, NULL, 0 } },
	  AGENT_OPEN, "the tool runs; Codex has no switch for it",
	  "Codex runs only hooks that its user trusts: the lines for config.toml say so by the hook's hash. If "
	  "`/hooks` in Codex shows it as not "
	  "trusted, trust it there." },
	{ HOOK_GEMINI, "gemini", ".gemini/ .gemini/settings.json .gemini/oauth_creds.json .gemini/tmp",
	  { { AGENT_JSON, NULL, ".gemini", "settings.json", ".gemini/settings.json", gemini, NULL, 0 } },
	  AGENT_OPEN, "the tool runs; Gemini CLI has no switch for it", NULL },
	{ HOOK_CURSOR, "cursor cursor-agent", ".cursor",
	  { { AGENT_JSON, NULL, ".cursor", "hooks.json", ".cursor/hooks.json", cursor, NULL, 0 } },
	  AGENT_CLOSED, "\"failClosed\": true stops the tool", NULL },
	{ HOOK_COPILOT, "copilot", ".copilot",
	  { { AGENT_OWN, "COPILOT_HOME", ".copilot", "hooks/pawl.json", ".github/hooks/pawl.json", NULL, copilot, 0 } },
	  AGENT_CLOSED, "a hook that fails refuses; only one that takes longer than its timeout lets the tool run, "
			"and pawl answers before", NULL },
	{ HOOK_OPENCODE, "opencode", ".config/opencode .opencode",
	  { { AGENT_OWN, "OPENCODE_CONFIG_DIR", ".config/opencode", "plugins/pawl.js", ".opencode/plugins/pawl.js",
			 NULL, plugin_opencode_js, 0 } },
	  AGENT_CLOSED, "the plugin throws, and the call is not made", "Start OpenCode anew: it loads plugins when "
			"it starts." },
	{ HOOK_WINDSURF, "windsurf", ".codeium/windsurf",
	  { { AGENT_JSON, NULL, ".codeium/windsurf", "hooks.json", ".windsurf/hooks.json", windsurf, NULL, 0 } },
	  AGENT_OPEN, "the tool runs; Windsurf has no switch for it", NULL },
	{ HOOK_CLINE, "cline", "Documents/Cline .cline",
	  { { AGENT_OWN, NULL, "Documents/Cline", "Hooks/PreToolUse", ".clinerules/hooks/PreToolUse", NULL, cline, 0755 } },
	  AGENT_OPEN, "the tool runs; Cline may also lose a refusal when another hook fails", "Switch hooks on in "
		      "Cline's settings." },
	{ HOOK_KIRO, "kiro kiro-cli", ".kiro",
	  { { AGENT_OWN, "KIRO_HOME", ".kiro", "hooks/pawl.json", ".kiro/hooks/pawl.json", NULL, kiro, 0 } },
	  AGENT_OPEN, "the tool runs, with a warning", "Kiro CLI 2 reads hooks from each agent's own file alone: put "
		      "it there by hand." },
	{ HOOK_AMP, "amp", ".config/amp",
	  { { AGENT_OWN, NULL, ".config/amp", "plugins/pawl.ts", ".amp/plugins/pawl.ts", NULL, plugin_amp_ts, 0 } },
	  AGENT_CLOSED, "the plugin rejects the call; where Amp runs without plugins nothing is asked",
	  "Amp loads plugins only where they are switched on (PLUGINS=all)." },
	{ HOOK_ANTIGRAVITY, "agy antigravity", ".gemini/config .gemini/antigravity .gemini/antigravity-cli",
	  { { AGENT_JSON, NULL, ".gemini/config", "hooks.json", ".agents/hooks.json", antigravity, NULL, 0 } },
	  AGENT_OPEN, "not documented; taken for running", NULL },
	{ HOOK_KIMI, "kimi kimi-code", ".kimi-code",
	  { { AGENT_TOML, NULL, ".kimi-code", "config.toml", NULL, NULL, kimi, 0 } },
	  AGENT_OPEN, "the tool runs; Kimi Code has no switch for it", NULL },
	{ HOOK_HOST_NONE, NULL, NULL, { { 0 } }, 0, NULL, NULL },
};
