#include "cli/command_show.h"

#include "base/json.h"

#define MANY_LINES 12

/* A byte for each byte of the text: '^' where a part makes changes. Overlapping parts are marked once over: linear in text and parts. */
static bool mark(struct str text, const struct command_answer *a, struct buf *ret)
{
	if (!buf_reserve(ret, text.len))
		return false;
	memset(ret->ptr, ' ', text.len);
	ret->len = text.len;
	for (const struct command_reading *r = a->readings; r; r = r->next) {
		for (size_t i = r->span.from; r->change && i < r->span.to && i < text.len && ret->ptr[i] == ' '; i++)
			ret->ptr[i] = '^';
	}
	return true;
}

/* One run of bytes that are all marked, or all not. */
struct run {
	size_t from, to;
	bool marked;
};

static struct run next_run(const char *marks, size_t from, size_t end)
{
	struct run r = { .from = from, .to = from, .marked = marks[from] == '^' };

	while (r.to < end && marks[r.to] == marks[from])
		r.to++;
	return r;
}

/* One line of the text, safe to show, and the line under it. */
static void put_runs(struct str text, const char *marks, bool colour, struct buf *line, struct buf *under)
{
	for (size_t from = 0; from < text.len;) {
		struct run r = next_run(marks, from, text.len);
		auto_buf safe = BUF_MAX((size_t)8 << 20);

		card_escape(str_sub(text, r.from, r.to - r.from), &safe);
		if (r.marked && colour)
			buf_adds(line, "\033[1;31m");
		buf_add(line, buf_str(&safe));
		if (r.marked && colour)
			buf_adds(line, "\033[0m");
		for (size_t i = str_characters(buf_str(&safe)); i > 0; i--)
			buf_addc(under, r.marked ? '^' : ' ');
		from = r.to;
	}
}

static size_t count_lines(struct str s)
{
	size_t n = 1;

	for (size_t i = 0; i < s.len; i++)
		n += s.ptr[i] == '\n';
	return n;
}

void command_show_text(struct str text, const struct command_answer *a, bool colour, struct buf *out)
{
	bool all = count_lines(text) <= MANY_LINES, left_out = false;
	auto_buf marks = BUF_MAX((size_t)8 << 20);

	if (!mark(text, a, &marks))
		return;

	for (size_t from = 0; from < text.len;) {
		size_t len = str_find_char(str_sub(text, from, SIZE_MAX), '\n');
		size_t end = len == SIZE_MAX ? text.len : from + len;
		bool any = memchr(marks.ptr + from, '^', end - from) != NULL;
		auto_buf line = BUF_MAX((size_t)8 << 20), under = BUF_MAX((size_t)8 << 20);

		if (all || any) {
			put_runs(str_sub(text, from, end - from), marks.ptr + from, colour, &line, &under);
			buf_addf(out, "    %.*s\n", STR_ARG(buf_str(&line)));
			if (any)
				buf_addf(out, "    %.*s\n", STR_ARG(str_sub(buf_str(&under), 0, str_rfind_char(buf_str(&under), '^') + 1)));
		} else if (!left_out) {
			buf_adds(out, "    …\n");
		}
		left_out = !all && !any;
		from = end + 1;
	}
}

static void put_words(struct str label, struct str s, struct buf *out)
{
	if (!s.len)
		return;
	buf_addf(out, "    %.*s ", STR_ARG(label));
	card_escape(s, out);
	buf_addc(out, '\n');
}

void command_show_readings(struct str text, const struct command_answer *a, bool colour, struct buf *out)
{
	for (const struct command_reading *r = a->readings; r; r = r->next) {
		const char *on = !colour ? "" : r->change ? "\033[1;31m" : "\033[1m";
		struct str part = r->span.to > r->span.from ? str_sub(text, r->span.from, r->span.to - r->span.from) : r->argv;

		buf_adds(out, on);
		card_escape(str_trim(part), out);
		buf_adds(out, colour ? "\033[0m\n" : "\n");
		put_words(STR("through"), r->via, out);
		put_words(STR("runs   "), r->argv, out);
		put_words(STR("is     "), r->means, out);
	}
}

void command_show_card(const struct command_ask *ask, const struct command_weighed *w, const struct card_style *style, struct buf *out)
{
	card_text(&w->request, &w->judgement, &w->evidence, str_from(w->hold), style, out);
	if (ask->text.len && w->request.changes.n) {
		buf_adds(out, "\n");
		command_show_text(ask->text, &w->answer, style->colour, out);
	}
	if (w->kept_not.len) {
		buf_adds(out, "\nIt cannot be kept for `pawl undo`: ");
		card_escape(w->kept_not, out);
		buf_adds(out, "\n");
	}
}

static void readings_json(const struct command_answer *a, struct json_out *o)
{
	json_out_key(o, "readings");
	json_out_open(o, '[');
	for (const struct command_reading *r = a->readings; r; r = r->next) {
		json_out_open(o, '{');
		json_out_key(o, "from");
		json_out_u64(o, r->span.from);
		json_out_key(o, "to");
		json_out_u64(o, r->span.to);
		json_out_kv(o, "argv", r->argv);
		json_out_kv(o, "via", r->via);
		json_out_kv(o, "means", r->means);
		json_out_key(o, "changes");
		json_out_bool(o, r->change != NULL);
		json_out_close(o, '}');
	}
	json_out_close(o, ']');
}

void command_show_json(const struct command_ask *ask, const struct command_weighed *w, struct buf *out)
{
	struct json_out o = { .buf = out };

	json_out_open(&o, '{');
	json_out_kv(&o, "verdict", verdict_name(w->verdict));
	json_out_kv(&o, "hold", str_from(w->hold));
	json_out_kv(&o, "command", ask->text);
	json_out_kv(&o, "kept", str_from(w->kept));
	json_out_kv(&o, "kept_not", w->kept_not);
	readings_json(&w->answer, &o);
	json_out_key(&o, "card");
	card_json(&w->request, &w->judgement, &w->evidence, str_from(w->hold), &o);
	json_out_close(&o, '}');
	buf_addc(out, '\n');
}
