#include "recovery/config_inner.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

/* --- texts --- */

bool config_text(struct policy_file *f, const struct doc *v, struct str *ret)
{
	struct str s;

	if (!policy_text(f, v, &s))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if ((unsigned char)s.ptr[i] < ' ' || s.ptr[i] == 127)
			return policy_fail(f, v, "'%.*s' has a control character in it", STR_ARG(v->key));
	}
	s = arena_str(f->arena, s);
	if (!s.ptr)
		return policy_fail(f, v, "too large");
	*ret = s;
	return true;
}

static bool has_dots(struct str path)
{
	for (size_t at = 0; at < path.len;) {
		struct str rest = str_sub(path, at, path.len);
		size_t slash = str_find_char(rest, '/');

		if (str_is(str_sub(rest, 0, slash), ".."))
			return true;
		at = slash == SIZE_MAX ? path.len : at + slash + 1;
	}
	return false;
}

bool config_path(struct policy_file *f, const struct doc *v, struct str *ret)
{
	struct str s;

	if (!config_text(f, v, &s))
		return false;
	if (s.ptr[0] != '/' || has_dots(s))
		return policy_fail(f, v, "'%.*s' wants an absolute path without '..'", STR_ARG(v->key));
	*ret = s;
	return true;
}

bool config_name(struct policy_file *f, const struct doc *v, struct str *ret)
{
	struct str s;

	if (!config_text(f, v, &s))
		return false;
	if (!vault_name_good(s))
		return policy_fail(f, v,
				   "'%.*s' is no name: letters, digits, '.', '_' and '-', at most 64, and neither '.' nor '-' first",
				   STR_ARG(str_sub(s, 0, 80)));
	*ret = s;
	return true;
}

bool config_words(struct policy_file *f, const struct doc *v, char *const **ret)
{
	char **argv, **at;

	if (v->type != DOC_LIST || !v->n || v->n > CONFIG_LIST_MAX)
		return policy_fail(f, v, "'%.*s' is a list of words, the program first: [pg_dumpall, --globals-only]; at most %d",
				   STR_ARG(v->key), CONFIG_LIST_MAX);
	argv = at = ARENA_ARRAY(f->arena, v->n + 1, char *);
	if (!argv)
		return policy_fail(f, v, "too large");
	DOC_EACH(it, v) {
		struct str s;

		if (it->type != DOC_TEXT || (it == v->child && !it->text.len))
			return policy_fail(f, it, "'%.*s' wants words; a list or a mapping is none", STR_ARG(v->key));
		if (str_find_char(it->text, '\0') != SIZE_MAX)
			return policy_fail(f, it, "'%.*s' has a NUL in it", STR_ARG(v->key));
		s = arena_str(f->arena, it->text);
		if (!s.ptr)
			return policy_fail(f, v, "too large");
		*at++ = (char *)(uintptr_t)s.ptr;
	}
	*ret = argv;
	return true;
}

/* --- the key --- */

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void config_key_text(const uint8_t key[ED25519_KEY_LEN], char ret[CONFIG_KEY_TEXT])
{
	uint32_t bits = 0;
	unsigned n = 0;
	size_t at = 0;

	for (size_t i = 0; i < ED25519_KEY_LEN; i++) {
		bits = bits << 8 | key[i];
		for (n += 8; n >= 6; n -= 6)
			ret[at++] = base64_digits[bits >> (n - 6) & 63];
	}
	ret[at++] = base64_digits[bits << (6 - n) & 63];
	ret[at++] = '=';
	ret[at] = '\0';
}

bool config_key_read(struct str text, uint8_t ret[ED25519_KEY_LEN])
{
	uint8_t key[ED25519_KEY_LEN];
	char again[CONFIG_KEY_TEXT];
	uint32_t bits = 0;
	unsigned n = 0;
	size_t at = 0;

	if (text.len != CONFIG_KEY_TEXT - 1)
		return false;
	for (size_t i = 0; i < text.len - 1; i++) {
		const char *digit = text.ptr[i] ? strchr(base64_digits, text.ptr[i]) : NULL;

		if (!digit)
			return false;
		bits = bits << 6 | (uint32_t)(digit - base64_digits);
		n += 6;
		if (n >= 8 && at < ED25519_KEY_LEN) {
			n -= 8;
			key[at++] = (uint8_t)(bits >> n);
		}
	}
	config_key_text(key, again);
	if (at != ED25519_KEY_LEN || !str_is(text, again))
		return false;
	memcpy(ret, key, sizeof(key));
	return true;
}

static bool take_key(struct policy_file *f, const struct doc *v, void *target)
{
	struct backup_config *c = target;
	struct str s;

	return config_text(f, v, &s) &&
	       (config_key_read(s, c->key) ||
		policy_fail(f, v, "'key' wants the 44 characters of base64 that `pawl backup init` prints: the public key"));
}

/* --- the file --- */

static bool take_version(struct policy_file *f, const struct doc *v, void *target)
{
	(void)target;
	return (v->type == DOC_TEXT && str_is(v->text, "1")) || policy_fail(f, v, "version: 1 is the only one there is");
}

static bool take_points(struct policy_file *f, const struct doc *v, void *target)
{
	return config_path(f, v, &((struct backup_config *)target)->points);
}

static bool take_state(struct policy_file *f, const struct doc *v, void *target)
{
	return config_path(f, v, &((struct backup_config *)target)->state);
}

/* Read last: they name vaults. */
static bool take_targets(struct policy_file *f, const struct doc *v, void *target)
{
	(void)target;
	return v->type == DOC_LIST || policy_fail(f, v, "'targets' is a list: each item begins with '-'");
}

static const struct policy_key keys[] = {
	{ "version", take_version }, { "key", take_key },	  { "points", take_points }, { "state", take_state },
	{ "vaults", config_take_vaults }, { "targets", take_targets }, { NULL, NULL },
};

static bool read_some(const struct doc_source *source, struct arena *arena, struct backup_config *ret, struct err *err)
{
	struct policy_source named = { .layer = POLICY_USER, .path = source->path, .text = source->text };
	struct policy_file f = { .source = &named, .arena = arena, .err = err };
	struct backup_config c = { .path = source->path };
	const struct doc *root, *targets;

	if (source->text.len > CONFIG_MAX_BYTES)
		return err_set(err, ERR_LIMIT, "%.*s: larger than %zu bytes", STR_ARG(source->path), CONFIG_MAX_BYTES);
	if (!doc_parse(source, arena, &root, err) || !policy_map(&f, root, keys, &c))
		return false;
	if (!doc_get(root, "version"))
		return policy_fail(&f, root, "say 'version: 1'");
	if (!doc_get(root, "key"))
		return policy_fail(&f, root, "no 'key': nothing would be believed; `pawl backup init` makes one and writes it here");
	targets = doc_get(root, "targets");
	if (targets && !config_take_targets(&f, targets, &c))
		return false;
	if (arena->full)
		return err_set(err, ERR_LIMIT, "%.*s: too large", STR_ARG(source->path));
	*ret = c;
	return true;
}

static bool none_bad(const struct backup_config *c, struct err *err)
{
	if (c->bad && err)
		*err = c->bad->why;
	return !c->bad;
}

bool config_read(const struct doc_source *source, struct arena *arena, struct backup_config *ret, struct err *err)
{
	struct backup_config c;

	if (!read_some(source, arena, &c, err) || !none_bad(&c, err))
		return false;
	*ret = c;
	return true;
}

bool config_load(const char *path, struct arena *arena, struct backup_config *ret, struct err *err)
{
	struct backup_config c;

	if (!config_load_some(path, arena, &c, err) || !none_bad(&c, err))
		return false;
	*ret = c;
	return true;
}

bool config_load_some(const char *path, struct arena *arena, struct backup_config *ret, struct err *err)
{
	auto_buf text = BUF_MAX(CONFIG_MAX_BYTES);
	struct doc_source source;

	if (!file_read(path, &text, err) || !file_kept(path, err))
		return false;
	source.path = arena_str(arena, str_from(path));
	source.text = arena_str(arena, buf_str(&text));
	return read_some(&source, arena, ret, err);
}

const struct config_target *config_target_find(const struct backup_config *c, struct str name)
{
	for (const struct config_target *t = c->targets; t; t = t->next) {
		if (str_eq(t->name, name))
			return t;
	}
	return NULL;
}

const struct config_vault *config_vault_find(const struct backup_config *c, struct str name)
{
	for (const struct config_vault *v = c->vaults; v; v = v->next) {
		if (str_eq(v->place.name, name))
			return v;
	}
	return NULL;
}
