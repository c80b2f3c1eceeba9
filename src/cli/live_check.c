/* `pawl live-check`: for pawl itself. Reads what a plan would create as JSON, asks the cloud, says what is alive as JSON. */
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/timestamp.h"
#include "cli/commands.h"
#include "cloud/cloud.h"
#include "facts/aws_lookups.h"

#define MAX_IN ((size_t)64 << 20)
#define MAX_ASKED 2000
#define MEMORY ((size_t)512 << 20)

struct tally {
	size_t n_alive, n_absent, n_unknown;
	struct str first_unknown;
};

static void put_found(struct json_out *o, const struct json *create, const struct cloud_found *f)
{
	const struct aws_lookup *row = aws_lookup_find(json_str(create, "type"));
	char when[TIMESTAMP_LEN + 1];

	json_out_open(o, '{');
	json_out_kv(o, "address", json_str(create, "address"));
	json_out_kv(o, "type", json_str(create, "type"));
	json_out_kv(o, "identity", f->identity);
	json_out_kv(o, "id", f->id);
	json_out_kv(o, "title", f->title);
	if (f->created_us) {
		timestamp_text(f->created_us, when);
		json_out_kv(o, "created", str_from(when));
	}
	json_out_key(o, "unique");
	json_out_bool(o, row && row->by == AWS_BY_TITLE);
	json_out_close(o, '}');
}

static void ask_one(struct cloud *cloud, const struct json *create, struct arena *arena,
		    struct json_out *o, struct tally *t)
{
	struct cloud_ask ask = {
		.type = json_str(create, "type"),
		.title = json_str(create, "title"),
		.tag_name = json_str(create, "tag_name"),
		.region = json_str(create, "region"),
	};
	struct cloud_answer a = { .why = STR("not asked: the plan creates too many things") };

	if (t->n_alive + t->n_absent + t->n_unknown < MAX_ASKED)
		a = cloud_find(cloud, &ask, arena);
	switch (a.result) {
	case CLOUD_ALIVE:
		t->n_alive++;
		for (const struct cloud_found *f = a.found; f; f = f->next)
			put_found(o, create, f);
		return;
	case CLOUD_ABSENT:
		t->n_absent++;
		return;
	case CLOUD_UNKNOWN:
		break;
	}
	t->n_unknown++;
	if (!t->first_unknown.len && cloud_can_ask(ask.type))
		t->first_unknown = arena_fmt(arena, "%.*s: %.*s",
					     STR_ARG(json_str(create, "address")), STR_ARG(a.why));
}

static void put_identity(struct json_out *o, const struct cloud *cloud)
{
	const struct cloud_identity *id = cloud_identity(cloud);

	json_out_kv(o, "account", id->account);
	json_out_kv(o, "arn", id->arn);
	json_out_kv(o, "region", id->region);
	json_out_kv(o, "source", id->source);
}

static void put_tally(struct json_out *o, const struct cloud *cloud, const struct tally *t)
{
	json_out_key(o, "asked");
	json_out_u64(o, cloud_questions(cloud));
	json_out_key(o, "n_alive");
	json_out_u64(o, t->n_alive);
	json_out_key(o, "n_absent");
	json_out_u64(o, t->n_absent);
	json_out_key(o, "n_unknown");
	json_out_u64(o, t->n_unknown);
	json_out_kv(o, "first_unknown", t->first_unknown);
}

static bool check(struct arena *arena, struct buf *out, struct err *err)
{
	auto_buf in = BUF_MAX(MAX_IN);
	struct json_out o = { .buf = out };
	struct tally t = { .n_alive = 0 };
	struct cloud *cloud;
	struct json *root;
	uint64_t seconds;

	if (!fd_read_all(STDIN_FILENO, &in, err) || !json_parse(buf_str(&in), arena, &root, err))
		return false;
	if (!json_u64(root, "seconds", &seconds) || seconds > 3600)
		seconds = 20;
	if (!cloud_open((unsigned)seconds, arena, &cloud, err))
		return false;
	json_out_open(&o, '{');
	put_identity(&o, cloud);
	json_out_key(&o, "alive");
	json_out_open(&o, '[');
	JSON_EACH(create, json_get(root, "creates"))
		ask_one(cloud, create, arena, &o, &t);
	json_out_close(&o, ']');
	put_tally(&o, cloud, &t);
	json_out_close(&o, '}');
	cloud_close(cloud);
	if (arena->full || out->failed)
		return err_set(err, ERR_LIMIT, "out of memory for the cloud's answers");
	return true;
}

int cmd_live_check(struct cli *c)
{
	auto_buf out = BUF_MAX(MAX_IN);
	struct err err = { .code = ERR_NONE };
	struct arena arena = { .mem = NULL };
	bool ok;

	(void)c;
	ok = arena_map(&arena, MEMORY) || err_sys(&err, "no memory");
	ok = ok && check(&arena, &out, &err);
	if (!ok) {
		struct json_out o = { .buf = &out };

		buf_clear(&out);
		json_out_open(&o, '{');
		json_out_kv(&o, "error", str_from(err.msg));
		json_out_close(&o, '}');
	}
	buf_addc(&out, '\n');
	if (arena.mem)
		arena_unmap(&arena);
	return cli_print(&out) && ok ? EXIT_ALLOW : EXIT_ERROR;
}
