/* evidence.h -- what is known about the world when the judge weighs a request. Gathered by gates, passed as values.
 * Room: core. Pure.
 */
#ifndef PAWL_CORE_EVIDENCE_H
#define PAWL_CORE_EVIDENCE_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/json.h"

enum recovery_result {
	RECOVERY_UNKNOWN = 0, /* could not verify */
	RECOVERY_VERIFIED,
	RECOVERY_FAILED,
};

/* A backup together with what proves that it restores. */
struct recovery_point {
	struct str resource; /* identity or title of what it can bring back; matched against change.identity and title */
	enum recovery_result result;
	int64_t taken_us, verified_us, proven_us; /* 0 never */
	bool same_blast_radius; /* in the account, state or plan of what dies */
	struct str radius_why; /* why that is so, for people; STR_NONE: it is not, or nobody said */
	struct str radius_helps; /* what puts it elsewhere, for people; STR_NONE: nobody said */
	struct str note;
	struct str target, user; /* who takes a fresh one: the target's name, and the vault's user where it has one; may be STR_NONE */
	int64_t fresh_s; /* the owner lets one be taken before a person is asked, for so long at most; 0: no. Not in its JSON. */
	struct recovery_point *next;
};

/* Would another backup and drill help: it is no good, or not as young as ${within_s} wants (0: no matter)? */
bool recovery_stale(const struct recovery_point *p, int64_t now_us, int64_t within_s);

/* Something that was warned of before, or speaks for or against; shown on the card. */
struct evidence_note {
	struct str text;
	bool bad; /* red */
	struct evidence_note *next;
};

/* How well the asker and the approver are kept apart here. */
enum enforcement_level {
	ENFORCEMENT_UNKNOWN = 0,
	ENFORCEMENT_SAME_UID,  /* convenience, not a boundary */
	ENFORCEMENT_OTHER_UID, /* another unix user's key */
	ENFORCEMENT_HARDWARE,  /* a key that demands a touch */
};
struct str enforcement_name(enum enforcement_level l);

struct evidence {
	int64_t now_us;
	bool frozen; /* pawl freeze is on: nothing but a restore */
	struct str frozen_why;
	enum enforcement_level level;
	struct recovery_point *recovery;
	struct evidence_note *notes, *notes_last;
};

void evidence_note_add(struct evidence *e, struct arena *arena, bool bad, struct str text);
/* The digest that approvals bind to: over the notes, in order; not over now, nor over recovery points: those may get better, and are
 * weighed anew at each use, by the rules and by evidence_fallen(). */
struct digest evidence_digest(const struct evidence *e);
struct str recovery_result_name(enum recovery_result r); /* "verified", "failed", "could not verify" */
/* What ${shown} had of good recovery points and ${now} has no longer: one sentence, or STR_NONE. Newer ones and more of them are as
 * good; age alone is the rules' to judge. */
struct str evidence_fallen(const struct evidence *shown, const struct evidence *now, struct arena *arena);
/* As request_redact. */
void evidence_redact(struct evidence *e, struct arena *arena);
/* Whole, and back; an unknown member or value is an error. */
void evidence_to_json(const struct evidence *e, struct json_out *o);
bool evidence_from_json(const struct json *v, struct arena *arena, struct evidence *ret, struct err *err) PAWL_MUST_USE;

#endif
