/* $(( )) over known numbers. What is not known makes the whole not known, and every variable it may write too. */
#include "read/shell/run_parts.h"

struct arithmetic {
	struct run *r;
	struct run_scene *s;
	const char *at, *end;
	unsigned depth;
	bool bad;   /* not known, or no expression */
	bool quiet; /* the side of && || ?: that is not taken: nothing is written */
};

struct operator {
	const char *text;
	unsigned level;
};

/* Longest first. */
static const struct operator operators[] = {
	{ "**", 12 }, { "<<", 9 }, { ">>", 9 }, { "<=", 8 }, { ">=", 8 }, { "==", 7 }, { "!=", 7 }, { "&&", 3 }, { "||", 2 },
	{ "*", 11 },  { "/", 11 }, { "%", 11 }, { "+", 10 }, { "-", 10 }, { "<", 8 },  { ">", 8 },  { "&", 6 },	 { "^", 5 },
	{ "|", 4 },
};

static int64_t ternary(struct arithmetic *a);
static int64_t value_of(struct arithmetic *a, struct str name);

static void blanks(struct arithmetic *a)
{
	while (a->at < a->end && (*a->at == ' ' || *a->at == '\t' || *a->at == '\n'))
		a->at++;
}

static bool take(struct arithmetic *a, const char *word)
{
	size_t n = strlen(word);

	blanks(a);
	if ((size_t)(a->end - a->at) < n || memcmp(a->at, word, n) != 0)
		return false;
	a->at += n;
	return true;
}

static int64_t comma(struct arithmetic *a)
{
	int64_t v = ternary(a);

	while (!a->bad && take(a, ","))
		v = ternary(a);
	return v;
}

static int64_t evaluate(struct arithmetic *a, struct str text)
{
	struct arithmetic sub = *a;
	int64_t v;

	if (str_trim(text).len == 0)
		return 0;
	if (!run_known(text) || a->depth > 40) {
		a->bad = true;
		return 0;
	}
	sub.at = text.ptr;
	sub.end = text.ptr + text.len;
	sub.depth++;
	v = comma(&sub);
	blanks(&sub);
	a->bad |= sub.bad || sub.at != sub.end;
	return v;
}

/* A variable's value is an expression too: an index in it could even run a command. */
static int64_t value_of(struct arithmetic *a, struct str name)
{
	const struct run_variable *v = run_get(a->r, a->s, name);

	if (!v->set || !run_step(a->r, 1))
		return 0;
	if (run_known(v->text) && (str_find(v->text, STR("$(")) != SIZE_MAX || str_find_char(v->text, '`') != SIZE_MAX))
		run_opaque(a->r, a->s, NULL, "arithmetic over a value that holds a command");
	return evaluate(a, v->text);
}

static struct str identifier(struct arithmetic *a)
{
	const char *from;

	blanks(a);
	from = a->at;
	while (a->at < a->end && run_is_name((struct str){ from, (size_t)(a->at - from) + 1 }))
		a->at++;
	return (struct str){ from, (size_t)(a->at - from) };
}

static void put(struct arithmetic *a, struct str name, int64_t v)
{
	if (!a->quiet && !a->bad)
		run_set(a->r, a->s, arena_str(a->r->arena, name), arena_fmt(a->r->arena, "%lld", (long long)v));
}

static int64_t number(struct arithmetic *a)
{
	uint64_t v = 0, base = 10;
	bool digits = false;

	if (*a->at == '0' && a->at + 1 < a->end && (a->at[1] == 'x' || a->at[1] == 'X')) {
		base = 16;
		a->at += 2;
	} else if (*a->at == '0') {
		base = 8;
	}
	for (; a->at < a->end; a->at++) {
		char c = *a->at;
		uint64_t d = c >= '0' && c <= '9' ? (uint64_t)(c - '0') : c >= 'a' && c <= 'f' ? (uint64_t)(c - 'a' + 10)
				: c >= 'A' && c <= 'F' ? (uint64_t)(c - 'A' + 10) : 99;

		if (c == '#' || (d >= base && d != 99)) { /* base#digits and what is no number */
			a->bad = true;
			return 0;
		}
		if (d == 99)
			break;
		v = v * base + d;
		digits = true;
	}
	a->bad |= !digits;
	return (int64_t)v;
}

static int64_t apply(struct arithmetic *a, const char *op, int64_t x, int64_t y)
{
	uint64_t ux = (uint64_t)x, uy = (uint64_t)y, power = 1;

	switch (op[0]) {
	case '*':
		if (op[1] != '*')
			return (int64_t)(ux * uy);
		if (y < 0 || y > 64) {
			a->bad = true;
			return 0;
		}
		while (y-- > 0)
			power *= ux;
		return (int64_t)power;
	case '/':
	case '%':
		if (y == 0 || (y == -1 && x == INT64_MIN)) {
			a->bad = true;
			return 0;
		}
		return op[0] == '/' ? x / y : x % y;
	case '+':
		return (int64_t)(ux + uy);
	case '-':
		return (int64_t)(ux - uy);
	case '<':
		return op[1] == '<' ? (int64_t)(ux << (uy & 63)) : op[1] == '=' ? x <= y : x < y;
	case '>':
		return op[1] == '>' ? x >> (uy & 63) : op[1] == '=' ? x >= y : x > y;
	case '=':
		return x == y;
	case '!':
		return x != y;
	case '&':
		return op[1] == '&' ? x && y : (int64_t)(ux & uy);
	case '|':
		return op[1] == '|' ? x || y : (int64_t)(ux | uy);
	default:
		return (int64_t)(ux ^ uy);
	}
}

/* name, name++, name=…, name+=… */
static int64_t variable(struct arithmetic *a)
{
	static const char *const assigning[] = { "<<=", ">>=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=" };
	struct str name = identifier(a);
	int64_t v;

	blanks(a);
	if (a->at < a->end && *a->at == '[') { /* arrays are left to others */
		a->bad = true;
		return 0;
	}
	if (take(a, "++") || take(a, "--")) {
		v = value_of(a, name);
		put(a, name, a->at[-1] == '+' ? v + 1 : v - 1);
		return v;
	}
	for (size_t i = 0; i < ARRAY_LEN(assigning); i++) {
		if (!take(a, assigning[i]))
			continue;
		v = value_of(a, name);
		v = apply(a, assigning[i], v, ternary(a));
		put(a, name, v);
		return v;
	}
	if (a->at < a->end && *a->at == '=' && (a->at + 1 == a->end || a->at[1] != '=')) {
		a->at++;
		v = ternary(a);
		put(a, name, v);
		return v;
	}
	return value_of(a, name);
}

static int64_t unary(struct arithmetic *a)
{
	int64_t v;

	blanks(a);
	if (a->bad || a->at == a->end || ++a->depth > 40) {
		a->bad = true;
		return 0;
	}
	if (take(a, "++") || take(a, "--")) {
		char c = a->at[-1];
		struct str name = identifier(a);

		v = name.len ? value_of(a, name) + (c == '+' ? 1 : -1) : 0;
		a->bad |= name.len == 0;
		put(a, name, v);
	} else if (take(a, "!")) {
		v = !unary(a);
	} else if (take(a, "~")) {
		v = ~unary(a);
	} else if (take(a, "-")) {
		v = (int64_t)(0 - (uint64_t)unary(a));
	} else if (take(a, "+")) {
		v = unary(a);
	} else if (take(a, "(")) {
		v = comma(a);
		a->bad |= !take(a, ")");
	} else if (*a->at >= '0' && *a->at <= '9') {
		v = number(a);
	} else if (run_is_name((struct str){ a->at, 1 })) {
		v = variable(a);
	} else {
		a->bad = true;
		v = 0;
	}
	a->depth--;
	return v;
}

static const struct operator *next_operator(struct arithmetic *a)
{
	blanks(a);
	for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
		size_t n = strlen(operators[i].text);

		if ((size_t)(a->end - a->at) >= n && memcmp(a->at, operators[i].text, n) == 0)
			return &operators[i];
	}
	return NULL;
}

static int64_t binary(struct arithmetic *a, unsigned level)
{
	int64_t x, y;

	if (++a->depth > 40)
		a->bad = true;
	x = unary(a);
	while (!a->bad) {
		const struct operator *op = next_operator(a);
		bool quiet = a->quiet;

		if (!op || op->level < level)
			break;
		a->at += strlen(op->text);
		a->quiet |= (str_is(str_from(op->text), "&&") && !x) || (str_is(str_from(op->text), "||") && x);
		y = binary(a, op->level == 12 ? 12 : op->level + 1);
		a->quiet = quiet;
		x = apply(a, op->text, x, y);
	}
	a->depth--;
	return x;
}

static int64_t ternary(struct arithmetic *a)
{
	int64_t c, x, y;
	bool quiet = a->quiet;

	if (++a->depth > 40)
		a->bad = true;
	c = binary(a, 0);
	if (!a->bad && take(a, "?")) {
		a->quiet = quiet || !c;
		x = comma(a);
		a->bad |= !take(a, ":");
		a->quiet = quiet || c;
		y = ternary(a);
		a->quiet = quiet;
		c = c ? x : y;
	}
	a->depth--;
	return c;
}

/* What an expression that is not known may write. */
static void forget_written(struct run *r, struct run_scene *s, struct str text)
{
	for (size_t i = 0; i < text.len;) {
		size_t n = 0;

		while (i + n < text.len && run_is_name(str_sub(text, i, n + 1)) && n < 256)
			n++;
		if (n > 0)
			run_set_unknown(r, s, arena_str(r->arena, str_sub(text, i, n)));
		i += n ? n : 1;
	}
}

bool run_arithmetic(struct run *r, struct run_scene *s, struct str text, int64_t *ret)
{
	struct arithmetic a = { .r = r, .s = s };
	int64_t v;

	if (text.len > 4096 || !run_step(r, 1 + text.len / 16))
		return false;
	v = evaluate(&a, text);
	if (a.bad) {
		bool writes = false;

		for (size_t i = 0; i < text.len; i++) {
			char next = i + 1 < text.len ? text.ptr[i + 1] : '\0', before = i ? text.ptr[i - 1] : '\0';

			writes |= (text.ptr[i] == '=' && next != '=' && before != '=' && before != '!') ||
				  (text.ptr[i] == '+' && next == '+') || (text.ptr[i] == '-' && next == '-');
		}
		if (!run_known(text) && str_find(text, STR("[")) != SIZE_MAX)
			writes = true;
		if (writes)
			forget_written(r, s, text);
		return false;
	}
	*ret = v;
	return true;
}
