/* change.h -- one thing a request would do to one resource.
 * Room: core. Pure. Readers make changes, the judge weighs them, the card shows them.
 */
#ifndef PAWL_CORE_CHANGE_H
#define PAWL_CORE_CHANGE_H

#include "core/place.h"

/* What is done. Order is no strictness; policy decides. Zero is "nobody said": judged as opaque. */
enum change_kind {
	CHANGE_UNSET = 0,
	CHANGE_READ,
	CHANGE_CREATE,
	CHANGE_UPDATE,
	CHANGE_DELETE,
	CHANGE_REPLACE,
	CHANGE_FORGET,	       /* leaves pawl's or terraform's sight, lives on in the cloud */
	CHANGE_DESTROY_BACKUP, /* what could have brought data back */
	CHANGE_WEAKEN_PROTECTION,
	CHANGE_PERMISSIONS,
	CHANGE_STATE_IDENTITY, /* the record of what exists is not the one it was, or not known */
	CHANGE_REWRITE_HISTORY,
	CHANGE_EXPOSE_SECRET,
	CHANGE_OPAQUE, /* not understood; reason says why */
	CHANGE_KIND_COUNT
};

enum reversibility {
	REVERSIBLE_UNKNOWN = 0,
	REVERSIBLE_YES,
	REVERSIBLE_WINDOW, /* until when and by what: change.window */
	REVERSIBLE_NO,
	REVERSIBLE_COUNT
};

/* Does the resource hold data that exists nowhere else? Unknown counts as yes. */
enum holds_data {
	HOLDS_DATA_UNKNOWN = 0,
	HOLDS_DATA_YES,
	HOLDS_DATA_NO,
	HOLDS_DATA_COUNT
};

/* One more thing that goes when this goes: "automated backups (7 days)", "aws_subnet.public[0]". */
struct change_casualty {
	struct str what;
	struct change_casualty *next;
};

struct change {
	enum change_kind kind;
	enum reversibility reversible;
	enum holds_data holds_data;
	struct str type;     /* resource type: "aws_db_instance"; for findings "terraform_state" */
	struct str name;     /* address: "aws_db_instance.db"; for findings the state or folder */
	struct str identity; /* in the cloud: ARN, or id */
	struct str title;    /* the name a person knows it by and types: "courses-prod-db"; else STR_NONE */
	struct str environment; /* name of the environment it is in; STR_NONE until named by the policy */
	struct str tag_environment; /* its own environment tag or label, where it has one */
	struct str account, region; /* where known */
	const struct place *place; /* where this acts, when it is not where the request does; else NULL */
	/* Stable code of a finding, e.g. "state.blank-slate", "protection.retention-zero"; STR_NONE for a plain change. */
	struct str finding;
	struct str reason;   /* one sentence: what it is and why it matters */
	struct str window;   /* for REVERSIBLE_WINDOW */
	struct str forced_by; /* for a replacement: the attribute path that forces it; "requested" for -replace */
	struct str safer;    /* what to do instead; may be STR_NONE */
	struct change_casualty *dies_with, *dies_with_last;
	size_t n_dies_with;
	uint64_t rows; /* rows lost; 0 unknown or none */
};

/* A growing list in an arena: chunks, never moved. */
#define CHANGE_CHUNK 16
struct change_chunk {
	struct change_chunk *next;
	size_t n;
	struct change item[CHANGE_CHUNK];
};
struct change_list {
	struct change_chunk *first, *last;
	size_t n;
};

/* A zeroed change at the end of the list; NULL when the arena is full. */
struct change *change_add(struct change_list *l, struct arena *arena);
/* The i-th, or NULL. Linear in chunks. */
struct change *change_nth(const struct change_list *l, size_t i);
/* Take secrets out of what approvals are about: type, name, identity, title, tags, place. */
void change_redact(struct change *c, struct arena *arena);
void change_dies_with(struct change *c, struct arena *arena, struct str what);

#define CHANGE_EACH(it, list)                                                                      \
	for (struct change_chunk *it##_chunk = (list)->first; it##_chunk;                          \
	     it##_chunk = it##_chunk->next)                                                        \
		for (struct change *it = it##_chunk->item; it < it##_chunk->item + it##_chunk->n; it++)

/* Words as in policy files and JSON: "weaken-protection"; "unset" for CHANGE_UNSET. */
struct str change_kind_name(enum change_kind kind);
/* The same as a person says it, before the name of what it is done to: "weaken the protection of". */
struct str change_words(const struct change *c);
bool change_kind_from(struct str name, enum change_kind *ret_kind) PAWL_MUST_USE;
struct str reversibility_name(enum reversibility r);
bool reversibility_from(struct str name, enum reversibility *ret_r) PAWL_MUST_USE;
struct str holds_data_name(enum holds_data h);
bool holds_data_from(struct str name, enum holds_data *ret_h) PAWL_MUST_USE;

/* Does it take something away that may not come back: delete, replace, destroy-backup, weaken-protection…,
 * and not certainly reversible or free of data? This is what "irreversible" means on cards and in presets. */
bool change_is_destructive(const struct change *c);

/* One change as JSON and back; every field, stable names. For cases, `--json`, ledger, and the store. */
void change_to_json(const struct change *c, struct json_out *o);
bool change_from_json(const struct json *v, struct arena *arena, struct change *ret, struct err *err) PAWL_MUST_USE;

#endif
