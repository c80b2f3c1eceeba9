#include "read/sql/sql_tree.h"

static struct str option_text(const List *options, const char *name)
{
	const DefElem *d = sql_name_element(options, name);

	if (!d || !d->arg)
		return STR_NONE;
	if (SQL_TAG(d->arg) == T_List) {
		const List *l = (const List *)(const void *)d->arg;

		return l->length == 1 ? sql_name_literal(l->elements[0].ptr_value) : STR_NONE;
	}
	return sql_name_literal(d->arg);
}

/* A body as text, in the language it says. */
static void read_body(struct sql_work *w, struct str language, struct str body, struct str where)
{
	struct str text = body.ptr ? arena_str(w->arena, body) : STR_NONE, before = w->inside;
	bool block = w->block;

	if (!text.ptr) {
		sql_note_plain(w, SQL_MEANS_CODE, "language", language.len ? arena_str(w->arena, language) : STR_NONE);
	} else if (str_eq_nocase(language, STR("sql"))) {
		sql_read_inside(w, text, where);
	} else if (!str_eq_nocase(language, STR("plpgsql"))) {
		sql_note_plain(w, SQL_MEANS_CODE, "language", arena_str(w->arena, language));
	} else if (w->nesting >= SQL_MAX_NESTING) {
		sql_note_plain(w, SQL_MEANS_TOO_MUCH, "text", where);
	} else {
		w->nesting++;
		w->block = true;
		w->inside = where;
		sql_block_read(w, text);
		w->inside = before;
		w->block = block;
		w->nesting--;
	}
}

/* BEGIN ATOMIC … END, or RETURN …: statements as nodes, in lists of lists. */
static void read_nodes(struct sql_work *w, const Node *body, unsigned depth)
{
	const List *l = (const List *)(const void *)body;

	if (!body || depth > 4)
		return;
	if (SQL_TAG(body) != T_List) {
		sql_statement_read(w, body);
		return;
	}
	SQL_EACH(i, l) {
		if (SQL_ITEM(i, l))
			read_nodes(w, SQL_ITEM(i, l), depth + 1);
	}
}

void sql_define_function(struct sql_work *w, const CreateFunctionStmt *s)
{
	struct str name = sql_name_list(w, s->funcname), language = option_text(s->options, "language");
	struct str where = arena_fmt(w->arena, "when %.*s is called", STR_ARG(name)), before = w->inside;
	const char *type = s->is_procedure ? "procedure" : "function";

	sql_note_plain(w, s->replace ? SQL_MEANS_REPLACE : SQL_MEANS_CREATE, type, name);
	if (sql_name_option(s->options, "security"))
		sql_note_plain(w, SQL_MEANS_PRIVILEGES, type, name);
	if (str_eq_nocase(language, STR("c")) || str_eq_nocase(language, STR("internal"))) {
		sql_note_plain(w, SQL_MEANS_EXTENSION, type, name);
		return;
	}
	if (s->sql_body) {
		w->inside = where;
		read_nodes(w, s->sql_body, 0);
		w->inside = before;
		return;
	}
	read_body(w, language, option_text(s->options, "as"), where);
}

void sql_define_do(struct sql_work *w, const DoStmt *s)
{
	struct str language = option_text(s->args, "language");

	read_body(w, language.len ? language : STR("plpgsql"), option_text(s->args, "as"), STR("in a DO block"));
}

void sql_define_prepare(struct sql_work *w, const PrepareStmt *s)
{
	if (s->name)
		sql_remember(w, &w->prepared, str_from(s->name));
	sql_statement_read(w, s->query);
}

void sql_define_copy(struct sql_work *w, const CopyStmt *s)
{
	struct str file = sql_name_copy(w, s->filename);

	if (s->query)
		sql_statement_read(w, s->query);
	if (s->whereClause)
		sql_walk(w, s->whereClause);
	if (s->relation && !s->is_from)
		sql_dml_relation(w, s->relation, false);
	if (s->is_program) {
		sql_note_plain(w, SQL_MEANS_PROGRAM, "program", file);
		if (w->now && !w->now->shell.len)
			w->now->shell = file;
	} else if (s->filename) {
		sql_note_plain(w, SQL_MEANS_SERVER_FILE, "file", file);
	}
	if (s->is_from && s->relation) {
		sql_dml_relation(w, s->relation, true);
		sql_note_plain(w, SQL_MEANS_INSERT, "table", sql_name(w, s->relation));
	}
}

/* Values that leave a setting as safe as it was. */
static bool safe_value(enum sql_meaning means, struct str name, struct str value)
{
	static const char *const encodings[] = { "utf8", "utf-8", "utf8mb4", "unicode", "sql_ascii", "latin1", "latin9" };
	bool on = str_eq_nocase(value, STR("on")) || str_eq_nocase(value, STR("true")) || str_is(value, "1");

	if (means == SQL_MEANS_LEXING && str_eq_nocase(name, STR("client_encoding"))) {
		for (size_t i = 0; i < ARRAY_LEN(encodings); i++) {
			if (str_eq_nocase(value, str_from(encodings[i])))
				return true;
		}
		return false;
	}
	if (str_eq_nocase(name, STR("backslash_quote")))
		return str_eq_nocase(value, STR("off")) || str_eq_nocase(value, STR("safe_encoding"));
	if (str_eq_nocase(name, STR("session_replication_role")))
		return str_eq_nocase(value, STR("origin"));
	if (str_eq_nocase(name, STR("standard_conforming_strings")) || str_eq_nocase(name, STR("synchronous_commit")) ||
	    str_eq_nocase(name, STR("track_counts")) ||
	    str_eq_nocase(name, STR("default_transaction_read_only")) || str_eq_nocase(name, STR("transaction_read_only")))
		return on;
	return false;
}

static bool all_safe(const VariableSetStmt *s, enum sql_meaning means)
{
	/* What a transaction's read-only is reset to is off, whatever it was begun with. */
	if (s->kind == VAR_RESET || s->kind == VAR_RESET_ALL || s->kind == VAR_SET_DEFAULT)
		return means != SQL_MEANS_ROLE && !str_eq_nocase(str_from(s->name), STR("transaction_read_only"));
	if (!s->args || !s->args->length)
		return false;
	SQL_EACH(i, s->args) {
		const A_Const *c = SQL_ITEM(i, s->args);
		struct str v = sql_name_literal(c);

		if (SQL_TAG(c) == T_A_Const && c->val.node.type == T_Integer)
			v = c->val.ival.ival == 1 ? STR("1") : STR("0");
		if (!safe_value(means, str_from(s->name), v))
			return false;
	}
	return true;
}

/* SET TRANSACTION …, SET SESSION CHARACTERISTICS …: back to writing is what counts. */
static void set_many(struct sql_work *w, const VariableSetStmt *s)
{
	SQL_EACH(i, s->args) {
		const DefElem *d = SQL_ITEM(i, s->args);
		const A_Const *c;

		if (SQL_TAG(d) != T_DefElem || !d->arg || !str_is(str_from(d->defname), "transaction_read_only"))
			continue;
		c = (const A_Const *)(const void *)d->arg;
		if (SQL_TAG(c) != T_A_Const || c->val.node.type != T_Integer || c->val.ival.ival == 0)
			sql_note_plain(w, SQL_MEANS_SESSION, "setting", STR("transaction_read_only"));
	}
}

void sql_define_set(struct sql_work *w, const VariableSetStmt *s)
{
	enum sql_meaning means;

	if (s->kind == VAR_SET_MULTI) {
		set_many(w, s);
		return;
	}
	if (!s->name)
		return;
	means = sql_setting(str_from(s->name));
	if (means != SQL_MEANS_READ && !all_safe(s, means))
		sql_note_plain(w, means, "setting", sql_name_copy(w, s->name));
}

void sql_define_explain(struct sql_work *w, const ExplainStmt *s)
{
	bool before = w->no_rows;

	if (!sql_name_option(s->options, "analyze")) {
		/* Only planned. Functions may run while it is planned; rows are not touched. */
		if (s->query && SQL_TAG(s->query) != T_SelectStmt && SQL_TAG(s->query) != T_InsertStmt &&
		    SQL_TAG(s->query) != T_UpdateStmt && SQL_TAG(s->query) != T_DeleteStmt && SQL_TAG(s->query) != T_MergeStmt)
			return;
		w->no_rows = true;
	}
	sql_statement_read(w, s->query);
	w->no_rows = before;
}

void sql_define_view(struct sql_work *w, const ViewStmt *v)
{
	/* What a temporary view calls would be called by its name alone, which nobody else knows. */
	if (v->view->relpersistence == 't' || sql_name_temporary(v->view))
		sql_walk(w, v->query);
	else
		sql_note_plain(w, v->replace ? SQL_MEANS_REPLACE : SQL_MEANS_CREATE, "view", sql_name(w, v->view));
}

void sql_define_index(struct sql_work *w, const IndexStmt *s)
{
	/* What it is an index of is worked out for every row. */
	sql_walk(w, s->indexParams);
	sql_walk(w, s->whereClause);
	if (!sql_name_temporary(s->relation))
		sql_note_plain(w, SQL_MEANS_CREATE, "index", sql_name(w, s->relation));
}

/* A column or a constraint of a table; anything else is none. */
void sql_define_element(struct sql_work *w, const Node *element)
{
	const ColumnDef *d = (const ColumnDef *)(const void *)element;

	if (element && SQL_TAG(element) == T_Constraint)
		sql_walk(w, ((const Constraint *)(const void *)element)->raw_expr);
	if (!element || SQL_TAG(element) != T_ColumnDef)
		return;
	sql_walk(w, d->raw_default);
	SQL_EACH(i, d->constraints) {
		const Constraint *k = SQL_ITEM(i, d->constraints);

		if (SQL_TAG(k) == T_Constraint)
			sql_walk(w, k->raw_expr);
	}
}

void sql_define_table(struct sql_work *w, const CreateStmt *s)
{
	const RangeVar *r = s->relation;

	if (r && r->relpersistence != 't' && !sql_name_temporary(r)) {
		sql_note_plain(w, SQL_MEANS_CREATE, "table", sql_name(w, r));
		return;
	}
	/* A temporary one is in no catalogue: what its rows will run is asked about here. */
	SQL_EACH(i, s->tableElts)
		sql_define_element(w, SQL_ITEM(i, s->tableElts));
}
