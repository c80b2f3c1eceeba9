#include "recovery/pgbackrest.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/timestamp.h"
#include "recovery/tools.h"

#define INFO_MAX ((size_t)64 << 20)
#define SETS_MAX 100000u

/* --- running --- */

static bool no_memory(struct err *err)
{
	return err_set(err, ERR_LIMIT, "no memory to run pgbackrest");
}

static bool drop(void *ctx, const void *p, size_t n, struct err *err)
{
	(void)ctx, (void)p, (void)n, (void)err;
	return true;
}

static bool gather(void *ctx, const void *p, size_t n, struct err *err)
{
	struct buf *b = ctx;

	buf_add(b, (struct str){ p, n });
	return !b->failed || err_set(err, ERR_LIMIT, "pgbackrest says more than can be read");
}

/* Root's files in a repository are nobody's who archives into it. */
static bool as_user(const struct pgbackrest_run *r, char **argv, size_t *n, struct err *err)
{
	static char reuid[] = "--reuid", regid[] = "--regid", groups[] = "--init-groups", program[TOOLS_PATH];
	struct str user = r->user.len ? r->user : r->p->user.len ? r->p->user : STR("postgres");
	struct str name = arena_str(r->arena, user);

	if (geteuid() != 0)
		return true;
	if (!tools_find("setpriv", program, err))
		return false;
	argv[(*n)++] = program;
	argv[(*n)++] = reuid;
	argv[(*n)++] = (char *)(uintptr_t)name.ptr;
	argv[(*n)++] = regid;
	argv[(*n)++] = (char *)(uintptr_t)name.ptr;
	argv[(*n)++] = groups;
	return true;
}

static char *option(const struct pgbackrest_run *r, const char *name, struct str value)
{
	return (char *)(uintptr_t)arena_fmt(r->arena, "--%s=%.*s", name, STR_ARG(value)).ptr;
}

/* What is asked of it. */
struct asked {
	const char *const *words;
	size_t n;
	const char *console; /* its level of messages there */
};

static bool call(const struct pgbackrest_run *r, const struct asked *asked, const struct backup_reader *to, struct err *err)
{
	char *argv[PGBACKREST_WORDS + 16], program[TOOLS_PATH], errors[] = "--log-level-stderr=error";
	struct err missing = { 0 };
	size_t n = 0;

	PAWL_ASSERT(asked->n <= PGBACKREST_WORDS);
	for (size_t i = 0; i < asked->n; i++) {
		if (!asked->words[i])
			return no_memory(err);
	}
	if (!tools_find("pgbackrest", program, &missing))
		return err_set(err, ERR_TOOL, "there is no pgbackrest here: install the package pgbackrest");
	if (!as_user(r, argv, &n, err))
		return false;
	argv[n++] = program;
	argv[n++] = option(r, "stanza", r->p->stanza);
	if (r->p->config.len)
		argv[n++] = option(r, "config", r->p->config);
	argv[n++] = option(r, "log-level-console", str_from(asked->console));
	argv[n++] = errors;
	for (size_t i = 0; i < asked->n; i++)
		argv[n++] = (char *)(uintptr_t)asked->words[i];
	argv[n] = NULL;
	for (size_t i = 0; i < n; i++) {
		if (!argv[i])
			return no_memory(err);
	}
	return backup_read(argv, NULL, to, err);
}

bool pgbackrest_do(const struct pgbackrest_run *r, const char *const words[], size_t n, struct err *err)
{
	/* A line for each file: it is alive. */
	return call(r, &(struct asked){ words, n, "detail" }, &(struct backup_reader){ drop, NULL, r->stall }, err);
}

bool pgbackrest_version(const struct pgbackrest_run *r, struct str *ret, struct err *err)
{
	auto_buf b = BUF_MAX(1000);
	char program[TOOLS_PATH];
	char *argv[] = { program, (char[]){ "version" }, NULL };

	if (!tools_find("pgbackrest", program, err) || !backup_read(argv, NULL, &(struct backup_reader){ gather, &b, r->stall }, err))
		return false;
	*ret = arena_str(r->arena, str_trim(buf_str(&b)));
	return true;
}

/* --- info --- */

static int64_t seconds(const struct json *v, const char *name)
{
	uint64_t n;

	return json_u64(v, name, &n) && n < INT64_MAX / CLOCK_SECOND ? (int64_t)n * CLOCK_SECOND : 0;
}

static bool in_repo(const struct pgbackrest_run *r, const struct json *v)
{
	uint64_t here, wanted;

	return !r->p->repo.len ||
	       (str_to_u64(r->p->repo, &wanted) && json_u64(json_get(v, "database"), "repo-key", &here) && here == wanted);
}

static bool take_set(const struct pgbackrest_run *r, const struct json *v, struct pgbackrest_info *i)
{
	struct pgbackrest_set *s = ARENA_NEW(r->arena, struct pgbackrest_set), **at = &i->sets;
	const struct json *wal = json_get(v, "archive"), *time = json_get(v, "timestamp");

	if (!s)
		return false;
	*s = (struct pgbackrest_set){ .label = arena_str(r->arena, json_str(v, "label")),
				      .start = arena_str(r->arena, json_str(wal, "start")),
				      .stop = arena_str(r->arena, json_str(wal, "stop")),
				      .began_us = seconds(time, "start"),
				      .ended_us = seconds(time, "stop"),
				      .error = !json_is(json_get(v, "error"), JSON_FALSE) };
	/* It lists the oldest first: each has its place in front. */
	while (*at && (*at)->ended_us > s->ended_us)
		at = &(*at)->next;
	s->next = *at;
	*at = s;
	return true;
}

static bool take_stanza(const struct pgbackrest_run *r, const struct json *v, struct pgbackrest_info *i, struct err *err)
{
	size_t n = 0;

	JSON_EACH(one, json_get(v, "backup")) {
		if (!in_repo(r, one))
			continue;
		if (++n > SETS_MAX || !take_set(r, one, i))
			return err_set(err, ERR_LIMIT, "more backups in the repository than can be looked at");
	}
	JSON_EACH(one, json_get(v, "archive")) {
		struct str max = json_str(one, "max");

		if (in_repo(r, one) && str_cmp(max, i->wal_max) > 0)
			i->wal_max = arena_str(r->arena, max);
	}
	return true;
}

bool pgbackrest_info(const struct pgbackrest_run *r, struct pgbackrest_info *ret, struct err *err)
{
	static const char *const words[] = { "info", "--output=json" };
	struct pgbackrest_info i = { .wal_max = STR_NONE };
	auto_buf b = BUF_MAX(INFO_MAX);
	struct json *root;
	size_t n = 0;

	if (!call(r, &(struct asked){ words, ARRAY_LEN(words), "off" }, &(struct backup_reader){ gather, &b, r->stall }, err) ||
	    !json_parse(arena_str(r->arena, buf_str(&b)), r->arena, &root, err))
		return err_prefix(err, "pgbackrest info");
	JSON_EACH(v, root) {
		uint64_t code;

		if (!str_eq(json_str(v, "name"), r->p->stanza))
			continue;
		n++;
		/* 0: sound; 2: it has no backup yet. */
		if (!json_u64(json_get(v, "status"), "code", &code) || (code != 0 && code != 2))
			return err_set(err, ERR_TOOL, "pgbackrest says of stanza %.*s: %.*s", STR_ARG(r->p->stanza),
				       STR_ARG(str_sub(json_str(json_get(v, "status"), "message"), 0, 200)));
		if (!take_stanza(r, v, &i, err))
			return false;
	}
	if (!n)
		return err_set(err, ERR_TOOL, "pgbackrest knows no stanza %.*s", STR_ARG(r->p->stanza));
	*ret = i;
	return true;
}

bool pgbackrest_window(const struct pgbackrest_run *r, struct str archiving, struct str *ret, struct err *err)
{
	struct pgbackrest_info i;
	char since[TIMESTAMP_LEN + 1];
	int64_t first = 0;
	size_t n = 0;

	if (str_starts(archiving, STR("none"))) {
		*ret = archiving;
		return true;
	}
	if (!pgbackrest_info(r, &i, err))
		return false;
	for (const struct pgbackrest_set *s = i.sets; s; s = s->next) {
		first = s->error ? first : s->ended_us;
		n += !s->error;
	}
	if (!n || !i.wal_max.len) {
		*ret = STR("none: pgBackRest has no backup and WAL behind it");
		return true;
	}
	timestamp_text(first, since);
	*ret = arena_fmt(r->arena, "any moment since %.10s %.5s UTC by pgBackRest (stanza %.*s, %zu backup%s, WAL to %.*s); %.*s", since,
			 since + 11, STR_ARG(r->p->stanza), n, n == 1 ? "" : "s", STR_ARG(i.wal_max), STR_ARG(archiving));
	return ret->len || err_set(err, ERR_LIMIT, "no memory to look at the repository");
}
