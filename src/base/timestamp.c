#include "base/timestamp.h"

#include <stdio.h>

#define DAY INT64_C(86400)
#define US INT64_C(1000000)
#define LAST_SECOND INT64_C(253402300799)

/* Days since 1970-01-01 of a proleptic Gregorian date, after Howard Hinnant's days_from_civil. */
static int64_t days_from(int64_t y, int64_t m, int64_t d)
{
	int64_t era, yoe, doy;

	y -= m <= 2;
	era = y / 400;
	yoe = y - era * 400;
	doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

struct timestamp_parts timestamp_split(int64_t us)
{
	int64_t sec = us < 0 ? 0 : us / US, days, z, era, doe, yoe, doy, mp, y, m;

	if (sec > LAST_SECOND)
		sec = LAST_SECOND;
	days = sec / DAY;
	z = days + 719468;
	era = z / 146097;
	doe = z - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	m = mp < 10 ? mp + 3 : mp - 9;
	y = yoe + era * 400 + (m <= 2);
	return (struct timestamp_parts){
		.year = (int)y,
		.month = (int)m,
		.day = (int)(doy - (153 * mp + 2) / 5 + 1),
		.hour = (int)(sec % DAY / 3600),
		.minute = (int)(sec % 3600 / 60),
		.second = (int)(sec % 60),
		.weekday = (int)((days + 4) % 7),
	};
}

void timestamp_text(int64_t us, char ret_text[TIMESTAMP_LEN + 1])
{
	struct timestamp_parts p = timestamp_split(us);
	char out[80];

	snprintf(out, sizeof(out), "%04d-%02d-%02dT%02d:%02d:%02dZ", p.year, p.month, p.day, p.hour,
		 p.minute, p.second);
	for (size_t i = 0; i < TIMESTAMP_LEN; i++)
		ret_text[i] = out[i];
	ret_text[TIMESTAMP_LEN] = '\0';
}

/* ${n} digits at ${at} as a number, or -1. */
static int digits(struct str s, size_t at, size_t n)
{
	int v = 0;

	if (at + n > s.len)
		return -1;
	for (size_t i = at; i < at + n; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return -1;
		v = v * 10 + (s.ptr[i] - '0');
	}
	return v;
}

/* The offset behind the seconds ("Z", "+02:00") in seconds. */
static bool parse_zone(struct str s, int64_t *ret_offset)
{
	int h, m;

	if (str_is(s, "Z") || str_is(s, "z")) {
		*ret_offset = 0;
		return true;
	}
	if (s.len != 6 || (s.ptr[0] != '+' && s.ptr[0] != '-') || s.ptr[3] != ':')
		return false;
	h = digits(s, 1, 2);
	m = digits(s, 4, 2);
	if (h < 0 || h > 23 || m < 0 || m > 59)
		return false;
	*ret_offset = ((int64_t)h * 3600 + (int64_t)m * 60) * (s.ptr[0] == '-' ? -1 : 1);
	return true;
}

bool timestamp_parse(struct str s, int64_t *ret_us)
{
	static const size_t at[6] = { 0, 5, 8, 11, 14, 17 }, n[6] = { 4, 2, 2, 2, 2, 2 };
	static const int max[6] = { 9999, 12, 31, 23, 59, 60 }, min[6] = { 1970, 1, 1, 0, 0, 0 };
	int v[6];
	int64_t frac = 0, scale = US, offset;
	size_t i;

	if (s.len < 20 || s.ptr[4] != '-' || s.ptr[7] != '-' || s.ptr[13] != ':' || s.ptr[16] != ':')
		return false;
	if (s.ptr[10] != 'T' && s.ptr[10] != 't' && s.ptr[10] != ' ')
		return false;
	for (i = 0; i < 6; i++) {
		v[i] = digits(s, at[i], n[i]);
		if (v[i] < min[i] || v[i] > max[i])
			return false;
	}
	i = 19;
	if (s.ptr[i] == '.') {
		for (i++; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++) {
			scale /= 10;
			frac += scale * (s.ptr[i] - '0');
		}
	}
	if (!parse_zone(str_sub(s, i, s.len), &offset))
		return false;
	*ret_us = (days_from(v[0], v[1], v[2]) * DAY + (int64_t)v[3] * 3600 + (int64_t)v[4] * 60 + v[5] - offset) * US + frac;
	return true;
}

bool duration_parse(struct str text, int64_t *ret_seconds)
{
	uint64_t v, each;

	if (text.len < 2)
		return false;
	switch (text.ptr[text.len - 1]) {
	case 's':
		each = 1;
		break;
	case 'm':
		each = 60;
		break;
	case 'h':
		each = 3600;
		break;
	case 'd':
		each = 86400;
		break;
	default:
		return false;
	}
	if (!str_to_u64(str_sub(text, 0, text.len - 1), &v) || v > UINT64_C(3153600000) / each)
		return false;
	*ret_seconds = (int64_t)(v * each);
	return true;
}

static const struct {
	int64_t s;
	const char *name;
} unit[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };

size_t duration_text(int64_t seconds, char *ret_text, size_t size)
{
	size_t u = 0;
	int n;

	if (seconds < 0)
		seconds = 0;
	while (u + 1 < ARRAY_LEN(unit) && seconds < unit[u].s)
		u++;
	if (u + 1 < ARRAY_LEN(unit) && seconds % unit[u].s >= unit[u + 1].s)
		n = snprintf(ret_text, size, "%lld %s %lld %s", (long long)(seconds / unit[u].s),
			     unit[u].name, (long long)(seconds % unit[u].s / unit[u + 1].s),
			     unit[u + 1].name);
	else
		n = snprintf(ret_text, size, "%lld %s", (long long)(seconds / unit[u].s), unit[u].name);
	return n < 0 ? 0 : (size_t)n;
}

size_t duration_exact(int64_t seconds, char *ret_text, size_t size)
{
	size_t u = 0;
	int n;

	while (u + 1 < ARRAY_LEN(unit) && (seconds < unit[u].s || seconds % unit[u].s))
		u++;
	n = snprintf(ret_text, size, "%lld %s", (long long)(seconds / unit[u].s), unit[u].name);
	return n < 0 ? 0 : (size_t)n;
}
