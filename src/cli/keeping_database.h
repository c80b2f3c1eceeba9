/* keeping_database.h -- what a gate keeps in a database has a number of the keep's, and comes back by `pawl undo`.
 * Room: cli, pawl-full.
 */
#ifndef PAWL_CLI_KEEPING_DATABASE_H
#define PAWL_CLI_KEEPING_DATABASE_H

#include "cli/keeping.h"
#include "gate/database/database.h"

#define KEEPING_DATABASE_DUMP "dump" /* in the item's folder */

/* database_host.keep. Any thread. */
bool keeping_database(const struct places *places, const struct policy *policy, struct ledger *ledger, const struct database_keeping *what,
		      char ret_id[24], struct err *err) PAWL_MUST_USE;
/* What an item is called in the database: numbers of several machines meet there. */
void keeping_database_name(const char *id, int64_t at_us, char ret[48]);

#endif
