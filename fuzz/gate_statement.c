/* PostgreSQL's gate: every text is ruled on; a refusal says why; nothing that is sent as a read or as the session's own business is told to
 * change anything; a credential that was refused before, and a statement in company, are judged no softer; the same bytes give the same
 * rulings. The first byte chooses the environment and what the client is in.
 * covers: src/gate/postgres/statement*.c
 * options: -max_len=4096
 */
#include "fuzz.h"

#include "gate/postgres/statement.h"

#define ARENA_SIZE ((size_t)64 << 20)
#define MOST 256

static struct arena arena, policy_arena;
static struct database_host host;
static bool is_tightened;

struct heard {
	enum ruling ruling[MOST];
	size_t n;
};

static bool tightened(void *ctx, const struct database_session *s)
{
	(void)ctx;
	(void)s;
	return is_tightened;
}

/* What another would have prepared: the text at hand. */
static bool prepared(void *relay, struct str name, struct str *ret)
{
	(void)name;
	*ret = *(const struct str *)relay;
	return true;
}

static unsigned rank(enum ruling r)
{
	switch (r) {
	case RULING_READ:
		return 0;
	case RULING_SESSION:
	case RULING_CONTROL:
		return 1;
	case RULING_WRITE:
	case RULING_ALONE:
		return 2;
	case RULING_ASK:
		return 3;
	case RULING_REFUSE:
		return 4;
	}
	return 4;
}

static void look(const struct statement_answer *a, const struct statement *s)
{
	FUZZ_CHECK(s->first_change + s->n_changes <= a->changes.n);
	FUZZ_CHECK(s->message.len <= 600 && s->hint.len <= 600);
	if (s->ruling == RULING_REFUSE)
		FUZZ_CHECK(s->message.len && s->hint.len && strlen(s->sqlstate) == 5);
	else
		FUZZ_CHECK(!s->sqlstate[0]);
	if (s->ruling == RULING_ASK)
		FUZZ_CHECK(s->passed == RULING_WRITE || s->passed == RULING_ALONE || s->passed == RULING_SESSION);
	if (s->ruling == RULING_CONTROL)
		FUZZ_CHECK(s->control != CONTROL_NONE);
}

static void weigh(struct str text, uint8_t flags, struct heard *ret)
{
	struct database_upstream upstream = { .name = STR("app"), .environment = flags & 1 ? STR("scratch") : STR("production") };
	struct database_session session = { STR("agent-7"), STR("agent") };
	struct statement_context c = {
		.upstream = &upstream,
		.session = &session,
		.host = &host,
		.in_transaction = flags & 2,
		.prepared = flags & 8 ? prepared : NULL,
		.relay = &text,
	};
	struct statement_answer a;
	size_t n = 0;

	is_tightened = flags & 4;
	c.environment = database_environment(host.policy, &upstream);
	arena_reset(&arena);
	statement_weigh(&c, text, &arena, &a);
	for (const struct statement *s = a.statements; s; s = s->next) {
		look(&a, s);
		if (n < MOST)
			ret->ruling[n] = s->ruling;
		n++;
	}
	FUZZ_CHECK(n == a.n);
	ret->n = n < MOST ? n : MOST;
}

static void no_softer(const struct heard *now, const struct heard *before)
{
	for (size_t i = 0; i < before->n; i++)
		FUZZ_CHECK(i < now->n && rank(now->ruling[i]) >= rank(before->ruling[i]));
}

static void begin(void)
{
	static const struct policy_source source = { POLICY_USER, STR_INIT("policy.yaml"), STR_INIT("version: 1\n") };
	struct err err;

	if (!arena_map(&arena, ARENA_SIZE) || !arena_map(&policy_arena, ARENA_SIZE) ||
	    !policy_load(&source, 1, &policy_arena, &host.policy, &err))
		abort();
	host.tightened = tightened;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char more[] = "\n;SELECT 1";
	static char longer[8192];
	struct heard first, again;
	struct str text;
	uint8_t flags;

	if (!arena.mem)
		begin();
	if (size == 0)
		return 0;
	flags = data[0] & 0xb;
	text = (struct str){ (const char *)data + 1, size - 1 };
	weigh(text, flags, &first);
	weigh(text, flags, &again);
	FUZZ_CHECK(first.n == again.n && !memcmp(first.ruling, again.ruling, first.n * sizeof(first.ruling[0])));
	weigh(text, flags | 4, &again);
	no_softer(&again, &first);
	if (size + sizeof(more) >= sizeof(longer) || first.n == 0)
		return 0;
	memcpy(longer, text.ptr, text.len);
	memcpy(longer + text.len, more, sizeof(more) - 1);
	weigh((struct str){ longer, text.len + sizeof(more) - 1 }, flags, &again);
	no_softer(&again, &first);
	return 0;
}
