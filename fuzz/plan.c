/* Plan JSON: total; the same in whatever pieces it comes; cut short it is never understood; what is not understood says so;
 * one more delete never makes fewer destructive changes; compared with itself nothing is only here or only there.
 * covers: src/read/plan.c src/read/plan_*.c
 * seeds: tests/fixtures/plan/[a-z]*.json
 * options: -max_len=32768
 */
#include "fuzz.h"

#include "read/plan.h"
#include "read/plan_compare.h"

#define ARENA_SIZE ((size_t)4 << 20)
#define TEXT_MAX ((size_t)1 << 18)

struct reading {
	struct arena arena;
	struct plan_summary sum;
	struct change_list changes;
	struct buf said; /* everything, as JSON */
};

static const struct str protected_before[] = { STR_INIT("a"), STR_INIT("aws_db_instance.main") };
static const struct str_set pinned = { protected_before, ARRAY_LEN(protected_before) };
static const struct str_set none = { NULL, 0 };

static void say(struct reading *r)
{
	struct json_out o = { .buf = &r->said };
	const struct plan_summary *s = &r->sum;

	json_out_open(&o, '[');
	json_out_str(&o, s->format_version);
	json_out_str(&o, s->terraform_version);
	json_out_str(&o, s->account);
	json_out_str(&o, s->region);
	json_out_str(&o, s->tag_environment);
	json_out_u64(&o, (uint64_t)(s->complete | s->applyable << 1 | s->errored << 2 | s->refresh_only << 3 |
				    s->understood << 4));
	json_out_u64(&o, s->n_noop + 3 * s->n_read + 5 * s->n_import + 7 * s->n_moved + 11 * s->n_drift + 13 * s->n_deferred);
	CHANGE_EACH(c, &r->changes) {
		FUZZ_CHECK(c->kind != CHANGE_UNSET && c->kind < CHANGE_KIND_COUNT);
		FUZZ_CHECK(str_is_utf8(c->name) && str_is_utf8(c->reason) && str_is_utf8(c->title));
		change_to_json(c, &o);
	}
	for (const struct request_bucket *b = s->buckets; b; b = b->next) {
		FUZZ_CHECK(b->address.len && b->name.len && str_is_utf8(b->address) && str_is_utf8(b->name));
		json_out_str(&o, b->address);
		json_out_str(&o, b->name);
	}
	json_out_close(&o, ']');
	FUZZ_CHECK(!r->said.failed);
}

static size_t destructive(const struct reading *r)
{
	size_t n = 0;

	CHANGE_EACH(c, &r->changes)
		n += change_is_destructive(c);
	return n;
}

static void read_in(struct reading *r, struct str text, size_t piece)
{
	struct plan_opts opts = { .pinned_prevent_destroy = &pinned, .config_prevent_destroy = &none };
	struct plan_reader *p;
	struct plan_create *creates;
	bool opaque = false;

	if (!r->arena.mem)
		PAWL_ASSERT(arena_map(&r->arena, ARENA_SIZE));
	arena_reset(&r->arena);
	r->said.max = (size_t)1 << 28;
	buf_clear(&r->said);
	p = plan_reader_new(&r->arena, &opts);
	PAWL_ASSERT(p);
	for (size_t at = 0; at < text.len; at += piece)
		plan_reader_feed(p, str_sub(text, at, piece));
	r->changes = plan_reader_end(p, &r->sum, &creates);
	CHANGE_EACH(c, &r->changes)
		opaque |= c->kind == CHANGE_OPAQUE;
	FUZZ_CHECK(r->sum.understood || opaque);
	FUZZ_CHECK(!r->arena.full || !r->sum.understood);
	say(r);
}

static size_t skip_blanks(struct str text, size_t at)
{
	while (at < text.len && memchr(" \t\r\n", text.ptr[at], 4))
		at++;
	return at;
}

/* Just behind the bracket that opens resource_changes, or 0. */
static size_t list_start(struct str text)
{
	size_t at = str_find(text, STR("\"resource_changes\""));

	if (at == SIZE_MAX)
		return 0;
	at = skip_blanks(text, at + 18);
	if (at >= text.len || text.ptr[at] != ':')
		return 0;
	at = skip_blanks(text, at + 1);
	return at < text.len && text.ptr[at] == '[' ? at + 1 : 0;
}

static void one_more_delete(const struct reading *first, struct str text)
{
	static const struct str extra = STR_INIT("{\"address\":\"aws_db_instance.extra\",\"mode\":\"managed\",\"type\":"
						 "\"aws_db_instance\",\"name\":\"extra\",\"change\":{\"actions\":[\"delete\"],"
						 "\"before\":{\"id\":\"extra\"},\"after\":null}}");
	static struct reading more;
	static char with[TEXT_MAX + 512];
	size_t at = list_start(text), next, n = 0;

	if (!at || text.len > TEXT_MAX)
		return;
	next = skip_blanks(text, at);
	memcpy(with, text.ptr, at);
	n = at;
	memcpy(with + n, extra.ptr, extra.len);
	n += extra.len;
	if (next < text.len && text.ptr[next] != ']')
		with[n++] = ',';
	memcpy(with + n, text.ptr + at, text.len - at);
	n += text.len - at;
	read_in(&more, (struct str){ with, n }, n);
	if (more.sum.understood)
		FUZZ_CHECK(destructive(&more) >= destructive(first));
}

static void compare_with_itself(const struct reading *r)
{
	static struct arena arena;
	struct plan_comparison cmp;
	size_t here = 0;

	if (!arena.mem)
		PAWL_ASSERT(arena_map(&arena, ARENA_SIZE));
	arena_reset(&arena);
	if (!plan_compare(&r->changes, &r->changes, &arena, &cmp))
		return;
	for (const struct plan_difference *d = cmp.first; d; d = d->next) {
		FUZZ_CHECK(d->how == PLAN_OTHERWISE && d->here && d->there && str_is_utf8(d->text));
		here++;
	}
	FUZZ_CHECK(here == cmp.n && cmp.n + cmp.n_same == r->changes.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct reading whole, pieces;
	struct str text = { (const char *)data, size };
	uint64_t hash = str_hash(text);

	read_in(&whole, text, size ? size : 1);
	read_in(&pieces, text, hash % 13 + 1);
	FUZZ_CHECK(whole.arena.full || str_eq(buf_str(&whole.said), buf_str(&pieces.said)));
	compare_with_itself(&whole);
	if (!whole.sum.understood)
		return 0;
	text = fuzz_trim_json(text);
	FUZZ_CHECK(text.len > 0);
	read_in(&pieces, str_sub(text, 0, hash % text.len), size);
	FUZZ_CHECK(!pieces.sum.understood);
	one_more_delete(&whole, text);
	return 0;
}
