#include "hold/elevation.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/timestamp.h"
#include "hold/demand.h"

static const enum change_kind spelled_out[] = { CHANGE_DESTROY_BACKUP, CHANGE_WEAKEN_PROTECTION, CHANGE_STATE_IDENTITY,
						CHANGE_OPAQUE, CHANGE_UNSET };

static bool wild(struct str glob)
{
	return str_find_char(glob, '*') != SIZE_MAX || str_find_char(glob, '?') != SIZE_MAX;
}

struct scope {
	struct str environment, type, kind;
};

static bool split(struct str s, struct scope *ret)
{
	size_t first = str_find_char(s, '/'), last = str_rfind_char(s, '/');

	if (first == SIZE_MAX || first == last)
		return false;
	ret->environment = str_sub(s, 0, first);
	ret->type = str_sub(s, first + 1, last - first - 1);
	ret->kind = str_sub(s, last + 1, SIZE_MAX);
	return ret->environment.len && ret->type.len && ret->kind.len && str_find_char(ret->type, '/') == SIZE_MAX;
}

bool elevation_scope_ok(struct str s, struct err *err)
{
	struct scope scope;
	enum change_kind kind;

	if (!split(s, &scope) || str_find_char(s, ' ') != SIZE_MAX || s.len > 300)
		return err_set(err, ERR_INPUT,
			       "scope '%.*s': write ENVIRONMENT/TYPE/KIND, such as staging/aws_instance/delete or 'scratch/*/*'",
			       STR_ARG(str_sub(s, 0, 100)));
	if (!wild(scope.kind) && !change_kind_from(scope.kind, &kind))
		return err_set(err, ERR_INPUT, "scope '%.*s': '%.*s' is no kind of change", STR_ARG(s), STR_ARG(scope.kind));
	return true;
}

static bool must_spell(enum change_kind kind)
{
	for (size_t i = 0; i < ARRAY_LEN(spelled_out); i++) {
		if (spelled_out[i] == kind)
			return true;
	}
	return false;
}

static bool one_covers(struct str text, const struct judged_change *c)
{
	struct scope s;

	if (!split(text, &s))
		return false;
	if (c->environment.kind == ENVIRONMENT_PRODUCTION && wild(s.environment))
		return false;
	if (must_spell(c->change->kind) && wild(s.kind))
		return false;
	return str_glob(s.environment, c->environment.name) && str_glob(s.type, c->change->type) &&
	       str_glob(s.kind, change_kind_name(c->change->kind));
}

static bool any_covers(struct str scopes, const struct judged_change *c)
{
	while (scopes.len) {
		size_t blank = str_find_char(scopes, ' ');

		if (one_covers(str_sub(scopes, 0, blank), c))
			return true;
		scopes = blank == SIZE_MAX ? STR_NONE : str_sub(scopes, blank + 1, SIZE_MAX);
	}
	return false;
}

bool elevation_covers(struct str scopes, const struct judgement *j, struct err *err)
{
	size_t seen = 0;

	for (const struct judged_change *c = j->changes; c; c = c->next, seen++) {
		if (!any_covers(scopes, c))
			return err_set(err, ERR_DENIED, "does not cover %.*s of %.*s in %.*s",
				       STR_ARG(change_kind_name(c->change->kind)), STR_ARG(str_sub(c->change->name, 0, 200)),
				       STR_ARG(str_sub(c->environment.name, 0, 100)));
	}
	if (seen == 0 || seen < j->n_held + j->n_denied)
		return err_set(err, ERR_DENIED, "covers changes one by one, and they are not all listed");
	return true;
}

/* An elevation is one person's word from before: what demands more needs an approval of its own. */
static bool meets(const struct weigh *w, const struct weighed *v, struct err *err)
{
	const struct demands *d = &w->ask->judgement->demands;
	auto_buf hours = BUF_MAX(200);

	if (demand_people(d) > 1)
		return err_set(err, ERR_DENIED, "is one person's; the policy demands %u", demand_people(d));
	if (d->cool_off_s)
		return err_set(err, ERR_DENIED, "cannot stand in for a cool-off that the policy demands");
	if (!demand_role_ok(d, v->who->name, v->who->roles))
		return err_set(err, ERR_DENIED, "was given by somebody without the role that the policy demands");
	if (w->ask->judgement->missing.len)
		return err_set(err, ERR_DENIED, "cannot stand in for missing evidence: %.*s",
			       STR_ARG(str_sub(w->ask->judgement->missing, 0, 300)));
	if (demand_hour_ok(d, w->now_us))
		return true;
	demand_hours_text(d, &hours);
	return err_set(err, ERR_DENIED, "does not help outside of %.*s", STR_ARG(buf_str(&hours)));
}

static int64_t longest(const struct book_elevation *g)
{
	return g->statement.kind == STATEMENT_BREAK_GLASS ? ELEVATION_GLASS_MAX_S : ELEVATION_MAX_S;
}

bool elevation_allows(const struct weigh *w, const struct book_elevation *g, struct weighed *ret, struct err *err)
{
	struct weighed v = weigh_elevation(w, g);

	*ret = v;
	if (v.result != WEIGHED_VALID)
		return err_set(err, ERR_DENIED, "%s: %.400s", g->id, v.why);
	if (g->expires_us - g->signed_us > longest(g) * CLOCK_SECOND)
		return err_set(err, ERR_DENIED, "%s: longer than an elevation may be", g->id);
	if (g->statement.kind == STATEMENT_BREAK_GLASS)
		return true;
	if (!elevation_covers(g->statement.scope, w->ask->judgement, err) || !meets(w, &v, err))
		return err_prefix(err, "%s", g->id);
	return true;
}

/* --- markers --- */

static bool marker(const struct hold_host *h, const char *id, char *ret, size_t size)
{
	int n = snprintf(ret, size, "%s/elevations/%s", h->state_dir, id);

	return n > 0 && (size_t)n < size;
}

void elevation_mark(const struct hold_host *h, const struct book_elevation *g)
{
	const struct statement *s = &g->statement;
	bool glass = s->kind == STATEMENT_BREAK_GLASS;
	char path[4096], dir[4096];
	auto_buf b = BUF_MAX(4096);

	buf_addf(&b, "%lld\n%s %s by %.*s: %.*s, until ", (long long)g->expires_us, glass ? "BREAK-GLASS" : "elevation", g->id,
		 STR_ARG(s->approver), STR_ARG(str_sub(glass ? s->reason : s->scope, 0, 600)));
	buf_add(&b, s->expires);
	buf_addc(&b, '\n');
	if (marker(h, "", dir, sizeof(dir)) && marker(h, g->id, path, sizeof(path)) && dir_make(dir, 0700, NULL) &&
	    !file_replace(path, buf_str(&b), 0600, NULL))
		unlink(path);
}

void elevation_unmark(const struct hold_host *h, const char *id)
{
	char path[4096];

	if (marker(h, id, path, sizeof(path)))
		unlink(path);
}
