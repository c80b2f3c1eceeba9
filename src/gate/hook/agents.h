/* agents.h -- where each agent keeps its hooks, what pawl writes there, and what the agent does when a hook fails. A row an agent.
 * Room: gate/hook. Pure: texts in, texts out; the files are for those who call.
 */
#ifndef PAWL_GATE_HOOK_AGENTS_H
#define PAWL_GATE_HOOK_AGENTS_H

#include "base/buf.h"
#include "base/err.h"
#include "gate/hook/host.h"

enum agent_format {
	AGENT_JSON = 1, /* elements put into lists of a file that others write too */
	AGENT_OWN,	/* a file of pawl's alone */
	AGENT_TOML,	/* a block at the end of a file that others write too */
	AGENT_CODEX_CONFIG, /* Codex's config.toml: the feature, and the trust of the hook in the file before it in the row */
};

struct agent_insert {
	const char *path;    /* jsonc_append's */
	const char *element; /* @COMMAND@ stands for the command, escaped for JSON */
};

struct agent_file {
	enum agent_format format;
	const char *home_variable; /* names the folder that `user` starts at, where it is set; else `home` below the home folder */
	const char *home;
	const char *user;    /* below that; NULL: no such file for a user */
	const char *project; /* below the project; NULL: none */
	const struct agent_insert *inserts; /* JSON; ends with a NULL path */
	const char *text;		    /* OWN, TOML; @COMMAND_…@ as in agents.c */
	int mode;			    /* OWN: 0 is 0644 */
};

#define AGENT_FILES 2

enum agent_failure {
	AGENT_CLOSED = 1,  /* a hook that cannot be run, or is killed, stops the tool */
	AGENT_OPEN,	   /* the tool runs then, and nothing can change that */
};

struct agent {
	enum hook_host host;
	const char *programs; /* names on PATH, separated by blanks */
	const char *folders;  /* below the home folder: any there means that the agent is used; "x/" only where it is empty */
	struct agent_file file[AGENT_FILES];
	enum agent_failure failure;
	const char *fails; /* what happens when pawl's own parent is killed or cannot be started */
	const char *todo;  /* what the person has to do afterwards; NULL: nothing */
};

/* Rows end with host HOOK_HOST_NONE. */
extern const struct agent agents[];
const struct agent *agent_of(enum hook_host host); /* NULL: it has no row */

/* What the host sends before a shell command runs. */
void agent_question(enum hook_host host, const char *command, const char *cwd, struct buf *out);

/* The command a host is to run, for a shell: the program quoted where it must be, and the host. */
void agent_command(const char *program, enum hook_host host, struct buf *out);

/* The command of pawl's in a settings file, as the host would run it with a shell; false: there is none. OWN files that are scripts are run
 * themselves: ${path}. */
bool agent_installed(const struct agent_file *file, enum hook_host host, const char *path, struct str text, struct buf *ret) PAWL_MUST_USE;

/**
 * agent_write(file, host, program, text, out, err):
 * The bytes of the file with pawl's hook in it; ${text} are those there now (empty when there is no file). Already there: the same bytes.
 * AGENT_CODEX_CONFIG is for agent_write_codex.
 */
bool agent_write(const struct agent_file *file, enum hook_host host, const char *program, struct str text, struct buf *out,
		 struct err *err) PAWL_MUST_USE;

/* Without what pawl put there; false when there is nothing of pawl's. OWN: out stays empty. */
bool agent_unwrite(const struct agent_file *file, enum hook_host host, struct str text, struct buf *out, struct err *err) PAWL_MUST_USE;

struct agent_codex {
	struct str hooks_path; /* absolute: hooks.json */
	struct str hooks;      /* its bytes as they will be */
	const char *program;
};
/* Codex's config.toml with the feature on and the hook trusted. */
bool agent_write_codex(const struct agent_codex *codex, struct str text, struct buf *out, struct err *err) PAWL_MUST_USE;
/* Without the trust of pawl's hook, and without the feature where pawl alone can have written it. */
void agent_unwrite_codex(const char *program, struct str text, struct buf *out);
/* The hash Codex trusts a hook by, "sha256:…". */
void agent_codex_hash(const char *program, char ret_hash[80]);

#endif
