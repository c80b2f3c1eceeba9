#include "read/sql/sql_tree.h"

/* The last part of a qualified name, and whether what stands before it is PostgreSQL's own schema or none. */
static struct str last_name(const List *name, bool *ret_own)
{
	struct str schema = STR_NONE, last = STR_NONE;

	SQL_EACH(n, name) {
		schema = last;
		last = sql_name_literal(SQL_ITEM(n, name));
	}
	*ret_own = !schema.len || str_is(schema, "pg_catalog");
	return last;
}

void sql_call_operator(struct sql_work *w, const List *name)
{
	bool own;
	struct str op = last_name(name, &own);

	if (op.len && (!own || !sql_operator_known(op)))
		sql_note_plain(w, SQL_MEANS_FUNCTION, "operator", sql_name_list(w, name));
}

/* Literal SQL among the arguments: read as what it is. True when every text there is was a literal. */
static bool read_arguments(struct sql_work *w, const FuncCall *f, const struct sql_function *fact)
{
	bool all = true;
	bool any = false;

	for (int i = fact->text_from; i <= fact->text_to && f->args && i <= f->args->length; i++) {
		struct str text = sql_name_literal(f->args->elements[i - 1].ptr_value);

		if (!text.ptr) {
			all = false;
			continue;
		}
		/* A connection's name or a job's is no SQL: it has no blank. */
		if (str_find_char(text, ' ') == SIZE_MAX || str_find_char(text, '=') < str_find_char(text, ' ')) {
			all = false;
			continue;
		}
		any = true;
		sql_read_inside(w, arena_str(w->arena, text),
				arena_fmt(w->arena, "in the text handed to %.*s", STR_ARG(fact->name)));
	}
	return all && any;
}

void sql_call_set_config(struct sql_work *w, struct str setting)
{
	sql_note_plain(w, sql_setting(setting), "setting", arena_str(w->arena, setting));
}

static void set_config(struct sql_work *w, const FuncCall *f, struct str name)
{
	struct str setting = f->args && f->args->length ? sql_name_literal(f->args->elements[0].ptr_value) : STR_NONE;
	enum sql_meaning means = setting.len ? sql_setting(setting) : SQL_MEANS_SESSION;

	sql_note_plain(w, means, "setting", setting.len ? arena_str(w->arena, setting) : name);
}

enum sql_meaning sql_call_meaning(const FuncCall *f)
{
	bool own;

	return sql_function(last_name(f->funcname, &own)).means;
}

void sql_call(struct sql_work *w, const FuncCall *f)
{
	bool own;
	struct str last = last_name(f->funcname, &own);
	struct sql_function fact = sql_function(last);
	struct str name;

	/* A schema of one's own may hold a function of any name. What is dangerous by its name stays so in any schema. */
	if (!own && fact.means == SQL_MEANS_READ)
		fact.means = SQL_MEANS_FUNCTION;
	if (fact.means == SQL_MEANS_READ)
		return;
	name = sql_name_list(w, f->funcname);
	if (str_is(last, "set_config")) {
		set_config(w, f, name);
		return;
	}
	fact.name = name;
	if (fact.text_from != SQL_NO_TEXT && read_arguments(w, f, &fact) && fact.means == SQL_MEANS_DYNAMIC)
		return;
	sql_note_plain(w, fact.means, "function", name);
}
