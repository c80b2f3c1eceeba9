/* terraform_types.h -- what is known of Terraform resource types: which hold data, what protects them, what can be undone.
 * Room: facts. Pure: rows, no logic beyond finding one. Generated from src/facts/terraform_types.tsv by
 * tools/gen_terraform_types.py; the TSV is the table people argue over, its header explains the columns.
 */
#ifndef PAWL_FACTS_TERRAFORM_TYPES_H
#define PAWL_FACTS_TERRAFORM_TYPES_H

#include "base/str.h"
#include "core/change.h"

/* attribute=value that makes loss worse or certain. Value words: a literal, "any", "lowered". */
struct terraform_hazard {
	struct str attribute; /* dotted: "point_in_time_recovery.enabled"; one-element lists are stepped into */
	struct str value;
};

/* What is a resource that names this one in an attribute? */
enum terraform_contains {
	TERRAFORM_REFERS = 0, /* a mere reference */
	TERRAFORM_INSIDE,     /* stands in it, goes with it */
	TERRAFORM_ENCRYPTED,  /* unreadable without it */
};

struct terraform_type {
	struct str provider;
	struct str type;
	enum holds_data holds_data;
	struct str protection_attribute, safe_value; /* safe_value "set": anything but empty */
	const struct terraform_hazard *hazards;
	size_t n_hazards;
	enum reversibility recoverable; /* when deleted: no, window, yes (made again from the configuration, nothing lost) */
	struct str window;
	/* The window exists only where this attribute has (not_equal: has not) this value before; attribute empty: always. */
	struct str recoverable_if, recoverable_value;
	bool recoverable_not_equal;
	bool is_backup; /* itself a backup of something else: deleting it is destroy-backup */
	struct str source_attribute; /* of a backup: the attribute naming what it backs up; STR_NONE */
	struct str title_attribute; /* the attribute a person knows it by: "identifier", "bucket"; STR_NONE: name, then id */
	enum terraform_contains contains;
	struct str protects; /* itself a protection: finding when it is deleted, "protection.versioning-suspended"; STR_NONE */
	/* Backups the service keeps by itself while this is a number above 0, or true; they go with it unless kept_if has kept_value. */
	struct str automated_backups, kept_if, kept_value;
	struct str note;   /* why, for people */
	struct str source; /* where the fact comes from */
};

/* The row of a type, or NULL. Binary search. */
const struct terraform_type *terraform_type_find(struct str type);
const struct terraform_type *terraform_type_nth(size_t i); /* NULL past the end */

#endif
