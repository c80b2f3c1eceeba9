/* backup_inner.h -- what a source of backups does. Room: recovery, inner. */
#ifndef PAWL_RECOVERY_BACKUP_INNER_H
#define PAWL_RECOVERY_BACKUP_INNER_H

#include "recovery/backup.h"
#include "recovery/stall.h"

struct source;

struct backup_run {
	const struct backup_ask *ask;
	const struct source *source;
	struct arena *arena;
	struct fingerprint *fingerprint;
	struct pack *pack;
	uint64_t bytes, about;
	struct stall *stall;
	struct manifest *m;
};

/* The next bytes of the backup. */
bool backup_chunk(struct backup_run *r, const void *p, size_t n, struct err *err) PAWL_MUST_USE;
/* Who reads what a program prints; ${stall}, which may be NULL, ends a program that falls silent. */
struct backup_reader {
	bool (*take)(void *ctx, const void *p, size_t n, struct err *err);
	void *ctx;
	struct stall *stall;
};
/* Ours, and ${more} before it: NULL-ended, may be NULL. NULL when the arena is full. */
char **backup_env(char *const *more, struct arena *arena);
/* Every byte that ${argv} prints goes to ${reader}; false when it ended otherwise than with 0. ${env} NULL: ours. */
bool backup_read(char *const argv[], char **env, const struct backup_reader *reader,
		 struct err *err) PAWL_MUST_USE;
/* Every byte that ${argv} prints goes through fingerprint and pack. ${env}: added to ours, "NAME=value" each, NULL-ended; may be NULL. */
bool backup_stream(struct backup_run *r, char *const argv[], char *const env[],
		   struct err *err) PAWL_MUST_USE;

/* Fills server, tool, invariants, extensions, roles, host of r->m, sets taken_us, and streams. */
bool backup_postgres(struct backup_run *r, struct err *err) PAWL_MUST_USE;

#endif
