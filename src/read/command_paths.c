#include "read/command_work.h"

bool command_paths(struct command_work *w)
{
	(void)w;
	return false;
}

void command_read_edit(const struct str *paths, size_t n, struct world *world, struct arena *arena, struct command_answer *ret)
{
	(void)world;
	(void)arena;
	*ret = (struct command_answer){ .tool = STR("edit") };
	ret->summary = n ? paths[0] : STR_NONE;
}
