/* sql_dump -- what the SQL reader makes of texts, for test_sql.
 * Standard input: for each text a line `DIALECT CLIENT BYTES` (postgres, mysql, sqlite, other; 0 or 1; tokens for DIALECT:
 * PostgreSQL's words by the tokenizer alone) and so many bytes. Output: a line for each change and each hint, then `.`.
 */
#include "base/fd.h"
#include "read/sql/inner.h"
#include "read/sql/sql_digest.h"

static struct arena arena;

static void tokens_only(struct str text, struct sql_answer *ret)
{
	struct sql_input in = { .text = text };
	struct sql_work w = { .in = &in, .arena = &arena, .answer = ret };

	*ret = (struct sql_answer){ .reads_only = true };
	w.last = &ret->statements;
	sql_tokens_read(&w, text, SQL_POSTGRES);
}

static void print(const struct sql_answer *a)
{
	CHANGE_EACH(c, &a->changes)
		printf("%.*s\t%.*s\t%.*s\t%.*s\t%.*s\n", STR_ARG(c->finding), STR_ARG(change_kind_name(c->kind)), STR_ARG(c->type), STR_ARG(c->name),
		       STR_ARG(c->reason));
	for (const struct sql_statement *s = a->statements; s; s = s->next) {
		printf("statement\t%.*s\t%d\n", STR_ARG(s->verb), s->parsed);
		if (s->shell.len)
			printf("shell\t%.*s\n", STR_ARG(s->shell));
		if (s->file.len)
			printf("file\t%.*s\n", STR_ARG(s->file));
		if (s->connect.len)
			printf("connect\t%.*s\n", STR_ARG(s->connect));
	}
	printf("%s\n.\n", a->reads_only ? "reads" : "acts");
}

int main(void)
{
	static const char *const names[] = { "postgres", "mysql", "sqlite", "other" };
	char dialect[16], line[80];
	int client;
	size_t n;

	if (!arena_map(&arena, (size_t)1 << 30))
		return 1;
	while (fgets(line, sizeof(line), stdin)) {
		char *end, *at = strchr(line, ' ');
		struct sql_input in = { .dialect = SQL_POSTGRES };
		struct sql_answer answer;
		char *text;

		if (!at || (size_t)(at - line) >= sizeof(dialect))
			return 2;
		snprintf(dialect, sizeof(dialect), "%.*s", (int)(at - line), line);
		client = (int)strtol(at, &end, 10);
		n = (size_t)strtoul(end, NULL, 10);
		text = malloc(n + 1);
		if (!text || fread(text, 1, n, stdin) != n)
			return 2;
		for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
			if (strcmp(dialect, names[i]) == 0)
				in.dialect = (enum sql_dialect)i;
		}
		in.text = (struct str){ text, n };
		in.client = client;
		if (strcmp(dialect, "tokens") == 0)
			tokens_only(in.text, &answer);
		else
			sql_read(&in, &arena, &answer);
		if (strcmp(dialect, "quick") == 0)
			printf("quick\t%d\n.\n", (int)sql_digest_quick(&arena, in.text));
		else
			print(&answer);
		fflush(stdout);
		free(text);
		arena_reset(&arena);
	}
	return 0;
}
