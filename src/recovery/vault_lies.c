#include "recovery/vault_lies.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "recovery/vault_inner.h"

#define PATH_LEN 4200

static bool has(int folder, const char *name)
{
	struct stat st;

	return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
}

static int below(int folder, struct str name)
{
	char path[80];

	snprintf(path, sizeof(path), "%.*s", STR_ARG(name));
	return openat(folder, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The folder of the vault cannot be opened. Who owns it and was locked out of it has no backup there that can be read either. */
static enum vault_lie closed(const struct vault_lies *ask, const char *path)
{
	bool none = errno == ENOENT || errno == ENOTDIR;
	struct stat st;

	if (none)
		return ask->ours ? VAULT_LIES_GONE : VAULT_LIES_UNKNOWN;
	return stat(path, &st) == 0 && st.st_uid == geteuid() ? VAULT_LIES_GONE : VAULT_LIES_UNKNOWN;
}

enum vault_lie vault_lies(const struct vault_lies *ask)
{
	auto_fd root = -1, target = -1, backup = -1;
	char path[PATH_LEN];
	struct stat st;

	if (!ask->directory.len || ask->directory.ptr[0] != '/' || ask->directory.len >= sizeof(path) || !vault_name_good(ask->target) ||
	    !vault_name_good(ask->id))
		return VAULT_LIES_UNKNOWN;
	snprintf(path, sizeof(path), "%.*s", STR_ARG(ask->directory));
	root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return closed(ask, path);
	/* What is nobody's alone is no vault, but something of that name on another machine. */
	if (fstat(root, &st) != 0 || (st.st_uid != geteuid() && (st.st_mode & 077)))
		return VAULT_LIES_UNKNOWN;
	target = below(root, ask->target);
	backup = target < 0 ? -1 : below(target, ask->id);
	if (backup < 0)
		return st.st_uid != geteuid() && errno == EACCES ? VAULT_LIES_UNKNOWN : VAULT_LIES_GONE;
	return has(backup, VAULT_MANIFEST) && has(backup, VAULT_SIGNATURE) &&
			       (ask->record_only || has(backup, "data.zst") || has(backup, "data.zst.age"))
		       ? VAULT_LIES_WHOLE
		       : VAULT_LIES_GONE;
}
