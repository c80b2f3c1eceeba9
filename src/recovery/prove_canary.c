#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "recovery/prove_inner.h"
#include "recovery/vault_inner.h"

#define CANARY "canary"
#define SECOND_CANARY "canary-room"
#define DATA "data.zst"
#define DATA_LEN 4096

struct planting {
	const struct prove_canary *c;
	struct str id;
};

static bool put(struct vault *v, struct str id, const char *file, const void *p, size_t n,
		struct err *err)
{
	struct vault_put *to;
	uint64_t have;

	if (!vault_put_begin(v, STR(PROVE_TARGET), id, str_from(file), &to, &have, err))
		return false;
	if (!vault_put_bytes(to, p, n, err)) {
		vault_put_stop(to);
		return false;
	}
	return vault_put_end(to, err);
}

static enum prove_result say(struct buf *says, const struct err *err)
{
	buf_adds(says, err->msg);
	return PROVE_UNSET;
}

static bool by_hand(const struct planting *p, const char *data, struct err *err)
{
	const struct prove_scene *s = p->c->scene;
	char path[PROVE_PATH + 64];
	const struct {
		const char *name;
		struct str bytes;
	} files[] = { { DATA, { data, DATA_LEN } },
		      { VAULT_MANIFEST, STR_INIT("{}") },
		      { VAULT_SIGNATURE, STR_INIT("none") } };

	snprintf(path, sizeof(path), "%s/%.*s", s->target, STR_ARG(p->id));
	if ((mkdir(s->target, 0700) != 0 && errno != EEXIST) || mkdir(path, 0700) != 0)
		return err_sys(err, "%s", path);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		snprintf(path, sizeof(path), "%s/%.*s/%s", s->target, STR_ARG(p->id),
			 files[i].name);
		if (!file_replace(path, files[i].bytes, 0400, err))
			return false;
	}
	return true;
}

static enum prove_result plant(const void *ctx, struct buf *says)
{
	const struct planting *p = ctx;
	char data[DATA_LEN];
	struct err err = { 0 };
	struct vault *v;
	bool good;

	memset(data, 'c', sizeof(data));
	/* A vault that others may enter refuses to be one; how much harm that does is what is to be found. */
	if (!vault_open(p->c->place, &v, &err))
		return err.code == ERR_DENIED && by_hand(p, data, &err) ? PROVE_HELD
									: say(says, &err);
	good = put(v, p->id, DATA, data, sizeof(data), &err) &&
	       put(v, p->id, VAULT_MANIFEST, "{\"canary\":true}\n", 16, &err) &&
	       put(v, p->id, VAULT_SIGNATURE, "no signature", 12, &err);
	vault_close(v);
	return good ? PROVE_HELD : say(says, &err);
}

static enum prove_result uproot(const void *ctx, struct buf *says)
{
	const struct planting *p = ctx;
	struct err err = { 0 };

	return dir_remove(p->c->scene->target, &err) ? PROVE_HELD : say(says, &err);
}

static enum prove_result room(const void *ctx, struct buf *says)
{
	const struct planting *p = ctx;
	struct planting second = { p->c, STR(SECOND_CANARY) };
	enum prove_result r = plant(&second, says);
	char path[PROVE_PATH + 32];

	snprintf(path, sizeof(path), "%s/%s", p->c->scene->target, SECOND_CANARY);
	return dir_remove(path, NULL) ? r : PROVE_UNSET;
}

static uint64_t entries(const char *path)
{
	DIR *dir = opendir(path);
	uint64_t n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

/* What is seen of one path; all zero where there is nothing. */
static void see(const char *path, bool inside, struct prove_seen *ret)
{
	auto_buf b = BUF_MAX(1 << 20);
	struct stat st;

	*ret = (struct prove_seen){ 0 };
	if (lstat(path, &st) != 0)
		return;
	ret->mode = st.st_mode;
	ret->uid = st.st_uid;
	ret->gid = st.st_gid;
	ret->ino = st.st_ino;
	ret->acl = lgetxattr(path, "system.posix_acl_access", NULL, 0) > 0;
	if (S_ISDIR(st.st_mode)) {
		ret->entries = inside ? entries(path) : 0;
	} else if (S_ISREG(st.st_mode)) {
		ret->links = st.st_nlink;
		ret->size = (uint64_t)st.st_size;
		ret->mtime =
			(uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
		if (file_read(path, &b, NULL))
			ret->digest = digest_of(b.ptr ? b.ptr : "", b.len);
	}
}

static void see_all(const struct prove_scene *s, struct prove_seen ret[6])
{
	char signature[PROVE_PATH + 32];

	snprintf(signature, sizeof(signature), "%s/%s", s->id, VAULT_SIGNATURE);
	see(s->root, false, &ret[0]);
	see(s->target, true, &ret[1]);
	see(s->id, true, &ret[2]);
	see(s->file, true, &ret[3]);
	see(s->manifest, true, &ret[4]);
	see(signature, true, &ret[5]);
}

bool prove_plant(struct prove_canary *c, struct err *err)
{
	const struct planting p = { c, STR(CANARY) };
	auto_buf says = BUF_MAX(4096);

	if (prove_as(&c->owner, uproot, &p, &says) != PROVE_HELD ||
	    prove_as(&c->owner, plant, &p, &says) != PROVE_HELD)
		return err_set(err, ERR_IO, "the vault's user could not put a canary there: %.*s",
			       STR_ARG(buf_str(&says)));
	see_all(c->scene, c->seen);
	return c->seen[3].size == DATA_LEN ||
	       err_set(err, ERR_IO, "the canary cannot be seen where it was put (%s)",
		       c->scene->file);
}

static bool same(const struct prove_seen *a, const struct prove_seen *b)
{
	return a->mode == b->mode && a->uid == b->uid && a->gid == b->gid && a->links == b->links &&
	       a->size == b->size && a->mtime == b->mtime && a->ino == b->ino &&
	       a->entries == b->entries && a->acl == b->acl && digest_eq(&a->digest, &b->digest);
}

bool prove_whole(const struct prove_canary *c, struct buf *says)
{
	static const char *const names[] = { "the vault's folder",  "the canary's folder",
					     "the canary's folder", "its data",
					     "its manifest",	    "its signature" };
	struct prove_seen now[6];

	see_all(c->scene, now);
	for (size_t i = 0; i < ARRAY_LEN(now); i++) {
		if (!same(&now[i], &c->seen[i])) {
			buf_addf(says, "%s%s %s", says->len ? ": " : "", names[i],
				 now[i].mode ? "was changed" : "is gone");
			return false;
		}
	}
	return true;
}

bool prove_room(const struct prove_canary *c)
{
	const struct planting p = { c, STR(SECOND_CANARY) };
	auto_buf says = BUF_MAX(4096);

	return prove_as(&c->owner, room, &p, &says) == PROVE_HELD;
}

bool prove_uproot(const struct prove_canary *c, struct err *err)
{
	const struct planting p = { c, STR(CANARY) };
	auto_buf says = BUF_MAX(4096);

	return prove_as(&c->owner, uproot, &p, &says) == PROVE_HELD ||
	       err_set(err, ERR_IO, "the canary could not be taken away (%s): %.*s",
		       c->scene->target, STR_ARG(buf_str(&says)));
}
