/* mysql_lines.h -- a dump of mariadb-dump on its way to a server that has the live database beside: what could act on that does not pass.
 * Room: recovery, inner. Pure. Whatever pieces it comes in, the same passes. No string of a row begins a line: the dump escapes its ends of
 * lines; what stands in the body of a routine at the beginning of a line is taken for the dump's own, which at worst refuses too much.
 */
#ifndef PAWL_RECOVERY_MYSQL_LINES_H
#define PAWL_RECOVERY_MYSQL_LINES_H

#include "base/err.h"
#include "base/str.h"

#define MYSQL_LINES_HEAD 40 /* as much of a line as tells what it is */

struct mysql_lines {
	bool (*pass)(void *ctx, const char *p, size_t n, struct err *err);
	void *ctx;
	uint64_t events; /* that did not pass: they would run beside the live ones */
	char head[MYSQL_LINES_HEAD];
	size_t n;
	bool known, cut; /* what the line at hand is; what goes by is of the events */
};

/* False also, with ERR_DENIED, where a line names a database. */
bool mysql_lines_add(struct mysql_lines *l, const char *p, size_t n, struct err *err) PAWL_MUST_USE;
/* What was held back of a last line without an end. */
bool mysql_lines_end(struct mysql_lines *l, struct err *err) PAWL_MUST_USE;

#endif
