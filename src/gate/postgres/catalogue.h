/* catalogue.h -- what the gate knows of an upstream's schema: relations, cascades, functions, triggers, rules.
 * Room: gate/postgres. A snapshot is immutable and counted by references; a reader thread makes the next one when the schema changed.
 * Facts come from pg_catalog by the gate's own connection (aside.h); function bodies are read by read/sql.
 */
#ifndef PAWL_GATE_POSTGRES_CATALOGUE_H
#define PAWL_GATE_POSTGRES_CATALOGUE_H

#include "base/arena.h"
#include "base/err.h"
#include "core/change.h"

struct postgres_aside;
struct catalogue; /* opaque */

struct catalogue_relation {
	uint32_t oid;
	struct str schema, name;
	char kind;	       /* pg_class.relkind */
	double rows;	       /* estimate: reltuples, or n_live_tup */
	uint64_t bytes;	       /* pg_total_relation_size at the time of the snapshot */
	bool critical;	       /* in the owner's list */
	bool cascades;	       /* deleting its rows deletes others' (ON DELETE CASCADE, SET NULL), at any depth */
	bool triggers;	       /* user triggers that run code on write */
	bool rules;	       /* rewrite rules beside a view's own */
	bool expressions;      /* checks, defaults, indexes or policies of it call something */
	bool foreign;	       /* rows of it are on another server, or may be: a part of it is there, or a view shows them */
	bool hides;	       /* a view, rule or trigger of it calls what does more than read, or nobody knows */
	struct str effects;    /* one sentence on what triggers and rules do; STR_NONE: nothing */
};

enum catalogue_effect { EFFECT_UNKNOWN = 0, EFFECT_READS, EFFECT_WRITES, EFFECT_DESTROYS };

/* Reads all, in one transaction; *${ret} has one reference. ${critical}: globs. */
bool catalogue_read(struct postgres_aside *a, const struct str *critical, size_t n_critical, struct catalogue **ret,
		    struct err *err) PAWL_MUST_USE;
const struct catalogue *catalogue_ref(const struct catalogue *c);
void catalogue_unref(const struct catalogue *c); /* NULL does nothing; thread-safe */
/* Changes whenever a relation, function, trigger, rule or constraint does. */
uint64_t catalogue_version(const struct catalogue *c);
/* ${schema} STR_NONE: along ${search_path} ("a, b", STR_NONE: "$user", public). NULL: no such relation. */
const struct catalogue_relation *catalogue_find(const struct catalogue *c, struct str schema, struct str name, struct str search_path);
/* All of that name, in every schema; they stand behind one another. */
const struct catalogue_relation *catalogue_named(const struct catalogue *c, struct str name, size_t *ret_n);
/* What holds the rows of a partitioned or inherited table, at any depth; what a schema holds, largest first. At most ${max}. */
size_t catalogue_parts(const struct catalogue *c, const struct catalogue_relation *r, const struct catalogue_relation **ret, size_t max);
size_t catalogue_in_schema(const struct catalogue *c, struct str schema, const struct catalogue_relation **ret, size_t max);
/* At most ${most} tables that users made, partitions and materialized views too, and none of them foreign? */
bool catalogue_small(const struct catalogue *c, size_t most);
const struct catalogue_relation *catalogue_by_oid(const struct catalogue *c, uint32_t oid);
/* The version now, without a snapshot: some milliseconds. Another than catalogue_version: the schema changed. */
bool catalogue_version_now(struct postgres_aside *a, uint64_t *ret, struct err *err) PAWL_MUST_USE;
/* The worst of all functions, procedures and operators of that name in every schema (or in ${schema}), through what they call. */
enum catalogue_effect catalogue_function(const struct catalogue *c, struct str schema, struct str name, struct str search_path,
					 struct str *ret_why);
/* What goes with ${r} when it is dropped (${rows} false) or its rows are deleted, as casualties of ${change}; bounded at 200 with the rest
 * counted. */
void catalogue_dies_with(const struct catalogue *c, const struct catalogue_relation *r, bool rows, struct arena *arena,
			 struct change *change);

#endif
