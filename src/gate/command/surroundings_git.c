/* What a git work tree would lose. git itself is asked: nobody else knows. */
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/proc.h"
#include "gate/command/surroundings.h"

#define GIT_TIMEOUT_S 3
#define GIT_MAX_OUT ((size_t)4 << 20)

/* The nearest folder upwards with .git in it. */
static bool find_root(struct str folder, char ret[PATH_MAX])
{
	char path[PATH_MAX];
	struct stat st;

	if (folder.len >= PATH_MAX - 8)
		return false;
	memcpy(ret, folder.ptr, folder.len);
	ret[folder.len] = '\0';
	for (;;) {
		char *cut;

		snprintf(path, sizeof(path), "%.*s/.git", PATH_MAX - 8, strcmp(ret, "/") == 0 ? "" : ret);
		if (stat(path, &st) == 0)
			return true;
		cut = strrchr(ret, '/');
		if (!cut || ret[1] == '\0')
			return false;
		cut[cut == ret ? 1 : 0] = '\0';
	}
}

/* Words for proc_run, which takes them writable. */
struct words {
	char *argv[32];
	size_t n, used;
	char text[PATH_MAX + 2048];
};

static bool add(struct words *w, const char *word)
{
	size_t len = strlen(word) + 1;

	if (w->n + 1 >= ARRAY_LEN(w->argv) || len > sizeof(w->text) - w->used)
		return false;
	w->argv[w->n++] = memcpy(w->text + w->used, word, len);
	w->used += len;
	return true;
}

/* git with what the repository could make it run turned off. False when it is not there or fails. */
static bool git(const char *root, const char *const *words, struct buf *out)
{
	static const char *const safe[] = { "--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null",
					    "-c", "core.pager=cat", "-c", "core.quotePath=false", "-C" };
	struct buf ignored = BUF_MAX(65536);
	struct words w = { .n = 0 };
	char program[PATH_MAX];
	int status = -1;
	bool ok = proc_find("git", "/usr/bin:/bin:/usr/local/bin", NULL, program, sizeof(program)) && add(&w, program);

	for (size_t i = 0; ok && i < ARRAY_LEN(safe); i++)
		ok = add(&w, safe[i]);
	ok = ok && add(&w, root);
	for (size_t i = 0; ok && words[i]; i++)
		ok = add(&w, words[i]);
	ok = ok && proc_run(w.argv, &(struct proc_opts){ .out = out, .errout = &ignored, .timeout_s = GIT_TIMEOUT_S }, &status, NULL);
	buf_free(&ignored);
	return ok && status == 0;
}

static struct str line_after(struct str text, struct str key, struct arena *arena)
{
	size_t at = str_find(text, key);
	struct str rest;

	if (at == SIZE_MAX)
		return STR_NONE;
	rest = str_sub(text, at + key.len, SIZE_MAX);
	return arena_str(arena, str_sub(rest, 0, str_find_char(rest, '\n')));
}

static uint32_t ahead(struct str text)
{
	size_t at = str_find(text, STR("# branch.ab +"));
	struct str rest = at == SIZE_MAX ? STR_NONE : str_sub(text, at + 13, SIZE_MAX);
	uint64_t n = 0;

	if (!str_to_u64(str_sub(rest, 0, str_find_char(rest, ' ')), &n))
		return 0;
	return (uint32_t)n;
}

/* "? build/", "! \"a\\tb\"": kept where a vault is concerned. A name in quotes could be any. */
static void note_untracked(const struct world *w, struct str line, struct arena *arena, struct world_repository *r)
{
	struct str name = str_sub(line, 2, SIZE_MAX), path = r->root;
	bool folder = str_ends(name, STR("/"));
	struct world_untracked *u;

	if (!name.len)
		return;
	if (name.ptr[0] != '"')
		path = world_absolute(r->root, name, arena);
	for (const struct world_vault *v = w->vaults; v; v = v->next) {
		if (!world_within(v->path, path) && !world_within(v->real, path) && !world_within(path, v->path) &&
		    !world_within(path, v->real))
			continue;
		u = ARENA_NEW(arena, struct world_untracked);
		if (!u) {
			r->untracked = UINT32_MAX;
			return;
		}
		*u = (struct world_untracked){ path, line.ptr[0] == '!', folder && path.len > r->root.len, r->vaults };
		r->vaults = u;
		return;
	}
}

/* `status --porcelain=v2 --branch`: header lines, then one line a path. */
static void read_status(const struct world *w, struct str text, struct arena *arena, struct world_repository *r)
{
	struct str rest = text;

	r->branch = line_after(text, STR("# branch.head "), arena);
	if (str_is(r->branch, "(detached)"))
		r->branch = STR_NONE;
	r->upstream = line_after(text, STR("# branch.upstream "), arena);
	r->unpushed = ahead(text);
	while (rest.len) {
		size_t end = str_find_char(rest, '\n');
		char c = rest.ptr[0];

		r->modified += c == '1' || c == '2' || c == 'u';
		r->untracked += c == '?';
		r->ignored += c == '!';
		if (c == '?' || c == '!')
			note_untracked(w, str_sub(rest, 0, end), arena, r);
		rest = end == SIZE_MAX ? STR_NONE : str_sub(rest, end + 1, SIZE_MAX);
	}
}

static uint32_t lines(struct str text)
{
	uint32_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += text.ptr[i] == '\n';
	return n;
}

/* "remote.origin.url git@…" a line each. */
static void read_remotes(struct str text, struct arena *arena, struct world_repository *r)
{
	struct str rest = text;

	while (rest.len) {
		size_t end = str_find_char(rest, '\n');
		struct str line = str_sub(rest, 0, end);
		size_t blank = str_find_char(line, ' ');
		struct world_remote *m = blank == SIZE_MAX || blank < 12 ? NULL : ARENA_NEW(arena, struct world_remote);

		if (m) {
			m->name = arena_str(arena, str_sub(line, 7, blank - 7 - 4));
			m->url = arena_str(arena, str_sub(line, blank + 1, SIZE_MAX));
			m->next = r->remotes;
			r->remotes = m;
		}
		rest = end == SIZE_MAX ? STR_NONE : str_sub(rest, end + 1, SIZE_MAX);
	}
}

struct world_repository *surroundings_repository(const struct world *w, struct str folder, struct arena *arena)
{
	static const char *const status[] = { "status", "--porcelain=v2", "--branch", "--untracked-files=normal",
					      "--ignored=traditional", NULL };
	static const char *const stash[] = { "stash", "list", NULL };
	static const char *const remotes[] = { "config", "--get-regexp", "^remote\\..*\\.url$", NULL };
	static const char *const head[] = { "symbolic-ref", "--short", "refs/remotes/origin/HEAD", NULL };
	static const char *const git_dir[] = { "rev-parse", "--absolute-git-dir", NULL };
	struct world_repository *r = ARENA_NEW(arena, struct world_repository);
	auto_buf out = BUF_MAX(GIT_MAX_OUT);
	char root[PATH_MAX];

	if (!r)
		return NULL;
	r->folder = arena_str(arena, folder);
	if (!find_root(folder, root))
		return r;
	r->root = arena_str(arena, str_from(root));
	if (!git(root, status, &out)) {
		/* Not to be known is not clean. */
		r->modified = r->untracked = r->ignored = r->stashes = r->unpushed = UINT32_MAX;
		return r;
	}
	read_status(w, buf_str(&out), arena, r);
	buf_clear(&out);
	if (git(root, stash, &out))
		r->stashes = lines(buf_str(&out));
	buf_clear(&out);
	if (git(root, remotes, &out))
		read_remotes(buf_str(&out), arena, r);
	buf_clear(&out);
	if (git(root, head, &out) && str_starts(buf_str(&out), STR("origin/")))
		r->default_branch = arena_str(arena, str_trim(str_sub(buf_str(&out), 7, SIZE_MAX)));
	buf_clear(&out);
	if (git(root, git_dir, &out))
		r->git_dir = arena_str(arena, str_trim(buf_str(&out)));
	return r;
}
