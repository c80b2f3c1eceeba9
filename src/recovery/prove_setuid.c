/* Programs that become somebody else by themselves: setuid of root or of the vault's user, file capabilities. Runs as the agent. */
#include <dirent.h>
#include <endian.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "recovery/prove_inner.h"

#define ENTRIES_MAX 20000u
#define BIT(c) (UINT64_C(1) << (c))
#define HARMFUL                                                                                                     \
	(BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_FOWNER) | BIT(CAP_KILL) |      \
	 BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_SYS_ADMIN) | BIT(CAP_SYS_PTRACE) | BIT(CAP_SYS_MODULE) |       \
	 BIT(CAP_SYS_RAWIO) | BIT(CAP_MKNOD) | BIT(CAP_SETFCAP) | BIT(CAP_SETPCAP) | BIT(CAP_SYS_CHROOT) |          \
	 BIT(CAP_LINUX_IMMUTABLE))

/* Setuid of root, these do what they are told. Versions stand behind some names: python3.11. */
static const char *const obedient[] = {
	"sh", "bash", "dash", "zsh", "ksh", "busybox", "env", "python", "perl", "ruby", "node", "php", "lua", "awk",
	"gawk", "mawk", "sed", "ed", "vi", "vim", "nano", "emacs", "less", "more", "man", "rm", "mv", "cp", "dd",
	"ln", "tee", "touch", "truncate", "install", "shred", "chmod", "chown", "chgrp", "chattr", "setfacl",
	"find", "xargs", "tar", "rsync", "zip", "unzip", "cpio", "git", "make", "gdb", "strace", "nsenter",
	"unshare", "chroot", "systemctl", "systemd-run", "docker", "podman", "nice", "timeout", "flock", "setpriv",
	"capsh", "cat", "tail", "head", "unlink", "rsnapshot", "borg", "restic",
};
/* Given capabilities by distributions, and careful with them. */
static const char *const trusted[] = { "newuidmap", "newgidmap", "systemd-detect-virt", "suexec", "snap-confine" };

static bool named(const char *name, const char *const *list, size_t n, bool versions)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(list[i]);

		if (strncmp(name, list[i], len) == 0 &&
		    (!name[len] || (versions && strspn(name + len, "0123456789.-") == strlen(name + len))))
			return true;
	}
	return false;
}

static uint64_t capabilities(const char *path)
{
	struct vfs_cap_data data;
	ssize_t n = getxattr(path, "security.capability", &data, sizeof(data));

	if (n < (ssize_t)XATTR_CAPS_SZ_1)
		return 0;
	return le32toh(data.data[0].permitted) | (n >= (ssize_t)XATTR_CAPS_SZ_2 ? (uint64_t)le32toh(data.data[1].permitted) << 32 : 0);
}

static bool harmful(const struct prove_scene *s, const char *path, const char *name, struct buf *says)
{
	const struct prove_agent *a = s->ask->agent;
	struct stat st;
	uint64_t caps;

	if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode) || !(st.st_mode & 0111) ||
	    faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) != 0)
		return false;
	if (st.st_mode & S_ISUID && st.st_uid == s->vault_uid && s->vault_uid != a->uid && s->vault_uid != 0) {
		buf_addf(says, "%s becomes the vault's user", path);
		return true;
	}
	if (st.st_mode & S_ISUID && st.st_uid == 0 && named(name, obedient, ARRAY_LEN(obedient), true)) {
		buf_addf(says, "%s becomes root, and does what it is told", path);
		return true;
	}
	caps = capabilities(path) & HARMFUL;
	if (!caps || named(name, trusted, ARRAY_LEN(trusted), false))
		return false;
	buf_addf(says, "%s has capabilities (%llx)", path, (unsigned long long)caps);
	return true;
}

static bool folder(const struct prove_scene *s, const char *path, struct buf *says)
{
	DIR *dir = opendir(path);
	struct dirent *f;
	bool found = false;

	for (unsigned n = 0; dir && !found && n < ENTRIES_MAX && (f = readdir(dir)); n++) {
		char file[PROVE_PATH];

		if (f->d_name[0] != '.' && (size_t)snprintf(file, sizeof(file), "%s/%s", path, f->d_name) < sizeof(file))
			found = harmful(s, file, f->d_name, says);
	}
	if (dir)
		closedir(dir);
	return found;
}

/* The folders of programs, those that anybody may leave something in, those of the agent and on the way to the vault. */
enum prove_result prove_setuid(const struct prove_scene *s, struct buf *says)
{
	static const char *const fixed[] = { "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/opt", "/opt/bin",
					     "/tmp",	 "/var/tmp",  "/dev/shm",	"/srv",		   "/" };
	char bin[PROVE_PATH];
	const char *path = getenv("PATH");

	for (size_t i = 0; i < ARRAY_LEN(fixed); i++) {
		if (folder(s, fixed[i], says))
			return PROVE_WORKED;
	}
	for (size_t i = 0; s->chain[i]; i++) {
		if (folder(s, s->chain[i], says))
			return PROVE_WORKED;
	}
	snprintf(bin, sizeof(bin), "%.1000s/bin", s->ask->agent->home);
	if (folder(s, s->ask->agent->home, says) || folder(s, bin, says))
		return PROVE_WORKED;
	while (path && *path) {
		size_t n = strcspn(path, ":");

		if (n && n < sizeof(bin)) {
			snprintf(bin, sizeof(bin), "%.*s", (int)n, path);
			if (folder(s, bin, says))
				return PROVE_WORKED;
		}
		path += n + (path[n] == ':');
	}
	return PROVE_HELD;
}
