/* Whom the prover becomes. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "base/fd.h"
#include "recovery/prove.h"

#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin:/usr/games"
#define ENV_MAX ((size_t)4 << 20)

static bool from_passwd(const struct passwd *p, struct prove_agent *ret, struct err *err)
{
	int n = PROVE_GROUPS_MAX;

	snprintf(ret->user, sizeof(ret->user), "%s", p->pw_name);
	snprintf(ret->home, sizeof(ret->home), "%s", p->pw_dir);
	ret->uid = p->pw_uid;
	ret->gid = p->pw_gid;
	if (getgrouplist(p->pw_name, p->pw_gid, ret->groups, &n) < 0)
		return err_set(err, ERR_LIMIT, "%s is in more than %d groups", p->pw_name,
			       PROVE_GROUPS_MAX);
	ret->n_groups = (size_t)n;
	return true;
}

static char *word(struct arena *arena, const char *name, const char *value)
{
	size_t n = strlen(name) + strlen(value) + 1;
	char *s = arena_alloc(arena, n);

	if (s)
		snprintf(s, n, "%s%s", name, value);
	return s;
}

bool prove_agent_user(const char *name, struct arena *arena, struct prove_agent *ret,
		      struct err *err)
{
	const struct passwd *p = getpwnam(name);
	struct prove_agent a = { .n_groups = 0 };
	char **env = arena_array(arena, 5, sizeof(char *));

	if (!p)
		return err_set(err, ERR_INPUT, "there is no user %s here", name);
	if (!from_passwd(p, &a, err))
		return false;
	if (!env || !(env[0] = word(arena, "HOME=", a.home)) ||
	    !(env[1] = word(arena, "USER=", a.user)) ||
	    !(env[2] = word(arena, "LOGNAME=", a.user)) ||
	    !(env[3] = word(arena, "PATH=", DEFAULT_PATH)))
		return err_set(err, ERR_LIMIT, "no memory for the agent's environment");
	a.env = env;
	*ret = a;
	return true;
}

/* The numbers behind "Uid:" and the like in /proc/PID/status. */
static size_t numbers(struct str status, struct str label, int base, uint64_t *ret, size_t max)
{
	size_t at = str_find(status, label), n = 0;
	char line[8192], *p = line;

	if (at == SIZE_MAX)
		return 0;
	status = str_sub(status, at + label.len, SIZE_MAX);
	snprintf(line, sizeof(line), "%.*s",
		 (int)(str_find_char(status, '\n') == SIZE_MAX ? status.len
							       : str_find_char(status, '\n')),
		 status.ptr);
	while (n < max) {
		char *end;
		unsigned long long v = strtoull(p, &end, base);

		if (end == p)
			break;
		ret[n++] = v;
		p = end;
	}
	return n;
}

static bool read_proc(pid_t pid, const char *name, struct buf *ret, struct err *err)
{
	char path[64];
	auto_fd fd = -1;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 ? fd_read_all(fd, ret, err)
		       : err_sys(err, "process %d cannot be looked at", (int)pid);
}

/* "A=b\0C=d\0" as words. */
static char *const *environment(struct str text, struct arena *arena, struct prove_agent *a)
{
	struct str all = arena_str(arena, text);
	size_t n = 0, at = 0;
	char **env;

	for (size_t i = 0; i < all.len; i++)
		n += !all.ptr[i];
	env = arena_array(arena, n + 2, sizeof(char *));
	if (!env || (text.len && !all.ptr))
		return NULL;
	n = 0;
	while (at < all.len) {
		struct str one = str_sub(all, at, SIZE_MAX);
		size_t end = str_find_char(one, 0);
		struct str copy =
			arena_str(arena, str_sub(one, 0, end == SIZE_MAX ? one.len : end));

		at += copy.len + 1;
		if (!copy.len)
			continue;
		if (str_starts(copy, STR("HOME=")))
			snprintf(a->home, sizeof(a->home), "%.*s",
				 STR_ARG(str_sub(copy, 5, SIZE_MAX)));
		env[n] = word(arena, "", copy.ptr);
		if (!env[n++])
			return NULL;
	}
	return env;
}

bool prove_agent_process(pid_t pid, struct arena *arena, struct prove_agent *ret, struct err *err)
{
	auto_buf status = BUF_MAX(1 << 20), env = BUF_MAX(ENV_MAX);
	struct prove_agent a = { .n_groups = 0 };
	uint64_t n[PROVE_GROUPS_MAX];
	const struct passwd *p;
	struct str s;

	if (!read_proc(pid, "status", &status, err) || !read_proc(pid, "environ", &env, err))
		return false;
	s = buf_str(&status);
	if (numbers(s, STR("\nUid:"), 10, n, 4) != 4)
		return err_set(err, ERR_INPUT, "process %d does not say whose it is", (int)pid);
	a.uid = (uid_t)n[1];
	if (numbers(s, STR("\nGid:"), 10, n, 4) != 4)
		return err_set(err, ERR_INPUT, "process %d does not say whose it is", (int)pid);
	a.gid = (gid_t)n[1];
	p = getpwuid(a.uid);
	snprintf(a.user, sizeof(a.user), "%s", p ? p->pw_name : "");
	snprintf(a.home, sizeof(a.home), "%s", p ? p->pw_dir : "");
	a.n_groups = numbers(s, STR("\nGroups:"), 10, n, PROVE_GROUPS_MAX);
	for (size_t i = 0; i < a.n_groups; i++)
		a.groups[i] = (gid_t)n[i];
	if (numbers(s, STR("\nCapEff:"), 16, n, 1) == 1)
		a.capabilities = n[0];
	a.env = environment(buf_str(&env), arena, &a);
	if (!a.env)
		return err_set(err, ERR_LIMIT, "the environment of process %d is too large",
			       (int)pid);
	*ret = a;
	return true;
}
