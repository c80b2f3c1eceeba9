/* backup.yaml, `vaults`: one row a key; where one lies says which kind it is. */
#include "recovery/config_inner.h"

struct reading {
	struct config_vault *v;
	unsigned kinds;
};

static bool take_name(struct policy_file *f, const struct doc *v, void *target)
{
	return config_name(f, v, &((struct reading *)target)->v->place.name);
}

static void is_kind(struct reading *r, enum vault_kind kind)
{
	r->v->place.kind = kind;
	r->kinds++;
}

static bool take_directory(struct policy_file *f, const struct doc *v, void *target)
{
	struct reading *r = target;

	is_kind(r, VAULT_DIRECTORY);
	if (!config_path(f, v, &r->v->place.directory))
		return false;
	return r->v->place.directory.len > 1 || policy_fail(f, v, "'directory' is the whole file system: say a folder of its own");
}

static bool bucket_good(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!s.ptr[i] || !strchr("abcdefghijklmnopqrstuvwxyz0123456789.-", s.ptr[i]))
			return false;
	}
	return s.len >= 3 && s.len <= 63;
}

static bool take_s3(struct policy_file *f, const struct doc *v, void *target)
{
	struct reading *r = target;
	struct str s, prefix = STR_NONE;
	size_t slash;

	is_kind(r, VAULT_S3);
	if (!config_text(f, v, &s))
		return false;
	if (!str_starts(s, STR("s3://")))
		return policy_fail(f, v, "'s3' wants s3://BUCKET/PREFIX");
	s = str_sub(s, 5, s.len);
	slash = str_find_char(s, '/');
	if (slash != SIZE_MAX) {
		prefix = str_sub(s, slash + 1, s.len);
		s = str_sub(s, 0, slash);
	}
	while (str_ends(prefix, STR("/")))
		prefix.len--;
	if (!bucket_good(s))
		return policy_fail(f, v, "'s3' wants s3://BUCKET/PREFIX; a bucket is 3 to 63 of a-z, 0-9, '.' and '-'");
	if (str_starts(prefix, STR("/")) || str_find(prefix, STR("//")) != SIZE_MAX || str_find(prefix, STR("..")) != SIZE_MAX)
		return policy_fail(f, v, "'s3' wants a prefix without '//' and '..'");
	r->v->place.bucket = arena_str(f->arena, s);
	r->v->place.prefix = arena_str(f->arena, prefix);
	return true;
}

static bool take_restic(struct policy_file *f, const struct doc *v, void *target)
{
	is_kind(target, VAULT_RESTIC);
	return config_text(f, v, &((struct reading *)target)->v->place.repository);
}

static bool take_rclone(struct policy_file *f, const struct doc *v, void *target)
{
	struct reading *r = target;

	is_kind(r, VAULT_RCLONE);
	if (!config_text(f, v, &r->v->place.repository))
		return false;
	return str_find_char(r->v->place.repository, ':') != SIZE_MAX || policy_fail(f, v, "'rclone' wants REMOTE:PATH, as rclone does");
}

static bool take_user(struct policy_file *f, const struct doc *v, void *target)
{
	return config_name(f, v, &((struct reading *)target)->v->user);
}

static bool take_region(struct policy_file *f, const struct doc *v, void *target)
{
	return config_name(f, v, &((struct reading *)target)->v->place.region);
}

static bool take_endpoint(struct policy_file *f, const struct doc *v, void *target)
{
	struct str *s = &((struct reading *)target)->v->place.endpoint;

	return config_text(f, v, s) && (str_starts(*s, STR("https://")) || str_starts(*s, STR("http://")) ||
					policy_fail(f, v, "'endpoint' wants https://HOST[:PORT]"));
}

static bool take_account(struct policy_file *f, const struct doc *v, void *target)
{
	return config_text(f, v, &((struct reading *)target)->v->place.account);
}

static bool take_lock(struct policy_file *f, const struct doc *v, void *target)
{
	return policy_duration(f, v, &((struct reading *)target)->v->place.lock_s);
}

static const struct policy_key keys[] = {
	{ "name", take_name },	   { "directory", take_directory }, { "s3", take_s3 },		 { "restic", take_restic },
	{ "rclone", take_rclone }, { "user", take_user },	    { "region", take_region },	 { "endpoint", take_endpoint },
	{ "account", take_account }, { "lock", take_lock },	    { NULL, NULL },
};

static bool fits(struct policy_file *f, const struct doc *d, const struct backup_config *c, const struct reading *r)
{
	const struct config_vault *v = r->v;

	if (!v->place.name.len)
		return policy_fail(f, d, "a vault needs 'name'");
	if (r->kinds != 1)
		return policy_fail(f, d, "vault '%.*s': say where it lies, once: directory, s3, restic or rclone", STR_ARG(v->place.name));
	if (config_vault_find(c, v->place.name))
		return policy_fail(f, doc_get(d, "name"), "two vaults are called '%.*s'", STR_ARG(v->place.name));
	if (v->user.len && v->place.kind != VAULT_DIRECTORY)
		return policy_fail(f, doc_get(d, "user"), "'user' is of a vault that is a directory");
	if ((v->place.region.len || v->place.endpoint.len) && v->place.kind != VAULT_S3)
		return policy_fail(f, d, "vault '%.*s': 'region' and 'endpoint' are of a vault in S3", STR_ARG(v->place.name));
	if (v->place.kind == VAULT_S3 && !v->place.region.len)
		return policy_fail(f, d, "vault '%.*s': say its 'region'", STR_ARG(v->place.name));
	return true;
}

bool config_take_vaults(struct policy_file *f, const struct doc *v, void *target)
{
	struct backup_config *c = target;
	struct config_vault **end = &c->vaults;

	if (v->type != DOC_LIST || v->n > CONFIG_VAULTS_MAX)
		return policy_fail(f, v, "'vaults' is a list of at most %d: each item begins with '-'", CONFIG_VAULTS_MAX);
	DOC_EACH(it, v) {
		struct reading r = { .v = ARENA_NEW(f->arena, struct config_vault) };

		if (!r.v)
			return policy_fail(f, it, "too large");
		if (!policy_map(f, it, keys, &r) || !fits(f, it, c, &r))
			return false;
		*end = r.v;
		end = &r.v->next;
		c->n_vaults++;
	}
	return true;
}
