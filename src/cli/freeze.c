/* pawl freeze and unfreeze: stop every change but a restore while people recover. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/timestamp.h"
#include "cli/asker.h"
#include "cli/commands.h"
#include "cli/desk.h"
#include "cli/notify.h"
#include "cli/policies.h"

#define PHRASE "unfreeze"
#define ARENA_SIZE ((size_t)256 << 20)

struct freeze {
	struct places places;
	char marker[PLACES_MAX];
	struct buf text; /* of the marker, empty when there is none */
	bool frozen;
	struct thaw freeze; /* by the ledger; strings in it are gone */
	bool marker_gone; /* frozen by the ledger; somebody removed the marker by hand */
};

/* Without a policy nobody may end a freeze, so none that began has ended. */
static bool look_in_ledger(struct freeze *f, struct err *err)
{
	const struct policy *policy = NULL;
	struct ledger *l;
	struct hold_host h;
	struct arena arena;
	bool ok;

	if (!file_exists(f->places.ledger))
		return true;
	if (!arena_map(&arena, ARENA_SIZE))
		return err_set(err, ERR_LIMIT, "no memory");
	l = ledger_open(f->places.ledger, err);
	if (!policies_load(&f->places, &arena, &policy, NULL))
		policy = NULL;
	h = hosts_hold(l, &f->places, policy);
	ok = l && thaw_look(&h, &arena, &f->freeze, err);
	ledger_close(l);
	arena_unmap(&arena);
	f->marker_gone = ok && !f->frozen && f->freeze.seq;
	f->frozen = f->frozen || f->marker_gone;
	return ok;
}

static bool look(struct freeze *f, struct err *err)
{
	int n;

	f->text.max = 65536;
	if (!places_find(NULL, &f->places, err))
		return false;
	n = snprintf(f->marker, sizeof(f->marker), "%s/freeze", f->places.state);
	if (n <= 0 || (size_t)n >= sizeof(f->marker))
		return err_set(err, ERR_LIMIT, "path too long");
	f->frozen = file_exists(f->marker);
	if (f->frozen && !file_read(f->marker, &f->text, NULL))
		buf_clear(&f->text); /* unreadable is frozen all the same */
	return look_in_ledger(f, err);
}

/* {since, why, by}: by the login name if it is known, always with the uid. */
static void describe(const char *why, int64_t now_us, struct buf *out)
{
	struct json_out o = { .buf = out };
	const char *user = getenv("USER");
	struct principal asker = asker_find();
	char time[TIMESTAMP_LEN + 1], by[200];

	timestamp_text(now_us, time);
	snprintf(by, sizeof(by), "%s (uid %u)", user ? user : "?", (unsigned)getuid());
	json_out_open(&o, '{');
	json_out_kv(&o, "since", str_from(time));
	json_out_kv(&o, "why", str_from(why));
	json_out_kv(&o, "by", str_from(by));
	json_out_key(&o, "asker");
	json_out_open(&o, '{');
	json_out_kv(&o, "kind", principal_kind_name(asker.kind));
	json_out_kv(&o, "name", asker.name);
	json_out_key(&o, "uid");
	json_out_u64(&o, asker.uid);
	json_out_close(&o, '}');
	json_out_close(&o, '}');
}

static bool append(const struct places *places, const char *kind, struct str body, struct err *err)
{
	struct ledger *l = ledger_open(places->ledger, err);
	uint64_t seq;
	bool ok = l && ledger_append(l, str_from(kind), body, &seq, err);

	ledger_close(l);
	return ok;
}

static void say_frozen(const struct cli *c, const struct freeze *f, const struct json *marker, struct buf *out)
{
	struct str since = json_str(marker, "since"), by = json_str(marker, "by"), why = json_str(marker, "why");

	buf_addf(out, "%sFROZEN%s", c->colour ? "\x1b[1;31m" : "", c->colour ? "\x1b[0m" : "");
	if (since.len)
		buf_addf(out, " since %.*s by %.*s", STR_ARG(since), STR_ARG(by));
	buf_adds(out, ": nothing but a restore may pass.\n");
	if (f->marker_gone)
		buf_adds(out, "By the ledger; the marker was taken away by hand.\n");
	if (why.len)
		buf_addf(out, "Why: %.*s\n", STR_ARG(why));
}

static int show(struct cli *c, const struct freeze *f)
{
	auto_buf out = BUF_MAX(131072);
	struct json_out o = { .buf = &out };
	struct arena arena;
	struct json *root = NULL;

	if (!arena_map(&arena, (size_t)1 << 20))
		return EXIT_ERROR;
	if (f->text.len && !json_parse(buf_str(&f->text), &arena, &root, NULL))
		root = NULL;
	if (c->json) {
		json_out_open(&o, '{');
		json_out_key(&o, "frozen");
		json_out_bool(&o, f->frozen);
		json_out_kv(&o, "since", json_str(root, "since"));
		json_out_kv(&o, "why", json_str(root, "why"));
		json_out_kv(&o, "by", json_str(root, "by"));
		json_out_close(&o, '}');
		buf_addc(&out, '\n');
	} else if (!f->frozen) {
		buf_adds(&out, "Not frozen.\n");
	} else {
		say_frozen(c, f, root, &out);
	}
	arena_unmap(&arena);
	return cli_print(&out) ? EXIT_ALLOW : EXIT_ERROR;
}

/* The marker first: from then on nothing passes, even if the ledger cannot be written. */
int cmd_freeze(struct cli *c)
{
	struct freeze f = { .frozen = false };
	const char *why = cli_value(c, "reason");
	struct err err = { .code = ERR_NONE };
	auto_buf body = BUF_MAX(65536);
	int status;

	if (c->n_args)
		return cli_usage(c, "freeze takes no arguments; say why with --reason");
	if (!look(&f, &err))
		return cli_fail(c, &err);
	if (cli_flag(c, "status") || (f.frozen && !f.marker_gone)) {
		if (f.frozen && !cli_flag(c, "status"))
			fputs("It was frozen already.\n", stderr);
		status = show(c, &f);
		buf_free(&f.text);
		return status;
	}
	describe(why ? why : "", clock_now_us(), &body);
	if (!dir_make(f.places.state, 0700, &err) || !file_replace(f.marker, buf_str(&body), 0600, &err))
		return cli_fail(c, &err);
	if (!append(&f.places, "freeze", buf_str(&body), &err)) {
		err_prefix(&err, "FROZEN, but the ledger does not know it");
		return cli_fail(c, &err);
	}
	notify_kick(NULL);
	fputs("Frozen. Nothing but a restore may pass until a person says `pawl unfreeze`.\n", stderr);
	if (look(&f, &err))
		show(c, &f);
	buf_free(&f.text);
	return EXIT_ALLOW;
}

/* A person at a terminal, not at whatever feeds standard input; or a script of theirs that has their key. */
static bool ask_phrase(const struct cli *c, struct err *err)
{
	auto_buf answer = BUF_MAX(4096);
	const char *given = cli_value(c, "yes");

	if (given && !cli_value(c, "key"))
		return err_set(err, ERR_INPUT, "--yes is for scripts of a person's own: it needs --key");
	if (given)
		buf_adds(&answer, given);
	else if (!desk_prompt("To let changes pass again, type the word " PHRASE ": ", &answer, err))
		return false;
	return str_is(str_trim(buf_str(&answer)), PHRASE) ||
	       err_set(err, ERR_DENIED, "the word is " PHRASE ", and was not typed: it stays frozen");
}

/* The ledger first: no thaw that nobody can read about. */
static bool thaw(struct cli *c, struct freeze *f, struct desk *d, struct err *err)
{
	struct thawing t = { .host = &d->host, .reason = str_from(cli_value(c, "reason")), .arena = &d->arena };
	struct desk_key key;
	struct weighed v;

	if (!thaw_look(&d->host, &d->arena, &t.freeze, err) || !desk_key(d, cli_value(c, "key"), cli_value(c, "as"), &key, err) ||
	    !ask_phrase(c, err))
		return false;
	t.who = key.who;
	t.key_file = key.file;
	if (!answer_unfreeze(&t, &v, err))
		return false;
	if (unlink(f->marker) != 0 && errno != ENOENT)
		return err_sys(err, "%s: it stays frozen", f->marker);
	return true;
}

int cmd_unfreeze(struct cli *c)
{
	struct freeze f = { .frozen = false };
	struct err err = { .code = ERR_NONE };
	struct desk d;
	bool ok;

	if (c->n_args)
		return cli_usage(c, "unfreeze takes no arguments");
	if (!look(&f, &err))
		return cli_fail(c, &err);
	if (!f.frozen)
		return show(c, &f);
	if (!c->json)
		show(c, &f);
	ok = desk_open(&d, &err) && thaw(c, &f, &d, &err);
	desk_close(&d);
	buf_free(&f.text);
	if (!ok)
		return cli_fail(c, &err);
	notify_kick(NULL);
	puts(c->json ? "{\"frozen\":false}" : "Not frozen any more. Everybody is told.");
	return EXIT_ALLOW;
}
