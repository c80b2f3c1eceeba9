#include "recovery/point.h"

#include "base/timestamp.h"
#include "recovery/record.h"

#define SKEW_US (INT64_C(300) * 1000000) /* clocks of two machines */

static const struct str results[] = {
	[RECOVERY_UNKNOWN] = STR_INIT("could not verify"),
	[RECOVERY_VERIFIED] = STR_INIT("verified"),
	[RECOVERY_FAILED] = STR_INIT("failed"),
};
static const struct str versions[] = { [0] = STR_INIT("pawl-point-1") };
static const struct str versions_wal[] = { [0] = STR_INIT("pawl-point-2") };

struct envelope {
	unsigned format;
	struct point point;
};

static const struct record_member word_members[] = { RECORD(struct manifest_word, text,
							    RECORD_TEXT) };
static const struct record_kind word_kind = RECORD_KIND_LISTED(struct manifest_word, word_members);

static const struct record_member table_members[] = {
	RECORD(struct point_table, name, RECORD_TEXT),
	RECORD(struct point_table, rows, RECORD_COUNT),
};
static const struct record_kind table_kind = RECORD_KIND_LISTED(struct point_table, table_members);

static const struct record_member drill_members[] = {
	RECORD(struct point_drill, backup, RECORD_TEXT),
	RECORD_WORDS(struct point_drill, result, results),
	RECORD(struct point_drill, taken_us, RECORD_TIME),
	RECORD(struct point_drill, at_us, RECORD_TIME),
	RECORD(struct point_drill, took_us, RECORD_TIME),
	RECORD(struct point_drill, reasons, RECORD_TEXT),
};
static const struct record_kind drill_kind = RECORD_KIND(struct point_drill, drill_members);

static const struct record_member proof_members[] = {
	RECORD(struct point_proof, at_us, RECORD_TIME),
	RECORD(struct point_proof, tried, RECORD_SMALL),
	RECORD(struct point_proof, worked, RECORD_SMALL),
	RECORD(struct point_proof, impossible, RECORD_SMALL),
	RECORD(struct point_proof, same_uid, RECORD_FLAG),
	RECORD(struct point_proof, worked_names, RECORD_TEXT),
};
static const struct record_kind proof_kind = RECORD_KIND(struct point_proof, proof_members);

static const struct record_member wal_members[] = {
	RECORD(struct point_wal, said_us, RECORD_TIME),	  RECORD(struct point_wal, from_us, RECORD_TIME),
	RECORD(struct point_wal, to_us, RECORD_TIME),	  RECORD(struct point_wal, base, RECORD_TEXT),
	RECORD(struct point_wal, from, RECORD_TEXT),	  RECORD(struct point_wal, to, RECORD_TEXT),
	RECORD(struct point_wal, gap, RECORD_TEXT),	  RECORD(struct point_wal, held, RECORD_COUNT),
	RECORD(struct point_wal, limit, RECORD_TEXT),	  RECORD(struct point_wal, every_s, RECORD_TIME),
	RECORD(struct point_wal, proven_us, RECORD_TIME), RECORD(struct point_wal, proven_to_us, RECORD_TIME),
};
static const struct record_kind wal_kind = RECORD_KIND(struct point_wal, wal_members);

static const struct record_member members[] = {
	RECORD(struct point, serial, RECORD_COUNT),
	RECORD(struct point, target, RECORD_TEXT),
	RECORD_WORDS(struct point, kind, backup_kinds),
	RECORD_OF(struct point, resources, RECORD_LIST, &word_kind),
	RECORD(struct point, host, RECORD_TEXT),
	RECORD(struct point, account, RECORD_TEXT),
	RECORD(struct point, vault, RECORD_TEXT),
	RECORD(struct point, vault_account, RECORD_TEXT),
	RECORD(struct point, same_place, RECORD_FLAG),
	RECORD(struct point, backup, RECORD_TEXT),
	RECORD(struct point, taken_us, RECORD_TIME),
	RECORD_OF(struct point, tables, RECORD_LIST, &table_kind),
	RECORD_OF(struct point, drill, RECORD_STRUCT, &drill_kind),
	RECORD_OF(struct point, verified, RECORD_STRUCT, &drill_kind),
	RECORD_OF(struct point, proof, RECORD_STRUCT, &proof_kind),
	RECORD(struct point, rpo_s, RECORD_TIME),
	RECORD(struct point, rto_s, RECORD_TIME),
	RECORD(struct point, said_us, RECORD_TIME),
	RECORD_OF(struct point, wal, RECORD_STRUCT, &wal_kind),
};
/* Without an archive of WAL nothing is said of one, as before there were any. */
static const struct record_kind point_kind = { .members = members, .n = ARRAY_LEN(members) - 1, .size = sizeof(struct point) };
static const struct record_kind point_wal_kind = RECORD_KIND(struct point, members);

static const struct record_member envelope_members[] = {
	RECORD_WORDS(struct envelope, format, versions),
	RECORD_OF(struct envelope, point, RECORD_STRUCT, &point_kind),
};
static const struct record_kind envelope_kind = RECORD_KIND(struct envelope, envelope_members);
static const struct record_member envelope_wal_members[] = {
	RECORD_WORDS(struct envelope, format, versions_wal),
	RECORD_OF(struct envelope, point, RECORD_STRUCT, &point_wal_kind),
};
static const struct record_kind envelope_wal_kind = RECORD_KIND(struct envelope, envelope_wal_members);

bool point_write(const struct point *p, struct arena *arena, struct str *ret_json, struct err *err)
{
	struct envelope e = { .point = *p };
	struct str s = record_write(p->wal.said_us ? &envelope_wal_kind : &envelope_kind, &e, arena, err);

	if (!s.ptr)
		return false;
	*ret_json = s;
	return s.len <= POINT_MAX ||
	       err_set(err, ERR_LIMIT, "what is known of %.*s is too much for a statement",
		       STR_ARG(p->target));
}

bool point_read(struct str file, struct str json, struct arena *arena, struct point *ret,
		struct err *err)
{
	struct envelope e = { .format = 0 };
	bool wal = str_find(str_sub(json, 0, 64), STR("\"pawl-point-2\"")) != SIZE_MAX;

	if (json.len > POINT_MAX)
		return err_set(err, ERR_LIMIT, "%.*s: larger than a statement may be",
			       STR_ARG(file));
	if (!record_read(wal ? &envelope_wal_kind : &envelope_kind, file, json, arena, &e, err))
		return false;
	*ret = e.point;
	return true;
}

struct str point_lost_text(struct str backup, struct str vault, struct arena *arena)
{
	return arena_fmt(arena, "backup %.*s is no longer whole in vault %.*s", STR_ARG(backup), STR_ARG(vault));
}

void point_lose(struct point *p, int64_t at_us, struct arena *arena)
{
	p->drill = (struct point_drill){ .backup = p->verified.backup,
					 .taken_us = p->verified.taken_us,
					 .result = RECOVERY_FAILED,
					 .at_us = at_us,
					 .reasons = point_lost_text(p->verified.backup, p->vault, arena) };
}

bool point_is_lost(const struct point *p, struct arena *arena)
{
	return p->drill.result == RECOVERY_FAILED && p->drill.backup.len && str_eq(p->drill.backup, p->verified.backup) &&
	       str_eq(p->drill.reasons, point_lost_text(p->drill.backup, p->vault, arena));
}

/* --- a drill --- */

/* What was verified, and failed since. */
static bool is_disproved(const struct point *p)
{
	return p->drill.result == RECOVERY_FAILED && str_eq(p->drill.backup, p->verified.backup);
}

static bool replaces(const struct point *p, const struct point_drill *d, bool newest)
{
	bool same = str_eq(p->drill.backup, d->backup), failed = p->drill.result == RECOVERY_FAILED;

	if (d->result == RECOVERY_UNKNOWN && failed && (same || !newest))
		return false;
	return newest || same || (d->result == RECOVERY_FAILED && !failed);
}

bool point_drilled(struct point *p, const struct point_drill *d, bool newest)
{
	bool disproved = is_disproved(p) || (d->result == RECOVERY_FAILED && str_eq(d->backup, p->verified.backup));
	bool anew = d->result == RECOVERY_VERIFIED &&
		    (newest || disproved || !p->verified.at_us || d->taken_us >= p->verified.taken_us);

	if (replaces(p, d, newest))
		p->drill = *d;
	if (anew) {
		p->verified = *d;
	} else if (disproved && !is_disproved(p)) {
		/* Without a drill that speaks against it, it would count again. */
		p->verified = (struct point_drill){ .at_us = 0 };
		p->tables = NULL;
	}
	return anew;
}

/* --- as evidence --- */

static void put_count(struct buf *b, uint64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);

	for (int i = 0; i < len; i++) {
		buf_addc(b, digits[i]);
		if (i + 1 < len && (len - i - 1) % 3 == 0)
			buf_addc(b, ',');
	}
}

static const struct point_table *largest(const struct point *p)
{
	const struct point_table *most = p->tables;

	for (const struct point_table *t = most; t; t = t->next)
		most = t->rows > most->rows ? t : most;
	return most;
}

/* The card's sentence beside the ages: rows, proof, and what speaks against it. */
static void put_note(struct buf *b, const struct point *p, struct arena *arena)
{
	struct str why = str_sub(p->drill.reasons, 0, str_find_char(p->drill.reasons, '\n'));
	const struct point_table *t = largest(p);
	char from[TIMESTAMP_LEN + 1], to[TIMESTAMP_LEN + 1];

	if (t) {
		put_count(b, t->rows);
		buf_addf(b, " rows in %.*s; ", STR_ARG(t->name));
	}
	if (!p->proof.at_us)
		buf_adds(b, "nobody tried yet to delete it");
	else
		buf_addf(b, "%u of %u ways to delete it worked", p->proof.worked, p->proof.tried);
	if (p->proof.same_uid)
		buf_adds(b, "; the agent runs as the vault's own user: NO BOUNDARY");
	if (p->wal.to_us) {
		timestamp_text(p->wal.from_us, from);
		timestamp_text(p->wal.to_us, to);
		buf_addf(b, "; any moment from %s to %s%s", from, to,
			 p->wal.proven_us ? "" : ", which no drill tried yet");
	}
	if (point_is_lost(p, arena))
		buf_addf(b, "; %.*s", STR_ARG(p->drill.reasons));
	else if (p->drill.at_us > p->verified.at_us)
		buf_addf(b, "; the last drill %.*s%s%.*s", STR_ARG(results[p->drill.result]), why.len ? ": " : "", STR_ARG(why));
	else if (p->drill.result == RECOVERY_FAILED)
		buf_addf(b, "; the drill of a newer one failed%s%.*s", why.len ? ": " : "", STR_ARG(why));
}

/* What was verified once and failed since is no good; what could only not be looked at since has its age to speak for it, and so has an
 * older one that was verified after the newest failed. */
static enum recovery_result result(const struct point *p)
{
	if (!p->drill.at_us)
		return RECOVERY_UNKNOWN;
	if (p->drill.result == RECOVERY_FAILED && (is_disproved(p) || p->drill.at_us >= p->verified.at_us))
		return RECOVERY_FAILED;
	return p->verified.at_us && p->verified.result == RECOVERY_VERIFIED ? RECOVERY_VERIFIED
									    : RECOVERY_UNKNOWN;
}

/* Why whoever can destroy the one can destroy the other; STR_NONE: not as far as the statement says. */
static struct str same_radius(const struct point *p, struct arena *arena)
{
	if (p->account.len && str_eq(p->account, p->vault_account))
		return arena_fmt(arena, "the same account, %.*s, holds the data and its backups", STR_ARG(p->account));
	if (!p->same_place)
		return STR_NONE;
	switch (p->kind) {
	case BACKUP_RDS:
		if (!p->vault_account.len)
			return STR("nobody knows in whose account its snapshot lies");
		return arena_fmt(arena, "its snapshot lies in account %.*s, as the database", STR_ARG(p->vault_account));
	case BACKUP_PGBACKREST:
		return STR("nobody said of pgBackRest's repository that the database's machine cannot take it away (`apart: true`)");
	case BACKUP_POSTGRES:
	case BACKUP_POSTGRES_PHYSICAL:
	case BACKUP_WAL:
	case BACKUP_MYSQL:
	case BACKUP_SQLITE:
	case BACKUP_STATE:
	case BACKUP_COMMAND:
		break;
	}
	return arena_fmt(arena, "its vault, %.*s, is a folder on the machine of the data, and has no user of its own", STR_ARG(p->vault));
}

/* Of RDS and pgBackRest docs/backup.md says more than a line holds. */
static struct str radius_helps(const struct point *p)
{
	if (p->account.len && str_eq(p->account, p->vault_account))
		return STR("a vault in another account");
	if (!p->same_place || p->kind == BACKUP_RDS || p->kind == BACKUP_PGBACKREST)
		return STR_NONE;
	return STR("a vault with a user of its own (`sudo pawl vault init` makes one, and says what is next), or one on another machine");
}

bool point_evidence(const struct point *p, int64_t now_us, struct arena *arena,
		    struct recovery_point **list)
{
	auto_buf note = BUF_MAX(1 << 16);
	bool to_come = p->said_us > now_us + SKEW_US || p->drill.at_us > p->said_us ||
		       p->verified.at_us > p->said_us || p->proof.at_us > p->said_us;
	struct recovery_point made = { .result = to_come ? RECOVERY_UNKNOWN : result(p) };
	struct recovery_point *one;

	made.taken_us = p->verified.at_us ? p->verified.taken_us : p->taken_us;
	made.verified_us = made.result != RECOVERY_UNKNOWN ? p->verified.at_us : 0;
	made.proven_us = p->proof.worked || p->proof.same_uid || !p->proof.tried || to_come
				 ? 0
				 : p->proof.at_us;
	made.radius_why = same_radius(p, arena);
	made.radius_helps = radius_helps(p);
	made.same_blast_radius = p->same_place || (p->account.len && str_eq(p->account, p->vault_account));
	if (to_come)
		buf_adds(
			&note,
			"it speaks of a time to come: a clock is wrong, so nothing of it counts; ");
	put_note(&note, p, arena);
	made.note = arena_str(arena, buf_str(&note));
	for (const struct manifest_word *w = p->resources; w; w = w->next) {
		one = arena_alloc(arena, sizeof(*one));
		if (!one || !made.note.ptr)
			return false;
		*one = made;
		one->resource = w->text;
		one->next = *list;
		*list = one;
	}
	return true;
}
