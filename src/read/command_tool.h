/* command_tool.h -- the readers of single tools that rows do not suffice for, and what they share.
 * Room: read; only command*.c include it.
 */
#ifndef PAWL_READ_COMMAND_TOOL_H
#define PAWL_READ_COMMAND_TOOL_H

#include "read/command_place.h"

/* A change with its words; place and environment are the caller's next step. */
struct command_effect_words {
	enum change_kind kind;
	const char *finding, *type;
	enum reversibility reversible;
	enum holds_data holds_data;
	struct str name, reason;
	const char *safer;
};

struct change *command_effect_add(struct command_work *w, const struct command_effect_words *e);
/* Where the command itself answers the question of something protected, that is a change of its own. */
void command_answered(struct command_work *w, const struct command_words *s, struct str bypass, const struct change *c);

/* Each reads one act of its tool; true when it was one. */
bool command_rows(struct command_work *w, const struct command_words *s);
bool command_terraform(struct command_work *w, const struct command_words *s);
bool command_sql(struct command_work *w, const struct command_words *s);
bool command_redis(struct command_work *w, const struct command_words *s);
bool command_mongo(struct command_work *w, const struct command_words *s);
bool command_code(struct command_work *w, const struct command_words *s);
void command_powershell(struct command_work *w, struct str text);
bool command_http(struct command_work *w, const struct command_words *s);
bool command_kube_config(struct command_work *w, const struct command_words *s);
bool command_rsync(struct command_work *w, const struct command_words *s);

#endif
