/* PowerShell and cmd: no reader of their language, but the verbs that take files away. */
#include "read/command_tool.h"

static bool word_in(struct str text, const char *word)
{
	struct str n = str_from(word);

	for (size_t i = 0; i + n.len <= text.len; i++) {
		bool before = i == 0 || memchr(" ;|&({\n", text.ptr[i - 1], 7),
		     after = i + n.len == text.len || memchr(" ;|&)}\n", text.ptr[i + n.len], 7);

		if (before && after && str_eq_nocase(str_sub(text, i, n.len), n))
			return true;
	}
	return false;
}

void command_powershell(struct command_work *w, struct str text)
{
	static const char *const verbs[] = { "Remove-Item",
					     "Clear-Content",
					     "Format-Volume",
					     "Clear-Disk",
					     "Initialize-Disk",
					     "Remove-Partition",
					     "Remove-ItemProperty",
					     "Clear-RecycleBin",
					     "rmdir",
					     "rd",
					     "del",
					     "erase",
					     "rm",
					     "ri",
					     "format",
					     "diskpart" };
	struct change *c;
	struct place *p = ARENA_NEW(w->arena, struct place);

	if (word_in(text, "-WhatIf"))
		return;
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (!word_in(text, verbs[i]))
			continue;
		c = command_effect_add(
			w, &(struct command_effect_words){
				   .kind = CHANGE_DELETE,
				   .finding = "file.outside",
				   .type = "files",
				   .reversible = REVERSIBLE_NO,
				   .holds_data = HOLDS_DATA_YES,
				   .name = str_sub(text, 0, 100),
				   .reason = STR("deletes files by PowerShell or cmd, whose paths pawl does not follow"),
				   .safer = "`-WhatIf` first" });
		if (c)
			c->place = p;
		return;
	}
}
