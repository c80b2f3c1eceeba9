#include "base/doc.h"

#include <stdarg.h>
#include <yaml.h>

struct build {
	const struct doc_source *source;
	struct arena *arena;
	struct err *err;
	struct doc *root, *stack[DOC_MAX_DEPTH];
	size_t depth;
	struct str key;
	bool has_key;
	unsigned key_line, key_column;
};

static bool fail(const struct build *b, enum err_code code, const yaml_mark_t *at, const char *what)
{
	err_set(b->err, code, "%.*s:%zu:%zu: %s", STR_ARG(b->source->path), at->line + 1, at->column + 1, what);
	if (b->err)
		b->err->line = (unsigned)at->line + 1;
	return false;
}

static bool duplicate(const struct doc *map, struct str key)
{
	DOC_EACH(m, map) {
		if (str_eq(m->key, key))
			return true;
	}
	return false;
}

/* A new node where the document stands now. */
static struct doc *put(struct build *b, enum doc_type type, const yaml_mark_t *at)
{
	struct doc *d = ARENA_NEW(b->arena, struct doc), *up = b->depth ? b->stack[b->depth - 1] : NULL;

	if (!d) {
		fail(b, ERR_LIMIT, at, "larger than may be held in memory");
		return NULL;
	}
	d->type = type;
	d->line = (unsigned)at->line + 1;
	d->column = (unsigned)at->column + 1;
	if (!up) {
		b->root = d;
		return d;
	}
	if (up->type == DOC_MAP) {
		d->key = b->key;
		d->key_line = b->key_line;
		d->key_column = b->key_column;
		b->has_key = false;
	}
	if (up->last)
		up->last->next = d;
	else
		up->child = d;
	up->last = d;
	up->n++;
	return d;
}

static bool wants_key(const struct build *b)
{
	return b->depth && b->stack[b->depth - 1]->type == DOC_MAP && !b->has_key;
}

static bool take_key(struct build *b, struct str text, const yaml_mark_t *at)
{
	const struct doc *map = b->stack[b->depth - 1];

	if (map->n >= DOC_MAX_KEYS)
		return fail(b, ERR_LIMIT, at, "more keys than any mapping has");
	if (duplicate(map, text))
		return fail(b, ERR_INPUT, at, "this key stands here twice; keep one");
	b->key = arena_str(b->arena, text);
	b->key_line = (unsigned)at->line + 1;
	b->key_column = (unsigned)at->column + 1;
	b->has_key = true;
	return !b->arena->full || fail(b, ERR_LIMIT, at, "larger than may be held in memory");
}

static bool take_scalar(struct build *b, const yaml_event_t *ev)
{
	struct str text = { (const char *)ev->data.scalar.value, ev->data.scalar.length };
	struct doc *d;

	if (ev->data.scalar.anchor || ev->data.scalar.tag)
		return fail(b, ERR_INPUT, &ev->start_mark, "anchors and tags are not taken here; write the value out");
	if (memchr(text.ptr, 0, text.len))
		return fail(b, ERR_INPUT, &ev->start_mark, "a NUL byte in a text");
	if (wants_key(b))
		return take_key(b, text, &ev->start_mark);
	d = put(b, DOC_TEXT, &ev->start_mark);
	if (!d)
		return false;
	d->text = arena_str(b->arena, text);
	return !b->arena->full || fail(b, ERR_LIMIT, &ev->start_mark, "larger than may be held in memory");
}

static bool take_open(struct build *b, const yaml_event_t *ev, enum doc_type type)
{
	bool marked = type == DOC_MAP ? ev->data.mapping_start.anchor || ev->data.mapping_start.tag
				      : ev->data.sequence_start.anchor || ev->data.sequence_start.tag;
	struct doc *d;

	if (marked)
		return fail(b, ERR_INPUT, &ev->start_mark, "anchors and tags are not taken here; write the value out");
	if (wants_key(b))
		return fail(b, ERR_INPUT, &ev->start_mark, "a key is a word, not a list or mapping");
	if (b->depth == DOC_MAX_DEPTH)
		return fail(b, ERR_LIMIT, &ev->start_mark, "nested deeper than is read");
	d = put(b, type, &ev->start_mark);
	if (!d)
		return false;
	b->stack[b->depth++] = d;
	return true;
}

static bool take(struct build *b, const yaml_event_t *ev)
{
	switch ((int)ev->type) {
	case YAML_SCALAR_EVENT:
		return take_scalar(b, ev);
	case YAML_MAPPING_START_EVENT:
		return take_open(b, ev, DOC_MAP);
	case YAML_SEQUENCE_START_EVENT:
		return take_open(b, ev, DOC_LIST);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		PAWL_ASSERT(b->depth > 0);
		b->depth--;
		return true;
	case YAML_ALIAS_EVENT:
		return fail(b, ERR_INPUT, &ev->start_mark, "aliases are not taken here; write the value out");
	case YAML_DOCUMENT_START_EVENT:
		if (b->root)
			return fail(b, ERR_INPUT, &ev->start_mark, "a second document; one is read");
		return true;
	}
	return true;
}

static bool explain(struct build *b, const yaml_parser_t *parser)
{
	struct str problem = str_from(parser->problem ? parser->problem : "no YAML");
	char what[300];

	snprintf(what, sizeof(what), "not YAML: %.*s", STR_ARG(problem));
	return fail(b, parser->error == YAML_MEMORY_ERROR ? ERR_LIMIT : ERR_INPUT, &parser->problem_mark, what);
}

static bool run(struct build *b, yaml_parser_t *parser)
{
	for (;;) {
		yaml_event_t ev;
		bool ok, end;

		if (!yaml_parser_parse(parser, &ev))
			return explain(b, parser);
		end = ev.type == YAML_STREAM_END_EVENT;
		ok = take(b, &ev);
		yaml_event_delete(&ev);
		if (!ok || end)
			return ok;
	}
}

bool doc_parse(const struct doc_source *source, struct arena *arena, const struct doc **ret_root, struct err *err)
{
	struct build b = { .source = source, .arena = arena, .err = err };
	const yaml_mark_t start = { 0, 0, 0 };
	yaml_parser_t parser;
	bool ok;

	if (source->text.len > DOC_MAX_BYTES)
		return fail(&b, ERR_LIMIT, &start, "larger than may be held in memory");
	if (!str_is_utf8(source->text))
		return fail(&b, ERR_INPUT, &start, "not UTF-8 text");
	if (!yaml_parser_initialize(&parser))
		return fail(&b, ERR_LIMIT, &start, "out of memory");
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)(source->text.ptr ? source->text.ptr : ""), source->text.len);
	ok = run(&b, &parser);
	yaml_parser_delete(&parser);
	if (!ok)
		return false;
	if (!b.root) {
		b.root = ARENA_NEW(arena, struct doc);
		if (!b.root)
			return fail(&b, ERR_LIMIT, &start, "no memory for it");
		*b.root = (struct doc){ .type = DOC_MAP, .line = 1, .column = 1 };
	}
	*ret_root = b.root;
	return true;
}

const struct doc *doc_get(const struct doc *map, const char *key)
{
	if (map->type != DOC_MAP)
		return NULL;
	DOC_EACH(m, map) {
		if (str_is(m->key, key))
			return m;
	}
	return NULL;
}

bool doc_wrong(struct str file, const struct doc *at, struct err *err, const char *fmt, ...)
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
