/* Ways against the files of a vault in a folder. Each runs as the agent. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "recovery/prove_inner.h"

#define GARBAGE "pawl-prove-garbage"
#define SMALL_DISK ((uint64_t)64 << 20)

static enum prove_result held(struct buf *says)
{
	buf_adds(says, strerror(errno));
	return PROVE_HELD;
}

static void join(char *ret, const char *folder, const char *name)
{
	if ((size_t)snprintf(ret, PROVE_PATH, "%s/%s", folder, name) >= PROVE_PATH)
		ret[0] = 0;
}

/* A file of the agent's own in ${folder}. */
static bool make(const char *folder, char ret[PROVE_PATH])
{
	auto_fd fd = -1;

	join(ret, folder, GARBAGE);
	fd = open(ret, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd >= 0;
}

/* Folders in which the agent may own files, those of the vault's file system among them. */
static const char *place(const struct prove_scene *s, size_t i)
{
	const char *const fixed[] = { s->own,	  s->id,  s->target,  s->root,
				      "/var/tmp", "/tmp", "/dev/shm", s->ask->agent->home };

	return i < ARRAY_LEN(fixed) ? fixed[i] : s->chain[i - ARRAY_LEN(fixed)];
}

enum prove_result prove_unlink(const struct prove_scene *s, struct buf *says)
{
	return unlink(s->file) == 0 ? PROVE_WORKED : held(says);
}

enum prove_result prove_rename_away(const struct prove_scene *s, struct buf *says)
{
	char to[PROVE_PATH];

	join(to, s->target, GARBAGE);
	if (rename(s->id, to) == 0)
		return PROVE_WORKED;
	join(to, s->own, GARBAGE);
	return rename(s->id, to) == 0 || rename(s->file, to) == 0 ? PROVE_WORKED : held(says);
}

enum prove_result prove_truncate(const struct prove_scene *s, struct buf *says)
{
	auto_fd fd = -1;

	if (truncate(s->file, 0) == 0)
		return PROVE_WORKED;
	fd = open(s->file, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd >= 0)
		return PROVE_WORKED;
	/* One that stands under a mode without a w for its owner, too. */
	return chmod(s->file, 0600) == 0 && truncate(s->file, 0) == 0 ? PROVE_WORKED : held(says);
}

enum prove_result prove_write(const struct prove_scene *s, struct buf *says)
{
	auto_fd fd = open(s->file, O_WRONLY | O_CLOEXEC);

	if (fd < 0 && chmod(s->file, 0600) == 0)
		fd = open(s->file, O_WRONLY | O_CLOEXEC);
	return fd >= 0 && pwrite(fd, "X", 1, 0) == 1 ? PROVE_WORKED : held(says);
}

enum prove_result prove_append(const struct prove_scene *s, struct buf *says)
{
	auto_fd fd = open(s->file, O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd < 0 && chmod(s->file, 0600) == 0)
		fd = open(s->file, O_WRONLY | O_APPEND | O_CLOEXEC);
	return fd >= 0 && write(fd, "X", 1) == 1 ? PROVE_WORKED : held(says);
}

enum prove_result prove_rename_over(const struct prove_scene *s, struct buf *says)
{
	char from[PROVE_PATH];
	int said = 0;

	if (rename(s->manifest, s->file) == 0)
		return PROVE_WORKED;
	said = errno;
	for (size_t i = 0; place(s, i); i++) {
		if (!make(place(s, i), from))
			continue;
		if (rename(from, s->file) == 0)
			return PROVE_WORKED;
		said = errno;
		(void)unlink(from);
	}
	errno = said;
	return held(says);
}

enum prove_result prove_manifest(const struct prove_scene *s, struct buf *says)
{
	auto_fd fd = open(s->manifest, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0 && unlink(s->manifest) == 0)
		fd = open(s->manifest, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	return fd >= 0 && write(fd, "{}", 2) == 2 ? PROVE_WORKED : held(says);
}

enum prove_result prove_chmod(const struct prove_scene *s, struct buf *says)
{
	const char *const paths[] = { s->file, s->manifest, s->id, s->target, s->root };
	struct stat st;

	/* Folders get the mode that they have: had it worked, nothing is opened to anybody. */
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		if (chmod(paths[i], i < 2		       ? 0666
				    : stat(paths[i], &st) == 0 ? st.st_mode & 07777
							       : 0700) == 0) {
			buf_adds(says, paths[i]);
			return PROVE_WORKED;
		}
	}
	return held(says);
}

enum prove_result prove_chown(const struct prove_scene *s, struct buf *says)
{
	const char *const paths[] = { s->file, s->id, s->target };

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		if (chown(paths[i], s->ask->agent->uid, (gid_t)-1) == 0 ||
		    chown(paths[i], (uid_t)-1, s->ask->agent->gid) == 0) {
			buf_adds(says, paths[i]);
			return PROVE_WORKED;
		}
	}
	/* The vault's own folder: to the user who has it, which only a capability allows. */
	if (chown(s->root, s->vault_uid, (gid_t)-1) == 0) {
		buf_adds(says, s->root);
		return PROVE_WORKED;
	}
	return held(says);
}

/* An access list that lets the agent in, as the kernel stores it. */
enum prove_result prove_setfacl(const struct prove_scene *s, struct buf *says)
{
	struct entry {
		uint16_t tag, perm;
		uint32_t id;
	};
	struct {
		uint32_t version;
		struct entry e[5];
	} acl = { 2,
		  { { 1, 7, UINT32_MAX },
		    { 2, 7, s->ask->agent->uid },
		    { 4, 0, UINT32_MAX },
		    { 16, 7, UINT32_MAX },
		    { 32, 0, UINT32_MAX } } };
	const char *const paths[] = { s->file, s->id, s->target };

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		if (setxattr(paths[i], "system.posix_acl_access", &acl, sizeof(acl), 0) == 0) {
			buf_adds(says, paths[i]);
			return PROVE_WORKED;
		}
	}
	return held(says);
}

/* Its owner may set "no dump"; whoever may set that may also take "immutable" away where he has the capability. */
enum prove_result prove_chattr(const struct prove_scene *s, struct buf *says)
{
	auto_fd fd = open(s->file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	int flags;

	if (fd < 0 || ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0)
		return held(says);
	flags = (flags & ~(FS_IMMUTABLE_FL | FS_APPEND_FL)) ^ FS_NODUMP_FL;
	return ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0 ? PROVE_WORKED : held(says);
}

enum prove_result prove_times(const struct prove_scene *s, struct buf *says)
{
	const struct timespec long_ago[2] = { { 1, 0 }, { 1, 0 } };

	return utimensat(AT_FDCWD, s->file, long_ago, 0) == 0 ||
			       utimensat(AT_FDCWD, s->file, NULL, 0) == 0
		       ? PROVE_WORKED
		       : held(says);
}

enum prove_result prove_hard_link(const struct prove_scene *s, struct buf *says)
{
	char to[PROVE_PATH];
	int said = 0;

	for (size_t i = 0; place(s, i); i++) {
		join(to, place(s, i), GARBAGE);
		if (link(s->file, to) == 0) {
			(void)unlink(
				to); /* the link alone was the harm: it would keep, or show, what is removed */
			return PROVE_WORKED;
		}
		said = said && errno == EXDEV ? said : errno;
	}
	errno = said;
	return held(says);
}

enum prove_result prove_create(const struct prove_scene *s, struct buf *says)
{
	const char *const folders[] = { s->id, s->target, s->root };
	char path[PROVE_PATH];

	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		if (!make(folders[i], path))
			continue;
		(void)unlink(path);
		buf_adds(says, folders[i]);
		return PROVE_WORKED;
	}
	return held(says);
}

/* The kernel looks at rights before it looks at kinds. */
bool prove_replaceable(const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return false;
	if (S_ISDIR(st.st_mode))
		return unlink(path) != 0 && (errno == EISDIR || errno == EBUSY);
	return rmdir(path) != 0 && (errno == ENOTDIR || errno == EBUSY);
}

enum prove_result prove_swap_parent(const struct prove_scene *s, struct buf *says)
{
	const char *const inside[] = { s->id, s->target };

	for (size_t i = 0; s->chain[i]; i++) {
		if (prove_replaceable(s->chain[i])) {
			buf_adds(says, s->chain[i]);
			return PROVE_WORKED;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(inside); i++) {
		if (prove_replaceable(inside[i])) {
			buf_adds(says, inside[i]);
			return PROVE_WORKED;
		}
	}
	return held(says);
}

/* Writes until there is no room; ${most} bytes at most. */
static void fill(const char *path, uint64_t most)
{
	static const char zero[1 << 16];
	auto_fd fd = open(path, O_WRONLY | O_CLOEXEC);

	while (fd >= 0 && most > sizeof(zero) && write(fd, zero, sizeof(zero)) > 0)
		most -= sizeof(zero);
}

/* A disk as small as that of a test is filled, and whether the vault can take a backup then is seen by the parent. Of a larger one it
 * is told who shares it: filling it would harm others, and what lies in a vault it does not harm. */
enum prove_result prove_fill_disk(const struct prove_scene *s, struct buf *says)
{
	char path[PROVE_PATH];
	struct statvfs f;
	struct stat st;

	for (size_t i = 0; place(s, i); i++) {
		if (!make(place(s, i), path))
			continue;
		if (stat(path, &st) != 0 || (uint64_t)st.st_dev != s->device ||
		    statvfs(path, &f) != 0) {
			(void)unlink(path);
			continue;
		}
		if ((uint64_t)f.f_blocks * f.f_frsize <= SMALL_DISK) {
			fill(path, SMALL_DISK);
			return PROVE_HELD;
		}
		(void)unlink(path);
		buf_addf(says,
			 "note: the agent may write to the vault's file system (%s): it could fill "
			 "it, so that new backups fail; a file "
			 "system or a quota of its own stops that\n",
			 place(s, i));
		return PROVE_HELD;
	}
	return PROVE_HELD;
}

enum prove_result prove_sweep(const void *scene, struct buf *says)
{
	const struct prove_scene *s = scene;
	char path[PROVE_PATH];

	(void)says;
	for (size_t i = 0; place(s, i); i++) {
		join(path, place(s, i), GARBAGE);
		(void)unlink(path);
	}
	return PROVE_HELD;
}
