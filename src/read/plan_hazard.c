#include "read/plan_hazard.h"

#define NEXT_DELETE "until the delete that it would have stopped"

/* What an attribute is about, by a part of its name: the first row that fits. */
static const struct meaning {
	const char *part;
	const char *finding;
	const char *weaker; /* said of an update that weakens it */
	const char *loss;   /* said of a delete under which it holds */
	enum reversibility reversible;
	const char *window;
} meanings[] = {
	{ "skip_final", "protection.skip-final-snapshot", "a delete will take no final copy",
	  "no final copy is taken", REVERSIBLE_WINDOW, NEXT_DELETE },
	{ "final_snapshot", "protection.skip-final-snapshot", "a delete will take no final copy",
	  "no final copy is taken", REVERSIBLE_WINDOW, NEXT_DELETE },
	{ "final_backup", "protection.skip-final-snapshot", "a delete will take no final copy",
	  "no final copy is taken", REVERSIBLE_WINDOW, NEXT_DELETE },
	{ "create_snapshot_before", "protection.skip-final-snapshot", "a delete will take no final copy",
	  "no final copy is taken", REVERSIBLE_WINDOW, NEXT_DELETE },
	{ "delete_automated_backups", "protection.backups-dropped", "a delete will take the automated backups along",
	  "automated backups go with it", REVERSIBLE_WINDOW, NEXT_DELETE },
	{ "retain_backups", "protection.backups-dropped", "a delete will take the backups along",
	  "backups go with it", REVERSIBLE_WINDOW, NEXT_DELETE },
	{ "permanent", "protection.force-destroy", "a delete will be final at once",
	  "the delete is final at once", REVERSIBLE_WINDOW, NEXT_DELETE },
	{ "purge", "protection.force-destroy", "a delete will be final at once",
	  "the delete is final at once", REVERSIBLE_WINDOW, NEXT_DELETE },
	{ "skip_grace", "protection.force-destroy", "a delete will be final at once",
	  "the delete is final at once", REVERSIBLE_WINDOW, NEXT_DELETE },
	{ "versioning", "protection.versioning-suspended", "what is overwritten or deleted from now on is gone",
	  "no old versions are kept", REVERSIBLE_WINDOW, "until the first overwrite or delete" },
	{ "point_in_time", "protection.backup-off", "no point in time to go back to from now on",
	  "there is no point in time to go back to", REVERSIBLE_NO, "" },
	{ "backup_policy", "protection.backup-off", "no backups are made from now on",
	  "no backups are made", REVERSIBLE_WINDOW, "until the first loss after the last backup" },
	{ "backup_enabled", "protection.backup-off", "no such backups are made from now on",
	  "no such backups are made", REVERSIBLE_WINDOW, "until the first loss after the last backup" },
	{ "backup_retention_enabled", "protection.backup-off", "no backups are kept from now on",
	  "no backups are kept", REVERSIBLE_NO, "" },
	{ "backup.type", "protection.backup-off", "no continuous backup from now on",
	  "there is no continuous backup", REVERSIBLE_NO, "" },
	{ "state", "protection.backup-off", "it stops working from now on",
	  "it did not work", REVERSIBLE_WINDOW, "until the first loss after it stopped" },
	{ "expiration", "protection.expiry-rule", "it deletes data later, and no plan will show that",
	  "it deletes data later", REVERSIBLE_WINDOW, "until the rule first runs, within a day" },
	{ "delete_after", "protection.expiry-rule", "it deletes data later, and no plan will show that",
	  "it deletes data later", REVERSIBLE_WINDOW, "until the rule first runs, within a day" },
	{ "delete_objects", "protection.expiry-rule", "it deletes data later, and no plan will show that",
	  "it deletes data later", REVERSIBLE_WINDOW, "until the rule first runs, within a day" },
	{ "deleted_classes", "protection.expiry-rule", "the storage of these classes goes with the apply",
	  "the storage of deleted classes goes", REVERSIBLE_NO, "" },
	{ "force_", "protection.force-destroy", "a delete will take what is in it along",
	  "what is in it goes too", REVERSIBLE_WINDOW, NEXT_DELETE },
	{ "cascade", "protection.force-destroy", "a delete will take what is in it along",
	  "what is in it goes too", REVERSIBLE_WINDOW, NEXT_DELETE },
	{ "delete_contents", "protection.force-destroy", "a delete will take what is in it along",
	  "what is in it goes too", REVERSIBLE_WINDOW, NEXT_DELETE },
	{ "delete_on_termination", "protection.force-destroy", "its disks will go with it",
	  "its disks go with it", REVERSIBLE_WINDOW, NEXT_DELETE },
	{ "auto_delete", "protection.force-destroy", "its disk will go with it",
	  "its disk goes with it", REVERSIBLE_WINDOW, NEXT_DELETE },
	{ "delete_data", "protection.force-destroy", "a delete will take its data along",
	  "its data goes too", REVERSIBLE_WINDOW, NEXT_DELETE },
	{ "delete_os", "protection.force-destroy", "its disk will go with it",
	  "its disk goes with it", REVERSIBLE_WINDOW, NEXT_DELETE },
	{ "delete_options", "protection.force-destroy", "a delete will take its volumes and snapshots along",
	  "its volumes and snapshots go too", REVERSIBLE_WINDOW, NEXT_DELETE },
	{ "delete_volume_options", "protection.force-destroy", "a delete will take its volumes and snapshots along",
	  "its volumes and snapshots go too", REVERSIBLE_WINDOW, NEXT_DELETE },
	{ "delete_descendants", "protection.force-destroy", "a delete will take its descendants along",
	  "its descendants go too", REVERSIBLE_WINDOW, NEXT_DELETE },
	{ "associated_resources", "protection.force-destroy", "a delete will take what belongs to it along",
	  "what belongs to it goes too", REVERSIBLE_WINDOW, NEXT_DELETE },
	{ "home_efs", "protection.force-destroy", "a delete will take the home folders along",
	  "the home folders go too", REVERSIBLE_WINDOW, NEXT_DELETE },
	{ "_window_", "protection.window-lowered", "less time to take a delete back",
	  "little or no time to take it back", REVERSIBLE_WINDOW, NEXT_DELETE },
	{ "deletion_time", "protection.window-lowered", "less time to take a delete back",
	  "little or no time to take it back", REVERSIBLE_WINDOW, NEXT_DELETE },
	{ "scheduled_duration", "protection.window-lowered", "less time to take a delete back",
	  "little or no time to take it back", REVERSIBLE_WINDOW, NEXT_DELETE },
	{ "retention", "protection.retention-lowered", "what is older than that goes",
	  "nothing is kept", REVERSIBLE_NO, "" },
};

static const struct meaning otherwise = {
	"", "protection.deletion-off", "nothing stops a delete from now on", "nothing stopped a delete",
	REVERSIBLE_WINDOW, NEXT_DELETE,
};

static const struct meaning *meaning_of(struct str attribute)
{
	for (size_t i = 0; i < ARRAY_LEN(meanings); i++) {
		if (str_find(attribute, str_from(meanings[i].part)) != SIZE_MAX)
			return &meanings[i];
	}
	return &otherwise;
}

/* --- weaker than before? --- */

static enum plan_truth lowered(const struct plan_resource *res, struct str attribute)
{
	uint64_t before, after;

	if (!plan_value_number(&res->before, attribute, &before))
		return PLAN_NO;
	if (plan_value_holds(&res->after, attribute, STR("set")) == PLAN_UNKNOWN)
		return PLAN_UNKNOWN;
	return plan_value_number(&res->after, attribute, &after) && after < before ? PLAN_YES : PLAN_NO;
}

static enum plan_truth hazard_came(const struct plan_resource *res, const struct terraform_hazard *h)
{
	enum plan_truth after;

	if (str_is(h->value, "lowered"))
		return lowered(res, h->attribute);
	if (str_is(h->value, "any") && lowered(res, h->attribute) != PLAN_NO)
		return lowered(res, h->attribute);
	if (plan_value_holds(&res->before, h->attribute, h->value) == PLAN_YES)
		return PLAN_NO;
	after = plan_value_holds(&res->after, h->attribute, h->value);
	/* Unknown after apply counts only where there was something to lose. */
	if (after == PLAN_UNKNOWN && plan_value_holds(&res->before, h->attribute, STR("set")) == PLAN_NO &&
	    !str_is(h->value, "true"))
		return PLAN_NO;
	return after;
}

static enum plan_truth protection_went(const struct plan_resource *res)
{
	const struct terraform_type *row = res->row;
	uint64_t n;
	enum plan_truth after;

	if (row->protection_attribute.len == 0)
		return PLAN_NO;
	if (str_to_u64(row->safe_value, &n))
		return lowered(res, row->protection_attribute);
	if (plan_value_holds(&res->before, row->protection_attribute, row->safe_value) != PLAN_YES)
		return PLAN_NO;
	after = plan_value_holds(&res->after, row->protection_attribute, row->safe_value);
	if (after == PLAN_UNKNOWN)
		return PLAN_UNKNOWN;
	return after == PLAN_YES ? PLAN_NO : PLAN_YES;
}

static void add_weaker(struct plan_work *w, const struct plan_resource *res, struct str attribute, enum plan_truth how)
{
	const struct meaning *m = meaning_of(attribute);
	struct change *c = plan_work_add(w, res, CHANGE_WEAKEN_PROTECTION);
	struct str before = plan_say_cut(plan_value_shown(&res->before, attribute), 80);
	struct str after = plan_say_cut(plan_value_shown(&res->after, attribute), 80);
	struct plan_say say = { .len = 0 };
	uint64_t left = 1;
	bool zero;

	if (!c)
		return;
	zero = plan_value_number(&res->after, attribute, &left) && left == 0 &&
	       str_is(str_from(m->finding), "protection.retention-lowered");
	plan_say(&say, "%.*s goes from %.*s to %.*s: ", STR_ARG(attribute), STR_ARG(before), STR_ARG(after));
	if (zero)
		plan_say(&say, "the backups or data kept until now go at once, and none are kept from now on");
	else
		plan_say(&say, "%s", m->weaker);
	if (how == PLAN_UNKNOWN)
		plan_say_clause(&say, "the plan does not know the new value, so it counts as weakened");
	c->finding = str_from(zero ? "protection.retention-zero" : m->finding);
	c->reason = plan_say_keep(&say, w->arena);
	c->reversible = m->reversible;
	c->window = str_from(m->window);
	if (res->row->protects.len || str_is(c->finding, "protection.expiry-rule"))
		c->holds_data = HOLDS_DATA_YES; /* it is other things' data that is at stake */
	c->safer = STR("leave the protection on in this change; take it off in one of its own, once a restored backup is at hand");
}

static bool told_before(const struct terraform_type *row, size_t i, uint64_t told, struct str attribute)
{
	for (size_t j = 0; j < i; j++) {
		if ((told & (UINT64_C(1) << j)) && str_eq(row->hazards[j].attribute, attribute))
			return true;
	}
	return false;
}

void plan_hazard_update(struct plan_work *w, const struct plan_resource *res)
{
	const struct terraform_type *row = res->row;
	uint64_t told = 0;
	enum plan_truth how;
	size_t n;

	if (!row)
		return;
	n = row->n_hazards < 64 ? row->n_hazards : 64;
	for (size_t i = 0; i < n; i++) {
		how = hazard_came(res, &row->hazards[i]);
		if (how == PLAN_NO || told_before(row, i, told, row->hazards[i].attribute))
			continue;
		told |= UINT64_C(1) << i;
		add_weaker(w, res, row->hazards[i].attribute, how);
	}
	how = protection_went(res);
	if (how != PLAN_NO && !told_before(row, n, told, row->protection_attribute))
		add_weaker(w, res, row->protection_attribute, how);
}

void plan_hazard_create(struct plan_work *w, const struct plan_resource *res)
{
	const struct terraform_type *row = res->row;

	if (!row)
		return;
	for (size_t i = 0; i < row->n_hazards; i++) {
		const struct terraform_hazard *h = &row->hazards[i];
		bool matters = str_is(h->value, "any") || (row->protects.len && !str_is(h->value, "lowered"));

		if (matters && plan_value_holds(&res->after, h->attribute, h->value) == PLAN_YES)
			add_weaker(w, res, h->attribute, PLAN_YES);
	}
}

/* --- what a loss takes --- */

/* Days of backups that the service keeps by itself: 0 none, UINT64_MAX some. */
static uint64_t automated_days(const struct plan_resource *res)
{
	uint64_t days = 0;

	if (!res->row || res->row->automated_backups.len == 0)
		return 0;
	if (plan_value_number(&res->before, res->row->automated_backups, &days))
		return days;
	return plan_value_holds(&res->before, res->row->automated_backups, STR("true")) == PLAN_YES ? UINT64_MAX : 0;
}

static bool automated_kept(const struct plan_resource *res)
{
	return res->row && res->row->kept_if.len &&
	       plan_value_says(&res->before, res->row->kept_if, res->row->kept_value) == PLAN_YES;
}

static struct str automated_words(struct plan_work *w, uint64_t days)
{
	if (days == UINT64_MAX)
		return STR("automated backups");
	return arena_fmt(w->arena, "automated backups (%llu day%s)", (unsigned long long)days, days == 1 ? "" : "s");
}

static void loss_window(const struct plan_resource *res, struct change *c)
{
	const struct terraform_type *row = res->row;

	c->reversible = row->recoverable;
	c->window = row->window;
	if (row->recoverable != REVERSIBLE_WINDOW || row->recoverable_if.len == 0)
		return;
	if ((plan_value_says(&res->before, row->recoverable_if, row->recoverable_value) == PLAN_YES) !=
	    row->recoverable_not_equal)
		return;
	c->reversible = REVERSIBLE_NO;
	c->window = STR_NONE;
}

static void say_hazards(const struct plan_resource *res, struct plan_say *say)
{
	const struct terraform_type *row = res->row;

	for (size_t i = 0; i < row->n_hazards; i++) {
		const struct terraform_hazard *h = &row->hazards[i];

		const struct meaning *m = meaning_of(h->attribute);

		if (str_is(h->value, "lowered") || str_is(h->value, "any") || m == &otherwise ||
		    str_starts(h->attribute, STR("features.")) ||
		    plan_value_holds(&res->before, h->attribute, h->value) != PLAN_YES)
			continue;
		plan_say_clause(say, "%s (%.*s is %.*s)", m->loss, STR_ARG(h->attribute),
				STR_ARG(h->value));
	}
	if (row->protection_attribute.len && meaning_of(row->protection_attribute) == &otherwise &&
	    plan_value_holds(&res->before, row->protection_attribute, row->safe_value) == PLAN_YES)
		plan_say_clause(say, "%.*s is %.*s: the service or the provider should refuse, but do not count on it",
				STR_ARG(row->protection_attribute), STR_ARG(row->safe_value));
}

void plan_hazard_loss(struct plan_work *w, const struct plan_resource *res, struct change *c, struct plan_say *say)
{
	uint64_t days = automated_days(res);

	if (!res->row) {
		c->reversible = REVERSIBLE_NO;
		plan_say_clause(say, "nothing is known of this type, so it counts as holding data that nobody can bring back");
		return;
	}
	loss_window(res, c);
	if (res->row->holds_data == HOLDS_DATA_YES || res->row->recoverable != REVERSIBLE_YES)
		plan_say_clause(say, "%.*s", STR_ARG(res->row->note));
	say_hazards(res, say);
	if (days == 0)
		return;
	if (!automated_kept(res)) {
		change_dies_with(c, w->arena, automated_words(w, days));
		return;
	}
	plan_say_clause(say, "automated backups outlive it");
	if (c->reversible == REVERSIBLE_NO) {
		c->reversible = REVERSIBLE_WINDOW;
		c->window = arena_fmt(w->arena, "from the automated backups that are kept, for up to %llu days",
				      (unsigned long long)(days == UINT64_MAX ? 0 : days));
		if (days == UINT64_MAX)
			c->window = STR("from the automated backups that are kept, for as long as the service keeps them");
	}
}

void plan_hazard_beside(struct plan_work *w, const struct plan_resource *res)
{
	uint64_t days = automated_days(res);
	struct change *c;

	if (days > 0 && !automated_kept(res)) {
		struct str what = automated_words(w, days);

		c = plan_work_add(w, res, CHANGE_DESTROY_BACKUP);
		if (!c)
			return;
		c->finding = STR("backup.automated");
		c->reversible = REVERSIBLE_NO;
		c->holds_data = HOLDS_DATA_YES;
		c->reason = arena_join(w->arena, what, STR(" go with what they are backups of"));
		c->safer = STR("take a snapshot outside this configuration and restore it in a drill first");
	}
	if (!res->row || res->row->protects.len == 0)
		return;
	c = plan_work_add(w, res, CHANGE_WEAKEN_PROTECTION);
	if (!c)
		return;
	c->finding = res->row->protects;
	c->holds_data = HOLDS_DATA_YES;
	c->reversible = REVERSIBLE_WINDOW;
	c->window = STR("until the first loss that it would have stopped");
	c->reason = arena_join(w->arena, STR("it is itself a protection: "), res->row->note);
}

/* --- prevent_destroy --- */

/* Compare an address with its instance keys left out: a[0].b["x"] as a.b. */
static int cmp_bare(struct str address, struct str bare)
{
	size_t j = 0;

	for (size_t i = 0; i < address.len; i++) {
		if (address.ptr[i] == '[') {
			bool quoted = false;

			for (i++; i < address.len && (quoted || address.ptr[i] != ']'); i++) {
				if (quoted && address.ptr[i] == '\\')
					i++;
				else if (address.ptr[i] == '"')
					quoted = !quoted;
			}
			continue;
		}
		if (j == bare.len)
			return 1;
		if (address.ptr[i] != bare.ptr[j])
			return (unsigned char)address.ptr[i] < (unsigned char)bare.ptr[j] ? -1 : 1;
		j++;
	}
	return j < bare.len ? -1 : 0;
}

static bool set_has(const struct str_set *set, struct str address)
{
	for (unsigned bare = 0; bare < 2; bare++) {
		size_t lo = 0, hi = set->n;

		while (lo < hi) {
			size_t mid = lo + (hi - lo) / 2;
			int d = bare ? cmp_bare(address, set->item[mid]) : str_cmp(address, set->item[mid]);

			if (d == 0)
				return true;
			if (d < 0)
				hi = mid;
			else
				lo = mid + 1;
		}
	}
	return false;
}

void plan_hazard_pinned(struct plan_work *w, const struct plan_resource *res)
{
	const struct str_set *was = w->opts.pinned_prevent_destroy, *is = w->opts.config_prevent_destroy;
	struct change *c;

	if (!was || !is || (res->row && res->row->holds_data == HOLDS_DATA_NO))
		return;
	if (!set_has(was, res->address) || set_has(is, res->address))
		return;
	c = plan_work_add(w, res, CHANGE_WEAKEN_PROTECTION);
	if (!c)
		return;
	c->finding = STR("protection.prevent-destroy-gone");
	c->reversible = REVERSIBLE_WINDOW;
	c->window = STR(NEXT_DELETE);
	c->reason = STR("the configuration protected it with prevent_destroy when it was pinned, and no longer does, "
			"while it holds data");
	c->safer = STR("put lifecycle { prevent_destroy = true } back");
}
