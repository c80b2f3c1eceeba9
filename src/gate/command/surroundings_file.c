/* Files that a reader wants to read, and what stands at a path. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "facts/guard_files.h"
#include "gate/command/surroundings.h"

#define WALK_DEPTH 64

/* Where agents put scripts they run: the project, and the folders for temporary files. Of pawl's own, how it runs by itself. */
static bool may_open(const struct world *w, struct str path, struct str real)
{
	struct str tmp = STR_NONE, state = w->state_dir;

	if (state.len && world_within(path, state))
		return str_is(str_sub(path, state.len + 1, SIZE_MAX), GUARD_SCHEDULE);
	(void)!world_env(w, STR("TMPDIR"), &tmp);
	return (w->workspace.len && world_within(real, w->workspace)) || world_within(real, STR("/tmp")) ||
	       world_within(real, STR("/var/tmp")) || (tmp.len > 1 && world_within(real, tmp));
}

struct world_file *surroundings_file(const struct world *w, struct str path, struct arena *arena)
{
	struct world_file *f = ARENA_NEW(arena, struct world_file);
	auto_buf text = BUF_MAX(WORLD_MAX_FILE);
	char real[PATH_MAX];
	struct err err = { .code = ERR_NONE };

	if (!f)
		return NULL;
	f->path = arena_str(arena, path);
	if (!f->path.ptr || !realpath(f->path.ptr, real)) {
		f->outside = errno != ENOENT && errno != ENOTDIR;
		return f;
	}
	f->found = true;
	if (!may_open(w, path, str_from(real))) {
		f->outside = true;
		return f;
	}
	if (!file_read(real, &text, &err)) {
		f->too_large = err.code == ERR_LIMIT;
		f->outside = !f->too_large;
		return f;
	}
	f->text = arena_str(arena, buf_str(&text));
	if (!f->text.ptr && text.len)
		f->too_large = true;
	return f;
}

struct walk {
	struct world_path *p;
	dev_t dev;
};

static void count(struct walk *k, int dirfd, unsigned depth);

static void count_one(struct walk *k, int dirfd, const char *name, unsigned depth)
{
	struct stat st;
	int fd;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	if (++k->p->files >= SURROUNDINGS_MAX_WALK) {
		k->p->capped = true;
		return;
	}
	if (st.st_dev != k->dev)
		k->p->mount = true;
	if (S_ISREG(st.st_mode))
		k->p->bytes += (uint64_t)st.st_size;
	if (!S_ISDIR(st.st_mode) || st.st_dev != k->dev)
		return;
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		count(k, fd, depth + 1);
}

/* Takes the descriptor. */
static void count(struct walk *k, int dirfd, unsigned depth)
{
	DIR *d = depth < WALK_DEPTH ? fdopendir(dirfd) : NULL;
	const struct dirent *e;

	if (!d) {
		k->p->capped = true;
		close(dirfd);
		return;
	}
	while (!k->p->capped && (e = readdir(d))) {
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			count_one(k, dirfd, e->d_name, depth);
	}
	closedir(d);
}

/* Is something mounted on ${real}? A bind mount of the same file system has the same device: only the table tells. */
static bool is_mount_point(struct str real)
{
	auto_buf table = BUF_MAX((size_t)4 << 20);
	struct str rest;
	auto_fd fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || !fd_read_all(fd, &table, NULL))
		return false;
	rest = buf_str(&table);
	while (rest.len) {
		size_t end = str_find_char(rest, '\n');
		struct str line = str_sub(rest, 0, end), point = line;

		for (unsigned i = 0; i < 4; i++) {
			size_t blank = str_find_char(point, ' ');

			point = blank == SIZE_MAX ? STR_NONE : str_sub(point, blank + 1, SIZE_MAX);
		}
		point = str_sub(point, 0, str_find_char(point, ' '));
		if (str_eq(point, real) || (real.len > 1 && point.len > 1 && world_within(point, real)))
			return true;
		rest = end == SIZE_MAX ? STR_NONE : str_sub(rest, end + 1, SIZE_MAX);
	}
	return false;
}

static enum world_path_type type_of(mode_t mode)
{
	if (S_ISREG(mode))
		return WORLD_REGULAR;
	if (S_ISDIR(mode))
		return WORLD_FOLDER;
	return S_ISLNK(mode) ? WORLD_LINK : WORLD_OTHER;
}

/* The folder's real path and the last part as it is. */
static struct str real_of(const char *path, struct arena *arena)
{
	struct str s = str_from(path);
	size_t cut = str_rfind_char(s, '/');
	char real[PATH_MAX];

	if (cut == SIZE_MAX || s.len == 1)
		return s;
	if (!realpath(cut ? arena_str(arena, str_sub(s, 0, cut)).ptr : "/", real))
		return STR_NONE;
	return arena_fmt(arena, "%s/%.*s", real[1] ? real : "", STR_ARG(str_sub(s, cut + 1, SIZE_MAX)));
}

struct world_path *surroundings_path(struct str path, struct arena *arena)
{
	struct world_path *p = ARENA_NEW(arena, struct world_path);
	char target[PATH_MAX];
	struct stat st;

	if (!p)
		return NULL;
	p->path = arena_str(arena, path);
	if (!p->path.ptr)
		return NULL;
	p->real = real_of(p->path.ptr, arena);
	if (lstat(p->path.ptr, &st) != 0) {
		p->type = errno == ENOENT || errno == ENOTDIR ? WORLD_NOTHING : WORLD_NO_ACCESS;
		if (!p->real.len)
			p->real = p->path;
		return p;
	}
	p->type = type_of(st.st_mode);
	p->files = 1;
	p->bytes = p->type == WORLD_REGULAR ? (uint64_t)st.st_size : 0;
	if (p->type == WORLD_LINK && realpath(p->path.ptr, target))
		p->target = arena_str(arena, str_from(target));
	if (p->type == WORLD_FOLDER) {
		struct walk k = { .p = p, .dev = st.st_dev };
		int fd = open(p->path.ptr, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		p->mount = is_mount_point(p->real);
		if (fd >= 0)
			count(&k, fd, 0);
		else
			p->capped = true;
	}
	return p;
}
