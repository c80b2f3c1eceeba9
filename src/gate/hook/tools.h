/* tools.h -- what the tools of the hosts are: their names, and the names of their fields.
 * Room: gate/hook. Pure.
 */
#ifndef PAWL_GATE_HOOK_TOOLS_H
#define PAWL_GATE_HOOK_TOOLS_H

#include "gate/hook/hook.h"

/* What a field of a tool's input holds, by its name; letters alone count, in any case: file_path is filePath. */
enum tools_field {
	TOOLS_FIELD_NONE = 0,
	TOOLS_FIELD_COMMAND,
	TOOLS_FIELD_ARGS,    /* words behind a command */
	TOOLS_FIELD_CODE,    /* of an interpreter */
	TOOLS_FIELD_SQL,
	TOOLS_FIELD_QUERY,   /* SQL where it begins like SQL */
	TOOLS_FIELD_PATH,
	TOOLS_FIELD_CONTENT,
	TOOLS_FIELD_PATCH,
	TOOLS_FIELD_URL,
	TOOLS_FIELD_METHOD,
	TOOLS_FIELD_CWD,
};

enum hook_tool tools_kind(struct str name);
enum hook_event tools_event(struct str name);
/* Of events that stand for a tool (beforeShellExecution, pre_run_command); HOOK_TOOL_COUNT: the tool's name says it. */
enum hook_tool tools_of_event(struct str event);
enum tools_field tools_field(struct str key);
/* The server in "mcp__server__tool", "@server/tool", "mcp_server_tool"; *${ret_tool} is what is behind it. STR_NONE: none of them. */
struct str tools_server(struct str name, struct str *ret_tool);

/* Does a word of the name say that something is taken away that may be missed? Words are split at case, digits and signs. */
bool tools_destructive(struct str name);
/* … that it only looks? The first word decides. */
bool tools_looks(struct str name);
/* … that its query is for a search, not for a database? */
bool tools_searches(struct str name);
/* … that something is deleted (rather than written)? */
bool tools_deletes(struct str name);
/* Does a text begin as SQL does? */
bool tools_like_sql(struct str text);

#endif
