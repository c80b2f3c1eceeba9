/* pawl vault init: a folder that the agent's user cannot name. */
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/proc.h"
#include "cli/backup_file.h"
#include "cli/backups.h"
#include "cli/commands.h"
#include "recovery/tools.h"

#define ARENA_SIZE ((size_t)16 << 20)
#define VAULT_USER "pawl-vault"
#define VAULT_FOLDER "/var/lib/pawl-vault"

struct making {
	const char *user, *folder;
	char path[PLACES_MAX]; /* of backup.yaml */
	char store[PLACES_MAX], points[PLACES_MAX], state[PLACES_MAX], recovery[PLACES_MAX + 16];
	uid_t uid;
	gid_t gid;
	bool made_user;
};

static bool make_user(struct making *m, struct err *err)
{
	char program[TOOLS_PATH], user[80], home[PLACES_MAX];
	char *argv[] = { program, (char[]){ "--system" },	  (char[]){ "--user-group" }, (char[]){ "--home-dir" },
			 home,	  (char[]){ "--no-create-home" }, (char[]){ "--shell" },      (char[]){ "/usr/sbin/nologin" },
			 user,	  NULL };
	auto_buf says = BUF_MAX(4000);
	struct proc_opts o = { .out = &says, .errout = &says, .timeout_s = 60 };
	int status;

	snprintf(user, sizeof(user), "%s", m->user);
	snprintf(home, sizeof(home), "%s", m->folder);
	if (!tools_find("useradd", program, err) || !proc_run(argv, &o, &status, err))
		return err_prefix(err, "user %s cannot be made", m->user);
	m->made_user = status == 0;
	return status == 0 || err_set(err, ERR_TOOL, "useradd ended with status %d: %.*s", status, STR_ARG(str_trim(buf_str(&says))));
}

static bool find_user(struct making *m, struct err *err)
{
	const struct passwd *p = getpwnam(m->user);

	if (!p && (!make_user(m, err) || !(p = getpwnam(m->user))))
		return false;
	if (p->pw_uid == 0)
		return err_set(err, ERR_INPUT, "%s is root: whoever becomes root reaches everything anyway; name a user of its own",
			       m->user);
	m->uid = p->pw_uid;
	m->gid = p->pw_gid;
	return true;
}

/* A folder of the vault's user; one that is somebody else's is refused, not taken over. */
static bool own_folder(const struct making *m, const char *path, mode_t mode, struct err *err)
{
	struct stat st;

	if (mkdir(path, mode) == 0 && lchown(path, m->uid, m->gid) != 0)
		return err_sys(err, "%s", path);
	if (lstat(path, &st) != 0)
		return err_sys(err, "%s", path);
	if (!S_ISDIR(st.st_mode) || st.st_uid != m->uid)
		return err_set(err, ERR_STATE, "%s is there already and is not a folder of %s", path, m->user);
	return chmod(path, mode) == 0 || err_sys(err, "%s", path);
}

static bool make_key(const struct making *m, uint8_t ret_key[ED25519_KEY_LEN], struct err *err)
{
	char pem[PLACES_MAX + 32];
	struct arena arena;
	struct str ignored;
	bool good;

	snprintf(pem, sizeof(pem), "%s/key.pem", m->recovery);
	if (!arena_map(&arena, ARENA_SIZE))
		return err_set(err, ERR_LIMIT, "no memory");
	good = backups_key(m->recovery, true, &arena, &ignored, ret_key, err) &&
	       (lchown(pem, m->uid, m->gid) == 0 || err_sys(err, "%s", pem));
	arena_unmap(&arena);
	return good;
}

static bool write_config(const struct making *m, const uint8_t key[ED25519_KEY_LEN], struct err *err)
{
	struct backup_file_vault v = { "local", m->store, m->user, m->points, m->state };
	auto_buf b = BUF_MAX(CONFIG_MAX_BYTES);
	char folder[PLACES_MAX];

	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(m->path, '/') - m->path), m->path);
	backup_file_begin(&b, key, &v);
	return dir_make(folder, 0755, err) && file_replace(m->path, buf_str(&b), 0644, err);
}

static bool make_all(struct making *m, struct err *err)
{
	uint8_t key[ED25519_KEY_LEN];

	if (strlen(m->folder) > PLACES_MAX / 2 || m->folder[0] != '/')
		return err_set(err, ERR_INPUT, "--directory wants an absolute path");
	snprintf(m->store, sizeof(m->store), "%s/store", m->folder);
	snprintf(m->points, sizeof(m->points), "%s/points", m->folder);
	snprintf(m->state, sizeof(m->state), "%s/state", m->folder);
	snprintf(m->recovery, sizeof(m->recovery), "%s/recovery", m->state);
	return find_user(m, err) && own_folder(m, m->folder, 0755, err) && own_folder(m, m->store, 0700, err) &&
	       own_folder(m, m->points, 0755, err) && own_folder(m, m->state, 0700, err) && own_folder(m, m->recovery, 0700, err) &&
	       make_key(m, key, err) && write_config(m, key, err);
}

static int tell(struct cli *c, const struct making *m)
{
	auto_buf b = BUF_MAX(65536);
	struct json_out o = { .buf = &b };

	if (c->json) {
		json_out_open(&o, '{');
		json_out_kv(&o, "config", str_from(m->path));
		json_out_kv(&o, "directory", str_from(m->store));
		json_out_kv(&o, "user", str_from(m->user));
		json_out_key(&o, "boundary");
		json_out_bool(&o, true);
		json_out_close(&o, '}');
		buf_addc(&b, '\n');
	} else {
		buf_addf(&b, "%s%s. The vault is %s, mode 0700; what gates read of it is in %s. Written to %s.\n",
			 m->made_user ? "Made user " : "The vault's user is ", m->user, m->store, m->points, m->path);
		buf_addf(&b,
			 "No agent may run as %s or root. The databases must let it in:\n"
			 "       CREATE ROLE \"%s\" LOGIN; GRANT pg_read_all_data TO \"%s\";\n"
			 "Next:  sudo pawl backup init \"host=/run/postgresql dbname=… user=%s\"\n"
			 "       sudo pawl backup --drill\n",
			 m->user, m->user, m->user, m->user);
	}
	return cli_print(&b) ? EXIT_ALLOW : EXIT_ERROR;
}

int cmd_vault_init(struct cli *c)
{
	const char *user = cli_value(c, "user"), *folder = cli_value(c, "directory");
	struct making m = { .user = user ? user : VAULT_USER, .folder = folder ? folder : VAULT_FOLDER };
	struct places places;
	struct err err = { 0 };
	const char *slash;

	if (c->n_args)
		return cli_usage(c, "vault init takes no arguments");
	if (!vault_name_good(str_from(m.user)))
		return cli_usage(c, "--user wants the name of a unix user");
	if (!places_find(NULL, &places, &err))
		return cli_fail(c, &err);
	slash = strrchr(places.machine_policy, '/');
	snprintf(m.path, sizeof(m.path), "%.*s/backup.yaml", slash ? (int)(slash - places.machine_policy) : 0, places.machine_policy);
	if (geteuid() != 0)
		err_set(&err, ERR_DENIED,
			"a vault of another user can only be made by root: sudo pawl vault init. One of this same user is no boundary: "
			"what runs as this user, an agent too, can destroy it (`pawl backup init` makes that one)");
	else if (file_exists(m.path))
		err_set(&err, ERR_STATE, "%s is there already: its vaults stand in it", m.path);
	else if (make_all(&m, &err))
		return tell(c, &m);
	return cli_fail(c, &err);
}
