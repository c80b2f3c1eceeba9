#include "ledger/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "ledger/inner.h"

static bool open_folder(struct ledger *l, struct err *err)
{
	if (!file_exists(l->dir) && !dir_make(l->dir, 0700, err))
		return err_prefix(err, "the ledger's folder");
	l->dirfd = open(l->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l->dirfd < 0)
		return err_sys(err, "the ledger's folder %s", l->dir);
	l->lockfd = openat(l->dirfd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (l->lockfd < 0 && errno != EROFS && errno != EACCES)
		return err_sys(err, "%s/lock", l->dir);
	if (l->lockfd < 0)
		return inner_refresh(l, err);
	/* Taking the turn once finds the end, and mends what a killed writer left. */
	if (!inner_take(l, err))
		return false;
	inner_release(l);
	return true;
}

struct ledger *ledger_open(const char *dir, struct err *err)
{
	struct ledger *l = calloc(1, sizeof(*l));

	if (!l) {
		err_set(err, ERR_LIMIT, "no memory");
		return NULL;
	}
	l->dirfd = l->lockfd = l->fd = -1;
	l->wait_s = LEDGER_LOCK_WAIT_S;
	pthread_mutex_init(&l->mutex, NULL);
	if ((size_t)snprintf(l->dir, sizeof(l->dir), "%s", dir) >= sizeof(l->dir)) {
		err_set(err, ERR_LIMIT, "%s: path too long", dir);
	} else if (open_folder(l, err)) {
		return l;
	}
	ledger_close(l);
	return NULL;
}

void ledger_close(struct ledger *l)
{
	if (!l)
		return;
	PAWL_ASSERT(!l->busy && !l->first);
	fd_close(&l->fd);
	fd_close(&l->lockfd);
	fd_close(&l->dirfd);
	pthread_mutex_destroy(&l->mutex);
	free(l->batch);
	free(l);
}

bool ledger_head(struct ledger *l, uint64_t *ret_seq, struct digest *ret_chain, struct err *err)
{
	bool mine;

	pthread_mutex_lock(&l->mutex);
	mine = l->owned && pthread_equal(l->owner, pthread_self());
	pthread_mutex_unlock(&l->mutex);
	if (l->lockfd < 0) {
		if (!inner_refresh(l, err))
			return false;
	} else if (mine ? !inner_refresh(l, err) : !inner_take(l, err)) {
		return false;
	}
	*ret_seq = l->end.seq;
	*ret_chain = l->end.chain;
	if (l->lockfd >= 0 && !mine)
		inner_release(l);
	return true;
}
