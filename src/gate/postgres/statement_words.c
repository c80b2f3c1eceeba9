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

void statement_denied(const struct weighing *w, struct statement *s, const struct change *c, struct str rule, struct str why, struct str safer)
{
	struct str about = statement_about(w, s, c), hint = safer.len ? safer : c->safer;
	struct str says = arena_fmt(w->arena, "denied: %.*s (rule %.*s%s%.*s)", STR_ARG(about),
				    STR_ARG(rule.len ? str_sub(rule, 0, 60) : STR("none")), why.len ? ": " : "", STR_ARG(str_sub(why, 0, 120)));

	hint = hint.len ? arena_fmt(w->arena, "Safer: %.*s. " RETRY, STR_ARG(str_sub(hint, 0, 400))) : STR_NONE;
	statement_refuse(w, s, "PW002", says, hint);
}
