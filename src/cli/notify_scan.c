/* From the ledger into the outbox. */
#include <unistd.h>

#include "base/clock.h"
#include "base/timestamp.h"
#include "cli/notify.h"

#define TREE ((size_t)64 << 20)
#define BODY_MAX ((size_t)65536)
#define TOO_OLD (86400 * CLOCK_SECOND)

/* clang-format off */
/* What is worth telling, and how it begins. ${about}: the member that names the hold; NULL: the entry itself is what it is about. */
static const struct {
	const char *kind, *about, *prefix, *title;
} events[] = {
	{ "hold.opened",       NULL,    "H-", "waits for a person" },
	{ "elevation",         NULL,    "G-", "an elevation is in force" },
	{ "break-glass",       NULL,    "G-", "BREAK-GLASS: everything is allowed for a time" },
	{ "grant.used",        "hold",  "",   "was used" },
	{ "grant.revoked",     "hold",  "",   "was revoked" },
	{ "denial",            "hold",  "",   "was denied" },
	{ "freeze",            NULL,    "F-", "FROZEN: nothing but a restore may pass" },
	{ "unfreeze",          NULL,    "F-", "the freeze is over" },
	{ "alarm",             NULL,    "A-", "ALARM" },
	{ "apply.interrupted", NULL,    "E-", "an apply was interrupted" },
};
/* clang-format on */

struct scan {
	struct notify_run *run;
	struct arena scratch;
	struct err *err;
	int64_t now_us;
	uint64_t last;
	bool wrong;
};

/* --- targets --- */

void notify_target(const struct notify *n, struct buf *out)
{
	static const char *const kinds[] = { [NOTIFY_COMMAND] = "command", [NOTIFY_WEBHOOK] = "webhook",
					     [NOTIFY_SENDMAIL] = "sendmail" };
	struct json_out o = { .buf = out };

	json_out_open(&o, '{');
	json_out_kv(&o, "kind", str_from(kinds[n->kind]));
	if (n->kind == NOTIFY_COMMAND) {
		json_out_key(&o, "argv");
		json_out_open(&o, '[');
		for (const struct str_list *l = n->argv; l; l = l->next)
			json_out_str(&o, l->item);
		json_out_close(&o, ']');
	} else {
		json_out_kv(&o, "to", n->target);
	}
	json_out_close(&o, '}');
}

void notify_target_digest(struct str target, char ret_hex[17])
{
	struct digest d = digest_of(target.ptr, target.len);
	char hex[DIGEST_HEX_LEN + 1];

	digest_hex(&d, hex);
	memcpy(ret_hex, hex, 16);
	ret_hex[16] = '\0';
}

void notify_target_name(const struct json *target, struct buf *out)
{
	struct str kind = json_str(target, "kind"), to = json_str(target, "to");
	const struct json *argv = json_get(target, "argv");
	size_t scheme = str_find(to, STR("://"));

	buf_add(out, kind);
	buf_addc(out, ' ');
	if (str_is(kind, "command") && argv && argv->child) {
		buf_add(out, argv->child->text);
	} else if (scheme != SIZE_MAX) {
		struct str host = str_sub(to, scheme + 3, SIZE_MAX);
		size_t end = str_find_char(host, '/'), at;

		host = str_sub(host, 0, end);
		at = str_rfind_char(host, '@');
		buf_add(out, at == SIZE_MAX ? host : str_sub(host, at + 1, SIZE_MAX));
	} else {
		buf_add(out, to);
	}
}

/* --- messages --- */

static bool record(struct scan *s, const char *key, const char *target, uint64_t *ret_seq)
{
	auto_buf body = BUF_MAX(BODY_MAX), name = BUF_MAX(4096);
	struct json_out o = { .buf = &body };
	struct json *tree = NULL;
	char hex[17];

	if (!json_parse(str_from(target), &s->scratch, &tree, s->err))
		return false;
	notify_target_name(tree, &name);
	notify_target_digest(str_from(target), hex);
	json_out_open(&o, '{');
	json_out_kv(&o, "about", str_from(key));
	json_out_kv(&o, "target", buf_str(&name));
	json_out_kv(&o, "target_digest", str_from(hex));
	json_out_close(&o, '}');
	return ledger_append(s->run->ledger, STR("notify.queued"), buf_str(&body), ret_seq, s->err);
}

static bool queue(struct scan *s, const char *key, struct str body, const char *state)
{
	for (const struct notify *n = policy_notify(s->run->policy); n; n = n->next) {
		auto_buf target = BUF_MAX(BODY_MAX);
		struct store_message m = { .key = str_from(key), .body = body, .next_us = s->now_us, .state = str_from(state) };
		bool is_new = false;

		notify_target(n, &target);
		m.target = buf_str(&target);
		if (!store_outbox_queue(s->run->store, &m, &is_new, s->err))
			return false;
		if (is_new && !state && !record(s, key, target.ptr, &m.seq))
			return false;
	}
	return true;
}

static void put_message(const struct ledger_entry *e, const struct json *entry, size_t event, const char *id, struct buf *out)
{
	struct json_out o = { .buf = out };
	struct str summary = json_str(entry, "summary"), reason = json_str(entry, "reason"), what = json_str(entry, "what");
	char time[TIMESTAMP_LEN + 1], host[256] = "", text[2048], look[100];
	struct str say = summary.len ? summary : what.len ? what : reason.len ? reason : json_str(entry, "why");

	timestamp_text(e->time_us, time);
	gethostname(host, sizeof(host) - 1);
	if (str_starts(str_from(id), STR("H-")) || str_starts(str_from(id), STR("G-")))
		snprintf(look, sizeof(look), "pawl show %s", id);
	else
		snprintf(look, sizeof(look), "pawl log");
	snprintf(text, sizeof(text), "pawl on %s: %s %s%s%.*s. Look: %s", host, id, events[event].title, say.len ? ": " : "",
		 STR_ARG(str_sub(say, 0, 1200)), look);
	json_out_open(&o, '{');
	json_out_key(&o, "pawl_notification");
	json_out_u64(&o, 1);
	json_out_kv(&o, "event", e->kind);
	json_out_kv(&o, "id", str_from(id));
	json_out_key(&o, "seq");
	json_out_u64(&o, e->seq);
	json_out_kv(&o, "time", str_from(time));
	json_out_kv(&o, "host", str_from(host));
	json_out_kv(&o, "title", str_from(events[event].title));
	json_out_kv(&o, "summary", say);
	json_out_kv(&o, "environment", json_str(entry, "environment"));
	json_out_kv(&o, "look", str_from(look));
	json_out_kv(&o, "text", str_from(text));
	json_out_close(&o, '}');
}

static bool tell(struct scan *s, const struct ledger_entry *e, size_t event)
{
	auto_buf body = BUF_MAX(BODY_MAX);
	struct json *entry = NULL;
	char id[80], key[120];

	if (!json_parse(e->body, &s->scratch, &entry, NULL))
		return true;
	if (events[event].about)
		snprintf(id, sizeof(id), "%.*s", STR_ARG(str_sub(json_str(entry, events[event].about), 0, 60)));
	else
		snprintf(id, sizeof(id), "%s%llu", events[event].prefix, (unsigned long long)e->seq);
	snprintf(key, sizeof(key), "%s %s", id, events[event].kind);
	put_message(e, entry, event, id, &body);
	return queue(s, key, buf_str(&body), NULL);
}

/* An outbox made anew must not tell again what was told. */
static bool told(struct scan *s, const struct ledger_entry *e)
{
	struct json *entry = NULL;
	char key[120];

	if (!json_parse(e->body, &s->scratch, &entry, NULL))
		return true;
	snprintf(key, sizeof(key), "%.*s", STR_ARG(str_sub(json_str(entry, "about"), 0, sizeof(key) - 1)));
	for (const struct notify *n = policy_notify(s->run->policy); n; n = n->next) {
		auto_buf target = BUF_MAX(BODY_MAX);
		struct store_message m = { .key = str_from(key), .body = STR("{}"), .state = STR("sent") };
		char hex[17];
		bool is_new;

		notify_target(n, &target);
		notify_target_digest(buf_str(&target), hex);
		m.target = buf_str(&target);
		if (str_is(json_str(entry, "target_digest"), hex) && !store_outbox_queue(s->run->store, &m, &is_new, s->err))
			return false;
	}
	return true;
}

static bool first_look(const struct ledger_entry *e, void *ctx)
{
	struct scan *s = ctx;

	arena_reset(&s->scratch);
	if (str_is(e->kind, "notify.sent") && !told(s, e))
		s->wrong = true;
	return !s->wrong;
}

static bool look(const struct ledger_entry *e, void *ctx)
{
	struct scan *s = ctx;

	s->last = e->seq;
	if (e->time_us < s->now_us - TOO_OLD)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		if (!str_is(e->kind, events[i].kind))
			continue;
		arena_reset(&s->scratch);
		if (!tell(s, e, i))
			s->wrong = true;
	}
	return !s->wrong;
}

static bool scan_all(struct scan *s, uint64_t after)
{
	struct ledger *l = s->run->ledger;
	struct digest chain;
	uint64_t head = 0;

	if (!ledger_head(l, &head, &chain, s->err))
		return false;
	if (after > head)
		after = 0; /* another ledger */
	if (!after && (!ledger_walk(l, 0, first_look, s, s->err) || s->wrong))
		return false;
	s->last = after;
	return ledger_walk(l, after, look, s, s->err) && !s->wrong && store_outbox_see(s->run->store, s->last, s->err);
}

bool notify_scan(struct notify_run *run, struct err *err)
{
	struct scan s = { .run = run, .err = err, .now_us = clock_now_us() };
	uint64_t after = 0;
	bool ok;

	if (!policy_notify(run->policy))
		return true;
	if (!arena_map(&s.scratch, TREE))
		return err_set(err, ERR_LIMIT, "no memory to read the ledger with");
	ok = store_begin(run->store, err);
	if (ok) {
		ok = store_outbox_seen(run->store, &after, err) && scan_all(&s, after) && store_commit(run->store, err);
		if (!ok)
			store_rollback(run->store);
	}
	arena_unmap(&s.scratch);
	return ok;
}
