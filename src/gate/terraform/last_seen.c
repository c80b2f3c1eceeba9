#include "gate/terraform/last_seen.h"

#include <dirent.h>

#include "base/fd.h"
#include "gate/terraform/tree.h"

static void file_name(const struct known *k, char ret[DIGEST_HEX_LEN + 1])
{
	struct digest_run r;
	struct digest d;

	digest_begin(&r);
	digest_field(&r, STR("folder"), k->folder);
	digest_field(&r, STR("backend"), k->backend);
	digest_field(&r, STR("workspace"), k->workspace);
	d = digest_end(&r);
	digest_hex(&d, ret);
}

static bool read_one(const char *path, struct arena *arena, struct known **first, struct err *err)
{
	auto_buf b = BUF_MAX(LAST_SEEN_MAX_BYTES);
	struct known *k = ARENA_NEW(arena, struct known);
	struct json *root;

	if (!k)
		return err_set(err, ERR_LIMIT, "no memory for %s", path);
	if (!file_read(path, &b, err))
		return false;
	if (!json_parse(buf_str(&b), arena, &root, err) || !known_from_json(root, arena, k, err))
		return err_prefix(err, "%s is damaged (remove it, and pawl starts anew for that folder)", path);
	k->source = KNOWN_LAST_SEEN;
	k->where = arena_fmt(arena, "what was last seen here on %.*s", STR_ARG(k->time));
	k->next = *first;
	*first = k;
	return true;
}

bool last_seen_read(struct str state_dir, struct arena *arena, struct known **ret_first, struct err *err)
{
	char dir[TREE_PATH_MAX], path[TREE_PATH_MAX + 300];
	struct known *first = *ret_first;
	const struct dirent *e;
	unsigned n = 0;
	bool ok = true;
	DIR *d;

	snprintf(dir, sizeof(dir), "%.*s/last-seen", STR_ARG(state_dir));
	d = opendir(dir);
	if (!d)
		return true;
	while (ok && (e = readdir(d))) {
		if (!str_ends(str_from(e->d_name), STR(".json")) || e->d_name[0] == '.')
			continue;
		if (++n > LAST_SEEN_MAX_FILES) {
			ok = err_set(err, ERR_LIMIT, "%s: more than %d records; remove those of folders that are gone", dir,
				     LAST_SEEN_MAX_FILES);
			break;
		}
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		ok = read_one(path, arena, &first, err);
	}
	closedir(d);
	if (ok)
		*ret_first = first;
	return ok;
}

bool last_seen_write(struct str state_dir, const struct known *k, struct err *err)
{
	char dir[TREE_PATH_MAX], path[TREE_PATH_MAX + DIGEST_HEX_LEN + 8], hex[DIGEST_HEX_LEN + 1];
	auto_buf b = BUF_MAX(LAST_SEEN_MAX_BYTES);
	struct json_out o = { .buf = &b };

	snprintf(dir, sizeof(dir), "%.*s/last-seen", STR_ARG(state_dir));
	file_name(k, hex);
	snprintf(path, sizeof(path), "%s/%s.json", dir, hex);
	known_to_json(k, &o);
	buf_addc(&b, '\n');
	if (b.failed)
		return err_set(err, ERR_LIMIT, "%s: the record is larger than %zu bytes", path, LAST_SEEN_MAX_BYTES);
	return dir_make(dir, 0700, err) && file_replace(path, buf_str(&b), 0600, err);
}
