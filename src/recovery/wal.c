#include "recovery/wal.h"

#include <stdio.h>
#include <stdlib.h>

#include "recovery/physical.h"

/* --- names --- */

#define SLOT_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789_"

void wal_slot_name(struct str target, char ret[WAL_SLOT_MAX + 1])
{
	size_t n = (size_t)snprintf(ret, WAL_SLOT_MAX + 1, "pawl_%.*s", (int)(target.len < 50 ? target.len : 50), target.ptr);

	for (size_t i = 0; i < n; i++) {
		if (ret[i] >= 'A' && ret[i] <= 'Z')
			ret[i] = (char)(ret[i] - 'A' + 'a');
		else if (!strchr(SLOT_CHARACTERS, ret[i]))
			ret[i] = '_';
	}
}

bool wal_slot_good(struct str slot)
{
	for (size_t i = 0; i < slot.len; i++) {
		if (!slot.ptr[i] || !strchr(SLOT_CHARACTERS, slot.ptr[i]))
			return false;
	}
	return slot.len && slot.len <= WAL_SLOT_MAX;
}

struct str wal_target(struct str target, struct arena *arena)
{
	return arena_fmt(arena, "%.*s" WAL_ENDING, STR_ARG(target));
}

struct str wal_position(uint64_t at, struct arena *arena)
{
	return arena_fmt(arena, "%X/%X", (unsigned)(at >> 32), (unsigned)at);
}

struct str wal_id(const struct wal_piece *p, uint32_t random, struct arena *arena)
{
	return arena_fmt(arena, "%08X-%016llX-%016llX-%08x", (unsigned)p->timeline, (unsigned long long)p->from,
			 (unsigned long long)p->to, (unsigned)random);
}

static bool hex(struct str s, size_t at, size_t n, const char *digits, uint64_t *ret)
{
	uint64_t value = 0;

	for (size_t i = at; i < at + n; i++) {
		const char *d = s.ptr[i] ? strchr(digits, s.ptr[i]) : NULL;

		if (!d)
			return false;
		value = value << 4 | (uint64_t)(d - digits);
	}
	*ret = value;
	return true;
}

bool wal_id_read(struct str id, struct wal_piece *ret)
{
	static const char upper[] = "0123456789ABCDEF", lower[] = "0123456789abcdef";
	uint64_t timeline, from, to, random;

	if (id.len != 51 || id.ptr[8] != '-' || id.ptr[25] != '-' || id.ptr[42] != '-' || !hex(id, 0, 8, upper, &timeline) ||
	    !hex(id, 9, 16, upper, &from) || !hex(id, 26, 16, upper, &to) || !hex(id, 43, 8, lower, &random))
		return false;
	if (!timeline || from >= to || to - from > WAL_PIECE_MAX)
		return false;
	*ret = (struct wal_piece){ .timeline = (uint32_t)timeline, .from = from, .to = to, .id = id };
	return true;
}

/* --- what a piece says --- */

enum { SYSTEM, TIMELINE, FROM, TO, SEGMENT, ANSWERS };
static const char *const names[ANSWERS] = { WAL_BASE_SYSTEM, "timeline", "from", "to", "segment" };

bool wal_say(const struct wal_said *s, struct arena *arena, struct manifest *m)
{
	const struct str values[ANSWERS] = {
		s->system, arena_fmt(arena, "%u", (unsigned)s->piece.timeline), wal_position(s->piece.from, arena),
		wal_position(s->piece.to, arena), arena_fmt(arena, "%llu", (unsigned long long)s->segment),
	};
	struct manifest_invariant *first = ARENA_ARRAY(arena, ANSWERS, struct manifest_invariant);

	for (size_t i = 0; first && i < ANSWERS; i++) {
		if (!values[i].ptr)
			return false;
		first[i] = (struct manifest_invariant){ .name = str_from(names[i]), .sql = STR(""), .value = values[i],
							.next = i + 1 < ANSWERS ? first + i + 1 : NULL };
	}
	m->id = s->piece.id;
	m->kind = BACKUP_WAL;
	m->taken_us = s->as_of_us;
	m->invariants = first;
	return first != NULL;
}

static bool answers(const struct manifest *m, struct str values[ANSWERS])
{
	size_t n = 0;

	for (const struct manifest_invariant *i = m->invariants; i; i = i->next, n++) {
		if (n >= ANSWERS || !str_is(i->name, names[n]))
			return false;
		values[n] = i->value;
	}
	return n == ANSWERS;
}

bool wal_said(const struct manifest *m, struct wal_said *ret, struct err *err)
{
	struct wal_said s = { .as_of_us = m->taken_us };
	struct str values[ANSWERS];
	uint64_t timeline, from, to;

	if (m->kind != BACKUP_WAL || !answers(m, values) || !wal_id_read(m->id, &s.piece) || !str_to_u64(values[TIMELINE], &timeline) ||
	    !physical_lsn(values[FROM], &from) || !physical_lsn(values[TO], &to) || !str_to_u64(values[SEGMENT], &s.segment))
		return err_set(err, ERR_INPUT, "%.*s is signed, and no piece of WAL", STR_ARG(m->id));
	s.system = values[SYSTEM];
	if (timeline != s.piece.timeline || from != s.piece.from || to != s.piece.to || m->plain_bytes != to - from || !m->files ||
	    m->files->next || s.segment < 1 << 20 || s.segment > 1 << 30 || (s.segment & (s.segment - 1)))
		return err_set(err, ERR_INPUT, "%.*s: its manifest is of another piece of WAL", STR_ARG(m->id));
	*ret = s;
	return true;
}

/* --- a base --- */

bool wal_base(const struct manifest *m, struct wal_base *ret)
{
	struct wal_base b = { .id = m->id, .taken_us = m->taken_us };
	struct str position = STR_NONE;
	uint64_t timeline;
	size_t at;

	if (m->kind != BACKUP_POSTGRES_PHYSICAL)
		return false;
	for (const struct manifest_invariant *i = m->invariants; i; i = i->next) {
		if (str_is(i->name, WAL_BASE_SYSTEM))
			b.system = i->value;
		else if (str_starts(i->name, STR(WAL_BASE_POSITION)))
			position = str_sub(i->name, sizeof(WAL_BASE_POSITION) - 1, i->name.len);
	}
	at = str_find(position, STR(WAL_BASE_TIMELINE));
	if (at != SIZE_MAX && str_to_u64(str_sub(position, at + sizeof(WAL_BASE_TIMELINE) - 1, position.len), &timeline) &&
	    timeline <= UINT32_MAX)
		b.timeline = (uint32_t)timeline;
	if (!b.system.len || !physical_lsn(str_sub(position, 0, at), &b.position))
		return false;
	*ret = b;
	return true;
}

/* --- the chain --- */

static int compare_u64(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int in_order(const void *a, const void *b)
{
	const struct wal_piece *x = a, *y = b;
	int c = compare_u64(x->timeline, y->timeline);

	c = c ? c : compare_u64(x->from, y->from);
	c = c ? c : compare_u64(x->to, y->to);
	return c ? c : str_cmp(x->id, y->id);
}

void wal_sort(struct wal_piece *pieces, size_t n)
{
	if (n)
		qsort(pieces, n, sizeof(*pieces), in_order);
}

static bool good(const struct wal_piece *p)
{
	return p->whole && !p->hidden;
}

bool wal_wanted(const struct wal_piece *p, uint32_t timeline, uint64_t at)
{
	return good(p) && p->timeline == timeline && p->to > at;
}

void wal_chain(const struct wal_piece *pieces, size_t n, uint32_t timeline, uint64_t from, struct wal_chain *ret)
{
	struct wal_chain c = { .to = from, .why = WAL_NONE };
	bool lost = false;

	for (size_t i = 0; i < n; i++) {
		const struct wal_piece *p = &pieces[i];

		if (p->timeline < timeline || (p->timeline == timeline && p->to <= c.to))
			continue;
		if (p->timeline > timeline) {
			c.why = lost ? WAL_HIDDEN : WAL_TIMELINE;
			break;
		}
		if (!good(p)) {
			lost = true;
			continue;
		}
		if (p->from > c.to) {
			c.why = lost ? WAL_HIDDEN : WAL_GAP;
			c.next = p->from;
			break;
		}
		c.first = c.first ? c.first : p;
		c.last = p;
		c.to = p->to;
		c.n++;
		c.why = WAL_ENDS;
		lost = false;
	}
	if (c.why == WAL_ENDS && lost)
		c.why = WAL_HIDDEN;
	*ret = c;
}

/* --- any moment between --- */

static bool later(const struct wal_base *a, const struct wal_base *b)
{
	return a->timeline > b->timeline || (a->timeline == b->timeline && a->position > b->position);
}

void wal_window(const struct wal_piece *pieces, size_t n, const struct wal_base *bases, size_t n_bases, struct wal_window *ret)
{
	struct wal_window w = { .chain = { .why = WAL_NONE } };

	for (size_t i = 0; i < n_bases; i++) {
		if (bases[i].timeline && (!w.newest || later(&bases[i], w.newest)))
			w.newest = &bases[i];
	}
	if (w.newest)
		wal_chain(pieces, n, w.newest->timeline, w.newest->position, &w.chain);
	for (size_t i = 0; w.chain.n && i < n_bases; i++) {
		struct wal_chain c;

		if (bases[i].timeline != w.newest->timeline)
			continue;
		wal_chain(pieces, n, bases[i].timeline, bases[i].position, &c);
		if (c.n && c.to == w.chain.to && (!w.base || later(w.base, &bases[i])))
			w.base = &bases[i];
	}
	*ret = w;
}

bool wal_switch(struct str history, uint64_t *ret)
{
	uint64_t found = 0;
	bool any = false;

	/* "1\t0/3000148\tno recovery target specified": one line a timeline, the newest last. */
	while (history.len) {
		size_t end = str_find_char(history, '\n');
		struct str line = str_trim(str_sub(history, 0, end));
		size_t tab = str_find_char(line, '\t');

		history = end == SIZE_MAX ? STR_NONE : str_sub(history, end + 1, history.len);
		if (!line.len || line.ptr[0] == '#')
			continue;
		line = tab == SIZE_MAX ? STR_NONE : str_sub(line, tab + 1, line.len);
		if (!physical_lsn(str_trim(str_sub(line, 0, str_find_char(line, '\t'))), &found))
			return false;
		any = true;
	}
	if (any)
		*ret = found;
	return any;
}

/* --- its end --- */

#define PAGE UINT64_C(8192)
#define SHORT_HEAD 24 /* of a page; the first of a segment has WAL_PAGE_HEAD bytes of it */
#define LONG_HEAD 40
#define RECORD_HEAD 24
#define RECORD_PREV 8		      /* where the record says which was before it */
#define RECORD_MAX (UINT64_C(1) << 30) /* also what a switch of the segment leaves out at most */

static uint64_t head_at(const struct wal_tail *t, uint64_t at)
{
	return at % t->segment == 0 ? LONG_HEAD : at % PAGE == 0 ? SHORT_HEAD : 0;
}

static bool only_zeros(const struct wal_tail *t, uint64_t at)
{
	for (uint64_t i = at; i < t->to; i++) {
		if (t->bytes[i - t->from])
			return false;
	}
	return true;
}

/* No record begins like that: what lies there is of other WAL, and recovery cannot go through it. */
static bool no_record(const struct wal_tail *t, uint64_t at, uint64_t end, uint32_t length)
{
	uint64_t before;

	if (length < RECORD_HEAD || length > RECORD_MAX)
		return true;
	/* xl_prev, where it stands on the same page. */
	if (at % PAGE + RECORD_PREV + sizeof(before) > PAGE || at + RECORD_PREV + sizeof(before) > t->to)
		return false;
	memcpy(&before, t->bytes + (at + RECORD_PREV - t->from), sizeof(before));
	return !before || before >= end || end - before > 2 * RECORD_MAX;
}

bool wal_tail_goes_on(const struct wal_tail *t, uint64_t end)
{
	uint64_t at = end + head_at(t, end), left;
	uint32_t length;

	if (end < t->from)
		return true; /* longer than any record that was looked for */
	if (at + sizeof(length) > t->to)
		return false;
	memcpy(&length, t->bytes + (at - t->from), sizeof(length));
	if (!length)
		return !only_zeros(t, at);
	if (no_record(t, at, end, length))
		return true;
	for (left = length; left && at < t->to;) {
		uint64_t room = PAGE - at % PAGE, k = room < left ? room : left;

		at += k;
		left -= k;
		at += left ? head_at(t, at) : 0;
	}
	return !left && at <= t->to;
}

/* --- what may go --- */

size_t wal_spare(const struct wal_piece *pieces, size_t n, const struct wal_base *bases, size_t n_bases)
{
	const struct wal_base *oldest = n_bases ? bases : NULL;
	size_t k = 0;

	for (size_t i = 0; i < n_bases; i++) {
		const struct wal_base *b = &bases[i];

		if (!b->timeline)
			return 0;
		if (b->timeline < oldest->timeline || (b->timeline == oldest->timeline && b->position < oldest->position))
			oldest = b;
	}
	while (oldest && k < n &&
	       (pieces[k].timeline < oldest->timeline || (pieces[k].timeline == oldest->timeline && pieces[k].to <= oldest->position)))
		k++;
	return k;
}
