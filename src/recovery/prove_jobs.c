/* What root and the vault's user run by themselves: cron's lines, systemd's units, folders on their PATH, libraries.
 * Read by the parent, as root; whether the agent may change any of it is asked as the agent.
 * What no list of words can tell (a script that calls a script) is not followed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "recovery/prove_inner.h"

#define JOBS_MAX 8192u
#define FILES_MAX 4096u
#define FILE_MAX ((size_t)1 << 20)
#define DEPTH_MAX 3u

struct reading {
	struct prove_scene *scene;
	struct arena *arena;
	const char *by, *home;
	struct str cwd;
	unsigned n;
};

static void add(struct reading *r, struct str path)
{
	struct prove_obeyed *o;
	struct str text;
	bool home = str_starts(path, STR("~/")), var = str_starts(path, STR("$HOME/"));

	if (home || var)
		text = arena_fmt(r->arena, "%s%.*s", r->home, STR_ARG(str_sub(path, home ? 1 : 5, SIZE_MAX)));
	else if (path.len && path.ptr[0] != '/' && r->cwd.len)
		text = arena_fmt(r->arena, "%.*s/%.*s", STR_ARG(r->cwd), STR_ARG(path));
	else
		text = arena_str(r->arena, path);
	/* With a $ or % in it nobody here knows what it will be. */
	if (!text.len || text.ptr[0] != '/' || str_find_char(text, '$') != SIZE_MAX || str_find_char(text, '%') != SIZE_MAX)
		return;
	o = r->n++ < JOBS_MAX ? ARENA_NEW(r->arena, struct prove_obeyed) : NULL;
	if (!o)
		return;
	*o = (struct prove_obeyed){ text.ptr, r->by, r->scene->obeyed };
	r->scene->obeyed = o;
}

/* "/a:/b" */
static void add_list(struct reading *r, struct str list)
{
	while (list.len) {
		size_t end = str_find_char(list, ':');

		add(r, str_trim(str_sub(list, 0, end == SIZE_MAX ? list.len : end)));
		list = str_sub(list, end == SIZE_MAX ? list.len : end + 1, SIZE_MAX);
	}
}

/* --- the words of a command --- */

/* Programs that run, or read as a program, what is named behind them. */
static const char *const carriers[] = {
	"sh", "bash", "dash", "zsh", "ksh", "env", "nice", "ionice", "nohup", "timeout", "chronic", "cronic",
	"exec", "command", "setsid", "time", "chrt", "taskset", "stdbuf", "sudo", "doas", "su", "runuser",
	"setpriv", "python", "python2", "python3", "perl", "ruby", "node", "php", "flock", ".", "source", "xargs",
	"run-parts", "systemd-cat", "if", "then", "else", "do", "while", "!", "{", "eval",
};
/* Programs that do what a file in the folder they are started in says. */
static const char *const led_by_folder[] = { "make", "npm", "yarn", "pnpm", "just", "rake", "docker-compose", "git" };

static bool among(struct str word, const char *const *names, size_t n)
{
	size_t slash = str_rfind_char(word, '/');

	word = slash == SIZE_MAX ? word : str_sub(word, slash + 1, SIZE_MAX);
	for (size_t i = 0; i < n; i++) {
		if (str_is(word, names[i]))
			return true;
	}
	return false;
}

static bool assignment(struct reading *r, struct str word)
{
	size_t eq = str_find_char(word, '='), slash = str_find_char(word, '/');
	struct str name, value;

	if (eq == SIZE_MAX || !eq || (slash != SIZE_MAX && slash < eq))
		return false;
	name = str_sub(word, 0, eq);
	value = str_sub(word, eq + 1, SIZE_MAX);
	if (str_ends(name, STR("PATH")) || str_is(name, "PYTHONPATH") || str_is(name, "LD_PRELOAD") || str_is(name, "BASH_ENV"))
		add_list(r, value);
	return true;
}

enum place { COMMAND, CARRIED, SKIP_ONE, FOLDER, ARGUMENT };

static void scan(struct reading *r, struct str line, unsigned depth);

/* One word at its place; the place of the next. */
static enum place word_at(struct reading *r, struct str word, enum place at, bool *inner, unsigned depth)
{
	bool carried = at == CARRIED;

	if (at == FOLDER)
		r->cwd = word;
	if (at == ARGUMENT || at == FOLDER)
		return ARGUMENT;
	if (at == SKIP_ONE)
		return word.ptr[0] == '-' ? SKIP_ONE : CARRIED;
	if (*inner) {
		*inner = false;
		if (depth < DEPTH_MAX)
			scan(r, word, depth + 1);
		return ARGUMENT;
	}
	if (assignment(r, word))
		return at;
	if (carried && word.ptr[0] == '-') {
		*inner = str_is(word, "-c") || str_is(word, "-lc") || str_is(word, "-ec");
		return str_is(word, "-u") || str_is(word, "-g") ? SKIP_ONE : CARRIED;
	}
	if (carried && word.ptr[0] >= '0' && word.ptr[0] <= '9')
		return CARRIED;
	if (str_is(word, "cd"))
		return FOLDER;
	if (str_find_char(word, '/') != SIZE_MAX)
		add(r, word);
	else if (r->cwd.len && among(word, led_by_folder, ARRAY_LEN(led_by_folder)))
		add(r, r->cwd);
	if (!among(word, carriers, ARRAY_LEN(carriers)))
		return ARGUMENT;
	return str_ends(word, STR("flock")) ? SKIP_ONE : CARRIED;
}

/* A shell's line, as far as words go: what stands where a command stands, and what a carrier carries. */
static void scan(struct reading *r, struct str line, unsigned depth)
{
	enum place at = COMMAND;
	bool inner = false, redirected = false;
	size_t i = 0;

	while (i < line.len) {
		char c = line.ptr[i];
		size_t from = i;

		if (strchr(" \t\r\n", c)) {
			i++;
		} else if (strchr(";|&()", c)) {
			at = COMMAND;
			redirected = inner = false;
			i++;
		} else if (c == '>' || c == '<') {
			redirected = true;
			i++;
		} else if (c == '#') {
			return;
		} else {
			struct str word;

			if (c == '"' || c == '\'') {
				size_t end = str_find_char(str_sub(line, i + 1, SIZE_MAX), c);

				word = str_sub(line, i + 1, end == SIZE_MAX ? line.len : end);
				i = end == SIZE_MAX ? line.len : i + end + 2;
			} else {
				while (i < line.len && !strchr(" \t\r\n;|&()<>\"'", line.ptr[i]))
					i++;
				word = str_sub(line, from, i - from);
			}
			if (!redirected && word.len)
				at = word_at(r, word, at, &inner, depth);
			redirected = false;
		}
	}
}

/* --- files --- */

static struct str next_line(struct str *rest)
{
	size_t end = str_find_char(*rest, '\n');
	struct str line = str_trim(str_sub(*rest, 0, end == SIZE_MAX ? rest->len : end));

	*rest = str_sub(*rest, end == SIZE_MAX ? rest->len : end + 1, SIZE_MAX);
	return line;
}

static struct str next_word(struct str *rest)
{
	size_t n = 0;
	struct str word;

	*rest = str_trim(*rest);
	while (n < rest->len && rest->ptr[n] != ' ' && rest->ptr[n] != '\t')
		n++;
	word = str_sub(*rest, 0, n);
	*rest = str_trim(str_sub(*rest, n, SIZE_MAX));
	return word;
}

static bool matters(const struct reading *r, struct str user)
{
	uint64_t uid;

	return str_is(user, "root") || (r->scene->vault_user[0] && str_is(user, r->scene->vault_user)) ||
	       (str_to_u64(user, &uid) && (uid == 0 || uid == r->scene->vault_uid));
}

/* ${whose}: the crontab's user; NULL: a word of each line. */
static void crontab(struct reading *r, struct str text, const char *whose)
{
	while (text.len) {
		struct str line = next_line(&text), word;
		size_t eq = str_find_char(line, '='), space = str_find_char(line, ' ');

		if (!line.len || line.ptr[0] == '#')
			continue;
		if (eq != SIZE_MAX && eq < space && line.ptr[0] != '*' && line.ptr[0] != '@') {
			(void)assignment(r, line);
			continue;
		}
		word = next_word(&line);
		for (unsigned i = 1; word.len && word.ptr[0] != '@' && i < 5; i++)
			(void)next_word(&line);
		r->cwd = str_from(whose ? r->home : NULL);
		if (whose || matters(r, next_word(&line)))
			scan(r, line, 0);
	}
}

static void unit(struct reading *r, struct str text, const char *whose)
{
	struct str user = STR("root"), rest = text;

	while (rest.len) {
		struct str line = next_line(&rest);

		if (str_starts(line, STR("User=")))
			user = str_trim(str_sub(line, 5, SIZE_MAX));
	}
	if (whose)
		user = str_from(whose);
	r->cwd = STR_NONE;
	while (text.len) {
		struct str line = next_line(&text), value;
		size_t eq = str_find_char(line, '=');
		bool full = false;

		if (eq == SIZE_MAX || line.ptr[0] == '#')
			continue;
		value = str_trim(str_sub(line, eq + 1, SIZE_MAX));
		for (; value.len && strchr("@-:+!", value.ptr[0]); value = str_sub(value, 1, SIZE_MAX))
			full |= value.ptr[0] == '+' || value.ptr[0] == '!';
		if (!full && !matters(r, user))
			continue;
		if (str_starts(line, STR("Exec")) && !str_starts(line, STR("ExecSearchPath")))
			scan(r, value, 0);
		else if (str_starts(line, STR("EnvironmentFile=")))
			add(r, value);
		else if (str_starts(line, STR("WorkingDirectory=")))
			r->cwd = value;
		else if (str_starts(line, STR("ExecSearchPath=")))
			add_list(r, value);
		else if (str_starts(line, STR("Environment=")))
			(void)assignment(r, value.len && value.ptr[0] == '"' ? str_sub(value, 1, value.len - 2) : value);
	}
}

/* Folders, lists of folders, programs: what stands behind ${key} in each line; "": the line. */
static void lines(struct reading *r, struct str text, const char *key)
{
	while (text.len) {
		struct str line = next_line(&text);
		size_t at = str_find(line, str_from(key));

		if (!line.len || line.ptr[0] == '#' || at == SIZE_MAX)
			continue;
		line = str_trim(str_sub(line, at + strlen(key), SIZE_MAX));
		while (line.len && (line.ptr[0] == '=' || line.ptr[0] == '"' || line.ptr[0] == ' '))
			line = str_sub(line, 1, SIZE_MAX);
		while (line.len && line.ptr[line.len - 1] == '"')
			line.len--;
		if (key[0] == '|')
			line = next_word(&line);
		add_list(r, line);
	}
}

static bool begin(struct reading *r, const char *path, struct buf *ret)
{
	struct str by = arena_str(r->arena, str_from(path));
	bool vaults = r->scene->vault_home[1] && str_starts(by, str_from(r->scene->vault_home));

	if (!file_read(path, ret, NULL) || !by.ptr)
		return false;
	r->by = by.ptr;
	r->home = vaults || (r->scene->vault_user[0] && str_ends(by, str_from(r->scene->vault_user))) ? r->scene->vault_home : "/root";
	r->cwd = STR_NONE;
	return true;
}

static void read_crontab(struct reading *r, const char *path, const char *whose)
{
	auto_buf text = BUF_MAX(FILE_MAX);

	if (begin(r, path, &text))
		crontab(r, buf_str(&text), whose);
}

static void read_unit(struct reading *r, const char *path, const char *whose)
{
	auto_buf text = BUF_MAX(FILE_MAX);

	if (begin(r, path, &text))
		unit(r, buf_str(&text), whose);
}

static void read_lines(struct reading *r, const char *path, const char *key)
{
	auto_buf text = BUF_MAX(FILE_MAX);

	if (begin(r, path, &text))
		lines(r, buf_str(&text), key);
}

static void read_folder(struct reading *r, const char *folder, const char *word,
			void (*read_one)(struct reading *r, const char *path, const char *word))
{
	DIR *dir = opendir(folder);
	struct dirent *f;

	for (unsigned n = 0; dir && n < FILES_MAX && (f = readdir(dir)); n++) {
		char path[PROVE_PATH];

		if (f->d_name[0] != '.' && (size_t)snprintf(path, sizeof(path), "%s/%s", folder, f->d_name) < sizeof(path))
			read_one(r, path, word);
	}
	if (dir)
		closedir(dir);
}

/* A unit, or a folder of what is added to one; what is added to a unit of another user's is that user's. */
static void unit_or_more(struct reading *r, const char *path, const char *whose)
{
	struct stat st;
	size_t n = strlen(path);
	auto_buf base = BUF_MAX(FILE_MAX);
	char unit_path[PROVE_PATH], shipped[PROVE_PATH], user[64] = "";
	const char *name;

	if (stat(path, &st) != 0)
		return;
	if (S_ISREG(st.st_mode)) {
		read_unit(r, path, whose);
		return;
	}
	if (n < 3 || strcmp(path + n - 2, ".d") != 0)
		return;
	snprintf(unit_path, sizeof(unit_path), "%.*s", (int)(n - 2), path);
	name = strrchr(unit_path, '/');
	if (name && !file_exists(unit_path)) {
		snprintf(shipped, sizeof(shipped), "/usr/lib/systemd/system%.3000s", name);
		memcpy(unit_path, shipped, sizeof(shipped));
	}
	if (!whose && file_read(unit_path, &base, NULL)) {
		struct str rest = buf_str(&base);

		while (rest.len) {
			struct str line = next_line(&rest);

			if (str_starts(line, STR("User=")))
				snprintf(user, sizeof(user), "%.*s", STR_ARG(str_trim(str_sub(line, 5, SIZE_MAX))));
		}
	}
	read_folder(r, path, user[0] ? user : whose, read_unit);
}

bool prove_jobs_read(struct prove_scene *s, struct arena *arena, struct err *err)
{
	static const char *const units[] = { "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
					     "/usr/lib/systemd/system" };
	static const char *const crontabs[] = { "/var/spool/cron/crontabs", "/var/spool/cron" };
	static const struct {
		const char *path, *key;
	} listed[] = { { "/etc/environment", "PATH=" },	     { "/etc/login.defs", "ENV_SUPATH\tPATH=" }, { "/etc/sudoers", "secure_path" },
		       { "/etc/ld.so.preload", "" },	     { "/etc/ld.so.conf", "" },		 { "/proc/sys/kernel/core_pattern", "|" },
		       { "/proc/sys/kernel/modprobe", "" } };
	struct reading r = { .scene = s, .arena = arena };
	const char *const users[] = { "root", s->vault_user };
	char path[PROVE_PATH];

	s->obeyed = NULL;
	read_crontab(&r, "/etc/crontab", NULL);
	read_folder(&r, "/etc/cron.d", NULL, read_crontab);
	for (size_t i = 0; i < ARRAY_LEN(crontabs) * ARRAY_LEN(users); i++) {
		const char *user = users[i % ARRAY_LEN(users)];

		snprintf(path, sizeof(path), "%s/%s", crontabs[i / ARRAY_LEN(users)], user);
		if (user[0])
			read_crontab(&r, path, user);
	}
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		read_folder(&r, units[i], NULL, unit_or_more);
	snprintf(path, sizeof(path), "%s/.config/systemd/user", s->vault_home);
	if (s->vault_home[0] && s->vault_user[0])
		read_folder(&r, path, s->vault_user, unit_or_more);
	for (size_t i = 0; i < ARRAY_LEN(listed); i++)
		read_lines(&r, listed[i].path, listed[i].key);
	read_folder(&r, "/etc/ld.so.conf.d", "", read_lines);
	read_folder(&r, "/etc/sudoers.d", "secure_path", read_lines);
	/* Half a list would say that all is well. */
	return (!arena->full && r.n <= JOBS_MAX) || err_set(err, ERR_LIMIT, "there are too many jobs on this machine to look at");
}

/* What is not there yet can be put there by whoever may write to the nearest folder that is. */
static bool may_make(const char *path, struct buf *says)
{
	char at[PROVE_PATH], *slash;
	struct stat st;

	if (lstat(path, &st) == 0 || errno != ENOENT || (size_t)snprintf(at, sizeof(at), "%s", path) >= sizeof(at))
		return false;
	while ((slash = strrchr(at, '/')) && slash != at) {
		*slash = 0;
		if (stat(at, &st) != 0)
			continue;
		if (faccessat(AT_FDCWD, at, W_OK, AT_EACCESS) != 0)
			return false;
		buf_addf(says, "%s is not there and may be made", path);
		return true;
	}
	return false;
}

enum prove_result prove_jobs(const struct prove_scene *s, struct buf *says)
{
	for (const struct prove_obeyed *o = s->obeyed; o; o = o->next) {
		struct stat st;

		/* /dev/null and its like stand in units that are switched off. */
		if (stat(o->path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
			continue;
		if (!prove_reachable(o->path, says) && !may_make(o->path, says))
			continue;
		buf_addf(says, ", named in %s", o->by);
		return PROVE_WORKED;
	}
	return PROVE_HELD;
}
