/* Objects, HEAD, branches and stashes of one part back into its repository. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "keep/git.h"
#include "keep/restore.h"

#define LOG_MAX ((size_t)64 << 20)

struct gitback {
	struct restore *r;
	struct item_part *part;
	struct git git;
	struct str head, tip; /* as they are now; tip of HEAD, the branch or the stash */
	char lock[ITEM_PATH_MAX];
	bool locked;
};

static bool moves_head(const struct item_part *p)
{
	return p->what == KEEP_GIT_CHANGES || p->what == KEEP_GIT_COMMITS;
}

static char *text(struct gitback *g, const char *fmt, struct str s)
{
	char *z;
	int n = asprintf(&z, "%s%.*s", fmt, STR_ARG(s));
	struct str kept = n < 0 ? STR_NONE : arena_str(g->r->arena, (struct str){ z, (size_t)n });

	if (n >= 0)
		free(z);
	return kept.len ? (char *)(uintptr_t)kept.ptr : (char *)(uintptr_t)"";
}

static bool run(struct gitback *g, struct str input, struct err *err, const char *const *args)
{
	return git_run(&g->git, &(struct git_run){ .args = args, .input = input }, NULL, err);
}
#define RUN(g, err, ...) run((g), STR_NONE, (err), (const char *const[]){ __VA_ARGS__, NULL })

/* --- objects --- */

static bool import(struct gitback *g, struct err *err)
{
	static const char *const args[] = { "-c", "core.fsync=pack,pack-metadata", "index-pack", "--stdin", NULL };
	char name[ITEM_OBJECT_MAX + 16];
	struct stat st;
	void *bytes;
	bool ok;

	if (!g->part->pack.len || g->r->opts->dry_run)
		return true;
	snprintf(name, sizeof(name), "%.*s.pack", STR_ARG(g->part->pack));
	auto_fd fd = openat(g->r->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) != 0 || st.st_size <= 0)
		return err_sys(err, "%s of the keep", name);
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return err_sys(err, "%s of the keep", name);
	ok = run(g, (struct str){ bytes, (size_t)st.st_size }, err, args);
	munmap(bytes, (size_t)st.st_size);
	return ok;
}

/* --- opening --- */

static bool same_repository(struct gitback *g, struct err *err)
{
	if (git_open(&g->git, g->part->root[ITEM_WORK], g->r->deadline_us, g->r->arena, err))
		return str_eq(g->git.git_dir, g->part->root[ITEM_GIT]) ||
		       err_set(err, ERR_STATE, "%.*s belongs to the repository %.*s now, not to %.*s", STR_ARG(g->part->root[ITEM_WORK]),
			       STR_ARG(g->git.git_dir), STR_ARG(g->part->root[ITEM_GIT]));
	return false;
}

/* The repository itself is gone: a new one takes what the keep has of it. */
static bool anew(struct gitback *g, struct err *err)
{
	struct item_part *p = g->part;
	struct str usual = arena_fmt(g->r->arena, "%.*s/.git", STR_ARG(p->root[ITEM_WORK]));
	struct git *git = &g->git;

	if (!str_eq(usual, p->root[ITEM_GIT]) || file_exists(usual.ptr) || g->r->opts->dry_run ||
	    !dir_make(text(g, "", p->root[ITEM_WORK]), 0777, NULL))
		return false;
	if (!git_begin(git, p->root[ITEM_WORK], g->r->deadline_us, g->r->arena, err) ||
	    !RUN(g, err, "init", "-q", "--template=", p->tip.len == 64 ? "--object-format=sha256" : "--object-format=sha1"))
		return false;
	restore_note(g->r, "%.*s was gone: a new one has what the keep has of it", STR_ARG(usual));
	return same_repository(g, err);
}

static bool look(struct gitback *g, struct err *err)
{
	struct item_part *p = g->part;
	auto_buf b = BUF_MAX(ITEM_PATH_MAX);

	if (!file_read(text(g, "", arena_fmt(g->r->arena, "%.*s/HEAD", STR_ARG(g->git.git_dir))), &b, err))
		return false;
	g->head = str_trim(arena_str(g->r->arena, buf_str(&b)));
	if (moves_head(p))
		return git_resolve(&g->git, "HEAD^{commit}", &g->tip, err);
	if (p->what == KEEP_GIT_STASH)
		return git_resolve(&g->git, "refs/stash", &g->tip, err);
	return p->what != KEEP_GIT_BRANCH || git_resolve(&g->git, text(g, "refs/heads/", p->ref), &g->tip, err);
}

/* Git itself must not write the index meanwhile. */
static bool lock(struct gitback *g, struct err *err)
{
	int n = snprintf(g->lock, sizeof(g->lock), "%.*s/index.lock", STR_ARG(g->git.git_dir));

	if (!moves_head(g->part) || g->r->opts->dry_run)
		return true;
	if (n <= 0 || (size_t)n >= sizeof(g->lock))
		return err_set(err, ERR_LIMIT, "path too long");
	auto_fd fd = open(g->lock, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	g->locked = fd >= 0;
	return g->locked || (errno == EEXIST ? err_set(err, ERR_STATE, "%s is there: git is at work, or was killed; try again", g->lock) :
					       err_sys(err, "%s", g->lock));
}

bool gitback_open(struct restore *r, struct item_part *p, struct gitback **ret, struct err *err)
{
	struct gitback *g = calloc(1, sizeof(*g));

	if (!g)
		return err_set(err, ERR_LIMIT, "no memory");
	g->r = r;
	g->part = p;
	if ((!same_repository(g, err) && !anew(g, err)) || !look(g, err) || !import(g, err) || !lock(g, err)) {
		gitback_close(g);
		return err_prefix(err, "%.*s", STR_ARG(p->root[ITEM_WORK]));
	}
	*ret = g;
	return true;
}

void gitback_close(struct gitback *g)
{
	if (!g)
		return;
	if (g->locked)
		unlink(g->lock);
	free(g);
}

bool gitback_differs(struct gitback *g, bool *ret, struct err *err)
{
	(void)err;
	*ret = !str_eq(g->tip, g->part->tip) || (moves_head(g->part) && !str_eq(g->head, g->part->head));
	return true;
}

bool gitback_exact(const struct gitback *g)
{
	const struct item_part *p = g->part;

	if (!moves_head(p) || p->what == KEEP_GIT_COMMITS)
		return true;
	return str_eq(g->tip, p->tip) || (p->target.len && str_eq(g->tip, p->target)) || !g->tip.len;
}

/* --- HEAD --- */

static bool head_back(struct gitback *g, struct err *err)
{
	struct item_part *p = g->part;
	bool on_branch = str_starts(p->head, STR("ref: ")), same = str_eq(g->head, p->head);
	const char *ref = text(g, "", str_sub(p->head, 5, p->head.len)), *why = text(g, "pawl undo ", str_from(g->r->item.id));

	if (same && str_eq(g->tip, p->tip))
		return true;
	if (!on_branch)
		return RUN(g, err, "update-ref", "--no-deref", "-m", why, "HEAD", text(g, "", p->tip));
	if (str_find(str_from(ref), STR("refs/heads/")) != 0)
		return err_set(err, ERR_STATE, "HEAD was at %s", ref);
	if (p->tip.len ? !RUN(g, err, "update-ref", "-m", why, ref, text(g, "", p->tip)) : !RUN(g, err, "update-ref", "-d", ref))
		return false;
	return same || RUN(g, err, "symbolic-ref", "-m", why, "HEAD", ref);
}

/* --- branches --- */

static const struct item_entry *log_entry(const struct gitback *g, uint32_t part)
{
	for (const struct item_entry *e = g->r->item.entries; e; e = e->next) {
		if (e->part == part && e->base == ITEM_COMMON && e->type == ITEM_FILE)
			return e;
	}
	return NULL;
}

static bool log_text(struct gitback *g, uint32_t part, struct buf *out, struct err *err)
{
	const struct item_entry *e = log_entry(g, part);
	uint64_t at = 0;

	if (!e)
		return true;
	while (at < e->size) {
		char chunk[16384];
		ssize_t k = met_content(g->r, e, chunk, sizeof(chunk), at);

		if (k <= 0)
			return err_set(err, ERR_BROKEN, "a kept reflog is not whole");
		buf_add(out, (struct str){ chunk, (size_t)k });
		at += (uint64_t)k;
	}
	return !out->failed || err_set(err, ERR_LIMIT, "a reflog is too large");
}

static bool write_log(struct gitback *g, const char *ref, const struct buf *b, struct err *err)
{
	struct str path = arena_fmt(g->r->arena, "%.*s/logs/%s", STR_ARG(g->git.common_dir), ref);
	struct str dir = arena_str(g->r->arena, str_sub(path, 0, str_rfind_char(path, '/')));

	return !b->len || (dir_make(dir.ptr, 0777, err) && file_replace(path.ptr, buf_str(b), 0644, err));
}

static bool config_back(struct gitback *g, struct err *err)
{
	const char *args[] = { "config", "--local", "--get-regexp", NULL, NULL };
	auto_buf out = BUF_MAX(1 << 20), pattern = BUF_MAX(65536);
	bool any = false;

	if (!g->part->config)
		return true;
	buf_adds(&pattern, "^branch\\.");
	for (size_t i = 0; i < g->part->ref.len; i++) {
		char c = g->part->ref.ptr[i];
		bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '-' || c == '_';

		buf_addf(&pattern, word ? "%c" : "[%c]", c);
	}
	buf_adds(&pattern, "\\.");
	args[3] = pattern.ptr;
	if (!git_run(&g->git, &(struct git_run){ .args = args, .out = &out, .may_fail = true }, &any, err))
		return false;
	for (const struct item_pair *p = any ? NULL : g->part->config; p; p = p->next) {
		if (!str_starts(p->key, STR("branch.")) ||
		    !RUN(g, err, "config", "--local", "--add", text(g, "", p->key), text(g, "", p->value)))
			return false;
	}
	return true;
}

static bool branch_back(struct gitback *g, uint32_t part, struct err *err)
{
	const char *ref = text(g, "refs/heads/", g->part->ref), *why = text(g, "pawl undo ", str_from(g->r->item.id));
	auto_buf log = BUF_MAX(LOG_MAX);
	bool was_gone = !g->tip.len;

	if (!g->part->tip.len)
		return true;
	if (!str_eq(g->tip, g->part->tip) && !RUN(g, err, "update-ref", "-m", why, ref, text(g, "", g->part->tip)))
		return false;
	return !was_gone || (log_text(g, part, &log, err) && write_log(g, ref, &log, err) && config_back(g, err));
}

/* --- stashes: those kept, and above them any that came since --- */

static struct str next_line(struct str *left)
{
	size_t end = str_find_char(*left, '\n');
	struct str l = str_sub(*left, 0, end);

	*left = end == SIZE_MAX ? STR_NONE : str_sub(*left, end + 1, left->len);
	return l;
}

/* "OLD NEW who when\tmessage": all but OLD, which is the one before it. */
static struct str stash_of(struct str line)
{
	size_t blank = str_find_char(line, ' ');

	return blank == SIZE_MAX ? STR_NONE : str_sub(line, blank + 1, line.len);
}

static bool has_stash(struct str log, struct str stash)
{
	while (log.len) {
		if (str_eq(stash_of(next_line(&log)), stash))
			return true;
	}
	return false;
}

static bool stash_back(struct gitback *g, uint32_t part, struct err *err)
{
	struct str path = arena_fmt(g->r->arena, "%.*s/logs/refs/stash", STR_ARG(g->git.common_dir)), left, last = g->part->tip;
	auto_buf log = BUF_MAX(LOG_MAX), now = BUF_MAX(LOG_MAX);

	if (!g->part->tip.len)
		return true;
	if (!log_text(g, part, &log, err) || (file_exists(path.ptr) && !file_read(path.ptr, &now, err)))
		return false;
	for (left = buf_str(&now); left.len;) {
		struct str stash = stash_of(next_line(&left));

		if (!stash.len || has_stash(buf_str(&log), stash))
			continue;
		buf_addf(&log, "%.*s %.*s\n", STR_ARG(last), STR_ARG(stash));
		last = arena_str(g->r->arena, str_sub(stash, 0, g->part->tip.len));
	}
	if (log.failed)
		return err_set(err, ERR_LIMIT, "too many stashes");
	return RUN(g, err, "update-ref", "refs/stash", text(g, "", last)) && write_log(g, "refs/stash", &log, err);
}

bool gitback_refs(struct gitback *g, uint32_t part, struct err *err)
{
	bool ok = true;

	if (moves_head(g->part))
		ok = !gitback_exact(g) || head_back(g, err);
	else if (g->part->what == KEEP_GIT_BRANCH)
		ok = branch_back(g, part, err);
	else if (g->part->what == KEEP_GIT_STASH)
		ok = stash_back(g, part, err);
	return ok || err_prefix(err, "%.*s", STR_ARG(g->part->root[ITEM_WORK]));
}
