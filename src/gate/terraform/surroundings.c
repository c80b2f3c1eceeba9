#include "gate/terraform/surroundings.h"

#include <dirent.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/proc.h"
#include "gate/terraform/tree.h"

#define STATE_MAX ((size_t)32 << 20)
#define README_MAX ((size_t)1 << 20)
#define GIT_TIMEOUT_S 20
#define DAY_S 86400
#define README_LINE 160

/* --- other state files --- */

struct walk {
	struct arena *arena;
	struct str skip;
	struct known **first;
	unsigned folders, states;
};

static void take_state(struct walk *w, const char *path)
{
	auto_buf b = BUF_MAX(STATE_MAX);
	struct known *k;
	struct state s;

	if (str_is(w->skip, path) || w->states == SURROUNDINGS_MAX_STATES || !file_read(path, &b, NULL))
		return;
	if (b.len * 10 > w->arena->size - w->arena->used) /* a tree takes about eight times the text */
		return;
	w->states++;
	if (!state_read(buf_str(&b), w->arena, &s, NULL) || !s.n_managed)
		return;
	k = ARENA_NEW(w->arena, struct known);
	if (!k)
		return;
	k->source = KNOWN_STATE_FILE;
	k->where = arena_str(w->arena, str_from(path));
	k->folder = k->where;
	k->backend = arena_join(w->arena, STR("local:"), k->where);
	k->workspace = STR("default");
	known_from_state(k, &s);
	k->next = *w->first;
	*w->first = k;
}

static bool worth_entering(const char *name)
{
	static const char *const not[] = { "node_modules", "vendor", "target", "build", "dist", "__pycache__" };

	if (name[0] == '.')
		return false;
	for (size_t i = 0; i < ARRAY_LEN(not); i++) {
		if (strcmp(name, not[i]) == 0)
			return false;
	}
	return true;
}

static void walk(struct walk *w, const char *dir, unsigned depth)
{
	char path[TREE_PATH_MAX];
	const struct dirent *e;
	DIR *d;

	if (depth > SURROUNDINGS_MAX_DEPTH || w->folders++ >= SURROUNDINGS_MAX_FOLDERS)
		return;
	d = opendir(dir);
	while (d && (e = readdir(d))) {
		struct stat st;
		int n = snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);

		if (n < 0 || (size_t)n >= sizeof(path) || lstat(path, &st) != 0)
			continue;
		if (S_ISREG(st.st_mode) && str_ends(str_from(e->d_name), STR(".tfstate")))
			take_state(w, path);
		else if (S_ISDIR(st.st_mode) && worth_entering(e->d_name))
			walk(w, path, depth + 1);
	}
	if (d)
		closedir(d);
}

void surroundings_states(struct str root, struct str skip, struct arena *arena, struct known **io_first)
{
	struct walk w = { .arena = arena, .skip = skip, .first = io_first };
	char dir[TREE_PATH_MAX];

	if (root.len == 0 || root.len >= sizeof(dir))
		return;
	snprintf(dir, sizeof(dir), "%.*s", STR_ARG(root));
	walk(&w, dir, 0);
}

/* --- git --- */

/* What git says to a question about ${folder}; nothing when it fails. A repository's own settings run no program. */
static bool git(const char *folder, char *const *question, struct buf *out)
{
	static const char *const quiet[] = { "--no-pager", "-c", "core.fsmonitor=false", "-c", "log.showSignature=false",
					     "-c", "core.hooksPath=/dev/null" };
	char program[TREE_PATH_MAX], *argv[24];
	struct proc_opts o = { .cwd = folder, .out = out, .timeout_s = GIT_TIMEOUT_S };
	auto_buf said = BUF_MAX(65536);
	const char *path = getenv("PATH");
	size_t n = 0;
	int status;

	o.errout = &said;
	if (!path || !proc_find("git", path, NULL, program, sizeof(program)))
		return false;
	argv[n++] = program;
	for (size_t i = 0; i < ARRAY_LEN(quiet); i++)
		argv[n++] = (char *)(uintptr_t)quiet[i];
	while (*question && n < ARRAY_LEN(argv) - 1)
		argv[n++] = *question++;
	argv[n] = NULL;
	buf_clear(out);
	return proc_run(argv, &o, &status, NULL) && status == 0;
}

#define WORDS(...) ((char *[]){ __VA_ARGS__, NULL })
#define WORD(text) ((char[]){ text })

static int64_t days_since(struct str seconds, int64_t now_us)
{
	uint64_t then;
	int64_t now = now_us / CLOCK_SECOND;

	if (!str_to_u64(str_trim(seconds), &then) || then > (uint64_t)now)
		return 0;
	return (now - (int64_t)then) / DAY_S;
}

static struct str last_line(struct str s)
{
	size_t at;

	s = str_trim(s);
	at = str_rfind_char(s, '\n');
	return at == SIZE_MAX ? s : str_sub(s, at + 1, s.len);
}

static size_t lines(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.ptr[i] == '\n';
	return n;
}

static void ask_git(const char *dir, int64_t now_us, struct arena *arena, struct lost_facts *io)
{
	auto_buf b = BUF_MAX(4 << 20);

	if (git(dir, WORDS(WORD("log"), WORD("--format=%ct"), WORD("--"), WORD(".terraform.lock.hcl")), &b))
		io->lock_age_days = days_since(last_line(buf_str(&b)), now_us);
	if (git(dir, WORDS(WORD("log"), WORD("--format=%ct"), WORD("--max-count=10000"), WORD("--"), WORD("*.tf")), &b)) {
		io->n_commits = lines(buf_str(&b));
		io->commits_age_days = days_since(last_line(buf_str(&b)), now_us);
	}
	if (git(dir, WORDS(WORD("log"), WORD("--format=%H"), WORD("--max-count=1"), WORD("--"), WORD("terraform.tfstate")), &b))
		io->state_commit = arena_str(arena, str_trim(buf_str(&b)));
	io->state_ignored = git(dir, WORDS(WORD("check-ignore"), WORD("-q"), WORD("terraform.tfstate")), &b);
}

/* --- files beside it --- */

static bool has_nocase(struct str line, struct str word)
{
	for (size_t i = 0; i + word.len <= line.len; i++) {
		if (str_eq_nocase(str_sub(line, i, word.len), word))
			return true;
	}
	return false;
}

static void read_readme(const char *dir, struct arena *arena, struct lost_facts *io)
{
	static const struct str words[] = { STR_INIT("tfstate"), STR_INIT("terraform state"), STR_INIT("production") };
	auto_buf b = BUF_MAX(README_MAX);
	char path[TREE_PATH_MAX + 16];
	struct str left;

	snprintf(path, sizeof(path), "%s/README.md", dir);
	if (!file_read(path, &b, NULL) || !str_is_utf8(buf_str(&b)))
		return;
	for (left = buf_str(&b); left.len && !io->readme.len;) {
		size_t end = str_find_char(left, '\n');
		struct str line = str_trim(str_sub(left, 0, end));

		left = end == SIZE_MAX ? STR_NONE : str_sub(left, end + 1, left.len);
		for (size_t i = 0; i < ARRAY_LEN(words); i++) {
			if (line.len <= README_LINE && has_nocase(line, words[i]))
				io->readme = arena_str(arena, line);
		}
	}
}

static void read_backup(const char *dir, struct arena *arena, struct lost_facts *io)
{
	auto_buf b = BUF_MAX(STATE_MAX);
	char path[TREE_PATH_MAX + 32];
	struct state s;

	snprintf(path, sizeof(path), "%s/terraform.tfstate.backup", dir);
	if (!file_read(path, &b, NULL) || b.len * 10 > arena->size - arena->used || !state_read(buf_str(&b), arena, &s, NULL))
		return;
	io->backup = STR("terraform.tfstate.backup");
	io->backup_managed = s.n_managed;
}

void surroundings_history(struct str folder, int64_t now_us, struct arena *arena, struct lost_facts *io)
{
	char dir[TREE_PATH_MAX];

	if (folder.len == 0 || folder.len >= sizeof(dir))
		return;
	snprintf(dir, sizeof(dir), "%.*s", STR_ARG(folder));
	ask_git(dir, now_us, arena, io);
	read_readme(dir, arena, io);
	read_backup(dir, arena, io);
}
