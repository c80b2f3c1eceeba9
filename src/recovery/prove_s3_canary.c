/* The canary of a vault in S3, put, looked at and mended with the credentials of the vault's side. */
#include "base/clock.h"
#include "recovery/prove_s3.h"
#include "recovery/vault_inner.h"

/* What of the bucket must be as before, and how it is put back. */
static const char *const configs[] = { "versioning=", "lifecycle=", "policy=", "encryption=", "object-lock=",
				       "acl=", "publicAccessBlock=", "ownershipControls=", "replication=" };

static bool put(struct vault *v, struct str id, const char *file, struct str bytes, struct err *err)
{
	struct vault_put *to;
	uint64_t have;

	if (!vault_put_begin(v, STR(PROVE_TARGET), id, str_from(file), &to, &have, err))
		return false;
	if (!vault_put_bytes(to, bytes.ptr, bytes.len, err)) {
		vault_put_stop(to);
		return false;
	}
	return vault_put_end(to, err);
}

static bool name(struct s3_scene *s, struct arena *arena)
{
	struct str key = s3_key(s->s3, arena, STR(PROVE_TARGET), str_from(s->id), STR("data.zst"));
	struct str manifest = s3_key(s->s3, arena, STR(PROVE_TARGET), str_from(s->id), STR(VAULT_MANIFEST));
	struct str garbage = s3_key(s->s3, arena, STR(PROVE_TARGET), str_from(s->id), STR("garbage"));

	return (size_t)snprintf(s->key, sizeof(s->key), "%.*s", STR_ARG(key)) < sizeof(s->key) &&
	       (size_t)snprintf(s->manifest, sizeof(s->manifest), "%.*s", STR_ARG(manifest)) < sizeof(s->manifest) &&
	       (size_t)snprintf(s->garbage, sizeof(s->garbage), "%.*s", STR_ARG(garbage)) < sizeof(s->garbage) &&
	       !arena->full;
}

static bool all_versions(struct s3_scene *s, struct arena *arena, struct s3_version **ret, struct err *err)
{
	return s3_versions(s->s3, s3_key(s->s3, arena, STR(PROVE_TARGET), str_from(s->id), STR_NONE), arena, ret, err);
}

static bool plant(struct s3_scene *s, struct arena *arena, struct err *err)
{
	struct s3_version *all;
	struct vault *v;
	bool good;

	snprintf(s->id, sizeof(s->id), "canary-%llx", (unsigned long long)clock_now_us());
	if (!name(s, arena))
		return err_set(err, ERR_LIMIT, "the vault's names are too long");
	if (!vault_open(&s->place, &v, err))
		return false;
	good = put(v, str_from(s->id), "data.zst", STR("canary"), err) &&
	       put(v, str_from(s->id), VAULT_MANIFEST, STR("{}"), err) &&
	       put(v, str_from(s->id), VAULT_SIGNATURE, STR("none"), err) &&
	       vault_lock(v, STR(PROVE_TARGET), str_from(s->id), err);
	vault_close(v);
	if (!good || !all_versions(s, arena, &all, err))
		return false;
	s->version[0] = 0;
	for (; all; all = all->next) {
		if (str_is(all->key, s->key))
			snprintf(s->version, sizeof(s->version), "%.*s", STR_ARG(all->id));
	}
	s->soon_us = s3_now_us(s->s3) + 60 * CLOCK_SECOND;
	return s3_locked_until(s->s3, str_from(s->key), str_from(s->version), &s->locked_until_us, &s->locked, err);
}

static bool config(struct s3_scene *s, size_t i, struct arena *arena, struct str *ret, struct err *err)
{
	struct s3_answer a;

	if (!s3_call(s->s3, &(struct s3_call){ .method = "GET", .query = str_from(configs[i]) }, &a, err))
		return false;
	*ret = a.code.len ? STR("") : arena_str(arena, a.body);
	return ret->ptr != NULL;
}

/* Old canaries whose locks have ended. Best effort. */
static void sweep(struct s3_scene *s, struct arena *arena)
{
	struct vault_entry *e;
	struct vault *v;

	if (!vault_open(&s->place, &v, NULL))
		return;
	if (vault_list(v, STR(PROVE_TARGET), arena, &e, NULL)) {
		for (; e; e = e->next) {
			if (!vault_remove(v, e->target, e->id, NULL))
				continue;
		}
	}
	vault_close(v);
}

bool prove_s3_begin(struct s3_scene *s, const struct prove_ask *ask, struct arena *arena, struct err *err)
{
	s->place = *ask->place;
	if (s->place.lock_s > PROVE_S3_LOCK_S)
		s->place.lock_s = PROVE_S3_LOCK_S;
	if (!s3_open(&s->place, &s->s3, err))
		return false;
	/* The agent asks where the vault is, whatever its own environment says. */
	s3_where(s->s3, &s->place);
	sweep(s, arena);
	for (size_t i = 0; i < ARRAY_LEN(configs); i++) {
		if (!config(s, i, arena, &s->before[i], err))
			return false;
	}
	return plant(s, arena, err);
}

/* Put back as it was; what was not there is taken away. */
static bool mend_config(struct s3_scene *s, size_t i, struct err *err)
{
	struct s3_answer a;
	char sum[S3_SUM];
	struct s3_call c = { .method = s->before[i].len ? "PUT" : "DELETE",
			     .query = str_from(configs[i]),
			     .body = s->before[i] };

	s3_sum(c.body, sum);
	c.headers[0] = (struct sigv4_header){ STR("x-amz-checksum-sha256"), c.body.len ? str_from(sum) : STR_NONE };
	return s3_must(s->s3, &c, "put back what the agent changed of the bucket", &a, err);
}

static bool look_at_bucket(struct s3_scene *s, struct arena *arena, struct buf *says, bool *whole, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(configs); i++) {
		struct str now;

		if (!config(s, i, arena, &now, err))
			return false;
		if (str_eq(now, s->before[i]))
			continue;
		*whole = false;
		buf_addf(says, ": the bucket's %.*s was changed", (int)strcspn(configs[i], "="), configs[i]);
		if (!mend_config(s, i, err))
			return false;
	}
	return true;
}

/* What lies over the canary, or beside it, is taken away again. */
static void mend(struct s3_scene *s, const struct s3_version *all)
{
	for (; all; all = all->next) {
		bool oldest = !all->next || !str_eq(all->next->key, all->key);
		auto_buf q = BUF_MAX(4096);
		struct s3_answer a;

		if (oldest && !all->marker && !str_is(all->key, s->garbage))
			continue;
		buf_adds(&q, "versionId=");
		sigv4_encode(all->id, false, &q);
		(void)!s3_must(s->s3, &(struct s3_call){ .method = "DELETE", .key = all->key, .query = buf_str(&q) },
			       "tidy", &a, NULL);
	}
}

bool prove_s3_look(struct s3_scene *s, struct arena *arena, bool *ret_whole, struct buf *says, struct err *err)
{
	struct s3_version *all;
	bool whole = true, there = false, compliance;
	int64_t until = 0;
	size_t n = 0;

	if ((!s->refused && !look_at_bucket(s, arena, says, &whole, err)) || !all_versions(s, arena, &all, err))
		return false;
	for (const struct s3_version *v = all; v; v = v->next) {
		n++;
		there |= !v->marker && str_is(v->key, s->key) && str_is(v->id, s->version);
		whole &= !v->marker;
	}
	whole &= n == 3 && there;
	if (there && !s3_locked_until(s->s3, str_from(s->key), str_from(s->version), &until, &compliance, err))
		return false;
	if (there && (until < s->locked_until_us || compliance != s->locked)) {
		buf_adds(says, ": the lock was changed");
		whole = false;
	}
	*ret_whole = whole;
	if (whole)
		return true;
	if (n != 3 || !there)
		buf_adds(says, there ? ": something lies over the canary, or beside it" : ": the canary is gone");
	mend(s, all);
	return plant(s, arena, err);
}

/* Of one rule: is it in force, does it take objects or versions away, and may those be ours? */
static bool expires(struct str rule, struct str prefix)
{
	size_t at = str_find(rule, STR("<Prefix>"));
	struct str of = at == SIZE_MAX ? STR_NONE : str_sub(rule, at + 8, SIZE_MAX);

	of = str_sub(of, 0, str_find_char(of, '<'));
	return str_find(rule, STR("<Status>Enabled<")) != SIZE_MAX &&
	       (str_find(rule, STR("<Expiration>")) != SIZE_MAX || str_find(rule, STR("<NoncurrentVersionExpiration>")) != SIZE_MAX) &&
	       (str_starts(of, prefix) || str_starts(prefix, of));
}

static enum prove_result expiry(const struct s3_scene *s, struct buf *says)
{
	static const struct str begin = STR_INIT("<Rule>"), end = STR_INIT("</Rule>");
	struct str all = s->before[PROVE_S3_LIFECYCLE];

	for (size_t at; (at = str_find(all, begin)) != SIZE_MAX;) {
		struct str rule = str_sub(all, at, SIZE_MAX);

		rule = str_sub(rule, 0, str_find(rule, end));
		if (expires(rule, s->place.prefix)) {
			buf_adds(says, "a lifecycle rule of the bucket takes away what lies in the vault, the last verified backup too");
			return PROVE_WORKED;
		}
		all = str_sub(all, at + begin.len, SIZE_MAX);
	}
	return PROVE_HELD;
}

enum prove_result prove_s3_owner(struct s3_scene *s, const char *way, struct buf *says)
{
	auto_buf q = BUF_MAX(4096);
	struct s3_answer a;
	struct err err = { 0 };

	if (!strcmp(way, "s3-expiry"))
		return expiry(s, says);
	buf_adds(&q, "versionId=");
	sigv4_encode(str_from(s->version), false, &q);
	if (!s->locked) {
		buf_adds(says, "it is not locked (Object Lock, COMPLIANCE): whoever has the vault's key, or the "
			       "account, can delete it");
		return PROVE_WORKED;
	}
	if (!s3_call(s->s3,
		     &(struct s3_call){
			     .method = "DELETE", .key = str_from(s->key), .query = buf_str(&q), .once = true },
		     &a, &err))
		return PROVE_UNSET;
	buf_add(says, a.code);
	return a.code.len ? PROVE_HELD : PROVE_WORKED;
}

void prove_s3_end(struct s3_scene *s, struct arena *arena)
{
	if (s->s3)
		sweep(s, arena);
	s3_close(s->s3);
	s->s3 = NULL;
}
