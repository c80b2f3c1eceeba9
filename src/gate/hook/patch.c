#include "gate/hook/patch.h"

#include "gate/hook/search.h"

enum patch_line { LINE_NONE, LINE_WRITES, LINE_DELETES };

static const struct {
	struct str head;
	enum patch_line what;
} heads[] = {
	{ STR_INIT("*** Add File: "), LINE_WRITES },
	{ STR_INIT("*** Update File: "), LINE_WRITES },
	{ STR_INIT("*** Delete File: "), LINE_DELETES },
	{ STR_INIT("*** Move to: "), LINE_WRITES },
	{ STR_INIT("+++ "), LINE_WRITES },
	{ STR_INIT("--- "), LINE_DELETES },
	{ STR_INIT("rename to "), LINE_WRITES },
	{ STR_INIT("rename from "), LINE_DELETES },
};

static struct str take_line(struct str *left)
{
	size_t end = str_find_char(*left, '\n');
	struct str line = str_sub(*left, 0, end);

	*left = end == SIZE_MAX ? STR_NONE : str_sub(*left, end + 1, SIZE_MAX);
	return line;
}

/* In apply_patch's own format a line that begins with --- is a line taken out of a file. */
static bool is_own_format(struct str text)
{
	return str_find(text, STR("*** Begin Patch")) != SIZE_MAX || str_find(text, STR(" File: ")) != SIZE_MAX;
}

/* The path a line names, and what becomes of it. */
static enum patch_line named(struct str line, bool own_format, struct str *ret_path)
{
	struct str trimmed = own_format ? str_trim(line) : line;

	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		struct str path;

		if ((heads[i].head.ptr[0] == '*') != own_format || !str_starts(trimmed, heads[i].head))
			continue;
		path = str_trim(str_sub(trimmed, heads[i].head.len, SIZE_MAX));
		path = str_sub(path, 0, str_find_char(path, '\t'));
		if (heads[i].head.ptr[0] != '*' && (str_starts(path, STR("a/")) || str_starts(path, STR("b/"))))
			path = str_sub(path, 2, SIZE_MAX);
		if (!path.len || str_is(path, "/dev/null"))
			return LINE_NONE;
		*ret_path = path;
		return heads[i].what;
	}
	return LINE_NONE;
}

bool patch_is(struct str text)
{
	struct str left = text, path;
	bool own = is_own_format(text);

	while (left.len) {
		if (named(take_line(&left), own, &path) != LINE_NONE)
			return true;
	}
	return false;
}

void patch_edits(struct hook_call *call, struct str text, struct arena *arena)
{
	struct str left = text, path = STR_NONE;
	enum patch_line what;
	bool own = is_own_format(text);

	while (left.len && !call->trouble.len) {
		struct hook_item *item;

		what = named(take_line(&left), own, &path);
		if (what == LINE_NONE)
			continue;
		if (str_find_char(path, '\0') != SIZE_MAX) {
			search_trouble(call, "a path in its patch holds a NUL byte");
			return;
		}
		item = search_add(call, HOOK_ITEM_EDIT, path, arena);
		if (!item)
			return;
		item->field = STR("patch");
		/* In a unified diff the old name stands first in every file. */
		item->deletes = what == LINE_DELETES &&
				(own || !str_starts(left, STR("+++ ")) || str_starts(left, STR("+++ /dev/null")));
	}
}
