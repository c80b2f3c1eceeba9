/* item.h -- one item of the keep as it lies in memory, and the folder it is being written to or read from.
 * Room: keep, private.
 * On disk: K-n/manifest.json (the head, last to appear), K-n/entries (a JSON object a line), K-n/data (small contents back to
 * back), K-n/f<n> (large or sparse contents), K-n/pack-*.pack and .idx (objects of git), K-n/dump (of a
 * database). Of what is kept in a database itself there is the head alone.
 */
#ifndef PAWL_KEEP_ITEM_H
#define PAWL_KEEP_ITEM_H

#include <sys/stat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/json.h"
#include "keep/keep.h"

#define ITEM_ENTRIES_MAX ((size_t)256 << 20) /* bytes of K-n/entries */
#define ITEM_HEAD_MAX ((size_t)4 << 20)
#define ITEM_ARENA ((size_t)1 << 30) /* address space; pages cost once touched */
#define ITEM_PATH_MAX ((size_t)4096)
#define ITEM_OBJECT_MAX 129 /* hex of an object id, NUL */

enum item_type { ITEM_ABSENT = 1, ITEM_FILE, ITEM_FOLDER, ITEM_SYMLINK, ITEM_HARD };

/* Paths of a part are relative to one of these. */
enum item_base { ITEM_WORK, ITEM_GIT, ITEM_COMMON, ITEM_BASES };

enum item_now {
	ITEM_NOW_UNSEEN = 0,
	ITEM_NOW_SAME,
	ITEM_NOW_META,	/* the same content, other mode or times */
	ITEM_NOW_GONE,	/* nothing */
	ITEM_NOW_OTHER, /* something else: kept before it is replaced */
};

struct item_pair {
	struct str key, value;
	struct item_pair *next;
};

struct item_entry {
	enum item_type type;
	enum item_base base;
	uint32_t part;
	struct str path; /* relative, normal, NUL-terminated */
	bool parent;	 /* a folder on the way: made when it is missing, else left alone; ABSENT: taken away when it is empty */
	uint32_t mode, uid, gid, nlink;
	int64_t mtime_s, atime_s;
	uint32_t mtime_ns, atime_ns;
	uint64_t size, dev, ino;
	bool own;	 /* content is in f<offset>, else in data at offset */
	uint64_t offset;
	struct digest digest; /* of content in data */
	struct str target;    /* of a symbolic link */
	uint64_t same;	      /* HARD: number of the entry it is one with */
	struct item_pair *xattrs;
	uint64_t number;
	enum item_now now; /* not written down: what stands there when it is to be put back */
	struct item_entry *next;
};

struct item_part {
	enum keep_what what;
	struct str root[ITEM_BASES]; /* absolute */
	struct str ref;
	bool ignored, spare_nested;
	struct str head;   /* text of HEAD: "ref: refs/heads/main", or an object id */
	struct str tip;	   /* object id of HEAD, or of the branch; STR_NONE: unborn */
	struct str target; /* object id of what HEAD was to be moved to; may be STR_NONE */
	struct str pack;   /* "pack-<id>"; STR_NONE: no objects were needed */
	struct item_pair *config; /* of a branch */
	struct item_part *next;
};

struct item {
	char id[24];
	int64_t at_us;
	struct str command, session, undo_of;
	struct str upstream, says; /* of what is kept in a database */
	int64_t until_us;
	uint64_t files, bytes, skipped;
	struct item_part *parts, *parts_last;
	uint32_t n_parts;
	struct item_entry *entries, *entries_last;
	uint64_t n_entries;
	struct digest entries_digest;
};

struct item_part *item_part_add(struct item *it, struct arena *a, enum keep_what what);
struct item_entry *item_entry_add(struct item *it, struct arena *a);
struct item_part *item_part_nth(const struct item *it, uint32_t n);

/* --- as text: manifest.c writes, manifest_read.c reads --- */

void item_head_json(const struct item *it, struct buf *out);
void item_entry_json(const struct item_entry *e, struct buf *out); /* one line, newline behind it */
/* Total over any bytes: true gives an item whose paths are relative and normal and whose numbers are in range. */
bool item_head_parse(struct str text, struct arena *a, struct item *ret, struct err *err) PAWL_MUST_USE;
bool item_entries_parse(struct str text, struct arena *a, struct item *io, struct err *err) PAWL_MUST_USE;

/* Any bytes as printable ASCII without blanks, '%', '"' and '\\': those as %XX. For names in manifests and messages. */
void item_name(struct str bytes, struct buf *out);
struct str item_name_str(struct str bytes, struct arena *a);
bool item_name_parse(struct str text, struct arena *a, struct str *ret) PAWL_MUST_USE;
/* "K-12" → 12; 0 when it is no id. */
uint64_t item_number(struct str id);

#endif
