/* backups.h -- what every command about backups needs open before it: backup.yaml, the key, the ledger, the statements.
 * Room: cli, pawl-full. /etc/pawl/backup.yaml (beside the machine's policy) speaks alone where it is there, else the user's own.
 * Where a vault belongs to a user of its own, root becomes that user before anything is opened; anybody else may only look.
 */
#ifndef PAWL_CLI_BACKUPS_H
#define PAWL_CLI_BACKUPS_H

#include "cli/command.h"
#include "cli/places.h"
#include "core/policy.h"
#include "ledger/ledger.h"
#include "recovery/config.h"
#include "recovery/points.h"
#include "recovery/runs.h"

struct backups {
	struct places places;
	struct arena arena;
	struct backup_config config;
	char path[PLACES_MAX];	      /* of backup.yaml */
	char folder[PLACES_MAX + 32]; /* STATE/recovery: key.pem, said/, points/, runs/ */
	char runs[PLACES_MAX + 64];
	char kept[PLACES_MAX + 64], published[PLACES_MAX + 64];
	struct str pem;	       /* the key that signs; STR_NONE while only looking */
	struct ledger *ledger; /* NULL while only looking */
	struct points points;
	int64_t until_s; /* by when runs have to have ended, of stall_clock(); 0: whenever */
	bool scheduled_seen; /* the next two are once for all targets */
	struct str scheduled, unscheduled; /* what runs pawl by itself; why what was set does not any more */
	bool looks; /* the statements are another user's: what is published is all there is */
};

/* The path of backup.yaml here, whether it is there or not; ${ret_there} tells. */
bool backups_path(const struct places *places, char ret[PLACES_MAX], bool *ret_there, struct err *err) PAWL_MUST_USE;
/* False with ${err}; backups_close is due either way. ${act}: to take, drill or remove, which wants the key and the vault's user. */
bool backups_open(struct backups *b, bool act, struct err *err) PAWL_MUST_USE;
/* Whoever opened it to look (and not ${b->looks}) may act from here on; again does nothing. */
bool backups_act(struct backups *b, struct err *err) PAWL_MUST_USE;
void backups_close(struct backups *b);
/* Is the key there, and the one that backup.yaml says? False with what to do. Not while b->looks. */
bool backups_signs(struct backups *b, struct err *err) PAWL_MUST_USE;
/* False: no target is called ${name}; says which there are. */
bool backups_unknown(const struct backup_config *config, const char *name, struct err *err);
/* The targets named on the command line, or all; NULL-ended in the arena. False when one is not known, or there are none. */
bool backups_targets(struct backups *b, const struct cli *c, const struct config_target ***ret, struct err *err) PAWL_MUST_USE;
/* That a backup of ${id} lies in that open vault; false with where to find its right name, or why nobody can tell. */
bool backups_there(struct vault *open, const struct config_vault *v, struct str target, struct str id, struct arena *arena,
		   struct err *err) PAWL_MUST_USE;
/* An entry in the ledger; false with ${err}. ${kind}: "backup.finished" … */
bool backups_record(struct backups *b, const char *kind, const struct buf *body, struct err *err) PAWL_MUST_USE;

/* The signing key of this user or of the vault's, made where there is none; its public half. */
bool backups_key(const char *folder, bool make, struct arena *arena, struct str *ret_pem, uint8_t ret_key[ED25519_KEY_LEN],
		 struct err *err) PAWL_MUST_USE;
/* Become the user of that name for good, with its home; PAWL_STATE is ${state} when it has bytes. */
bool backups_become(struct str user, struct str state, struct err *err) PAWL_MUST_USE;

/* A member that is a moment; null for 0. */
void backups_put_time(struct json_out *o, const char *key, int64_t us);
/* A member that is an array of sentences. */
void backups_put_list(struct json_out *o, const char *key, const struct str_list *l);

#endif
