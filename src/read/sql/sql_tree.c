/* The fence round PostgreSQL's parser: what it gets, whose errors it raises where, when its memory goes. */
#include "read/sql/sql_tree.h"

#include <pg_query.h>
#include <pg_query/pg_query_internal.h>

#include "read/sql/sql_quick.h"

/* The library's ways to write a tree out hang on its parser's object file, and with them descriptors whose relocation at start
 * would cost a third of the small program's start-up. We never write a tree out: these stand in their place, and nothing else
 * of them is linked. */
PgQueryProtobuf pg_query_nodes_to_protobuf(const void *tree);
char *pg_query_nodes_to_json(const void *tree);

PgQueryProtobuf pg_query_nodes_to_protobuf(const void *tree)
{
	(void)tree;
	abort();
}

char *pg_query_nodes_to_json(const void *tree)
{
	(void)tree;
	abort();
}

#define SCANNER_MAX UINT64_C(50000000)

/* Deeper than this the parser is not asked. Its stack is on the heap and ends at 10,000 entries by an error of its own; this
 * bounds what our readers of the tree see below a parenthesis. Text shorter than the bound cannot hold so many. */
static bool too_deep(struct str text)
{
	size_t depth = 0;

	if (text.len <= SQL_MAX_DEPTH)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '(' || text.ptr[i] == '[')
			depth++;
		else if ((text.ptr[i] == ')' || text.ptr[i] == ']') && depth)
			depth--;
		if (depth > SQL_MAX_DEPTH)
			return true;
	}
	return false;
}

/* PostgreSQL's scanner looks at the whole of a run of operator characters and takes two of them, or one: in a long run of the wrong
 * kind its time grows with the square. What that would cost, in bytes looked at. */
static uint64_t scanner_cost(struct str text)
{
	static const bool operators[256] = {
		['~'] = true, ['!'] = true, ['@'] = true, ['#'] = true, ['^'] = true, ['&'] = true, ['|'] = true, ['`'] = true,
		['?'] = true, ['+'] = true, ['-'] = true, ['*'] = true, ['/'] = true, ['%'] = true, ['<'] = true, ['>'] = true,
		['='] = true,
	};
	uint64_t cost = 0;

	for (size_t i = 0; i < text.len;) {
		size_t n = 0, turns = 1;

		while (i + n < text.len && operators[(unsigned char)text.ptr[i + n]]) {
			turns += text.ptr[i + n] == '+' || (n && text.ptr[i + n] != text.ptr[i + n - 1]);
			n++;
		}
		cost += (uint64_t)n * turns;
		i += n + 1;
	}
	return cost;
}

static struct str statement_text(struct str text, const RawStmt *s)
{
	size_t at = s->stmt_location > 0 ? (size_t)s->stmt_location : 0;

	return str_trim(str_sub(text, at, s->stmt_len > 0 ? (size_t)s->stmt_len : text.len));
}

static void read_one(struct sql_work *w, struct str text, const RawStmt *raw)
{
	struct sql_statement *st;

	if (SQL_TAG(raw) != T_RawStmt || !raw->stmt) {
		sql_begin(w, text, STR("?"));
		sql_note_plain(w, SQL_MEANS_UNREAD, "statement", STR_NONE);
		return;
	}
	st = sql_begin(w, statement_text(text, raw), sql_statement_verb(w, raw->stmt));
	if (st && !w->nesting)
		st->parsed = true;
	sql_statement_read(w, raw->stmt);
	if (st && !w->nesting && (w->in->shape || w->in->fingerprint))
		st->shape = sql_shape_read(w, st, raw->stmt);
}

bool sql_tree_read(struct sql_work *w, struct str text)
{
	const List *relations = NULL;
	const RawStmt *quick = sql_quick_parse(w->arena, text, &relations);

	if (!quick)
		return sql_tree_parse(w, text);
	w->plain = true;
	w->plain_relations = relations;
	read_one(w, text, quick);
	w->plain = false;
	return true;
}

static void read_list(struct sql_work *w, struct str text, const List *tree)
{
	SQL_EACH(s, tree) {
		if (w->arena->full || w->answer->n >= SQL_MAX_STATEMENTS)
			return;
		read_one(w, text, SQL_ITEM(s, tree));
	}
}

bool sql_tree_parse(struct sql_work *w, struct str text)
{
	PgQueryInternalParsetreeAndError parsed;
	MemoryContext memory;
	struct str copy;
	bool ok;

	if (too_deep(text) || (text.len > SQL_MAX_DEPTH && scanner_cost(text) > SCANNER_MAX)) {
		sql_begin(w, str_sub(text, 0, 200), STR("?"));
		sql_note_plain(w, SQL_MEANS_TOO_MUCH, "text", STR("nested too deep, or long runs of operators"));
		return true;
	}
	copy = arena_str(w->arena, text);
	if (!copy.ptr)
		return text.len == 0;
	memory = pg_query_enter_memory_context();
	parsed = pg_query_raw_parse(copy.ptr);
	ok = !parsed.error;
	if (ok) {
		read_list(w, text, parsed.tree);
	} else {
		/* Its own bound on nesting: no error of the text's. */
		if (str_starts(str_from(parsed.error->message), STR("memory exhausted"))) {
			sql_begin(w, str_sub(text, 0, 200), STR("?"));
			sql_note_plain(w, SQL_MEANS_TOO_MUCH, "text", STR("nested too deep"));
			ok = true;
		}
		pg_query_free_error(parsed.error);
	}
	free(parsed.stderr_buffer);
	pg_query_exit_memory_context(memory);
	return ok;
}
