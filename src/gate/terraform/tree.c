#include "gate/terraform/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

struct copying {
	const char *root; /* links may point in here only */
	size_t root_len;
	bool all;
	struct tree_size size;
};

bool tree_join(char ret[TREE_PATH_MAX], const char *dir, const char *name, struct err *err)
{
	int n = snprintf(ret, TREE_PATH_MAX, "%s/%s", strcmp(dir, "/") == 0 ? "" : dir, name);

	if (n < 0 || n >= TREE_PATH_MAX)
		return err_set(err, ERR_LIMIT, "path too long: %s/%s", dir, name);
	return true;
}

static bool left_out(const char *name)
{
	struct str s = str_from(name);

	return strcmp(name, ".git") == 0 || strcmp(name, ".terraform") == 0 ||
	       strcmp(name, "terraform.tfstate.d") == 0 || str_ends(s, STR(".tfstate")) ||
	       str_glob(STR("*.tfstate.*"), s) || str_glob(STR(".*.tfstate.lock.info"), s);
}

static bool copy_file(const char *from, const char *to, const struct stat *st, struct copying *c, struct err *err)
{
	auto_fd in = open(from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	auto_fd out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, st->st_mode & 0100 ? 0700 : 0600);
	static char block[1 << 16];

	if (in < 0 || out < 0)
		return err_sys(err, "copying %s", in < 0 ? from : to);
	for (;;) {
		ssize_t n = read(in, block, sizeof(block));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "reading %s", from);
		if (n == 0)
			return true;
		c->size.bytes += (uint64_t)n;
		if (c->size.bytes > TREE_MAX_BYTES)
			return err_set(err, ERR_LIMIT, "%s and what stands beside it is larger than %u MB", c->root,
				       (unsigned)(TREE_MAX_BYTES >> 20));
		if (!fd_write_all(out, block, (size_t)n, err))
			return err_prefix(err, "writing %s", to);
	}
}

/* A link inside the tree is made again as it is; one that is absolute or leads out is left away. */
static bool copy_link(const char *from, const char *to, const struct copying *c, struct err *err)
{
	char target[TREE_PATH_MAX], real[PATH_MAX];
	ssize_t n = readlink(from, target, sizeof(target) - 1);

	if (n <= 0 || target[0] == '/' || !realpath(from, real))
		return true;
	target[n] = '\0';
	if (strncmp(real, c->root, c->root_len) != 0 || (real[c->root_len] != '/' && real[c->root_len] != '\0'))
		return true;
	return symlink(target, to) == 0 || err_sys(err, "link %s", to);
}

static bool copy_dir(const char *from, const char *to, unsigned depth, struct copying *c, struct err *err);

static bool copy_entry(const char *from, const char *to, unsigned depth, struct copying *c, struct err *err)
{
	struct stat st;

	if (lstat(from, &st) != 0)
		return errno == ENOENT ? true : err_sys(err, "%s", from);
	if (++c->size.files > TREE_MAX_FILES)
		return err_set(err, ERR_LIMIT, "%s holds more than %u files", c->root, TREE_MAX_FILES);
	if (S_ISDIR(st.st_mode))
		return copy_dir(from, to, depth + 1, c, err);
	if (S_ISLNK(st.st_mode))
		return copy_link(from, to, c, err);
	return !S_ISREG(st.st_mode) || copy_file(from, to, &st, c, err);
}

static bool copy_dir(const char *from, const char *to, unsigned depth, struct copying *c, struct err *err)
{
	char f[TREE_PATH_MAX], t[TREE_PATH_MAX];
	struct dirent *e;
	bool ok = true;
	DIR *d;

	if (depth > TREE_MAX_DEPTH)
		return err_set(err, ERR_LIMIT, "%s is nested deeper than %u folders", from, TREE_MAX_DEPTH);
	if (mkdir(to, 0700) != 0 && errno != EEXIST)
		return err_sys(err, "%s", to);
	d = opendir(from);
	if (!d)
		return err_sys(err, "%s", from);
	while (ok && (e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || (!c->all && left_out(e->d_name)))
			continue;
		ok = tree_join(f, from, e->d_name, err) && tree_join(t, to, e->d_name, err) &&
		     copy_entry(f, t, depth, c, err);
	}
	closedir(d);
	return ok;
}

bool tree_copy(const char *from, const char *to, struct tree_size *ret, struct err *err)
{
	struct copying c = { .root = from, .root_len = strcmp(from, "/") == 0 ? 0 : strlen(from) };

	if (!copy_dir(from, to, 0, &c, err))
		return false;
	*ret = c.size;
	return true;
}

bool tree_copy_all(const char *from, const char *to, struct err *err)
{
	struct copying c = { .root = from, .root_len = strlen(from), .all = true };

	return !file_exists(from) || copy_dir(from, to, 0, &c, err);
}

/* --- which folder --- */

/* Shorten ${path} until ${other} lies in it. */
static void common(char path[TREE_PATH_MAX], const char *other)
{
	for (;;) {
		size_t n = strlen(path);
		char *slash;

		if (n <= 1 || (strncmp(path, other, n) == 0 && (other[n] == '/' || other[n] == '\0')))
			return;
		slash = strrchr(path, '/');
		*(slash == path ? slash + 1 : slash) = '\0';
	}
}

#define MODULES_MAX 256

struct modules {
	char (*dir)[TREE_PATH_MAX];
	unsigned n;
};

static void add_module(struct modules *m, const char *base, struct str source)
{
	char path[TREE_PATH_MAX], real[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/%.*s", base, STR_ARG(source)) >= sizeof(path) ||
	    !realpath(path, real))
		return;
	for (unsigned i = 0; i < m->n; i++) {
		if (strcmp(m->dir[i], real) == 0)
			return;
	}
	if (m->n < MODULES_MAX && strlen(real) < TREE_PATH_MAX)
		memcpy(m->dir[m->n++], real, strlen(real) + 1);
}

/* Every string that starts with ./ or ../ behind the word source; a comment or two too many does no harm. */
static void scan_file(struct modules *m, const char *base, struct str text)
{
	for (size_t at; (at = str_find(text, STR("source"))) != SIZE_MAX;) {
		size_t q = 0;

		text = str_sub(text, at + 6, text.len);
		while (q < text.len && memchr(" \t=:\"", text.ptr[q], 5))
			q++;
		if (q && q < text.len && text.ptr[q] == '.' && text.ptr[q - 1] == '"') {
			struct str rest = str_sub(text, q, text.len);

			add_module(m, base, str_sub(rest, 0, str_find_char(rest, '"')));
		}
	}
}

static void scan_module(struct modules *m, const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		auto_buf b = BUF_MAX((size_t)4 << 20);
		char path[TREE_PATH_MAX];
		struct str name = str_from(e->d_name);

		if (!str_ends(name, STR(".tf")) && !str_ends(name, STR(".tf.json")) && !str_ends(name, STR(".tofu")))
			continue;
		if (tree_join(path, dir, e->d_name, NULL) && file_read(path, &b, NULL))
			scan_file(m, dir, buf_str(&b));
	}
	if (d)
		closedir(d);
}

void tree_ancestor(const char *module, char ret[TREE_PATH_MAX])
{
	struct modules m = { calloc(MODULES_MAX, TREE_PATH_MAX), 0 };

	snprintf(ret, TREE_PATH_MAX, "%s", module);
	if (!m.dir)
		return;
	add_module(&m, module, STR("."));
	for (unsigned i = 0; i < m.n; i++) {
		scan_module(&m, m.dir[i]);
		common(ret, m.dir[i]);
	}
	free(m.dir);
}

void tree_root(const char *module, char ret[TREE_PATH_MAX])
{
	char at[TREE_PATH_MAX], git[TREE_PATH_MAX];

	tree_ancestor(module, ret);
	snprintf(at, sizeof(at), "%s", ret);
	while (at[1]) {
		char *slash = strrchr(at, '/');

		if (tree_join(git, at, ".git", NULL) && file_exists(git)) {
			memcpy(ret, at, sizeof(at));
			return;
		}
		*(slash == at ? slash + 1 : slash) = '\0';
	}
}
