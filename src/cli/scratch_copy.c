#include "cli/scratch_copy.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"

#define END_S 20
#define PATH_LEN (PLACES_MAX + 128)

static void path_of(const struct places *places, struct str id, char ret[PATH_LEN])
{
	snprintf(ret, PATH_LEN, "%s/recovery/scratch%s%.*s%s", places->state, id.len ? "/" : "", STR_ARG(id), id.len ? ".json" : "");
}

int64_t scratch_copy_born(int64_t pid)
{
	auto_buf b = BUF_MAX(4096);
	char path[64];
	struct str s;
	uint64_t v = 0;
	size_t end;

	snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)pid);
	if (pid <= 1 || !file_read(path, &b, NULL))
		return 0;
	/* Behind the name, which may hold anything: state is field 3, start time field 22. */
	end = str_rfind_char(buf_str(&b), ')');
	if (end == SIZE_MAX)
		return 0;
	s = str_sub(buf_str(&b), end + 2, SIZE_MAX);
	if (s.len && (s.ptr[0] == 'Z' || s.ptr[0] == 'X'))
		return 0; /* ended, and nobody has asked how */
	for (int field = 3; field < 22; field++) {
		end = str_find_char(s, ' ');
		if (end == SIZE_MAX)
			return 0;
		s = str_sub(s, end + 1, SIZE_MAX);
	}
	return str_to_u64(str_sub(s, 0, str_find_char(s, ' ')), &v) && v <= INT64_MAX ? (int64_t)v : 0;
}

bool scratch_copy_write(const struct places *places, const struct scratch_copy *s, struct err *err)
{
	auto_buf b = BUF_MAX(16384);
	struct json_out o = { .buf = &b };
	char path[PATH_LEN];

	path_of(places, STR_NONE, path);
	if (!dir_make(path, 0700, err))
		return false;
	json_out_open(&o, '{');
	json_out_kv(&o, "target", s->target);
	json_out_kv(&o, "backup", s->backup);
	json_out_kv(&o, "url", s->url);
	json_out_kv(&o, "folder", s->folder);
	json_out_key(&o, "pid");
	json_out_i64(&o, s->pid);
	json_out_key(&o, "born");
	json_out_i64(&o, s->born);
	json_out_key(&o, "expires_us");
	json_out_i64(&o, s->expires_us);
	json_out_key(&o, "masked");
	json_out_u64(&o, s->masked);
	json_out_close(&o, '}');
	path_of(places, s->id, path);
	return file_replace(path, buf_str(&b), 0600, err);
}

bool scratch_copy_record(struct ledger *l, const struct scratch_copy *s, const char *kind, const char *why, struct err *err)
{
	auto_buf b = BUF_MAX(16384);
	struct json_out o = { .buf = &b };
	uint64_t seq;

	json_out_open(&o, '{');
	json_out_kv(&o, "scratch", s->id);
	json_out_kv(&o, "target", s->target);
	json_out_kv(&o, "backup", s->backup);
	json_out_key(&o, "masked");
	json_out_u64(&o, s->masked);
	if (why)
		json_out_kv(&o, "why", str_from(why));
	json_out_close(&o, '}');
	return ledger_append(l, str_from(kind), buf_str(&b), &seq, err);
}

void scratch_copy_forget(const struct places *places, struct str id)
{
	char path[PATH_LEN];

	path_of(places, id, path);
	unlink(path);
}

static int64_t number(const struct json *v, const char *key)
{
	const struct json *n = json_get(v, key);
	uint64_t u = 0;

	return n && str_to_u64(n->text, &u) && u <= INT64_MAX ? (int64_t)u : 0;
}

static bool read_one(const struct places *places, struct str id, struct arena *arena, struct scratch_copy *ret)
{
	auto_buf b = BUF_MAX(16384);
	char path[PATH_LEN];
	struct json *v;

	path_of(places, id, path);
	if (!file_read(path, &b, NULL) || !json_parse(arena_str(arena, buf_str(&b)), arena, &v, NULL))
		return false;
	*ret = (struct scratch_copy){ .id = id,
				      .target = json_str(v, "target"),
				      .backup = json_str(v, "backup"),
				      .url = json_str(v, "url"),
				      .folder = json_str(v, "folder"),
				      .pid = number(v, "pid"),
				      .born = number(v, "born"),
				      .expires_us = number(v, "expires_us"),
				      .masked = (uint64_t)number(v, "masked") };
	return ret->pid > 1 && ret->born > 0;
}

static bool record_end(const struct places *places, const struct scratch_copy *s, struct err *err)
{
	struct ledger *l = ledger_open(places->ledger, err);
	bool good = l && scratch_copy_record(l, s, "scratch.ended", "its keeper was killed", err);

	ledger_close(l);
	return good || err_prefix(err, "that %.*s has ended cannot be written down", STR_ARG(s->id));
}

/* The keeper was killed: its server ended with it, what lay on the disk did not. What is not written down stays for the next look. */
static bool sweep(const struct places *places, const struct scratch_copy *s, struct err *err)
{
	char folder[PATH_LEN];
	const char *name;

	snprintf(folder, sizeof(folder), "%.*s", STR_ARG(s->folder));
	name = strrchr(folder, '/');
	if (name && strncmp(name, "/pawl-scratch-", 14) == 0 && !strstr(folder, "..") && !dir_remove(folder, NULL))
		return true;
	if (!record_end(places, s, err))
		return false;
	scratch_copy_forget(places, s->id);
	return true;
}

/* One look at a time, or the end of one is written down twice. */
static bool alone(DIR *d, const char *path, struct err *err)
{
	while (flock(dirfd(d), LOCK_EX) != 0) {
		if (errno != EINTR)
			return err_sys(err, "%s", path);
	}
	return true;
}

bool scratch_copy_list(const struct places *places, struct arena *arena, struct scratch_copy **ret, struct err *err)
{
	struct scratch_copy *first = NULL;
	char path[PATH_LEN];
	struct dirent *e;
	bool good;
	DIR *d;

	path_of(places, STR_NONE, path);
	d = opendir(path);
	if (!d && errno != ENOENT)
		return err_sys(err, "%s", path);
	good = !d || alone(d, path, err);
	while (good && d && (e = readdir(d))) {
		struct str name = str_from(e->d_name);
		struct scratch_copy *s;

		if (!str_ends(name, STR(".json")) || name.ptr[0] == '.')
			continue;
		s = ARENA_NEW(arena, struct scratch_copy);
		if (!s || !read_one(places, arena_str(arena, str_sub(name, 0, name.len - 5)), arena, s))
			continue;
		if (scratch_copy_born(s->pid) != s->born) {
			good = sweep(places, s, err);
			continue;
		}
		s->next = first;
		first = s;
	}
	if (d)
		closedir(d);
	if (good)
		*ret = first;
	return good;
}

bool scratch_copy_end(const struct places *places, const struct scratch_copy *s, struct err *err)
{
	char path[PATH_LEN];

	path_of(places, s->id, path);
	if (kill((pid_t)s->pid, SIGTERM) != 0 && errno != ESRCH)
		return err_sys(err, "%.*s", STR_ARG(s->id));
	for (int i = 0; i < END_S * 20; i++) {
		if (!file_exists(path))
			return true;
		usleep(50000);
	}
	return err_set(err, ERR_TOOL, "%.*s was told to end and has not", STR_ARG(s->id));
}
