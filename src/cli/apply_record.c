#include "cli/apply_record.h"

#include <unistd.h>

#include "base/fd.h"
#include "read/state.h"

#define SHOWN_MAX 2000u
#define SAID_MAX 4000u
#define BODY_MAX ((size_t)2 << 20)

static void hex_kv(struct json_out *o, const char *key, const struct digest *d)
{
	char hex[DIGEST_HEX_LEN + 1];

	digest_hex(d, hex);
	json_out_kv(o, key, str_from(hex));
}

bool apply_record_start(struct ledger *l, const struct plan_request *p, const struct workcopy *w,
			struct apply_record *r, struct err *err)
{
	struct digest request = request_digest(&p->request);
	auto_buf b = BUF_MAX(BODY_MAX);
	struct json_out o = { .buf = &b };

	json_out_open(&o, '{');
	json_out_kv(&o, "hold", r->hold);
	json_out_key(&o, "permit_seq");
	json_out_u64(&o, r->permit_seq);
	hex_kv(&o, "request_sha256", &request);
	hex_kv(&o, "plan_sha256", &p->file.digest);
	json_out_kv(&o, "summary", p->request.summary);
	json_out_kv(&o, "tool", p->request.tool);
	json_out_kv(&o, "work", str_from(w->id));
	json_out_kv(&o, "original", str_from(w->original));
	json_out_kv(&o, "backend", p->request.place.backend);
	json_out_kv(&o, "workspace", str_from(w->workspace));
	json_out_kv(&o, "account", p->request.place.account);
	json_out_kv(&o, "environment", p->request.binding.environment);
	json_out_kv(&o, "lineage", str_from(w->lineage));
	json_out_kv(&o, "serial", str_from(w->serial));
	json_out_kv(&o, "kept", str_from(r->kept));
	if (r->kept[0])
		hex_kv(&o, "kept_sha256", &r->kept_digest);
	json_out_key(&o, "pid");
	json_out_i64(&o, getpid());
	json_out_close(&o, '}');
	if (b.failed)
		return err_set(err, ERR_LIMIT, "the record of this apply is too large");
	return ledger_append(l, STR("apply.started"), buf_str(&b), &r->seq, err);
}

/* --- what two states differ in --- */

static bool known(const struct state_object *o, const struct state *other)
{
	const struct state_object *same = state_find(other, o->address);

	return same && str_eq(same->identity, o->identity);
}

static void only_in(const char *key, const struct state *a, const struct state *b, struct json_out *o)
{
	unsigned n = 0;

	json_out_key(o, key);
	json_out_open(o, '[');
	for (const struct state_object *s = a->objects; s && n < SHOWN_MAX; s = s->next) {
		if (known(s, b))
			continue;
		n++;
		json_out_open(o, '{');
		json_out_kv(o, "address", s->address);
		json_out_kv(o, "identity", s->identity);
		json_out_close(o, '}');
	}
	json_out_close(o, ']');
}

void apply_record_difference(struct str before, struct str after, struct json_out *o)
{
	struct state b = { 0 }, a = { 0 };
	struct arena arena;

	if (!arena_map(&arena, (before.len + after.len) * 16 + ((size_t)1 << 20)))
		return;
	if ((!before.len || state_read(before, &arena, &b, NULL)) &&
	    (!after.len || state_read(after, &arena, &a, NULL))) {
		only_in("created", &a, &b, o);
		only_in("gone", &b, &a, o);
	}
	arena_unmap(&arena);
}

/* --- the end --- */

static struct str kept_bytes(const char *path, struct buf *b)
{
	return path[0] && file_read(path, b, NULL) ? buf_str(b) : STR_NONE;
}

static void state_out(const struct apply_record *r, struct str state, bool is_known, struct json_out *o)
{
	char lineage[WORKCOPY_NAME_MAX], serial[24];
	auto_buf before = BUF_MAX(WORKCOPY_MAX_STATE);
	struct digest d = digest_of(state.ptr, state.len);

	json_out_key(o, "state_known");
	json_out_bool(o, is_known);
	if (!is_known)
		return;
	workcopy_state_head(state, lineage, serial);
	json_out_kv(o, "lineage", str_from(lineage));
	json_out_kv(o, "serial", str_from(serial));
	hex_kv(o, "state_sha256", &d);
	apply_record_difference(kept_bytes(r->kept, &before), state, o);
}

bool apply_record_end(struct ledger *l, const struct workcopy *w, const struct apply_record *r,
		      const struct apply_end *e, struct err *err)
{
	bool stopped = e->asked || e->status > 128;
	auto_buf b = BUF_MAX(BODY_MAX);
	struct json_out o = { .buf = &b };
	uint64_t seq;

	json_out_open(&o, '{');
	json_out_key(&o, "started");
	json_out_u64(&o, r->seq);
	json_out_kv(&o, "work", str_from(w->id));
	json_out_kv(&o, "original", str_from(w->original));
	json_out_key(&o, "status");
	json_out_i64(&o, e->status);
	json_out_kv(&o, "result", stopped ? STR("interrupted") : e->status ? STR("failed") : STR("applied"));
	if (e->asked) {
		json_out_key(&o, "signal");
		json_out_i64(&o, e->asked);
	}
	state_out(r, e->state, e->state_known, &o);
	json_out_kv(&o, "said", str_sub(e->said, e->said.len > SAID_MAX ? e->said.len - SAID_MAX : 0, SAID_MAX));
	if (stopped)
		json_out_kv(&o, "not_known",
			    STR("objects whose creation was under way when terraform stopped: the cloud may hold them, "
				"the state does not"));
	json_out_close(&o, '}');
	if (b.failed)
		return err_set(err, ERR_LIMIT, "the record of this apply is too large");
	return ledger_append(l, stopped ? STR("apply.interrupted") : STR("apply.finished"), buf_str(&b), &seq, err);
}

/* --- a plan that was applied --- */

struct done_search {
	char plan[DIGEST_HEX_LEN + 1];
	struct apply_done found;
	struct arena arena;
};

static bool look_for_done(const struct ledger_entry *e, void *ctx)
{
	bool starts = str_is(e->kind, "apply.started");
	struct done_search *s = ctx;
	struct json *root = NULL;
	uint64_t seq;

	if (!starts && !(s->found.seq && str_is(e->kind, "apply.finished")))
		return true;
	arena_reset(&s->arena);
	if (!json_parse(e->body, &s->arena, &root, NULL))
		return true;
	if (starts && str_is(json_str(root, "plan_sha256"), s->plan)) {
		s->found = (struct apply_done){ .seq = e->seq };
		snprintf(s->found.hold, sizeof(s->found.hold), "%.*s", STR_ARG(json_str(root, "hold")));
	} else if (!starts && json_u64(root, "started", &seq) && seq == s->found.seq && str_is(json_str(root, "result"), "applied")) {
		s->found.time_us = e->time_us;
	}
	return true;
}

bool apply_record_done(struct ledger *l, const struct digest *plan, struct apply_done *ret, struct err *err)
{
	struct done_search s = { 0 };
	bool ok;

	digest_hex(plan, s.plan);
	if (!arena_map(&s.arena, (size_t)64 << 20))
		return err_set(err, ERR_LIMIT, "no memory");
	ok = ledger_walk(l, 0, look_for_done, &s, err);
	arena_unmap(&s.arena);
	if (ok)
		*ret = s.found;
	return ok;
}

/* --- applies of which nothing more is recorded --- */

#define OPEN_MAX 64

struct open_apply {
	uint64_t seq;
	char work[WORKCOPY_ID_LEN + 1], original[TREE_PATH_MAX], serial[24], kept[TREE_PATH_MAX];
	pid_t pid;
};

struct search {
	struct open_apply *open;
	unsigned n;
	struct arena arena;
};

static void take(char *ret, size_t size, const struct json *root, const char *key)
{
	snprintf(ret, size, "%.*s", STR_ARG(json_str(root, key)));
}

static void started(struct search *s, uint64_t seq, const struct json *root)
{
	struct open_apply *a;
	uint64_t pid = 0;

	if (s->n == OPEN_MAX)
		return;
	a = &s->open[s->n++];
	*a = (struct open_apply){ .seq = seq };
	take(a->work, sizeof(a->work), root, "work");
	take(a->original, sizeof(a->original), root, "original");
	take(a->serial, sizeof(a->serial), root, "serial");
	take(a->kept, sizeof(a->kept), root, "kept");
	if (json_u64(root, "pid", &pid))
		a->pid = (pid_t)pid;
}

static void ended(struct search *s, const struct json *root)
{
	uint64_t seq;

	if (!json_u64(root, "started", &seq))
		return;
	for (unsigned i = 0; i < s->n; i++) {
		if (s->open[i].seq == seq) {
			s->open[i] = s->open[--s->n];
			return;
		}
	}
}

static bool look_at(const struct ledger_entry *e, void *ctx)
{
	bool starts = str_is(e->kind, "apply.started");
	struct search *s = ctx;
	struct json *root = NULL;

	if (!starts && !str_is(e->kind, "apply.finished") && !str_is(e->kind, "apply.interrupted"))
		return true;
	arena_reset(&s->arena);
	if (!json_parse(e->body, &s->arena, &root, NULL))
		return true;
	if (starts)
		started(s, e->seq, root);
	else
		ended(s, root);
	return true;
}

/* Is the pawl that started it still at it? Then it is not unfinished, it is busy. */
static bool still_running(const struct open_apply *a)
{
	char path[64], exe[TREE_PATH_MAX];
	ssize_t n;

	if (a->pid <= 0 || a->pid == getpid())
		return a->pid == getpid();
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)a->pid);
	n = readlink(path, exe, sizeof(exe) - 1);
	return n > 0 && str_find((struct str){ exe, (size_t)n }, STR("pawl")) != SIZE_MAX;
}

static bool report(struct ledger *l, const char *state_dir, char *const *env, const struct open_apply *a,
		   struct buf *out, struct err *err)
{
	struct apply_record r = { .seq = a->seq };
	auto_buf state = BUF_MAX(WORKCOPY_MAX_STATE), b = BUF_MAX(BODY_MAX);
	struct json_out o = { .buf = &b };
	auto_workcopy w = { 0 };
	char lineage[WORKCOPY_NAME_MAX], serial[24] = "not known";
	bool is_known;
	uint64_t seq;

	memcpy(r.kept, a->kept, sizeof(r.kept));
	is_known = workcopy_open(state_dir, str_from(a->work), env, &w, NULL) && workcopy_pull(&w, &state, NULL);
	if (is_known)
		workcopy_state_head(buf_str(&state), lineage, serial);
	json_out_open(&o, '{');
	json_out_key(&o, "started");
	json_out_u64(&o, a->seq);
	json_out_kv(&o, "work", str_from(a->work));
	json_out_kv(&o, "original", str_from(a->original));
	json_out_kv(&o, "result", STR("interrupted"));
	json_out_kv(&o, "found", STR("later: pawl was killed before it could record the end"));
	state_out(&r, buf_str(&state), is_known, &o);
	json_out_kv(
		&o, "not_known",
		STR("whether terraform went on to its end, and which objects the cloud holds that the state does not"));
	json_out_close(&o, '}');
	buf_addf(out,
		 "an apply in %s (ledger %llu) has no end on record: pawl was killed.\n"
		 "  known      the state's serial was %s and is %s; what was added and what is gone stands in the "
		 "ledger\n"
		 "  not known  whether the cloud made objects that the state does not hold: `pawl cleanup` looks for "
		 "them\n",
		 a->original, (unsigned long long)a->seq, a->serial[0] ? a->serial : "none",
		 serial[0] ? serial : "none");
	if (b.failed)
		return err_set(err, ERR_LIMIT, "the record of this apply is too large");
	return ledger_append(l, STR("apply.interrupted"), buf_str(&b), &seq, err);
}

bool apply_record_unfinished(struct ledger *l, const char *state_dir, char *const *env, struct buf *out,
			     struct err *err)
{
	struct search s = { .open = calloc(OPEN_MAX, sizeof(struct open_apply)) };
	bool ok = s.open && arena_map(&s.arena, (size_t)64 << 20);

	if (!ok)
		err_set(err, ERR_LIMIT, "no memory");
	ok = ok && ledger_walk(l, 0, look_at, &s, err);
	for (unsigned i = 0; ok && i < s.n; i++) {
		if (!still_running(&s.open[i]))
			ok = report(l, state_dir, env, &s.open[i], out, err);
	}
	if (s.arena.mem)
		arena_unmap(&s.arena);
	free(s.open);
	return ok;
}
