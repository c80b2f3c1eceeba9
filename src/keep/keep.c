#include "keep/inner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "keep/place.h"

static const struct keep_bounds usual = { .item_bytes = 256000000, .total_bytes = 5000000000, .age_s = 30 * 86400, .item_files = 50000,
					  .time_us = 4 * CLOCK_SECOND };

#define BACK "back" /* in the folder of an item: it was put back in its database */
#define CROWD_MAX 100000 /* items looked at */

static bool open_dir(struct keep *k, struct str state_dir, bool make, struct err *err)
{
	int n = snprintf(k->path, sizeof(k->path), "%.*s/keep", STR_ARG(state_dir));

	if (n <= 0 || (size_t)n >= sizeof(k->path) - 64)
		return err_set(err, ERR_LIMIT, "%.*s: path too long", STR_ARG(state_dir));
	if (make && !dir_make(k->path, 0700, err))
		return false;
	k->dir = open(k->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (k->dir >= 0 || (!make && errno == ENOENT))
		return true;
	return err_sys(err, "%s", k->path);
}

static bool open_keep(struct str state_dir, const struct keep_bounds *bounds, bool make, struct keep **ret, struct err *err)
{
	struct keep *k = calloc(1, sizeof(*k));

	if (!k)
		return err_set(err, ERR_LIMIT, "no memory");
	k->dir = -1;
	k->bounds = bounds ? *bounds : usual;
	if (!open_dir(k, state_dir, make, err) || (make && faccessat(k->dir, ".", W_OK | X_OK, 0) != 0 && !err_sys(err, "%s", k->path)) ||
	    ((!arena_map(&k->arena, ITEM_ARENA) || !arena_map(&k->before, ITEM_ARENA)) && !err_set(err, ERR_LIMIT, "no memory"))) {
		keep_close(k);
		return false;
	}
	*ret = k;
	return true;
}

bool keep_open(struct str state_dir, const struct keep_bounds *bounds, struct keep **ret, struct err *err)
{
	return open_keep(state_dir, bounds, true, ret, err) || err_prefix(err, "the keep");
}

bool keep_open_read(struct str state_dir, const struct keep_bounds *bounds, struct keep **ret, struct err *err)
{
	return open_keep(state_dir, bounds, false, ret, err) || err_prefix(err, "the keep");
}

void keep_close(struct keep *k)
{
	if (!k)
		return;
	fd_close(&k->dir);
	if (k->arena.mem)
		arena_unmap(&k->arena);
	if (k->before.mem)
		arena_unmap(&k->before);
	free(k);
}

/* --- reading items --- */

static bool read_at(int dir, const char *name, size_t max, struct buf *b, struct err *err)
{
	auto_fd fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	b->max = max;
	if (fd < 0)
		return err_sys(err, "%s", name);
	return fd_read_all(fd, b, err) || err_prefix(err, "%s", name);
}

static bool read_head(int dir, struct arena *a, struct item *ret, struct err *err)
{
	auto_buf b = BUF_MAX(0);

	return read_at(dir, "manifest.json", ITEM_HEAD_MAX, &b, err) && item_head_parse(buf_str(&b), a, ret, err);
}

static int item_dir(const struct keep *k, const char *id)
{
	return openat(k->dir, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

bool keep_item_open(struct keep *k, struct str id, struct arena *a, struct item *ret, int *ret_dir, struct err *err)
{
	auto_buf b = BUF_MAX(0);
	char name[24];
	int n = snprintf(name, sizeof(name), "%.*s", STR_ARG(id));

	if (!item_number(id) || n <= 0 || (size_t)n >= sizeof(name))
		return err_set(err, ERR_INPUT, "'%.*s' is no item of the keep; they are called K-1, K-2 … (pawl undo list)", STR_ARG(id));
	auto_fd dir = k->dir < 0 ? -1 : item_dir(k, name);
	if (dir < 0 || faccessat(dir, "manifest.json", F_OK, 0) != 0)
		return err_set(err, ERR_STATE, "%s is not in the keep (any more): pawl undo list", name);
	if (!read_head(dir, a, ret, err) || !read_at(dir, "entries", ITEM_ENTRIES_MAX, &b, err) ||
	    !item_entries_parse(buf_str(&b), a, ret, err))
		return err_prefix(err, "%s is damaged", name);
	if (!str_eq(str_from(ret->id), id))
		return err_set(err, ERR_BROKEN, "%s is damaged: it says it is %s", name, ret->id);
	*ret_dir = fd_take(&dir);
	return true;
}

static struct keep_item *head_of(const struct item *it, struct arena *a)
{
	struct keep_item *i = ARENA_NEW(a, struct keep_item);

	if (!i)
		return NULL;
	memcpy(i->id, it->id, sizeof(i->id));
	i->at_us = it->at_us;
	i->command = it->command;
	i->session = it->session;
	i->folder = it->parts ? it->parts->root[ITEM_WORK] : STR_NONE;
	i->undo_of = it->undo_of;
	i->upstream = it->upstream;
	i->says = it->says;
	i->until_us = it->until_us;
	i->files = it->files;
	i->bytes = it->bytes;
	return i;
}

bool keep_is_back(struct keep *k, const char *id, struct err *err)
{
	auto_fd dir = k->dir < 0 ? -1 : item_dir(k, id);
	auto_fd fd = dir < 0 ? -1 : openat(dir, BACK, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	return fd >= 0 || err_sys(err, "%s is back, but the list does not know it: %s", id, k->path);
}

static int64_t back_us(int dir)
{
	struct stat st;

	if (fstatat(dir, BACK, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return 0;
	return (int64_t)st.st_mtim.tv_sec * CLOCK_SECOND + st.st_mtim.tv_nsec / 1000;
}

/* What cannot be read is passed over: a damaged item must not hide the others. */
bool keep_heads(struct keep *k, struct arena *a, struct keep_item **ret, struct err *err)
{
	struct keep_item *list = NULL;
	int fd = k->dir < 0 ? -1 : openat(k->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	unsigned n = 0;

	*ret = NULL;
	if (k->dir < 0)
		return true;
	if (!d)
		return err_sys(err, "%s", k->path);
	for (struct dirent *e; (e = readdir(d)) && n < CROWD_MAX;) {
		struct item it;
		struct keep_item *i;

		if (!item_number(str_from(e->d_name)))
			continue;
		auto_fd dir = item_dir(k, e->d_name);
		if (dir < 0 || !read_head(dir, a, &it, NULL) || !str_is(str_from(it.id), e->d_name))
			continue;
		i = head_of(&it, a);
		if (!i)
			break;
		i->back_us = i->upstream.len ? back_us(dir) : 0;
		i->next = list;
		list = i;
		n++;
	}
	closedir(d);
	if (a->full)
		return err_set(err, ERR_LIMIT, "%s: more items than can be read", k->path);
	*ret = list;
	return true;
}

/* --- making one --- */

static bool lock_last(const struct keep *k, int *ret_fd, struct err *err)
{
	auto_fd fd = openat(k->dir, "last", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 || flock(fd, LOCK_EX) != 0)
		return err_sys(err, "%s/last", k->path);
	*ret_fd = fd_take(&fd);
	return true;
}

/* One more than any number ever given. */
static bool next_number(const struct keep *k, int last, uint64_t *ret, struct err *err)
{
	char text[32] = "";
	ssize_t got = pread(last, text, sizeof(text) - 1, 0);
	uint64_t most = 0, n;
	int fd = openat(k->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), len;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (got > 0 && str_to_u64(str_trim((struct str){ text, (size_t)got }), &n) && n < UINT32_MAX)
		most = n;
	if (!d)
		return err_sys(err, "%s", k->path);
	for (struct dirent *e; (e = readdir(d));) {
		n = item_number(str_from(e->d_name));
		if (n > most)
			most = n;
	}
	closedir(d);
	len = snprintf(text, sizeof(text), "%llu\n", (unsigned long long)(most + 1));
	if (pwrite(last, text, (size_t)len, 0) != len || ftruncate(last, len) != 0)
		return err_sys(err, "%s/last", k->path);
	*ret = most + 1;
	return true;
}

/* The folder's lock says that somebody is at work in it: a prune leaves it alone. */
static bool make_dir(struct take *t, struct err *err)
{
	struct keep *k = t->keep;
	auto_fd last = -1;
	uint64_t n = 0;

	if (!lock_last(k, &last, err) || !next_number(k, last, &n, err))
		return false;
	snprintf(t->item.id, sizeof(t->item.id), "K-%llu", (unsigned long long)n);
	if (mkdirat(k->dir, t->item.id, 0700) != 0)
		return err_sys(err, "%s/%s", k->path, t->item.id);
	t->dir = item_dir(k, t->item.id);
	if (t->dir < 0 || flock(t->dir, LOCK_EX | LOCK_NB) != 0)
		return err_sys(err, "%s/%s", k->path, t->item.id);
	return true;
}

bool take_begin(struct keep *k, struct take *t, struct arena *arena, struct err *err)
{
	*t = (struct take){ .keep = k, .bounds = &k->bounds, .arena = arena, .dir = -1, .data = -1 };
	t->item.at_us = clock_now_us();
	t->deadline_us = t->item.at_us + k->bounds.time_us;
	t->chunk = malloc(TAKE_CHUNK + 1);
	if (!t->chunk)
		return err_set(err, ERR_LIMIT, "no memory");
	if (!make_dir(t, err)) {
		take_abort(t);
		return false;
	}
	return true;
}

bool take_room(struct take *t, uint64_t files, uint64_t bytes, struct err *err)
{
	const struct keep_bounds *b = t->bounds;
	uint64_t most = b->item_bytes < b->total_bytes ? b->item_bytes : b->total_bytes;

	t->item.files += files;
	t->item.bytes += bytes;
	if (t->item.files > b->item_files)
		return err_set(err, ERR_LIMIT, "more than %u files, the most the keep takes at once (keep.files in the policy)",
			       b->item_files);
	if (t->item.bytes < bytes || t->item.bytes > most)
		return err_set(err, ERR_LIMIT, "more than %llu MB, the most the keep takes at once (keep.item in the policy)",
			       (unsigned long long)(most / 1000000));
	if (clock_now_us() > t->deadline_us)
		return err_set(err, ERR_LIMIT, "keeping it takes longer than %lld ms",
			       (long long)(b->time_us / 1000));
	return true;
}

static bool write_file(const struct take *t, const char *name, const struct buf *b, struct err *err)
{
	auto_fd fd = openat(t->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (b->failed)
		return err_set(err, ERR_LIMIT, "%s: too large", name);
	if (fd < 0 || !fd_write_all(fd, b->ptr, b->len, err))
		return fd < 0 ? err_sys(err, "%s", name) : err_prefix(err, "%s", name);
	return fsync(fd) == 0 || err_sys(err, "%s", name);
}

bool take_commit(struct take *t, struct err *err)
{
	auto_buf entries = BUF_MAX(ITEM_ENTRIES_MAX), head = BUF_MAX(ITEM_HEAD_MAX);

	if (t->arena->full)
		return err_set(err, ERR_LIMIT, "too many names to keep at once");
	for (const struct item_entry *e = t->item.entries; e; e = e->next)
		item_entry_json(e, &entries);
	t->item.entries_digest = digest_of(entries.ptr, entries.len);
	item_head_json(&t->item, &head);
	if (t->data >= 0 && fdatasync(t->data) != 0)
		return err_sys(err, "data");
	if (!write_file(t, "entries", &entries, err) || !write_file(t, "manifest.new", &head, err))
		return false;
	if (fsync(t->dir) != 0 || renameat(t->dir, "manifest.new", t->dir, "manifest.json") != 0 || fsync(t->dir) != 0 ||
	    fsync(t->keep->dir) != 0)
		return err_sys(err, "%s", t->item.id);
	fd_close(&t->dir);
	return true;
}

void take_abort(struct take *t)
{
	char path[ITEM_PATH_MAX + 32];

	if (t->dir >= 0) {
		snprintf(path, sizeof(path), "%s/%s", t->keep->path, t->item.id);
		if (unlinkat(t->dir, "manifest.json", 0) != 0 && errno != ENOENT)
			fd_close(&t->dir);
		(void)!dir_remove(path, NULL);
	}
	fd_close(&t->dir);
	fd_close(&t->data);
	free(t->chunk);
	t->chunk = NULL;
}
