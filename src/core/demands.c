#include "core/demands.h"

static int64_t shorter(int64_t a, int64_t b)
{
	if (a == 0 || b == 0)
		return a ? a : b;
	return a < b ? a : b;
}

static bool listed(const struct str_list *l, struct str s)
{
	for (; l; l = l->next) {
		if (str_eq(l->item, s))
			return true;
	}
	return false;
}

static bool same_list(const struct str_list *a, const struct str_list *b)
{
	while (a && b && str_eq(a->item, b->item)) {
		a = a->next;
		b = b->next;
	}
	return !a && !b;
}

static bool takes(const struct str_list *want, const struct approver *a)
{
	if (listed(want, a->name))
		return true;
	for (const struct str_list *r = a->roles; r; r = r->next) {
		if (listed(want, r->item))
			return true;
	}
	return false;
}

static bool put(struct arena *arena, struct str_list ***end, struct str item)
{
	struct str_list *l = ARENA_NEW(arena, struct str_list);

	if (!l)
		return false;
	l->item = item;
	**end = l;
	*end = &l->next;
	return true;
}

/* The words both lists have, and the names of those who satisfy both by different words. */
static bool both(const struct policy *p, const struct str_list *a, const struct str_list *b, struct arena *arena,
		 struct str_list **ret)
{
	struct str_list *first = NULL, **end = &first;

	for (const struct str_list *l = a; l; l = l->next) {
		if (listed(b, l->item) && !put(arena, &end, l->item))
			return false;
	}
	for (const struct approver *who = policy_approvers(p); who; who = who->next) {
		if (takes(a, who) && takes(b, who) && !takes(first, who) && !put(arena, &end, who->name))
			return false;
	}
	*ret = first;
	return first != NULL;
}

static void join_hours(const struct demands *more, struct demands *all)
{
	if (!more->has_hours)
		return;
	if (!all->has_hours) {
		all->has_hours = true;
		all->from_minute = more->from_minute;
		all->to_minute = more->to_minute;
		all->weekdays = more->weekdays;
		return;
	}
	if (more->from_minute > all->from_minute)
		all->from_minute = more->from_minute;
	if (more->to_minute < all->to_minute)
		all->to_minute = more->to_minute;
	all->weekdays &= more->weekdays;
	if (all->from_minute >= all->to_minute || !all->weekdays)
		all->from_minute = all->to_minute = all->weekdays = 0; /* never */
}

bool demands_join(const struct policy *policy, const struct demands *more, struct arena *arena, struct demands *all)
{
	if (more->confirm == CONFIRM_TYPED)
		all->confirm = CONFIRM_TYPED;
	if (more->approvals > all->approvals)
		all->approvals = more->approvals;
	if (more->cool_off_s > all->cool_off_s)
		all->cool_off_s = more->cool_off_s;
	all->expires_s = shorter(all->expires_s, more->expires_s);
	all->recovery_verified_within_s = shorter(all->recovery_verified_within_s, more->recovery_verified_within_s);
	all->recovery_proven_within_s = shorter(all->recovery_proven_within_s, more->recovery_proven_within_s);
	join_hours(more, all);
	if (!more->roles || same_list(more->roles, all->roles))
		return true;
	if (!all->roles) {
		all->roles = more->roles;
		return true;
	}
	return both(policy, all->roles, more->roles, arena, &all->roles);
}
