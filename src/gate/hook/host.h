/* host.h -- the agents' hosts: where each puts what in its JSON, and its words for yes and no. A row a host.
 * Room: gate/hook. Pure.
 * Sources: Claude Code, Codex and Gemini CLI by their code and by running them; Cursor, Copilot CLI, VS Code, Windsurf, Cline, Kiro,
 * Antigravity and Kimi Code by their documentation. OpenCode and Amp run plugins in their own process: ours (plugins/) call `pawl hook`
 * and speak the row here.
 */
#ifndef PAWL_GATE_HOOK_HOST_H
#define PAWL_GATE_HOOK_HOST_H

#include "base/str.h"

enum hook_host {
	HOOK_HOST_NONE = 0,
	HOOK_CLAUDE_CODE,
	HOOK_CODEX,
	HOOK_GEMINI,
	HOOK_CURSOR,
	HOOK_COPILOT,
	HOOK_OPENCODE,
	HOOK_WINDSURF,
	HOOK_CLINE,
	HOOK_KIRO,
	HOOK_AMP,
	HOOK_ANTIGRAVITY,
	HOOK_KIMI,
	HOOK_VSCODE,
	HOOK_HOST_COUNT
};

/* A refusal: [0] text [1], or [0] text [1] text [2]; text is escaped for JSON. [0] NULL: no such answer. */
struct hook_pieces {
	const char *piece[3];
};

struct hook_host_row {
	const char *name;  /* as in `pawl hook NAME` */
	const char *title; /* as people say */
	/* Places in the host's object: dotted, alternatives by `|`, "." the whole. An array stands for its first string. */
	const char *event, *tool, *input, *server, *cwd, *session, *mode;
	struct hook_pieces deny;       /* on standard output, exit status 0; [0] NULL: the text alone on standard error, exit status 2 */
	struct hook_pieces permission; /* the same for HOOK_EVENT_PERMISSION */
	const char *allow;	       /* on standard output, exit status 0 */
	int dead_exit; /* of a refusal by the guard, which says it on both streams: 2 where that refuses whatever the event was */
};

const struct hook_host_row *hook_host_row(enum hook_host host);
/* HOOK_HOST_NONE when there is no such host. */
enum hook_host hook_host_from(struct str name);
/* Names joined by ", ", for messages; NUL-terminated. */
const char *hook_host_names(void);

#endif
