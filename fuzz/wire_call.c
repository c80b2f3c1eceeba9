/* FunctionCall in the server of wire_model.c: what it would run is judged once more, from the message's bytes alone. */
#include "wire_inner.h"

#include "fuzz.h"
#include "gate/postgres/message.h"

struct call {
	uint32_t oid;
	const char *name;
	size_t n; /* values that say what is done */
};

/* Of pg_proc. Those that close a large object or move within one do nothing to it. */
static const struct call calls[] = {
	{ 952, "lo_open", 2 },	 { 954, "loread", 2 },	   { 955, "lowrite", 1 },	{ 957, "lo_creat", 1 },
	{ 715, "lo_create", 1 }, { 964, "lo_unlink", 1 }, { 1004, "lo_truncate", 2 }, { 3172, "lo_truncate64", 2 },
	{ 953, NULL, 0 },	 { 956, NULL, 0 },	   { 958, NULL, 0 },		{ 3170, NULL, 0 },
	{ 3171, NULL, 0 },
};

static uint64_t take(struct str *body, size_t n)
{
	uint64_t v = 0;

	FUZZ_CHECK(body->len >= n);
	for (size_t i = 0; i < n; i++)
		v = v << 8 | (unsigned char)body->ptr[i];
	*body = str_sub(*body, n, body->len);
	return v;
}

static void as_select(const struct call *c, struct str body, struct buf *ret)
{
	uint64_t formats = take(&body, 2), n;

	for (uint64_t i = 0; i < formats; i++)
		FUZZ_CHECK(take(&body, 2) == 1);
	n = take(&body, 2);
	buf_addf(ret, "SELECT pg_catalog.%s(", c->name);
	for (uint64_t i = 0; i < n; i++) {
		uint64_t len = take(&body, 4);

		FUZZ_CHECK(len <= body.len);
		if (i < c->n)
			buf_addf(ret, "%s%lld", i ? ", " : "", (long long)take(&body, len));
		else
			buf_adds(ret, ", '\\x'"), body = str_sub(body, len, body.len);
	}
	buf_addc(ret, ')');
}

bool model_calls(struct model *m, struct str body)
{
	uint32_t oid = (uint32_t)take(&body, 4);
	const struct call *c = calls;
	struct statement_answer a;
	auto_buf text = BUF_MAX(4096);
	size_t at;

	while (c < calls + ARRAY_LEN(calls) && c->oid != oid)
		c++;
	FUZZ_CHECK(c < calls + ARRAY_LEN(calls));
	if (m->tx == 'E')
		return model_error(m, "25P02");
	if (c->name) {
		as_select(c, body, &text);
		model_weigh(m, buf_str(&text), &a);
		FUZZ_CHECK(a.n == 1);
		if (!model_runs(m, a.statements))
			return false;
	}
	at = message_begin(&m->out, 'V');
	message_add_u32(&m->out, UINT32_MAX);
	message_end(&m->out, at);
	return true;
}
