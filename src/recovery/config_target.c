/* backup.yaml, `targets`: one row a key. */
#include "recovery/config_inner.h"

#include <libpq-fe.h>

#define EVERY_S (INT64_C(24) * 3600)

struct reading {
	struct config_target *t;
	unsigned kinds;
	const struct doc *source, *vault;
	bool physical;
};

static void is_kind(struct reading *r, const struct doc *v, enum backup_kind kind)
{
	r->t->kind = kind;
	r->source = v;
	r->kinds++;
}

/* --- what it is --- */

static bool take_name(struct policy_file *f, const struct doc *v, void *target)
{
	return config_name(f, v, &((struct reading *)target)->t->name);
}

static bool take_postgres(struct policy_file *f, const struct doc *v, void *target)
{
	struct reading *r = target;
	PQconninfoOption *all;
	bool database = false, password = false;

	is_kind(r, v, BACKUP_POSTGRES);
	if (!config_text(f, v, &r->t->connect))
		return false;
	all = PQconninfoParse(r->t->connect.ptr, NULL);
	if (!all)
		return policy_fail(f, v, "'postgres' is no connection string (host=… dbname=… user=…, or postgres://…)");
	for (const PQconninfoOption *o = all; o->keyword; o++) {
		bool said = o->val && *o->val;

		database = database || (said && (!strcmp(o->keyword, "dbname") || !strcmp(o->keyword, "service")));
		password = password || (said && (!strcmp(o->keyword, "password") || !strcmp(o->keyword, "sslpassword")));
	}
	PQconninfoFree(all);
	if (password)
		return policy_fail(f, v, "a password stands here: say passfile=, service= or 'secret-command' instead");
	return database || policy_fail(f, v, "'postgres' names no database: say dbname=…, or service=…");
}

static bool take_mysql(struct policy_file *f, const struct doc *v, void *target)
{
	struct reading *r = target;
	struct str s;

	is_kind(r, v, BACKUP_MYSQL);
	if (!config_text(f, v, &r->t->connect))
		return false;
	s = r->t->connect;
	if (str_find_char(s, '=') == SIZE_MAX || str_find(s, STR("://")) != SIZE_MAX)
		return policy_fail(f, v, "'mysql' wants host=… dbname=… user=…, or socket=…, or defaults-file=…");
	return (str_find(s, STR("password")) == SIZE_MAX && str_find(s, STR("passwd")) == SIZE_MAX) ||
	       policy_fail(f, v, "a password stands here: say defaults-file= or 'secret-command' instead");
}

static bool take_sqlite(struct policy_file *f, const struct doc *v, void *target)
{
	is_kind(target, v, BACKUP_SQLITE);
	return config_path(f, v, &((struct reading *)target)->t->connect);
}

static bool take_command(struct policy_file *f, const struct doc *v, void *target)
{
	is_kind(target, v, BACKUP_COMMAND);
	return config_words(f, v, &((struct reading *)target)->t->command);
}

static bool take_rds(struct policy_file *f, const struct doc *v, void *target)
{
	is_kind(target, v, BACKUP_RDS);
	return config_take_rds(f, v, ((struct reading *)target)->t);
}

static bool state_folder(struct policy_file *f, const struct doc *v, void *target)
{
	return config_path(f, v, &((struct config_state *)target)->folder);
}

static bool state_backend(struct policy_file *f, const struct doc *v, void *target)
{
	return config_text(f, v, &((struct config_state *)target)->backend);
}

static bool state_workspace(struct policy_file *f, const struct doc *v, void *target)
{
	return config_name(f, v, &((struct config_state *)target)->workspace);
}

static bool state_region(struct policy_file *f, const struct doc *v, void *target)
{
	return config_name(f, v, &((struct config_state *)target)->region);
}

static bool take_state(struct policy_file *f, const struct doc *v, void *target)
{
	static const struct policy_key keys[] = {
		{ "folder", state_folder }, { "backend", state_backend }, { "workspace", state_workspace }, { "region", state_region },
		{ NULL, NULL },
	};
	struct config_state *s = &((struct reading *)target)->t->state;

	is_kind(target, v, BACKUP_STATE);
	if (!policy_map(f, v, keys, s))
		return false;
	return !s->folder.len != !s->backend.len ||
	       policy_fail(f, v, "'state' wants one of 'folder' (where terraform is run) and 'backend' (s3:BUCKET/KEY)");
}

static bool take_physical(struct policy_file *f, const struct doc *v, void *target)
{
	return policy_choice(f, v, "false", "true", &((struct reading *)target)->physical);
}

static bool take_pgbackrest(struct policy_file *f, const struct doc *v, void *target)
{
	return config_take_pgbackrest(f, v, ((struct reading *)target)->t);
}

/* --- what it is to the judge --- */

static bool take_environment(struct policy_file *f, const struct doc *v, void *target)
{
	return config_text(f, v, &((struct reading *)target)->t->environment);
}

static bool take_account(struct policy_file *f, const struct doc *v, void *target)
{
	return config_text(f, v, &((struct reading *)target)->t->account);
}

static bool take_resources(struct policy_file *f, const struct doc *v, void *target)
{
	struct reading *r = target;
	struct manifest_word *first = NULL, **end = &first;

	if (v->type != DOC_LIST || v->n > CONFIG_LIST_MAX)
		return policy_fail(f, v, "'resources' is a list of at most %d identities or titles", CONFIG_LIST_MAX);
	DOC_EACH(it, v) {
		struct manifest_word *w = ARENA_NEW(f->arena, struct manifest_word);

		if (!w)
			return policy_fail(f, it, "too large");
		if (!config_text(f, it, &w->text))
			return policy_fail(f, it, "'resources' wants identities or titles, such as an ARN or \"db.host/shop\"");
		*end = w;
		end = &w->next;
	}
	r->t->resources = first;
	return true;
}

/* --- where it goes --- */

static bool take_vault(struct policy_file *f, const struct doc *v, void *target)
{
	((struct reading *)target)->vault = v;
	return v->type != DOC_MAP || policy_fail(f, v, "'vault' wants the name of a vault, or a list of names");
}

static bool take_check(struct policy_file *f, const struct doc *v, void *target)
{
	return config_words(f, v, &((struct reading *)target)->t->check);
}

static bool take_secret(struct policy_file *f, const struct doc *v, void *target)
{
	return config_words(f, v, &((struct reading *)target)->t->secret_command);
}

static bool own_to(struct policy_file *f, const struct doc *v, void *target)
{
	return config_text(f, v, &((struct config_target *)target)->encrypted_to);
}

static bool own_command(struct policy_file *f, const struct doc *v, void *target)
{
	return config_words(f, v, &((struct config_target *)target)->encrypt);
}

static bool own_decrypt(struct policy_file *f, const struct doc *v, void *target)
{
	return config_words(f, v, &((struct config_target *)target)->decrypt);
}

static bool age_recipient(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!s.ptr[i] || !strchr("abcdefghijklmnopqrstuvwxyz0123456789", s.ptr[i]))
			return false;
	}
	return str_starts(s, STR("age1")) && s.len <= 2000;
}

static bool filter_of(struct policy_file *f, const struct doc *v, const char *option, struct str value, char *const **ret)
{
	const char *words[] = { "age", option, "-i", value.ptr };
	char **argv = ARENA_ARRAY(f->arena, 5, char *);
	size_t n = 0;

	if (!argv)
		return policy_fail(f, v, "too large");
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (i != 2 || !strcmp(option, "-d"))
			argv[n++] = (char *)(uintptr_t)words[i];
	}
	*ret = argv;
	return true;
}

static bool take_encrypt(struct policy_file *f, const struct doc *v, void *target)
{
	static const struct policy_key keys[] = {
		{ "to", own_to }, { "command", own_command }, { "decrypt", own_decrypt }, { NULL, NULL },
	};
	struct config_target *t = ((struct reading *)target)->t;

	if (v->type == DOC_MAP)
		return policy_map(f, v, keys, t) &&
		       ((t->encrypted_to.len && t->encrypt) ||
			policy_fail(f, v, "'encrypt' wants 'to' (a name for the manifest) and 'command'"));
	if (!config_text(f, v, &t->encrypted_to))
		return false;
	if (!age_recipient(t->encrypted_to))
		return policy_fail(f, v, "'encrypt' wants an age recipient, age1…, or a mapping with 'to', 'command' and 'decrypt'");
	return filter_of(f, v, "-r", t->encrypted_to, &t->encrypt);
}

static bool take_identity(struct policy_file *f, const struct doc *v, void *target)
{
	struct str file;

	return config_path(f, v, &file) && filter_of(f, v, "-d", file, &((struct reading *)target)->t->decrypt);
}

/* --- what is asked of it --- */

static bool take_invariants(struct policy_file *f, const struct doc *v, void *target)
{
	struct reading *r = target;
	struct backup_question *first = NULL, **end = &first;

	if (v->type != DOC_MAP || v->n > CONFIG_LIST_MAX)
		return policy_fail(f, v, "'invariants' is a mapping of at most %d: a name, and SQL with one row and one column",
				   CONFIG_LIST_MAX);
	DOC_EACH(it, v) {
		struct backup_question *q = ARENA_NEW(f->arena, struct backup_question);

		if (!q)
			return policy_fail(f, it, "too large");
		if (!policy_text(f, it, &q->sql))
			return false;
		q->name = it->key;
		*end = q;
		end = &q->next;
	}
	r->t->invariants = first;
	return true;
}

static bool verify_name(struct policy_file *f, const struct doc *v, void *target)
{
	return config_text(f, v, &((struct drill_query *)target)->name);
}

static bool verify_sql(struct policy_file *f, const struct doc *v, void *target)
{
	return policy_text(f, v, &((struct drill_query *)target)->sql);
}

static bool verify_expect(struct policy_file *f, const struct doc *v, void *target)
{
	if (v->type != DOC_TEXT)
		return policy_fail(f, v, "'expect' wants the text of the answer");
	((struct drill_query *)target)->expect = v->text;
	return true;
}

static bool take_verify(struct policy_file *f, const struct doc *v, void *target)
{
	static const struct policy_key keys[] = {
		{ "name", verify_name }, { "sql", verify_sql }, { "expect", verify_expect }, { NULL, NULL },
	};
	struct reading *r = target;
	struct drill_query *first = NULL, **end = &first;

	if (v->type != DOC_LIST || v->n > CONFIG_LIST_MAX)
		return policy_fail(f, v, "'verify' is a list of at most %d: {name: …, sql: …, expect: …}", CONFIG_LIST_MAX);
	DOC_EACH(it, v) {
		struct drill_query *q = ARENA_NEW(f->arena, struct drill_query);

		if (!q)
			return policy_fail(f, it, "too large");
		if (!policy_map(f, it, keys, q))
			return false;
		if (!q->name.len || !q->sql.len || !doc_get(it, "expect"))
			return policy_fail(f, it, "a verification query needs 'name', 'sql' and 'expect'");
		*end = q;
		end = &q->next;
	}
	r->t->verify = first;
	return true;
}

static bool take_when(struct policy_file *f, const struct doc *v, void *target)
{
	return config_take_when(f, v, ((struct reading *)target)->t);
}

static bool take_wal(struct policy_file *f, const struct doc *v, void *target)
{
	return config_take_wal(f, v, ((struct reading *)target)->t);
}

static bool take_mask(struct policy_file *f, const struct doc *v, void *target)
{
	return config_take_mask(f, v, &((struct reading *)target)->t->masks);
}

static const struct policy_key keys[] = {
	{ "name", take_name },
	{ "postgres", take_postgres },
	{ "mysql", take_mysql },
	{ "sqlite", take_sqlite },
	{ "state", take_state },
	{ "command", take_command },
	{ "rds", take_rds },
	{ "physical", take_physical },
	{ "pgbackrest", take_pgbackrest },
	{ "environment", take_environment },
	{ "account", take_account },
	{ "resources", take_resources },
	{ "vault", take_vault },
	{ "secret-command", take_secret },
	{ "check", take_check },
	{ "encrypt", take_encrypt },
	{ "identity", take_identity },
	{ "invariants", take_invariants },
	{ "verify", take_verify },
	{ "every", take_when },
	{ "drill", take_when },
	{ "rpo", take_when },
	{ "rto", take_when },
	{ "keep", take_when },
	{ "fresh", take_when },
	{ "wal", take_wal },
	{ "mask", take_mask },
	{ NULL, NULL },
};

/* --- all of it together --- */

static bool add_vault(struct policy_file *f, const struct doc *at, const struct backup_config *c, const struct config_vault **list)
{
	const struct config_vault *v = at->type == DOC_TEXT ? config_vault_find(c, at->text) : NULL;

	if (!v)
		return policy_fail(f, at, "no vault is called '%.*s'; 'vault' wants a name from 'vaults', or several",
				   STR_ARG(str_sub(at->text, 0, 80)));
	while (*list) {
		if (*list++ == v)
			return policy_fail(f, at, "vault '%.*s' is named twice", STR_ARG(at->text));
	}
	*list = v;
	return true;
}

static bool find_vaults(struct policy_file *f, const struct doc *d, const struct backup_config *c, struct reading *r)
{
	bool many = r->vault && r->vault->type == DOC_LIST;
	size_t n = many ? r->vault->n : 1;
	const struct config_vault **list;

	if (n > CONFIG_VAULTS_MAX || !n)
		return policy_fail(f, r->vault, "'vault' wants 1 to %d names", CONFIG_VAULTS_MAX);
	list = ARENA_ARRAY(f->arena, n + 1, const struct config_vault *);
	if (!list)
		return policy_fail(f, d, "too large");
	r->t->vaults = list;
	if (!r->vault) {
		list[0] = c->vaults;
		return c->n_vaults == 1 ||
		       policy_fail(f, d, "target '%.*s': say its 'vault'; there are %zu", STR_ARG(r->t->name), c->n_vaults);
	}
	if (!many)
		return add_vault(f, r->vault, c, list);
	DOC_EACH(it, r->vault) {
		if (!add_vault(f, it, c, list))
			return false;
	}
	return true;
}

static bool fits(struct policy_file *f, const struct doc *d, const struct backup_config *c, struct reading *r)
{
	struct config_target *t = r->t;

	if (!t->name.len)
		return policy_fail(f, d, "a target needs 'name'");
	if (r->kinds != 1)
		return policy_fail(f, d, "target '%.*s': say what it is, once: postgres, mysql, sqlite, state, command or rds",
				   STR_ARG(t->name));
	if (config_target_find(c, t->name))
		return policy_fail(f, doc_get(d, "name"), "two targets are called '%.*s'", STR_ARG(t->name));
	if (r->physical && t->kind != BACKUP_POSTGRES)
		return policy_fail(f, doc_get(d, "physical"), "'physical' is of a target that is 'postgres'");
	if (t->pgbackrest && (t->kind != BACKUP_POSTGRES || r->physical))
		return policy_fail(f, doc_get(d, "pgbackrest"), "'pgbackrest' is of a target that is 'postgres', without 'physical'");
	if (t->check && t->kind != BACKUP_COMMAND)
		return policy_fail(f, doc_get(d, "check"), "'check' is of a target that is 'command'");
	if (t->secret_command && t->kind != BACKUP_POSTGRES && t->kind != BACKUP_MYSQL && t->kind != BACKUP_RDS)
		return policy_fail(f, doc_get(d, "secret-command"), "'secret-command' is of a target that is 'postgres', 'mysql' or 'rds'");
	if (t->invariants && (t->kind == BACKUP_COMMAND || t->kind == BACKUP_STATE || t->kind == BACKUP_RDS))
		return policy_fail(f, doc_get(d, "invariants"), "'invariants' are asked of databases that are dumped");
	if (t->kind == BACKUP_RDS && !t->verify)
		return policy_fail(f, d, "target '%.*s': without 'verify' no drill of 'rds' can tell what came back", STR_ARG(t->name));
	if (t->decrypt && !t->encrypt)
		return policy_fail(f, d, "target '%.*s' can be decrypted, but is not encrypted: say 'encrypt'", STR_ARG(t->name));
	if (t->rpo_s && (t->wal_s ? t->wal_s : t->every_s) > t->rpo_s)
		return policy_fail(f, doc_get(d, "rpo"), "an 'rpo' below 'every' is never kept: back up as often as that");
	if (r->physical)
		t->kind = BACKUP_POSTGRES_PHYSICAL;
	if (t->pgbackrest)
		t->kind = BACKUP_PGBACKREST;
	return config_wal_fits(f, d, t) && find_vaults(f, d, c, r);
}

static bool take_target(struct policy_file *f, const struct doc *it, struct backup_config *c, struct config_target **ret)
{
	struct reading r = { .t = ARENA_NEW(f->arena, struct config_target) };

	if (!r.t)
		return policy_fail(f, it, "too large");
	r.t->every_s = r.t->drill_s = EVERY_S;
	r.t->line = it->line;
	if (!policy_map(f, it, keys, &r) || !fits(f, it, c, &r))
		return false;
	*ret = r.t;
	return true;
}

static struct str name_of(const struct doc *it, size_t n, struct arena *arena)
{
	const struct doc *name = it->type == DOC_MAP ? doc_get(it, "name") : NULL;

	return name && name->type == DOC_TEXT && vault_name_good(name->text) ? arena_str(arena, name->text)
									     : arena_fmt(arena, "target %zu", n);
}

bool config_take_targets(struct policy_file *f, const struct doc *v, struct backup_config *c)
{
	struct config_target **end = &c->targets;
	struct config_bad **bad_end = &c->bad;
	struct err *theirs = f->err;
	size_t n = 0;

	if (v->n > CONFIG_TARGETS_MAX)
		return policy_fail(f, v, "at most %d targets", CONFIG_TARGETS_MAX);
	DOC_EACH(it, v) {
		struct err why = { 0 };
		struct config_bad *bad;
		bool good;

		n++;
		f->err = &why;
		good = take_target(f, it, c, end);
		f->err = theirs;
		if (good) {
			end = &(*end)->next;
			c->n_targets++;
			continue;
		}
		bad = ARENA_NEW(f->arena, struct config_bad);
		if (!bad)
			return policy_fail(f, it, "too large");
		*bad = (struct config_bad){ name_of(it, n, f->arena), why, NULL };
		*bad_end = bad;
		bad_end = &bad->next;
	}
	return true;
}
