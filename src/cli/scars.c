/* pawl scars: what was denied or had to be undone here, and so never passes again without a person. */
#include "cli/scars.h"

#include "base/timestamp.h"
#include "cli/commands.h"
#include "core/card.h"
#include "gate/session/session.h"

#define ARENA_SIZE ((size_t)256 << 20)
#define OUT_MAX ((size_t)16 << 20)

/* Of the project that ${folder} is in now; of the folder itself when it is gone. */
static bool add(const struct places *here, struct str folder, const struct scar_new *n, struct err *err)
{
	struct session_where w = { .state_dir = str_from(here->state), .project = folder };
	struct places there;
	char path[PLACES_MAX], id[24];

	snprintf(path, sizeof(path), "%.*s", STR_ARG(folder));
	if (folder.len && folder.len < sizeof(path) && places_find(path, &there, NULL))
		w.project = str_from(there.project);
	return scar_add(&w, n, id, err) || err_prefix(err, "done, but it is not remembered");
}

bool scars_denied(struct desk *d, struct str id, struct err *err)
{
	const struct book_hold *hold = book_find_id(&d->book, id);
	struct scar_new n = { .why = STR("denied"), .about = id };
	struct record record;

	if (!hold)
		return true;
	n.words = hold->summary;
	if (record_get(&d->host, hold->seq, &d->arena, &record, NULL))
		n.changes = &record.request.changes;
	return add(&d->places, hold->folder, &n, err);
}

bool scars_undone(const struct places *places, const struct keep_item *item, struct err *err)
{
	struct scar_new n = { .why = STR("undone"), .about = str_from(item->id), .words = item->command };

	return item->undo_of.len || !item->command.len || add(places, item->folder, &n, err);
}

static void scar_json(const struct session_memory *m, struct json_out *o)
{
	char at[TIMESTAMP_LEN + 1];

	timestamp_text(m->at_us, at);
	json_out_open(o, '{');
	json_out_kv(o, "id", m->id);
	json_out_kv(o, "time", str_from(at));
	json_out_kv(o, "why", m->why);
	json_out_kv(o, "words", m->words);
	json_out_key(o, "changes");
	json_out_u64(o, m->changes.n);
	json_out_close(o, '}');
}

static void list(const struct cli *c, const struct session_memory *scars, struct buf *b)
{
	struct json_out o = { .buf = b };

	if (c->json) {
		json_out_open(&o, '{');
		json_out_key(&o, "scars");
		json_out_open(&o, '[');
		for (; scars; scars = scars->next)
			scar_json(scars, &o);
		json_out_close(&o, ']');
		json_out_close(&o, '}');
		buf_addc(b, '\n');
		return;
	}
	if (!scars)
		buf_adds(b, "No scars: nothing was denied or had to be undone in this project.\n");
	for (; scars; scars = scars->next) {
		char at[TIMESTAMP_LEN + 1];

		timestamp_text(scars->at_us, at);
		buf_addf(b, "%-6.*s %.16s  %-7.*s ", STR_ARG(scars->id), at, STR_ARG(scars->why));
		card_escape(str_sub(scars->words, 0, 300), b);
		buf_addc(b, '\n');
	}
}

static int show(const struct cli *c, const struct places *places, struct arena *arena)
{
	struct session_where w = { .state_dir = str_from(places->state), .project = str_from(places->project) };
	auto_buf b = BUF_MAX(OUT_MAX);
	struct session_memory *scars;
	struct err err = { 0 };

	if (!scar_read(&w, arena, &scars, &err))
		return cli_fail(c, &err);
	list(c, scars, &b);
	return cli_print(&b) ? EXIT_ALLOW : EXIT_ERROR;
}

int cmd_scars(struct cli *c)
{
	struct err err = { 0 };
	struct places places;
	struct arena arena;
	int status;

	if (c->n_args)
		return cli_usage(c, "scars takes no arguments");
	if (!places_find(NULL, &places, &err))
		return cli_fail(c, &err);
	if (!arena_map(&arena, ARENA_SIZE))
		return EXIT_ERROR;
	status = show(c, &places, &arena);
	arena_unmap(&arena);
	return status;
}
