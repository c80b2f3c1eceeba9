/* statement.h -- the text a person signs: versioned, canonical, readable.
 * Room: hold. Pure.
 * One line a field, "name: value", in the order of the table in statement.c, first line "pawl statement 1". Bytes outside
 * printable ASCII, and the backslash, are written \xNN. A text that statement_parse takes renders to exactly the same bytes,
 * so there is one text for one meaning. docs/approvals.md shows one.
 */
#ifndef PAWL_HOLD_STATEMENT_H
#define PAWL_HOLD_STATEMENT_H

#include "core/request.h"

#define STATEMENT_MAX ((size_t)32768)

enum statement_kind {
	STATEMENT_NONE = 0,
	STATEMENT_APPROVAL = 1,	   /* of one hold */
	STATEMENT_ELEVATION = 2,   /* a scope for a time */
	STATEMENT_BREAK_GLASS = 4, /* everything, for a short time, loudly */
	STATEMENT_UNFREEZE = 8,	   /* the end of one freeze */
};

/* STR_NONE: the field is empty. Which fields a kind has is in the table; others are STR_NONE and not written. */
struct statement {
	enum statement_kind kind;
	/* approval: which hold, and every byte of what it is about */
	struct str hold, opened; /* "H-42" and the time of its entry: ids of two ledgers may be alike */
	struct str freeze; /* unfreeze: seq of the freeze's entry; its time is in opened */
	struct str asker;		  /* name of the principal who asked */
	struct str request, bytes, changes; /* hex digests */
	struct str gate, tool;
	struct binding binding;
	struct str typed; /* what the person typed: the name of what dies, or "yes" */
	/* elevation, break-glass */
	struct str nonce; /* 32 hex digits: one signature, one elevation */
	struct str scope; /* "environment/type/kind", blank between several */
	struct str reason;
	/* all: who, where, when */
	struct str approver, key, host, uid;
	struct str signed_at, expires; /* RFC 3339, UTC */
};

/* The text; out->failed when it is larger than STATEMENT_MAX. */
void statement_render(const struct statement *s, struct buf *out);
/* False, naming the line, when the bytes are no statement or not its canonical form. Strings live with ${arena}. */
bool statement_parse(struct str text, struct arena *arena, struct statement *ret, struct err *err) PAWL_MUST_USE;
struct str statement_kind_name(enum statement_kind k);

/* Fill what an approval takes from the request: digests, gate, tool, binding. Hex texts live with ${arena}. */
void statement_bind(struct statement *s, const struct request *r, struct arena *arena);
/**
 * statement_binds(s, r, arena, err):
 * Does the approval ${s} speak of exactly this request? False with the first field that differs, by name and both values.
 */
bool statement_binds(const struct statement *s, const struct request *r, struct arena *arena, struct err *err) PAWL_MUST_USE;

/* Over kind, type, name, identity, title, finding and reversibility of each change, in order: what the card listed. */
struct digest statement_changes(const struct change_list *l);

#endif
