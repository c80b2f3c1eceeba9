/* sql_findings.h -- what a piece of SQL can mean, one row a meaning: the finding's code, what kind of change it is, why it matters.
 * Room: facts. Pure. docs/sql.md lists the same codes; a test compares them.
 */
#ifndef PAWL_FACTS_SQL_FINDINGS_H
#define PAWL_FACTS_SQL_FINDINGS_H

#include "core/change.h"

enum sql_meaning {
	SQL_MEANS_READ = 0,
	SQL_MEANS_ROW_LOCK,
	SQL_MEANS_NEXTVAL,
	SQL_MEANS_INSERT,
	SQL_MEANS_CREATE,
	SQL_MEANS_UPSERT,
	SQL_MEANS_UPDATE,
	SQL_MEANS_DELETE,
	SQL_MEANS_ALTER,
	SQL_MEANS_RENAME,
	SQL_MEANS_REPLACE,
	SQL_MEANS_REWRITE,
	SQL_MEANS_LOCK,
	SQL_MEANS_FUNCTION,
	SQL_MEANS_UPDATE_ALL,
	SQL_MEANS_DELETE_ALL,
	SQL_MEANS_MERGE,
	SQL_MEANS_TRUNCATE,
	SQL_MEANS_DROP,
	SQL_MEANS_DROP_CODE,
	SQL_MEANS_ALTER_LOSES,
	SQL_MEANS_ALTER_TYPE,
	SQL_MEANS_DETACH,
	SQL_MEANS_PROTECTION,
	SQL_MEANS_TRIGGER,
	SQL_MEANS_PRIVILEGES,
	SQL_MEANS_ROLE,
	SQL_MEANS_SEARCH_PATH,
	SQL_MEANS_SESSION,
	SQL_MEANS_LEXING,
	SQL_MEANS_SERVER,
	SQL_MEANS_TERMINATE,
	SQL_MEANS_REPLICATION,
	SQL_MEANS_REPLICATION_DROP,
	SQL_MEANS_SEQUENCE,
	SQL_MEANS_LARGE_OBJECT,
	SQL_MEANS_CATALOG,
	SQL_MEANS_SECRET,
	SQL_MEANS_PROGRAM,
	SQL_MEANS_SERVER_FILE,
	SQL_MEANS_NETWORK,
	SQL_MEANS_EXTENSION,
	SQL_MEANS_PREPARED,
	SQL_MEANS_COMMIT,
	SQL_MEANS_CLIENT_FILE,
	SQL_MEANS_PROCEDURE,
	SQL_MEANS_DYNAMIC,
	SQL_MEANS_CODE,
	SQL_MEANS_VARIABLE,
	SQL_MEANS_UNREAD,
	SQL_MEANS_TOO_MUCH,
	SQL_MEANS_COUNT
};

/* How much a meaning is held at most: the fallback reader never ranks a text below the parser. */
enum sql_rank { SQL_RANK_READ, SQL_RANK_ADDS, SQL_RANK_BOUNDED, SQL_RANK_HOLDS };

struct sql_finding {
	struct str code; /* STR_NONE: no finding */
	enum change_kind kind;
	enum reversibility reversible;
	enum holds_data holds_data;
	enum sql_rank rank;
	struct str reason, safer;
};

const struct sql_finding *sql_finding(enum sql_meaning meaning);
/* The row of a code; NULL when there is none. */
const struct sql_finding *sql_finding_by_code(struct str code);

#endif
