/* budget_tool.c -- the witness and the budgets by hand: what flow tests drive without a gate around it.
 * usage: budget_tool POLICY-FILE < commands
 * A command a line, its words parted by tabs, \N is NULL:
 *   texts VERSION                 the statements to prepare: NAME, SQL; the last is the lookup
 *   known OID SCHEMA NAME         the snapshot knows this relation; without one there is no snapshot
 *   expect [RELATION … | CATALOGUE | ANY]   what was announced; replaces what stood
 *   row CELL …                    one row of the witness's answer
 *   end                           what it saw, as JSON
 *   lookup CELL …, looked-up      rows of the lookup; what it saw then
 *   fresh, statement              a transaction begins; only what was changed since the last `statement`
 *   check ENVIRONMENT SPAN, reserve ENVIRONMENT SESSION NOW, back ENVIRONMENT SESSION NOW     limits on these counts
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/json.h"
#include "gate/database/budget.h"
#include "gate/postgres/witness.h"

#define CELLS 256
#define KNOWN 1024

struct catalogue {
	struct catalogue_relation r[KNOWN];
	size_t n;
};

const struct catalogue_relation *catalogue_by_oid(const struct catalogue *c, uint32_t oid)
{
	for (size_t i = 0; i < c->n; i++) {
		if (c->r[i].oid == oid)
			return &c->r[i];
	}
	return NULL;
}

static struct catalogue snapshot;
static struct witness_saw saw;
static struct witness_expected expected;
static struct str announced[CELLS];
static struct witness_memory memory;
static struct arena arena, for_good, transaction;
static const struct policy *policy;
static struct budget_ledger *ledger;
static const struct database_upstream upstream;
static bool begun;

static struct str word(struct str *rest)
{
	size_t tab = str_find_char(*rest, '\t');
	struct str w = str_sub(*rest, 0, tab);

	*rest = tab == SIZE_MAX ? STR_NONE : str_sub(*rest, tab + 1, rest->len);
	return str_is(w, "\\N") ? STR_NONE : w;
}

static size_t words(struct str rest, struct str *ret)
{
	size_t n = 0;

	while (rest.ptr && n < CELLS)
		ret[n++] = word(&rest);
	return n;
}

static uint64_t number(struct str s)
{
	uint64_t n = 0;

	PAWL_ASSERT(str_to_u64(s, &n));
	return n;
}

static void begin(void)
{
	if (begun)
		return;
	begun = true;
	witness_begin(&saw, &upstream, snapshot.n ? &snapshot : NULL, &expected, &arena);
}

static void print(struct buf *b)
{
	buf_addc(b, '\n');
	fwrite(buf_str(b).ptr, 1, buf_str(b).len, stdout);
	fflush(stdout);
}

static void say(void)
{
	auto_buf b = BUF_MAX(1 << 24);
	struct json_out o = { .buf = &b };

	json_out_open(&o, '{');
	json_out_key(&o, "broken");
	json_out_bool(&o, saw.broken);
	json_out_key(&o, "closer");
	json_out_bool(&o, saw.closer);
	json_out_kv(&o, "why", saw.why);
	json_out_key(&o, "catalogue");
	json_out_u64(&o, saw.catalogue);
	json_out_key(&o, "counts");
	json_out_open(&o, '{');
	for (size_t i = 0; i < saw.n_counts; i++) {
		struct budget_count k = saw.counts[i];
		char name[200];
		size_t before = 0;

		/* Partitions are told as one. */
		while (!str_eq(saw.counts[before].relation, k.relation))
			before++;
		if (before < i)
			continue;
		for (size_t j = i + 1; j < saw.n_counts; j++) {
			if (!str_eq(saw.counts[j].relation, k.relation))
				continue;
			k.deleted += saw.counts[j].deleted;
			k.updated += saw.counts[j].updated;
			k.inserted += saw.counts[j].inserted;
		}
		snprintf(name, sizeof(name), "%.*s", STR_ARG(k.relation));
		json_out_key(&o, name);
		json_out_open(&o, '[');
		json_out_u64(&o, k.deleted);
		json_out_u64(&o, k.updated);
		json_out_u64(&o, k.inserted);
		json_out_close(&o, ']');
	}
	json_out_close(&o, '}');
	json_out_key(&o, "unannounced");
	json_out_open(&o, '[');
	CHANGE_EACH(c, &saw.unannounced) {
		json_out_open(&o, '[');
		json_out_str(&o, c->finding);
		json_out_str(&o, c->name);
		json_out_close(&o, ']');
	}
	json_out_close(&o, ']');
	json_out_key(&o, "unknown");
	json_out_open(&o, '[');
	for (size_t i = 0; i < saw.n_unknown; i++)
		json_out_u64(&o, saw.unknown[i].oid);
	json_out_close(&o, ']');
	json_out_close(&o, '}');
	print(&b);
}

static void say_passed(const struct budget_passed *p)
{
	auto_buf b = BUF_MAX(1 << 16);
	struct json_out o = { .buf = &b };

	json_out_open(&o, '{');
	json_out_key(&o, "is");
	json_out_bool(&o, p->is);
	json_out_kv(&o, "span", budget_span_name(p->span));
	json_out_kv(&o, "relation", p->relation);
	json_out_kv(&o, "where", p->where);
	json_out_key(&o, "limit");
	json_out_u64(&o, p->limit);
	json_out_key(&o, "count");
	json_out_u64(&o, p->count);
	json_out_close(&o, '}');
	print(&b);
}

static void c_texts(const struct str *w, size_t n)
{
	(void)n;
	for (unsigned i = 0; i < WITNESS_TEXTS; i++) {
		struct witness_prepared t = witness_prepared((enum witness_text)i, (unsigned)number(w[0]));

		printf("%s\t%s\n", t.name, t.sql);
	}
	printf("lookup\t%s\n", witness_lookup_sql);
	fflush(stdout);
}

static void c_known(const struct str *w, size_t n)
{
	PAWL_ASSERT(n == 3 && snapshot.n < KNOWN);
	snapshot.r[snapshot.n++] = (struct catalogue_relation){ .oid = (uint32_t)number(w[0]), .schema = arena_str(&for_good, w[1]),
								.name = arena_str(&for_good, w[2]), .kind = 'r' };
}

static void c_expect(const struct str *w, size_t n)
{
	expected = (struct witness_expected){ .relations = announced };
	arena_reset(&arena);
	begun = false;
	for (size_t i = 0; i < n; i++) {
		expected.any = expected.any || str_is(w[i], "ANY");
		expected.catalogue = expected.catalogue || str_is(w[i], "CATALOGUE");
		announced[expected.n++] = arena_str(&arena, w[i]);
	}
}

static void c_row(const struct str *w, size_t n)
{
	begin();
	witness_row(&saw, w, n);
}

static void c_end(const struct str *w, size_t n)
{
	(void)w;
	(void)n;
	begin();
	PAWL_ASSERT(witness_end(&saw) == !saw.broken);
	say();
}

static void c_lookup(const struct str *w, size_t n)
{
	witness_lookup_row(&saw, w, n);
}

static void c_looked_up(const struct str *w, size_t n)
{
	(void)w;
	(void)n;
	witness_looked_up(&saw);
	say();
}

static void c_fresh(const struct str *w, size_t n)
{
	(void)w;
	(void)n;
	arena_reset(&transaction);
	memory = (struct witness_memory){ .n = 0 };
}

static void c_statement(const struct str *w, size_t n)
{
	(void)w;
	(void)n;
	witness_statement(&saw, &memory, &transaction);
	say();
}

static void c_check(const struct str *w, size_t n)
{
	struct budget_passed p;
	unsigned span = 0;

	while (span < BUDGET_SPANS && !str_eq(budget_span_name((enum budget_span)span), w[1]))
		span++;
	PAWL_ASSERT(n == 2 && span < BUDGET_SPANS);
	p = budget_check(policy, w[0], (enum budget_span)span, saw.counts, saw.n_counts);
	say_passed(&p);
}

static void c_reserve(const struct str *w, size_t n)
{
	struct budget_asker who = { policy, w[0], w[1] };
	struct budget_passed p;

	PAWL_ASSERT(n == 3);
	p = budget_reserve(ledger, &who, saw.counts, saw.n_counts, (int64_t)number(w[2]));
	say_passed(&p);
}

static void c_back(const struct str *w, size_t n)
{
	struct budget_asker who = { policy, w[0], w[1] };

	PAWL_ASSERT(n == 3);
	budget_give_back(ledger, &who, saw.counts, saw.n_counts, (int64_t)number(w[2]));
}

static const struct {
	const char *name;
	void (*run)(const struct str *w, size_t n);
} commands[] = {
	{ "texts", c_texts }, { "known", c_known }, { "expect", c_expect }, { "row", c_row }, { "end", c_end }, { "lookup", c_lookup },
	{ "looked-up", c_looked_up }, { "fresh", c_fresh }, { "statement", c_statement },
	{ "check", c_check }, { "reserve", c_reserve }, { "back", c_back },
};

static void run(struct str line)
{
	struct str w[CELLS], name = word(&line);
	size_t n = words(line, w);

	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (str_is(name, commands[i].name)) {
			commands[i].run(w, n);
			return;
		}
	}
	fprintf(stderr, "budget_tool: no such command: %.*s\n", STR_ARG(name));
	exit(2);
}

int main(int argc, char **argv)
{
	auto_buf text = BUF_MAX(1 << 20);
	struct err err = { .code = ERR_NONE };
	struct policy_source s = { .layer = POLICY_USER };
	static char line[1 << 16];

	if (argc != 2 || !arena_map(&arena, 64 << 20) || !arena_map(&transaction, 64 << 20) ||
	    !arena_map(&for_good, (size_t)1 << 30) || !file_read(argv[1], &text, &err))
		return 2;
	s.path = str_from(argv[1]);
	s.text = buf_str(&text);
	if (!policy_load(&s, 1, &for_good, &policy, &err) || !budget_ledger_new(&ledger)) {
		fprintf(stderr, "budget_tool: %s\n", err.msg);
		return 2;
	}
	while (fgets(line, sizeof(line), stdin)) {
		struct str l = str_from(line);

		if (str_ends(l, STR("\n")))
			l.len--;
		run(l);
	}
	budget_ledger_free(ledger);
	arena_unmap(&arena);
	arena_unmap(&transaction);
	arena_unmap(&for_good);
	return 0;
}
