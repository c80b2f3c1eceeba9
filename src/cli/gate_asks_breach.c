/* A budget was passed, or the witness saw what no statement said. */
#include "cli/gate_asks_inner.h"

#include "cli/notify.h"

#define BODY_MAX ((size_t)1 << 20)

static void put_changes(const struct change_list *saw, struct json_out *o)
{
	size_t n = 0;

	json_out_key(o, "saw");
	json_out_open(o, '[');
	if (saw) {
		CHANGE_EACH(c, saw) {
			if (n++ < 100)
				change_to_json(c, o);
		}
	}
	json_out_close(o, ']');
}

void gate_asks_breach(void *ctx, const struct database_session *s, const struct database_upstream *u, struct str what,
		      const struct change_list *saw)
{
	struct gate_asks *a = ctx;
	auto_buf b = BUF_MAX(BODY_MAX);
	struct json_out o = { .buf = &b };
	uint64_t seq;

	json_out_open(&o, '{');
	json_out_kv(&o, "about", s->id);
	json_out_kv(&o, "what", str_sub(what, 0, 2000));
	json_out_kv(&o, "upstream", u->name);
	put_changes(saw, &o);
	json_out_close(&o, '}');
	/* Tightened first: in memory that cannot fail. What the ledger does not take, the gate has rolled back all the same. */
	(void)!gate_credentials_tighten(a->credentials, s->id, what, STR_NONE, NULL);
	(void)!ledger_append(a->o.ledger, STR("alarm"), buf_str(&b), &seq, NULL);
	notify_kick(a->o.policy);
}
