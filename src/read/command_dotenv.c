#include "read/command_place.h"

bool command_env(const struct command_work *w, struct str name, struct str *ret)
{
	const struct shell_act *a = w->act;

	for (const struct shell_variable *v = a->env; v; v = v->next) {
		if (str_eq(v->name, name)) {
			*ret = v->value.text;
			return !v->unset;
		}
	}
	return !a->env_cleared && !a->remote && world_env(w->world, name, ret);
}

struct str command_path(const struct command_work *w, struct str path)
{
	struct str cwd = w->act->cwd.known ? w->act->cwd.text : w->act->cwd.text.len ? STR_NONE : w->world->cwd;

	if (!path.len || !command_known(path))
		return STR_NONE;
	if (path.ptr[0] != '/' && !cwd.len)
		return STR_NONE;
	return world_absolute(cwd, path, w->arena);
}

struct str command_file(const struct command_work *w, struct str path, bool *ret_found)
{
	const struct world_file *f;

	*ret_found = false;
	path = w->act->remote ? STR_NONE : command_path(w, path);
	if (!path.len)
		return STR_NONE;
	f = world_file(w->world, path);
	*ret_found = f && f->found;
	return f ? f->text : STR_NONE;
}

static struct str unquote(struct str v)
{
	size_t end;

	v = str_trim(v);
	if (v.len && (v.ptr[0] == '"' || v.ptr[0] == '\'' || v.ptr[0] == '`')) {
		end = str_find_char(str_sub(v, 1, v.len), v.ptr[0]);
		return str_sub(v, 1, end == SIZE_MAX ? v.len : end);
	}
	end = str_find(v, STR(" #"));
	return str_trim(str_sub(v, 0, end == SIZE_MAX ? v.len : end));
}

/* The last line that sets it counts, as in every loader. */
static bool in_text(struct str text, struct str name, struct str *ret)
{
	struct str line;
	bool found = false;

	while (command_next(&text, '\n', &line)) {
		size_t equals;

		line = str_trim(line);
		if (str_starts(line, STR("export ")))
			line = str_trim(str_sub(line, 7, line.len));
		equals = str_find_char(line, '=');
		if (equals == SIZE_MAX || !str_eq(str_trim(str_sub(line, 0, equals)), name))
			continue;
		*ret = unquote(str_sub(line, equals + 1, line.len));
		found = true;
	}
	return found;
}

bool command_dotenv(struct command_work *w, const char *files, struct str name, struct str *ret)
{
	struct str list = str_from(files), one;

	while (command_next(&list, ' ', &one)) {
		bool found;
		struct str text = command_file(w, one, &found);

		if (found && in_text(text, name, ret))
			return true;
	}
	return false;
}
