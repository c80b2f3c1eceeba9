/* Sources: the hosts' own documentation of their hooks, as in docs/hooks.md. */
#include "facts/guard_files.h"

#define HOME(host, path) { STR_INIT(host), GUARD_HOME, STR_INIT(path), false }
#define HOME_FOLDER(host, path) { STR_INIT(host), GUARD_HOME, STR_INIT(path), true }
#define PROJECT(host, path) { STR_INIT(host), GUARD_PROJECT, STR_INIT(path), false }
#define PROJECT_FOLDER(host, path) { STR_INIT(host), GUARD_PROJECT, STR_INIT(path), true }
#define MACHINE(host, path) { STR_INIT(host), GUARD_MACHINE, STR_INIT(path), true }

static const struct guard_file rows[] = {
	HOME("claude-code", ".claude/settings.json"),
	HOME("claude-code", ".claude/settings.local.json"),
	PROJECT("claude-code", ".claude/settings.json"),
	PROJECT("claude-code", ".claude/settings.local.json"),
	MACHINE("claude-code", "/etc/claude-code"),
	MACHINE("claude-code", "/Library/Application Support/ClaudeCode"),
	HOME("codex", ".codex/hooks.json"),
	HOME("codex", ".codex/config.toml"),
	PROJECT("codex", ".codex/hooks.json"),
	PROJECT("codex", ".codex/config.toml"),
	MACHINE("codex", "/etc/codex"),
	HOME("gemini", ".gemini/settings.json"),
	PROJECT("gemini", ".gemini/settings.json"),
	MACHINE("gemini", "/etc/gemini-cli"),
	HOME("antigravity", ".gemini/config/hooks.json"),
	PROJECT("antigravity", ".agents/hooks.json"),
	HOME("cursor", ".cursor/hooks.json"),
	PROJECT("cursor", ".cursor/hooks.json"),
	MACHINE("cursor", "/etc/cursor"),
	HOME_FOLDER("copilot", ".copilot/hooks"),
	PROJECT_FOLDER("copilot", ".github/hooks"),
	HOME("windsurf", ".codeium/windsurf/hooks.json"),
	PROJECT("windsurf", ".windsurf/hooks.json"),
	MACHINE("windsurf", "/etc/windsurf"),
	HOME_FOLDER("kiro", ".kiro/hooks"),
	HOME_FOLDER("kiro", ".kiro/agents"),
	PROJECT_FOLDER("kiro", ".kiro/hooks"),
	PROJECT_FOLDER("kiro", ".kiro/agents"),
	HOME_FOLDER("opencode", ".config/opencode/plugin"),
	HOME_FOLDER("opencode", ".config/opencode/plugins"),
	PROJECT_FOLDER("opencode", ".opencode/plugin"),
	PROJECT_FOLDER("opencode", ".opencode/plugins"),
	HOME_FOLDER("amp", ".config/amp"),
	PROJECT_FOLDER("amp", ".amp"),
	HOME_FOLDER("cline", "Documents/Cline/Hooks"),
	HOME_FOLDER("cline", ".cline/hooks"),
	PROJECT_FOLDER("cline", ".clinerules/hooks"),
	HOME("kimi", ".kimi-code/config.toml"),
	PROJECT("kimi", ".kimi-code/config.toml"),
};

const struct guard_file *guard_file_nth(size_t i)
{
	return i < ARRAY_LEN(rows) ? &rows[i] : NULL;
}
