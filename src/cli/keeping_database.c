#include "cli/keeping_database.h"

#include "base/clock.h"

struct filling {
	const struct database_keeping *what;
};

void keeping_database_name(const char *id, int64_t at_us, char ret[48])
{
	snprintf(ret, 48, "%.23s.%06llx", id, (unsigned long long)at_us & 0xffffff);
}

static bool fill(void *ctx, const char *id, int64_t at_us, const char *folder, struct keep_filled *ret, struct err *err)
{
	const struct filling *f = ctx;
	char name[48], dump[PLACES_MAX + 64];
	struct str says = STR_NONE;
	uint64_t bytes = 0;

	keeping_database_name(id, at_us, name);
	if ((size_t)snprintf(dump, sizeof(dump), "%s/" KEEPING_DATABASE_DUMP, folder) >= sizeof(dump))
		return err_set(err, ERR_LIMIT, "%s: path too long", folder);
	if (!f->what->fill(f->what->ctx, name, id, dump, &says, &bytes, err))
		return false;
	*ret = (struct keep_filled){ .says = says, .bytes = bytes };
	return true;
}

bool keeping_database(const struct places *places, const struct policy *policy, struct ledger *ledger, const struct database_keeping *what,
		      char ret_id[24], struct err *err)
{
	struct filling f = { what };
	struct keep_bounds bounds = keeping_bounds(policy);
	struct keep_elsewhere e = { .upstream = what->upstream->name, .command = what->command, .session = what->session->id,
				    .until_us = clock_now_us() + what->expires_s * CLOCK_SECOND, .fill = fill, .ctx = &f };
	struct keeping_words words = { .command = what->command, .session = what->session->id, .folder = what->upstream->name };
	struct keep *k;
	char id[24];
	bool ok;

	if (!keep_open(str_from(places->state), &bounds, &k, err))
		return false;
	ok = keep_elsewhere(k, &e, id, err) && keeping_taken(ledger, id, &words, err);
	keep_close(k);
	if (ok)
		memcpy(ret_id, id, sizeof(id));
	return ok;
}
