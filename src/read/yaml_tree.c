#include "read/yaml_tree.h"

#include <stdarg.h>
#include <yaml.h>

struct work {
	struct str file;
	struct arena *arena;
	struct err *err;
	struct yaml_node *root, *stack[YAML_TREE_MAX_DEPTH];
	size_t depth;
	struct str key;
	struct yaml_node key_at;
	bool has_key;
};

bool yaml_tree_wrong(struct str file, const struct yaml_node *at, struct err *err, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(err, ERR_INPUT, "%.*s:%u:%u: %s", STR_ARG(file), at->line, at->column, text);
	if (err)
		err->line = at->line;
	return false;
}

static struct yaml_node mark(const yaml_mark_t *m)
{
	return (struct yaml_node){ .line = (unsigned)m->line + 1, .column = (unsigned)m->column + 1 };
}

static struct yaml_node *put(struct work *w, enum yaml_kind kind, const yaml_event_t *ev)
{
	struct yaml_node *v = ARENA_NEW(w->arena, struct yaml_node), *up;

	if (!v)
		return NULL;
	*v = mark(&ev->start_mark);
	v->kind = kind;
	if (w->depth == 0) {
		w->root = v;
		return v;
	}
	up = w->stack[w->depth - 1];
	v->key = w->key;
	w->has_key = false;
	w->key = STR_NONE;
	if (up->last)
		up->last->next = v;
	else
		up->child = v;
	up->last = v;
	up->n++;
	return v;
}

static bool duplicate(const struct yaml_node *map, struct str key)
{
	for (const struct yaml_node *m = map->child; m; m = m->next) {
		if (str_eq(m->key, key))
			return true;
	}
	return false;
}

static bool take_scalar(struct work *w, const yaml_event_t *ev)
{
	struct str text = { (const char *)ev->data.scalar.value, ev->data.scalar.length };
	struct yaml_node here = mark(&ev->start_mark), *up = w->depth ? w->stack[w->depth - 1] : NULL, *v;

	if (ev->data.scalar.anchor || ev->data.scalar.tag)
		return yaml_tree_wrong(w->file, &here, w->err, "anchors and tags are not taken here");
	text = arena_str(w->arena, text);
	if (up && up->kind == YAML_TREE_MAP && !w->has_key) {
		if (up->n > 64)
			return yaml_tree_wrong(w->file, &here, w->err, "too many keys");
		if (duplicate(up, text))
			return yaml_tree_wrong(w->file, &here, w->err, "key '%.*s' stands here twice", STR_ARG(text));
		w->key = text;
		w->has_key = true;
		return !w->arena->full;
	}
	v = put(w, YAML_TREE_TEXT, ev);
	if (v)
		v->text = text;
	return v && !w->arena->full;
}

static bool open_node(struct work *w, enum yaml_kind kind, const yaml_event_t *ev)
{
	struct yaml_node here = mark(&ev->start_mark), *up = w->depth ? w->stack[w->depth - 1] : NULL, *v;
	bool dressed = kind == YAML_TREE_MAP ? ev->data.mapping_start.anchor || ev->data.mapping_start.tag :
					       ev->data.sequence_start.anchor || ev->data.sequence_start.tag;

	if (dressed)
		return yaml_tree_wrong(w->file, &here, w->err, "anchors and tags are not taken here");
	if (up && up->kind == YAML_TREE_MAP && !w->has_key)
		return yaml_tree_wrong(w->file, &here, w->err, "a key must be plain text");
	if (w->depth == YAML_TREE_MAX_DEPTH)
		return yaml_tree_wrong(w->file, &here, w->err, "nested deeper than %d", YAML_TREE_MAX_DEPTH);
	v = put(w, kind, ev);
	if (!v)
		return false;
	w->stack[w->depth++] = v;
	return true;
}

static bool take(struct work *w, const yaml_event_t *ev)
{
	struct yaml_node here = mark(&ev->start_mark);

	switch ((int)ev->type) {
	case YAML_SCALAR_EVENT:
		return take_scalar(w, ev);
	case YAML_SEQUENCE_START_EVENT:
		return open_node(w, YAML_TREE_LIST, ev);
	case YAML_MAPPING_START_EVENT:
		return open_node(w, YAML_TREE_MAP, ev);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		w->depth--;
		return true;
	case YAML_ALIAS_EVENT:
		return yaml_tree_wrong(w->file, &here, w->err, "aliases are not taken here");
	case YAML_DOCUMENT_START_EVENT:
		return !w->root || yaml_tree_wrong(w->file, &here, w->err, "a second document");
	default: /* libyaml's own book-keeping */
		return true;
	}
}

static bool run(struct work *w, yaml_parser_t *parser)
{
	for (;;) {
		yaml_event_t ev;
		bool ok, end;

		if (!yaml_parser_parse(parser, &ev)) {
			struct yaml_node here = mark(&parser->problem_mark);

			return yaml_tree_wrong(w->file, &here, w->err, "not valid YAML: %s",
					       parser->problem ? parser->problem : "unreadable");
		}
		end = ev.type == YAML_STREAM_END_EVENT;
		ok = take(w, &ev);
		yaml_event_delete(&ev);
		if (w->arena->full)
			return err_set(w->err, ERR_LIMIT, "%.*s: larger than may be held in memory", STR_ARG(w->file));
		if (!ok || end)
			return ok;
	}
}

bool yaml_tree_read(struct str file, struct str text, struct arena *arena, struct yaml_node **ret_root, struct err *err)
{
	struct work w = { .file = file, .arena = arena, .err = err };
	yaml_parser_t parser;
	bool ok;

	if (text.len > YAML_TREE_MAX_BYTES)
		return err_set(err, ERR_LIMIT, "%.*s: larger than %zu bytes", STR_ARG(file), YAML_TREE_MAX_BYTES);
	if (!str_is_utf8(text))
		return err_set(err, ERR_INPUT, "%.*s: not UTF-8", STR_ARG(file));
	if (!yaml_parser_initialize(&parser))
		return err_set(err, ERR_LIMIT, "out of memory");
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)(text.ptr ? text.ptr : ""), text.len);
	ok = run(&w, &parser);
	yaml_parser_delete(&parser);
	if (!ok)
		return false;
	if (!w.root)
		return err_set(err, ERR_INPUT, "%.*s: empty", STR_ARG(file));
	*ret_root = w.root;
	return true;
}
