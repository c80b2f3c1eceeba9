/* format.h -- the ledger's bytes: segment head, batch, entry, mark. docs/ledger.md says the same in words.
 * Room: ledger. Pure: bytes in, answers out; integers are little-endian.
 *
 * A segment is a head and then batches, back to back, each at a multiple of 16; behind the last come zeros. One batch is one
 * durable write. Behind a batch stands a mark, written once the batch is known to be on disk: so a damaged batch without a
 * mark, at the end, is an unfinished write that nobody was told of; a damaged batch with a mark is damage.
 */
#ifndef PAWL_LEDGER_FORMAT_H
#define PAWL_LEDGER_FORMAT_H

#include "base/digest.h"
#include "ledger/ledger.h"

#define FORMAT_SEGMENT_HEAD ((size_t)128)
#define FORMAT_BATCH_HEAD ((size_t)96)
#define FORMAT_ENTRY_HEAD ((size_t)32)
#define FORMAT_MARK ((size_t)16)
#define FORMAT_ALIGN ((size_t)16)
#define FORMAT_ID_LEN 16
#define FORMAT_MAX_KIND ((size_t)64)
#define FORMAT_MAX_BATCH ((size_t)8 << 20)

struct format_segment {
	uint64_t number;      /* from 1 */
	uint64_t first_seq;   /* of the entry that comes first in it */
	struct digest before; /* chain of the entry before that; of entry 0: format_genesis */
	uint8_t id[FORMAT_ID_LEN]; /* of the whole ledger, random */
	int64_t made_us;
};

void format_put_segment(const struct format_segment *s, uint8_t ret_head[FORMAT_SEGMENT_HEAD]);
bool format_get_segment(const uint8_t *p, size_t n, struct format_segment *ret) PAWL_MUST_USE;
/* The chain before the first entry. */
struct digest format_genesis(const uint8_t id[FORMAT_ID_LEN]);

/* Where the next batch begins, and the entry before it. */
struct format_place {
	size_t at;
	uint64_t seq;
	struct digest chain;
};

/* --- writing --- */

/* Bytes that an entry takes. */
size_t format_entry_size(size_t kind_len, size_t body_len);
/* Write the entry behind ${place->seq}, and step ${place}'s seq and chain (not its at). Yields the bytes written. */
size_t format_put_entry(struct format_place *place, int64_t time_us, struct str kind, struct str body, uint8_t *ret_bytes);
/* Bytes of a batch of that many bytes of entries, padding included, mark not. */
size_t format_batch_size(size_t entries_len);
/* Fill the head in front of entries that are already there, between the places ${from} and ${to}. */
void format_put_batch(uint8_t *batch, size_t size, const struct format_place *from, const struct format_place *to);
void format_put_mark(const struct digest *chain, uint8_t ret_mark[FORMAT_MARK]);

/* --- reading --- */

enum format_look {
	FORMAT_END = 1,	 /* nothing but zeros from here on */
	FORMAT_BATCH,	 /* a good batch with its mark */
	FORMAT_UNMARKED, /* a good batch; its mark is not there or not finished */
	FORMAT_TORN,	 /* an unfinished write: nobody was told of it */
	FORMAT_DAMAGED,	 /* acknowledged bytes are not what they were */
};

struct format_batch {
	size_t at, size; /* without the mark */
	uint64_t count;
	uint64_t bad_seq; /* FORMAT_DAMAGED: the first entry that is not right, or that should stand there */
	size_t bad_at;
	const char *why;
	struct format_place next;
};

/**
 * format_look(bytes, n, from, deep, ret):
 * What stands at ${from}. ${deep}: every entry's chain is computed; else only the head is compared with the place.
 * Always fills *${ret} as far as it is known.
 */
enum format_look format_look(const uint8_t *bytes, size_t n, const struct format_place *from, bool deep,
			     struct format_batch *ret);

/* Entry at ${*at} inside a batch that format_look found good; steps ${*at}. Strings point into ${bytes}. */
struct ledger_entry format_get_entry(const uint8_t *bytes, size_t *at);

/* Are all these bytes zero? */
bool format_zero(const uint8_t *p, size_t n);

#endif
