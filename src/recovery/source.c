#include "recovery/source.h"

static const struct source *const sources[BACKUP_WAL + 1] = {
	[BACKUP_POSTGRES] = &source_postgres,
	[BACKUP_POSTGRES_PHYSICAL] = &source_physical,
	[BACKUP_MYSQL] = &source_mysql,
	[BACKUP_SQLITE] = &source_sqlite,
	[BACKUP_STATE] = &source_state,
	[BACKUP_COMMAND] = &source_command,
	[BACKUP_RDS] = &source_rds,
	[BACKUP_PGBACKREST] = &source_pgbackrest,
};

const struct source *source_of(enum backup_kind kind)
{
	return (unsigned)kind < ARRAY_LEN(sources) ? sources[kind] : NULL;
}

const char *drill_compared(enum backup_kind kind)
{
	const struct source *s = source_of(kind);

	return s ? s->compared : "";
}

enum dump_form backup_form(enum backup_kind kind)
{
	const struct source *s = source_of(kind);

	return s ? s->form : DUMP_BYTES;
}
