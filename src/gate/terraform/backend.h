/* backend.h -- where a folder's state is, and the override that makes a copy of the folder use the same place.
 * Room: gate/terraform. Not pure.
 */
#ifndef PAWL_GATE_TERRAFORM_BACKEND_H
#define PAWL_GATE_TERRAFORM_BACKEND_H

#include "base/buf.h"
#include "base/err.h"

/* Read last of all override files, so that it wins. */
#define BACKEND_TYPE_MAX 64
#define BACKEND_OVERRIDE "zzzzzzzz_pawl_override.tf.json"

/**
 * backend_override(original, data, ret_type, out, err):
 * Into ${out} the override file for a copy of the root module ${original}, whose data folder (.terraform) is ${data}: the
 * settings terraform recorded at init, with the paths of a local backend made absolute; no record is a local backend in
 * the folder. False for backends whose runs do not happen here (cloud, remote).
 */
bool backend_override(const char *original, const char *data, char ret_type[BACKEND_TYPE_MAX], struct buf *out,
		      struct err *err) PAWL_MUST_USE;

#endif
