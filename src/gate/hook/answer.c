#include "core/card.h"
#include "gate/hook/hook.h"

#define OUT_MAX ((size_t)65536)
#define REASON_LEAST ((size_t)220) /* characters of the reason that the safer way never takes */

/* The longest front of ${s} of at most ${max} characters; "…" stands for the rest. */
static void add_cut(struct buf *out, struct str s, size_t max)
{
	size_t n = 0, i = 0, cut = 0;

	while (i < s.len && n < max) {
		if (n + 1 == max)
			cut = i;
		i++;
		while (i < s.len && ((unsigned char)s.ptr[i] & 0xc0) == 0x80)
			i++;
		n++;
	}
	if (i < s.len) {
		buf_add(out, str_sub(s, 0, cut));
		buf_adds(out, max ? "…" : "");
	} else {
		buf_add(out, s);
	}
}

static void add_tail(const struct hook_verdict *v, struct buf *b)
{
	if (v->verdict == VERDICT_HOLD && v->hold.len)
		buf_addf(b,
			 " Do not retry or go round it: tell the person to look at it with `pawl show %.*s` and to answer with "
			 "`pawl approve "
			 "%.*s`; then exactly this passes once.",
			 (int)(v->hold.len > 20 ? 20 : v->hold.len), v->hold.ptr, (int)(v->hold.len > 20 ? 20 : v->hold.len),
			 v->hold.ptr);
	else
		buf_adds(b, " Do not retry it and do not try another way to the same end: tell the person.");
}

static void add_safe(struct buf *b, struct str text)
{
	card_escape(str_trim(str_sub(text, 0, 4 * HOOK_MAX_TEXT)), b);
}

void hook_words(const struct hook_verdict *v, struct buf *out)
{
	auto_buf head = BUF_MAX(OUT_MAX), reason = BUF_MAX(OUT_MAX), safer = BUF_MAX(OUT_MAX), tail = BUF_MAX(OUT_MAX);
	size_t room, for_safer;

	buf_adds(&head, v->verdict == VERDICT_HOLD ? "pawl HELD" : "pawl DENIED");
	if (v->hold.len) {
		buf_addc(&head, ' ');
		add_safe(&head, str_sub(v->hold, 0, 20));
	}
	buf_adds(&head, ": ");
	add_safe(&reason, v->reason.len ? v->reason : STR("this call is not allowed here."));
	add_safe(&safer, v->safer);
	add_tail(v, &tail);
	room = HOOK_MAX_TEXT - str_characters(buf_str(&head)) - str_characters(buf_str(&tail));
	for_safer = safer.len ? sizeof(" Safer: ") - 1 : 0;
	if (for_safer) {
		size_t want = for_safer + str_characters(buf_str(&safer)), reason_len = str_characters(buf_str(&reason));
		size_t keep = reason_len < REASON_LEAST ? reason_len : REASON_LEAST;

		for_safer = want < room - keep ? want : room - keep;
	}
	buf_add(out, buf_str(&head));
	add_cut(out, buf_str(&reason), room - for_safer);
	if (for_safer) {
		buf_adds(out, " Safer: ");
		add_cut(out, buf_str(&safer), for_safer - (sizeof(" Safer: ") - 1));
	}
	buf_add(out, buf_str(&tail));
	out->failed = out->failed || head.failed || reason.failed || safer.failed || tail.failed;
}

/* Nothing hidden is left in it: the two signs JSON escapes are all there is to escape. */
static void add_json(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '"' || text.ptr[i] == '\\')
			buf_addc(out, '\\');
		buf_addc(out, text.ptr[i]);
	}
}

static void add_pieces(struct buf *out, const struct hook_pieces *p, struct str text)
{
	buf_adds(out, p->piece[0]);
	for (size_t i = 1; i < ARRAY_LEN(p->piece) && p->piece[i]; i++) {
		add_json(out, text);
		buf_adds(out, p->piece[i]);
	}
}

bool hook_answer_write(const struct hook_call *call, const struct hook_verdict *verdict, struct hook_answer *ret)
{
	const struct hook_host_row *row = hook_host_row(call->host);
	const struct hook_pieces *pieces =
		call->event == HOOK_EVENT_PERMISSION && row->permission.piece[0] ? &row->permission : &row->deny;
	auto_buf words = BUF_MAX(OUT_MAX);

	*ret = (struct hook_answer){ .out = BUF_MAX(OUT_MAX), .err = BUF_MAX(OUT_MAX) };
	if (verdict->verdict == VERDICT_ALLOW) {
		buf_adds(&ret->out, row->allow);
		return !ret->out.failed;
	}
	hook_words(verdict, &words);
	if (pieces->piece[0]) {
		add_pieces(&ret->out, pieces, buf_str(&words));
	} else {
		buf_add(&ret->err, buf_str(&words));
		buf_addc(&ret->err, '\n');
		ret->exit = 2;
	}
	return !ret->out.failed && !ret->err.failed && !words.failed;
}

void hook_answer_free(struct hook_answer *a)
{
	buf_free(&a->out);
	buf_free(&a->err);
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

bool hook_answer_refuses(enum hook_host host, int exit, struct str out, struct str err)
{
	const struct hook_host_row *row = hook_host_row(host);

	if (row->deny.piece[0])
		return exit == 0 && !err.len && (is_refusal(&row->deny, out) || is_refusal(&row->permission, out));
	return exit == 2 && !out.len && err.len > 1;
}

bool hook_answer_allows(enum hook_host host, int exit, struct str out, struct str err)
{
	return exit == 0 && !err.len && str_eq(out, str_from(hook_host_row(host)->allow));
}
