#include "recovery/login.h"

#include <stdio.h>

#include "base/buf.h"

/* As ~/.pgpass has it: a colon or a backslash behind a backslash. */
static void put_field(struct buf *b, const char *value)
{
	for (; *value; value++)
		buf_addf(b, "%s%c", *value == ':' || *value == '\\' ? "\\" : "", *value);
	buf_addc(b, ':');
}

static const char *option(const PQconninfoOption *all, const char *name)
{
	for (; all && all->keyword; all++) {
		if (strcmp(all->keyword, name) == 0 && all->val && *all->val)
			return all->val;
	}
	return NULL;
}

bool login_wanted(PGconn *c, char *ret, size_t size)
{
	auto_buf line = BUF_MAX(600);
	PQconninfoOption *all;
	const char *host = PQhost(c), *file; /* of several hosts the one that asked */

	if (PQstatus(c) == CONNECTION_OK || !PQconnectionNeedsPassword(c))
		return false;
	all = PQconninfo(c);
	file = option(all, "passfile");
	/* The socket's usual folder is looked up as localhost. */
	if ((!option(all, "host") && !option(all, "hostaddr")) || !host || !*host || strcmp(host, "/var/run/postgresql") == 0 ||
	    strcmp(host, "/tmp") == 0)
		host = "localhost";
	put_field(&line, host);
	put_field(&line, PQport(c));
	buf_adds(&line, "*:");
	put_field(&line, PQuser(c));
	snprintf(ret, size, "the server wants a password for %s, and none was found: write the line %.*sPASSWORD into %s (PGPASSFILE "
		 "names another file), readable for you alone (chmod 600)",
		 PQuser(c), STR_ARG(buf_str(&line)), file ? file : "~/.pgpass");
	PQconninfoFree(all);
	return true;
}
