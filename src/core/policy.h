/* policy.h -- what the owner of a project allows, holds and denies.
 * Room: core. Pure: no I/O, no clock, no memory but the caller's arena (libyaml, which parses, keeps its own).
 * Layers: built-in preset, machine (/etc/pawl/policy.yaml), user ($XDG_CONFIG_HOME/pawl/policy.yaml), project
 * (pawl.yaml). Every layer gives its strictest match or no opinion; the strictest opinion of all wins; no opinion is
 * hold. A project's file is untrusted: it may only tighten. Where it says `allow`, that is no opinion; where it names an
 * environment, it may only name production; its approvers count only where no layer above names any; what it says of
 * notifications and same_uid is refused. docs/policy.md has every key.
 * A struct policy comes only from policy_load.
 */
#ifndef PAWL_CORE_POLICY_H
#define PAWL_CORE_POLICY_H

#include "base/arena.h"
#include "base/err.h"
#include "core/change.h"
#include "core/evidence.h"
#include "core/request.h"
#include "core/verdict.h"

#define POLICY_MAX_BYTES ((size_t)1 << 20)
#define POLICY_MAX_RULES 4096

enum policy_layer {
	POLICY_PRESET = 1,
	POLICY_MACHINE,
	POLICY_USER,
	POLICY_PROJECT,
};

/* How a person must say yes. */
enum policy_confirm {
	CONFIRM_PLAIN = 0, /* a plain yes */
	CONFIRM_TYPED,	   /* types the name of what dies */
};

struct str_list {
	struct str item;
	struct str_list *next;
};

/* What a held request needs before it may pass: the union of what all rules that held it demand. */
struct demands {
	enum policy_confirm confirm;
	unsigned approvals;    /* how many different people; at least 1 */
	struct str_list *roles; /* each approver must have one of these names or roles; NULL: any approver */
	int64_t cool_off_s;    /* between hold and approval */
	int64_t expires_s;     /* life of the grant */
	int64_t recovery_verified_within_s; /* 0: not demanded */
	int64_t recovery_proven_within_s;
	bool has_hours; /* allowed only in these hours, UTC */
	unsigned from_minute, to_minute; /* of the day */
	unsigned weekdays; /* bit 0 Sunday */
};

/* Names of environments are free; what matters is whether it is protected. */
enum environment_kind {
	ENVIRONMENT_PRODUCTION = 0, /* also: not named by anybody */
	ENVIRONMENT_STAGING,
	ENVIRONMENT_SCRATCH,
};

struct environment {
	struct str name; /* "production" when nobody named it */
	enum environment_kind kind;
	bool named; /* false: nobody did, so it counts as production */
	struct str because; /* "unnamed", or "FILE:LINE" */
};

struct approver {
	struct str name;
	struct str_list *roles;
	struct str key; /* "ssh-ed25519 AAAA…", or STR_NONE: looked up in the allowed-signers file */
	struct approver *next;
};

enum notify_kind { NOTIFY_COMMAND = 1, NOTIFY_WEBHOOK, NOTIFY_SENDMAIL };
struct notify {
	enum notify_kind kind;
	struct str target; /* URL, mail address */
	struct str_list *argv; /* of a command */
	struct notify *next;
};

/* A case written beside the rules; `pawl policy test` judges it. */
struct policy_case {
	struct str name, file;
	unsigned line;
	struct request request;
	struct evidence evidence;
	enum verdict expect;
	struct str rule; /* expected behind the verdict; STR_NONE: any */
	struct policy_case *next;
};

/* How much of what discards would lose is kept, and how long (docs/undo.md). */
struct policy_keep {
	uint64_t item_bytes, total_bytes, files;
	int64_t age_s;
};

struct policy; /* opaque: policy.c */

struct policy_source {
	enum policy_layer layer;
	struct str path; /* shown in errors and explanations */
	struct str text;
};

/**
 * policy_load(sources, n, arena, ret_policy, err):
 * Compile the YAML sources, in any order of layers, into *${ret_policy}. False, with ${err} naming file, line and column
 * and what to do, if one is no policy. A preset is taken from the machine's or user's `preset:`, the stricter of the two (else "solo"),
 * and the project's beside it where that is stricter.
 * Owns:  *ret_policy lives and dies with ${arena}; texts and paths must outlive it.
 * Units: durations in the text carry their unit ("24h"); in structs they are seconds.
 * Cost:  linear in the texts; at most POLICY_MAX_RULES rules and POLICY_MAX_BYTES bytes each.
 */
bool policy_load(const struct policy_source *sources, size_t n, struct arena *arena,
		 const struct policy **ret_policy, struct err *err) PAWL_MUST_USE;

/* The environment a place (and a change's own tag, which may be STR_NONE) belongs to. The most protected match wins. */
struct environment policy_environment(const struct policy *p, const struct place *place, struct str tag);
/* Does any layer name it, or is it "production", "staging" or "scratch"? */
bool policy_environment_known(const struct policy *p, struct str name);
/* The environment of that name; false when policy_environment_known says so. */
bool policy_environment_named(const struct policy *p, struct str name, struct environment *ret) PAWL_MUST_USE;

const struct approver *policy_approvers(const struct policy *p);
const struct notify *policy_notify(const struct policy *p);
/* Cap in bytes on a plan's JSON; 1 GiB unless the policy says less. */
uint64_t policy_plan_cap(const struct policy *p);
struct policy_keep policy_keep(const struct policy *p); /* NULL: the usual */
/* Names of built-in presets: "solo", "team", "strict"; NULL past the end. And their text. */
const char *policy_preset_name(size_t i);
struct str policy_preset_text(struct str name);
struct str policy_preset(const struct policy *p); /* the strictest in force */
size_t policy_rule_count(const struct policy *p); /* in force, with the preset's */
/* Of all layers but the preset, in order. */
const struct policy_case *policy_cases(const struct policy *p);
/* "FILE:LINE: …": what a file says that has no effect, such as a project's allow. */
const struct str_list *policy_warnings(const struct policy *p);
/* SHA-256 over all sources in order: which policy was in force. */
struct digest policy_digest(const struct policy *p);
/* May someone stand on plain keys readable under the asker's uid? solo: yes, flagged; team and strict: no. */
bool policy_allows_same_uid(const struct policy *p);

#endif
