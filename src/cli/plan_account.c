#include "cli/plan_account.h"

#include "cli/live.h"

#define ACCOUNT_SECONDS 10

struct plan_account plan_account(const struct planfile *file, struct arena *arena)
{
	struct plan_account a = { .needed = str_find(file->lock_file, STR("/hashicorp/aws\"")) != SIZE_MAX };
	struct live_report r = { 0 };
	struct err err = { 0 };

	if (!a.needed)
		return a;
	if (!live_ask(NULL, ACCOUNT_SECONDS, arena, &r, &err))
		a.why = arena_str(arena, str_from(err.msg));
	else if (!r.known)
		a.why = r.why;
	a.account = r.account;
	a.region = r.region;
	return a;
}
