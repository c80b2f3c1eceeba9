#include "recovery/mysql_lines.h"

#include <string.h>

enum line { LINE_PASSES = 0, LINE_EVENTS, LINE_ROUTINES, LINE_REFUSED, LINE_EVENT };
static const struct {
	struct str begins;
	enum line line;
} lines[] = {
	{ STR_INIT("-- Dumping events for database "), LINE_EVENTS },
	{ STR_INIT("-- Dumping routines for database "), LINE_ROUTINES },
	{ STR_INIT("/*!50106 CREATE"), LINE_EVENT },
	{ STR_INIT("ALTER DATABASE "), LINE_REFUSED },
	{ STR_INIT("CREATE DATABASE "), LINE_REFUSED },
	{ STR_INIT("DROP DATABASE "), LINE_REFUSED },
	{ STR_INIT("USE `"), LINE_REFUSED },
};

static bool pass(struct mysql_lines *l, const char *p, size_t n, struct err *err)
{
	return l->cut || !n || l->pass(l->ctx, p, n, err);
}

/* Enough of a line is there, or all of it. */
static bool tell_apart(struct mysql_lines *l, struct err *err)
{
	struct str head = { l->head, l->n };
	enum line line = LINE_PASSES;

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		if (str_starts(head, lines[i].begins))
			line = lines[i].line;
	}
	l->known = true;
	if (line == LINE_EVENTS || line == LINE_ROUTINES)
		l->cut = line == LINE_EVENTS;
	else if (line == LINE_EVENT)
		l->events += l->cut;
	else if (line == LINE_REFUSED && !l->cut)
		return err_set(err, ERR_DENIED,
			       "the dump names a database (%.*s…), which may be the live one: that is told to no server; --out FILE gives "
			       "the dump",
			       STR_ARG(str_sub(head, 0, str_find_char(head, '\n'))));
	return pass(l, l->head, l->n, err);
}

/* Of a line that is not known yet; yields how much of ${n} it took. */
static size_t hold_back(struct mysql_lines *l, const char *p, size_t n)
{
	size_t room = sizeof(l->head) - l->n, take = n < room ? n : room;

	memcpy(l->head + l->n, p, take);
	l->n += take;
	return take;
}

/* At most one line, and all of it that is there. */
static bool one(struct mysql_lines *l, const char *p, size_t n, struct err *err)
{
	bool ends = p[n - 1] == '\n';

	if (!l->known) {
		size_t took = hold_back(l, p, n);

		if ((l->n == sizeof(l->head) || l->head[l->n - 1] == '\n') && !tell_apart(l, err))
			return false;
		p += took;
		n -= took;
	}
	if (!pass(l, p, n, err))
		return false;
	if (ends) {
		l->known = false;
		l->n = 0;
	}
	return true;
}

bool mysql_lines_add(struct mysql_lines *l, const char *p, size_t n, struct err *err)
{
	while (n) {
		const char *end = memchr(p, '\n', n);
		size_t line = end ? (size_t)(end - p) + 1 : n;

		if (!one(l, p, line, err))
			return false;
		p += line;
		n -= line;
	}
	return true;
}

bool mysql_lines_end(struct mysql_lines *l, struct err *err)
{
	return l->known || !l->n || tell_apart(l, err);
}
