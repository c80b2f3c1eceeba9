#include "gate/terraform/state_source.h"

#include <errno.h>

#include "base/fd.h"
#include "base/proc.h"
#include "gate/terraform/tool.h"
#include "gate/terraform/tree.h"
#include "read/backend_key.h"

#define RECORD_MAX ((size_t)4 << 20)
#define PULL_TIMEOUT_S 120

/* The folder's .terraform, or where TF_DATA_DIR puts it. */
static struct str data_folder(struct str folder, struct arena *arena)
{
	const char *dir = getenv("TF_DATA_DIR");

	if (!dir || !*dir)
		return arena_join(arena, folder, STR("/.terraform"));
	if (dir[0] == '/')
		return arena_str(arena, str_from(dir));
	return arena_fmt(arena, "%.*s/%s", STR_ARG(folder), dir);
}

/* A small file, or nothing when there is none. */
static bool read_small(struct str path, struct arena *arena, struct str *ret_text, struct err *err)
{
	auto_buf b = BUF_MAX(RECORD_MAX);
	struct err why = { 0 };

	if (!path.ptr)
		return err_set(err, ERR_LIMIT, "no memory");
	if (!file_read(path.ptr, &b, &why)) {
		*ret_text = STR_NONE;
		if (why.code == ERR_IO && (why.sys == ENOENT || why.sys == ENOTDIR))
			return true;
		if (err)
			*err = why;
		return false;
	}
	*ret_text = arena_str(arena, buf_str(&b));
	return true;
}

static bool find_workspace(struct str data, struct arena *arena, struct state_source *s, struct err *err)
{
	const char *name = getenv("TF_WORKSPACE");
	struct str text;

	if (name && *name) {
		s->workspace = arena_str(arena, str_from(name));
		return true;
	}
	if (!read_small(arena_join(arena, data, STR("/environment")), arena, &text, err))
		return false;
	s->workspace = str_trim(text);
	if (!s->workspace.len)
		s->workspace = STR("default");
	return true;
}

static bool find_backend(struct str data, struct arena *arena, struct state_source *s, struct err *err)
{
	struct str text = STR_NONE, path = arena_join(arena, data, STR("/terraform.tfstate"));
	struct json *root;

	s->type = STR("local");
	if (!read_small(path, arena, &text, err))
		return false;
	if (!text.len)
		return true;
	if (!json_parse(text, arena, &root, err))
		return err_prefix(err, "%.*s (run terraform init again)", STR_ARG(path));
	if (json_at(root, "backend.type")) {
		s->type = json_text(json_at(root, "backend.type"));
		s->config = json_at(root, "backend.config");
	}
	return true;
}

bool state_source_find(struct str folder, struct arena *arena, struct state_source *ret, struct err *err)
{
	struct state_source s = { .folder = folder };
	struct str data = data_folder(folder, arena);

	if (!find_workspace(data, arena, &s, err) || !find_backend(data, arena, &s, err))
		return false;
	s.key = backend_key(s.type, s.config, folder, arena);
	if (arena->full)
		return err_set(err, ERR_LIMIT, "no memory");
	*ret = s;
	return true;
}

static struct str absolute(struct str folder, struct str path, struct arena *arena)
{
	return path.len && path.ptr[0] == '/' ? arena_str(arena, path) :
						arena_fmt(arena, "%.*s/%.*s", STR_ARG(folder), STR_ARG(path));
}

struct str state_source_path(const struct state_source *s, struct arena *arena)
{
	struct str path = json_str(s->config, "path"), dir = json_str(s->config, "workspace_dir");

	if (!str_is(s->type, "local"))
		return STR_NONE;
	if (str_is(s->workspace, "default"))
		return absolute(s->folder, path.len ? path : STR("terraform.tfstate"), arena);
	if (!dir.len)
		dir = STR("terraform.tfstate.d");
	return absolute(s->folder, arena_fmt(arena, "%.*s/%.*s/terraform.tfstate", STR_ARG(dir), STR_ARG(s->workspace)), arena);
}

static enum state_source_found read_local(const char *path, struct buf *ret_bytes, struct err *why)
{
	struct err err = { 0 };

	if (file_read(path, ret_bytes, &err))
		return ret_bytes->len ? STATE_SOURCE_READ : STATE_SOURCE_ABSENT;
	if (err.code == ERR_IO && (err.sys == ENOENT || err.sys == ENOTDIR))
		return STATE_SOURCE_ABSENT;
	if (why)
		*why = err;
	return STATE_SOURCE_UNKNOWN;
}

static enum state_source_found pull(const struct state_source *s, struct buf *ret_bytes, struct err *why)
{
	char program[TOOL_PATH_MAX], folder[TREE_PATH_MAX];
	auto_buf said = BUF_MAX(1 << 20);
	struct proc_opts o = { .cwd = folder, .out = ret_bytes, .errout = &said, .timeout_s = PULL_TIMEOUT_S };
	char *argv[] = { program, (char[]){ "state" }, (char[]){ "pull" }, NULL };
	int status;

	if (!tool_find("terraform", program, why) && !tool_find("tofu", program, why))
		return STATE_SOURCE_UNKNOWN;
	snprintf(folder, sizeof(folder), "%.*s", STR_ARG(s->folder));
	if (!proc_run(argv, &o, &status, why))
		return STATE_SOURCE_UNKNOWN;
	if (status != 0) {
		err_set(why, ERR_TOOL, "terraform state pull: exit status %d", status);
		return STATE_SOURCE_UNKNOWN;
	}
	return ret_bytes->len ? STATE_SOURCE_READ : STATE_SOURCE_ABSENT;
}

enum state_source_found state_source_read(const struct state_source *s, bool may_pull, struct buf *ret_bytes, struct err *why)
{
	char mem[2 * TREE_PATH_MAX] = { 0 };
	struct arena small;
	struct str path;

	arena_init(&small, mem, sizeof(mem));
	if (!str_is(s->type, "local")) {
		if (may_pull)
			return pull(s, ret_bytes, why);
		err_set(why, ERR_STATE, "the state is in backend %.*s and was not asked for", STR_ARG(s->type));
		return STATE_SOURCE_UNKNOWN;
	}
	path = state_source_path(s, &small);
	if (!path.ptr) {
		err_set(why, ERR_LIMIT, "the state's path is too long");
		return STATE_SOURCE_UNKNOWN;
	}
	return read_local(path.ptr, ret_bytes, why);
}
