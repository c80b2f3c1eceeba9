#include "gate/terraform/cleanup_folder.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/proc.h"
#include "base/timestamp.h"
#include "gate/terraform/backend.h"
#include "gate/terraform/workcopy.h"

#define MAX_SAID ((size_t)8 << 20)
#define RUN_TIMEOUT_S 1800

void cleanup_folder_free(struct cleanup_folder *f)
{
	workcopy_env_free(f->env);
	f->env = NULL;
}

bool cleanup_folder_remove(struct cleanup_folder *f, struct err *err)
{
	return dir_remove(f->root, err);
}

/* STATE/cleanup/20261121T091500-PID */
static bool name_root(const char *state_dir, struct cleanup_folder *f, struct err *err)
{
	struct timestamp_parts t = timestamp_split(clock_now_us());
	char parent[TREE_PATH_MAX], name[64];

	snprintf(name, sizeof(name), "%04d%02d%02dT%02d%02d%02d-%ld", t.year, t.month, t.day,
		 t.hour, t.minute, t.second, (long)getpid());
	return tree_join(parent, state_dir, "cleanup", err) && dir_make(parent, 0700, err) &&
	       tree_join(f->root, parent, name, err);
}

/* The whole tree the module may read; the tighter one when that is too large. */
static bool copy(const char *config, struct cleanup_folder *f, struct err *err)
{
	char top[TREE_PATH_MAX], modules[TREE_PATH_MAX], to[TREE_PATH_MAX];
	struct tree_size size;
	struct err why = { .code = ERR_NONE };
	size_t n;

	tree_root(config, top);
	if (!tree_copy(top, f->root, &size, &why)) {
		if (why.code != ERR_LIMIT || !dir_remove(f->root, err))
			return err_set(err, why.code, "%s", why.msg);
		tree_ancestor(config, top);
		if (!tree_copy(top, f->root, &size, err))
			return false;
	}
	n = strlen(top);
	if (strncmp(config, top, n) != 0)
		return err_set(err, ERR_STATE, "%s is not in %s", config, top);
	if (!tree_join(f->dir, f->root, config[n] == '/' ? config + n + 1 : config + n, err))
		return false;
	n = strlen(f->dir);
	if (f->dir[n - 1] == '/')
		f->dir[n - 1] = 0;
	return tree_join(modules, config, ".terraform/modules", err) &&
	       tree_join(to, f->dir, ".terraform/modules", err) &&
	       (!file_exists(modules) || tree_copy_all(modules, to, err));
}

/* A local backend, whatever the configuration says: read last of all override files. */
static bool bind_backend(struct cleanup_folder *f, struct err *err)
{
	char override[TREE_PATH_MAX], path[TREE_PATH_MAX];
	auto_buf text = BUF_MAX(65536);
	struct json_out o = { .buf = &text };

	if (!tree_join(path, f->dir, "terraform.tfstate", err) ||
	    !tree_join(override, f->dir, BACKEND_OVERRIDE, err) ||
	    !tree_join(f->plan, f->dir, CLEANUP_PLAN, err))
		return false;
	buf_adds(&text, "{\"terraform\":{\"backend\":{\"local\":");
	json_out_open(&o, '{');
	json_out_kv(&o, "path", str_from(path));
	json_out_close(&o, '}');
	buf_adds(&text, "}}}\n");
	return file_replace(override, buf_str(&text), 0600, err);
}

/* Only after init: told of a backend for the first time, init moves a state that lies in the folder already, and when the old
 * place and the new one are the same file it leaves that file empty. */
static bool write_state(struct str state, const struct cleanup_folder *f, struct err *err)
{
	char path[TREE_PATH_MAX];

	return tree_join(path, f->dir, "terraform.tfstate", err) &&
	       file_replace(path, state, 0600, err);
}

bool cleanup_folder_run(const struct cleanup_folder *f, char *const argv[], struct buf *out,
			struct err *err)
{
	auto_buf said = BUF_MAX(MAX_SAID);
	struct proc_opts o = { .cwd = f->dir,
			       .env = f->env,
			       .out = out ? out : &said,
			       .errout = &said,
			       .timeout_s = RUN_TIMEOUT_S };
	struct str tail;
	int status = 0;

	if (!proc_run(argv, &o, &status, err))
		return false;
	if (status == 0)
		return true;
	tail = str_trim(buf_str(&said));
	return err_set(err, ERR_TOOL, "%s %s ended with status %d in %s: %.*s", argv[0], argv[1],
		       status, f->dir,
		       STR_ARG(str_sub(tail, tail.len > 700 ? tail.len - 700 : 0, 700)));
}

static bool init(const char *config, struct cleanup_folder *f, struct err *err)
{
	char word[] = "init", no_input[] = "-input=false", no_colour[] = "-no-color",
	     plugins[TREE_PATH_MAX + 16];
	char *argv[] = { f->program, word, no_input, no_colour, NULL, NULL };
	char providers[TREE_PATH_MAX];

	if (!tree_join(providers, config, ".terraform/providers", err))
		return false;
	if (file_exists(providers)) {
		snprintf(plugins, sizeof(plugins), "-plugin-dir=%s", providers);
		argv[4] = plugins;
	}
	return cleanup_folder_run(f, argv, NULL, err);
}

static bool make_steps(const struct cleanup_folder_from *from, struct cleanup_folder *f,
		       struct err *err)
{
	f->env = workcopy_env(from->env, NULL);
	if (!f->env)
		return err_set(err, ERR_LIMIT, "out of memory");
	if ((size_t)snprintf(f->program, sizeof(f->program), "%s", from->program) >=
	    sizeof(f->program))
		return err_set(err, ERR_LIMIT, "path too long: %s", from->program);
	return name_root(from->state_dir, f, err) && copy(from->config, f, err) &&
	       bind_backend(f, err) && init(from->config, f, err) &&
	       write_state(from->state, f, err);
}

bool cleanup_folder_make(const struct cleanup_folder_from *from, struct cleanup_folder *ret,
			 struct err *err)
{
	struct cleanup_folder f = { .env = NULL };

	if (!make_steps(from, &f, err)) {
		/* What cannot be taken away holds no state anybody uses. */
		if (f.root[0] && !dir_remove(f.root, NULL))
			err_prefix(err, "%s is left behind", f.root);
		cleanup_folder_free(&f);
		return false;
	}
	*ret = f;
	return true;
}
