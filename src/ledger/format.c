#include "ledger/format.h"

#include <endian.h>

static const uint8_t segment_magic[8] = { 'P', 'A', 'W', 'L', 'S', 'E', 'G', '1' };
/* 0xff is in no UTF-8 text, so no body can hold these two. */
static const uint8_t batch_magic[8] = { 0xff, 'P', 'A', 'W', 'L', 'B', '1', 0xff };
static const uint8_t mark_magic[8] = { 0xff, 'P', 'A', 'W', 'L', 'O', 'K', 0xff };

static void put32(uint8_t *p, uint64_t v)
{
	uint32_t le = htole32((uint32_t)v);

	memcpy(p, &le, sizeof(le));
}

static void put64(uint8_t *p, uint64_t v)
{
	uint64_t le = htole64(v);

	memcpy(p, &le, sizeof(le));
}

static uint32_t get32(const uint8_t *p)
{
	uint32_t le;

	memcpy(&le, p, sizeof(le));
	return le32toh(le);
}

static uint64_t get64(const uint8_t *p)
{
	uint64_t le;

	memcpy(&le, p, sizeof(le));
	return le64toh(le);
}

bool format_zero(const uint8_t *p, size_t n)
{
	return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

/* --- segment --- */

void format_put_segment(const struct format_segment *s, uint8_t ret_head[FORMAT_SEGMENT_HEAD])
{
	struct digest check;

	memset(ret_head, 0, FORMAT_SEGMENT_HEAD);
	memcpy(ret_head, segment_magic, sizeof(segment_magic));
	put32(ret_head + 8, 1);
	put32(ret_head + 12, FORMAT_SEGMENT_HEAD);
	put64(ret_head + 16, s->number);
	put64(ret_head + 24, s->first_seq);
	memcpy(ret_head + 32, s->before.b, DIGEST_LEN);
	memcpy(ret_head + 64, s->id, FORMAT_ID_LEN);
	put64(ret_head + 80, (uint64_t)s->made_us);
	check = digest_of(ret_head, 96);
	memcpy(ret_head + 96, check.b, DIGEST_LEN);
}

bool format_get_segment(const uint8_t *p, size_t n, struct format_segment *ret)
{
	struct digest check;

	if (n < FORMAT_SEGMENT_HEAD || memcmp(p, segment_magic, sizeof(segment_magic)) != 0 || get32(p + 8) != 1 ||
	    get32(p + 12) != FORMAT_SEGMENT_HEAD)
		return false;
	check = digest_of(p, 96);
	if (memcmp(check.b, p + 96, DIGEST_LEN) != 0)
		return false;
	ret->number = get64(p + 16);
	ret->first_seq = get64(p + 24);
	memcpy(ret->before.b, p + 32, DIGEST_LEN);
	memcpy(ret->id, p + 64, FORMAT_ID_LEN);
	ret->made_us = (int64_t)get64(p + 80);
	return ret->number > 0 && ret->first_seq > 0;
}

struct digest format_genesis(const uint8_t id[FORMAT_ID_LEN])
{
	static const char text[] = "pawl ledger 1\n";
	struct digest_run r;

	digest_begin(&r);
	digest_add(&r, text, sizeof(text) - 1);
	digest_add(&r, id, FORMAT_ID_LEN);
	return digest_end(&r);
}

/* --- writing --- */

size_t format_entry_size(size_t kind_len, size_t body_len)
{
	return FORMAT_ENTRY_HEAD + kind_len + body_len + DIGEST_LEN;
}

static struct digest chain_of(const struct digest *before, const uint8_t *entry, size_t n)
{
	struct digest_run r;

	digest_begin(&r);
	digest_add(&r, before->b, DIGEST_LEN);
	digest_add(&r, entry, n);
	return digest_end(&r);
}

size_t format_put_entry(struct format_place *place, int64_t time_us, struct str kind, struct str body, uint8_t *ret_bytes)
{
	size_t size = format_entry_size(kind.len, body.len);

	memset(ret_bytes, 0, FORMAT_ENTRY_HEAD);
	put32(ret_bytes, size);
	put32(ret_bytes + 4, kind.len);
	put64(ret_bytes + 8, place->seq + 1);
	put64(ret_bytes + 16, (uint64_t)time_us);
	put32(ret_bytes + 24, body.len);
	memcpy(ret_bytes + FORMAT_ENTRY_HEAD, kind.ptr, kind.len);
	memcpy(ret_bytes + FORMAT_ENTRY_HEAD + kind.len, body.ptr, body.len);
	place->chain = chain_of(&place->chain, ret_bytes, size - DIGEST_LEN);
	place->seq++;
	memcpy(ret_bytes + size - DIGEST_LEN, place->chain.b, DIGEST_LEN);
	return size;
}

size_t format_batch_size(size_t entries_len)
{
	size_t size = FORMAT_BATCH_HEAD + entries_len;

	return (size + FORMAT_ALIGN - 1) / FORMAT_ALIGN * FORMAT_ALIGN;
}

void format_put_batch(uint8_t *batch, size_t size, const struct format_place *from, const struct format_place *to)
{
	memset(batch, 0, FORMAT_BATCH_HEAD);
	memcpy(batch, batch_magic, sizeof(batch_magic));
	put32(batch + 8, size);
	put32(batch + 12, to->seq - from->seq);
	put64(batch + 16, from->seq + 1);
	memcpy(batch + 32, from->chain.b, DIGEST_LEN);
	memcpy(batch + 64, to->chain.b, DIGEST_LEN);
}

void format_put_mark(const struct digest *chain, uint8_t ret_mark[FORMAT_MARK])
{
	memcpy(ret_mark, mark_magic, sizeof(mark_magic));
	memcpy(ret_mark + 8, chain->b, 8);
}

/* --- reading --- */

/* NULL when the head fits the place it stands at; otherwise what is wrong with it. */
static const char *read_head(const uint8_t *p, size_t room, const struct format_place *from, struct format_batch *b)
{
	if (room < FORMAT_BATCH_HEAD || memcmp(p, batch_magic, sizeof(batch_magic)) != 0)
		return "no batch begins here";
	b->size = get32(p + 8);
	b->count = get32(p + 12);
	memcpy(b->next.chain.b, p + 64, DIGEST_LEN);
	b->next.at = b->at + b->size + FORMAT_MARK;
	b->next.seq = from->seq + b->count;
	if (b->size > room || b->size > FORMAT_MAX_BATCH || b->size % FORMAT_ALIGN || b->count == 0)
		return "the batch has no possible size";
	if (get64(p + 16) != from->seq + 1)
		return "the batch has not the number that is due";
	if (memcmp(p + 32, from->chain.b, DIGEST_LEN) != 0)
		return "the batch does not follow the entry before it";
	return format_zero(p + 24, 8) ? NULL : "bytes that must be zero are not";
}

static const char *read_entry(const uint8_t *p, size_t room, struct format_place *place)
{
	size_t size, kind, body;
	struct digest chain;

	if (room < FORMAT_ENTRY_HEAD + DIGEST_LEN)
		return "the entry is cut off";
	size = get32(p);
	kind = get32(p + 4);
	body = get32(p + 24);
	if (size > room || kind == 0 || kind > FORMAT_MAX_KIND || body > LEDGER_MAX_ENTRY ||
	    size != format_entry_size(kind, body))
		return "the entry has no possible size";
	if (get64(p + 8) != place->seq + 1)
		return "the entry has not the number that is due";
	chain = chain_of(&place->chain, p, size - DIGEST_LEN);
	if (memcmp(chain.b, p + size - DIGEST_LEN, DIGEST_LEN) != 0)
		return "the entry is not what its chain says";
	place->chain = chain;
	place->seq++;
	place->at += size;
	return NULL;
}

static const char *read_entries(const uint8_t *bytes, const struct format_place *from, struct format_batch *b)
{
	struct format_place place = { b->at + FORMAT_BATCH_HEAD, from->seq, from->chain };
	size_t end = b->at + b->size;
	const char *why = NULL;

	for (uint64_t i = 0; !why && i < b->count; i++)
		why = read_entry(bytes + place.at, end - place.at, &place);
	if (!why && (end - place.at >= FORMAT_ALIGN || !format_zero(bytes + place.at, end - place.at)))
		why = "bytes that must be zero are not";
	if (!why && !digest_eq(&place.chain, &b->next.chain))
		why = "the batch's head does not agree with its last entry";
	b->bad_seq = place.seq + 1;
	b->bad_at = place.at;
	return why;
}

/* Does anything from ${at} on prove that what stands before it was acknowledged? */
static bool went_on(const uint8_t *bytes, size_t n, size_t at)
{
	for (size_t i = at + FORMAT_ALIGN; i + FORMAT_MARK <= n; i += FORMAT_ALIGN) {
		if (memcmp(bytes + i, mark_magic, sizeof(mark_magic)) == 0 ||
		    memcmp(bytes + i, batch_magic, sizeof(batch_magic)) == 0)
			return true;
	}
	return false;
}

/* A mark that was cut in writing: its beginning, then zeros. */
static bool begun(const uint8_t *p, const uint8_t *mark, size_t n)
{
	size_t same = 0;

	while (same < n && p[same] == mark[same])
		same++;
	return format_zero(p + same, n - same);
}

static enum format_look look_at_mark(const uint8_t *bytes, size_t n, struct format_batch *b)
{
	size_t at = b->at + b->size, room = n - at < FORMAT_MARK ? n - at : FORMAT_MARK;
	uint8_t mark[FORMAT_MARK];

	format_put_mark(&b->next.chain, mark);
	if (room == FORMAT_MARK && memcmp(bytes + at, mark, FORMAT_MARK) == 0)
		return FORMAT_BATCH;
	if (begun(bytes + at, mark, room))
		return FORMAT_UNMARKED;
	b->bad_seq = b->next.seq;
	b->bad_at = at;
	b->why = "the mark behind the batch is damaged";
	return FORMAT_DAMAGED;
}

enum format_look format_look(const uint8_t *bytes, size_t n, const struct format_place *from, bool deep,
			     struct format_batch *ret)
{
	*ret = (struct format_batch){ .at = from->at, .bad_at = from->at, .bad_seq = from->seq + 1, .next = *from };
	if (from->at >= n || format_zero(bytes + from->at, n - from->at))
		return FORMAT_END;
	ret->why = read_head(bytes + from->at, n - from->at, from, ret);
	if (!ret->why && deep)
		ret->why = read_entries(bytes, from, ret);
	if (!ret->why)
		return look_at_mark(bytes, n, ret);
	return went_on(bytes, n, from->at) ? FORMAT_DAMAGED : FORMAT_TORN;
}

struct ledger_entry format_get_entry(const uint8_t *bytes, size_t *at)
{
	const uint8_t *p = bytes + *at;
	size_t size = get32(p), kind = get32(p + 4), body = get32(p + 24);
	struct ledger_entry e = { .seq = get64(p + 8), .time_us = (int64_t)get64(p + 16) };
	const char *text = (const char *)p + FORMAT_ENTRY_HEAD;

	e.kind = (struct str){ text, kind };
	e.body = (struct str){ text + kind, body };
	memcpy(e.chain.b, p + size - DIGEST_LEN, DIGEST_LEN);
	*at += size;
	return e;
}
