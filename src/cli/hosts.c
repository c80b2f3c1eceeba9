#include "cli/hosts.h"

#include "cli/notify.h"

static bool host_append(void *ctx, struct str kind, struct str body, uint64_t *ret_seq, struct err *err)
{
	return ledger_append(ctx, kind, body, ret_seq, err);
}

static bool host_lock(void *ctx, struct err *err)
{
	return ledger_lock(ctx, err);
}

static void host_unlock(void *ctx)
{
	ledger_unlock(ctx);
}

struct each {
	hold_each call;
	void *ctx;
};

static bool host_one(const struct ledger_entry *e, void *ctx)
{
	const struct each *each = ctx;
	struct hold_entry one = { .seq = e->seq, .time_us = e->time_us, .kind = e->kind, .body = e->body };

	return each->call(&one, each->ctx);
}

static bool host_walk(void *ctx, uint64_t after, hold_each call, void *each_ctx, struct err *err)
{
	struct each each = { .call = call, .ctx = each_ctx };

	return ledger_walk(ctx, after, host_one, &each, err);
}

/* What there is to say stands in the ledger already; somebody only has to read it out. */
static void host_page(void *ctx, struct str about, struct str text)
{
	(void)ctx;
	(void)about;
	(void)text;
	notify_kick(NULL);
}

struct hold_host hosts_hold(struct ledger *ledger, const struct places *places, const struct policy *policy)
{
	return (struct hold_host){
		.ctx = ledger,
		.append = host_append,
		.lock = host_lock,
		.unlock = host_unlock,
		.walk = host_walk,
		.page = host_page,
		.state_dir = places->state,
		.config_dir = places->config,
		.machine_signers = "/etc/pawl/allowed_signers",
		.policy = policy,
	};
}
