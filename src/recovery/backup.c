#include "recovery/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/timestamp.h"
#include "recovery/filter.h"
#include "recovery/source.h"
#include "recovery/vault_inner.h"

#define CHUNK PACK_FRAME
#define WORTH ((size_t)256 << 10)
#define PAUSE_NS 2000000
#define WORDS_MAX 600

extern char **environ;

/* --- a program's output --- */

struct child {
	pid_t pid;
	int out, says;
};

char **backup_env(char *const *more, struct arena *arena)
{
	size_t n = 0, k = 0;
	char **all;

	while (environ[n])
		n++;
	while (more && more[k])
		k++;
	all = arena_array(arena, n + k + 1, sizeof(char *));
	if (!all)
		return NULL;
	/* Ours last: the first of a name is the one that counts. */
	if (k)
		memcpy(all, more, k * sizeof(char *));
	memcpy(all + k, environ, n * sizeof(char *));
	all[n + k] = NULL;
	return all;
}

/* A group of its own, so that with a shell its pipeline ends as well: but before somebody at a terminal, who may be asked by ssh there,
 * and whose Ctrl-C goes to all of ours. */
static bool group(posix_spawnattr_t *attr)
{
	auto_fd tty = open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY);

	return (tty >= 0 && tcgetpgrp(tty) == getpgrp()) || !posix_spawnattr_setflags(attr, POSIX_SPAWN_SETPGROUP);
}

static bool start(struct child *c, char *const argv[], char **env, struct err *err)
{
	posix_spawn_file_actions_t a;
	posix_spawnattr_t attr;
	auto_fd null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int pipe_[2] = { -1, -1 };
	bool good;

	c->pid = -1;
	c->says = memfd_create("says", MFD_CLOEXEC);
	if (null < 0 || c->says < 0 || pipe2(pipe_, O_CLOEXEC) ||
	    posix_spawnattr_init(&attr) || posix_spawn_file_actions_init(&a)) {
		fd_close(&pipe_[0]);
		fd_close(&pipe_[1]);
		return err_sys(err, "%s cannot be started", argv[0]);
	}
	(void)fcntl(pipe_[1], F_SETPIPE_SZ, 1 << 20);
	good = group(&attr) && filter_signals(&attr) && !posix_spawn_file_actions_adddup2(&a, null, 0) &&
	       !posix_spawn_file_actions_adddup2(&a, pipe_[1], 1) &&
	       !posix_spawn_file_actions_adddup2(&a, c->says, 2) &&
	       !(errno = posix_spawnp(&c->pid, argv[0], &a, &attr, argv, env));
	if (!good)
		(void)err_sys(err, "%s cannot be started", argv[0]);
	posix_spawn_file_actions_destroy(&a);
	posix_spawnattr_destroy(&attr);
	fd_close(&pipe_[1]);
	c->out = good ? fd_take(&pipe_[0]) : -1;
	fd_close(&pipe_[0]);
	return good;
}

/* To its end; false when it ended otherwise than with 0. */
static bool reap(struct stall *stall, struct child *c, const char *name, struct err *err)
{
	char words[WORDS_MAX];
	siginfo_t ended;
	int status;
	struct str said;
	pid_t pid;
	ssize_t n;

	/* It ends, and is still there: from here on nobody ends another of its number. */
	while (waitid(P_PID, (id_t)c->pid, &ended, WEXITED | WNOWAIT) < 0 && errno == EINTR)
		;
	stall_watch_pid(stall, -1);
	do
		pid = waitpid(c->pid, &status, 0);
	while (pid < 0 && errno == EINTR);
	c->pid = -1;
	if (pid < 0)
		return err_sys(err, "%s", name);
	if (status == 0)
		return true;
	n = pread(c->says, words, sizeof(words), 0);
	for (ssize_t i = 0; i < n; i++)
		words[i] = words[i] == '\n' || words[i] == '\t' ? ' ' : words[i];
	said = str_trim((struct str){ words, n > 0 ? (size_t)n : 0 });
	return err_set(err, ERR_TOOL, "%s %s %d%s%.*s", name,
		       WIFSIGNALED(status) ? "was ended by signal" : "ended with status",
		       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
		       said.len ? ": " : "", STR_ARG(said));
}

static void stop(struct stall *stall, struct child *c)
{
	fd_close(&c->out);
	if (c->pid > 0) {
		kill(-c->pid, SIGTERM); /* no such group: it is of ours */
		kill(c->pid, SIGTERM);
		(void)reap(stall, c, "", NULL);
	}
	fd_close(&c->says);
}

bool backup_chunk(struct backup_run *r, const void *p, size_t n, struct err *err)
{
	bool good;

	r->bytes += n;
	if (r->ask->progress.tell)
		r->ask->progress.tell(r->ask->progress.ctx, r->bytes, r->about);
	stall_hold(r->stall, true);
	good = fingerprint_add(r->fingerprint, p, n, err) && pack_add(r->pack, p, n, err);
	stall_hold(r->stall, false);
	return good;
}

/* A program that writes four kilobytes at a time would wake us for each of them: what it writes meanwhile lies in the pipe. */
static void let_it_write(size_t got)
{
	struct timespec pause = { 0, PAUSE_NS };

	if (got < WORTH)
		(void)nanosleep(&pause, NULL);
}

/* What was given up may have left somebody who holds the pipe, and says nothing. */
static bool await(struct stall *stall, int fd, const char *name, struct err *err)
{
	struct pollfd p = { fd, POLLIN, 0 };
	int n;

	while ((n = poll(&p, 1, stall ? 1000 : -1)) <= 0) {
		if (n < 0 && errno != EINTR)
			return err_sys(err, "%s", name);
		if (stall_over(stall)) {
			stall_why(stall, name, err);
			return false;
		}
	}
	return true;
}

/* *${ret_refused}: it was the reader who wanted no more, and ${err} says why. */
static bool take_all(const struct backup_reader *r, struct child *c, const char *name, bool *ret_refused, struct err *err)
{
	char *p = malloc(CHUNK);
	bool good = p || err_set(err, ERR_LIMIT, "no memory to read a backup");

	while (good && (good = await(r->stall, c->out, name, err))) {
		ssize_t n = read(c->out, p, CHUNK);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			good = err_sys(err, "%s", name);
		if (n <= 0)
			break;
		stall_moved(r->stall);
		good = r->take(r->ctx, p, (size_t)n, err);
		*ret_refused = !good;
		let_it_write((size_t)n);
	}
	free(p);
	return good;
}

bool backup_read(char *const argv[], char **env, const struct backup_reader *reader,
		 struct err *err)
{
	struct child c = { -1, -1, -1 };
	bool refused = false, good = start(&c, argv, env ? env : environ, err);

	stall_watch_pid(reader->stall, c.pid);
	good = good && take_all(reader, &c, argv[0], &refused, err) &&
	       reap(reader->stall, &c, argv[0], err);
	stop(reader->stall, &c);
	if (!good && !refused && stall_over(reader->stall))
		stall_why(reader->stall, argv[0], err);
	return good;
}

static bool into_backup(void *ctx, const void *p, size_t n, struct err *err)
{
	return backup_chunk(ctx, p, n, err);
}

bool backup_stream(struct backup_run *r, char *const argv[], char *const env[], struct err *err)
{
	char **all = backup_env(env, r->arena);
	struct backup_reader into = { into_backup, r, r->stall };

	return all ? backup_read(argv, all, &into, err)
		   : err_set(err, ERR_LIMIT, "no memory to read a backup");
}

/* --- one backup --- */

/* Its last three digits alone are by chance: two of one second have an order, too. */
static struct str new_id(struct arena *arena)
{
	int64_t now = clock_now_us();
	struct timestamp_parts t = timestamp_split(now);
	uint32_t random = 0;

	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		random = (uint32_t)getpid();
	return arena_fmt(arena, "%04d%02d%02dT%02d%02d%02dZ-%08x", t.year, t.month, t.day, t.hour,
			 t.minute, t.second, (uint32_t)(now % CLOCK_SECOND) << 12 | (random & 0xfff));
}

bool backup_id_good(struct str id)
{
	static const char form[] = "99999999T999999Z-xxxxxxxx";

	if (id.len != sizeof(form) - 1)
		return false;
	for (size_t i = 0; i < id.len; i++) {
		const char *may = form[i] == '9' ? "0123456789" : form[i] == 'x' ? "0123456789abcdef" : NULL;

		if (may ? !id.ptr[i] || !strchr(may, id.ptr[i]) : id.ptr[i] != form[i])
			return false;
	}
	return true;
}

static bool put_text(const struct backup_run *r, const char *name, struct str bytes,
		     struct err *err)
{
	struct vault_put *p;
	uint64_t have;

	if (!vault_put_begin(r->ask->vault, r->ask->target, r->m->id, str_from(name), &p, &have,
			     err))
		return false;
	if (have || !vault_put_bytes(p, bytes.ptr, bytes.len, err)) {
		vault_put_stop(p);
		return false;
	}
	return vault_put_end(p, err);
}

/* The signature last: without it the manifest is nobody's. */
static bool seal(struct backup_run *r, struct err *err)
{
	struct manifest_signature s;
	struct str json;

	r->m->finished_us = clock_now_us();
	if (r->m->finished_us < r->m->taken_us)
		return err_set(err, ERR_STATE,
			       "the clock was put back while the backup was taken: it would lie "
			       "about its age");
	return manifest_write(r->m, r->arena, &json, err) &&
	       manifest_sign(r->ask->pem, json, r->arena, &s, err) &&
	       put_text(r, VAULT_MANIFEST, json, err) &&
	       put_text(r, VAULT_SIGNATURE, (struct str){ (const char *)&s, sizeof(s) }, err);
}

static bool stream(struct backup_run *r, struct err *err)
{
	struct fingerprint_found found;
	struct packed packed;
	struct manifest_file *file = arena_alloc(r->arena, sizeof(*file));
	struct vault_put *to;
	const char *name = r->ask->filter ? "data.zst.age" : "data.zst";
	uint64_t have;

	r->fingerprint = fingerprint_new(r->source->form, r->arena);
	if (!file || !r->fingerprint)
		return err_set(err, ERR_LIMIT, "no memory to take a backup");
	if (!vault_put_begin(r->ask->vault, r->ask->target, r->m->id, str_from(name), &to, &have,
			     err) ||
	    !pack_begin(to, r->ask->filter, &r->pack, err))
		return false;
	pack_watched(r->pack, r->stall);
	if (!r->source->take(r, err) || !fingerprint_end(r->fingerprint, &found, err)) {
		pack_stop(r->pack);
		return false;
	}
	if (!pack_end(r->pack, r->arena, &packed, err))
		return false;
	*file = packed.file;
	file->name = str_from(name);
	r->m->files = file;
	r->m->plain_bytes = packed.plain_bytes;
	r->m->plain = found.plain;
	if (!r->source->own_tables)
		r->m->tables = found.tables;
	r->m->schema = found.schema;
	return true;
}

bool backup_take(const struct backup_ask *ask, struct arena *arena, struct manifest *ret,
		 struct err *err)
{
	struct manifest m = { .id = new_id(arena),
			      .target = ask->target,
			      .kind = ask->kind,
			      .host = ask->host,
			      .account = ask->account,
			      .encrypted_to = ask->encrypted_to };
	struct backup_run r = {
		.ask = ask, .source = source_of(ask->kind), .arena = arena, .m = &m
	};
	bool good;

	if (!r.source)
		return err_set(err, ERR_TOOL, "%.*s: backups of this kind are not built yet",
			       STR_ARG(ask->target));
	if (!m.id.ptr)
		return err_set(err, ERR_LIMIT, "no memory to take a backup");
	if (!stall_begin(ask->patience_s ? ask->patience_s : STALL_BACKUP_S, &r.stall, err))
		return false;
	stall_until(r.stall, ask->until_s);
	good = stream(&r, err);
	/* Of what was cut off, whoever was cut off tells a story of its own. */
	if (!good && stall_late(r.stall))
		err_set(err, ERR_TOOL, "it took longer than it may, and was ended");
	stall_end(r.stall);
	good = good && seal(&r, err);
	fingerprint_free(r.fingerprint);
	if (!good)
		return err_prefix(err, "%.*s: no backup was taken", STR_ARG(ask->target));
	*ret = m;
	return true;
}

/* --- and back --- */

static bool get_all(struct vault *v, struct str target, struct str id, const char *file,
		    size_t most, struct arena *arena, struct str *ret, struct err *err)
{
	auto_buf b = BUF_MAX(most);
	struct vault_get *g;
	char chunk_[4096];
	size_t n = 0;
	bool good;

	if (!vault_get_begin(v, target, id, str_from(file), 0, &g, err))
		return false;
	do {
		good = vault_get_bytes(g, chunk_, sizeof(chunk_), &n, err);
		if (good)
			buf_add(&b, (struct str){ chunk_, n });
	} while (good && n && !b.failed);
	vault_get_end(g);
	*ret = b.failed ? STR_NONE : arena_str(arena, buf_str(&b));
	return good && (ret->ptr || err_set(err, ERR_LIMIT, "%.*s/%.*s/%s is larger than it may be",
					    STR_ARG(target), STR_ARG(id), file));
}

bool backup_manifest(struct vault *v, struct str target, struct str id,
		     const uint8_t key[ED25519_KEY_LEN], struct arena *arena, struct manifest *ret,
		     struct err *err)
{
	struct manifest_signature s;
	struct manifest m;
	struct str json, sig;

	if (!get_all(v, target, id, VAULT_MANIFEST, MANIFEST_MAX, arena, &json, err) ||
	    !get_all(v, target, id, VAULT_SIGNATURE, sizeof(s) + 1, arena, &sig, err))
		return false;
	if (sig.len == sizeof(s))
		memcpy(&s, sig.ptr, sizeof(s));
	if (sig.len != sizeof(s) || !manifest_signed(key, &s, json, arena))
		return err_set(err, ERR_BROKEN,
			       "%.*s/%.*s: the manifest is not signed by the key that backups here "
			       "are signed by",
			       STR_ARG(target), STR_ARG(id));
	if (!manifest_read(id, json, arena, &m, err))
		return false;
	/* A manifest that lies where another should: swapped. */
	if (!str_eq(m.id, id) || !str_eq(m.target, target))
		return err_set(err, ERR_STATE, "%.*s/%.*s: its manifest is that of %.*s/%.*s",
			       STR_ARG(target), STR_ARG(id), STR_ARG(m.target), STR_ARG(m.id));
	*ret = m;
	return true;
}
