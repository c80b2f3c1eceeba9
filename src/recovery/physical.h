/* physical.h -- a whole PostgreSQL cluster as its files, and the WAL that makes one moment of them.
 * Room: recovery, inner.
 * The stream of such a backup is pg_basebackup's tar, then a second tar of ours: the WAL from there to a position that the owner's
 * questions are of, and last PHYSICAL_END, which says that position. Without it the backup is half of one.
 */
#ifndef PAWL_RECOVERY_PHYSICAL_H
#define PAWL_RECOVERY_PHYSICAL_H

#include <libpq-fe.h>

#include "base/arena.h"
#include "recovery/physical_list.h"
#include "recovery/scratch_inner.h"
#include "recovery/stall.h"
#include "recovery/tar.h"

#define PHYSICAL_END "pawl.end"
#define PHYSICAL_END_MAX 65536
/* How both sides ask: so that one value is one text. */
#define PHYSICAL_OPTIONS                                                                                                   \
	"-c DateStyle=ISO -c IntervalStyle=postgres -c extra_float_digits=3 -c TimeZone=UTC -c bytea_output=hex -c xmloption=content " \
	"-c synchronize_seqscans=off"
/* How many transactions are seen at the position that the questions did not see; ${snapshot}: theirs. */
#define PHYSICAL_UNSEEN                                                                                                    \
	"SELECT count(*) FROM (SELECT x::text FROM pg_catalog.pg_snapshot_xip('%.*s'::pg_catalog.pg_snapshot) x UNION ALL "  \
	"SELECT g::text FROM pg_catalog.generate_series(pg_catalog.pg_snapshot_xmax('%.*s'::pg_catalog.pg_snapshot)"         \
	"::text::numeric, pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::numeric - 1) g) y (x) "       \
	"WHERE pg_catalog.pg_xact_status(x::xid8) = 'committed'"
#define PHYSICAL_TABLES                                                                                                    \
	"SELECT pg_catalog.format('%I.%I', nspname, relname), pg_catalog.pg_relation_size(c.oid) FROM pg_catalog.pg_class c " \
	"JOIN pg_catalog.pg_namespace n "                                                                                    \
	"ON n.oid = relnamespace WHERE relkind = 'r' AND relpersistence = 'p' AND nspname !~ '^pg_' AND "                    \
	"nspname <> 'information_schema' ORDER BY 1"

/* --- a position in the WAL --- */

/* "0/3000148" */
bool physical_lsn(struct str s, uint64_t *ret) PAWL_MUST_USE;
/* Timeline, and the segment's number, of a name of 24 hexadecimal digits. */
bool physical_segment(struct str name, uint64_t size, uint32_t *ret_timeline, uint64_t *ret_number) PAWL_MUST_USE;
#define PHYSICAL_SEGMENT_LEN 24
void physical_segment_name(uint32_t timeline, uint64_t number, uint64_t size, char ret[PHYSICAL_SEGMENT_LEN + 1]);

/* --- PHYSICAL_END --- */

struct physical_end {
	struct str position; /* the LSN that recovery goes to */
	struct str snapshot; /* of the questions */
	struct str database, role; /* that was asked; the cluster's first superuser */
	struct str system; /* its identifier */
};
struct str physical_end_text(const struct physical_end *e, struct arena *arena);
bool physical_end_read(struct str text, struct physical_end *ret, struct err *err) PAWL_MUST_USE;

/* --- connections --- */

struct physical_server {
	struct str connect, password; /* libpq's words, without one; STR_NONE: none */
	struct arena *arena;
	int version; /* as PQserverVersion(); 0: not known yet */
};
/* To ask, or to replicate: then ended by no limit of its role's for being idle, where the version is known. NULL with ${err}. */
PGconn *physical_connect(const struct physical_server *s, bool replication, struct err *err);

/* --- WAL as it streams --- */

#define PHYSICAL_APPLICATION "pawl backup" /* as servers see us */

/* A message of the stream. */
enum physical_says {
	PHYSICAL_OTHER = 0, /* nothing to answer */
	PHYSICAL_WAL,
	PHYSICAL_ASKS, /* whether we are there: physical_reply() */
};
struct physical_message {
	enum physical_says says;
	uint64_t at; /* PHYSICAL_WAL: the position of the first of ${bytes} */
	struct str bytes;
};
struct physical_message physical_message(const char *p, size_t n);
/* What we have, and what of it is safe: the slot lets go of that. ${ask}: the server is to answer at once. */
bool physical_reply(PGconn *c, uint64_t have, uint64_t safe, bool ask, struct err *err) PAWL_MUST_USE;
/* False, with what the server said last. */
bool physical_gone(PGconn *c, struct err *err);

struct physical_wal {
	PGconn *c; /* of replication */
	uint32_t timeline;
	uint64_t segment;     /* size of one */
	struct stall *stall;
	/* Each file whole, one behind the other: its name first, then all of its bytes. */
	bool (*file)(void *ctx, const char *name, uint64_t bytes, struct err *err);
	bool (*bytes)(void *ctx, const void *p, size_t n, struct err *err);
	void *ctx;
};
/* From the beginning of segment ${number} until behind ${until}; what the last one has not yet are zeros. */
bool physical_wal_receive(struct physical_wal *w, uint64_t number, uint64_t until, struct err *err) PAWL_MUST_USE;

/* --- unpacking --- */

struct physical_unpack {
	struct tar tar;
	char folder[PATH_LEN]; /* of the data, made by the caller */
	bool owned;	       /* files are given to uid, gid */
	uid_t uid;
	gid_t gid;
	int fd;
	struct physical_list *list; /* what goes by is noted in it; NULL: nobody asks. The caller's */
	char end[PHYSICAL_END_MAX];
	size_t end_len;
	bool at_end, ended;
};
void physical_unpack_begin(struct physical_unpack *u);
bool physical_unpack_add(struct physical_unpack *u, const void *p, size_t n, struct err *err) PAWL_MUST_USE;
/* False, with ERR_INPUT, when it is half of one. */
bool physical_unpack_end(struct physical_unpack *u, struct physical_end *ret, struct err *err) PAWL_MUST_USE;
void physical_unpack_stop(struct physical_unpack *u);

/* --- running --- */

/* The programs of exactly ${major}; false where they are not there. */
bool physical_programs(unsigned major, char ret[TOOLS_PATH]);
/* A file of the data folder put in place of what is there. */
bool physical_put(const struct physical_unpack *u, const char *name, struct str text, struct err *err) PAWL_MUST_USE;
/* What the data folder says of where the server reaches, is gone; it goes to where ${target} says (lines of configuration), and is a server
 * of its own from there. */
bool physical_quiet(const struct physical_unpack *u, const char *socket, struct str target, struct err *err) PAWL_MUST_USE;
/* The server of ${s}->folder/data, until it takes connections: for as long as it lives and ${stall}, which may be NULL, is not over. */
bool physical_start(struct scratch *s, struct stall *stall, struct err *err) PAWL_MUST_USE;
/* It ends as servers are ended, with nothing left to recover; waited for likewise. */
bool physical_stop(struct scratch *s, struct stall *stall, struct err *err) PAWL_MUST_USE;
/* Where its recovery ended, as its newest timeline says. */
bool physical_ended(const struct physical_unpack *u, uint32_t *ret_timeline, uint64_t *ret_end, struct err *err) PAWL_MUST_USE;

#endif
