#include "cli/undo_database.h"

#include "base/clock.h"
#include "cli/gate_config.h"
#include "cli/keeping_database.h"
#include "gate/postgres/keeping.h"

static const struct database_upstream *upstream(const struct places *places, struct str name, struct arena *arena, struct err *err)
{
	struct gate_config *config = ARENA_NEW(arena, struct gate_config);
	const struct database_upstream *u;

	if (!config)
		return err_set(err, ERR_LIMIT, "no memory"), NULL;
	if (!gate_config_load(places, NULL, arena, config, err))
		return NULL;
	u = gate_config_find(config, name);
	if (!u)
		err_set(err, ERR_STATE, "%.*s names no database '%.*s' any more: put it back there, and undo again", STR_ARG(config->path),
			STR_ARG(name));
	return u;
}

bool undo_database(const struct places *places, const struct keep_item *item, bool dry_run, struct arena *arena, struct str *ret_says,
		   struct err *err)
{
	const struct database_upstream *u = upstream(places, item->upstream, arena, err);
	struct postgres_aside *a;
	char name[48], dump[PLACES_MAX + 64];
	struct keeping_back back;
	bool ok;

	if (!u || !aside_open(u, &a, err))
		return false;
	keeping_database_name(item->id, item->at_us, name);
	snprintf(dump, sizeof(dump), "%s/keep/%s/" KEEPING_DATABASE_DUMP, places->state, item->id);
	back = (struct keeping_back){ str_from(name), item->files ? dump : NULL, dry_run };
	ok = keeping_restore(a, &back, arena, ret_says, err);
	aside_close(a);
	return ok;
}

static bool expire(const struct places *places, struct str name, struct arena *arena, uint64_t *io_gone, struct err *err)
{
	const struct database_upstream *u = upstream(places, name, arena, err);
	struct postgres_aside *a;
	uint64_t gone = 0;
	bool ok;

	if (!u || !aside_open(u, &a, err))
		return false;
	ok = keeping_expire(a, clock_now_us(), &gone, err);
	aside_close(a);
	*io_gone += gone;
	return ok;
}

bool undo_database_prune(const struct places *places, const struct keep_item *items, struct arena *arena, uint64_t *ret_gone,
			 struct err *err)
{
	uint64_t gone = 0;

	for (const struct keep_item *i = items; i; i = i->next) {
		const struct keep_item *before = items;

		while (before != i && !str_eq(before->upstream, i->upstream))
			before = before->next;
		if (i->upstream.len && before == i && !expire(places, i->upstream, arena, &gone, err))
			return false;
	}
	*ret_gone = gone;
	return true;
}
