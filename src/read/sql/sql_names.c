#include "read/sql/sql_tree.h"

struct str sql_name_copy(struct sql_work *w, const char *s)
{
	return s ? arena_str(w->arena, str_from(s)) : STR_NONE;
}

struct str sql_name(struct sql_work *w, const RangeVar *r)
{
	if (!r || !r->relname)
		return STR_NONE;
	if (r->catalogname && r->schemaname)
		return arena_fmt(w->arena, "%s.%s.%s", r->catalogname, r->schemaname, r->relname);
	if (r->schemaname)
		return arena_fmt(w->arena, "%s.%s", r->schemaname, r->relname);
	return sql_name_copy(w, r->relname);
}

bool sql_name_temporary(const RangeVar *r)
{
	return r && r->schemaname && str_is(str_from(r->schemaname), "pg_temp");
}

struct str sql_name_literal(const void *node)
{
	const A_Const *c = node;

	if (!node)
		return STR_NONE;
	if (SQL_TAG(node) == T_String)
		return str_from(((const String *)node)->sval);
	if (SQL_TAG(node) == T_TypeCast)
		return sql_name_literal(((const TypeCast *)node)->arg);
	if (SQL_TAG(node) != T_A_Const || c->isnull)
		return STR_NONE;
	switch (SQL_TAG(&c->val.node)) {
	case T_String:
		return str_from(c->val.sval.sval);
	case T_Float:
		return str_from(c->val.fval.fval);
	case T_Boolean:
		return c->val.boolval.boolval ? STR("true") : STR("false");
	default:
		return STR_NONE;
	}
}

struct str sql_name_list(struct sql_work *w, const List *names)
{
	struct str all = STR_NONE;

	SQL_EACH(n, names) {
		struct str one = sql_name_literal(SQL_ITEM(n, names));

		if (!one.len || n_i >= 8)
			continue;
		all = all.len ? arena_fmt(w->arena, "%.*s.%.*s", STR_ARG(all), STR_ARG(one)) : arena_str(w->arena, one);
	}
	return all;
}

struct str sql_name_object(struct sql_work *w, const void *object)
{
	if (!object)
		return STR_NONE;
	switch (SQL_TAG(object)) {
	case T_List: {
		const List *l = object;

		/* A trigger on a table is (table, trigger); a cast is (type, type): nothing there is a plain list of texts only. */
		if (l->length && SQL_TAG(l->elements[0].ptr_value) == T_TypeName)
			return sql_name_object(w, l->elements[0].ptr_value);
		return sql_name_list(w, l);
	}
	case T_TypeName:
		return sql_name_list(w, ((const TypeName *)object)->names);
	case T_ObjectWithArgs:
		return sql_name_list(w, ((const ObjectWithArgs *)object)->objname);
	case T_RangeVar:
		return sql_name(w, object);
	case T_String:
		return sql_name_copy(w, ((const String *)object)->sval);
	case T_RoleSpec:
		return sql_name_copy(w, ((const RoleSpec *)object)->rolename);
	default:
		return STR_NONE;
	}
}

const DefElem *sql_name_element(const List *options, const char *name)
{
	const DefElem *found = NULL;

	SQL_EACH(o, options) {
		const DefElem *d = SQL_ITEM(o, options);

		if (SQL_TAG(d) == T_DefElem && d->defname && str_eq_nocase(str_from(d->defname), str_from(name)))
			found = d;
	}
	return found;
}

bool sql_name_option(const List *options, const char *name)
{
	const DefElem *d = sql_name_element(options, name);
	struct str v;

	if (!d || !d->arg)
		return d;
	v = sql_name_literal(d->arg);
	if (SQL_TAG(d->arg) == T_Integer)
		return ((const Integer *)d->arg)->ival != 0;
	return !(str_eq_nocase(v, STR("false")) || str_eq_nocase(v, STR("off")) || str_is(v, "0"));
}
