#include "read/backend_key.h"

#include "base/digest.h"

struct row {
	struct str type;
	const char *attributes[4]; /* joined by "/" */
};

/* Of each backend, what names the place; https://developer.hashicorp.com/terraform/language/backend */
static const struct row rows[] = {
	{ STR_INIT("s3"), { "bucket", "key" } },
	{ STR_INIT("gcs"), { "bucket", "prefix" } },
	{ STR_INIT("azurerm"), { "storage_account_name", "container_name", "key" } },
	{ STR_INIT("http"), { "address" } },
	{ STR_INIT("consul"), { "address", "path" } },
	{ STR_INIT("cos"), { "bucket", "prefix", "key" } },
	{ STR_INIT("oss"), { "bucket", "prefix", "key" } },
	{ STR_INIT("kubernetes"), { "namespace", "secret_suffix" } },
	{ STR_INIT("remote"), { "hostname", "organization" } },
	{ STR_INIT("cloud"), { "hostname", "organization" } },
};

static struct str local_key(const struct json *config, struct str folder, struct arena *arena)
{
	struct str path = json_str(config, "path");

	if (!path.len)
		path = STR("terraform.tfstate");
	while (str_starts(path, STR("./")))
		path = str_sub(path, 2, path.len);
	if (folder.len && str_starts(path, folder) && path.len > folder.len + 1 && path.ptr[folder.len] == '/')
		path = str_sub(path, folder.len + 1, path.len);
	return arena_join(arena, STR("local:"), path);
}

/* Without passwords: an address keeps its host and path only. */
static struct str bare_address(struct str url, struct arena *arena)
{
	size_t scheme = str_find(url, STR("://")), at;
	struct str head, rest;

	url = str_sub(url, 0, str_find_char(url, '?'));
	if (scheme == SIZE_MAX)
		return url;
	head = str_sub(url, 0, scheme + 3);
	rest = str_sub(url, scheme + 3, url.len);
	at = str_rfind_char(str_sub(rest, 0, str_find_char(rest, '/')), '@');
	return at == SIZE_MAX ? url : arena_join(arena, head, str_sub(rest, at + 1, rest.len));
}

static struct str known_key(const struct row *row, const struct json *config, struct arena *arena)
{
	struct str key = STR_NONE;

	for (size_t i = 0; i < ARRAY_LEN(row->attributes) && row->attributes[i]; i++) {
		struct str v = bare_address(json_str(config, row->attributes[i]), arena);

		if (v.len)
			key = arena_fmt(arena, "%.*s%s%.*s", STR_ARG(key), key.len ? "/" : "", STR_ARG(v));
	}
	return arena_fmt(arena, "%.*s:%.*s", STR_ARG(row->type), STR_ARG(key));
}

static void digest_tree(struct digest_run *r, const struct json *v)
{
	if (json_is(v, JSON_NULL))
		return;
	digest_field(r, v->key, v->text);
	JSON_EACH(m, v)
		digest_tree(r, m);
}

struct str backend_key(struct str type, const struct json *config, struct str folder, struct arena *arena)
{
	char hex[DIGEST_HEX_LEN + 1];
	struct digest_run r;
	struct digest d;

	if (!type.len || str_is(type, "local"))
		return local_key(config, folder, arena);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (str_eq(rows[i].type, type))
			return known_key(&rows[i], config, arena);
	}
	digest_begin(&r);
	if (config)
		digest_tree(&r, config);
	d = digest_end(&r);
	digest_hex(&d, hex);
	return arena_fmt(arena, "%.*s:%.16s", STR_ARG(type), hex);
}
