#include "gate/hook/jsonc.h"

#define NOWHERE SIZE_MAX
#define MAX_DEPTH 64
#define MAX_INDENT 64

/* Behind blanks and comments from ${i} on. */
static size_t blanks(struct str t, size_t i)
{
	for (;;) {
		while (i < t.len && strchr(" \t\r\n\xef\xbb\xbf", t.ptr[i]) && t.ptr[i])
			i++;
		if (i + 1 >= t.len || t.ptr[i] != '/')
			return i;
		if (t.ptr[i + 1] == '/') {
			while (i < t.len && t.ptr[i] != '\n')
				i++;
		} else if (t.ptr[i + 1] == '*') {
			size_t end = str_find(str_sub(t, i + 2, SIZE_MAX), STR("*/"));

			if (end == SIZE_MAX)
				return t.len;
			i += end + 4;
		} else {
			return i;
		}
	}
}

/* Behind the string that begins at ${i}. */
static size_t string_end(struct str t, size_t i)
{
	for (i++; i < t.len; i++) {
		if (t.ptr[i] == '\\')
			i++;
		else if (t.ptr[i] == '"')
			return i + 1;
		else if (t.ptr[i] == '\n')
			return NOWHERE;
	}
	return NOWHERE;
}

static size_t scalar_end(struct str t, size_t i)
{
	size_t from = i;

	while (i < t.len && (t.ptr[i] == '-' || t.ptr[i] == '+' || t.ptr[i] == '.' || (t.ptr[i] >= '0' && t.ptr[i] <= '9') ||
			     (t.ptr[i] >= 'a' && t.ptr[i] <= 'z') || (t.ptr[i] >= 'A' && t.ptr[i] <= 'Z')))
		i++;
	return i > from ? i : NOWHERE;
}

static size_t value_end(struct str t, size_t i, unsigned depth);

/* One child of an object or array. */
struct child {
	struct str key; /* without quotes; STR_NONE in an array */
	size_t from;	/* of the key, or of the value in an array */
	size_t value;
	size_t to;   /* behind the value */
	size_t next; /* behind the comma, or at the bracket */
	bool last;
};

/* The child at or behind ${i}; false at the closing bracket (then *${ret}.next is there) or when it is broken (then NOWHERE). */
static bool next_child(struct str t, size_t i, char close, unsigned depth, struct child *ret)
{
	struct child c = { .from = blanks(t, i) };

	ret->next = NOWHERE;
	if (c.from >= t.len)
		return false;
	if (t.ptr[c.from] == close) {
		ret->next = c.from;
		return false;
	}
	c.value = c.from;
	if (close == '}') {
		size_t end = t.ptr[c.from] == '"' ? string_end(t, c.from) : NOWHERE;

		if (end == NOWHERE)
			return false;
		c.key = str_sub(t, c.from + 1, end - c.from - 2);
		end = blanks(t, end);
		if (end >= t.len || t.ptr[end] != ':')
			return false;
		c.value = blanks(t, end + 1);
	}
	c.to = value_end(t, c.value, depth + 1);
	if (c.to == NOWHERE)
		return false;
	c.next = blanks(t, c.to);
	if (c.next >= t.len || (t.ptr[c.next] != ',' && t.ptr[c.next] != close))
		return false;
	c.last = t.ptr[c.next] == close;
	if (!c.last)
		c.next++;
	*ret = c;
	return true;
}

/* Where the container that opens at ${open} closes; its last child, and how many there are. */
static size_t container_end(struct str t, size_t open, unsigned depth, struct child *ret_last, size_t *ret_n)
{
	char close = t.ptr[open] == '{' ? '}' : ']';
	struct child c = { .next = open + 1 };
	size_t at = open + 1, n = 0;

	while (next_child(t, at, close, depth, &c)) {
		at = c.next;
		n++;
		if (ret_last)
			*ret_last = c;
		if (c.last)
			break;
	}
	if (ret_n)
		*ret_n = n;
	if (n && c.last)
		return c.next;
	return c.next;
}

static size_t value_end(struct str t, size_t i, unsigned depth)
{
	size_t end;

	if (i >= t.len || depth > MAX_DEPTH)
		return NOWHERE;
	if (t.ptr[i] == '"')
		return string_end(t, i);
	if (t.ptr[i] != '{' && t.ptr[i] != '[')
		return scalar_end(t, i);
	end = container_end(t, i, depth, NULL, NULL);
	return end == NOWHERE ? NOWHERE : end + 1;
}

static unsigned line_of(struct str t, size_t at)
{
	unsigned line = 1;

	for (size_t i = 0; i < at && i < t.len; i++)
		line += t.ptr[i] == '\n';
	return line;
}

/* The offset of the object that is the whole of ${t}. False when it is none; NOWHERE when there is nothing at all. */
static bool root_of(struct str t, size_t *ret_root, struct err *err)
{
	size_t root = blanks(t, 0), end;

	if (root >= t.len) {
		*ret_root = NOWHERE;
		return true;
	}
	if (t.ptr[root] != '{')
		return err_set(err, ERR_INPUT, "is no JSON object (line %u)", line_of(t, root));
	end = value_end(t, root, 0);
	if (end == NOWHERE)
		return err_set(err, ERR_INPUT, "is no valid JSON");
	if (blanks(t, end) < t.len)
		return err_set(err, ERR_INPUT, "has something behind its end (line %u)", line_of(t, blanks(t, end)));
	*ret_root = root;
	return true;
}

bool jsonc_check(struct str text, struct err *err)
{
	size_t root;

	return root_of(text, &root, err);
}

static size_t member_value(struct str t, size_t object, struct str key)
{
	struct child c;
	size_t at = object + 1;

	while (next_child(t, at, '}', 0, &c)) {
		if (str_eq(c.key, key))
			return c.value;
		if (c.last)
			break;
		at = c.next;
	}
	return NOWHERE;
}

/* The blanks at the head of the line that ${at} stands in. */
static struct str indent_at(struct str t, size_t at)
{
	size_t from = at, to;

	while (from > 0 && t.ptr[from - 1] != '\n')
		from--;
	for (to = from; to < at && to - from < MAX_INDENT && (t.ptr[to] == ' ' || t.ptr[to] == '\t');)
		to++;
	return str_sub(t, from, to - from);
}

static bool begins_line(struct str t, size_t at)
{
	while (at > 0 && (t.ptr[at - 1] == ' ' || t.ptr[at - 1] == '\t'))
		at--;
	return at == 0 || t.ptr[at - 1] == '\n';
}

/* ${text}, whose lines are indented by two blanks a level, with every line but the first behind ${indent}, in steps of ${unit}. */
static void add_indented(struct buf *out, struct str text, struct str indent, struct str unit)
{
	while (text.len) {
		size_t end = str_find_char(text, '\n'), n = 0;
		struct str line = str_sub(text, 0, end);

		while (n + 1 < line.len && line.ptr[n] == ' ' && line.ptr[n + 1] == ' ') {
			buf_add(out, unit);
			n += 2;
		}
		buf_add(out, str_sub(line, n, SIZE_MAX));
		if (end == SIZE_MAX)
			return;
		buf_addc(out, '\n');
		buf_add(out, indent);
		text = str_sub(text, end + 1, SIZE_MAX);
	}
}

/* ${piece} into the container that opens at ${open}, behind its last child. */
static bool put_last(struct str t, size_t open, struct str piece, struct buf *out, struct err *err)
{
	struct child last = { .next = 0 };
	size_t n = 0, close = container_end(t, open, 0, &last, &n);
	struct str outer = indent_at(t, open), unit = STR("  "), indent;
	auto_buf deeper = BUF_MAX(4096);

	if (close == NOWHERE)
		return err_set(err, ERR_INPUT, "is no valid JSON");
	if (n && begins_line(t, last.from) && indent_at(t, last.from).len > outer.len) {
		indent = indent_at(t, last.from);
		unit = str_sub(indent, outer.len, SIZE_MAX);
	} else {
		if (outer.len && outer.ptr[0] == '\t')
			unit = STR("\t");
		buf_add(&deeper, outer);
		buf_add(&deeper, unit);
		indent = buf_str(&deeper);
	}
	buf_add(out, str_sub(t, 0, n ? last.to : open + 1));
	buf_adds(out, n ? ",\n" : "\n");
	buf_add(out, indent);
	add_indented(out, piece, indent, unit);
	if (n) {
		buf_add(out, str_sub(t, last.to, SIZE_MAX));
	} else {
		/* What is between the brackets, blanks or comments, stays. */
		struct str between = str_sub(t, open + 1, close - open - 1);

		buf_add(out, between);
		if (str_find_char(between, '\n') == SIZE_MAX) {
			buf_addc(out, '\n');
			buf_add(out, outer);
		}
		buf_add(out, str_sub(t, close, SIZE_MAX));
	}
	return !out->failed || err_set(err, ERR_LIMIT, "is too large");
}

/* "a.b.c" cut at the first dot. */
static struct str cut_path(struct str *path)
{
	size_t dot = str_find_char(*path, '.');
	struct str head = str_sub(*path, 0, dot);

	*path = dot == SIZE_MAX ? STR_NONE : str_sub(*path, dot + 1, SIZE_MAX);
	return head;
}

/* {"b": {"c": [element]}} for the members ${path} that are missing, without the outer braces: "b": … */
static void wrap(struct str path, struct str element, unsigned level, struct buf *out)
{
	struct str name = cut_path(&path), indent = STR("                                ");
	bool whole = str_ends(name, STR("="));

	if (whole)
		name.len--;
	buf_addf(out, "\"%.*s\": ", STR_ARG(name));
	if (whole) {
		add_indented(out, element, str_sub(indent, 0, (size_t)level * 2), STR("  "));
		return;
	}
	indent = str_sub(indent, 0, (size_t)(level + 1) * 2);
	buf_addf(out, "%c\n%.*s", path.len ? '{' : '[', STR_ARG(indent));
	if (path.len)
		wrap(path, element, level + 1, out);
	else
		add_indented(out, element, indent, STR("  "));
	buf_addf(out, "\n%.*s%c", (int)level * 2, indent.ptr, path.len ? '}' : ']');
}

bool jsonc_append(struct str text, const char *dotted, struct str element, struct buf *out, struct err *err)
{
	struct str path = str_from(dotted), left;
	size_t at = 0, next = 0;
	auto_buf piece = BUF_MAX((size_t)1 << 20);

	if (!root_of(text, &at, err))
		return false;
	if (at == NOWHERE) {
		buf_add(&piece, text);
		buf_adds(&piece, text.len && text.ptr[text.len - 1] != '\n' ? "\n{}\n" : "{}\n");
		if (!root_of(buf_str(&piece), &at, err) || at == NOWHERE)
			return err_set(err, ERR_INPUT, "has a comment that does not end");
		return jsonc_append(buf_str(&piece), dotted, element, out, err);
	}
	for (;;) {
		struct str name;

		left = path;
		if (text.ptr[at] != '{')
			return err_set(err, ERR_INPUT, "has no object where `%s` should lead (line %u)", dotted,
				       line_of(text, at));
		name = cut_path(&path);
		if (str_ends(name, STR("=")))
			name.len--;
		next = member_value(text, at, name);
		if (next == NOWHERE)
			break;
		at = next;
		if (path.len)
			continue;
		if (text.ptr[at] != '[')
			return err_set(err, ERR_INPUT, "has no list at `%s` (line %u)", dotted, line_of(text, at));
		return put_last(text, at, element, out, err);
	}
	wrap(left, element, 0, &piece);
	return put_last(text, at, buf_str(&piece), out, err);
}

size_t jsonc_count(struct str text, const char *dotted)
{
	struct str path = str_from(dotted);
	size_t at, n = 0;

	if (!root_of(text, &at, NULL) || at == NOWHERE)
		return 0;
	while (path.len) {
		struct str name = cut_path(&path);

		if (text.ptr[at] != '{')
			return 0;
		at = member_value(text, at, name);
		if (at == NOWHERE)
			return 0;
	}
	if (text.ptr[at] == '[')
		(void)container_end(text, at, 0, NULL, &n);
	return n;
}

/* --- taking out --- */

/* An element of an array, and what stands before it. */
struct found {
	size_t array; /* where the array, or object, opens; NOWHERE: none */
	size_t from, to;
	size_t before; /* end of the element before; NOWHERE: it is the first */
	size_t after;  /* start of the element behind; NOWHERE: it is the last */
	size_t n;      /* elements of the array */
};

static bool holds(struct str t, size_t from, size_t to, struct str needle)
{
	return str_find(str_sub(t, from, to - from), needle) != SIZE_MAX;
}

/* Along the children that hold ${needle}: the elements met on the way down, the two innermost. */
static void descend(struct str t, size_t open, struct str needle, struct found ret[2])
{
	for (unsigned depth = 0; depth < MAX_DEPTH; depth++) {
		char close = t.ptr[open] == '{' ? '}' : ']';
		size_t at = open + 1, before = NOWHERE, n = 0;
		struct child c = { .to = 0 }, met = { .to = 0 };
		struct found f = { .array = open, .before = NOWHERE, .after = NOWHERE };

		while (next_child(t, at, close, 0, &c)) {
			n++;
			if (met.to && f.after == NOWHERE)
				f.after = c.from;
			if (!met.to && holds(t, c.value, c.to, needle)) {
				met = c;
				f.before = before;
			}
			before = c.to;
			at = c.next;
			if (c.last)
				break;
		}
		if (!met.to)
			return;
		if (close == ']') {
			f.from = met.from;
			f.to = met.to;
			f.n = n;
			ret[0] = ret[1];
			ret[1] = f;
		}
		if (t.ptr[met.value] != '{' && t.ptr[met.value] != '[')
			return;
		open = met.value;
	}
}

/* What stands between two children, without its comma: nothing when that is only blanks, else the comments stay. */
static void add_between(struct buf *out, struct str text, size_t from, size_t to)
{
	size_t comma = blanks(text, from);
	struct str first = str_sub(text, from, (comma < to ? comma : to) - from);
	struct str second = comma < to ? str_sub(text, comma + 1, to - comma - 1) : STR_NONE;

	if (!str_trim(first).len && !str_trim(second).len)
		return;
	buf_add(out, first);
	buf_add(out, second);
}

static void cut_out(struct str text, const struct found *gone, struct buf *out)
{
	size_t to = gone->to, comma = blanks(text, to);

	if (gone->before != NOWHERE) {
		buf_add(out, str_sub(text, 0, gone->before));
		add_between(out, text, gone->before, gone->from);
		buf_add(out, str_sub(text, to, SIZE_MAX));
	} else if (gone->after != NOWHERE) {
		buf_add(out, str_sub(text, 0, gone->from));
		add_between(out, text, to, gone->after);
		buf_add(out, str_sub(text, gone->after, SIZE_MAX));
	} else {
		buf_add(out, str_sub(text, 0, gone->from));
		if (comma < text.len && text.ptr[comma] == ',') {
			buf_add(out, str_sub(text, to, comma - to));
			to = comma + 1;
		}
		buf_add(out, str_sub(text, to, SIZE_MAX));
	}
}

bool jsonc_remove(struct str text, struct str needle, struct buf *out, struct err *err)
{
	struct found f[2] = { { .array = NOWHERE }, { .array = NOWHERE } }, *gone = &f[1];
	size_t root;

	if (!root_of(text, &root, err))
		return false;
	if (root != NOWHERE)
		descend(text, root, needle, f);
	if (gone->array == NOWHERE)
		return err_set(err, ERR_INPUT, "holds nothing of pawl's");
	if (gone->n == 1 && f[0].array != NOWHERE)
		gone = &f[0];
	cut_out(text, gone, out);
	return !out->failed || err_set(err, ERR_LIMIT, "is too large");
}

bool jsonc_remove_member(struct str text, struct str key, struct buf *out, struct err *err)
{
	struct found f = { .before = NOWHERE, .after = NOWHERE };
	struct child c = { .to = 0 };
	bool met = false;
	size_t at;

	if (!root_of(text, &f.array, err))
		return false;
	at = f.array == NOWHERE ? NOWHERE : f.array + 1;
	while (at != NOWHERE && next_child(text, at, '}', 0, &c)) {
		if (met) {
			f.after = c.from;
			break;
		}
		met = str_eq(c.key, key);
		if (met) {
			f.from = c.from;
			f.to = c.to;
		} else {
			f.before = c.to;
		}
		if (c.last)
			break;
		at = c.next;
	}
	if (!met)
		return err_set(err, ERR_INPUT, "holds nothing of pawl's");
	cut_out(text, &f, out);
	return !out->failed || err_set(err, ERR_LIMIT, "is too large");
}
