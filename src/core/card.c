#include "core/card.h"

#include "base/timestamp.h"
#include "core/card_paint.h"

#define WIDTH_DEFAULT 100

static void top(struct card_page *p, const struct request *r, const struct judgement *j, struct str hold)
{
	bool allow = j->verdict == VERDICT_ALLOW, held = j->verdict == VERDICT_HOLD;
	enum paint paint = allow ? PAINT_GREEN : held ? PAINT_YELLOW : PAINT_RED;

	card_paint(p, paint, allow ? STR("ALLOWED") : held ? STR("HELD") : STR("DENIED"));
	if (hold.len) {
		buf_adds(p->out, "  ");
		card_paint(p, PAINT_BOLD, hold);
	}
	buf_adds(p->out, "  ");
	card_paint(p, PAINT_BOLD, j->environment.name);
	if (str_trim(r->tool).len) {
		buf_adds(p->out, "  ");
		card_paint(p, PAINT_DIM, str_trim(r->tool));
	}
	buf_addc(p->out, '\n');
	card_wrap(p, PAINT_NONE, 0, 0, r->summary);
	if (j->reason.len)
		card_wrap(p, allow ? PAINT_NONE : paint, 0, 0, j->reason);
	if (r->partial)
		card_wrap(p, PAINT_YELLOW, 0, 0,
			  STR("This plan is partial: what stands here may not be all (targets, an error, or deferred "
			      "changes)."));
}

static void findings(struct card_page *p, const struct judgement *j)
{
	bool any = false;

	for (const struct judged_change *c = j->changes; c; c = c->next) {
		if (c->change->kind != CHANGE_STATE_IDENTITY)
			continue;
		if (!any)
			card_heading(p, "IS THIS THE STATE YOU THINK IT IS?");
		any = true;
		buf_adds(p->out, "  ");
		card_paint(p, PAINT_RED, c->change->finding);
		buf_adds(p->out, "  ");
		card_paint(p, PAINT_BOLD, c->change->name);
		buf_adds(p->out, "\n");
		if (!str_eq(c->change->reason, j->reason)) /* said at the top already */
			card_field(p, "", PAINT_NONE, c->change->reason);
		for (const struct change_casualty *d = c->change->dies_with; d; d = d->next)
			card_field(p, "·", PAINT_NONE, d->what);
		card_field(p, "instead", PAINT_GREEN, c->change->safer);
	}
}

struct tally {
	size_t no, window, unknown, yes;
	struct str window_text;
};

static struct tally count(const struct judgement *j)
{
	struct tally t = { 0 };

	for (const struct judged_change *c = j->changes; c; c = c->next) {
		if (c->change->kind == CHANGE_STATE_IDENTITY)
			continue; /* a finding, no act */
		switch (c->change->reversible) {
		case REVERSIBLE_NO:
			t.no++;
			break;
		case REVERSIBLE_WINDOW:
			t.window++;
			t.window_text = t.window_text.len ? t.window_text : c->change->window;
			break;
		case REVERSIBLE_YES:
			t.yes++;
			break;
		case REVERSIBLE_UNKNOWN:
		case REVERSIBLE_COUNT:
			t.unknown++;
			break;
		}
	}
	return t;
}

static void line_count(struct card_page *p, enum paint paint, size_t n, const char *what)
{
	char text[200];
	int len = snprintf(text, sizeof(text), "  %zu %s\n", n, what);

	if (n && len > 0)
		card_paint(p, paint, (struct str){ text, (size_t)len - 1 }), buf_addc(p->out, '\n');
}

static void reversible(struct card_page *p, const struct request *r, const struct judgement *j)
{
	struct tally t = count(j);
	bool keeps = r->gate == GATE_POSTGRES; /* what it keeps first stands in the summary */

	card_heading(p, "2  IS IT REVERSIBLE?");
	line_count(p, PAINT_RED, t.no, keeps ? "not by itself: only what is kept first, or in a backup, comes back"
						     : "not: what goes does not come back");
	line_count(p, PAINT_YELLOW, t.unknown, "unknown: counts as not");
	line_count(p, PAINT_YELLOW, t.window, "for a time only");
	card_field(p, "", PAINT_NONE, t.window_text);
	line_count(p, PAINT_GREEN, t.yes, "yes: can be made again from the configuration, or put back");
}

static void age(int64_t then, int64_t now, char *ret, size_t size)
{
	if (then == 0)
		snprintf(ret, size, "never");
	else
		duration_text((now - then) / 1000000, ret, size);
}

/* Older than the rules want it to be. */
static bool stale(int64_t then, int64_t now, int64_t within_s)
{
	return within_s && (then <= 0 || (now - then) / 1000000 > within_s);
}

/* What helps, for whoever may do it. */
static void put_fresh(struct card_page *p, const struct recovery_point *r)
{
	char text[200];
	int n = snprintf(text, sizeof(text), "a fresh backup: %spawl backup %.*s --drill", r->user.len ? "sudo " : "",
			 STR_ARG(str_sub(r->target, 0, 64)));

	card_field(p, "", PAINT_NONE, (struct str){ text, n > 0 ? (size_t)n : 0 });
}

/* Of one thing more than one may speak: then each line says which. */
static bool several_targets(const struct evidence *e)
{
	for (const struct recovery_point *r = e->recovery; r; r = r->next) {
		if (!str_eq(r->target, e->recovery->target))
			return true;
	}
	return false;
}

static void put_heading(struct card_page *p, const struct recovery_point *r, bool several)
{
	char text[200];
	int n = snprintf(text, sizeof(text), "%.*s (target %.*s)", STR_ARG(str_sub(r->resource, 0, 100)),
			 STR_ARG(str_sub(r->target, 0, 64)));

	if (!several || !r->target.len)
		n = 0;
	card_paint(p, PAINT_BOLD, n > 0 ? (struct str){ text, (size_t)n } : r->resource);
}

static void recovery_point(struct card_page *p, const struct recovery_point *r, const struct demands *d, int64_t now, bool several)
{
	bool old = stale(r->verified_us, now, d->recovery_verified_within_s) || stale(r->proven_us, now, d->recovery_proven_within_s);
	bool good = r->result == RECOVERY_VERIFIED && !r->same_blast_radius && !old;
	char taken[40], verified[40], text[400];
	int n;

	age(r->taken_us, now, taken, sizeof(taken));
	age(r->verified_us, now, verified, sizeof(verified));
	if (!r->taken_us)
		n = snprintf(text, sizeof(text), "NO BACKUP THAT COUNTS");
	else
		n = snprintf(text, sizeof(text), "backup %s old, %s%s%s%s%s", taken,
			     r->result == RECOVERY_FAILED ? "NO GOOD: last restored and checked " : "restored and checked ",
			     verified, r->verified_us ? " ago" : "", r->same_blast_radius ? "; IN THE SAME BLAST RADIUS" : "",
			     r->result == RECOVERY_VERIFIED && old ? "; TOO LONG AGO FOR THE POLICY" : "");
	buf_adds(p->out, "  ");
	put_heading(p, r, several);
	buf_adds(p->out, "  ");
	card_paint(p, good ? PAINT_GREEN : PAINT_RED, (struct str){ text, n > 0 ? (size_t)n : 0 });
	buf_addc(p->out, '\n');
	card_field(p, "", PAINT_RED, r->same_blast_radius ? r->radius_why : STR_NONE);
	card_field(p, "", PAINT_NONE, r->note);
	if (r->target.len && recovery_stale(r, now, d->recovery_verified_within_s))
		put_fresh(p, r);
}

static void backups(struct card_page *p, const struct judgement *j, const struct evidence *e)
{
	bool several = several_targets(e);

	card_heading(p, "3  IS THERE A BACKUP THAT WAS RESTORED?");
	for (const struct recovery_point *r = e->recovery; r; r = r->next)
		recovery_point(p, r, &j->demands, e->now_us, several);
	if (e->recovery && !j->missing.len)
		card_field(p, "no proof", PAINT_RED, j->unproven);
	if (!e->recovery && j->n_destructive)
		card_field(p, "", PAINT_RED, STR("No proof of one. A backup that was never restored is a hope."));
	else if (!e->recovery)
		card_field(p, "", PAINT_NONE, STR("Nothing here destroys data; none is asked for."));
	card_field(p, "missing", PAINT_RED, j->missing);
	for (const struct recovery_point *r = j->verdict == VERDICT_DENY ? e->recovery : NULL; r; r = r->next) {
		if (r->same_blast_radius && r->radius_helps.len) {
			card_field(p, "helps", PAINT_NONE, r->radius_helps);
			break;
		}
	}
}

static void notes(struct card_page *p, const struct evidence_note *n)
{
	for (; n; n = n->next)
		card_field(p, "·", n->bad ? PAINT_RED : PAINT_NONE, n->text);
}

static void against(struct card_page *p, const struct evidence *e, const struct evidence_note *before)
{
	if (e->frozen) {
		card_heading(p, "FROZEN");
		card_field(p, "", PAINT_RED, e->frozen_why.len ? e->frozen_why : STR("Every change but a restore is stopped."));
	}
	if (e->notes || before)
		card_heading(p, "BEFORE YOU SAY YES");
	notes(p, before);
	notes(p, e->notes);
}

static void digest_field_text(struct card_page *p, const char *label, const struct digest *d)
{
	char hex[DIGEST_HEX_LEN + 1];

	digest_hex(d, hex);
	card_field(p, label, PAINT_NONE, str_from(hex));
}

static struct str level_words(enum enforcement_level l)
{
	switch (l) {
	case ENFORCEMENT_SAME_UID:
		return STR("same uid: asker and approver share one unix user; a convenience, not a boundary");
	case ENFORCEMENT_OTHER_UID:
		return STR("other uid: no approver's private key within this user's reach, as far as can be seen");
	case ENFORCEMENT_HARDWARE:
		return STR("hardware key: a yes needs a touch");
	case ENFORCEMENT_UNKNOWN:
		return STR("unknown until somebody signs: pawl doctor says what stands in the way here");
	}
	return STR("unknown");
}

/* What snprintf wrote, or nothing where it did not fit: half a name is another name. */
static struct str fitted(const char *text, size_t size, int n)
{
	return n > 0 && (size_t)n < size ? (struct str){ text, (size_t)n } : STR_NONE;
}

static void exact_place(struct card_page *p, const struct binding *b)
{
	struct str lineage = b->lineage.len ? b->lineage : STR("(none)"), account = b->account.len ? b->account : STR("(not known)");
	char text[600];
	int n;

	if (b->lineage.len || b->serial.len) {
		n = snprintf(text, sizeof(text), "lineage %.*s serial %.*s%s%.*s", STR_ARG(lineage), STR_ARG(b->serial),
			     b->backend.len ? " in " : "", STR_ARG(b->backend));
		card_field(p, "state", PAINT_NONE, fitted(text, sizeof(text), n));
	}
	n = snprintf(text, sizeof(text), "%.*s %.*s", STR_ARG(account), STR_ARG(b->region));
	card_field(p, "account", PAINT_NONE, str_trim(fitted(text, sizeof(text), n)));
}

/* Whose key it was, as `pawl postgres keys` lists it. */
static void asker(struct card_page *p, const struct principal *who)
{
	const char *key = who->session.len ? ", key " : "";
	char text[300];
	int n = snprintf(text, sizeof(text), "%.*s%s%.*s", STR_ARG(who->name), key, STR_ARG(who->session));

	card_field(p, "asked by", PAINT_NONE, fitted(text, sizeof(text), n));
}

static void rule_field(struct card_page *p, const char *label, const struct rule_ref *r, const char *which)
{
	char text[600];
	int n = snprintf(text, sizeof(text), "%.*s, %.*s:%u%s", STR_ARG(r->name), STR_ARG(r->file), r->line, which);

	card_field(p, label, PAINT_NONE, fitted(text, sizeof(text), n));
}

/* The one that speaks first, and whose demand is not met where that is another. */
static void rules(struct card_page *p, const struct judgement *j)
{
	const struct rule_ref *missing = &j->missing_rule;

	if (j->rule.name.len)
		rule_field(p, "rule", &j->rule, "");
	else
		card_field(p, "rule", PAINT_NONE, STR("no rule matched, so it is held"));
	if (j->missing.len && missing->name.len && (missing->line != j->rule.line || !str_eq(missing->file, j->rule.file)))
		rule_field(p, "", missing, ", which wants the backup that is missing");
}

static void exact(struct card_page *p, const struct request *r, const struct judgement *j, const struct evidence *e)
{
	struct digest d = request_digest(r);

	card_heading(p, "WHAT EXACTLY");
	digest_field_text(p, r->gate == GATE_TERRAFORM || r->gate == GATE_UNSET ? "plan" : "asked", &r->bytes);
	digest_field_text(p, "request", &d);
	exact_place(p, &r->binding);
	rules(p, j);
	if (r->gate == GATE_POSTGRES)
		asker(p, &r->principal);
	card_field(p, "enforced", e->level == ENFORCEMENT_SAME_UID ? PAINT_YELLOW : PAINT_NONE, level_words(e->level));
}

/* "pawl approve H-7" and "pawl deny H-7", each whole on a line of its own: they are copied from there. */
static void ways_on(struct card_page *p, const struct judgement *j, struct str hold)
{
	bool typed = j->demands.confirm == CONFIRM_TYPED;
	char text[400];
	int n = snprintf(text, sizeof(text), "pawl approve %.*s   (asks for %s%.*s%s)", STR_ARG(hold),
			 typed ? "the name of what goes, typed: " : "a plain yes", STR_ARG(typed ? j->typed_name : STR_NONE),
			 j->demands.approvals > 1 ? ", from more than one person" : "");

	card_field(p, "a person", PAINT_NONE, (struct str){ text, n > 0 && (size_t)n < sizeof(text) ? (size_t)n : 0 });
	n = snprintf(text, sizeof(text), "pawl deny %.*s", STR_ARG(hold));
	card_field(p, "", PAINT_NONE, (struct str){ text, n > 0 && (size_t)n < sizeof(text) ? (size_t)n : 0 });
}

static void next(struct card_page *p, const struct judgement *j, struct str hold, struct str answered)
{
	if (j->verdict == VERDICT_ALLOW)
		return;
	card_heading(p, "WHAT NOW");
	card_field(p, "safer", PAINT_GREEN, j->rule.safer);
	if (j->verdict != VERDICT_HOLD) {
		card_field(p, "agent", PAINT_NONE, STR("Do not try another way round. Tell the person what was refused and why."));
		return;
	}
	if (!hold.len) {
		card_field(p, "agent", PAINT_NONE,
			   STR("No hold was opened, so nobody can approve this yet. Do not try another way round."));
		return;
	}
	if (answered.len) {
		card_field(p, "so far", PAINT_BOLD, answered);
		return;
	}
	ways_on(p, j, hold);
	card_field(p, "agent", PAINT_NONE,
		   STR("Do not retry and do not try another way round. Tell the person the number of this hold and what it is about."));
}

void card_text(const struct request *request, const struct judgement *judgement, const struct evidence *evidence,
	       struct str hold, const struct card_style *style, struct buf *out)
{
	struct card_page p = { out, style->colour, style->width ? style->width : WIDTH_DEFAULT, style->full };

	top(&p, request, judgement, hold);
	if (judgement->verdict == VERDICT_ALLOW && !judgement->changes)
		return;
	findings(&p, judgement);
	card_heading(&p, "1  WHAT DOES IT TOUCH?");
	card_touch(&p, judgement);
	reversible(&p, request, judgement);
	backups(&p, judgement, evidence);
	against(&p, evidence, style->before);
	exact(&p, request, judgement, evidence);
	next(&p, judgement, hold, style->answered);
}
