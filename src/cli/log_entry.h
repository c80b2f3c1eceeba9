/* log_entry.h -- one entry of the ledger, as people and as programs read it.
 * Room: cli.
 */
#ifndef PAWL_CLI_LOG_ENTRY_H
#define PAWL_CLI_LOG_ENTRY_H

#include "ledger/ledger.h"

/* A line: seq, time, kind, what it says. Nothing in it can steer a terminal. */
void log_entry_line(const struct ledger_entry *e, bool colour, unsigned width, struct buf *out);
/* One JSON object: seq, time, time_us, kind, chain, body. */
void log_entry_json(const struct ledger_entry *e, struct json_out *o);
/* One OCSF event (1.3.0), class API Activity: docs/ledger.md says what goes where. */
void log_entry_ocsf(const struct ledger_entry *e, struct json_out *o);

#endif
