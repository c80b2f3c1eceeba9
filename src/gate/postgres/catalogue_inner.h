/* catalogue_inner.h -- a snapshot's insides, for the files that make and use it.
 * Room: gate/postgres. Everything lives in the snapshot's own arena.
 */
#ifndef PAWL_GATE_POSTGRES_CATALOGUE_INNER_H
#define PAWL_GATE_POSTGRES_CATALOGUE_INNER_H

#include <stdatomic.h>

#include "facts/sql_findings.h"
#include "gate/postgres/catalogue.h"

#define CATALOGUE_ARENA ((size_t)2 << 30) /* address space; touched as needed */
#define CATALOGUE_ACTS 8		  /* of one routine that are told; more are as the worst of them */
#define CATALOGUE_CALLS 1000		  /* routines that a body names; more make it unknown */
#define CATALOGUE_BODY_MAX ((size_t)256 << 10)

/* When views, triggers, rules and what stands in definitions run. */
enum catalogue_event { EVENT_READ = 0, EVENT_INSERT, EVENT_UPDATE, EVENT_DELETE, EVENT_TRUNCATE, EVENT_ANALYZE, CATALOGUE_EVENTS };

/* A function, procedure or operator: an operator's name is that of its symbol. */
struct routine {
	uint32_t oid;
	struct str schema, name;
	bool is_operator;
	bool fluent; /* of one row: "t.name" calls it as a column would be named */
	char kind, is_volatile; /* prokind, provolatile */
	struct str language, source;
	bool extension;
	enum catalogue_effect effect;
	struct change *acts; /* what its body does, through what it calls */
	size_t n_acts;
	struct str *calls; /* names as its body has them */
	size_t n_calls, cap_calls;
};

/* From one relation to another: rows of ${from} that are deleted take rows of ${to} along, or ${to} stands on it. */
struct edge {
	const struct catalogue_relation *from, *to;
	char how; /* confdeltype of a foreign key: a, r, c, n, d; or one of EDGE_* */
	struct str name;
};
#define EDGE_CHILD 'P' /* partition or inheriting table */
#define EDGE_VIEW 'V'
#define EDGE_OWNS 'S'  /* a sequence of its columns */
#define EDGE_UPDATES 'U' /* a foreign key: a row whose key changes changes those of ${to} */

/* A name that looks harmless where it is read, and is not: a view that calls something, a function named as one that only computes. */
struct hider {
	struct str name;
	bool relation;
	const struct routine *runs;
};

struct catalogue {
	atomic_uint references;
	struct arena arena;
	uint64_t version;
	struct catalogue_relation *relations; /* by name, then schema */
	size_t n_relations, n_tables, n_foreign;
	const struct catalogue_relation **by_oid;
	struct edge *edges; /* by `from` */
	size_t n_edges;
	struct routine *routines; /* by name */
	size_t n_routines;
	struct hider *hiders; /* by name */
	size_t n_hiders, cap_hiders;
	struct str event_triggers; /* one sentence on what DDL runs; STR_NONE: nothing */
};

/* catalogue_body.c: what the body of a routine does, then what it does through others. */
void catalogue_body(struct catalogue *c, struct routine *r, struct arena *scratch);
/* Once for each name. */
void catalogue_call(struct catalogue *c, struct routine *r, struct str name);
void catalogue_settle(struct catalogue *c);
enum catalogue_effect catalogue_effect_of(const struct change *acts, size_t n);
/* Is it text that nobody has read, whoever wrote it: not one that begins as a statement on rows does, with names or values put into it? */
bool catalogue_opaque(const struct change *c);
/* Is it more than what the witness tells of before it is committed, or done where it does not look: programs, files, other servers, other
 * sessions? Rows are told of; what code in other languages does is left to the witness. */
bool catalogue_matters(const struct change *c);
/* One clause: "deletes every row of submissions". */
struct str catalogue_says(const struct change *acts, size_t n, struct arena *arena);

/* catalogue_hide.c */
void catalogue_hide(struct catalogue *c);

#define CATALOGUE_OWN "\001" /* no name in a database begins so */
#define CATALOGUE_TYPE CATALOGUE_OWN "t:" /* before the name of a type: the routine that stands for what casting to it runs */
#define CATALOGUE_EXPRESSIONS CATALOGUE_OWN "e:" /* before events and a relation: what its definition works out then */
/* Does anything run where its rows are written, or may they be others'? */
bool catalogue_acts(const struct catalogue_relation *r);
/* What a change does to rows; NULL: nothing. */
struct row_event {
	enum sql_meaning means;
	enum catalogue_event event, also; /* EVENT_READ: no other */
};
const struct row_event *catalogue_row_event(const struct change *c);
/* The name of the routine that stands for what an event on a relation runs. */
struct str catalogue_behind(char *buf, size_t size, uint32_t oid, enum catalogue_event event);

/* catalogue.c */
const struct edge *catalogue_edges(const struct catalogue *c, const struct catalogue_relation *from, size_t *ret_n);
const struct routine *catalogue_routines(const struct catalogue *c, struct str name, size_t *ret_n);
/* NULL: that name hides nothing. */
const struct hider *catalogue_hider(const struct catalogue *c, struct str name);
const struct routine *catalogue_worst(const struct catalogue *c, struct str schema, struct str name);

/* "schema.name"; ${ret_schema} STR_NONE: none is named. */
void catalogue_split(struct str name, struct str *ret_schema, struct str *ret_last);

#endif
