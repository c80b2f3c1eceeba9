#include "gate/database/database.h"

#include "base/proc.h"

#define WORDS_MAX 64
#define WORDS_ARENA ((size_t)1 << 16)

struct environment database_environment(const struct policy *p, const struct database_upstream *u)
{
	struct environment by_place = policy_environment(p, &u->place, STR_NONE), by_name;

	if (by_place.named || !policy_environment_named(p, u->environment, &by_name))
		return by_place;
	by_name.named = true;
	return by_name;
}

void database_locate(const struct database_upstream *u, struct request *r)
{
	r->place = u->place;
	CHANGE_EACH(c, &r->changes) {
		c->place = &u->place;
		c->environment = u->environment;
	}
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* One word from ${text}, at ${at}; false when a quote stays open. */
static bool take_word(struct str text, size_t *at, struct buf *word)
{
	char quote = '\0';

	for (; *at < text.len && (quote || !is_blank(text.ptr[*at])); (*at)++) {
		char c = text.ptr[*at];

		if (quote ? c == quote : c == '\'' || c == '"')
			quote = quote ? '\0' : c;
		else
			buf_addc(word, c);
	}
	return !quote && !word->failed;
}

bool database_words(struct str text, struct arena *arena, char **ret, size_t max)
{
	auto_buf word = BUF_MAX(4096);
	size_t n = 0;

	for (size_t at = 0;;) {
		while (at < text.len && is_blank(text.ptr[at]))
			at++;
		if (at == text.len)
			break;
		buf_clear(&word);
		if (n + 1 >= max || !take_word(text, &at, &word))
			return false;
		ret[n++] = (char *)(uintptr_t)arena_str(arena, buf_str(&word)).ptr;
		if (!ret[n - 1])
			return false;
	}
	ret[n] = NULL;
	return n > 0;
}

static bool run_secret(char **argv, struct buf *ret, struct err *err)
{
	auto_buf said = BUF_MAX(2000);
	char program[4096];
	int status = -1;
	struct proc_opts o = { .out = ret, .errout = &said, .timeout_s = DATABASE_SECRET_S };

	if (strchr(argv[0], '/'))
		snprintf(program, sizeof(program), "%s", argv[0]);
	else if (!proc_find(argv[0], getenv("PATH"), NULL, program, sizeof(program)))
		return err_set(err, ERR_TOOL, "secret-command: no program '%s' on PATH", argv[0]);
	argv[0] = program;
	if (!proc_run(argv, &o, &status, err))
		return err_prefix(err, "secret-command");
	if (status != 0)
		return err_set(err, ERR_TOOL, "secret-command: %s ended with status %d: %.*s", program, status,
			       STR_ARG(str_sub(str_trim(buf_str(&said)), 0, 300)));
	while (ret->len && (ret->ptr[ret->len - 1] == '\n' || ret->ptr[ret->len - 1] == '\r'))
		ret->ptr[--ret->len] = '\0';
	return ret->len || err_set(err, ERR_TOOL, "secret-command: %s printed nothing", program);
}

bool database_secret(const struct database_upstream *u, struct buf *ret, struct err *err)
{
	char *argv[WORDS_MAX];
	struct arena arena;
	bool ok;

	if (!u->secret_command.len)
		return true;
	if (!arena_map(&arena, WORDS_ARENA))
		return err_set(err, ERR_LIMIT, "no memory");
	ret->max = DATABASE_SECRET_MAX;
	ok = (database_words(u->secret_command, &arena, argv, ARRAY_LEN(argv)) ||
	      err_set(err, ERR_INPUT, "secret-command: no words, or a quote left open")) &&
	     run_secret(argv, ret, err);
	arena_unmap(&arena);
	return ok;
}
