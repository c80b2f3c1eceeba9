#include "keep/place.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"

#define NAME_LONGEST 255
#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* The next name of ${s} from ${from}, without slashes; *ret_next is behind it. */
static struct str next_name(struct str s, size_t from, size_t *ret_next)
{
	size_t end;

	while (from < s.len && s.ptr[from] == '/')
		from++;
	end = from;
	while (end < s.len && s.ptr[end] != '/')
		end++;
	*ret_next = end;
	return str_sub(s, from, end - from);
}

bool place_normal(struct str path)
{
	size_t at = 0;

	if (!path.len || path.ptr[0] == '/' || path.ptr[path.len - 1] == '/' || str_find_char(path, '\0') != SIZE_MAX)
		return false;
	while (at < path.len) {
		struct str name = next_name(path, at, &at);

		if (!name.len || name.len > NAME_LONGEST || str_is(name, ".") || str_is(name, ".."))
			return false;
	}
	return str_find(path, STR("//")) == SIZE_MAX;
}

static int step(int dir, struct str name)
{
	char z[NAME_LONGEST + 1];
	int fd;

	if (!name.len || name.len > NAME_LONGEST) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(z, name.ptr, name.len);
	z[name.len] = '\0';
	fd = openat(dir, z, FOLDER_FLAGS);
	/* To pass through a folder takes no right to list it: it is held all the same. */
	return fd < 0 && errno == EACCES ? openat(dir, z, FOLDER_FLAGS | O_PATH) : fd;
}

bool place_open(struct str path, int *ret_fd, struct err *err)
{
	auto_fd at = open("/", FOLDER_FLAGS);
	size_t next = 0;

	if (!path.len || path.ptr[0] != '/' || str_find_char(path, '\0') != SIZE_MAX)
		return err_set(err, ERR_INPUT, "%.*s: not an absolute path", STR_ARG(path));
	for (;;) {
		struct str name = next_name(path, next, &next);
		int below;

		if (!name.len)
			break;
		if (str_is(name, "..") || str_is(name, "."))
			return err_set(err, ERR_INPUT, "%.*s: '%.*s' in it", STR_ARG(path), STR_ARG(name));
		below = at < 0 ? -1 : step(at, name);
		if (below < 0)
			return err_sys(err, "%.*s", STR_ARG(str_sub(path, 0, next)));
		fd_close(&at);
		at = below;
	}
	if (at < 0)
		return err_sys(err, "/");
	*ret_fd = fd_take(&at);
	return true;
}

enum place_found place_walk(int root, struct str path, struct place_step *ret, struct err *err)
{
	auto_fd at = fcntl(root, F_DUPFD_CLOEXEC, 0);
	size_t next = 0, begin;

	for (;;) {
		struct str name = next_name(path, next, &next);
		int below, why;

		begin = next - name.len;
		if (at < 0 || !name.len) {
			err_sys(err, "%.*s", STR_ARG(path));
			return PLACE_FAILED;
		}
		if (next >= path.len)
			break;
		below = step(at, name);
		why = errno;
		if (below < 0 && (why == ENOENT || why == ENOTDIR || why == ELOOP)) {
			*ret = (struct place_step){ fd_take(&at), begin, next };
			return why == ENOENT ? PLACE_MISSING : PLACE_BLOCKED;
		}
		if (below < 0) {
			err_sys(err, "%.*s", STR_ARG(str_sub(path, 0, next)));
			return PLACE_FAILED;
		}
		fd_close(&at);
		at = below;
	}
	*ret = (struct place_step){ fd_take(&at), begin, next };
	return PLACE_THERE;
}
