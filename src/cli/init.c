/* pawl init: pawl's hook into the settings of the agents that are here, shown first; --uninit takes it back. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "cli/commands.h"
#include "cli/desk.h"
#include "cli/linediff.h"
#include "cli/setup.h"

#define OUT_MAX ((size_t)32 << 20)

/* ~/x for what lies in the home folder. */
static void put_path(const struct setup *s, const char *path, struct buf *out)
{
	size_t n = strlen(s->home);

	if (n > 1 && strncmp(path, s->home, n) == 0 && path[n] == '/')
		buf_addf(out, "~%s", path + n);
	else
		buf_adds(out, path);
}

static const char *what(const struct setup_file *f)
{
	if (f->err.code)
		return "failed";
	if (f->gone)
		return "deleted";
	if (setup_nothing(f))
		return "unchanged";
	return f->existed ? "changed" : "created";
}

static void put_file(const struct cli *c, const struct setup *s, const struct setup_file *f, struct buf *b)
{
	buf_addf(b, "%s%s%s: ", c->colour ? "\033[1m" : "", hook_host_row(f->agent->host)->title, c->colour ? "\033[0m" : "");
	put_path(s, f->path, b);
	if (f->err.code) {
		buf_addf(b, " %s\n", f->err.msg);
		return;
	}
	buf_adds(b, setup_nothing(f) ? " has it already\n" : f->gone ? " goes\n" : f->existed ? "\n" : " (new)\n");
	if (!setup_nothing(f))
		linediff(buf_str(&f->before), f->gone ? STR_NONE : buf_str(&f->after), c->colour, b);
}

static void put_json(const struct setup *s, bool written, struct buf *b)
{
	struct json_out o = { .buf = b };

	json_out_open(&o, '{');
	json_out_key(&o, "written");
	json_out_bool(&o, written);
	json_out_key(&o, "files");
	json_out_open(&o, '[');
	for (size_t i = 0; i < s->n; i++) {
		const struct setup_file *f = &s->file[i];

		json_out_open(&o, '{');
		json_out_kv(&o, "agent", str_from(hook_host_row(f->agent->host)->name));
		json_out_kv(&o, "path", str_from(f->path));
		json_out_kv(&o, "what", str_from(what(f)));
		if (f->err.code)
			json_out_kv(&o, "error", str_from(f->err.msg));
		if (f->agent->todo)
			json_out_kv(&o, "then", str_from(f->agent->todo));
		json_out_close(&o, '}');
	}
	json_out_close(&o, ']');
	json_out_close(&o, '}');
	buf_addc(b, '\n');
}

/* What the person has to do now, once an agent. */
static void put_then(const struct setup *s, struct buf *b)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct agent *a = s->file[i].agent;

		if (a->todo && !s->file[i].err.code && (i == 0 || s->file[i - 1].agent != a))
			buf_addf(b, "%s: %s\n", hook_host_row(a->host)->title, a->todo);
	}
	buf_adds(b, "`pawl doctor hooks` asks every hook now.\n");
}

/* The agents to write for: those named, else those that are here. */
static bool choose(const struct cli *c, struct setup *s, struct err *err)
{
	const char *name;

	for (unsigned i = 0; (name = cli_value_nth(c, "agent", i)); i++) {
		const struct agent *a = agent_of(hook_host_from(str_from(name)));

		if (!a)
			return err_set(err, ERR_INPUT, "no agent called %s that keeps hooks of its own; there are: %s", name,
				       hook_host_names());
		setup_plan(s, a);
	}
	for (const struct agent *a = agents; !cli_value(c, "agent") && a->host != HOOK_HOST_NONE; a++) {
		if (setup_present(s, a))
			setup_plan(s, a);
	}
	if (s->n)
		return true;
	return err_set(err, ERR_STATE,
		       cli_value(c, "agent")
			       ? "that agent has no settings of its own in this scope: try %s"
			       : "no agent found: neither its folder in the home folder nor its program on PATH. Name one: "
				 "pawl init --agent claude-code (there are more: %s)",
		       cli_value(c, "agent") ? (s->project ? "--user" : "--project") : hook_host_names());
}

static size_t count(const struct setup *s, bool failed)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += failed ? s->file[i].err.code != ERR_NONE : !s->file[i].err.code && !setup_nothing(&s->file[i]);
	return n;
}

static bool ask(const struct cli *c, struct err *err)
{
	auto_buf answer = BUF_MAX(1000);
	struct str said;

	if (cli_flag(c, "yes"))
		return true;
	if (c->json || !desk_prompt("Write this? [y/N] ", &answer, err))
		return err_set(err, ERR_STATE,
			       "nothing is written: there is no terminal to ask at. Read the above, then give --yes");
	said = str_trim(buf_str(&answer));
	return str_eq_nocase(said, STR("y")) || str_eq_nocase(said, STR("yes")) ||
	       err_set(err, ERR_STATE, "nothing is written");
}

static void write_all(struct setup *s, bool back)
{
	for (size_t i = 0; i < s->n; i++) {
		struct setup_file *f = &s->file[i];

		/* Also where nothing changes on the way back: what is remembered of it is to be forgotten. */
		if (f->err.code || (setup_nothing(f) && !back))
			continue;
		if (!setup_write(s, f, back, &f->err) && !f->err.code)
			err_set(&f->err, ERR_IO, "cannot be written");
	}
	if (back)
		setup_tidy(s);
}

static int say_end(const struct cli *c, const struct setup *s, bool back, size_t todo)
{
	auto_buf b = BUF_MAX(OUT_MAX);
	size_t failed = count(s, true);

	if (c->json) {
		put_json(s, true, &b);
	} else {
		for (size_t i = 0; i < s->n; i++) {
			if (!s->file[i].err.code)
				continue;
			buf_addf(&b, "%s: ", hook_host_row(s->file[i].agent->host)->title);
			put_path(s, s->file[i].path, &b);
			buf_addf(&b, " %s\n", s->file[i].err.msg);
		}
		if (!failed)
			buf_adds(&b, !todo  ? (back ? "There is nothing of pawl's.\n" : "Nothing to do: the hooks are there.\n")
				     : back ? "Taken back.\n"
					    : "Written.\n");
		if (!back)
			put_then(s, &b);
	}
	cli_print(&b);
	return failed ? EXIT_ERROR : EXIT_ALLOW;
}

static int run(struct cli *c, struct setup *s, bool back)
{
	auto_buf b = BUF_MAX(OUT_MAX);
	struct err err = { 0 };
	size_t todo = count(s, false);

	if (!c->json) {
		for (size_t i = 0; i < s->n; i++) {
			if (!back || !setup_nothing(&s->file[i]))
				put_file(c, s, &s->file[i], &b);
		}
		cli_print(&b);
		fflush(stdout);
	}
	if (cli_flag(c, "dry-run")) {
		buf_clear(&b);
		if (c->json)
			put_json(s, false, &b);
		cli_print(&b);
		return count(s, true) ? EXIT_ERROR : EXIT_ALLOW;
	}
	if (todo && !ask(c, &err))
		return cli_fail(c, &err);
	write_all(s, back);
	return say_end(c, s, back, todo);
}

int cmd_init(struct cli *c)
{
	static struct setup s;
	struct err err = { 0 };
	bool back = cli_flag(c, "uninit");
	int status;

	if (c->n_args)
		return cli_usage(c, "init: takes options alone");
	if (cli_flag(c, "user") && cli_flag(c, "project"))
		return cli_usage(c, "init: --user or --project, not both");
	if (!setup_begin(&s, cli_flag(c, "project"), &err))
		return cli_fail(c, &err);
	if (back) {
		setup_plan_back(&s);
	} else if (!choose(c, &s, &err)) {
		setup_free(&s);
		return cli_fail(c, &err);
	}
	status = run(c, &s, back);
	setup_free(&s);
	return status;
}
