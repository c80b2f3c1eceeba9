/* bring_mysql.h -- a backup of MariaDB or MySQL brought back: into a database that is new or empty, and compared with its manifest; then,
 * by counts, with a live one.
 * Room: recovery. I/O. Nothing is ever written to a database that holds anything, and none is dropped but one that was made here.
 */
#ifndef PAWL_RECOVERY_BRING_MYSQL_H
#define PAWL_RECOVERY_BRING_MYSQL_H

#include "recovery/bring.h"

struct bring_mysql_table {
	struct str name; /* as the dump quotes it */
	uint64_t rows, live_rows;
	bool live; /* there is such a table */
	struct bring_mysql_table *next;
};

struct bring_mysql_done {
	struct manifest manifest;
	struct bring_mysql_table *tables;
	uint64_t rows;
	uint64_t events;   /* left out: they would run beside the live ones */
	struct str nobody; /* users that views, triggers and routines run as and that are not there; STR_NONE: none, or not to be seen */
	bool values; /* compared; else the dump program is another version than the backup's, and rows alone were */
	bool made;   /* the database was made here */
};

/* Letters, digits, _ and -, at most 64: a name that pawl makes a database of. */
bool bring_mysql_name_good(struct str s);

/**
 * bring_mysql(ask, to, arena, ret, err):
 * As bring_back(); ${to->connect}: MySQL's words, ${to->database} the one to make. A dump that names a database (another's character set
 * does that) is refused before such a word is told to the server.
 */
bool bring_mysql(const struct bring_ask *ask, const struct bring_place *to, struct arena *arena, struct bring_mysql_done *ret,
		 struct err *err) PAWL_MUST_USE;

/* How many rows the database of ${live}'s words has in each of these tables. False also where that is the one brought back. */
bool bring_mysql_compare(const struct bring_place *brought, const struct bring_place *live, struct arena *arena,
			 struct bring_mysql_done *done, struct err *err) PAWL_MUST_USE;

#endif
