#include "hold/hold.h"

#include "hold/keygen.h"

static enum enforcement_level level_of(const struct signer *s, char *ret_where, size_t size)
{
	if (str_starts(s->key.type, STR("sk-")))
		return ENFORCEMENT_HARDWARE;
	return keygen_reachable(&s->key, ret_where, size) ? ENFORCEMENT_SAME_UID : ENFORCEMENT_OTHER_UID;
}

enum enforcement_level hold_level(const struct hold_host *h, struct arena *arena, char *ret_where, size_t size)
{
	enum enforcement_level least = ENFORCEMENT_UNKNOWN;
	struct signer *list;

	snprintf(ret_where, size, "nobody may approve yet; see pawl approvers");
	if (!h->policy || !signer_list(h, arena, &list, NULL))
		return ENFORCEMENT_UNKNOWN;
	for (const struct signer *s = list; s; s = s->next) {
		char where[300] = "";
		enum enforcement_level level = level_of(s, where, sizeof(where));

		if (least != ENFORCEMENT_UNKNOWN && level >= least)
			continue;
		least = level;
		if (level == ENFORCEMENT_SAME_UID)
			snprintf(ret_where, size, "the key of %.*s is within reach: %s", STR_ARG(str_sub(s->name, 0, 60)), where);
		else
			snprintf(ret_where, size, "%s", level == ENFORCEMENT_HARDWARE ? "every key wants a touch"
										     : "no private key within this user's reach");
	}
	return least;
}
