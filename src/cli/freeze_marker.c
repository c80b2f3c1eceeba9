#include "cli/freeze_marker.h"

#include <stdio.h>

#include "base/fd.h"
#include "base/json.h"

void freeze_marker_look(const struct places *places, struct arena *arena, struct evidence *e)
{
	auto_buf b = BUF_MAX(65536);
	char path[PLACES_MAX + 16];
	struct json *root = NULL;

	snprintf(path, sizeof(path), "%s/freeze", places->state);
	if (!file_exists(path))
		return;
	e->frozen = true;
	e->frozen_why = STR("frozen");
	if (file_read(path, &b, NULL) && json_parse(arena_str(arena, buf_str(&b)), arena, &root, NULL) && json_str(root, "why").len)
		e->frozen_why = json_str(root, "why");
}
