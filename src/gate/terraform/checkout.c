#include "gate/terraform/checkout.h"

#include <dirent.h>

#include "base/fd.h"
#include "gate/terraform/backend.h"
#include "gate/terraform/tree.h"

#define FILE_MAX ((size_t)64 << 20)

struct module {
	struct str key;
	char dir[TREE_PATH_MAX];
	size_t n_files; /* in the plan */
};

static bool differs(const char *path, const char *how, struct err *err)
{
	return err_set(err, ERR_DENIED,
		       "the configuration here is not the one that was planned and approved: %s %s. Check out the revision of the plan",
		       path, how);
}

static bool same_file(const char *path, struct str want, struct err *err)
{
	auto_buf b = BUF_MAX(FILE_MAX);

	if (!file_exists(path))
		return differs(path, "is missing", err);
	return file_read(path, &b, err) && (str_eq(buf_str(&b), want) || differs(path, "differs", err));
}

/* As terraform picks them: no hidden files, no leavings of editors. */
static bool is_config(struct str name)
{
	if (name.ptr[0] == '.' || name.ptr[0] == '#')
		return false;
	return str_ends(name, STR(".tf")) || str_ends(name, STR(".tf.json"));
}

/* Each of the plan's is there and the same; so one more here is one that the plan does not know. */
static bool none_more(const struct module *m, struct err *err)
{
	DIR *d = opendir(m->dir);
	struct dirent *e;
	size_t n = 0;

	if (!d)
		return err_sys(err, "%s", m->dir);
	while ((e = readdir(d)))
		n += is_config(str_from(e->d_name));
	closedir(d);
	return n <= m->n_files || differs(m->dir, "has configuration files that the plan does not have", err);
}

/* Modules times files, at most PLANFILE_MAX_MEMBERS of each, and a comparison that ends at the first byte for nearly all. */
static bool same_files(const struct planfile *pf, struct module *m, struct arena *arena, struct err *err)
{
	struct str head = arena_fmt(arena, "m-%.*s/", STR_ARG(m->key));
	char path[TREE_PATH_MAX], name[TREE_PATH_MAX];

	for (const struct planfile_config *c = pf->config; c; c = c->next) {
		struct str file = str_sub(c->path, head.len, SIZE_MAX);

		if (!str_starts(c->path, head) || str_find_char(file, '/') != SIZE_MAX)
			continue;
		m->n_files++;
		if (str_is(file, BACKEND_OVERRIDE))
			continue;
		if ((size_t)snprintf(name, sizeof(name), "%.*s", STR_ARG(file)) >= sizeof(name))
			return err_set(err, ERR_LIMIT, "path too long");
		if (!tree_join(path, m->dir, name, err) || !same_file(path, c->bytes, err))
			return false;
	}
	return true;
}

static bool same_module(const struct planfile *pf, const struct json *v, const char *root, struct arena *arena, struct err *err)
{
	struct module m = { .key = json_str(v, "Key") };
	struct str dir = json_str(v, "Dir");

	if (!dir.len || dir.ptr[0] == '/' || str_find_char(dir, '\0') != SIZE_MAX)
		return err_set(err, ERR_DENIED, "the plan's module '%.*s' lies in no folder below its configuration",
			       STR_ARG(str_sub(m.key, 0, 200)));
	if ((size_t)snprintf(m.dir, sizeof(m.dir), "%s/%.*s", root, STR_ARG(dir)) >= sizeof(m.dir))
		return err_set(err, ERR_LIMIT, "path too long");
	return same_files(pf, &m, arena, err) && none_more(&m, err);
}

bool checkout_same(const struct planfile *pf, const char *root, struct arena *arena, struct err *err)
{
	struct json *modules = NULL;
	size_t n = 0;

	if (!json_parse(pf->modules, arena, &modules, err))
		return err_prefix(err, "the plan's list of modules");
	JSON_EACH(m, modules) {
		n++;
		if (!same_module(pf, m, root, arena, err))
			return false;
	}
	if (arena->full)
		return err_set(err, ERR_LIMIT, "the plan's configuration is larger than may be held in memory");
	return n || err_set(err, ERR_DENIED, "the plan does not say which configuration it was made from");
}
