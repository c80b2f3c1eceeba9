#include "gate/postgres/keeping_text.h"

#include "base/buf.h"

#include "keeping_texts.inc"

#define TEXT_MAX ((size_t)32 << 20)
#define DEPTH_MAX 3 /* parts in parts */
#define NAME_MAX_BYTES 40

static bool name_char(char c)
{
	return (c >= 'A' && c <= 'Z') || c == '_';
}

static bool text_of(struct str name, struct str *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (str_is(name, texts[i].name)) {
			*ret = texts[i].text;
			return true;
		}
	}
	return false;
}

/* @COLUMN_VALUES@ is the text keeping_column_values. */
static bool part_of(struct str name, struct str *ret)
{
	char low[NAME_MAX_BYTES + 16] = "keeping_";
	size_t at = sizeof("keeping_") - 1;

	if (name.len > NAME_MAX_BYTES)
		return false;
	for (size_t i = 0; i < name.len; i++)
		low[at++] = name.ptr[i] == '_' ? '_' : (char)(name.ptr[i] - 'A' + 'a');
	return text_of((struct str){ low, at }, ret);
}

static void put(struct str text, const struct keeping_word *words, size_t n, unsigned depth, struct buf *out);

static void put_name(struct str name, const struct keeping_word *words, size_t n, unsigned depth, struct buf *out)
{
	struct str part;

	for (size_t i = 0; i < n; i++) {
		if (str_is(name, words[i].name)) {
			buf_add(out, words[i].value);
			return;
		}
	}
	/* A name that nobody knows is a mistake of ours. */
	PAWL_ASSERT(depth < DEPTH_MAX && part_of(name, &part));
	put(part, words, n, depth + 1, out);
}

static void put(struct str text, const struct keeping_word *words, size_t n, unsigned depth, struct buf *out)
{
	while (text.len) {
		size_t at = str_find_char(text, '@'), end;

		if (at == SIZE_MAX)
			break;
		buf_add(out, str_sub(text, 0, at));
		for (end = at + 1; end < text.len && name_char(text.ptr[end]);)
			end++;
		if (end == at + 1 || end >= text.len || text.ptr[end] != '@') {
			buf_addc(out, '@');
			text = str_sub(text, at + 1, text.len);
			continue;
		}
		put_name(str_sub(text, at + 1, end - at - 1), words, n, depth, out);
		text = str_sub(text, end + 1, text.len);
	}
	buf_add(out, text);
}

struct str keeping_text(const char *name, const struct keeping_word *words, size_t n, struct arena *arena)
{
	auto_buf body = BUF_MAX(TEXT_MAX), all = BUF_MAX(TEXT_MAX + 128);
	char tag[40] = "$pawl$";
	struct str text = STR_NONE;

	PAWL_ASSERT(text_of(str_from(name), &text));
	put(text, words, n, 0, &body);
	for (unsigned i = 0; str_find(buf_str(&body), str_from(tag)) != SIZE_MAX; i++)
		snprintf(tag, sizeof(tag), "$pawl_%u$", i);
	buf_addf(&all, "do %s ", tag);
	buf_add(&all, buf_str(&body));
	buf_addf(&all, " %s", tag);
	return body.failed || all.failed ? STR_NONE : arena_str(arena, buf_str(&all));
}

struct str keeping_literal(struct str s, struct arena *arena)
{
	auto_buf b = BUF_MAX(TEXT_MAX);

	buf_addc(&b, '\'');
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\'')
			buf_addc(&b, '\'');
		buf_addc(&b, s.ptr[i]);
	}
	buf_addc(&b, '\'');
	return b.failed ? STR_NONE : arena_str(arena, buf_str(&b));
}
