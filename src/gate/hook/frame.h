/* frame.h -- the child's answer on its way to the parent: whole and checked, or nothing.
 * Room: gate/hook. Pure.
 */
#ifndef PAWL_GATE_HOOK_FRAME_H
#define PAWL_GATE_HOOK_FRAME_H

#include "gate/hook/hook.h"

#define FRAME_MAGIC UINT64_C(0x70617765c3a16c21)

struct frame_head {
	uint64_t magic;
	uint32_t verdict;
	uint32_t exit;
	uint32_t out_len, err_len;
	uint64_t hash; /* of what follows: out, then err */
};

struct frame_view {
	struct str out, err;
	int exit;
};

/* Head of an answer. */
struct frame_head frame_head_of(enum verdict verdict, const struct hook_answer *a);
/* Bytes the whole frame should have by what has been read of it; 0: not known yet; SIZE_MAX: it is none. */
size_t frame_size(const char *bytes, size_t n, size_t max);
/* The answer in exactly one frame, fit for ${host}; false: refuse. */
bool frame_open(enum hook_host host, const char *bytes, size_t n, struct frame_view *ret) PAWL_MUST_USE;

#endif
