#include "cli/live.h"

#include <unistd.h>

#include "base/json.h"
#include "base/proc.h"
#include "base/timestamp.h"
#include "cli/full.h"

#define MAX_TALK ((size_t)64 << 20)

void live_question(const struct plan_create *creates, unsigned seconds, struct buf *out)
{
	struct json_out o = { .buf = out };

	json_out_open(&o, '{');
	json_out_key(&o, "seconds");
	json_out_u64(&o, seconds);
	json_out_key(&o, "creates");
	json_out_open(&o, '[');
	for (const struct plan_create *c = creates; c; c = c->next) {
		json_out_open(&o, '{');
		json_out_kv(&o, "address", c->address);
		json_out_kv(&o, "type", c->type);
		json_out_kv(&o, "title", c->title);
		json_out_kv(&o, "tag_name", c->tag_name);
		json_out_kv(&o, "region", c->region);
		json_out_close(&o, '}');
	}
	json_out_close(&o, ']');
	json_out_close(&o, '}');
}

static void read_alive(const struct json *root, struct arena *arena, struct live_report *ret)
{
	struct live_alive **next = &ret->alive;

	JSON_EACH(it, json_get(root, "alive")) {
		struct live_alive *a = ARENA_NEW(arena, struct live_alive);

		if (!a)
			return;
		a->address = json_str(it, "address");
		a->type = json_str(it, "type");
		a->identity = json_str(it, "identity");
		a->id = json_str(it, "id");
		a->title = json_str(it, "title");
		a->unique = json_true(it, "unique");
		if (!timestamp_parse(json_str(it, "created"), &a->created_us))
			a->created_us = 0;
		*next = a;
		next = &a->next;
	}
}

static size_t number(const struct json *root, const char *key)
{
	uint64_t v;

	return json_u64(root, key, &v) ? (size_t)v : 0;
}

bool live_answer(struct str text, struct arena *arena, struct live_report *ret, struct err *err)
{
	struct json *root;

	if (!json_parse(text, arena, &root, err))
		return false;
	*ret = (struct live_report){ .known = false, .why = json_str(root, "error") };
	if (ret->why.len)
		return true;
	ret->account = json_str(root, "account");
	if (!ret->account.len)
		return err_set(err, ERR_INPUT, "the answer names no account");
	ret->known = true;
	ret->arn = json_str(root, "arn");
	ret->region = json_str(root, "region");
	ret->source = json_str(root, "source");
	ret->n_asked = number(root, "asked");
	ret->n_alive = number(root, "n_alive");
	ret->n_absent = number(root, "n_absent");
	ret->n_unknown = number(root, "n_unknown");
	ret->unknown = json_str(root, "first_unknown");
	read_alive(root, arena, ret);
	return true;
}

static void not_known(struct live_report *ret, struct arena *arena, const struct err *err)
{
	*ret = (struct live_report){ .known = false };
	ret->why = arena_str(arena, str_from(err->msg));
	if (!ret->why.len)
		ret->why = STR("the cloud was not asked");
}

bool live_ask(const struct plan_create *creates, unsigned seconds, struct arena *arena,
	      struct live_report *ret, struct err *err)
{
	char program[4096], command[] = "live-check";
	char *argv[] = { program, command, NULL };
	auto_buf in = BUF_MAX(MAX_TALK), out = BUF_MAX(MAX_TALK), errout = BUF_MAX(65536);
	struct proc_opts opts = { .out = &out, .errout = &errout };
	struct err why = { .code = ERR_NONE };
	int status;
	bool ok;

	if (!seconds)
		seconds = LIVE_SECONDS;
	live_question(creates, seconds, &in);
	opts.input = buf_str(&in);
	opts.timeout_s = (int)seconds +
			 40; /* finding credentials and the last question take their own time */
	ok = full_path(program, sizeof(program)) ||
	     err_set(&why, ERR_TOOL, "pawl-full cannot be found beside pawl");
	ok = ok && (!in.failed || err_set(&why, ERR_LIMIT, "too much to ask the cloud about"));
	ok = ok && proc_run(argv, &opts, &status, &why);
	ok = ok && live_answer(arena_str(arena, buf_str(&out)), arena, ret, &why);
	if (!ok)
		not_known(ret, arena, &why);
	return !arena->full || err_set(err, ERR_LIMIT, "out of memory for the cloud's answer");
}
