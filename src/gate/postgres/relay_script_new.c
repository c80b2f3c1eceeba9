#include "gate/postgres/relay_script.h"

#define SCRIPT_MAX 10000 /* statements in one message */

void relay_script_free(struct relay *r)
{
	struct relay_script *p = r->script;

	if (!p)
		return;
	for (size_t i = 0; i < p->n; i++) {
		relay_effects_free(&p->st[i].effects);
		free((void *)(uintptr_t)p->st[i].instead.ptr);
	}
	relay_passage_free(p->passage);
	buf_free(&p->announced);
	free(p->text);
	free(p);
	r->script = NULL;
}

static bool fill(struct script_statement *to, const struct statement *st, const char *from, const struct relay_script *p)
{
	*to = (struct script_statement){
		.text = { p->text + (st->text.ptr - from), st->text.len },
		.ask = st->ruling == RULING_ASK,
		.ruling = st->ruling == RULING_ASK ? st->passed : st->ruling,
		.control = st->control,
		.added_at = st->added_at,
		.added = st->added,
		.copies_in = relay_copies_in(st),
		.chain = st->chain,
		.ddl = relay_is_ddl(st),
		.effective = relay_effects_any(st),
	};
	if (st->instead.len)
		to->instead = (struct str){ strndup(st->instead.ptr, st->instead.len), st->instead.len };
	relay_effects_of(st, &to->effects);
	return !st->instead.len || to->instead.ptr;
}

static void announce(const struct relay *r, struct relay_script *p, const struct statement_answer *a, const struct statement *st)
{
	struct script_statement *to = &p->st[p->n - 1];

	to->announces_at = p->announced.len;
	to->n_announces = relay_announce_to(r, a, st, &p->announced);
	to->announces_len = p->announced.len - to->announces_at;
}

struct relay_script *relay_script_new(const struct relay *r, const struct statement_answer *a, struct str text)
{
	struct relay_script *p = a->n <= SCRIPT_MAX ? calloc(1, sizeof(*p) + a->n * sizeof(p->st[0])) : NULL;

	if (!p)
		return NULL;
	p->announced = BUF_MAX(1 << 20);
	p->text = strndup(text.ptr, text.len);
	p->n_text = text.len;
	for (const struct statement *st = a->statements; st && p->text; st = st->next) {
		if (!fill(&p->st[p->n++], st, text.ptr, p))
			break;
		announce(r, p, a, st);
	}
	return p;
}
