/* alarm.h -- somebody tampered, or something is loud by nature: into the ledger once, and to whoever is paged.
 * Room: hold.
 */
#ifndef PAWL_HOLD_ALARM_H
#define PAWL_HOLD_ALARM_H

#include "hold/weigh.h"

/* An approval that cannot come about but by tampering. */
void alarm_approval(const struct hold_host *h, struct book *b, const struct book_hold *hold, const struct weighed *v, bool file);
void alarm_grant(const struct hold_host *h, struct book *b, const struct book_elevation *g, const char *why);
/* A row of the index says that a hold is approved, and the ledger has no approval of it (or, ${known} false, no such hold). */
void alarm_row(const struct hold_host *h, struct book *b, const char *id, bool known);
/* Does the index claim that holds of this request are approved when the ledger does not? */
void alarm_index(const struct hold_host *h, struct book *b, const struct digest *request);
/* Page only: "G-7 used: summary". */
void alarm_page(const struct hold_host *h, struct str id, struct str what, struct str text);

#endif
