/* card.h -- what the person sees: the three answers, the blast radius, the exact bytes, the safer way.
 * Room: core. Pure. Text in, text out; colour is the caller's wish.
 */
#ifndef PAWL_CORE_CARD_H
#define PAWL_CORE_CARD_H

#include "core/judge.h"

struct card_style {
	bool colour;
	unsigned width; /* columns; 0: 100 */
	bool full; /* every change; else long groups end in "and 12 more (--full shows them)". Approving shows full. */
	struct str answered; /* what became of the hold, in place of the ways to answer it; STR_NONE: it waits */
	const struct evidence_note *before; /* said beside the evidence's own notes; no approval binds to them */
};

/**
 * card_text(request, judgement, evidence, hold, style, out):
 * The card. Top line: verdict, environment, one sentence. Then: 1 what does it touch (grouped by environment, what holds
 * data first, with what dies with it), 2 is it reversible, 3 is there a backup that was restored. Then findings in their own
 * words, what is missing in red, digests, enforcement level, the safer way, what to do next. Control, bidirectional and
 * zero-width characters in any name are shown escaped. ${hold} is "H-42" or STR_NONE.
 */
void card_text(const struct request *request, const struct judgement *judgement, const struct evidence *evidence,
	       struct str hold, const struct card_style *style, struct buf *out);
/* The same as one JSON object: {"verdict":…,"hold":…,"environment":…,"reason":…,"changes":[…],…}; documented in docs/json.md. */
void card_json(const struct request *request, const struct judgement *judgement, const struct evidence *evidence,
	       struct str hold, struct json_out *o);
/* ${s} made safe to show on a terminal. */
void card_escape(struct str s, struct buf *out);

#endif
