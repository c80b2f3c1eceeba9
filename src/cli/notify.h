/* notify.h -- telling people: from entries of the ledger, through a durable outbox, by what the policy's `notify` says.
 * Room: cli.
 * What is told is worked out from the ledger, so whoever appends an entry need only call notify_kick; a kick that is lost
 * loses nothing. One message a hold and event and target, ever; it shows where to look and never offers to approve.
 * Not told at all: what was more than a day old when it was first seen.
 */
#ifndef PAWL_CLI_NOTIFY_H
#define PAWL_CLI_NOTIFY_H

#include "base/arena.h"
#include "cli/places.h"
#include "core/policy.h"
#include "ledger/ledger.h"
#include "store/store.h"

/* Start `pawl-full notify flush` in the background, unless ${policy} is given and names nobody. In both programs. */
void notify_kick(const struct policy *policy);
/* The same when something waits whose time has come. In pawl-full; cheap. */
void notify_kick_due(void);

/* A sentence that says that nobody is told anything and how somebody is named, in the machine's policy or the user's; STR_NONE where
 * somebody is named. In pawl-full. */
struct str notify_nobody(const struct places *places, bool machine, struct arena *arena);
/* The same, short, where it stands below something else. */
struct str notify_nobody_line(const struct places *places, bool machine, struct arena *arena);

struct notify_run {
	const struct places *places;
	const struct policy *policy;
	struct ledger *ledger;
	struct store *store;
	unsigned sent, failed, given_up;
};

/* From the ledger into the outbox: what is new and worth telling. */
bool notify_scan(struct notify_run *run, struct err *err) PAWL_MUST_USE;
/* Deliver one message to its target (JSON, as notify_target makes it). False with why. */
bool notify_send(const struct store_message *m, struct err *err) PAWL_MUST_USE;
/* A target as JSON, as the outbox keeps it; and as the ledger names it: no secret of a URL in it. */
void notify_target(const struct notify *n, struct buf *out);
void notify_target_name(const struct json *target, struct buf *out);
/* 16 hex digits by which the ledger tells targets apart. */
void notify_target_digest(struct str target, char ret_hex[17]);

#endif
