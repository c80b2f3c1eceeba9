#include "recovery/known.h"

#include "base/timestamp.h"

#define S3 "s3://"

static int digit(char c)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? memchr(alphabet, c, sizeof(alphabet) - 1) : NULL;

	return at ? (int)(at - alphabet) : -1;
}

/* 32 bytes: 43 digits and one '='. */
static bool read_key(struct str s, uint8_t ret[ED25519_KEY_LEN])
{
	uint8_t key[ED25519_KEY_LEN];
	uint32_t bits = 0;
	unsigned have = 0;
	size_t n = 0;

	if (s.len != 44 || s.ptr[43] != '=')
		return false;
	for (size_t i = 0; i < 43; i++) {
		int d = digit(s.ptr[i]);

		if (d < 0)
			return false;
		bits = (bits << 6 | (uint32_t)d) & 0xffff;
		have += 6;
		if (have >= 8) {
			have -= 8;
			key[n++] = (uint8_t)(bits >> have & 0xff);
		}
	}
	if (n != sizeof(key) || (bits & 3))
		return false;
	memcpy(ret, key, sizeof(key));
	return true;
}

static struct str text_of(const struct doc *map, const char *key)
{
	const struct doc *v = map && map->type == DOC_MAP ? doc_get(map, key) : NULL;

	return v && v->type == DOC_TEXT ? v->text : STR_NONE;
}

static bool push(struct arena *arena, struct str text, const struct manifest_word **list)
{
	struct manifest_word *w;

	if (!text.len)
		return true;
	w = ARENA_NEW(arena, struct manifest_word);
	if (!w)
		return false;
	w->text = text;
	w->next = (struct manifest_word *)(uintptr_t)*list;
	*list = w;
	return true;
}

/* "HOST[:PORT]" of AWS; or of this machine, where an emulator stands for it. */
static bool at_aws(struct str host)
{
	host = str_sub(host, 0, str_starts(host, STR("[")) ? SIZE_MAX : str_find_char(host, ':'));
	return str_ends(host, STR("amazonaws.com")) || str_ends(host, STR("amazonaws.com.cn")) || str_is(host, "localhost") ||
	       str_starts(host, STR("127.")) || str_starts(host, STR("[::1]"));
}

static struct str without_scheme(struct str url)
{
	static const struct str schemes[] = { STR_INIT("https://"), STR_INIT("http://"), STR_INIT("//") };

	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		if (str_starts(url, schemes[i]))
			return str_sub(url, schemes[i].len, SIZE_MAX);
	}
	return url;
}

static struct str first_part(struct str path)
{
	return str_sub(path, 0, str_find_char(path, '/'));
}

/* Another endpoint's buckets have their own names: one of AWS that is called alike is another. */
static bool push_bucket(struct arena *arena, struct str name, bool aws, struct known_vault *v)
{
	if (!name.len)
		return true;
	return push(arena, name, &v->is) &&
	       (!aws || (push(arena, arena_fmt(arena, "arn:aws:s3:::%.*s", STR_ARG(name)), &v->is) && push(arena, name, &v->buckets)));
}

/* restic's "gs:BUCKET:/PATH" and "b2:BUCKET:PATH": no two of a cloud's customers have a bucket of one name. */
static bool push_cloud(struct str repository, struct arena *arena, struct known_vault *v)
{
	struct str rest = str_sub(repository, 3, SIZE_MAX), name = str_sub(rest, 0, str_find_char(rest, ':'));

	return !name.len || push(arena, str_sub(repository, 0, 3 + name.len), &v->buckets);
}

/* restic's "s3:HOST/BUCKET/PATH" or "s3:https://HOST/BUCKET/PATH", of AWS, and those of other clouds. */
static bool push_restic(struct str repository, struct arena *arena, struct known_vault *v)
{
	struct str rest, host;

	if (str_starts(repository, STR("gs:")) || str_starts(repository, STR("b2:")))
		return push_cloud(repository, arena, v);
	if (!str_starts(repository, STR("s3:")))
		return true;
	rest = without_scheme(str_sub(repository, 3, SIZE_MAX));
	host = first_part(rest);
	return host.len == rest.len || !at_aws(host) || push_bucket(arena, first_part(str_sub(rest, host.len + 1, SIZE_MAX)), true, v);
}

/* A list, or one text. */
static bool read_words(const struct doc *v, struct arena *arena, const struct manifest_word **ret)
{
	if (v && v->type == DOC_TEXT)
		return push(arena, v->text, ret);
	if (!v || v->type != DOC_LIST)
		return true;
	DOC_EACH(one, v) {
		if (one->type == DOC_TEXT && !push(arena, one->text, ret))
			return false;
	}
	return true;
}

static bool read_target(const struct doc *d, struct arena *arena, struct known_target *t)
{
	struct str fresh = text_of(d, "fresh");

	t->name = text_of(d, "name");
	if (!duration_parse(fresh, &t->fresh_s) || t->fresh_s < 0)
		t->fresh_s = 0;
	return d->type != DOC_MAP ||
	       (read_words(doc_get(d, "resources"), arena, &t->resources) && read_words(doc_get(d, "vault"), arena, &t->vaults));
}

static bool read_vault(const struct doc *d, struct arena *arena, struct known_vault *v)
{
	struct str s3 = text_of(d, "s3"), endpoint = text_of(d, "endpoint");

	v->name = text_of(d, "name");
	v->account = text_of(d, "account");
	v->directory = text_of(d, "directory");
	v->user = text_of(d, "user");
	if (str_starts(s3, STR(S3))) {
		v->bucket = str_sub(s3, sizeof(S3) - 1, SIZE_MAX);
		if (!push_bucket(arena, first_part(v->bucket), !endpoint.len || at_aws(first_part(without_scheme(endpoint))), v))
			return false;
	}
	if (!duration_parse(text_of(d, "lock"), &v->lock_s) || v->lock_s < 0)
		v->lock_s = 0;
	v->repository = text_of(d, "restic").len ? text_of(d, "restic") : text_of(d, "rclone");
	return push(arena, v->directory, &v->is) && push(arena, v->repository, &v->is) && push_restic(text_of(d, "restic"), arena, v);
}

static bool read_targets(const struct doc *list, struct arena *arena, const struct known_target **ret)
{
	struct known_target **at = (struct known_target **)(uintptr_t)ret;

	if (!list)
		return true;
	DOC_EACH(d, list) {
		struct known_target *t = ARENA_NEW(arena, struct known_target);

		if (!t || !read_target(d, arena, t))
			return false;
		*at = t;
		at = &t->next;
	}
	return true;
}

static bool read_vaults(const struct doc *list, struct arena *arena, struct known *k)
{
	const struct known_vault **ret = &k->vaults;

	if (!list)
		return true;
	DOC_EACH(d, list) {
		struct known_vault *v = ARENA_NEW(arena, struct known_vault);

		if (!v || !read_vault(d, arena, v))
			return false;
		if (!k->user.len)
			k->user = text_of(d, "user");
		v->next = (struct known_vault *)(uintptr_t)*ret;
		*ret = v;
	}
	return true;
}

bool known_read(const struct doc_source *source, struct arena *arena, struct known *ret, struct err *err)
{
	struct known k = { 0 };
	const struct doc *root, *key;

	if (!doc_parse(source, arena, &root, err))
		return false;
	if (root->type != DOC_MAP)
		return doc_wrong(source->path, root, err, "a mapping is wanted");
	key = doc_get(root, "key");
	k.has_key = key && key->type == DOC_TEXT && read_key(key->text, k.key);
	if (key && !k.has_key)
		return doc_wrong(source->path, key, err, "'key' is no Ed25519 public key: 44 characters of base64");
	k.points = text_of(root, "points");
	if (!read_targets(doc_get(root, "targets"), arena, &k.targets) || !read_vaults(doc_get(root, "vaults"), arena, &k))
		return err_set(err, ERR_LIMIT, "%.*s: no memory for it", STR_ARG(source->path));
	*ret = k;
	return true;
}
