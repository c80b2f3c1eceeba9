/* Ways through files that root, or the vault's user, obeys. Each runs as the agent. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "recovery/prove_inner.h"

#define ENTRIES_MAX 20000u

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
	"/etc/ssl/openssl.cnf", "/usr/lib/ssl", "/etc/tmpfiles.d", "/usr/lib/tmpfiles.d", "/etc/sysusers.d", "/etc/environment.d",
	"/etc/systemd/system-generators", "/usr/lib/systemd/system-generators", "/etc/systemd/system.control", "/etc/systemd/user.conf",
	"/etc/binfmt.d", "/etc/sysctl.conf", "/etc/sysctl.d", "/etc/modules-load.d", "/etc/modules", "/etc/initramfs-tools/hooks",
	"/etc/kernel/postinst.d", "/etc/grub.d", "/etc/default", "/etc/dbus-1/system.d", "/usr/share/dbus-1/system-services",
	"/usr/share/polkit-1/rules.d", "/etc/apparmor.d", "/etc/ca-certificates/update.d", "/etc/dhcp/dhclient-exit-hooks.d",
	"/etc/ppp/ip-up.d", "/etc/alternatives", "/usr/lib/udev/rules.d", "/proc/sys/fs/binfmt_misc/register", "/proc/sys/kernel/hotplug",
	/* Where the clock is taken from, by which locks end. */
	"/etc/systemd/timesyncd.conf", "/etc/systemd/timesyncd.conf.d", "/etc/chrony", "/etc/chrony.conf", "/etc/ntp.conf", "/etc/ntpsec",
	/* What leads a client of a database to another server. */
	"/etc/postgresql-common", "/etc/postgresql-common/pg_service.conf", "/etc/mysql", "/etc/mysql/my.cnf",
	"/etc/anacrontab", "/etc/login.defs", "/etc/pam.conf", "/etc/aliases", "/etc/inittab", "/usr/local/etc",
};

/* Each file in these is obeyed, too. */
static const char *const system_folders[] = {
	"/etc/sudoers.d", "/etc/cron.d", "/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly", "/etc/cron.monthly",
	"/etc/systemd/system", "/usr/lib/systemd/system", "/usr/local/lib/systemd/system", "/run/systemd/system",
	"/etc/init.d", "/etc/ld.so.conf.d", "/etc/pam.d", "/etc/security", "/etc/profile.d", "/etc/apt/apt.conf.d",
	"/etc/apt/sources.list.d", "/etc/dpkg/dpkg.cfg.d", "/etc/docker", "/etc/polkit-1/rules.d", "/etc/udev/rules.d",
	"/etc/modprobe.d", "/etc/logrotate.d", "/etc/ssh", "/etc/ssh/sshd_config.d", "/etc/NetworkManager/dispatcher.d",
	"/etc/network/if-up.d", "/etc/update-motd.d", "/root/.ssh",
	"/etc/tmpfiles.d", "/usr/lib/tmpfiles.d", "/etc/sysusers.d", "/etc/environment.d", "/etc/systemd/system-generators",
	"/usr/lib/systemd/system-generators", "/etc/systemd/system.control", "/etc/binfmt.d", "/etc/sysctl.d", "/etc/modules-load.d",
	"/etc/initramfs-tools/hooks", "/etc/kernel/postinst.d", "/etc/grub.d", "/etc/default", "/etc/dbus-1/system.d",
	"/usr/share/dbus-1/system-services", "/usr/share/polkit-1/rules.d", "/etc/apparmor.d", "/etc/ca-certificates/update.d",
	"/etc/chrony", "/etc/chrony/conf.d", "/etc/systemd/timesyncd.conf.d", "/etc/mysql/conf.d", "/etc/mysql/mariadb.conf.d",
	"/usr/lib/udev/rules.d", "/etc/alternatives",
	"/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin",
};

/* Whoever may read these may be root soon. */
static const char *const system_secrets[] = { "/etc/shadow", "/etc/gshadow", "/root/.ssh/id_rsa", "/root/.ssh/id_ecdsa",
					      "/root/.ssh/id_ed25519", "/root/.aws/credentials" };
/* clang-format on */

static bool readable(const char *path, struct buf *says)
{
	struct stat st;

	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) != 0)
		return false;
	buf_addf(says, "may read %s", path);
	return true;
}

/* A file in ${folder} that may be written, or a link there to one that may be. Links to devices (a unit that is masked) are none. */
static bool writable_inside(const char *folder, struct buf *says)
{
	DIR *dir = opendir(folder);
	struct dirent *f;
	bool found = false;

	for (unsigned n = 0; dir && !found && n < ENTRIES_MAX && (f = readdir(dir)); n++) {
		char path[PROVE_PATH], real[PROVE_PATH];
		struct stat st;

		if (f->d_name[0] == '.' || (size_t)snprintf(path, sizeof(path), "%s/%s", folder, f->d_name) >= sizeof(path) ||
		    lstat(path, &st) != 0)
			continue;
		if (S_ISLNK(st.st_mode))
			found = realpath(path, real) && stat(real, &st) == 0 &&
				(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) && prove_reachable(real, says);
		else
			found = (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) && writable(path, says);
	}
	if (dir)
		closedir(dir);
	return found;
}

enum prove_result prove_system_files(const struct prove_scene *s, struct buf *says)
{
	(void)s;
	for (size_t i = 0; i < ARRAY_LEN(system_files); i++) {
		if (writable(system_files[i], says))
			return PROVE_WORKED;
	}
	for (size_t i = 0; i < ARRAY_LEN(system_secrets); i++) {
		if (readable(system_secrets[i], says))
			return PROVE_WORKED;
	}
	for (size_t i = 0; i < ARRAY_LEN(system_folders); i++) {
		if (writable_inside(system_folders[i], says))
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
	"/.zprofile", "/.zlogin", "/.bash_logout", "/.pam_environment", "/.config/fish", "/.config/fish/config.fish",
	"/.config/environment.d", "/.config/rclone/rclone.conf", "/.config/pawl/backup.yaml", "/.config/pawl/policy.yaml",
	"/.config/systemd/user/default.target.wants", "/.ssh/config", "/.ssh/environment", "/.psqlrc", "/.my.cnf", "/.mylogin.cnf",
	"/.sqliterc", "/.gitconfig", "/.netrc",
};
/* clang-format on */

/* What it may read there is as bad: the key to the cloud. */
static const char *const home_secrets[] = { "/.aws/credentials", "/.config/rclone/rclone.conf",
					    "/.ssh/id_ed25519", "/.ssh/id_rsa", "/.ssh/id_ecdsa", "/.netrc",
					    "/.config/gcloud/application_default_credentials.json" };

enum prove_result prove_vault_home(const struct prove_scene *s, struct buf *says)
{
	char path[PROVE_PATH];
	const char *const dirs[] = { "/var/spool/cron/crontabs", "/var/spool/cron" };

	/* A home that is nobody's: /nonexistent, / and the like belong to other ways. */
	if (s->vault_home[0] != '/' || !s->vault_home[1]) {
		buf_adds(says, "the vault's user has no home");
		return PROVE_IMPOSSIBLE;
	}
	if (prove_reachable(s->vault_home, says))
		return PROVE_WORKED;
	for (size_t i = 0; i < ARRAY_LEN(home_files); i++) {
		snprintf(path, sizeof(path), "%s%s", s->vault_home, home_files[i]);
		if (writable(path, says))
			return PROVE_WORKED;
	}
	for (size_t i = 0; i < ARRAY_LEN(home_secrets); i++) {
		snprintf(path, sizeof(path), "%s%s", s->vault_home, home_secrets[i]);
		if (readable(path, says))
			return PROVE_WORKED;
	}
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		snprintf(path, sizeof(path), "%s/%s", dirs[i], s->vault_user);
		if (s->vault_user[0] && writable(path, says))
			return PROVE_WORKED;
	}
	return PROVE_HELD;
}

static bool reachable_by(const char *name, struct buf *says)
{
	char path[PROVE_PATH], *slash;

	snprintf(path, sizeof(path), "%s", name);
	while ((slash = strrchr(path, '/')) && slash != path) {
		if (prove_replaceable(path)) {
			buf_addf(says, "%s may be replaced", path);
			return true;
		}
		*slash = 0;
	}
	return false;
}

bool prove_reachable(const char *file, struct buf *says)
{
	char real[PROVE_PATH];

	return writable(file, says) || reachable_by(file, says) ||
	       (realpath(file, real) && strcmp(real, file) != 0 && reachable_by(real, says));
}

/* Each library that this very program has loaded: the vault's side runs it. */
static bool of_library(struct buf *says)
{
	auto_buf maps = BUF_MAX(4 << 20);
	char path[PROVE_PATH], last[PROVE_PATH] = "";
	struct str all;

	if (!file_read("/proc/self/maps", &maps, NULL))
		return false;
	for (all = buf_str(&maps); all.len;) {
		size_t end = str_find_char(all, '\n'), at;
		struct str line = str_sub(all, 0, end);

		all = end == SIZE_MAX ? STR_NONE : str_sub(all, end + 1, SIZE_MAX);
		at = str_find_char(line, '/');
		if (at == SIZE_MAX || line.len - at >= sizeof(path))
			continue;
		snprintf(path, sizeof(path), "%.*s", (int)(line.len - at), line.ptr + at);
		if (strcmp(path, last) != 0 && prove_reachable(path, says))
			return true;
		memcpy(last, path, sizeof(last));
	}
	return false;
}

enum prove_result prove_program(const struct prove_scene *s, struct buf *says)
{
	const char *const *runs = s->ask->runs;

	for (; runs && *runs; runs++) {
		if (prove_reachable(*runs, says))
			return PROVE_WORKED;
	}
	return prove_reachable(s->program, says) || of_library(says) ? PROVE_WORKED : PROVE_HELD;
}

enum prove_result prove_config(const struct prove_scene *s, struct buf *says)
{
	if (!s->ask->config) {
		buf_adds(says, "no configuration was named");
		return PROVE_IMPOSSIBLE;
	}
	return prove_reachable(s->ask->config, says) ? PROVE_WORKED : PROVE_HELD;
}

enum prove_result prove_read_key(const struct prove_scene *s, struct buf *says)
{
	auto_fd fd = -1;

	if (!s->ask->key) {
		buf_adds(says, "no key was named");
		return PROVE_IMPOSSIBLE;
	}
	fd = open(s->ask->key, O_RDONLY | O_CLOEXEC);
	return fd >= 0 || prove_reachable(s->ask->key, says) ? PROVE_WORKED : PROVE_HELD;
}

/* Statements are signed, so none can be forged; one that is gone, or an older one in its place, can be had. */
enum prove_result prove_statements(const struct prove_scene *s, struct buf *says)
{
	const char *const folders[] = { s->ask->points, s->ask->state };
	static const char *const inside[] = { "/recovery", "/recovery/said", "/recovery/runs", "/recovery/points", "/ledger", "/holds" };
	char path[PROVE_PATH];

	if (!folders[0] && !folders[1]) {
		buf_adds(says, "no folder was named");
		return PROVE_IMPOSSIBLE;
	}
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		if (folders[i] && (prove_reachable(folders[i], says) || writable_inside(folders[i], says)))
			return PROVE_WORKED;
	}
	for (size_t i = 0; folders[1] && i < ARRAY_LEN(inside); i++) {
		snprintf(path, sizeof(path), "%s%s", folders[1], inside[i]);
		if (writable(path, says) || writable_inside(path, says))
			return PROVE_WORKED;
	}
	return PROVE_HELD;
}
