/* FunctionCall: libpq's way to large objects, and nobody else's. Those functions are judged as a SELECT of them would be; every other
 * is refused. They come inside a transaction of the client's, where the witness looks before it commits. */
#include "gate/postgres/session.h"

#define VALUES 4

struct row {
	uint32_t oid; /* fixed in PostgreSQL's own catalogue */
	const char *name;
	size_t n_values; /* that are said: what is written is not */
	bool moves;	 /* a descriptor alone */
};

static const struct row rows[] = {
	{ 952, "lo_open", 2, false },	    { 953, "lo_close", 1, true },	{ 954, "loread", 2, false },
	{ 955, "lowrite", 1, false },	    { 956, "lo_lseek", 3, true },	{ 957, "lo_creat", 1, false },
	{ 715, "lo_create", 1, false },	    { 958, "lo_tell", 1, true },	{ 964, "lo_unlink", 1, false },
	{ 1004, "lo_truncate", 2, false },  { 3170, "lo_lseek64", 3, true },	{ 3171, "lo_tell64", 1, true },
	{ 3172, "lo_truncate64", 2, false },
};

static const struct row *row_of(uint32_t oid)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].oid == oid)
			return &rows[i];
	}
	return NULL;
}

static bool u16(struct str *body, unsigned *ret)
{
	if (body->len < 2)
		return false;
	*ret = message_u16(body->ptr);
	*body = str_sub(*body, 2, body->len);
	return true;
}

static bool number(struct str value, int64_t *ret)
{
	if (value.len == 4)
		*ret = message_u32(value.ptr);
	else if (value.len == 8)
		*ret = (int64_t)((uint64_t)message_u32(value.ptr) << 32 | message_u32(value.ptr + 4));
	else
		return false;
	return true;
}

/* "SELECT pg_catalog.lo_unlink(16401)"; false: not one of libpq's. */
static bool text_of(struct str body, const struct row *f, struct buf *ret)
{
	unsigned n_formats, format, n;

	/* All values are binary, as libpq sends them. */
	if (!u16(&body, &n_formats) || n_formats != 1 || !u16(&body, &format) || format != 1 || !u16(&body, &n) || n > VALUES ||
	    n < f->n_values)
		return false;
	buf_addf(ret, "SELECT pg_catalog.%s(", f->name);
	for (unsigned i = 0; i < n; i++) {
		int64_t v = 0;
		uint32_t len;

		if (body.len < 4)
			return false;
		len = message_u32(body.ptr);
		body = str_sub(body, 4, body.len);
		if (len > body.len || (i < f->n_values && !number((struct str){ body.ptr, len }, &v)))
			return false;
		body = str_sub(body, len, body.len);
		if (i < f->n_values)
			buf_addf(ret, "%s%lld", i ? ", " : "", (long long)v);
		else
			buf_adds(ret, ", '\\x'");
	}
	buf_addc(ret, ')');
	return body.len == 2 && !ret->failed;
}

static enum relay_did refuse(struct session *s, struct str why, struct str hint)
{
	struct message_error e = { "ERROR", "PW004", why, hint };

	relay_refuse(s, &e, true);
	return RELAY_DONE;
}

static enum relay_did cannot_judge(struct session *s)
{
	return refuse(s, STR("pawl: a FunctionCall that is not libpq's of a large object cannot be judged, so it is not sent"),
		      STR("Call the function in a SELECT."));
}

/* About to be. */
static void wrote(struct session *s)
{
	if (relay_statement_due(s)) {
		relay_statement_look(s);
		relay_sync(s, HOW_NONE);
	}
	relay_wrote(s);
}

static enum relay_did asked(struct session *s)
{
	struct relay *r = &s->relay;
	struct relay_passage *p = r->passage;
	const struct relay_keep *k = p->n_keeps ? &p->keeps[0] : NULL;
	bool passed = p->passage.answer == DATABASE_PASSED, instead = k && k->instead.len;
	struct message_error e;

	relay_ask_error(s, p, &e);
	if (passed && !instead) {
		if (!relay_let(s, relay_leave_of(p), true))
			wrote(s);
		if (k && k->after.len)
			buf_add(&r->after, k->after);
		if (k && k->before.len) {
			relay_run(s, k->before, HOW_ERROR);
			relay_sync(s, HOW_NONE);
		}
	} else if (!passed) {
		relay_refuse(s, &e, true);
	}
	relay_passage_free(p);
	r->passage = NULL;
	if (passed && instead)
		return refuse(s, STR("pawl: what a FunctionCall takes away cannot be kept first, so it is not sent"),
			      STR("Call the function in a SELECT."));
	return passed ? RELAY_PASS : RELAY_DONE;
}

static enum relay_did weigh(struct session *s, struct str text)
{
	struct relay *r = &s->relay;
	struct statement_answer a;
	const struct statement *st;

	relay_weigh(s, text, &a);
	st = a.statements;
	if (a.n != 1 || st->ruling == RULING_REFUSE) {
		struct message_error e = { "ERROR", "PW004", st ? st->message : STR_NONE, st ? st->hint : STR_NONE };

		if (st && st->sqlstate[0])
			e.sqlstate = st->sqlstate;
		relay_refuse(s, &e, true);
		return RELAY_DONE;
	}
	if (st->ruling != RULING_READ && r->block != BLOCK_CLIENT && r->block != BLOCK_CLIENT_READ_ONLY)
		return refuse(s, STR("pawl: large objects are changed inside a transaction, so this is not sent"),
			      STR("Begin a transaction first."));
	if (st->ruling == RULING_ASK) {
		if (r->n_sent) {
			relay_when_quiet(s, relay_resume);
			return RELAY_WAITS;
		}
		relay_announce(r, &a, st);
		relay_ask(s, text, STR_NONE, STR_NONE, relay_resume);
		return r->passage ? asked(s) : RELAY_WAITS;
	}
	relay_announce(r, &a, st);
	if (st->ruling != RULING_READ)
		wrote(s);
	return RELAY_PASS;
}

enum relay_did relay_function(struct session *s, struct str message)
{
	struct str body = str_sub(message, MESSAGE_HEAD, message.len);
	auto_buf text = BUF_MAX(1024);
	const struct row *f = row_of(message_u32(body.ptr));
	struct relay *r = &s->relay;
	enum relay_did did = RELAY_PASS;

	if (r->unsynced && r->block == BLOCK_GATE) {
		session_fatal(s, "08P01", STR("pawl: a FunctionCall before the Sync of what came before it"));
		return RELAY_ENDED;
	}
	if (!f)
		return cannot_judge(s);
	if (!r->passage && relay_schema_stale(s))
		return RELAY_WAITS;
	if (r->passage)
		did = asked(s);
	else if (!text_of(str_sub(body, 4, body.len), f, &text))
		return cannot_judge(s);
	else if (!f->moves)
		did = weigh(s, buf_str(&text));
	if (did == RELAY_PASS)
		relay_sent(s, 'F', HOW_ALL, NULL);
	if (did == RELAY_PASS && r->n_looks)
		relay_when_quiet(s, relay_resume);
	return did;
}
