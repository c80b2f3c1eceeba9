#include "cli/backup_copies.h"

#include "base/fd.h"
#include "base/json.h"
#include "ledger/ledger.h"

struct reading {
	struct arena *arena;
	struct backup_copy *first;
	bool full;
};

static bool one(const struct ledger_entry *e, void *ctx)
{
	struct reading *r = ctx;
	struct backup_copy *copy;
	struct json *body;

	if (!str_is(e->kind, "restore.finished"))
		return true;
	copy = ARENA_NEW(r->arena, struct backup_copy);
	r->full = !copy || !json_parse(arena_str(r->arena, e->body), r->arena, &body, NULL);
	if (r->full)
		return false;
	*copy = (struct backup_copy){ json_str(body, "into"), r->first };
	if (str_is(json_str(body, "result"), "restored"))
		r->first = copy;
	return true;
}

bool backup_copies_read(const char *dir, struct arena *arena, struct backup_copy **ret, struct err *err)
{
	struct reading r = { .arena = arena };
	struct ledger *l = file_exists(dir) ? ledger_open(dir, err) : NULL;
	bool good = l ? ledger_walk(l, 0, one, &r, err) : !file_exists(dir);

	ledger_close(l);
	if (good && r.full)
		good = err_set(err, ERR_LIMIT, "a restore in the ledger cannot be read, or there are too many");
	if (good)
		*ret = r.first;
	return good;
}

/* "20261121T195336Z", and "_2" behind it where it was restored again. */
static bool is_time(struct str s)
{
	static const char form[] = "00000000T000000Z";
	size_t n = sizeof(form) - 1;

	for (size_t i = 0; i < n; i++) {
		bool digit = i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9';

		if (form[i] == '0' ? !digit : i >= s.len || s.ptr[i] != form[i])
			return false;
	}
	return s.len == n || s.ptr[n] == '_';
}

bool backup_copies_has(const struct backup_copy *list, struct str database)
{
	size_t at = str_find(database, STR("_restored_"));
	uint64_t pid;

	if (at != SIZE_MAX && is_time(str_sub(database, at + 10, SIZE_MAX)))
		return true;
	if (str_starts(database, STR("pawl_rehearsal_")) && str_to_u64(str_sub(database, 15, SIZE_MAX), &pid))
		return true;
	while (list && !str_eq(list->name, database))
		list = list->next;
	return list;
}
