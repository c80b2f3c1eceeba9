/* prove.h -- can the agent harm a backup? A canary is put into the vault, a child becomes the agent and tries every way known
 * (prove_ways.c).
 * Room: recovery. I/O.
 * Nothing but the canary is harmed: what would touch more is tried with a call that the kernel or the cloud refuses later than it would
 * refuse somebody without the right. Every attempt ends within PROVE_WAY_S, and everything made is removed.
 * A way that could not be tried to its end counts as one that worked: what nobody knows proves nothing.
 */
#ifndef PAWL_RECOVERY_PROVE_H
#define PAWL_RECOVERY_PROVE_H

#include <sys/types.h>

#include "recovery/point.h"
#include "recovery/vault.h"

#define PROVE_TARGET "pawl-canary" /* the canary's name among the targets of a vault; retention and drills leave it alone */
#define PROVE_WAY_S 20
#define PROVE_GROUPS_MAX 256

/* Whom the child becomes. */
struct prove_agent {
	char user[64], home[1024];
	uid_t uid;
	gid_t gid;
	gid_t groups[PROVE_GROUPS_MAX];
	size_t n_groups;
	uint64_t capabilities; /* of a process of its; 0: none */
	char *const *env;      /* NULL-ended */
};
/* A user of this machine, with all groups, HOME, PATH and nothing else in its environment. */
bool prove_agent_user(const char *name, struct arena *arena, struct prove_agent *ret, struct err *err) PAWL_MUST_USE;
/* A process that runs: its user, groups, capabilities and environment, with the credentials in it. */
bool prove_agent_process(pid_t pid, struct arena *arena, struct prove_agent *ret, struct err *err) PAWL_MUST_USE;

enum prove_result {
	PROVE_UNSET = 0,
	PROVE_HELD = 0x33,   /* it was tried, and did not work */
	PROVE_WORKED = 0x55, /* or nobody knows */
	PROVE_IMPOSSIBLE = 0x0f, /* there is nothing here to try it with: no docker, no sudo */
};

struct prove_try {
	struct str way;	 /* "unlink" */
	struct str how;	 /* what is done */
	struct str means; /* what it would mean, had it worked */
	enum prove_result result;
	struct str detail; /* what worked, or why not */
	struct prove_try *next;
};

struct prove_note {
	struct str text;
	struct prove_note *next;
};

struct prove_ask {
	const struct vault_place *place;
	const struct prove_agent *agent;
	const char *config, *key; /* files of the vault's side: backup.yaml, the key that signs; NULL: not looked at */
	const char *points, *state; /* folders of it: where statements are published, and its records; NULL: not looked at */
	const char *const *runs;    /* programs that a backup runs beside pawl itself, NULL-ended; NULL: not looked at */
};

struct prove_done {
	const struct prove_try *tries; /* in the order of the table */
	unsigned tried, worked, impossible;
	bool same_uid; /* the agent is the vault's user, or root: no boundary */
	const struct prove_note *notes; /* what harms no backup, but should be known */
	int64_t at_us, took_us;
};

/* False when it could not be tried at all, with why; then nothing is proven. */
bool prove_run(const struct prove_ask *ask, struct arena *arena, struct prove_done *ret, struct err *err) PAWL_MUST_USE;
/* As it stands in a statement. */
void prove_point(const struct prove_done *d, struct arena *arena, struct point_proof *ret);

#endif
