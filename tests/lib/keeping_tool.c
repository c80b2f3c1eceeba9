/* What the gate does with a statement that destroys, for tests without a gate: planned as the gate would, and brought back.
 *
 * keeping_tool CONNINFO: a request a line, an answer a line, both JSON:
 * {"plan":ITEM,"text":STATEMENT,"rows":N,"changes":N,"dump":FILE} {"restore":ITEM,"dump":FILE} {"dry":ITEM} {"expire":SECONDS}
 * With "state":DIR and "upstream":NAME beside, the item is one of that keep, as the gate makes it: the answer has its "id".
 */
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "cli/keeping_database.h"
#include "gate/postgres/keeping.h"

#define ARENA_SIZE ((size_t)256 << 20)
#define LINE_MAX_BYTES ((size_t)8 << 20)

static const char *const ways[] = {
	[KEEPING_NONE] = "none", [KEEPING_MOVE] = "move", [KEEPING_ROWS] = "rows", [KEEPING_DUMP] = "dump", [KEEPING_NOT] = "not",
};

static void failed(struct json_out *o, const struct err *err)
{
	json_out_kv(o, "error", str_from(err->msg));
}

struct planning {
	struct postgres_aside *a;
	const struct json *ask;
	struct arena *arena;
	struct json_out *o;
};

static struct database_upstream upstream;

static bool dumped(const struct keeping_plan *plan, const char *path, struct err *err)
{
	struct keeping_dumping how = { .path = path };
	struct postgres_aside *a;
	uint64_t bytes;
	bool ok;

	if (!aside_open(&upstream, &a, err))
		return false;
	ok = keeping_dump(a, plan, &how, &bytes, err);
	aside_close(a);
	return ok;
}

static bool plan(struct planning *p, struct str item, struct str *ret_says)
{
	struct postgres_aside *a = p->a;
	const struct json *ask = p->ask;
	struct arena *arena = p->arena;
	struct json_out *o = p->o;
	struct sql_input in = { .text = json_str(ask, "text"), .dialect = SQL_POSTGRES };
	struct sql_answer sql;
	struct keeping_ask k = { .sql = &sql, .item = item, .hands_on = true, .search_path = json_str(ask, "path") };
	struct str dump = json_str(ask, "dump");
	struct keeping_plan got;
	struct err err = { 0 };

	(void)!json_u64(ask, "rows", &k.bounds.rows);
	(void)!json_u64(ask, "changes", &k.changes);
	sql_read(&in, arena, &sql);
	if (!keeping_plan(a, &k, arena, &got, &err)) {
		failed(o, &err);
		return false;
	}
	if (got.way == KEEPING_DUMP && dump.len && !dumped(&got, arena_str(arena, dump).ptr, &err)) {
		failed(o, &err);
		return false;
	}
	json_out_kv(o, "way", str_from(ways[got.way]));
	json_out_kv(o, "before", got.before);
	json_out_kv(o, "instead", got.instead);
	json_out_kv(o, "after", got.after);
	json_out_kv(o, "tag", got.tag);
	json_out_kv(o, "why_not", got.why_not);
	json_out_kv(o, "says", got.says);
	*ret_says = got.says;
	return got.way == KEEPING_MOVE || got.way == KEEPING_ROWS || got.way == KEEPING_DUMP;
}

static bool fill(void *ctx, const char *id, int64_t at_us, const char *folder, struct keep_filled *ret, struct err *err)
{
	struct planning *p = ctx;
	char name[48];

	(void)folder;
	(void)err;
	keeping_database_name(id, at_us, name);
	json_out_kv(p->o, "id", str_from(id));
	return plan(p, arena_str(p->arena, str_from(name)), &ret->says);
}

static void plan_kept(struct planning *p, const char *state)
{
	struct keep_elsewhere e = { .upstream = json_str(p->ask, "upstream"), .command = json_str(p->ask, "text"), .session = STR("agent-1"),
				    .until_us = clock_now_us() + 7 * 86400 * CLOCK_SECOND, .fill = fill, .ctx = p };
	struct err err = { 0 };
	struct keep *k;
	char id[24];

	if (!keep_open(str_from(state), NULL, &k, &err) || (!keep_elsewhere(k, &e, id, &err) && err.code != ERR_NONE))
		failed(p->o, &err);
	else
		keep_close(k);
}

static void answer(struct postgres_aside *a, const struct json *ask, struct arena *arena, struct json_out *o)
{
	bool dry = json_get(ask, "dry") != NULL;
	struct str item = json_str(ask, dry ? "dry" : "restore"), says;
	struct err err = { 0 };
	uint64_t at, gone;

	struct planning p = { a, ask, arena, o };

	if (json_str(ask, "state").len) {
		plan_kept(&p, arena_str(arena, json_str(ask, "state")).ptr);
	} else if (json_get(ask, "plan")) {
		(void)!plan(&p, json_str(ask, "plan"), &says);
	} else if (item.len) {
		struct str dump = json_str(ask, "dump");
		struct keeping_back back = { item, dump.len ? arena_str(arena, dump).ptr : NULL, dry };

		if (keeping_restore(a, &back, arena, &says, &err))
			json_out_kv(o, "says", says);
		else
			failed(o, &err);
	} else if (json_u64(ask, "expire", &at)) {
		if (keeping_expire(a, (int64_t)at * 1000000, &gone, &err)) {
			json_out_key(o, "gone");
			json_out_u64(o, gone);
		} else {
			failed(o, &err);
		}
	}
}

static bool serve(struct postgres_aside *a, struct str line, struct arena *arena)
{
	auto_buf b = BUF_MAX((size_t)64 << 20);
	struct json_out o = { .buf = &b };
	struct err err = { 0 };
	struct json *ask;

	json_out_open(&o, '{');
	if (json_parse(line, arena, &ask, &err))
		answer(a, ask, arena, &o);
	else
		failed(&o, &err);
	json_out_close(&o, '}');
	return puts(b.ptr) >= 0 && fflush(stdout) == 0;
}

int main(int argc, char **argv)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t got;
	struct postgres_aside *a;
	struct arena arena;
	struct err err = { 0 };

	if (argc != 2 || !arena_map(&arena, ARENA_SIZE)) {
		fprintf(stderr, "usage: keeping_tool CONNINFO\n");
		return 2;
	}
	upstream.name = STR("test");
	upstream.connect = str_from(argv[1]);
	if (!aside_open(&upstream, &a, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	while ((got = getline(&line, &cap, stdin)) > 0) {
		if (!serve(a, (struct str){ line, (size_t)got }, &arena))
			break;
		arena_reset(&arena);
	}
	free(line);
	aside_close(a);
	arena_unmap(&arena);
	return 0;
}
