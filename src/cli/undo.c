/* pawl undo, undo list, undo prune: what discards lost, back. */
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/timestamp.h"
#include "cli/commands.h"
#include "cli/keeping.h"
#include "cli/policies.h"
#include "cli/scars.h"
#include "cli/undo_database.h"
#include "core/card.h"

#define ARENA_SIZE ((size_t)2 << 30) /* address space; pages cost once touched */
#define OUT_MAX ((size_t)64 << 20)

struct undo {
	struct places places;
	struct arena arena;
	const struct policy *policy;
	struct keep_bounds bounds;
	struct keep *keep;
};

static bool open_undo(struct undo *u, bool read_only, struct err *err)
{
	*u = (struct undo){ .keep = NULL };
	if (!places_find(NULL, &u->places, err))
		return false;
	if (!arena_map(&u->arena, ARENA_SIZE))
		return err_set(err, ERR_LIMIT, "no memory");
	if (!policies_load(&u->places, &u->arena, &u->policy, err))
		return false;
	u->bounds = keeping_bounds(u->policy);
	return read_only ? keep_open_read(str_from(u->places.state), &u->bounds, &u->keep, err) :
			   keep_open(str_from(u->places.state), &u->bounds, &u->keep, err);
}

static void close_undo(struct undo *u)
{
	keep_close(u->keep);
	if (u->arena.mem)
		arena_unmap(&u->arena);
}

static void size_text(uint64_t bytes, char ret[32])
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	size_t i = 0;
	uint64_t tenths = bytes * 10;

	while (tenths >= 10000 && i + 1 < ARRAY_LEN(units)) {
		tenths /= 1000;
		i++;
	}
	if (i == 0)
		snprintf(ret, 32, "%llu B", (unsigned long long)bytes);
	else
		snprintf(ret, 32, "%llu.%llu %s", (unsigned long long)(tenths / 10), (unsigned long long)(tenths % 10), units[i]);
}

/* --- list --- */

static int64_t until_us(const struct undo *u, const struct keep_item *i)
{
	return i->until_us ? i->until_us : i->at_us + u->bounds.age_s * CLOCK_SECOND;
}

static void item_json(const struct undo *u, const struct keep_item *i, struct json_out *o)
{
	char at[TIMESTAMP_LEN + 1], until[TIMESTAMP_LEN + 1], back[TIMESTAMP_LEN + 1];

	timestamp_text(i->at_us, at);
	timestamp_text(until_us(u, i), until);
	timestamp_text(i->back_us, back);
	json_out_open(o, '{');
	json_out_kv(o, "id", str_from(i->id));
	json_out_kv(o, "time", str_from(at));
	json_out_kv(o, "until", str_from(until));
	if (i->back_us)
		json_out_kv(o, "put_back", str_from(back));
	json_out_kv(o, "command", i->command);
	json_out_kv(o, i->upstream.len ? "database" : "folder", i->upstream.len ? i->upstream : i->folder);
	if (i->says.len)
		json_out_kv(o, "says", i->says);
	json_out_kv(o, "session", i->session);
	if (i->undo_of.len)
		json_out_kv(o, "undo_of", i->undo_of);
	json_out_key(o, "files");
	json_out_u64(o, i->files);
	json_out_key(o, "bytes");
	json_out_u64(o, i->bytes);
	json_out_close(o, '}');
}

static void item_row(const struct undo *u, const struct keep_item *i, struct buf *b)
{
	int64_t left = (until_us(u, i) - clock_now_us()) / CLOCK_SECOND, unit;
	char at[TIMESTAMP_LEN + 1], back[TIMESTAMP_LEN + 1], size[32], until[64];

	timestamp_text(i->at_us, at);
	timestamp_text(i->back_us, back);
	size_text(i->bytes, size);
	/* In whole days or hours, rounded up: what was just taken is kept for all of its days. */
	unit = left > 86400 ? 86400 : left > 3600 ? 3600 : 1;
	duration_text(left > 0 ? (left + unit - 1) / unit * unit : 0, until, sizeof(until));
	if (i->back_us)
		buf_addf(b, "%-6s %.16s  %21s  since %.16s  ", i->id, at, "put back", back);
	else if (i->upstream.len)
		buf_addf(b, "%-6s %.16s  %21s  kept %s more  ", i->id, at, i->files ? "dumped" : "in the database", until);
	else
		buf_addf(b, "%-6s %.16s  %5llu file%s %9s  kept %s more  ", i->id, at, (unsigned long long)i->files,
			 i->files == 1 ? " " : "s", size, until);
	card_escape(str_sub(i->command, 0, 200), b);
	buf_adds(b, "  in ");
	card_escape(i->upstream.len ? i->upstream : i->folder, b);
	buf_addc(b, '\n');
}

static int list(struct cli *c, struct undo *u)
{
	auto_buf b = BUF_MAX(OUT_MAX);
	struct json_out o = { .buf = &b };
	struct keep_item *items;
	struct err err = { 0 };

	if (!keep_list(u->keep, &u->arena, &items, &err))
		return cli_fail(c, &err);
	if (c->json) {
		json_out_open(&o, '{');
		json_out_key(&o, "items");
		json_out_open(&o, '[');
		for (const struct keep_item *i = items; i; i = i->next)
			item_json(u, i, &o);
		json_out_close(&o, ']');
		json_out_close(&o, '}');
		buf_addc(&b, '\n');
	} else {
		for (const struct keep_item *i = items; i; i = i->next)
			item_row(u, i, &b);
		buf_adds(&b, items ? "`pawl undo K-n` puts one back; what stands there now is kept first.\n" :
				     "Nothing is kept. What a command would discard in a project is kept before it runs.\n");
	}
	return cli_print(&b) ? EXIT_ALLOW : EXIT_ERROR;
}

int cmd_undo_list(struct cli *c)
{
	struct err err = { 0 };
	struct undo u;
	int status;

	if (c->n_args)
		return cli_usage(c, "undo list takes no arguments");
	status = open_undo(&u, true, &err) ? list(c, &u) : cli_fail(c, &err);
	close_undo(&u);
	return status;
}

/* --- back --- */

static bool absolute(struct undo *u, const char *to, struct str *ret, struct err *err)
{
	char cwd[PLACES_MAX];

	if (!to || to[0] == '/') {
		*ret = str_from(to);
		return true;
	}
	if (!getcwd(cwd, sizeof(cwd)))
		return err_sys(err, "this folder");
	*ret = arena_fmt(&u->arena, "%s/%s", cwd, to);
	return true;
}

static bool record(const struct undo *u, const struct keep_restore *opts, const struct keep_restored *said, struct err *err)
{
	auto_buf b = BUF_MAX(65536);
	struct json_out o = { .buf = &b };
	struct ledger *l = ledger_open(u->places.ledger, err);
	uint64_t seq;
	bool ok;

	json_out_open(&o, '{');
	json_out_kv(&o, "item", opts->id);
	if (said->before[0])
		json_out_kv(&o, "before", str_from(said->before));
	if (opts->to.len)
		json_out_kv(&o, "to", opts->to);
	json_out_key(&o, "put");
	json_out_u64(&o, said->put);
	json_out_key(&o, "removed");
	json_out_u64(&o, said->removed);
	json_out_close(&o, '}');
	ok = l && ledger_append(l, STR("keep.restored"), buf_str(&b), &seq, err);
	ledger_close(l);
	return ok || err_prefix(err, "%.*s is back, but the ledger does not know it", STR_ARG(opts->id));
}

/* Whatever had to be undone does not pass unasked again in that project. */
static bool scar(struct undo *u, struct str id, struct err *err)
{
	struct keep_item *i;

	if (!keep_list(u->keep, &u->arena, &i, err))
		return false;
	while (i && !str_is(id, i->id))
		i = i->next;
	return !i || scars_undone(&u->places, i, err);
}

static void said_json(const struct keep_restore *opts, const struct keep_restored *said, struct json_out *o)
{
	json_out_open(o, '{');
	json_out_kv(o, "item", opts->id);
	json_out_key(o, "dry_run");
	json_out_bool(o, opts->dry_run);
	json_out_kv(o, "before", str_from(said->before));
	json_out_key(o, "put");
	json_out_u64(o, said->put);
	json_out_key(o, "same");
	json_out_u64(o, said->same);
	json_out_key(o, "removed");
	json_out_u64(o, said->removed);
	json_out_key(o, "notes");
	json_out_open(o, '[');
	for (const struct keep_note *n = said->notes; n; n = n->next)
		json_out_str(o, n->text);
	json_out_close(o, ']');
	json_out_close(o, '}');
}

static void said_text(const struct keep_restore *opts, const struct keep_restored *said, struct buf *b)
{
	bool dry = opts->dry_run;

	buf_addf(b, "%.*s%s: %llu put back, %llu as they were already", STR_ARG(opts->id), dry ? " would be" : "",
		 (unsigned long long)said->put, (unsigned long long)said->same);
	if (said->removed)
		buf_addf(b, ", %llu that came since taken away", (unsigned long long)said->removed);
	buf_adds(b, ".\n");
	if (said->before[0])
		buf_addf(b, "What stood there before is %s: `pawl undo %s` brings it back.\n", said->before, said->before);
	for (const struct keep_note *n = said->notes; n; n = n->next) {
		buf_adds(b, "Note: ");
		card_escape(n->text, b);
		buf_addc(b, '\n');
	}
}

/* --- back in a database --- */

static bool record_database(const struct undo *u, const struct keep_item *i, struct str says, struct err *err)
{
	auto_buf b = BUF_MAX(OUT_MAX);
	struct json_out o = { .buf = &b };
	struct ledger *l = ledger_open(u->places.ledger, err);
	uint64_t seq;
	bool ok;

	json_out_open(&o, '{');
	json_out_kv(&o, "item", str_from(i->id));
	json_out_kv(&o, "database", i->upstream);
	json_out_kv(&o, "says", str_sub(says, 0, 4096));
	json_out_close(&o, '}');
	ok = l && ledger_append(l, STR("keep.restored"), buf_str(&b), &seq, err);
	ledger_close(l);
	return ok || err_prefix(err, "%s is back, but the ledger does not know it", i->id);
}

static int restore_database(struct cli *c, struct undo *u, const struct keep_item *i)
{
	auto_buf b = BUF_MAX(OUT_MAX);
	struct json_out o = { .buf = &b };
	bool dry = cli_flag(c, "dry-run");
	struct str says = STR_NONE;
	struct err err = { 0 };

	if (cli_value(c, "to"))
		return cli_usage(c, "--to is for files; this item is in a database, and comes back there");
	if (!undo_database(&u->places, i, dry, &u->arena, &says, &err) ||
	    (!dry && (!record_database(u, i, says, &err) || !keep_is_back(u->keep, i->id, &err))))
		return cli_fail(c, &err);
	if (c->json) {
		json_out_open(&o, '{');
		json_out_kv(&o, "item", str_from(i->id));
		json_out_key(&o, "dry_run");
		json_out_bool(&o, dry);
		json_out_kv(&o, "database", i->upstream);
		json_out_kv(&o, "says", says);
		json_out_close(&o, '}');
		buf_addc(&b, '\n');
	} else {
		buf_addf(&b, "%s%s back in %.*s: ", i->id, dry ? " would be" : " is", STR_ARG(i->upstream));
		for (struct str rest = says; rest.len; buf_addc(&b, '\n')) {
			size_t end = str_find_char(rest, '\n');

			card_escape(str_sub(rest, 0, end), &b);
			rest = end == SIZE_MAX ? STR_NONE : str_sub(rest, end + 1, rest.len);
		}
	}
	return cli_print(&b) ? EXIT_ALLOW : EXIT_ERROR;
}

static int restore(struct cli *c, struct undo *u)
{
	struct keep_restore opts = { .id = str_from(c->args[0]), .dry_run = cli_flag(c, "dry-run") };
	auto_buf b = BUF_MAX(OUT_MAX);
	struct json_out o = { .buf = &b };
	struct keep_restored said;
	struct keep_item *i = NULL;
	struct err err = { 0 };

	if (!keep_list(u->keep, &u->arena, &i, &err))
		return cli_fail(c, &err);
	while (i && !str_is(opts.id, i->id))
		i = i->next;
	if (i && i->upstream.len)
		return restore_database(c, u, i);
	if (!absolute(u, cli_value(c, "to"), &opts.to, &err) || !keep_restore(u->keep, &opts, &u->arena, &said, &err) ||
	    (!opts.dry_run && !record(u, &opts, &said, &err)) || (!opts.dry_run && !opts.to.len && !scar(u, opts.id, &err)))
		return cli_fail(c, &err);
	if (c->json) {
		said_json(&opts, &said, &o);
		buf_addc(&b, '\n');
	} else {
		said_text(&opts, &said, &b);
	}
	return cli_print(&b) ? EXIT_ALLOW : EXIT_ERROR;
}

int cmd_undo(struct cli *c)
{
	struct err err = { 0 };
	struct undo u;
	int status;

	if (c->n_args > 1)
		return cli_usage(c, "one item at a time: pawl undo K-12");
	if (!c->n_args && (cli_value(c, "to") || cli_flag(c, "dry-run")))
		return cli_usage(c, "which item? pawl undo list names them");
	if (!open_undo(&u, !c->n_args || cli_flag(c, "dry-run"), &err))
		status = cli_fail(c, &err);
	else
		status = c->n_args ? restore(c, &u) : list(c, &u);
	close_undo(&u);
	return status;
}

/* --- prune --- */

static bool prune(struct undo *u, struct keep_pruned *ret, struct err *err)
{
	struct keep_item *items;
	uint64_t gone;

	/* Before the numbers go: they name the databases. */
	if (!keep_list(u->keep, &u->arena, &items, err) || !undo_database_prune(&u->places, items, &u->arena, &gone, err))
		return false;
	struct ledger *l = ledger_open(u->places.ledger, err);
	bool ok = l && keep_prune(u->keep, &u->arena, ret, err) && keeping_pruned(l, ret, err);

	ledger_close(l);
	return ok;
}

int cmd_undo_prune(struct cli *c)
{
	struct keep_pruned gone;
	struct err err = { 0 };
	struct undo u;
	char size[32];
	bool ok;

	if (c->n_args)
		return cli_usage(c, "undo prune takes no arguments: it drops what is older or more than the policy's `keep` allows");
	ok = open_undo(&u, false, &err) && prune(&u, &gone, &err);
	close_undo(&u);
	if (!ok)
		return cli_fail(c, &err);
	size_text(gone.bytes, size);
	if (c->json)
		printf("{\"items\":%llu,\"bytes\":%llu}\n", (unsigned long long)gone.items, (unsigned long long)gone.bytes);
	else
		printf("%llu item%s dropped, %s.\n", (unsigned long long)gone.items, gone.items == 1 ? "" : "s", size);
	return EXIT_ALLOW;
}
