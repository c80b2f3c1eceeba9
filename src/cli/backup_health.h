/* backup_health.h -- how a target stands: what is red, what is worth a note, what is due.
 * Room: cli, pawl-full. From the signed statement, backup.yaml's objectives, and the record of the last runs.
 */
#ifndef PAWL_CLI_BACKUP_HEALTH_H
#define PAWL_CLI_BACKUP_HEALTH_H

#include "cli/backups.h"

struct backup_health {
	bool there; /* a statement that is to be believed */
	struct point point;
	struct runs runs;
	struct str_list *red, *notes; /* sentences; no red: green */
	int64_t next_backup_us, next_drill_us; /* 0: at once */
	bool backup_due, drill_due;
	bool renew; /* the newest backup is gone, its bytes or its WAL are not what they were: another is wanted, whatever its age */
	int64_t as_of_us; /* what can be brought back ends then: the WAL behind the newest backup, or that one; its age is for the RPO */
	struct str point_in_time; /* can any moment be brought back? In words; "none…": no; STR_NONE: nobody asked */
	bool unread; /* the statement is not what gates read: they believe something else, or nothing */
	bool lost; /* the verified one is not whole in the vault: what the statement proves is no more */
	struct str backup_late, drill_late, vault_late; /* missed, failed, gone: why somebody is to be told; STR_NONE: nothing is */
	struct str schedule; /* "systemd", "cron"; STR_NONE: nothing runs by itself, or it cannot be seen from here */
};

void backup_health(struct backups *b, const struct config_target *t, int64_t now_us, struct backup_health *ret);

/* Where the schedule is remembered. */
#define BACKUP_SCHEDULE "schedule"
/* Between two looks of the schedule. */
#define BACKUP_TICK_S 900

#endif
