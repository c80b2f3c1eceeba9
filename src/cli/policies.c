#include "cli/policies.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"

/* A named file must be there; one that is only looked for need not. */
static bool add(struct policy_source *s, size_t *n, struct arena *a, bool named, struct err *err)
{
	auto_buf b = BUF_MAX(POLICY_MAX_BYTES);
	struct err e = { 0 };

	if (!s[*n].path.len)
		return true;
	if (!file_read(s[*n].path.ptr, &b, &e)) {
		if (!named && e.code == ERR_IO && (e.sys == ENOENT || e.sys == ENOTDIR))
			return true;
		if (err)
			*err = e;
		return err_prefix(err, "policy");
	}
	s[*n].text = arena_str(a, buf_str(&b));
	if (a->full)
		return err_set(err, ERR_LIMIT, "no memory for the policy");
	(*n)++;
	return true;
}

bool policies_load(const struct places *pl, struct arena *a, const struct policy **ret, struct err *err)
{
	const struct {
		enum policy_layer layer;
		const char *path;
	} rows[] = {
		{ POLICY_MACHINE, pl->machine_policy },
		{ POLICY_USER, pl->user_policy },
		{ POLICY_PROJECT, pl->project_policy },
	};
	struct policy_source *s = ARENA_ARRAY(a, ARRAY_LEN(rows), struct policy_source);
	size_t n = 0;

	if (!s)
		return err_set(err, ERR_LIMIT, "no memory for the policy");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		s[n] = (struct policy_source){ rows[i].layer, arena_str(a, str_from(rows[i].path)), STR_NONE };
		if (!add(s, &n, a, false, err))
			return false;
	}
	return policy_load(s, n, a, ret, err);
}

bool policies_load_one(const char *path, struct arena *a, const struct policy **ret, struct err *err)
{
	const char *slash = strrchr(path, '/');
	bool project = strcmp(slash ? slash + 1 : path, "pawl.yaml") == 0;
	struct policy_source *s = ARENA_NEW(a, struct policy_source);
	size_t n = 0;

	if (!s)
		return err_set(err, ERR_LIMIT, "no memory for the policy");
	*s = (struct policy_source){ project ? POLICY_PROJECT : POLICY_USER, arena_str(a, str_from(path)), STR_NONE };
	return add(s, &n, a, true, err) && policy_load(s, n, a, ret, err);
}
