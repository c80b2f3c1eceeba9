/* search.h -- what there is to judge in a tool's input, as items of the call.
 * Room: gate/hook. Pure.
 */
#ifndef PAWL_GATE_HOOK_SEARCH_H
#define PAWL_GATE_HOOK_SEARCH_H

#include "base/json.h"
#include "gate/hook/hook.h"

/* An item at the end of the call's; NULL (and trouble) when there are too many or the arena is full. */
struct hook_item *search_add(struct hook_call *call, enum hook_item_kind kind, struct str text, struct arena *arena);
/* One sentence of trouble; the first stays. */
void search_trouble(struct hook_call *call, const char *why);

/* Shell tools: every field that holds a command; none is trouble. */
void search_shell(struct hook_call *call, const struct json *input, struct arena *arena);
/* Edits: every path with its content, or the paths a patch names; none is trouble. */
void search_edit(struct hook_call *call, const struct json *input, struct arena *arena);
/* MCP tools, web tools and tools nobody knows: every field that looks like a command, SQL, a path written to, a URL. None is fine. */
void search_any(struct hook_call *call, const struct json *input, struct arena *arena);

#endif
