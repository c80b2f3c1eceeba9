/* Ways against a vault in S3, with the agent's own credentials. What would touch the bucket and not only the canary is sent with a
 * body that S3 refuses after it has looked at rights: a refusal of another kind than AccessDenied says that the agent might.
 */
#include "base/timestamp.h"
#include "recovery/prove_s3.h"

#define RETENTION                                                                                                      \
	"<Retention "                                                                                                  \
	"xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Mode>%s</Mode><RetainUntilDate>%s</RetainUntilDate>"       \
	"</Retention>"

static bool may_not(struct str code)
{
	static const char *const codes[] = { "AccessDenied",	      "AllAccessDisabled", "InvalidAccessKeyId",
					     "SignatureDoesNotMatch", "status 403",	   "MethodNotAllowed",
					     "AccountProblem",	      "UnauthorizedAccess" };

	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		if (str_is(code, codes[i]))
			return true;
	}
	return false;
}

/* ${probe}: the body is none, so that being told this means having the right. */
static enum prove_result attempt_as(const struct prove_scene *p, bool nobody, struct s3_call *c, bool probe, struct buf *says)
{
	struct s3_answer a;
	struct err err = { 0 };
	enum prove_result r;
	char sum[S3_SUM];
	struct s3 *s;

	if (!(nobody ? s3_open_nobody : s3_open)(&p->s3->place, &s, &err)) {
		buf_addf(says, "the agent has no way in: %s", err.msg);
		return PROVE_IMPOSSIBLE;
	}
	c->once = true;
	if (c->body.len) {
		s3_sum(c->body, sum);
		c->headers[S3_HEADERS_MAX - 1] = (struct sigv4_header){ STR("x-amz-checksum-sha256"), str_from(sum) };
		c->headers[S3_HEADERS_MAX - 2] =
			(struct sigv4_header){ STR("x-amz-sdk-checksum-algorithm"), STR("SHA256") };
	}
	if (!s3_call(s, c, &a, &err)) {
		buf_adds(says, err.msg);
		s3_close(s);
		return PROVE_UNSET;
	}
	buf_add(says, a.code.len ? a.code : STR("it was taken"));
	if (a.status >= 500)
		r = PROVE_UNSET;
	else
		r = !a.code.len || (probe && !may_not(a.code)) ? PROVE_WORKED : PROVE_HELD;
	s3_close(s); /* and the answer with it */
	return r;
}

/* What the agent's credentials do not open may stand open to everybody. */
static enum prove_result attempt(const struct prove_scene *p, struct s3_call *c, bool probe, struct buf *says)
{
	auto_buf nobody = BUF_MAX(8192);
	enum prove_result r = attempt_as(p, false, c, probe, says);

	if ((r != PROVE_HELD && r != PROVE_IMPOSSIBLE) || attempt_as(p, true, c, probe, &nobody) != PROVE_WORKED)
		return r;
	buf_addf(says, "; without any credentials: %.*s", STR_ARG(buf_str(&nobody)));
	return PROVE_WORKED;
}

static struct str query(const struct prove_scene *p, const char *before, struct buf *b)
{
	buf_adds(b, before);
	buf_adds(b, "versionId=");
	sigv4_encode(str_from(p->s3->version), false, b);
	return buf_str(b);
}

enum prove_result prove_s3_delete(const struct prove_scene *p, struct buf *says)
{
	return attempt(p, &(struct s3_call){ .method = "DELETE", .key = str_from(p->s3->key) }, false, says);
}

enum prove_result prove_s3_delete_version(const struct prove_scene *p, struct buf *says)
{
	auto_buf q = BUF_MAX(4096);

	return attempt(p,
		       &(struct s3_call){ .method = "DELETE", .key = str_from(p->s3->key), .query = query(p, "", &q) },
		       false, says);
}

enum prove_result prove_s3_bypass(const struct prove_scene *p, struct buf *says)
{
	auto_buf q = BUF_MAX(4096);
	struct s3_call c = { .method = "DELETE", .key = str_from(p->s3->key), .query = query(p, "", &q) };

	c.headers[0] = (struct sigv4_header){ STR("x-amz-bypass-governance-retention"), STR("true") };
	return attempt(p, &c, false, says);
}

enum prove_result prove_s3_overwrite(const struct prove_scene *p, struct buf *says)
{
	return attempt(p, &(struct s3_call){ .method = "PUT", .key = str_from(p->s3->key), .body = STR("a lie") },
		       false, says);
}

enum prove_result prove_s3_manifest(const struct prove_scene *p, struct buf *says)
{
	return attempt(p, &(struct s3_call){ .method = "PUT", .key = str_from(p->s3->manifest), .body = STR("{}") },
		       false, says);
}

enum prove_result prove_s3_create(const struct prove_scene *p, struct buf *says)
{
	return attempt(p, &(struct s3_call){ .method = "PUT", .key = str_from(p->s3->garbage), .body = STR("garbage") },
		       false, says);
}

static enum prove_result retention(const struct prove_scene *p, const char *mode, bool bypass, struct buf *says)
{
	auto_buf q = BUF_MAX(4096);
	char body[400], until[TIMESTAMP_LEN + 1];
	struct s3_call c = { .method = "PUT", .key = str_from(p->s3->key), .query = query(p, "retention=&", &q) };
	int n;

	timestamp_text(p->s3->soon_us, until);
	n = snprintf(body, sizeof(body), RETENTION, mode, until);
	c.body = (struct str){ body, (size_t)n };
	c.headers[0] =
		(struct sigv4_header){ STR("x-amz-bypass-governance-retention"), bypass ? STR("true") : STR_NONE };
	return attempt(p, &c, false, says);
}

enum prove_result prove_s3_shorten(const struct prove_scene *p, struct buf *says)
{
	return retention(p, "COMPLIANCE", false, says);
}

enum prove_result prove_s3_governance(const struct prove_scene *p, struct buf *says)
{
	return retention(p, "GOVERNANCE", true, says);
}

/* Sent with a body that is none: never done, whoever asks. */
static enum prove_result of_bucket(const struct prove_scene *p, const char *what, const char *body, struct buf *says)
{
	return attempt(p, &(struct s3_call){ .method = "PUT", .query = str_from(what), .body = str_from(body) }, true,
		       says);
}

enum prove_result prove_s3_versioning(const struct prove_scene *p, struct buf *says)
{
	return of_bucket(
		p, "versioning=", "<VersioningConfiguration><Status>Neither</Status></VersioningConfiguration>", says);
}

enum prove_result prove_s3_lifecycle(const struct prove_scene *p, struct buf *says)
{
	return of_bucket(p, "lifecycle=", "<LifecycleConfiguration><Rule></Rule></LifecycleConfiguration>", says);
}

enum prove_result prove_s3_policy(const struct prove_scene *p, struct buf *says)
{
	return of_bucket(p, "policy=", "{", says);
}

enum prove_result prove_s3_encryption(const struct prove_scene *p, struct buf *says)
{
	return of_bucket(p, "encryption=", "<ServerSideEncryptionConfiguration></ServerSideEncryptionConfiguration>",
			 says);
}

enum prove_result prove_s3_object_lock(const struct prove_scene *p, struct buf *says)
{
	return of_bucket(p, "object-lock=", "<ObjectLockConfiguration><Rule>none</Rule></ObjectLockConfiguration>",
			 says);
}

enum prove_result prove_s3_public(const struct prove_scene *p, struct buf *says)
{
	return of_bucket(p, "publicAccessBlock=",
			 "<PublicAccessBlockConfiguration><BlockPublicAcls>neither</BlockPublicAcls>"
			 "</PublicAccessBlockConfiguration>",
			 says);
}

enum prove_result prove_s3_ownership(const struct prove_scene *p, struct buf *says)
{
	return of_bucket(p, "ownershipControls=", "<OwnershipControls><Rule></Rule></OwnershipControls>", says);
}

enum prove_result prove_s3_replication(const struct prove_scene *p, struct buf *says)
{
	return of_bucket(p, "replication=", "<ReplicationConfiguration><Rule></Rule></ReplicationConfiguration>", says);
}

/* Where the bucket has no access lists, nobody can set one. */
static enum prove_result unless_off(enum prove_result r, const struct buf *says)
{
	return r == PROVE_WORKED && str_find(buf_str(says), STR("AccessControlListNotSupported")) != SIZE_MAX ? PROVE_HELD : r;
}

#define NO_ACL "<AccessControlPolicy><AccessControlList><Grant></Grant></AccessControlList></AccessControlPolicy>"

enum prove_result prove_s3_acl(const struct prove_scene *p, struct buf *says)
{
	return unless_off(of_bucket(p, "acl=", NO_ACL, says), says);
}

/* To take a policy away is another right than to set one; there is no body to refuse, so it is asked where there is none to lose. */
enum prove_result prove_s3_policy_gone(const struct prove_scene *p, struct buf *says)
{
	if (p->s3->before[PROVE_S3_POLICY].len) {
		buf_adds(says, "the bucket has a policy, and it would be gone");
		return PROVE_IMPOSSIBLE;
	}
	return attempt(p, &(struct s3_call){ .method = "DELETE", .query = STR("policy=") }, true, says);
}

/* Of the canary's version, with a body that is none. */
static enum prove_result of_version(const struct prove_scene *p, const char *what, const char *body, struct buf *says)
{
	auto_buf q = BUF_MAX(4096);

	return attempt(p,
		       &(struct s3_call){ .method = "PUT",
					  .key = str_from(p->s3->key),
					  .query = query(p, what, &q),
					  .body = str_from(body) },
		       true, says);
}

enum prove_result prove_s3_object_acl(const struct prove_scene *p, struct buf *says)
{
	return unless_off(of_version(p, "acl=&", NO_ACL, says), says);
}

enum prove_result prove_s3_tags(const struct prove_scene *p, struct buf *says)
{
	return of_version(p, "tagging=&", "<Tagging><TagSet><Tag></Tag></TagSet></Tagging>", says);
}

enum prove_result prove_s3_hold(const struct prove_scene *p, struct buf *says)
{
	return of_version(p, "legal-hold=&", "<LegalHold><Status>Neither</Status></LegalHold>", says);
}

/* Of an upload that nobody began. */
enum prove_result prove_s3_abort(const struct prove_scene *p, struct buf *says)
{
	return attempt(p,
		       &(struct s3_call){ .method = "DELETE", .key = str_from(p->s3->key), .query = STR("uploadId=none") },
		       true, says);
}

/* The canary lies in it, so it is never empty: one without the right is refused before that is looked at. Without Object Lock, what
 * lies in it could be deleted first. */
enum prove_result prove_s3_delete_bucket(const struct prove_scene *p, struct buf *says)
{
	enum prove_result r = attempt(p, &(struct s3_call){ .method = "DELETE" }, false, says);

	return r == PROVE_HELD && str_find(buf_str(says), STR("BucketNotEmpty")) != SIZE_MAX && !p->s3->locked
		       ? PROVE_WORKED
		       : r;
}
