/* str.h -- text as pointer and length, never NUL-terminated by contract.
 * Room: base. Pure. A struct str borrows; whoever made the bytes owns them.
 */
#ifndef PAWL_BASE_STR_H
#define PAWL_BASE_STR_H

#include "base/base.h"

struct str {
	const char *ptr; /* may be NULL when len is 0 */
	size_t len;
};

/* A string literal as struct str; in initialisers of static tables use STR_INIT. */
#define STR(lit) ((struct str){ (lit), sizeof(lit) - 1 })
#define STR_INIT(lit) { (lit), sizeof(lit) - 1 }
#define STR_NONE ((struct str){ NULL, 0 })
/* For printf: printf("%.*s", STR_ARG(s)). */
#define STR_ARG(s) (int)((s).len), ((s).ptr ? (s).ptr : "")

struct str str_from(const char *cstr); /* NULL gives STR_NONE */
bool str_eq(struct str a, struct str b);
bool str_is(struct str a, const char *cstr);
/* <0, 0, >0 in byte order; a prefix sorts first. */
int str_cmp(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
/* Index of the first occurrence, or SIZE_MAX. */
size_t str_find(struct str s, struct str needle);
size_t str_find_char(struct str s, char c);
size_t str_rfind_char(struct str s, char c);
/* What stands behind the last slash: the whole where there is none. */
struct str str_base_name(struct str path);
/* ASCII only. */
bool str_eq_nocase(struct str a, struct str b);
struct str str_trim(struct str s);
/* The bytes from start, at most len of them; out of range gives what there is. */
struct str str_sub(struct str s, size_t start, size_t len);

/**
 * str_glob(pattern, s):
 * Does ${s} match ${pattern}? `*` is any run of bytes, `?` one byte, all else itself; no classes, no escapes.
 * Cost: at most len(pattern) × len(s) steps, no recursion.
 */
bool str_glob(struct str pattern, struct str s);

/* Decimal without sign or blanks, at most UINT64_MAX; false otherwise. */
bool str_to_u64(struct str s, uint64_t *ret_value) PAWL_MUST_USE;

/* Is every byte part of well-formed UTF-8 (no surrogates, no overlong forms)? */
bool str_is_utf8(struct str s);

/* Characters of UTF-8 text; in any other, bytes that do not continue one. */
size_t str_characters(struct str s);

/* FNV-1a, for tables in memory; no promise to the outside. */
uint64_t str_hash(struct str s);

#endif
