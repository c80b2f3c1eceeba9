/* Ways through files that root, or the vault's user, obeys. Each runs as the agent. */
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "recovery/prove_inner.h"

static bool writable(const char *path, struct buf *says)
{
	if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0)
		return false;
	buf_adds(says, path);
	return true;
}

/* clang-format off */
static const char *const system_files[] = {
	"/", "/etc", "/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow", "/etc/sudoers", "/etc/sudoers.d",
	"/etc/doas.conf", "/etc/crontab",
	"/etc/cron.d", "/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly", "/etc/cron.monthly",
	"/var/spool/cron", "/var/spool/cron/crontabs/root",
	"/etc/systemd/system", "/etc/systemd/system.conf", "/usr/lib/systemd/system", "/lib/systemd/system",
	"/etc/init.d", "/etc/rc.local",
	"/etc/ld.so.preload", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/ld.so.cache", "/etc/pam.d",
	"/etc/security", "/etc/profile", "/etc/profile.d",
	"/etc/bash.bashrc", "/etc/environment", "/etc/fstab", "/etc/subuid", "/etc/subgid", "/etc/apt/apt.conf.d",
	"/etc/apt/sources.list.d", "/etc/dpkg/dpkg.cfg.d",
	"/etc/docker", "/etc/polkit-1/rules.d", "/etc/udev/rules.d", "/etc/modprobe.d", "/etc/logrotate.d",
	"/etc/ssh/sshd_config", "/etc/hosts", "/etc/nsswitch.conf",
	"/etc/resolv.conf", "/etc/ssl/certs", "/bin", "/sbin", "/lib", "/usr", "/usr/bin", "/usr/sbin", "/usr/lib",
	"/usr/libexec", "/usr/local", "/usr/local/bin", "/usr/local/sbin",
	"/usr/local/lib", "/opt", "/var", "/var/lib", "/root", "/root/.ssh", "/root/.ssh/authorized_keys",
	"/root/.bashrc", "/root/.profile", "/boot",
	"/bin/sh", "/usr/bin/sudo", "/usr/bin/env", "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe",
	"/proc/sysrq-trigger",
	"/sys/kernel/uevent_helper", "/sys/fs/cgroup/release_agent",
};
/* clang-format on */

enum prove_result prove_system_files(const struct prove_scene *s, struct buf *says)
{
	(void)s;
	for (size_t i = 0; i < ARRAY_LEN(system_files); i++) {
		if (writable(system_files[i], says))
			return PROVE_WORKED;
	}
	return PROVE_HELD;
}

/* clang-format off */
static const char *const home_files[] = {
	"", "/.ssh", "/.ssh/authorized_keys", "/.ssh/rc", "/.profile", "/.bashrc", "/.bash_profile", "/.bash_login",
	"/.zshrc", "/.zshenv", "/.pgpass", "/.pg_service.conf",
	"/.aws", "/.aws/config", "/.aws/credentials", "/.config", "/.config/systemd", "/.config/systemd/user",
	"/.config/pawl", "/.config/rclone", "/.local",
	"/.local/bin", "/.local/state", "/.local/state/pawl", "/bin",
};
/* clang-format on */

/* What it may read there is as bad: the key to the cloud. */
static const char *const home_secrets[] = { "/.aws/credentials", "/.config/rclone/rclone.conf",
					    "/.ssh/id_ed25519", "/.ssh/id_rsa" };

enum prove_result prove_vault_home(const struct prove_scene *s, struct buf *says)
{
	char path[PROVE_PATH];
	const char *const dirs[] = { "/var/spool/cron/crontabs", "/var/spool/cron" };

	/* A home that is nobody's: /nonexistent, / and the like belong to other ways. */
	if (s->vault_home[0] != '/' || !s->vault_home[1]) {
		buf_adds(says, "the vault's user has no home");
		return PROVE_IMPOSSIBLE;
	}
	for (size_t i = 0; i < ARRAY_LEN(home_files); i++) {
		snprintf(path, sizeof(path), "%s%s", s->vault_home, home_files[i]);
		if (writable(path, says))
			return PROVE_WORKED;
	}
	for (size_t i = 0; i < ARRAY_LEN(home_secrets); i++) {
		snprintf(path, sizeof(path), "%s%s", s->vault_home, home_secrets[i]);
		if (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0) {
			buf_addf(says, "may read %s", path);
			return PROVE_WORKED;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		snprintf(path, sizeof(path), "%s/%s", dirs[i], s->vault_user);
		if (s->vault_user[0] && writable(path, says))
			return PROVE_WORKED;
	}
	return PROVE_HELD;
}

/* A file that may be written, or replaced, or whose folders may be. */
static bool reachable(const char *file, struct buf *says)
{
	char path[PROVE_PATH], *slash;

	if (writable(file, says))
		return true;
	snprintf(path, sizeof(path), "%s", file);
	while ((slash = strrchr(path, '/')) && slash != path) {
		if (prove_replaceable(path)) {
			buf_addf(says, "%s may be replaced", path);
			return true;
		}
		*slash = 0;
	}
	return false;
}

enum prove_result prove_program(const struct prove_scene *s, struct buf *says)
{
	return reachable(s->program, says) ? PROVE_WORKED : PROVE_HELD;
}

enum prove_result prove_config(const struct prove_scene *s, struct buf *says)
{
	if (!s->ask->config) {
		buf_adds(says, "no configuration was named");
		return PROVE_IMPOSSIBLE;
	}
	return reachable(s->ask->config, says) ? PROVE_WORKED : PROVE_HELD;
}

enum prove_result prove_read_key(const struct prove_scene *s, struct buf *says)
{
	auto_fd fd = -1;

	if (!s->ask->key) {
		buf_adds(says, "no key was named");
		return PROVE_IMPOSSIBLE;
	}
	fd = open(s->ask->key, O_RDONLY | O_CLOEXEC);
	return fd >= 0 || reachable(s->ask->key, says) ? PROVE_WORKED : PROVE_HELD;
}
