#include "gate/terraform/backend.h"

#include "base/fd.h"
#include "base/json.h"
#include "gate/terraform/tree.h"

#define RECORD_MAX ((size_t)4 << 20)

static void open_backend(struct json_out *o, const char *type)
{
	json_out_open(o, '{');
	json_out_key(o, "terraform");
	json_out_open(o, '{');
	json_out_key(o, "backend");
	json_out_open(o, '{');
	json_out_key(o, type);
	json_out_open(o, '{');
}

static void close_backend(struct json_out *o)
{
	for (int i = 0; i < 4; i++)
		json_out_close(o, '}');
}

/* A path of the local backend, absolute. */
static bool absolute(struct json_out *o, const char *key, const char *original, struct str path, const char *fallback,
		     struct err *err)
{
	char text[TREE_PATH_MAX], joined[TREE_PATH_MAX];

	if (!path.len)
		path = str_from(fallback);
	if ((size_t)snprintf(text, sizeof(text), "%.*s", STR_ARG(path)) >= sizeof(text))
		return err_set(err, ERR_LIMIT, "the backend's path is too long");
	if (text[0] != '/' && !tree_join(joined, original, text, err))
		return false;
	json_out_kv(o, key, str_from(text[0] == '/' ? text : joined));
	return true;
}

static bool local(const struct json *config, const char *original, struct json_out *o, struct err *err)
{
	open_backend(o, "local");
	if (!absolute(o, "path", original, json_str(config, "path"), "terraform.tfstate", err) ||
	    !absolute(o, "workspace_dir", original, json_str(config, "workspace_dir"), "terraform.tfstate.d", err))
		return false;
	close_backend(o);
	return true;
}

/* The settings as recorded, less those that nobody set. */
static void recorded(const char *type, const struct json *config, struct json_out *o)
{
	char key[200];

	open_backend(o, type);
	JSON_EACH(v, config) {
		if (json_is(v, JSON_NULL) || ((json_is(v, JSON_ARRAY) || json_is(v, JSON_OBJECT)) && !v->n))
			continue;
		if ((size_t)snprintf(key, sizeof(key), "%.*s", STR_ARG(v->key)) >= sizeof(key))
			continue;
		json_out_key(o, key);
		json_out_tree(o, v);
	}
	close_backend(o);
}

static bool write_override(struct str record, const char *original, char ret_type[BACKEND_TYPE_MAX], struct buf *out,
			   struct err *err)
{
	struct json_out o = { .buf = out };
	struct json *root = NULL;
	struct arena a;
	char type[BACKEND_TYPE_MAX];
	bool ok = true;

	if (!arena_map(&a, RECORD_MAX * 8))
		return err_set(err, ERR_LIMIT, "no memory");
	if (record.len && !json_parse(record, &a, &root, err)) {
		arena_unmap(&a);
		return err_prefix(err, "%s/.terraform/terraform.tfstate", original);
	}
	snprintf(type, sizeof(type), "%.*s", STR_ARG(json_str(json_at(root, "backend"), "type")));
	if (strcmp(type, "cloud") == 0 || strcmp(type, "remote") == 0)
		ok = err_set(err, ERR_STATE,
			     "the backend '%s' runs plans elsewhere, where pawl cannot stand before the apply: "
			     "use a backend that stores state only (s3, gcs, azurerm, pg, local …)",
			     type);
	else if (!type[0] || strcmp(type, "local") == 0)
		ok = local(json_at(root, "backend.config"), original, &o, err);
	else
		recorded(type, json_at(root, "backend.config"), &o);
	buf_addc(out, '\n');
	if (ok)
		snprintf(ret_type, BACKEND_TYPE_MAX, "%s", type[0] ? type : "local");
	arena_unmap(&a);
	return ok;
}

bool backend_override(const char *original, const char *data, char ret_type[BACKEND_TYPE_MAX], struct buf *out,
		      struct err *err)
{
	auto_buf record = BUF_MAX(RECORD_MAX);
	char path[TREE_PATH_MAX];

	if (!tree_join(path, data, "terraform.tfstate", err))
		return false;
	if (file_exists(path) && !file_read(path, &record, err))
		return false;
	return write_override(buf_str(&record), original, ret_type, out, err) &&
	       (!out->failed || err_set(err, ERR_LIMIT, "the backend's settings are too large"));
}
