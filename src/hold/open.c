#include "hold/hold.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "hold/book.h"
#include "hold/demand.h"
#include "hold/record.h"
#include "hold/where.h"

#define BODY_MAX ((size_t)2 << 20)
#define HINT_LIFE_S (INT64_C(30) * 86400) /* holds and grants are over long before */
#define HINT_PRUNE_EVERY 16
#define HINT_ARENA ((size_t)64 << 20)

static const struct str state_names[HOLD_STATE_COUNT] = {
	[HOLD_NONE] = STR_INIT("none"),	      [HOLD_OPEN] = STR_INIT("open"),	    [HOLD_APPROVED] = STR_INIT("approved"),
	[HOLD_DENIED] = STR_INIT("denied"),   [HOLD_EXPIRED] = STR_INIT("expired"), [HOLD_USED] = STR_INIT("used"),
	[HOLD_REVOKED] = STR_INIT("revoked"),
};

struct str hold_state_name(enum hold_state s)
{
	return (unsigned)s < HOLD_STATE_COUNT ? state_names[s] : state_names[HOLD_NONE];
}

bool hold_state_from(struct str name, enum hold_state *ret_state)
{
	for (unsigned i = 0; i < HOLD_STATE_COUNT; i++) {
		if (str_eq(state_names[i], name)) {
			*ret_state = (enum hold_state)i;
			return true;
		}
	}
	return false;
}

/* --- the hint: which hold a digest had last. Lost or wrong, a new hold is opened; it permits nothing. --- */

static bool hint_path(const struct hold_host *h, const char *hex, char *ret, size_t size)
{
	int n = snprintf(ret, size, "%s/holds/%s", h->state_dir, hex);

	return n > 0 && (size_t)n < size;
}

static uint64_t read_hint(const struct hold_host *h, const char *hex)
{
	auto_buf b = BUF_MAX(64);
	char path[4096];
	uint64_t seq;

	if (!hint_path(h, hex, path, sizeof(path)) || !file_read(path, &b, NULL) ||
	    !str_to_u64(str_trim(buf_str(&b)), &seq))
		return 0;
	return seq;
}

/* Not synced: it is a hint. */
static void write_hint(const struct hold_host *h, const char *hex, uint64_t seq)
{
	char path[4096], tmp[4200], text[32];
	int n = snprintf(text, sizeof(text), "%llu\n", (unsigned long long)seq);

	if (!hint_path(h, hex, path, sizeof(path)))
		return;
	snprintf(tmp, sizeof(tmp), "%s.%d", path, (int)getpid());
	auto_fd fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || !fd_write_all(fd, text, (size_t)n, NULL) || rename(tmp, path) != 0)
		unlink(tmp);
	if (seq % HINT_PRUNE_EVERY == 0 && (size_t)snprintf(tmp, sizeof(tmp), "%s/holds", h->state_dir) < sizeof(tmp))
		dir_prune(tmp, HINT_LIFE_S);
}

/* What has become of the hinted hold; HOLD_NONE where it is not one of this digest. */
static bool hinted(const struct hold_host *h, uint64_t seq, const struct digest *request, int64_t now_us,
			enum hold_state *ret_state, struct err *err)
{
	struct arena arena;
	struct book book;
	const struct book_hold *hold;
	bool ok;

	if (!arena_map(&arena, HINT_ARENA))
		return err_set(err, ERR_LIMIT, "no memory to read the ledger with");
	ok = book_read_after(&book, h, seq - 1, now_us, &arena, err);
	if (ok) {
		hold = book_find(&book, seq);
		*ret_state = HOLD_NONE;
		if (hold && digest_eq(&hold->request, request))
			*ret_state = hold->state;
	}
	arena_unmap(&arena);
	return ok;
}

/* It may still be answered, or used. */
static bool waits(enum hold_state state)
{
	return state == HOLD_OPEN || state == HOLD_APPROVED;
}

static void put_asker(const struct principal *p, struct json_out *o)
{
	json_out_key(o, "asker");
	json_out_open(o, '{');
	json_out_kv(o, "kind", principal_kind_name(p->kind));
	json_out_kv(o, "name", p->name);
	json_out_key(o, "uid");
	json_out_u64(o, p->uid);
	json_out_kv(o, "session", p->session);
	json_out_kv(o, "key", p->key);
	json_out_close(o, '}');
}

static void put_body(const struct request *r, const struct judgement *j, const char *hex, struct json_out *o)
{
	struct digest changes = statement_changes(&r->changes);
	char host[WHERE_LEN + 1], changes_hex[DIGEST_HEX_LEN + 1];

	where_host(host);
	digest_hex(&changes, changes_hex);
	json_out_kv(o, "request_digest", str_from(hex));
	json_out_kv(o, "changes", str_from(changes_hex));
	json_out_kv(o, "gate", gate_name(r->gate));
	json_out_kv(o, "summary", r->summary);
	json_out_kv(o, "environment", j->environment.name);
	json_out_kv(o, "cwd", r->binding.cwd);
	json_out_kv(o, "folder", r->place.path.len ? r->place.path : r->binding.cwd);
	json_out_kv(o, "host", str_from(host));
	json_out_kv(o, "reason", j->reason);
	json_out_kv(o, "missing", j->missing);
	json_out_kv(o, "typed_name", j->typed_name);
	put_asker(&r->principal, o);
	json_out_key(o, "demands");
	demand_to_json(&j->demands, o);
}

static bool append_new(const struct hold_host *h, const struct hold_request *q, const char *hex, uint64_t *ret_seq,
		       struct err *err)
{
	auto_buf b = BUF_MAX(BODY_MAX);
	struct json_out o = { .buf = &b };

	json_out_open(&o, '{');
	put_body(q->request, q->judgement, hex, &o);
	if (!record_put(h->state_dir, q, hex, &o, err))
		return false;
	json_out_close(&o, '}');
	if (b.failed)
		return err_set(err, ERR_LIMIT, "the request is too large to be held");
	return h->append(h->ctx, STR("hold.opened"), buf_str(&b), ret_seq, err);
}

static bool open_locked(const struct hold_host *h, const struct hold_request *q, uint64_t *ret_seq, struct err *err)
{
	struct digest d = request_digest(q->request);
	char hex[DIGEST_HEX_LEN + 1];
	uint64_t hint;
	enum hold_state state = HOLD_NONE;

	digest_hex(&d, hex);
	hint = read_hint(h, hex);
	if (hint && !hinted(h, hint, &d, q->evidence->now_us, &state, err))
		return false;
	if (waits(state)) {
		*ret_seq = hint;
		return true;
	}
	if (!append_new(h, q, hex, ret_seq, err))
		return false;
	write_hint(h, hex, *ret_seq);
	return true;
}

bool hold_last(const struct hold_host *h, const struct request *r, int64_t now_us, char ret_id[HOLD_ID_LEN],
	       enum hold_state *ret_state, struct err *err)
{
	struct digest d = request_digest(r);
	enum hold_state state = HOLD_NONE;
	char hex[DIGEST_HEX_LEN + 1];
	uint64_t seq;

	digest_hex(&d, hex);
	seq = read_hint(h, hex);
	if (seq && !hinted(h, seq, &d, now_us, &state, err))
		return false;
	if (state != HOLD_NONE)
		snprintf(ret_id, HOLD_ID_LEN, "H-%llu", (unsigned long long)seq);
	*ret_state = state;
	return true;
}

bool hold_waiting(const struct hold_host *h, const struct request *r, int64_t now_us, char ret_id[HOLD_ID_LEN],
		  enum hold_state *ret_state, struct err *err)
{
	enum hold_state state;
	char id[HOLD_ID_LEN];

	if (!hold_last(h, r, now_us, id, &state, err))
		return false;
	if (waits(state))
		snprintf(ret_id, HOLD_ID_LEN, "%s", id);
	*ret_state = waits(state) ? state : HOLD_NONE;
	return true;
}

bool hold_open(const struct hold_host *h, const struct request *r, const struct judgement *j, const struct evidence *e,
	       char ret_id[HOLD_ID_LEN], struct err *err)
{
	struct hold_request q = { .request = r, .judgement = j, .evidence = e };
	char dir[4096];
	uint64_t seq = 0;
	bool ok;

	if (j->verdict != VERDICT_HOLD)
		return err_set(err, ERR_DENIED, "only a held request can wait for a person");
	if ((size_t)snprintf(dir, sizeof(dir), "%s/holds", h->state_dir) >= sizeof(dir))
		return err_set(err, ERR_LIMIT, "%s: path too long", h->state_dir);
	if (!dir_make(dir, 0700, err) || !h->lock(h->ctx, err))
		return false;
	ok = open_locked(h, &q, &seq, err);
	h->unlock(h->ctx);
	if (ok)
		snprintf(ret_id, HOLD_ID_LEN, "H-%llu", (unsigned long long)seq);
	return ok;
}
