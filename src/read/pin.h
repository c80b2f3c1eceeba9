/* pin.h -- pawl.pin.yaml: the recorded identity of this repository's Terraform states.
 * Room: read. Pure. The file travels in the repository; one file holds several states, told apart by folder (relative to the file),
 * backend and workspace. Format: docs/identity.md.
 */
#ifndef PAWL_READ_PIN_H
#define PAWL_READ_PIN_H

#include "base/buf.h"
#include "read/known.h"

#define PIN_MAX_STATES 10000

/**
 * pin_read(file, text, arena, ret_first, err):
 * The states in the order of the file; `where` is "FILE:LINE". False with file, line and column for anything it does not know.
 */
bool pin_read(struct str file, struct str text, struct arena *arena, struct known **ret_first, struct err *err) PAWL_MUST_USE;

/* The same states give the same bytes; what pin_read took, written and read again, is the same. */
void pin_write(const struct known *first, struct buf *out);

/* The list with the state of ${k}'s place replaced by ${k}, or ${k} put at the end. */
struct known *pin_put(struct known *first, struct known *k);

#endif
