/* Vaults, retention and proofs without the command line's configuration, for tests.
 * usage: vault_tool PLACE LOCK_S WORD ...
 * PLACE: dir:PATH | s3:BUCKET/PREFIX | restic:REPOSITORY | rclone:REMOTE:PATH. AWS's own variables say where S3 is and with which key.
 * WORD: put TARGET ID FILE < bytes (says how much lay there already; sends the rest) | part TARGET ID FILE BYTES < bytes (stops after BYTES)
 *   get TARGET ID FILE [AT] | list [TARGET] | lock TARGET ID | remove TARGET ID | keep TARGET D W M VERIFIED | prove USER|PID [CONFIG [KEY]]
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "recovery/prove.h"
#include "recovery/retention.h"

static struct arena arena;
static struct err err;
static struct vault_place place;
static struct vault *v;

static int fail(void)
{
	fprintf(stderr, "%s\n", err.msg);
	return 1;
}

static bool set_place(const char *text, const char *lock)
{
	struct str s = str_from(text), rest;
	size_t colon = str_find_char(s, ':'), slash;
	uint64_t lock_s;

	if (colon == SIZE_MAX || !str_to_u64(str_from(lock), &lock_s))
		return false;
	rest = str_sub(s, colon + 1, SIZE_MAX);
	place = (struct vault_place){ .name = STR("test"), .lock_s = (int64_t)lock_s };
	s = str_sub(s, 0, colon);
	if (str_is(s, "dir")) {
		place.kind = VAULT_DIRECTORY;
		place.directory = rest;
	} else if (str_is(s, "s3")) {
		slash = str_find_char(rest, '/');
		place.kind = VAULT_S3;
		place.bucket = str_sub(rest, 0, slash == SIZE_MAX ? rest.len : slash);
		place.prefix = slash == SIZE_MAX ? STR_NONE : str_sub(rest, slash + 1, SIZE_MAX);
	} else {
		place.kind = str_is(s, "restic") ? VAULT_RESTIC : VAULT_RCLONE;
		place.repository = rest;
	}
	return true;
}

static int put(char **a, uint64_t most)
{
	static char chunk[1 << 20];
	struct vault_put *p;
	uint64_t have, at = 0;
	ssize_t n;

	if (!vault_put_begin(v, str_from(a[0]), str_from(a[1]), str_from(a[2]), &p, &have, &err))
		return fail();
	fprintf(stderr, "have %llu\n", (unsigned long long)have);
	while ((n = read(0, chunk, sizeof(chunk))) > 0 && at < most) {
		uint64_t skip = at < have ? have - at : 0;

		if (skip < (uint64_t)n && !vault_put_bytes(p, chunk + skip, (size_t)n - (size_t)skip, &err)) {
			vault_put_stop(p);
			return fail();
		}
		at += (uint64_t)n;
	}
	if (most != UINT64_MAX) {
		vault_put_stop(p);
		return 0;
	}
	return vault_put_end(p, &err) ? 0 : fail();
}

static int get(char **a)
{
	static char chunk[1 << 20];
	struct vault_get *g;
	uint64_t at = 0;
	size_t n = 1;

	if (a[3] && !str_to_u64(str_from(a[3]), &at))
		return 2;
	if (!vault_get_begin(v, str_from(a[0]), str_from(a[1]), str_from(a[2]), at, &g, &err))
		return fail();
	while (n) {
		if (!vault_get_bytes(g, chunk, sizeof(chunk), &n, &err) || !fd_write_all(1, chunk, n, &err)) {
			vault_get_end(g);
			return fail();
		}
	}
	vault_get_end(g);
	return 0;
}

static int list(const char *target)
{
	struct vault_entry *e;

	if (!vault_list(v, str_from(target), &arena, &e, &err))
		return fail();
	for (; e; e = e->next)
		printf("%.*s/%.*s%s%s bytes=%llu put=%lld locked=%lld\n", STR_ARG(e->target), STR_ARG(e->id), e->whole ? " whole" : "",
		       e->hidden ? " hidden" : "", (unsigned long long)e->bytes, (long long)(e->put_us / CLOCK_SECOND),
		       (long long)(e->locked_until_us / CLOCK_SECOND));
	return 0;
}

static int keep(char **a)
{
	uint64_t d, w, m;
	struct retention_ask ask = { .vault = v, .target = str_from(a[0]), .verified = str_from(a[4]), .now_us = clock_now_us() };
	struct retention_done done;

	if (!str_to_u64(str_from(a[1]), &d) || !str_to_u64(str_from(a[2]), &w) || !str_to_u64(str_from(a[3]), &m))
		return 2;
	ask.keep = (struct retention_keep){ (unsigned)d, (unsigned)w, (unsigned)m };
	if (!retention_run(&ask, &arena, &done, &err))
		return fail();
	for (size_t i = 0; i < done.n; i++)
		printf("%.*s %s\n", STR_ARG(done.points[i].id), retention_word(done.points[i].why));
	printf("removed %zu, not removed %zu%s%s\n", done.removed, done.not_removed, done.last.msg[0] ? ": " : "", done.last.msg);
	return 0;
}

static int prove(char **a)
{
	struct prove_agent agent;
	struct prove_ask ask = { .place = &place, .agent = &agent, .config = a[1], .key = a[1] ? a[2] : NULL };
	struct prove_done done;
	uint64_t pid;

	if (!(str_to_u64(str_from(a[0]), &pid) ? prove_agent_process((pid_t)pid, &arena, &agent, &err)
					       : prove_agent_user(a[0], &arena, &agent, &err)) ||
	    !prove_run(&ask, &arena, &done, &err))
		return fail();
	for (const struct prove_try *t = done.tries; t; t = t->next)
		printf("%s %.*s: %.*s\n",
		       t->result == PROVE_HELD	   ? "held"
		       : t->result == PROVE_WORKED ? "WORKED"
						   : "impossible",
		       STR_ARG(t->way), STR_ARG(t->detail));
	for (const struct prove_note *n = done.notes; n; n = n->next)
		printf("note %.*s\n", STR_ARG(n->text));
	printf("tried %u worked %u impossible %u%s\n", done.tried, done.worked, done.impossible, done.same_uid ? " same-uid" : "");
	return 0;
}

static int go(const char *word, int n, char **a)
{
	uint64_t most;

	if (!strcmp(word, "prove") && n >= 1)
		return prove(a);
	if (!vault_open(&place, &v, &err))
		return fail();
	if (!strcmp(word, "put") && n == 3)
		return put(a, UINT64_MAX);
	if (!strcmp(word, "part") && n == 4 && str_to_u64(str_from(a[3]), &most))
		return put(a, most);
	if (!strcmp(word, "get") && n >= 3)
		return get(a);
	if (!strcmp(word, "list"))
		return list(n ? a[0] : NULL);
	if (!strcmp(word, "lock") && n == 2)
		return vault_lock(v, str_from(a[0]), str_from(a[1]), &err) ? 0 : fail();
	if (!strcmp(word, "remove") && n == 2)
		return vault_remove(v, str_from(a[0]), str_from(a[1]), &err) ? 0 : fail();
	if (!strcmp(word, "keep") && n == 5)
		return keep(a);
	fprintf(stderr, "vault_tool: %s?\n", word);
	return 2;
}

int main(int argc, char **argv)
{
	struct rusage u;
	int rc;

	signal(SIGPIPE, SIG_IGN);
	if (argc < 4 || !arena_map(&arena, (size_t)64 << 20) || !set_place(argv[1], argv[2])) {
		fprintf(stderr, "usage: vault_tool PLACE LOCK_S WORD ...\n");
		return 2;
	}
	rc = go(argv[3], argc - 4, argv + 4);
	vault_close(v);
	if (getenv("VAULT_TOOL_MEMORY") && getrusage(RUSAGE_SELF, &u) == 0)
		fprintf(stderr, "memory %ld KiB\n", u.ru_maxrss);
	return rc;
}
