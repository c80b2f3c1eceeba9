#include "cli/keeping.h"

#define BODY_MAX ((size_t)256 << 10)
#define PRUNED_SAID 1000 /* ids in one entry */

struct keep_bounds keeping_bounds(const struct policy *policy)
{
	struct policy_keep is = policy_keep(policy);

	return (struct keep_bounds){ .item_bytes = is.item_bytes, .total_bytes = is.total_bytes, .age_s = is.age_s,
				     .item_files = (uint32_t)is.files, .time_us = KEEPING_TIME_US };
}

static bool append(struct ledger *l, struct str kind, const struct buf *body, struct err *err)
{
	uint64_t seq;

	if (body->failed)
		return err_set(err, ERR_LIMIT, "too long for an entry of the ledger");
	return ledger_append(l, kind, buf_str(body), &seq, err);
}

bool keeping_pruned(struct ledger *ledger, const struct keep_pruned *gone, struct err *err)
{
	auto_buf b = BUF_MAX(BODY_MAX);
	struct json_out o = { .buf = &b };
	size_t n = 0;

	if (!gone->items)
		return true;
	json_out_open(&o, '{');
	json_out_key(&o, "items");
	json_out_open(&o, '[');
	for (const struct keep_item *i = gone->gone; i && n < PRUNED_SAID; i = i->next, n++)
		json_out_str(&o, str_from(i->id));
	json_out_close(&o, ']');
	json_out_key(&o, "count");
	json_out_u64(&o, gone->items);
	json_out_key(&o, "bytes");
	json_out_u64(&o, gone->bytes);
	json_out_close(&o, '}');
	return append(ledger, STR("keep.pruned"), &b, err);
}

bool keeping_taken(struct ledger *ledger, const char *id, const struct keeping_words *words, struct err *err)
{
	auto_buf b = BUF_MAX(BODY_MAX);
	struct json_out o = { .buf = &b };

	json_out_open(&o, '{');
	json_out_kv(&o, "item", str_from(id));
	json_out_kv(&o, "command", str_sub(words->command, 0, 4096));
	json_out_kv(&o, "folder", words->folder);
	json_out_kv(&o, "session", words->session);
	json_out_close(&o, '}');
	return append(ledger, STR("keep.taken"), &b, err);
}

bool keeping_take(struct keep *k, struct ledger *ledger, const struct keep_wish *wishes, size_t n, const struct keeping_words *words,
		  char ret_id[24], struct err *err)
{
	char id[24];

	if (!keep_take(k, wishes, n, words->command, words->session, id, err) || !keeping_taken(ledger, id, words, err) ||
	    !keeping_pruned(ledger, keep_gone(k), err))
		return false;
	memcpy(ret_id, id, sizeof(id));
	return true;
}
