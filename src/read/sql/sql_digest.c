/* PostgreSQL's headers come first: sql_tree.h. */
#include "read/sql/sql_fields.h"

#include <pg_query.h>
#include <pg_query/pg_query_internal.h>

#include "read/sql/sql_digest.h"
#include "read/sql/sql_quick.h"

#define FIRST 64

struct todo {
	struct arena *arena;
	const void **node; /* NULL items are written too: so that what follows cannot move up */
	size_t n, max;
	bool bad;
};

static void push(struct todo *t, const void *node)
{
	const void **more;

	if (t->n == t->max) {
		more = ARENA_ARRAY(t->arena, t->max * 2, const void *);
		if (!more) {
			t->bad = true;
			return;
		}
		memcpy(more, t->node, t->n * sizeof(*more));
		t->node = more;
		t->max *= 2;
	}
	t->node[t->n++] = node;
}

static void add_number(struct digest_run *r, uint32_t n)
{
	unsigned char b[4] = { (unsigned char)(n >> 24), (unsigned char)(n >> 16), (unsigned char)(n >> 8), (unsigned char)n };

	digest_add(r, b, sizeof(b));
}

static void add_text(struct digest_run *r, const char *s)
{
	size_t n = s ? strlen(s) : 0;

	add_number(r, s ? (uint32_t)n + 1 : 0);
	digest_add(r, s ? s : "", n);
}

static void add_list(struct digest_run *r, struct todo *t, const List *l)
{
	add_number(r, (uint32_t)l->length);
	for (int i = l->length; i-- > 0;) {
		if (l->type == T_List)
			push(t, l->elements[i].ptr_value);
		else
			add_number(r, (uint32_t)l->elements[i].int_value);
	}
}

static void add_fields(struct digest_run *r, struct todo *t, const char *node, bool places)
{
	const struct sql_fields *f = sql_fields(SQL_TAG(node));

	if (!f) {
		t->bad = true;
		return;
	}
	for (unsigned i = 0; i < f->n; i++) {
		const void *p;

		memcpy(&p, node + f->field[i].offset, f->field[i].kind == SQL_FIELD_TEXT ? sizeof(p) : 0);
		if (f->field[i].kind == SQL_FIELD_TEXT)
			add_text(r, p);
		else if (f->field[i].kind == SQL_FIELD_PLAIN || (f->field[i].kind == SQL_FIELD_PLACE && places))
			digest_add(r, node + f->field[i].offset, f->field[i].size);
	}
	for (unsigned i = f->n; i-- > 0;) {
		const void *child;

		if (f->field[i].kind != SQL_FIELD_NODE)
			continue;
		memcpy(&child, node + f->field[i].offset, sizeof(child));
		push(t, child);
	}
}

static void add_node(struct digest_run *r, struct todo *t, const void *node, bool places)
{
	const A_Const *c = node;

	if (!node) {
		add_number(r, 0);
		return;
	}
	add_number(r, SQL_TAG(node) + 1);
	switch (SQL_TAG(node)) {
	case T_List:
	case T_IntList:
	case T_OidList:
		add_list(r, t, node);
		break;
	case T_A_Const:
		/* Its value is a node within it, and none when it is NULL. */
		add_number(r, places ? (uint32_t)c->location : 0);
		push(t, c->isnull ? NULL : (const void *)&c->val);
		break;
	default:
		add_fields(r, t, node, places);
		break;
	}
}

bool sql_digest(struct arena *arena, const void *tree, bool places, struct digest *ret)
{
	const void *first[FIRST];
	struct todo t = { .arena = arena, .node = first, .max = FIRST };
	struct digest_run run;

	digest_begin(&run);
	push(&t, tree);
	while (t.n && !t.bad)
		add_node(&run, &t, t.node[--t.n], places);
	if (t.bad)
		return false;
	*ret = digest_end(&run);
	return true;
}

enum sql_same sql_digest_quick(struct arena *arena, struct str text)
{
	const List *relations;
	const RawStmt *quick = sql_quick_parse(arena, text, &relations);
	struct str copy = arena_str(arena, text);
	PgQueryInternalParsetreeAndError parsed;
	struct digest a, b;
	MemoryContext memory;
	bool same;

	if (!quick || !copy.ptr)
		return SQL_SAME_NOT_PLAIN;
	memory = pg_query_enter_memory_context();
	parsed = pg_query_raw_parse(copy.ptr);
	same = !parsed.error && parsed.tree && parsed.tree->length == 1 && sql_digest(arena, quick, true, &a) &&
	       sql_digest(arena, parsed.tree->elements[0].ptr_value, true, &b) && digest_eq(&a, &b);
	if (parsed.error)
		pg_query_free_error(parsed.error);
	free(parsed.stderr_buffer);
	pg_query_exit_memory_context(memory);
	return same ? SQL_SAME_YES : SQL_SAME_NO;
}
