#include "base/json.h"
#include "gate/hook/hook.h"
#include "gate/hook/search.h"
#include "gate/hook/tools.h"

/* The value at one of the places "a.b|c|.", the first that is there and is not null. */
static const struct json *at_places(const struct json *root, const char *places)
{
	struct str left = str_from(places);

	while (left.len) {
		size_t end = str_find_char(left, '|');
		struct str one = str_sub(left, 0, end);
		const struct json *v = root;
		char dotted[80];

		left = end == SIZE_MAX ? STR_NONE : str_sub(left, end + 1, SIZE_MAX);
		if (!str_is(one, ".")) {
			PAWL_ASSERT(one.len < sizeof(dotted));
			memcpy(dotted, one.ptr, one.len);
			dotted[one.len] = '\0';
			v = json_at(root, dotted);
		}
		if (v && v->type != JSON_NULL)
			return v;
	}
	return NULL;
}

/* A text there; of an array its first; STR_NONE when it is missing or something else. */
static struct str text_at(const struct json *root, const char *places)
{
	const struct json *v = at_places(root, places);

	if (json_is(v, JSON_ARRAY))
		v = v->child;
	return json_text(v);
}

/* The event and the tool; false (with trouble) when what is there is no text. */
static bool read_names(struct hook_call *call, const struct json *root, const struct hook_host_row *row)
{
	const struct json *event = at_places(root, row->event), *tool = at_places(root, row->tool);

	if ((event && event->type != JSON_STRING) || (tool && tool->type != JSON_STRING)) {
		search_trouble(call, "the name of its event or of its tool is no text");
		return false;
	}
	call->event_name = json_text(event);
	call->event = tools_event(call->event_name);
	call->tool_name = json_text(tool);
	return true;
}

static void read_kind(struct hook_call *call, const struct json *root, const struct hook_host_row *row)
{
	enum hook_tool by_event = tools_of_event(call->event_name);
	struct str tool = STR_NONE;

	call->tool = by_event != HOOK_TOOL_COUNT ? by_event : tools_kind(call->tool_name);
	call->server = text_at(root, row->server);
	if (call->server.len && (call->tool == HOOK_TOOL_UNKNOWN || by_event == HOOK_TOOL_COUNT))
		call->tool = HOOK_TOOL_MCP;
	if (!call->server.len)
		call->server = tools_server(call->tool_name, &tool);
	if (tool.len)
		call->tool_name = tool;
	if (call->tool == HOOK_TOOL_MCP || call->tool == HOOK_TOOL_UNKNOWN)
		call->destructive = tools_destructive(call->tool_name);
}

/* The tool's input as a tree; some hosts send it as a text of JSON. False with trouble when it is neither. */
static bool read_input(struct hook_call *call, const struct json **input, struct arena *arena)
{
	struct json *inner = NULL;
	struct err err = { 0 };

	if (!*input || (*input)->type == JSON_OBJECT || (*input)->type == JSON_ARRAY)
		return true;
	if ((*input)->type != JSON_STRING) {
		search_trouble(call, "the input of its tool is no object");
		return false;
	}
	if (!str_trim((*input)->text).len) {
		*input = NULL;
		return true;
	}
	if (json_parse((*input)->text, arena, &inner, &err) && (inner->type == JSON_OBJECT || inner->type == JSON_ARRAY)) {
		*input = inner;
		return true;
	}
	/* A patch is a plain text in some hosts. */
	if (call->tool == HOOK_TOOL_EDIT)
		return true;
	search_trouble(call, "the input of its tool is a text that is no JSON object");
	return false;
}

/* The input as text again, for those who judge the name alone. */
static void keep_arguments(struct hook_call *call, const struct json *input, struct arena *arena)
{
	auto_buf b = BUF_MAX(HOOK_MAX_INPUT);
	struct json_out o = { .buf = &b };

	/* A tool that deletes a path is judged by the path. */
	for (const struct hook_item *i = call->items; i; i = i->next)
		call->destructive = call->destructive && i->kind != HOOK_ITEM_EDIT;
	if (!call->destructive || !input)
		return;
	json_out_tree(&o, input);
	call->arguments = b.failed ? STR_NONE : arena_str(arena, buf_str(&b));
	if (!call->arguments.len)
		search_trouble(call, "the call is too large to be read");
}

static void read_tool(struct hook_call *call, const struct json *input, struct arena *arena)
{
	switch (call->tool) {
	case HOOK_TOOL_READ:
		return;
	case HOOK_TOOL_SHELL:
		if (read_input(call, &input, arena))
			search_shell(call, input, arena);
		return;
	case HOOK_TOOL_EDIT:
		if (read_input(call, &input, arena))
			search_edit(call, input, arena);
		return;
	case HOOK_TOOL_MCP:
	case HOOK_TOOL_WEB:
	case HOOK_TOOL_UNKNOWN:
		if (read_input(call, &input, arena))
			search_any(call, input, arena);
		return;
	case HOOK_TOOL_COUNT:
		break;
	}
	search_trouble(call, "its tool has no kind");
}

/* Cline says what an MCP tool is called, and its arguments, in the input of one tool of its own. */
static const struct json *inside_mcp(struct hook_call *call, const struct json *input)
{
	struct str name = json_str(input, "tool_name");

	if (!str_is(call->tool_name, "use_mcp_tool"))
		return input;
	if (name.len) {
		call->tool_name = name;
		call->destructive = tools_destructive(name);
	}
	return input;
}

void hook_call_read(enum hook_host host, struct str bytes, struct arena *arena, struct hook_call *ret)
{
	const struct hook_host_row *row = hook_host_row(host);
	struct json *root = NULL;
	const struct json *input;
	struct err err = { 0 };

	*ret = (struct hook_call){ .host = host, .event = HOOK_EVENT_TOOL };
	if (!json_parse(bytes, arena, &root, &err) || root->type != JSON_OBJECT) {
		ret->trouble = root ? STR("what the host sent is no JSON object")
				    : arena_fmt(arena, "what the host sent cannot be read: %s", err.msg);
		search_trouble(ret, "what the host sent cannot be read");
		return;
	}
	ret->session = text_at(root, row->session);
	ret->mode = text_at(root, row->mode);
	ret->cwd = text_at(root, row->cwd);
	if (!str_starts(ret->cwd, STR("/")) || str_find_char(ret->cwd, '\0') != SIZE_MAX)
		ret->cwd = STR_NONE;
	if (!read_names(ret, root, row) || ret->event == HOOK_EVENT_OTHER)
		return;
	read_kind(ret, root, row);
	input = at_places(root, row->input);
	read_tool(ret, json_is(input, JSON_OBJECT) ? inside_mcp(ret, input) : input, arena);
	keep_arguments(ret, input, arena);
	if (!ret->tool_name.len && tools_of_event(ret->event_name) == HOOK_TOOL_COUNT && !ret->n_items)
		search_trouble(ret, "it names no tool and holds nothing that could be judged without one");
}
