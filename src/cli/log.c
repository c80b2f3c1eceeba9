/* pawl log: read, verify, export and checkpoint the ledger. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/timestamp.h"
#include "cli/commands.h"
#include "cli/log_entry.h"
#include "cli/places.h"
#include "ledger/checkpoint.h"

#define FLUSH ((size_t)1 << 16)

enum form { FORM_TABLE, FORM_JSON, FORM_JSONL, FORM_OCSF };

struct view {
	const struct cli *c;
	enum form form;
	int64_t since_us;
	uint64_t last; /* seq of the newest entry seen */
	uint64_t shown;
	struct buf out;
	struct json_out json;
	bool failed; /* nobody reads any more */
};

static bool flush(struct view *v)
{
	if (!cli_print(&v->out))
		v->failed = true;
	buf_clear(&v->out);
	return !v->failed;
}

static bool wanted(const struct view *v, const struct ledger_entry *e)
{
	const char *kind;

	if (e->time_us < v->since_us)
		return false;
	if (v->form != FORM_TABLE && v->form != FORM_JSON)
		return true;
	if (!cli_flag(v->c, "kind"))
		return true;
	for (unsigned i = 0; (kind = cli_value_nth(v->c, "kind", i)) != NULL; i++) {
		if (str_glob(str_from(kind), e->kind))
			return true;
	}
	return false;
}

static bool show(const struct ledger_entry *e, void *ctx)
{
	struct view *v = ctx;
	struct json_out line = { .buf = &v->out };

	v->last = e->seq;
	if (!wanted(v, e))
		return true;
	v->shown++;
	switch (v->form) {
	case FORM_TABLE:
		log_entry_line(e, v->c->colour, v->c->width, &v->out);
		break;
	case FORM_JSON:
		log_entry_json(e, &v->json);
		break;
	case FORM_JSONL:
		log_entry_json(e, &line);
		buf_addc(&v->out, '\n');
		break;
	case FORM_OCSF:
		log_entry_ocsf(e, &line);
		buf_addc(&v->out, '\n');
		break;
	}
	return v->out.len < FLUSH || flush(v);
}

/* "24h" ago, or a time, or nothing. */
static bool since(const struct cli *c, int64_t *ret_us, struct err *err)
{
	const char *text = cli_value(c, "since");
	int64_t seconds;

	*ret_us = INT64_MIN;
	if (!text || timestamp_parse(str_from(text), ret_us))
		return true;
	if (!duration_parse(str_from(text), &seconds))
		return err_set(err, ERR_INPUT, "--since %s: neither a duration (24h) nor a time (2026-11-21T09:15:00Z)", text);
	*ret_us = clock_now_us() - seconds * CLOCK_SECOND;
	return true;
}

/* Looking makes nothing: where no ledger lies, nothing was ever written down. */
static bool nothing_written(void)
{
	struct places places;

	return places_find(NULL, &places, NULL) && access(places.ledger, F_OK) != 0 && errno == ENOENT;
}

static struct ledger *open_ledger(struct places *places, struct err *err)
{
	return places_find(NULL, places, err) ? ledger_open(places->ledger, err) : NULL;
}

/* Until the reader goes away or somebody ends us. */
static bool follow(struct ledger *l, struct view *v, struct err *err)
{
	struct timespec pause = { .tv_nsec = 300000000 };

	while (!v->failed) {
		if (!ledger_walk(l, v->last, show, v, err))
			return false;
		if (!flush(v))
			break;
		nanosleep(&pause, NULL);
	}
	return true;
}

static bool show_all(struct ledger *l, struct view *v, struct err *err)
{
	bool ok;

	if (v->form == FORM_JSON) {
		v->json.buf = &v->out;
		json_out_open(&v->json, '{');
		json_out_key(&v->json, "entries");
		json_out_open(&v->json, '[');
	}
	ok = !l || ledger_walk(l, 0, show, v, err);
	if (v->form == FORM_JSON) {
		json_out_close(&v->json, ']');
		json_out_close(&v->json, '}');
		buf_addc(&v->out, '\n');
	}
	return flush(v) && ok;
}

static int run_view(struct cli *c, struct view *v, bool follows)
{
	struct err err = { .code = ERR_NONE };
	struct places places;
	struct ledger *l;
	bool ok;

	v->out.max = FLUSH + LEDGER_MAX_ENTRY * 3;
	signal(SIGPIPE, SIG_IGN);
	l = nothing_written() && !follows ? NULL : open_ledger(&places, &err);
	if (!l && err.code != ERR_NONE)
		return cli_fail(c, &err);
	ok = show_all(l, v, &err) && (!follows || follow(l, v, &err));
	ledger_close(l);
	buf_free(&v->out);
	if (!ok && err.code != ERR_NONE)
		return cli_fail(c, &err);
	if (!v->shown && v->form == FORM_TABLE)
		fputs("Nothing in the ledger yet that matches.\n", stderr);
	return EXIT_ALLOW;
}

int cmd_log(struct cli *c)
{
	struct view v = { .c = c, .form = c->json ? FORM_JSON : FORM_TABLE };
	bool follows = cli_flag(c, "follow");
	struct err err = { .code = ERR_NONE };

	if (c->n_args)
		return cli_usage(c, "log takes no arguments");
	if (!since(c, &v.since_us, &err))
		return cli_usage(c, "%s", err.msg);
	if (follows && c->json)
		v.form = FORM_JSONL; /* an object would never end */
	return run_view(c, &v, follows);
}

int cmd_log_export(struct cli *c)
{
	struct view v = { .c = c, .form = FORM_JSONL };
	const char *format = cli_value(c, "format");
	struct err err = { .code = ERR_NONE };

	if (c->n_args)
		return cli_usage(c, "log export takes no arguments; it writes to standard output");
	if (format && strcmp(format, "ocsf") == 0)
		v.form = FORM_OCSF;
	else if (format && strcmp(format, "jsonl") != 0)
		return cli_usage(c, "--format %s: jsonl or ocsf", format);
	if (!since(c, &v.since_us, &err))
		return cli_usage(c, "%s", err.msg);
	return run_view(c, &v, false);
}

/* --- verify --- */

static void report_json(const struct ledger_report *r, const struct err *err, bool ok, struct json_out *o)
{
	char hex[DIGEST_HEX_LEN + 1];

	digest_hex(&r->head, hex);
	json_out_open(o, '{');
	json_out_key(o, "intact");
	json_out_bool(o, ok);
	json_out_key(o, "entries");
	json_out_u64(o, r->entries);
	json_out_kv(o, "ledger", str_from(r->id));
	json_out_kv(o, "head", ok ? str_from(hex) : STR(""));
	json_out_key(o, "segments");
	json_out_u64(o, r->segments);
	json_out_key(o, "bytes");
	json_out_u64(o, r->bytes);
	json_out_key(o, "checkpoints");
	json_out_u64(o, r->checkpoints);
	json_out_key(o, "clock_back");
	json_out_u64(o, r->clock_back);
	json_out_key(o, "torn_tail");
	json_out_bool(o, r->torn_tail);
	json_out_key(o, "truncated");
	json_out_bool(o, r->truncated);
	json_out_key(o, "first_bad");
	json_out_u64(o, r->first_bad);
	json_out_key(o, "bad_segment");
	json_out_u64(o, r->bad_segment);
	json_out_key(o, "bad_offset");
	json_out_u64(o, r->bad_offset);
	json_out_kv(o, "error", ok ? STR("") : str_from(err->msg));
	json_out_close(o, '}');
	buf_addc(o->buf, '\n');
}

static void report_text(const struct cli *c, const struct ledger_report *r, struct buf *out)
{
	char hex[DIGEST_HEX_LEN + 1];

	digest_hex(&r->head, hex);
	buf_addf(out, "%sThe ledger is intact%s: %llu entries in %llu segments, %llu bytes.\n", c->colour ? "\x1b[32m" : "",
		 c->colour ? "\x1b[0m" : "", (unsigned long long)r->entries, (unsigned long long)r->segments,
		 (unsigned long long)r->bytes);
	buf_addf(out, "Head: entry %llu, %s\n", (unsigned long long)r->entries, hex);
	if (r->torn_tail)
		buf_adds(out, "An unfinished write stands at the end: a power cut or a killed process. Nobody was told it was "
			      "written; the next append sets it aside.\n");
	if (r->clock_back)
		buf_addf(out, "The clock went back %llu times. Entries are in the order of their numbers, not of their times.\n",
			 (unsigned long long)r->clock_back);
	if (!cli_flag(c, "checkpoint"))
		buf_adds(out, "Entries cut off clean at the end leave no trace in a chain: keep checkpoints elsewhere "
			      "(pawl log checkpoint --to FILE) and give one with --checkpoint.\n");
}

int cmd_log_verify(struct cli *c)
{
	struct err err = { .code = ERR_NONE };
	struct ledger_report r = { .entries = 0 };
	auto_buf out = BUF_MAX(65536);
	struct json_out o = { .buf = &out };
	struct places places;
	bool ok;

	if (c->n_args)
		return cli_usage(c, "log verify takes no arguments");
	if (!places_find(NULL, &places, &err))
		return cli_fail(c, &err);
	ok = ledger_verify(places.ledger, cli_value(c, "checkpoint"), &r, &err);
	if (c->json)
		report_json(&r, &err, ok, &o);
	else if (ok)
		report_text(c, &r, &out);
	if (!cli_print(&out))
		return EXIT_ERROR;
	if (!ok)
		fprintf(stderr, "pawl: %s\n", err.msg);
	return ok ? EXIT_ALLOW : EXIT_ERROR;
}

/* --- checkpoint --- */

static bool key_path(const struct places *places, char ret[PLACES_MAX], struct err *err)
{
	int n = snprintf(ret, PLACES_MAX, "%s/ledger-key", places->state);

	return (n > 0 && n < PLACES_MAX) || err_set(err, ERR_LIMIT, "path too long");
}

static bool make_checkpoint(struct buf *out, struct checkpoint *ret, struct err *err)
{
	char key[PLACES_MAX];
	struct places places;
	struct ledger *l = open_ledger(&places, err);
	bool ok;

	if (!l)
		return false;
	ok = key_path(&places, key, err) && checkpoint_make(l, key, clock_now_us(), ret, err);
	ledger_close(l);
	if (ok) {
		checkpoint_put(ret, out);
		buf_addc(out, '\n');
	}
	return ok;
}

int cmd_log_checkpoint(struct cli *c)
{
	struct err err = { .code = ERR_NONE };
	const char *to = cli_value(c, "to");
	auto_buf text = BUF_MAX(65536);
	struct checkpoint cp;

	if (c->n_args)
		return cli_usage(c, "log checkpoint takes no arguments");
	if (!make_checkpoint(&text, &cp, &err))
		return cli_fail(c, &err);
	if (to && !file_replace(to, buf_str(&text), 0644, &err))
		return cli_fail(c, &err);
	if (!to || c->json)
		return cli_print(&text) ? EXIT_ALLOW : EXIT_ERROR;
	printf("Signed: %llu entries. Keep %s where nobody who can write to this machine's ledger can change it.\n",
	       (unsigned long long)cp.entries, to);
	return EXIT_ALLOW;
}
