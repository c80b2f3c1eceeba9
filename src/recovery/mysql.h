/* mysql.h -- MariaDB and MySQL through their own client programs: where they are, how they are told whom to ask, and a session.
 * Room: recovery, inner. I/O. A password stands in an option file that is never on a disk and only this user can read; never on a command
 * line, never in an environment.
 */
#ifndef PAWL_RECOVERY_MYSQL_H
#define PAWL_RECOVERY_MYSQL_H

#include "base/arena.h"
#include "recovery/filter.h"
#include "recovery/tools.h"

struct mysql_login {
	int fd;		     /* the option file; the programs inherit it */
	char defaults[64];   /* "--defaults-file=…", the first word of each of them */
	struct str database; /* of the words: dbname */
	struct str host;     /* as a manifest says it */
};

/* ${words}: host, port, user, socket, dbname, defaults-file, ssl-ca, ssl-cert, ssl-key, each NAME=VALUE, with spaces between. */
bool mysql_login(struct str words, struct str password, struct arena *arena,
		 struct mysql_login *ret, struct err *err) PAWL_MUST_USE;
void mysql_logout(struct mysql_login *l);

/* mariadb, else mysql; mariadb-dump, else mysqldump. */
bool mysql_client(char ret[TOOLS_PATH], struct err *err) PAWL_MUST_USE;
bool mysql_dump_program(char ret[TOOLS_PATH], struct err *err) PAWL_MUST_USE;
/* The words of a dump; one table for backup and drill, so that equal data gives equal text. NULL-ended. */
#define MYSQL_DUMP_WORDS 20
bool mysql_dump_words(const struct mysql_login *l, char program[TOOLS_PATH], struct arena *arena,
		      char *ret[MYSQL_DUMP_WORDS], struct err *err) PAWL_MUST_USE;
/* Its --version, in one line. */
bool mysql_version(char *program, struct arena *arena, struct str *ret,
		   struct err *err) PAWL_MUST_USE;

/* Whoever a view, a trigger, a routine or an event runs as: rows with d, "name@host". */
extern const char mysql_definers[];

/* A client that is told statements one by one; it ends at the first that is refused. */
struct mysql_session {
	struct filter f;
	struct buf heard;
};
/* ${stall}, which hears of every question and answer, ends it; NULL: one statement takes at most STALL_DRILL_S. */
bool mysql_begin(struct mysql_session *s, const struct mysql_login *l, struct stall *stall, struct arena *arena,
		 struct err *err) PAWL_MUST_USE;
/* Its rows, a line each, as the client writes them: tabs between values, \n \t \\ escaped, NULL. */
bool mysql_ask(struct mysql_session *s, struct str sql, struct arena *arena, struct str *ret,
	       struct err *err) PAWL_MUST_USE;
/* One row with one value. */
bool mysql_value(struct mysql_session *s, struct str sql, struct arena *arena, struct str *ret,
		 struct err *err) PAWL_MUST_USE;
void mysql_end(struct mysql_session *s);

#endif
