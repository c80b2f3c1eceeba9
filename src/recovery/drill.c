#include "recovery/drill.h"

#include <stdarg.h>

#include "base/clock.h"
#include "recovery/source.h"

#define SKEW_US (300 * CLOCK_SECOND) /* clocks of two machines */

static const struct str codes[DRILL_CODES] = {
	[DRILL_SIGNATURE] = STR_INIT("signature"),
	[DRILL_SWAPPED] = STR_INIT("swapped"),
	[DRILL_REPLAYED] = STR_INIT("replayed"),
	[DRILL_MANIFEST] = STR_INIT("manifest"),
	[DRILL_BYTES] = STR_INIT("bytes"),
	[DRILL_HALF] = STR_INIT("half"),
	[DRILL_ERROR] = STR_INIT("error"),
	[DRILL_ROLE] = STR_INIT("role"),
	[DRILL_TABLE_LOST] = STR_INIT("table-lost"),
	[DRILL_TABLE_MORE] = STR_INIT("table-more"),
	[DRILL_ROWS] = STR_INIT("rows"),
	[DRILL_VALUES] = STR_INIT("values"),
	[DRILL_SCHEMA] = STR_INIT("schema"),
	[DRILL_INVARIANT] = STR_INIT("invariant"),
	[DRILL_QUERY] = STR_INIT("query"),
	[DRILL_CHECK] = STR_INIT("check"),
	[DRILL_WAL] = STR_INIT("wal-missing"),
	[DRILL_WAL_FOREIGN] = STR_INIT("wal-foreign"),
	[DRILL_WAL_ALTERED] = STR_INIT("wal-altered"),
	[DRILL_RTO] = STR_INIT("rto"),
	[DRILL_RPO] = STR_INIT("rpo"),
	[DRILL_NO_SERVER] = STR_INIT("no-server"),
	[DRILL_OLDER_SERVER] = STR_INIT("older-server"),
	[DRILL_NO_EXTENSION] = STR_INIT("no-extension"),
	[DRILL_NO_VAULT] = STR_INIT("no-vault"),
	[DRILL_NO_KEY] = STR_INIT("no-key"),
	[DRILL_CLOCK] = STR_INIT("clock"),
	[DRILL_BROKE_OFF] = STR_INIT("broke-off"),
};

struct str drill_code_name(enum drill_code c)
{
	return codes[(unsigned)c < DRILL_CODES ? c : 0];
}

bool drill_because(struct drill_run *r, enum drill_code code, const char *fmt, ...)
{
	struct drill_reason *one;
	char text[900], line[sizeof(text)];
	va_list args;

	/* What is found missing behind a connection that we cut ourselves says nothing of the backup. */
	if (code < DRILL_NO_SERVER && (r->lost || stall_over(r->stall)))
		code = DRILL_BROKE_OFF;
	if (r->done->n_reasons++ >= DRILL_REASONS_MAX)
		return false;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	err_line(text, line, sizeof(line));
	one = arena_alloc(r->arena, sizeof(*one));
	if (!one)
		return false;
	*one = (struct drill_reason){ .code = code, .text = arena_str(r->arena, str_from(line)) };
	*r->end = one;
	r->end = &one->next;
	return false;
}

/* --- which backup --- */

static bool newest(struct drill_run *r, struct str *ret_id)
{
	struct vault_entry *e;
	struct err err = { 0 };

	if (!vault_list(r->ask->vault, r->ask->target, r->arena, &e, &err))
		return drill_because(r, DRILL_NO_VAULT, "%s", err.msg);
	while (e && !e->whole)
		e = e->next;
	if (!e)
		return drill_because(r, DRILL_NO_VAULT, "there is no whole backup of %.*s in the vault",
			       STR_ARG(r->ask->target));
	*ret_id = e->id;
	return true;
}

/* Somebody who may remove, and not sign, would have us drill an old one for ever. */
static bool newest_known(struct drill_run *r, struct str id)
{
	struct str last = r->ask->last;

	return !last.len || str_cmp(id, last) >= 0 ||
	       drill_because(r, DRILL_REPLAYED,
			     "the newest backup in the vault is %.*s, but %.*s was taken after it "
			     "and is not there",
			     STR_ARG(id), STR_ARG(last));
}

static enum drill_code manifest_code(enum err_code code)
{
	switch (code) {
	case ERR_BROKEN:
		return DRILL_SIGNATURE;
	case ERR_STATE:
		return DRILL_SWAPPED;
	case ERR_INPUT:
		return DRILL_MANIFEST;
	case ERR_NONE:
	case ERR_IO:
	case ERR_LIMIT:
	case ERR_TOOL:
	case ERR_DENIED:
		break;
	}
	return DRILL_NO_VAULT;
}

static bool manifest(struct drill_run *r, struct str id)
{
	struct err err = { 0 };

	return backup_manifest(r->ask->vault, r->ask->target, id, r->ask->key, r->arena,
			       &r->done->manifest, &err) ||
	       drill_because(r, manifest_code(err.code), "%s", err.msg);
}

/* --- its data --- */

static bool passing(void *ctx, const void *p, size_t n, struct err *err)
{
	struct drill_run *r = ctx;

	stall_moved(r->stall);
	if (r->ask->progress.tell) {
		r->bytes += n;
		r->ask->progress.tell(r->ask->progress.ctx, r->bytes, r->done->manifest.plain_bytes);
	}
	return r->take(r->ctx, p, n, err);
}

static enum drill_code code_of(const struct drill_run *r, const struct err *err)
{
	if (err->code == ERR_BROKEN)
		return DRILL_BYTES;
	if (err->code == ERR_INPUT)
		return DRILL_HALF;
	if (err->code == ERR_TOOL && r->ask->filter && strstr(err->msg, r->ask->filter[0]))
		return DRILL_NO_KEY;
	return err->code == ERR_IO ? DRILL_NO_VAULT : DRILL_BROKE_OFF;
}

static bool same_table(struct drill_run *r, const char *what, const struct fingerprint_table *got,
		       const struct fingerprint_table *want)
{
	if (got->rows != want->rows)
		return drill_because(r, DRILL_ROWS,
				     "%s has %llu rows of %.*s, its manifest says %llu", what,
				     (unsigned long long)got->rows, STR_ARG(want->name),
				     (unsigned long long)want->rows);
	return digest_eq(&got->digest, &want->digest) ||
	       drill_because(r, DRILL_VALUES,
			     "%s has as many rows of %.*s as its manifest says, and other values",
			     what, STR_ARG(want->name));
}

/* Both lists have one order. Ends at DRILL_REASONS_MAX differences: so it is linear. */
bool drill_same_tables(struct drill_run *r, const char *what, const struct fingerprint_table *got)
{
	const struct fingerprint_table *want = r->done->manifest.tables, *at;
	bool all = true;

	for (; got && r->done->n_reasons < DRILL_REASONS_MAX; got = got->next) {
		for (at = want; at && !str_eq(at->name, got->name);)
			at = at->next;
		if (!at) {
			all = drill_because(r, DRILL_TABLE_MORE,
					    "%s has a table that its manifest has not: %.*s", what,
					    STR_ARG(got->name));
			continue;
		}
		for (; want != at; want = want->next)
			all = drill_because(r, DRILL_TABLE_LOST,
					    "the manifest has a table that %s has not: %.*s", what,
					    STR_ARG(want->name));
		all &= same_table(r, what, got, want);
		want = want->next;
	}
	for (; want && r->done->n_reasons < DRILL_REASONS_MAX; want = want->next)
		all = drill_because(r, DRILL_TABLE_LOST,
				    "the manifest has a table that %s has not: %.*s", what,
				    STR_ARG(want->name));
	return all;
}

bool drill_unpack(struct drill_run *r,
		  bool (*take)(void *ctx, const void *p, size_t n, struct err *err), void *ctx)
{
	const struct manifest *m = &r->done->manifest;
	struct unpack_from from = { r->ask->vault, r->ask->filter, m, backup_form(m->kind), r->arena, r->stall };
	uint64_t said = r->done->n_reasons;
	struct fingerprint_found found;
	struct err err = { 0 };
	bool same;

	r->take = take;
	r->ctx = ctx;
	if (!unpack(&from, passing, r, &found, &err))
		return r->done->n_reasons > said ? false
						 : drill_because(r, code_of(r, &err), "%s", err.msg);
	same = source_of(m->kind)->own_tables || drill_same_tables(r, "the data", found.tables);
	return (digest_eq(&found.schema, &m->schema) ||
		drill_because(r, DRILL_SCHEMA,
			      "what is not rows (tables, indexes, constraints, sequences, rights) "
			      "is not what its manifest says")) &&
	       same;
}

bool drill_answer(struct drill_run *r, enum drill_code code, struct str name, struct str got,
		  struct str want)
{
	return str_eq(got, want) ||
	       drill_because(r, code, "%.*s is %.*s, and should be %.*s", STR_ARG(name),
			     (int)(got.len < 100 ? got.len : 100), got.ptr, STR_ARG(want));
}

/* --- the whole --- */

/* Was anything not to be known? Then how long it took is no restore's time, and the WAL behind it was not recovered to its end. */
static bool broke_off(const struct drill_done *d)
{
	for (const struct drill_reason *x = d->reasons; x; x = x->next) {
		if (x->code >= DRILL_NO_SERVER)
			return true;
	}
	return d->n_reasons && !d->reasons;
}

static bool objectives(struct drill_run *r, int64_t now)
{
	const struct drill_ask *a = r->ask;
	/* What lies behind it counts as far as it was recovered. */
	int64_t as_of = r->done->wal_as_of_us > r->done->manifest.taken_us ? r->done->wal_as_of_us : r->done->manifest.taken_us;
	int64_t age = (now - as_of) / CLOCK_SECOND, took = r->done->took_us / CLOCK_SECOND;
	bool good = true, ended = !broke_off(r->done);

	if (ended && a->rto_s && took > a->rto_s)
		good = drill_because(r, DRILL_RTO, "the restore took %lld s, the objective is %lld s",
			       (long long)took, (long long)a->rto_s);
	if ((ended || !a->wal) && a->rpo_s && age > a->rpo_s)
		good = drill_because(r, DRILL_RPO, "the backup is %lld s old, the objective is %lld s",
			       (long long)age, (long long)a->rpo_s);
	if (now + SKEW_US < r->done->manifest.finished_us)
		good = drill_because(r, DRILL_CLOCK,
			       "the backup is from a time to come: a clock is wrong");
	return good;
}

static bool all_of_it(struct drill_run *r)
{
	struct str id = r->ask->id;
	const struct source *s;

	if ((!id.len && (!newest(r, &id) || !newest_known(r, id))) || !manifest(r, id))
		return false;
	s = source_of(r->done->manifest.kind);
	if (!s)
		return drill_because(r, DRILL_BROKE_OFF,
				     "drills of this kind of backup are not built yet");
	return s->drill(r);
}

/* It was given up: what else was found then comes of that, and is said behind it. */
static bool given_up(struct drill_run *r, struct drill_reason **reasons)
{
	struct drill_reason **at = reasons, *why;
	struct err err = { 0 };

	stall_why(r->stall, "the scratch server", &err);
	while (*at && !str_is((*at)->text, err.msg))
		at = &(*at)->next;
	if (!*at)
		(void)drill_because(r, DRILL_BROKE_OFF, "%s", err.msg);
	why = *at;
	if (!why || at == reasons)
		return false;
	if (r->end == &why->next)
		r->end = at;
	*at = why->next;
	why->next = *reasons;
	*reasons = why;
	return false;
}

/* A single reason of the first kind is a failure; else nobody knows. */
static enum recovery_result result_of(const struct drill_done *d)
{
	for (const struct drill_reason *x = d->reasons; x; x = x->next) {
		if (x->code < DRILL_NO_SERVER)
			return RECOVERY_FAILED;
	}
	return RECOVERY_UNKNOWN;
}

void drill_run(const struct drill_ask *ask, struct arena *arena, struct drill_done *ret)
{
	struct drill_reason *reasons = NULL;
	struct drill_run r = { .ask = ask, .arena = arena, .done = ret, .end = &reasons };
	int64_t began = r.began_us = clock_now_us();
	struct err err = { 0 };
	bool good, late;

	*ret = (struct drill_done){ .result = RECOVERY_UNKNOWN };
	good = stall_begin(ask->patience_s ? ask->patience_s : STALL_DRILL_S, &r.stall, &err) ||
	       drill_because(&r, DRILL_BROKE_OFF, "%s", err.msg);
	stall_until(r.stall, ask->until_s);
	good = good && all_of_it(&r);
	late = stall_late(r.stall);
	if (late || stall_over(r.stall))
		good = given_up(&r, &reasons);
	else if (good && r.lost)
		good = drill_because(&r, DRILL_BROKE_OFF, "the connection to the scratch server broke");
	stall_end(r.stall);
	r.stall = NULL;
	ret->at_us = clock_now_us();
	ret->took_us = ret->at_us - r.beside_us > began ? ret->at_us - r.beside_us - began : 0;
	if (ret->at_us < began)
		good = drill_because(&r, DRILL_CLOCK, "the clock was put back while the drill ran");
	ret->reasons = reasons;
	if (ret->manifest.id.len && !late)
		good &= objectives(&r, ret->at_us);
	ret->reasons = reasons;
	ret->result = good && !ret->n_reasons ? RECOVERY_VERIFIED : result_of(ret);
	if (ret->result == RECOVERY_UNKNOWN && !ret->n_reasons)
		ret->n_reasons = 1; /* no memory even to say why */
}
