#include "read/hcl.h"

enum token { TOKEN_END, TOKEN_WORD, TOKEN_TEXT, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_LINE, TOKEN_EQUALS, TOKEN_OTHER };

enum block { BLOCK_OTHER, BLOCK_RESOURCE, BLOCK_LIFECYCLE, BLOCK_TERRAFORM, BLOCK_PROVIDER };

#define STATEMENT_MAX 4

struct scan {
	struct str left;
	struct arena *arena;
	struct hcl_found *found;
	struct str prefix;
	bool broken;
	/* the statement so far */
	enum token kind[STATEMENT_MAX];
	struct str word[STATEMENT_MAX];
	size_t n;
	/* open braces */
	unsigned char stack[HCL_MAX_DEPTH];
	size_t depth;
	struct str resource; /* address of the one we are in */
	struct hcl_provider *provider;
};

static bool at(const struct scan *s, const char *text)
{
	return str_starts(s->left, str_from(text));
}

static void drop(struct scan *s, size_t n)
{
	s->left = str_sub(s->left, n, s->left.len);
}

/* Drop up to and with ${end}; the whole rest, broken, when it is not there. */
static void drop_past(struct scan *s, struct str end)
{
	size_t k = str_find(s->left, end);

	if (k == SIZE_MAX)
		s->broken = true;
	drop(s, k == SIZE_MAX ? s->left.len : k + end.len);
}

static void drop_line(struct scan *s)
{
	size_t k = str_find_char(s->left, '\n');

	drop(s, k == SIZE_MAX ? s->left.len : k);
}

struct quote {
	unsigned char braces[HCL_MAX_DEPTH];
	size_t level; /* odd are strings, even templates; 0: closed */
};

/* One byte inside a string; how many more belong to it. False at the end of its line. */
static bool quote_text(struct quote *q, char c, char next, size_t *ret_skip)
{
	bool sigil = c == '$' || c == '%';

	*ret_skip = 0;
	if (c == '\\' || (sigil && next == c)) {
		*ret_skip = 1;
	} else if (c == '"') {
		q->level--;
	} else if (sigil && next == '{') {
		*ret_skip = 1;
		q->level++;
	}
	return c != '\n' || q->level != 1; /* a string ends with its line */
}

static void quote_template(struct quote *q, char c)
{
	unsigned char *braces = &q->braces[q->level];

	if (c == '"') {
		q->level++;
	} else if (c == '{' && *braces < 255) {
		(*braces)++;
	} else if (c == '}') {
		q->level -= *braces == 0;
		*braces = (unsigned char)(*braces - (*braces > 0));
	}
}

/* Behind an opening quote: to the closing one, minding ${ … "…" … } in it. */
static struct str quoted(struct scan *s)
{
	struct str all = s->left;
	struct quote q = { .level = 1 };
	size_t i = 0, skip;

	for (; i < all.len && q.level > 0; i++) {
		char c = all.ptr[i], next = i + 1 < all.len ? all.ptr[i + 1] : '\0';

		if (q.level & 1) {
			if (!quote_text(&q, c, next, &skip))
				break;
			i += skip;
		} else {
			quote_template(&q, c);
		}
		if (q.level >= HCL_MAX_DEPTH)
			break;
	}
	s->broken = s->broken || q.level > 0;
	drop(s, i);
	return str_sub(all, 0, q.level > 0 || i == 0 ? i : i - 1);
}

static bool word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
	       (unsigned char)c >= 0x80;
}

/* Behind "<<": the marker, then lines until one that is the marker alone. */
static bool heredoc(struct scan *s)
{
	struct str marker;
	size_t n = 0;

	if (at(s, "-"))
		drop(s, 1);
	while (n < s->left.len && word_char(s->left.ptr[n]))
		n++;
	if (n == 0)
		return false;
	marker = str_sub(s->left, 0, n);
	drop_line(s);
	while (s->left.len) {
		size_t end;

		drop(s, 1); /* the line's end before */
		end = str_find_char(s->left, '\n');
		if (str_eq(str_trim(str_sub(s->left, 0, end)), marker)) {
			drop_line(s);
			return true;
		}
		drop_line(s);
	}
	s->broken = true;
	return true;
}

static bool skip_blank(struct scan *s)
{
	if (at(s, " ") || at(s, "\t") || at(s, "\r"))
		drop(s, 1);
	else if (at(s, "#") || at(s, "//"))
		drop_line(s);
	else if (at(s, "/*"))
		drop_past(s, STR("*/"));
	else
		return false;
	return true;
}

static enum token next(struct scan *s, struct str *ret_word)
{
	size_t n = 0;
	char c;

	while (skip_blank(s))
		;
	if (s->left.len == 0)
		return TOKEN_END;
	while (n < s->left.len && word_char(s->left.ptr[n]))
		n++;
	if (n) {
		*ret_word = str_sub(s->left, 0, n);
		drop(s, n);
		return TOKEN_WORD;
	}
	c = s->left.ptr[0];
	if (at(s, "<<")) {
		drop(s, 2);
		heredoc(s);
		return TOKEN_OTHER;
	}
	if (at(s, "==")) {
		drop(s, 2);
		return TOKEN_OTHER;
	}
	drop(s, 1);
	if (c == '"') {
		*ret_word = quoted(s);
		return TOKEN_TEXT;
	}
	return c == '{' ? TOKEN_OPEN : c == '}' ? TOKEN_CLOSE : c == '\n' ? TOKEN_LINE : c == '=' ? TOKEN_EQUALS : TOKEN_OTHER;
}

static enum block top(const struct scan *s)
{
	return s->depth ? (enum block)s->stack[s->depth - 1] : BLOCK_OTHER;
}

static void name_add(struct arena *arena, struct hcl_found *found, struct str name)
{
	struct hcl_name *n = ARENA_NEW(arena, struct hcl_name);

	if (!n)
		return;
	*n = (struct hcl_name){ name, found->prevent_destroy };
	found->prevent_destroy = n;
	found->n_prevent_destroy++;
}

/* A statement has ended that is no block: is it one of ours? */
static void end_statement(struct scan *s)
{
	bool assign = s->n == 3 && s->kind[0] == TOKEN_WORD && s->kind[1] == TOKEN_EQUALS;

	if (assign && top(s) == BLOCK_LIFECYCLE && str_is(s->word[0], "prevent_destroy") && str_is(s->word[2], "true") &&
	    s->resource.len)
		name_add(s->arena, s->found, s->resource);
	if (assign && top(s) == BLOCK_PROVIDER && str_is(s->word[0], "version") && s->kind[2] == TOKEN_TEXT && s->provider)
		s->provider->version = s->word[2];
	s->n = 0;
}

static enum block open_provider(struct scan *s)
{
	s->provider = ARENA_NEW(s->arena, struct hcl_provider);
	if (!s->provider)
		return BLOCK_OTHER;
	*s->provider = (struct hcl_provider){ s->word[1], STR_NONE, s->found->providers };
	s->found->providers = s->provider;
	return BLOCK_PROVIDER;
}

/* A block of the file itself. */
static enum block opened_outside(struct scan *s)
{
	struct str name = s->word[0];

	if (str_is(name, "resource") && s->n == 3) {
		s->resource = arena_fmt(s->arena, "%.*s%.*s.%.*s", STR_ARG(s->prefix), STR_ARG(s->word[1]), STR_ARG(s->word[2]));
		s->found->n_resources++;
		return BLOCK_RESOURCE;
	}
	if (str_is(name, "provider") && s->n == 2 && s->kind[1] == TOKEN_TEXT)
		return open_provider(s);
	return str_is(name, "terraform") && s->n == 1 ? BLOCK_TERRAFORM : BLOCK_OTHER;
}

/* The block that a brace opens, by what stands before it. */
static enum block opened(struct scan *s)
{
	struct str name = s->n ? s->word[0] : STR_NONE;

	if (s->n == 0 || s->kind[0] != TOKEN_WORD)
		return BLOCK_OTHER;
	if (s->depth == 0)
		return opened_outside(s);
	if (top(s) == BLOCK_RESOURCE && str_is(name, "lifecycle") && s->n == 1)
		return BLOCK_LIFECYCLE;
	if (top(s) == BLOCK_TERRAFORM && str_is(name, "backend") && s->n == 2)
		s->found->backend = s->word[1];
	if (top(s) == BLOCK_TERRAFORM && str_is(name, "cloud") && s->n == 1)
		s->found->backend = STR("cloud");
	return BLOCK_OTHER;
}

static void take(struct scan *s, enum token t, struct str word)
{
	switch (t) {
	case TOKEN_LINE:
		end_statement(s);
		return;
	case TOKEN_OPEN:
		if (s->depth == HCL_MAX_DEPTH) {
			s->broken = true;
			return;
		}
		s->stack[s->depth] = (unsigned char)opened(s);
		s->depth++;
		s->n = 0;
		return;
	case TOKEN_CLOSE:
		end_statement(s);
		s->broken = s->broken || s->depth == 0;
		s->depth -= s->depth > 0;
		if (s->depth == 0)
			s->resource = STR_NONE;
		return;
	case TOKEN_WORD:
	case TOKEN_TEXT:
	case TOKEN_EQUALS:
	case TOKEN_OTHER:
		if (s->n < STATEMENT_MAX) {
			s->kind[s->n] = t;
			s->word[s->n] = word;
			s->n++;
		}
		return;
	case TOKEN_END:
		return;
	}
}

void hcl_scan(struct str text, struct str prefix, struct arena *arena, struct hcl_found *found)
{
	struct scan s = { .left = text, .arena = arena, .found = found, .prefix = prefix };

	for (;;) {
		struct str word = STR_NONE;
		enum token t = next(&s, &word);

		if (t == TOKEN_END || (s.broken && s.depth == HCL_MAX_DEPTH))
			break;
		take(&s, t, word);
	}
	end_statement(&s);
	found->understood = found->understood && !s.broken && s.depth == 0 && !arena->full;
}

/* --- JSON syntax: every block may also be a list of blocks --- */

typedef void (*each_block)(const struct json *block, void *ctx);

static void blocks(const struct json *v, each_block call, void *ctx)
{
	if (json_is(v, JSON_OBJECT))
		call(v, ctx);
	if (!json_is(v, JSON_ARRAY))
		return;
	JSON_EACH(item, v) {
		if (json_is(item, JSON_OBJECT))
			call(item, ctx);
	}
}

struct json_scan {
	struct arena *arena;
	struct hcl_found *found;
	struct str prefix, type, name;
	bool protected;
};

static void json_lifecycle(const struct json *block, void *ctx)
{
	struct json_scan *s = ctx;

	s->protected = s->protected || json_true(block, "prevent_destroy") || str_is(json_str(block, "prevent_destroy"), "true");
}

static void json_resource(const struct json *block, void *ctx)
{
	struct json_scan *s = ctx;

	s->found->n_resources++;
	s->protected = false;
	blocks(json_get(block, "lifecycle"), json_lifecycle, s);
	if (s->protected)
		name_add(s->arena, s->found,
			 arena_fmt(s->arena, "%.*s%.*s.%.*s", STR_ARG(s->prefix), STR_ARG(s->type), STR_ARG(s->name)));
}

static void json_names(const struct json *block, void *ctx)
{
	struct json_scan *s = ctx;

	JSON_EACH(name, block) {
		s->name = name->key;
		blocks(name, json_resource, s);
	}
}

static void json_types(const struct json *block, void *ctx)
{
	struct json_scan *s = ctx;

	JSON_EACH(type, block) {
		s->type = type->key;
		blocks(type, json_names, s);
	}
}

static void json_backend(const struct json *block, void *ctx)
{
	struct json_scan *s = ctx;

	if (block->child)
		s->found->backend = block->child->key;
}

static void json_terraform(const struct json *block, void *ctx)
{
	struct json_scan *s = ctx;

	blocks(json_get(block, "backend"), json_backend, s);
	if (json_get(block, "cloud"))
		s->found->backend = STR("cloud");
}

void hcl_scan_json(struct str text, struct str prefix, struct arena *arena, struct hcl_found *found)
{
	struct json_scan s = { .arena = arena, .found = found, .prefix = prefix };
	struct json *root;

	if (!json_parse(text, arena, &root, NULL) || !json_is(root, JSON_OBJECT)) {
		found->understood = false;
		return;
	}
	blocks(json_get(root, "resource"), json_types, &s);
	blocks(json_get(root, "terraform"), json_terraform, &s);
	found->understood = found->understood && !arena->full;
}

void hcl_scan_file(struct str name, struct str text, struct str prefix, struct arena *arena, struct hcl_found *found)
{
	if (str_ends(name, STR(".tf.json")) || str_ends(name, STR(".tofu.json")))
		hcl_scan_json(text, prefix, arena, found);
	else if (str_ends(name, STR(".tf")) || str_ends(name, STR(".tofu")))
		hcl_scan(text, prefix, arena, found);
}

/* --- names --- */

struct str hcl_module_prefix(struct str key, struct arena *arena)
{
	struct str prefix = STR_NONE;
	size_t n = 0;
	char *p;

	for (size_t i = 0; i < key.len; i++)
		n += key.ptr[i] == '.';
	p = key.len ? arena_alloc(arena, key.len + (n + 1) * (sizeof("module.") - 1) + 1) : NULL;
	if (!p)
		return prefix;
	n = 0;
	while (key.len) {
		size_t dot = str_find_char(key, '.');
		struct str part = str_sub(key, 0, dot);

		memcpy(p + n, "module.", sizeof("module.") - 1);
		n += sizeof("module.") - 1;
		memcpy(p + n, part.ptr, part.len);
		n += part.len;
		p[n++] = '.';
		key = dot == SIZE_MAX ? STR_NONE : str_sub(key, dot + 1, key.len);
	}
	return (struct str){ p, n };
}

static void sift(struct str *v, size_t i, size_t n)
{
	for (size_t child = 2 * i + 1; child < n; i = child, child = 2 * i + 1) {
		struct str t;

		if (child + 1 < n && str_cmp(v[child], v[child + 1]) < 0)
			child++;
		if (str_cmp(v[i], v[child]) >= 0)
			return;
		t = v[i];
		v[i] = v[child];
		v[child] = t;
	}
}

static void sort(struct str *v, size_t n)
{
	for (size_t i = n / 2; i-- > 0;)
		sift(v, i, n);
	for (size_t i = n; i-- > 1;) {
		struct str t = v[0];

		v[0] = v[i];
		v[i] = t;
		sift(v, 0, i);
	}
}

struct str_set hcl_set(const struct hcl_name *names, struct arena *arena)
{
	size_t n = 0, k = 0;
	struct str *v;

	for (const struct hcl_name *i = names; i; i = i->next)
		n++;
	v = n ? ARENA_ARRAY(arena, n, struct str) : NULL;
	if (!v)
		return (struct str_set){ NULL, 0 };
	for (n = 0; names; names = names->next)
		v[n++] = names->name;
	sort(v, n);
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || !str_eq(v[i], v[k - 1]))
			v[k++] = v[i];
	}
	return (struct str_set){ v, k };
}
