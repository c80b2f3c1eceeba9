#include "wire_inner.h"

#include "fuzz.h"
#include "gate/postgres/message.h"

void model_begin(struct model *m, const struct statement_context *judge)
{
	struct arena arena = m->arena;

	*m = (struct model){ .judge = judge, .arena = arena, .tx = 'I' };
	m->in = BUF_MAX((size_t)64 << 20);
	m->out = BUF_MAX((size_t)64 << 20);
	if (!m->arena.mem && !arena_map(&m->arena, (size_t)64 << 20))
		abort();
}

static void name_free(struct model_name *n)
{
	free(n->name);
	free(n->text);
	*n = (struct model_name){ 0 };
}

void model_forget(struct model_name *all)
{
	for (size_t i = 0; i < MODEL_NAMES; i++)
		name_free(&all[i]);
}

void model_end(struct model *m)
{
	model_forget(m->statements);
	model_forget(m->portals);
	model_forget(m->by_name);
	for (size_t i = 0; i < m->n_yes; i++)
		free(m->yes[i]);
	buf_free(&m->in);
	buf_free(&m->out);
}

static struct model_name *find(struct model_name *all, struct str name)
{
	for (size_t i = 0; i < MODEL_NAMES; i++) {
		if (all[i].name && str_is(name, all[i].name))
			return &all[i];
	}
	return NULL;
}

void model_put(struct model_name *all, struct str name, struct str text, bool own)
{
	struct model_name *n = find(all, name);

	for (size_t i = 0; i < MODEL_NAMES && !n; i++)
		n = all[i].name ? NULL : &all[i];
	if (!n)
		return;
	name_free(n);
	*n = (struct model_name){ strndup(name.ptr, name.len), strndup(text.ptr, text.len), own, false };
}

static bool prepared(void *model, struct str name, struct str *ret)
{
	const struct model_name *n = find(((struct model *)model)->by_name, name);

	if (n)
		*ret = str_from(n->text);
	return n != NULL;
}

void model_weigh(struct model *m, struct str text, struct statement_answer *ret)
{
	struct statement_context c = *m->judge;

	c.in_transaction = m->tx != 'I';
	c.prepared = prepared;
	c.relay = m;
	arena_reset(&m->arena);
	statement_weigh(&c, text, &m->arena, ret);
}

void model_yes(struct model *m, struct str text)
{
	struct statement_answer a;

	model_weigh(m, text, &a);
	for (const struct statement *st = a.statements; st && m->n_yes < MODEL_YES; st = st->next)
		m->yes[m->n_yes++] = strndup(st->text.ptr, st->text.len);
}

/* --- what it says --- */

static void bare(struct model *m, char type)
{
	message_bare(&m->out, type);
}

bool model_error(struct model *m, const char *state)
{
	message_error(&m->out, &(struct message_error){ "ERROR", state, STR("no"), STR_NONE });
	if (m->tx == 'T')
		m->tx = 'E';
	return false;
}

static void ready(struct model *m)
{
	message_ready(&m->out, m->tx);
}

void model_row(struct model *m, const char *const *cells, size_t n)
{
	size_t at = message_begin(&m->out, 'D');

	message_add_u16(&m->out, (uint16_t)n);
	for (size_t i = 0; i < n; i++) {
		message_add_u32(&m->out, cells[i] ? (uint32_t)strlen(cells[i]) : UINT32_MAX);
		buf_adds(&m->out, cells[i] ? cells[i] : "");
	}
	message_end(&m->out, at);
}

static void described(struct model *m)
{
	size_t at = message_begin(&m->out, 'T');

	message_add_u16(&m->out, 1);
	message_add_text(&m->out, STR("c"));
	for (size_t i = 0; i < 9; i++)
		message_add_u16(&m->out, 0);
	message_end(&m->out, at);
}

/* True: a copy begins, and its end is the statement's. */
static bool told(struct model *m, const struct statement *st, bool simply)
{
	size_t at;

	if (str_starts(st->verb, STR("COPY")) && model_has(st->text, "STDIN")) {
		at = message_begin(&m->out, 'G');
		buf_add(&m->out, (struct str){ "\0\0\0", 3 });
		message_end(&m->out, at);
		m->copies = true;
		m->copies_simply = simply;
		return true;
	}
	if (str_starts(st->verb, STR("COPY"))) {
		at = message_begin(&m->out, 'H');
		buf_add(&m->out, (struct str){ "\0\0\0", 3 });
		message_end(&m->out, at);
		message_end(&m->out, message_begin(&m->out, 'd'));
		bare(m, 'c');
	} else if (st->ruling == RULING_READ) {
		if (simply)
			described(m);
		model_row(m, &(const char *){ "value" }, 1);
	}
	message_complete(&m->out, st->control == CONTROL_COMMIT ? STR("COMMIT") : st->verb.len ? st->verb : STR("SELECT 1"));
	return false;
}

static void query(struct model *m, struct str text)
{
	struct statement_answer a;

	model_weigh(m, text, &a);
	if (!a.n)
		bare(m, 'I');
	for (const struct statement *st = a.statements; st; st = st->next) {
		if (!model_runs(m, st))
			break;
		if (told(m, st, true))
			return;
	}
	ready(m);
}

static bool execute(struct model *m, struct model_name *p, uint8_t vary)
{
	struct statement_answer a;

	if (!p || p->done)
		return model_error(m, "34000");
	p->done = true;
	if (p->own) {
		bool ok = model_runs_own(m, str_from(p->text), vary);

		if (ok)
			message_complete(&m->out, STR("DELETE 3"));
		return ok;
	}
	model_weigh(m, str_from(p->text), &a);
	if (!a.n) {
		bare(m, 'I');
		return true;
	}
	if (!model_runs(m, a.statements))
		return false;
	told(m, a.statements, false);
	return true;
}

/* --- messages --- */

static bool parse(struct model *m, struct str body)
{
	struct statement_answer a;
	struct str name, text;
	bool own;

	FUZZ_CHECK(message_text(&body, &name) && message_text(&body, &text));
	own = str_starts(name, STR("_pawl"));
	if (str_is(text, "refused by pawl") || m->tx == 'E')
		return model_error(m, "42601");
	if (!own) {
		model_weigh(m, text, &a);
		if (a.n > 1)
			return model_error(m, "42601");
	}
	if (own && find(m->statements, name))
		return model_error(m, "42P05");
	model_put(m->statements, name, text, own);
	bare(m, '1');
	return true;
}

static bool bind(struct model *m, struct str body)
{
	struct str portal, name;
	struct model_name *p;

	FUZZ_CHECK(message_text(&body, &portal) && message_text(&body, &name));
	FUZZ_CHECK(str_starts(portal, STR("_pawl")) == str_starts(name, STR("_pawl")));
	p = find(m->statements, name);
	if (!p)
		return model_error(m, "26000");
	model_put(m->portals, portal, str_from(p->text), p->own);
	bare(m, '2');
	return true;
}

static bool close_one(struct model *m, struct str body)
{
	char what = body.ptr[0];
	struct model_name *p;

	body.ptr++;
	body.len--;
	p = find(what == 'S' ? m->statements : m->portals, str_sub(body, 0, body.len - 1));
	if (p)
		name_free(p);
	bare(m, '3');
	return true;
}

static bool describe(struct model *m, struct str body)
{
	struct str name = str_sub(body, 1, body.len - 2);
	size_t at;

	if (!find(body.ptr[0] == 'S' ? m->statements : m->portals, name))
		return model_error(m, "26000");
	if (body.ptr[0] == 'S') {
		at = message_begin(&m->out, 't');
		message_add_u16(&m->out, 0);
		message_end(&m->out, at);
	}
	if (name.len % 2)
		bare(m, 'n');
	else
		described(m);
	return true;
}

static void sync(struct model *m)
{
	m->skips = false;
	if (m->tx == 'I') {
		m->wrote = false;
		model_forget(m->portals);
	}
	ready(m);
}

static void copying(struct model *m, char type)
{
	if (type == 'd' || type == 'H' || type == 'S')
		return;
	m->copies = false;
	if (type == 'c')
		message_complete(&m->out, STR("COPY 1"));
	else
		model_error(m, "57014");
	if (m->copies_simply)
		ready(m);
	else if (type != 'c')
		m->skips = true;
}

static void asides(struct model *m, uint8_t vary)
{
	size_t at;

	if (vary & 64)
		message_error(&m->out, &(struct message_error){ "NOTICE", "00000", STR("by the way"), STR_NONE });
	if (vary & 32) {
		at = message_begin(&m->out, 'S');
		message_add_text(&m->out, STR("TimeZone"));
		message_add_text(&m->out, STR("UTC"));
		message_end(&m->out, at);
	}
	if (vary & 16) {
		at = message_begin(&m->out, 'A');
		message_add_u32(&m->out, 7);
		message_add_text(&m->out, STR("x"));
		message_add_text(&m->out, STR("y"));
		message_end(&m->out, at);
	}
}

static void act(struct model *m, char type, struct str body, uint8_t vary)
{
	bool ok = true;

	if (type == 'X') {
		m->ended = true;
		return;
	}
	if (m->copies) {
		copying(m, type);
		return;
	}
	if (type == 'S') {
		sync(m);
		return;
	}
	if (m->skips || type == 'H' || type == 'd' || type == 'c' || type == 'f')
		return;
	asides(m, vary);
	if (type == 'Q') {
		if (vary & 128) {
			model_error(m, "XX000");
			ready(m);
		} else {
			query(m, str_sub(body, 0, body.len - 1));
		}
		return;
	}
	if (type == 'F') {
		if (vary & 128)
			model_error(m, "XX000");
		else
			model_calls(m, body);
		ready(m);
		return;
	}
	if (vary & 128)
		ok = model_error(m, "XX000");
	else if (type == 'P')
		ok = parse(m, body);
	else if (type == 'B')
		ok = bind(m, body);
	else if (type == 'D')
		ok = describe(m, body);
	else if (type == 'C')
		ok = close_one(m, body);
	else if (type == 'E')
		ok = execute(m, find(m->portals, str_sub(body, 0, body.len - 5)), vary);
	else
		FUZZ_CHECK(!*"a message that no gate sends");
	m->skips = !ok;
}

void model_takes(struct model *m, const char *bytes, size_t n)
{
	buf_add(&m->in, (struct str){ bytes, n });
	FUZZ_CHECK(!m->in.failed);
}

bool model_answers(struct model *m, uint8_t vary)
{
	struct str all = buf_str(&m->in);
	const struct message_kind *k;
	uint32_t n;

	if (all.len < MESSAGE_HEAD || m->ended)
		return false;
	k = message_of_client(all.ptr[0]);
	FUZZ_CHECK(k && message_length(k, all.ptr, &n));
	if (all.len - MESSAGE_HEAD < n)
		return false;
	m->messages++;
	act(m, all.ptr[0], str_sub(all, MESSAGE_HEAD, n), vary);
	memmove(m->in.ptr, m->in.ptr + MESSAGE_HEAD + n, all.len - MESSAGE_HEAD - n);
	m->in.len -= MESSAGE_HEAD + n;
	return true;
}
