#include "read/cloudtrail.h"

#include "base/timestamp.h"

#define MIN_VALUE 6 /* shorter strings name nothing */

static bool is_creating(struct str name)
{
	static const struct str verbs[] = { STR_INIT("Create"),	   STR_INIT("Run"),
					    STR_INIT("Allocate"),  STR_INIT("Register"),
					    STR_INIT("Associate"), STR_INIT("Restore"),
					    STR_INIT("Put") };

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (str_starts(name, verbs[i]))
			return true;
	}
	return false;
}

/* Calls that succeed and answer with what was there before: whoever "made" it may have found it. From each API's reference:
 * "idempotent", "if … already exists". Put… overwrite by their nature. */
static bool gives_what_is_there(const struct cloudtrail_event *e)
{
	static const struct {
		const char *source, *name;
	} rows[] = {
		{ "ecs.amazonaws.com", "CreateCluster" },
		{ "sqs.amazonaws.com", "CreateQueue" },
		{ "sns.amazonaws.com", "CreateTopic" },
		{ "s3.amazonaws.com", "CreateBucket" },
		{ "elasticloadbalancing.amazonaws.com", "CreateLoadBalancer" },
		{ "elasticloadbalancing.amazonaws.com", "CreateTargetGroup" },
		{ "elasticloadbalancing.amazonaws.com", "CreateListener" },
		{ "rds.amazonaws.com", "CreateDBSubnetGroup" },
		{ "route53.amazonaws.com", "ChangeResourceRecordSets" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (str_is(e->source, rows[i].source) && str_is(e->name, rows[i].name))
			return true;
	}
	return str_starts(e->name, STR("Put"));
}

static bool grow(struct cloudtrail *t, struct arena *arena)
{
	size_t cap = t->cap_made ? t->cap_made * 2 : 256;
	struct cloudtrail_made *more = ARENA_ARRAY(arena, cap, struct cloudtrail_made);

	if (!more)
		return false;
	if (t->n_made)
		memcpy(more, t->made, t->n_made * sizeof(*more));
	t->made = more;
	t->cap_made = cap;
	return true;
}

static void add_value(struct cloudtrail *t, struct str value, const struct cloudtrail_event *e,
		      struct arena *arena)
{
	static const struct str zone = STR_INIT("/hostedzone/");

	if (str_starts(value, zone))
		value = str_sub(value, zone.len, SIZE_MAX);
	if (value.len < MIN_VALUE || (t->n_made == t->cap_made && !grow(t, arena)))
		return;
	t->made[t->n_made++] = (struct cloudtrail_made){ value, e };
}

/* Depth is bounded by json_parse. */
static void add_values(struct cloudtrail *t, const struct json *v, const struct cloudtrail_event *e,
		       struct arena *arena)
{
	if (v->type == JSON_STRING)
		add_value(t, v->text, e, arena);
	JSON_EACH(it, v)
		add_values(t, it, e, arena);
}

static bool take_record(struct cloudtrail *t, const struct json *r, struct arena *arena,
			struct err *err)
{
	struct cloudtrail_event *e = ARENA_NEW(arena, struct cloudtrail_event);
	const struct json *answer = json_get(r, "responseElements");

	if (!e || t->n_events == CLOUDTRAIL_MAX_EVENTS)
		return err_set(err, ERR_LIMIT,
			       "too many records: give only the hours of the apply");
	t->n_events++;
	e->name = json_str(r, "eventName");
	e->source = json_str(r, "eventSource");
	e->who = json_text(json_at(r, "userIdentity.arn"));
	e->agent = json_str(r, "userAgent");
	if (!e->name.len || !e->source.len ||
	    !timestamp_parse(json_str(r, "eventTime"), &e->time_us))
		return err_set(err, ERR_INPUT,
			       "record %zu has no eventName, eventSource or eventTime: it is no "
			       "CloudTrail record",
			       t->n_events);
	if (json_str(r, "errorCode").len || !is_creating(e->name) || gives_what_is_there(e) ||
	    !answer)
		return true;
	t->n_creating++;
	add_values(t, answer, e, arena);
	return !arena->full || err_set(err, ERR_LIMIT, "more records than fit into memory");
}

static bool take_event(struct cloudtrail *t, const struct json *event, struct arena *arena,
		       struct err *err)
{
	struct json *record;

	return json_parse(json_str(event, "CloudTrailEvent"), arena, &record, err) &&
	       take_record(t, record, arena, err);
}

static bool take_document(struct cloudtrail *t, const struct json *root, struct arena *arena,
			  struct err *err)
{
	const struct json *records = json_get(root, "Records"), *events = json_get(root, "Events");

	if (!json_is(records, JSON_ARRAY) && !json_is(events, JSON_ARRAY))
		return take_record(t, root, arena, err);
	JSON_EACH(it, records) {
		if (!take_record(t, it, arena, err))
			return false;
	}
	JSON_EACH(it, events) {
		if (!take_event(t, it, arena, err))
			return false;
	}
	return true;
}

static bool take_lines(struct cloudtrail *t, struct str text, struct arena *arena, struct err *err)
{
	for (unsigned line = 1; text.len; line++) {
		size_t end = str_find_char(text, '\n');
		struct str one = str_trim(str_sub(text, 0, end));
		struct json *root;

		text = end == SIZE_MAX ? STR_NONE : str_sub(text, end + 1, SIZE_MAX);
		if (one.len == 0)
			continue;
		if (!json_parse(one, arena, &root, err) || !take_record(t, root, arena, err))
			return err_prefix(err, "line %u", line);
	}
	return true;
}

bool cloudtrail_read(struct str text, struct arena *arena, struct cloudtrail *trail,
		     struct err *err)
{
	struct str first = str_trim(str_sub(text, 0, str_find_char(text, '\n')));
	struct json *root;

	/* A whole record on the first line, and more lines behind it: one a line. */
	if (first.len > 1 && first.ptr[first.len - 1] == '}' && first.len < str_trim(text).len &&
	    json_parse(first, arena, &root, NULL))
		return take_lines(trail, text, arena, err);
	return json_parse(text, arena, &root, err) && take_document(trail, root, arena, err);
}

static int by_value(const void *a, const void *b)
{
	const struct cloudtrail_made *x = a, *y = b;
	int c = str_cmp(x->value, y->value);

	if (c)
		return c;
	return (x->event->time_us > y->event->time_us) - (x->event->time_us < y->event->time_us);
}

void cloudtrail_sort(struct cloudtrail *trail)
{
	if (trail->n_made)
		qsort(trail->made, trail->n_made, sizeof(*trail->made), by_value);
}

const struct cloudtrail_event *cloudtrail_creation(const struct cloudtrail *trail, struct str id,
						   int64_t from_us, int64_t to_us)
{
	size_t lo = 0, hi = trail->n_made;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (str_cmp(trail->made[mid].value, id) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; id.len && lo < trail->n_made && str_eq(trail->made[lo].value, id); lo++) {
		const struct cloudtrail_event *e = trail->made[lo].event;

		if ((from_us == 0 && to_us == 0) || (e->time_us >= from_us && e->time_us <= to_us))
			return e;
	}
	return NULL;
}
