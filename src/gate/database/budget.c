#include "gate/database/budget.h"

#include <pthread.h>
#include <stdlib.h>

#define MINUTE_US INT64_C(60000000)
#define WINDOW 61 /* minutes */
#define HEADS 256

struct entry {
	struct entry *next;
	bool critical, others; /* others: rows of relations beyond BUDGET_RELATIONS */
	int64_t minute;	       /* of the newest bucket */
	uint64_t sum, rows[WINDOW];
	struct str relation; /* bytes behind the struct */
};

struct member {
	struct member *next;
	struct entry *entries;
	size_t n;
	struct str session, environment; /* bytes behind the struct */
};

struct budget_ledger {
	pthread_mutex_t lock;
	struct member *heads[HEADS];
	size_t n;
};

static uint64_t plus(uint64_t a, uint64_t b)
{
	return a + b < a ? UINT64_MAX : a + b;
}

static uint64_t changed(const struct budget_count *k)
{
	return plus(k->deleted, k->updated);
}

/* --- limits --- */

/* Rows that a limit is on, and the relation with most of them. */
struct sum {
	uint64_t all, most;
	struct str relation;
};

static void sum_add(struct sum *s, uint64_t rows, struct str relation)
{
	s->all = plus(s->all, rows);
	if (rows > s->most) {
		s->most = rows;
		s->relation = relation;
	}
}

static void sum_counts(struct sum *s, const struct policy_budget_ask *a, const struct policy_budget *b,
		       const struct budget_count *counts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t rows = changed(&counts[i]);

		if (rows && policy_budget_binds(a, b, counts[i].relation, counts[i].critical))
			sum_add(s, rows, counts[i].relation);
	}
}

static struct budget_passed passed(const struct policy_budget_ask *a, const struct policy_budget *b, const struct sum *s)
{
	return (struct budget_passed){ true, a->span, s->relation, b->where, b->limit[a->span], s->all };
}

struct budget_passed budget_check(const struct policy *p, struct str environment, enum budget_span span,
				  const struct budget_count *counts, size_t n)
{
	const struct policy_budget_ask a = { p, environment, span };

	for (const struct policy_budget *b = policy_budgets(p); b; b = b->next) {
		struct sum s = { .all = 0 };

		if (!policy_budget_in_force(&a, b))
			continue;
		sum_counts(&s, &a, b, counts, n);
		if (s.all > b->limit[span])
			return passed(&a, b, &s);
	}
	return (struct budget_passed){ .is = false };
}

bool budget_any(const struct policy *p, struct str environment)
{
	for (const struct policy_budget *b = policy_budgets(p); b; b = b->next) {
		if (policy_budget_in(p, b, environment))
			return true;
	}
	return false;
}

bool budget_by_statement(const struct policy *p, struct str environment)
{
	for (const struct policy_budget *b = policy_budgets(p); b; b = b->next) {
		if (b->has[BUDGET_STATEMENT] && policy_budget_in(p, b, environment) &&
		    (!b->has[BUDGET_TRANSACTION] || b->limit[BUDGET_STATEMENT] < b->limit[BUDGET_TRANSACTION]))
			return true;
	}
	return false;
}

/* --- the hour --- */

bool budget_ledger_new(struct budget_ledger **ret)
{
	struct budget_ledger *l = calloc(1, sizeof(*l));

	if (!l)
		return false;
	pthread_mutex_init(&l->lock, NULL);
	*ret = l;
	return true;
}

static void member_free(struct member *m)
{
	for (struct entry *e = m->entries, *next; e; e = next) {
		next = e->next;
		free(e);
	}
	free(m);
}

void budget_ledger_free(struct budget_ledger *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < HEADS; i++) {
		for (struct member *m = l->heads[i], *next; m; m = next) {
			next = m->next;
			member_free(m);
		}
	}
	pthread_mutex_destroy(&l->lock);
	free(l);
}

/* Forget what is older than the window. A clock that went back moves nothing. */
static void entry_advance(struct entry *e, int64_t minute)
{
	int64_t steps = minute - e->minute;

	if (steps <= 0)
		return;
	for (int64_t i = 1; i <= steps && i <= WINDOW; i++) {
		uint64_t *old = &e->rows[(e->minute + i) % WINDOW];

		e->sum -= *old;
		*old = 0;
	}
	e->minute = minute;
}

/* Entries without rows go. */
static void member_advance(struct member *m, int64_t minute)
{
	for (struct entry **at = &m->entries; *at;) {
		struct entry *e = *at;

		entry_advance(e, minute);
		if (e->sum) {
			at = &e->next;
			continue;
		}
		*at = e->next;
		m->n--;
		free(e);
	}
}

static void ledger_sweep(struct budget_ledger *l, int64_t minute)
{
	for (size_t i = 0; i < HEADS; i++) {
		for (struct member **at = &l->heads[i]; *at;) {
			struct member *m = *at;

			member_advance(m, minute);
			if (m->entries) {
				at = &m->next;
				continue;
			}
			*at = m->next;
			l->n--;
			member_free(m);
		}
	}
}

static struct member *member_find(struct budget_ledger *l, const struct budget_asker *who)
{
	struct member *m = l->heads[str_hash(who->session) % HEADS];

	while (m && !(str_eq(m->session, who->session) && str_eq(m->environment, who->environment)))
		m = m->next;
	return m;
}

static struct member *member_make(struct budget_ledger *l, const struct budget_asker *who, int64_t minute)
{
	struct member **head = &l->heads[str_hash(who->session) % HEADS], *m;
	char *text;

	if (l->n >= BUDGET_SESSIONS)
		ledger_sweep(l, minute);
	m = l->n < BUDGET_SESSIONS ? calloc(1, sizeof(*m) + who->session.len + who->environment.len) : NULL;
	if (!m)
		return NULL;
	text = (char *)(m + 1);
	if (who->session.len)
		memcpy(text, who->session.ptr, who->session.len);
	if (who->environment.len)
		memcpy(text + who->session.len, who->environment.ptr, who->environment.len);
	m->session = (struct str){ text, who->session.len };
	m->environment = (struct str){ text + who->session.len, who->environment.len };
	m->next = *head;
	*head = m;
	l->n++;
	return m;
}

/* The entry for a relation, or that of all others where there are too many; NULL: no memory. */
static struct entry *entry_for(struct member *m, const struct budget_count *k, int64_t minute)
{
	struct entry *others = NULL, *e = m->entries;
	bool full = m->n >= BUDGET_RELATIONS;
	struct str name = full ? STR("(others)") : k->relation;

	for (; e && (e->others || !str_eq(e->relation, k->relation)); e = e->next)
		others = e->others ? e : others;
	if (!e && full)
		e = others;
	if (e) {
		e->critical = e->critical || k->critical;
		return e;
	}
	e = calloc(1, sizeof(*e) + name.len);
	if (!e)
		return NULL;
	if (name.len)
		memcpy(e + 1, name.ptr, name.len);
	e->relation = (struct str){ (char *)(e + 1), name.len };
	e->critical = k->critical;
	e->others = full;
	e->minute = minute;
	e->next = m->entries;
	m->entries = e;
	m->n++;
	return e;
}

static struct budget_passed hour_check(const struct policy_budget_ask *a, const struct member *m,
				       const struct budget_count *counts, size_t n)
{
	for (const struct policy_budget *b = policy_budgets(a->policy); b; b = b->next) {
		struct sum s = { .all = 0 };

		if (!policy_budget_in_force(a, b))
			continue;
		for (const struct entry *e = m->entries; e; e = e->next) {
			if (e->others || policy_budget_binds(a, b, e->relation, e->critical))
				sum_add(&s, e->sum, e->relation);
		}
		/* What was done before binds those alone who would add to it. */
		struct sum now = { .all = 0 };

		sum_counts(&now, a, b, counts, n);
		if (now.all && plus(s.all, now.all) > b->limit[a->span]) {
			now.all = plus(s.all, now.all);
			return passed(a, b, &now);
		}
	}
	return (struct budget_passed){ .is = false };
}

static struct budget_passed no_room(void)
{
	return (struct budget_passed){ .is = true, .span = BUDGET_HOUR, .where = STR("pawl's memory for the hour's counts is full") };
}

static void take_back(struct member *m, const struct budget_count *counts, size_t n, int64_t minute)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t rows = changed(&counts[i]);
		struct entry *e = m->entries, *others = NULL;

		for (; e && (e->others || !str_eq(e->relation, counts[i].relation)); e = e->next)
			others = e->others ? e : others;
		e = e ? e : others;
		if (!rows || !e || minute > e->minute || minute <= e->minute - WINDOW)
			continue;
		rows = rows < e->rows[minute % WINDOW] ? rows : e->rows[minute % WINDOW];
		e->rows[minute % WINDOW] -= rows;
		e->sum -= rows;
	}
}

/* All or nothing. */
static bool add(struct member *m, const struct budget_count *counts, size_t n, int64_t minute)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t rows = changed(&counts[i]);
		struct entry *e = rows ? entry_for(m, &counts[i], minute) : NULL;

		if (!rows)
			continue;
		if (!e || e->sum + rows < rows) {
			take_back(m, counts, i, minute);
			return false;
		}
		e->rows[e->minute % WINDOW] += rows;
		e->sum += rows;
	}
	return true;
}

static int64_t minute_of(int64_t now_us)
{
	return now_us > 0 ? now_us / MINUTE_US : 0;
}

struct budget_passed budget_reserve(struct budget_ledger *l, const struct budget_asker *who, const struct budget_count *counts, size_t n,
				    int64_t now_us)
{
	const struct policy_budget_ask a = { who->policy, who->environment, BUDGET_HOUR };
	struct budget_passed ret = { .is = false };
	int64_t minute = minute_of(now_us);
	struct member *m;
	bool any = false;

	for (size_t i = 0; i < n; i++)
		any = any || changed(&counts[i]);
	if (!any)
		return ret;
	pthread_mutex_lock(&l->lock);
	m = member_find(l, who);
	if (!m)
		m = member_make(l, who, minute);
	if (!m) {
		ret = no_room();
	} else {
		member_advance(m, minute);
		ret = hour_check(&a, m, counts, n);
		if (!ret.is && !add(m, counts, n, minute))
			ret = no_room();
	}
	pthread_mutex_unlock(&l->lock);
	return ret;
}

void budget_give_back(struct budget_ledger *l, const struct budget_asker *who, const struct budget_count *counts, size_t n, int64_t now_us)
{
	struct member *m;

	pthread_mutex_lock(&l->lock);
	m = member_find(l, who);
	if (m)
		take_back(m, counts, n, minute_of(now_us));
	pthread_mutex_unlock(&l->lock);
}
