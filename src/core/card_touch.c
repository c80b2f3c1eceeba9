#include "core/card_paint.h"

#define MAX_ENVIRONMENTS 16
#define ROW_INDENT 15

/* Sections of one environment, in the order they are shown. */
enum section { SECTION_DATA, SECTION_GONE, SECTION_WEAKER, SECTION_OTHER, SECTION_COUNT };

static const struct {
	const char *title;
	enum paint paint;
	size_t shown; /* rows, unless all are wished */
} sections[SECTION_COUNT] = {
	[SECTION_DATA] = { "holds data, and goes", PAINT_RED, 12 },
	[SECTION_GONE] = { "goes, holds no data", PAINT_YELLOW, 6 },
	[SECTION_WEAKER] = { "loses protection", PAINT_RED, 8 },
	[SECTION_OTHER] = { "changes", PAINT_NONE, 8 },
};

static enum section section_of(const struct change *c)
{
	switch (c->kind) {
	case CHANGE_DELETE:
	case CHANGE_REPLACE:
	case CHANGE_DESTROY_BACKUP:
		return c->holds_data != HOLDS_DATA_NO || c->kind == CHANGE_DESTROY_BACKUP ? SECTION_DATA : SECTION_GONE;
	case CHANGE_WEAKEN_PROTECTION:
		return SECTION_WEAKER;
	case CHANGE_UNSET:
	case CHANGE_READ:
	case CHANGE_CREATE:
	case CHANGE_UPDATE:
	case CHANGE_FORGET:
	case CHANGE_PERMISSIONS:
	case CHANGE_STATE_IDENTITY:
	case CHANGE_REWRITE_HISTORY:
	case CHANGE_EXPOSE_SECRET:
	case CHANGE_OPAQUE:
	case CHANGE_KIND_COUNT:
		return SECTION_OTHER;
	}
	return SECTION_OTHER;
}

static void under(struct card_page *p, const char *label, enum paint paint, struct str text)
{
	if (!text.len)
		return;
	buf_addf(p->out, "%*s", ROW_INDENT, "");
	card_paint(p, PAINT_DIM, str_from(label));
	card_wrap(p, paint, ROW_INDENT + 2, ROW_INDENT + (unsigned)str_from(label).len, text);
}

/* Is what goes too a change of its own, in the very next row? Then that row says it. */
static bool said_next(const struct judged_change *c, struct str what)
{
	const struct change *next = c->next ? c->next->change : NULL;

	return next && next->kind == CHANGE_DESTROY_BACKUP && str_eq(next->name, c->change->name) && str_starts(next->reason, what);
}

static void row(struct card_page *p, const struct judgement *j, const struct judged_change *judged, enum paint paint)
{
	const struct change *c = judged->change;
	struct str kind = c->kind == CHANGE_OPAQUE ? STR("not understood") : change_words(c);
	struct str reason = c->kind == CHANGE_DELETE && str_is(c->reason, "deleted") ? STR_NONE : c->reason;
	const char *label = "goes too: ";

	if (c->kind == CHANGE_DELETE && str_starts(reason, STR("deleted; ")))
		reason = str_sub(reason, sizeof("deleted; ") - 1, reason.len);

	buf_adds(p->out, "      ");
	card_paint(p, paint, kind);
	buf_addf(p->out, "%*s", kind.len < 8 ? (int)(9 - kind.len) : 1, "");
	card_paint(p, PAINT_BOLD, c->name);
	if (c->title.len && !str_eq(c->title, c->name)) {
		buf_adds(p->out, "  ");
		card_paint(p, PAINT_NONE, c->title);
	}
	buf_addc(p->out, '\n');
	if ((c->kind != CHANGE_CREATE || c->finding.len) && !(c->kind == CHANGE_OPAQUE && str_ends(j->reason, c->reason)))
		under(p, "", PAINT_NONE, reason);
	under(p, "forced by ", PAINT_YELLOW, c->forced_by);
	for (const struct change_casualty *d = c->n_dies_with ? c->dies_with : NULL; d; d = d->next) {
		if (said_next(judged, d->what))
			continue;
		under(p, label, PAINT_RED, d->what);
		label = "          ";
	}
}

static bool is_in(const struct judged_change *c, struct str environment)
{
	return c->change->kind != CHANGE_STATE_IDENTITY && str_eq(c->environment.name, environment);
}

static void section(struct card_page *p, const struct judgement *j, struct str environment, enum section s)
{
	size_t shown = 0, all = 0;

	for (const struct judged_change *c = j->changes; c; c = c->next) {
		if (!is_in(c, environment) || section_of(c->change) != s)
			continue;
		if (all++ == 0) {
			buf_adds(p->out, "    ");
			card_paint(p, sections[s].paint, str_from(sections[s].title));
			buf_addc(p->out, '\n');
		}
		if (!p->full && shown >= sections[s].shown)
			continue;
		row(p, j, c, sections[s].paint);
		shown++;
	}
	if (all > shown)
		buf_addf(p->out, "      … and %zu more (--full shows them)\n", all - shown);
}

static size_t environments(const struct judgement *j, struct environment ret[MAX_ENVIRONMENTS])
{
	size_t n = 0;

	for (const struct judged_change *c = j->changes; c; c = c->next) {
		size_t i = 0;

		while (i < n && !str_eq(ret[i].name, c->environment.name))
			i++;
		if (i == n && n < MAX_ENVIRONMENTS && c->change->kind != CHANGE_STATE_IDENTITY)
			ret[n++] = c->environment;
		if (i < n) /* a gate's own configuration may have named it, where the policy did not */
			ret[i].named |= str_eq(c->change->environment, ret[i].name);
	}
	return n;
}

void card_touch(struct card_page *p, const struct judgement *j)
{
	struct environment env[MAX_ENVIRONMENTS];
	size_t n = environments(j, env);

	for (size_t i = 0; i < n; i++) {
		buf_adds(p->out, "  ");
		card_paint(p, PAINT_BOLD, env[i].name);
		if (!env[i].named)
			card_paint(p, PAINT_DIM, STR("  (nobody named it: counts as production)"));
		buf_addc(p->out, '\n');
		for (int s = 0; s < SECTION_COUNT; s++)
			section(p, j, env[i].name, (enum section)s);
	}
	if (j->n_allowed)
		buf_addf(p->out, "  and %zu change%s that need%s no yes\n", j->n_allowed, j->n_allowed == 1 ? "" : "s",
			 j->n_allowed == 1 ? "s" : "");
}
