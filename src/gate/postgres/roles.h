/* roles.h -- least-privilege roles for agents: the SQL that makes them, and what the role in use could do beside the gate.
 * Room: gate/postgres.
 */
#ifndef PAWL_GATE_POSTGRES_ROLES_H
#define PAWL_GATE_POSTGRES_ROLES_H

#include "base/buf.h"
#include "gate/postgres/aside.h"

struct roles_wish {
	const char *database;	     /* NULL: the SQL asks where it runs */
	const char *const *schemas;  /* NULL-terminated; at least one */
	const char *const *owners;   /* whose future tables are granted too, and who may do all with what ${login} makes; NULL-terminated,
				      * may be empty */
	const char *login;	     /* a role for the gate to log in as, with the trash schema for it; NULL: none */
};

/* For psql, run by a superuser, or the database's owner with CREATEROLE. Running it again changes nothing. */
void roles_sql(const struct roles_wish *w, struct buf *out);

/* One thing that the role in use may do. */
struct roles_finding {
	const char *what; /* stable name */
	bool bad;	  /* it goes beside the gate, or destroys where the gate would be all that stands in between */
	struct str text;
};

/**
 * roles_check(a, arena, ret, ret_n, err):
 * What the role that ${a} logs in as could do, by the catalogues of its database. Changes nothing.
 */
bool roles_check(struct postgres_aside *a, struct arena *arena, struct roles_finding **ret, size_t *ret_n, struct err *err) PAWL_MUST_USE;

#endif
