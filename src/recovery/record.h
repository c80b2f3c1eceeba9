/* record.h -- a struct as JSON and back, by a table of its members: what manifests and points are written with.
 * Room: recovery. Pure.
 * One text for one value: members in the table's order, all of them, always. Reading is strict: a member that is missing, unknown, of
 * another type or out of range is an error that names its path ("files[1].digest").
 */
#ifndef PAWL_RECOVERY_RECORD_H
#define PAWL_RECOVERY_RECORD_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/json.h"

enum record_type {
	RECORD_TEXT = 1, /* struct str */
	RECORD_COUNT,	 /* uint64_t */
	RECORD_SMALL,	 /* unsigned */
	RECORD_TIME,	 /* int64_t, not negative */
	RECORD_FLAG,	 /* bool */
	RECORD_WORD,	 /* unsigned-sized enum, by words[] */
	RECORD_DIGEST,	 /* struct digest */
	RECORD_DIGESTS,	 /* struct digest *, with its size_t at `beside` */
	RECORD_STRUCT,	 /* another struct, in place */
	RECORD_LIST,	 /* pointer to the first of others, linked at their kind's `next` */
};

struct record_kind;

struct record_member {
	const char *name;
	enum record_type type;
	size_t offset, beside;
	const struct record_kind *kind; /* of RECORD_STRUCT and RECORD_LIST */
	const struct str *words;	/* of RECORD_WORD; those without bytes are no words */
	size_t n_words;
};

struct record_kind {
	const struct record_member *members;
	size_t n, size, next;
};

#define RECORD(struct_, member_, type_)                                                            \
	{                                                                                          \
		.name = #member_, .type = (type_), .offset = offsetof(struct_, member_)            \
	}
#define RECORD_OF(struct_, member_, type_, kind_)                                                  \
	{                                                                                          \
		.name = #member_, .type = (type_), .offset = offsetof(struct_, member_),           \
		.kind = (kind_)                                                                    \
	}
#define RECORD_WORDS(struct_, member_, words_)                                                     \
	{                                                                                          \
		.name = #member_, .type = RECORD_WORD, .offset = offsetof(struct_, member_),       \
		.words = (words_), .n_words = ARRAY_LEN(words_)                                    \
	}
#define RECORD_KIND(struct_, members_)                                                             \
	{                                                                                          \
		.members = (members_), .n = ARRAY_LEN(members_), .size = sizeof(struct_)           \
	}
#define RECORD_KIND_LISTED(struct_, members_)                                                      \
	{                                                                                          \
		.members = (members_), .n = ARRAY_LEN(members_), .size = sizeof(struct_),          \
		.next = offsetof(struct_, next)                                                    \
	}

/* STR_NONE with ${err} when the arena is full or a text is no UTF-8. */
struct str record_write(const struct record_kind *kind, const void *record, struct arena *arena,
			struct err *err);
/* ${file} for errors. *${ret} is filled, or untouched. */
bool record_read(const struct record_kind *kind, struct str file, struct str json,
		 struct arena *arena, void *ret, struct err *err) PAWL_MUST_USE;

#endif
