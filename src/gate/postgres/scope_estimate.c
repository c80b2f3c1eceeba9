/* What the planner expects of a DELETE or UPDATE, without running it. */
#include "gate/postgres/scope.h"

#include "base/json.h"
#include "gate/postgres/aside.h"

#define TEXT_MAX ((size_t)1 << 20)

/* "a, b" as identifiers; STR_NONE: the role's own. */
static struct str path_sql(struct str path, struct arena *arena)
{
	struct str all = STR_NONE;

	while (path.len) {
		size_t comma = str_find_char(path, ',');
		struct str one = str_trim(str_sub(path, 0, comma));
		auto_buf quoted = BUF_MAX(512);

		path = comma == SIZE_MAX ? STR_NONE : str_sub(path, comma + 1, SIZE_MAX);
		for (size_t i = 0; i < one.len; i++) {
			if (one.ptr[i] == '"')
				buf_addc(&quoted, '"');
			buf_addc(&quoted, one.ptr[i]);
		}
		all = arena_fmt(arena, "%.*s%s\"%.*s\"", STR_ARG(all), all.len ? ", " : "", STR_ARG(buf_str(&quoted)));
	}
	return all.len ? arena_fmt(arena, "SET LOCAL search_path TO %.*s", STR_ARG(all)) : STR("SET LOCAL search_path TO DEFAULT");
}

/* The rows below the node that writes: it is said itself to give none. */
static bool plan_rows(struct str text, struct arena *arena, uint64_t *ret, struct err *err)
{
	struct json *root;
	const struct json *plan;

	if (!json_parse(text, arena, &root, err))
		return false;
	plan = json_is(root, JSON_ARRAY) ? json_get(root->child, "Plan") : NULL;
	if (!plan || !str_is(json_str(plan, "Node Type"), "ModifyTable"))
		return err_set(err, ERR_TOOL, "the plan changes no rows");
	*ret = 0;
	JSON_EACH(p, json_get(plan, "Plans")) {
		struct str relation = json_str(p, "Parent Relationship");
		uint64_t rows;

		if (!str_is(relation, "InitPlan") && !str_is(relation, "SubPlan") && json_u64(p, "Plan Rows", &rows))
			*ret += rows;
	}
	return true;
}

static bool run(struct postgres_aside *a, struct str sql, struct arena *arena, struct err *err)
{
	struct aside_rows rows;

	return sql.ptr && aside_query(a, sql.ptr, NULL, 0, arena, &rows, err);
}

bool scope_estimate(struct postgres_aside *a, const struct scope_asked *asked, struct arena *arena, uint64_t *ret_rows, struct err *err)
{
	struct str explain = arena_fmt(arena, "EXPLAIN (FORMAT JSON) %.*s", STR_ARG(asked->text));
	struct aside_rows rows = { .n_rows = 0 };
	struct err ignored;
	bool ok;

	if (!asked->params_known || asked->text.len > TEXT_MAX || !explain.ptr)
		return err_set(err, ERR_LIMIT, "its parameters are not known as text");
	if (!run(a, STR("BEGIN READ ONLY"), arena, err))
		return false;
	ok = run(a, STR("SET LOCAL statement_timeout = '2s'"), arena, err) && run(a, STR("SET LOCAL lock_timeout = '500ms'"), arena, err) &&
	     run(a, path_sql(asked->search_path, arena), arena, err) &&
	     aside_query(a, explain.ptr, asked->params, asked->n_params, arena, &rows, err);
	if (!run(a, STR("ROLLBACK"), arena, &ignored))
		ok = ok && err_set(err, ERR_TOOL, "%s", ignored.msg);
	if (!ok)
		return false;
	if (rows.n_rows != 1)
		return err_set(err, ERR_TOOL, "the plan: an odd answer");
	return plan_rows(rows.cells[0], arena, ret_rows, err);
}
