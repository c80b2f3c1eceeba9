/* What a power cut can leave behind is never called tampering; a changed byte of what was acknowledged always is. */
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "ledger/segment.h"

#define SIZE ((size_t)16384)
#define SECTOR ((size_t)512)

struct image {
	uint8_t b[SIZE];
	struct format_place end;
};

/* One batch of n entries behind the place; its mark too when asked. */
static void put_batch(struct image *im, int n, size_t body_len, bool mark)
{
	struct format_place to = im->end;
	uint8_t *batch = im->b + im->end.at;
	size_t at = FORMAT_BATCH_HEAD, size;
	char body[4096];

	memset(body, 'x', sizeof(body));
	memcpy(body, "{\"a\":\"", 6);
	memcpy(body + body_len - 2, "\"}", 2);
	for (int i = 0; i < n; i++)
		at += format_put_entry(&to, 1000 + i, STR("request"), (struct str){ body, body_len + (size_t)i }, batch + at);
	size = format_batch_size(at - FORMAT_BATCH_HEAD);
	format_put_batch(batch, size, &im->end, &to);
	if (mark)
		format_put_mark(&to.chain, batch + size);
	to.at = im->end.at + size + FORMAT_MARK;
	im->end = to;
	assert_true(to.at < SIZE);
}

static void begin(struct image *im)
{
	struct format_segment head = { .number = 1, .first_seq = 1, .id = { 1, 2, 3 } };

	*im = (struct image){ .end = { .seq = 0 } };
	head.before = format_genesis(head.id);
	format_put_segment(&head, im->b);
	im->end = (struct format_place){ FORMAT_SEGMENT_HEAD, 0, head.before };
}

/* Read all; how it ends, and how many entries are good. */
static enum format_look read_all(const uint8_t *b, size_t n, uint64_t *ret_entries)
{
	struct format_segment head;
	struct format_place place;
	struct format_batch batch;
	enum format_look look;

	*ret_entries = 0;
	if (!format_get_segment(b, n, &head))
		return FORMAT_DAMAGED;
	place = (struct format_place){ FORMAT_SEGMENT_HEAD, head.first_seq - 1, head.before };
	for (;;) {
		look = format_look(b, n, &place, true, &batch);
		if (look != FORMAT_BATCH && look != FORMAT_UNMARKED)
			return look;
		place = batch.next;
		*ret_entries = place.seq;
	}
}

/* The last batch is not acknowledged: cut it anywhere, by zeros or by the file's end. */
static void cut_anywhere(void **state)
{
	static struct image im, cut;
	size_t from;
	uint64_t n;

	(void)state;
	begin(&im);
	put_batch(&im, 2, 40, true);
	put_batch(&im, 1, 100, true);
	from = im.end.at;
	put_batch(&im, 5, 300, false);
	for (size_t at = from; at <= im.end.at; at++) {
		cut = im;
		memset(cut.b + at, 0, SIZE - at);
		assert_int_not_equal(read_all(cut.b, SIZE, &n), FORMAT_DAMAGED);
		assert_true(n == 3 || n == 8);
		assert_int_not_equal(read_all(im.b, at, &n), FORMAT_DAMAGED);
		assert_true(n == 3 || n == 8);
	}
}

/* A power cut keeps or loses each sector by itself, in any combination: also the one that holds the mark before. */
static void lost_sectors(void **state)
{
	static struct image old, new, mixed;
	size_t mark_at, first, last;
	uint64_t n;

	(void)state;
	for (size_t shift = 40; shift < 600; shift += 16) {
		begin(&old);
		put_batch(&old, 1, shift, false);
		mark_at = old.end.at - FORMAT_MARK;
		new = old;
		begin(&new);
		put_batch(&new, 1, shift, true);
		put_batch(&new, 4, 500, false);
		first = mark_at / SECTOR;
		last = (new.end.at - 1) / SECTOR;
		for (unsigned keep = 0; keep < 1u << (last - first + 1); keep++) {
			mixed = old;
			for (size_t s = first; s <= last; s++) {
				if (keep & 1u << (s - first))
					memcpy(mixed.b + s * SECTOR, new.b + s * SECTOR, SECTOR);
			}
			assert_int_not_equal(read_all(mixed.b, SIZE, &n), FORMAT_DAMAGED);
			assert_true(n == 1 || n == 5);
		}
	}
}

/* Everything acknowledged: every flipped byte is damage, and nothing behind it counts as good. */
static void flip_everywhere(void **state)
{
	static const uint8_t masks[] = { 1, 0x80, 0xff, 0x20 };
	static struct image im;
	uint64_t n;

	(void)state;
	begin(&im);
	put_batch(&im, 2, 40, true);
	put_batch(&im, 1, 101, true);
	put_batch(&im, 3, 250, true);
	assert_int_equal(read_all(im.b, SIZE, &n), FORMAT_END);
	assert_int_equal(n, 6);
	for (size_t at = 0; at < im.end.at; at++) {
		for (size_t m = 0; m < ARRAY_LEN(masks); m++) {
			im.b[at] ^= masks[m];
			assert_int_equal(read_all(im.b, SIZE, &n), FORMAT_DAMAGED);
			assert_true(n <= 6);
			im.b[at] ^= masks[m];
		}
	}
}

static void write_image(const char *dir, const struct image *im)
{
	char path[100];

	snprintf(path, sizeof(path), "%s/00000001.seg", dir);
	assert_true(file_replace(path, (struct str){ (const char *)im->b, SIZE }, 0600, NULL));
}

/* The same through the doors: what is torn is set aside and written over, what is damaged is refused and kept. */
static void opened(void **state)
{
	static struct image im, cut;
	char dir[] = "/tmp/pawl-unit-XXXXXX";
	struct ledger_report r;
	struct err err = { 0 };
	uint64_t seq = 0;
	size_t from;

	(void)state;
	assert_non_null(mkdtemp(dir));
	begin(&im);
	put_batch(&im, 2, 40, true);
	from = im.end.at;
	put_batch(&im, 2, 90, false);
	for (size_t at = from; at <= im.end.at; at += 13) {
		struct ledger *l;

		cut = im;
		memset(cut.b + at, 0, SIZE - at);
		write_image(dir, &cut);
		assert_true(ledger_verify(dir, NULL, &r, &err));
		assert_int_equal(r.torn_tail, r.entries == 2 && at > from);
		l = ledger_open(dir, &err);
		assert_non_null(l);
		assert_true(ledger_append(l, STR("request"), STR("{}"), &seq, &err));
		assert_int_equal(seq, r.entries + 1);
		ledger_close(l);
		assert_true(ledger_verify(dir, NULL, &r, &err));
		assert_int_equal(r.entries, seq);
		assert_false(r.torn_tail);
	}
	cut = im;
	format_put_mark(&im.end.chain, cut.b + im.end.at - FORMAT_MARK);
	cut.b[from + 200] ^= 4;
	write_image(dir, &cut);
	assert_false(ledger_verify(dir, NULL, &r, &err));
	assert_int_equal(r.first_bad, 3);
	assert_int_equal(r.bad_segment, 1);
	assert_true(r.bad_offset >= from && r.bad_offset <= from + 200);
	assert_null(ledger_open(dir, &err));
	assert_non_null(strstr(err.msg, "damaged at entry 3"));
	assert_true(dir_remove(dir, NULL));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(cut_anywhere),
	cmocka_unit_test(lost_sectors),
	cmocka_unit_test(flip_everywhere),
	cmocka_unit_test(opened),
};

UNIT_MAIN(tests)
