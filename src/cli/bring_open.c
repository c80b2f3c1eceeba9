#include "cli/bring_open.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/proc.h"
#include "cli/backup_record.h"
#include "cli/backup_seen.h"
#include "cli/recovery_look.h"

#define ARENA_SIZE ((size_t)4 << 30) /* address space; pages cost once touched */
#define SECRET_S 30
#define RECORD_MAX ((size_t)65536)

/* What lies with a user of its own is that user's to read: root becomes him, for good, and nobody else may. */
static bool may_read(struct bring_open *o, struct err *err)
{
	return !o->from->user.len || (backups_become(o->from->user, o->config.state, err) && places_find("/", &o->places, err));
}

static bool find(struct bring_open *o, const char *target, const char *vault, struct err *err)
{
	o->target = config_target_find(&o->config, str_from(target));
	if (!o->target)
		return backups_unknown(&o->config, target, err);
	o->from = vault ? config_vault_find(&o->config, str_from(vault)) : o->target->vaults[0];
	if (!o->from)
		return err_set(err, ERR_INPUT, "no vault is called '%s' in %.*s", vault, STR_ARG(o->config.path));
	return may_read(o, err) && vault_open(&o->from->place, &o->vault, err);
}

bool bring_open(struct bring_open *o, const char *target, const char *vault, struct err *err)
{
	char path[PLACES_MAX];

	*o = (struct bring_open){ .vault = NULL };
	/* A limit of a file's size, and a program that reads no more: an error of its write, not our end without a word. */
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (!places_find(NULL, &o->places, err))
		return false;
	recovery_look_config(&o->places, path);
	if (!*path)
		return err_set(err, ERR_STATE, "nothing is backed up here: there is no backup.yaml in %s", o->places.config);
	if (!arena_map(&o->arena, ARENA_SIZE))
		return err_set(err, ERR_LIMIT, "no memory");
	if (!config_load_some(arena_str(&o->arena, str_from(path)).ptr, &o->arena, &o->config, err) || !find(o, target, vault, err))
		return false;
	for (const struct config_bad *bad = o->config.bad; bad; bad = bad->next)
		fprintf(stderr, "pawl: of another target: %s\n", bad->why.msg);
	if (!dir_make(o->places.state, 0700, err))
		return false;
	o->ledger = ledger_open(o->places.ledger, err);
	return o->ledger != NULL;
}

void bring_open_close(struct bring_open *o)
{
	ledger_close(o->ledger);
	vault_close(o->vault);
	if (o->arena.mem)
		arena_unmap(&o->arena);
}

bool bring_open_places(struct places *places, struct arena *arena, struct err *err)
{
	struct backup_config config;
	char path[PLACES_MAX];

	if (!places_find(NULL, places, err))
		return false;
	recovery_look_config(places, path);
	if (geteuid() != 0 || !*path)
		return true;
	if (!config_load_some(path, arena, &config, err))
		return false;
	for (const struct config_vault *v = config.vaults; v; v = v->next) {
		if (v->user.len)
			return backups_become(v->user, config.state, err) && places_find("/", places, err);
	}
	return true;
}

bool bring_open_backup(struct bring_open *o, const char *id, struct str *ret, struct err *err)
{
	struct vault_entry *list;

	if (id) {
		*ret = str_from(id);
		return backups_there(o->vault, o->from, o->target->name, *ret, &o->arena, err);
	}
	if (!vault_list(o->vault, o->target->name, &o->arena, &list, err))
		return false;
	while (list && !list->whole)
		list = list->next;
	if (!list)
		return err_set(err, ERR_STATE, "there is no whole backup of %.*s in the vault %.*s", STR_ARG(o->target->name),
			       STR_ARG(o->from->place.name));
	*ret = list->id;
	return true;
}

/* Manifest and, in a folder, data; behind a delete marker or not. */
static bool is_whole(struct bring_open *o, const struct vault_entry *e)
{
	struct backup_seen seen = { o->vault, o->from, o->config.key, &o->arena };
	struct manifest m;
	struct str wrong;

	return backup_seen(&seen, e, &m, &wrong) == BACKUP_LIES_WHOLE;
}

static bool lies_whole(struct bring_open *o, const struct vault_entry *e)
{
	return !e->hidden && is_whole(o, e);
}

void bring_open_older(struct bring_open *o, struct str id, struct err *err)
{
	const struct str name = o->target->name;
	const struct backup_drilled *drilled;
	struct backup_drills drills = { .n = 0 };
	struct vault_entry *list, *e;
	struct str said = arena_str(&o->arena, str_from(err->msg));

	if (!id.len || !vault_list(o->vault, name, &o->arena, &list, NULL))
		return;
	e = vault_find(list, name, id);
	if (err->code != ERR_BROKEN && e && is_whole(o, e))
		return;
	(void)!backup_drills_read(o->ledger, &o->arena, &drills, NULL);
	for (e = list; e; e = e->next) {
		drilled = backup_drills_find(&drills, name, e->id);
		if (str_cmp(e->id, id) < 0 && !(drilled && drilled->decided == RECOVERY_FAILED) && lies_whole(o, e))
			break;
	}
	if (e)
		(void)err_set(err, err->code, "%.*s\nThe next older one is taken by: --backup %.*s", STR_ARG(str_sub(said, 0, 800)),
			      STR_ARG(e->id));
	else
		(void)err_set(err, err->code, "%.*s\nThe vault %.*s has no older one that can be believed", STR_ARG(str_sub(said, 0, 800)),
			      STR_ARG(o->from->place.name));
}

bool bring_open_verified(struct bring_open *o, const struct point *said, struct str *ret, struct err *err)
{
	const struct str name = o->target->name;
	struct str undrilled = STR_NONE;
	struct backup_drills drills;
	struct vault_entry *e;
	bool any;

	if (!vault_list(o->vault, name, &o->arena, &e, err) || !backup_drills_read(o->ledger, &o->arena, &drills, err))
		return false;
	for (; e; e = e->next) {
		enum recovery_result decided = backup_drills_of(&drills, said, name, e->id, &any).decided;

		if (decided == RECOVERY_FAILED || (decided == RECOVERY_UNKNOWN && undrilled.len) || !lies_whole(o, e))
			continue;
		if (decided == RECOVERY_VERIFIED) {
			*ret = e->id;
			return true;
		}
		undrilled = e->id;
	}
	if (undrilled.len)
		return err_set(err, ERR_STATE,
			       "no backup of %.*s that lies whole in the vault %.*s was restored in a drill: pawl drill %.*s --backup %.*s",
			       STR_ARG(name), STR_ARG(o->from->place.name), STR_ARG(name), STR_ARG(undrilled));
	return err_set(err, ERR_STATE, "no backup of %.*s lies whole in the vault %.*s that no drill found wrong: pawl backup %.*s --drill",
		       STR_ARG(name), STR_ARG(o->from->place.name), STR_ARG(name));
}

bool bring_open_point(struct bring_open *o, struct point *ret, struct err *err)
{
	auto_buf json = BUF_MAX(POINT_MAX);
	auto_buf sig = BUF_MAX(256);
	struct manifest_signature signature;
	char dir[PLACES_MAX + 32], path[PLACES_MAX + 128];
	struct str text;

	if (o->config.points.len)
		snprintf(dir, sizeof(dir), "%.*s", STR_ARG(o->config.points));
	else
		snprintf(dir, sizeof(dir), "%s/recovery/points", o->places.state);
	snprintf(path, sizeof(path), "%s/%.*s.json", dir, STR_ARG(o->target->name));
	if (!file_read(path, &json, err))
		return err_prefix(err, "nothing is known of %.*s's backups yet (pawl drill %.*s)", STR_ARG(o->target->name),
				  STR_ARG(o->target->name));
	snprintf(path, sizeof(path), "%s/%.*s.sig", dir, STR_ARG(o->target->name));
	if (!file_read(path, &sig, err))
		return false;
	text = arena_str(&o->arena, buf_str(&json));
	if (sig.len == sizeof(signature))
		memcpy(&signature, sig.ptr, sizeof(signature));
	if (sig.len != sizeof(signature) || !manifest_signed(o->config.key, &signature, text, &o->arena))
		return err_set(err, ERR_BROKEN, "the statement of %.*s's backups is not signed with the key of %.*s",
			       STR_ARG(o->target->name), STR_ARG(o->config.path));
	return point_read(o->target->name, text, &o->arena, ret, err);
}

bool bring_open_password(const struct config_target *t, struct buf *ret, struct err *err)
{
	struct proc_opts opts = { .cwd = "/", .out = ret, .timeout_s = SECRET_S };
	int status = 0;

	if (!t->secret_command)
		return true;
	if (!proc_run(t->secret_command, &opts, &status, err))
		return err_prefix(err, "the secret command of %.*s", STR_ARG(t->name));
	while (ret->len && (ret->ptr[ret->len - 1] == '\n' || ret->ptr[ret->len - 1] == '\r'))
		ret->len--;
	return (!status && ret->len) ||
	       err_set(err, ERR_TOOL, "the secret command of %.*s ended with status %d and %zu bytes", STR_ARG(t->name), status, ret->len);
}

bool bring_open_record(struct bring_open *o, void (*put)(const void *ctx, struct json_out *o), const void *ctx, const struct err *failed,
		       struct err *err)
{
	auto_buf body = BUF_MAX(RECORD_MAX);
	struct json_out out = { .buf = &body };
	uint64_t seq;

	json_out_open(&out, '{');
	json_out_kv(&out, "result", failed ? STR("failed") : STR("restored"));
	put(ctx, &out);
	if (failed)
		json_out_kv(&out, "error", str_from(failed->msg));
	json_out_close(&out, '}');
	return (!body.failed || err_set(err, ERR_LIMIT, "too large for the ledger")) &&
	       ledger_append(o->ledger, STR("restore.finished"), buf_str(&body), &seq, err);
}
