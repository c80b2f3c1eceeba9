/* pawl doctor: how much of a boundary stands here, said without comfort. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/timestamp.h"
#include "cli/commands.h"
#include "cli/doctor.h"
#include "cli/notify.h"
#include "cli/threats.h"

#define OUT_MAX ((size_t)1 << 20)

struct finding *doctor_add(struct findings *f, const char *what, bool good)
{
	struct finding *one = &f->item[f->n < FINDINGS_MAX - 1 ? f->n++ : FINDINGS_MAX - 1];

	one->what = what;
	one->good = good;
	return one;
}

static void look_at_level(struct desk *d, struct findings *f)
{
	char where[400];
	enum enforcement_level level = hold_level(&d->host, &d->arena, where, sizeof(where));
	struct finding *one = doctor_add(f, "enforcement", level >= ENFORCEMENT_OTHER_UID);

	if (level == ENFORCEMENT_UNKNOWN) {
		snprintf(one->text, sizeof(one->text), "Enforcement level: none yet; `pawl approvers` says how to begin.");
		return;
	}
	snprintf(one->text, sizeof(one->text), "Enforcement level: %s (%s).%s", desk_level_words(level), where,
		 level == ENFORCEMENT_SAME_UID && !policy_allows_same_uid(d->policy) ? " The policy refuses such approvals." : "");
}

static void look_at_people(struct desk *d, struct findings *f)
{
	struct err err = { 0 };
	struct signer *list;
	struct finding *one;
	size_t n = 0;

	if (!signer_list(&d->host, &d->arena, &list, &err)) {
		one = doctor_add(f, "approvers", false);
		snprintf(one->text, sizeof(one->text), "Nobody can approve: %.500s", err.msg);
		return;
	}
	for (const struct signer *s = list; s; s = s->next)
		n++;
	one = doctor_add(f, "approvers", n > 0);
	if (n)
		snprintf(one->text, sizeof(one->text), "%zu key%s may approve; `pawl approvers` lists them.", n, n == 1 ? "" : "s");
	else
		snprintf(one->text, sizeof(one->text), "Nobody may approve yet: everything that is held stays held.");
}

/* Who could change this file? Root's alone is good; ours means that an agent under our uid can. */
static void look_at_file(const char *path, const char *what, struct findings *f)
{
	struct finding *one;
	struct stat st;

	if (stat(path, &st) != 0)
		return;
	one = doctor_add(f, what, st.st_uid != getuid() && access(path, W_OK) != 0);
	if (st.st_mode & 022)
		snprintf(one->text, sizeof(one->text), "%s: others may write to it (mode %03o).", path, (unsigned)st.st_mode & 0777);
	else if (one->good)
		snprintf(one->text, sizeof(one->text), "%s: this user cannot change it.", path);
	else
		snprintf(one->text, sizeof(one->text), "%s: this user can change it, and so can an agent that runs as this user.", path);
}

static void look_at_files(struct desk *d, struct findings *f)
{
	char path[PLACES_MAX + 32];

	look_at_file(d->places.machine_policy, "machine-policy", f);
	look_at_file(d->places.user_policy, "user-policy", f);
	look_at_file("/etc/pawl/allowed_signers", "machine-signers", f);
	snprintf(path, sizeof(path), "%s/allowed_signers", d->places.config);
	look_at_file(path, "user-signers", f);
	look_at_file(d->places.ledger, "ledger", f);
}

static void look_at_ledger(struct desk *d, struct findings *f)
{
	struct ledger_report r = { 0 };
	struct err err = { 0 };
	bool ok = ledger_verify(d->places.ledger, NULL, &r, &err);
	struct finding *one = doctor_add(f, "ledger-chain", ok);

	if (ok)
		snprintf(one->text, sizeof(one->text), "The ledger's chain of %llu entries is whole.", (unsigned long long)r.entries);
	else
		snprintf(one->text, sizeof(one->text), "The ledger: %.600s", err.msg);
	if (d->book.odd) {
		one = doctor_add(f, "ledger-odd", false);
		snprintf(one->text, sizeof(one->text), "%zu ledger entries about holds mean nothing and were ignored; the first is %s.",
			 d->book.odd, d->book.first_odd);
	}
}

static void look_at_agent(struct findings *f)
{
	const char *sock = getenv("SSH_AUTH_SOCK");
	struct finding *one;

	if (!sock || !*sock)
		return;
	one = doctor_add(f, "ssh-agent", false);
	snprintf(one->text, sizeof(one->text), "An ssh-agent is within reach (%.300s): it signs for whoever asks it. Load approvers' keys "
		 "with ssh-add -c, or not at all.", sock);
}

static void look_at_notify(struct desk *d, struct findings *f)
{
	struct str nobody = notify_nobody(&d->places, false, &d->arena);
	struct finding *one = doctor_add(f, "notify", !nobody.len);

	snprintf(one->text, sizeof(one->text), "%.*s",
		 STR_ARG(nobody.len ? nobody : STR("The policy's `notify` names who is told; `pawl notify test` tries it.")));
}

/* Words within the terminal's width, every line after the first ${indent} blanks in. */
static void put_wrapped(const struct cli *c, struct buf *b, size_t indent, struct str text)
{
	size_t at = indent;

	while (text.len) {
		size_t cut = str_find_char(text, ' ');
		struct str word = str_sub(text, 0, cut);

		text = cut == SIZE_MAX ? STR_NONE : str_sub(text, cut + 1, text.len);
		if (at > indent && at + 1 + word.len > (size_t)c->width) {
			buf_addf(b, "\n%*s", (int)indent, "");
			at = indent;
		} else if (at > indent) {
			buf_addc(b, ' ');
			at++;
		}
		buf_add(b, word);
		at += word.len;
	}
	buf_addc(b, '\n');
}

static void put_text(const struct cli *c, const struct findings *f, struct buf *b)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct finding *one = &f->item[i];

		buf_addf(b, "%s%s%s ", c->colour ? (one->good ? "\033[32m" : "\033[1;31m") : "", one->good ? "ok " : "!! ",
			 c->colour ? "\033[0m" : "");
		put_wrapped(c, b, 4, str_from(one->text));
	}
	buf_adds(b, "\nWhat goes round the parts that stand (docs/threats.md says more):\n");
	for (size_t i = 0; threats_text[i]; i++) {
		buf_adds(b, "  - ");
		put_wrapped(c, b, 4, str_from(threats_text[i]));
	}
}

static void put_json(const struct findings *f, struct buf *b)
{
	struct json_out o = { .buf = b };

	json_out_open(&o, '{');
	json_out_key(&o, "findings");
	json_out_open(&o, '[');
	for (size_t i = 0; i < f->n; i++) {
		json_out_open(&o, '{');
		json_out_kv(&o, "what", str_from(f->item[i].what));
		json_out_key(&o, "good");
		json_out_bool(&o, f->item[i].good);
		json_out_kv(&o, "text", str_from(f->item[i].text));
		json_out_close(&o, '}');
	}
	json_out_close(&o, ']');
	json_out_key(&o, "goes_round");
	json_out_open(&o, '[');
	for (size_t i = 0; threats_text[i]; i++)
		json_out_str(&o, str_from(threats_text[i]));
	json_out_close(&o, ']');
	json_out_close(&o, '}');
	buf_addc(b, '\n');
}

int cmd_doctor(struct cli *c)
{
	auto_buf b = BUF_MAX(OUT_MAX);
	struct findings f = { 0 };
	struct err err = { 0 };
	struct desk d;
	int status = EXIT_ALLOW;

	if (!desk_open(&d, &err)) {
		status = cli_fail(c, &err);
	} else {
		look_at_level(&d, &f);
		look_at_people(&d, &f);
		look_at_agent(&f);
		look_at_notify(&d, &f);
		look_at_files(&d, &f);
		look_at_ledger(&d, &f);
		doctor_gate(&d, &f);
		if (c->json)
			put_json(&f, &b);
		else
			put_text(c, &f, &b);
		status = cli_print(&b) ? EXIT_ALLOW : EXIT_ERROR;
	}
	desk_close(&d);
	return status;
}
