#include "gate/hook/frame.h"

static uint64_t hash_of(struct str out, struct str err)
{
	return str_hash(out) * 3 + str_hash(err);
}

struct frame_head frame_head_of(enum verdict verdict, const struct hook_answer *a)
{
	return (struct frame_head){
		.magic = FRAME_MAGIC,
		.verdict = (uint32_t)verdict,
		.exit = (uint32_t)a->exit,
		.out_len = (uint32_t)a->out.len,
		.err_len = (uint32_t)a->err.len,
		.hash = hash_of(buf_str(&a->out), buf_str(&a->err)),
	};
}

size_t frame_size(const char *bytes, size_t n, size_t max)
{
	struct frame_head h;

	if (n < sizeof(h))
		return 0;
	memcpy(&h, bytes, sizeof(h));
	if (h.magic != FRAME_MAGIC || h.out_len > max || h.err_len > max || sizeof(h) + h.out_len + h.err_len > max)
		return SIZE_MAX;
	return sizeof(h) + h.out_len + h.err_len;
}

bool frame_open(enum hook_host host, const char *bytes, size_t n, struct frame_view *ret)
{
	struct frame_head h;
	struct frame_view v;

	if (frame_size(bytes, n, n) != n)
		return false;
	memcpy(&h, bytes, sizeof(h));
	v.out = (struct str){ bytes + sizeof(h), h.out_len };
	v.err = (struct str){ bytes + sizeof(h) + h.out_len, h.err_len };
	v.exit = (int)h.exit;
	if (h.hash != hash_of(v.out, v.err))
		return false;
	if (h.verdict == VERDICT_ALLOW ? !hook_answer_allows(host, v.exit, v.out, v.err)
				       : !hook_answer_refuses(host, v.exit, v.out, v.err))
		return false;
	*ret = v;
	return true;
}
