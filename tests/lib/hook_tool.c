/* The hook's reader, writer and guard with a judge of the test's making.
 * usage: hook_tool dump HOST                       what a call on standard input is read as, one thing a line
 *        hook_tool run HOST hold|deny|allow [MS]   a whole hook whose judge always says that; MS: the deadline
 *        hook_tool dead HOST WHY                   what the guard says by itself: standard output, a NUL, standard error
 *        hook_tool codex-hash PROGRAM              what Codex trusts the hook of that program by
 * A command that begins with "misbehave: WORD" makes the judge do so: see misbehave().
 */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/fd.h"
#include "gate/hook/agents.h"
#include "gate/hook/frame.h"
#include "gate/hook/guard.h"

static enum verdict answer = VERDICT_UNSET;

static const char *const tool_names[] = { "unknown", "shell", "edit", "mcp", "web", "read" };
static const char *const item_names[] = { "", "command", "argv", "sql", "edit", "url" };

static void line(const char *name, struct str s)
{
	if (s.len)
		printf("%s: %.*s\n", name, STR_ARG(s));
}

static void dump_item(const struct hook_item *i)
{
	printf("item: %s", item_names[i->kind]);
	for (size_t w = 0; w < i->n_argv; w++)
		printf(" [%.*s]", STR_ARG(i->argv[w]));
	if (i->kind != HOOK_ITEM_ARGV)
		printf(" %.*s", STR_ARG(i->text));
	if (i->deletes)
		printf(" (deletes)");
	if (i->method.len)
		printf(" (%.*s)", STR_ARG(i->method));
	if (i->cwd.len)
		printf(" (in %.*s)", STR_ARG(i->cwd));
	if (i->content.len)
		printf(" (%zu bytes)", i->content.len);
	printf("\n");
}

static int dump(enum hook_host host)
{
	auto_buf in = BUF_MAX(HOOK_MAX_INPUT);
	struct hook_call call;
	struct arena a;

	if (!arena_map(&a, (size_t)256 << 20) || !fd_read_all(0, &in, NULL))
		return 1;
	hook_call_read(host, buf_str(&in), &a, &call);
	printf("tool: %s\n", tool_names[call.tool]);
	line("name", call.tool_name);
	line("server", call.server);
	line("event", call.event_name);
	line("cwd", call.cwd);
	line("session", call.session);
	line("mode", call.mode);
	if (call.event == HOOK_EVENT_OTHER)
		printf("not a call\n");
	if (call.destructive)
		printf("destructive\n");
	for (const struct hook_item *i = call.items; i; i = i->next)
		dump_item(i);
	line("trouble", call.trouble);
	return 0;
}

static void send_frame(const struct frame_head *h, struct str body)
{
	(void)!write(1, h, sizeof(*h));
	(void)!write(1, body.ptr, body.len);
	_exit(0);
}

static void eat_memory(void)
{
	for (;;) {
		char *p = malloc(1 << 20);

		if (!p)
			abort();
		memset(p, 1, 1 << 20);
	}
}

/* An allow that is not the host's, or with a wrong sum, or cut short. */
static void lie(struct str how)
{
	struct hook_answer a = { .out = BUF_MAX(100) };
	struct frame_head h;

	buf_adds(&a.out, "{\"permissionDecision\":\"allow\"}");
	h = frame_head_of(VERDICT_ALLOW, &a);
	if (str_is(how, "sum"))
		h.hash++;
	if (str_is(how, "exit"))
		h.exit = 1;
	if (str_is(how, "half"))
		a.out.len /= 2;
	if (str_is(how, "twice"))
		(void)!write(1, &h, sizeof(h));
	send_frame(&h, buf_str(&a.out));
}

static void misbehave(struct str how)
{
	if (str_is(how, "crash"))
		raise(SIGSEGV);
	if (str_is(how, "abort"))
		abort();
	if (str_is(how, "kill"))
		raise(SIGKILL);
	if (str_is(how, "stop"))
		raise(SIGSTOP);
	if (str_is(how, "exit"))
		_exit(0);
	if (str_is(how, "memory"))
		eat_memory();
	if (str_is(how, "print"))
		printf("{\"decision\":\"allow\"}\n"), fflush(stdout);
	if (str_is(how, "garbage")) {
		for (;;)
			(void)!write(1, "garbage ", 8);
	}
	if (str_is(how, "close")) {
		close(1);
		for (;;)
			pause();
	}
	while (str_is(how, "hang"))
		pause();
	while (str_is(how, "spin"))
		;
	if (str_starts(how, STR("lie ")))
		lie(str_sub(how, 4, SIZE_MAX));
}

static bool judge(void *ctx, const struct hook_call *call, struct arena *arena, struct hook_verdict *ret)
{
	(void)ctx;
	(void)arena;
	if (call->items && str_starts(call->items->text, STR("misbehave: ")))
		misbehave(str_sub(call->items->text, 11, SIZE_MAX));
	*ret = (struct hook_verdict){ .verdict = answer };
	if (answer == VERDICT_ALLOW)
		return true;
	ret->reason = STR("deletes the database \"shop\" of production, with its backups.");
	ret->safer = STR("dump it first: `pg_dump shop`.");
	if (answer == VERDICT_HOLD)
		ret->hold = STR("H-42");
	return true;
}

static int dead(enum hook_host host, const char *why)
{
	static char out[GUARD_MAX_ANSWER], err[GUARD_MAX_ANSWER];

	guard_dead_answer(host, why, out, err, sizeof(out));
	printf("%s%c%s", out, '\0', err);
	return 0;
}

static int number(const char *text)
{
	uint64_t v = 0;

	return text && str_to_u64(str_from(text), &v) ? (int)v : 0;
}

int main(int argc, char **argv)
{
	enum hook_host host = argc > 2 ? hook_host_from(str_from(argv[2])) : HOOK_HOST_NONE;
	struct guard g = { .host = host, .judge = { .judge = judge } };

	if (argc == 3 && strcmp(argv[1], "codex-hash") == 0) {
		char hash[80];

		agent_codex_hash(argv[2], hash);
		puts(hash);
		return 0;
	}
	if (host == HOOK_HOST_NONE)
		return 2;
	if (strcmp(argv[1], "dump") == 0)
		return dump(host);
	if (strcmp(argv[1], "dead") == 0 && argc == 4)
		return dead(host, argv[3]);
	if (argc < 4)
		return 2;
	if (!verdict_from(str_from(argv[3]), &answer))
		return 2;
	g.deadline_ms = number(argv[4]);
	return guard_run(&g);
}
