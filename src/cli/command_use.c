#include "cli/command_use.h"

#include <limits.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/proc.h"
#include "cli/commands.h"
#include "cli/full.h"
#include "cli/hook_judge.h"

#define TALK_MAX ((size_t)80 << 20)
#define TIMEOUT_S 4 /* below a hook's own deadline */
#define MEMORY ((size_t)256 << 20)

extern char **environ;

#ifdef PAWL_SMALL
const bool command_may_use = false;
#else
const bool command_may_use = true;
#endif

static void put_list(struct json_out *o, const char *key, const struct str *s, size_t n)
{
	if (!s)
		return;
	json_out_key(o, key);
	json_out_open(o, '[');
	for (size_t i = 0; i < n; i++)
		json_out_str(o, s[i]);
	json_out_close(o, ']');
}

static void put_ask(const struct command_ask *a, struct buf *out)
{
	struct json_out o = { .buf = out };

	json_out_open(&o, '{');
	json_out_kv(&o, "text", a->text);
	json_out_kv(&o, "sql", a->sql);
	json_out_kv(&o, "call", a->call);
	json_out_kv(&o, "call_arguments", a->call_arguments);
	put_list(&o, "words", a->words, a->n_words);
	put_list(&o, "edits", a->edits, a->n_edits);
	json_out_key(&o, "edit_deletes");
	json_out_bool(&o, a->edit_deletes);
	json_out_kv(&o, "edit_content", a->edit_content);
	json_out_kv(&o, "cwd", str_from(a->cwd));
	json_out_kv(&o, "session", a->session);
	json_out_kv(&o, "host", a->host);
	json_out_kv(&o, "gate", gate_name(a->gate));
	json_out_close(&o, '}');
}

static bool read_answer(struct str text, struct arena *arena, struct hook_verdict *ret)
{
	struct json *v = NULL;
	enum verdict verdict;

	if (!json_parse(text, arena, &v, NULL) || !verdict_from(json_str(v, "verdict"), &verdict))
		return false;
	*ret = (struct hook_verdict){ verdict, json_str(v, "hold"), json_str(v, "reason"), json_str(v, "safer") };
	return true;
}

bool command_use_ask(const struct command_ask *ask, struct arena *arena, struct hook_verdict *ret)
{
	char program[PATH_MAX], word[] = "command-use";
	char *argv[] = { program, word, NULL };
	auto_buf in = BUF_MAX(TALK_MAX), out = BUF_MAX(65536), errout = BUF_MAX(65536);
	int status = -1;

	put_ask(ask, &in);
	if (in.failed || !full_path(program, sizeof(program)))
		return false;
	if (!proc_run(argv,
		      &(struct proc_opts){ .input = buf_str(&in), .out = &out, .errout = &errout, .timeout_s = TIMEOUT_S, .env = ask->env },
		      &status, NULL) || status != 0)
		return false;
	return read_answer(arena_str(arena, buf_str(&out)), arena, ret);
}

#ifndef PAWL_SMALL
static struct str *take_list(const struct json *v, const char *key, struct arena *arena, size_t *ret_n)
{
	const struct json *list = json_get(v, key);
	struct str *s;
	size_t n = 0;

	if (!list)
		return NULL;
	for (const struct json *i = list->child; i; i = i->next)
		n++;
	s = ARENA_ARRAY(arena, n ? n : 1, struct str);
	if (!s)
		return NULL;
	n = 0;
	for (const struct json *i = list->child; i; i = i->next)
		s[n++] = i->text;
	*ret_n = n;
	return s;
}

static bool take_ask(struct str text, struct arena *arena, struct command_ask *ret, struct err *err)
{
	struct json *v = NULL;
	const struct json *deletes;

	if (!json_parse(text, arena, &v, err))
		return false;
	*ret = (struct command_ask){ .text = json_str(v, "text"), .sql = json_str(v, "sql"),
				     .call = json_str(v, "call"), .call_arguments = json_str(v, "call_arguments"),
				     .edit_content = json_str(v, "edit_content"),
				     .session = json_str(v, "session"), .host = json_str(v, "host"), .env = environ };
	ret->words = take_list(v, "words", arena, &ret->n_words);
	ret->edits = take_list(v, "edits", arena, &ret->n_edits);
	deletes = json_get(v, "edit_deletes");
	ret->edit_deletes = deletes && deletes->type == JSON_TRUE;
	if (json_str(v, "cwd").len)
		ret->cwd = arena_str(arena, json_str(v, "cwd")).ptr;
	if (!gate_from(json_str(v, "gate"), &ret->gate))
		return err_set(err, ERR_INPUT, "command-use is for pawl itself");
	return true;
}

int cmd_command_use(struct cli *c)
{
	auto_buf in = BUF_MAX(TALK_MAX), out = BUF_MAX(65536);
	struct json_out o = { .buf = &out };
	auto_command_weighed w = { 0 };
	struct hook_verdict v;
	struct command_ask ask;
	struct arena arena;
	struct err err = { .code = ERR_NONE };

	if (!arena_map(&arena, MEMORY))
		return EXIT_ERROR;
	if (!fd_read_all(STDIN_FILENO, &in, &err) || !take_ask(arena_str(&arena, buf_str(&in)), &arena, &ask, &err) ||
	    !command_weigh(&ask, &(struct command_weigh_opts){ .may_use = true }, &w, &err)) {
		arena_unmap(&arena);
		return cli_fail(c, &err);
	}
	hook_judge_words(&w, &arena, &v);
	json_out_open(&o, '{');
	json_out_kv(&o, "verdict", verdict_name(v.verdict));
	json_out_kv(&o, "hold", v.hold);
	json_out_kv(&o, "reason", v.reason);
	json_out_kv(&o, "safer", v.safer);
	json_out_close(&o, '}');
	arena_unmap(&arena);
	return cli_print(&out) ? EXIT_ALLOW : EXIT_ERROR;
}
#endif
