#include "gate/hook/search.h"

#include "gate/hook/patch.h"
#include "gate/hook/tools.h"

#define MAX_NESTED 3 /* JSON in a text in JSON … */

void search_trouble(struct hook_call *call, const char *why)
{
	if (!call->trouble.len)
		call->trouble = str_from(why);
}

struct hook_item *search_add(struct hook_call *call, enum hook_item_kind kind, struct str text, struct arena *arena)
{
	struct hook_item *item = call->n_items < HOOK_MAX_ITEMS ? ARENA_NEW(arena, struct hook_item) : NULL;

	if (!item) {
		search_trouble(call, call->n_items < HOOK_MAX_ITEMS ? "the call is too large to be read"
								    : "the call has more than 2000 things to judge");
		return NULL;
	}
	item->kind = kind;
	item->text = text;
	if (call->last)
		call->last->next = item;
	else
		call->items = item;
	call->last = item;
	call->n_items++;
	return item;
}

/* The folder the input itself names for its command. */
static struct str own_cwd(const struct json *input)
{
	JSON_EACH(m, input) {
		if (tools_field(m->key) == TOOLS_FIELD_CWD && m->type == JSON_STRING)
			return m->text;
	}
	return STR_NONE;
}

static bool all_text(const struct json *v)
{
	JSON_EACH(e, v) {
		if (e->type != JSON_STRING)
			return false;
	}
	return v->type == JSON_ARRAY;
}

static void add_argv(struct hook_call *call, const struct json *words, struct str field, struct arena *arena)
{
	struct hook_item *item = search_add(call, HOOK_ITEM_ARGV, STR_NONE, arena);

	if (!item || !words->n)
		return;
	item->field = field;
	item->argv = ARENA_ARRAY(arena, words->n, struct str);
	if (!item->argv) {
		search_trouble(call, "the call is too large to be read");
		return;
	}
	JSON_EACH(w, words)
		item->argv[item->n_argv++] = w->text;
}

/* ${word} so that a shell reads it as one word. */
static struct str quoted(struct str word, struct arena *arena)
{
	struct str s = STR("'"), left = word;
	size_t at;

	while ((at = str_find_char(left, '\'')) != SIZE_MAX) {
		s = arena_fmt(arena, "%.*s%.*s'\\''", STR_ARG(s), (int)at, left.ptr);
		left = str_sub(left, at + 1, SIZE_MAX);
		if (arena->full)
			return STR_NONE;
	}
	return arena_fmt(arena, "%.*s%.*s'", STR_ARG(s), STR_ARG(left));
}

/* {"command": "git", "args": ["push", "--force"]} is one command. */
static struct str with_args(const struct json *object, struct str command, struct arena *arena)
{
	JSON_EACH(m, object) {
		if (tools_field(m->key) != TOOLS_FIELD_ARGS || m->type != JSON_ARRAY || !all_text(m))
			continue;
		JSON_EACH(w, m) {
			struct str word = quoted(w->text, arena);

			command = arena_fmt(arena, "%.*s %.*s", STR_ARG(command), STR_ARG(word));
		}
	}
	return command;
}

static void add_command(struct hook_call *call, const struct json *object, const struct json *m, struct arena *arena)
{
	struct hook_item *item;

	if (m->type == JSON_STRING) {
		item = search_add(call, HOOK_ITEM_COMMAND, with_args(object, m->text, arena), arena);
		if (item) {
			item->field = m->key;
			item->cwd = own_cwd(object);
		}
		return;
	}
	/* "commands": each is one; "command": the words of one. */
	if (m->type == JSON_ARRAY && all_text(m) && m->key.len && m->key.ptr[m->key.len - 1] == 's') {
		JSON_EACH(c, m) {
			item = search_add(call, HOOK_ITEM_COMMAND, c->text, arena);
			if (item) {
				item->field = m->key;
				item->cwd = own_cwd(object);
			}
		}
		return;
	}
	if (m->type == JSON_ARRAY && all_text(m) && m->n) {
		add_argv(call, m, m->key, arena);
		if (call->last)
			call->last->cwd = own_cwd(object);
	} else if (m->type != JSON_NULL) {
		search_trouble(call, "its command is no text");
	}
}

void search_shell(struct hook_call *call, const struct json *input, struct arena *arena)
{
	size_t before = call->n_items;

	JSON_EACH(m, input) {
		enum tools_field f = tools_field(m->key);

		if (f == TOOLS_FIELD_COMMAND || str_is(m->key, "input"))
			add_command(call, input, m, arena);
		/* Cline's run_commands: [{"command": …}] */
		if (m->type == JSON_ARRAY && m->child && m->child->type == JSON_OBJECT) {
			JSON_EACH(c, m)
				search_any(call, c, arena);
		}
	}
	if (call->n_items == before)
		search_trouble(call, "it holds no command");
	if (arena->full)
		search_trouble(call, "the call is too large to be read");
}

/* --- edits --- */

static void add_edit(struct hook_call *call, struct str path, struct str content, struct arena *arena)
{
	struct hook_item *item;

	if (!path.len || str_find_char(path, '\0') != SIZE_MAX) {
		search_trouble(call, "a path in it is empty or holds a NUL byte");
		return;
	}
	if (str_starts(path, STR("file://")))
		path = str_sub(path, 7, SIZE_MAX);
	item = search_add(call, HOOK_ITEM_EDIT, path, arena);
	if (!item)
		return;
	item->content = content;
	item->deletes = tools_deletes(call->tool_name);
}

static struct str content_of(const struct json *object)
{
	JSON_EACH(m, object) {
		if (tools_field(m->key) == TOOLS_FIELD_CONTENT && m->type == JSON_STRING)
			return m->text;
	}
	return STR_NONE;
}

static void edit_paths(struct hook_call *call, const struct json *object, struct arena *arena);

static void edit_member(struct hook_call *call, const struct json *object, const struct json *m, struct arena *arena)
{
	enum tools_field f = tools_field(m->key);
	bool patch = f == TOOLS_FIELD_PATCH || (f == TOOLS_FIELD_COMMAND && patch_is(m->text));

	if (m->type == JSON_STRING && patch && patch_is(m->text)) {
		patch_edits(call, m->text, arena);
		return;
	}
	if (f == TOOLS_FIELD_CWD && tools_deletes(call->tool_name))
		f = TOOLS_FIELD_PATH;
	if (f == TOOLS_FIELD_PATH || (f == TOOLS_FIELD_URL && m->type == JSON_STRING && str_starts(m->text, STR("file://")))) {
		if (m->type == JSON_STRING) {
			add_edit(call, m->text, content_of(object), arena);
			return;
		}
		if (m->type == JSON_ARRAY && all_text(m)) {
			JSON_EACH(p, m)
				add_edit(call, p->text, STR_NONE, arena);
			return;
		}
		if (m->type != JSON_ARRAY && m->type != JSON_OBJECT && m->type != JSON_NULL) {
			search_trouble(call, "its path is no text");
			return;
		}
	}
	if (m->type == JSON_OBJECT)
		edit_paths(call, m, arena);
	if (m->type == JSON_ARRAY) {
		JSON_EACH(e, m) {
			if (e->type == JSON_OBJECT)
				edit_paths(call, e, arena);
		}
	}
}

static void edit_paths(struct hook_call *call, const struct json *object, struct arena *arena)
{
	JSON_EACH(m, object)
		edit_member(call, object, m, arena);
}

void search_edit(struct hook_call *call, const struct json *input, struct arena *arena)
{
	size_t before = call->n_items;

	if (json_is(input, JSON_STRING) && patch_is(input->text))
		patch_edits(call, input->text, arena);
	else
		edit_paths(call, input, arena);
	if (call->n_items == before)
		search_trouble(call, "it names no file");
	if (arena->full)
		search_trouble(call, "the call is too large to be read");
}

/* --- what nobody knows --- */

struct search {
	struct hook_call *call;
	struct arena *arena;
	unsigned nested;
};

static void search_value(struct search *s, const struct json *object, const struct json *m);

static void search_members(struct search *s, const struct json *object)
{
	JSON_EACH(m, object)
		search_value(s, object, m);
}

static void add_code(struct search *s, const struct json *m)
{
	struct str name = s->call->tool_name;
	bool js = str_find(name, STR("js")) != SIZE_MAX || str_find(name, STR("node")) != SIZE_MAX ||
		  str_find(name, STR("script")) != SIZE_MAX;
	struct hook_item *item = search_add(s->call, HOOK_ITEM_ARGV, STR_NONE, s->arena);

	if (!item)
		return;
	item->field = m->key;
	item->argv = ARENA_ARRAY(s->arena, 3, struct str);
	if (!item->argv) {
		search_trouble(s->call, "the call is too large to be read");
		return;
	}
	item->argv[0] = js ? STR("node") : STR("python3");
	item->argv[1] = js ? STR("-e") : STR("-c");
	item->argv[2] = m->text;
	item->n_argv = 3;
}

static void add_url(struct search *s, const struct json *object, const struct json *m)
{
	struct hook_item *item;

	if (s->call->tool == HOOK_TOOL_MCP && str_starts(m->text, STR("file://")) && !tools_looks(s->call->tool_name)) {
		add_edit(s->call, m->text, STR_NONE, s->arena);
		return;
	}
	item = search_add(s->call, HOOK_ITEM_URL, m->text, s->arena);
	if (!item)
		return;
	item->field = m->key;
	JSON_EACH(o, object) {
		if (tools_field(o->key) == TOOLS_FIELD_METHOD && o->type == JSON_STRING)
			item->method = o->text;
	}
}

static void search_text(struct search *s, const struct json *object, const struct json *m, enum tools_field f)
{
	struct str name = s->call->tool_name;
	struct hook_item *item = NULL;

	if (f == TOOLS_FIELD_SQL || (f == TOOLS_FIELD_QUERY && tools_like_sql(m->text) && !tools_searches(name))) {
		item = search_add(s->call, HOOK_ITEM_SQL, m->text, s->arena);
		if (item)
			item->field = m->key;
	} else if (f == TOOLS_FIELD_CODE) {
		add_code(s, m);
	} else if (f == TOOLS_FIELD_PATH && !tools_looks(name)) {
		add_edit(s->call, m->text, content_of(object), s->arena);
	} else if (f == TOOLS_FIELD_CWD && tools_deletes(name)) {
		add_edit(s->call, m->text, STR_NONE, s->arena);
	} else if (f == TOOLS_FIELD_PATCH && patch_is(m->text)) {
		patch_edits(s->call, m->text, s->arena);
	} else if (f == TOOLS_FIELD_URL) {
		add_url(s, object, m);
	}
}

/* A text that is JSON itself: {"arguments": "{\"sql\": …}"}. */
static void search_inside(struct search *s, struct str text)
{
	struct json *root = NULL;
	struct str t = str_trim(text);

	if (!t.len || (t.ptr[0] != '{' && t.ptr[0] != '[') || s->nested >= MAX_NESTED || !json_parse(t, s->arena, &root, NULL))
		return;
	s->nested++;
	search_members(s, root);
	s->nested--;
}

/* ${key} of the member, or that of the array it stands in. */
static void search_value(struct search *s, const struct json *object, const struct json *m)
{
	enum tools_field f = tools_field(m->key);

	if (m->type == JSON_STRING) {
		if (f == TOOLS_FIELD_COMMAND)
			add_command(s->call, object, m, s->arena);
		else
			search_text(s, object, m, f);
		search_inside(s, m->text);
		return;
	}
	if (m->type == JSON_ARRAY && f == TOOLS_FIELD_COMMAND && all_text(m) && m->n) {
		add_command(s->call, object, m, s->arena);
		return;
	}
	JSON_EACH(e, m) {
		if (m->type == JSON_ARRAY && e->type == JSON_STRING) {
			struct json named = *e;

			named.key = m->key;
			named.next = NULL;
			search_value(s, object, &named);
		} else {
			search_value(s, m->type == JSON_OBJECT ? m : object, e);
		}
	}
}

void search_any(struct hook_call *call, const struct json *input, struct arena *arena)
{
	struct search s = { .call = call, .arena = arena };

	search_members(&s, input);
	if (arena->full)
		search_trouble(call, "the call is too large to be read");
}
