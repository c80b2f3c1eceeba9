#include "cli/cleanup_words.h"

#include "base/timestamp.h"

struct group {
	enum cleanup_class class;
	const char *one, *many, *json;
	const char *about;
};

static const struct group groups[] = {
	{ CLEANUP_DUPLICATE, "duplicate", "duplicates", "duplicates",
	  "made by this apply, unknown to production: the plan deletes them" },
	{ CLEANUP_ADOPTED, "adopted object", "adopted objects", "adopted",
	  "production's own, taken over by the apply: never deleted" },
	{ CLEANUP_ORPHAN, "orphan", "orphans", "orphans",
	  "alive, made by this apply, in no state: not in the plan, since terraform cannot delete "
	  "what no state holds" },
	{ CLEANUP_UNKNOWN, "unknown", "unknown", "unknown",
	  "nothing proves who made it: never deleted" },
};

/* Names come from states and clouds: no control characters reach the terminal. */
static void add_safe(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c < 0x20 || c == 0x7f || (c >= 0x80 && !str_is_utf8(s)))
			buf_addf(out, "\\x%02x", c);
		else
			buf_addc(out, (char)c);
	}
}

static struct str name_of(const struct cleanup_object *o)
{
	return o->id.len && o->id.len < 60 ? o->id : o->identity;
}

static void add_object(const struct cleanup_object *o, struct buf *out)
{
	buf_adds(out, "    ");
	add_safe(o->address.len ? o->address : o->type, out);
	buf_adds(out, "  ");
	add_safe(name_of(o), out);
	buf_addc(out, '\n');
}

/* What several in a row share is said once, below them. */
static void add_proof(struct str proof, struct buf *out)
{
	if (proof.len == 0)
		return;
	buf_adds(out, "        ");
	add_safe(proof, out);
	buf_addc(out, '\n');
}

static size_t count(const struct cleanup_case *c, enum cleanup_class class)
{
	return cleanup_count(&c->mine.objects, class) + cleanup_count(&c->found, class);
}

static void add_group(const struct cleanup_case *c, const struct group *g, struct buf *out)
{
	const struct cleanup_list *lists[2] = { &c->mine.objects, &c->found };
	size_t n = count(c, g->class);
	struct str proof = STR_NONE;

	if (n == 0)
		return;
	buf_addf(out, "\n  %zu %s -- %s\n", n, n == 1 ? g->one : g->many, g->about);
	for (size_t l = 0; l < ARRAY_LEN(lists); l++) {
		for (const struct cleanup_object *o = lists[l]->first; o; o = o->next) {
			if (o->class != g->class)
				continue;
			if (!str_eq(proof, o->proof))
				add_proof(proof, out);
			proof = o->proof;
			add_object(o, out);
		}
	}
	add_proof(proof, out);
}

static void add_orphan_advice(const struct cleanup_case *c, struct buf *out)
{
	if (!cleanup_count(&c->found, CLEANUP_ORPHAN))
		return;
	buf_adds(out, "\n  Orphans first: what stands in a duplicate network keeps terraform from "
		      "deleting that. Look at each by its id, and remove it\n"
		      "  by hand once you are sure that nobody uses it.\n");
}

void cleanup_words_text(const struct cleanup_case *c, struct buf *out)
{
	buf_adds(out, "Clean-up of ");
	add_safe(c->mine.path, out);
	buf_addf(out, ": %zu objects", c->mine.objects.n);
	if (c->account.len)
		buf_addf(out, ", account %.*s", STR_ARG(c->account));
	buf_addc(out, '\n');
	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		add_group(c, &groups[i], out);
	add_orphan_advice(c, out);
	if (c->not_asked.len) {
		buf_adds(out, "\n  Not known: ");
		add_safe(c->not_asked, out);
		buf_addc(out, '\n');
	}
	buf_addc(out, '\n');
}

void cleanup_words_plan(const struct cleanup_plan_made *plan, struct buf *out)
{
	buf_addf(out,
		 "The plan deletes %zu of them and nothing else; it was checked against the list "
		 "above.\n",
		 plan->deletes);
	if (plan->deletes < plan->proven)
		buf_addf(out, "%zu are gone already.\n", plan->proven - plan->deletes);
	buf_addf(out, "  plan  %s\n  next  after the hold is approved:  cd %s && pawl apply %s\n\n",
		 plan->folder.plan, plan->folder.dir, CLEANUP_PLAN);
}

/* --- JSON */

static void put_object(const struct cleanup_object *o, struct json_out *j)
{
	char when[TIMESTAMP_LEN + 1];

	json_out_open(j, '{');
	json_out_kv(j, "address", o->address);
	json_out_kv(j, "type", o->type);
	json_out_kv(j, "id", o->id);
	json_out_kv(j, "identity", o->identity);
	if (o->created_us) {
		timestamp_text(o->created_us, when);
		json_out_kv(j, "created", str_from(when));
	}
	json_out_kv(j, "proof", o->proof);
	json_out_close(j, '}');
}

static void put_group(const struct cleanup_case *c, const struct group *g, struct json_out *j)
{
	const struct cleanup_list *lists[2] = { &c->mine.objects, &c->found };

	json_out_key(j, g->json);
	json_out_open(j, '[');
	for (size_t l = 0; l < ARRAY_LEN(lists); l++) {
		for (const struct cleanup_object *o = lists[l]->first; o; o = o->next) {
			if (o->class == g->class)
				put_object(o, j);
		}
	}
	json_out_close(j, ']');
}

static void put_plan(const struct cleanup_plan_made *plan, struct json_out *j)
{
	struct str weighed = str_trim(buf_str(&plan->weighed));

	json_out_key(j, "plan");
	json_out_open(j, '{');
	json_out_kv(j, "path", str_from(plan->folder.plan));
	json_out_kv(j, "folder", str_from(plan->folder.dir));
	json_out_key(j, "deletes");
	json_out_u64(j, plan->deletes);
	if (weighed.len && weighed.ptr[0] == '{') {
		json_out_key(j, "card");
		json_out_raw(j, weighed);
	}
	json_out_close(j, '}');
}

void cleanup_words_json(const struct cleanup_case *c, const struct cleanup_plan_made *plan,
			struct buf *out)
{
	struct json_out j = { .buf = out };

	json_out_open(&j, '{');
	json_out_kv(&j, "state", c->mine.path);
	json_out_kv(&j, "account", c->account);
	json_out_key(&j, "asked");
	json_out_bool(&j, c->asked);
	json_out_kv(&j, "not_known", c->not_asked);
	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		put_group(c, &groups[i], &j);
	if (plan)
		put_plan(plan, &j);
	json_out_close(&j, '}');
	buf_addc(out, '\n');
}
