/* backup.yaml, `wal` of a target: its WAL between backups. */
#include "recovery/config_inner.h"
#include "recovery/wal.h"

static bool take_every(struct policy_file *f, const struct doc *v, void *target)
{
	struct config_target *t = target;

	return policy_duration(f, v, &t->wal_s) && (t->wal_s > 0 || policy_fail(f, v, "'every' is at least a second"));
}

static bool take_slot(struct policy_file *f, const struct doc *v, void *target)
{
	struct config_target *t = target;

	return config_text(f, v, &t->wal_slot) &&
	       (wal_slot_good(t->wal_slot) ||
		policy_fail(f, v, "'slot' wants lower-case letters, digits and _, at most %d", WAL_SLOT_MAX));
}

bool config_take_wal(struct policy_file *f, const struct doc *v, struct config_target *t)
{
	static const struct policy_key keys[] = { { "every", take_every }, { "slot", take_slot }, { NULL, NULL } };

	t->wal_s = CONFIG_WAL_S;
	if (v->type == DOC_TEXT && (str_is(v->text, "true") || str_is(v->text, "yes") || str_is(v->text, "on")))
		return policy_fail(f, v, "'wal' wants how often its WAL is kept: wal: 5m, or wal: {every: 5m, slot: NAME}");
	return v->type == DOC_MAP ? policy_map(f, v, keys, t) : take_every(f, v, t);
}

bool config_wal_fits(struct policy_file *f, const struct doc *d, const struct config_target *t)
{
	if (str_ends(t->name, STR(WAL_ENDING)))
		return policy_fail(f, doc_get(d, "name"), "a name that ends in " WAL_ENDING " is that of a target's WAL");
	if (!t->wal_s)
		return true;
	if (t->kind != BACKUP_POSTGRES_PHYSICAL)
		return policy_fail(f, doc_get(d, "wal"), "'wal' goes on from physical backups: say 'physical: true'");
	return t->name.len <= 60 || policy_fail(f, doc_get(d, "name"), "the name of a target with 'wal' has at most 60 bytes");
}
