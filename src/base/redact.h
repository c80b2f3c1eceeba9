/* redact.h -- secrets out of what is to be written down.
 * Room: base. Pure.
 * Taken out: access key ids of AWS, values behind names that say they are secret (password=, token:, --secret x, JSON
 * members of such names), passwords in URLs, tokens known by their prefix, JSON web tokens, private keys in PEM.
 * It errs on the side of taking out. Signed texts are left alone (members "statement", "signature"): to change them would
 * void them, and whoever signs sees them first.
 */
#ifndef PAWL_BASE_REDACT_H
#define PAWL_BASE_REDACT_H

#include "base/arena.h"
#include "base/buf.h"

#define REDACT_WORD "[redacted]"

/* Append ${json} with secrets replaced; true when anything was. Well-formed JSON stays so. */
bool redact_json(struct str json, struct buf *out);
/* The same for a text. In escaped text (inside JSON) a backslash and what follows it count as one. */
bool redact_text(struct str text, struct buf *out);

/* ${s} as redact_json leaves it where it is the value of a member: redacting what was made of it again changes nothing, so digests over
 * it are those of what will be written down. ${s} itself when there is nothing to take out; what cannot be looked at (larger than
 * REDACT_STR_MAX, arena full) is taken out whole. */
#define REDACT_STR_MAX ((size_t)1 << 20)
struct str redact_str(struct str s, struct arena *arena);

#endif
