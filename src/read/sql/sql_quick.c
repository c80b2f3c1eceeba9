#include "read/sql/sql_quick.h"

#include "read/sql/sql_quick_expr.h"

static bool at_alias(struct quick_lex *q)
{
	return quick_word(q, QUICK_WORD_AS) || (q->kind == QUICK_NAME && q->keyword == QUICK_KEYWORD_NONE);
}

/* [schema.]name, with its alias where ${alias}. */
static RangeVar *relation(struct quick_lex *q, bool alias)
{
	RangeVar *r = QUICK_NEW(q, RangeVar);

	if (!r)
		return NULL;
	r->location = q->from;
	r->inh = true;
	r->relpersistence = 'p';
	r->relname = quick_name(q, true);
	if (quick_sign(q, '.')) {
		r->schemaname = r->relname;
		r->relname = quick_name(q, true);
	}
	if (r->relname && alias && at_alias(q)) {
		r->alias = QUICK_NEW(q, Alias);
		if (r->alias)
			r->alias->aliasname = quick_name(q, false);
	}
	q->relations = quick_list(q, q->relations, r);
	return q->kind == QUICK_BAD ? NULL : r;
}

/* LEFT, RIGHT, FULL or INNER JOIN. False: no join follows. */
static bool join_kind(struct quick_lex *q, JoinType *ret)
{
	JoinType kind = JOIN_INNER;

	if (quick_word(q, QUICK_WORD_JOIN)) {
		*ret = JOIN_INNER;
		return true;
	}
	if (quick_word(q, QUICK_WORD_LEFT))
		kind = JOIN_LEFT;
	else if (quick_word(q, QUICK_WORD_RIGHT))
		kind = JOIN_RIGHT;
	else if (quick_word(q, QUICK_WORD_FULL))
		kind = JOIN_FULL;
	else if (!quick_word(q, QUICK_WORD_INNER_P))
		return false;
	if (kind != JOIN_INNER)
		quick_word(q, QUICK_WORD_OUTER_P);
	*ret = kind;
	if (!quick_word(q, QUICK_WORD_JOIN))
		quick_bad(q);
	return q->kind != QUICK_BAD;
}

static Node *from_item(struct quick_lex *q)
{
	Node *left = (Node *)(void *)relation(q, true);
	JoinType kind;

	while (left && join_kind(q, &kind)) {
		JoinExpr *j = QUICK_NEW(q, JoinExpr);

		if (!j)
			return NULL;
		j->jointype = kind;
		j->larg = left;
		j->rarg = (Node *)(void *)relation(q, true);
		if (!j->rarg || !quick_word(q, QUICK_WORD_ON))
			return quick_bad(q);
		j->quals = quick_expr(q, 0);
		left = j->quals ? (Node *)j : NULL;
	}
	return q->kind == QUICK_BAD ? NULL : left;
}

static List *from_list(struct quick_lex *q)
{
	List *l = NULL;

	do {
		l = quick_list(q, l, from_item(q));
	} while (l && quick_sign(q, ','));
	return l;
}

static SortBy *sort_by(struct quick_lex *q)
{
	SortBy *s = QUICK_NEW(q, SortBy);

	if (!s)
		return NULL;
	s->node = quick_expr(q, 0);
	s->location = -1;
	if (quick_word(q, QUICK_WORD_ASC))
		s->sortby_dir = SORTBY_ASC;
	else if (quick_word(q, QUICK_WORD_DESC))
		s->sortby_dir = SORTBY_DESC;
	return s->node ? s : NULL;
}

static Node *where(struct quick_lex *q)
{
	return quick_word(q, QUICK_WORD_WHERE) ? quick_expr(q, 0) : NULL;
}

static List *returning(struct quick_lex *q)
{
	return quick_word(q, QUICK_WORD_RETURNING) ? quick_targets(q) : NULL;
}

static Node *select_statement(struct quick_lex *q)
{
	SelectStmt *s = QUICK_NEW(q, SelectStmt);

	if (!s)
		return NULL;
	s->targetList = quick_targets(q);
	if (quick_word(q, QUICK_WORD_FROM))
		s->fromClause = from_list(q);
	s->whereClause = where(q);
	if (quick_word(q, QUICK_WORD_ORDER)) {
		if (!quick_word(q, QUICK_WORD_BY))
			return quick_bad(q);
		do {
			s->sortClause = quick_list(q, s->sortClause, sort_by(q));
		} while (s->sortClause && quick_sign(q, ','));
	}
	if (quick_word(q, QUICK_WORD_LIMIT)) {
		s->limitCount = quick_expr(q, 0);
		if (quick_word(q, QUICK_WORD_OFFSET))
			s->limitOffset = quick_expr(q, 0);
		/* The library counts LIMIT_OPTION_DEFAULT first, unlike the server. */
		s->limitOption = (LimitOption)1;
	}
	return (Node *)s;
}

static List *columns(struct quick_lex *q)
{
	List *l = NULL;

	if (!quick_sign(q, '('))
		return NULL;
	do {
		ResTarget *t = QUICK_NEW(q, ResTarget);

		if (!t)
			return NULL;
		t->location = q->from;
		t->name = quick_name(q, true);
		l = quick_list(q, l, t);
	} while (l && quick_sign(q, ','));
	return quick_sign(q, ')') ? l : quick_bad(q);
}

static List *row(struct quick_lex *q)
{
	List *l = NULL;

	if (!quick_sign(q, '('))
		return quick_bad(q);
	do {
		l = quick_list(q, l, quick_value(q));
	} while (l && quick_sign(q, ','));
	return quick_sign(q, ')') ? l : quick_bad(q);
}

static Node *insert_statement(struct quick_lex *q)
{
	InsertStmt *s = QUICK_NEW(q, InsertStmt);
	SelectStmt *rows = QUICK_NEW(q, SelectStmt);

	if (!s || !rows || !quick_word(q, QUICK_WORD_INTO))
		return quick_bad(q);
	s->relation = relation(q, false);
	s->cols = columns(q);
	if (!quick_word(q, QUICK_WORD_VALUES))
		return quick_bad(q);
	do {
		rows->valuesLists = quick_list(q, rows->valuesLists, row(q));
	} while (rows->valuesLists && quick_sign(q, ','));
	s->selectStmt = (Node *)rows;
	s->returningList = returning(q);
	return (Node *)s;
}

static Node *update_statement(struct quick_lex *q)
{
	UpdateStmt *s = QUICK_NEW(q, UpdateStmt);

	if (!s)
		return NULL;
	s->relation = relation(q, true);
	if (!quick_word(q, QUICK_WORD_SET))
		return quick_bad(q);
	do {
		ResTarget *t = QUICK_NEW(q, ResTarget);

		if (!t)
			return NULL;
		t->location = q->from;
		t->name = quick_name(q, true);
		if (!quick_sign(q, '='))
			return quick_bad(q);
		t->val = quick_value(q);
		s->targetList = quick_list(q, s->targetList, t);
	} while (s->targetList && quick_sign(q, ','));
	s->whereClause = where(q);
	s->returningList = returning(q);
	return (Node *)s;
}

static Node *delete_statement(struct quick_lex *q)
{
	DeleteStmt *s = QUICK_NEW(q, DeleteStmt);

	if (!s || !quick_word(q, QUICK_WORD_FROM))
		return quick_bad(q);
	s->relation = relation(q, true);
	s->whereClause = where(q);
	s->returningList = returning(q);
	return (Node *)s;
}

static Node *transaction(struct quick_lex *q, TransactionStmtKind kind)
{
	TransactionStmt *s = QUICK_NEW(q, TransactionStmt);

	if (s)
		s->kind = kind;
	return (Node *)s;
}

static Node *statement(struct quick_lex *q)
{
	if (quick_word(q, QUICK_WORD_SELECT))
		return select_statement(q);
	if (quick_word(q, QUICK_WORD_INSERT))
		return insert_statement(q);
	if (quick_word(q, QUICK_WORD_UPDATE))
		return update_statement(q);
	if (quick_word(q, QUICK_WORD_DELETE_P))
		return delete_statement(q);
	if (quick_word(q, QUICK_WORD_BEGIN_P))
		return transaction(q, TRANS_STMT_BEGIN);
	if (quick_word(q, QUICK_WORD_COMMIT) || quick_word(q, QUICK_WORD_END_P))
		return transaction(q, TRANS_STMT_COMMIT);
	if (quick_word(q, QUICK_WORD_ROLLBACK))
		return transaction(q, TRANS_STMT_ROLLBACK);
	return NULL;
}

const RawStmt *sql_quick_parse(struct arena *arena, struct str text, const List **ret_relations)
{
	struct quick_lex q = { .arena = arena, .text = text };
	RawStmt *raw;

	if (text.len > SQL_QUICK_MAX_BYTES || !quick_lex_fits())
		return NULL;
	quick_lex_next(&q);
	raw = QUICK_NEW(&q, RawStmt);
	if (!raw)
		return NULL;
	raw->stmt = statement(&q);
	if (q.kind == QUICK_SIGN && q.sign == ';') {
		raw->stmt_len = q.from;
		quick_lex_next(&q);
	}
	if (!raw->stmt || q.kind != QUICK_END || q.bad || arena->full)
		return NULL;
	*ret_relations = q.relations;
	return raw;
}
