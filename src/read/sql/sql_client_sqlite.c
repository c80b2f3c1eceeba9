/* Text for the sqlite3 shell: lines that begin with a dot are its own commands, between statements. */
#include "read/sql/sql_client.h"
#include "read/sql/sql_lex.h"

static const char harmless[] =
	".auth .bail .binary .changes .check .databases .dbinfo .dump .echo .eqp .exit .expert .explain .fullschema .headers .header .help "
	".indexes .indices .limit .lint .mode .nonce .nullvalue .parameter .print .progress .prompt .quit .scanstats .schema .selftest "
	".separator .sha3sum .show .stats .tables .timeout .timer .version .vfsinfo .vfslist .width .connection .trace .iotrace .testcase";

static void command(struct sql_work *w, struct str line)
{
	struct str rest = line, word = sql_client_word(w, &rest), first;

	rest = str_trim(rest);
	first = rest;
	first = sql_client_word(w, &first);
	if (sql_client_among(word, ".shell .system"))
		sql_client_shell(w, line, rest);
	else if (str_is(word, ".read"))
		if (str_starts(first, STR("|")))
			sql_client_shell(w, line, str_sub(first, 1, first.len));
		else
			sql_client_script(w, line, first);
	else if (str_is(word, ".open"))
		sql_client_connect(w, line, rest);
	else if (sql_client_among(word, ".output .once .log .trace .excel") || str_is(word, ".o")) {
		if (str_starts(first, STR("|")))
			sql_client_shell(w, line, str_sub(rest, 1, rest.len));
		else if (first.len && !str_is(first, "stdout") && !str_is(first, "off"))
			sql_client_note(w, line, SQL_MEANS_CLIENT_FILE, first);
		else
			sql_begin(w, line, word);
	} else if (str_is(word, ".restore"))
		sql_client_note(w, line, SQL_MEANS_DROP, STR("main"));
	else if (str_is(word, ".import")) {
		if (str_find_char(rest, '|') != SIZE_MAX)
			sql_client_shell(w, line, str_sub(rest, str_find_char(rest, '|') + 1, rest.len));
		sql_client_note(w, line, SQL_MEANS_INSERT, rest);
	} else if (sql_client_among(word, ".backup .save .clone .archive .ar .recover .session"))
		sql_client_note(w, line, SQL_MEANS_CLIENT_FILE, rest);
	else if (str_is(word, ".load"))
		sql_client_note(w, line, SQL_MEANS_PROGRAM, first);
	else if (sql_client_among(word, harmless))
		sql_begin(w, line, word);
	else
		sql_client_note(w, line, SQL_MEANS_UNREAD, word);
}

void sql_client_sqlite(struct sql_work *w, struct str text)
{
	struct sql_lex l = { .text = text, .way = SQL_LEX_SQLITE };
	size_t from = 0;
	bool fresh = true;

	while (!w->arena->full) {
		struct sql_token t = sql_lex_next(&l);
		struct str rest = str_sub(text, t.at, text.len);

		if (t.kind == SQL_TOKEN_END)
			break;
		if ((fresh || t.line_start) && str_starts(rest, STR(".")) && (t.kind == SQL_TOKEN_BYTE || t.kind == SQL_TOKEN_NUMBER)) {
			struct str copy = rest, line = sql_client_line(&copy);

			if (fresh) {
				command(w, arena_str(w->arena, str_trim(line)));
				l.at = t.at + line.len;
				from = l.at;
				continue;
			}
			sql_note_plain(w, SQL_MEANS_UNREAD, "client", arena_str(w->arena, line));
		}
		fresh = sql_token_is(&t, ";");
		if (fresh) {
			sql_read_text(w, str_sub(text, from, t.end - from));
			from = t.end;
		}
	}
	if (str_trim(str_sub(text, from, text.len)).len)
		sql_read_text(w, str_sub(text, from, text.len));
}
