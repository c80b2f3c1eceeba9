/* gate_sql_dump -- how PostgreSQL's gate rules on texts, for test_gate_sql and test_postgres_judge.
 * usage: gate_sql_dump POLICY.yaml [CONNINFO]
 * `digest BYTES` and so many bytes: the digest that an approval of the text is for.
 * With CONNINFO, of a server whose schema is read: the line `refresh 0` reads it anew and says its version, `version 0` only asks for it.
 * Standard input: for each text a line `FLAGS BYTES` and so many bytes. FLAGS: words with commas, any of: the upstream's environment,
 * `tx` in a transaction, `ro` made read only by the client, `tightened`, `temp` having made the
 * temporary table `tmp`; `scope`: changes with their scope, and behind a last tab what all of
 * it comes to. Output: for each statement its ruling, message, hint and changes
 * (finding name | reason + what dies with it), between tabs; then `.`.
 */
#include "base/fd.h"
#include "gate/postgres/aside.h"
#include "gate/postgres/question.h"
#include "gate/postgres/statement.h"

static struct arena arena, policy_arena;
static bool is_tightened, with_scope;
static struct postgres_aside *aside;
static struct catalogue *catalogue;

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

static struct str measure(struct statement_answer *a, const struct statement *s)
{
	struct scope_asked asked = { s->text, s->first_change, s->n_changes, NULL, 0, true, STR_NONE };
	struct scope all = { .relations = 0 };
	struct err err;

	if (!with_scope || !s->n_changes)
		return STR_NONE;
	if (!scope_measure(aside, catalogue, &asked, &arena, &a->changes, &all, &err))
		return arena_fmt(&arena, "%.*s; not all: %s", STR_ARG(all.says), err.msg);
	return all.says;
}

static void print_changes(struct statement_answer *a, const struct statement *s)
{
	struct str scope = measure(a, s);

	for (size_t i = 0; i < s->n_changes; i++) {
		const struct change *c = change_nth(&a->changes, s->first_change + i);

		printf("\t%.*s %.*s | %.*s", STR_ARG(c->finding), STR_ARG(str_sub(c->name, 0, 200)), STR_ARG(c->reason));
		for (const struct change_casualty *d = c->dies_with; d; d = d->next)
			printf(" + %.*s", STR_ARG(d->what));
	}
	if (scope.len)
		printf("\t= %.*s", STR_ARG(scope));
	putchar('\n');
}

static void print(struct statement_answer *a)
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
		if (s->prepares.len)
			printf(" prepares=%.*s", STR_ARG(s->prepares));
		if (s->instead.len) {
			printf(" instead=");
			for (size_t i = 0; i < s->instead.len; i++)
				putchar(s->instead.ptr[i] == '\n' ? ' ' : s->instead.ptr[i]);
		}
		if (s->message.len > 600 || s->hint.len > 600 ||
		    (s->ruling == RULING_REFUSE && (!s->message.len || !s->hint.len || !s->sqlstate[0])))
			printf(" BAD-WORDS");
		printf("\t%.*s\t%.*s", STR_ARG(s->message), STR_ARG(s->hint));
		print_changes(a, s);
	}
	printf(".\n");
}

/* Of the flag `temp`. */
static bool is_tmp(void *relay, struct str name)
{
	(void)relay;
	return str_is(name, "tmp");
}

static void flags(char *words, struct database_upstream *u, struct statement_context *c)
{
	is_tightened = with_scope = false;
	for (char *word = words, *next; word && *word; word = next) {
		next = strchr(word, ',');
		if (next)
			*next++ = '\0';
		if (strcmp(word, "tx") == 0)
			c->in_transaction = true;
		else if (strcmp(word, "ro") == 0)
			c->read_only = true;
		else if (strcmp(word, "tightened") == 0)
			is_tightened = true;
		else if (strcmp(word, "temp") == 0)
			c->temporary = is_tmp;
		else if (strcmp(word, "scope") == 0)
			with_scope = aside;
		else
			u->environment = str_from(word);
	}
}

static struct database_upstream upstream_read;

static void fail(const char *why)
{
	fprintf(stderr, "%s\n", why);
	exit(2);
}

static void refresh(void)
{
	static const struct str critical = STR_INIT("public.submissions");
	struct err err;

	catalogue_unref(catalogue);
	catalogue = NULL;
	if (!catalogue_read(aside, &critical, 1, &catalogue, &err))
		fail(err.msg);
	printf("%016llx\n.\n", (unsigned long long)catalogue_version(catalogue));
}

static bool command(const char *word)
{
	struct err err;
	uint64_t version;

	if (strcmp(word, "refresh") == 0) {
		refresh();
		return true;
	}
	if (strcmp(word, "version") != 0)
		return false;
	if (!catalogue_version_now(aside, &version, &err))
		fail(err.msg);
	printf("%016llx\n.\n", (unsigned long long)version);
	return true;
}

static void print_digest(struct str text)
{
	struct question_about about = { .text = text, .database = STR("app"), .schema_version = catalogue_version(catalogue) };
	struct digest d = question_digest(&about, &arena);
	char hex[DIGEST_HEX_LEN + 1];

	digest_hex(&d, hex);
	printf("%s\n.\n", hex);
}

static void connect_to(const char *conninfo)
{
	struct err err;

	upstream_read = (struct database_upstream){ .name = STR("app"), .connect = str_from(conninfo) };
	if (!aside_open(&upstream_read, &aside, &err))
		fail(err.msg);
}

int main(int argc, char **argv)
{
	auto_buf text = BUF_MAX(POLICY_MAX_BYTES);
	struct policy_source source = { POLICY_USER, STR_INIT("policy.yaml"), STR_NONE };
	struct database_host host = { .tightened = tightened };
	struct database_session session = { STR_INIT("agent-7"), STR_INIT("agent") };
	char line[200];
	struct err err;

	if (argc < 2 || argc > 3 || !arena_map(&arena, (size_t)64 << 20) || !arena_map(&policy_arena, (size_t)64 << 20) ||
	    !file_read(argv[1], &text, &err))
		return 2;
	source.text = buf_str(&text);
	if (!policy_load(&source, 1, &policy_arena, &host.policy, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		return 2;
	}
	if (argc == 3)
		connect_to(argv[2]);
	while (fgets(line, sizeof(line), stdin)) {
		struct database_upstream upstream = { .name = STR("app"), .place = { .host = STR("db.example.org"), .database = STR("app") } };
		struct statement_context c = { .upstream = &upstream, .session = &session, .host = &host, .catalogue = catalogue };
		struct statement_answer answer;
		char *at = strchr(line, ' '), *sql;
		size_t n;

		if (!at)
			return 2;
		*at = '\0';
		if (command(line)) {
			fflush(stdout);
			continue;
		}
		n = (size_t)strtoul(at + 1, NULL, 10);
		if (strcmp(line, "digest") != 0)
			flags(line, &upstream, &c);
		c.environment = database_environment(host.policy, &upstream);
		sql = malloc(n + 1);
		if (!sql || fread(sql, 1, n, stdin) != n)
			return 2;
		if (strcmp(line, "digest") == 0) {
			print_digest((struct str){ sql, n });
		} else {
			statement_weigh(&c, (struct str){ sql, n }, &arena, &answer);
			print(&answer);
		}
		fflush(stdout);
		free(sql);
		arena_reset(&arena);
	}
	catalogue_unref(catalogue);
	aside_close(aside);
	return 0;
}
