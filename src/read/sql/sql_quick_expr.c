/* Expressions by descent, one function for each level of PostgreSQL's precedence. What binds otherwise is not plain. */
#include "read/sql/sql_quick_expr.h"

#include "read/sql/sql_quick.h"

#define LIST_FIRST 4

void *quick_bad(struct quick_lex *q)
{
	q->kind = QUICK_BAD;
	q->bad = true;
	return NULL;
}

void *quick_node(struct quick_lex *q, size_t size, unsigned tag)
{
	Node *n = arena_alloc(q->arena, size);

	if (!n)
		return quick_bad(q);
	n->type = (NodeTag)tag;
	return n;
}

List *quick_list(struct quick_lex *q, List *l, void *item)
{
	if (!item)
		return quick_bad(q);
	if (!l) {
		l = quick_node(q, offsetof(List, initial_elements) + LIST_FIRST * sizeof(ListCell), T_List);
		if (!l)
			return NULL;
		l->max_length = LIST_FIRST;
		l->elements = l->initial_elements;
	}
	if (l->length == l->max_length) {
		ListCell *more = ARENA_ARRAY(q->arena, (size_t)l->max_length * 2, ListCell);

		if (!more)
			return quick_bad(q);
		memcpy(more, l->elements, (size_t)l->length * sizeof(*more));
		l->elements = more;
		l->max_length *= 2;
	}
	l->elements[l->length++].ptr_value = item;
	return l;
}

char *quick_name(struct quick_lex *q, bool free)
{
	char *name;

	if (q->kind != QUICK_NAME || q->keyword == QUICK_KEYWORD_TAKEN || (q->keyword == QUICK_KEYWORD_FREE && !free))
		return quick_bad(q);
	name = arena_alloc(q->arena, q->len + 1);
	if (!name)
		return quick_bad(q);
	memcpy(name, q->name, q->len + 1);
	quick_lex_next(q);
	return name;
}

/* Made at once: there are as many of them as there is anything. */
struct column {
	ColumnRef c;
	String s[3];
};

/* A list of at most ${max} in the ${space} behind a node. */
static List *list_behind(void *space, int max)
{
	List *l = space;

	l->type = T_List;
	l->max_length = max;
	l->elements = l->initial_elements;
	return l;
}

#define LIST_SPACE(n) (sizeof(List) + (n) * sizeof(ListCell))

static Node *column(struct quick_lex *q)
{
	int from = q->from;
	struct column *c = quick_node(q, sizeof(*c) + LIST_SPACE(4), T_ColumnRef);
	ListCell *cell;
	int n = 0;

	if (!c)
		return NULL;
	c->c.location = from;
	c->c.fields = list_behind(c + 1, 4);
	cell = c->c.fields->elements;
	do {
		if (n > 0 && quick_at(q, '*')) {
			quick_lex_next(q);
			cell[n++].ptr_value = QUICK_NEW(q, A_Star);
			break;
		}
		if (n == 3)
			return quick_bad(q);
		c->s[n].type = T_String;
		c->s[n].sval = quick_name(q, true);
		cell[n].ptr_value = &c->s[n];
		n++;
	} while (quick_sign(q, '.'));
	c->c.fields->length = n;
	return q->kind == QUICK_BAD ? NULL : (Node *)c;
}

/* A number, a string or NULL. */
static Node *constant(struct quick_lex *q, int from, bool minus)
{
	A_Const *c = QUICK_NEW(q, A_Const);

	if (!c)
		return NULL;
	c->location = from;
	if (q->kind == QUICK_INTEGER) {
		c->val.ival.type = T_Integer;
		c->val.ival.ival = minus ? -q->integer : q->integer;
	} else if (q->kind == QUICK_DECIMAL && !minus) {
		c->val.fval.type = T_Float;
		c->val.fval.fval = (char *)(uintptr_t)q->word;
	} else if (q->kind == QUICK_STRING && !minus) {
		c->val.sval.type = T_String;
		c->val.sval.sval = (char *)(uintptr_t)q->word;
	} else if (q->kind == QUICK_NAME && !minus) {
		c->isnull = true;
	} else {
		return quick_bad(q);
	}
	quick_lex_next(q);
	return (Node *)c;
}

static Node *primary(struct quick_lex *q, unsigned depth)
{
	int from = q->from;
	ParamRef *p;
	Node *inner;

	if (q->kind == QUICK_INTEGER || q->kind == QUICK_DECIMAL || q->kind == QUICK_STRING)
		return constant(q, from, false);
	if (q->kind == QUICK_NAME && q->is == QUICK_WORD_NULL_P)
		return constant(q, from, false);
	if (q->kind == QUICK_NAME)
		return column(q);
	if (q->kind == QUICK_PARAM) {
		p = QUICK_NEW(q, ParamRef);
		if (!p)
			return NULL;
		p->number = q->integer;
		p->location = from;
		quick_lex_next(q);
		return (Node *)p;
	}
	if (quick_sign(q, '-'))
		return constant(q, from, true);
	if (depth < SQL_QUICK_MAX_DEPTH && quick_sign(q, '(')) {
		inner = quick_expr(q, depth + 1);
		return inner && quick_sign(q, ')') ? inner : quick_bad(q);
	}
	return quick_bad(q);
}

struct operation {
	A_Expr e;
	String s;
};

static Node *operation(struct quick_lex *q, A_Expr_Kind kind, const char *op, int from)
{
	struct operation *o = quick_node(q, sizeof(*o) + LIST_SPACE(1), T_A_Expr);

	if (!o)
		return NULL;
	o->e.kind = kind;
	o->e.name = list_behind(o + 1, 1);
	o->e.name->length = 1;
	o->e.name->elements[0].ptr_value = &o->s;
	o->e.location = from;
	o->s.type = T_String;
	o->s.sval = (char *)(uintptr_t)op;
	return (Node *)o;
}

static Node *joined(struct quick_lex *q, Node *operation, Node *left, void *right)
{
	A_Expr *e = (A_Expr *)(void *)operation;

	if (!e || !left || !right)
		return quick_bad(q);
	e->lexpr = left;
	e->rexpr = right;
	return operation;
}

static const char *sign_text(char sign)
{
	static const char *const texts[128] = {
		['+'] = "+", ['-'] = "-", ['*'] = "*", ['/'] = "/", ['%'] = "%",
		['='] = "=", ['<'] = "<", ['>'] = ">", ['L'] = "<=", ['G'] = ">=", ['N'] = "<>",
	};

	return texts[(unsigned char)sign & 127];
}

/* Operands of ${below} with operators of ${level} between them, from the left. */
static Node *chain(struct quick_lex *q, enum quick_level level, Node *(*below)(struct quick_lex *q, unsigned depth), unsigned depth)
{
	Node *left = below(q, depth);

	while (left && q->kind == QUICK_SIGN && q->level == level) {
		Node *op = operation(q, AEXPR_OP, sign_text(q->sign), q->from);

		quick_lex_next(q);
		left = joined(q, op, left, below(q, depth));
	}
	return left;
}

static Node *product(struct quick_lex *q, unsigned depth)
{
	return chain(q, QUICK_LEVEL_PRODUCT, primary, depth);
}

static Node *sum(struct quick_lex *q, unsigned depth)
{
	return chain(q, QUICK_LEVEL_SUM, product, depth);
}

static Node *in_list(struct quick_lex *q, Node *left, int from, unsigned depth)
{
	List *l = NULL;

	if (depth >= SQL_QUICK_MAX_DEPTH || !quick_sign(q, '('))
		return quick_bad(q);
	do {
		l = quick_list(q, l, quick_expr(q, depth + 1));
	} while (l && quick_sign(q, ','));
	if (!l || !quick_sign(q, ')'))
		return quick_bad(q);
	return joined(q, operation(q, AEXPR_IN, "=", from), left, l);
}

static Node *pattern(struct quick_lex *q, unsigned depth)
{
	Node *left = sum(q, depth);
	int from = q->from;

	if (left && quick_word(q, QUICK_WORD_IN_P))
		return in_list(q, left, from, depth);
	if (left && quick_word(q, QUICK_WORD_LIKE))
		return joined(q, operation(q, AEXPR_LIKE, "~~", from), left, sum(q, depth));
	return left;
}

static Node *comparison(struct quick_lex *q, unsigned depth)
{
	Node *left = pattern(q, depth);

	if (left && q->kind == QUICK_SIGN && q->level == QUICK_LEVEL_COMPARE) {
		Node *op = operation(q, AEXPR_OP, sign_text(q->sign), q->from);

		quick_lex_next(q);
		left = joined(q, op, left, pattern(q, depth));
	}
	return left;
}

static Node *null_test(struct quick_lex *q, unsigned depth)
{
	Node *left = comparison(q, depth);
	int from = q->from;
	NullTest *t;

	if (!left || !quick_word(q, QUICK_WORD_IS))
		return left;
	t = QUICK_NEW(q, NullTest);
	if (!t)
		return NULL;
	t->arg = (Expr *)(void *)left;
	t->nulltesttype = quick_word(q, QUICK_WORD_NOT) ? IS_NOT_NULL : IS_NULL;
	t->location = from;
	return quick_word(q, QUICK_WORD_NULL_P) ? (Node *)t : quick_bad(q);
}

static Node *boolean(struct quick_lex *q, BoolExprType kind, int from, Node *first)
{
	BoolExpr *b = first ? QUICK_NEW(q, BoolExpr) : NULL;

	if (!b)
		return quick_bad(q);
	b->boolop = kind;
	b->location = from;
	b->args = quick_list(q, NULL, first);
	return b->args ? (Node *)b : NULL;
}

static Node *negation(struct quick_lex *q, unsigned depth)
{
	int from = q->from;

	if (!quick_word(q, QUICK_WORD_NOT))
		return null_test(q, depth);
	if (depth >= SQL_QUICK_MAX_DEPTH)
		return quick_bad(q);
	return boolean(q, NOT_EXPR, from, negation(q, depth + 1));
}

/* a AND b AND c is one list; so is (a AND b) AND c, for parentheses leave nothing behind. */
static Node *chained(struct quick_lex *q, BoolExprType kind, int from, Node *left, Node *right)
{
	BoolExpr *b = (BoolExpr *)(void *)left;

	if (!left || !right)
		return quick_bad(q);
	if (SQL_TAG(left) != T_BoolExpr || b->boolop != kind)
		b = (BoolExpr *)(void *)boolean(q, kind, from, left);
	if (!b)
		return NULL;
	b->args = quick_list(q, b->args, right);
	return b->args ? (Node *)b : NULL;
}

static Node *conjunction(struct quick_lex *q, unsigned depth)
{
	Node *left = negation(q, depth);
	int from = q->from;

	while (left && quick_word(q, QUICK_WORD_AND)) {
		left = chained(q, AND_EXPR, from, left, negation(q, depth));
		from = q->from;
	}
	return left;
}

Node *quick_expr(struct quick_lex *q, unsigned depth)
{
	Node *left = conjunction(q, depth);
	int from = q->from;

	while (left && quick_word(q, QUICK_WORD_OR)) {
		left = chained(q, OR_EXPR, from, left, conjunction(q, depth));
		from = q->from;
	}
	return left;
}

Node *quick_value(struct quick_lex *q)
{
	int from = q->from;
	SetToDefault *d;

	if (!quick_word(q, QUICK_WORD_DEFAULT))
		return quick_expr(q, 0);
	d = QUICK_NEW(q, SetToDefault);
	if (d)
		d->location = from;
	return (Node *)d;
}

static ResTarget *target(struct quick_lex *q)
{
	ResTarget *t = QUICK_NEW(q, ResTarget);
	ColumnRef *all;

	if (!t)
		return NULL;
	t->location = q->from;
	if (!quick_at(q, '*')) {
		t->val = quick_expr(q, 0);
	} else {
		all = QUICK_NEW(q, ColumnRef);
		if (!all)
			return NULL;
		all->location = q->from;
		all->fields = quick_list(q, NULL, QUICK_NEW(q, A_Star));
		t->val = (Node *)all;
		quick_lex_next(q);
		return t;
	}
	if (quick_word(q, QUICK_WORD_AS) || (q->kind == QUICK_NAME && q->keyword == QUICK_KEYWORD_NONE))
		t->name = quick_name(q, false);
	return t->val && q->kind != QUICK_BAD ? t : NULL;
}

List *quick_targets(struct quick_lex *q)
{
	List *l = NULL;

	do {
		l = quick_list(q, l, target(q));
	} while (l && quick_sign(q, ','));
	return l;
}
