#include "cli/backup_seen.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#define PATH_LEN 4400

/* STR_NONE: all of it is there, or nobody can say without a request more. */
static struct str file_wrong(const struct backup_seen *s, const struct vault_entry *e, const struct manifest_file *f)
{
	char path[PATH_LEN];
	struct stat st;
	int n = snprintf(path, sizeof(path), "%.*s/%.*s/%.*s/%.*s", STR_ARG(s->vault->place.directory), STR_ARG(e->target), STR_ARG(e->id),
			 STR_ARG(f->name));

	if (n < 0 || n >= PATH_LEN)
		return STR_NONE;
	if (lstat(path, &st) != 0)
		return errno == ENOENT ? arena_fmt(s->arena, "not whole: its %.*s is not there", STR_ARG(f->name)) : STR_NONE;
	if (!S_ISREG(st.st_mode))
		return arena_fmt(s->arena, "not whole: its %.*s is no file", STR_ARG(f->name));
	return (uint64_t)st.st_size == f->bytes ?
		       STR_NONE :
		       arena_fmt(s->arena, "not whole: its %.*s has %llu bytes of %llu", STR_ARG(f->name), (unsigned long long)st.st_size,
				 (unsigned long long)f->bytes);
}

static struct str data_wrong(const struct backup_seen *s, const struct vault_entry *e, const struct manifest *m)
{
	struct str wrong = STR_NONE;
	uint64_t bytes = 0;

	for (const struct manifest_file *f = m->files; f && !wrong.len; f = f->next) {
		bytes += f->bytes;
		if (s->vault->place.kind == VAULT_DIRECTORY)
			wrong = file_wrong(s, e, f);
	}
	if (s->vault->place.kind != VAULT_DIRECTORY && e->sized && e->bytes < bytes)
		wrong = STR("not whole: its data is missing, or cut short");
	return wrong;
}

enum backup_lies backup_seen(const struct backup_seen *s, const struct vault_entry *e, struct manifest *ret, struct str *ret_wrong)
{
	struct err err = { 0 };
	struct manifest m;

	if (!e->whole) {
		*ret_wrong = STR("not whole");
		return BACKUP_LIES_BROKEN;
	}
	if (!backup_manifest(s->open, e->target, e->id, s->key, s->arena, &m, &err)) {
		*ret_wrong = arena_fmt(s->arena, "NOT TO BE BELIEVED: %s", err.msg);
		return err.code == ERR_BROKEN || err.code == ERR_STATE || err.code == ERR_INPUT ? BACKUP_LIES_BROKEN : BACKUP_LIES_UNKNOWN;
	}
	*ret = m;
	*ret_wrong = data_wrong(s, e, &m);
	return ret_wrong->len ? BACKUP_LIES_BROKEN : BACKUP_LIES_WHOLE;
}
