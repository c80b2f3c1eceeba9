#include "recovery/prove.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "recovery/prove_s3.h"

#define LINKS_MAX 40

struct prover {
	const struct prove_ask *ask;
	struct arena *arena;
	struct prove_scene scene, decoy;
	struct prove_canary canary, copy;
	struct vault_place decoy_place;
	struct prove_done done;
	struct prove_try **tries_end;
	struct prove_note **notes_end;
};

/* --- the scene --- */

static bool chain_add(struct prover *p, const char *path, struct err *err)
{
	size_t n = 0;
	struct str copy = arena_str(p->arena, str_from(path));

	while (p->scene.chain[n])
		n++;
	if (n + 1 >= PROVE_CHAIN_MAX || !copy.ptr)
		return err_set(err, ERR_LIMIT, "the way to the vault has too many names");
	p->scene.chain[n] = (char *)(uintptr_t)copy.ptr;
	return true;
}

/* Every name from / to ${path}; behind a link those of what it leads to. */
static bool chain(struct prover *p, const char *path, struct err *err)
{
	char todo[PROVE_PATH], cur[PROVE_PATH] = "", link[PROVE_PATH], next[2 * PROVE_PATH];
	char *at = todo;

	snprintf(todo, sizeof(todo), "%s", path);
	for (unsigned links = 0; *at;) {
		size_t n = strcspn(at, "/"), used = strlen(cur);
		ssize_t k;

		if (!n) {
			at++;
			continue;
		}
		if ((size_t)snprintf(cur + used, sizeof(cur) - used, "/%.*s", (int)n, at) >=
			    sizeof(cur) - used ||
		    !chain_add(p, cur, err))
			return err_set(err, ERR_LIMIT, "the way to the vault is too long");
		at += n;
		k = readlink(cur, link, sizeof(link) - 1);
		if (k < 0)
			continue;
		link[k] = 0;
		cur[link[0] == '/' ? 0 : used] = 0;
		if (++links > LINKS_MAX ||
		    (size_t)snprintf(next, sizeof(next), "%s%s", link, at) >= sizeof(todo))
			return err_set(err, ERR_LIMIT, "the way to the vault has too many links");
		memcpy(todo, next, strlen(next) + 1);
		at = todo;
	}
	return true;
}

static bool paths(struct prove_scene *s, struct err *err)
{
	bool good =
		(size_t)snprintf(s->target, PROVE_PATH, "%s/" PROVE_TARGET, s->root) < PROVE_PATH &&
		(size_t)snprintf(s->id, PROVE_PATH, "%s/canary", s->target) < PROVE_PATH &&
		(size_t)snprintf(s->file, PROVE_PATH, "%s/data.zst", s->id) < PROVE_PATH &&
		(size_t)snprintf(s->manifest, PROVE_PATH, "%s/manifest.json", s->id) < PROVE_PATH;

	return good || err_set(err, ERR_LIMIT, "the vault's path is too long");
}

static void whose(struct prover *p, uid_t uid, gid_t gid)
{
	const struct passwd *pw = getpwuid(uid);
	struct prove_scene *s = &p->scene;

	s->vault_uid = uid;
	s->vault_gid = gid;
	snprintf(s->vault_user, sizeof(s->vault_user), "%s", pw ? pw->pw_name : "");
	snprintf(s->vault_home, sizeof(s->vault_home), "%s", pw ? pw->pw_dir : "");
	p->canary.owner = (struct prove_agent){ .uid = uid, .gid = gid };
	snprintf(p->canary.owner.home, sizeof(p->canary.owner.home), "%s", s->vault_home);
	p->done.same_uid = uid == p->ask->agent->uid || p->ask->agent->uid == 0;
}

/* A folder that belongs to the agent, for what it needs and for the copy that it may harm. */
static bool own_folder(struct prover *p, struct err *err)
{
	const struct prove_agent *a = p->ask->agent;
	char path[] = "/tmp/pawl-prove-XXXXXX";

	if (!mkdtemp(path) || chown(path, a->uid, a->gid) != 0)
		return err_sys(err, "a folder for the agent cannot be made");
	snprintf(p->scene.own, PROVE_PATH, "%s", path);
	return true;
}

static void set_handle(struct prove_scene *s, struct arena *arena)
{
	struct file_handle *h = arena_alloc(arena, sizeof(*h) + MAX_HANDLE_SZ);
	int mount;

	if (!h)
		return;
	h->handle_bytes = MAX_HANDLE_SZ;
	s->handle = name_to_handle_at(AT_FDCWD, s->file, h, &mount, 0) == 0 ? h : NULL;
}

static bool stage(struct prover *p, struct err *err)
{
	struct prove_scene *s = &p->scene;
	struct stat st;
	ssize_t n;

	snprintf(s->root, PROVE_PATH, "%.*s", STR_ARG(p->ask->place->directory));
	if (s->root[0] != '/' || stat(s->root, &st) != 0 || !S_ISDIR(st.st_mode))
		return err_set(err, ERR_STATE, "there is no vault at %s", s->root);
	whose(p, st.st_uid, st.st_gid);
	s->device = (uint64_t)st.st_dev;
	n = readlink("/proc/self/exe", s->program, sizeof(s->program) - 1);
	s->program[n < 0 ? 0 : n] = 0;
	p->canary.place = p->ask->place;
	p->canary.scene = s;
	if (!paths(s, err) || !chain(p, s->root, err) || !own_folder(p, err) ||
	    !prove_plant(&p->canary, err) || !prove_jobs_read(s, p->arena, err))
		return false;
	set_handle(s, p->arena);
	s->standin = prove_standin(&p->canary.owner, s->file);
	return s->standin > 0 ||
	       err_set(err, ERR_STATE, "no process of the vault's user could be started");
}

/* --- the ways --- */

struct attempt {
	const struct prove_scene *scene;
	const struct prove_way *way;
};

static enum prove_result attempt(const void *ctx, struct buf *says)
{
	const struct attempt *a = ctx;

	return a->way->go(a->scene, says);
}

/* "note: ...\n" lines go to the notes, the rest stays. */
static struct str sift(struct prover *p, struct str says)
{
	auto_buf rest = BUF_MAX(8192);

	while (says.len) {
		size_t at = str_find(says, STR("note: ")), end;
		struct str line;
		struct prove_note *n;

		buf_add(&rest, str_sub(says, 0, at == SIZE_MAX ? says.len : at));
		if (at == SIZE_MAX)
			break;
		line = str_sub(says, at + 6, SIZE_MAX);
		end = str_find_char(line, '\n');
		says = str_sub(line, end == SIZE_MAX ? line.len : end + 1, SIZE_MAX);
		n = arena_alloc(p->arena, sizeof(*n));
		if (!n)
			break;
		n->text = arena_str(p->arena, str_sub(line, 0, end == SIZE_MAX ? line.len : end));
		*p->notes_end = n;
		p->notes_end = &n->next;
	}
	return arena_str(p->arena, str_trim(buf_str(&rest)));
}

static bool note(struct prover *p, const struct prove_way *w, enum prove_result r,
		 struct str detail, struct err *err)
{
	struct prove_try *t = arena_alloc(p->arena, sizeof(*t));

	if (!t)
		return err_set(err, ERR_LIMIT, "no memory for what was tried");
	*t = (struct prove_try){
		str_from(w->name), str_from(w->how), str_from(w->means), r, detail, NULL
	};
	*p->tries_end = t;
	p->tries_end = &t->next;
	p->done.tried += r != PROVE_IMPOSSIBLE;
	p->done.impossible += r == PROVE_IMPOSSIBLE;
	p->done.worked += r == PROVE_WORKED;
	return true;
}

static bool sound(enum prove_result r)
{
	return r == PROVE_HELD || r == PROVE_WORKED || r == PROVE_IMPOSSIBLE;
}

static bool one_way(struct prover *p, const struct prove_way *w, struct err *err)
{
	const struct attempt a = { &p->scene, w };
	auto_buf says = BUF_MAX(8192), swept = BUF_MAX(4096);
	enum prove_result r = prove_as(p->ask->agent, attempt, &a, &says);
	bool whole;

	if (!sound(r)) {
		r = PROVE_WORKED;
		buf_adds(&says, " (could not be tried to its end, so nobody knows)");
	}
	if (w->go == prove_fill_disk && !prove_room(&p->canary)) {
		r = PROVE_WORKED;
		buf_adds(&says, "a new backup found no room");
	}
	(void)prove_as(p->ask->agent, prove_sweep, &p->scene, &swept);
	whole = prove_whole(&p->canary, &says);
	if (!whole || r == PROVE_WORKED) {
		r = PROVE_WORKED;
		prove_standin_end(&p->scene.standin);
		if (!prove_plant(&p->canary, err))
			return err_prefix(err, "after %s", w->name);
		set_handle(&p->scene, p->arena);
		p->scene.standin = prove_standin(&p->canary.owner, p->scene.file);
	}
	return note(p, w, r, sift(p, buf_str(&says)), err);
}

/* What must work on a copy that is the agent's own: else the prover is blind. */
static bool control(struct prover *p, struct err *err)
{
	p->decoy = p->scene;
	snprintf(p->decoy.root, PROVE_PATH, "%.4000s/copy", p->scene.own);
	p->decoy.chain[0] = p->decoy.root;
	p->decoy.chain[1] = NULL;
	p->decoy_place = (struct vault_place){ .name = STR("copy"),
					       .kind = VAULT_DIRECTORY,
					       .directory = str_from(p->decoy.root) };
	p->copy = (struct prove_canary){ .owner = *p->ask->agent,
					 .place = &p->decoy_place,
					 .scene = &p->decoy };
	if (!paths(&p->decoy, err))
		return false;
	if (mkdir(p->decoy.root, 0700) != 0 ||
	    chown(p->decoy.root, p->ask->agent->uid, p->ask->agent->gid) != 0)
		return err_sys(err, "a copy for the agent cannot be made");
	for (size_t i = 0; i < n_prove_ways; i++) {
		const struct attempt a = { &p->decoy, &prove_ways[i] };
		auto_buf says = BUF_MAX(8192);

		if (!(prove_ways[i].flags & PROVE_CONTROL))
			continue;
		if (!prove_plant(&p->copy, err))
			return false;
		if (prove_as(p->ask->agent, attempt, &a, &says) != PROVE_WORKED)
			return err_set(err, ERR_STATE,
				       "the proof would prove nothing: on a copy of the agent's "
				       "own, %s did not work either (%.*s)",
				       prove_ways[i].name, STR_ARG(buf_str(&says)));
	}
	return true;
}

static enum prove_result clear(const void *ctx, struct buf *says)
{
	(void)says;
	return dir_remove(ctx, NULL) ? PROVE_HELD : PROVE_UNSET;
}

static bool strike(struct prover *p, struct err *err)
{
	auto_buf says = BUF_MAX(4096);
	struct err other = { 0 };
	bool good = true;

	prove_standin_end(&p->scene.standin);
	if (p->canary.scene && !prove_uproot(&p->canary, &other))
		good = err_set(err, other.code, "%s", other.msg);
	if (p->scene.own[0]) {
		(void)prove_as(p->ask->agent, clear, p->scene.own, &says);
		(void)rmdir(p->scene.own);
	}
	return good;
}

/* A vault in S3: the same ways one by one, with the agent's credentials; looked at with those of the vault's side. */
static bool way_s3(struct prover *p, struct s3_scene *s3, const struct prove_way *w,
		   struct err *err)
{
	const struct attempt a = { &p->scene, w };
	auto_buf says = BUF_MAX(8192);
	enum prove_result r =
		w->go ? prove_as(p->ask->agent, attempt, &a, &says) : prove_s3_owner(s3, w->name, &says);
	bool whole;

	if (!sound(r)) {
		r = PROVE_WORKED;
		buf_adds(&says, " (could not be tried to its end, so nobody knows)");
	}
	s3->refused = r == PROVE_HELD || r == PROVE_IMPOSSIBLE;
	if (!prove_s3_look(s3, p->arena, &whole, &says, err))
		return err_prefix(err, "after %s", w->name);
	return note(p, w, whole ? r : PROVE_WORKED, sift(p, buf_str(&says)), err);
}

/* A refusal that was none. */
static bool unchanged(struct prover *p, struct s3_scene *s3, struct err *err)
{
	auto_buf says = BUF_MAX(8192);
	bool whole;

	s3->refused = false;
	return prove_s3_look(s3, p->arena, &whole, &says, err) &&
	       (whole || err_set(err, ERR_STATE, "what was refused was done all the same%.*s", STR_ARG(buf_str(&says))));
}

static bool run_s3(struct prover *p, struct err *err)
{
	struct s3_scene *s3 = arena_alloc(p->arena, sizeof(*s3));
	ssize_t n = readlink("/proc/self/exe", p->scene.program, sizeof(p->scene.program) - 1);
	bool good;

	if (!s3)
		return err_set(err, ERR_LIMIT, "no memory for a proof");
	p->scene.program[n < 0 ? 0 : n] = 0;
	p->scene.s3 = s3;
	p->done.same_uid = p->ask->agent->uid == geteuid() || p->ask->agent->uid == 0;
	good = prove_s3_begin(s3, p->ask, p->arena, err);
	for (size_t i = 0; good && i < n_prove_ways; i++)
		good = !(prove_ways[i].flags & PROVE_S3) || way_s3(p, s3, &prove_ways[i], err);
	good = good && unchanged(p, s3, err);
	prove_s3_end(s3, p->arena);
	return good;
}

static bool run_directory(struct prover *p, struct err *err)
{
	bool good = stage(p, err) && control(p, err);

	for (size_t i = 0; good && i < n_prove_ways; i++)
		good = !(prove_ways[i].flags & PROVE_FILES) || one_way(p, &prove_ways[i], err);
	return strike(p, good ? err : NULL) && good;
}

static bool may_become(const struct prove_ask *ask, struct err *err)
{
	return geteuid() == 0 || geteuid() == ask->agent->uid ||
	       err_set(err, ERR_DENIED,
		       "becoming the agent (uid %u) takes root: run `sudo pawl vault prove`",
		       (unsigned)ask->agent->uid);
}

bool prove_run(const struct prove_ask *ask, struct arena *arena, struct prove_done *ret,
	       struct err *err)
{
	struct prover *p = arena_alloc(arena, sizeof(*p));
	bool good;

	if (!p)
		return err_set(err, ERR_LIMIT, "no memory for a proof");
	*p = (struct prover){ .ask = ask, .arena = arena, .scene = { .ask = ask, .standin = -1 } };
	p->tries_end = (struct prove_try **)(uintptr_t)&p->done.tries;
	p->notes_end = (struct prove_note **)(uintptr_t)&p->done.notes;
	if (!may_become(ask, err))
		return false;
	if (ask->place->kind != VAULT_DIRECTORY && ask->place->kind != VAULT_S3)
		return err_set(err, ERR_TOOL,
			       "vault %.*s: nobody knows how to prove this kind of vault; one in a "
			       "folder or in S3 can be",
			       STR_ARG(ask->place->name));
	p->done.at_us = clock_now_us();
	good = ask->place->kind == VAULT_S3 ? run_s3(p, err) : run_directory(p, err);
	p->done.took_us = clock_now_us() - p->done.at_us;
	if (good)
		*ret = p->done;
	return good;
}

void prove_point(const struct prove_done *d, struct arena *arena, struct point_proof *ret)
{
	auto_buf names = BUF_MAX(1 << 16);

	for (const struct prove_try *t = d->tries; t; t = t->next) {
		if (t->result == PROVE_WORKED)
			buf_addf(&names, "%s%.*s%s%.*s", names.len ? "\n" : "", STR_ARG(t->way),
				 t->detail.len ? ": " : "", STR_ARG(t->detail));
	}
	*ret = (struct point_proof){ .at_us = d->at_us,
				     .tried = d->tried,
				     .worked = d->worked,
				     .impossible = d->impossible,
				     .same_uid = d->same_uid,
				     .worked_names = arena_str(arena, buf_str(&names)) };
}
