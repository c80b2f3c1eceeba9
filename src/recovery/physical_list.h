/* physical_list.h -- the files of a cluster as they go by, against the list that its server made while it sent them (backup_manifest).
 * Room: recovery, inner. Pure but for its own memory: bytes in, verdict out; it grows with the number of files alone.
 * What pg_verifybackup says of files that lie there, without reading them again: sizes and CRC-32C, what is missing, what is more. Source
 * of the form and of what is left out: https://www.postgresql.org/docs/15/backup-manifest-format.html, pg_verifybackup(1).
 */
#ifndef PAWL_RECOVERY_PHYSICAL_LIST_H
#define PAWL_RECOVERY_PHYSICAL_LIST_H

#include "base/err.h"
#include "base/str.h"

#define PHYSICAL_LIST_NAME "backup_manifest"
#define PHYSICAL_LIST_MAX ((size_t)64 << 20) /* bytes of it: some 300,000 files */

struct physical_list; /* opaque */

/* NULL when out of memory; whatever is begun is freed. NULL does nothing there. */
struct physical_list *physical_list_new(void) PAWL_MUST_USE;
void physical_list_free(struct physical_list *l);

/* A file begins, its next bytes. Without memory what is compared is PHYSICAL_LIST_UNKNOWN. */
void physical_list_file(struct physical_list *l, struct str name);
void physical_list_bytes(struct physical_list *l, const void *p, size_t n);

enum physical_listed {
	PHYSICAL_LIST_SAME = 1,
	PHYSICAL_LIST_OTHER,   /* with ${err}: which file, and how it differs; or the list is none */
	PHYSICAL_LIST_UNKNOWN, /* it is of other sums than CRC-32C, or longer than fits: ask pg_verifybackup */
};
/* All of them went by. ${list}: the file's text. */
enum physical_listed physical_list_compare(struct physical_list *l, struct str list, struct err *err) PAWL_MUST_USE;

#endif
