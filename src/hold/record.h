/* record.h -- what was held, whole, as it was shown: request, judgement and evidence, in the ledger or beside it.
 * Room: hold.
 * A small one stands in its "hold.opened" entry as "document"; a large one is the file STATE/holds/DIGEST.json, and the entry
 * has its SHA-256 as "document_sha256". Either way it is only shown: what is approved is bound by the statement.
 */
#ifndef PAWL_HOLD_RECORD_H
#define PAWL_HOLD_RECORD_H

#include "hold/hold.h"

/* Add "document" or "document_sha256" to an open object; the file, if any, is on disk before this returns. */
bool record_put(const char *state_dir, const struct hold_request *q, const char *request_hex, struct json_out *o,
		struct err *err) PAWL_MUST_USE;

struct record {
	struct request request;
	struct evidence evidence;
	struct str reason, missing, typed_name; /* as judged when it was opened */
};

/* Read back what hold ${seq} was opened with; false when it is damaged or is not what its digest says. */
bool record_get(const struct hold_host *h, uint64_t seq, struct arena *arena, struct record *ret, struct err *err) PAWL_MUST_USE;
/* From a document's JSON alone. */
bool record_from_json(const struct json *document, struct arena *arena, struct record *ret, struct err *err) PAWL_MUST_USE;
/* The document as JSON text. */
void record_to_json(const struct hold_request *q, struct json_out *o);

#endif
