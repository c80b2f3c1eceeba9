/* prove_s3.h -- a canary in S3. Room: recovery, inner. */
#ifndef PAWL_RECOVERY_PROVE_S3_H
#define PAWL_RECOVERY_PROVE_S3_H

#include "recovery/prove_inner.h"
#include "recovery/s3.h"

#define PROVE_S3_LOCK_S 900 /* how long a canary is locked at most: it can only be removed after that, by a later proof */

struct s3_scene {
	struct vault_place place;
	struct s3 *s3; /* with the credentials of the vault's side */
	char id[64], key[1200], manifest[1200], garbage[1200], version[256];
	bool locked; /* COMPLIANCE */
	int64_t locked_until_us, soon_us;
	struct str before[5]; /* what the bucket says of itself */
};

/* All of it: plants, tries the ways, looks, takes away what may be taken away. */
bool prove_s3_begin(struct s3_scene *s, const struct prove_ask *ask, struct arena *arena, struct err *err) PAWL_MUST_USE;
/* Is it as it was? If not it is planted anew; false when that cannot be done. */
bool prove_s3_look(struct s3_scene *s, struct arena *arena, bool *ret_whole, struct buf *says, struct err *err) PAWL_MUST_USE;
/* Can even the vault's own key not delete what is locked? PROVE_HELD: it cannot. */
enum prove_result prove_s3_owner(struct s3_scene *s, struct buf *says);
void prove_s3_end(struct s3_scene *s, struct arena *arena);

enum prove_result prove_s3_delete(const struct prove_scene *p, struct buf *says);
enum prove_result prove_s3_delete_version(const struct prove_scene *p, struct buf *says);
enum prove_result prove_s3_bypass(const struct prove_scene *p, struct buf *says);
enum prove_result prove_s3_overwrite(const struct prove_scene *p, struct buf *says);
enum prove_result prove_s3_manifest(const struct prove_scene *p, struct buf *says);
enum prove_result prove_s3_create(const struct prove_scene *p, struct buf *says);
enum prove_result prove_s3_shorten(const struct prove_scene *p, struct buf *says);
enum prove_result prove_s3_governance(const struct prove_scene *p, struct buf *says);
enum prove_result prove_s3_versioning(const struct prove_scene *p, struct buf *says);
enum prove_result prove_s3_lifecycle(const struct prove_scene *p, struct buf *says);
enum prove_result prove_s3_policy(const struct prove_scene *p, struct buf *says);
enum prove_result prove_s3_encryption(const struct prove_scene *p, struct buf *says);
enum prove_result prove_s3_object_lock(const struct prove_scene *p, struct buf *says);
enum prove_result prove_s3_delete_bucket(const struct prove_scene *p, struct buf *says);

#endif
