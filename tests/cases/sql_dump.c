/* sql_dump -- what the SQL reader makes of texts, for test_sql.
 * Standard input: for each text a line `DIALECT CLIENT BYTES` (postgres, mysql, sqlite, other; 0 or 1; tokens for DIALECT:
 * PostgreSQL's words by the tokenizer alone; quick, shape, fingerprint: see below) and so many bytes. Output: a line for each change and each hint, then `.`.
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

static void print_span(FILE *out, const char *what, struct str text, struct sql_span span)
{
	if (span.len)
		fprintf(out, " %s=[%.*s]", what, STR_ARG(str_sub(text, span.at, span.len)));
}

static void print_names(FILE *out, const struct sql_shape *s)
{
	static const char *const uses[] = { "?", "read", "insert", "update", "delete", "truncate", "drop", "alter", "lock", "create",
					     "reference" };

	for (const struct sql_relation *r = s->relations; r; r = r->next)
		fprintf(out, " %s:%.*s%s%.*s%s", uses[r->use], STR_ARG(r->schema), r->schema.len ? "." : "", STR_ARG(r->name), r->cte ? "(with)" : "");
	for (const struct sql_called *c = s->calls; c; c = c->next)
		fprintf(out, " %s:%.*s%s%.*s/%u", c->operator ? "operator" : "call", STR_ARG(c->schema), c->schema.len ? "." : "", STR_ARG(c->name), c->args);
}

static void print_shape(FILE *out, struct str text, const struct sql_statement *st)
{
	static const char *const blocks[] = { "?", "", " never-in-block", " block-depends", " only-in-block" };
	static const char *const controls[] = { "", " begin", " commit", " rollback", " savepoint", " release", " rollback-to", " prepare-transaction",
		" commit-prepared", " rollback-prepared" };
	static const char *const settings[] = { "", " set", " reset", " reset-all", " transaction", " session-characteristics", " constraints", " show" };
	static const char *const prepared[] = { "", " prepare", " execute", " deallocate" };
	static const char *const cursors[] = { "", " declare", " fetch", " move", " close" };
	static const char *const ways[] = { "", " client", " file", " program" };
	const struct sql_shape *s = st->shape;
	const struct sql_target *t = &s->target;

	fprintf(out, "%s%s%s%s%s%s%s", sql_class_name(s->class), blocks[s->block], controls[s->control], settings[s->setting], prepared[s->prepared],
	       cursors[s->cursor], ways[s->copy_way]);
	if (s->class == SQL_CLASS_COPY)
		fprintf(out, s->copy_from ? " from" : " to");
	fprintf(out, "%s%s%s%s", s->modes & SQL_MODE_READ_ONLY ? " read-only" : "", s->modes & SQL_MODE_READ_WRITE ? " read-write" : "",
	       s->modes & SQL_MODE_DEFERRABLE ? " deferrable" : "", s->modes & SQL_MODE_ISOLATION ? " isolation" : "");
	fprintf(out, "%s%s%s%s%s%s%s%s%s", s->chain ? " chain" : "", s->local ? " local" : "", s->explain ? " explain" : "", s->locks_rows ? " locks-rows" : "",
	       s->cascade ? " cascade" : "", s->if_exists ? " if-exists" : "", s->all ? " all" : "", s->hold ? " hold" : "",
	       s->adds_enum_value ? " adds-enum-value" : "");
	if (s->inner)
		fprintf(out, " inner=%s", sql_class_name(s->inner));
	if (s->name.len)
		fprintf(out, " name=%.*s", STR_ARG(s->name));
	if (s->value.len)
		fprintf(out, " value=%.*s", STR_ARG(s->value));
	print_span(out, "text", text, s->inner_text);
	if (t->name.len)
		fprintf(out, " target=%.*s%s%.*s%s%.*s%s%s%s%s", STR_ARG(t->schema), t->schema.len ? "." : "", STR_ARG(t->name), t->alias.len ? " as " : "",
		       STR_ARG(t->alias), t->has_where ? "" : " everywhere", t->others ? " others" : "", t->returning ? " returning" : "",
		       t->with ? " with" : "");
	print_span(out, "where", text, sql_shape_where(st));
	print_names(out, s);
}

/* On one line. */
static void print_line(struct str text, const struct sql_statement *s)
{
	char *line = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&line, &n);

	if (!out)
		abort();
	print_shape(out, text, s);
	fclose(out);
	for (size_t i = 0; i < n; i++)
		putchar(line[i] == '\n' || line[i] == '\t' || line[i] == '\r' ? ' ' : line[i]);
	free(line);
}

/* `shape`: one line for each statement. `fingerprint`: the digests alone. */
static void shapes(struct str text, bool fingerprint)
{
	struct sql_input in = { .text = text, .shape = true, .fingerprint = fingerprint };
	struct sql_answer a;
	char hex[DIGEST_HEX_LEN + 1];

	sql_read(&in, &arena, &a);
	for (const struct sql_statement *s = a.statements; s; s = s->next) {
		printf("shape\t");
		if (!s->shape) {
			printf("none");
		} else if (fingerprint) {
			digest_hex(&s->shape->fingerprint, hex);
			printf("%s", s->shape->has_fingerprint ? hex : "none");
		} else {
			print_line(text, s);
		}
		printf("\t%zu\t%zu\n", s->span.at, s->span.len);
	}
	printf("%s\n.\n", a.reads_only ? "reads" : "acts");
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
		else if (strcmp(dialect, "shape") == 0 || strcmp(dialect, "fingerprint") == 0)
			shapes(in.text, dialect[0] == 'f');
		else
			print(&answer);
		fflush(stdout);
		free(text);
		arena_reset(&arena);
	}
	return 0;
}
