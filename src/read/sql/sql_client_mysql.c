/* Text for the mysql client: DELIMITER, source, system, \! and their like; statements end at the delimiter. */
#include "read/sql/sql_client.h"
#include "read/sql/sql_lex.h"

struct mysql {
	struct sql_work *w;
	struct str delimiter;
};

/* A command of the client on a line of its own. False: the line is SQL. */
static bool line_command(struct mysql *m, struct str line)
{
	struct str rest = str_trim(line), word;
	size_t n = 0;

	while (n < rest.len && rest.ptr[n] != ' ' && rest.ptr[n] != '\t' && rest.ptr[n] != ';')
		n++;
	word = str_sub(rest, 0, n);
	if (str_starts(rest, STR("\\")) && rest.len > 1) {
		word = str_sub(rest, 0, 2);
		n = 2;
	}
	rest = str_trim(str_sub(rest, n, rest.len));
	if (rest.len && rest.ptr[rest.len - 1] == ';')
		rest.len--;
	if (str_eq_nocase(word, STR("delimiter")) || str_is(word, "\\d"))
		m->delimiter = rest.len ? sql_client_word(m->w, &rest) : STR(";");
	else if (str_eq_nocase(word, STR("source")) || str_is(word, "\\."))
		sql_client_script(m->w, line, rest);
	else if (str_eq_nocase(word, STR("system")) || str_is(word, "\\!"))
		sql_client_shell(m->w, line, rest);
	else if (str_eq_nocase(word, STR("pager")) || str_is(word, "\\P"))
		sql_client_shell(m->w, line, rest);
	else if (str_eq_nocase(word, STR("tee")) || str_is(word, "\\T"))
		sql_client_note(m->w, line, SQL_MEANS_CLIENT_FILE, rest);
	else if (str_eq_nocase(word, STR("use")) || str_eq_nocase(word, STR("connect")) || sql_client_among(word, "\\u \\r"))
		sql_client_connect(m->w, line, sql_client_word(m->w, &rest));
	else if (str_eq_nocase(word, STR("edit")) || str_is(word, "\\e"))
		sql_client_note(m->w, line, SQL_MEANS_UNREAD, word);
	else
		return sql_client_among(word, "\\s \\h \\? \\q \\t \\n \\w \\W \\p \\x exit quit status warnings nowarning notee "
					      "nopager help rehash");
	return true;
}

/* A command of the client ends with its line, or at the delimiter: what stands behind that is read on. */
static struct str one_line(const struct mysql *m, struct str line)
{
	size_t end = str_find(line, m->delimiter);

	if (end == SIZE_MAX || !m->delimiter.len || str_eq_nocase(str_sub(line, 0, 9), STR("delimiter")))
		return line;
	return str_sub(line, 0, end);
}

static bool at_delimiter(const struct mysql *m, struct str rest)
{
	return m->delimiter.len && str_starts(rest, m->delimiter);
}

/* \g, \G end a statement anywhere. */
static bool ends_here(struct str rest)
{
	return rest.len > 1 && rest.ptr[0] == '\\' && (rest.ptr[1] == 'g' || rest.ptr[1] == 'G');
}

void sql_client_mysql(struct sql_work *w, struct str text)
{
	struct mysql m = { .w = w, .delimiter = STR(";") };
	struct sql_lex l = { .text = text, .way = SQL_LEX_MYSQL };
	size_t from = 0;
	bool fresh = true;

	while (!w->arena->full) {
		struct sql_lex saved = l;
		struct sql_token t = sql_lex_next(&l);
		struct str rest = str_sub(text, t.at, text.len);

		if (t.kind == SQL_TOKEN_END)
			break;
		if (fresh || t.line_start) {
			struct str copy = rest, line = one_line(&m, sql_client_line(&copy));

			if ((fresh || str_starts(rest, STR("\\"))) && line_command(&m, line)) {
				l = saved;
				l.at = t.at + line.len;
				from = l.at;
				fresh = true;
				continue;
			}
		}
		if (at_delimiter(&m, rest) || ends_here(rest)) {
			sql_read_text(w, str_sub(text, from, t.at - from));
			l.at = t.at + (ends_here(rest) ? 2 : m.delimiter.len);
			from = l.at;
			fresh = true;
			continue;
		}
		if (str_starts(rest, STR("\\!"))) {
			struct str copy = rest, line = sql_client_line(&copy);

			sql_client_shell(w, line, str_sub(line, 2, line.len));
		}
		fresh = false;
	}
	if (str_trim(str_sub(text, from, text.len)).len)
		sql_read_text(w, str_sub(text, from, text.len));
}
