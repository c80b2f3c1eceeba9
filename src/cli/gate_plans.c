#include "cli/gate_plans.h"

#include <dirent.h>
#include <pthread.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "cli/recovery_look.h"
#include "hold/book.h"

#define PATH_LEN 4200
#define FILE_MAX ((size_t)8 << 20)
#define READ_ARENA ((size_t)64 << 20)
#define USE_ARENA (2 * BOOK_ARENA)
#define FILES_MAX 1000

/* A plan under way in one session. */
struct going {
	char session[80], upstream[80], hold[HOLD_ID_LEN];
	struct digest *statements;
	size_t n, next;
	struct going *after;
};

struct gate_plans {
	const struct places *places;
	const struct hold_host *holds;
	pthread_mutex_t lock;
	struct going *first;
};

static bool path_of(const char *state_dir, const char *name, char ret[PATH_LEN])
{
	int n = snprintf(ret, PATH_LEN, "%s/postgres/plans%s%s%s", state_dir, *name ? "/" : "", name, *name ? ".json" : "");

	return n > 0 && n < PATH_LEN;
}

struct digest gate_plan_bytes(const struct gate_plan *p)
{
	struct digest_run run;
	char schema[24];

	snprintf(schema, sizeof(schema), "%llu", (unsigned long long)p->schema);
	digest_begin(&run);
	digest_field(&run, STR("version"), STR("pawl-postgres-plan-1"));
	digest_field(&run, STR("upstream"), p->upstream);
	digest_field(&run, STR("schema"), str_from(schema));
	for (size_t i = 0; i < p->n; i++)
		digest_field(&run, STR("statement"), (struct str){ (const char *)p->statements[i].b, sizeof(p->statements[i].b) });
	return digest_end(&run);
}

/* --- its file --- */

bool gate_plan_write(const char *state_dir, const char *hold, const struct gate_plan *p, const struct request *r, struct err *err)
{
	auto_buf b = BUF_MAX(FILE_MAX);
	struct json_out o = { .buf = &b };
	char path[PATH_LEN], schema[24];

	snprintf(schema, sizeof(schema), "%llu", (unsigned long long)p->schema);
	json_out_open(&o, '{');
	json_out_kv(&o, "upstream", p->upstream);
	json_out_kv(&o, "schema", str_from(schema));
	json_out_key(&o, "statements");
	json_out_open(&o, '[');
	for (size_t i = 0; i < p->n; i++) {
		char hex[DIGEST_HEX_LEN + 1];

		digest_hex(&p->statements[i], hex);
		json_out_str(&o, str_from(hex));
	}
	json_out_close(&o, ']');
	json_out_key(&o, "request");
	request_to_json(r, &o);
	json_out_close(&o, '}');
	if (b.failed || !path_of(state_dir, "", path))
		return err_set(err, ERR_LIMIT, "the plan is too large to be kept");
	return dir_make(path, 0700, err) &&
	       (path_of(state_dir, hold, path) || err_set(err, ERR_LIMIT, "%s: path too long", state_dir)) &&
	       file_replace(path, buf_str(&b), 0600, err);
}

struct plan_read {
	struct gate_plan plan;
	struct request request;
};

static bool read_plan(const char *path, struct arena *arena, struct plan_read *ret)
{
	auto_buf b = BUF_MAX(FILE_MAX);
	struct json *v = NULL;
	struct digest *list;
	struct str text;
	size_t n = 0;

	if (!file_read(path, &b, NULL))
		return false;
	text = arena_str(arena, buf_str(&b));
	list = ARENA_ARRAY(arena, GATE_PLAN_MOST, struct digest);
	if (!list || !json_parse(text, arena, &v, NULL) || !str_to_u64(json_str(v, "schema"), &ret->plan.schema) ||
	    !request_from_json(json_get(v, "request"), arena, &ret->request, NULL))
		return false;
	JSON_EACH(one, json_get(v, "statements")) {
		if (n == GATE_PLAN_MOST || !digest_from_hex(one->text, &list[n]))
			return false;
		n++;
	}
	ret->plan.upstream = json_str(v, "upstream");
	ret->plan.statements = list;
	ret->plan.n = n;
	return n > 0;
}

/* --- one that begins --- */

/* Is it this one's first statement, and what its request says it is? */
static bool begins(const struct plan_read *p, const struct database_question *q)
{
	struct digest bytes = gate_plan_bytes(&p->plan);

	return str_eq(p->plan.upstream, q->upstream->name) && p->plan.schema == q->schema &&
	       digest_eq(&p->plan.statements[0], &q->statement) && digest_eq(&bytes, &p->request.bytes);
}

/* Its approval, verified and used up. */
static bool use(struct gate_plans *g, const struct plan_read *p, const struct evidence *e, char ret_hold[HOLD_ID_LEN])
{
	struct request asked = p->request;
	struct evidence now = *e;
	struct judgement j;
	struct grant_use used;
	struct arena arena;
	bool ok;

	if (!arena_map(&arena, USE_ARENA))
		return false;
	recovery_look(g->places, &asked, p->plan.upstream, &arena, &now);
	evidence_redact(&now, &arena);
	judge(g->holds->policy, &p->request, &now, &arena, &j);
	ok = j.verdict == VERDICT_HOLD && hold_use(g->holds, &p->request, &j, &now, &arena, &used, NULL);
	if (ok)
		snprintf(ret_hold, HOLD_ID_LEN, "%.*s", STR_ARG(used.hold));
	arena_unmap(&arena);
	return ok;
}

static bool go(struct gate_plans *g, const struct plan_read *p, const struct database_question *q, const char *hold)
{
	struct going *one = calloc(1, sizeof(*one));

	if (one)
		one->statements = calloc(p->plan.n, sizeof(*one->statements));
	if (!one || !one->statements) {
		free(one);
		return false;
	}
	snprintf(one->session, sizeof(one->session), "%.*s", STR_ARG(q->session.id));
	snprintf(one->upstream, sizeof(one->upstream), "%.*s", STR_ARG(q->upstream->name));
	snprintf(one->hold, sizeof(one->hold), "%s", hold);
	memcpy(one->statements, p->plan.statements, p->plan.n * sizeof(*one->statements));
	one->n = p->plan.n;
	one->next = 1;
	pthread_mutex_lock(&g->lock);
	one->after = g->first;
	g->first = one;
	pthread_mutex_unlock(&g->lock);
	return true;
}

static bool begin_one(struct gate_plans *g, const char *path, const struct database_question *q, const struct evidence *e,
		      char ret_hold[HOLD_ID_LEN])
{
	struct plan_read p = { .plan = { .n = 0 } };
	struct arena arena;
	bool ok;

	if (!arena_map(&arena, READ_ARENA))
		return false;
	ok = read_plan(path, &arena, &p) && begins(&p, q) && use(g, &p, e, ret_hold) && go(g, &p, q, ret_hold);
	if (ok)
		unlink(path);
	arena_unmap(&arena);
	return ok;
}

static bool begin_any(struct gate_plans *g, const struct database_question *q, const struct evidence *e, char ret_hold[HOLD_ID_LEN])
{
	char dir[PATH_LEN], path[PATH_LEN + 256];
	bool ok = false;
	DIR *d;

	if (!path_of(g->places->state, "", dir) || !(d = opendir(dir)))
		return false;
	for (struct dirent *e2; !ok && (e2 = readdir(d));) {
		if (e2->d_name[0] != 'H')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e2->d_name);
		ok = begin_one(g, path, q, e, ret_hold);
	}
	closedir(d);
	return ok;
}

/* --- one under way --- */

static bool same(const struct going *p, const struct database_question *q)
{
	return str_is(q->session.id, p->session) && str_is(q->upstream->name, p->upstream);
}

static void end(struct going **at)
{
	struct going *over = *at;

	*at = over->after;
	free(over->statements);
	free(over);
}

/* True where the session has one: *${ret_next} says whether this is its next. */
static bool under_way(struct gate_plans *g, const struct database_question *q, bool *ret_next, char ret_hold[HOLD_ID_LEN])
{
	struct going **at = &g->first;
	bool found;

	pthread_mutex_lock(&g->lock);
	while (*at && !same(*at, q))
		at = &(*at)->after;
	found = *at != NULL;
	if (found) {
		*ret_next = digest_eq(&(*at)->statements[(*at)->next], &q->statement);
		snprintf(ret_hold, HOLD_ID_LEN, "%s", (*at)->hold);
		(*at)->next++;
		if (!*ret_next || (*at)->next == (*at)->n)
			end(at);
	}
	pthread_mutex_unlock(&g->lock);
	return found;
}

bool gate_plans_next(struct gate_plans *g, const struct database_question *q, const struct evidence *e, char ret_hold[HOLD_ID_LEN])
{
	static const struct digest unset;
	bool next = false;

	if (digest_eq(&q->statement, &unset) || e->frozen)
		return false;
	if (under_way(g, q, &next, ret_hold) && next)
		return true;
	ret_hold[0] = '\0';
	if (!begin_any(g, q, e, ret_hold))
		return false;
	/* Of a single statement: it is over as soon as it has begun. */
	pthread_mutex_lock(&g->lock);
	for (struct going **at = &g->first; *at;) {
		if ((*at)->next >= (*at)->n)
			end(at);
		else
			at = &(*at)->after;
	}
	pthread_mutex_unlock(&g->lock);
	return true;
}

bool gate_plans_open(const struct places *places, const struct hold_host *h, struct gate_plans **ret, struct err *err)
{
	struct gate_plans *g = calloc(1, sizeof(*g));

	if (!g)
		return err_set(err, ERR_LIMIT, "no memory");
	g->places = places;
	g->holds = h;
	pthread_mutex_init(&g->lock, NULL);
	*ret = g;
	return true;
}

void gate_plans_close(struct gate_plans *g)
{
	if (!g)
		return;
	while (g->first)
		end(&g->first);
	pthread_mutex_destroy(&g->lock);
	free(g);
}
