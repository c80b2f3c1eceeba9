/* pawl doctor hooks: every agent's own hook is asked, as the agent would, for a command that must be refused and for one that must pass. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "base/proc.h"
#include "cli/commands.h"
#include "cli/setup.h"
#include "gate/hook/hook.h"

#define OUT_MAX ((size_t)1 << 20)
#define HOOK_SECONDS 15 /* as hosts wait, by what `pawl init` writes */

enum state {
	STATE_CLOSED = 1, /* refuses, and a hook that fails refuses too */
	STATE_OPEN,	  /* refuses; but when the hook itself fails the tool runs, and nothing can change that */
	STATE_BROKEN,	  /* a hook is there and does not do its work */
	STATE_UNCOVERED,  /* the agent is here, the hook is not */
	STATE_ABSENT,
};

static const char *const state_names[] = { "", "closed", "fails-open", "broken", "not-covered", "absent" };

struct finding {
	const struct agent *agent;
	enum state state;
	char path[PLACES_MAX];
	char why[600];
};

/* What a hook said. */
struct said {
	struct buf out, err;
	int status;
};

static bool ask(const struct setup *s, const struct agent *a, const char *command, const char *what, struct said *ret,
		struct err *err)
{
	auto_buf question = BUF_MAX(OUT_MAX);
	struct proc_opts opts = { .cwd = s->places.project, .out = &ret->out, .errout = &ret->err, .timeout_s = HOOK_SECONDS };
	char *argv[] = { (char *)(uintptr_t) "/bin/sh", (char *)(uintptr_t) "-c", (char *)(uintptr_t)command, NULL };

	agent_question(a->host, what, s->places.project, &question);
	opts.input = buf_str(&question);
	buf_clear(&ret->out);
	buf_clear(&ret->err);
	return proc_run(argv, &opts, &ret->status, err);
}

static void canary(char ret[80])
{
	unsigned char random[16];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		memset(random, 0x5a, sizeof(random));
	snprintf(ret, 80, "%s", HOOK_CANARY);
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(ret + strlen(ret), 3, "%02x", random[i]);
}

static bool broken(struct finding *f, const char *why, const char *more)
{
	f->state = STATE_BROKEN;
	snprintf(f->why, sizeof(f->why), "%s%.400s", why, more);
	return false;
}

/* The command of a settings file: does it refuse what it must, and let pass what it must? */
static bool try_hook(const struct setup *s, const char *command, struct finding *f)
{
	struct said said = { .out = BUF_MAX(OUT_MAX), .err = BUF_MAX(OUT_MAX) };
	enum hook_host host = f->agent->host;
	struct err err = { 0 };
	char word[80];
	bool ok;

	canary(word);
	if (!ask(s, f->agent, command, word, &said, &err)) {
		ok = broken(f, "its hook cannot be run: ", err.msg);
	} else if (!hook_answer_refuses(host, said.status, buf_str(&said.out), buf_str(&said.err)) ||
		   (str_find(buf_str(&said.out), str_from(word + strlen(HOOK_CANARY))) == SIZE_MAX &&
		    str_find(buf_str(&said.err), str_from(word + strlen(HOOK_CANARY))) == SIZE_MAX)) {
		ok = broken(f, "its hook does not refuse the canary", "");
	} else if (!ask(s, f->agent, command, "true", &said, &err)) {
		ok = broken(f, "its hook cannot be run: ", err.msg);
	} else if (!hook_answer_allows(host, said.status, buf_str(&said.out), buf_str(&said.err))) {
		ok = broken(f, "its hook refuses everything, even `true`: ",
			    said.err.len   ? said.err.ptr
			    : said.out.len ? said.out.ptr
					   : "");
	} else {
		ok = true;
	}
	buf_free(&said.out);
	buf_free(&said.err);
	return ok;
}

/* Claude Code: are hooks switched off, and does this version know the switch? */
static void look_at_claude(struct str text, struct finding *f)
{
	auto_buf out = BUF_MAX(OUT_MAX);
	struct proc_opts opts = { .out = &out, .errout = &out, .timeout_s = 20 };
	char program[PLACES_MAX];
	char *argv[] = { program, (char *)(uintptr_t) "--version", NULL };
	const char *search = getenv("PATH");
	size_t off = str_find(text, STR("\"disableAllHooks\""));
	uint64_t part[3] = { 0, 0, 0 };
	struct str left;
	int status;

	if (off != SIZE_MAX &&
	    str_starts(str_trim(str_sub(text, off + 17 + str_find_char(str_sub(text, off + 17, 20), ':') + 1, 20)),
		       STR("true"))) {
		broken(f, "\"disableAllHooks\" switches every hook off", "");
		return;
	}
	if (str_find(text, STR("\"onFailure\"")) == SIZE_MAX) {
		f->state = STATE_OPEN;
		snprintf(f->why, sizeof(f->why),
			 "without \"onFailure\": \"block\" the tool runs when the hook fails: run `pawl init` again");
		return;
	}
	if (!search || !proc_find("claude", search, NULL, program, sizeof(program)) || !proc_run(argv, &opts, &status, NULL) ||
	    status != 0)
		return;
	left = str_trim(buf_str(&out));
	for (size_t i = 0; i < 3; i++) {
		size_t n = 0;

		while (n < left.len && left.ptr[n] >= '0' && left.ptr[n] <= '9')
			n++;
		if (!str_to_u64(str_sub(left, 0, n), &part[i]))
			return;
		left = str_sub(left, n + 1, SIZE_MAX);
	}
	if (part[0] > 2 || (part[0] == 2 && (part[1] > 1 || (part[1] == 1 && part[2] >= 295))))
		return;
	f->state = STATE_OPEN;
	snprintf(f->why, sizeof(f->why),
		 "this version (%u.%u.%u) does not know \"onFailure\" yet: when the hook fails the tool runs, until 2.1.295",
		 (unsigned)part[0], (unsigned)part[1], (unsigned)part[2]);
}

/* Codex: is the hook switched on, and trusted? What pawl would write must be there already. */
static void look_at_codex(const struct setup *s, struct str hooks, struct finding *f)
{
	auto_buf now = BUF_MAX(SETUP_MAX_BYTES), want = BUF_MAX(SETUP_MAX_BYTES);
	struct agent_codex c = { .hooks_path = str_from(f->path), .hooks = hooks, .program = s->program };
	struct err err = { 0 };
	char path[PLACES_MAX];

	if (!setup_path(s, &f->agent->file[1], path) || (access(path, F_OK) == 0 && !file_read(path, &now, &err)))
		return;
	if (!agent_write_codex(&c, buf_str(&now), &want, &err))
		broken(f, "Codex skips the hook: its config.toml ", err.msg);
	else if (!str_eq(buf_str(&now), buf_str(&want)))
		broken(f,
		       "Codex skips the hook without a word: it is not switched on, or not trusted. Run `pawl init`, or "
		       "`/hooks` in Codex",
		       "");
}

/* One settings file of an agent; false when there is no hook of pawl's in it. */
static bool look_at_file(struct setup *s, const struct agent *a, struct finding *f)
{
	auto_buf text = BUF_MAX(SETUP_MAX_BYTES), command = BUF_MAX(OUT_MAX);
	struct err err = { 0 };

	if (!setup_path(s, &a->file[0], f->path) || access(f->path, F_OK) != 0)
		return false;
	if (!file_read(f->path, &text, &err)) {
		broken(f, "its settings cannot be read: ", err.msg);
		return true;
	}
	if (!agent_installed(&a->file[0], a->host, f->path, buf_str(&text), &command))
		return false;
	f->state = a->failure == AGENT_CLOSED ? STATE_CLOSED : STATE_OPEN;
	snprintf(f->why, sizeof(f->why), "when the hook itself fails: %.500s", a->fails);
	if (!try_hook(s, command.ptr, f))
		return true;
	if (a->host == HOOK_CLAUDE_CODE)
		look_at_claude(buf_str(&text), f);
	if (a->host == HOOK_CODEX)
		look_at_codex(s, buf_str(&text), f);
	return true;
}

static void look(struct setup *s, const struct agent *a, struct finding *f)
{
	f->agent = a;
	for (int scope = 0; scope < 2; scope++) {
		s->project = scope == 1;
		if (look_at_file(s, a, f))
			return;
	}
	f->path[0] = '\0';
	f->state = setup_present(s, a) ? STATE_UNCOVERED : STATE_ABSENT;
	if (f->state == STATE_UNCOVERED)
		snprintf(f->why, sizeof(f->why), "it is here, and asks nobody: run `pawl init`");
}

static void put_text(const struct cli *c, const struct finding *f, struct buf *b)
{
	static const char *const words[] = { "", "asked, and closed", "asked, but fails open", "BROKEN", "NOT COVERED", "" };
	bool good = f->state == STATE_CLOSED || f->state == STATE_OPEN;

	if (f->state == STATE_ABSENT)
		return;
	buf_addf(b, "%s%s%s %s: %s", c->colour ? (good ? "\033[32m" : "\033[1;31m") : "", good ? "ok" : "!!",
		 c->colour ? "\033[0m" : "", hook_host_row(f->agent->host)->title, words[f->state]);
	if (f->path[0])
		buf_addf(b, " (%s)", f->path);
	buf_addf(b, "\n   %s\n", f->why);
}

static void put_json(const struct finding *list, size_t n, struct buf *b)
{
	struct json_out o = { .buf = b };

	json_out_open(&o, '{');
	json_out_key(&o, "hooks");
	json_out_open(&o, '[');
	for (size_t i = 0; i < n; i++) {
		json_out_open(&o, '{');
		json_out_kv(&o, "agent", str_from(hook_host_row(list[i].agent->host)->name));
		json_out_kv(&o, "state", str_from(state_names[list[i].state]));
		if (list[i].path[0])
			json_out_kv(&o, "path", str_from(list[i].path));
		if (list[i].why[0])
			json_out_kv(&o, "why", str_from(list[i].why));
		json_out_close(&o, '}');
	}
	json_out_close(&o, ']');
	json_out_close(&o, '}');
	buf_addc(b, '\n');
}

int cmd_doctor_hooks(struct cli *c)
{
	static struct setup s;
	static struct finding list[HOOK_HOST_COUNT];
	auto_buf b = BUF_MAX(OUT_MAX);
	struct err err = { 0 };
	int status = EXIT_ALLOW;
	size_t n = 0;

	if (c->n_args)
		return cli_usage(c, "doctor hooks: takes no words");
	if (!setup_begin(&s, false, &err))
		return cli_fail(c, &err);
	for (const struct agent *a = agents; a->host != HOOK_HOST_NONE; a++)
		look(&s, a, &list[n++]);
	for (size_t i = 0; i < n; i++) {
		if (list[i].state == STATE_BROKEN || list[i].state == STATE_UNCOVERED)
			status = EXIT_ERROR;
		if (!c->json)
			put_text(c, &list[i], &b);
	}
	if (c->json)
		put_json(list, n, &b);
	else if (!b.len)
		buf_adds(&b, "No agent is here: nothing to ask.\n");
	cli_print(&b);
	setup_free(&s);
	return status;
}
