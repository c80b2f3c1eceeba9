#include "cloud/xml.h"

#include <expat.h>

#define MAX_TEXT ((size_t)4 << 20)
#define CHUNK ((size_t)1 << 20)

struct build {
	XML_Parser parser;
	struct arena *arena;
	struct json *stack[XML_MAX_DEPTH];
	size_t depth;
	struct json *root;
	struct buf text; /* of the element that is open */
	const char *wrong;
};

static void stop(struct build *b, const char *why)
{
	if (!b->wrong)
		b->wrong = why;
	XML_StopParser(b->parser, XML_FALSE);
}

static void on_start(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
	struct build *b = ctx;
	struct json *v, *up = b->depth ? b->stack[b->depth - 1] : NULL;

	(void)attributes;
	if (b->depth == XML_MAX_DEPTH) {
		stop(b, "nested too deep");
		return;
	}
	v = ARENA_NEW(b->arena, struct json);
	if (!v) {
		stop(b, "too large");
		return;
	}
	v->type = JSON_STRING;
	v->key = arena_str(b->arena, str_from(name));
	if (up) {
		up->type = JSON_OBJECT;
		if (up->last)
			up->last->next = v;
		else
			up->child = v;
		up->last = v;
		up->n++;
	} else {
		b->root = v;
	}
	b->stack[b->depth++] = v;
	buf_clear(&b->text);
}

static void on_end(void *ctx, const XML_Char *name)
{
	struct build *b = ctx;
	struct json *v;

	(void)name;
	if (b->depth == 0)
		return;
	v = b->stack[--b->depth];
	if (v->type == JSON_STRING)
		v->text = arena_str(b->arena, str_trim(buf_str(&b->text)));
	if (b->text.failed || b->arena->full)
		stop(b, "too large");
	buf_clear(&b->text);
}

static void on_text(void *ctx, const XML_Char *s, int n)
{
	struct build *b = ctx;

	buf_add(&b->text, (struct str){ s, (size_t)n });
}

static void on_doctype(void *ctx, const XML_Char *name, const XML_Char *sysid,
		       const XML_Char *pubid, int internal)
{
	(void)name;
	(void)sysid;
	(void)pubid;
	(void)internal;
	stop(ctx, "it has a document type, which no answer of AWS has");
}

static bool feed(struct build *b, struct str text)
{
	size_t at = 0;

	do {
		struct str part = str_sub(text, at, CHUNK);

		at += part.len;
		if (XML_Parse(b->parser, part.len ? part.ptr : "", (int)part.len, at >= text.len) !=
		    XML_STATUS_OK)
			return false;
	} while (at < text.len);
	return true;
}

bool xml_parse(struct str text, struct arena *arena, struct json **ret_root, struct err *err)
{
	struct build b = { .arena = arena, .text = BUF_MAX(MAX_TEXT) };
	bool ok;

	b.parser = XML_ParserCreate("UTF-8");
	if (!b.parser)
		return err_set(err, ERR_LIMIT, "out of memory for an XML answer");
	XML_SetUserData(b.parser, &b);
	XML_SetElementHandler(b.parser, on_start, on_end);
	XML_SetCharacterDataHandler(b.parser, on_text);
	XML_SetStartDoctypeDeclHandler(b.parser, on_doctype);
	ok = feed(&b, text) && b.root && b.depth == 0 && !arena->full;
	if (ok)
		*ret_root = b.root;
	else
		err_set(err, ERR_INPUT, "the answer is no XML that can be read: %s (line %lu)",
			b.wrong ? b.wrong : XML_ErrorString(XML_GetErrorCode(b.parser)),
			(unsigned long)XML_GetCurrentLineNumber(b.parser));
	XML_ParserFree(b.parser);
	buf_free(&b.text);
	return ok;
}
