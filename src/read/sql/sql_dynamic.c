#include "read/sql/sql_tree.h"

#include <pg_query.h>
#include <pg_query/pg_query_internal.h>

#include "read/sql/sql_dynamic.h"

#define MAX_TEXT 65536
#define MAX_DEPTH 64

struct built {
	char *text;
	size_t n;
	bool unknown; /* a piece that may be anything */
};

static void add(struct built *b, struct str s)
{
	if (b->n + s.len > MAX_TEXT) {
		b->unknown = true;
		return;
	}
	if (s.len)
		memcpy(b->text + b->n, s.ptr, s.len);
	b->n += s.len;
}

static void build(struct built *b, const Node *n, unsigned depth);

/* format('… %I … %L …', a, b) */
static void build_format(struct built *b, const FuncCall *f, unsigned depth)
{
	struct str pattern = f->args && f->args->length ? sql_name_literal(f->args->elements[0].ptr_value) : STR_NONE;
	int arg = 1;

	if (!pattern.ptr) {
		b->unknown = true;
		return;
	}
	for (size_t i = 0; i < pattern.len; i++) {
		if (pattern.ptr[i] != '%') {
			add(b, str_sub(pattern, i, 1));
			continue;
		}
		i++;
		while (i < pattern.len && strchr("0123456789$-*", pattern.ptr[i]))
			i++;
		if (i >= pattern.len)
			b->unknown = true;
		else if (pattern.ptr[i] == '%')
			add(b, STR("%"));
		else if (pattern.ptr[i] == 'I')
			add(b, STR("pawl_unknown"));
		else if (pattern.ptr[i] == 'L')
			add(b, STR("'?'"));
		else if (arg < f->args->length)
			build(b, f->args->elements[arg].ptr_value, depth + 1);
		else
			b->unknown = true;
		arg++;
	}
}

static void build(struct built *b, const Node *n, unsigned depth)
{
	const A_Expr *e = (const A_Expr *)(const void *)n;
	const FuncCall *f = (const FuncCall *)(const void *)n;
	struct str literal = sql_name_literal(n), name;

	if (literal.ptr) {
		add(b, literal);
		return;
	}
	if (n && depth < MAX_DEPTH && SQL_TAG(n) == T_A_Expr && e->kind == AEXPR_OP && e->lexpr && e->rexpr &&
	    str_is(sql_name_literal(e->name->elements[e->name->length - 1].ptr_value), "||")) {
		build(b, e->lexpr, depth + 1);
		build(b, e->rexpr, depth + 1);
		return;
	}
	if (n && depth < MAX_DEPTH && SQL_TAG(n) == T_TypeCast) {
		build(b, ((const TypeCast *)(const void *)n)->arg, depth + 1);
		return;
	}
	if (n && SQL_TAG(n) == T_FuncCall) {
		name = sql_name_literal(f->funcname->elements[f->funcname->length - 1].ptr_value);
		if (str_is(name, "quote_ident")) {
			add(b, STR(" pawl_unknown "));
			return;
		}
		if (str_is(name, "quote_literal") || str_is(name, "quote_nullable")) {
			add(b, STR(" '?' "));
			return;
		}
		if (str_is(name, "format") && depth < MAX_DEPTH) {
			build_format(b, f, depth);
			return;
		}
	}
	b->unknown = true;
	add(b, STR(" pawl_unknown "));
}

/* The value of the first column of the SELECT. */
static const Node *first_target(const List *tree)
{
	const RawStmt *raw = tree && tree->length == 1 ? tree->elements[0].ptr_value : NULL;
	const SelectStmt *s = raw ? (const SelectStmt *)(const void *)raw->stmt : NULL;
	const ResTarget *t;

	if (!s || SQL_TAG(s) != T_SelectStmt || !s->targetList || s->targetList->length != 1)
		return NULL;
	t = s->targetList->elements[0].ptr_value;
	return SQL_TAG(t) == T_ResTarget ? t->val : NULL;
}

void sql_dynamic_read(struct sql_work *w, struct str expression)
{
	struct built b = { .text = arena_alloc(w->arena, MAX_TEXT), .unknown = false };
	struct str select = arena_fmt(w->arena, "SELECT %.*s", STR_ARG(expression));
	PgQueryInternalParsetreeAndError parsed;
	MemoryContext memory;
	const Node *value;

	if (!b.text || !select.ptr)
		return;
	memory = pg_query_enter_memory_context();
	parsed = pg_query_raw_parse(select.ptr);
	value = parsed.error ? NULL : first_target(parsed.tree);
	if (value)
		build(&b, value, 0);
	else
		b.unknown = true;
	if (parsed.error)
		pg_query_free_error(parsed.error);
	free(parsed.stderr_buffer);
	pg_query_exit_memory_context(memory);
	/* Functions that are called to make the text are calls like any. */
	sql_read_inside(w, select, STR_NONE);
	if (b.unknown)
		sql_note_plain(w, SQL_MEANS_DYNAMIC, "statement", str_trim(str_sub(str_trim((struct str){ b.text, b.n }), 0, 80)));
	if (b.n && str_trim((struct str){ b.text, b.n }).len && !str_is(str_trim((struct str){ b.text, b.n }), "pawl_unknown"))
		sql_read_inside(w, (struct str){ b.text, b.n }, STR_NONE);
}
