/* Text for psql: SQL with backslash commands between, variables in it, and data behind COPY … FROM STDIN. */
#include "read/sql/sql_client.h"
#include "read/sql/sql_lex.h"

/* Only shown, formatted or asked. */
static const char harmless[] =
	"\\a \\C \\d \\d+ \\dS \\dS+ \\da \\dA \\db \\dc \\dC \\dd \\dD \\ddp \\dE "
	"\\de \\des \\det \\deu \\dew \\df \\df+ \\dF \\dFd \\dFp \\dFt \\dg \\di "
	"\\di+ \\dl \\dL \\dm \\dn \\dn+ \\do \\dO \\dp \\dP \\drds \\dRp \\dRs "
	"\\ds \\dt \\dt+ \\dtS \\dtvs \\dT \\dT+ \\du \\du+ \\dv \\dv+ \\dx \\dx+ "
	"\\dX \\dy \\dconfig \\echo \\qecho \\warn \\encoding \\errverbose \\f "
	"\\h \\help \\H \\l \\l+ \\list \\lo_list \\p \\print \\prompt \\pset \\q "
	"\\quit \\r \\reset \\sf \\sf+ \\sv \\sv+ \\t \\T \\timing \\unset \\x \\z "
	"\\? \\if \\elif \\else \\endif \\cd \\setenv \\conninfo \\gdesc "
	"\\crosstabview \\gset \\bind \\g \\gx \\; \\watch \\restrict "
	"\\unrestrict \\. \\copyright";

struct psql {
	struct sql_work *w;
	struct str text;
	char *built;	       /* the statement with variables put in */
	size_t n, max;
	bool variable;	       /* one whose value is not known, put in bare */
};

static void put(struct psql *p, struct str s)
{
	if (p->n + s.len > p->max) {
		p->variable = true;
		return;
	}
	if (s.len)
		memcpy(p->built + p->n, s.ptr, s.len);
	p->n += s.len;
}

/* The data behind COPY … FROM STDIN. When the COPY fails, psql takes these lines for commands; so what is SQL among them counts. */
static struct str data_block(struct psql *p, struct str rest)
{
	struct str begin = rest, line;
	bool sql = false;

	while (rest.len) {
		line = sql_client_line(&rest);
		if (str_is(line, "\\."))
			break;
		sql = sql || str_find_char(line, ';') != SIZE_MAX;
	}
	begin = str_sub(begin, 0, begin.len - rest.len);
	if (sql) {
		struct sql_lex l = { .text = begin, .way = SQL_LEX_POSTGRES };
		struct sql_token t = sql_lex_next(&l);

		for (; t.kind != SQL_TOKEN_END && t.kind != SQL_TOKEN_BAD; t = sql_lex_next(&l)) {
			if (t.line_start && sql_token_among(&t, "drop truncate delete update alter grant revoke do create copy insert")) {
				size_t end = str_find_char(str_sub(begin, t.at, begin.len), ';');

				if (end != SIZE_MAX)
					sql_tree_read(p->w, str_sub(begin, t.at, end));
			}
		}
	}
	return rest;
}

static bool copies_in(struct str statement)
{
	struct sql_lex l = { .text = statement, .way = SQL_LEX_POSTGRES };
	struct sql_token t = sql_lex_next(&l), before = t;

	if (!sql_token_is(&t, "copy"))
		return false;
	for (; t.kind != SQL_TOKEN_END && t.kind != SQL_TOKEN_BAD; before = t, t = sql_lex_next(&l)) {
		if (sql_token_is(&t, "stdin") && sql_token_is(&before, "from"))
			return true;
	}
	return false;
}

/* Read what has been gathered. True when data follows. */
static bool flush(struct psql *p)
{
	struct str text = arena_str(p->w->arena, (struct str){ p->built, p->n });
	bool data = copies_in(text);

	p->n = 0;
	if (str_trim(text).len)
		sql_read_text(p->w, text);
	if (p->variable)
		sql_note_plain(p->w, SQL_MEANS_VARIABLE, "variable", STR_NONE);
	p->variable = false;
	return data;
}

/* \copy … from/to program 'command' | file */
static void copy(struct psql *p, struct str line, struct str rest)
{
	struct sql_lex l = { .text = rest, .way = SQL_LEX_POSTGRES };
	struct sql_token t = sql_lex_next(&l);
	struct str statement = arena_fmt(p->w->arena, "copy %.*s", STR_ARG(rest));
	size_t depth = 0;
	bool out = false;

	sql_begin(p->w, arena_str(p->w->arena, line), STR("\\copy"));
	for (; t.kind != SQL_TOKEN_END && t.kind != SQL_TOKEN_BAD; t = sql_lex_next(&l)) {
		depth += sql_token_is(&t, "(");
		depth -= sql_token_is(&t, ")") && depth;
		if (depth == 0 && sql_token_among(&t, "from to")) {
			out = sql_token_is(&t, "to");
			t = sql_lex_next(&l);
			if (sql_token_is(&t, "program")) {
				t = sql_lex_next(&l);
				sql_client_shell(p->w, line, t.text);
				return;
			}
			break;
		}
	}
	if (t.kind == SQL_TOKEN_END) {
		sql_note_plain(p->w, SQL_MEANS_UNREAD, "client", STR("\\copy"));
		return;
	}
	if (out && !sql_token_among(&t, "stdout pstdout"))
		sql_note_plain(p->w, SQL_MEANS_CLIENT_FILE, "file", arena_str(p->w->arena, t.text));
	/* The file is the client's: the same as through standard input. */
	statement = arena_fmt(p->w->arena, "copy %.*s %s %.*s", STR_ARG(str_sub(rest, 0, t.at)), out ? "stdout" : "stdin",
			      STR_ARG(str_sub(rest, t.end, rest.len)));
	sql_read_inside(p->w, statement, STR_NONE);
}

/* \o |command, \g |command, \o file, \w file */
static void output(struct psql *p, struct str line, struct str rest)
{
	rest = str_trim(rest);
	if (!rest.len)
		return;
	if (rest.ptr[0] == '|')
		sql_client_shell(p->w, line, str_sub(rest, 1, rest.len));
	else if (rest.ptr[0] != '(')
		sql_client_note(p->w, line, SQL_MEANS_CLIENT_FILE, sql_client_word(p->w, &rest));
}

/* One backslash command; the rest of the line is its own. */
static void command(struct psql *p, struct str line)
{
	struct str rest = line, word;
	size_t n = 1;

	while (n < line.len && !memchr(" \t\\|'\"", line.ptr[n], 6))
		n++;
	if (line.len > 1 && line.ptr[1] == '!')
		n = 2;
	if (n == 1 && line.len > 1)
		n = 2;
	word = str_sub(line, 0, n);
	rest = str_sub(line, n, line.len);
	if (str_is(word, "\\!"))
		sql_client_shell(p->w, line, rest);
	else if (sql_client_among(word, "\\i \\ir \\include \\include_relative"))
		sql_client_script(p->w, line, sql_client_word(p->w, &rest));
	else if (sql_client_among(word, "\\c \\connect"))
		sql_client_connect(p->w, line, sql_client_word(p->w, &rest));
	else if (str_is(word, "\\copy"))
		copy(p, line, rest);
	else if (sql_client_among(word, "\\o \\out \\g \\gx \\w \\write \\s"))
		output(p, line, rest);
	else if (str_is(word, "\\gexec"))
		sql_client_note(p->w, line, SQL_MEANS_DYNAMIC, word);
	else if (str_is(word, "\\lo_unlink"))
		sql_client_note(p->w, line, SQL_MEANS_LARGE_OBJECT, str_trim(rest));
	else if (sql_client_among(word, "\\lo_import \\lo_export"))
		sql_client_note(p->w, line, SQL_MEANS_CLIENT_FILE, str_trim(rest));
	else if (str_is(word, "\\password"))
		sql_client_note(p->w, line, SQL_MEANS_PRIVILEGES, str_trim(rest));
	else if (!sql_client_among(word, harmless) && !str_is(word, "\\set"))
		sql_client_note(p->w, line, SQL_MEANS_UNREAD, word);
	if (str_find_char(rest, '`') != SIZE_MAX && !str_is(word, "\\!"))
		sql_client_shell(p->w, line, rest);
}

static bool name_char(char c)
{
	return c == '_' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* :name, :'name', :"name" behind a colon that is no cast. The bytes taken; 0: none begins here. */
static size_t variable(struct psql *p, struct str rest)
{
	size_t n = 1;
	char quote;

	if (rest.len < 2 || rest.ptr[0] != ':' || rest.ptr[1] == ':' || rest.ptr[1] == '=')
		return 0;
	quote = rest.ptr[1] == '\'' || rest.ptr[1] == '"' ? rest.ptr[1] : '\0';
	n += quote != 0;
	if (rest.ptr[1] == '{') {
		n = str_find_char(rest, '}');
		put(p, STR("true"));
		return n == SIZE_MAX ? 1 : n + 1;
	}
	while (n < rest.len && name_char(rest.ptr[n]))
		n++;
	if (n == (quote ? 2u : 1u) || (quote && (n >= rest.len || rest.ptr[n] != quote)))
		return 0;
	/* A slice of an array: a[1:2]. */
	if (!quote && rest.ptr[1] >= '0' && rest.ptr[1] <= '9')
		return 0;
	put(p, quote == '\'' ? STR("'pawl_unknown'") : STR("pawl_unknown"));
	p->variable = p->variable || !quote;
	return n + (quote != 0);
}

/* Where a backslash command ends: at the line's end, or where the next begins. */
static struct str command_line(struct str rest)
{
	size_t n = str_find_char(rest, '\n');

	return str_sub(rest, 0, n == SIZE_MAX ? rest.len : n);
}

/* A command may be followed by another on its line, but for those that take the whole of it. */
static void commands(struct psql *p, struct str line)
{
	static const char *const whole[] = { "\\!", "\\copy", "\\o |", "\\g |", "\\o|", "\\g|", "\\w|", "\\w |", "\\set", "\\echo" };
	size_t n;

	for (;;) {
		line = str_trim(line);
		for (size_t i = 0; i < ARRAY_LEN(whole); i++) {
			if (str_starts(line, str_from(whole[i]))) {
				command(p, line);
				return;
			}
		}
		n = line.len > 1 ? str_find_char(str_sub(line, 2, line.len), '\\') : SIZE_MAX;
		command(p, n == SIZE_MAX ? line : str_trim(str_sub(line, 0, n + 2)));
		if (n == SIZE_MAX)
			return;
		line = str_sub(line, n + 2, line.len);
	}
}

/* Between tokens the lexer leaves a backslash or a colon as a byte of its own. */
static bool byte(struct psql *p, struct sql_lex *l, const struct sql_token *t)
{
	struct str rest = str_sub(p->text, t->at, p->text.len), line;
	size_t n;

	if (sql_token_is(t, "\\") && !str_starts(rest, STR("\\;"))) {
		line = command_line(rest);
		if (p->n && !sql_client_among(str_sub(line, 0, 3), "\\if \\el \\en"))
			flush(p);
		commands(p, line);
		l->at = t->at + line.len;
		return true;
	}
	if (sql_token_is(t, "\\")) {
		put(p, STR(";"));
		l->at = t->at + 2;
		return true;
	}
	n = sql_token_is(t, ":") ? variable(p, rest) : 0;
	if (!n && str_starts(rest, STR("::"))) {
		put(p, STR("::"));
		l->at = t->at + 2;
		return true;
	}
	l->at = n ? t->at + n : l->at;
	return n;
}

void sql_client_psql(struct sql_work *w, struct str text)
{
	struct psql p = { .w = w, .text = text, .max = text.len * 4 + 64 };
	struct sql_lex l = { .text = text, .way = SQL_LEX_POSTGRES };
	size_t depth = 0;

	p.built = arena_alloc(w->arena, p.max);
	if (!p.built)
		return;
	while (!w->arena->full) {
		struct sql_token t = sql_lex_next(&l);

		if (t.kind == SQL_TOKEN_END)
			break;
		put(&p, STR(" "));
		if (t.kind == SQL_TOKEN_BYTE && byte(&p, &l, &t))
			continue;
		depth += sql_token_is(&t, "(");
		depth -= sql_token_is(&t, ")") && depth;
		if (!sql_token_is(&t, ";") || depth) {
			put(&p, str_sub(text, t.at, t.end - t.at));
			continue;
		}
		if (flush(&p)) {
			struct str rest = str_sub(text, t.end, text.len);

			/* The data begins on the next line. */
			sql_client_line(&rest);
			l.at = text.len - data_block(&p, rest).len;
		}
	}
	flush(&p);
}
