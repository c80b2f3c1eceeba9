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

/* Does a refusal look like one of this host's? */
static bool is_refusal(const struct hook_pieces *p, struct str out)
{
	struct str last = STR_NONE;

	for (size_t i = 1; i < ARRAY_LEN(p->piece) && p->piece[i]; i++)
		last = str_from(p->piece[i]);
	return p->piece[0] && str_starts(out, str_from(p->piece[0])) && str_ends(out, last) &&
	       out.len > str_from(p->piece[0]).len + last.len;
}

bool frame_open(enum hook_host host, const char *bytes, size_t n, struct frame_view *ret)
{
	const struct hook_host_row *row = hook_host_row(host);
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
	if (h.verdict == VERDICT_ALLOW) {
		if (v.exit != 0 || v.err.len || !str_eq(v.out, str_from(row->allow)))
			return false;
	} else if (row->deny.piece[0]) {
		if (v.exit != 0 || v.err.len || (!is_refusal(&row->deny, v.out) && !is_refusal(&row->permission, v.out)))
			return false;
	} else if (v.exit != 2 || v.out.len || v.err.len < 2) {
		return false;
	}
	*ret = v;
	return true;
}
