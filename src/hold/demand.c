#include "hold/demand.h"

#include "base/timestamp.h"
#include "hold/hold.h"

#define DAY_MINUTES 1440u
#define ALL_DAYS 0x7fu

static void put_roles(const struct str_list *l, struct json_out *o)
{
	json_out_key(o, "roles");
	json_out_open(o, '[');
	for (; l; l = l->next)
		json_out_str(o, l->item);
	json_out_close(o, ']');
}

static void put_hours(const struct demands *d, struct json_out *o)
{
	json_out_key(o, "hours");
	if (!d->has_hours) {
		json_out_null(o);
		return;
	}
	json_out_open(o, '{');
	json_out_key(o, "from_minute");
	json_out_u64(o, d->from_minute);
	json_out_key(o, "to_minute");
	json_out_u64(o, d->to_minute);
	json_out_key(o, "weekdays");
	json_out_u64(o, d->weekdays);
	json_out_close(o, '}');
}

void demand_to_json(const struct demands *d, struct json_out *o)
{
	json_out_open(o, '{');
	json_out_kv(o, "confirm", d->confirm == CONFIRM_TYPED ? STR("typed") : STR("plain"));
	json_out_key(o, "approvals");
	json_out_u64(o, demand_people(d));
	put_roles(d->roles, o);
	json_out_kv_i64(o, "cool_off_s", d->cool_off_s);
	json_out_kv_i64(o, "expires_s", d->expires_s);
	json_out_kv_i64(o, "recovery_verified_within_s", d->recovery_verified_within_s);
	json_out_kv_i64(o, "recovery_proven_within_s", d->recovery_proven_within_s);
	put_hours(d, o);
	json_out_close(o, '}');
}

static bool get_seconds(const struct json *v, const char *key, int64_t *ret, struct err *err)
{
	uint64_t n = 0;

	if (json_get(v, key) && (!json_u64(v, key, &n) || n > INT64_MAX / 2000000))
		return err_set(err, ERR_BROKEN, "demands: %s is no number of seconds", key);
	*ret = (int64_t)n;
	return true;
}

static bool get_roles(const struct json *v, struct arena *arena, struct str_list **ret, struct err *err)
{
	struct str_list *first = NULL, **at = &first;

	JSON_EACH(it, json_get(v, "roles")) {
		struct str_list *l = ARENA_NEW(arena, struct str_list);

		if (!l || !json_is(it, JSON_STRING))
			return err_set(err, ERR_BROKEN, "demands: roles are not a list of names");
		l->item = arena_str(arena, it->text);
		*at = l;
		at = &l->next;
	}
	*ret = first;
	return true;
}

static bool get_hours(const struct json *v, struct demands *d, struct err *err)
{
	const struct json *h = json_get(v, "hours");
	uint64_t from, to, days;

	if (!h || json_is(h, JSON_NULL))
		return true;
	if (!json_u64(h, "from_minute", &from) || !json_u64(h, "to_minute", &to) || !json_u64(h, "weekdays", &days) ||
	    from > DAY_MINUTES || to > DAY_MINUTES || days > ALL_DAYS)
		return err_set(err, ERR_BROKEN, "demands: hours are damaged");
	d->has_hours = true;
	d->from_minute = (unsigned)from;
	d->to_minute = (unsigned)to;
	d->weekdays = (unsigned)days;
	return true;
}

bool demand_from_json(const struct json *v, struct arena *arena, struct demands *ret, struct err *err)
{
	struct demands d = { .confirm = CONFIRM_TYPED };
	uint64_t n;

	if (!json_is(v, JSON_OBJECT) || !json_u64(v, "approvals", &n) || n == 0 || n > 100)
		return err_set(err, ERR_BROKEN, "demands: missing or damaged");
	d.approvals = (unsigned)n;
	if (str_is(json_str(v, "confirm"), "plain"))
		d.confirm = CONFIRM_PLAIN;
	if (!get_roles(v, arena, &d.roles, err) || !get_seconds(v, "cool_off_s", &d.cool_off_s, err) ||
	    !get_seconds(v, "expires_s", &d.expires_s, err) ||
	    !get_seconds(v, "recovery_verified_within_s", &d.recovery_verified_within_s, err) ||
	    !get_seconds(v, "recovery_proven_within_s", &d.recovery_proven_within_s, err) || !get_hours(v, &d, err))
		return false;
	*ret = d;
	return true;
}

bool demand_hour_ok(const struct demands *d, int64_t now_us)
{
	struct timestamp_parts p = timestamp_split(now_us);
	unsigned minute = (unsigned)(p.hour * 60 + p.minute), day = (unsigned)p.weekday;
	unsigned days = d->weekdays ? d->weekdays : ALL_DAYS;

	if (!d->has_hours)
		return true;
	if (d->from_minute < d->to_minute)
		return (days & (1u << day)) && minute >= d->from_minute && minute < d->to_minute;
	/* Over midnight: the small hours belong to the day on which the window opened. */
	if (minute >= d->from_minute)
		return days & (1u << day);
	return minute < d->to_minute && (days & (1u << ((day + 6) % 7)));
}

void demand_hours_text(const struct demands *d, struct buf *out)
{
	static const char *const name[7] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	unsigned days = d->weekdays ? d->weekdays : ALL_DAYS;
	const char *comma = "";

	for (unsigned i = 0; i < 7 && days != ALL_DAYS; i++) {
		if (!(days & (1u << i)))
			continue;
		buf_addf(out, "%s%s", comma, name[i]);
		comma = ",";
	}
	buf_addf(out, "%s%02u:%02u-%02u:%02u UTC", days != ALL_DAYS ? " " : "", d->from_minute / 60,
		 d->from_minute % 60, d->to_minute / 60, d->to_minute % 60);
}

bool demand_role_ok(const struct demands *d, struct str name, const struct str_list *roles)
{
	if (!d->roles)
		return true;
	for (const struct str_list *want = d->roles; want; want = want->next) {
		if (str_eq(want->item, name))
			return true;
		for (const struct str_list *has = roles; has; has = has->next) {
			if (str_eq(want->item, has->item))
				return true;
		}
	}
	return false;
}

unsigned demand_people(const struct demands *d)
{
	return d->approvals ? d->approvals : 1;
}

int64_t demand_life_s(const struct demands *d)
{
	return d->expires_s > 0 ? d->expires_s : HOLD_GRANT_LIFE_S;
}
