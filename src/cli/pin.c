/* pawl pin: record which Terraform state is the true one of a folder, or compare with what was recorded. */
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/timestamp.h"
#include "cli/asker.h"
#include "cli/commands.h"
#include "cli/places.h"
#include "core/card.h"
#include "gate/terraform/last_seen.h"
#include "gate/terraform/pin_state.h"
#include "ledger/ledger.h"
#include "read/pin.h"

#define PIN_ARENA ((size_t)4 << 30)
#define PIN_MAX ((size_t)16 << 20)

struct pin {
	struct cli *c;
	struct places places;
	struct arena arena;
	struct pin_state state;
	struct pin_difference *differs; /* from what is pinned */
	bool written;
	struct err err;
};

static void line(struct buf *b, const char *word, struct str value)
{
	buf_addf(b, "  %-12s", word);
	card_escape(value, b);
	buf_addc(b, '\n');
}

static void show_state(const struct known *k, struct arena *arena, struct buf *b)
{
	line(b, "folder", k->folder);
	line(b, "backend", k->backend);
	line(b, "workspace", k->workspace);
	line(b, "environment", k->environment.len ? k->environment : STR("(no tag says)"));
	line(b, "account", k->account.len ? k->account : STR("(not known from the state)"));
	line(b, "region", k->region.len ? k->region : STR("(not known from the state)"));
	line(b, "lineage", k->lineage);
	line(b, "serial", arena_fmt(arena, "%llu", (unsigned long long)k->serial));
	line(b, "objects", arena_fmt(arena, "%zu", k->n_managed));
	for (size_t i = 0; i < k->prevent_destroy.n; i++)
		line(b, i ? "" : "protected", k->prevent_destroy.item[i]);
}

static void as_json(const struct pin *p, struct str error, struct buf *b)
{
	struct json_out o = { .buf = b };

	json_out_open(&o, '{');
	json_out_kv(&o, "pin", str_from(p->places.project_pin));
	json_out_key(&o, "written");
	json_out_bool(&o, p->written);
	json_out_key(&o, "pinned");
	json_out_bool(&o, p->state.pinned != NULL);
	if (error.len)
		json_out_kv(&o, "refused", error);
	json_out_key(&o, "differences");
	json_out_open(&o, '[');
	for (const struct pin_difference *d = p->differs; d; d = d->next)
		json_out_str(&o, d->text);
	json_out_close(&o, ']');
	json_out_key(&o, "findings");
	json_out_open(&o, '[');
	CHANGE_EACH(f, &p->state.findings)
		change_to_json(f, &o);
	json_out_close(&o, ']');
	json_out_key(&o, "state");
	known_to_json(&p->state.now, &o);
	json_out_close(&o, '}');
	buf_addc(b, '\n');
}

/* The answer, on standard output; yields ${status}. */
static int answer(struct pin *p, int status, struct str head, bool refused)
{
	auto_buf b = BUF_MAX(PIN_MAX);

	if (p->c->json) {
		as_json(p, refused ? head : STR_NONE, &b);
		return cli_print(&b) ? status : EXIT_ERROR;
	}
	card_escape(head, &b);
	buf_adds(&b, "\n");
	if (p->state.now.n_managed)
		show_state(&p->state.now, &p->arena, &b);
	if (p->differs)
		buf_adds(&b, "Different from the pin:\n");
	for (const struct pin_difference *d = p->differs; d; d = d->next)
		line(&b, "", d->text);
	CHANGE_EACH(f, &p->state.findings) {
		buf_addf(&b, "%.*s\n", STR_ARG(f->finding));
		line(&b, "", f->reason);
		line(&b, "safer:", f->safer);
	}
	return cli_print(&b) ? status : EXIT_ERROR;
}

static int check(struct pin *p)
{
	const struct pin_state *s = &p->state;

	if (s->refusal.len)
		return answer(p, EXIT_DENY, s->refusal, true);
	if (s->findings.n)
		return answer(p, EXIT_DENY,
			      STR("This is not the state that is known for this place."), true);
	if (!s->pinned)
		return answer(p, EXIT_HOLD,
			      STR("Not pinned: nobody has said that this is the true state. Pin it "
				  "with `pawl pin`."),
			      true);
	if (p->differs)
		return answer(p, EXIT_HOLD,
			      STR("The same state, grown since it was pinned. `pawl pin --update` "
				  "records it as it is now."),
			      true);
	return answer(p, EXIT_ALLOW, STR("As pinned."), false);
}

/* Another lineage, an older serial, another content: only somebody who sits here and names the lineage says so. */
static bool confirmed(struct pin *p)
{
	char typed[200] = "", want[9];
	size_t n;

	if (!p->state.findings.n)
		return true;
	snprintf(want, sizeof(want), "%.*s", STR_ARG(str_sub(p->state.now.lineage, 0, 8)));
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return false;
	CHANGE_EACH(f, &p->state.findings) {
		auto_buf b = BUF_MAX(65536);

		card_escape(f->reason, &b);
		fprintf(stderr, "%.*s: %.*s\n", STR_ARG(f->finding), STR_ARG(buf_str(&b)));
	}
	fprintf(stderr, "To make it the true one all the same, type the first eight characters of "
			"the new lineage: ");
	if (!fgets(typed, sizeof(typed), stdin))
		return false;
	n = strcspn(typed, "\r\n");
	typed[n] = '\0';
	return strcmp(typed, want) == 0;
}

static struct str relative(struct str folder, const char *pin_path, struct arena *arena)
{
	struct str base = str_sub(str_from(pin_path), 0, str_rfind_char(str_from(pin_path), '/'));

	if (str_eq(folder, base))
		return STR(".");
	if (str_starts(folder, base) && folder.len > base.len + 1 && folder.ptr[base.len] == '/')
		return str_sub(folder, base.len + 1, folder.len);
	return arena_str(arena, folder);
}

static bool record(struct pin *p, const struct known *k)
{
	auto_buf b = BUF_MAX((size_t)1 << 20);
	struct known head = *k;
	struct json_out o = { .buf = &b };
	struct ledger *l;
	uint64_t seq;
	bool ok;

	head.objects = NULL; /* their number stands in it; the list stands in the pin */
	known_to_json(&head, &o);
	l = ledger_open(p->places.ledger, &p->err);
	if (!l)
		return err_prefix(&p->err, "no pin without a record");
	ok = ledger_append(l, STR("pin"), buf_str(&b), &seq, &p->err);
	ledger_close(l);
	return ok;
}

static bool write_pin(struct pin *p)
{
	auto_buf b = BUF_MAX(PIN_MAX);
	struct known *k = ARENA_NEW(&p->arena, struct known), *first;
	char when[TIMESTAMP_LEN + 1];

	if (!k)
		return err_set(&p->err, ERR_LIMIT, "no memory");
	timestamp_text(clock_now_us(), when);
	p->state.now.time = arena_str(&p->arena, str_from(when));
	p->state.now.by = asker_find().name;
	*k = p->state.now;
	first = pin_put(p->state.pins, k);
	for (struct known *i = first; i; i = i->next)
		i->folder = relative(i->folder, p->places.project_pin, &p->arena);
	pin_write(first, &b);
	if (b.failed)
		return err_set(&p->err, ERR_LIMIT, "the pin would be larger than %zu bytes",
			       PIN_MAX);
	if (!record(p, k) || !file_replace(p->places.project_pin, buf_str(&b), 0644, &p->err))
		return false;
	k->folder = p->state.now.folder;
	p->written = last_seen_write(str_from(p->places.state), &p->state.now, &p->err);
	return p->written;
}

static int pin_it(struct pin *p)
{
	const struct pin_state *s = &p->state;
	bool update = cli_flag(p->c, "update");
	struct str head;

	if (s->refusal.len)
		return answer(p, EXIT_DENY, s->refusal, true);
	if (s->pinned && !p->differs && !s->findings.n)
		return answer(p, EXIT_ALLOW, STR("Already pinned, and nothing has changed."),
			      false);
	if (!update && s->findings.n)
		return answer(p, EXIT_DENY, STR("The state is not explained, so it is not pinned."),
			      true);
	if (!update && s->pinned)
		return answer(p, EXIT_HOLD,
			      STR("Pinned already, and different now. If that is right: pawl pin "
				  "--update"),
			      true);
	if (cli_flag(p->c, "dry-run"))
		return answer(p, EXIT_ALLOW, STR("This would be pinned:"), false);
	if (!confirmed(p))
		return answer(p, EXIT_HOLD,
			      STR("Another state than was known here. A person at a terminal says "
				  "that it is the true one, by its lineage."),
			      true);
	if (!write_pin(p))
		return cli_fail(p->c, &p->err);
	head = arena_fmt(&p->arena, "Pinned in %s. Commit it, so that every clone knows.",
			 p->places.project_pin);
	return answer(p, EXIT_ALLOW, head, false);
}

int cmd_pin(struct cli *c)
{
	struct pin p = { .c = c };
	struct pin_state_opts o;
	char here[PLACES_MAX];
	int status;

	if (c->n_args > 1)
		return cli_usage(c, "give one folder at the most");
	if (cli_flag(c, "check") && cli_flag(c, "update"))
		return cli_usage(c, "--check and --update contradict each other");
	if (!realpath(c->n_args ? c->args[0] : ".", here)) {
		err_sys(&p.err, "%s", c->n_args ? c->args[0] : ".");
		return cli_fail(c, &p.err);
	}
	if (!places_find(here, &p.places, &p.err))
		return cli_fail(c, &p.err);
	if (!arena_map(&p.arena, PIN_ARENA)) {
		err_set(&p.err, ERR_LIMIT, "no memory");
		return cli_fail(c, &p.err);
	}
	o = (struct pin_state_opts){ str_from(here), str_from(p.places.project_pin),
				     str_from(p.places.state) };
	if (!pin_state_find(&o, &p.arena, &p.state, &p.err)) {
		status = cli_fail(c, &p.err);
	} else {
		if (cli_value(c, "environment"))
			p.state.now.environment = str_from(cli_value(c, "environment"));
		else if (p.state.pinned && p.state.pinned->environment.len)
			p.state.now.environment = p.state.pinned->environment;
		if (p.state.pinned)
			p.differs = pin_state_differences(p.state.pinned, &p.state.now, &p.arena);
		status = cli_flag(c, "check") ? check(&p) : pin_it(&p);
	}
	arena_unmap(&p.arena);
	return status;
}
