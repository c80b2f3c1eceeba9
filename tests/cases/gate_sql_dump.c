/* gate_sql_dump -- how PostgreSQL's gate rules on texts, for test_gate_sql.
 * usage: gate_sql_dump POLICY.yaml
 * Standard input: for each text a line `FLAGS BYTES` and so many bytes. FLAGS: words with commas, any of: the upstream's environment,
 * `tx` in a transaction, `ro` made read only by the client, `tightened`. Output: a line for each statement, then `.`.
 */
#include "base/fd.h"
#include "gate/postgres/statement.h"

static struct arena arena, policy_arena;
static bool is_tightened;

static bool tightened(void *ctx, const struct database_session *s)
{
	(void)ctx;
	(void)s;
	return is_tightened;
}

static const char *ruling_name(enum ruling r)
{
	switch (r) {
	case RULING_REFUSE:
		return "refuse";
	case RULING_READ:
		return "read";
	case RULING_WRITE:
		return "write";
	case RULING_CONTROL:
		return "control";
	case RULING_ALONE:
		return "alone";
	case RULING_ASK:
		return "ask";
	case RULING_SESSION:
		return "session";
	}
	return "?";
}

static const char *control_name(enum control c)
{
	static const char *const names[] = { "", "begin", "begin-read-only", "commit", "rollback", "savepoint", "release", "rollback-to", "prepare" };

	return (size_t)c < ARRAY_LEN(names) ? names[c] : "?";
}

static void print(const struct statement_answer *a)
{
	for (const struct statement *s = a->statements; s; s = s->next) {
		printf("%s", ruling_name(s->ruling));
		if (s->control)
			printf(" %s", control_name(s->control));
		if (s->sqlstate[0])
			printf(" %s", s->sqlstate);
		if (s->ruling == RULING_ASK && s->passed != RULING_WRITE)
			printf(" then-%s", ruling_name(s->passed));
		if (s->chain)
			printf(" chain");
		if (s->forgets)
			printf(" forgets");
		if (s->read_only)
			printf(" %s-%s", s->session ? "session" : "now", s->read_only == READ_ONLY_ON ? "reads" : "writes");
		if (s->path_changed)
			printf(" path=%.*s", STR_ARG(s->path_known ? s->path.len ? s->path : STR("own") : STR("?")));
		if (s->instead.len) {
			printf(" instead=");
			for (size_t i = 0; i < s->instead.len; i++)
				putchar(s->instead.ptr[i] == '\n' ? ' ' : s->instead.ptr[i]);
		}
		if (s->message.len > 600 || s->hint.len > 600 || (s->ruling == RULING_REFUSE && (!s->message.len || !s->hint.len || !s->sqlstate[0])))
			printf(" BAD-WORDS");
		printf("\t%.*s\t%.*s\n", STR_ARG(s->message), STR_ARG(s->hint));
	}
	printf(".\n");
}

static void flags(char *words, struct database_upstream *u, struct statement_context *c)
{
	char *rest = NULL;

	is_tightened = false;
	for (char *word = strtok_r(words, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		if (strcmp(word, "tx") == 0)
			c->in_transaction = true;
		else if (strcmp(word, "ro") == 0)
			c->read_only = true;
		else if (strcmp(word, "tightened") == 0)
			is_tightened = true;
		else
			u->environment = str_from(word);
	}
}

int main(int argc, char **argv)
{
	auto_buf text = BUF_MAX(POLICY_MAX_BYTES);
	struct policy_source source = { POLICY_USER, STR_INIT("policy.yaml"), STR_NONE };
	struct database_host host = { .tightened = tightened };
	struct database_session session = { STR_INIT("agent-7"), STR_INIT("agent") };
	char line[200];
	struct err err;

	if (argc != 2 || !arena_map(&arena, (size_t)64 << 20) || !arena_map(&policy_arena, (size_t)64 << 20) || !file_read(argv[1], &text, &err))
		return 2;
	source.text = buf_str(&text);
	if (!policy_load(&source, 1, &policy_arena, &host.policy, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		return 2;
	}
	while (fgets(line, sizeof(line), stdin)) {
		struct database_upstream upstream = { .name = STR("app"), .place = { .host = STR("db.example.org"), .database = STR("app") } };
		struct statement_context c = { .upstream = &upstream, .session = &session, .host = &host };
		struct statement_answer answer;
		char *at = strchr(line, ' '), *sql;
		size_t n;

		if (!at)
			return 2;
		*at = '\0';
		n = (size_t)strtoul(at + 1, NULL, 10);
		flags(line, &upstream, &c);
		c.environment = database_environment(host.policy, &upstream);
		sql = malloc(n + 1);
		if (!sql || fread(sql, 1, n, stdin) != n)
			return 2;
		statement_weigh(&c, (struct str){ sql, n }, &arena, &answer);
		print(&answer);
		fflush(stdout);
		free(sql);
		arena_reset(&arena);
	}
	return 0;
}
