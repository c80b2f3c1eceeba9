/* What dies with what: the same request, the same account, the same Terraform state. */
#include "base/timestamp.h"
#include "recovery/known_inner.h"

static bool among(const struct manifest_word *list, struct str text)
{
	while (list && !str_eq(list->text, text))
		list = list->next;
	return list != NULL;
}

static bool lies_in(const struct known_vault *v, const struct request_bucket *b)
{
	return among(v->buckets, b->name);
}

void known_sift(const struct weighing *w)
{
	for (struct request_bucket **at = &w->ask->request->buckets; *at;) {
		const struct name *n = known_find(&w->names, (*at)->address);
		const struct known_vault *v = n && n->change->kind == CHANGE_FORGET ? NULL : w->k->vaults;

		while (v && !lies_in(v, *at))
			v = v->next;
		if (v)
			at = &(*at)->next;
		else
			*at = (*at)->next;
	}
}

const struct request_bucket *known_bucket(const struct weighing *w, const struct known_vault *v)
{
	const struct request_bucket *b = v ? w->ask->request->buckets : NULL;

	while (b && !lies_in(v, b))
		b = b->next;
	return b;
}

/* What is called as its bucket is need not be a bucket: a table, a policy. A path, an ARN or a repository says by itself what it is. */
static bool is_called(const struct known_vault *v, const struct change *c, struct str name)
{
	bool bucket = str_is(c->type, "aws_s3_bucket") || str_is(c->type, "aws_s3_directory_bucket") || str_is(c->type, "awscc_s3_bucket");
	const char *of = str_is(c->type, "google_storage_bucket") ? "gs:" : str_is(c->type, "b2_bucket") ? "b2:" : NULL;

	if (!name.len)
		return false;
	for (const struct manifest_word *w = v->buckets; w; w = w->next) {
		if (bucket ? str_eq(w->text, name) : of && str_starts(w->text, str_from(of)) && str_eq(str_sub(w->text, 3, SIZE_MAX), name))
			return true;
	}
	if (!str_is(c->type, "bucket") && !str_is(c->type, "protection") && str_find_char(name, '/') == SIZE_MAX &&
	    str_find_char(name, ':') == SIZE_MAX)
		return false;
	return among(v->is, name);
}

bool known_goes(const struct weighing *w, const struct known_vault *v)
{
	if (!v)
		return false;
	CHANGE_EACH(c, &w->ask->request->changes) {
		if (change_is_destructive(c) && (is_called(v, c, c->title) || is_called(v, c, c->name) || is_called(v, c, c->identity)))
			return true;
	}
	return false;
}

static bool same_account(const struct weighing *w, const struct believed *b, const struct change *c, struct str *ret)
{
	struct str theirs = b->point.vault_account.len ? b->point.vault_account : b->vault ? b->vault->account : STR_NONE;

	*ret = c->account.len ? c->account : w->ask->request->place.account;
	return ret->len && str_eq(*ret, theirs);
}

/* One more reason behind those that there are. */
static void say(struct arena *a, struct recovery_point *p, struct str why)
{
	p->same_blast_radius = true;
	p->radius_why = p->radius_why.len ? arena_fmt(a, "%.*s; %.*s", STR_ARG(p->radius_why), STR_ARG(why)) : why;
}

/* Whoever runs Terraform on that state, and what a destroy of it takes, reaches the bucket too. */
static void same_state(const struct weighing *w, const struct believed *b, bool account, struct recovery_point *p)
{
	struct str state = w->ask->request->binding.backend, address = b->bucket->address;

	say(w->arena, p,
	    arena_fmt(w->arena, "the Terraform state of what goes%s%.*s%s also manages the bucket of its vault, %.*s: %.*s",
		      state.len ? " (" : "", STR_ARG(state), state.len ? ")" : "", STR_ARG(b->vault->name), STR_ARG(address)));
	p->radius_helps = account ? STR("a vault in another account, in a bucket of another Terraform state")
				  : arena_fmt(w->arena,
					      "a state of its own for the vault's bucket: here a `removed` block for %.*s with "
					      "`destroy = false`, there an `import` block; better, a vault in another account",
					      STR_ARG(address));
}

/* A lock keeps what lies in a bucket for its time, and nothing else of the vault. */
static void say_lock(const struct weighing *w, const struct believed *b, struct recovery_point *p)
{
	int64_t taken_us = b->point.verified.taken_us;
	char until[TIMESTAMP_LEN + 1];

	if (!b->vault || b->vault->directory.len || !b->vault->lock_s || taken_us <= 0 || taken_us > w->ask->now_us)
		return;
	timestamp_text(taken_us + b->vault->lock_s * 1000000, until);
	say(w->arena, p, arena_fmt(w->arena, "the lock that backup.yaml asks for (until %s) is not counted", until));
}

/* As far as it can be told: not on this machine, in another account where both are known, in no bucket of the state. */
static bool is_apart(const struct weighing *w, const struct known_vault *v, struct str account)
{
	return !v->directory.len && !(account.len && str_eq(account, v->account)) && !known_bucket(w, v) && !known_goes(w, v);
}

/* A copy that no drill restored is no proof; where one of the target's other vaults is apart, drills had better read that. */
static void say_other(const struct weighing *w, const struct believed *b, struct str account, struct recovery_point *p)
{
	const struct known_vault *v, *apart = NULL;

	if (!b->vault || b->point.kind == BACKUP_RDS || b->point.kind == BACKUP_PGBACKREST)
		return;
	for (v = b->target ? w->k->vaults : NULL; v; v = v->next) {
		if (v != b->vault && among(b->target->vaults, v->name) && is_apart(w, v, account))
			apart = v;
	}
	if (!apart)
		return;
	p->radius_helps =
		arena_fmt(w->arena,
			  "the copies in vault %.*s lie apart, but no drill reads them: name it first in `vault` of %.*s, and drill "
			  "it%s%.*s",
			  STR_ARG(apart->name), STR_ARG(b->target->name), p->radius_helps.len ? "; or " : "", STR_ARG(p->radius_helps));
}

void known_radius(const struct weighing *w, const struct believed *b, const struct change *c, struct recovery_point *p)
{
	struct str account;
	bool same = same_account(w, b, c, &account);

	if (b->goes) {
		say(w->arena, p, arena_fmt(w->arena, "this very request takes its vault, %.*s, away", STR_ARG(b->vault->name)));
		p->radius_helps = STR("a vault that this request leaves alone");
	} else if (same) {
		say(w->arena, p, arena_fmt(w->arena, "its vault lies in account %.*s, as what goes", STR_ARG(account)));
		p->radius_helps = STR("a vault in another account");
	}
	if (!b->goes && b->bucket)
		same_state(w, b, same, p);
	if (p->same_blast_radius) {
		say_lock(w, b, p);
		say_other(w, b, account, p);
	}
}
