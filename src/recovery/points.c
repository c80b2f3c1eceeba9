#include "recovery/points.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fd.h"

#define PATH_LEN 4200

static bool path_of(struct str folder, struct str target, const char *ending, char ret[PATH_LEN])
{
	int n = snprintf(ret, PATH_LEN, "%.*s/%.*s%s", STR_ARG(folder), STR_ARG(target), ending);

	return n > 0 && n < PATH_LEN;
}

/* STR_NONE where there is no such file. */
static bool read_file(struct str folder, struct str target, const char *ending, struct arena *arena, struct str *ret, struct err *err)
{
	auto_buf b = BUF_MAX(POINT_MAX + sizeof(struct manifest_signature));
	char path[PATH_LEN];

	*ret = STR_NONE;
	if (!path_of(folder, target, ending, path))
		return err_set(err, ERR_LIMIT, "%.*s: path too long", STR_ARG(folder));
	if (!file_exists(path))
		return true;
	if (!file_read(path, &b, err))
		return false;
	*ret = arena_str(arena, buf_str(&b));
	return ret->ptr || err_set(err, ERR_LIMIT, "%s: no memory to read it", path);
}

/* Signature, then JSON. */
static bool read_kept(const struct points *p, struct str target, struct arena *arena, struct str *ret_signature, struct str *ret_json,
		      struct err *err)
{
	struct str all;

	if (!read_file(p->kept, target, ".point", arena, &all, err))
		return false;
	*ret_signature = str_sub(all, 0, sizeof(struct manifest_signature));
	*ret_json = all.len > sizeof(struct manifest_signature) ? str_sub(all, sizeof(struct manifest_signature), all.len) : STR_NONE;
	return true;
}

static bool read_published(const struct points *p, struct str target, struct arena *arena, struct str *ret_signature,
			   struct str *ret_json, struct err *err)
{
	return read_file(p->published, target, ".sig", arena, ret_signature, err) &&
	       read_file(p->published, target, ".json", arena, ret_json, err);
}

bool points_load(const struct points *p, struct str target, struct arena *arena, struct point *ret, bool *ret_there, struct err *err)
{
	struct manifest_signature s;
	struct str signature, json;
	struct point point;

	if (!(p->kept.len ? read_kept : read_published)(p, target, arena, &signature, &json, err))
		return false;
	*ret_there = signature.len || json.len;
	if (!*ret_there)
		return true;
	if (signature.len == sizeof(s))
		memcpy(&s, signature.ptr, sizeof(s));
	if (signature.len != sizeof(s) || !manifest_signed(p->key, &s, json, arena))
		return err_set(err, ERR_BROKEN, "the statement of %.*s is not signed by the key of backup.yaml, or was changed since",
			       STR_ARG(target));
	if (!point_read(target, json, arena, &point, err))
		return false;
	if (!str_eq(point.target, target))
		return err_set(err, ERR_BROKEN, "the statement of %.*s is that of %.*s", STR_ARG(target), STR_ARG(point.target));
	*ret = point;
	return true;
}

/* The signature first: who reads in between has an old text under a new signature, and nothing is believed. */
static bool publish(const struct points *p, struct str target, struct str signature, struct str json, struct err *err)
{
	char folder[PATH_LEN], path[PATH_LEN], sig[PATH_LEN];

	if (!path_of(p->published, STR_NONE, "", folder) || !path_of(p->published, target, ".json", path) ||
	    !path_of(p->published, target, ".sig", sig))
		return err_set(err, ERR_LIMIT, "%.*s: path too long", STR_ARG(p->published));
	return dir_make(folder, 0755, err) && file_replace(sig, signature, 0644, err) && file_replace(path, json, 0644, err);
}

static bool keep(const struct points *p, struct str target, struct str both, struct err *err)
{
	char folder[PATH_LEN], path[PATH_LEN];

	if (!path_of(p->kept, STR_NONE, "", folder) || !path_of(p->kept, target, ".point", path))
		return err_set(err, ERR_LIMIT, "%.*s: path too long", STR_ARG(p->kept));
	return dir_make(folder, 0700, err) && file_replace(path, both, 0600, err);
}

bool points_hold(const struct points *p, struct str target, int *ret_fd, struct err *err)
{
	char folder[PATH_LEN], path[PATH_LEN];
	auto_fd fd = -1;

	if (!path_of(p->kept, STR_NONE, "", folder) || !path_of(p->kept, target, ".lock", path))
		return err_set(err, ERR_LIMIT, "%.*s: path too long", STR_ARG(p->kept));
	if (!dir_make(folder, 0700, err))
		return false;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(err, "%s", path);
	while (flock(fd, LOCK_EX) != 0) {
		if (errno != EINTR)
			return err_sys(err, "%s", path);
	}
	*ret_fd = fd_take(&fd);
	return true;
}

bool points_say(const struct points *p, struct point *said, struct arena *arena, struct err *err)
{
	struct manifest_signature s;
	struct str json, signature = { (const char *)&s, sizeof(s) }, both;

	said->serial++;
	said->said_us = clock_now_us();
	if (!point_write(said, arena, &json, err) || !manifest_sign(p->pem, json, arena, &s, err))
		return false;
	both = arena_join(arena, signature, json);
	if (!both.ptr)
		return err_set(err, ERR_LIMIT, "no memory for a statement");
	return keep(p, said->target, both, err) && publish(p, said->target, signature, json, err);
}

/* *${ret_signature}, *${ret_json}: what is kept. */
static bool is_same(const struct points *p, struct str target, struct arena *arena, struct str *ret_signature, struct str *ret_json)
{
	struct str signature, json;

	return !read_kept(p, target, arena, ret_signature, ret_json, NULL) || !ret_json->len ||
	       (read_published(p, target, arena, &signature, &json, NULL) && str_eq(signature, *ret_signature) && str_eq(json, *ret_json));
}

bool points_are_read(const struct points *p, struct str target, struct arena *arena)
{
	struct str signature, json;
	auto_fd held = -1;

	if (!p->kept.len || is_same(p, target, arena, &signature, &json))
		return true;
	return points_hold(p, target, &held, NULL) && is_same(p, target, arena, &signature, &json);
}

void points_publish(const struct points *p, struct str target, struct arena *arena)
{
	struct str signature, json;

	if (is_same(p, target, arena, &signature, &json))
		return;
	(void)!publish(p, target, signature, json, NULL);
}
