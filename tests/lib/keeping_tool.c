/* What the gate does with a statement that destroys, for tests without a gate: planned as the gate would, and brought back.
 *
 * keeping_tool CONNINFO: a request a line, an answer a line, both JSON:
 * {"plan":ITEM,"text":STATEMENT,"rows":N,"dump":FILE} {"restore":ITEM} {"dry":ITEM} {"expire":SECONDS}
 */
#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
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

static void plan(struct postgres_aside *a, const struct json *ask, struct arena *arena, struct json_out *o)
{
	struct sql_input in = { .text = json_str(ask, "text"), .dialect = SQL_POSTGRES };
	struct sql_answer sql;
	struct keeping_ask k = { .sql = &sql, .item = json_str(ask, "plan"), .search_path = json_str(ask, "path") };
	struct str dump = json_str(ask, "dump");
	struct keeping_plan p;
	struct err err = { 0 };

	if (dump.len)
		k.dump = dump.ptr;
	(void)!json_u64(ask, "rows", &k.bounds.rows);
	sql_read(&in, arena, &sql);
	if (!keeping_plan(a, &k, arena, &p, &err)) {
		failed(o, &err);
		return;
	}
	json_out_kv(o, "way", str_from(ways[p.way]));
	json_out_kv(o, "before", p.before);
	json_out_kv(o, "instead", p.instead);
	json_out_kv(o, "after", p.after);
	json_out_kv(o, "tag", p.tag);
	json_out_kv(o, "why_not", p.why_not);
	json_out_kv(o, "says", p.says);
}

static void answer(struct postgres_aside *a, const struct json *ask, struct arena *arena, struct json_out *o)
{
	bool dry = json_get(ask, "dry") != NULL;
	struct str item = json_str(ask, dry ? "dry" : "restore"), says;
	struct err err = { 0 };
	uint64_t at, gone;

	if (json_get(ask, "plan")) {
		plan(a, ask, arena, o);
	} else if (item.len) {
		if (keeping_restore(a, item, dry, arena, &says, &err))
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
	struct database_upstream u = { .name = STR("test") };
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
	u.connect = str_from(argv[1]);
	if (!aside_open(&u, &a, &err)) {
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
