/* Tasks that lie in a file: Taskfile.yml, Rakefile, deno.json. Lines are enough; what they say is a script or code. */
#include "base/json.h"
#include "read/shell/run_parts.h"
#include "read/shell/run_programs.h"

static struct str file_of(struct run *r, struct run_scene *s, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		enum run_seen seen;
		const struct run_file *f = run_file(r, s, str_from(names[i]), &seen);

		if (f && f->known)
			return f->text;
	}
	return STR("");
}

static bool wanted(const struct run_call *call, struct str name)
{
	bool any = false;

	for (size_t i = 1; i < call->n; i++) {
		if (call->argv[i].text.len && call->argv[i].text.ptr[0] == '-')
			continue;
		any = true;
		if (str_eq(call->argv[i].text, name))
			return true;
	}
	return !any && str_is(name, "default");
}

static size_t indent(struct str line)
{
	size_t n = 0;

	while (n < line.len && line.ptr[n] == ' ')
		n++;
	return n;
}

/* One line of a task: `- cmd`, `- cmd: cmd`, `cmds: [cmd]`, or a line of a block. */
static struct str command_in(struct str line)
{
	line = str_trim(line);
	if (str_starts(line, STR("- task:")) || str_starts(line, STR("desc:")) || str_starts(line, STR("#")))
		return STR("");
	if (str_starts(line, STR("cmds: [")) && str_ends(line, STR("]")))
		return str_sub(line, 7, line.len - 8);
	if (str_starts(line, STR("cmd: ")))
		return str_sub(line, 5, line.len);
	if (!str_starts(line, STR("- ")))
		return STR("");
	line = str_trim(str_sub(line, 2, line.len));
	if (str_starts(line, STR("cmd: ")))
		line = str_sub(line, 5, line.len);
	if (line.len > 1 && (line.ptr[0] == '\'' || line.ptr[0] == '"') && line.ptr[line.len - 1] == line.ptr[0])
		line = str_sub(line, 1, line.len - 2);
	return line;
}

bool run_task(struct run *r, struct run_scene *s, struct run_call *call)
{
	static const char *const names[] = { "Taskfile.yml", "Taskfile.yaml", "taskfile.yml", "taskfile.yaml" };
	struct str text = s->remote ? STR("") : file_of(r, s, names, ARRAY_LEN(names)), line;
	struct run_scene p = run_scene_process(r, s, "task", call);
	size_t at = 0, depth = 0;
	bool in = false;

	while (run_line(text, &at, &line) && run_step(r, 1)) {
		struct str name = str_trim(line);
		size_t n = indent(line);

		if (name.len && in && n <= depth)
			in = false;
		if (!in && n && name.len > 1 && name.ptr[name.len - 1] == ':' && wanted(call, str_sub(name, 0, name.len - 1))) {
			in = true;
			depth = n;
		} else if (in && command_in(line).len) {
			run_script(r, &p, command_in(line), call->act);
		}
	}
	return true;
}

bool run_rake(struct run *r, struct run_scene *s, struct run_call *call)
{
	static const char *const names[] = { "Rakefile", "rakefile", "Rakefile.rb" };
	struct str text = s->remote ? STR("") : file_of(r, s, names, ARRAY_LEN(names)), line;
	struct run_scene p = run_scene_process(r, s, "rake", call);
	struct run_text code = { .arena = r->arena };
	size_t at = 0;
	bool in = false;

	while (run_line(text, &at, &line) && run_step(r, 1)) {
		struct str name = str_trim(line);

		if (str_starts(name, STR("task "))) {
			size_t end = 0;

			name = str_trim(str_sub(name, 5, name.len));
			while (name.len && memchr(":'\"", name.ptr[0], 3))
				name = str_sub(name, 1, name.len);
			while (end < name.len && !memchr(" ,'\":=", name.ptr[end], 6))
				end++;
			in = wanted(call, str_sub(name, 0, end));
		}
		if (in) {
			run_text_add(&code, line);
			run_text_addc(&code, '\n');
		}
	}
	if (code.len)
		run_code(r, &p, "ruby", run_text_str(&code), call);
	return false; /* rails' own tasks are read by their names */
}

/* JSON without the comments and last commas that deno.json may have. */
static struct str plain_json(struct run *r, struct str s)
{
	struct run_text t = { .arena = r->arena };
	bool quoted = false;

	for (size_t i = 0; i < s.len; i++) {
		struct str rest = str_sub(s, i, s.len);

		if (!quoted && (str_starts(rest, STR("//")) || str_starts(rest, STR("/*")))) {
			struct str end = s.ptr[i + 1] == '/' ? STR("\n") : STR("*/");
			size_t n = str_find(str_sub(rest, 2, rest.len), end);

			i = n == SIZE_MAX ? s.len : i + 1 + n + end.len;
			run_text_addc(&t, ' ');
			continue;
		}
		if (!quoted && s.ptr[i] == ',') {
			size_t k = i + 1;

			while (k < s.len && memchr(" \t\r\n", s.ptr[k], 4))
				k++;
			if (k < s.len && (s.ptr[k] == '}' || s.ptr[k] == ']'))
				continue;
		}
		quoted ^= s.ptr[i] == '"';
		run_text_addc(&t, s.ptr[i]);
		if (quoted && s.ptr[i] == '\\' && i + 1 < s.len)
			run_text_addc(&t, s.ptr[++i]);
	}
	return run_text_str(&t);
}

/* deno task NAME: of deno.json, else the script of package.json. */
bool run_deno(struct run *r, struct run_scene *s, struct run_call *call)
{
	static const char *const names[] = { "deno.json", "deno.jsonc" };
	struct json *root = NULL;
	struct str text;
	struct err err;
	size_t at = 2;

	if (call->n < 3 || !str_is(call->argv[1].text, "task") || s->remote)
		return false;
	while (at < call->n && call->argv[at].text.len && call->argv[at].text.ptr[0] == '-')
		at++;
	text = file_of(r, s, names, ARRAY_LEN(names));
	if (at == call->n || !text.len || !json_parse(plain_json(r, text), r->arena, &root, &err))
		return true;
	JSON_EACH(task, json_get(root, "tasks")) {
		struct run_scene p = run_scene_process(r, s, "deno task", call);
		struct str line = task->type == JSON_STRING ? task->text : json_str(task, "command");

		if (!str_eq(task->key, call->argv[at].text) || !line.len ||
		    str_find(p.via, STR("deno task › deno task › deno task")) != SIZE_MAX)
			continue;
		if (at + 1 < call->n)
			line = arena_fmt(r->arena, "%.*s %.*s", STR_ARG(line), STR_ARG(run_joined(r, call, at + 1)));
		run_script(r, &p, line, call->act);
	}
	return true;
}
