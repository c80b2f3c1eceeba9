/* prove_inner.h -- a way to harm a canary, and what it is given. Room: recovery, inner. */
#ifndef PAWL_RECOVERY_PROVE_INNER_H
#define PAWL_RECOVERY_PROVE_INNER_H

#include "recovery/prove.h"

#define PROVE_PATH 4096
#define PROVE_CHAIN_MAX 64

/* What a way sees. Paths are absolute; those of the canary may not be reachable for the agent. */
struct prove_scene {
	const struct prove_ask *ask;
	char root[PROVE_PATH]; /* the vault */
	char target[PROVE_PATH], id[PROVE_PATH]; /* the canary's folders */
	char file[PROVE_PATH], manifest[PROVE_PATH];
	char own[PROVE_PATH]; /* a folder of the agent's own */
	char *chain[PROVE_CHAIN_MAX]; /* every name on the way to the vault, links and what they lead to, NULL-ended */
	char program[PROVE_PATH];     /* what the vault's user runs */
	char vault_user[64], vault_home[1024];
	uid_t vault_uid;
	gid_t vault_gid;
	pid_t standin; /* a process of the vault's user with the canary open; -1: none */
	void *handle;  /* struct file_handle of the canary; NULL: the file system has none */
	uint64_t device; /* of the file system */
	struct s3_scene *s3;
	struct prove_obeyed *obeyed;
};

/* A program, or a folder of programs or libraries, and who names it. */
struct prove_obeyed {
	const char *path, *by;
	struct prove_obeyed *next;
};

enum prove_flags {
	PROVE_FILES = 1, /* against a vault in a folder */
	PROVE_HOST = 2,	 /* against the machine of the vault's side, whatever the kind */
	PROVE_S3 = 4,
	PROVE_CONTROL = 8, /* on a copy that belongs to the agent it must work, or the prover is broken */
};

struct prove_way {
	const char *name, *how, *means;
	unsigned flags;
	/* In a child that is the agent. ${says}: what worked, or why it did not. "note: ...\n" lines in it become notes. */
	enum prove_result (*go)(const struct prove_scene *s, struct buf *says);
};
extern const struct prove_way prove_ways[];
extern const size_t n_prove_ways;

/* prove_as.c: runs ${job} in a child that became ${who}, within PROVE_WAY_S.
 * PROVE_UNSET: it could not, or did not come to its end; ${says} why. */
enum prove_result prove_as(const struct prove_agent *who, enum prove_result (*job)(const void *ctx, struct buf *says), const void *ctx,
			   struct buf *says);
/* A process of ${who} that has ${path} open and waits to be ended; -1: none. */
pid_t prove_standin(const struct prove_agent *who, const char *path);
void prove_standin_end(pid_t *pid);

/* prove_canary.c: the canary of a vault in a folder. Put and taken away by the vault's own user, so that no trap on the way meets root. */
struct prove_canary {
	struct prove_agent owner;
	const struct vault_place *place;
	const struct prove_scene *scene;
	struct prove_seen {
		uint64_t mode, uid, gid, links, size, mtime, ino, entries;
		struct digest digest;
		bool acl;
	} seen[6];
};
bool prove_plant(struct prove_canary *c, struct err *err) PAWL_MUST_USE;
/* Is it as it was planted? ${says} what is not. */
bool prove_whole(const struct prove_canary *c, struct buf *says);
/* Does another one find room? */
bool prove_room(const struct prove_canary *c);
bool prove_uproot(const struct prove_canary *c, struct err *err) PAWL_MUST_USE;

/* prove_files.c */
/* Takes away what ways may have left in folders that the agent may write to. */
enum prove_result prove_sweep(const void *scene, struct buf *says);
enum prove_result prove_unlink(const struct prove_scene *s, struct buf *says);
enum prove_result prove_rename_away(const struct prove_scene *s, struct buf *says);
enum prove_result prove_truncate(const struct prove_scene *s, struct buf *says);
enum prove_result prove_write(const struct prove_scene *s, struct buf *says);
enum prove_result prove_append(const struct prove_scene *s, struct buf *says);
enum prove_result prove_rename_over(const struct prove_scene *s, struct buf *says);
enum prove_result prove_manifest(const struct prove_scene *s, struct buf *says);
enum prove_result prove_chmod(const struct prove_scene *s, struct buf *says);
enum prove_result prove_chown(const struct prove_scene *s, struct buf *says);
enum prove_result prove_setfacl(const struct prove_scene *s, struct buf *says);
enum prove_result prove_chattr(const struct prove_scene *s, struct buf *says);
enum prove_result prove_times(const struct prove_scene *s, struct buf *says);
enum prove_result prove_hard_link(const struct prove_scene *s, struct buf *says);
enum prove_result prove_create(const struct prove_scene *s, struct buf *says);
enum prove_result prove_swap_parent(const struct prove_scene *s, struct buf *says);
enum prove_result prove_fill_disk(const struct prove_scene *s, struct buf *says);

/* prove_system.c */
enum prove_result prove_mount_over(const struct prove_scene *s, struct buf *says);
enum prove_result prove_namespace(const struct prove_scene *s, struct buf *says);
enum prove_result prove_by_handle(const struct prove_scene *s, struct buf *says);
enum prove_result prove_proc(const struct prove_scene *s, struct buf *says);
enum prove_result prove_held_open(const struct prove_scene *s, struct buf *says);
enum prove_result prove_ptrace(const struct prove_scene *s, struct buf *says);
enum prove_result prove_signal(const struct prove_scene *s, struct buf *says);
enum prove_result prove_become(const struct prove_scene *s, struct buf *says);
enum prove_result prove_devices(const struct prove_scene *s, struct buf *says);
enum prove_result prove_modules(const struct prove_scene *s, struct buf *says);
enum prove_result prove_clock(const struct prove_scene *s, struct buf *says);

/* prove_host.c */
enum prove_result prove_sudo(const struct prove_scene *s, struct buf *says);
enum prove_result prove_doas(const struct prove_scene *s, struct buf *says);
enum prove_result prove_pkexec(const struct prove_scene *s, struct buf *says);
enum prove_result prove_su(const struct prove_scene *s, struct buf *says);
enum prove_result prove_ssh(const struct prove_scene *s, struct buf *says);
enum prove_result prove_sockets(const struct prove_scene *s, struct buf *says);
enum prove_result prove_groups(const struct prove_scene *s, struct buf *says);
enum prove_result prove_subuid(const struct prove_scene *s, struct buf *says);

/* prove_obeyed.c */
enum prove_result prove_system_files(const struct prove_scene *s, struct buf *says);
enum prove_result prove_vault_home(const struct prove_scene *s, struct buf *says);
enum prove_result prove_program(const struct prove_scene *s, struct buf *says);
enum prove_result prove_config(const struct prove_scene *s, struct buf *says);
enum prove_result prove_read_key(const struct prove_scene *s, struct buf *says);
enum prove_result prove_statements(const struct prove_scene *s, struct buf *says);

/* prove_jobs.c */
/* What root and the vault's user run by themselves, as ${s}->obeyed: read by the parent, for the agent may not read all of it. */
bool prove_jobs_read(struct prove_scene *s, struct arena *arena, struct err *err) PAWL_MUST_USE;
enum prove_result prove_jobs(const struct prove_scene *s, struct buf *says);

/* prove_setuid.c */
enum prove_result prove_setuid(const struct prove_scene *s, struct buf *says);

/* May the name be taken away or replaced? Asked with what never succeeds: unlink of a folder, rmdir of anything else. */
bool prove_replaceable(const char *path);
/* A file that may be written, or replaced, or whose folders, or what a link leads to, may be. ${says} what. */
bool prove_reachable(const char *file, struct buf *says);

#endif
