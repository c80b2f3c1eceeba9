/* plan_relate.h -- what the changes of one plan are to each other: what stands in what dies, backups beside their source.
 * Room: read. Pure. A part of the plan reader.
 * Resources come in any order, so names are noted as hashes while reading and matched once at the end. A chance equality
 * of two 64-bit hashes could only add a casualty, never take one away.
 * Cost: linear in the resources and their attributes; 16 bytes a noted text, 32 where it may be a title.
 */
#ifndef PAWL_READ_PLAN_RELATE_H
#define PAWL_READ_PLAN_RELATE_H

#include "core/change.h"
#include "read/plan_value.h"

struct plan_ref {
	uint64_t hash;
	const struct str *address; /* of the resource that names something */
};

#define PLAN_REF_CHUNK 4096
struct plan_ref_chunk {
	struct plan_ref_chunk *next;
	size_t n;
	struct plan_ref item[PLAN_REF_CHUNK];
};

/* Something that dies. */
struct plan_dead {
	struct change *change;
	enum terraform_contains contains;
	const struct str *last; /* its last casualty, so that each is told once */
};

/* A name of it, or of what it is a backup of. */
struct plan_name {
	uint64_t hash;
	struct plan_dead *dead;
	struct plan_name *next;
};

struct plan_relate {
	struct plan_ref_chunk *first, *last;
	struct plan_name *dead, *sources;
};

/* A resource, as far as relations go. */
struct plan_relate_of {
	struct str address, type;
	const struct plan_values *before;
	const struct terraform_type *row;
};

/* Note what the resource names in its attributes. The address lives in ${arena}. */
void plan_relate_refs(struct plan_relate *r, struct arena *arena, const struct plan_relate_of *of);
/* ${change} takes it away. */
void plan_relate_dead(struct plan_relate *r, struct arena *arena, struct change *change, const struct plan_relate_of *of);
/* Work it out. */
void plan_relate_finish(struct plan_relate *r, struct arena *arena);

#endif
