#include "gate/terraform/workcopy.h"

#include <dirent.h>
#include <limits.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/proc.h"
#include "gate/terraform/backend.h"
#include "gate/terraform/cli_config.h"

#define OUTPUT_MAX ((size_t)1 << 20)
#define PULL_TIMEOUT_S 300
#define INIT_TIMEOUT_S 900

void workcopy_free(struct workcopy *w)
{
	workcopy_env_free(w->env);
	w->env = NULL;
	buf_free(&w->pulled);
}

bool workcopy_remove(struct workcopy *w, struct err *err)
{
	return dir_remove(w->root, err);
}

static bool put(char *ret, size_t size, struct str s, const char *what, struct err *err)
{
	if ((size_t)snprintf(ret, size, "%.*s", STR_ARG(s)) >= size)
		return err_set(err, ERR_LIMIT, "%s is too long", what);
	return true;
}

static const char *variable(char *const *env, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; env[i]; i++) {
		if (strncmp(env[i], name, n) == 0 && env[i][n] == '=' && env[i][n + 1])
			return env[i] + n + 1;
	}
	return NULL;
}

/* --- what the original is --- */

static bool find_data(const struct workcopy_from *from, struct workcopy *w, struct err *err)
{
	const char *data = variable(from->env, "TF_DATA_DIR");

	data = data ? data : ".terraform";
	if (data[0] == '/')
		return put(w->data, sizeof(w->data), str_from(data), "TF_DATA_DIR", err);
	return tree_join(w->data, from->original, data, err);
}

static bool find_workspace(const struct workcopy_from *from, struct workcopy *w, struct err *err)
{
	const char *name = variable(from->env, "TF_WORKSPACE");
	auto_buf b = BUF_MAX(4096);
	char path[TREE_PATH_MAX];

	if (name)
		return put(w->workspace, sizeof(w->workspace), str_from(name), "TF_WORKSPACE", err);
	if (!tree_join(path, w->data, "environment", err))
		return false;
	if (file_exists(path) && !file_read(path, &b, err))
		return false;
	if (!str_trim(buf_str(&b)).len)
		buf_adds(&b, "default");
	return put(w->workspace, sizeof(w->workspace), str_trim(buf_str(&b)), "the workspace's name", err);
}

void workcopy_state_head(struct str state, char ret_lineage[WORKCOPY_NAME_MAX], char ret_serial[24])
{
	struct json *root = NULL;
	struct arena a;
	uint64_t serial;

	ret_lineage[0] = ret_serial[0] = '\0';
	if (!state.len || !arena_map(&a, state.len * 16 + 65536))
		return;
	if (json_parse(state, &a, &root, NULL)) {
		snprintf(ret_lineage, WORKCOPY_NAME_MAX, "%.*s", STR_ARG(json_str(root, "lineage")));
		if (json_u64(root, "serial", &serial))
			snprintf(ret_serial, 24, "%llu", (unsigned long long)serial);
	}
	arena_unmap(&a);
}

/* `state pull` in a folder: the state exactly as terraform finds it there, or nothing. */
static bool pull(const char *program, const char *dir, char *const *env, struct buf *ret, struct err *err)
{
	char *const argv[] = { (char *)(uintptr_t)program, (char *)(uintptr_t) "state", (char *)(uintptr_t) "pull",
			       (char *)(uintptr_t) "-no-color", NULL };
	auto_buf errout = BUF_MAX(OUTPUT_MAX);
	struct proc_opts o = { .cwd = dir, .env = env, .out = ret, .errout = &errout, .timeout_s = PULL_TIMEOUT_S };
	int status = 0;

	if (!proc_run(argv, &o, &status, err))
		return err_prefix(err, "reading the state");
	if (status != 0)
		return err_set(err, ERR_TOOL,
			       "reading the state in %s failed (terraform state pull: %d). It said: %.*s", dir, status,
			       STR_ARG(str_sub(str_trim(buf_str(&errout)), 0, 600)));
	if (!str_trim(buf_str(ret)).len)
		buf_clear(ret);
	return true;
}

/* The original's own data folder, with the scrubbed environment. */
static bool pull_original(const struct workcopy_from *from, struct workcopy *w, struct err *err)
{
	char **env = workcopy_env(from->env, w->workspace), *data = NULL;
	size_t n = 0, size = strlen(w->data) + 16;
	bool ok = env && (data = malloc(size));

	if (ok) {
		snprintf(data, size, "TF_DATA_DIR=%s", w->data);
		while (env[n])
			n++;
		env[n] = data; /* workcopy_env leaves room */
		w->pulled = BUF_MAX(WORKCOPY_MAX_STATE);
		ok = pull(from->program, from->original, env, &w->pulled, err);
	} else {
		err_set(err, ERR_LIMIT, "no memory");
	}
	workcopy_env_free(env);
	if (!ok)
		return false;
	w->state = digest_of(w->pulled.ptr, w->pulled.len);
	workcopy_state_head(buf_str(&w->pulled), w->lineage, w->serial);
	return true;
}

/* --- making --- */

static bool new_id(char ret[WORKCOPY_ID_LEN + 1], struct err *err)
{
	unsigned char raw[WORKCOPY_ID_LEN / 2];

	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		return err_sys(err, "getrandom");
	for (size_t i = 0; i < sizeof(raw); i++)
		snprintf(ret + 2 * i, 3, "%02x", raw[i]);
	return true;
}

static bool inside(const char *path, const char *dir)
{
	size_t n = strcmp(dir, "/") == 0 ? 0 : strlen(dir);

	return strncmp(path, dir, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static bool copy_tree(const struct workcopy_from *from, struct workcopy *w, struct err *err)
{
	char top[TREE_PATH_MAX], tree[TREE_PATH_MAX];
	struct tree_size size;
	bool ok;

	if (!tree_join(tree, w->root, "tree", err))
		return false;
	tree_root(from->original, top);
	ok = !inside(from->state_dir, top) && tree_copy(top, tree, &size, err);
	if (!ok) { /* too large, or pawl's own folder lies in it: the modules alone */
		tree_ancestor(from->original, top);
		if (inside(from->state_dir, top))
			return err_set(err, ERR_STATE,
				       "pawl's own folder %s lies inside the configuration %s: move one of them",
				       from->state_dir, top);
		ok = dir_remove(tree, err) && tree_copy(top, tree, &size, err);
	}
	if (!ok)
		return err_prefix(err, "copying the configuration");
	return (size_t)snprintf(w->dir, sizeof(w->dir), "%s%s", tree,
				from->original + (strcmp(top, "/") == 0 ? 0 : strlen(top))) < sizeof(w->dir) ||
	       err_set(err, ERR_LIMIT, "path too long");
}

/* Override, downloaded modules; the lock file came with the tree. */
static bool bind(struct workcopy *w, struct err *err)
{
	char path[TREE_PATH_MAX], from[TREE_PATH_MAX], to[TREE_PATH_MAX];
	auto_buf override = BUF_MAX((size_t)1 << 20);

	if (!backend_override(w->original, w->data, w->backend, &override, err))
		return false;
	if (!tree_join(path, w->dir, BACKEND_OVERRIDE, err) || !file_replace(path, buf_str(&override), 0600, err))
		return false;
	if (!tree_join(path, w->dir, ".terraform", err) || !dir_make(path, 0700, err))
		return false;
	if (!tree_join(from, w->data, "modules", err) || !tree_join(to, path, "modules", err) ||
	    !tree_copy_all(from, to, err))
		return false;
	return tree_join(to, path, "environment", err) && file_replace(to, str_from(w->workspace), 0600, err);
}

static bool init(struct workcopy *w, struct err *err)
{
	char plugins[TREE_PATH_MAX + 16] = "-plugin-dir=", text[] = "init", no_input[] = "-input=false",
				     no_colour[] = "-no-color";
	auto_buf out = BUF_MAX(OUTPUT_MAX);
	struct proc_opts o = { .cwd = w->dir, .env = w->env, .out = &out, .errout = &out, .timeout_s = INIT_TIMEOUT_S };
	char *argv[] = { w->program, text, no_input, no_colour, NULL, NULL };
	char dir[TREE_PATH_MAX];
	int status = 0;

	if (!tree_join(dir, w->data, "providers", err))
		return false;
	if (file_exists(dir)) {
		snprintf(plugins, sizeof(plugins), "-plugin-dir=%s", dir);
		argv[4] = plugins;
	}
	if (!proc_run(argv, &o, &status, err))
		return err_prefix(err, "preparing the private copy");
	if (status != 0) {
		struct str said = str_trim(buf_str(&out));

		return err_set(
			err, ERR_TOOL,
			"preparing the private copy (terraform init) failed; run `terraform init` in %s first. %.*s",
			w->original, STR_ARG(str_sub(said, said.len > 600 ? said.len - 600 : 0, 600)));
	}
	return true;
}

static bool record(const struct workcopy *w, struct err *err)
{
	auto_buf b = BUF_MAX(65536);
	struct json_out o = { .buf = &b };
	char path[TREE_PATH_MAX], hex[DIGEST_HEX_LEN + 1];

	digest_hex(&w->state, hex);
	json_out_open(&o, '{');
	json_out_kv(&o, "id", str_from(w->id));
	json_out_kv(&o, "original", str_from(w->original));
	json_out_kv(&o, "dir", str_from(w->dir));
	json_out_kv(&o, "data", str_from(w->data));
	json_out_kv(&o, "workspace", str_from(w->workspace));
	json_out_kv(&o, "backend", str_from(w->backend));
	json_out_kv(&o, "program", str_from(w->program));
	json_out_kv(&o, "lineage", str_from(w->lineage));
	json_out_kv(&o, "serial", str_from(w->serial));
	json_out_kv(&o, "state_sha256", str_from(hex));
	json_out_close(&o, '}');
	return tree_join(path, w->root, "work.json", err) && file_replace(path, buf_str(&b), 0600, err);
}

static bool make_steps(const struct workcopy_from *from, struct workcopy *w, struct err *err)
{
	char work[TREE_PATH_MAX];

	if (!new_id(w->id, err) || !tree_join(work, from->state_dir, "work", err) ||
	    !tree_join(w->root, work, w->id, err) || !tree_join(w->plan, w->root, "plan", err) ||
	    !put(w->original, sizeof(w->original), str_from(from->original), "the path", err) ||
	    !put(w->program, sizeof(w->program), str_from(from->program), "the path", err))
		return false;
	if (!cli_config_check(from->env, err) || !find_data(from, w, err) || !find_workspace(from, w, err))
		return false;
	w->env = workcopy_env(from->env, w->workspace);
	if (!w->env)
		return err_set(err, ERR_LIMIT, "no memory");
	return pull_original(from, w, err) && dir_make(w->root, 0700, err) && copy_tree(from, w, err) && bind(w, err) &&
	       init(w, err) && record(w, err);
}

/* Copies nobody came back for go after a while; they may hold secrets. What cannot be taken away stays 0700. */
static void sweep(const char *state_dir)
{
	char work[TREE_PATH_MAX], path[TREE_PATH_MAX];
	time_t now = (time_t)(clock_now_us() / CLOCK_SECOND);
	struct dirent *e;
	struct stat st;
	DIR *d;

	if (!tree_join(work, state_dir, "work", NULL))
		return;
	d = opendir(work);
	while (d && (e = readdir(d))) {
		bool gone = e->d_name[0] == '.' || !tree_join(path, work, e->d_name, NULL) || lstat(path, &st) != 0 ||
			    now - st.st_mtime < WORKCOPY_LIFE_S || dir_remove(path, NULL);

		(void)gone;
	}
	if (d)
		closedir(d);
}

bool workcopy_make(const struct workcopy_from *from, struct workcopy *ret, struct err *err)
{
	struct workcopy w = { 0 };

	sweep(from->state_dir);
	if (!make_steps(from, &w, err)) {
		/* What cannot be taken away stays 0700 and is swept with the old ones. */
		bool gone = !w.root[0] || dir_remove(w.root, NULL);

		(void)gone;
		workcopy_free(&w);
		return false;
	}
	*ret = w;
	return true;
}

/* --- one made before --- */

static bool is_id(struct str id)
{
	for (size_t i = 0; i < id.len; i++) {
		if (!strchr("0123456789abcdef", id.ptr[i]) || !id.ptr[i])
			return false;
	}
	return id.len == WORKCOPY_ID_LEN;
}

static bool take_record(const struct json *root, struct workcopy *w, struct err *err)
{
	const struct {
		const char *key;
		char *to;
		size_t size;
	} fields[] = {
		{ "original", w->original, sizeof(w->original) },
		{ "dir", w->dir, sizeof(w->dir) },
		{ "data", w->data, sizeof(w->data) },
		{ "workspace", w->workspace, sizeof(w->workspace) },
		{ "backend", w->backend, sizeof(w->backend) },
		{ "program", w->program, sizeof(w->program) },
		{ "lineage", w->lineage, sizeof(w->lineage) },
		{ "serial", w->serial, sizeof(w->serial) },
	};

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		if (!put(fields[i].to, fields[i].size, json_str(root, fields[i].key), fields[i].key, err))
			return false;
	}
	if (!digest_from_hex(json_str(root, "state_sha256"), &w->state) || !inside(w->dir, w->root))
		return err_set(err, ERR_BROKEN, "%s/work.json is damaged: plan again", w->root);
	return true;
}

bool workcopy_open(const char *state_dir, struct str id, char *const *env, struct workcopy *ret, struct err *err)
{
	struct workcopy w = { 0 };
	auto_buf b = BUF_MAX(65536);
	char path[TREE_PATH_MAX];
	struct json *root = NULL;
	struct arena a;
	bool ok;

	if (!is_id(id))
		return err_set(err, ERR_BROKEN, "no private copy of that name: plan again");
	snprintf(w.id, sizeof(w.id), "%.*s", STR_ARG(id));
	if (!tree_join(path, state_dir, "work", err) || !tree_join(w.root, path, w.id, err) ||
	    !tree_join(w.plan, w.root, "plan", err) || !tree_join(path, w.root, "work.json", err))
		return false;
	if (!file_read(path, &b, NULL))
		return err_set(err, ERR_STATE, "the private copy in which this plan was made is gone: plan again");
	if (!arena_map(&a, (size_t)1 << 20))
		return err_set(err, ERR_LIMIT, "no memory");
	ok = (json_parse(buf_str(&b), &a, &root, err) || err_prefix(err, "%s", path)) && take_record(root, &w, err) &&
	     cli_config_check(env, err);
	arena_unmap(&a);
	w.env = ok ? workcopy_env(env, w.workspace) : NULL;
	if (!w.env)
		return ok ? err_set(err, ERR_LIMIT, "no memory") : false;
	*ret = w;
	return true;
}

bool workcopy_pull(struct workcopy *w, struct buf *ret, struct err *err)
{
	return pull(w->program, w->dir, w->env, ret, err);
}
