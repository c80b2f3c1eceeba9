#include "cli/asker.h"

#include <unistd.h>

#include "base/base.h"

/* Variables that agents and pipelines set in what they run; seen in their sources or documentation. */
static const struct {
	const char *variable, *name, *session;
	enum principal_kind kind;
} signs[] = {
	{ "CLAUDECODE", "claude-code", "CLAUDE_SESSION_ID", PRINCIPAL_AGENT },
	{ "CODEX_SANDBOX", "codex", NULL, PRINCIPAL_AGENT },
	{ "GEMINI_CLI", "gemini-cli", NULL, PRINCIPAL_AGENT },
	{ "CURSOR_TRACE_ID", "cursor", "CURSOR_TRACE_ID", PRINCIPAL_AGENT },
	{ "CURSOR_AGENT", "cursor", NULL, PRINCIPAL_AGENT },
	{ "OPENCODE", "opencode", NULL, PRINCIPAL_AGENT },
	{ "GITHUB_ACTIONS", "github-actions", "GITHUB_RUN_ID", PRINCIPAL_PIPELINE },
	{ "GITLAB_CI", "gitlab-ci", "CI_PIPELINE_ID", PRINCIPAL_PIPELINE },
	{ "BUILDKITE", "buildkite", "BUILDKITE_BUILD_ID", PRINCIPAL_PIPELINE },
	{ "CI", "pipeline", NULL, PRINCIPAL_PIPELINE },
};

struct principal asker_find(void)
{
	const char *login = getenv("LOGNAME");
	static char uid[16];
	struct principal p = { .kind = PRINCIPAL_UNKNOWN, .uid = (uint32_t)getuid() };

	for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
		const char *v = getenv(signs[i].variable);

		if (!v || !*v)
			continue;
		p.kind = signs[i].kind;
		p.name = str_from(signs[i].name);
		p.session = signs[i].session ? str_from(getenv(signs[i].session)) : STR_NONE;
		return p;
	}
	if (!login || !*login)
		login = getenv("USER");
	snprintf(uid, sizeof(uid), "uid %u", (unsigned)p.uid);
	p.name = str_from(login && *login ? login : uid);
	return p;
}
