#include "gate/hook/judging.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "gate/hook/frame.h"

/* The whole of standard input. What is larger than may be is still taken to its end, so that the host's own write succeeds. */
static bool read_input(struct buf *in, struct err *err)
{
	static char rest[65536];
	ssize_t n;

	if (fd_read_all(STDIN_FILENO, in, err))
		return true;
	do {
		n = read(STDIN_FILENO, rest, sizeof(rest));
	} while (n > 0);
	return false;
}

/* Address space; pages cost only when touched. Less where a limit stands in the way. */
static bool map_arena(struct arena *a)
{
	static const size_t megabytes[] = { 256, 64, 16 };

	for (size_t i = 0; i < ARRAY_LEN(megabytes); i++) {
		if (arena_map(a, megabytes[i] << 20))
			return true;
	}
	return false;
}

static bool send_answer(enum verdict verdict, const struct hook_answer *a)
{
	struct frame_head h = frame_head_of(verdict, a);
	auto_buf whole = BUF_MAX(GUARD_MAX_ANSWER * 2);

	buf_add(&whole, (struct str){ (const char *)&h, sizeof(h) });
	buf_add(&whole, buf_str(&a->out));
	buf_add(&whole, buf_str(&a->err));
	return !whole.failed && fd_write_all(STDOUT_FILENO, whole.ptr, whole.len, NULL);
}

static void judge_input(const struct guard *g, struct arena *arena, struct hook_call *call, struct hook_verdict *verdict)
{
	struct buf in = BUF_MAX(HOOK_MAX_INPUT);
	struct err err = { 0 };

	if (read_input(&in, &err)) {
		hook_call_read(g->host, buf_str(&in), arena, call);
	} else {
		*call = (struct hook_call){ .host = g->host, .event = HOOK_EVENT_TOOL };
		call->trouble = err.code == ERR_LIMIT ? STR("what the host sent is larger than 64 MB")
						      : STR("standard input cannot be read");
	}
	if (g->complete && !call->trouble.len)
		g->complete(g->judge.ctx, call, arena);
	hook_decide(call, &g->judge, arena, verdict);
}

void judging_run(const struct guard *g, int pipe_end)
{
	struct hook_verdict verdict = { .verdict = VERDICT_UNSET };
	struct hook_answer answer;
	struct hook_call call;
	struct arena arena = { 0 };
	int nowhere;

	if (dup2(pipe_end, STDOUT_FILENO) < 0)
		_exit(1);
	if (pipe_end != STDOUT_FILENO)
		close(pipe_end);
	nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (nowhere >= 0 && nowhere != STDERR_FILENO)
		dup2(nowhere, STDERR_FILENO);
	if (!map_arena(&arena))
		_exit(1);
	judge_input(g, &arena, &call, &verdict);
	if (!hook_answer_write(&call, &verdict, &answer) || !send_answer(verdict.verdict, &answer))
		_exit(1);
	_exit(0);
}
