/* plan.h -- Terraform's and OpenTofu's plan JSON (`show -json`, format 1.x) as changes. Streams.
 * Room: read. Pure and total: any bytes give changes, at worst one CHANGE_OPAQUE with a reason.
 * Format: https://developer.hashicorp.com/terraform/internals/json-format; action shapes and the traps are in
 * docs/terraform.md.
 */
#ifndef PAWL_READ_PLAN_H
#define PAWL_READ_PLAN_H

#include "base/json.h"
#include "core/request.h"

#define PLAN_MAX_BYTES ((uint64_t)2 << 30) /* when opts say nothing */
#define PLAN_MAX_TEXT ((size_t)16 << 20)   /* one string in it */
/* The arena to give: address space, touched only as far as the plan needs. An element may take a quarter of it. */
#define PLAN_ARENA_BYTES ((size_t)1 << 30)

struct plan_summary {
	struct str format_version, terraform_version;
	bool complete, applyable, errored; /* as the plan says; complete and applyable default to true when absent */
	bool refresh_only;  /* drift only, no resource_changes */
	bool understood;    /* false: there is a CHANGE_OPAQUE that says why */
	size_t n_noop, n_read, n_create, n_update, n_delete, n_replace, n_forget, n_import, n_moved, n_drift, n_deferred;
	size_t n_drift_delete;
	size_t n_actions; /* action_invocations: each is listed as CHANGE_OPAQUE */
	size_t n_checks_failed;
	struct str account, region; /* off ARNs of what is in it; STR_NONE when they do not agree */
	struct str tag_environment; /* the one most resources carry */
	uint64_t bytes;
	struct request_bucket *buckets; /* of the state (prior_state), touched by the plan or not, or made by it */
};

/* A create whose name or identity can be looked for in the cloud, kept for `--live`. */
struct plan_create {
	struct str address, type, title;
	struct str tag_name; /* tags.Name */
	struct str region;
	struct plan_create *next;
};

struct plan_reader; /* opaque */

/* Sorted addresses. An address without instance keys stands for all its instances. */
struct str_set {
	const struct str *item;
	size_t n;
};

struct plan_opts {
	uint64_t max_bytes; /* cap; past it: one opaque change "larger than the cap"; 0: PLAN_MAX_BYTES */
	/* Addresses that the pin says carried prevent_destroy, and those that the plan's own configuration still protects.
	 * Either may be NULL: not known. */
	const struct str_set *pinned_prevent_destroy, *config_prevent_destroy;
};

/**
 * plan_reader_new(arena, opts):
 * NULL when the arena is full. All results live in ${arena}. ${opts} may be NULL and is copied; the sets it names must
 * outlive the reader. Whatever is begun must be ended.
 */
struct plan_reader *plan_reader_new(struct arena *arena, const struct plan_opts *opts);
/* The next bytes. After the first error further bytes are swallowed. */
void plan_reader_feed(struct plan_reader *r, struct str bytes);
/**
 * plan_reader_end(r, ret_summary, ret_creates):
 * Close; the list of changes (no-ops and reads are counted, not listed; relations between changes are worked out:
 * what dies with what, backups in the same plan as their source).
 * One address may give several changes: deleting aws_db_instance.db is a delete, and a destroy-backup of its automated
 * backups beside it. The plain change comes first; the others carry a finding.
 */
struct change_list plan_reader_end(struct plan_reader *r, struct plan_summary *ret_summary,
				   struct plan_create **ret_creates);

#endif
