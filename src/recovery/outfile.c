#include "recovery/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

bool outfile_begin(struct outfile *f, const char *path, struct err *err)
{
	struct stat st;

	f->fd = -1;
	if (strlen(path) >= sizeof(f->name))
		return err_set(err, ERR_LIMIT, "%.80s…: too long a path", path);
	snprintf(f->name, sizeof(f->name), "%s", path);
	snprintf(f->unfinished, sizeof(f->unfinished), "%s.unfinished", path);
	if (lstat(path, &st) == 0)
		return err_set(err, ERR_DENIED, "%s exists: name a file that is not there, it is made", path);
	f->fd = open(f->unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (f->fd >= 0)
		return true;
	return errno == EEXIST ? err_set(err, ERR_DENIED, "%s is of a run that was ended half way, or runs yet: if none runs, remove it",
					 f->unfinished)
			       : err_sys(err, "%s", f->unfinished);
}

/* A file system may know one of the two ways alone. */
static bool name_it(const struct outfile *f)
{
	if (renameat2(AT_FDCWD, f->unfinished, AT_FDCWD, f->name, RENAME_NOREPLACE) == 0)
		return true;
	return errno == EINVAL && link(f->unfinished, f->name) == 0 && unlink(f->unfinished) == 0;
}

bool outfile_end(struct outfile *f, struct err *err)
{
	if (fsync(f->fd) != 0 || !name_it(f)) {
		(void)err_sys(err, "%s", f->name);
		outfile_stop(f);
		return false;
	}
	fd_close(&f->fd);
	return true;
}

void outfile_stop(struct outfile *f)
{
	if (f->fd < 0)
		return;
	fd_close(&f->fd);
	(void)unlink(f->unfinished);
}
