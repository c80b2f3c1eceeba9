/* pawl scratch. */
#include <stdio.h>

#include "base/clock.h"
#include "base/timestamp.h"
#include "cli/bring_open.h"
#include "cli/commands.h"
#include "cli/scratch_keep.h"
#include "core/card.h"

#define MEMORY ((size_t)16 << 20)
#define FOR_S (4 * 3600)

static void put_one(const struct scratch_copy *s, struct json_out *o)
{
	char when[TIMESTAMP_LEN + 1];

	timestamp_text(s->expires_us, when);
	json_out_open(o, '{');
	json_out_kv(o, "id", s->id);
	json_out_kv(o, "target", s->target);
	json_out_kv(o, "backup", s->backup);
	json_out_kv(o, "url", s->url);
	json_out_kv(o, "expires", str_from(when));
	json_out_key(o, "masked");
	json_out_u64(o, s->masked);
	json_out_close(o, '}');
}

/* The URL alone on standard output: for DATABASE_URL=$(pawl scratch shop). */
static int started(const struct cli *c, const struct scratch_copy *s)
{
	auto_buf b = BUF_MAX(65536);
	struct json_out o = { .buf = &b };
	char when[TIMESTAMP_LEN + 1];

	timestamp_text(s->expires_us, when);
	if (c->json) {
		put_one(s, &o);
	} else {
		buf_addf(&b, "%.*s", STR_ARG(s->url));
		fprintf(stderr, "pawl: %.*s, the backup %.*s, %llu column%s masked; gone at %s (pawl scratch stop %.*s)\n", STR_ARG(s->id),
			STR_ARG(s->backup), (unsigned long long)s->masked, s->masked == 1 ? "" : "s", when, STR_ARG(s->id));
	}
	buf_addc(&b, '\n');
	return cli_print(&b) ? EXIT_ALLOW : EXIT_ERROR;
}

static int start(struct cli *c, struct arena *arena)
{
	const char *text = cli_value(c, "for");
	struct scratch_keep_ask ask = { .target = c->args[0], .vault = cli_value(c, "vault"), .for_s = FOR_S };
	struct scratch_copy s = { 0 };
	struct err err = { 0 };

	if (text && (!duration_parse(str_from(text), &ask.for_s) || ask.for_s <= 0))
		return cli_usage(c, "--for wants a duration such as 4h, from 1s to 36500d");
	if (!scratch_keep(&ask, arena, &s, &err))
		return cli_fail(c, &err);
	s.target = str_from(c->args[0]);
	return started(c, &s);
}

static int list(const struct cli *c, const struct scratch_copy *s)
{
	auto_buf b = BUF_MAX((size_t)1 << 20);
	struct json_out o = { .buf = &b };

	if (c->json)
		json_out_open(&o, '{'), json_out_key(&o, "scratch"), json_out_open(&o, '[');
	else if (!s)
		buf_adds(&b, "none\n");
	for (; s; s = s->next) {
		char left[40];

		duration_text((s->expires_us - clock_now_us()) / CLOCK_SECOND, left, sizeof(left));
		if (c->json)
			put_one(s, &o);
		else
			buf_addf(&b, "%.*s  %s left  %.*s  %llu masked  %.*s\n", STR_ARG(s->id), left, STR_ARG(s->backup),
				 (unsigned long long)s->masked, STR_ARG(s->url));
	}
	if (c->json)
		json_out_close(&o, ']'), json_out_close(&o, '}'), buf_addc(&b, '\n');
	return cli_print(&b) ? EXIT_ALLOW : EXIT_ERROR;
}

static int stop(struct cli *c, const struct places *places, const struct scratch_copy *all)
{
	auto_buf b = BUF_MAX((size_t)1 << 20);
	struct json_out o = { .buf = &b };
	struct err err = { 0 };
	bool any = false;

	if (c->json)
		json_out_open(&o, '{'), json_out_key(&o, "stopped"), json_out_open(&o, '[');
	for (const struct scratch_copy *s = all; s; s = s->next) {
		if (!cli_flag(c, "all") && !str_is(s->id, c->args[0]))
			continue;
		any = true;
		if (!scratch_copy_end(places, s, &err))
			return cli_fail(c, &err);
		if (c->json)
			json_out_str(&o, s->id);
		else
			buf_addf(&b, "%.*s has ended; nothing of it is left.\n", STR_ARG(s->id));
	}
	if (!any && !cli_flag(c, "all")) {
		err_set(&err, ERR_INPUT, "no scratch copy is called '%s'; `pawl scratch list` shows them", c->args[0]);
		return cli_fail(c, &err);
	}
	if (c->json)
		json_out_close(&o, ']'), json_out_close(&o, '}'), buf_addc(&b, '\n');
	else if (!any)
		buf_adds(&b, "None runs.\n");
	return cli_print(&b) ? EXIT_ALLOW : EXIT_ERROR;
}

static int with_copies(struct cli *c, bool ending)
{
	struct scratch_copy *all;
	struct places places;
	struct arena arena;
	struct err err = { 0 };
	int status;

	if (ending && (c->n_args == 1) == cli_flag(c, "all"))
		return cli_usage(c, "name one, or say --all");
	if (!arena_map(&arena, MEMORY))
		return EXIT_ERROR;
	if (!bring_open_places(&places, &arena, &err) || !scratch_copy_list(&places, &arena, &all, &err))
		status = cli_fail(c, &err);
	else
		status = ending ? stop(c, &places, all) : list(c, all);
	arena_unmap(&arena);
	return status;
}

int cmd_scratch(struct cli *c)
{
	struct arena arena;
	int status;

	if (c->n_args != 1)
		return cli_usage(c, "name one target of backup.yaml");
	if (!arena_map(&arena, MEMORY))
		return EXIT_ERROR;
	status = start(c, &arena);
	arena_unmap(&arena);
	return status;
}

int cmd_scratch_list(struct cli *c)
{
	return with_copies(c, false);
}

int cmd_scratch_stop(struct cli *c)
{
	return with_copies(c, true);
}
