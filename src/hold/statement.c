#include "hold/statement.h"

#define FIRST_LINE "pawl statement 1\n"
#define APPROVAL STATEMENT_APPROVAL
#define SCOPED (STATEMENT_ELEVATION | STATEMENT_BREAK_GLASS)
#define UNFREEZE STATEMENT_UNFREEZE
#define EVERY (APPROVAL | SCOPED | UNFREEZE)

/* clang-format off */
static const struct row {
	const char *name;
	size_t at;
	unsigned kinds; /* of which statements it is a line */
	bool bound;	/* must equal the request's */
	const char *words; /* for a person: what differs */
} rows[] = {
#define AT(member) offsetof(struct statement, member)
	{ "hold",      AT(hold),                 APPROVAL, false, NULL },
	{ "freeze",    AT(freeze),               UNFREEZE, false, NULL },
	{ "opened",    AT(opened),               APPROVAL | UNFREEZE, false, NULL },
	{ "asker",     AT(asker),                APPROVAL, false, NULL },
	{ "bytes",     AT(bytes),                APPROVAL, true,  "the bytes themselves" },
	{ "changes",   AT(changes),              APPROVAL, true,  "the changes shown on the card" },
	{ "gate",      AT(gate),                 APPROVAL, true,  "the gate" },
	{ "tool",      AT(tool),                 APPROVAL, true,  "the tool" },
	{ "cwd",       AT(binding.cwd),          APPROVAL, true,  "the folder" },
	{ "backend",   AT(binding.backend),      APPROVAL, true,  "the backend" },
	{ "workspace", AT(binding.workspace),    APPROVAL, true,  "the workspace" },
	{ "account",   AT(binding.account),      APPROVAL, true,  "the account" },
	{ "region",    AT(binding.region),       APPROVAL, true,  "the region" },
	{ "lineage",   AT(binding.lineage),      APPROVAL, true,  "the state's lineage" },
	{ "serial",    AT(binding.serial),       APPROVAL, true,  "the state's serial" },
	{ "state",     AT(binding.state_digest), APPROVAL, true,  "the state" },
	{ "config",    AT(binding.config_digest),APPROVAL, true,  "the configuration" },
	{ "environment",AT(binding.environment), APPROVAL, true,  "the environment" },
	{ "evidence",  AT(binding.evidence),     APPROVAL, true,  "the evidence" },
	{ "request",   AT(request),              APPROVAL, true,  "the request" },
	{ "typed",     AT(typed),                APPROVAL, false, NULL },
	{ "nonce",     AT(nonce),                SCOPED,   false, NULL },
	{ "scope",     AT(scope),                SCOPED,   false, NULL },
	{ "reason",    AT(reason),               SCOPED | UNFREEZE, false, NULL },
	{ "approver",  AT(approver),             EVERY,    false, NULL },
	{ "key",       AT(key),                  EVERY,    false, NULL },
	{ "host",      AT(host),                 EVERY,    false, NULL },
	{ "uid",       AT(uid),                  EVERY,    false, NULL },
	{ "signed",    AT(signed_at),            EVERY,    false, NULL },
	{ "expires",   AT(expires),              EVERY,    false, NULL },
#undef AT
};
static const struct { enum statement_kind kind; struct str name; } kinds[] = {
	{ STATEMENT_APPROVAL,    STR_INIT("approval") },
	{ STATEMENT_ELEVATION,   STR_INIT("elevation") },
	{ STATEMENT_BREAK_GLASS, STR_INIT("break-glass") },
	{ STATEMENT_UNFREEZE,    STR_INIT("unfreeze") },
};
/* clang-format on */

static struct str get(const struct statement *s, const struct row *r)
{
	return *(const struct str *)(const void *)((const char *)s + r->at);
}

static void set(struct statement *s, const struct row *r, struct str v)
{
	*(struct str *)(void *)((char *)s + r->at) = v;
}

struct str statement_kind_name(enum statement_kind k)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (kinds[i].kind == k)
			return kinds[i].name;
	}
	return STR("none");
}

static void put_escaped(struct str v, struct buf *out)
{
	for (size_t i = 0; i < v.len; i++) {
		unsigned char c = (unsigned char)v.ptr[i];

		if (c < 0x20 || c > 0x7e || c == '\\')
			buf_addf(out, "\\x%02x", c);
		else
			buf_addc(out, (char)c);
	}
}

static void put_line(const char *name, struct str v, struct buf *out)
{
	buf_addf(out, "%s:", name);
	if (v.len) {
		buf_addc(out, ' ');
		put_escaped(v, out);
	}
	buf_addc(out, '\n');
}

void statement_render(const struct statement *s, struct buf *out)
{
	size_t start = out->len;

	buf_adds(out, FIRST_LINE);
	put_line("kind", statement_kind_name(s->kind), out);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].kinds & (unsigned)s->kind)
			put_line(rows[i].name, get(s, &rows[i]), out);
	}
	if (out->len - start > STATEMENT_MAX)
		out->failed = true;
}

/* --- reading --- */

struct cursor {
	struct str rest;
	unsigned line;
	struct arena *arena;
};

static int hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Only what put_escaped writes is taken; the comparison of bytes at the end sees to the rest. */
static bool unescape(struct str v, struct arena *arena, struct str *ret)
{
	char *p = arena_alloc(arena, v.len + 1);
	size_t n = 0;

	if (!p)
		return false;
	for (size_t i = 0; i < v.len; i++) {
		int hi, lo;

		if (v.ptr[i] != '\\') {
			p[n++] = v.ptr[i];
			continue;
		}
		if (v.len - i < 4 || v.ptr[i + 1] != 'x')
			return false;
		hi = hex_of(v.ptr[i + 2]);
		lo = hex_of(v.ptr[i + 3]);
		if (hi < 0 || lo < 0)
			return false;
		p[n++] = (char)(hi * 16 + lo);
		i += 3;
	}
	*ret = n ? (struct str){ p, n } : STR_NONE;
	return true;
}

/* "name: value\n" or "name:\n" at the cursor, of exactly that name. */
static bool take_line(struct cursor *c, const char *name, struct str *ret)
{
	size_t n = strlen(name), end = str_find_char(c->rest, '\n');
	struct str line;

	c->line++;
	if (end == SIZE_MAX)
		return false;
	line = str_sub(c->rest, 0, end);
	if (!str_starts(line, str_from(name)) || line.len <= n || line.ptr[n] != ':')
		return false;
	c->rest = str_sub(c->rest, end + 1, SIZE_MAX);
	line = str_sub(line, n + 1, SIZE_MAX);
	if (line.len == 0) {
		*ret = STR_NONE;
		return true;
	}
	return line.ptr[0] == ' ' && unescape(str_sub(line, 1, SIZE_MAX), c->arena, ret);
}

static enum statement_kind kind_from(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (str_eq(kinds[i].name, name))
			return kinds[i].kind;
	}
	return STATEMENT_NONE;
}

static bool take_all(struct cursor *c, struct statement *s, struct err *err)
{
	struct str v = STR_NONE;

	if (!take_line(c, "kind", &v) || (s->kind = kind_from(v)) == STATEMENT_NONE)
		return err_set(err, ERR_INPUT, "statement, line %u: no kind that this pawl knows", c->line);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!(rows[i].kinds & (unsigned)s->kind))
			continue;
		if (!take_line(c, rows[i].name, &v))
			return err_set(err, ERR_INPUT, "statement, line %u: '%s: …' expected", c->line, rows[i].name);
		set(s, &rows[i], v);
	}
	if (c->rest.len)
		return err_set(err, ERR_INPUT, "statement, line %u: more than a statement holds", c->line + 1);
	return true;
}

bool statement_parse(struct str text, struct arena *arena, struct statement *ret, struct err *err)
{
	struct cursor c = { .rest = text, .line = 1, .arena = arena };
	struct statement s = { 0 };
	auto_buf again = BUF_MAX(STATEMENT_MAX + 1024);

	if (text.len > STATEMENT_MAX)
		return err_set(err, ERR_LIMIT, "statement: larger than %zu bytes", STATEMENT_MAX);
	if (!str_starts(text, STR(FIRST_LINE)))
		return err_set(err, ERR_INPUT, "statement, line 1: not 'pawl statement 1'; made by another version?");
	c.rest = str_sub(text, sizeof(FIRST_LINE) - 1, SIZE_MAX);
	if (!take_all(&c, &s, err))
		return false;
	statement_render(&s, &again);
	if (again.failed || !str_eq(buf_str(&again), text))
		return err_set(err, ERR_INPUT, "statement: not in its canonical form");
	*ret = s;
	return true;
}

/* --- binding --- */

void statement_bind(struct statement *s, const struct request *r, struct arena *arena)
{
	struct digest whole = request_digest(r), changes = statement_changes(&r->changes);

	s->request = digest_text(&whole, arena);
	s->bytes = digest_text(&r->bytes, arena);
	s->changes = digest_text(&changes, arena);
	s->gate = gate_name(r->gate);
	s->tool = r->tool;
	s->binding = r->binding;
}

bool statement_binds(const struct statement *s, const struct request *r, struct arena *arena, struct err *err)
{
	struct statement now = { .kind = STATEMENT_APPROVAL };

	statement_bind(&now, r, arena);
	if (arena->full || s->kind != STATEMENT_APPROVAL)
		return err_set(err, ERR_DENIED, "no approval of a request");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str was = get(s, &rows[i]), is = get(&now, &rows[i]);

		if (rows[i].bound && !str_eq(was, is))
			return err_set(err, ERR_DENIED, "%s changed: '%.*s' was approved, this is '%.*s'", rows[i].words,
				       STR_ARG(str_sub(was, 0, 200)), STR_ARG(str_sub(is, 0, 200)));
	}
	return true;
}

struct digest statement_changes(const struct change_list *l)
{
	struct digest_run run;

	digest_begin(&run);
	digest_field(&run, STR("version"), STR("pawl-changes-1"));
	CHANGE_EACH(c, l) {
		digest_field(&run, STR("kind"), change_kind_name(c->kind));
		digest_field(&run, STR("type"), c->type);
		digest_field(&run, STR("name"), c->name);
		digest_field(&run, STR("identity"), c->identity);
		digest_field(&run, STR("title"), c->title);
		digest_field(&run, STR("finding"), c->finding);
		digest_field(&run, STR("reversible"), reversibility_name(c->reversible));
	}
	return digest_end(&run);
}
