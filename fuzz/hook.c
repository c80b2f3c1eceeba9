/* The hooks of every host: any bytes get an answer that is valid for the host, the same each time; what is allowed by a judge that holds
 * everything held nothing to judge; a frame opens only whole.
 * covers: src/gate/hook/{call,search,patch,tools,decide,answer,frame,host}.c
 * options: -max_len=16384
 */
#include "fuzz.h"

#include "base/json.h"
#include "gate/hook/frame.h"
#include "gate/hook/hook.h"

#define ARENA_SIZE ((size_t)1 << 23)

static struct arena *fresh(struct arena *a)
{
	if (!a->mem)
		PAWL_ASSERT(arena_map(a, ARENA_SIZE));
	arena_reset(a);
	return a;
}

/* Holds everything, and says the bytes themselves as its reason. */
static bool judge(void *ctx, const struct hook_call *call, struct arena *arena, struct hook_verdict *ret)
{
	const struct str *said = ctx;

	(void)arena;
	FUZZ_CHECK(!call->trouble.len && (call->items || call->destructive));
	*ret = (struct hook_verdict){ .verdict = VERDICT_HOLD, .hold = STR("H-1"), .reason = *said, .safer = *said };
	return true;
}

static void check_refusal(const struct hook_answer *a, struct str words)
{
	static struct arena arena;
	struct json *root;
	size_t n = 0;

	for (size_t i = 0; i < words.len; i++) {
		FUZZ_CHECK((unsigned char)words.ptr[i] >= 0x20);
		n += ((unsigned char)words.ptr[i] & 0xc0) != 0x80;
	}
	FUZZ_CHECK(n > 0 && n <= HOOK_MAX_TEXT && str_is_utf8(words));
	FUZZ_CHECK((a->exit == 2) == (a->err.len > 0) && (a->exit == 0) == (a->out.len > 0));
	if (a->out.len)
		FUZZ_CHECK(json_parse(buf_str(&a->out), fresh(&arena), &root, NULL) && root->type == JSON_OBJECT);
}

static void check_frame(enum hook_host host, enum verdict v, const struct hook_answer *a)
{
	struct frame_head h = frame_head_of(v, a);
	static char bytes[1 << 17];
	struct frame_view view;
	size_t n = sizeof(h) + a->out.len + a->err.len;

	memcpy(bytes, &h, sizeof(h));
	if (a->out.len)
		memcpy(bytes + sizeof(h), a->out.ptr, a->out.len);
	if (a->err.len)
		memcpy(bytes + sizeof(h) + a->out.len, a->err.ptr, a->err.len);
	FUZZ_CHECK(frame_open(host, bytes, n, &view) && view.exit == a->exit && str_eq(view.out, buf_str(&a->out)));
	FUZZ_CHECK(!frame_open(host, bytes, n - 1, &view) && !frame_open(host, bytes, n + 1, &view));
	if (n > sizeof(h)) {
		bytes[sizeof(h)] = (char)(bytes[sizeof(h)] ^ 1);
		FUZZ_CHECK(!frame_open(host, bytes, n, &view));
	}
}

static void one(enum hook_host host, struct str bytes)
{
	static struct arena arena;
	struct hook_judge j = { .ctx = &bytes, .judge = judge };
	struct hook_verdict v, again;
	struct hook_answer a;
	struct hook_call call;
	auto_buf words = BUF_MAX(1 << 16);

	hook_call_read(host, bytes, fresh(&arena), &call);
	hook_decide(&call, &j, &arena, &v);
	FUZZ_CHECK(hook_answer_write(&call, &v, &a));
	if (v.verdict == VERDICT_ALLOW) {
		FUZZ_CHECK(!call.trouble.len && a.exit == 0 && str_eq(buf_str(&a.out), str_from(hook_host_row(host)->allow)));
	} else {
		hook_words(&v, &words);
		check_refusal(&a, buf_str(&words));
	}
	check_frame(host, v.verdict, &a);
	hook_call_read(host, bytes, fresh(&arena), &call);
	hook_decide(&call, &j, &arena, &again);
	FUZZ_CHECK(again.verdict == v.verdict);
	hook_answer_free(&a);
}

/* The frame's reader on bytes that are nobody's: never an allow but the host's own. */
static void stray_frame(enum hook_host host, struct str bytes)
{
	struct frame_view view;

	if (bytes.len && frame_open(host, bytes.ptr, bytes.len, &view))
		FUZZ_CHECK(view.exit == 2 || view.out.len > 0 || !hook_host_row(host)->allow[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = { (const char *)data, size };

	for (int h = HOOK_HOST_NONE + 1; h < HOOK_HOST_COUNT; h++) {
		one((enum hook_host)h, bytes);
		stray_frame((enum hook_host)h, bytes);
	}
	return 0;
}
