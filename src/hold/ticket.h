/* ticket.h -- an approval as a file, for a pipeline's runner that verifies it offline.
 * Room: hold.
 * {"pawl_approval":1,"hold":"H-42","approvals":[{"statement":"…","signature":"…"}]}: all that counts is in the statements,
 * which are signed; the rest is for people.
 */
#ifndef PAWL_HOLD_TICKET_H
#define PAWL_HOLD_TICKET_H

#include "hold/book.h"

#define TICKET_MAX ((size_t)1 << 20)

/* The file's bytes for a hold with its approvals. */
void ticket_render(const struct book_hold *hold, struct buf *out);
/* A hold as it would stand in the ledger it came from, less what is not signed. Lives with ${arena}. */
bool ticket_parse(struct str bytes, struct arena *arena, struct book_hold *ret, struct err *err) PAWL_MUST_USE;

#endif
