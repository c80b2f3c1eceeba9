/* What is in the keep, and what has to go. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "keep/inner.h"

static int newest_first(const void *a, const void *b)
{
	const struct keep_item *x = *(const struct keep_item *const *)a, *y = *(const struct keep_item *const *)b;
	uint64_t i = item_number(str_from(x->id)), j = item_number(str_from(y->id));

	return i < j ? 1 : i > j ? -1 : 0;
}

bool keep_list(struct keep *k, struct arena *arena, struct keep_item **ret, struct err *err)
{
	struct keep_item *list, **sorted;
	size_t n = 0;

	if (!keep_heads(k, arena, &list, err))
		return false;
	for (struct keep_item *i = list; i; i = i->next)
		n++;
	sorted = ARENA_ARRAY(arena, n + 1, struct keep_item *);
	if (!sorted)
		return err_set(err, ERR_LIMIT, "more items than can be read");
	n = 0;
	for (struct keep_item *i = list; i; i = i->next)
		sorted[n++] = i;
	qsort(sorted, n, sizeof(*sorted), newest_first);
	for (size_t i = 0; i < n; i++)
		sorted[i]->next = sorted[i + 1];
	*ret = sorted[0];
	return true;
}

/* The manifest first: what is left behind by a crash in between is no item. Somebody at work in it keeps it. */
static bool drop(const struct keep *k, const char *id)
{
	char path[ITEM_PATH_MAX + 32];
	auto_fd dir = openat(k->dir, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (dir < 0 || flock(dir, LOCK_EX | LOCK_NB) != 0)
		return false;
	if (unlinkat(dir, "manifest.json", 0) != 0 && errno != ENOENT)
		return false;
	snprintf(path, sizeof(path), "%s/%s", k->path, id);
	return dir_remove(path, NULL);
}

/* Folders without a manifest that nobody holds. The lock of `last` keeps out whoever is just making one. */
static bool drop_halves(struct keep *k, struct err *err)
{
	auto_fd last = openat(k->dir, "last", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int fd = openat(k->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d || last < 0 || flock(last, LOCK_EX) != 0) {
		if (d)
			closedir(d);
		return err_sys(err, "%s", k->path);
	}
	for (struct dirent *e; (e = readdir(d));) {
		char name[300];

		if (!item_number(str_from(e->d_name)))
			continue;
		snprintf(name, sizeof(name), "%s/manifest.json", e->d_name);
		if (faccessat(k->dir, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT)
			(void)!drop(k, e->d_name);
	}
	closedir(d);
	return true;
}

/* The newest stays whatever the clock says: it is what somebody may have lost a moment ago. */
bool keep_prune(struct keep *k, struct arena *arena, struct keep_pruned *ret, struct err *err)
{
	struct keep_pruned gone = { 0 };
	struct keep_item *list, *next;
	int64_t now = clock_now_us();
	uint64_t total = 0;

	if (k->dir < 0)
		return err_set(err, ERR_STATE, "the keep is open for reading only");
	if (!drop_halves(k, err) || !keep_list(k, arena, &list, err))
		return false;
	for (struct keep_item *i = list; i; i = next) {
		bool old = i->until_us ? now > i->until_us : now - i->at_us > k->bounds.age_s * CLOCK_SECOND;

		next = i->next;
		/* A dump of a database was promised for its time, and is bounded by the disk. */
		total += i->until_us ? 0 : i->bytes;
		if (i == list || (!old && total <= k->bounds.total_bytes))
			continue;
		if (!drop(k, i->id))
			continue;
		total -= i->until_us ? 0 : i->bytes;
		gone.items++;
		gone.bytes += i->bytes;
		i->next = gone.gone;
		gone.gone = i;
	}
	*ret = gone;
	return true;
}
