/* Ways through the machine of the vault's side: other programs' rights, groups, files that others obey. Each runs as the agent. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/proc.h"
#include "recovery/prove_inner.h"

#define PLACES "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define WORDS_MAX 16 /* sudo -n -u USER -- PROGRAM, its seven words and the end */
#define RUN_S 8

static bool find(const char *program, char ret[PROVE_PATH])
{
	return proc_find(program, PLACES, NULL, ret, PROVE_PATH);
}

/* Did it end with 0? ${out}: what it said; may be NULL. */
static bool run(const struct prove_scene *s, const char *const words[], struct buf *out)
{
	char *argv[WORDS_MAX + 1];
	auto_buf said = BUF_MAX(65536);
	auto_buf rest = BUF_MAX(65536);
	struct proc_opts o = { .cwd = "/",
			       .env = s->ask->agent->env,
			       .out = &said,
			       .errout = &rest,
			       .timeout_s = RUN_S };
	int status = 1;
	size_t n = 0;
	bool good;

	for (; words[n] && n < WORDS_MAX; n++) {
		argv[n] = strdup(words[n]);
		if (!argv[n])
			break;
	}
	argv[n] = NULL;
	good = !words[n] && proc_run(argv, &o, &status, NULL) && status == 0;
	if (out)
		buf_add(out, buf_str(&said));
	while (n)
		free(argv[--n]);
	return good;
}

static enum prove_result absent(const char *program, struct buf *says)
{
	buf_addf(says, "%s is not here", program);
	return PROVE_IMPOSSIBLE;
}

/* --- sudo --- */

/* clang-format off */
/* Programs that harm the canary when they run as somebody else, as people allow them. F stands for the file, D for its folder. */
static const char *const harms[][8] = {
	{ "rm", "-f", "F" },
	{ "sh", "-c", "rm -f F" },
	{ "bash", "-c", "rm -f F" },
	{ "env", "rm", "-f", "F" },
	{ "find", "F", "-delete" },
	{ "mv", "F", "F.x" },
	{ "chmod", "0666", "F" },
	{ "chown", "nobody", "F" },
	{ "setfacl", "-m", "o::rw", "F" },
	{ "chattr", "+d", "F" },
	{ "cp", "/dev/null", "F" },
	{ "install", "/dev/null", "F" },
	{ "dd", "if=/dev/null", "of=F" },
	{ "truncate", "-s", "0", "F" },
	{ "tee", "F" },
	{ "touch", "F" },
	{ "ln", "-sf", "/dev/null", "F" },
	{ "sed", "-i", "1d", "F" },
	{ "shred", "-u", "F" },
	{ "python3", "-c", "import os; os.remove('F')" },
	{ "perl", "-e", "unlink 'F' or exit 1" },
	{ "awk", "BEGIN { exit system(\"rm -f F\") }" },
	{ "xargs", "-a", "/etc/hostname", "rm", "-f", "F" },
	{ "tar", "-cf", "F", "-T", "/dev/null" },
	{ "rsync", "/etc/hostname", "F" },
	{ "su", "-c", "rm -f F" },
	{ "nsenter", "-t", "1", "-m", "rm", "-f", "F" },
	{ "systemd-run", "--wait", "-q", "rm", "-f", "F" },
};
/* clang-format on */

/* ${word} with F in it replaced. */
static void expand(const char *word, const char *file, char *ret)
{
	const char *f = strchr(word, 'F');
	bool alone =
		f && (f[1] == 0 || strchr(" .'\"", f[1])) && (f == word || strchr(" ='", f[-1]));

	/* One that is too long becomes another path, and does no harm. */
	if (!alone)
		snprintf(ret, PROVE_PATH, "%s", word);
	else
		snprintf(ret, PROVE_PATH, "%.*s%.4000s%s", (int)(f - word), word, file, f + 1);
}

static bool sudo_harm(const struct prove_scene *s, const char *sudo, const char *user,
		      const char *const harm[8])
{
	static char text[8][PROVE_PATH], program[PROVE_PATH];
	const char *argv[WORDS_MAX] = { sudo, "-n", "-u", user, "--", program };
	size_t n = 6;

	if (!find(harm[0], program))
		return false;
	for (size_t i = 1; i < 8 && harm[i]; i++, n++) {
		expand(harm[i], s->file, text[i]);
		argv[n] = text[i];
	}
	argv[n] = NULL;
	return run(s, argv, NULL);
}

/* What `sudo -l` lists: "(root) NOPASSWD: /usr/bin/less, /usr/bin/systemctl restart web". A program that may be given any words may well
 * be made to do anything; one with fixed words is told. */
static bool sudo_rules(struct str list, struct buf *says)
{
	bool open = false;

	while (list.len) {
		size_t end = str_find_char(list, '\n'), at;
		struct str line = str_trim(str_sub(list, 0, end == SIZE_MAX ? list.len : end));

		list = str_sub(list, end == SIZE_MAX ? list.len : end + 1, SIZE_MAX);
		at = str_find(line, STR("NOPASSWD:"));
		if (at == SIZE_MAX || line.ptr[0] != '(')
			continue;
		line = str_sub(line, at + 9, SIZE_MAX);
		while (line.len) {
			size_t comma = str_find_char(line, ',');
			struct str one =
				str_trim(str_sub(line, 0, comma == SIZE_MAX ? line.len : comma));
			bool fixed = str_find_char(one, ' ') != SIZE_MAX &&
				     str_find_char(one, '*') == SIZE_MAX;

			line = str_sub(line, comma == SIZE_MAX ? line.len : comma + 1, SIZE_MAX);
			if (fixed) {
				buf_addf(
					says,
					"note: sudo lets the agent run, without a password: %.*s\n",
					STR_ARG(one));
				continue;
			}
			buf_addf(
				says, "%s%.*s",
				open ? ", " : "without a password, with any words: ", STR_ARG(one));
			open = true;
		}
	}
	return open;
}

enum prove_result prove_sudo(const struct prove_scene *s, struct buf *says)
{
	char sudo[PROVE_PATH];
	const char *const listing[] = { sudo, "-n", "-l", NULL };
	const char *const users[] = { "root", s->vault_user };
	auto_buf list = BUF_MAX(65536);
	bool may_list;

	if (!find("sudo", sudo))
		return absent("sudo", says);
	may_list = run(s, listing, &list);
	for (size_t u = 0; u < ARRAY_LEN(users); u++) {
		/* Nothing listed: one program, for a sudoers file whose listpw keeps silent. */
		for (size_t i = 0; i < (may_list ? ARRAY_LEN(harms) : 1); i++) {
			if (users[u][0] && sudo_harm(s, sudo, users[u], harms[i])) {
				buf_addf(says, "%s as %s", harms[i][0], users[u]);
				return PROVE_WORKED;
			}
		}
	}
	return may_list && sudo_rules(buf_str(&list), says) ? PROVE_WORKED : PROVE_HELD;
}

/* --- others of its kind --- */

enum prove_result prove_doas(const struct prove_scene *s, struct buf *says)
{
	char doas[PROVE_PATH];
	const char *const as_root[] = { doas, "-n", "rm", "-f", s->file, NULL };
	const char *const as_user[] = {
		doas, "-n", "-u", s->vault_user, "rm", "-f", s->file, NULL
	};

	if (!find("doas", doas))
		return absent("doas", says);
	return run(s, as_root, NULL) || run(s, as_user, NULL) ? PROVE_WORKED : PROVE_HELD;
}

enum prove_result prove_pkexec(const struct prove_scene *s, struct buf *says)
{
	char pkexec[PROVE_PATH];
	const char *const argv[] = {
		pkexec, "--disable-internal-agent", "rm", "-f", s->file, NULL
	};

	if (!find("pkexec", pkexec))
		return absent("pkexec", says);
	return run(s, argv, NULL) ? PROVE_WORKED : PROVE_HELD;
}

enum prove_result prove_su(const struct prove_scene *s, struct buf *says)
{
	char su[PROVE_PATH], command[PROVE_PATH + 16];
	const char *const users[] = { s->vault_user, "root" };

	if (!find("su", su))
		return absent("su", says);
	snprintf(command, sizeof(command), "rm -f '%s'", s->file);
	for (size_t i = 0; i < ARRAY_LEN(users); i++) {
		const char *const argv[] = { su, "-s", "/bin/sh", "-c", command, users[i], NULL };

		if (users[i][0] && run(s, argv, NULL)) {
			buf_addf(says, "%s has no password", users[i]);
			return PROVE_WORKED;
		}
	}
	return PROVE_HELD;
}

enum prove_result prove_ssh(const struct prove_scene *s, struct buf *says)
{
	char ssh[PROVE_PATH], to[128], command[PROVE_PATH + 16];
	const char *const users[] = { s->vault_user, "root" };

	if (!find("ssh", ssh))
		return absent("ssh", says);
	snprintf(command, sizeof(command), "rm -f '%s'", s->file);
	for (size_t i = 0; i < ARRAY_LEN(users); i++) {
		const char *const argv[] = { ssh,
					     "-o",
					     "BatchMode=yes",
					     "-o",
					     "ConnectTimeout=2",
					     "-o",
					     "StrictHostKeyChecking=no",
					     "-T",
					     to,
					     command,
					     NULL };

		snprintf(to, sizeof(to), "%s@127.0.0.1", users[i]);
		if (users[i][0] && run(s, argv, NULL)) {
			buf_adds(says, to);
			return PROVE_WORKED;
		}
	}
	return PROVE_HELD;
}

/* --- services that do what root does for whoever may speak to them --- */

/* clang-format off */
static const char *const sockets[] = {
	"/run/docker.sock", "/var/run/docker.sock", "/run/podman/podman.sock", "/run/containerd/containerd.sock",
	"/run/crio/crio.sock",
	"/var/lib/lxd/unix.socket", "/var/snap/lxd/common/lxd/unix.socket", "/var/lib/incus/unix.socket",
	"/run/libvirt/libvirt-sock",
	"/run/buildkit/buildkitd.sock", "/run/snapd.socket",
};
/* clang-format on */

/* A docker that listens on the network asks nobody who he is. One on another machine is another machine's. */
static bool docker_answers(int fd, const struct sockaddr_in *to)
{
	static const char ask[] = "GET /_ping HTTP/1.0\r\n\r\n";
	const struct timeval wait = { 2, 0 };
	char said[1024];
	ssize_t n = 0, k;
	struct sockaddr_in here = { 0 };
	socklen_t here_len = sizeof(here);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) != 0 ||
	    connect(fd, (const struct sockaddr *)to, sizeof(*to)) != 0 ||
	    getsockname(fd, (struct sockaddr *)&here, &here_len) != 0 || here.sin_addr.s_addr != to->sin_addr.s_addr ||
	    send(fd, ask, sizeof(ask) - 1, MSG_NOSIGNAL) != (ssize_t)sizeof(ask) - 1)
		return false;
	while (n < (ssize_t)sizeof(said) && (k = recv(fd, said + n, sizeof(said) - (size_t)n, 0)) > 0)
		n += k;
	return str_find((struct str){ said, (size_t)n }, STR("Api-Version")) != SIZE_MAX;
}

static bool docker_on_port(const char *host, uint64_t port, struct buf *says)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	auto_fd fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (inet_pton(AF_INET, strcmp(host, "localhost") == 0 ? "127.0.0.1" : host, &to.sin_addr) != 1 ||
	    !docker_answers(fd, &to))
		return false;
	buf_addf(says, "docker on %s:%u", host, (unsigned)port);
	return true;
}

/* DOCKER_HOST of the agent's. A docker of the agent's own, without root, is none of the vault's side. */
static bool docker_host(const struct prove_scene *s, struct buf *says)
{
	struct str host = str_from(getenv("DOCKER_HOST"));
	char name[128];
	size_t colon;
	uint64_t port;

	if (str_starts(host, STR("unix://"))) {
		struct sockaddr_un to = { .sun_family = AF_UNIX };
		auto_fd fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		struct ucred who;
		socklen_t n = sizeof(who);

		host = str_sub(host, 7, SIZE_MAX);
		snprintf(to.sun_path, sizeof(to.sun_path), "%.*s", STR_ARG(host));
		if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0 ||
		    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) != 0 || who.uid == s->ask->agent->uid)
			return false;
		buf_add(says, host);
		return true;
	}
	if (!str_starts(host, STR("tcp://")))
		return false;
	host = str_sub(host, 6, SIZE_MAX);
	colon = str_find_char(host, ':');
	if (colon == SIZE_MAX || !str_to_u64(str_sub(host, colon + 1, SIZE_MAX), &port) || !port || port > UINT16_MAX)
		return false;
	snprintf(name, sizeof(name), "%.*s", STR_ARG(str_sub(host, 0, colon)));
	return docker_on_port(name, port, says);
}

enum prove_result prove_sockets(const struct prove_scene *s, struct buf *says)
{
	unsigned there = 0;

	if (docker_host(s, says) || docker_on_port("127.0.0.1", 2375, says))
		return PROVE_WORKED;
	for (size_t i = 0; i < ARRAY_LEN(sockets); i++) {
		struct sockaddr_un to = { .sun_family = AF_UNIX };
		auto_fd fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

		/* Anybody may speak to snapd; it asks polkit itself. */
		if (fd < 0 || !strcmp(sockets[i], "/run/snapd.socket"))
			continue;
		snprintf(to.sun_path, sizeof(to.sun_path), "%s", sockets[i]);
		there += access(sockets[i], F_OK) == 0;
		if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0 ||
		    faccessat(AT_FDCWD, sockets[i], W_OK, AT_EACCESS) == 0) {
			buf_adds(says, sockets[i]);
			return PROVE_WORKED;
		}
	}
	if (!there)
		buf_adds(says, "none of their sockets is here");
	return there ? PROVE_HELD : PROVE_IMPOSSIBLE;
}

/* clang-format off */
/* Groups that are as good as root, and such as only may become so. */
static const struct {
	const char *name;
	bool root;
} groups[] = {
	{ "root", true },    { "docker", true }, { "lxd", true },  { "incus-admin", true }, { "podman", true }, { "disk", true },
	{ "kmem", true },    { "shadow", true }, { "libvirt", true }, { "sudo", false },   { "wheel", false }, { "admin", false },
	{ "adm", false },
};
/* clang-format on */

static bool member(const struct prove_agent *a, gid_t gid)
{
	bool in = a->gid == gid;

	for (size_t i = 0; i < a->n_groups; i++)
		in |= a->groups[i] == gid;
	return in;
}

enum prove_result prove_groups(const struct prove_scene *s, struct buf *says)
{
	enum prove_result r = PROVE_HELD;

	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		const struct group *g = getgrnam(groups[i].name);

		if (!g || !member(s->ask->agent, g->gr_gid))
			continue;
		if (groups[i].root) {
			buf_addf(says, "%s%s", r == PROVE_WORKED ? ", " : "", groups[i].name);
			r = PROVE_WORKED;
		} else {
			buf_addf(says, "note: the agent is in group %s\n", groups[i].name);
		}
	}
	if (s->vault_gid && member(s->ask->agent, s->vault_gid))
		buf_adds(says, "note: the agent is in the group of the vault's user\n");
	return r;
}

/* Lines "user:first:count" of ids that a user's namespaces may take. */
static bool covers(struct str file, const struct prove_agent *a, uint64_t id)
{
	while (file.len) {
		size_t end = str_find_char(file, '\n'), c1, c2;
		struct str line = str_sub(file, 0, end == SIZE_MAX ? file.len : end), who, rest;
		uint64_t first, count, uid;

		file = str_sub(file, end == SIZE_MAX ? file.len : end + 1, SIZE_MAX);
		c1 = str_find_char(line, ':');
		if (c1 == SIZE_MAX)
			continue;
		who = str_sub(line, 0, c1);
		rest = str_sub(line, c1 + 1, SIZE_MAX);
		c2 = str_find_char(rest, ':');
		if (c2 == SIZE_MAX || !str_to_u64(str_sub(rest, 0, c2), &first) ||
		    !str_to_u64(str_trim(str_sub(rest, c2 + 1, SIZE_MAX)), &count))
			continue;
		if ((str_is(who, a->user) || (str_to_u64(who, &uid) && uid == a->uid)) &&
		    id >= first && id - first < count)
			return true;
	}
	return false;
}

enum prove_result prove_subuid(const struct prove_scene *s, struct buf *says)
{
	auto_buf uids = BUF_MAX(1 << 20), gids = BUF_MAX(1 << 20);

	if (!file_read("/etc/subuid", &uids, NULL)) {
		buf_adds(says, "no /etc/subuid here");
		return PROVE_IMPOSSIBLE;
	}
	if (!file_read("/etc/subgid", &gids, NULL))
		buf_clear(&gids);
	if (!covers(buf_str(&uids), s->ask->agent, s->vault_uid) &&
	    !covers(buf_str(&gids), s->ask->agent, s->vault_gid))
		return PROVE_HELD;
	buf_adds(says, "the vault's user lies in the range that the agent may take");
	return PROVE_WORKED;
}
