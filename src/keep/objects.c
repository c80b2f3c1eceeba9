#include "keep/objects.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "keep/inner.h"

#define LIST_MAX ((size_t)64 << 20)
#define GENEROUS_MAX ((size_t)OBJECTS_GENEROUS * 100)

bool objects_want(struct objects *o, struct str id)
{
	if (o->n_want == OBJECTS_WANTED_MAX)
		return false;
	o->want[o->n_want++] = id;
	return true;
}

bool objects_leave(struct objects *o, struct str branch)
{
	if (o->n_left == OBJECTS_LEFT_MAX)
		return false;
	o->left[o->n_left++] = branch;
	return true;
}

static bool is_id(struct str s)
{
	if (s.len != 40 && s.len != 64)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!((s.ptr[i] >= '0' && s.ptr[i] <= '9') || (s.ptr[i] >= 'a' && s.ptr[i] <= 'f')))
			return false;
	}
	return true;
}

bool objects_want_sure(struct objects *o, struct str id, struct err *err)
{
	struct str there;

	if (!is_id(id))
		return true;
	if (!git_resolve(o->git, arena_fmt(o->git->arena, "%.*s^{object}", STR_ARG(id)).ptr, &there, err))
		return false;
	return !there.len || objects_want(o, there) || err_set(err, ERR_LIMIT, "too many references to keep at once");
}

/* Revisions for rev-list --stdin, one a line. Excluding comes last, each --exclude for the --branches behind it. */
static void revisions(const struct objects *o, bool generous, struct buf *in)
{
	for (size_t i = 0; i < o->n_want; i++)
		buf_addf(in, "%.*s\n", STR_ARG(o->want[i]));
	if (o->stays.len)
		buf_addf(in, "^%.*s\n^%.*s^{tree}\n", STR_ARG(o->stays), STR_ARG(o->stays));
	if (!generous && o->target.len)
		buf_addf(in, "^%.*s\n", STR_ARG(o->target));
}

static size_t arguments(const struct objects *o, bool generous, const char **args)
{
	size_t n = 0;

	args[n++] = "rev-list";
	args[n++] = "--objects";
	args[n++] = "--stdin";
	if (o->indexed)
		args[n++] = "--indexed-objects";
	args[n++] = "--not";
	args[n++] = "--remotes";
	if (generous || (!o->branches_stay && !o->without.len)) {
		args[n] = NULL;
		return n;
	}
	args[n++] = "--tags";
	if (str_starts(o->without, STR("refs/heads/")))
		args[n++] = arena_fmt(o->git->arena, "--exclude=%.*s", STR_ARG(str_sub(o->without, 11, o->without.len))).ptr;
	for (size_t i = 0; i < o->n_left; i++)
		args[n++] = arena_fmt(o->git->arena, "--exclude=%.*s", STR_ARG(o->left[i])).ptr;
	args[n++] = "--branches";
	args[n] = NULL;
	return n;
}

static bool list(const struct objects *o, bool generous, struct buf *out, struct err *err)
{
	const char *args[OBJECTS_LEFT_MAX + 16];
	auto_buf in = BUF_MAX(LIST_MAX);

	arguments(o, generous, args);
	revisions(o, generous, &in);
	buf_clear(out);
	out->max = generous ? GENEROUS_MAX : LIST_MAX;
	return git_run(o->git, &(struct git_run){ .args = args, .input = buf_str(&in), .out = out }, NULL, err);
}

/* pack-objects writes under the name it is given; its files are made read-only, and synced by it, but not their folder. */
static bool write_pack(const struct objects *o, struct str names, struct str *ret, struct err *err)
{
	struct take *t = o->take;
	struct str base = arena_fmt(t->arena, "%s/%s/pack", t->keep->path, t->item.id);
	const char *args[] = { "-c", "core.fsync=pack,pack-metadata", "-c", "core.fsyncMethod=fsync", "-c", "pack.writeBitmaps=false",
			       "pack-objects", "-q", "--compression=1", "--window=0", "--threads=1", base.ptr, NULL };
	auto_buf out = BUF_MAX(4096);
	struct str id, file;
	struct stat st;

	if (!git_run(o->git, &(struct git_run){ .args = args, .input = names, .out = &out }, NULL, err))
		return false;
	id = str_trim(buf_str(&out));
	if (!is_id(id))
		return err_set(err, ERR_TOOL, "git pack-objects said something else than a pack's name");
	*ret = arena_fmt(t->arena, "pack-%.*s", STR_ARG(id));
	file = arena_fmt(t->arena, "%.*s.pack", STR_ARG(*ret));
	auto_fd fd = file.len ? openat(t->dir, file.ptr, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
	if (fd < 0 || fstat(fd, &st) != 0 || fsync(fd) != 0)
		return err_sys(err, "pack");
	return take_room(t, 0, (uint64_t)st.st_size, err);
}

bool objects_pack(struct objects *o, struct str *ret, struct err *err)
{
	auto_buf names = BUF_MAX(GENEROUS_MAX);
	struct err first = { .code = ERR_NONE };

	if (!o->n_want && !o->indexed)
		return true;
	if (!list(o, true, &names, &first)) {
		if (first.code != ERR_LIMIT || !o->take)
			return err_set(err, first.code, "%s", first.msg);
		if (!list(o, false, &names, err))
			return false;
	}
	return !names.len || write_pack(o, buf_str(&names), ret, err);
}
