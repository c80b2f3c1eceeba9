/* pawl drill. */
#include <stdio.h>

#include "base/clock.h"
#include "base/timestamp.h"
#include "cli/commands.h"
#include "cli/drills.h"
#include "cli/progress.h"
#include "core/card.h"
#include "recovery/ending.h"

#define OUT_MAX ((size_t)16 << 20)

int drills_worse(int a, int b)
{
	return a == EXIT_HOLD || b == EXIT_HOLD ? EXIT_HOLD : a != EXIT_ALLOW ? a : b;
}

static int status_of(const struct drill_done *d)
{
	switch (d->result) {
	case RECOVERY_VERIFIED:
		return EXIT_ALLOW;
	case RECOVERY_FAILED:
		return EXIT_HOLD;
	case RECOVERY_UNKNOWN:
		return EXIT_ERROR;
	}
	return EXIT_ERROR;
}

static void put_json(const struct config_target *t, const struct drill_done *d, struct json_out *o)
{
	json_out_open(o, '{');
	json_out_kv(o, "target", t->name);
	json_out_kv(o, "backup", d->manifest.id);
	json_out_kv(o, "result", recovery_result_name(d->result));
	json_out_key(o, "reasons");
	json_out_open(o, '[');
	for (const struct drill_reason *r = d->reasons; r; r = r->next) {
		json_out_open(o, '{');
		json_out_kv(o, "code", drill_code_name(r->code));
		json_out_kv(o, "text", r->text);
		json_out_close(o, '}');
	}
	json_out_close(o, ']');
	json_out_kv_u64(o, "tables", d->tables);
	json_out_kv_u64(o, "rows", d->rows);
	if (d->wal_to)
		backups_put_time(o, "wal_to", d->wal_as_of_us);
	json_out_kv_u64(o, "rto_ms", (uint64_t)d->took_us / 1000);
	json_out_kv_i64(o, "rpo_s", d->manifest.taken_us ? (d->at_us - d->manifest.taken_us) / CLOCK_SECOND : 0);
	json_out_close(o, '}');
}

/* No more than was looked at: each kind has its words. */
static void put_compared(const struct config_target *t, const struct drill_done *d, struct buf *b)
{
	bool lines = *backup_run_unit(t->kind) == 'l';

	buf_addf(b, ", %s in %lld.%lld s; ", lines ? "read" : "restored", (long long)(d->took_us / CLOCK_SECOND),
		 (long long)(d->took_us / (CLOCK_SECOND / 10) % 10));
	if (!lines)
		buf_addf(b, "%llu table%s with %llu row%s: ", (unsigned long long)d->tables, d->tables == 1 ? "" : "s",
			 (unsigned long long)d->rows, d->rows == 1 ? "" : "s");
	buf_adds(b, drill_compared(t->kind));
	if (t->check)
		buf_adds(b, ", and the owner's check accepts it");
}

static void put_text(const struct cli *c, const struct config_target *t, const struct drill_done *d, struct buf *b)
{
	static const struct {
		const char *paint, *word;
	} words[] = { [RECOVERY_UNKNOWN] = { "\033[33m", "COULD NOT VERIFY" },
		      [RECOVERY_VERIFIED] = { "\033[32m", "verified" },
		      [RECOVERY_FAILED] = { "\033[1;31m", "FAILED" } };
	char age[64], until[TIMESTAMP_LEN + 1];

	buf_addf(b, "%.*s: %s%s%s", STR_ARG(t->name), c->colour ? words[d->result].paint : "", words[d->result].word,
		 c->colour ? "\033[0m" : "");
	if (d->manifest.id.len) {
		duration_text((d->at_us - d->manifest.taken_us) / CLOCK_SECOND, age, sizeof(age));
		buf_addf(b, ". Backup %.*s, %s old", STR_ARG(d->manifest.id), age);
	}
	if (d->result == RECOVERY_VERIFIED)
		put_compared(t, d, b);
	if (d->result == RECOVERY_VERIFIED && d->wal_to) {
		buf_adds(b, "; then recovered with the WAL behind it");
		if (d->wal_as_of_us) {
			timestamp_text(d->wal_as_of_us, until);
			buf_addf(b, ", as of %s", until);
		}
	}
	buf_adds(b, ".\n");
	for (const struct drill_reason *r = d->reasons; r; r = r->next) {
		buf_adds(b, "  ");
		card_escape(r->text, b);
		buf_addc(b, '\n');
	}
}

int drills_one(struct cli *c, struct backups *b, const struct config_target *t, struct str id, struct json_out *o, struct buf *text)
{
	struct drill_done d = { .result = RECOVERY_UNKNOWN };
	struct err err = { 0 };
	struct progress p;
	struct backup_progress tell = { progress_tell, &p };
	bool good;

	ending_heed();
	progress_begin(&p, arena_fmt(&b->arena, "%.*s, drill", STR_ARG(t->name)), c->width);
	good = backup_run_drill(b, t, id, &tell, &d, &err);
	progress_end(&p);
	if (!good) {
		/* A result that is recorded nowhere is none. */
		struct drill_reason why = { .code = DRILL_BROKE_OFF, .text = str_from(err.msg) };

		d = (struct drill_done){ .result = RECOVERY_UNKNOWN, .reasons = &why, .n_reasons = 1 };
		if (c->json)
			put_json(t, &d, o);
		else
			put_text(c, t, &d, text);
	} else if (c->json) {
		put_json(t, &d, o);
	} else {
		put_text(c, t, &d, text);
	}
	if (!c->json)
		(void)cli_print(text), buf_clear(text);
	ending_pass();
	return good ? status_of(&d) : EXIT_ERROR;
}

/* What was mistyped is no drill that failed: nothing is recorded. */
static bool lies_there(struct backups *b, const struct config_target *t, struct str id, struct err *err)
{
	struct vault *vault = NULL;
	bool good = vault_open(&t->vaults[0]->place, &vault, err) &&
		    backups_there(vault, t->vaults[0], t->name, id, &b->arena, err);

	vault_close(vault);
	return good;
}

static int drill_all(struct cli *c, struct backups *b)
{
	auto_buf text = BUF_MAX(OUT_MAX);
	struct json_out o = { .buf = &text };
	const char *named = cli_value(c, "backup");
	struct str id = named ? str_from(named) : STR_NONE;
	const struct config_target **list;
	struct err err = { 0 };
	int status = EXIT_ALLOW;

	if (!backups_targets(b, c, &list, &err))
		return cli_fail(c, &err);
	if (named && (!list[0] || list[1]))
		return cli_usage(c, "--backup is of one target: name it");
	if (named && !backup_id_good(id))
		return cli_usage(c, "--backup wants an id as `pawl backup list` shows them");
	if (named && !lies_there(b, list[0], id, &err))
		return cli_fail(c, &err);
	if (c->json)
		json_out_open(&o, '{'), json_out_key(&o, "drills"), json_out_open(&o, '[');
	for (; *list; list++)
		status = drills_worse(status, drills_one(c, b, *list, id, &o, &text));
	if (c->json)
		json_out_close(&o, ']'), json_out_close(&o, '}'), buf_addc(&text, '\n');
	return cli_print(&text) ? status : EXIT_ERROR;
}

int cmd_drill(struct cli *c)
{
	struct backups b;
	struct err err = { 0 };
	int status = backups_open(&b, true, &err) ? drill_all(c, &b) : cli_fail(c, &err);

	backups_close(&b);
	return status;
}
