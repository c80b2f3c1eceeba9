/* gate_credentials.h -- what a running gate knows of its credentials: who logs in with which key, and which of them are tightened.
 * Room: cli, pawl-full. Safe for many threads.
 * A credential is tightened after a refusal or a passed budget, until a person lifts it. The ledger says so ("credential.tightened",
 * "credential.lifted", and a "denial" of what that key asked for, even when nobody waited for it any more);
 * STATE/postgres/tightened/ID is a marker of it that a second gate sees and that a person may look at. A marker that somebody took
 * away by hand lifts nothing: it is put back, loudly.
 */
#ifndef PAWL_CLI_GATE_CREDENTIALS_H
#define PAWL_CLI_GATE_CREDENTIALS_H

#include "cli/gate_keys.h"

struct gate_credentials; /* opaque */

/* Walks the whole ledger once. ${state_dir} and ${l} outlive it. */
bool gate_credentials_open(const char *state_dir, struct ledger *l, struct gate_credentials **ret, struct err *err) PAWL_MUST_USE;
void gate_credentials_close(struct gate_credentials *g); /* NULL does nothing */

/* The verifier ${user} logs in with, its session's texts living as long as ${g}. False: none, or expired. */
bool gate_credentials_key(struct gate_credentials *g, struct str user, struct database_key *ret);
/* Tightened, or its key revoked or expired since. From memory, as of the last gate_credentials_watch. */
bool gate_credentials_tightened(struct gate_credentials *g, struct str id);
/* Look at the files again: what was lifted, revoked, or tightened by another gate. One thread, about once a second. */
void gate_credentials_watch(struct gate_credentials *g);
/* Take in what the ledger says since. Cheap where it says nothing new. Any thread. */
bool gate_credentials_follow(struct gate_credentials *g, struct err *err) PAWL_MUST_USE;
/* Is its key still there and not expired? Looks now. */
bool gate_credentials_alive(struct gate_credentials *g, struct str id);
/* Into memory, then the ledger, then the marker: false when it could not be recorded, tightened all the same.
 * ${hold}: "H-12" or STR_NONE. */
bool gate_credentials_tighten(struct gate_credentials *g, struct str id, struct str why, struct str hold, struct err *err);

/* For the command line, without a gate. */
struct gate_tightened {
	uint64_t seq; /* of the entry in force; 0: not tightened */
	char why[400];
};
bool gate_credentials_look(struct ledger *l, struct str id, struct gate_tightened *ret, struct err *err) PAWL_MUST_USE;
/* Records that a person's approval ${hold} ended it, then takes the marker away. */
bool gate_credentials_lift(const char *state_dir, struct ledger *l, struct str id, struct str hold, struct err *err) PAWL_MUST_USE;

#endif
