#include "gate/postgres/statement_inner.h"

#define RETRY "Do not retry, and do not try another way: tell the person what you need it for."

struct str statement_about(const struct weighing *w, const struct statement *s, const struct change *c)
{
	struct str name = str_sub(c->name, 0, 120), reason = str_sub(c->reason, 0, 260);
	struct str verb = s->verb.len && !str_is(s->verb, "?") ? s->verb : STR("a statement");
	const char *blank = name.len ? " " : "";

	return arena_fmt(w->arena, "%.*s%s%.*s: %.*s", STR_ARG(str_sub(verb, 0, 40)), blank, STR_ARG(name), STR_ARG(reason));
}

void statement_refuse(const struct weighing *w, struct statement *s, const char *sqlstate, struct str why, struct str hint)
{
	s->ruling = RULING_REFUSE;
	snprintf(s->sqlstate, sizeof(s->sqlstate), "%s", sqlstate);
	s->message = str_sub(arena_fmt(w->arena, "pawl: %.*s", STR_ARG(why)), 0, STATEMENT_SAYS);
	s->hint = str_sub(hint.len ? hint : STR(RETRY), 0, STATEMENT_SAYS);
}

void statement_denied(const struct weighing *w, struct statement *s, const struct change *c, const struct rule_ref *r)
{
	struct str hint = r->safer.len ? r->safer : c->safer, name = r->name.len ? str_sub(r->name, 0, 60) : STR("none");
	struct str about = statement_about(w, s, c);
	const char *colon = r->why.len ? ": " : "";

	if (hint.len)
		hint = arena_fmt(w->arena, "Safer: %.*s. " RETRY, STR_ARG(str_sub(hint, 0, 400)));
	about = arena_fmt(w->arena, "denied: %.*s (rule %.*s%s%.*s)", STR_ARG(about), STR_ARG(name), colon,
			  STR_ARG(str_sub(r->why, 0, 120)));
	statement_refuse(w, s, "PW002", about, hint);
}
