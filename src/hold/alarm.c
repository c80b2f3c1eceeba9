#include "hold/alarm.h"

/* Best effort: the refusal stands whether or not the alarm could be written. */
static void raise(const struct hold_host *h, struct book *b, const char *about, const char *what)
{
	auto_buf body = BUF_MAX(8192);
	struct json_out o = { .buf = &body };
	struct str_list *l;
	uint64_t seq;

	for (l = b->alarms; l; l = l->next) {
		if (str_is(l->item, about))
			return;
	}
	json_out_open(&o, '{');
	json_out_kv(&o, "about", str_from(about));
	json_out_kv(&o, "what", str_from(what));
	json_out_close(&o, '}');
	l = ARENA_NEW(b->arena, struct str_list);
	if (l) {
		*l = (struct str_list){ arena_str(b->arena, str_from(about)), b->alarms };
		b->alarms = l;
	}
	if (!h->append(h->ctx, STR("alarm"), buf_str(&body), &seq, NULL))
		seq = 0;
	if (h->page)
		h->page(h->page_ctx, str_from(about), str_from(what));
}

void alarm_approval(const struct hold_host *h, struct book *b, const struct book_hold *hold, const struct weighed *v, bool file)
{
	char about[100], what[600];

	if (file)
		snprintf(about, sizeof(about), "%s in an approval file", hold->id);
	else
		snprintf(about, sizeof(about), "%s, entry %llu", hold->id, (unsigned long long)v->approval->seq);
	snprintf(what, sizeof(what), "forged approval, ignored: %s", v->why);
	raise(h, b, about, what);
}

void alarm_grant(const struct hold_host *h, struct book *b, const struct book_elevation *g, const char *why)
{
	char what[600];

	snprintf(what, sizeof(what), "forged elevation, ignored: %s", why);
	raise(h, b, g->id, what);
}

void alarm_row(const struct hold_host *h, struct book *b, const char *id, bool known)
{
	char about[100], what[300];

	snprintf(about, sizeof(about), "%s in the index", id);
	snprintf(what, sizeof(what), "the store says that %s is approved; the ledger has no %s: the row is forged, and ignored", id,
		 known ? "approval of it" : "such hold");
	raise(h, b, about, what);
}

void alarm_index(const struct hold_host *h, struct book *b, const struct digest *request)
{
	for (size_t i = 0; h->indexed && i < b->n_holds; i++) {
		const struct book_hold *hold = b->holds[i];
		enum hold_state says = HOLD_NONE;

		if (!digest_eq(&hold->request, request) || !h->indexed(h->index_ctx, hold->id, &says, NULL))
			continue;
		if (says == HOLD_APPROVED && !hold->n_approvals)
			alarm_row(h, b, hold->id, true);
	}
}

void alarm_page(const struct hold_host *h, struct str id, struct str what, struct str text)
{
	char about[100];

	snprintf(about, sizeof(about), "%.*s %.*s", STR_ARG(id), STR_ARG(what));
	if (h->page)
		h->page(h->page_ctx, str_from(about), text);
}
