/* SQL: total; the same bytes give the same answer; what the tokenizer alone says of a text that parses is never softer than what the
 * parser says; another statement behind never softens; the client's reading of plain SQL is not softer than the server's;
 * the tree that is made without the parser is the parser's; what a gate is told of a statement lies within it.
 * The first byte chooses dialect and client.
 * covers: src/read/sql/sql*.c
 * options: -max_len=4096
 */
#include "fuzz.h"

#include "read/sql/inner.h"
#include "read/sql/sql_digest.h"

#define ARENA_SIZE ((size_t)64 << 20)

static struct arena arena;

static enum sql_rank rank_of(const struct sql_answer *a)
{
	enum sql_rank worst = SQL_RANK_READ;

	CHANGE_EACH(c, &a->changes) {
		const struct sql_finding *f = sql_finding_by_code(c->finding);

		FUZZ_CHECK(f && c->kind == f->kind);
		worst = f->rank > worst ? f->rank : worst;
	}
	FUZZ_CHECK(a->changes.n == 0 || !a->reads_only);
	return worst;
}

/* Spans are within the text, and a statement that writes says so. */
static void check_shape(struct str text, const struct sql_statement *s)
{
	const struct sql_shape *shape = s->shape;
	struct sql_span where;
	bool writes = false;

	FUZZ_CHECK(s->span.at + s->span.len <= text.len && (!s->span.len || memcmp(text.ptr + s->span.at, s->text.ptr, s->span.len) == 0));
	if (!shape)
		return;
	where = sql_shape_where(s);
	FUZZ_CHECK(where.at + where.len <= text.len && shape->inner_text.at + shape->inner_text.len <= text.len);
	FUZZ_CHECK(!where.len || (where.at >= s->span.at && where.at + where.len <= s->span.at + s->span.len));
	for (const struct sql_relation *r = shape->relations; r; r = r->next)
		writes = writes || (r->use >= SQL_USE_INSERT && r->use <= SQL_USE_DELETE);
	FUZZ_CHECK(!writes || shape->class != SQL_CLASS_READ || shape->explain);
}

static enum sql_rank read_once(struct str text, enum sql_dialect dialect, bool client, size_t *ret_n)
{
	struct sql_input in = { .text = text, .dialect = dialect, .client = client, .shape = true, .fingerprint = true };
	struct sql_answer answer;
	size_t statements = 0, changes = 0;

	arena_reset(&arena);
	sql_read(&in, &arena, &answer);
	for (const struct sql_statement *s = answer.statements; s; s = s->next) {
		statements++;
		FUZZ_CHECK(s->first_change + s->n_changes <= answer.changes.n);
		check_shape(text, s);
		changes += s->n_changes;
	}
	FUZZ_CHECK(statements == answer.n && changes <= answer.changes.n);
	FUZZ_CHECK(!arena.full || !answer.reads_only);
	*ret_n = answer.changes.n;
	return rank_of(&answer);
}

/* False when PostgreSQL's parser refuses the text. */
static bool by_parser(struct str text, enum sql_rank *ret)
{
	struct sql_input in = { .text = text };
	struct sql_answer answer = { .reads_only = true };
	struct sql_work w = { .in = &in, .arena = &arena, .answer = &answer, .last = &answer.statements };
	bool ok;

	arena_reset(&arena);
	ok = sql_tree_parse(&w, text);
	*ret = rank_of(&answer);
	return ok;
}

static enum sql_rank by_tokens(struct str text)
{
	struct sql_input in = { .text = text };
	struct sql_answer answer = { .reads_only = true };
	struct sql_work w = { .in = &in, .arena = &arena, .answer = &answer, .last = &answer.statements };

	arena_reset(&arena);
	sql_tokens_read(&w, text, SQL_POSTGRES);
	return rank_of(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char more[] = "; DROP TABLE zz";
	static char longer[8192];
	struct str text;
	enum sql_rank first, parsed;
	enum sql_dialect dialect;
	size_t n, again;

	if (!arena.mem && !arena_map(&arena, ARENA_SIZE))
		abort();
	if (size == 0)
		return 0;
	dialect = (enum sql_dialect)(data[0] & 3);
	text = (struct str){ (const char *)data + 1, size - 1 };
	first = read_once(text, dialect, data[0] & 4, &n);
	FUZZ_CHECK(read_once(text, dialect, data[0] & 4, &again) == first && again == n);
	if (memchr(data, 0, size))
		return 0;
	arena_reset(&arena);
	FUZZ_CHECK(sql_digest_quick(&arena, text) != SQL_SAME_NO);
	if (!by_parser(text, &parsed))
		return 0;
	FUZZ_CHECK(by_tokens(text) >= parsed);
	FUZZ_CHECK(read_once(text, SQL_POSTGRES, false, &n) >= parsed);
	FUZZ_CHECK(read_once(text, SQL_OTHER, false, &n) >= parsed);
	if (size + sizeof(more) < sizeof(longer)) {
		memcpy(longer, text.ptr, text.len);
		memcpy(longer + text.len, more, sizeof(more) - 1);
		FUZZ_CHECK(read_once((struct str){ longer, text.len + sizeof(more) - 1 }, SQL_POSTGRES, false, &n) >= parsed);
	}
	return 0;
}
