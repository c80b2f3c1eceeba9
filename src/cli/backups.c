#include "cli/backups.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/timestamp.h"

#define NAMED_MAX 5
#define ARENA_SIZE ((size_t)2 << 30) /* address space; pages cost once touched */

/* --- whose --- */

bool backups_become(struct str user, struct str state, struct err *err)
{
	char name[80], folder[PLACES_MAX];
	const struct passwd *p;

	snprintf(name, sizeof(name), "%.*s", STR_ARG(user));
	snprintf(folder, sizeof(folder), "%.*s", STR_ARG(state));
	p = getpwnam(name);
	if (!p)
		return err_set(err, ERR_STATE, "there is no user %s, whose the vault is: `pawl vault init` makes it", name);
	if (state.len && setenv("PAWL_STATE", folder, 1) != 0)
		return err_sys(err, "PAWL_STATE");
	if (p->pw_uid == geteuid())
		return true;
	if (geteuid() != 0)
		return err_set(err, ERR_DENIED, "the vault is of user %s, and this is another: run it with sudo", name);
	if (initgroups(name, p->pw_gid) != 0 || setgid(p->pw_gid) != 0 || setuid(p->pw_uid) != 0)
		return err_sys(err, "user %s", name);
	if (setenv("HOME", p->pw_dir, 1) != 0 || setenv("USER", name, 1) != 0 || setenv("LOGNAME", name, 1) != 0)
		return err_sys(err, "user %s", name);
	unsetenv("XDG_STATE_HOME");
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("XDG_RUNTIME_DIR");
	/* Where root stood may be closed to it. */
	return chdir("/") == 0 || err_sys(err, "/");
}

/* The first vault with a user of its own says who acts here. */
static struct str vault_user(const struct backup_config *c)
{
	for (const struct config_vault *v = c->vaults; v; v = v->next) {
		if (v->user.len)
			return v->user;
	}
	return STR_NONE;
}

static bool is_me(struct str user)
{
	char name[80];
	const struct passwd *p;

	snprintf(name, sizeof(name), "%.*s", STR_ARG(user));
	p = getpwnam(name);
	return p && p->pw_uid == geteuid();
}

/* --- the key --- */

bool backups_key(const char *folder, bool make, struct arena *arena, struct str *ret_pem, uint8_t ret_key[ED25519_KEY_LEN],
		 struct err *err)
{
	char path[PLACES_MAX + 64], pem[ED25519_PEM_MAX];
	uint8_t signature[ED25519_SIGNATURE_LEN];
	auto_buf b = BUF_MAX(ED25519_PEM_MAX);
	struct stat st;
	struct str kept;
	size_t n;

	snprintf(path, sizeof(path), "%s/key.pem", folder);
	if (make && !file_exists(path)) {
		if (!dir_make(folder, 0700, err))
			return false;
		if (!ed25519_make(pem, &n))
			return err_set(err, ERR_TOOL, "no key could be made");
		if (!file_replace(path, (struct str){ pem, n }, 0600, err))
			return false;
	}
	if (!file_read(path, &b, err))
		return err_prefix(err, "the key that backups are signed with cannot be read: put it back from a copy (without one `pawl "
				       "backup init` makes another)");
	if (stat(path, &st) != 0 || (st.st_mode & 077))
		return err_set(err, ERR_DENIED, "%s: others may read it, so anybody could have signed: chmod 600", path);
	kept = arena_str(arena, buf_str(&b));
	if (!kept.ptr || !ed25519_sign(kept, STR("x"), ret_key, signature))
		return err_set(err, ERR_BROKEN, "%s is no Ed25519 key", path);
	*ret_pem = kept;
	return true;
}

bool backups_signs(struct backups *b, struct err *err)
{
	uint8_t key[ED25519_KEY_LEN];
	char text[CONFIG_KEY_TEXT];

	if (!backups_key(b->folder, false, &b->arena, &b->pem, key, err))
		return false;
	config_key_text(key, text);
	return memcmp(key, b->config.key, sizeof(key)) == 0 ||
	       err_set(err, ERR_STATE,
		       "%s/key.pem is not the key of %s: what it signs would not be believed. Put the right one back; or, if this one "
		       "shall sign from now on (and nothing older be believed), write there `key: %s`",
		       b->folder, b->path, text);
}

/* --- open --- */

bool backups_path(const struct places *places, char ret[PLACES_MAX], bool *ret_there, struct err *err)
{
	const char *slash = strrchr(places->machine_policy, '/');
	int n = snprintf(ret, PLACES_MAX, "%.*s/backup.yaml", slash ? (int)(slash - places->machine_policy) : 0, places->machine_policy);

	*ret_there = n > 0 && n < PLACES_MAX && file_exists(ret);
	if (*ret_there)
		return true;
	n = snprintf(ret, PLACES_MAX, "%s/backup.yaml", places->config);
	if (n < 0 || n >= PLACES_MAX)
		return err_set(err, ERR_LIMIT, "%s: path too long", places->config);
	*ret_there = file_exists(ret);
	return true;
}

/* Who takes backups reads all of it or nothing; who looks, what can be read. */
static bool load(struct backups *b, bool act, struct err *err)
{
	bool there;

	if (!places_find(NULL, &b->places, err) || !backups_path(&b->places, b->path, &there, err))
		return false;
	if (!there)
		return err_set(err, ERR_STATE, "nothing is backed up yet: `pawl backup init` begins (it writes %s)", b->path);
	if (!arena_map(&b->arena, ARENA_SIZE))
		return err_set(err, ERR_LIMIT, "no memory");
	return act ? config_load(b->path, &b->arena, &b->config, err) : config_load_some(b->path, &b->arena, &b->config, err);
}

static void name_folders(struct backups *b)
{
	const struct backup_config *c = &b->config;

	snprintf(b->folder, sizeof(b->folder), "%s/recovery", b->places.state);
	snprintf(b->runs, sizeof(b->runs), "%s/runs", b->folder);
	snprintf(b->kept, sizeof(b->kept), "%s/said", b->folder);
	if (c->points.len)
		snprintf(b->published, sizeof(b->published), "%.*s", STR_ARG(c->points));
	else
		snprintf(b->published, sizeof(b->published), "%s/points", b->folder);
	b->points = (struct points){ .kept = b->looks ? STR_NONE : str_from(b->kept),
				     .published = str_from(b->published),
				     .key = c->key,
				     .pem = b->pem };
}

/* As whom; what the environment says of folders changes with it. */
static bool take_place(struct backups *b, bool act, struct err *err)
{
	struct str user = vault_user(&b->config);

	if (!user.len)
		return true;
	if (!act && !is_me(user) && geteuid() != 0) {
		b->looks = true;
		return true;
	}
	return backups_become(user, b->config.state, err) && places_find("/", &b->places, err);
}

bool backups_open(struct backups *b, bool act, struct err *err)
{
	*b = (struct backups){ .ledger = NULL };
	if (!load(b, act, err) || !take_place(b, act, err))
		return false;
	name_folders(b);
	return !act || backups_act(b, err);
}

bool backups_act(struct backups *b, struct err *err)
{
	if (b->ledger)
		return true;
	/* A limit of a file's size, and a program that reads no more: an error of its write, not our end without a word. */
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (!backups_signs(b, err))
		return false;
	b->points.pem = b->pem;
	b->ledger = ledger_open(b->places.ledger, err);
	return b->ledger != NULL;
}

void backups_close(struct backups *b)
{
	ledger_close(b->ledger);
	if (b->arena.mem)
		arena_unmap(&b->arena);
}

bool backups_unknown(const struct backup_config *config, const char *name, struct err *err)
{
	auto_buf names = BUF_MAX(400);
	size_t n = 0;

	for (const struct config_bad *bad = config->bad; bad; bad = bad->next) {
		if (str_is(bad->name, name))
			return err_set(err, bad->why.code, "%s", bad->why.msg);
	}
	for (const struct config_target *t = config->targets; t && n < NAMED_MAX; t = t->next, n++)
		buf_addf(&names, "%s%.*s", n ? ", " : "; there is ", STR_ARG(t->name));
	if (n < config->n_targets)
		buf_adds(&names, " and more");
	return err_set(err, ERR_INPUT, "no target is called '%.100s' in %.*s%.*s", name, STR_ARG(config->path), STR_ARG(buf_str(&names)));
}

bool backups_targets(struct backups *b, const struct cli *c, const struct config_target ***ret, struct err *err)
{
	size_t n = c->n_args ? (size_t)c->n_args : b->config.n_targets, k = 0;
	const struct config_target **list = ARENA_ARRAY(&b->arena, n + 1, const struct config_target *);

	if (!list)
		return err_set(err, ERR_LIMIT, "no memory");
	if (!b->config.n_targets && !b->config.bad)
		return err_set(err, ERR_STATE, "%s has no targets: `pawl backup init \"dbname=…\"` adds one", b->path);
	for (int i = 0; i < c->n_args; i++) {
		list[k] = config_target_find(&b->config, str_from(c->args[i]));
		if (!list[k++])
			return backups_unknown(&b->config, c->args[i], err);
	}
	for (const struct config_target *t = b->config.targets; !c->n_args && t; t = t->next)
		list[k++] = t;
	*ret = list;
	return true;
}

bool backups_there(struct vault *open, const struct config_vault *v, struct str target, struct str id, struct arena *arena,
		   struct err *err)
{
	struct vault_entry *list;

	if (!backup_id_good(id))
		return err_set(err, ERR_INPUT, "'%.*s' is no backup's id: `pawl backup list` shows them", STR_ARG(id));
	if (!vault_list(open, target, arena, &list, err))
		return false;
	return vault_find(list, target, id) ||
	       err_set(err, ERR_INPUT, "there is no backup %.*s of %.*s in the vault %.*s: `pawl backup list` shows them",
		       STR_ARG(id), STR_ARG(target), STR_ARG(v->place.name));
}

bool backups_record(struct backups *b, const char *kind, const struct buf *body, struct err *err)
{
	uint64_t seq;

	return (!body->failed || err_set(err, ERR_LIMIT, "too large for the ledger")) &&
	       ledger_append(b->ledger, str_from(kind), buf_str(body), &seq, err);
}

void backups_put_time(struct json_out *o, const char *key, int64_t us)
{
	char text[TIMESTAMP_LEN + 1];

	json_out_key(o, key);
	if (!us) {
		json_out_null(o);
		return;
	}
	timestamp_text(us, text);
	json_out_str(o, str_from(text));
}

void backups_put_list(struct json_out *o, const char *key, const struct str_list *l)
{
	json_out_key(o, key);
	json_out_open(o, '[');
	for (; l; l = l->next)
		json_out_str(o, l->item);
	json_out_close(o, ']');
}
