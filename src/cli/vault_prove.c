/* pawl vault prove: as root (or as the one user of both), a child becomes the agent; then the vault's user signs what was found. */
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/timestamp.h"
#include "cli/backups.h"
#include "cli/commands.h"
#include "cli/vault_runs.h"
#include "core/card.h"
#include "recovery/prove.h"

#define ARENA_SIZE ((size_t)64 << 20)
#define OUT_MAX ((size_t)1 << 20)

struct proof {
	const struct config_vault *vault;
	struct prove_done done;
	const char *unproven; /* why nothing was tried; NULL: it was */
	unsigned said;	      /* targets whose statement has it now */
	int64_t earlier_us;   /* when what stands in a statement in its place was found; 0: nothing does */
	struct proof *next;
};

struct proving {
	struct cli *c;
	struct places places;
	struct arena arena;
	struct backup_config config;
	char path[PLACES_MAX], key[PLACES_MAX + 32], points[PLACES_MAX + 32], state[PLACES_MAX];
	const char **runs;
	struct prove_agent agent;
	bool named; /* somebody said that this is the agent */
	struct proof *proofs, **end;
};

/* Who keeps the vault can harm it: that says something of the agent only where somebody said that he is the agent. */
static bool is_counted(const struct proving *p, const struct proof *proof)
{
	return !proof->done.same_uid || p->named;
}

/* --as, --process, whoever called sudo, or this user itself. */
static bool find_agent(struct proving *p, struct err *err)
{
	const char *as = cli_value(p->c, "as"), *process = cli_value(p->c, "process"),
		   *sudo = getenv("SUDO_USER");
	const struct passwd *me = getpwuid(geteuid());
	uint64_t pid;

	p->named = as || process;
	if (process && (!str_to_u64(str_from(process), &pid) || !pid || pid > INT32_MAX))
		return err_set(err, ERR_INPUT,
			       "--process wants the number of a process of the agent's");
	if (process)
		return prove_agent_process((pid_t)pid, &p->arena, &p->agent, err);
	if (!as && geteuid() == 0)
		as = sudo && strcmp(sudo, "root") != 0 ? sudo : NULL;
	else if (!as)
		as = me ? me->pw_name : NULL;
	if (!as)
		return err_set(
			err, ERR_INPUT,
			"as whom does the agent run? --as USER, or --process PID of one that runs");
	return prove_agent_user(as, &p->arena, &p->agent, err);
}

static bool load(struct proving *p, struct err *err)
{
	bool there;

	if (!places_find(NULL, &p->places, err) || !backups_path(&p->places, p->path, &there, err))
		return false;
	if (!there)
		return err_set(err, ERR_STATE,
			       "there is no vault yet: `sudo pawl vault init` makes one of a user of its own, `pawl backup init` one "
			       "of this user's (it writes %s)",
			       p->path);
	if (!config_load(p->path, &p->arena, &p->config, err))
		return false;
	if (p->config.state.len)
		snprintf(p->state, sizeof(p->state), "%.*s", STR_ARG(p->config.state));
	else
		snprintf(p->state, sizeof(p->state), "%s", p->places.state);
	snprintf(p->key, sizeof(p->key), "%s/recovery/key.pem", p->state);
	if (p->config.points.len)
		snprintf(p->points, sizeof(p->points), "%.*s", STR_ARG(p->config.points));
	else
		snprintf(p->points, sizeof(p->points), "%s/recovery/points", p->state);
	return vault_runs(&p->config, &p->arena, &p->runs, err);
}

/* ${all}: a vault that nobody can prove is told, and keeps the others from nothing. */
static bool prove_one(struct proving *p, const struct config_vault *v, bool all, struct err *err)
{
	struct proof *one = ARENA_NEW(&p->arena, struct proof);
	struct prove_ask ask = { .place = &v->place,
				 .agent = &p->agent,
				 .config = p->path,
				 .key = p->key,
				 .points = p->points,
				 .state = p->state,
				 .runs = p->runs };

	if (!one)
		return err_set(err, ERR_LIMIT, "no memory");
	one->vault = v;
	if (!prove_run(&ask, &p->arena, &one->done, err)) {
		(void)err_prefix(err, "vault %.*s could not be proven", STR_ARG(v->place.name));
		one->unproven = arena_str(&p->arena, str_from(err->msg)).ptr;
		if (!all || !one->unproven)
			return false;
		*err = (struct err){ 0 };
	}
	*p->end = one;
	p->end = &one->next;
	return true;
}

static bool prove_all(struct proving *p, struct err *err)
{
	bool good = true;

	for (int i = 0; good && i < p->c->n_args; i++) {
		const struct config_vault *v =
			config_vault_find(&p->config, str_from(p->c->args[i]));

		good = v ? prove_one(p, v, false, err)
			 : err_set(err, ERR_INPUT, "no vault is called '%s' in %s", p->c->args[i],
				   p->path);
	}
	for (const struct config_vault *v = p->config.vaults; good && !p->c->n_args && v;
	     v = v->next)
		good = prove_one(p, v, true, err);
	for (const struct proof *one = p->proofs; good && one; one = one->next) {
		if (!one->unproven)
			return true;
	}
	return good && (!p->proofs || err_set(err, ERR_TOOL, "%s", p->proofs->unproven));
}

/* --- what is signed and written down --- */

static bool say(const struct proving *p, struct backups *b, struct proof *proof, struct err *err)
{
	struct point_proof found;

	prove_point(&proof->done, &b->arena, &found);
	for (const struct config_target *t = b->config.targets; t; t = t->next) {
		struct point point;
		auto_fd held = -1;
		bool there;

		if (!str_eq(t->vaults[0]->place.name, proof->vault->place.name))
			continue;
		if (t->kind == BACKUP_PGBACKREST) /* its bytes lie elsewhere */
			continue;
		if (!points_hold(&b->points, t->name, &held, err))
			return false;
		if (!points_load(&b->points, t->name, &b->arena, &point, &there, err))
			return false;
		/* Of what has no backup yet nothing is said. */
		if (!there)
			continue;
		if (!is_counted(p, proof)) {
			proof->earlier_us = point.proof.at_us > proof->earlier_us ? point.proof.at_us : proof->earlier_us;
			continue;
		}
		point.proof = found;
		if (!points_say(&b->points, &point, &b->arena, err))
			return false;
		proof->said++;
	}
	return true;
}

static const char *word(enum prove_result r)
{
	return r == PROVE_HELD ? "held" : r == PROVE_IMPOSSIBLE ? "impossible" : "worked";
}

static void put_ways(struct json_out *o, const struct prove_done *d, bool all)
{
	json_out_key(o, "ways");
	json_out_open(o, '[');
	for (const struct prove_try *t = d->tries; t; t = t->next) {
		if (!all && t->result != PROVE_WORKED)
			continue;
		json_out_open(o, '{');
		json_out_kv(o, "way", t->way);
		json_out_kv(o, "result", str_from(word(t->result)));
		json_out_kv(o, "detail", t->detail);
		if (all) {
			json_out_kv(o, "how", t->how);
			json_out_kv(o, "means", t->means);
		}
		json_out_close(o, '}');
	}
	json_out_close(o, ']');
}

static void put_proof(struct json_out *o, const struct proving *p, const struct proof *proof,
		      bool all)
{
	const struct prove_done *d = &proof->done;
	const struct {
		const char *name;
		uint64_t value;
	} counts[] = { { "uid", p->agent.uid },	   { "tried", d->tried },
		       { "worked", d->worked },	   { "impossible", d->impossible },
		       { "targets", proof->said }, { "took_ms", (uint64_t)d->took_us / 1000 } };

	json_out_open(o, '{');
	json_out_kv(o, "vault", proof->vault->place.name);
	if (proof->unproven) {
		json_out_kv(o, "unproven", str_from(proof->unproven));
		json_out_close(o, '}');
		return;
	}
	json_out_kv(o, "agent", str_from(p->agent.user));
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		json_out_key(o, counts[i].name);
		json_out_u64(o, counts[i].value);
	}
	json_out_key(o, "same_uid");
	json_out_bool(o, d->same_uid);
	json_out_kv_bool(o, "counts", is_counted(p, proof));
	put_ways(o, d, all);
	json_out_key(o, "notes");
	json_out_open(o, '[');
	for (const struct prove_note *n = d->notes; n; n = n->next)
		json_out_str(o, n->text);
	json_out_close(o, ']');
	json_out_close(o, '}');
}

static bool record(struct proving *p, struct err *err)
{
	struct backups b;
	bool good = backups_open(&b, true, err);

	for (struct proof *one = p->proofs; good && one; one = one->next) {
		auto_buf body = BUF_MAX(OUT_MAX);
		struct json_out o = { .buf = &body };

		if (one->unproven)
			continue;
		good = say(p, &b, one, err);
		put_proof(&o, p, one, false);
		good = good && backups_record(&b, "vault.proved", &body, err);
	}
	backups_close(&b);
	return good || err_prefix(err, "what is written down nowhere is no proof");
}

/* --- and shown --- */

static void put_uncounted(const struct proving *p, const struct proof *proof, struct buf *b)
{
	char at[TIMESTAMP_LEN + 1];

	buf_addf(b,
		 "%.*s: NOT TRIED AS AN AGENT: nobody said as whom the agent runs, so %s tried, who keeps this vault. %u of %u ways to "
		 "harm a backup worked, as they do for its keeper.\n",
		 STR_ARG(proof->vault->place.name), p->agent.user, proof->done.worked, proof->done.tried);
	timestamp_text(proof->earlier_us, at);
	if (proof->earlier_us)
		buf_addf(b, "  It proves nothing and disproves nothing: what was found at %s stands.\n", at);
	else
		buf_adds(b, "  It proves nothing and disproves nothing, and no statement says it.\n");
	buf_addf(b,
		 "  If the agent is another user: `sudo pawl vault prove --as USER`. If it runs as %s, there is NO BOUNDARY: `sudo pawl "
		 "vault init` makes a user for the vault.\n",
		 p->agent.user);
}

static void put_text(const struct proving *p, const struct proof *proof, struct buf *b)
{
	const struct prove_done *d = &proof->done;
	bool bad = d->worked || d->same_uid, colour = p->c->colour;

	if (proof->unproven) {
		card_escape(str_from(proof->unproven), b);
		buf_adds(b, ". Nothing is recorded of it.\n");
		return;
	}
	if (!is_counted(p, proof)) {
		put_uncounted(p, proof, b);
		return;
	}
	buf_addf(b, "%.*s: %s%u of %u ways to harm a backup worked%s, tried as %s (uid %u)",
		 STR_ARG(proof->vault->place.name),
		 !colour ? ""
		 : bad	 ? "\033[1;31m"
			 : "\033[32m",
		 d->worked, d->tried, colour ? "\033[0m" : "", p->agent.user,
		 (unsigned)p->agent.uid);
	if (d->impossible)
		buf_addf(b, "; %u there is nothing here to try with", d->impossible);
	buf_adds(b, ".\n");
	if (d->same_uid)
		buf_adds(b, "  NO BOUNDARY: the agent is the vault's own user, or root. `sudo pawl "
			    "vault init` makes a user for the vault.\n");
	for (const struct prove_try *t = d->tries; t; t = t->next) {
		if (t->result != PROVE_WORKED)
			continue;
		buf_addf(b, "  worked: %.*s (%.*s): %.*s", STR_ARG(t->way), STR_ARG(t->how),
			 STR_ARG(t->means));
		if (t->detail.len) {
			buf_adds(b, ". ");
			card_escape(t->detail, b);
		}
		buf_addc(b, '\n');
	}
	for (const struct prove_note *n = d->notes; n; n = n->next) {
		buf_adds(b, "  note: ");
		card_escape(n->text, b);
		buf_addc(b, '\n');
	}
	if (!proof->said)
		buf_adds(b, "  No target has a backup there yet, so no statement says it.\n");
}

static int show(const struct proving *p)
{
	auto_buf b = BUF_MAX(OUT_MAX);
	struct json_out o = { .buf = &b };
	int status = EXIT_ALLOW;

	if (p->c->json)
		json_out_open(&o, '{'), json_out_key(&o, "proofs"), json_out_open(&o, '[');
	for (const struct proof *one = p->proofs; one; one = one->next) {
		if (p->c->json)
			put_proof(&o, p, one, true);
		else
			put_text(p, one, &b);
		if (one->done.worked || one->done.same_uid)
			status = EXIT_HOLD;
		else if (one->unproven && status == EXIT_ALLOW)
			status = EXIT_ERROR;
	}
	if (p->c->json)
		json_out_close(&o, ']'), json_out_close(&o, '}'), buf_addc(&b, '\n');
	return cli_print(&b) ? status : EXIT_ERROR;
}

int cmd_vault_prove(struct cli *c)
{
	struct proving p = { .c = c };
	struct err err = { 0 };
	int status;

	p.end = &p.proofs;
	if (!arena_map(&p.arena, ARENA_SIZE)) {
		err_set(&err, ERR_LIMIT, "no memory");
		return cli_fail(c, &err);
	}
	if (load(&p, &err) && find_agent(&p, &err) && prove_all(&p, &err) && record(&p, &err))
		status = show(&p);
	else
		status = cli_fail(c, &err);
	arena_unmap(&p.arena);
	return status;
}
