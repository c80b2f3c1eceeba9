#include "gate/database/budget_inner.h"

#include <stdlib.h>

static uint64_t plus(uint64_t a, uint64_t b)
{
	return a + b < a ? UINT64_MAX : a + b;
}

uint64_t budget_changed(const struct budget_count *k)
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
		uint64_t rows = budget_changed(&counts[i]);

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

static void member_free(struct budget_member *m)
{
	for (struct budget_entry *e = m->entries, *next; e; e = next) {
		next = e->next;
		free(e);
	}
	free(m);
}

void budget_ledger_free(struct budget_ledger *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < BUDGET_HEADS; i++) {
		for (struct budget_member *m = l->heads[i], *next; m; m = next) {
			next = m->next;
			member_free(m);
		}
	}
	budget_keep_free(l->keep);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

/* Forget what is older than the window. A clock that went back moves nothing. */
static void entry_advance(struct budget_entry *e, int64_t minute)
{
	int64_t steps = minute - e->minute;

	if (steps <= 0)
		return;
	for (int64_t i = 1; i <= steps && i <= BUDGET_WINDOW; i++) {
		uint64_t *old = &e->rows[(e->minute + i) % BUDGET_WINDOW];

		e->sum -= *old;
		*old = 0;
	}
	e->minute = minute;
}

/* Entries without rows go. */
void budget_member_advance(struct budget_member *m, int64_t minute)
{
	for (struct budget_entry **at = &m->entries; *at;) {
		struct budget_entry *e = *at;

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
	for (size_t i = 0; i < BUDGET_HEADS; i++) {
		for (struct budget_member **at = &l->heads[i]; *at;) {
			struct budget_member *m = *at;

			budget_member_advance(m, minute);
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

static struct budget_member *member_find(struct budget_ledger *l, const struct budget_asker *who)
{
	struct budget_member *m = l->heads[str_hash(who->session) % BUDGET_HEADS];

	while (m && !(str_eq(m->session, who->session) && str_eq(m->environment, who->environment)))
		m = m->next;
	return m;
}

static struct budget_member *member_make(struct budget_ledger *l, const struct budget_asker *who, int64_t minute)
{
	struct budget_member **head = &l->heads[str_hash(who->session) % BUDGET_HEADS], *m;
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

struct budget_entry *budget_entry(struct budget_member *m, const struct budget_count *k, int64_t minute)
{
	struct budget_entry *others = NULL, *e = m->entries;
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

struct budget_member *budget_member(struct budget_ledger *l, const struct budget_asker *who, int64_t minute)
{
	struct budget_member *m = member_find(l, who);

	return m ? m : member_make(l, who, minute);
}

static struct budget_passed hour_check(const struct policy_budget_ask *a, const struct budget_member *m,
				       const struct budget_count *counts, size_t n)
{
	for (const struct policy_budget *b = policy_budgets(a->policy); b; b = b->next) {
		struct sum s = { .all = 0 };

		if (!policy_budget_in_force(a, b))
			continue;
		for (const struct budget_entry *e = m->entries; e; e = e->next) {
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

static struct budget_passed no_room(const char *why)
{
	return (struct budget_passed){ .is = true, .span = BUDGET_HOUR, .where = str_from(why) };
}

static void take_back(struct budget_member *m, const struct budget_count *counts, size_t n, int64_t minute)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t rows = budget_changed(&counts[i]);
		struct budget_entry *e = m->entries, *others = NULL;

		for (; e && (e->others || !str_eq(e->relation, counts[i].relation)); e = e->next)
			others = e->others ? e : others;
		e = e ? e : others;
		if (!rows || !e || minute > e->minute || minute <= e->minute - BUDGET_WINDOW)
			continue;
		rows = rows < e->rows[minute % BUDGET_WINDOW] ? rows : e->rows[minute % BUDGET_WINDOW];
		e->rows[minute % BUDGET_WINDOW] -= rows;
		e->sum -= rows;
	}
}

/* All or nothing. */
static bool add(struct budget_member *m, const struct budget_count *counts, size_t n, int64_t minute)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t rows = budget_changed(&counts[i]);
		struct budget_entry *e = rows ? budget_entry(m, &counts[i], minute) : NULL;

		if (!rows)
			continue;
		if (!e || e->sum + rows < rows) {
			take_back(m, counts, i, minute);
			return false;
		}
		e->rows[e->minute % BUDGET_WINDOW] += rows;
		e->sum += rows;
	}
	return true;
}

static int64_t minute_of(int64_t now_us)
{
	return now_us > 0 ? now_us / BUDGET_MINUTE_US : 0;
}

struct budget_passed budget_reserve(struct budget_ledger *l, const struct budget_asker *who, const struct budget_count *counts, size_t n,
				    int64_t now_us)
{
	const struct policy_budget_ask a = { who->policy, who->environment, BUDGET_HOUR };
	struct budget_passed ret = { .is = false };
	int64_t minute = minute_of(now_us);
	const struct budget_step step = { counts, n, minute, false };
	struct budget_member *m;
	bool any = false;

	for (size_t i = 0; i < n; i++)
		any = any || budget_changed(&counts[i]);
	if (!any)
		return ret;
	pthread_mutex_lock(&l->lock);
	m = budget_member(l, who, minute);
	if (!m) {
		ret = no_room("pawl's memory for the hour's counts is full");
	} else {
		budget_member_advance(m, minute);
		ret = hour_check(&a, m, counts, n);
		if (!ret.is && !add(m, counts, n, minute))
			ret = no_room("pawl's memory for the hour's counts is full");
		else if (!ret.is && !budget_keep_add(l, who, &step)) {
			take_back(m, counts, n, minute);
			ret = no_room("the hour's counts cannot be written to pawl's state folder");
		}
	}
	pthread_mutex_unlock(&l->lock);
	return ret;
}

void budget_give_back(struct budget_ledger *l, const struct budget_asker *who, const struct budget_count *counts, size_t n, int64_t now_us)
{
	struct budget_member *m;

	pthread_mutex_lock(&l->lock);
	m = member_find(l, who);
	if (m)
		take_back(m, counts, n, minute_of(now_us));
	/* Not written: after a restart it counts for some minutes more. */
	if (m)
		(void)!budget_keep_add(l, who, &(struct budget_step){ counts, n, minute_of(now_us), true });
	pthread_mutex_unlock(&l->lock);
}
