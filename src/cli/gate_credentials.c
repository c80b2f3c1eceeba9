#include "cli/gate_credentials.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/redact.h"

#define BODY_MAX ((size_t)16384)
#define WALK_ARENA ((size_t)8 << 20)
#define CREDENTIALS_MAX 65536
#define PATH_LEN 4200

/* Never freed while the gate runs: sessions point at its texts. */
struct credential {
	char id[GATE_KEY_ID_MAX + 1], name[GATE_KEY_NAME_MAX + 1];
	bool tight, gone;
	bool busy; /* being tightened just now: its entry and marker are on their way */
	bool unmarked; /* a person's no tightened it: its marker is on its way */
	int64_t expires_us;
	uint64_t tight_seq;
	struct credential *next;
};

struct gate_credentials {
	const char *state_dir;
	struct ledger *ledger;
	pthread_rwlock_t lock; /* over the list and what is in it */
	struct credential *first;
	size_t n;
	pthread_mutex_t following; /* one thread at a time reads on in the ledger */
	_Atomic uint64_t followed; /* up to this entry */
};

/* --- files --- */

static bool path_of(const char *state_dir, const char *folder, const char *id, char ret[PATH_LEN])
{
	int n = snprintf(ret, PATH_LEN, "%s/postgres/%s%s%s", state_dir, folder, *id ? "/" : "", id);

	return n > 0 && n < PATH_LEN;
}

static bool there(const char *state_dir, const char *folder, const char *id)
{
	char path[PATH_LEN];

	return path_of(state_dir, folder, id, path) && file_exists(path);
}

static bool mark(const char *state_dir, const char *id, struct str body, struct err *err)
{
	char path[PATH_LEN];

	return ((path_of(state_dir, "tightened", "", path) && dir_make(path, 0700, err) && path_of(state_dir, "tightened", id, path)) ||
		err_set(err, ERR_LIMIT, "%s: path too long", state_dir)) &&
	       file_replace(path, body, 0600, err);
}

/* --- the ledger's word --- */

struct fold {
	struct gate_credentials *g; /* NULL: of ${id} alone */
	struct str id;
	struct gate_tightened now;
	struct arena arena;
	bool failed;
};

static struct credential *find(struct gate_credentials *g, struct str id)
{
	struct credential *c = g->first;

	while (c && !str_is(id, c->id))
		c = c->next;
	return c;
}

static struct credential *find_or_add(struct gate_credentials *g, struct str id)
{
	struct credential *c = find(g, id);

	if (c || id.len > GATE_KEY_ID_MAX || g->n == CREDENTIALS_MAX)
		return c;
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	snprintf(c->id, sizeof(c->id), "%.*s", STR_ARG(id));
	c->next = g->first;
	g->first = c;
	g->n++;
	return c;
}

static void fold_into(struct gate_credentials *g, struct credential *c, uint64_t tight_seq, bool denied)
{
	/* One that is being tightened is not loosened by what was said before. */
	if (c->busy && !tight_seq)
		return;
	c->unmarked = c->unmarked ? tight_seq != 0 : denied && !c->tight && !there(g->state_dir, "tightened", c->id);
	c->tight = tight_seq != 0;
	c->tight_seq = tight_seq;
}

static void fold_one(struct fold *f, struct str id, uint64_t tight_seq, struct str why, bool denied)
{
	struct credential *c;

	if (!f->g) {
		if (!str_eq(id, f->id))
			return;
		f->now.seq = tight_seq;
		snprintf(f->now.why, sizeof(f->now.why), "%.*s", STR_ARG(why));
		return;
	}
	pthread_rwlock_wrlock(&f->g->lock);
	c = find_or_add(f->g, id);
	if (c)
		fold_into(f->g, c, tight_seq, denied);
	pthread_rwlock_unlock(&f->g->lock);
	f->failed = !c;
}

/* A no to what a session key asked for, whether or not anybody still waited for it. */
static void fold_denial(struct fold *f, const struct json *v, uint64_t seq)
{
	struct str id = json_str(v, "session"), reason = str_sub(json_str(v, "reason"), 0, 400), by = str_sub(json_str(v, "by"), 0, 100);
	char key[GATE_KEY_ID_MAX + 1];

	if (!str_is(json_str(v, "gate"), "postgres") || !gate_key_id_ok(id))
		return;
	snprintf(key, sizeof(key), "%.*s", STR_ARG(id));
	/* Others that ask have a session too, and are no keys. */
	if (f->g && !there(f->g->state_dir, "keys", key))
		return;
	fold_one(f, id, seq,
		 arena_fmt(&f->arena, "%.*s was denied by %.*s%s%.*s", STR_ARG(str_sub(json_str(v, "hold"), 0, 30)), STR_ARG(by),
			   reason.len ? ": " : "", STR_ARG(reason)),
		 true);
}

static bool each(const struct ledger_entry *e, void *ctx)
{
	struct fold *f = ctx;
	bool tightened = str_is(e->kind, "credential.tightened"), lifted = str_is(e->kind, "credential.lifted"),
	     denial = str_is(e->kind, "denial");
	struct json *v;

	if (tightened || lifted || denial) {
		arena_reset(&f->arena);
		if (!json_parse(e->body, &f->arena, &v, NULL))
			v = NULL;
		if (v && denial)
			fold_denial(f, v, e->seq);
		else if (v && gate_key_id_ok(json_str(v, "session")))
			fold_one(f, json_str(v, "session"), tightened ? e->seq : 0, json_str(v, "why"), false);
	}
	if (f->g && !f->failed)
		atomic_store(&f->g->followed, e->seq);
	return !f->failed;
}

static bool fold(struct ledger *l, uint64_t after, struct fold *f, struct err *err)
{
	bool ok;

	if (!arena_map(&f->arena, WALK_ARENA))
		return err_set(err, ERR_LIMIT, "no memory to read the ledger with");
	ok = ledger_walk(l, after, each, f, err) && (!f->failed || err_set(err, ERR_LIMIT, "too many credentials"));
	arena_unmap(&f->arena);
	return ok;
}

bool gate_credentials_look(struct ledger *l, struct str id, struct gate_tightened *ret, struct err *err)
{
	struct fold f = { .id = id };

	if (!fold(l, 0, &f, err))
		return false;
	*ret = f.now;
	return true;
}

/* --- open, close --- */

static const char put_back[] = "{\"why\":\"by the ledger\"}\n";

bool gate_credentials_open(const char *state_dir, struct ledger *l, struct gate_credentials **ret, struct err *err)
{
	struct gate_credentials *g = calloc(1, sizeof(*g));
	struct fold f = { .g = g };

	if (!g)
		return err_set(err, ERR_LIMIT, "no memory");
	g->state_dir = state_dir;
	g->ledger = l;
	pthread_rwlock_init(&g->lock, NULL);
	pthread_mutex_init(&g->following, NULL);
	if (!fold(l, 0, &f, err)) {
		gate_credentials_close(g);
		return false;
	}
	for (struct credential *c = g->first; c; c = c->next) {
		if (c->tight && !there(state_dir, "tightened", c->id) && !mark(state_dir, c->id, str_from(put_back), err)) {
			gate_credentials_close(g);
			return false;
		}
		c->unmarked = false;
	}
	*ret = g;
	return true;
}

void gate_credentials_close(struct gate_credentials *g)
{
	if (!g)
		return;
	while (g->first) {
		struct credential *next = g->first->next;

		free(g->first);
		g->first = next;
	}
	pthread_rwlock_destroy(&g->lock);
	pthread_mutex_destroy(&g->following);
	free(g);
}

/* --- looking again --- */

/* What a person's no tightened since. Where that cannot be written down, it is tried again. */
static void mark_denied(struct gate_credentials *g)
{
	struct credential *c;

	pthread_rwlock_rdlock(&g->lock);
	c = g->first;
	pthread_rwlock_unlock(&g->lock);
	for (; c; c = c->next) {
		bool due;

		pthread_rwlock_rdlock(&g->lock);
		due = c->unmarked;
		pthread_rwlock_unlock(&g->lock);
		if (!due || !mark(g->state_dir, c->id, str_from(put_back), NULL))
			continue;
		pthread_rwlock_wrlock(&g->lock);
		c->unmarked = false;
		pthread_rwlock_unlock(&g->lock);
	}
}

bool gate_credentials_follow(struct gate_credentials *g, struct err *err)
{
	struct fold f = { .g = g };
	struct digest head;
	uint64_t seq;
	bool ok;

	if (!ledger_head(g->ledger, &seq, &head, err))
		return false;
	if (seq == atomic_load(&g->followed))
		return true;
	pthread_mutex_lock(&g->following);
	ok = fold(g->ledger, atomic_load(&g->followed), &f, err);
	mark_denied(g);
	pthread_mutex_unlock(&g->following);
	return ok;
}

static void raise_alarm(struct gate_credentials *g, const char *id)
{
	char body[300];
	uint64_t seq;

	snprintf(body, sizeof(body),
		 "{\"about\":\"%s\",\"what\":\"the marker that credential %s is tightened was taken away by hand; it was put back\"}", id,
		 id);
	(void)!ledger_append(g->ledger, STR("alarm"), str_from(body), &seq, NULL);
}

/* Its marker is gone: lifted, or did somebody help? What cannot be read counts as tightened. */
static bool was_lifted(struct gate_credentials *g, const char *id, uint64_t since)
{
	struct fold f = { .id = str_from(id), .now = { .seq = since ? since : 1 } };

	if (fold(g->ledger, since, &f, NULL) && !f.now.seq)
		return true;
	if (mark(g->state_dir, id, str_from(put_back), NULL))
		raise_alarm(g, id);
	return false;
}

static void look_at(struct gate_credentials *g, struct credential *c)
{
	bool gone = !there(g->state_dir, "keys", c->id), marked, tight, busy;
	uint64_t seq;

	pthread_rwlock_rdlock(&g->lock);
	tight = c->tight;
	seq = c->tight_seq;
	busy = c->busy || c->unmarked;
	pthread_rwlock_unlock(&g->lock);
	if (busy)
		return;
	marked = there(g->state_dir, "tightened", c->id);
	if (tight && !marked)
		marked = !was_lifted(g, c->id, seq);
	pthread_rwlock_wrlock(&g->lock);
	/* Tightened anew in between: that stays. */
	if (c->tight_seq == seq && !c->busy && !c->unmarked)
		c->tight = marked;
	c->gone = gone;
	pthread_rwlock_unlock(&g->lock);
}

void gate_credentials_watch(struct gate_credentials *g)
{
	struct credential *c;

	(void)!gate_credentials_follow(g, NULL); /* who decides follows as well, and refuses where it cannot */
	pthread_rwlock_rdlock(&g->lock);
	c = g->first;
	pthread_rwlock_unlock(&g->lock);
	for (; c; c = c->next)
		look_at(g, c);
}

/* --- asked by the gate --- */

bool gate_credentials_key(struct gate_credentials *g, struct str user, struct database_key *ret)
{
	struct gate_key k;
	struct credential *c;

	if (!gate_key_read(g->state_dir, user, &k, NULL) || (k.expires_us && k.expires_us <= clock_now_us()))
		return false;
	pthread_rwlock_wrlock(&g->lock);
	c = find_or_add(g, user);
	if (c) {
		snprintf(c->name, sizeof(c->name), "%s", k.name);
		c->expires_us = k.expires_us;
		c->gone = false;
		c->tight = c->tight || there(g->state_dir, "tightened", c->id);
	}
	pthread_rwlock_unlock(&g->lock);
	if (!c)
		return false;
	*ret = k.verifier;
	ret->session = (struct database_session){ .id = str_from(c->id), .name = str_from(c->name) };
	return true;
}

bool gate_credentials_tightened(struct gate_credentials *g, struct str id)
{
	const struct credential *c;
	bool tight;

	pthread_rwlock_rdlock(&g->lock);
	c = find(g, id);
	tight = !c || c->tight || c->gone || (c->expires_us && c->expires_us <= clock_now_us());
	pthread_rwlock_unlock(&g->lock);
	return tight;
}

bool gate_credentials_alive(struct gate_credentials *g, struct str id)
{
	struct gate_key k;

	return gate_key_read(g->state_dir, id, &k, NULL) && (!k.expires_us || k.expires_us > clock_now_us());
}

static void tighten_body(const char *id, struct str why, struct str hold, struct buf *b)
{
	struct json_out o = { .buf = b };

	json_out_open(&o, '{');
	json_out_kv(&o, "gate", STR("postgres"));
	json_out_kv(&o, "session", str_from(id));
	json_out_kv(&o, "why", str_sub(why, 0, 2000));
	json_out_kv(&o, "hold", hold);
	json_out_close(&o, '}');
}

bool gate_credentials_tighten(struct gate_credentials *g, struct str id, struct str why, struct str hold, struct err *err)
{
	auto_buf b = BUF_MAX(BODY_MAX);
	struct credential *c;
	uint64_t seq = 0;
	bool was = false, ok;

	pthread_rwlock_wrlock(&g->lock);
	c = gate_key_id_ok(id) ? find_or_add(g, id) : NULL;
	if (c) {
		was = c->tight;
		c->tight = true;
		c->busy = c->busy || !was;
	}
	pthread_rwlock_unlock(&g->lock);
	if (!c)
		return err_set(err, ERR_LIMIT, "no room for another credential");
	if (was)
		return true;
	tighten_body(c->id, why, hold, &b);
	ok = ledger_append(g->ledger, STR("credential.tightened"), buf_str(&b), &seq, err);
	ok = mark(g->state_dir, c->id, buf_str(&b), ok ? err : NULL) && ok;
	pthread_rwlock_wrlock(&g->lock);
	c->tight_seq = seq;
	c->busy = false;
	pthread_rwlock_unlock(&g->lock);
	return ok;
}

bool gate_credentials_lift(const char *state_dir, struct ledger *l, struct str id, struct str hold, struct err *err)
{
	auto_buf b = BUF_MAX(BODY_MAX);
	struct json_out o = { .buf = &b };
	char path[PATH_LEN], name[GATE_KEY_ID_MAX + 1];
	uint64_t seq;

	snprintf(name, sizeof(name), "%.*s", STR_ARG(id));
	json_out_open(&o, '{');
	json_out_kv(&o, "gate", STR("postgres"));
	json_out_kv(&o, "session", id);
	json_out_kv(&o, "hold", hold);
	json_out_key(&o, "uid");
	json_out_u64(&o, (uint64_t)getuid());
	json_out_close(&o, '}');
	if (!ledger_append(l, STR("credential.lifted"), buf_str(&b), &seq, err))
		return false;
	return !path_of(state_dir, "tightened", name, path) || unlink(path) == 0 || errno == ENOENT || err_sys(err, "%s", path);
}
