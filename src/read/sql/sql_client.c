#include "read/sql/sql_client.h"

struct str sql_client_line(struct str *text)
{
	size_t n = str_find_char(*text, '\n');
	struct str line = str_sub(*text, 0, n == SIZE_MAX ? text->len : n);

	*text = str_sub(*text, n == SIZE_MAX ? text->len : n + 1, text->len);
	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	return line;
}

struct str sql_client_word(struct sql_work *w, struct str *rest)
{
	struct str s = str_trim(*rest);
	char quote = s.len && (s.ptr[0] == '\'' || s.ptr[0] == '"' || s.ptr[0] == '`') ? s.ptr[0] : '\0';
	size_t n = quote ? 1 : 0;

	while (n < s.len && (quote ? s.ptr[n] != quote : s.ptr[n] != ' ' && s.ptr[n] != '\t' && s.ptr[n] != '\\'))
		n++;
	if (!quote && n == 0 && s.len && s.ptr[0] == '\\')
		return STR_NONE;
	*rest = str_sub(s, quote && n < s.len ? n + 1 : n, s.len);
	/* In backquotes: the output of a command. */
	if (quote == '`')
		sql_client_shell(w, s, str_sub(s, 1, n - 1));
	return quote ? str_sub(s, 1, n - 1) : str_sub(s, 0, n);
}

bool sql_client_among(struct str word, const char *words)
{
	while (*words) {
		size_t n = strcspn(words, " ");

		if (n == word.len && memcmp(words, word.ptr, n) == 0)
			return true;
		words += n;
		words += *words == ' ';
	}
	return false;
}

static struct sql_statement *begin(struct sql_work *w, struct str text)
{
	struct str rest = text;
	size_t n = 0;

	while (n < rest.len && rest.ptr[n] != ' ' && rest.ptr[n] != '\t')
		n++;
	return sql_begin(w, arena_str(w->arena, text), arena_str(w->arena, str_sub(rest, 0, n)));
}

void sql_client_shell(struct sql_work *w, struct str text, struct str command)
{
	struct sql_statement *s = begin(w, text);

	w->answer->reads_only = false;
	if (s)
		s->shell = arena_str(w->arena, str_trim(command));
	sql_note_plain(w, SQL_MEANS_PROGRAM, "program", arena_str(w->arena, str_trim(command)));
}

void sql_client_script(struct sql_work *w, struct str text, struct str file)
{
	struct sql_statement *s = begin(w, text);

	w->answer->reads_only = false;
	if (s)
		s->file = arena_str(w->arena, file);
	if (!file.len)
		sql_note_plain(w, SQL_MEANS_UNREAD, "file", STR_NONE);
}

void sql_client_connect(struct sql_work *w, struct str text, struct str target)
{
	struct sql_statement *s = begin(w, text);

	w->answer->reads_only = false;
	if (s)
		s->connect = target.len ? arena_str(w->arena, target) : STR("-");
}

void sql_client_note(struct sql_work *w, struct str text, enum sql_meaning means, struct str name)
{
	begin(w, text);
	sql_note_plain(w, means, "client", name.len ? arena_str(w->arena, name) : arena_str(w->arena, text));
}
