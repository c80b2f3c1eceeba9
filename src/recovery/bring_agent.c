#include "recovery/bring_inner.h"

static bool with(PGconn *c, const char *before, struct str name, const char *after, struct err *err)
{
	char sql[800], *q = PQescapeIdentifier(c, name.ptr, name.len);
	int n = q ? snprintf(sql, sizeof(sql), "%s%s%s", before, q, after) : -1;

	PQfreemem(q);
	if (n < 0 || (size_t)n >= sizeof(sql))
		return err_set(err, ERR_LIMIT, "a name is too long");
	return bring_exec(c, sql, err);
}

bool bring_agent(const struct bring_place *place, const struct manifest_word *roles, const char *role, const char *password,
		 struct err *err)
{
	auto_pg c = bring_connect(place, STR_NONE, err);
	struct str name = str_from(role);
	char after[200], after_owner[100];
	bool made = false;

	/* The password is hexadecimal, and the role's name ours: nothing to quote. */
	snprintf(after, sizeof(after), " LOGIN PASSWORD '%s'", password);
	snprintf(after_owner, sizeof(after_owner), " OWNER TO %s", role);
	for (const struct manifest_word *w = roles; w; w = w->next)
		made = made || str_eq(w->text, name);
	if (!c || !with(c, made ? "ALTER ROLE " : "CREATE ROLE ", name, after, err) ||
	    !with(c, "ALTER DATABASE ", place->database, after_owner, err))
		return false;
	snprintf(after, sizeof(after), " TO %s", role);
	for (const struct manifest_word *w = roles; w; w = w->next) {
		if (!str_eq(w->text, name) && !str_is(w->text, "pawl") && !with(c, "GRANT ", w->text, after, err))
			return false;
	}
	return true;
}
