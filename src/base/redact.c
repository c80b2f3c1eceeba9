#include "base/redact.h"

#include "base/json.h"

/* clang-format off */
/* Names whose value is a secret, by their end, any case. */
static const struct {
	struct str end;
	bool colon; /* also in "name: value"; the others are names of resources too */
} names[] = {
	{ STR_INIT("password"),      true },
	{ STR_INIT("passwd"),        true },
	{ STR_INIT("passphrase"),    true },
	{ STR_INIT("pwd"),           false }, /* PWD itself is no secret: see is_secret */
	{ STR_INIT("secret"),        false },
	{ STR_INIT("secret_key"),    true },
	{ STR_INIT("secret-key"),    true },
	{ STR_INIT("secretkey"),     true },
	{ STR_INIT("access_key"),    true },
	{ STR_INIT("access-key"),    true },
	{ STR_INIT("accesskey"),     true },
	{ STR_INIT("private_key"),   true },
	{ STR_INIT("private-key"),   true },
	{ STR_INIT("api_key"),       true },
	{ STR_INIT("api-key"),       true },
	{ STR_INIT("apikey"),        true },
	{ STR_INIT("token"),         true },
	{ STR_INIT("credential"),    false },
	{ STR_INIT("credentials"),   false },
	{ STR_INIT("authorization"), true },
};

/* Tokens known by how they begin; ${least} more bytes of a token must follow. */
static const struct {
	struct str begin;
	size_t least;
} prefixes[] = {
	{ STR_INIT("AKIA"),        16 }, /* AWS access key id, long-lived */
	{ STR_INIT("ASIA"),        16 }, /* AWS access key id, of a session */
	{ STR_INIT("ghp_"),        20 }, /* GitHub */
	{ STR_INIT("gho_"),        20 },
	{ STR_INIT("ghu_"),        20 },
	{ STR_INIT("ghs_"),        20 },
	{ STR_INIT("ghr_"),        20 },
	{ STR_INIT("github_pat_"), 20 },
	{ STR_INIT("glpat-"),      16 }, /* GitLab */
	{ STR_INIT("xoxb-"),       16 }, /* Slack */
	{ STR_INIT("xoxp-"),       16 },
	{ STR_INIT("xoxa-"),       16 },
	{ STR_INIT("sk-"),         20 }, /* OpenAI, Anthropic */
	{ STR_INIT("sk_live_"),    16 }, /* Stripe */
	{ STR_INIT("AIza"),        30 }, /* Google */
	{ STR_INIT("npm_"),        30 },
	{ STR_INIT("hvs."),        20 }, /* Vault */
	{ STR_INIT("eyJ"),         30 }, /* JSON web token */
};
/* clang-format on */

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static bool is_secret(struct str name, bool colon)
{
	if (str_eq(name, STR("PWD")) || str_eq(name, STR("OLDPWD")))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		size_t n = names[i].end.len;

		if (name.len >= n && (names[i].colon || !colon) &&
		    str_eq_nocase(str_sub(name, name.len - n, n), names[i].end))
			return true;
	}
	return false;
}

static void put_redacted(struct buf *out)
{
	buf_adds(out, REDACT_WORD);
}

/* End of a value that begins at i: up to a blank, a separator or a quote. A backslash takes its neighbour along, but an
 * escaped quote or line ends the value. */
static size_t value_end(struct str s, size_t i)
{
	while (i < s.len) {
		char c = s.ptr[i];

		if (c == '\\' && i + 1 < s.len && strchr("\"nrt", s.ptr[i + 1]))
			return i;
		if (c == '\\' && i + 1 < s.len) {
			i += 2;
			continue;
		}
		if (strchr(" \t\r\n&;,\"'|<>)", c))
			return i;
		i++;
	}
	return i;
}

static size_t skip_quotes(struct str s, size_t i, bool blanks)
{
	while (i < s.len && ((blanks && s.ptr[i] == ' ') || s.ptr[i] == '"' || s.ptr[i] == '\'' ||
			     (s.ptr[i] == '\\' && i + 1 < s.len && s.ptr[i + 1] == '"')))
		i += s.ptr[i] == '\\' ? 2 : 1;
	return i;
}

/* "name=value" or "name: value" with i at the sign. Yields where to go on, or i. */
static size_t after_name(struct str s, size_t i, struct buf *out)
{
	size_t start = i, end = i, value;
	bool colon = s.ptr[i] == ':';

	while (end > 0 && (s.ptr[end - 1] == '"' || s.ptr[end - 1] == '\\' || s.ptr[end - 1] == '\''))
		end--;
	for (start = end; start > 0 && end - start < 64 && is_word(s.ptr[start - 1]); start--)
		;
	if (!is_secret(str_sub(s, start, end - start), colon))
		return i;
	value = skip_quotes(s, i + 1, colon);
	end = value_end(s, value);
	/* "Authorization: Bearer TOKEN" */
	if (colon && end + 1 < s.len && s.ptr[end] == ' ' &&
	    (str_eq_nocase(str_sub(s, value, end - value), STR("bearer")) ||
	     str_eq_nocase(str_sub(s, value, end - value), STR("basic"))))
		end = value_end(s, end + 1);
	if (end == value)
		return i;
	buf_add(out, str_sub(s, i, value - i));
	put_redacted(out);
	return end;
}

static size_t token(struct str s, size_t i, struct buf *out)
{
	if (i > 0 && is_word(s.ptr[i - 1]))
		return i;
	for (size_t k = 0; k < ARRAY_LEN(prefixes); k++) {
		size_t n = prefixes[k].begin.len, end = i + n;

		if (!str_starts(str_sub(s, i, n), prefixes[k].begin))
			continue;
		while (end < s.len && (is_word(s.ptr[end]) || s.ptr[end] == '.'))
			end++;
		if (end - i - n < prefixes[k].least)
			return i;
		buf_add(out, prefixes[k].begin);
		put_redacted(out);
		return end;
	}
	return i;
}

/* "://user:password@": i at the colon of "://". */
static size_t url(struct str s, size_t i, struct buf *out)
{
	size_t colon = SIZE_MAX, at = i + 3;

	if (!str_starts(str_sub(s, i, 3), STR("://")))
		return i;
	for (; at < s.len && !strchr("/ \"'\\@?#", s.ptr[at]); at++) {
		if (s.ptr[at] == ':' && colon == SIZE_MAX)
			colon = at;
	}
	if (at >= s.len || s.ptr[at] != '@' || colon == SIZE_MAX)
		return i;
	buf_add(out, str_sub(s, i, colon + 1 - i));
	put_redacted(out);
	return at;
}

static size_t pem(struct str s, size_t i, struct buf *out)
{
	static const struct str end = STR_INIT("PRIVATE KEY-----");
	struct str rest = str_sub(s, i, SIZE_MAX);
	size_t first, second;

	if (!str_starts(rest, STR("-----BEGIN ")))
		return i;
	first = str_find(str_sub(rest, 0, 64), end);
	if (first == SIZE_MAX || str_starts(str_sub(rest, first + end.len, SIZE_MAX), STR(REDACT_WORD)))
		return i;
	second = str_find(str_sub(rest, first + end.len, SIZE_MAX), end);
	buf_add(out, str_sub(rest, 0, first + end.len));
	put_redacted(out);
	return second == SIZE_MAX ? s.len : i + first + end.len + second + end.len;
}

static size_t try_all(struct str s, size_t i, struct buf *out)
{
	char c = s.ptr[i];
	size_t next = i;

	if (c == '=' || c == ':')
		next = after_name(s, i, out);
	if (next == i && c == ':')
		next = url(s, i, out);
	if (next == i && c == '-')
		next = pem(s, i, out);
	if (next == i && is_word(c))
		next = token(s, i, out);
	return next;
}

/* Bytes at which try_all could find something: signs, and what the prefixes begin with. */
static const bool begins[256] = { ['='] = true, [':'] = true, ['-'] = true, ['A'] = true, ['g'] = true, ['x'] = true,
				  ['s'] = true, ['n'] = true, ['h'] = true, ['e'] = true };

/* Cheap, and true wherever try_all could find something: nearly every byte of a text is copied unseen. */
static bool may_begin(struct str s, size_t i)
{
	char c = s.ptr[i];

	if (!begins[(unsigned char)c] || c == '=' || c == ':')
		return begins[(unsigned char)c];
	if (c == '-')
		return i + 1 < s.len && s.ptr[i + 1] == '-';
	return i == 0 || !is_word(s.ptr[i - 1]);
}

bool redact_text(struct str text, struct buf *out)
{
	bool changed = false;
	size_t i = 0, copied = 0;

	while (i < text.len) {
		size_t next;

		if (!may_begin(text, i)) {
			i++;
			continue;
		}
		buf_add(out, str_sub(text, copied, i - copied));
		copied = i;
		next = try_all(text, i, out);
		if (next == i) {
			i++;
			continue;
		}
		changed = true;
		i = copied = next;
	}
	buf_add(out, str_sub(text, copied, SIZE_MAX));
	return changed;
}

/* --- JSON: the same inside each string, with the member's name known --- */

struct reader {
	struct str json;
	size_t at;
	struct str name, before; /* the last member's name, the last string value */
	struct buf *out;
	bool changed;
};

/* With at behind the opening quote: the raw text; at steps behind the closing one. */
static struct str read_string(struct reader *r)
{
	size_t start = r->at, i = r->at, quote;

	for (;;) {
		size_t odd = 0;

		quote = str_find_char(str_sub(r->json, i, SIZE_MAX), '"');
		i = quote == SIZE_MAX ? r->json.len : i + quote;
		while (i - odd > start && r->json.ptr[i - odd - 1] == '\\')
			odd++;
		if (i == r->json.len || odd % 2 == 0)
			break;
		i++;
	}
	r->at = i < r->json.len ? i + 1 : i;
	return str_sub(r->json, start, i - start);
}

static bool is_name(const struct reader *r)
{
	size_t i = r->at;

	while (i < r->json.len && strchr(" \t\r\n", r->json.ptr[i]))
		i++;
	return i < r->json.len && r->json.ptr[i] == ':';
}

static void put_value(struct reader *r, struct str s)
{
	bool signed_text = str_is(r->name, "statement") || str_is(r->name, "signature");
	bool option = str_starts(r->before, STR("-")) && is_secret(r->before, false);

	if (signed_text || s.len == 0) {
		buf_add(r->out, s);
	} else if (option || is_secret(r->name, false)) {
		put_redacted(r->out);
		r->changed = true;
	} else if (redact_text(s, r->out)) {
		r->changed = true;
	}
	r->before = s;
}

bool redact_json(struct str json, struct buf *out)
{
	struct reader r = { .json = json, .out = out };

	while (r.at < json.len) {
		char c = json.ptr[r.at++];
		struct str s;

		buf_addc(out, c);
		if (c != '"')
			continue;
		s = read_string(&r);
		if (is_name(&r)) {
			r.name = s;
			r.before = STR_NONE;
			buf_add(out, s);
		} else {
			put_value(&r, s);
		}
		buf_addc(out, '"');
	}
	return r.changed;
}

/* --- one text of many, nearly all of which have nothing to hide --- */

/* The word before i, as after_name sees it. */
static struct str word_before(struct str s, size_t i)
{
	size_t start = i;

	while (start > 0 && i - start < 64 && is_word(s.ptr[start - 1]))
		start--;
	return str_sub(s, start, i - start);
}

static bool token_here(struct str s, size_t i)
{
	for (size_t k = 0; k < ARRAY_LEN(prefixes); k++) {
		if (prefixes[k].begin.ptr[0] == s.ptr[i] && str_starts(str_sub(s, i, SIZE_MAX), prefixes[k].begin))
			return true;
	}
	return false;
}

/* Cheap, and true more often than need be. What JSON escapes reads differently there, so it is looked at there. */
static bool suspect(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if ((unsigned char)c < 0x20 || c == '"' || c == '\\' || c == '\'')
			return true;
		if ((c == '=' || c == ':') && is_secret(word_before(s, i), c == ':'))
			return true;
		if (c == ':' && i + 1 < s.len && s.ptr[i + 1] == '/')
			return true;
		if (c == '-' && str_starts(str_sub(s, i, 11), STR("-----BEGIN ")))
			return true;
		if (is_word(c) && (i == 0 || !is_word(s.ptr[i - 1])) && token_here(s, i))
			return true;
	}
	return false;
}

#define ROUNDS 16

/* What is taken out can bring together what then looks like a secret too: until nothing changes any more. */
static bool settle(struct buf *io)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		auto_buf clean = BUF_MAX(REDACT_STR_MAX);

		redact_json(buf_str(io), &clean);
		if (clean.failed)
			return false;
		if (str_eq(buf_str(io), buf_str(&clean)))
			return true;
		buf_clear(io);
		buf_add(io, buf_str(&clean));
	}
	return false;
}

struct str redact_str(struct str s, struct arena *arena)
{
	auto_buf text = BUF_MAX(REDACT_STR_MAX);
	struct json_out o = { .buf = &text };
	struct json *v = NULL;

	if (!suspect(s))
		return s;
	json_out_str(&o, s);
	if (text.failed || !settle(&text) || !json_parse(arena_str(arena, buf_str(&text)), arena, &v, NULL))
		return STR(REDACT_WORD);
	return str_eq(v->text, s) ? s : v->text;
}
