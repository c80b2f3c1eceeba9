#include "gate/postgres/witness.h"

enum cell { CELL_WHAT, CELL_OID, CELL_SCHEMA, CELL_NAME, CELL_KIND, CELL_LASTS, CELL_ROOT, CELL_MODE, CELL_DELETED, CELL_UPDATED,
	    CELL_INSERTED, CELL_SCANS };

struct witness_lock {
	uint32_t oid;
	char kind; /* '\0': it is no longer there */
	struct str name, known;
	uint64_t rows;
	struct witness_lock *next;
};

/* What a row that a catalogue lost or that was written over says, where no statement announced it. */
#define D 1u /* a deleted row */
#define U 2u /* an updated one */
#define I 4u /* a new one */
enum catalogue_says { SAYS_CHANGED, SAYS_PERMISSIONS, SAYS_ROWS };
static const struct {
	uint32_t oid;
	struct str name;
	enum catalogue_says says;
	unsigned lost; /* what of it counts as taking something away */
} catalogues[] = {
	{ 1259, STR_INIT("pg_catalog.pg_class"), SAYS_CHANGED, D | U },
	{ 1249, STR_INIT("pg_catalog.pg_attribute"), SAYS_CHANGED, D | U },
	{ 1255, STR_INIT("pg_catalog.pg_proc"), SAYS_CHANGED, D | U },
	{ 2620, STR_INIT("pg_catalog.pg_trigger"), SAYS_CHANGED, D | U | I },
	{ 2615, STR_INIT("pg_catalog.pg_namespace"), SAYS_CHANGED, D | U },
	{ 3501, STR_INIT("pg_catalog.pg_enum"), SAYS_CHANGED, D | U },
	{ 2608, STR_INIT("pg_catalog.pg_depend"), SAYS_CHANGED, D },
	{ 1260, STR_INIT("pg_catalog.pg_authid"), SAYS_PERMISSIONS, D | U | I },
	{ 1261, STR_INIT("pg_catalog.pg_auth_members"), SAYS_PERMISSIONS, D | U | I },
	{ 2964, STR_INIT("pg_catalog.pg_db_role_setting"), SAYS_PERMISSIONS, D | U | I },
	{ 1262, STR_INIT("pg_catalog.pg_database"), SAYS_PERMISSIONS, D | U | I },
	{ 826, STR_INIT("pg_catalog.pg_default_acl"), SAYS_PERMISSIONS, D | U | I },
	{ 1214, STR_INIT("pg_catalog.pg_shdepend"), SAYS_CHANGED, D },
	{ 2995, STR_INIT("pg_catalog.pg_largeobject_metadata"), SAYS_ROWS, D | U },
	{ 2613, STR_INIT("pg_catalog.pg_largeobject"), SAYS_ROWS, D | U },
};

static void broken(struct witness_saw *w, struct str why)
{
	if (!w->broken)
		w->why = why;
	w->broken = true;
}

void witness_begin(struct witness_saw *w, const struct database_upstream *u, const struct catalogue *snapshot,
		   const struct witness_expected *e, struct arena *arena)
{
	*w = (struct witness_saw){ .arena = arena, .upstream = u, .snapshot = snapshot, .expected = e };
}

/* A copy of ${*items} with room for one more; false when the arena is full. */
static bool room_for_one(struct witness_saw *w, void **items, size_t n, size_t *cap, size_t size)
{
	size_t more = *cap ? *cap * 2 : 8;
	void *grown;

	if (n < *cap)
		return true;
	grown = arena_array(w->arena, more, size);
	if (!grown) {
		broken(w, STR("it changed more relations than can be counted"));
		return false;
	}
	if (n)
		memcpy(grown, *items, n * size);
	*items = grown;
	*cap = more;
	return true;
}

static bool is_critical(const struct witness_saw *w, struct str relation)
{
	for (size_t i = 0; w->upstream && i < w->upstream->n_critical; i++) {
		if (str_glob(w->upstream->critical[i], relation))
			return true;
	}
	return false;
}

static void count(struct witness_saw *w, struct str relation, uint32_t id, const uint64_t rows[3])
{
	void *items = w->counts;

	if (!room_for_one(w, &items, w->n_counts, &w->cap, sizeof(*w->counts)))
		return;
	w->counts = items;
	w->counts[w->n_counts++] = (struct budget_count){ relation, rows[0], rows[1], rows[2], is_critical(w, relation), id };
}

static bool announced(const struct witness_saw *w, struct str name)
{
	for (size_t i = 0; w->expected && name.len && i < w->expected->n; i++) {
		if (str_eq(w->expected->relations[i], name))
			return true;
	}
	return false;
}

static bool writes_to(const struct witness_saw *w, struct str name)
{
	for (size_t i = 0; w->expected && name.len && i < w->expected->n_written; i++) {
		if (str_eq(w->expected->written[i], name))
			return true;
	}
	return announced(w, name);
}

static void unannounced(struct witness_saw *w, struct str finding, struct str name, const struct change *like)
{
	struct change *c = change_add(&w->unannounced, w->arena);

	if (!c) {
		broken(w, STR("it did more that no statement announced than can be told"));
		return;
	}
	*c = *like;
	c->finding = finding;
	c->type = like->type.len ? like->type : STR("table");
	c->name = c->title = arena_str(w->arena, name);
}

/* --- rows --- */

/* "Odd schema"."a""b" as it is: Odd schema.a"b */
static struct str unquoted(struct witness_saw *w, struct str s)
{
	char *out = ARENA_ARRAY(w->arena, s.len + 1, char);
	bool inside = false;
	size_t n = 0;

	if (!out) {
		broken(w, STR("it changed more relations than can be counted"));
		return STR_NONE;
	}
	for (size_t i = 0; i < s.len; i++) {
		bool quote = s.ptr[i] == '"', doubled = quote && inside && i + 1 < s.len && s.ptr[i + 1] == '"';

		if (quote && !doubled) {
			inside = !inside;
			continue;
		}
		out[n++] = s.ptr[i];
		i += doubled;
	}
	return (struct str){ out, n };
}

static struct str full_name(struct witness_saw *w, const struct str *cells)
{
	struct str schema;

	if (!cells[CELL_NAME].ptr)
		return STR_NONE;
	schema = unquoted(w, cells[CELL_SCHEMA]);
	return arena_fmt(w->arena, "%.*s.%.*s", STR_ARG(schema), STR_ARG(cells[CELL_NAME]));
}

static size_t catalogue_of(uint64_t oid)
{
	size_t i = 0;

	while (i < ARRAY_LEN(catalogues) && catalogues[i].oid != oid)
		i++;
	return i;
}

static void catalogue_row(struct witness_saw *w, uint32_t oid, uint64_t rows[3])
{
	size_t i = catalogue_of(oid);
	bool lost;

	if (i < ARRAY_LEN(catalogues) && catalogues[i].says != SAYS_ROWS)
		witness_act(w, 'c', oid, rows);
	w->catalogue += rows[0] + rows[1] + rows[2];
	w->counted = true;
	if (i == ARRAY_LEN(catalogues)) {
		broken(w, STR("the witness spoke of a catalogue that it was not asked about"));
		return;
	}
	lost = (rows[0] && catalogues[i].lost & D) || (rows[1] && catalogues[i].lost & U) || (rows[2] && catalogues[i].lost & I);
	switch (catalogues[i].says) {
	case SAYS_CHANGED:
		w->writes |= lost ? 1u << i : 0;
		return;
	case SAYS_PERMISSIONS:
		w->permissions |= lost ? 1u << i : 0;
		return;
	case SAYS_ROWS:
		if (lost)
			count(w, catalogues[i].name, oid, rows);
		return;
	}
}

/* What pawl keeps is written by the gate itself, around a statement that was asked about, and by nobody else: by it things are undone. */
static void kept_written(struct witness_saw *w, const struct str *cells, uint32_t oid, const uint64_t rows[3])
{
	uint64_t left[3] = { rows[0], rows[1], rows[2] };
	struct str schema = unquoted(w, cells[CELL_SCHEMA]);
	const struct change c = {
		.kind = CHANGE_WEAKEN_PROTECTION, .reversible = REVERSIBLE_NO, .holds_data = HOLDS_DATA_YES, .type = STR("table"),
		.rows = rows[0] + rows[1] + rows[2],
		.reason = STR("what pawl keeps to undo by was changed"),
	};

	if (!str_is(schema, "pawl_trash") && !str_starts(schema, STR("pawl_trash.")))
		return;
	witness_act(w, 'k', oid, left);
	if (!(w->expected && w->expected->any) && (left[0] || left[1] || left[2]))
		unannounced(w, STR("witness.kept"), full_name(w, cells), &c);
}

/* A write's own lock. */
static void written(struct witness_saw *w, const struct str *cells, uint32_t oid, const uint64_t rows[3])
{
	uint64_t scans;
	char kind = cells[CELL_KIND].len ? cells[CELL_KIND].ptr[0] : '\0';
	bool table = kind == 'r' || kind == 'p' || kind == 'm', system = str_is(cells[CELL_SCHEMA], "pg_catalog");
	uint64_t all = rows[0] + rows[1] + rows[2];

	w->counted = w->counted || all;
	w->scanned = w->scanned || (str_to_u64(cells[CELL_SCANS], &scans) && scans);
	w->excused = w->excused || kind == 'S';
	if (str_is(cells[CELL_LASTS], "t")) {
		w->temporary = true;
		return;
	}
	if (kind == 'f' && !witness_act(w, 'f', oid, NULL) && !(w->expected && w->expected->any)) {
		struct str name = full_name(w, cells);
		const struct change c = {
			.kind = CHANGE_OPAQUE, .holds_data = HOLDS_DATA_YES, .reversible = REVERSIBLE_UNKNOWN, .type = STR("foreign table"),
			.reason = STR("rows of a foreign table may have been changed on another server, where they cannot be counted"),
		};

		if (!writes_to(w, name))
			unannounced(w, STR("witness.foreign"), name, &c);
	}
	w->blind = w->blind || (table && !all && !system);
	if (system && all)
		w->catalogue += all;
	if (all && !system)
		kept_written(w, cells, oid, rows);
	/* What was dropped since has no kind, yet its rows were there. */
	if ((table || !kind) && !system && all)
		count(w, cells[CELL_ROOT].len ? unquoted(w, cells[CELL_ROOT]) : kind ? full_name(w, cells) : STR("(dropped)"), oid, rows);
}

/* Any stronger lock: weighed at the end, when it is known whether the catalogue was written. */
static void locked(struct witness_saw *w, const struct str *cells, uint32_t oid)
{
	char kind = cells[CELL_KIND].len ? cells[CELL_KIND].ptr[0] : '\0';
	const struct catalogue_relation *r = w->snapshot ? catalogue_by_oid(w->snapshot, oid) : NULL;
	struct witness_lock *l;

	if (str_is(cells[CELL_LASTS], "t")) {
		w->temporary = true;
		return;
	}
	/* Indexes, TOAST tables, sequences and types go with something else, or hold nothing. */
	if ((kind && !strchr("rpmvf", kind)) || str_is(cells[CELL_SCHEMA], "pg_catalog"))
		return;
	if (witness_act(w, 'l', oid, NULL))
		return;
	l = ARENA_NEW(w->arena, struct witness_lock);
	if (!l) {
		broken(w, STR("it locked more relations than can be told"));
		return;
	}
	*l = (struct witness_lock){ .oid = oid, .kind = kind, .name = full_name(w, cells) };
	if (r) {
		l->known = arena_fmt(w->arena, "%.*s.%.*s", STR_ARG(r->schema), STR_ARG(r->name));
		l->rows = r->rows > 0 ? (uint64_t)r->rows : 0;
	}
	if (w->last_lock)
		w->last_lock->next = l;
	else
		w->locks = l;
	w->last_lock = l;
}

/* Rights on what lasts were given or taken: on a relation that was there before, or whose age is still to be asked. */
static void granted(struct witness_saw *w, uint32_t oid)
{
	struct witness_lock *l;

	if (witness_act(w, 'g', oid, NULL))
		return;
	if (!w->snapshot || catalogue_by_oid(w->snapshot, oid)) {
		w->grants = true;
		return;
	}
	l = ARENA_NEW(w->arena, struct witness_lock);
	if (!l) {
		broken(w, STR("it gave rights on more relations than can be told"));
		return;
	}
	*l = (struct witness_lock){ .oid = oid, .name = STR("(new)"), .next = w->granted };
	w->granted = l;
}

static void last_row(struct witness_saw *w, const struct str *cells, uint64_t scans, const uint64_t rows[3])
{
	if (w->ended)
		broken(w, STR("the witness ended twice"));
	w->ended = true;
	w->xid = rows[2] != 0;
	w->quick = str_is(cells[CELL_WHAT], "q");
	w->closer = w->closer || (w->quick && scans);
	if (!str_is(cells[CELL_NAME], "on"))
		broken(w, STR("track_counts is off: rows that were changed cannot be counted"));
}

void witness_row(struct witness_saw *w, const struct str *cells, size_t n)
{
	uint64_t rows[3], scans, oid = 0;
	struct str what = n == WITNESS_COLUMNS ? cells[CELL_WHAT] : STR_NONE;

	if (n != WITNESS_COLUMNS || !str_to_u64(cells[CELL_DELETED], &rows[0]) || !str_to_u64(cells[CELL_UPDATED], &rows[1]) ||
	    !str_to_u64(cells[CELL_INSERTED], &rows[2]) || !str_to_u64(cells[CELL_SCANS], &scans) ||
	    (!str_is(what, "e") && !str_is(what, "q") && (!str_to_u64(cells[CELL_OID], &oid) || oid > UINT32_MAX))) {
		broken(w, STR("the witness's answer cannot be read"));
		return;
	}
	if (oid && witness_counted_before(w, (uint32_t)oid, rows))
		return;
	if (str_is(what, "e") || str_is(what, "q"))
		last_row(w, cells, scans, rows);
	else if (str_is(what, "c"))
		catalogue_row(w, (uint32_t)oid, rows);
	else if (str_is(what, "g"))
		granted(w, (uint32_t)oid);
	else if (!str_is(what, "r"))
		broken(w, STR("the witness's answer cannot be read"));
	else if (str_is(cells[CELL_MODE], "RowExclusiveLock"))
		written(w, cells, (uint32_t)oid, rows);
	else if (str_is(cells[CELL_MODE], "RowShareLock"))
		w->excused = true; /* rows that were locked, not changed: their transaction has a number of its own right */
	else
		locked(w, cells, (uint32_t)oid);
}

/* --- the end --- */

static void lock_unannounced(struct witness_saw *w, const struct witness_lock *l)
{
	struct str name = l->known.len ? l->known : l->name;
	const struct change c = {
		.kind = l->kind == 'v' ? CHANGE_UPDATE : CHANGE_DELETE,
		.holds_data = l->kind == 'v' ? HOLDS_DATA_NO : HOLDS_DATA_YES,
		.reversible = REVERSIBLE_NO,
		.type = l->kind == 'v' ? STR("view") : STR("table"),
		.rows = l->rows,
		.reason = l->kind ? STR("it was emptied, rewritten or altered, and no statement of the transaction says so: a "
					"function, trigger or dynamic SQL did it")
				  : STR("it was dropped, and no statement of the transaction says so: a function, trigger or dynamic "
					"SQL did it"),
	};

	unannounced(w, STR("witness.locked"), name.len ? name : STR("(dropped)"), &c);
}

static void lock_unknown(struct witness_saw *w, const struct witness_lock *l)
{
	void *items = w->unknown;

	if (!room_for_one(w, &items, w->n_unknown, &w->cap_unknown, sizeof(*w->unknown)))
		return;
	w->unknown = items;
	w->unknown[w->n_unknown++] = (struct witness_unknown){ l->oid, l->name };
}

static void weigh_locks(struct witness_saw *w)
{
	for (const struct witness_lock *l = w->locks; l; l = l->next) {
		if (announced(w, l->name) || announced(w, l->known))
			continue;
		if (l->known.len || !w->snapshot)
			lock_unannounced(w, l);
		else
			lock_unknown(w, l);
	}
}

static void say_catalogues(struct witness_saw *w, uint32_t bits, struct str finding, const struct change *like)
{
	for (size_t i = 0; i < ARRAY_LEN(catalogues); i++) {
		if (bits & (1u << i))
			unannounced(w, finding, catalogues[i].name, like);
	}
}

/* What is left where temporary tables may have written: these none writes over, or only where rights were given as well. */
static uint32_t lasting(const struct witness_saw *w, uint32_t bits, bool grants)
{
	uint32_t never = 1u << catalogue_of(1255) | 1u << catalogue_of(2615) | 1u << catalogue_of(3501);

	if (grants)
		never |= 1u << catalogue_of(1259) | 1u << catalogue_of(1249);
	return w->temporary ? bits & never : bits;
}

/* What a function's temporary tables leave in the catalogue is no news, nor what goes with a relation told of already. */
static void say_changed(struct witness_saw *w, uint32_t bits)
{
	const struct change changed = {
		.kind = CHANGE_WEAKEN_PROTECTION, .reversible = REVERSIBLE_NO, .holds_data = HOLDS_DATA_UNKNOWN, .type = STR("catalogue"),
		.reason = STR("objects of the database were altered or dropped, or rights given, and no statement of the transaction "
			      "says so"),
	};

	if (!w->unannounced.n)
		say_catalogues(w, bits, STR("witness.catalogue"), &changed);
}

/* While a lock is unknown, what making a table changed is not told from the rest: see witness_looked_up(). */
static void weigh_catalogues(struct witness_saw *w)
{
	const struct change permissions = {
		.kind = CHANGE_PERMISSIONS, .reversible = REVERSIBLE_NO, .holds_data = HOLDS_DATA_NO, .type = STR("catalogue"),
		.reason = STR("roles, their settings or default rights were changed, and no statement of the transaction says so"),
	};

	say_catalogues(w, w->permissions, STR("witness.permissions"), &permissions);
	if (!w->n_unknown)
		say_changed(w, lasting(w, w->writes, w->grants));
	for (const struct witness_lock *l = w->temporary ? w->granted : NULL; l; l = l->next)
		lock_unknown(w, l);
}

bool witness_end(struct witness_saw *w)
{
	if (!w->ended)
		broken(w, STR("the witness did not answer"));
	/* Locks tell what was done to a catalogue, and what was done where nothing is counted. */
	else if (w->quick)
		w->closer = w->closer || w->catalogue || w->unannounced.n;
	/* It was given a transaction number for writing, holds a lock to write, and nothing was counted, not even a look. */
	else if (w->xid && w->blind && !w->counted && !w->scanned && !w->excused && !w->locks)
		broken(w, STR("it wrote, and nothing was counted: counting was off for a time"));
	if (w->expected && w->expected->any)
		return !w->broken;
	/* Without a row lost in a catalogue, all that a lock can be is LOCK TABLE. */
	if (w->writes)
		weigh_locks(w);
	if (!(w->expected && w->expected->catalogue))
		weigh_catalogues(w);
	if (w->arena->full)
		broken(w, STR("what it did is more than can be told"));
	return !w->broken;
}

void witness_lookup_row(struct witness_saw *w, const struct str *cells, size_t n)
{
	uint64_t oid;

	if (n != 5 || !str_to_u64(cells[0], &oid) || !cells[3].len) {
		broken(w, STR("what was there before cannot be read"));
		return;
	}
	if (str_is(cells[3], WITNESS_TOUCHED))
		w->touched |= 1u << catalogue_of(oid);
	/* A temporary table that was dropped leaves what one that was made does. */
	w->temporary = w->temporary || str_is(cells[4], "t");
	if (str_is(cells[4], "t") || !strchr("rpmvf", cells[3].ptr[0]))
		return;
	for (size_t i = 0; i < w->n_unknown; i++) {
		struct witness_lock l = { .oid = w->unknown[i].oid, .kind = w->unknown[i].name.len ? cells[3].ptr[0] : '\0' };

		if (l.oid != oid)
			continue;
		l.known = arena_fmt(w->arena, "%.*s.%.*s", STR_ARG(cells[1]), STR_ARG(cells[2]));
		if (!announced(w, l.known))
			lock_unannounced(w, &l);
	}
}

void witness_looked_up(struct witness_saw *w)
{
	if (w->n_unknown && !(w->expected && w->expected->catalogue))
		say_changed(w, lasting(w, w->touched, true));
	w->n_unknown = 0;
}
