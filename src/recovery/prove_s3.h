/* prove_s3.h -- a canary in S3. Room: recovery, inner. */
#ifndef PAWL_RECOVERY_PROVE_S3_H
#define PAWL_RECOVERY_PROVE_S3_H

#include "recovery/prove_inner.h"
#include "recovery/s3.h"

#define PROVE_S3_LOCK_S 900 /* how long a canary is locked at most: it can only be removed after that, by a later proof */

#define PROVE_S3_LIFECYCLE 1 /* in before[] */
#define PROVE_S3_POLICY 2

struct s3_scene {
	struct vault_place place;
	struct s3 *s3; /* with the credentials of the vault's side */
	char id[64], key[1200], manifest[1200], garbage[1200], version[256];
	bool locked;  /* COMPLIANCE */
	bool refused; /* what was sent last */
	int64_t locked_until_us, soon_us;
	struct str before[9]; /* what the bucket says of itself */
};

/* All of it: plants, tries the ways, looks, takes away what may be taken away. */
bool prove_s3_begin(struct s3_scene *s, const struct prove_ask *ask, struct arena *arena, struct err *err) PAWL_MUST_USE;
/* Is it as it was? If not it is planted anew; false when that cannot be done. ${s}->refused: all that was sent, so the bucket's
 * configuration is not asked for. */
bool prove_s3_look(struct s3_scene *s, struct arena *arena, bool *ret_whole, struct buf *says, struct err *err) PAWL_MUST_USE;
/* What is looked at by the vault's side: s3-expiry, whether a rule of the bucket takes backups away; s3-owner, whether even the vault's
 * own key cannot delete what is locked. PROVE_HELD: so it is well. */
enum prove_result prove_s3_owner(struct s3_scene *s, const char *way, struct buf *says);
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
enum prove_result prove_s3_policy_gone(const struct prove_scene *p, struct buf *says);
enum prove_result prove_s3_acl(const struct prove_scene *p, struct buf *says);
enum prove_result prove_s3_public(const struct prove_scene *p, struct buf *says);
enum prove_result prove_s3_ownership(const struct prove_scene *p, struct buf *says);
enum prove_result prove_s3_replication(const struct prove_scene *p, struct buf *says);
enum prove_result prove_s3_object_acl(const struct prove_scene *p, struct buf *says);
enum prove_result prove_s3_tags(const struct prove_scene *p, struct buf *says);
enum prove_result prove_s3_hold(const struct prove_scene *p, struct buf *says);
enum prove_result prove_s3_abort(const struct prove_scene *p, struct buf *says);
enum prove_result prove_s3_delete_bucket(const struct prove_scene *p, struct buf *says);

#endif
