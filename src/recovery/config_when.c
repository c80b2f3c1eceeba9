/* backup.yaml, of a target: how often, how old, how long, and how many. */
#include "recovery/config_inner.h"

static const struct {
	const char *key;
	size_t offset;
} times[] = {
	{ "every", offsetof(struct config_target, every_s) }, { "drill", offsetof(struct config_target, drill_s) },
	{ "rpo", offsetof(struct config_target, rpo_s) },     { "rto", offsetof(struct config_target, rto_s) },
	{ "fresh", offsetof(struct config_target, fresh_s) },
};

static bool keep_number(struct policy_file *f, const struct doc *v, unsigned *ret)
{
	uint64_t n;

	if (!policy_number(f, v, &n))
		return false;
	if (n > 100000)
		return policy_fail(f, v, "'%.*s' is at most 100000", STR_ARG(v->key));
	*ret = (unsigned)n;
	return true;
}

#define KEEP(what) \
	static bool keep_##what(struct policy_file *f, const struct doc *v, void *target) \
	{ \
		return keep_number(f, v, &((struct retention_keep *)target)->what); \
	}
KEEP(daily)
KEEP(weekly)
KEEP(monthly)

static bool take_keep(struct policy_file *f, const struct doc *v, struct retention_keep *k)
{
	static const struct policy_key keys[] = {
		{ "daily", keep_daily },
		{ "weekly", keep_weekly },
		{ "monthly", keep_monthly },
		{ NULL, NULL },
	};

	if (!policy_map(f, v, keys, k))
		return false;
	return k->daily || k->weekly || k->monthly ||
	       policy_fail(f, v, "'keep' keeps nothing: say {daily: 7, weekly: 5, monthly: 12}");
}

bool config_take_when(struct policy_file *f, const struct doc *v, struct config_target *t)
{
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		if (str_is(v->key, times[i].key))
			return policy_duration(f, v, (int64_t *)(void *)((char *)t + times[i].offset));
	}
	return take_keep(f, v, &t->keep);
}
